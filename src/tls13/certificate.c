/* SPDX-License-Identifier: MIT */
#include "handshake/oid_filters.h"
#include "handshake/status.h"
#include "tls13/tls13.h"

/* Certificate, RFC 8446 4.4.2: the chain of either side, with extensions for each certificate. */

/* ---- ours ---- */
/* Than was encoded at freeze. */
static bool says_more(struct hs *hs)
{
    if (hs->request_context.len) {
        return true;
    }
    const struct identity *identity = &hs->config->identities[hs->identity];
    bool sct = hs->offer.sct && identity->sct_list.len;
    return hs->cursor.me == SERVER && (sct || (hs->offer.status && status_is_there(hs)));
}

/* RFC 8446 4.4.2.1: CertificateStatus of a certificate behind the leaf, where there is one and it fits. */
static enum err put_status(struct hs *hs, size_t depth)
{
    bool asked = hs->offer.status && hs->staple;
    struct slice der = asked ? staple_response_at(hs->staple, depth, hs->now) : slice_of(NULL, 0);
    if (!der.len || der.len > 65535 - 8) {
        return buffer_append_vector(&hs->built, 2, slice_of(NULL, 0));
    }
    hs->negotiated->stapled = true;
    uint8_t head[10];
    struct writer w = writer_of(head, sizeof head);
    write_number(&w, (uint32_t)(8 + der.len), 2);
    write_number(&w, EXTENSION_STATUS_REQUEST, 2);
    write_number(&w, (uint32_t)(4 + der.len), 2);
    write_number(&w, STATUS_TYPE_OCSP, 1);
    write_number(&w, (uint32_t)der.len, 3);
    TRY(buffer_append(&hs->built, written(&w)));
    return buffer_append(&hs->built, der);
}

/* The chain once more, and what belongs to each certificate. */
static enum err put_entries(struct hs *hs, struct slice extensions)
{
    struct list chain = list_of(hs->config->identities[hs->identity].chain);
    struct slice certificate;
    for (size_t depth = 0; list_next_vector(&chain, 3, &certificate); depth++) {
        TRY(buffer_append_vector(&hs->built, 3, certificate));
        TRY(depth ? put_status(hs, depth) : buffer_append_vector(&hs->built, 2, extensions));
    }
    return OK;
}

static enum err build_list(struct hs *hs, struct outgoing *out)
{
    TRY(extensions_write(hs, AT_CERTIFICATE, &out->scratch));
    if (out->scratch.full) {
        return E_INTERNAL;
    }
    buffer_drop(&hs->built, buffer_len(&hs->built));
    static const uint8_t zeros[HANDSHAKE_HEADER + 1 + UINT8_MAX + 3] = {0};
    struct slice context = slice_of_span(hs->request_context);
    size_t head = HANDSHAKE_HEADER + 1 + context.len + 3;
    TRY(buffer_append(&hs->built, slice_of(zeros, head)));
    TRY(put_entries(hs, written(&out->scratch)));
    size_t len = buffer_len(&hs->built);
    struct writer w = writer_of(hs->built.data + hs->built.start, head);
    write_number(&w, message_row(CERTIFICATE)->type, 1);
    write_number(&w, (uint32_t)(len - HANDSHAKE_HEADER), 3);
    write_vector(&w, 1, context);
    write_number(&w, (uint32_t)(len - head), 3);
    out->whole = buffer_slice(&hs->built);
    return OK;
}

enum err tls13_certificate_build(struct hs *hs, struct outgoing *out)
{
    if (hs->identity == NO_IDENTITY) { /* RFC 8446 4.4.2: a client that has none that fits */
        write_bytes(&out->scratch, slice_of_span(hs->request_context));
        out->message.certificate13 =
            (struct certificate13){written(&out->scratch), slice_of(out->scratch.base, 0)};
        return OK;
    }
    if (says_more(hs)) {
        return build_list(hs, out);
    }
    out->whole = slice_of_span(hs->config->identities[hs->identity].message13);
    return OK;
}

/* ---- theirs ---- */
/* What an entry says of its certificate: an OCSP response of any of them is judged with the chain. */
static enum err take_entries(struct hs *hs, struct slice entries, struct buffer *chain,
                             struct buffer *statuses)
{
    struct list l = list_of(entries);
    struct certificate_entry13 e, leaf = {0};
    bool raw = hs->negotiated->certificate_type[other_side(hs->cursor.me)] == CERTIFICATE_RAW_KEY;
    while (list_next_certificate(&l, &e)) {
        if (raw && leaf.cert_data.len) { /* RFC 8446 4.4.2: no more than one entry */
            return E_RAW_KEY_NOT_ALONE;
        }
        leaf = leaf.cert_data.len ? leaf : e;
        TRY(buffer_append_vector(chain, 3, e.cert_data));
        TRY(extensions_read(hs, AT_CERTIFICATE, e.extensions));
        TRY(status_collect(hs, statuses));
    }
    if (l.bad) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE,
                         "the certificate list does not add up, or has an empty entry");
    }
    TRY(status_keep_collected(hs, buffer_slice(statuses)));
    return peer_certificate_take(hs, buffer_slice(chain));
}

static enum err check_leaf(struct hs *hs)
{
    const struct key_shape *key = certificate_key(hs->peer_certificate);
    const char *subject = hs->negotiated->peer->subject;
    if (key->kind == KEY_NONE) {
        return hs_refuse(hs, E_UNSUPPORTED_CERTIFICATE,
                         "certificate 0 (%s) has a key of a kind that is not known", subject);
    }
    if (!certificate_may_sign(hs->peer_certificate)) { /* RFC 8446 4.4.2.2 */
        return hs_refuse(hs, E_WRONG_KEY_USAGE, "certificate 0 (%s) lacks digitalSignature", subject);
    }
    if (hs->cursor.me == SERVER &&
        !oid_filters_met(slice_of_span(hs->config->oid_filters), hs->peer_certificate)) { /* RFC 8446 4.2.5 */
        return hs_refuse(hs, E_OID_FILTERS_NOT_MET, "certificate 0 (%s)", subject);
    }
    return hs->cursor.me == SERVER ? cursor_set(&hs->cursor, CLIENT_CERTIFICATE | CLIENT_SIGNS) : OK;
}

static enum err take_none(struct hs *hs)
{
    if (hs->cursor.me == CLIENT) {
        return E_EMPTY_SERVER_CERTIFICATE;
    }
    return hs->config->client_auth == CLIENT_AUTH_REQUIRE ? E_CERTIFICATE_REQUIRED : OK;
}

enum err tls13_certificate_handle(struct hs *hs, const union any_message *message)
{
    const struct certificate13 *m = &message->certificate13;
    /* RFC 8446 4.4.2: the very one that was asked with; none within the handshake */
    if (!slice_equal(m->certificate_request_context, slice_of_span(hs->request_context))) {
        return hs_refuse(hs, E_REQUEST_CONTEXT_DIFFERS, "%zu bytes, where %zu were sent",
                         m->certificate_request_context.len, hs->request_context.len);
    }
    if (!m->certificate_list.len) {
        return take_none(hs);
    }
    struct buffer chain = {.limit = hs->config->certificate_limit, .harmless = true};
    struct buffer statuses = chain;
    enum err e = take_entries(hs, m->certificate_list, &chain, &statuses);
    buffer_free(&chain);
    buffer_free(&statuses);
    return e == OK ? check_leaf(hs) : e;
}
