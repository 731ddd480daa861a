/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * max_fragment_length, RFC 6066 4: the client asks, the server may agree and this one always does, unless
 * record_size_limit stands beside it. It holds for the session: a resumed one keeps it, and nothing is
 * answered then (RFC 6066 1.1).
 */
#define CODE_MIN 1 /* 2^9 */
#define CODE_MAX 4 /* 2^12 */

static uint16_t bytes_of(unsigned code)
{
    return (uint16_t)(code >= CODE_MIN && code <= CODE_MAX ? 256u << code : 0u);
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    for (unsigned code = CODE_MIN; code <= CODE_MAX; code++) {
        if (hs->config->max_fragment && bytes_of(code) == hs->config->max_fragment) {
            *present = true;
            write_number(body, code, 1);
        }
    }
    return OK;
}

static enum err read_code(struct slice body, uint8_t *code)
{
    struct reader r = reader_of(body);
    *code = (uint8_t)read_number(&r, 1);
    return read_done(&r) ? OK : E_MALFORMED_EXTENSION;
}

/* Its value is judged when it is known whether record_size_limit makes it void. */
static enum err accept(struct hs *hs, struct slice body)
{
    uint8_t code;
    TRY(read_code(body, &code));
    hs->offer.has_max_fragment = true;
    hs->offer.max_fragment_code = code;
    hs->offer.max_fragment = bytes_of(code);
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    struct negotiated *n = hs->negotiated;
    bool resumed = cursor_has(&hs->cursor, RESUMED);
    if (resumed) {
        n->max_fragment = hs->session->max_fragment;
    }
    /* RFC 8449 5: ignored beside record_size_limit */
    if (!hs->offer.has_max_fragment || (hs->offer.record_size_limit && hs->config->record_size_limit)) {
        return OK;
    }
    if (!hs->offer.max_fragment) {
        return hs_refuse(hs, E_MAX_FRAGMENT_UNKNOWN, "the client asks for code %u",
                         hs->offer.max_fragment_code);
    }
    if (!resumed) {
        n->max_fragment = hs->offer.max_fragment;
        *present = true;
        write_number(body, hs->offer.max_fragment_code, 1);
    }
    return OK;
}

/* RFC 6066 4: the same as was asked for; on a resumed session also what it was made with, for some servers say it again. */
static enum err confirm(struct hs *hs, struct slice body)
{
    struct negotiated *n = hs->negotiated;
    uint8_t code;
    TRY(read_code(body, &code));
    uint16_t agreed = cursor_has(&hs->cursor, RESUMED) ? hs->session->max_fragment : hs->config->max_fragment;
    if (bytes_of(code) != hs->config->max_fragment || bytes_of(code) != agreed) {
        return hs_refuse(hs, E_MAX_FRAGMENT_DIFFERS, "asked for %u bytes, %s %u, answered code %u",
                         hs->config->max_fragment,
                         agreed == hs->config->max_fragment ? "due" : "the session has", agreed, code);
    }
    n->max_fragment = agreed;
    return n->record_size_limit[CLIENT] ? E_TWO_RECORD_LIMITS : OK; /* RFC 8449 5 */
}

static enum err absent(struct hs *hs)
{
    if (hs->cursor.me == CLIENT && cursor_has(&hs->cursor, RESUMED)) {
        hs->negotiated->max_fragment = hs->session->max_fragment;
    }
    return OK;
}

const struct extension extension_max_fragment_length = {
    .code = EXTENSION_MAX_FRAGMENT_LENGTH,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
