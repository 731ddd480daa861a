/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_PKI_H
#define HF_TESTS_SUPPORT_PKI_H

#include <handfast/session.h>
#include <stdbool.h>

/*
 * Certificates for tests, made in memory by libcrypto, once per process:
 *
 *     root (P-256) ─ intermediate (P-256) ┬ server[kind]: server.test, localhost, *.wild.test, 127.0.0.1;
 * serverAuth └ client[kind]: CN=alice; clientAuth other_root                            nobody's by default
 *
 * All are valid for 30 days around TEST_NOW. A chain is leaf and intermediate; the root is only to be
 * trusted.
 */
#define TEST_NOW INT64_C(1780272000) /* 2026-06-01 00:00:00 UTC */
#define TEST_DAY INT64_C(86400)
#define TEST_HOST "server.test"

enum test_key { TEST_P256, TEST_P384, TEST_P521, TEST_RSA, TEST_RSA_PSS, TEST_ED25519, TEST_KEYS };
extern const char *const test_key_names[TEST_KEYS];

/* PEM; the bytes end with a NUL that len does not count. */
struct test_identity {
    hf_bytes chain; /* leaf first */
    hf_bytes leaf;  /* alone */
    hf_bytes key;
};

struct test_pki {
    hf_bytes root, intermediate, other_root, rsa_root;
    struct test_identity server[TEST_KEYS], client[TEST_KEYS];
};
const struct test_pki *test_pki(void);

enum test_issuer { TEST_BY_INTERMEDIATE, TEST_BY_ROOT, TEST_BY_ITSELF, TEST_BY_OTHER_ROOT, TEST_BY_RSA_ROOT };

/* An odd one. What is zero is as in server[TEST_P256]. */
struct test_spec {
    enum test_key key;
    enum test_issuer issuer;
    const char *cn;       /* "" : no subject at all */
    const char *names;    /* subjectAltName in libcrypto's words: "DNS:a.test,IP:127.0.0.1"; "": none */
    const char *extended; /* extKeyUsage: "serverAuth"; "": none */
    const char *feature;  /* TLS feature: "status_request" is must-staple; NULL: none */
    const char *usage;    /* keyUsage: "critical,digitalSignature"; "": none */
    int64_t not_before, not_after;
    bool ca;               /* CA:TRUE */
    bool broken_signature; /* one bit of it is wrong */
    bool v1;               /* X.509 version 1, so without extensions */
    bool no_chain;         /* the intermediate is left out */
    unsigned rsa_bits;     /* 2048 */
    const char *digest;    /* "SHA256" */
    const char *curve;     /* any curve of libcrypto instead of the kind's */
};
/* Fails the test where it cannot. Free with test_identity_free. */
struct test_identity test_identity_make(const struct test_spec *spec);
void test_identity_free(struct test_identity *identity);
/* A revocation list of the intermediate (or root) with the identity's leaf on it, or empty (NULL); free()
 * data. */
hf_bytes test_crl_make(enum test_issuer issuer, const struct test_identity *revoked);
/* The private key as libcrypto's EVP_PKEY signs for HF_ASK_SIGN: scheme is an IANA SignatureScheme. out holds
 * 1024 bytes; answers the length, 0 when it cannot. */
size_t test_sign(const struct test_identity *identity, uint16_t scheme, hf_bytes message, uint8_t *out);

/* For hf_config_clock: what *(int64_t *)arg holds; NULL: TEST_NOW. */
int64_t test_clock(void *arg);

#endif
