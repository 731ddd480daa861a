/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/certificate_type.h"
#include "tls13/tls13.h"

/* ServerHello, RFC 8446 4.1.3: what is left of it when all else is encrypted. */

enum err tls13_server_hello_build(struct hs *hs, struct outgoing *out)
{
    struct negotiated *n = hs->negotiated;
    TRY(server_random_draw(hs));
    TRY(extensions_write(hs, AT_SERVER_HELLO13, &out->scratch));
    if (out->scratch.full) {
        return E_INTERNAL;
    }
    out->message.server_hello = (struct server_hello){
        .version = TLS_1_2,
        .random = slice_of(n->server_random, RANDOM_SIZE),
        .session_id = slice_of(hs->session_id, hs->session_id_len),
        .cipher_suite = n->suite->code,
        .extensions = written(&out->scratch),
    };
    return OK;
}

enum err tls13_check_server_hello(struct hs *hs, const struct server_hello *m)
{
    if (m->version != TLS_1_2) { /* RFC 8446 4.1.3; D.5: and SSL 3.0 has an alert of its own */
        return hs_refuse(hs, m->version == SSL_3_0 ? E_VERSION_NOT_OFFERED : E_VERSION_MISPLACED,
                         "legacy_version is 0x%04x", m->version);
    }
    if (!slice_equal(m->session_id, slice_of(hs->session_id, hs->session_id_len))) {
        return E_SESSION_ID_NOT_ECHOED;
    }
    if (m->compression_method) {
        return hs_refuse(hs, E_COMPRESSION_NOT_OFFERED, "the server chose method %u", m->compression_method);
    }
    const struct suite *suite = suite13_of(m->cipher_suite);
    if (!suite || !codes_have(&hs->config->suites13, m->cipher_suite)) {
        const char *name = name_of(&suite_names, m->cipher_suite);
        return hs_refuse(hs, E_SUITE_NOT_OFFERED, "the server chose %s (0x%04x)",
                         name ? name : "an unknown suite", m->cipher_suite);
    }
    if (cursor_has(&hs->cursor, RETRY) && hs->negotiated->suite && suite != hs->negotiated->suite) {
        return hs_refuse(hs, E_SUITE_NOT_OFFERED, "ServerHello has %s, HelloRetryRequest had %s", suite->name,
                         hs->negotiated->suite->name);
    }
    hs->negotiated->suite = suite;
    return OK;
}

enum err tls13_server_hello(struct hs *hs, const struct server_hello *m)
{
    TRY(tls13_check_server_hello(hs, m));
    memcpy(hs->negotiated->server_random, m->random.data, RANDOM_SIZE);
    TRY(extensions_read(hs, AT_SERVER_HELLO13, m->extensions));
    return cursor_set(&hs->cursor, TLS13);
}

/* The transcript's bytes go, and with them what the offer's slices point to. What it says stays. */
static void end_slices(struct offer *o)
{
    const struct slice none = slice_of(NULL, 0);
    o->suites = o->groups = o->schemes = o->alpn = o->session_id = o->trusted_cas = o->ticket = none;
    o->key_shares = o->ca_names = o->schemes_cert = o->cookie = o->compression_methods = none;
    o->psk_identities = o->psk_binders = none;
}

/* RFC 8446 2.2: who the peer is, is known by the key. */
static enum err resumed(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    n->resumed = true;
    n->ticket = hs->by_ticket || hs->session->ticket.len;
    n->session = session_share(hs->session);
    n->peer = peer_share(hs->session->peer);
    certificate_types_resumed(hs);
    n->authenticated = hs->session->authenticated;
    n->session_ends = hs->session->expires; /* a fixed life, never extended by use */
    return OK;
}

static enum err not_resumed(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    n->authenticated = hs->now;
    n->session_ends = hs->now + hs->config->session_life;
    if (hs->session) { /* client: it was offered */
        resume_not(hs, SESSION_UNKNOWN);
    }
    TRY(external_psk_not_used(hs));
    return cursor_set(&hs->cursor, CERTIFICATE_AUTH);
}

/* Both sides, once it is in the transcript. */
enum err tls13_server_hello_after(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    TRY(transcript_start(&hs->transcript, n->suite->hash));
    end_slices(&hs->offer);
    transcript_stop_keeping(&hs->transcript); /* CertificateVerify signs the hash: RFC 8446 4.4.3 */
    n->ems = n->secure_renegotiation = true;  /* what both are for, TLS 1.3 has built in: RFC 8446 D.5 */
    n->mac_order = MAC_ORDER_OPEN;
    TRY(hs->external                       ? external_psk_used(hs)
        : cursor_has(&hs->cursor, RESUMED) ? resumed(hs)
                                           : not_resumed(hs));
    counts_add(hs->config->counts, n->resumption, 1);
    if (hs->event && n->resumption != NOT_OFFERED) {
        hs->event(hs->event_arg, &(struct event){.kind = EVENT_RESUMPTION});
    }
    return OK;
}
