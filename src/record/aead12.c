/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

#define SALT 4           /* RFC 5288 3: GCMNonce.salt */
#define EXPLICIT_NONCE 8 /* RFC 5288 3: GCMNonce.nonce_explicit */
#define ADDITIONAL (RECORD_PREFIX + 2)

static void put_additional(const struct protection *p, uint8_t type, size_t len, uint8_t out[ADDITIONAL])
{
    put_record_prefix(p, type, out);
    out[11] = (uint8_t)(len >> 8);
    out[12] = (uint8_t)len;
}

enum err aead12_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out)
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t additional[ADDITIONAL];
    put_additional(p, type, plain.len, additional);
    if (p->kind == PROTECT_AEAD12_EXPLICIT) {
        /* RFC 9325 7.2.1: the sequence number is the one nonce that cannot repeat */
        memcpy(nonce, p->iv, SALT);
        memcpy(nonce + SALT, additional, EXPLICIT_NONCE);
        memcpy(out, additional, EXPLICIT_NONCE);
        out += EXPLICIT_NONCE;
    } else {
        put_xored_nonce(p, nonce);
    }
    return aead_seal(&p->key, nonce, slice_of(additional, sizeof additional), plain, out);
}

enum err aead12_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain)
{
    size_t head = protection_head(p);
    if (fragment.len < head + p->tag) {
        return E_BAD_RECORD_MAC;
    }
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t additional[ADDITIONAL];
    struct span sealed = {fragment.data + head, fragment.len - head};
    size_t len = sealed.len - p->tag;
    put_additional(p, type, len, additional);
    if (head) {
        memcpy(nonce, p->iv, SALT);
        memcpy(nonce + SALT, fragment.data, EXPLICIT_NONCE);
    } else {
        put_xored_nonce(p, nonce);
    }
    TRY(aead_open(&p->key, nonce, slice_of(additional, sizeof additional), slice_of_span(sealed),
                  sealed.data));
    *plain = (struct span){sealed.data, len};
    return OK;
}
