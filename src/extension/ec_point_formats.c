/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* ec_point_formats, RFC 8422 5.1.2: uncompressed is the only one left. */
#define UNCOMPRESSED 0

static enum err write_formats(struct writer *body, bool *present)
{
    static const uint8_t formats[] = {UNCOMPRESSED};
    *present = true;
    write_vector(body, 1, slice_of(formats, sizeof formats));
    return OK;
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)hs;
    return write_formats(body, present);
}

static enum err read_formats(struct slice body)
{
    struct reader r = reader_of(body);
    struct slice formats = read_vector(&r, 1);
    if (!read_done(&r) || !formats.len) {
        return E_MALFORMED_EXTENSION;
    }
    return list_has8(formats, UNCOMPRESSED) ? OK : E_NO_UNCOMPRESSED_POINTS;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.has_point_formats = true;
    return read_formats(body);
}

/* RFC 8422 5.2: only where an ECC suite was chosen; not on resumption, where no share is sent. */
static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    enum key_exchange kx = hs->negotiated->suite->kx;
    bool ecc = (kx == KX_ECDHE || kx == KX_ECDH) && !cursor_has(&hs->cursor, RESUMED);
    return hs->offer.has_point_formats && ecc ? write_formats(body, present) : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    (void)hs;
    return read_formats(body);
}

const struct extension extension_ec_point_formats = {
    .code = EXTENSION_EC_POINT_FORMATS,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
