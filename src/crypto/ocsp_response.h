/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_OCSP_RESPONSE_H
#define HF_CRYPTO_OCSP_RESPONSE_H

#include "crypto/ocsp.h"

/*
 * An OCSP response taken apart, RFC 6960 4.2.1: all slices point into its DER. Nothing is verified here, and
 * nothing is allocated.
 */
struct ocsp_response {
    struct slice signed_part; /* ResponseData with its header: what the signature covers */
    struct slice algorithm;   /* AlgorithmIdentifier with its header */
    struct slice signature;
    struct slice certificates;   /* whole Certificates, one behind the other; may be empty */
    struct slice responder_name; /* DER Name; empty: known by the hash of its key */
    struct slice responder_key;  /* SHA-1 of it */
    int64_t produced_at;
    struct slice singles; /* SingleResponses, one behind the other */
    bool critical;        /* has a critical extension: RFC 6960 4.4 */
};
struct ocsp_single {
    enum hash hash; /* HASH_NONE: none of ours */
    struct slice name_hash, key_hash, serial;
    enum ocsp_status status;
    int64_t revoked_at, this_update, next_update; /* seconds since 1970; next_update 0: not said */
    bool critical;
};

/* E_BAD_STATUS_RESPONSE: it is not DER of that grammar, or its responder says that it has no answer; *why is
 * then a sentence's end. */
enum err ocsp_decode(struct slice der, struct ocsp_response *out, const char **why) CHECKED;
/* Takes the next SingleResponse off singles; false at the end. ocsp_decode has seen that all are sound. */
bool ocsp_next_single(struct slice *singles, struct ocsp_single *out);
/*
 * Whether a single response is about this certificate, RFC 6960 4.1.1: its serial number, its issuer's name
 * and, where issuer_key (a SubjectPublicKeyInfo) is not empty, its issuer's key.
 */
enum err ocsp_is_about(const struct ocsp_single *s, const struct certificate *c, struct slice issuer_key,
                       bool *out) CHECKED;
/* The BIT STRING's bytes of a SubjectPublicKeyInfo: what hashes of keys are over. */
bool spki_key_bits(struct slice spki, struct slice *bits);

#endif
