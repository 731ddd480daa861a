/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "extension/own.h"
#include "handshake/grease.h"

/* The rows, in the order they are offered; and all that is the same for every extension: RFC 5246 7.4.1.4. */
/* clang-format off */
static const struct extension *const registry[] = {
    &extension_supported_versions,
    &extension_key_share,
    &extension_cookie,
    &extension_server_name,
    &extension_extended_master_secret,
    &extension_renegotiation_info,
    &extension_supported_groups,
    &extension_ec_point_formats,
    &extension_alpn,
    &extension_signature_algorithms,
    &extension_signature_algorithms_cert,
    &extension_certificate_authorities,
    &extension_oid_filters,
    &extension_post_handshake_auth,
    &extension_compress_certificate,
    &extension_encrypt_then_mac,
    &extension_trusted_ca_keys,
    &extension_client_certificate_type,
    &extension_server_certificate_type,
    &extension_client_certificate_url,
    &extension_session_ticket,
    &extension_status_request_v2,
    &extension_status_request,
    &extension_signed_certificate_timestamp,
    &extension_user_mapping,
    &extension_max_fragment_length,
    &extension_record_size_limit,
    &extension_truncated_hmac,
    &extension_quic_transport_parameters,
    &extension_psk_key_exchange_modes,
    &extension_early_data,
    &extension_padding,        /* which counts all others */
    &extension_pre_shared_key, /* the last: RFC 8446 4.2.11 */
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
    (void)write_open(w, 4); /* its code and its length, written once it is known to be there: most are not */
    TRY(verb(hs, w, &present));
    if (!present) {
        w->len = before;
        return OK;
    }
    write_close(w, before + 2, 2);
    if (w->full) {
        return E_INTERNAL;
    }
    struct writer in_front = writer_of(w->base + before, 2);
    write_number(&in_front, row->code, 2);
    return OK;
}

/* What goes into a ClientHello, by the versions that are offered. */
static unsigned offered_places(const struct config *c, const struct hs *hs)
{
    bool is13 = c->max_version >= TLS_1_3 && !hs->before;
    return (c->min_version <= TLS_1_2 ? AT_CLIENT_HELLO12 : 0u) | (is13 ? AT_CLIENT_HELLO13 : 0u);
}

enum err extensions_offer(struct hs *hs, struct writer *w)
{
    unsigned places = offered_places(hs->config, hs);
    hs->offered = 0;
    hs->place = places & AT_CLIENT_HELLO13 ? AT_CLIENT_HELLO13 : AT_CLIENT_HELLO12;
    grease_write_extension(hs, GREASE_FIRST_EXTENSION, 0, w);
    for (size_t i = 0; i < ROWS; i++) {
        if (registry[i]->code == EXTENSION_PADDING) {
            TRY(supplemental_offer(hs, w));
            TRY(own_offer(hs, w));
            grease_write_extension(hs, GREASE_LAST_EXTENSION, 1, w);
        }
        if (!registry[i]->offer || !(registry[i]->places & places)) {
            continue;
        }
        size_t before = w->len;
        TRY(write_extension(hs, registry[i], registry[i]->offer, w));
        hs->offered |= w->len > before ? UINT64_C(1) << i : 0;
    }
    return OK;
}

/* Where a side says what it wants, and the other answers elsewhere. */
static bool is_offer(enum extension_place place)
{
    return place & (AT_CLIENT_HELLO12 | AT_CLIENT_HELLO13 | AT_CERTIFICATE_REQUEST);
}

/* Where the application's own extensions may be. */
static bool has_own(enum extension_place place)
{
    return place & (AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS);
}

enum err extensions_write(struct hs *hs, enum extension_place place, struct writer *w)
{
    hs->place = place;
    hs->offered = is_offer(place) ? 0 : hs->offered;
    for (size_t i = 0; i < ROWS; i++) {
        write_verb *verb = is_offer(place) ? registry[i]->offer : registry[i]->answer;
        if (!verb || !(registry[i]->places & place)) {
            continue;
        }
        size_t before = w->len;
        TRY(write_extension(hs, registry[i], verb, w));
        hs->offered |= is_offer(place) && w->len > before ? UINT64_C(1) << i : 0;
    }
    TRY(place == AT_SERVER_HELLO12 ? supplemental_answer(hs, w) : OK);
    return has_own(place) ? own_answer(hs, w) : OK;
}

bool extensions_find(struct slice block, uint16_t code, struct slice *body)
{
    struct list l = list_of(block);
    struct extension_entry e;
    bool found = false;
    while (list_next_extension(&l, &e)) {
        if (e.type == code && !found) {
            *body = e.body;
            found = true;
        }
    }
    return found && !l.bad;
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
        if (registry[i]->absent && registry[i]->places & hs->place && !(hs->received & UINT64_C(1) << i)) {
            TRY(registry[i]->absent(hs));
        }
    }
    return OK;
}

/* RFC 8446 4.2: what a server asks or gives without having been asked may be anything; what is not known is
 * passed over. */
#define UNASKED (AT_CERTIFICATE_REQUEST | AT_NEW_SESSION_TICKET)

static enum err read_row(struct hs *hs, size_t i, struct slice body)
{
    const struct extension *row = registry[i];
    bool offer = is_offer(hs->place);
    bool retry = hs->place == AT_HELLO_RETRY_REQUEST && row->code == EXTENSION_COOKIE; /* RFC 8446 4.2.2 */
    bool asked = hs->offered & UINT64_C(1) << i || retry;
    if (!offer && !(hs->place & UNASKED) && !asked) {
        return E_UNSOLICITED_EXTENSION;
    }
    if (!(row->places & hs->place)) {
        /* what belongs to another version's ClientHello was offered to whoever speaks that */
        bool other = offer && row->places & (AT_CLIENT_HELLO12 | AT_CLIENT_HELLO13);
        return other && hs->place != AT_CERTIFICATE_REQUEST ? OK : E_MISPLACED_EXTENSION;
    }
    hs->received |= UINT64_C(1) << i;
    enum err (*verb)(struct hs *, struct slice) = offer ? row->accept : row->confirm;
    return verb ? verb(hs, body) : OK;
}

/* RFC 5246 7.4.1.4: a server ignores what it does not know (RFC 8701); a client takes what it asked for and nothing else. */
static enum err read_extension(struct hs *hs, const struct extension_entry *e)
{
    size_t i = row_of(e->type), own = own_of(hs->config, e->type);
    if (has_own(hs->place) && own < hs->config->own_count) {
        return own_read(hs, own, e->body);
    }
    if (hs->place & AT_HELLOS12 && i == ROWS && supplemental_knows(hs, e->type)) {
        return supplemental_read(hs, e->type);
    }
    if (i < ROWS) {
        return read_row(hs, i, e->body);
    }
    return is_offer(hs->place) || hs->place & UNASKED ? OK : E_UNSOLICITED_EXTENSION;
}

enum err extensions_read(struct hs *hs, enum extension_place place, struct slice block)
{
    TRY(check_duplicates(hs, block));
    hs->place = place;
    hs->received = 0;
    if (has_own(place)) {
        hs->own_received = 0;
        buffer_drop(&hs->negotiated->own_received, buffer_len(&hs->negotiated->own_received));
    }
    struct list l = list_of(block);
    struct extension_entry e;
    while (list_next_extension(&l, &e)) {
        TRY(with_detail(hs, read_extension(hs, &e), e.type));
    }
    return absent_rows(hs);
}
