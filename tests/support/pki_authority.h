/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_PKI_AUTHORITY_H
#define HF_TESTS_SUPPORT_PKI_AUTHORITY_H

#include <openssl/x509.h>

#include "pki.h"

/* The CAs of pki.h with their keys, for whatever else they have to sign. */
struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};
const struct authority *test_authority(enum test_issuer issuer);

#endif
