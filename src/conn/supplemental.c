/* SPDX-License-Identifier: MIT */
#include <handfast/supplemental.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "extension/own.h"

/* supplemental.h: what a config agrees to (RFC 4680 2), and what came of it. */
#define EXTENSION_DATA_MAX 256
#define EXTENSIONS_ROOM 512 /* of all rows: a hello has room for so much of them */
#define USER_PRINCIPAL_NAME_MAX 1024
#define USER_MAPPING_LIST_MAX (16 + USER_PRINCIPAL_NAME_MAX + 256)

_Static_assert((int)HF_AFTER_DOUBLE_HANDSHAKE == (int)SUPPLEMENTAL_AFTER_DOUBLE_HANDSHAKE &&
                   (int)HF_UNSAFE_IN_CLEAR == (int)SUPPLEMENTAL_IN_CLEAR,
               "times are the same numbers");
_Static_assert((int)HF_ASK_SUPPLEMENTAL == (int)ASK_SUPPLEMENTAL, "asks are the same numbers");

/* ---- the config ---- */
static bool clashes(const struct config *c, const struct supplemental_row *row)
{
    for (size_t i = 0; i < c->supplemental_count; i++) {
        const struct supplemental_row *r = &c->supplemental[i];
        bool both = (r->by[CLIENT] && row->by[CLIENT]) || (r->by[SERVER] && row->by[SERVER]);
        bool same_extension = !r->without_extension && !row->without_extension &&
                              r->extension == row->extension;
        if (same_extension || (r->type == row->type && both)) {
            return true;
        }
    }
    return false;
}

static hf_err add_row(struct config *c, const struct supplemental_row *row, hf_bytes body)
{
    void *memory;
    uint8_t *copy;
    size_t room = 4 + body.len;
    for (size_t i = 0; i < c->supplemental_count; i++) {
        room += 4 + c->supplemental[i].body.len;
    }
    if (c->supplemental_count == SUPPLEMENTAL_ROWS_MAX || room > EXTENSIONS_ROOM || clashes(c, row)) {
        return HF_BAD_ARGUMENT;
    }
    if (!c->supplemental) {
        if (memory_new(SUPPLEMENTAL_ROWS_MAX * sizeof *c->supplemental, &memory) != OK) {
            return HF_NO_MEMORY;
        }
        c->supplemental = memory;
    }
    if (memory_copy(slice_of_bytes(body), &copy) != OK) {
        return HF_NO_MEMORY;
    }
    c->supplemental[c->supplemental_count] = *row;
    c->supplemental[c->supplemental_count++].body = (struct span){copy, body.len};
    c->double_handshake |= row->when == SUPPLEMENTAL_AFTER_DOUBLE_HANDSHAKE;
    return HF_OK;
}

bool supplemental_claims(const struct config *c, uint16_t extension)
{
    for (size_t i = 0; i < c->supplemental_count; i++) {
        if (!c->supplemental[i].without_extension && c->supplemental[i].extension == extension) {
            return true;
        }
    }
    return false;
}

static bool is_taken(const struct config *c, uint16_t extension)
{
    return extension_is_built_in(extension) || own_of(c, extension) < c->own_count;
}

hf_err hf_config_supplemental(hf_config *config, const hf_supplemental_type *type)
{
    hf_err settable = config_settable_with(config, type);
    if (settable != HF_OK) {
        return settable;
    }
    bool body_fits = type->extension_data.len <= EXTENSION_DATA_MAX &&
                     (type->extension_data.data || !type->extension_data.len);
    if (type->type == USER_MAPPING_DATA || !(type->client_sends || type->server_sends) ||
        (unsigned)type->when > HF_AFTER_DOUBLE_HANDSHAKE || !body_fits ||
        (!type->unsafe_without_extension && is_taken(&config->settings, type->extension))) {
        return HF_BAD_ARGUMENT;
    }
    struct supplemental_row row = {
        .type = type->type,
        .extension = type->extension,
        .by = {[CLIENT] = type->client_sends, [SERVER] = type->server_sends},
        .when = (uint8_t)type->when,
        .without_extension = type->unsafe_without_extension,
    };
    return add_row(&config->settings, &row, type->extension_data);
}

/* ---- the question ---- */
/* Each of a type that is asked for, once, sound, and all together no longer than the message may be. */
static bool are_answers(const struct hs *hs, const hf_supplemental *entries, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const hf_supplemental *e = &entries[i];
        size += 4 + e->data.len;
        bool twice = false;
        for (size_t j = 0; j < i; j++) {
            twice |= entries[j].type == e->type;
        }
        if (twice || (!e->data.data && e->data.len) || e->data.len > 0xffff ||
            size > message_row(SUPPLEMENTAL_DATA)->bound - 3 ||
            !list_has16(hs->question.supplemental_types, e->type) ||
            (e->type == USER_MAPPING_DATA && user_mapping_check(slice_of_bytes(e->data)) != OK)) {
            return false;
        }
    }
    return true;
}

hf_err hf_answer_supplemental(hf_conn *conn, const hf_supplemental *entries, size_t count)
{
    if (!conn_is_asked(conn, ASK_SUPPLEMENTAL)) {
        return HF_NOT_ASKED;
    }
    if (!entries && count) {
        return HF_NULL_ARGUMENT;
    }
    struct hs *hs = conn->hs;
    if (count > SUPPLEMENTAL_ROWS_MAX || !are_answers(hs, entries, count)) {
        return HF_BAD_ARGUMENT;
    }
    for (size_t i = 0; i < count; i++) {
        enum err e = supplemental_put(hs, entries[i].type, slice_of_bytes(entries[i].data));
        if (e != OK) {
            return conn_fail(conn, e);
        }
    }
    return conn_answered(conn, ASK_SUPPLEMENTAL);
}

/* ---- what came ---- */
static bool received(const hf_conn *conn, size_t i, struct supplemental_entry *out)
{
    if (!conn || !conn_is_open(conn)) {
        return false;
    }
    struct list l = list_of(slice_of_span(conn->negotiated.supplemental));
    while (list_next_supplemental(&l, out)) {
        if (!i--) {
            return true;
        }
    }
    return false;
}

bool hf_supplemental_received(const hf_conn *conn, size_t i, hf_supplemental *out)
{
    struct supplemental_entry e;
    if (!received(conn, i, &e)) {
        return false;
    }
    if (out) {
        *out = (hf_supplemental){
            .type = e.type,
            .data = bytes_of_slice(e.content),
            .unauthenticated = true,
            .in_clear = conn->negotiated.supplemental_in_clear,
        };
    }
    return true;
}

/* ---- user mapping: RFC 4681 ---- */
hf_err hf_user_mapping_encode(const hf_user_mapping *hint, uint8_t *out, size_t *len)
{
    if (!hint || !len) {
        return HF_NULL_ARGUMENT;
    }
    struct upn_domain_hint h = {slice_of_bytes(hint->user_principal_name), slice_of_bytes(hint->domain_name)};
    size_t size = 2 + 1 + 2 + 2 + h.user_principal_name.len + 2 + h.domain_name.len, room = *len;
    if (h.user_principal_name.len > USER_PRINCIPAL_NAME_MAX || !upn_domain_hint_is_sound(&h)) {
        return HF_BAD_UPN_DOMAIN_HINT;
    }
    *len = size;
    if (!out || room < size) {
        return HF_BAD_ARGUMENT;
    }
    struct writer w = writer_of(out, room);
    size_t list = write_open(&w, 2);
    write_number(&w, UPN_DOMAIN_HINT, 1);
    size_t entry = write_open(&w, 2);
    enum err e = layout_encode(&layout_upn_domain_hint, &h, &w);
    write_close(&w, entry, 2);
    write_close(&w, list, 2);
    return e != OK || w.full ? HF_INTERNAL : HF_OK;
}

hf_err hf_config_user_mapping(hf_config *config, const hf_user_mapping *hint, hf_supplemental_when when)
{
    uint8_t list[USER_MAPPING_LIST_MAX];
    size_t len = sizeof list;
    hf_err e = config_settable(config);
    if (e != HF_OK) {
        return e;
    }
    struct config *c = &config->settings;
    if ((unsigned)when > HF_AFTER_DOUBLE_HANDSHAKE || (hint && c->side == SERVER)) {
        return HF_BAD_ARGUMENT;
    }
    e = hint ? hf_user_mapping_encode(hint, list, &len) : HF_OK;
    if (e != HF_OK) {
        return e;
    }
    bool twice = c->double_handshake;
    struct supplemental_row row = {.type = USER_MAPPING_DATA,
                                   .extension = EXTENSION_USER_MAPPING,
                                   .by = {[CLIENT] = true},
                                   .is_user_mapping = true,
                                   .when = (uint8_t)when};
    e = add_row(c, &row, (hf_bytes){NULL, 0});
    if (e == HF_OK && hint && memory_replace(&c->user_mapping, slice_of(list, len)) != OK) {
        c->supplemental_count--;
        memory_free(c->supplemental[c->supplemental_count].body.data, 0);
        c->double_handshake = twice;
        return HF_NO_MEMORY;
    }
    return e;
}

bool hf_user_mapping_hint(const hf_conn *conn, size_t i, hf_user_mapping *out)
{
    struct supplemental_entry e;
    struct user_mapping_data_list m;
    struct user_mapping_entry hint;
    struct upn_domain_hint h;
    size_t n = 0;
    while (received(conn, n++, &e)) {
        if (e.type != USER_MAPPING_DATA ||
            layout_decode(&layout_user_mapping_data_list, e.content, &m) != OK) {
            continue;
        }
        struct list l = list_of(m.user_mapping_data_list);
        while (list_next_user_mapping(&l, &hint)) {
            bool is_hint = hint.type == UPN_DOMAIN_HINT &&
                           layout_decode(&layout_upn_domain_hint, hint.content, &h) == OK;
            if (!is_hint || i--) {
                continue;
            }
            if (out) {
                *out =
                    (hf_user_mapping){bytes_of_slice(h.user_principal_name), bytes_of_slice(h.domain_name)};
            }
            return true;
        }
    }
    return false;
}
