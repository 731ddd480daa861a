/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "tls12/tls12.h"

/* SupplementalData, RFC 4680 2. What the peer sent is a hint: it is kept, and shown to nobody before the
 * Finished that covers it. */

enum err supplemental_data_build(struct hs *hs, struct outgoing *out)
{
    struct buffer *b = &hs->supplemental.message;
    uint8_t *bytes = b->data + b->start;
    size_t len = buffer_len(b);
    struct writer w = writer_of(bytes, SUPPLEMENTAL_OVERHEAD);
    write_number(&w, message_row(SUPPLEMENTAL_DATA)->type, 1);
    write_number(&w, (uint32_t)(len - HANDSHAKE_HEADER), 3);
    write_number(&w, (uint32_t)(len - SUPPLEMENTAL_OVERHEAD), 3);
    out->whole = slice_of(bytes, len);
    return w.full ? E_INTERNAL : OK;
}

/* ---- the peer's ---- */
static enum err check_lengths(struct hs *hs, struct slice entries)
{
    struct list l = list_of(entries);
    struct supplemental_entry e;
    while (list_next_supplemental(&l, &e)) {}
    return l.bad ? hs_refuse(hs, E_MALFORMED_SUPPLEMENTAL_DATA, "the entries' lengths do not add up") : OK;
}

/* Each type at most once, and agreed: so there are no more entries than rows. */
static enum err check_entries(struct hs *hs, struct slice entries)
{
    enum side by = other_side(hs->cursor.me);
    uint16_t seen = 0;
    struct list l = list_of(entries);
    struct supplemental_entry e;
    while (list_next_supplemental(&l, &e)) {
        const struct supplemental_row *row = supplemental_agreed(hs, by, e.type);
        if (!row) {
            return hs_refuse(hs, E_SUPPLEMENTAL_NOT_AGREED, "SupplementalDataType %u", e.type);
        }
        uint16_t bit = (uint16_t)(1u << (row - hs->config->supplemental));
        if (seen & bit) {
            return hs_refuse(hs, E_SUPPLEMENTAL_DUPLICATE, "SupplementalDataType %u", e.type);
        }
        seen |= bit;
        TRY(row->is_user_mapping ? user_mapping_check(e.content) : OK);
    }
    return OK;
}

enum err supplemental_data_handle(struct hs *hs, const union any_message *m)
{
    struct slice entries = m->supplemental_data.entries;
    TRY(check_lengths(hs, entries));
    TRY(check_entries(hs, entries));
    uint8_t *copy;
    TRY(memory_copy(entries, &copy));
    hs->negotiated->supplemental = (struct span){copy, entries.len};
    hs->negotiated->supplemental_in_clear = !hs_is_protected(hs);
    return OK;
}
