/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * renegotiation_info, RFC 5746 3.2: what both sides said in the Finished of the handshake before. Empty on a
 * first handshake (3.4, 3.6), where the SCSV stands for it too; never left out of a later one (3.5, 3.7).
 */

/* The client's half in ClientHello, both in ServerHello. */
static void write_verify_data(const struct hs *hs, struct writer *body, bool both)
{
    size_t mark = write_open(body, 1);
    if (hs->before) {
        write_bytes(body, slice_of(hs->before->verify_data[CLIENT], VERIFY_DATA_SIZE));
        if (both) {
            write_bytes(body, slice_of(hs->before->verify_data[SERVER], VERIFY_DATA_SIZE));
        }
    }
    write_close(body, mark, 1);
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = true;
    write_verify_data(hs, body, false);
    return OK;
}

/* RFC 5746 3.4 to 3.7: anything else than what we would have written ourselves ends the handshake. */
static enum err check(struct hs *hs, struct slice body, bool both)
{
    struct reader r = reader_of(body);
    struct slice renegotiated_connection = read_vector(&r, 1);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    uint8_t bytes[1 + 2 * VERIFY_DATA_SIZE];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_verify_data(hs, &w, both);
    struct slice expected = slice_after(written(&w), 1);
    if (!secret_equal(renegotiated_connection, expected)) {
        return hs_refuse(hs, E_RENEGOTIATION_INFO_MISMATCH, "%zu bytes that are not the %zu of the %s",
                         renegotiated_connection.len, expected.len,
                         hs->before ? "Finished before" : "first handshake");
    }
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    if (hs->before && hs->offer.renegotiation_info) { /* RFC 5746 3.7 */
        return hs_refuse(hs, E_RENEGOTIATION_INFO_MISMATCH, "the SCSV stands in a renegotiating ClientHello");
    }
    hs->offer.renegotiation_info = true;
    return hs_checked(hs, CHECK_RENEGOTIATION_INFO, check(hs, body, false));
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->negotiated->secure_renegotiation = hs->offer.renegotiation_info;
    write_verify_data(hs, body, true);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    TRY(hs_checked(hs, CHECK_RENEGOTIATION_INFO, check(hs, body, true)));
    hs->negotiated->secure_renegotiation = true;
    return OK;
}

static enum err absent(struct hs *hs)
{
    if (hs->before) { /* RFC 5746 3.5, 3.7; the SCSV does not stand for it then */
        return hs_refuse(hs, E_RENEGOTIATION_INFO_MISMATCH, "it is missing in a renegotiation");
    }
    /* RFC 9325 3.5: a client does not go on with a server that lacks it, unless this config says so */
    return hs->cursor.me == CLIENT && !hs->config->allow_insecure_peer ? E_INSECURE_RENEGOTIATION_PEER : OK;
}

const struct extension extension_renegotiation_info = {
    .code = EXTENSION_RENEGOTIATION_INFO,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
