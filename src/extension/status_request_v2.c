/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/status.h"

/* status_request_v2, RFC 6961: an OCSP response for each certificate of the chain. Its row stands before
 * status_request's: where a client offers both, this one is answered. */

static void write_item(struct writer *body, uint8_t type)
{
    write_number(body, type, 1);
    size_t mark = write_open(body, 2);
    status_write_request(body);
    write_close(body, mark, 2);
}

/* RFC 6961 2.2: the favourite first. */
static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->status != STATUS_OFF;
    size_t mark = write_open(body, 2);
    write_item(body, STATUS_TYPE_OCSP_MULTI);
    write_item(body, STATUS_TYPE_OCSP);
    write_close(body, mark, 2);
    return OK;
}

/* The first item of a kind that is known is what the client would rather have; other kinds are passed over by
 * their length. */
static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice items = read_vector(&r, 2);
    if (!read_done(&r) || !items.len) {
        return E_MALFORMED_EXTENSION;
    }
    for (r = reader_of(items); r.at < r.end && !r.bad;) {
        uint32_t type = read_number(&r, 1);
        struct slice request = read_vector(&r, 2);
        bool known = type == STATUS_TYPE_OCSP || type == STATUS_TYPE_OCSP_MULTI;
        if (r.bad || (known && !status_request_is_sound(request))) {
            return E_MALFORMED_EXTENSION;
        }
        if (known && hs->offer.status_count < 2) {
            hs->offer.status_types[hs->offer.status_count++] = (uint8_t)type;
        }
    }
    return r.bad ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body; /* empty */
    for (size_t i = 0; i < hs->offer.status_count && !*present; i++) {
        bool multi = hs->offer.status_types[i] == STATUS_TYPE_OCSP_MULTI;
        TRY(status_choose(hs, multi ? STAPLE_OCSP_MULTI : STAPLE_OCSP, present));
    }
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    return status_agree(hs, body, STATUS_TYPE_OCSP_MULTI);
}

const struct extension extension_status_request_v2 = {
    .code = EXTENSION_STATUS_REQUEST_V2,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
