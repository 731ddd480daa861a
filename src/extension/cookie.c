/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* cookie, RFC 8446 4.2.2: what HelloRetryRequest gave comes back in the second ClientHello. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = buffer_len(&hs->cookie) != 0;
    write_vector(body, 2, buffer_slice(&hs->cookie));
    return OK;
}

static enum err read_cookie(struct slice body, struct slice *cookie)
{
    struct reader r = reader_of(body);
    *cookie = read_vector(&r, 2);
    return read_done(&r) && cookie->len ? OK : E_MALFORMED_EXTENSION;
}

/* RFC 8446 4.2.2: not in a first ClientHello, and as it was given. */
static enum err accept(struct hs *hs, struct slice body)
{
    struct slice cookie;
    TRY(read_cookie(body, &cookie));
    if (!hs_is_retried(hs)) {
        return E_MISPLACED_EXTENSION;
    }
    return slice_equal(cookie, buffer_slice(&hs->cookie)) ? OK : E_BAD_COOKIE;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    return offer(hs, body, present);
}

/* RFC 8446 4.2.2: whoever is given one brings it back. */
static enum err absent(struct hs *hs)
{
    bool given = hs->place == AT_CLIENT_HELLO13 && hs_is_retried(hs) && buffer_len(&hs->cookie);
    return given ? hs_refuse(hs, E_MISSING_EXTENSION, "the second ClientHello has no cookie") : OK;
}

/* More than a ClientHello has room for cannot be given back. */
#define COOKIE_MAX 2048

static enum err confirm(struct hs *hs, struct slice body)
{
    struct slice cookie;
    TRY(read_cookie(body, &cookie));
    if (cookie.len > COOKIE_MAX) {
        return hs_refuse(hs, E_MESSAGE_TOO_LONG, "a cookie of %zu bytes; at most %d are accepted", cookie.len,
                         COOKIE_MAX);
    }
    return buffer_append(&hs->cookie, cookie);
}

const struct extension extension_cookie = {
    .code = EXTENSION_COOKIE,
    .places = AT_CLIENT_HELLO13 | AT_HELLO_RETRY_REQUEST,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
