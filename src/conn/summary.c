/* SPDX-License-Identifier: MIT */
#include <handfast/early.h>

#include <string.h>

#include "conn/conn.h"
#include "tls13/tls13.h"

/* What getters answer. */

const hf_failure *hf_failed(const hf_conn *conn)
{
    return conn ? conn->failure : NULL;
}

static const struct reason {
    const char *name, *sentence;
} reasons[] = {
    [HF_NOT_OFFERED] = {"not_offered", "no session was offered"},
    [HF_RESUMED] = {"resumed", "the session is resumed"},
    [HF_SESSION_UNKNOWN] = {"unknown", "not resumed: the session is not known"},
    [HF_SESSION_EXPIRED] = {"expired", "not resumed: the session has expired"},
    [HF_SESSION_CONTEXT] = {"context", "not resumed: the session was made under another configuration"},
    [HF_SESSION_NAME] = {"name", "not resumed: the session is for another server name (RFC 6066 3)"},
    [HF_SESSION_PARAMETERS] = {"parameters",
                               "not resumed: the session's version or cipher suite is not on offer any more "
                               "(RFC 5246 7.4.1.2)"},
    [HF_SESSION_EMS] = {"extended_master_secret",
                        "not resumed: the session lacks extended_master_secret (RFC 7627 5.3)"},
    [HF_SESSION_AUTH_AGE] = {"auth_age", "not resumed: the peer's authentication is too old, or its "
                                         "certificate has expired"},
    [HF_SESSION_POLICY] = {"policy", "not resumed: policy does not resume it"},
    [HF_SESSION_FOREIGN] = {"foreign",
                            "not resumed: the session ID or ticket is none of this server's, or its "
                            "key is gone"},
    [HF_SESSION_IDENTITY] = {"identity", "not resumed: the peer it was made with is no longer let in"},
    [HF_SESSION_DAMAGED] = {"damaged", "not resumed: the stored session does not open"},
    [HF_SESSION_STORE_LATE] = {"store_late", "not resumed: the session store did not answer in time"},
    [HF_SESSION_STORE_FAILED] = {"store_failed", "not resumed: the session store could not be asked"},
    [HF_SESSION_USED] = {"used", "not resumed: the ticket was offered before, and one of TLS 1.3 is used "
                                 "once (RFC 8446 C.4)"},
};
#define REASONS (sizeof reasons / sizeof *reasons)

const char *hf_resumption_name(hf_resumption why)
{
    return (size_t)why < REASONS ? reasons[why].name : "unknown";
}

const char *hf_resumption_sentence(hf_resumption why)
{
    return (size_t)why < REASONS ? reasons[why].sentence : "";
}

static void summarize_shown(const struct negotiated *n, enum side me, hf_summary *s)
{
    const struct peer *peer = n->peer;
    s->peer_certificate_type = (hf_certificate_type)n->certificate_type[other_side(me)];
    s->own_certificate_type = (hf_certificate_type)n->certificate_type[me];
    s->record_size_limit = n->record_size_limit[me];
    s->peer_record_size_limit = n->record_size_limit[other_side(me)];
    s->peer_chain = (hf_bytes){NULL, 0};
    s->peer_subject = NULL;
    s->peer_verified = false;
    s->peer_verdict = HF_OK;
    if (peer) {
        s->peer_chain = bytes_of_slice(peer_chain(peer));
        s->peer_raw_key = bytes_of_slice(peer_raw_key(peer));
        s->peer_subject = peer->subject;
        s->peer_verified = peer->verified;
        s->peer_verdict = public_err(peer->verdict);
    }
}

static const char *scheme_name(const struct scheme *s)
{
    return s ? s->name : NULL;
}

const hf_summary *hf_negotiated(const hf_conn *conn)
{
    static const hf_summary nothing = {.identity = HF_NO_IDENTITY};
    if (!conn) {
        return &nothing;
    }
    const struct negotiated *n = &conn->negotiated;
    const struct session *session = n->session;
    hf_summary *s = (hf_summary *)(uintptr_t)&conn->summary; /* a cache of what conn holds */
    *s = (hf_summary){
        .complete = conn_is_open(conn),
        .version = n->version,
        .suite = n->suite ? n->suite->code : 0,
        .suite_name = n->suite ? n->suite->name : NULL,
        .group = n->group ? n->group->code : 0,
        .group_name = n->group ? n->group->name : NULL,
        .server_scheme = n->server_scheme ? n->server_scheme->code : 0,
        .client_scheme = n->client_scheme ? n->client_scheme->code : 0,
        .server_scheme_name = scheme_name(n->server_scheme),
        .client_scheme_name = scheme_name(n->client_scheme),
        .resumed = n->resumed,
        .resumption = (hf_resumption)n->resumption,
        .extended_master_secret = n->ems,
        .secure_renegotiation = n->secure_renegotiation,
        .encrypt_then_mac = n->etm,
        .server_name = n->server_name,
        .alpn = n->alpn,
        .session_id = session ? (hf_bytes){session->id, session->id_len} : (hf_bytes){NULL, 0},
        .session_ticket = n->ticket,
        .session_note = session ? bytes_of_slice(session->note) : (hf_bytes){NULL, 0},
        .client_auth_requested = n->client_auth_requested,
        .trusted_ca = n->trusted_ca,
        .stapled = n->stapled,
        .peer_status = (hf_staple_verdict)n->status,
        .peer_status_error = public_err(n->status_error),
        .peer_certificate_compression = n->compression ? n->compression->name : NULL,
        .peer_sct_list = bytes_of_slice(slice_of_span(n->sct_list)),
        .identity = n->identity,
        .hello_retry_request = n->retried,
        .psk = (hf_psk_verdict)n->psk,
        .psk_identity = n->external_psk ? bytes_of_slice(n->external_psk->name) : (hf_bytes){NULL, 0},
        .psk_imported = n->external_psk && n->external_psk->imported,
        .early_data = (hf_early_data)n->early,
        .renegotiation = conn->again.state,
        .max_fragment = n->max_fragment,
        .truncated_hmac = n->truncated_hmac,
    };
    summarize_shown(n, conn->config->settings.side, s);
    return s;
}

hf_session *hf_conn_session_at(const hf_conn *conn, size_t i)
{
    bool spoiled = conn && conn->failure && conn->failure->err != HF_TRUNCATED; /* RFC 5246 7.2.1, 7.2.2 */
    if (!conn || spoiled || !conn_is_open(conn) || conn->config->settings.side != CLIENT) {
        return NULL;
    }
    const struct older_tickets *older = conn->after13 ? conn->after13->older : NULL;
    struct session *s = conn->negotiated.session;
    for (size_t at = 0; s; at++) {
        bool used = atomic_load_explicit(&s->used, memory_order_relaxed); /* RFC 8446 C.4 */
        if (!used && i-- == 0) {
            return (hf_session *)session_share(s);
        }
        s = older && at < older->count ? older->session[at] : NULL;
    }
    return NULL;
}

hf_session *hf_conn_session(const hf_conn *conn)
{
    return hf_conn_session_at(conn, 0);
}

hf_stats hf_conn_stats(const hf_conn *conn)
{
    hf_stats stats = {0};
    if (conn) {
        stats = conn->stats;
        stats.records_out = conn->out.records;
    }
    return stats;
}

/* ---- exporters: RFC 5705 4 ---- */
#define LABEL_MAX 64
#define CONTEXT_MAX 512

static enum err export12(const struct negotiated *n, const char *label, const hf_bytes *context,
                         struct span out)
{
    uint8_t bytes[2 * RANDOM_SIZE + 2 + CONTEXT_MAX];
    struct writer seed = writer_of(bytes, sizeof bytes);
    write_bytes(&seed, slice_of(n->client_random, RANDOM_SIZE));
    write_bytes(&seed, slice_of(n->server_random, RANDOM_SIZE));
    if (context) {
        write_vector(&seed, 2, slice_of_bytes(*context));
    }
    return prf12(n->suite->hash, secret_slice(&n->master), label, written(&seed), out);
}

/* RFC 8446 7.5: no context is the empty context. */
static enum err export13(enum hash h, const struct secret *from, const char *label, const hf_bytes *context,
                         struct span out)
{
    uint8_t nothing[HASH_MAX], hashed[HASH_MAX];
    struct secret secret = {.len = hash_size(h)};
    TRY(hash_once(h, slice_of(NULL, 0), nothing));
    TRY(hash_once(h, context ? slice_of_bytes(*context) : slice_of(NULL, 0), hashed));
    enum err e = tls13_derive(h, secret_slice(from), label, slice_of(nothing, hash_size(h)),
                              (struct span){secret.data, secret.len});
    e = e == OK ? tls13_derive(h, secret_slice(&secret), "exporter", slice_of(hashed, hash_size(h)), out) : e;
    secret_wipe(&secret);
    return e;
}

static hf_err check_export(const hf_conn *conn, const char *label, const hf_bytes *context,
                           const uint8_t *out)
{
    if (!conn || !label || !out || (context && !context->data && context->len)) {
        return HF_NULL_ARGUMENT;
    }
    if (!*label || strlen(label) > LABEL_MAX || (context && context->len > CONTEXT_MAX)) {
        return HF_BAD_ARGUMENT;
    }
    return conn->failure ? HF_FAILED_BEFORE : HF_OK;
}

hf_err hf_export(const hf_conn *conn, const char *label, const hf_bytes *context, uint8_t *out, size_t len)
{
    hf_err fits = check_export(conn, label, context, out);
    if (fits != HF_OK) {
        return fits;
    }
    const struct negotiated *n = &conn->negotiated;
    if (!conn_is_open(conn)) {
        return HF_TOO_EARLY;
    }
    if (!n->ems) { /* RFC 7627 5.4 */
        return HF_EXPORTER_UNAVAILABLE;
    }
    struct span span = {out, len};
    enum err e = n->version >= TLS_1_3 ? export13(n->suite->hash, &n->master, label, context, span)
                                       : export12(n, label, context, span);
    return public_err(e);
}

hf_err hf_export_early(const hf_conn *conn, const char *label, const hf_bytes *context, uint8_t *out,
                       size_t len)
{
    hf_err fits = check_export(conn, label, context, out);
    if (fits != HF_OK) {
        return fits;
    }
    const struct negotiated *n = &conn->negotiated;
    if (!n->early_exporter) {
        return HF_EXPORTER_UNAVAILABLE;
    }
    return public_err(export13(n->early_hash, n->early_exporter, label, context, (struct span){out, len}));
}

hf_bytes hf_tls_unique(const hf_conn *conn)
{
    if (!conn || !conn_is_open(conn) || conn->failure) {
        return (hf_bytes){NULL, 0};
    }
    const struct negotiated *n = &conn->negotiated;
    if (n->version >= TLS_1_3 || (n->resumed && !n->ems)) { /* RFC 8446 C.5; RFC 7627 5.4 */
        return (hf_bytes){NULL, 0};
    }
    return (hf_bytes){n->verify_data[n->resumed ? SERVER : CLIENT],
                      VERIFY_DATA_SIZE}; /* RFC 5929 3.1: the first one sent */
}
