/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/openssl.h"

#ifndef HF_CRYPTO_EVP_ONLY

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

/*
 * d2i_X509 costs 150 µs on OpenSSL 3.0, of which 140 are a search among all decoders for one of the public
 * key. In a library context whose one provider knows nothing but how to pass over a key it costs twenty. That
 * is right for a leaf: its key is read by certificate_parse, and X509_verify_cert asks only whether it has
 * one. The context must have SHA-1 too, since libcrypto takes every certificate's fingerprint. Issuers, whose
 * keys verify signatures, are parsed in the ordinary way.
 */

static void *digest_new(void *provider)
{
    (void)provider;
    return OPENSSL_zalloc(sizeof(SHA_CTX));
}

static void digest_free(void *state)
{
    OPENSSL_clear_free(state, sizeof(SHA_CTX));
}

static void *digest_copy(void *state)
{
    return OPENSSL_memdup(state, sizeof(SHA_CTX));
}

static int digest_init(void *state, const OSSL_PARAM params[])
{
    (void)params;
    return SHA1_Init(state);
}

static int digest_update(void *state, const unsigned char *in, size_t len)
{
    return SHA1_Update(state, in, len);
}

static int digest_final(void *state, unsigned char *out, size_t *len, size_t room)
{
    *len = SHA_DIGEST_LENGTH;
    return room >= SHA_DIGEST_LENGTH && SHA1_Final(out, state);
}

static int digest_params(OSSL_PARAM params[])
{
    OSSL_PARAM *block = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_BLOCK_SIZE);
    OSSL_PARAM *size = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_SIZE);
    return (!block || OSSL_PARAM_set_size_t(block, SHA_CBLOCK)) &&
           (!size || OSSL_PARAM_set_size_t(size, SHA_DIGEST_LENGTH));
}

static const OSSL_DISPATCH sha1[] = {
    {OSSL_FUNC_DIGEST_NEWCTX, (void (*)(void))digest_new},
    {OSSL_FUNC_DIGEST_FREECTX, (void (*)(void))digest_free},
    {OSSL_FUNC_DIGEST_DUPCTX, (void (*)(void))digest_copy},
    {OSSL_FUNC_DIGEST_INIT, (void (*)(void))digest_init},
    {OSSL_FUNC_DIGEST_UPDATE, (void (*)(void))digest_update},
    {OSSL_FUNC_DIGEST_FINAL, (void (*)(void))digest_final},
    {OSSL_FUNC_DIGEST_GET_PARAMS, (void (*)(void))digest_params},
    {0, NULL},
};

/* ---- a key that is not looked at ---- */

static OSSL_FUNC_BIO_read_ex_fn
    *core_read; /* the same in every process: written before any use, by lean_start */

static char no_key; /* what every such key points to */

static void *key_new(void *provider)
{
    (void)provider;
    return &no_key;
}

static void key_free_nothing(void *key)
{
    (void)key;
}

static int key_has(const void *key, int selection)
{
    (void)key;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0;
}

static void *key_load(const void *reference, size_t size)
{
    return size == sizeof(void *) ? *(void *const *)reference : NULL;
}

/* The one thing asked of a leaf's key; key_of_spki takes no curve but a named one. */
static int key_params(void *key, OSSL_PARAM params[])
{
    OSSL_PARAM *explicit_curve = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS);
    (void)key;
    return !explicit_curve || OSSL_PARAM_set_int(explicit_curve, 0);
}

static const OSSL_PARAM *key_knows(void *provider)
{
    static const OSSL_PARAM known[] = {OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, NULL),
                                       OSSL_PARAM_END};
    (void)provider;
    return known;
}

static const OSSL_DISPATCH keys[] = {
    {OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))key_new},
    {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free_nothing},
    {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))key_has},
    {OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))key_load},
    {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))key_params},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))key_knows},
    {0, NULL},
};

/* OSSL_FUNC_decoder_decode_fn has seven parameters: that is libcrypto's choice. */
#define DECODE_PARAMETERS                                                                \
    void *type, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *found, void *found_arg, \
        OSSL_PASSPHRASE_CALLBACK *password, void *password_arg

/* Takes all there is and says that it was a key of this type. */
static int pass_over(DECODE_PARAMETERS) // NOLINT(readability-function-size)
{
    uint8_t skipped[512];
    size_t len;
    int kind = OSSL_OBJECT_PKEY;
    void *key = &no_key;
    (void)selection;
    (void)password;
    (void)password_arg;
    while (core_read(in, skipped, sizeof skipped, &len) == 1 && len > 0) {}
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, type, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof key),
        OSSL_PARAM_construct_end(),
    };
    return found(params, found_arg);
}

static void decoder_free(void *type)
{
    (void)type;
}

#define DECODER(function, type)                                     \
    static void *function##_new(void *provider)                     \
    {                                                               \
        static char name[] = type;                                  \
        (void)provider;                                             \
        return name;                                                \
    }                                                               \
    static const OSSL_DISPATCH function[] = {                       \
        {OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))function##_new}, \
        {OSSL_FUNC_DECODER_FREECTX, (void (*)(void))decoder_free},  \
        {OSSL_FUNC_DECODER_DECODE, (void (*)(void))pass_over},      \
        {0, NULL},                                                  \
    };

DECODER(decode_ec, "EC")
DECODER(decode_rsa, "RSA")
DECODER(decode_ed25519, "ED25519")

#define NAMES_EC "EC:id-ecPublicKey:1.2.840.10045.2.1"
#define NAMES_RSA "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define NAMES_ED25519 "ED25519:1.3.101.112"
#define OURS "provider=handfast"
#define OF_SPKI OURS ",input=der,structure=SubjectPublicKeyInfo"

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    static const OSSL_ALGORITHM digests[] = {{"SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", OURS, sha1, NULL},
                                             {NULL, NULL, NULL, NULL}};
    static const OSSL_ALGORITHM key_types[] = {{NAMES_EC, OURS, keys, NULL},
                                               {NAMES_RSA, OURS, keys, NULL},
                                               {NAMES_ED25519, OURS, keys, NULL},
                                               {NULL, NULL, NULL, NULL}};
    static const OSSL_ALGORITHM decoders[] = {{NAMES_EC, OF_SPKI, decode_ec, NULL},
                                              {NAMES_RSA, OF_SPKI, decode_rsa, NULL},
                                              {NAMES_ED25519, OF_SPKI, decode_ed25519, NULL},
                                              {NULL, NULL, NULL, NULL}};
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_DIGEST    ? digests
           : operation == OSSL_OP_KEYMGMT ? key_types
           : operation == OSSL_OP_DECODER ? decoders
                                          : NULL;
}

static int start(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *from_core, const OSSL_DISPATCH **out,
                 void **provider)
{
    static const OSSL_DISPATCH table[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
                                          {0, NULL}};
    for (; from_core->function_id != 0; from_core++) {
        if (from_core->function_id == OSSL_FUNC_BIO_READ_EX) {
            core_read = OSSL_FUNC_BIO_read_ex(from_core);
        }
    }
    *out = table;
    *provider = (void *)(uintptr_t)core;
    return core_read != NULL;
}

OSSL_LIB_CTX *lean_start(void)
{
    static const char name[] = "handfast-lean";
    OSSL_LIB_CTX *lean = OSSL_LIB_CTX_new();
    if (lean && OSSL_PROVIDER_add_builtin(lean, name, start) == 1 && OSSL_PROVIDER_load(lean, name) != NULL) {
        return lean; /* the provider lives as long as its context */
    }
    OSSL_LIB_CTX_free(lean);
    return NULL;
}

#else

/* With EVP only, libcrypto's providers decode everything. */
OSSL_LIB_CTX *lean_start(void)
{
    return NULL;
}

#endif
