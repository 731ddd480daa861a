/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "extension/own.h"
#include "handshake/grease.h"

/* The rows, in the order they are offered; and all that is the same for every extension: RFC 5246 7.4.1.4. */
/* clang-format off */
static const struct extension *const registry[] = {
    &extension_server_name,
    &extension_extended_master_secret,
    &extension_renegotiation_info,
    &extension_supported_groups,
    &extension_ec_point_formats,
    &extension_alpn,
    &extension_signature_algorithms,
    &extension_encrypt_then_mac,
    &extension_trusted_ca_keys,
    &extension_client_certificate_url,
    &extension_session_ticket,
    &extension_status_request_v2,
    &extension_status_request,
    &extension_signed_certificate_timestamp,
    &extension_user_mapping,
    &extension_max_fragment_length,
    &extension_record_size_limit,
    &extension_truncated_hmac,
    &extension_padding, /* which is the last */
};
/* clang-format on */
#define ROWS (sizeof registry / sizeof *registry)
/* More extensions than this in one hello is not a hello but an attack on the check for duplicates. */
#define EXTENSIONS_MAX 128

static const char *extension_name(uint16_t code)
{
    const char *name = name_of(&extension_names, code);
    return name ? name : "unknown extension";
}

typedef enum err write_verb(struct hs *hs, struct writer *body, bool *present);

static enum err write_extension(struct hs *hs, const struct extension *row, write_verb *verb,
                                struct writer *w)
{
    size_t before = w->len;
    bool present = false;
    write_number(w, row->code, 2);
    size_t mark = write_open(w, 2);
    TRY(verb(hs, w, &present));
    if (!present) {
        w->len = before;
        return OK;
    }
    write_close(w, mark, 2);
    return w->full ? E_INTERNAL : OK;
}

enum err extensions_offer(struct hs *hs, struct writer *w)
{
    hs->offered = 0;
    grease_write_extension(hs, GREASE_FIRST_EXTENSION, 0, w);
    for (size_t i = 0; i < ROWS; i++) {
        if (registry[i]->code == EXTENSION_PADDING) { /* which counts all others */
            TRY(supplemental_offer(hs, w));
            TRY(own_offer(hs, w));
            grease_write_extension(hs, GREASE_LAST_EXTENSION, 1, w);
        }
        if (!registry[i]->offer) {
            continue;
        }
        size_t before = w->len;
        TRY(write_extension(hs, registry[i], registry[i]->offer, w));
        hs->offered |= w->len > before ? 1u << i : 0;
    }
    return OK;
}

enum err extensions_answer(struct hs *hs, struct writer *w)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (registry[i]->answer) {
            TRY(write_extension(hs, registry[i], registry[i]->answer, w));
        }
    }
    TRY(supplemental_answer(hs, w));
    return own_answer(hs, w);
}

static size_t row_of(uint16_t code)
{
    size_t i = 0;
    while (i < ROWS && registry[i]->code != code) {
        i++;
    }
    return i;
}

bool extension_is_built_in(uint16_t code)
{
    return row_of(code) < ROWS;
}

static enum err check_duplicates(struct hs *hs, struct slice block)
{
    uint16_t seen[EXTENSIONS_MAX];
    size_t count = 0;
    struct list l = list_of(block);
    struct extension_entry e;
    while (list_next_extension(&l, &e)) {
        for (size_t i = 0; i < count; i++) {
            if (seen[i] == e.type) {
                return hs_refuse(hs, E_DUPLICATE_EXTENSION, "%s (%u)", extension_name(e.type), e.type);
            }
        }
        if (count == EXTENSIONS_MAX) {
            return hs_refuse(hs, E_MALFORMED_EXTENSION, "more than %d extensions", EXTENSIONS_MAX);
        }
        seen[count++] = e.type;
    }
    return l.bad ? hs_refuse(hs, E_MALFORMED_MESSAGE, "the extensions' lengths do not add up") : OK;
}

static enum err with_detail(struct hs *hs, enum err e, uint16_t code)
{
    if (e != OK && !hs->detail[0]) {
        hs_detail(hs, "%s (%u)", extension_name(code), code);
    }
    return e;
}

static enum err absent_rows(struct hs *hs)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (registry[i]->absent && !(hs->received & 1u << i)) {
            TRY(registry[i]->absent(hs));
        }
    }
    return OK;
}

/* RFC 5246 7.4.1.4: a server ignores what it does not know (RFC 8701); a client takes what it asked for and nothing else. */
static enum err read_extension(struct hs *hs, const struct extension_entry *e)
{
    bool server = hs->cursor.me == SERVER;
    size_t i = row_of(e->type), own = own_of(hs->config, e->type);
    if (own < hs->config->own_count) {
        return own_read(hs, own, e->body);
    }
    if (i == ROWS && supplemental_knows(hs, e->type)) {
        return supplemental_read(hs, e->type);
    }
    if (i == ROWS && server) {
        return OK;
    }
    if (!server && (i == ROWS || !(hs->offered & 1u << i))) {
        return E_UNSOLICITED_EXTENSION;
    }
    const struct extension *row = registry[i];
    if (!(server ? row->in_client_hello : row->in_server_hello)) {
        return E_MISPLACED_EXTENSION;
    }
    hs->received |= 1u << i;
    enum err (*verb)(struct hs *, struct slice) = server ? row->accept : row->confirm;
    return verb ? verb(hs, e->body) : OK;
}

enum err extensions_read(struct hs *hs, struct slice block)
{
    TRY(check_duplicates(hs, block));
    hs->received = hs->own_received = 0;
    struct list l = list_of(block);
    struct extension_entry e;
    while (list_next_extension(&l, &e)) {
        TRY(with_detail(hs, read_extension(hs, &e), e.type));
    }
    return absent_rows(hs);
}
