/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "handshake/host_name.h"

_Static_assert((int)HF_ASK_VERIFY == (int)ASK_VERIFY && (int)HF_ASK_FETCH_URL == (int)ASK_FETCH_URL &&
                   (int)HF_ASK_SIGN == (int)ASK_SIGN && (int)HF_ASK_LOOK_UP_PSK == (int)ASK_LOOK_UP_PSK,
               "asks are the same numbers");
_Static_assert((int)HF_SESSION_USED == (int)SESSION_USED && (int)HF_RESUMED == (int)IS_RESUMED,
               "reasons are the same numbers");
_Static_assert((int)HF_RENEGOTIATE_ACCEPT == (int)RENEGOTIATE_ACCEPT, "modes are the same numbers");
_Static_assert((int)RESUMPTION_COUNT <= (int)COUNT_MADE && HF_RESUMPTIONS == (int)COUNT_MADE,
               "every reason has a count");
_Static_assert((int)HF_RENEGOTIATION_UNAVAILABLE == (int)E_RENEGOTIATION_UNAVAILABLE,
               "errors are the same rows");
_Static_assert((int)HF_STATUS_HARD == (int)STATUS_HARD && (int)HF_STAPLE_REVOKED == (int)STATUS_IS_REVOKED,
               "policies and verdicts are the same numbers");
_Static_assert((int)HF_CLIENT_AUTH_REQUIRE == (int)CLIENT_AUTH_REQUIRE, "modes are the same numbers");

static hf_conn *refuse(hf_problem *why, hf_err e, const char *sentence)
{
    if (why) {
        why->err = e;
        (void)snprintf(why->sentence, sizeof why->sentence, "%s", sentence);
    }
    return NULL;
}

/* What a flight may hold beside data that waits: a chain, CertificateStatus, SupplementalData,
 * CertificateRequest, and what is small beside them. */
static size_t flight_limit(const struct config *c)
{
    size_t chain = c->certificate_limit;
    for (size_t i = 0; i < c->identity_count; i++) {
        size_t own = c->identities[i].message.len;
        chain = own > chain ? own : chain;
    }
    return chain + message_row(CERTIFICATE_STATUS)->bound + message_row(SUPPLEMENTAL_DATA)->bound + 2 * 65536;
}

static enum err conn_init(hf_conn *c)
{
    const struct config *settings = &c->config->settings;
    record_in_init(&c->in);
    record_out_init(&c->out, settings->unsent_limit + flight_limit(settings));
    record_out_keep(&c->out, true);
    TRY(settings->quic ? levels_new(c->out.queue.limit, &c->out.levels) : OK);
    TRY(conn_new_handshake(c, &c->negotiated));
    c->second_due = c->hs->first_of_two = settings->double_handshake;
    return OK;
}

hf_conn *hf_conn_new(const hf_config *config, const char *server_name, hf_problem *why)
{
    if (!config) {
        return refuse(why, HF_NULL_ARGUMENT, "hf_conn_new needs a config");
    }
    if (!config->frozen) {
        return refuse(why, HF_CONFIG_NOT_FROZEN, "call hf_config_freeze before hf_conn_new");
    }
    bool client = config->settings.side == CLIENT;
    if (server_name && (!client || !*server_name || strlen(server_name) > SERVER_NAME_MAX)) {
        return refuse(why, HF_BAD_ARGUMENT, "only a client names the server, in 1 to 255 bytes");
    }
    const char *wrong = server_name ? asked_name_problem(slice_of_string(server_name)) : NULL;
    if (wrong) {
        (void)problem(why, HF_BAD_HOST_NAME, "%s: %s", server_name, wrong);
        return NULL;
    }
    if (!server_name && config_needs_name(&config->settings)) {
        return refuse(why, HF_NO_NAME_TO_VERIFY,
                      "a client that verifies needs the server's name (RFC 6125 6)");
    }
    void *memory;
    size_t name = server_name ? strlen(server_name) : 0;
    if (memory_new(sizeof(hf_conn) + name + 1, &memory) != OK) {
        return refuse(why, HF_NO_MEMORY, "no memory for a connection");
    }
    hf_conn *c = memory;
    memcpy(c->name, server_name ? server_name : "", name);
    c->config =
        hf_config_share((hf_config *)(uintptr_t)config); /* only the count of a frozen config changes */
    enum err e = conn_init(c);
    if (e != OK) {
        hf_conn_free(c);
        return refuse(why, public_err(e), "the connection could not be made");
    }
    return c;
}

void hf_conn_free(hf_conn *conn)
{
    if (!conn) {
        return;
    }
    hs_free(conn->hs);
    renegotiation_wipe(conn);
    after13_wipe(conn);
    negotiated_wipe(&conn->negotiated);
    record_in_wipe(&conn->in);
    levels_free(conn->out.levels);
    record_out_wipe(&conn->out);
    conn_free_failure(conn);
    held_wipe(conn);
    hf_config_free(conn->config);
    memory_free(conn, sizeof *conn + strlen(conn->name));
}

hf_err hf_conn_resume(hf_conn *conn, hf_session *session)
{
    if (!conn || !session) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->started || conn->config->settings.side != CLIENT || !conn->hs) {
        return HF_BAD_ARGUMENT;
    }
    session_release(conn->hs->session);
    conn->hs->session = session_share((struct session *)session);
    return HF_OK;
}

/* ---- the wire ---- */
static enum err dispatch(hf_conn *c, const struct record *r)
{
    struct slice content = slice_of_span(r->content);
    c->records_in++;
    c->stats.records_in++;
    if (r->type != CONTENT_ALERT) {
        c->warnings = 0;
    }
    switch (r->type) {
    case CONTENT_HANDSHAKE:
        if (c->after13) {
            return after13_handshake(c, content);
        }
        if (!c->hs) {
            return conn_stray_handshake(c, content);
        }
        c->first_in = c->first_in ? c->first_in : c->records_in;
        hs_input(c->hs, content);
        return conn_run(c);
    case CONTENT_CHANGE_CIPHER_SPEC:
        if (content.len != 1 || content.data[0] != 1) {
            return E_MALFORMED_CHANGE_CIPHER_SPEC;
        }
        if (!c->hs || c->after13) { /* RFC 8446 5: until the handshake is complete */
            return E_EARLY_CHANGE_CIPHER_SPEC;
        }
        TRY(hs_change_cipher_spec(c->hs));
        return conn_run(c);
    case CONTENT_ALERT:
        return conn_alert(c, content);
    default:
        if (early_is_due(c)) {
            return early_take(c, content);
        }
        if (c->second_due && c->negotiated.complete) {
            return E_SECOND_HANDSHAKE_MISSING;
        }
        if (!c->negotiated.complete || (c->hs && !c->after13 && !hs_may_take_data(c->hs))) {
            return E_EARLY_APPLICATION_DATA;
        }
        TRY(c->after13 ? after13_data(c) : OK);
        c->stats.bytes_in += content.len;
        c->app = content;
        emit_data(c, true, content.len);
        return OK;
    }
}

static bool takes_records(const hf_conn *c)
{
    return !c->failure && !c->app.len && !c->early.len && !c->close_received &&
           !(c->hs && c->hs->question.ask);
}

static enum err push(hf_conn *c, struct span arrived, size_t *used)
{
    while (*used < arrived.len && takes_records(c)) {
        size_t taken = 0;
        struct record r;
        TRY(record_read(&c->in, (struct span){arrived.data + *used, arrived.len - *used}, &taken, &r));
        *used += taken;
        if (!r.type) {
            break;
        }
        TRY(dispatch(c, &r));
        if (!c->app.len && !c->early.len) {
            record_release(&c->in);
        }
    }
    return key_update_settle(c, false);
}

hf_err hf_push_wire(hf_conn *conn, uint8_t *arrived, size_t len, size_t *used)
{
    if (!conn || !used || (!arrived && len)) {
        return HF_NULL_ARGUMENT;
    }
    *used = 0;
    if (conn->failure || conn->out.levels) {
        return conn->failure ? HF_FAILED_BEFORE : HF_CARRIED_BY_QUIC;
    }
    enum err e = conn_start(conn);
    if (e == OK) {
        e = push(conn, (struct span){arrived, len}, used);
    }
    if (conn->close_received && e == OK) {
        *used = len; /* RFC 5246 7.2.1: what follows close_notify is ignored */
    }
    /* a failure that conn_alert already made is answered, not made twice */
    return e == OK ? HF_OK : conn->failure ? conn->failure->err : conn_fail(conn, e);
}

hf_err hf_end_wire(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if (conn->close_received) {
        return HF_OK;
    }
    return conn_fail_silently(conn, conn_is_open(conn) ? E_TRUNCATED : E_CLOSED_IN_HANDSHAKE);
}

hf_bytes hf_peek_wire(hf_conn *conn)
{
    if (!conn) {
        return (hf_bytes){NULL, 0};
    }
    if (!conn->failure && !conn->out.levels) {
        enum err e = conn_start(conn);
        if (e != OK && !conn->failure) {
            (void)conn_fail(conn, e);
        }
    }
    return bytes_of_slice(record_sendable(&conn->out));
}

void hf_drop_wire(hf_conn *conn, size_t len)
{
    if (conn) {
        record_sent(&conn->out, len);
    }
}

/* ---- the application ---- */
static enum err seal(hf_conn *c, struct slice plain, size_t *used)
{
    size_t limit = c->config->settings.unsent_limit;
    while (*used < plain.len) {
        size_t held = record_sendable(&c->out).len, rest = plain.len - *used;
        size_t chunk = rest < c->out.fragment ? rest : c->out.fragment;
        if (held && held + chunk > limit) {
            break;
        }
        TRY(key_update_settle(c, true));
        TRY(record_write(&c->out, CONTENT_APPLICATION_DATA, slice_of(plain.data + *used, chunk)));
        *used += chunk;
        c->stats.bytes_out += chunk;
        emit_data(c, false, chunk);
    }
    return OK;
}

hf_err hf_push_app(hf_conn *conn, hf_bytes plain, size_t *used)
{
    if (!conn || !used || (!plain.data && plain.len)) {
        return HF_NULL_ARGUMENT;
    }
    *used = 0;
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if (conn->out.levels) {
        return HF_CARRIED_BY_QUIC;
    }
    if (conn->close_sent || conn->close_waits) {
        return HF_CLOSED;
    }
    bool answers = early_may_be_answered(conn);
    if (!conn_is_open(conn) && !answers) {
        return HF_TOO_EARLY;
    }
    if (conn_is_shaking(conn) &&
        !answers) { /* checklist N6: nothing of ours is sent in the midst of another handshake */
        return HF_OK;
    }
    enum err e = seal(conn, slice_of_bytes(plain), used);
    return e == OK ? HF_OK : conn_fail(conn, e);
}

hf_bytes hf_peek_app(const hf_conn *conn)
{
    return conn ? bytes_of_slice(conn->app) : (hf_bytes){NULL, 0};
}

void hf_drop_app(hf_conn *conn, size_t len)
{
    if (conn) {
        conn_drop(conn, &conn->app, len);
    }
}

unsigned hf_wants(const hf_conn *conn)
{
    if (!conn) {
        return HF_CLOSED_IN | HF_CLOSED_OUT;
    }
    unsigned wants = (conn->app.len ? HF_TAKE_APP : 0u) |
                     (record_sendable(&conn->out).len ? HF_SEND_WIRE : 0u) |
                     (conn->early.len ? HF_TAKE_EARLY : 0u);
    if (conn->failure) {
        return wants | HF_CLOSED_IN | HF_CLOSED_OUT;
    }
    bool asked = conn->hs && conn->hs->question.ask;
    if (!conn->started && conn->config->settings.side == CLIENT) {
        wants |= HF_SEND_WIRE; /* ClientHello is made when it is looked at */
    }
    wants |= asked ? HF_ANSWER : 0u;
    wants |= conn->close_received ? HF_CLOSED_IN : asked ? 0u : HF_MORE_WIRE;
    bool closing = conn->close_sent || conn->close_waits;
    bool gives = (conn_is_open(conn) && !conn_is_shaking(conn)) || early_may_be_answered(conn);
    wants |= closing ? HF_CLOSED_OUT : gives && !conn->out.levels ? HF_GIVE_APP : 0u;
    return wants | (early_may_be_sent(conn) ? HF_GIVE_EARLY : 0u);
}

/* RFC 5246 7.2.2: user_canceled says that nothing went wrong; close_notify follows. */
static enum err cancel_handshake(hf_conn *c)
{
    bool silent = !c->started || (c->config->settings.side == SERVER && !c->records_in);
    c->started = c->close_received = true;
    conn_end_handshake(c);
    if (silent) {
        c->close_sent = true;
        emit_ended(c, HF_EVENT_CLOSED, false, OK, "close_notify");
        return OK;
    }
    TRY(conn_send_alert(c, 1, ALERT_user_canceled));
    return conn_send_close(c);
}

hf_err hf_close(hf_conn *conn)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if (conn->close_sent) {
        return HF_OK;
    }
    if ((conn_is_open(conn) && conn_is_shaking(conn)) || early_may_be_answered(conn)) {
        conn->close_waits = true;
        return HF_OK;
    }
    enum err e = conn_is_open(conn) ? conn_send_close(conn) : cancel_handshake(conn);
    return e == OK ? HF_OK : conn_fail(conn, e);
}

void hf_abort(hf_conn *conn, hf_err why)
{
    if (conn && !conn->failure && why != HF_OK && (int)why < ERR_COUNT) {
        (void)conn_fail(conn, (enum err)why);
    }
}

hf_err hf_send_warning(hf_conn *conn, uint8_t description)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    if (description != ALERT_no_renegotiation && description != ALERT_user_canceled &&
        description != ALERT_unrecognized_name && description != ALERT_no_certificate) {
        return HF_BAD_ARGUMENT;
    }
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if (conn->close_sent) {
        return HF_CLOSED;
    }
    if (conn_speaks13(conn) && description != ALERT_user_canceled) { /* RFC 8446 6.2: all others are errors */
        return HF_BAD_ARGUMENT;
    }
    enum err e = conn_send_alert(conn, 1, description);
    return e == OK ? HF_OK : conn_fail(conn, e);
}
