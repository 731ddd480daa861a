/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_PKI_H
#define HF_BENCH_PKI_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#define BENCH_HOST "bench.example"

enum key_kind { KEY_ECDSA, KEY_RSA };

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char *certificate_pem, *key_pem;
};

/* A root that signs one certificate for each side; made anew at every start, never on disk. */
struct pki {
    enum key_kind kind;
    struct identity root, server, client;
};

void pki_make(struct pki *, enum key_kind);
void pki_free(struct pki *);

#endif
