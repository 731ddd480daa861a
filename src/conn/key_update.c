/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "conn/conn.h"
#include "tls13/tls13.h"

/* KeyUpdate, RFC 8446 4.6.3, 7.2: each side gives what it sends new keys, as often as it likes. */

/* More than this, with no data between them, are an attack. */
#define KEY_UPDATES_MAX 32

/* RFC 9850 3.1: "CLIENT_TRAFFIC_SECRET_3" */
static void log_secret(const hf_conn *c, enum side writer)
{
    const struct after13 *a = c->after13;
    char label[48];
    (void)snprintf(label, sizeof label, "%s_TRAFFIC_SECRET_%llu", writer == CLIENT ? "CLIENT" : "SERVER",
                   (unsigned long long)a->generation[writer]);
    keylog_secret(&c->config->settings, c->negotiated.client_random, label, &a->traffic[writer]);
}

/* RFC 8446 7.2: application_traffic_secret_N+1, and what is protected with it. */
struct next {
    struct secret secret;
    struct protection protection;
};

static enum err make_next(const hf_conn *c, enum side writer, struct next *n)
{
    const struct suite *suite = c->negotiated.suite;
    const struct secret *now = &c->after13->traffic[writer];
    *n = (struct next){.secret.len = now->len};
    enum err e = tls13_derive(suite->hash, secret_slice(now), "traffic upd", slice_of(NULL, 0),
                              (struct span){n->secret.data, n->secret.len});
    e = e == OK
            ? tls13_protect(&n->protection, suite, writer == c->config->settings.side ? AEAD_SEAL : AEAD_OPEN,
                            secret_slice(&n->secret))
            : e;
    if (e != OK) {
        secret_wipe(&n->secret);
    }
    return e;
}

/* RFC 8446 7.2: its name. */
static void tell_secret(hf_conn *c, enum side writer)
{
    const struct after13 *a = c->after13;
    char name[48];
    (void)snprintf(name, sizeof name, "%s_application_traffic_secret_%llu",
                   writer == CLIENT ? "client" : "server", (unsigned long long)a->generation[writer]);
    held_tell_secret(c, name, secret_slice(&a->traffic[writer]), message_row(KEY_UPDATE)->name);
}

static void use_next(hf_conn *c, enum side writer, struct next *n)
{
    bool ours = writer == c->config->settings.side;
    struct protection *p = ours ? &c->out.protection : &c->in.protection;
    protection_wipe(p);
    *p = n->protection;
    c->after13->traffic[writer] = n->secret;
    c->after13->generation[writer]++;
    log_secret(c, writer);
    tell_secret(c, writer);
    wipe(n, sizeof *n);
}

enum err key_update_send(hf_conn *c, bool request)
{
    const uint8_t key_update[HANDSHAKE_HEADER + 1] = {24, 0, 0, 1,
                                                      request ? UPDATE_REQUESTED : UPDATE_NOT_REQUESTED};
    struct slice message = slice_of(key_update, sizeof key_update);
    enum side me = c->config->settings.side;
    struct next next;
    TRY(make_next(c, me, &next)); /* before it is said: a failure behind it could be told to nobody */
    enum err e = record_write(&c->out, CONTENT_HANDSHAKE, message); /* alone in its record: RFC 8446 5.1 */
    if (e != OK) {
        protection_wipe(&next.protection);
        wipe(&next, sizeof next);
        return e;
    }
    emit_row(c, flow_anytime_accepts(flow_anytime13, me, KEY_UPDATE), message, false);
    c->stats.key_updates_sent++;
    c->after13->update_due = false;
    c->after13->awaited += request;
    use_next(c, me, &next);
    return OK;
}

enum err key_update_settle(hf_conn *c, bool before_data)
{
    struct after13 *a = c->after13;
    if (!a || c->close_sent || conn_is_shaking(c)) { /* RFC 8446 4.6.2: nor in the midst of authentication */
        return OK;
    }
    /* RFC 8446 4.6.3: however many asked, one answers; it waits for room, or for the next data */
    bool answer = a->update_due && (before_data || !record_sendable(&c->out).len);
    /* RFC 8446 5.5 */
    bool worn = before_data && protection_is_worn(&c->out.protection);
    return answer || worn ? key_update_send(c, false) : OK;
}

enum err key_update_take(hf_conn *c, struct slice body, bool alone)
{
    struct key_update m;
    struct after13 *a = c->after13;
    TRY(layout_decode(&layout_key_update, body, &m));
    if (m.request_update > UPDATE_REQUESTED) { /* RFC 8446 4.6.3 */
        return E_BAD_KEY_UPDATE;
    }
    if (!alone) { /* RFC 8446 5.1 */
        return E_BYTES_ACROSS_KEY_CHANGE;
    }
    if (a->awaited) { /* we asked for it, or for more than he says in one answer */
        a->awaited--;
    } else if (++a->updates > KEY_UPDATES_MAX) {
        return E_TOO_MANY_KEY_UPDATES;
    }
    c->stats.key_updates_received++;
    a->update_due |= m.request_update == UPDATE_REQUESTED;
    struct next next;
    TRY(make_next(c, other_side(c->config->settings.side), &next));
    use_next(c, other_side(c->config->settings.side), &next);
    return OK;
}

hf_err hf_update_keys(hf_conn *conn, bool request_peer)
{
    if (!conn) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->failure) {
        return HF_FAILED_BEFORE;
    }
    if (conn->close_sent || conn->close_waits) {
        return HF_CLOSED;
    }
    if (!conn_is_open(conn) || conn_is_shaking(conn)) {
        return HF_TOO_EARLY;
    }
    if (!conn->after13 || conn->out.levels) { /* RFC 9001 6: QUIC changes its keys by itself */
        return HF_KEY_UPDATE_UNAVAILABLE;
    }
    enum err e = key_update_send(conn, request_peer);
    return e == OK ? HF_OK : conn_fail(conn, e);
}
