/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * The extensions that a config ties to types of SupplementalData, RFC 4680 2: what is in both hellos is
 * agreed. Their bodies are the application's; the library compares only that both sides sent them.
 */

static bool is_due(const struct hs *hs, size_t i)
{
    const struct supplemental_row *row = &hs->config->supplemental[i];
    return !row->is_user_mapping && !row->without_extension && supplemental_is_due(hs, row);
}

static void write_row(const struct supplemental_row *row, struct writer *w)
{
    write_number(w, row->extension, 2);
    write_vector(w, 2, slice_of_span(row->body));
}

enum err supplemental_offer(struct hs *hs, struct writer *w)
{
    hs->supplemental.offered = 0;
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        if (is_due(hs, i)) {
            write_row(&hs->config->supplemental[i], w);
            hs->supplemental.offered |= (uint16_t)(1u << i);
        }
    }
    return w->full ? E_INTERNAL : OK;
}

enum err supplemental_answer(struct hs *hs, struct writer *w)
{
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        bool both = hs->supplemental.offered & 1u << i && is_due(hs, i);
        if (both && !cursor_has(&hs->cursor, RESUMED)) {
            write_row(&hs->config->supplemental[i], w);
            TRY(supplemental_agree(hs, i));
        }
    }
    return w->full ? E_INTERNAL : OK;
}

/* Its index, or supplemental_count. */
static size_t row_of(const struct hs *hs, uint16_t code)
{
    size_t i = 0;
    while (i < hs->config->supplemental_count &&
           !(hs->config->supplemental[i].extension == code && is_due(hs, i))) {
        i++;
    }
    return i;
}

bool supplemental_knows(const struct hs *hs, uint16_t code)
{
    size_t i = row_of(hs, code);
    return i < hs->config->supplemental_count &&
           (hs->cursor.me == SERVER || hs->supplemental.offered & 1u << i);
}

enum err supplemental_read(struct hs *hs, uint16_t code)
{
    size_t i = row_of(hs, code);
    hs->supplemental.offered |= (uint16_t)(1u << i);
    return hs->cursor.me == CLIENT ? supplemental_agree(hs, i) : OK;
}
