/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <errno.h>
#include <handfast/early.h>
#include <string.h>

#include <sys/socket.h>

#include "conn/conn.h"

/* The two connections, and the bytes between them. */
#define ROUNDS_MAX 200000

uint8_t play_byte(hf_side by, size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) + (by == HF_SERVER ? 101 : 3));
}

/* ---- early data: one byte after the other, RFC 8446 2.3 ---- */
#define EARLY_BYTES 100

static void push_early(struct play *p)
{
    uint8_t bytes[EARLY_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    hf_err e = hf_push_early(p->conn[HF_CLIENT], (hf_bytes){bytes, sizeof bytes}, &used);
    if (e == HF_OK && used != sizeof bytes) {
        play_problem(p, "not all of the early data was taken");
    }
}

void play_connect(struct play *p)
{
    for (int side = 0; side < 2; side++) {
        hf_problem why = {HF_OK, ""};
        p->conn[side] = hf_conn_new(p->config[side], side == HF_CLIENT ? FAULT_HOST : NULL, &why);
        p->local[side] = p->conn[side] ? HF_OK : why.err;
    }
    if (p->conn[HF_CLIENT] && p->session) {
        p->local[HF_CLIENT] = hf_conn_resume(p->conn[HF_CLIENT], p->session);
    }
    if (p->conn[HF_CLIENT] && p->session && p->scenario->early && !p->scenario->quic &&
        p->local[HF_CLIENT] == HF_OK) {
        push_early(p);
    }
}

static void take_early(struct play *p, int side)
{
    hf_bytes early = hf_peek_early(p->conn[side]);
    uint64_t before = hf_conn_stats(p->conn[side]).early_in - early.len;
    for (size_t i = 0; i < early.len; i++) {
        p->damaged[side] |= early.data[i] != (uint8_t)(before + i) || before + i >= EARLY_BYTES;
    }
    hf_drop_early(p->conn[side], early.len);
}

/* ---- plaintext ---- */
static void check_plain(struct play *p, int side, hf_bytes plain)
{
    for (size_t i = 0; i < plain.len; i++) {
        p->damaged[side] |= plain.data[i] !=
                            play_byte(side == HF_CLIENT ? HF_SERVER : HF_CLIENT, p->got[side] + i);
    }
    p->got[side] += plain.len;
}

static void take_plain(struct play *p, int side)
{
    hf_bytes plain = hf_peek_app(p->conn[side]);
    check_plain(p, side, plain);
    hf_drop_app(p->conn[side], plain.len);
}

static bool give_plain(struct play *p, int side)
{
    size_t total = p->scenario->data, used = 0;
    uint8_t bytes[3000];
    bool early = p->scenario->again && p->scenario->again != AGAIN_KEYS &&
                 hf_negotiated(p->conn[side])->renegotiation != HF_RENEGOTIATED;
    if (early || !(hf_wants(p->conn[side]) & HF_GIVE_APP)) {
        return false;
    }
    if (p->sent[side] == total) {
        return p->got[side] == total && hf_close(p->conn[side]) == HF_OK;
    }
    size_t len = total - p->sent[side] < sizeof bytes ? total - p->sent[side] : sizeof bytes;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = play_byte((hf_side)side, p->sent[side] + i);
    }
    hf_err e = hf_push_app(p->conn[side], (hf_bytes){bytes, len}, &used);
    p->sent[side] += used;
    return e == HF_OK && used;
}

/* ---- ciphertext ---- */
static bool collect(struct play *p, int side)
{
    struct wire *w = &p->wire[side];
    bool moved = false;
    if (w->at == w->len) {
        w->at = w->len = 0;
    }
    for (hf_bytes out = hf_peek_wire(p->conn[side]); out.len && w->len < WIRE_SIZE;
         out = hf_peek_wire(p->conn[side])) {
        size_t n = out.len < WIRE_SIZE - w->len ? out.len : WIRE_SIZE - w->len;
        memcpy(w->bytes + w->len, out.data, n);
        w->len += n;
        hf_drop_wire(p->conn[side], n);
        moved = true;
    }
    return moved;
}

static void log_delivered(struct wire *w, const uint8_t *bytes, size_t n)
{
    if (w->delivered + n <= WIRE_SIZE) {
        memcpy(w->log + w->delivered, bytes, n);
    }
    w->delivered += n;
}

static bool deliver(struct play *p, int from)
{
    struct wire *w = &p->wire[from];
    hf_conn *to = p->conn[!from];
    size_t n = w->len - w->at, used = 0;
    n = n < w->cut - w->delivered ? n : w->cut - w->delivered;
    n = p->chunk && n > p->chunk ? p->chunk : n;
    if (!n) {
        return false;
    }
    if (!to || hf_failed(to)) {
        w->at = w->len; /* nobody reads any more */
        return true;
    }
    uint8_t before[WIRE_SIZE]; /* records are opened in place */
    memcpy(before, w->bytes + w->at, n);
    hf_err e = hf_push_wire(to, w->bytes + w->at, n, &used);
    log_delivered(w, before, used);
    take_early(p, !from);
    take_plain(p, !from);
    w->at += used;
    return e != HF_OK || used;
}

/* ---- questions ---- */
static bool answer(struct play *p, int side)
{
    hf_question q;
    uint8_t signature[512];
    switch (hf_asked(p->conn[side], &q)) {
    case HF_ASK_LOOK_UP_SESSION: {
        bool known = strcmp(q.session_key, p->stored.key) == 0;
        hf_bytes found = {p->stored.bytes, known ? p->stored.len : 0};
        return (p->scenario->early ? hf_answer_session_taken(p->conn[side], found)
                                   : hf_answer_session(p->conn[side], found)) == HF_OK;
    }
    case HF_ASK_PICK_IDENTITY:
        if (p->scenario->mac_then_encrypt) {
            p->conn[side]->hs->offer.etm = false;
        }
        return hf_answer_identity(p->conn[side], HF_ANY_IDENTITY) == HF_OK;
    case HF_ASK_SIGN: {
        enum fault_leaf leaf = side == HF_CLIENT ? p->scenario->client : p->scenario->server;
        size_t len = fault_sign(leaf, q.to_sign, signature, sizeof signature);
        return hf_answer_signature(p->conn[side], (hf_bytes){signature, len}) == HF_OK;
    }
    case HF_ASK_SUPPLEMENTAL: {
        const hf_supplemental entry = {.type = FAULT_SUPPLEMENTAL,
                                       .data = {(const uint8_t *)"supplement", 10}};
        return hf_answer_supplemental(p->conn[side], &entry, 1) == HF_OK;
    }
    case HF_ASK_FETCH_URL:
        return hf_answer_fetched(p->conn[side], (hf_bytes){p->published, p->published_len}) == HF_OK;
    case HF_ASK_VERIFY:
        return hf_answer_verdict(p->conn[side], q.verdict) == HF_OK;
    default:
        return false;
    }
}

/* RFC 5746 3.5, 3.7. A call that finds no memory has changed nothing, and is made once more. */
static bool begin_again(struct play *p)
{
    hf_conn *c = p->conn[HF_CLIENT], *s = p->conn[HF_SERVER];
    if (!p->scenario->again || p->again || !c || !s || !hf_negotiated(c)->complete ||
        !hf_negotiated(s)->complete || hf_failed(c) || hf_failed(s)) {
        return false;
    }
    hf_session *session = p->scenario->again == AGAIN_BY_RESUMING ? hf_conn_session(c) : NULL;
    hf_err e = session                                       ? hf_renegotiate_resuming(c, session)
               : p->scenario->again == AGAIN_BY_CLIENT       ? hf_renegotiate(c)
               : p->scenario->again == AGAIN_BY_SERVER       ? hf_renegotiate(s)
               : p->scenario->again == AGAIN_FOR_CERTIFICATE ? hf_request_client_certificate(s)
               : p->scenario->again == AGAIN_KEYS            ? hf_update_keys(c, true)
                                                             : HF_NOT_ASKED;
    hf_session_free(session);
    p->again = e == HF_OK;
    if (e != HF_OK && e != HF_NO_MEMORY && !hf_failed(c) && !hf_failed(s)) {
        play_problem(p, "no second handshake: %s", hf_err_name(e));
    }
    return true;
}

static bool move(struct play *p, int side)
{
    bool moved = begin_again(p);
    if (p->conn[side]) {
        moved |= answer(p, side);
        moved |= give_plain(p, side);
        moved |= collect(p, side);
    }
    return deliver(p, side) || moved;
}

/* Until nothing moves; then, for whoever still waits, the stream has ended. */
void play_pump(struct play *p)
{
    int rounds = 0;
    for (bool moving = true; moving && rounds < ROUNDS_MAX; rounds++) {
        moving = move(p, HF_CLIENT);
        moving |= move(p, HF_SERVER);
    }
    if (rounds == ROUNDS_MAX) {
        play_problem(p, "the connections never come to rest");
    }
    for (int side = 0; side < 2; side++) {
        if (p->conn[side] && !hf_failed(p->conn[side])) {
            hf_err e = hf_end_wire(p->conn[side]);
            (void)e;
        }
    }
}

/* ---- the same by hf_stream_* over a socket pair, both ends in this thread ---- */
static bool stream_write(struct play *p, int side)
{
    uint8_t bytes[3000];
    size_t rest = p->scenario->data - p->sent[side], len = rest < sizeof bytes ? rest : sizeof bytes;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = play_byte((hf_side)side, p->sent[side] + i);
    }
    ssize_t n = len ? hf_stream_write(p->stream[side], bytes, len) : 0;
    p->sent[side] += n > 0 ? (size_t)n : 0;
    return n >= 0 || errno == EAGAIN;
}

/* *over: the peer closed. */
static bool stream_read(struct play *p, int side, bool *over)
{
    uint8_t bytes[3000];
    ssize_t n = hf_stream_read(p->stream[side], bytes, sizeof bytes);
    if (n > 0) {
        check_plain(p, side, (hf_bytes){bytes, (size_t)n});
    }
    *over = n == 0;
    return n >= 0 || errno == EAGAIN;
}

/* False when the side is done or has failed. */
static bool stream_step(struct play *p, int side)
{
    bool over = false;
    if (!stream_write(p, side) ||
        (p->sent[side] < p->scenario->data && !hf_negotiated(p->conn[side])->complete)) {
        return !hf_failed(p->conn[side]);
    }
    bool closing = p->sent[side] == p->scenario->data && p->got[side] == p->scenario->data;
    if (closing && hf_stream_close(p->stream[side]) != 0 && errno != EAGAIN) {
        return false;
    }
    return stream_read(p, side, &over) && !over;
}

void play_stream(struct play *p)
{
    play_connect(p);
    bool going[2];
    for (int side = 0; side < 2; side++) {
        p->stream[side] = p->conn[side] ? hf_stream_new(p->conn[side], p->fd[side]) : NULL;
        if (p->conn[side] && !p->stream[side]) {
            p->conn[side] = NULL; /* hf_stream_new has freed it */
            p->local[side] = HF_NO_MEMORY;
        }
        going[side] = p->stream[side] != NULL;
    }
    for (int rounds = 0; (going[0] || going[1]) && rounds < ROUNDS_MAX; rounds++) {
        for (int side = 0; side < 2; side++) {
            if (going[side]) {
                going[side] = stream_step(p, side);
            }
            if (!going[side]) {
                (void)shutdown(p->fd[side], SHUT_WR);
            }
        }
        if (rounds == ROUNDS_MAX - 1) {
            play_problem(p, "the streams never come to rest");
        }
    }
}
