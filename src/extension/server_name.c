/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "extension/extension.h"

/* server_name, RFC 6066 3. */
#define HOST_NAME 0

static bool is_ip_literal(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    if (!hs->name || is_ip_literal(hs->name)) {
        return OK;
    }
    struct slice name = slice_of_string(hs->name);
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

/* RFC 6066 3: A-labels in ASCII, no trailing dot; anything else is not a name of a host. */
static bool is_host_name(struct slice name)
{
    if (!name.len || name.len > SERVER_NAME_MAX || name.data[0] == '.' || name.data[name.len - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool fine = isalnum(c) || c == '-' || c == '_' || (c == '.' && name.data[i - 1] != '.');
        if (c > 126 || !fine) {
            return false;
        }
    }
    return true;
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

static enum err accept_names(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice names = read_vector(&r, 2);
    if (!read_done(&r) || !names.len) {
        return E_MALFORMED_EXTENSION;
    }
    bool has_name = false;
    for (r = reader_of(names); r.at < r.end && !r.bad;) {
        uint32_t type = read_number(&r, 1);
        struct slice name = read_vector(&r, 2);
        if (r.bad) {
            break;
        }
        if (type != HOST_NAME) {
            continue;
        }
        if (has_name) { /* at most one of a type */
            return hs_refuse(hs, E_MALFORMED_EXTENSION, "server_name has two host names");
        }
        if (!is_host_name(name)) {
            return hs_refuse(hs, E_MALFORMED_EXTENSION, "server_name is not the name of a host");
        }
        has_name = true;
        TRY(keep_name(hs, name));
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
    .in_client_hello = true,
    .in_server_hello = true,
    .offer = offer,
    .accept = accept_names,
    .answer = answer,
    .confirm = confirm,
};
