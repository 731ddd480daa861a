/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_OCSP_H
#define HF_TESTS_SUPPORT_OCSP_H

#include "pki.h"

/* OCSP responses for the certificates of pki.h, made by libcrypto as a responder would. */
enum test_responder {
    TEST_ISSUER_ANSWERS,       /* the certificate's own issuer */
    TEST_DELEGATE_ANSWERS,     /* a responder to which the issuer gave OCSPSigning */
    TEST_DELEGATE_LACKS_USAGE, /* … serverAuth instead */
    TEST_DELEGATE_EXPIRED,     /* … whose certificate has expired */
    TEST_DELEGATE_OF_ANOTHER,  /* OCSPSigning from another root */
    TEST_DELEGATE_OF_ROOT,     /* OCSPSigning from the root, for a certificate of the intermediate */
    TEST_DELEGATE_IS_FORGED,   /* OCSPSigning in the issuer's name, signed with a key of somebody else */
    TEST_DELEGATE_IS_WEAK,     /* RSA of 1024 bits */
    TEST_STRANGER_ANSWERS,     /* another root, itself */
};
enum test_status { TEST_GOOD, TEST_REVOKED, TEST_UNKNOWN };
struct test_ocsp {
    const struct test_identity *of; /* its leaf; NULL: the intermediate, answered for by the root */
    enum test_issuer issuer;        /* of the leaf */
    enum test_responder by;
    enum test_status status;
    int64_t this_update, next_update; /* a day before TEST_NOW, a day after */
    bool no_next_update, by_key_hash;
    const char *digest, *id_digest; /* SHA256 to sign with, SHA1 in CertID */
    bool other_serial;              /* about a number that is nobody's */
    bool other_too;                 /* the same behind an answer about another certificate */
    bool critical, critical_single; /* an extension nobody knows */
    bool broken_signature;
    int no_answer; /* responseStatus: 3 is tryLater */
};
/* DER; free() data. */
hf_bytes test_ocsp_make(const struct test_ocsp *spec);
void test_ocsp_free(hf_bytes response);

#endif
