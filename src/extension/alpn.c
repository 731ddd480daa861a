/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/grease.h"

/*
 * application_layer_protocol_negotiation, RFC 7301: chosen anew for every connection, resumed or not. A
 * renegotiation is no new connection: what was chosen stays, and is neither offered nor answered again.
 */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->alpn.len != 0 && !hs->before;
    size_t mark = write_open(body, 2);
    if (hs->config->grease) {
        write_number(body, 2, 1);
        grease_write(hs, GREASE_ALPN, body);
    }
    write_bytes(body, slice_of_span(hs->config->alpn));
    write_close(body, mark, 2);
    return OK;
}

/* RFC 7301 3.1: names of 1 to 255 bytes, at least one. */
static enum err read_names(struct slice body, struct slice *names)
{
    struct reader r = reader_of(body);
    *names = read_vector(&r, 2);
    return read_done(&r) && names->len && list_is_sound(*names, 1) ? OK : E_MALFORMED_EXTENSION;
}

static bool names_have(struct slice names, struct slice wanted)
{
    struct list l = list_of(names);
    struct slice name;
    while (list_next_vector(&l, 1, &name)) {
        if (slice_equal(name, wanted)) {
            return true;
        }
    }
    return false;
}

/* The server's order of preference decides. */
static enum err accept(struct hs *hs, struct slice body)
{
    TRY(read_names(body, &hs->offer.alpn));
    if (hs->before) {
        return OK;
    }
    struct list l = list_of(slice_of_span(hs->config->alpn));
    struct slice name;
    while (list_next_vector(&l, 1, &name)) {
        if (names_have(hs->offer.alpn, name)) {
            hs->alpn_choice = name;
            return negotiated_keep(&hs->negotiated->alpn, name);
        }
    }
    bool must = !hs->config->alpn_decline || hs->config->quic;
    return hs->config->alpn.len && must ? E_NO_APPLICATION_PROTOCOL : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->alpn_choice.len != 0;
    size_t mark = write_open(body, 2);
    write_vector(body, 1, hs->alpn_choice);
    write_close(body, mark, 2);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    struct slice names;
    TRY(read_names(body, &names));
    struct reader r = reader_of(names);
    struct slice name = read_vector(&r, 1);
    if (!read_done(&r)) {
        return hs_refuse(hs, E_MALFORMED_EXTENSION, "the server chose more than one application protocol");
    }
    if (!names_have(slice_of_span(hs->config->alpn), name)) {
        enum err e = hs->config->quic ? E_NO_APPLICATION_PROTOCOL : E_ALPN_NOT_OFFERED; /* RFC 9001 8.1 */
        return hs_refuse(hs, e, "\"%.*s\"", (int)name.len, (const char *)name.data);
    }
    return negotiated_keep(&hs->negotiated->alpn, name);
}

/* RFC 9001 8.1: QUIC knows what it carries, or there is no connection. */
static enum err absent(struct hs *hs)
{
    bool due = hs->place == (hs->cursor.me == SERVER ? AT_CLIENT_HELLO13 : AT_ENCRYPTED_EXTENSIONS);
    return hs->config->quic && due ? hs_refuse(hs, E_NO_APPLICATION_PROTOCOL, "the peer names none") : OK;
}

const struct extension extension_alpn = {
    .code = EXTENSION_ALPN,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
