/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

/* RFC 8446 5.2: the header as it is on the wire */
static void put_additional(size_t length, uint8_t out[RECORD_HEADER])
{
    out[0] = CONTENT_APPLICATION_DATA;
    out[1] = TLS_1_2 >> 8;
    out[2] = TLS_1_2 & 0xff;
    out[3] = (uint8_t)(length >> 8);
    out[4] = (uint8_t)length;
}

/* out is for content, type, zeros and tag: what is behind the content is put there first. */
enum err aead13_seal(struct protection *p, uint8_t type, struct slice plain, struct span out)
{
    uint8_t nonce[AEAD_NONCE_SIZE], additional[RECORD_HEADER];
    size_t padding = out.len - plain.len - p->tail;
    if (type == CONTENT_CHANGE_CIPHER_SPEC) {
        return E_INTERNAL; /* RFC 8446 5: never protected */
    }
    put_xored_nonce(p, nonce);
    put_additional(out.len, additional);
    out.data[plain.len] = type;
    if (padding) {
        memset(out.data + plain.len + 1, 0, padding);
    }
    return aead_seal_joined(&p->key, nonce, slice_of(additional, sizeof additional), plain, out);
}

enum err aead13_open(struct protection *p, struct span fragment, struct span *plain)
{
    uint8_t nonce[AEAD_NONCE_SIZE], additional[RECORD_HEADER];
    if (fragment.len < p->tag) {
        return E_BAD_RECORD_MAC;
    }
    put_xored_nonce(p, nonce);
    put_additional(fragment.len, additional);
    TRY(aead_open(&p->key, nonce, slice_of(additional, sizeof additional), slice_of_span(fragment),
                  fragment.data));
    *plain = (struct span){fragment.data, fragment.len - p->tag};
    return OK;
}

enum err record_inner(struct span inner, uint8_t *type, struct span *content)
{
    size_t len = inner.len;
    while (len && inner.data[len - 1] == 0) {
        len--;
    }
    if (len == 0) {
        return E_RECORD_WITHOUT_TYPE;
    }
    uint8_t last = inner.data[len - 1];
    if (last != CONTENT_HANDSHAKE && last != CONTENT_ALERT && last != CONTENT_APPLICATION_DATA) {
        return E_BAD_INNER_TYPE; /* RFC 8446 5: a protected change_cipher_spec as well */
    }
    *type = last;
    *content = (struct span){inner.data, len - 1};
    return OK;
}
