/* SPDX-License-Identifier: MIT */
#include <handfast/early.h>

#include "conn/conn.h"

/* Early data at the border, RFC 8446 2.3: apart from all other data, in calls of its own. */

_Static_assert((int)HF_EARLY_ALPN == (int)EARLY_ALPN, "verdicts are the same numbers");

/* ---- what is configured ---- */
hf_err hf_config_early_data(hf_config *config, uint32_t bytes)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    config->settings.early_data = bytes;
    return HF_OK;
}

hf_err hf_config_early_data_age(hf_config *config, unsigned seconds)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable != HF_OK) {
        return settable;
    }
    if (!seconds || seconds > 3600) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.early_data_age = seconds;
    return HF_OK;
}

/* ---- a client's ---- */
static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What may still be sent; the session goes when the server does not take it. */
static uint32_t left(const hf_conn *c)
{
    const struct session *s = c->hs->session;
    uint32_t most = s ? smaller(c->config->settings.early_data, s->max_early_data) : 0;
    return most > c->stats.early_out ? most - (uint32_t)c->stats.early_out : 0;
}

static bool is_offering(const hf_conn *c)
{
    return c->hs && !c->failure && !c->negotiated.complete && c->negotiated.early == EARLY_OFFERED &&
           !cursor_has(&c->hs->cursor, TLS13); /* ServerHello has not come */
}

bool early_may_be_sent(const hf_conn *c)
{
    return !c->out.levels && is_offering(c) && left(c) > 0;
}

/* The first of it makes the ClientHello, which then says that there is some. */
static enum err begin(hf_conn *c)
{
    const struct session *s = c->hs ? c->hs->session : NULL;
    if (c->started || c->config->settings.side != CLIENT || !s || !left(c)) {
        return OK;
    }
    c->hs->wants_early = true;
    return conn_start(c);
}

static enum err seal(hf_conn *c, struct slice plain, size_t *used)
{
    size_t limit = c->config->settings.unsent_limit;
    uint32_t may = left(c);
    plain.len = plain.len < may ? plain.len : may;
    while (*used < plain.len) {
        size_t held = record_sendable(&c->out).len, rest = plain.len - *used;
        size_t chunk = rest < c->out.fragment ? rest : c->out.fragment;
        if (held && held + chunk > limit) {
            break;
        }
        TRY(record_write(&c->out, CONTENT_APPLICATION_DATA, slice_of(plain.data + *used, chunk)));
        *used += chunk;
        c->stats.early_out += chunk;
        emit_data(c, false, chunk);
    }
    return OK;
}

hf_err hf_push_early(hf_conn *conn, hf_bytes plain, size_t *used)
{
    if (!conn || !used || (!plain.data && plain.len)) {
        return HF_NULL_ARGUMENT;
    }
    *used = 0;
    if (conn->failure || conn->out.levels) {
        return conn->failure ? HF_FAILED_BEFORE : HF_CARRIED_BY_QUIC;
    }
    enum err e = begin(conn);
    if (e == OK && !is_offering(conn)) {
        return HF_EARLY_DATA_UNAVAILABLE;
    }
    e = e == OK ? seal(conn, slice_of_bytes(plain), used) : e;
    return e == OK ? HF_OK : conn_fail(conn, e);
}

/* ---- a server's ---- */
bool early_is_due(const hf_conn *c)
{
    const struct hs *hs = c->hs;
    return hs && !c->negotiated.complete && hs->cursor.me == SERVER && cursor_has(&hs->cursor, EARLY_DATA) &&
           cursor_expected(&hs->cursor) & 1u << END_OF_EARLY_DATA;
}

/* RFC 8446 4.2.10: content counts, padding and type do not. */
enum err early_take(hf_conn *c, struct slice content)
{
    if (c->hs->input.len || buffer_len(&c->hs->incoming)) { /* RFC 8446 5.1 */
        return E_INTERLEAVED_MESSAGE;
    }
    if (content.len > c->hs->session->max_early_data - c->stats.early_in) {
        return E_TOO_MUCH_EARLY_DATA;
    }
    c->stats.early_in += content.len;
    c->early = content;
    emit_data(c, true, content.len);
    return OK;
}

bool early_may_be_answered(const hf_conn *c)
{
    const struct hs *hs = c->hs;
    return hs && !c->failure && !c->negotiated.complete && hs->cursor.me == SERVER && hs->has_traffic &&
           cursor_has(&hs->cursor, EARLY_DATA);
}

hf_bytes hf_peek_early(const hf_conn *conn)
{
    return conn ? bytes_of_slice(conn->early) : (hf_bytes){NULL, 0};
}

void hf_drop_early(hf_conn *conn, size_t len)
{
    if (conn) {
        conn_drop(conn, &conn->early, len);
    }
}

/* ---- words ---- */
const char *hf_early_data_name(hf_early_data what)
{
    static const char *const names[EARLY_VERDICT_COUNT] = {
        "not_offered", "offered",   "accepted",    "rejected",       "off",   "retried",
        "not_resumed", "not_first", "not_allowed", "not_single_use", "stale", "alpn",
    };
    return (size_t)what < EARLY_VERDICT_COUNT ? names[what] : "unknown";
}

const char *hf_early_data_sentence(hf_early_data what)
{
    return early_sentence((enum early_verdict)what);
}
