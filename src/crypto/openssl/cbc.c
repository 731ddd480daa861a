/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/openssl.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/memory.h"

/*
 * CBC with HMAC. Where the MAC lies under the encryption, its place and the padding are secret until it has
 * been checked, and libcrypto does what depends on them: its CBC takes padding and MAC off, and its HMAC
 * compresses as many blocks as the record's length allows, whatever its content (Lucky 13, CVE-2013-0169).
 */
struct schedule {
    struct cbc_form form;
    enum aead_use use;
    EVP_CIPHER_CTX *cipher;
    struct hmac_key mac;  /* all but opening MAC-then-encrypt */
    EVP_MAC_CTX *tls_mac; /* which has this one */
};

static bool opens_mte(const struct schedule *s)
{
    return s->use == AEAD_OPEN && !s->form.encrypt_then_mac;
}

static bool set_cipher(struct schedule *s, const uint8_t *key)
{
    static const uint8_t iv[CBC_BLOCK];
    int version = 0x0303;
    size_t mac_size = cbc_mac_size(&s->form);
    OSSL_PARAM tls[] = {OSSL_PARAM_construct_int(OSSL_CIPHER_PARAM_TLS_VERSION, &version),
                        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_TLS_MAC_SIZE, &mac_size),
                        OSSL_PARAM_construct_end()};
    s->cipher = EVP_CIPHER_CTX_new();
    if (!s->cipher || EVP_CipherInit_ex2(s->cipher, fetched.cbc[s->form.cbc], key, iv, s->use == AEAD_SEAL,
                                         opens_mte(s) ? tls : NULL) != 1) {
        return false;
    }
    return opens_mte(s) || EVP_CIPHER_CTX_set_padding(s->cipher, 0) == 1;
}

static enum err set_mac(struct schedule *s, struct slice key)
{
    static const char *const md[] = {NULL, "SHA1", "SHA256", "SHA384", "SHA512"};
    if (!opens_mte(s)) {
        return hmac_key_set(&s->mac, s->form.mac, key);
    }
    char name[8] = "";
    memcpy(name, md[s->form.mac], strlen(md[s->form.mac]));
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    s->tls_mac = EVP_MAC_CTX_new(fetched.hmac);
    return s->tls_mac && EVP_MAC_init(s->tls_mac, key.data, key.len, params) == 1
               ? OK
               : libcrypto_failed(E_CRYPTO_FAILED);
}

enum err cbc_hmac_key_set(struct cbc_hmac_key *k, const struct cbc_form *form, enum aead_use use,
                          struct slice key, struct slice mac_key)
{
    void *memory;
    cbc_hmac_key_wipe(k);
    if (form->cbc == CBC_NONE || form->cbc >= CBC_COUNT || key.len != cbc_key_size(form->cbc) ||
        form->mac == HASH_NONE || form->mac > HASH_SHA384 || mac_key.len != hash_size(form->mac)) {
        return E_INTERNAL;
    }
#ifndef HF_LAB_TRUNCATED_HMAC
    if (form->truncated) {
        return E_INTERNAL;
    }
#endif
    if (!fetched.md[form->mac]) {
        return E_CRYPTO_FAILED; /* a libcrypto without SHA-1 */
    }
    TRY(memory_new(sizeof(struct schedule), &memory));
    struct schedule *s = memory;
    k->schedule = s;
    s->form = *form;
    s->use = use;
    enum err err = set_cipher(s, key.data) ? set_mac(s, mac_key) : libcrypto_failed(E_CRYPTO_FAILED);
    if (err != OK) {
        cbc_hmac_key_wipe(k);
    }
    return err;
}

void cbc_hmac_key_wipe(struct cbc_hmac_key *k)
{
    struct schedule *s = k->schedule;
    if (s) {
        EVP_CIPHER_CTX_free(s->cipher); /* these two wipe their keys */
        EVP_MAC_CTX_free(s->tls_mac);
        hmac_key_wipe(&s->mac);
        memory_free(s, sizeof *s);
    }
    k->schedule = NULL;
}

/* seq_num + type + version + length: RFC 5246 6.2.3.1 */
static void put_header(uint8_t out[CBC_PREFIX + 2], const uint8_t prefix[CBC_PREFIX], size_t len)
{
    memcpy(out, prefix, CBC_PREFIX);
    out[CBC_PREFIX] = (uint8_t)(len >> 8);
    out[CBC_PREFIX + 1] = (uint8_t)len;
}

static enum err mac_of(const struct schedule *s, const uint8_t prefix[CBC_PREFIX], struct slice bytes,
                       uint8_t out[HASH_MAX])
{
    uint8_t header[CBC_PREFIX + 2];
    put_header(header, prefix, bytes.len);
    struct slice pieces[] = {slice_of(header, sizeof header), bytes};
    return hmac_pieces(&s->mac, pieces, 2, out);
}

/* Encrypts or decrypts whole blocks in place. */
static bool run(struct schedule *s, const uint8_t iv[CBC_BLOCK], uint8_t *data, size_t len)
{
    int written = 0;
    return len <= INT_MAX && EVP_CipherInit_ex2(s->cipher, NULL, NULL, iv, -1, NULL) == 1 &&
           EVP_CipherUpdate(s->cipher, data, &written, data, (int)len) == 1 && (size_t)written == len;
}

enum err cbc_hmac_seal(struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct slice plain,
                       uint8_t *out)
{
    struct schedule *s = k->schedule;
    if (!s || s->use != AEAD_SEAL || plain.len > UINT16_MAX) {
        return E_INTERNAL;
    }
    bool etm = s->form.encrypt_then_mac;
    size_t mac = cbc_mac_size(&s->form), tail = cbc_hmac_tail(&s->form, plain.len), len = plain.len;
    uint8_t *data = out + CBC_BLOCK, digest[HASH_MAX];
    enum err err = OK;
    if (plain.len && plain.data != data) {
        memmove(data, plain.data, plain.len);
    }
    if (!etm) {
        err = mac_of(s, prefix, slice_of(data, len), digest);
        memcpy(data + len, digest, mac);
        len += mac;
    }
    size_t padding = tail - mac; /* RFC 5246 6.2.3.2: each byte of it holds its length without the last */
    memset(data + len, (int)(padding - 1), padding);
    len += padding;
    if (err == OK && !run(s, out, data, len)) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    }
    if (err == OK && etm) { /* RFC 7366 3: over IV and ciphertext */
        err = mac_of(s, prefix, slice_of(out, CBC_BLOCK + len), digest);
        memcpy(data + len, digest, mac);
    }
    if (err != OK) {
        wipe(data, plain.len + tail);
    }
    wipe(digest, sizeof digest);
    return err;
}

/* libcrypto compresses the same number of blocks for every plain.len that whole allows. */
static bool tls_mac_of(const struct schedule *s, const uint8_t header[CBC_PREFIX + 2], struct slice plain,
                       size_t whole, uint8_t out[HASH_MAX])
{
    OSSL_PARAM size[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_TLS_DATA_SIZE, &whole),
                         OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *run_mac = EVP_MAC_CTX_dup(s->tls_mac); /* it has no way back to its start */
    size_t written;
    bool ok = run_mac && EVP_MAC_CTX_set_params(run_mac, size) == 1 &&
              EVP_MAC_update(run_mac, header, CBC_PREFIX + 2) == 1 &&
              EVP_MAC_update(run_mac, plain.data, plain.len) == 1 &&
              EVP_MAC_final(run_mac, out, &written, HASH_MAX) == 1;
    EVP_MAC_CTX_free(run_mac);
    return ok;
}

#ifdef HF_LAB_TRUNCATED_HMAC
/*
 * RFC 6066 7: libcrypto takes a MAC to be behind the content in its full length, and reads as far as that
 * would reach. So the record is copied to where there is as much; its length is public.
 */
static bool mac_of_record(const struct schedule *s, const uint8_t header[CBC_PREFIX + 2], struct slice plain,
                          size_t whole, uint8_t out[HASH_MAX])
{
    enum { RECORD_ROOM = 16384 + 2048 };
    uint8_t room[RECORD_ROOM + HASH_MAX];
    size_t lacking = hash_size(s->form.mac) - cbc_mac_size(&s->form);
    if (whole > RECORD_ROOM) {
        return false;
    }
    memcpy(room, plain.data, whole);
    memset(room + whole, 0, lacking);
    bool ok = tls_mac_of(s, header, slice_of(room, plain.len), whole + lacking, out);
    wipe(room, whole);
    return ok;
}
#else
#define mac_of_record tls_mac_of
#endif

/*
 * What everybody may see: whether the record is genuine. Nothing else branches on a secret, and
 * tests/docs/constant_time.py excuses this function by its name.
 */
static __attribute__((noinline)) enum err settle_mte(bool genuine, struct span sealed, struct span content,
                                                     struct span *plain)
{
    if (!genuine) {
        wipe(sealed.data, sealed.len);
        return libcrypto_failed(E_BAD_RECORD_MAC);
    }
    *plain = content;
    return OK;
}

/*
 * The length that libcrypto gives for the content is secret here, and so is every byte behind the IV: no
 * branch and no index may depend on them before the comparison has been made.
 */
static enum err open_mte(struct schedule *s, const uint8_t prefix[CBC_PREFIX], struct span sealed,
                         struct span *plain)
{
    size_t mac = cbc_mac_size(&s->form);
    if (sealed.len % CBC_BLOCK != 0 || sealed.len > INT_MAX || sealed.len < CBC_BLOCK + mac + 1) {
        return E_BAD_RECORD_MAC; /* lengths are public */
    }
    uint8_t header[CBC_PREFIX + 2], digest[HASH_MAX] = {0};
    void *sent = NULL;
    int written = 0;
    OSSL_PARAM found[] = {OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_TLS_MAC, &sent, mac),
                          OSSL_PARAM_construct_end()};
    if (EVP_CipherUpdate(s->cipher, sealed.data, &written, sealed.data, (int)sealed.len) != 1 ||
        EVP_CIPHER_CTX_get_params(s->cipher, found) != 1 || !sent) {
        wipe(sealed.data, sealed.len);
        return libcrypto_failed(
            E_CRYPTO_FAILED); /* bad padding is no failure: it gives a MAC that is random */
    }
    struct span content = {sealed.data + CBC_BLOCK, (size_t)written};
    put_header(header, prefix, content.len);
    if (!mac_of_record(s, header, slice_of_span(content), sealed.len - CBC_BLOCK, digest)) {
        wipe(sealed.data, sealed.len);
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    bool genuine = secret_equal(slice_of(digest, mac), slice_of(sent, mac));
    wipe(digest, sizeof digest);
    return settle_mte(genuine, sealed, content, plain);
}

/* RFC 7366 3: the MAC first, and nothing is decrypted when it is wrong. Behind it the padding is no oracle. */
static enum err open_etm(struct schedule *s, const uint8_t prefix[CBC_PREFIX], struct span sealed,
                         struct span *plain)
{
    size_t mac = cbc_mac_size(&s->form);
    if (sealed.len < 2 * CBC_BLOCK + mac || (sealed.len - mac) % CBC_BLOCK != 0) {
        return E_BAD_RECORD_MAC;
    }
    size_t len = sealed.len - mac;
    uint8_t digest[HASH_MAX];
    TRY(mac_of(s, prefix, slice_of(sealed.data, len), digest));
    if (!secret_equal(slice_of(digest, mac), slice_of(sealed.data + len, mac))) {
        return E_BAD_RECORD_MAC;
    }
    uint8_t *data = sealed.data + CBC_BLOCK;
    len -= CBC_BLOCK;
    if (!run(s, sealed.data, data, len)) {
        wipe(data, len);
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    size_t padding = (size_t)data[len - 1] + 1;
    bool padded = padding <= len;
    for (size_t i = 0; padded && i < padding; i++) {
        padded = data[len - 1 - i] == padding - 1;
    }
    if (!padded) {
        wipe(data, len);
        return E_BAD_RECORD_MAC;
    }
    *plain = (struct span){data, len - padding};
    return OK;
}

enum err cbc_hmac_open(struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct span sealed,
                       struct span *plain)
{
    struct schedule *s = k->schedule;
    if (!s || s->use != AEAD_OPEN) {
        return E_INTERNAL;
    }
    return s->form.encrypt_then_mac ? open_etm(s, prefix, sealed, plain) : open_mte(s, prefix, sealed, plain);
}
