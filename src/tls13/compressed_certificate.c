/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "handshake/status.h"
#include "tls13/tls13.h"

/* CompressedCertificate, RFC 8879 4: Certificate, smaller. */

/* ---- ours ---- */
/* By the k-th of ours, as it was made beforehand with what the client asked for. */
static struct slice made_by(const struct hs *hs, size_t k, bool status, bool scts)
{
    const struct identity *identity = &hs->config->identities[hs->identity];
    return status ? staple_compressed(hs->staple, scts, k, hs->now)
                  : slice_of_span(scts ? identity->compressed_sct[k] : identity->compressed[k]);
}

/* By the first of ours that the peer takes; empty: none. */
static struct slice choose(const struct hs *hs, bool status, bool scts)
{
    const struct config *c = hs->config;
    for (size_t k = 0; c->compressions[k]; k++) {
        struct slice made = made_by(hs, k, status, scts);
        if (made.len && list_has16(hs->offer.compressions, c->compressions[k]->code)) {
            return made;
        }
    }
    return slice_of(NULL, 0);
}

/* Nothing is compressed during a handshake. A later request's context is part of the message (RFC
 * 8446 4.4.2), so that one goes as it is. */
enum err tls13_choose_compression(struct hs *hs)
{
    if (hs->identity >= hs->config->identity_count || hs->request_context.len) {
        return OK;
    }
    bool server = hs->cursor.me == SERVER;
    bool status = server && hs->offer.status && status_is_there(hs);
    bool scts = server && hs->offer.sct && hs->config->identities[hs->identity].sct_list.len;
    hs->compressed = choose(hs, status, scts); /* now: what the peer offered does not stay */
    if (!hs->compressed.len) {
        return OK;
    }
    hs->negotiated->stapled |= status;
    return cursor_set(&hs->cursor, server ? COMPRESSION_SERVER_SENT : COMPRESSION_CLIENT_SENT);
}

enum err tls13_compressed_certificate_build(struct hs *hs, struct outgoing *out)
{
    out->whole = hs->compressed;
    return hs->compressed.len ? OK : E_INTERNAL;
}

/* ---- theirs ---- */
static const struct compression *offered(const struct hs *hs, uint16_t code)
{
    const struct compression *const *ours = hs->config->compressions;
    while (*ours && (*ours)->code != code) {
        ours++;
    }
    return *ours;
}

static enum err take(struct hs *hs, const struct compressed_certificate *m, struct span plain)
{
    union any_message certificate = {0};
    enum err e = offered(hs, m->algorithm)->decompress(m->compressed_certificate_message, plain);
    if (e != OK) {
        return hs_refuse(hs, e, "%zu bytes that should be %u", m->compressed_certificate_message.len,
                         m->uncompressed_length);
    }
    e = layout_decode(&layout_certificate13, slice_of_span(plain), &certificate);
    if (e != OK) {
        return hs_refuse(hs, e, "Certificate of %zu bytes", plain.len);
    }
    hs->negotiated->compression = offered(hs, m->algorithm);
    return tls13_certificate_handle(hs, &certificate);
}

/* RFC 8879 4, 5: nothing is decompressed that is not taken, and no more than is taken. */
enum err tls13_compressed_certificate_handle(struct hs *hs, const union any_message *message)
{
    const struct compressed_certificate *m = &message->compressed_certificate;
    void *memory;
    if (!offered(hs, m->algorithm)) {
        return hs_refuse(hs, E_COMPRESSION_ALGORITHM_NOT_OFFERED, "algorithm %u", m->algorithm);
    }
    if (!m->uncompressed_length || m->uncompressed_length > hs->config->certificate_limit) {
        return hs_refuse(hs, E_BAD_COMPRESSED_CERTIFICATE, "it says %u bytes; 1 to %zu are accepted",
                         m->uncompressed_length, hs->config->certificate_limit);
    }
    TRY(memory_raw(m->uncompressed_length, &memory));
    struct span plain = {memory, m->uncompressed_length};
    enum err e = take(hs, m, plain);
    memory_free(memory, plain.len);
    return e;
}
