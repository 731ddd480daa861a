/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "record/levels.h"

/*
 * quic_transport_parameters, RFC 9001 8.2: what QUIC says of itself, which the handshake carries and
 * authenticates and does not look into. Both sides must say it where QUIC carries the handshake, and nobody
 * may elsewhere.
 */
static enum err write_ours(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->config->quic;
    if (*present) {
        write_bytes(body, buffer_slice(&hs->record_out->levels->ours));
    }
    return OK;
}

static enum err read_theirs(struct hs *hs, struct slice body)
{
    if (!hs->config->quic) {
        return E_QUIC_PARAMETERS_WITHOUT_QUIC;
    }
    struct levels *l = hs->record_out->levels;
    buffer_drop(&l->theirs, buffer_len(&l->theirs)); /* a second ClientHello says it again */
    l->theirs_came = true;
    return buffer_append(&l->theirs, body);
}

static enum err absent(struct hs *hs)
{
    bool due = hs->place == (hs->cursor.me == SERVER ? AT_CLIENT_HELLO13 : AT_ENCRYPTED_EXTENSIONS);
    if (!hs->config->quic || !due) {
        return OK;
    }
    return hs_refuse(hs, E_MISSING_EXTENSION, "there is no quic_transport_parameters (RFC 9001 8.2)");
}

const struct extension extension_quic_transport_parameters = {
    .code = EXTENSION_QUIC_TRANSPORT_PARAMETERS,
    .places = AT_CLIENT_HELLO12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = write_ours,
    .accept = read_theirs,
    .answer = write_ours,
    .confirm = read_theirs,
    .absent = absent,
};
