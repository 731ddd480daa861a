/* SPDX-License-Identifier: MIT */
#include "handshake/handshake.h"

/*
 * The size of records, as both hellos left it, handed to the record layer. What binds a side is the smallest
 * of what was agreed: max_fragment_length binds both sides from ServerHello on, and through every resumption
 * of the session (RFC 6066 4); record_size_limit binds the sender of protected records to what their receiver
 * takes (RFC 8449 4).
 */
static size_t least_limit(const struct negotiated *n, uint16_t record_size_limit)
{
    size_t size = RECORD_PLAINTEXT_MAX;
    size = n->max_fragment && n->max_fragment < size ? n->max_fragment : size;
    return record_size_limit && record_size_limit < size ? record_size_limit : size;
}

void limits_at_hello(struct hs *hs)
{
    size_t size = least_limit(hs->negotiated, 0);
    if (size == RECORD_PLAINTEXT_MAX) {
        return;
    }
    /* "MUST immediately begin fragmenting": ServerHello itself is sent so; a stricter limit of the keys in
     * use stays */
    if (size < hs->record_out->fragment) {
        record_out_limit(hs->record_out, size);
    }
    /* under keys in use (a renegotiation) data may be on its way that was sent before the peer knew */
    if (hs->record_in->protection.kind == PROTECT_NONE) {
        record_in_limit(hs->record_in, size, false);
    }
}

void limits_with_keys(struct hs *hs, enum side writer)
{
    const struct negotiated *n = hs->negotiated;
    uint16_t taken = n->record_size_limit[other_side(writer)];
    if (taken && n->version >= TLS_1_3) { /* the content type counts: RFC 8449 4 */
        taken--;
    }
    size_t size = least_limit(n, taken);
    if (writer == hs->cursor.me) {
        record_out_limit(hs->record_out, size);
    } else {
        record_in_limit(hs->record_in, size, taken == size);
    }
}
