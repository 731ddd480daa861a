/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#define GCM(bits) .aead = AEAD_AES_##bits##_GCM, .nonce = NONCE_EXPLICIT
#define CCM(bits) .aead = AEAD_AES_##bits##_CCM, .nonce = NONCE_EXPLICIT
#define CCM_8(bits) .aead = AEAD_AES_##bits##_CCM_8, .nonce = NONCE_EXPLICIT
#define CHACHA20 .aead = AEAD_CHACHA20_POLY1305, .nonce = NONCE_XORED
#define CBC(bits, of_mac) .cbc = CBC_AES_##bits, .mac = HASH_##of_mac
#define PRF(of_prf) .hash = HASH_##of_prf

/*
 * AES-128 before AES-256: as strong as the key exchanges around it, and cheaper. ChaCha20 behind them: it is
 * for peers without AES instructions, who put it first themselves. ECDSA before RSA: a server's signature
 * costs a tenth. Forward secrecy before none, AEAD before CBC, a server with a certificate before none.
 */
/* clang-format off */
static const struct suite suites[] = {
    /* RFC 5289 3.2 */
    {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", KX_ECDHE, AUTH_ECDSA, GCM(128), PRF(SHA256)},
    {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", KX_ECDHE, AUTH_RSA, GCM(128), PRF(SHA256)},
    {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", KX_ECDHE, AUTH_ECDSA, GCM(256), PRF(SHA384)},
    {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", KX_ECDHE, AUTH_RSA, GCM(256), PRF(SHA384)},
    /* RFC 7905 2 */
    {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", KX_ECDHE, AUTH_ECDSA, CHACHA20, PRF(SHA256)},
    {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", KX_ECDHE, AUTH_RSA, CHACHA20, PRF(SHA256)},
    /* RFC 7251 2 */
    {0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", KX_ECDHE, AUTH_ECDSA, CCM(128), PRF(SHA256)},
    {0xC0AD, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", KX_ECDHE, AUTH_ECDSA, CCM(256), PRF(SHA256)},
    {0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", KX_ECDHE, AUTH_ECDSA, CCM_8(128), PRF(SHA256)},
    {0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", KX_ECDHE, AUTH_ECDSA, CCM_8(256), PRF(SHA256)},
    /* RFC 5288 3, RFC 7905 2, RFC 6655 3 */
    {0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", KX_DHE, AUTH_RSA, GCM(128), PRF(SHA256)},
    {0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", KX_DHE, AUTH_RSA, GCM(256), PRF(SHA384)},
    {0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", KX_DHE, AUTH_RSA, CHACHA20, PRF(SHA256)},
    {0xC09E, "TLS_DHE_RSA_WITH_AES_128_CCM", KX_DHE, AUTH_RSA, CCM(128), PRF(SHA256)},
    {0xC09F, "TLS_DHE_RSA_WITH_AES_256_CCM", KX_DHE, AUTH_RSA, CCM(256), PRF(SHA256)},
    {0xC0A2, "TLS_DHE_RSA_WITH_AES_128_CCM_8", KX_DHE, AUTH_RSA, CCM_8(128), PRF(SHA256)},
    {0xC0A3, "TLS_DHE_RSA_WITH_AES_256_CCM_8", KX_DHE, AUTH_RSA, CCM_8(256), PRF(SHA256)},
    /* RFC 5289 3.1, RFC 8422 6 */
    {0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", KX_ECDHE, AUTH_ECDSA, CBC(128, SHA256), PRF(SHA256)},
    {0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", KX_ECDHE, AUTH_RSA, CBC(128, SHA256), PRF(SHA256)},
    {0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", KX_ECDHE, AUTH_ECDSA, CBC(256, SHA384), PRF(SHA384)},
    {0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", KX_ECDHE, AUTH_RSA, CBC(256, SHA384), PRF(SHA384)},
    {0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", KX_ECDHE, AUTH_ECDSA, CBC(128, SHA1), PRF(SHA256)},
    {0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", KX_ECDHE, AUTH_RSA, CBC(128, SHA1), PRF(SHA256)},
    {0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", KX_ECDHE, AUTH_ECDSA, CBC(256, SHA1), PRF(SHA256)},
    {0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", KX_ECDHE, AUTH_RSA, CBC(256, SHA1), PRF(SHA256)},
    /* RFC 5246 A.5 */
    {0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", KX_DHE, AUTH_RSA, CBC(128, SHA256), PRF(SHA256)},
    {0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", KX_DHE, AUTH_RSA, CBC(256, SHA256), PRF(SHA256)},
    {0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", KX_DHE, AUTH_RSA, CBC(128, SHA1), PRF(SHA256)},
    {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", KX_DHE, AUTH_RSA, CBC(256, SHA1), PRF(SHA256)},
    /* RFC 5289 3.2, 3.1, RFC 4492 6 */
    {0xC02D, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", KX_ECDH, AUTH_ECDSA, GCM(128), PRF(SHA256)},
    {0xC031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", KX_ECDH, AUTH_RSA, GCM(128), PRF(SHA256)},
    {0xC02E, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", KX_ECDH, AUTH_ECDSA, GCM(256), PRF(SHA384)},
    {0xC032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", KX_ECDH, AUTH_RSA, GCM(256), PRF(SHA384)},
    {0xC025, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", KX_ECDH, AUTH_ECDSA, CBC(128, SHA256), PRF(SHA256)},
    {0xC029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", KX_ECDH, AUTH_RSA, CBC(128, SHA256), PRF(SHA256)},
    {0xC026, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", KX_ECDH, AUTH_ECDSA, CBC(256, SHA384), PRF(SHA384)},
    {0xC02A, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", KX_ECDH, AUTH_RSA, CBC(256, SHA384), PRF(SHA384)},
    {0xC004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", KX_ECDH, AUTH_ECDSA, CBC(128, SHA1), PRF(SHA256)},
    {0xC00E, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", KX_ECDH, AUTH_RSA, CBC(128, SHA1), PRF(SHA256)},
    {0xC005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", KX_ECDH, AUTH_ECDSA, CBC(256, SHA1), PRF(SHA256)},
    {0xC00F, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", KX_ECDH, AUTH_RSA, CBC(256, SHA1), PRF(SHA256)},
    /* RFC 5288 3, RFC 6655 3, RFC 5246 A.5 */
    {0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", KX_RSA, AUTH_RSA, GCM(128), PRF(SHA256)},
    {0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", KX_RSA, AUTH_RSA, GCM(256), PRF(SHA384)},
    {0xC09C, "TLS_RSA_WITH_AES_128_CCM", KX_RSA, AUTH_RSA, CCM(128), PRF(SHA256)},
    {0xC09D, "TLS_RSA_WITH_AES_256_CCM", KX_RSA, AUTH_RSA, CCM(256), PRF(SHA256)},
    {0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8", KX_RSA, AUTH_RSA, CCM_8(128), PRF(SHA256)},
    {0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8", KX_RSA, AUTH_RSA, CCM_8(256), PRF(SHA256)},
    {0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", KX_RSA, AUTH_RSA, CBC(128, SHA256), PRF(SHA256)},
    {0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", KX_RSA, AUTH_RSA, CBC(256, SHA256), PRF(SHA256)},
    {0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", KX_RSA, AUTH_RSA, CBC(128, SHA1), PRF(SHA256)},
    {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", KX_RSA, AUTH_RSA, CBC(256, SHA1), PRF(SHA256)},
    /* nobody is authenticated: RFC 5288 3, RFC 5246 A.5, RFC 4492 6 */
    {0x00A6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", KX_DHE, AUTH_ANON, GCM(128), PRF(SHA256)},
    {0x00A7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384", KX_DHE, AUTH_ANON, GCM(256), PRF(SHA384)},
    {0xC018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", KX_ECDHE, AUTH_ANON, CBC(128, SHA1), PRF(SHA256)},
    {0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", KX_ECDHE, AUTH_ANON, CBC(256, SHA1), PRF(SHA256)},
    {0x006C, "TLS_DH_anon_WITH_AES_128_CBC_SHA256", KX_DHE, AUTH_ANON, CBC(128, SHA256), PRF(SHA256)},
    {0x006D, "TLS_DH_anon_WITH_AES_256_CBC_SHA256", KX_DHE, AUTH_ANON, CBC(256, SHA256), PRF(SHA256)},
    {0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", KX_DHE, AUTH_ANON, CBC(128, SHA1), PRF(SHA256)},
    {0x003A, "TLS_DH_anon_WITH_AES_256_CBC_SHA", KX_DHE, AUTH_ANON, CBC(256, SHA1), PRF(SHA256)},
};
#define TLS13 .kx = KX_TLS13, .auth = AUTH_TLS13, .nonce = NONCE_XORED
/* RFC 8446 B.4. The short tag is not recommended (RFC 8446 11): it stands last. */
static const struct suite suites13[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256", TLS13, .aead = AEAD_AES_128_GCM, .hash = HASH_SHA256},
    {0x1302, "TLS_AES_256_GCM_SHA384", TLS13, .aead = AEAD_AES_256_GCM, .hash = HASH_SHA384},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", TLS13, .aead = AEAD_CHACHA20_POLY1305, .hash = HASH_SHA256},
    {0x1304, "TLS_AES_128_CCM_SHA256", TLS13, .aead = AEAD_AES_128_CCM, .hash = HASH_SHA256},
    {0x1305, "TLS_AES_128_CCM_8_SHA256", TLS13, .aead = AEAD_AES_128_CCM_8, .hash = HASH_SHA256},
};
/* clang-format on */
#define SUITES (sizeof suites / sizeof suites[0])
#define SUITES13 (sizeof suites13 / sizeof suites13[0])

const struct suite *suite_at(size_t i)
{
    return i < SUITES ? &suites[i] : NULL;
}

const struct suite *suite_of(uint16_t code)
{
    for (size_t i = 0; i < SUITES; i++) {
        if (suites[i].code == code) {
            return &suites[i];
        }
    }
    return NULL;
}

const struct suite *suite13_at(size_t i)
{
    return i < SUITES13 ? &suites13[i] : NULL;
}

const struct suite *suite13_of(uint16_t code)
{
    for (size_t i = 0; i < SUITES13; i++) {
        if (suites13[i].code == code) {
            return &suites13[i];
        }
    }
    return NULL;
}

bool suite_is_tls13(const struct suite *s)
{
    return s->kx == KX_TLS13;
}

size_t suite_key_size(const struct suite *s)
{
    return s->aead != AEAD_NONE ? aead_key_size(s->aead) : cbc_key_size(s->cbc);
}

size_t suite_mac_key_size(const struct suite *s)
{
    return s->aead != AEAD_NONE ? 0 : hash_size(s->mac); /* RFC 5246 A.6: mac_key_length */
}

static const struct {
    uint8_t key, tag;
} aeads[AEAD_COUNT] = {
    [AEAD_AES_128_GCM] = {16, 16},  [AEAD_AES_256_GCM] = {32, 16}, [AEAD_CHACHA20_POLY1305] = {32, 16},
    [AEAD_AES_128_CCM] = {16, 16},  [AEAD_AES_256_CCM] = {32, 16}, [AEAD_AES_128_CCM_8] = {16, 8},
    [AEAD_AES_256_CCM_8] = {32, 8},
};

size_t aead_key_size(enum aead a)
{
    return a < AEAD_COUNT ? aeads[a].key : 0;
}

size_t aead_tag_size(enum aead a)
{
    return a < AEAD_COUNT ? aeads[a].tag : 0;
}

size_t cbc_key_size(enum cbc c)
{
    return c == CBC_AES_128 ? 16 : c == CBC_AES_256 ? 32 : 0;
}

size_t cbc_mac_size(const struct cbc_form *form)
{
#ifdef HF_LAB_TRUNCATED_HMAC
    if (form->truncated) {
        return TRUNCATED_MAC;
    }
#endif
    return hash_size(form->mac);
}

size_t cbc_hmac_tail(const struct cbc_form *form, size_t len)
{
    size_t mac = cbc_mac_size(form), padded = form->encrypt_then_mac ? len : len + mac;
    return mac + CBC_BLOCK - padded % CBC_BLOCK;
}

size_t hash_size(enum hash h)
{
    switch (h) {
    case HASH_SHA1:
        return 20;
    case HASH_SHA256:
        return 32;
    case HASH_SHA384:
        return 48;
    case HASH_SHA512:
        return 64;
    case HASH_NONE:
        break;
    }
    return 0;
}
