/* SPDX-License-Identifier: MIT */
#include "extension/own.h"

#include "base/memory.h"
#include "conn/conn.h"

/* The application's own extensions, RFC 5246 7.4.1.4: registered on the config, read on the connection. */

static size_t bytes_so_far(const struct config *c)
{
    size_t bytes = 0;
    for (size_t i = 0; i < c->own_count; i++) {
        bytes += 4 + c->own[i].body.len;
    }
    return bytes;
}

hf_err hf_config_extension(hf_config *config, uint16_t code, unsigned where, hf_bytes body)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK || (!body.data && body.len)) {
        return settable != HF_OK ? settable : HF_NULL_ARGUMENT;
    }
    struct config *c = &config->settings;
    bool known = where == HF_IN_CLIENT_HELLO || where == (HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO);
    if (!known || !own_may_be(code) || own_of(c, code) < c->own_count || supplemental_claims(c, code)) {
        return HF_BAD_ARGUMENT;
    }
    if (c->own_count == OWN_EXTENSIONS_MAX || body.len > OWN_EXTENSIONS_SIZE ||
        bytes_so_far(c) + 4 + body.len > OWN_EXTENSIONS_SIZE) {
        return HF_BAD_ARGUMENT;
    }
    struct own_extension own = {.code = code, .in_server_hello = where & HF_IN_SERVER_HELLO};
    enum err e = memory_replace(&own.body, slice_of_bytes(body));
    if (e == OK) {
        c->own[c->own_count++] = own;
    }
    return public_err(e);
}

bool hf_extension_at(const hf_conn *conn, size_t i, uint16_t *code, hf_bytes *body)
{
    if (!conn || !code || !body) {
        return false;
    }
    struct list l = list_of(buffer_slice(&conn->negotiated.own_received));
    struct extension_entry e;
    while (list_next_extension(&l, &e)) {
        if (i-- == 0) {
            *code = e.type;
            *body = bytes_of_slice(e.body);
            return true;
        }
    }
    return false;
}

hf_bytes hf_extension_received(const hf_conn *conn, uint16_t code)
{
    return conn ? bytes_of_slice(own_received(&conn->negotiated, code)) : (hf_bytes){NULL, 0};
}
