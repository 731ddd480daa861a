/* SPDX-License-Identifier: MIT */
#include <handfast/observe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"

/* What an observer does with bytes that are missing, changed, not TLS, or under secrets that it has not. */

/* A connection's bytes, recorded once: pieces in the order in which they passed. */
struct piece {
    hf_side from;
    uint8_t bytes[8192];
    size_t len;
};
static struct piece pieces[64];
static size_t piece_count;
static char key_line[512];

static void on_key(void *arg, const char *line)
{
    (void)arg;
    (void)snprintf(key_line, sizeof key_line, "%s\n", line);
}

static void on_wire(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)arg;
    (void)pair;
    struct piece *p = &pieces[piece_count++];
    assert_true(piece_count < 64 && bytes->len <= sizeof p->bytes);
    p->from = from;
    p->len = bytes->len;
    memcpy(p->bytes, bytes->data, bytes->len);
}

/* Full handshake, 3000 bytes each way in three records of the server, close_notify both ways. */
static void record(void)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_keylog(client, on_key, NULL), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    piece_count = 0;
    p->hook = on_wire;
    pair_run(p);
    pair_assert_complete(p);
    for (int i = 0; i < 3; i++) {
        pair_send(p, HF_SERVER, 1000);
    }
    pair_send(p, HF_CLIENT, 1000);
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_close(p->server), HF_OK);
    pair_run(p);
    pair_free(p);
}

struct seen {
    char story[4096];
    size_t failed;
};

static void on_event(void *arg, const hf_event *e)
{
    struct seen *s = arg;
    size_t at = strlen(s->story), room = sizeof s->story - at;
    const char *by = e->by == HF_CLIENT ? "C" : "S";
    s->failed += e->kind == HF_EVENT_CHECK && !e->passed;
    if (e->kind == HF_EVENT_STEP) {
        (void)snprintf(s->story + at, room, "%s %s; ", by, e->name);
    } else if (e->kind == HF_EVENT_DATA) {
        (void)snprintf(s->story + at, room, "%s data; ", by);
    } else if (e->kind == HF_EVENT_CLOSED) {
        (void)snprintf(s->story + at, room, "%s %s; ", by, e->err == HF_OK ? "closed" : "cut");
    } else if (e->kind == HF_EVENT_HIDDEN) {
        (void)snprintf(s->story + at, room, "%s hidden: %s; ", by, e->text);
    }
}

static hf_secrets *secrets_of(const char *text)
{
    size_t used;
    hf_secrets *s = hf_secrets_new();
    assert_non_null(s);
    assert_int_equal(hf_secrets_add(s, (hf_bytes){(const uint8_t *)text, strlen(text)}, &used), HF_OK);
    return s;
}

/* The pieces past an observer; gap_at: of that piece the bytes from `from` on, `len` of them, are missing. */
static struct seen watch(const char *keys, size_t gap_at, size_t from, size_t len, hf_tap_summary *summary)
{
    struct seen seen = {"", 0};
    hf_secrets *secrets = secrets_of(keys);
    hf_tap *tap = hf_tap_new(secrets, on_event, &seen);
    assert_non_null(tap);
    for (size_t i = 0; i < piece_count; i++) {
        const struct piece *p = &pieces[i];
        if (i == gap_at) {
            hf_tap_push(tap, p->from, (hf_bytes){p->bytes, from});
            hf_tap_miss(tap, p->from, len);
            hf_tap_push(tap, p->from, (hf_bytes){p->bytes + from + len, p->len - from - len});
        } else {
            hf_tap_push(tap, p->from, (hf_bytes){p->bytes, p->len});
        }
    }
    hf_tap_end(tap, HF_CLIENT, false);
    hf_tap_end(tap, HF_SERVER, false);
    *summary = *hf_tap_look(tap);
    summary->why = *summary->why ? "some" : "";
    hf_tap_free(tap);
    hf_secrets_free(secrets);
    return seen;
}

#define HANDSHAKE                                                                                                \
    "C ClientHello; S ServerHello; S Certificate; S ServerKeyExchange; S ServerHelloDone; C ClientKeyExchange; " \
    "C [ChangeCipherSpec]; C Finished; S [ChangeCipherSpec]; S Finished; "

/* The piece of the server's i-th record of data. */
static size_t data_piece(size_t i)
{
    for (size_t at = 0; at < piece_count; at++) {
        if (pieces[at].from == HF_SERVER && pieces[at].bytes[0] == 23 && i-- == 0) {
            return at;
        }
    }
    fail();
    return 0;
}

static void nothing_is_missing(void **state)
{
    (void)state;
    hf_tap_summary sum;
    struct seen seen = watch(key_line, SIZE_MAX, 0, 0, &sum);
    assert_string_equal(seen.story, HANDSHAKE "S data; S data; S data; C data; C closed; S closed; ");
    assert_int_equal(seen.failed + sum.hidden + sum.unread, 0);
    assert_string_equal(sum.server_name, TEST_HOST);
}

/* RFC 5246 6.1: the sequence number goes on, so what follows the record can be opened. */
static void a_gap_inside_of_a_record_costs_that_record(void **state)
{
    (void)state;
    hf_tap_summary sum;
    struct seen seen = watch(key_line, data_piece(1), 20, 100, &sum);
    assert_string_equal(seen.story,
                        HANDSHAKE "S data; S hidden: 100 bytes of this record are missing in what was seen; "
                                  "S data; C data; C closed; S closed; ");
    assert_int_equal(sum.hidden, 1);
    assert_int_equal(sum.unread, 0);
}

static void a_gap_between_records_costs_the_rest_of_the_direction(void **state)
{
    (void)state;
    hf_tap_summary sum;
    size_t at = data_piece(1);
    struct seen seen = watch(key_line, at, 0, pieces[at].len, &sum);
    assert_non_null(strstr(seen.story, HANDSHAKE "S data; S hidden: "));
    assert_non_null(strstr(seen.story, "where the next record begins; C data; C closed; "));
    assert_true(sum.unread > pieces[at].len);
}

static void a_gap_in_the_handshake(void **state)
{
    (void)state;
    hf_tap_summary sum;
    struct seen seen = watch(key_line, 1, 120, 50, &sum); /* inside of the server's first flight */
    assert_non_null(strstr(seen.story, "S hidden: "));
    assert_false(sum.complete);
    assert_string_not_equal(sum.why, "");
}

/* Every byte of the server's second record of data changed, one after the other: never more than that record.
 */
static void a_changed_byte_costs_its_record(void **state)
{
    (void)state;
    hf_tap_summary sum;
    struct piece *p = &pieces[data_piece(1)];
    for (size_t at = 5; at < p->len; at += 37) {
        p->bytes[at] ^= 1;
        struct seen seen = watch(key_line, SIZE_MAX, 0, 0, &sum);
        p->bytes[at] ^= 1;
        assert_string_equal(
            seen.story, HANDSHAKE
            "S data; S hidden: this record is damaged: the keys that opened those before it do not open "
            "it; S data; C data; C closed; S closed; ");
        assert_int_equal(sum.hidden, 1);
    }
}

/* RFC 5246 7.4.9: whoever changed a message on its way is seen to have done so. */
static void a_changed_message_is_told_by_finished(void **state)
{
    (void)state;
    hf_tap_summary sum;
    pieces[0].bytes[5 + 4 + 2 + 32 + 1 + 2 + 1] ^= 1; /* the first suite that the client offers */
    struct seen seen = watch(key_line, SIZE_MAX, 0, 0, &sum);
    pieces[0].bytes[5 + 4 + 2 + 32 + 1 + 2 + 1] ^= 1;
    assert_int_equal(seen.failed, 2);
}

static void a_secret_that_is_not_this_connections(void **state)
{
    (void)state;
    hf_tap_summary sum;
    char wrong[sizeof key_line];
    (void)snprintf(wrong, sizeof wrong, "%s", key_line);
    char *last = wrong + strlen(wrong) - 2;
    *last = *last == '0' ? '1' : '0';
    struct seen seen = watch(wrong, SIZE_MAX, 0, 0, &sum);
    assert_non_null(
        strstr(seen.story, "C hidden: the secret that the key log has for it does not open it; "));
    assert_false(sum.complete);
    assert_true(sum.hidden > 4 && sum.unread == 0);
    wrong[14] = wrong[14] == 'a' ? 'b' : 'a'; /* another ClientHello.random */
    seen = watch(wrong, SIZE_MAX, 0, 0, &sum);
    assert_non_null(
        strstr(seen.story, "C hidden: the key log has no CLIENT_RANDOM line for this handshake; "));
}

static void what_is_not_tls(void **state)
{
    (void)state;
    static const struct {
        const char *opening, *why;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", "HTTP"}, {"SSH-2.0-OpenSSH_9\r\n", "SSH"}, {"\1\2\3\4\5\6\7", "TLS"}};
    for (size_t i = 0; i < 3; i++) {
        struct seen seen = {"", 0};
        hf_tap *tap = hf_tap_new(NULL, on_event, &seen);
        assert_non_null(tap);
        for (const char *at = rows[i].opening; *at; at++) {
            hf_tap_push(tap, HF_CLIENT, (hf_bytes){(const uint8_t *)at, 1});
        }
        hf_tap_end(tap, HF_CLIENT, false);
        assert_false(hf_tap_look(tap)->tls);
        assert_true(hf_tap_look(tap)->unread > 0);
        assert_non_null(strstr(hf_tap_look(tap)->why, rows[i].why));
        hf_tap_free(tap);
    }
}

/* From the middle on: no hello, so no keys, whatever is logged. */
static void a_beginning_that_was_not_seen(void **state)
{
    (void)state;
    struct seen seen = {"", 0};
    hf_secrets *secrets = secrets_of(key_line);
    hf_tap *tap = hf_tap_new(secrets, on_event, &seen);
    size_t at = data_piece(0);
    hf_tap_push(tap, HF_SERVER, (hf_bytes){pieces[at].bytes, pieces[at].len});
    assert_string_equal(seen.story, "S hidden: the handshake that its keys come from was not seen; ");
    hf_tap_free(tap);
    hf_secrets_free(secrets);
}

/* RFC 5246 7.2.1 */
static void an_end_without_close_notify(void **state)
{
    (void)state;
    struct seen seen = {"", 0};
    hf_secrets *secrets = secrets_of(key_line);
    hf_tap *tap = hf_tap_new(secrets, on_event, &seen);
    for (size_t i = 0; i < piece_count - 2; i++) {
        hf_tap_push(tap, pieces[i].from, (hf_bytes){pieces[i].bytes, pieces[i].len});
    }
    hf_tap_end(tap, HF_CLIENT, false);
    hf_tap_end(tap, HF_SERVER, true);
    hf_tap_end(tap, HF_SERVER, true);
    assert_string_equal(seen.story, HANDSHAKE "S data; S data; S data; C data; C cut; S cut; ");
    hf_tap_free(tap);
    hf_secrets_free(secrets);
}

/* ---- the key log: RFC 9850 ---- */
#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define MASTER RANDOM "202122232425262728292a2b2c2d2e2f"

static void lines_of_a_key_log(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t taken, refused;
    } rows[] = {
        {"", 0, 0},
        {"# a comment\n\n\r\n", 0, 0},
        {"CLIENT_RANDOM " RANDOM " " MASTER "\n", 1, 0},
        {"CLIENT_RANDOM " RANDOM " " MASTER "\r\nCLIENT_TRAFFIC_SECRET_0 " RANDOM " " RANDOM "\n", 2, 0},
        {"EXPORTER_SECRET " RANDOM " " RANDOM "\nECH_SECRET 00 00\n", 0, 0}, /* labels of no use here */
        {"CLIENT_RANDOM " RANDOM " " RANDOM "\n", 0, 1},                     /* a master secret is 48 bytes */
        {"CLIENT_RANDOM " RANDOM "\n", 0, 1},
        {"CLIENT_RANDOM 00 " MASTER "\n", 0, 1},
        {"CLIENT_RANDOM " RANDOM " " RANDOM "zz2122232425262728292a2b2c2d2e2f\n", 0, 1},
        {"CLIENT_RANDOM  " RANDOM " " MASTER "\n", 0, 1},
        {"SERVER_TRAFFIC_SECRET_0 " RANDOM " 00\n", 0, 1},
        {"words\nCLIENT_RANDOM " RANDOM " " MASTER "\n", 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hf_secrets *s = secrets_of(rows[i].text);
        assert_int_equal(hf_secrets_count(s), rows[i].taken);
        assert_int_equal(hf_secrets_refused(s), rows[i].refused);
        hf_secrets_free(s);
    }
}

static void a_line_without_its_end_waits(void **state)
{
    (void)state;
    static const char text[] = "CLIENT_RANDOM " RANDOM " " MASTER "\n";
    size_t used;
    hf_secrets *s = hf_secrets_new();
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_int_equal(hf_secrets_add(s, (hf_bytes){(const uint8_t *)text, len}, &used), HF_OK);
        assert_int_equal(used, 0);
    }
    assert_int_equal(hf_secrets_count(s), 0);
    assert_int_equal(hf_secrets_add(s, (hf_bytes){NULL, 1}, &used), HF_NULL_ARGUMENT);
    hf_secrets_free(s);
    hf_secrets_free(NULL);
}

/* More connections than are kept: the oldest are forgotten, the others are found. */
static void too_many_connections(void **state)
{
    (void)state;
    hf_secrets *s = hf_secrets_new();
    char line[300];
    size_t used;
    enum { MORE = HF_SECRETS_MOST + 1000 };
    for (unsigned i = 0; i < MORE; i++) {
        int len = snprintf(line, sizeof line, "CLIENT_RANDOM %08x%.56s %s\n", i, RANDOM, MASTER);
        assert_int_equal(hf_secrets_add(s, (hf_bytes){(const uint8_t *)line, (size_t)len}, &used), HF_OK);
    }
    assert_int_equal(hf_secrets_count(s), MORE);
    hf_secrets_free(s);
}

static int setup(void **state)
{
    (void)state;
    record();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_missing),
        cmocka_unit_test(a_gap_inside_of_a_record_costs_that_record),
        cmocka_unit_test(a_gap_between_records_costs_the_rest_of_the_direction),
        cmocka_unit_test(a_gap_in_the_handshake),
        cmocka_unit_test(a_changed_byte_costs_its_record),
        cmocka_unit_test(a_changed_message_is_told_by_finished),
        cmocka_unit_test(a_secret_that_is_not_this_connections),
        cmocka_unit_test(what_is_not_tls),
        cmocka_unit_test(a_beginning_that_was_not_seen),
        cmocka_unit_test(an_end_without_close_notify),
        cmocka_unit_test(lines_of_a_key_log),
        cmocka_unit_test(a_line_without_its_end_waits),
        cmocka_unit_test(too_many_connections),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
