/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "tls13/tls13.h"

/* CompressedCertificate, RFC 8879 4: Certificate, smaller. */

/* ---- ours ---- */
/* By the first of ours that the peer takes, of what was compressed at freeze; empty: none. */
static struct slice choose(const struct hs *hs)
{
    const struct config *c = hs->config;
    for (size_t i = 0; c->compressions[i]; i++) {
        struct span made = c->identities[hs->identity].compressed[i];
        if (made.len && list_has16(hs->offer.compressions, c->compressions[i]->code)) {
            return slice_of_span(made);
        }
    }
    return slice_of(NULL, 0);
}

enum err tls13_choose_compression(struct hs *hs)
{
    if (hs->identity >= hs->config->identity_count || tls13_certificate_says_more(hs)) {
        return OK;
    }
    hs->compressed = choose(hs); /* now: what the peer offered does not stay */
    if (!hs->compressed.len) {
        return OK;
    }
    return cursor_set(&hs->cursor,
                      hs->cursor.me == SERVER ? COMPRESSION_SERVER_SENT : COMPRESSION_CLIENT_SENT);
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
