/* SPDX-License-Identifier: MIT */
/* The stream ends behind every byte, in each direction, and arrives in pieces of every small size (checklist
 * A3, R8): an end in the handshake or a truncation, never success before its time, never plaintext that was
 * not sent. */
#include "fault.h"
#include "fault_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct play play;

static const struct fault_scenario *find(const char *name)
{
    for (size_t i = 0; i < fault_scenario_count; i++) {
        if (strcmp(fault_scenarios[i].name, name) == 0) {
            return &fault_scenarios[i];
        }
    }
    fail_msg("no scenario %s", name);
    return NULL;
}

/* What of a stream was delivered: where the record behind ChangeCipherSpec ends, which is Finished; 0: not
 * whole. */
static size_t end_of_finished(const struct wire *w)
{
    bool changed = false;
    for (size_t at = 0; at + 5 <= w->delivered;) {
        size_t end = at + 5 + ((size_t)w->log[at + 3] << 8 | w->log[at + 4]);
        if (end > w->delivered) {
            return 0;
        }
        if (changed) {
            return end;
        }
        changed = w->log[at] == 20;
        at = end;
    }
    return 0;
}

/* The side that hears no more. */
static void check_cut(int reader, size_t cut)
{
    hf_conn *c = play.conn[reader];
    const hf_failure *f = hf_failed(c);
    bool complete = hf_negotiated(c)->complete;
    const struct wire *w = &play.wire[!reader];
    if (complete != (end_of_finished(w) != 0)) {
        fail_msg("%s, byte %zu: complete %d with %zu bytes delivered", play.scenario->name, cut, complete,
                 w->delivered);
    }
    assert_non_null(f);
    hf_err expected = complete ? HF_TRUNCATED : HF_CLOSED_IN_HANDSHAKE;
    if (f->err != expected) {
        fail_msg("%s, byte %zu: %s, not %s", play.scenario->name, cut, hf_err_name(f->err),
                 hf_err_name(expected));
    }
    assert_int_equal(f->alert, HF_NO_ALERT);
    assert_false(play.damaged[reader]);
    assert_true(play.got[reader] <= play.sent[!reader]);
    hf_session *session = hf_conn_session(c); /* a client's, of a handshake that was complete */
    assert_true(!session || (complete && reader == HF_CLIENT));
    hf_session_free(session);
}

/* The other one heard all there was: it ends well only where both sides closed. */
static void check_writer(int writer, size_t cut)
{
    const hf_failure *f = hf_failed(play.conn[writer]);
    bool complete = hf_negotiated(play.conn[writer])->complete;
    if (complete != (end_of_finished(&play.wire[!writer]) != 0)) {
        fail_msg("%s, byte %zu: the writer completes out of turn", play.scenario->name, cut);
    }
    if (f) {
        assert_true(f->err == HF_TRUNCATED || f->err == HF_CLOSED_IN_HANDSHAKE);
        assert_int_equal(f->err == HF_TRUNCATED, complete);
    } else {
        assert_int_equal(play.got[writer], play.scenario->data);
    }
    assert_false(play.damaged[writer]);
}

/* False when everything was delivered before the cut. */
static bool cut_at(int reader, size_t cut)
{
    play.wire[!reader].cut = cut;
    play.scenario->play(&play);
    assert_string_equal(play.problem, "");
    bool was_cut = play.wire[!reader].at < play.wire[!reader].len;
    if (was_cut) {
        assert_int_equal(play.wire[!reader].delivered, cut);
        check_cut(reader, cut);
        check_writer(!reader, cut);
    } else {
        play_judge(&play, false);
        assert_string_equal(play.problem, "");
        assert_null(hf_failed(play.conn[HF_CLIENT]));
        assert_null(hf_failed(play.conn[HF_SERVER]));
    }
    play.wire[!reader].cut = SIZE_MAX;
    play_drop(&play);
    return was_cut;
}

/* Configs and session are the same throughout: a stream that ends spoils neither (RFC 5246 7.2.1). */
static void the_stream_ends_behind_every_byte(void **state)
{
    const struct fault_scenario *s = find(*state);
    play_prepare(&play, s);
    assert_string_equal(play.problem, "");
    for (int reader = 0; reader < 2; reader++) {
        size_t cut = 0;
        while (cut_at(reader, cut)) {
            cut++;
        }
        print_message("# %s: the %s's stream ended behind each of %zu bytes\n", s->name,
                      reader == HF_CLIENT ? "server" : "client", cut);
        assert_true(cut > 200);
    }
    play_end(&play);
}

static void bytes_arrive_in_small_pieces(void **state)
{
    const struct fault_scenario *s = find(*state);
    for (size_t chunk = 1; chunk <= 17; chunk++) {
        play_prepare(&play, s);
        assert_string_equal(play.problem, "");
        play.chunk = chunk;
        play_normally(&play);
        assert_string_equal(play.problem, "");
        assert_int_equal(play.got[HF_CLIENT], s->data);
        assert_int_equal(play.got[HF_SERVER], s->data);
        play_end(&play);
    }
}

#define CUT(name)                                                                                          \
    {                                                                                                      \
        "the_stream_ends_behind_every_byte_" name, the_stream_ends_behind_every_byte, NULL, NULL, (char[]) \
        {                                                                                                  \
            name                                                                                           \
        }                                                                                                  \
    }
#define PIECES(name)                                                                             \
    {                                                                                            \
        "bytes_arrive_in_small_pieces_" name, bytes_arrive_in_small_pieces, NULL, NULL, (char[]) \
        {                                                                                        \
            name                                                                                 \
        }                                                                                        \
    }
int main(void)
{
    const struct CMUnitTest tests[] = {
        CUT("full-ecdsa"),
        CUT("mutual"),
        CUT("mutual-empty"),
        CUT("resume-id"),
        CUT("resume-id-miss"),
        CUT("ticket"),
        CUT("resume-ticket"),
        PIECES("ticket"),
        PIECES("resume-ticket"),
        CUT("asked"),
        CUT("status"),
        CUT("supplemental"),
        CUT("hellos"),
        CUT("renegotiate"),
        PIECES("status"),
        PIECES("supplemental"),
        PIECES("hellos"),
        PIECES("renegotiate"),
        PIECES("full-ecdsa"),
        PIECES("full-rsa"),
        PIECES("full-ed25519"),
        PIECES("mutual"),
        PIECES("mutual-empty"),
        PIECES("resume-id"),
        PIECES("resume-id-miss"),
        PIECES("asked"),
        PIECES("asked-resume-id"),
        PIECES("data"),
    };
    fault_install();
    fault_pki_make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
