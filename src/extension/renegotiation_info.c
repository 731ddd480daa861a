/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* renegotiation_info, RFC 5746: empty on a first handshake (3.4, 3.6), answered to the extension and to the
 * SCSV alike. */

static enum err write_empty(struct writer *body, bool *present)
{
    *present = true;
    write_number(body, 0, 1);
    return OK;
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)hs;
    return write_empty(body, present);
}

static enum err read_empty(struct slice body)
{
    struct reader r = reader_of(body);
    struct slice renegotiated_connection = read_vector(&r, 1);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    return renegotiated_connection.len ? E_RENEGOTIATION_INFO_MISMATCH : OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.renegotiation_info = true;
    return read_empty(body);
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    hs->negotiated->secure_renegotiation = hs->offer.renegotiation_info;
    return hs->offer.renegotiation_info ? write_empty(body, present) : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    TRY(read_empty(body));
    hs->negotiated->secure_renegotiation = true;
    return OK;
}

/* RFC 9325 3.5: a client does not go on with a server that lacks it, unless this config says so. */
static enum err absent(struct hs *hs)
{
    return hs->cursor.me == CLIENT && !hs->config->allow_insecure_peer ? E_INSECURE_RENEGOTIATION_PEER : OK;
}

const struct extension extension_renegotiation_info = {
    .code = EXTENSION_RENEGOTIATION_INFO,
    .in_client_hello = true,
    .in_server_hello = true,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
