/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

/* RFC 8446 5.2: TLSCiphertext.length is at most 2^14 + 256; what is behind the content in it */
#define EARLY_DATA_TAIL (1 + AEAD_TAG_MAX)

enum err outer_type13(const struct record_in *in, uint8_t type)
{
    /* RFC 8446 D.4: for middleboxes; a peer that could not read our hello has no keys to say so under */
    bool plain = type == CONTENT_CHANGE_CIPHER_SPEC || (type == CONTENT_ALERT && !in->proven);
    return plain || type == CONTENT_APPLICATION_DATA ? OK : E_RECORD_NOT_PROTECTED;
}

enum err open13(struct record_in *in, struct span fragment, uint8_t *type, struct span *content)
{
    if (*type != CONTENT_APPLICATION_DATA) {
        *content = fragment;
        return OK;
    }
    struct span inner;
    enum err err = protection_open(&in->protection, *type, fragment, &inner);
    if (err != OK) {
        return err == E_BAD_RECORD_MAC ? drop_early_data(in, fragment.len, err, type) : err;
    }
    in->proven = true;
    in->skipping = false;
    /* RFC 8446 5.4: content, type and padding together */
    if (inner.len > (size_t)in->fragment + 1) {
        return inner.len > RECORD_PLAINTEXT_MAX + 1 ? E_RECORD_TOO_LONG : E_RECORD_OVER_AGREED_LIMIT;
    }
    return record_inner(inner, type, content);
}

/* RFC 8446 4.2.10: content counts, as far as it can be told from outside; a record is never free. */
enum err drop_early_data(struct record_in *in, size_t length, enum err err, uint8_t *type)
{
    if (!in->skipping) {
        return err;
    }
    uint32_t cost = length > EARLY_DATA_TAIL ? (uint32_t)(length - EARLY_DATA_TAIL) : 1;
    if (cost > in->skip) {
        return E_TOO_MUCH_EARLY_DATA;
    }
    in->skip -= cost;
    *type = RECORD_DROPPED;
    return OK;
}

void record_in_skip(struct record_in *in, uint32_t bytes)
{
    in->skipping = true;
    in->skip = bytes;
}
