/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

/* RFC 8446 5.5, which RFC 9325 4.4 recommends for TLS 1.2 too: 2^24.5 records under one AES-GCM key */
#define AES_GCM_RECORDS 23726566
/* RFC 9147 4.5.3 has counted for AES-CCM: 2^23 */
#define AES_CCM_RECORDS 8388608

size_t protection_iv_size(const struct suite *s)
{
    return s->aead == AEAD_NONE ? 0 : s->nonce == NONCE_EXPLICIT ? 4 : AEAD_NONCE_SIZE;
}

/* RFC 5246 6.1: sequence numbers do not wrap. What a cipher bears before it leaks is the sender's to keep. */
static uint64_t record_limit(const struct suite *s, enum aead_use use)
{
    if (use != AEAD_SEAL || s->aead == AEAD_NONE || s->aead == AEAD_CHACHA20_POLY1305) {
        return UINT64_MAX;
    }
    return s->aead == AEAD_AES_128_GCM || s->aead == AEAD_AES_256_GCM ? AES_GCM_RECORDS : AES_CCM_RECORDS;
}

static enum err set_aead(struct protection *p, const struct suite *s, enum aead_use use,
                         const struct record_keys *keys)
{
    p->kind = suite_is_tls13(s)            ? PROTECT_AEAD13
              : s->nonce == NONCE_EXPLICIT ? PROTECT_AEAD12_EXPLICIT
                                           : PROTECT_AEAD12_XORED;
    p->tag = (uint8_t)aead_tag_size(s->aead);
    p->tail = (uint8_t)(p->tag + suite_is_tls13(s));
    memcpy(p->iv, keys->iv.data, keys->iv.len);
    return aead_key_set(&p->key, s->aead, use, keys->key);
}

static enum err set_cbc(struct protection *p, const struct suite *s, enum aead_use use,
                        const struct record_keys *keys)
{
    struct cbc_form form = {s->cbc, s->mac, keys->encrypt_then_mac, keys->truncated_hmac};
    p->kind = PROTECT_CBC;
    p->mac = (uint8_t)s->mac;
    p->etm = keys->encrypt_then_mac;
    p->truncated = keys->truncated_hmac;
    p->random = keys->random;
    return cbc_hmac_key_set(&p->cbc, &form, use, keys->key, keys->mac_key);
}

enum err protection_set(struct protection *p, const struct suite *s, enum aead_use use,
                        const struct record_keys *keys)
{
    if (keys->iv.len != protection_iv_size(s) || keys->mac_key.len != suite_mac_key_size(s)) {
        return E_INTERNAL;
    }
    struct protection fresh = {.limit = record_limit(s, use)};
    enum err err = s->aead != AEAD_NONE ? set_aead(&fresh, s, use, keys) : set_cbc(&fresh, s, use, keys);
    if (err == OK) {
        protection_wipe(p);
        *p = fresh;
    }
    wipe(&fresh, sizeof fresh);
    return err;
}

void protection_wipe(struct protection *p)
{
    if (p->kind == PROTECT_CBC) {
        cbc_hmac_key_wipe(&p->cbc);
    } else if (p->kind != PROTECT_NONE) {
        aead_key_wipe(&p->key);
    }
    wipe(p, sizeof *p);
}

uint64_t protection_left(const struct protection *p, uint8_t type)
{
    if (p->kind == PROTECT_NONE) {
        return UINT64_MAX;
    }
    uint64_t kept = type == CONTENT_ALERT ? 0 : RECORDS_KEPT_FOR_ALERTS;
    return p->limit > kept && p->limit - kept > p->sequence ? p->limit - kept - p->sequence : 0;
}

bool protection_is_worn(const struct protection *p)
{
    return p->kind != PROTECT_NONE && p->sequence >= p->limit - p->limit / 16;
}

static enum err seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out, size_t padding)
{
    if (p->kind == PROTECT_AEAD13) {
        return aead13_seal(p, type, plain, (struct span){out, plain.len + padding + p->tail});
    }
    if (padding) {
        return E_INTERNAL;
    }
    return p->kind == PROTECT_CBC ? cbc_seal(p, type, plain, out) : aead12_seal(p, type, plain, out);
}

enum err protection_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out, size_t padding)
{
    if (p->kind == PROTECT_NONE) {
        if (plain.len && plain.data != out) {
            memcpy(out, plain.data, plain.len);
        }
        return OK;
    }
    if (protection_left(p, type) == 0) {
        return E_SEQUENCE_EXHAUSTED;
    }
    TRY(seal(p, type, plain, out, padding));
    p->sequence++;
    return OK;
}

enum err protection_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain)
{
    if (p->kind == PROTECT_NONE) {
        *plain = fragment;
        return OK;
    }
    if (p->sequence >= p->limit) {
        return E_SEQUENCE_EXHAUSTED;
    }
    TRY(p->kind == PROTECT_CBC      ? cbc_open(p, type, fragment, plain)
        : p->kind == PROTECT_AEAD13 ? aead13_open(p, fragment, plain)
                                    : aead12_open(p, type, fragment, plain));
    p->sequence++;
    return OK;
}
