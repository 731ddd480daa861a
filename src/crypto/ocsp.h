/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OCSP_H
#define HF_CRYPTO_OCSP_H

#include "crypto/crypto.h"

/*
 * Certificate status, RFC 6960: what a stapled response says. Its DER is read by ocsp.c, as a leaf's is by
 * certificate_parse; signatures are libcrypto's. libcrypto's own OCSP_basic_verify is not used: it says no
 * more than yes or no, wants an X509_STORE, and decodes every certificate anew.
 */
enum ocsp_status { OCSP_SAYS_GOOD, OCSP_SAYS_REVOKED, OCSP_SAYS_UNKNOWN };
#define OCSP_SKEW 300                /* seconds that two clocks may be apart */
#define OCSP_AGE_MAX (7 * 24 * 3600) /* seconds a response without nextUpdate is taken for current */
/* What whoever staples a response must know of it; nothing is verified. */
struct ocsp_notice {
    enum ocsp_status status;
    int64_t this_update, next_update; /* next_update 0: not said */
};
/* What response says about c. issuer_key: SubjectPublicKeyInfo of c's issuer, or empty where it is not at
 * hand. E_BAD_STAPLE: not a response that answers; E_STAPLE_OF_ANOTHER: it is not about c. */
enum err ocsp_read(struct slice response, const struct certificate *c, struct slice issuer_key,
                   struct ocsp_notice *out) CHECKED;

/* A response that came with a chain, for the chain's certificate at depth (0: the leaf). */
struct ocsp_evidence {
    struct slice chain; /* Certificate's list */
    size_t depth;
    struct slice response;
};
struct ocsp_verdict {
    enum err err;       /* OK: good, and current; or the row that says why not */
    int64_t good_until; /* OK: when the answer ceases to be current */
    char detail[256];
};
/*
 * Judges a response by RFC 6960 3.2: about that certificate, signed by its issuer or by a responder to which
 * the issuer itself gave OCSPSigning, current, good. The chain must have been validated before. Of the
 * policy, now and the smallest keys are used. The return value is E_NO_MEMORY or E_CRYPTO_FAILED when no
 * verdict could be reached (never a pass).
 */
enum err ocsp_check(const struct trust *t, const struct ocsp_evidence *evidence,
                    const struct chain_policy *policy, struct ocsp_verdict *out) CHECKED;

#endif
