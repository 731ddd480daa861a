/* SPDX-License-Identifier: MIT */
#include "handshake/handshake.h"

/* What supplemental data is agreed on and what of ours is sent: RFC 4680 2. */

bool hs_is_protected(const struct hs *hs)
{
    return hs->record_in->protection.kind != PROTECT_NONE && hs->record_out->protection.kind != PROTECT_NONE;
}

bool supplemental_is_due(const struct hs *hs, const struct supplemental_row *row)
{
    return !hs->first_of_two && (row->when == SUPPLEMENTAL_IN_CLEAR || hs_is_protected(hs));
}

enum err supplemental_agree(struct hs *hs, size_t i)
{
    const struct supplemental_row *row = &hs->config->supplemental[i];
    if (cursor_has(&hs->cursor, RESUMED)) { /* checklist U7, RFC 5246 7.4.1.4 */
        return OK;
    }
    hs->supplemental.agreed |= (uint16_t)(1u << i);
    TRY(row->by[CLIENT] ? cursor_set(&hs->cursor, SUPPLEMENTAL_CLIENT) : OK);
    return row->by[SERVER] ? cursor_set(&hs->cursor, SUPPLEMENTAL_SERVER) : OK;
}

enum err supplemental_agree_alone(struct hs *hs)
{
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        const struct supplemental_row *row = &hs->config->supplemental[i];
        if (row->without_extension && supplemental_is_due(hs, row)) {
            TRY(supplemental_agree(hs, i));
        }
    }
    return OK;
}

const struct supplemental_row *supplemental_agreed(const struct hs *hs, enum side by, uint16_t type)
{
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        const struct supplemental_row *row = &hs->config->supplemental[i];
        if (hs->supplemental.agreed & 1u << i && row->by[by] && row->type == type) {
            return row;
        }
    }
    return NULL;
}

enum err supplemental_put(struct hs *hs, uint16_t type, struct slice content)
{
    static const uint8_t room[SUPPLEMENTAL_OVERHEAD]; /* filled in when it is built */
    struct buffer *b = &hs->supplemental.message;
    uint8_t head[4];
    struct writer w = writer_of(head, sizeof head);
    write_number(&w, type, 2);
    if (content.len > 0xffff) {
        return E_BUFFER_LIMIT;
    }
    write_number(&w, (uint32_t)content.len, 2);
    if (!buffer_len(b)) {
        TRY(buffer_append(b, slice_of(room, sizeof room)));
    }
    TRY(buffer_append(b, written(&w)));
    return content.len ? buffer_append(b, content) : OK;
}

/* RFC 4681 5: hints go to a recognised server alone, whatever else is agreed. */
static bool may_hint(const struct hs *hs)
{
    return hs->negotiated->peer && hs->negotiated->peer->verified;
}

static bool is_ours(const struct hs *hs, size_t i)
{
    const struct supplemental_row *row = &hs->config->supplemental[i];
    return hs->supplemental.agreed & 1u << i && row->by[hs->cursor.me] &&
           (!row->is_user_mapping || may_hint(hs));
}

/* True when there is something only the application knows. */
static bool ask(struct hs *hs)
{
    struct writer w = writer_of(hs->supplemental.types, sizeof hs->supplemental.types);
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        bool known = hs->config->supplemental[i].is_user_mapping && hs->config->user_mapping.data;
        if (is_ours(hs, i) && !known) {
            write_number(&w, hs->config->supplemental[i].type, 2);
        }
    }
    if (!w.len) {
        return false;
    }
    const struct peer *peer = hs->negotiated->peer;
    hs->question = (struct question){
        .ask = ASK_SUPPLEMENTAL,
        .server_name = hs->cursor.me == CLIENT ? hs->name : hs->negotiated->server_name,
        .supplemental_types = written(&w),
        .in_clear = !hs_is_protected(hs),
        .verdict = peer ? peer->verdict : OK,
    };
    return true;
}

enum err choose_supplemental_step(struct hs *hs)
{
    if (hs->answer.to != ASK_SUPPLEMENTAL && ask(hs)) {
        return OK;
    }
    hs->answer.to = ASK_NOTHING;
    for (size_t i = 0; i < hs->config->supplemental_count; i++) {
        if (is_ours(hs, i) && hs->config->supplemental[i].is_user_mapping && hs->config->user_mapping.data) {
            TRY(supplemental_put(hs, USER_MAPPING_DATA, slice_of_span(hs->config->user_mapping)));
        }
    }
    if (!buffer_len(&hs->supplemental.message)) { /* RFC 4681 4: sending nothing is fine */
        return OK;
    }
    return cursor_set(&hs->cursor,
                      hs->cursor.me == CLIENT ? SUPPLEMENTAL_CLIENT_SENT : SUPPLEMENTAL_SERVER_SENT);
}
