/* SPDX-License-Identifier: MIT */
#include <handfast/unstable/quic.h>

#include "conn/conn.h"

/* The door of QUIC stacks, RFC 9001 4.1: what hf_push_wire and its like are elsewhere. */

_Static_assert((int)HF_QUIC_EARLY == (int)LEVEL_EARLY && (int)HF_QUIC_APPLICATION == (int)LEVEL_APPLICATION,
               "levels are the same numbers");

#define PARAMETERS_MAX 2048 /* within the room that hellos are built in */

/* ---- config ---- */
hf_err hf_config_quic(hf_config *config)
{
    hf_err e = config_settable(config);
    if (e == HF_OK) {
        config->settings.quic = true;
    }
    return e;
}

hf_err quic_settle(struct config *c, hf_problem *why)
{
    if (!c->quic) {
        return HF_OK;
    }
    if (c->max_version < TLS_1_3) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "QUIC needs TLS 1.3: allow it with hf_config_versions (RFC 9001 4.2)");
    }
    if (!c->alpn.len) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "QUIC needs application protocols: call hf_config_alpn (RFC 9001 8.1)");
    }
    if (c->post_handshake_auth) {
        return problem(why, HF_CONFIG_INCOMPLETE, "QUIC has no post-handshake authentication (RFC 9001 4.4)");
    }
    c->min_version = TLS_1_3; /* RFC 9001 4.2 */
    c->compatible = false;    /* RFC 9001 8.4 */
    c->record_size_limit = 0; /* there are no records */
    c->record_size_limit_set = true;
    c->max_fragment = 0;
    return HF_OK;
}

/* ---- transport parameters, RFC 9001 8.2 ---- */
hf_err hf_quic_parameters(hf_conn *conn, hf_bytes parameters)
{
    if (!conn || (!parameters.data && parameters.len)) {
        return HF_NULL_ARGUMENT;
    }
    struct levels *l = conn->out.levels;
    if (!l || conn->started || parameters.len > PARAMETERS_MAX) {
        return HF_BAD_ARGUMENT;
    }
    buffer_drop(&l->ours, buffer_len(&l->ours));
    enum err e = buffer_append(&l->ours, slice_of_bytes(parameters));
    l->ours_set = e == OK;
    return public_err(e);
}

hf_bytes hf_quic_peer_parameters(const hf_conn *conn)
{
    const struct levels *l = conn ? conn->out.levels : NULL;
    if (!l || !l->theirs_came) {
        return (hf_bytes){NULL, 0};
    }
    return buffer_len(&l->theirs) ? bytes_of_slice(buffer_slice(&l->theirs))
                                  : (hf_bytes){(const uint8_t *)"", 0};
}

/* ---- handshake bytes, RFC 9001 4.1.3 ---- */
static enum err start(hf_conn *c)
{
    return c->out.levels->ours_set ? conn_start(c) : E_QUIC_PARAMETERS_MISSING;
}

static enum err take(hf_conn *c, struct slice bytes)
{
    c->records_in++; /* for those who count what came */
    if (c->after13) {
        return after13_handshake(c, bytes);
    }
    hs_input(c->hs, bytes);
    return c->hs->question.ask ? hs_keep_input(c->hs) : conn_run(c);
}

hf_err hf_quic_push(hf_conn *conn, hf_quic_level level, hf_bytes bytes)
{
    if (!conn || (!bytes.data && bytes.len)) {
        return HF_NULL_ARGUMENT;
    }
    struct levels *l = conn->out.levels;
    if (!l || (unsigned)level > HF_QUIC_APPLICATION) {
        return HF_BAD_ARGUMENT;
    }
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if ((enum level)level > l->reading && level != HF_QUIC_EARLY) {
        return HF_TOO_EARLY;
    }
    enum err e = start(conn);
    if (e == OK && bytes.len) {
        e = (enum level)level == l->reading ? take(conn, slice_of_bytes(bytes)) : E_QUIC_LEVEL_PAST;
    }
    return e == OK ? HF_OK : conn_fail(conn, e);
}

hf_bytes hf_quic_peek(hf_conn *conn, hf_quic_level *level)
{
    struct levels *l = conn && level ? conn->out.levels : NULL;
    if (!l) {
        return (hf_bytes){NULL, 0};
    }
    enum err e = conn->failure ? OK : start(conn);
    if (e != OK) {
        (void)conn_fail(conn, e);
    }
    enum level waiting = levels_waiting(l);
    if (waiting == LEVEL_COUNT) {
        return (hf_bytes){NULL, 0};
    }
    *level = (hf_quic_level)waiting;
    return bytes_of_slice(buffer_slice(&l->out[waiting]));
}

void hf_quic_drop(hf_conn *conn, size_t len)
{
    struct levels *l = conn ? conn->out.levels : NULL;
    enum level waiting = l ? levels_waiting(l) : LEVEL_COUNT;
    if (waiting != LEVEL_COUNT) {
        buffer_drop(&l->out[waiting], len);
    }
}

/* ---- 0-RTT, RFC 9001 4.6 ---- */
hf_err hf_quic_offer_early(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    const struct config *settings = &conn->config->settings;
    if (!conn->out.levels || conn->started || settings->side != CLIENT) {
        return HF_BAD_ARGUMENT;
    }
    const struct session *s = conn->hs->session;
    if (!s || !s->max_early_data || !settings->early_data) {
        return HF_EARLY_DATA_UNAVAILABLE;
    }
    conn->hs->wants_early = true;
    return HF_OK;
}

hf_err hf_quic_refuse_early(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    bool answered = !conn->hs || conn->hs->has_traffic || conn->negotiated.early == EARLY_ACCEPTED;
    if (!conn->out.levels || conn->config->settings.side != SERVER || answered) {
        return HF_BAD_ARGUMENT;
    }
    conn->hs->refuses_early = true;
    return HF_OK;
}

/* ---- secrets, RFC 9001 4.1.4 ---- */
bool hf_quic_take_secret(hf_conn *conn, hf_quic_secret *out)
{
    struct levels *l = conn && out ? conn->out.levels : NULL;
    if (!l) {
        return false;
    }
    if (l->taken) {
        secret_wipe(&l->secrets[l->taken - 1].secret);
    }
    if (l->taken == l->given) {
        return false;
    }
    const struct level_secret *s = &l->secrets[l->taken++];
    *out = (hf_quic_secret){
        .level = (hf_quic_level)s->level,
        .writes = s->writes,
        .suite = s->suite->code,
        .secret = bytes_of_slice(secret_slice(&s->secret)),
    };
    return true;
}

/* ---- errors, RFC 9001 4.8 ---- */
#define INTERNAL_ERROR 0x01 /* RFC 9000 20.1 */
#define PROTOCOL_VIOLATION 0x0a
#define CRYPTO_BUFFER_EXCEEDED 0x0d
#define CRYPTO_ERROR 0x0100

uint64_t hf_quic_error(const hf_conn *conn)
{
    const hf_failure *f = conn ? conn->failure : NULL;
    if (!f) {
        return 0;
    }
    switch (f->err) {
    case HF_QUIC_LEVEL_PAST:          /* RFC 9001 4.1.3 */
    case HF_BYTES_ACROSS_KEY_CHANGE:  /* RFC 9001 4.1.3 */
    case HF_QUIC_COMPATIBILITY_MODE:  /* RFC 9001 8.4 */
    case HF_QUIC_CERTIFICATE_REQUEST: /* RFC 9001 4.4 */
    case HF_QUIC_EARLY_DATA_SIZE:     /* RFC 9001 4.6.1 */
        return PROTOCOL_VIOLATION;
    case HF_BUFFER_LIMIT: /* RFC 9000 7.5 */
        return CRYPTO_BUFFER_EXCEEDED;
    default:
        return err_row((enum err)f->err)->alert == NO_ALERT ? INTERNAL_ERROR
                                                            : CRYPTO_ERROR + err_row((enum err)f->err)->alert;
    }
}
