/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <handfast/early.h>

#include "extras.h"
#include "extras13.h"
#include "peers.h"

/* Connections driven: what an application does with them, whatever comes. */

void fuzz_begin(hf_conn *client)
{
    extras13_begin(client);
    REQUIRE(hf_peek_wire(client).len > 0); /* ClientHello */
}

static void answer_session(hf_conn *conn, const hf_question *q)
{
    hf_bytes found = fuzz_session_found(q->session_key);
    bool taken = q->take && !(fuzz_playing() & WITH_ASKS);
    REQUIRE((taken ? hf_answer_session_taken : hf_answer_session)(conn, found) == HF_OK);
}

void fuzz_answer(hf_conn *conn)
{
    hf_question q;
    hf_drop_early(conn, hf_peek_early(conn).len);
    for (;;) {
        switch (hf_asked(conn, &q)) {
        case HF_ASK_NOTHING:
            extras13_go_on(conn);
            return;
        case HF_ASK_LOOK_UP_SESSION:
            answer_session(conn, &q);
            break;
        case HF_ASK_LOOK_UP_PSK:
            extras13_answer_psk(conn, &q);
            break;
        case HF_ASK_PICK_IDENTITY:
            REQUIRE(hf_answer_identity(conn, HF_ANY_IDENTITY) == HF_OK);
            break;
        case HF_ASK_VERIFY:
            REQUIRE(hf_answer_verdict(conn, q.verdict) == HF_OK);
            break;
        case HF_ASK_FETCH_URL:
            extras_fetch(conn, &q);
            break;
        default:
            abort();
        }
    }
}

/* What holds whatever came. */
void fuzz_check(const hf_conn *conn)
{
    const hf_failure *f = hf_failed(conn);
    const hf_summary *s = hf_negotiated(conn);
    unsigned wants = hf_wants(conn);
    REQUIRE(!f || f->err != HF_OK);
    /* no input is this side's fault, or its caller's */
    REQUIRE(!f || (hf_err_class_of(f->err) != HF_CLASS_LOCAL && hf_err_class_of(f->err) != HF_CLASS_USAGE));
    REQUIRE(!f || (wants & (HF_MORE_WIRE | HF_GIVE_APP | HF_ANSWER)) == 0);
    bool early = s->early_data == HF_EARLY_ACCEPTED; /* which a server may answer at once */
    REQUIRE(s->complete || (hf_peek_app(conn).len == 0 && (early || !(wants & HF_GIVE_APP))));
    REQUIRE(!s->complete || s->suite);
    REQUIRE(!s->complete || s->version == 0x0303 || (s->version == 0x0304 && fuzz_playing() & WITH_TLS13));
}

static void drop_all(hf_conn *conn)
{
    hf_drop_early(conn, hf_peek_early(conn).len);
    hf_drop_app(conn, hf_peek_app(conn).len);
    hf_drop_wire(conn, hf_peek_wire(conn).len);
}

static void take_piece(hf_conn *conn, struct slice piece)
{
    uint8_t *copy = malloc(piece.len ? piece.len : 1);
    REQUIRE(copy);
    memcpy(copy, piece.data, piece.len);
    for (size_t at = 0, used = 1; at < piece.len && used && !hf_failed(conn); at += used) {
        hf_err e = hf_push_wire(conn, copy + at, piece.len - at, &used);
        REQUIRE(used <= piece.len - at);
        REQUIRE((e == HF_OK) == !hf_failed(conn));
        fuzz_check(conn);
        hf_drop_app(conn, hf_peek_app(conn).len);
        fuzz_answer(conn);
    }
    free(copy);
}

void fuzz_take(hf_conn *conn, struct slice bytes, size_t piece)
{
    while (bytes.len && !hf_failed(conn)) {
        size_t len = bytes.len < piece ? bytes.len : piece;
        take_piece(conn, slice_of(bytes.data, len));
        bytes = slice_after(bytes, len);
        drop_all(conn);
    }
    (void)!hf_end_wire(conn);
    (void)!hf_close(conn);
    drop_all(conn);
    fuzz_check(conn);
}

size_t fuzz_carry(hf_conn *from, hf_conn *to)
{
    size_t carried = 0;
    for (hf_bytes b = hf_peek_wire(from); b.len; b = hf_peek_wire(from)) {
        take_piece(to, slice_of(b.data, b.len));
        hf_drop_wire(from, b.len);
        carried += b.len;
    }
    return carried;
}

void fuzz_converse(hf_conn *client, hf_conn *server)
{
    for (unsigned turns = 0; fuzz_carry(client, server) + fuzz_carry(server, client) > 0; turns++) {
        REQUIRE(turns < 64);
    }
}
