/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"
#include "record/kinds.h"

/* RFC 5246 6.2.3.1: the plaintext, and behind it the MAC over sequence number, type, version, length and
 * plaintext. */
enum err null_open(struct null_cipher *n, uint8_t type, struct span fragment, struct span *plain)
{
    uint8_t head[RECORD_PREFIX + 2], mac[HASH_MAX];
    size_t size = hash_size(n->mac);
    if (fragment.len < size) {
        return E_BAD_RECORD_MAC;
    }
    size_t len = fragment.len - size;
    struct protection numbered = {.sequence = n->sequence};
    struct hmac_key key = {0};
    put_record_prefix(&numbered, type, head);
    head[RECORD_PREFIX] = (uint8_t)(len >> 8);
    head[RECORD_PREFIX + 1] = (uint8_t)len;
    const struct slice pieces[] = {slice_of(head, sizeof head), slice_of(fragment.data, len)};
    TRY(hmac_key_set(&key, n->mac, slice_of(n->key, size)));
    enum err e = hmac_pieces(&key, pieces, 2, mac);
    hmac_key_wipe(&key);
    TRY(e);
    if (!secret_equal(slice_of(mac, size), slice_of(fragment.data + len, size))) {
        return E_BAD_RECORD_MAC;
    }
    n->sequence++;
    *plain = (struct span){fragment.data, len};
    return OK;
}
