/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/key.h"

#include <limits.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/memory.h"
#include "crypto/der.h"

struct password {
    const char *text;
    bool asked;
};

/* Stands in for libcrypto's own, which would ask on the terminal. */
static int give_password(char *out, int size, int writing, void *arg)
{
    struct password *password = arg;
    (void)writing;
    password->asked = true;
    size_t len = password->text ? strlen(password->text) : 0;
    if (!password->text || size < 0 || len > (size_t)size) {
        return -1;
    }
    memcpy(out, password->text, len);
    return (int)len;
}

/* One SEQUENCE and nothing behind it. */
static bool is_der(struct slice bytes)
{
    struct slice content;
    return der_take(&bytes, DER_SEQUENCE, &content) && bytes.len == 0;
}

static EVP_PKEY *read_pem(struct slice bytes, struct password *password)
{
    BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_password, password) : NULL;
    BIO_free(bio);
    return key;
}

static EVP_PKEY *read_der(struct slice bytes, struct password *password)
{
    EVP_PKEY *key = NULL;
    const uint8_t *at = bytes.data;
    size_t left = bytes.len;
    OSSL_DECODER_CTX *decoding =
        OSSL_DECODER_CTX_new_for_pkey(&key, "DER", NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
    if (decoding && OSSL_DECODER_CTX_set_pem_password_cb(decoding, give_password, password) == 1 &&
        OSSL_DECODER_from_data(decoding, &at, &left) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(decoding);
    return key;
}

/* The key's own form besides the EVP_PKEY, for key_sign. */
static enum err take_apart(struct key *k)
{
#ifndef HF_CRYPTO_EVP_ONLY
    if (k->shape.kind == KEY_EC) {
        k->ec = EVP_PKEY_get1_EC_KEY(k->evp);
    } else if (k->shape.kind == KEY_RSA) {
        k->rsa = EVP_PKEY_get1_RSA(k->evp);
    }
    bool due = k->shape.kind == KEY_EC || k->shape.kind == KEY_RSA;
    return due && !k->ec && !k->rsa ? libcrypto_failed(E_CRYPTO_FAILED) : OK;
#else
    (void)k;
    return OK;
#endif
}

enum err private_key_load(struct slice bytes, const char *password_text, struct private_key **out)
{
    struct password password = {password_text, false};
    struct private_key *k;
    void *memory;
    *out = NULL;
    if (bytes.len == 0 || bytes.len > 1 << 20) {
        return E_BAD_PEM;
    }
    TRY(memory_new(sizeof *k, &memory));
    k = memory;
    enum err err = OK;
    k->key.evp = is_der(bytes) ? read_der(bytes, &password) : read_pem(bytes, &password);
    if (!k->key.evp) {
        err = libcrypto_failed(password.asked ? E_BAD_PASSWORD : E_BAD_PEM);
    } else {
        k->key.shape = key_shape_of(k->key.evp);
        bool ours = k->key.shape.kind != KEY_NONE &&
                    !(k->key.shape.kind == KEY_EC && k->key.shape.group == 0);
        err = ours ? take_apart(&k->key) : libcrypto_failed(E_UNSUPPORTED_CERTIFICATE);
    }
    ERR_clear_error(); /* what a decoder tried before it succeeded */
    if (err != OK) {
        private_key_free(k);
        return err;
    }
    *out = k;
    return OK;
}

const struct key_shape *private_key_shape(const struct private_key *k)
{
    return &k->key.shape;
}

enum err private_key_sign(const struct private_key *k, const struct scheme *s, struct slice message,
                          struct signature *out)
{
    if (!scheme_fits(s, &k->key.shape)) {
        out->len = 0;
        return E_SIGNING_FAILED;
    }
    return libcrypto_settled(key_sign(&k->key, s, message, out));
}

bool private_key_matches(const struct private_key *k, const struct certificate *c)
{
    struct slice spki = certificate_public_key(c);
    const uint8_t *at = spki.data;
    EVP_PKEY *public_part = d2i_PUBKEY(NULL, &at, (long)spki.len);
    bool equal = public_part && EVP_PKEY_eq(k->key.evp, public_part) == 1;
    EVP_PKEY_free(public_part);
    ERR_clear_error();
    return equal;
}

void private_key_free(struct private_key *k)
{
    if (k) {
        key_free(&k->key);
        memory_free(k, sizeof *k);
    }
}
