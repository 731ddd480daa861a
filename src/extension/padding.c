/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/psk.h"

/* padding, RFC 7685: makes a ClientHello longer, for servers and middleboxes that hang on some lengths. The
 * last row of the registry but one: what is offered behind it is not counted, but for pre_shared_key, whose
 * length is known beforehand. */
#define EXTENSION_HEADER 4

/* The ClientHello message around its suites and extensions: header, version, random, four lengths, null
 * compression. */
static size_t length_so_far(const struct hs *hs, const struct writer *body)
{
    return HANDSHAKE_HEADER + 2 + RANDOM_SIZE + (1 + (size_t)hs->session_id_len) + 2 + (1 + 1) + 2 +
           body->len + psk_extension_size(hs);
}

/* RFC 7685 4: an extension takes four bytes at least, so a message that lacks fewer becomes a little longer than asked. */
static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    size_t whole = length_so_far(hs, body), wanted = hs->config->pad_hello;
    if (whole - EXTENSION_HEADER >= wanted) {
        return OK;
    }
    *present = true;
    while (whole++ < wanted) {
        write_number(body, 0, 1);
    }
    return OK;
}

/* RFC 7685 3: zeros alone; 5: anything else would be a channel nobody looks at. Never answered. */
static enum err accept(struct hs *hs, struct slice body)
{
    (void)hs;
    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i]) {
            return E_PADDING_NOT_ZERO;
        }
    }
    return OK;
}

const struct extension extension_padding = {
    .code = EXTENSION_PADDING,
    .places = AT_CLIENT_HELLO12 | AT_CLIENT_HELLO13,
    .offer = offer,
    .accept = accept,
};
