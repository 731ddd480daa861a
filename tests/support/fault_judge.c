/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conn/conn.h"

/* What may be true of the two sides when something failed, and what may never be. */

static const char *const side_name[] = {"client", "server"};

/* The first problem is kept. */
void play_problem(struct play *p, const char *format, ...)
{
    va_list arguments;
    if (p->problem[0]) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(p->problem, sizeof p->problem, format, arguments);
    va_end(arguments);
}

void play_note_fired(void *play)
{
    struct play *p = play;
    for (int side = 0; side < 2; side++) {
        p->complete_when_fired[side] = p->conn[side] && p->conn[side]->negotiated.complete;
        /* what was opened before is given out still; a stream's user, who was told of the failure, reads no
         * more */
        bool opened = p->conn[side] && p->scenario->play != play_stream;
        p->got_when_fired[side] = p->got[side] + (opened ? p->conn[side]->app.len : 0);
    }
}

static struct agreed agreed_by(const hf_conn *conn)
{
    const hf_summary *s = hf_negotiated(conn);
    return (struct agreed){
        .complete = s->complete,
        .resumed = s->resumed,
        .ems = s->extended_master_secret,
        .etm = s->encrypt_then_mac,
        .secure_renegotiation = s->secure_renegotiation,
        .verified = s->peer_verified,
        .auth_requested = s->client_auth_requested,
        .version = s->version,
        .suite = s->suite,
        .group = s->group,
        .server_scheme = s->server_scheme,
        .client_scheme = s->client_scheme,
        .verdict = s->peer_verdict,
        .identity = s->identity,
        .renegotiation = s->renegotiation,
        .early = s->early_data,
        .retried = s->hello_retry_request,
    };
}

static bool same(const struct agreed *a, const struct agreed *b)
{
    return a->complete == b->complete && a->ems == b->ems &&
           a->secure_renegotiation == b->secure_renegotiation && a->verified == b->verified &&
           a->version == b->version && a->suite == b->suite && a->verdict == b->verdict &&
           a->resumed == b->resumed && a->group == b->group && a->server_scheme == b->server_scheme &&
           a->client_scheme == b->client_scheme && a->auth_requested == b->auth_requested &&
           a->identity == b->identity && a->etm == b->etm && a->renegotiation == b->renegotiation &&
           a->early == b->early && a->retried == b->retried;
}

/* Where the application's store or its answer was lost, the handshake is a full one: as sound, only dearer.
 */
static bool is_full_instead(const struct agreed *normal, const struct agreed *now)
{
    return normal->resumed && !now->resumed && now->complete && now->ems && now->group &&
           now->server_scheme && now->etm == normal->etm && now->version == normal->version &&
           now->verdict == HF_OK;
}

/* ---- a side that failed ---- */
static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* The failure sticks, and the secrets are gone. */
static void check_failed(struct play *p, int side)
{
    hf_conn *c = p->conn[side];
    uint8_t byte = 0, out[16];
    size_t used = 0;
    const char *who = side_name[side];
    if (hf_push_wire(c, &byte, 1, &used) != HF_FAILED_BEFORE ||
        hf_push_app(c, (hf_bytes){&byte, 1}, &used) != HF_FAILED_BEFORE || hf_close(c) != HF_FAILED_BEFORE ||
        hf_end_wire(c) != HF_FAILED_BEFORE) {
        play_problem(p, "the %s failed, and goes on when it is called again", who);
    }
    if (hf_export(c, "EXPORTER-x", NULL, out, sizeof out) != HF_FAILED_BEFORE || hf_tls_unique(c).len) {
        play_problem(p, "the %s failed, and still gives out keys", who);
    }
    hf_session *session = hf_conn_session(c);
    if (session && hf_failed(c)->err != HF_TRUNCATED) { /* RFC 5246 7.2.1: that spoils none */
        play_problem(p, "the %s failed, and still gives out a session", who);
    }
    hf_session_free(session);
    if (c->hs || !is_zero(c->negotiated.master.data, sizeof c->negotiated.master.data) ||
        c->in.protection.kind != PROTECT_NONE || c->in.protection.key.schedule ||
        c->out.protection.kind != PROTECT_NONE || c->out.protection.key.schedule) {
        play_problem(p, "the %s failed, and keeps secrets", who);
    }
    if ((hf_wants(c) & (HF_CLOSED_IN | HF_CLOSED_OUT)) != (HF_CLOSED_IN | HF_CLOSED_OUT)) {
        play_problem(p, "the %s failed, and wants more", who);
    }
}

static bool side_is_gone(const struct play *p, int side)
{
    return !p->conn[side] || hf_failed(p->conn[side]) || p->wire[side].cut != SIZE_MAX;
}

/* Fails closed, but under a wrong name. */
static void misnamed(struct play *p, int side, hf_err e, const char *detail, const char *step)
{
    if (p->misnamed == HF_OK) {
        p->misnamed = e;
    }
    play_problem(p, "the %s fails with %s (%s; at %s)", side_name[side], hf_err_name(e), detail, step);
}

/* The row must name what happened here, not blame the peer. */
static void check_row(struct play *p, int side, bool fired)
{
    const hf_failure *f = hf_failed(p->conn[side]);
    hf_err expected = p->scenario->expected[side];
    bool local = fired && hf_err_class_of(f->err) == HF_CLASS_LOCAL && f->err != HF_INTERNAL;
    bool gone = side_is_gone(p, !side) && (f->err == HF_CLOSED_IN_HANDSHAKE || f->err == HF_TRUNCATED);
    bool told =
        f->err == HF_ALERT_RECEIVED && p->conn[!side] && hf_failed(p->conn[!side]) &&
        (hf_failed(p->conn[!side])->alert == f->alert || hf_failed(p->conn[!side])->err == HF_NO_MEMORY);
    if (f->err != expected && !local && !gone && !told) {
        misnamed(p, side, f->err, f->detail, f->step);
    }
}

/* ---- a side that did not ---- */
static void check_well(struct play *p, int side, bool fired)
{
    hf_conn *c = p->conn[side];
    struct agreed now = agreed_by(c);
    const char *who = side_name[side];
    if (p->scenario->expected[side] != HF_OK) {
        play_problem(p, "the %s ends well where it must refuse with %s", who,
                     hf_err_name(p->scenario->expected[side]));
    } else if (!now.complete) {
        play_problem(p, "the %s neither fails nor completes its handshake", who);
    } else if (fired && !same(&now, &p->normal[side]) && !is_full_instead(&p->normal[side], &now)) {
        play_problem(
            p,
            "the %s completes with other parameters: suite %04x group %u verified %d verdict %d resumed %d",
            who, now.suite, now.group, now.verified, now.verdict, now.resumed);
    } else if (p->got[side] != p->scenario->data && !side_is_gone(p, !side)) {
        play_problem(p, "the %s has %zu of %zu bytes and does not mind", who, p->got[side],
                     p->scenario->data);
    }
}

static void check_side(struct play *p, int side, bool fired)
{
    if (p->damaged[side]) {
        play_problem(p, "the %s was given plaintext that nobody sent", side_name[side]);
    }
    if (p->local[side] != HF_OK &&
        (!fired || hf_err_class_of(p->local[side]) != HF_CLASS_LOCAL || p->local[side] == HF_INTERNAL)) {
        misnamed(p, side, p->local[side], "", "a call");
    }
    if (p->conn[side] && hf_failed(p->conn[side])) {
        check_row(p, side, fired);
        check_failed(p, side);
    } else if (p->conn[side]) {
        check_well(p, side, fired);
    }
}

static void check_exports(struct play *p)
{
    uint8_t out[2][16];
    for (int side = 0; side < 2; side++) {
        if (!p->conn[side] || hf_failed(p->conn[side]) ||
            hf_export(p->conn[side], "EXPORTER-judge", NULL, out[side], sizeof out[side]) != HF_OK) {
            return;
        }
    }
    if (memcmp(out[0], out[1], sizeof out[0]) != 0) {
        play_problem(p, "both sides complete the handshake with different secrets");
    }
}

void play_judge(struct play *p, bool fired)
{
    for (int side = 0; side < 2; side++) {
        check_side(p, side, fired);
    }
    check_exports(p);
}

/* RFC 8446 4.6.3: the client asked for the server's new keys too. */
static bool renewed(const hf_conn *c)
{
    const hf_stats stats = hf_conn_stats(c);
    return stats.key_updates_sent == 1 && stats.key_updates_received == 1;
}

/* RFC 8446 4.1.4: another group is wanted, or a cookie back. */
static bool play_retries(const struct fault_scenario *s)
{
    return s->server_groups || s->retry_cookie;
}

void play_normally(struct play *p)
{
    p->scenario->play(p);
    for (int side = 0; side < 2; side++) {
        p->normal[side] = p->conn[side] ? agreed_by(p->conn[side]) : (struct agreed){0};
        check_side(p, side, false);
        hf_err e = p->conn[side] && hf_failed(p->conn[side]) ? hf_failed(p->conn[side])->err : HF_OK;
        if (e != p->scenario->expected[side]) {
            play_problem(p, "without a fault the %s ends with %s", side_name[side], hf_err_name(e));
        }
        if (p->scenario->again && p->scenario->again != AGAIN_KEYS &&
            p->normal[side].renegotiation != HF_RENEGOTIATED) {
            play_problem(p, "without a fault there is no second handshake");
        }
        if (p->conn[side] && p->scenario->resume == RESUME_HIT && !p->normal[side].resumed) {
            play_problem(p, "without a fault nothing is resumed");
        }
        if (p->conn[side] && p->normal[side].retried != play_retries(p->scenario)) {
            play_problem(p, "without a fault there is a HelloRetryRequest too many, or none");
        }
        if (p->conn[side] && p->scenario->again == AGAIN_KEYS && !renewed(p->conn[side])) {
            play_problem(p, "without a fault the %s has not its keys renewed in both directions",
                         side_name[side]);
        }
        bool taken = p->normal[side].early == HF_EARLY_ACCEPTED;
        bool retried = p->scenario->server_groups; /* RFC 8446 4.2.10: then it is refused */
        if (p->conn[side] && p->scenario->early && taken == retried) {
            play_problem(p, "without a fault early data is %s", taken ? "taken" : "not taken");
        }
    }
    check_exports(p);
}
