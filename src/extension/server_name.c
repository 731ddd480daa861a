/* SPDX-License-Identifier: MIT */
#include <ctype.h>

#include "extension/extension.h"
#include "handshake/host_name.h"

/* server_name, RFC 6066 3. */
#define HOST_NAME 0
#define NAME_TYPES 256

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    struct slice name = slice_of_string(hs->name ? hs->name : "");
    if (!name.len || is_ip_literal(name)) {
        return OK;
    }
    if (name.len > 1 && name.data[name.len - 1] == '.') {
        name.len--; /* RFC 6066 3: without a trailing dot */
    }
    *present = true;
    size_t mark = write_open(body, 2);
    write_number(body, HOST_NAME, 1);
    write_vector(body, 2, name);
    write_close(body, mark, 2);
    return negotiated_keep(&hs->negotiated->server_name, name);
}

static enum err keep_name(struct hs *hs, struct slice name)
{
    char **kept = &hs->negotiated->server_name;
    TRY(negotiated_keep(kept, name));
    for (size_t i = 0; i < name.len; i++) { /* names compare without case: kept in one */
        (*kept)[i] = (char)tolower((unsigned char)(*kept)[i]);
    }
    hs->offer.server_name = slice_of_string(*kept);
    return OK;
}

/*
 * RFC 6066 3 does not permit addresses, and names no alert for them. A client that keeps to it sends no
 * server_name where it has an address only; one that does not gets the same: its literal is no name, so
 * nothing is chosen by it, acknowledged, or kept with the session. Refusing would only cut off clients that
 * others serve.
 */
static enum err accept_host_name(struct hs *hs, struct slice name)
{
    if (is_ip_literal(name)) {
        return OK;
    }
    const char *wrong = host_name_problem(name);
    if (wrong) {
        return hs_refuse(hs, E_MALFORMED_EXTENSION, "server_name is not the name of a host: %s", wrong);
    }
    return keep_name(hs, name);
}

/* RFC 6066 3: at most one name of each type; types nobody knows are passed over, which their 16-bit length is for. */
static enum err accept_names(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice names = read_vector(&r, 2);
    if (!read_done(&r) || !names.len) {
        return E_MALFORMED_EXTENSION;
    }
    bool seen[NAME_TYPES] = {false};
    for (r = reader_of(names); r.at < r.end && !r.bad;) {
        uint32_t type = read_number(&r, 1);
        struct slice name = read_vector(&r, 2);
        if (r.bad) {
            break;
        }
        if (seen[type]) {
            return hs_refuse(hs, E_MALFORMED_EXTENSION, "server_name has two names of type %u%s", type,
                             type == HOST_NAME ? ", host_name" : "");
        }
        seen[type] = true;
        if (type == HOST_NAME) {
            TRY(accept_host_name(hs, name));
        }
    }
    return r.bad ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body; /* empty: "I used it"; not when a session is resumed */
    *present = hs->server_name_used && !cursor_has(&hs->cursor, RESUMED);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    (void)hs;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

const struct extension extension_server_name = {
    .code = EXTENSION_SERVER_NAME,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept_names,
    .answer = answer,
    .confirm = confirm,
};
