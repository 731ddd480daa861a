/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"
#include "crypto/openssl/kx.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>

struct fetched fetched;

static const struct ec_row {
    uint16_t code;
    int nid;
    const char *name;
} ec_rows[EC_GROUPS] = {
    {23, NID_X9_62_prime256v1, "P-256"},
    {24, NID_secp384r1, "P-384"},
    {25, NID_secp521r1, "P-521"},
};

const EC_GROUP *ec_group_of(uint16_t code)
{
    for (size_t i = 0; i < EC_GROUPS; i++) {
        if (ec_rows[i].code == code) {
            return fetched.ec[i];
        }
    }
    return NULL;
}

const char *ec_group_name(uint16_t code)
{
    for (size_t i = 0; i < EC_GROUPS; i++) {
        if (ec_rows[i].code == code) {
            return ec_rows[i].name;
        }
    }
    return NULL;
}

uint16_t ec_group_code(int nid)
{
    for (size_t i = 0; i < EC_GROUPS; i++) {
        if (ec_rows[i].nid == nid) {
            return ec_rows[i].code;
        }
    }
    return 0;
}

enum err libcrypto_failed(enum err otherwise)
{
    enum err err = otherwise;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) {
            err = E_NO_MEMORY;
        }
    }
    return err;
}

enum err libcrypto_settled(enum err err)
{
    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }
    return err;
}

static bool fetch_all(struct fetched *f)
{
    static const char *const md[] = {NULL, "SHA1", "SHA256", "SHA384", "SHA512"};
    static const char *const cipher[AEAD_COUNT] = {
        NULL,          "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305",
        "AES-128-CCM", "AES-256-CCM", "AES-128-CCM", "AES-256-CCM"};
    static const char *const cbc[CBC_COUNT] = {NULL, "AES-128-CBC", "AES-256-CBC"};
    for (size_t i = HASH_SHA1; i <= HASH_SHA512; i++) {
        f->md[i] = EVP_MD_fetch(NULL, md[i], NULL);
        /* SHA-1 is for legacy schemes alone: a libcrypto without it serves everything else */
        if (!f->md[i] && i != HASH_SHA1) {
            return false;
        }
    }
    for (size_t i = AEAD_NONE + 1; i < AEAD_COUNT; i++) {
        f->cipher[i] = EVP_CIPHER_fetch(NULL, cipher[i], NULL);
        if (!f->cipher[i]) {
            return false;
        }
    }
    for (size_t i = CBC_NONE + 1; i < CBC_COUNT; i++) {
        f->cbc[i] = EVP_CIPHER_fetch(NULL, cbc[i], NULL);
        if (!f->cbc[i]) {
            return false;
        }
    }
    f->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!f->hmac) {
        return false;
    }
    for (size_t i = 0; i < EC_GROUPS; i++) {
        f->ec[i] = EC_GROUP_new_by_curve_name(ec_rows[i].nid);
        if (!f->ec[i]) {
            return false;
        }
    }
    if (!kx_dh_fetch(f)) {
        kx_dh_drop(f); /* a libcrypto without DH serves everything else */
        memset(f->dh, 0, sizeof f->dh);
    }
    f->ml_kem = kx_hybrid_fetch();
    f->lean = lean_start(); /* without it everything works, more slowly */
    return true;
}

static void drop_all(struct fetched *f)
{
    for (size_t i = HASH_SHA1; i <= HASH_SHA512; i++) {
        EVP_MD_free(f->md[i]);
    }
    for (size_t i = AEAD_NONE + 1; i < AEAD_COUNT; i++) {
        EVP_CIPHER_free(f->cipher[i]);
    }
    for (size_t i = 0; i < EC_GROUPS; i++) {
        EC_GROUP_free(f->ec[i]);
    }
    for (size_t i = CBC_NONE + 1; i < CBC_COUNT; i++) {
        EVP_CIPHER_free(f->cbc[i]);
    }
    EVP_MAC_free(f->hmac);
    kx_dh_drop(f);
    OSSL_LIB_CTX_free(f->lean);
    memset(f, 0, sizeof *f);
}

enum err crypto_start(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static atomic_bool started; /* not pthread_once: what failed for want of memory may be tried again */
    if (atomic_load_explicit(&started, memory_order_acquire)) {
        return OK;
    }
    enum err err = OK;
    pthread_mutex_lock(&lock);
    if (!atomic_load_explicit(&started, memory_order_relaxed)) {
        if (fetch_all(&fetched)) {
            aead_start();
            atomic_store_explicit(&started, true, memory_order_release);
        } else {
            drop_all(&fetched);
            err = E_CRYPTO_FAILED;
        }
        err = libcrypto_failed(err); /* a missing SHA-1 leaves its complaint too */
    }
    pthread_mutex_unlock(&lock);
    return err;
}

const char *crypto_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
