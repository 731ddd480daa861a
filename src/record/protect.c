/* SPDX-License-Identifier: MIT */
#include "record/aead12.h"

/* RFC 8446 5.5, which RFC 9325 4.4 recommends for TLS 1.2 too: 2^24.5 records under one AES-GCM key */
#define AES_GCM_RECORDS 23726566

size_t protection_iv_size(const struct suite *s)
{
    return s->nonce == NONCE_EXPLICIT ? 4 : AEAD_NONCE_SIZE;
}

/* RFC 5246 6.1: sequence numbers do not wrap. What AES-GCM bears before it leaks is the sender's to keep. */
static uint64_t record_limit(const struct suite *s, enum aead_use use)
{
    return use == AEAD_SEAL && s->aead != AEAD_CHACHA20_POLY1305 ? AES_GCM_RECORDS : UINT64_MAX;
}

enum err protection_set(struct protection *p, const struct suite *s, enum aead_use use, struct slice key,
                        struct slice iv)
{
    if (iv.len != protection_iv_size(s)) {
        return E_INTERNAL;
    }
    struct protection fresh = {
        .kind = s->nonce == NONCE_EXPLICIT ? PROTECT_AEAD12_EXPLICIT : PROTECT_AEAD12_XORED,
        .limit = record_limit(s, use),
    };
    memcpy(fresh.iv, iv.data, iv.len);
    enum err err = aead_key_set(&fresh.key, s->aead, use, key);
    if (err == OK) {
        protection_wipe(p);
        *p = fresh;
    }
    wipe(&fresh, sizeof fresh);
    return err;
}

void protection_wipe(struct protection *p)
{
    aead_key_wipe(&p->key);
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

enum err protection_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out)
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
    TRY(aead12_seal(p, type, plain, out));
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
    TRY(aead12_open(p, type, fragment, plain));
    p->sequence++;
    return OK;
}
