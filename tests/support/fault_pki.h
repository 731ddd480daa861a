/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FAULT_PKI_H
#define HF_TESTS_FAULT_PKI_H

#include <handfast/session.h>

/* Certificates of the fault tests, made once: root -> intermediate -> leaves, and a root that nobody trusts.
 * Valid around FAULT_NOW. */
#define FAULT_NOW INT64_C(1780272000) /* 2026-06-01 00:00:00 UTC */
#define FAULT_HOST "server.test"

/* LEAF_ENCIPHERS: an RSA key that may only decrypt; LEAF_AGREES, LEAF_FIXED: EC keys that may only agree. */
enum fault_leaf {
    LEAF_NONE,
    LEAF_ECDSA,
    LEAF_RSA,
    LEAF_ED25519,
    LEAF_CLIENT,
    LEAF_STRANGER,
    LEAF_ENCIPHERS,
    LEAF_AGREES,
    LEAF_FIXED,
    LEAF_COUNT
};

void fault_pki_make(void);
/* PEM: the leaf with its intermediate; its private key. */
hf_bytes fault_chain(enum fault_leaf leaf);
hf_bytes fault_key(enum fault_leaf leaf);
hf_bytes fault_root(void);
hf_bytes fault_stranger_root(void);
hf_bytes fault_crl(void); /* the root's, empty */
/* DER: LEAF_ECDSA is good, its issuer says; the intermediate is good, a responder of the root says. */
hf_bytes fault_ocsp_leaf(void);
hf_bytes fault_ocsp_intermediate(void);
/* Signs as an application's HSM would: an EVP_PKEY of the leaf, DigestSign with SHA-256. Answers the length,
 * 0 when it could not. */
size_t fault_sign(enum fault_leaf leaf, hf_bytes message, uint8_t *out, size_t size);
/* The key is a file's too: paths of root and CRL-free leaf chain for the loaders that read files. */
const char *fault_root_file(void);

#endif
