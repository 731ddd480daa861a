/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"

/*
 * Handshakes after the first, RFC 5746 3.5, 3.7, 4: who may begin one and how often, and the change from what
 * was negotiated to what the new one agreed on, which is all or nothing.
 */
#define MOST_BY_PEER 16
#define SECONDS_APART 30

hf_err hf_config_renegotiation(hf_config *config, hf_renegotiation mode, unsigned most,
                               unsigned seconds_apart)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if ((unsigned)mode > HF_RENEGOTIATE_ACCEPT) {
        return HF_BAD_ARGUMENT;
    }
    struct config *c = &config->settings;
    c->renegotiation = (enum renegotiation)mode;
    c->renegotiations_most = most ? most : MOST_BY_PEER;
    c->renegotiations_apart = seconds_apart ? seconds_apart : SECONDS_APART;
    return HF_OK;
}

hf_err hf_config_post_handshake_auth(hf_config *config, bool offer)
{
    hf_err settable = config_settable_by(config, CLIENT);
    if (settable == HF_OK) {
        config->settings.post_handshake_auth = offer;
    }
    return settable;
}

hf_err hf_config_renegotiation_may_change_peer(hf_config *config, bool allow)
{
    hf_err settable = config_settable(config);
    if (settable == HF_OK) {
        config->settings.peer_may_change = allow;
    }
    return settable;
}

/* RFC 5746 4.2, 4.4: never with a peer that has no renegotiation_info; nor without extended_master_secret
 * (RFC 7627 5.4, checklist N4). */
static bool is_possible(const hf_conn *c)
{
    const struct negotiated *n = &c->negotiated;
    bool open = !c->failure && !c->close_sent && !c->close_received;
    return open && n->complete && n->version < TLS_1_3 && n->secure_renegotiation && n->ems &&
           (c->second_due || c->config->settings.renegotiation != RENEGOTIATE_NEVER);
}

static bool is_too_often(const hf_conn *c)
{
    const struct config *s = &c->config->settings;
    const struct again *a = &c->again;
    return a->by_peer >= s->renegotiations_most ||
           (a->by_peer && config_seconds(s) - a->last < (int64_t)s->renegotiations_apart);
}

uint32_t renegotiation_facts(const hf_conn *c)
{
    bool ours = c->again.state == HF_RENEGOTIATION_ASKED;
    bool theirs = c->config->settings.renegotiation == RENEGOTIATE_ACCEPT;
    bool allowed = is_possible(c) && (ours || c->second_due || (theirs && !is_too_often(c)));
    return allowed ? RENEGOTIATION_ALLOWED : NO_FACT;
}

void renegotiation_count(hf_conn *c)
{
    if (c->again.state != HF_RENEGOTIATION_ASKED) {
        c->again.by_peer++;
        c->again.last = config_seconds(&c->config->settings);
    }
    c->again.state = HF_RENEGOTIATING;
}

/* What is the connection's and not the handshake's. */
static enum err inherit(const struct negotiated *was, struct negotiated *n)
{
    n->secure_renegotiation = true;
    TRY(was->note.len ? memory_replace(&n->note, slice_of_span(was->note)) : OK);
    return was->alpn ? negotiated_keep(&n->alpn, slice_of_string(was->alpn)) : OK;
}

/* What has arrived of a message's header is the new handshake's to read. */
static enum err take_stray(hf_conn *c)
{
    struct stray *s = &c->stray;
    TRY(s->header_len ? buffer_append(&c->hs->incoming, slice_of(s->header, s->header_len)) : OK);
    s->header_len = 0;
    return OK;
}

enum err renegotiation_begin(hf_conn *c)
{
    void *memory;
    TRY(memory_new(sizeof *c->again.agreed, &memory));
    c->again.agreed = memory;
    enum err e = inherit(&c->negotiated, c->again.agreed);
    if (e == OK) {
        e = conn_new_handshake(c, c->again.agreed);
    }
    if (e == OK) {
        e = take_stray(c);
    }
    if (e != OK) {
        hs_free(c->hs);
        c->hs = NULL;
        renegotiation_wipe(c);
        return e;
    }
    c->hs->version = c->version; /* RFC 8446 4.1.2: TLS 1.3 cannot be the outcome */
    c->hs->cursor.facts = NO_FACT;
    c->hs->before = &c->negotiated;
    /* a client that showed its certificate is asked for it again, or it would be nobody afterwards */
    c->hs->must_be_full = c->again.wants_certificate || c->second_due;
    c->hs->request_certificate = c->again.wants_certificate || c->negotiated.client_auth_requested;
    record_out_keep(&c->out, true);
    conn_observe_handshake(c);
    return OK;
}

void renegotiation_adopt(hf_conn *c)
{
    c->second_due = false;
    negotiated_wipe(&c->negotiated);
    c->negotiated = *c->again.agreed;
    memory_free(c->again.agreed, sizeof *c->again.agreed);
    c->again.agreed = NULL;
    c->hs->negotiated = &c->negotiated; /* its last event tells of it */
    c->again.wants_certificate = false;
    c->again.state = HF_RENEGOTIATED;
    c->stats.renegotiations++;
}

void renegotiation_wipe(hf_conn *c)
{
    if (c->again.agreed) {
        negotiated_wipe(c->again.agreed);
        memory_free(c->again.agreed, sizeof *c->again.agreed);
        c->again.agreed = NULL;
    }
}

enum err renegotiation_abandon(hf_conn *c)
{
    hs_free(c->hs);
    c->hs = NULL;
    renegotiation_wipe(c);
    record_out_keep(&c->out, false);
    c->again.state = HF_RENEGOTIATION_REFUSED;
    return c->close_waits ? conn_send_close(c) : OK;
}

/* RFC 5246 7.2.2: in answer to HelloRequest, or to a ClientHello; anywhere else it is any warning. */
enum err renegotiation_refused(hf_conn *c)
{
    if (c->second_due && c->negotiated.complete) {
        return E_DOUBLE_HANDSHAKE_REFUSED;
    }
    if (c->again.state == HF_RENEGOTIATION_ASKED) {
        c->again.state = HF_RENEGOTIATION_REFUSED;
        c->again.wants_certificate = false;
        return OK;
    }
    const struct hs *hs = c->hs;
    bool unanswered = c->again.agreed && hs->cursor.me == CLIENT && hs->cursor.flow == flow_hello &&
                      !buffer_len(&hs->incoming);
    return unanswered ? renegotiation_abandon(c) : OK;
}

/* ---- begun by us ---- */
static hf_err may_ever_begin(const hf_conn *c)
{
    if (c->failure) {
        return HF_FAILED_BEFORE;
    }
    return c->close_sent || c->close_waits || c->close_received ? HF_CLOSED : HF_OK;
}

static hf_err may_begin(const hf_conn *c)
{
    hf_err e = may_ever_begin(c);
    if (e != HF_OK) {
        return e;
    }
    if (!conn_is_open(c) || c->hs) {
        return HF_TOO_EARLY;
    }
    return is_possible(c) ? HF_OK : HF_RENEGOTIATION_UNAVAILABLE;
}

static hf_err client_begins(hf_conn *c, hf_session *session)
{
    enum err e = renegotiation_begin(c);
    if (e != OK) {
        return public_err(e);
    }
    c->again.state = HF_RENEGOTIATING;
    c->hs->session = session_share((struct session *)session);
    e = conn_run(c);
    return e == OK ? HF_OK : conn_fail(c, e);
}

/* Hashed by nobody, and not repeated: RFC 5246 7.4.1.1. */
static hf_err server_asks(hf_conn *c)
{
    static const uint8_t hello_request[HANDSHAKE_HEADER] = {0};
    struct slice message = slice_of(hello_request, sizeof hello_request);
    if (c->again.state == HF_RENEGOTIATION_ASKED) {
        return HF_OK;
    }
    enum err e = record_write(&c->out, CONTENT_HANDSHAKE, message);
    if (e != OK) {
        return conn_fail(c, e);
    }
    c->again.state = HF_RENEGOTIATION_ASKED;
    emit_row(c, flow_anytime_accepts(flow_anytime12, SERVER, HELLO_REQUEST), message, false);
    return HF_OK;
}

hf_err hf_renegotiate(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    hf_err e = may_begin(conn);
    if (e != HF_OK) {
        return e;
    }
    return conn->config->settings.side == CLIENT ? client_begins(conn, NULL) : server_asks(conn);
}

hf_err hf_renegotiate_resuming(hf_conn *conn, hf_session *session)
{
    if (!conn || !session) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->config->settings.side != CLIENT) {
        return HF_BAD_ARGUMENT;
    }
    hf_err e = may_begin(conn);
    return e == HF_OK ? client_begins(conn, session) : e;
}

/* RFC 8446 4.6.2: one at a time, as in TLS 1.2; and only of a client that said it may be asked. */
static hf_err ask13(hf_conn *c)
{
    hf_err usable = may_ever_begin(c);
    if (usable != HF_OK) {
        return usable;
    }
    if (!c->config->settings.certificate_request13.data) {
        return HF_CONFIG_INCOMPLETE;
    }
    if (!c->after13->context) {
        return HF_POST_HANDSHAKE_AUTH_UNAVAILABLE;
    }
    if (c->hs) {
        return authenticate13_waits(c) ? HF_OK : HF_TOO_EARLY;
    }
    enum err e = authenticate13_ask(c);
    return e == OK ? HF_OK : conn_fail(c, e);
}

hf_err hf_request_client_certificate(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->config->settings.side != SERVER) {
        return HF_BAD_ARGUMENT;
    }
    if (conn->after13) {
        return ask13(conn);
    }
    hf_err e = may_begin(conn);
    if (e == HF_OK && !conn->config->settings.certificate_request.data) {
        e = HF_CONFIG_INCOMPLETE;
    }
    if (e == HF_OK) {
        e = server_asks(conn);
    }
    conn->again.wants_certificate |= e == HF_OK;
    return e;
}
