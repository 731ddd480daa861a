/* SPDX-License-Identifier: MIT */
#include "extension/own.h"

static enum err write_own(const struct own_extension *own, struct writer *w)
{
    write_number(w, own->code, 2);
    write_vector(w, 2, slice_of_span(own->body));
    return w->full ? E_INTERNAL : OK;
}

enum err own_offer(struct hs *hs, struct writer *w)
{
    const struct config *c = hs->config;
    for (size_t i = 0; i < c->own_count; i++) {
        TRY(write_own(&c->own[i], w));
    }
    return OK;
}

/* RFC 5246 7.4.1.4: only what the client offered. */
enum err own_answer(struct hs *hs, struct writer *w)
{
    const struct config *c = hs->config;
    for (size_t i = 0; i < c->own_count; i++) {
        if (c->own[i].in_server_hello && hs->own_received & 1u << i) {
            TRY(write_own(&c->own[i], w));
        }
    }
    return OK;
}

size_t own_of(const struct config *c, uint16_t code)
{
    size_t i = 0;
    while (i < c->own_count && c->own[i].code != code) {
        i++;
    }
    return i;
}

enum err own_read(struct hs *hs, size_t i, struct slice body)
{
    const struct own_extension *own = &hs->config->own[i];
    struct buffer *kept = &hs->negotiated->own_received;
    uint8_t head[] = {(uint8_t)(own->code >> 8), (uint8_t)own->code, (uint8_t)(body.len >> 8),
                      (uint8_t)body.len};
    if (hs->cursor.me == CLIENT && !own->in_server_hello) {
        return E_MISPLACED_EXTENSION;
    }
    if (buffer_len(kept) + sizeof head + body.len > OWN_EXTENSIONS_RECEIVED) {
        return hs_refuse(
            hs, E_MALFORMED_EXTENSION,
            "extension %u and those before it have more than %d bytes, which is more than is kept", own->code,
            OWN_EXTENSIONS_RECEIVED);
    }
    hs->own_received |= 1u << i;
    kept->limit = OWN_EXTENSIONS_RECEIVED;
    kept->harmless = true;
    TRY(buffer_append(kept, slice_of(head, sizeof head)));
    return buffer_append(kept, body);
}

struct slice own_received(const struct negotiated *n, uint16_t code)
{
    struct list l = list_of(buffer_slice(&n->own_received));
    struct extension_entry e;
    while (list_next_extension(&l, &e)) {
        if (e.type == code) {
            return e.body;
        }
    }
    return slice_of(NULL, 0);
}

bool own_may_be(uint16_t code)
{
    return !extension_is_built_in(code) && !name_of(&extension_names, code);
}
