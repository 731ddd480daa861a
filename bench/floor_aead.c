/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

enum { SALT = 4, EXPLICIT_NONCE = 8, NONCE = 12, ADDITIONAL = 13, TAG = 16 };

static const uint8_t additional[ADDITIONAL];

static void nonce_of(const uint8_t *sealed, uint8_t nonce[NONCE])
{
    memset(nonce, 0, SALT);
    memcpy(nonce + SALT, sealed, EXPLICIT_NONCE);
}

/* ---- libcrypto: a kept context ---- */
static void *evp_new(const struct floor *floor, const uint8_t *key, bool sealing)
{
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    CHECK(made != NULL && EVP_CipherInit_ex2(made, floor->gcm, key, NULL, sealing, NULL) == 1);
    return made;
}

static void evp_free(void *key)
{
    EVP_CIPHER_CTX_free(key);
}

static void evp_seal(void *aead, uint8_t *sealed, const uint8_t *message, size_t len)
{
    uint8_t nonce[NONCE];
    int done;
    nonce_of(sealed, nonce);
    CHECK(EVP_EncryptInit_ex2(aead, NULL, NULL, nonce, NULL) == 1);
    CHECK(EVP_EncryptUpdate(aead, NULL, &done, additional, ADDITIONAL) == 1);
    CHECK(EVP_EncryptUpdate(aead, sealed + EXPLICIT_NONCE, &done, message, (int)len) == 1);
    CHECK(EVP_EncryptFinal_ex(aead, sealed + EXPLICIT_NONCE + len, &done) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(aead, EVP_CTRL_AEAD_GET_TAG, TAG, sealed + EXPLICIT_NONCE + len) == 1);
}

static void evp_open(void *aead, uint8_t *sealed, size_t len)
{
    uint8_t nonce[NONCE], *body = sealed + EXPLICIT_NONCE;
    int done;
    nonce_of(sealed, nonce);
    CHECK(EVP_DecryptInit_ex2(aead, NULL, NULL, nonce, NULL) == 1);
    CHECK(EVP_DecryptUpdate(aead, NULL, &done, additional, ADDITIONAL) == 1);
    CHECK(EVP_DecryptUpdate(aead, body, &done, body, (int)len) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(aead, EVP_CTRL_AEAD_SET_TAG, TAG, body + len) == 1);
    CHECK(EVP_DecryptFinal_ex(aead, body + len, &done) == 1);
}

/* ---- who does it ---- */
struct raw {
    const char *name;
    void *(*make)(const struct floor *, const uint8_t *key, bool sealing);
    void (*free)(void *key);
    void (*seal)(void *key, uint8_t *sealed, const uint8_t *message, size_t len);
    void (*open)(void *key, uint8_t *sealed, size_t len);
};
static struct raw raw = {"libcrypto", evp_new, evp_free, evp_seal, evp_open};

#ifdef HF_HAVE_IPSECMB
#include <intel-ipsec-mb.h>

/* ---- libipsec-mb: an expanded key, at a multiple of 64 bytes ---- */
#define VAES_AVX512 (IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ | IMB_FEATURE_AVX512_SKX)
enum { KEY_ALIGNMENT = 64 };
static IMB_MGR *manager;

static void *mb_new(const struct floor *floor, const uint8_t *key, bool sealing)
{
    (void)floor, (void)sealing;
    size_t size = (sizeof(struct gcm_key_data) + KEY_ALIGNMENT - 1) / KEY_ALIGNMENT * KEY_ALIGNMENT;
    struct gcm_key_data *made = aligned_alloc(KEY_ALIGNMENT, size);
    CHECK(made != NULL);
    IMB_AES128_GCM_PRE(manager, key, made);
    return made;
}

static void mb_seal(void *key, uint8_t *sealed, const uint8_t *message, size_t len)
{
    struct gcm_context_data state;
    uint8_t nonce[NONCE], *body = sealed + EXPLICIT_NONCE;
    nonce_of(sealed, nonce);
    IMB_AES128_GCM_ENC(manager, key, &state, body, message, len, nonce, additional, ADDITIONAL, body + len,
                       TAG);
}

static void mb_open(void *key, uint8_t *sealed, size_t len)
{
    struct gcm_context_data state;
    uint8_t nonce[NONCE], tag[TAG], *body = sealed + EXPLICIT_NONCE;
    nonce_of(sealed, nonce);
    IMB_AES128_GCM_DEC(manager, key, &state, body, body, len, nonce, additional, ADDITIONAL, tag, TAG);
    CHECK(memcmp(tag, body + len, TAG) == 0);
}

void floor_aead_start(void)
{
    manager = alloc_mb_mgr(0);
    CHECK(manager != NULL);
    init_mb_mgr_auto(manager, NULL);
    if ((manager->features & VAES_AVX512) == VAES_AVX512) {
        raw = (struct raw){"libipsec-mb", mb_new, free, mb_seal, mb_open};
    }
}
#else
void floor_aead_start(void) {}
#endif

const char *floor_aead_name(void)
{
    return raw.name;
}

struct floor_aead *floor_aead_new(const struct floor *floor, const uint8_t *key, bool sealing)
{
    return raw.make(floor, key, sealing);
}

void floor_aead_free(struct floor_aead *aead)
{
    if (aead != NULL)
        raw.free(aead);
}

void floor_aead_seal(struct floor_aead *aead, uint8_t *sealed, const uint8_t *message, size_t len)
{
    raw.seal(aead, sealed, message, len);
}

void floor_aead_open(struct floor_aead *aead, uint8_t *sealed, size_t len)
{
    raw.open(aead, sealed, len);
}
