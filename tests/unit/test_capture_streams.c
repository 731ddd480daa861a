/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/queue.h"
#include "capture/streams.h"

/* TCP put together from segments as networks and captures treat them: RFC 9293 3.4, 3.10. */

/* What came out, in words: "1 open; 1 c abc; 1 c miss 3; 1 c end; 1 close; " */
static char story[4096];

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    va_list arguments;
    size_t at = strlen(story);
    va_start(arguments, format);
    (void)vsnprintf(story + at, sizeof story - at, format, arguments);
    va_end(arguments);
}

static unsigned open_now;

static void *on_open(void *arg, const struct ends *ends, int64_t time)
{
    unsigned *number = malloc(sizeof *number);
    (void)arg;
    assert_non_null(number);
    *number = (unsigned)ends->number;
    add("%u open %u->%u%s at %lld; ", *number, ends->client.port, ends->server.port,
        ends->midway ? " midway" : "", (long long)time);
    open_now++;
    return number;
}

static const char *word(hf_side side)
{
    return side == HF_CLIENT ? "c" : "s";
}

static void on_bytes(void *conn, hf_side from, hf_bytes bytes, int64_t time)
{
    (void)time;
    add("%u %s %.*s; ", *(unsigned *)conn, word(from), (int)bytes.len, (const char *)bytes.data);
}

static void on_miss(void *conn, hf_side from, uint64_t len)
{
    add("%u %s miss %llu; ", *(unsigned *)conn, word(from), (unsigned long long)len);
}

static void on_end(void *conn, hf_side from, bool cut)
{
    add("%u %s %s; ", *(unsigned *)conn, word(from), cut ? "cut" : "end");
}

static void on_close(void *conn)
{
    add("%u close; ", *(unsigned *)conn);
    open_now--;
    free(conn);
}

static const struct sink sink = {on_open, on_bytes, on_miss, on_end, on_close, NULL};
static struct streams *streams;

static int setup(void **state)
{
    (void)state;
    story[0] = 0;
    open_now = 0;
    streams = streams_new(&sink);
    return streams == NULL;
}

static int teardown(void **state)
{
    (void)state;
    streams_free(streams);
    return open_now != 0;
}

enum { CLIENT_FIRST = 1000, SERVER_FIRST = 5000 };

static void pass(bool client, uint32_t at, uint8_t flags, const char *text, uint32_t acknowledged)
{
    struct segment g = {.sequence = at, .acknowledged = acknowledged, .flags = flags};
    struct endpoint a = {4, {10, 0, 0, 1}, 40000}, b = {4, {10, 0, 0, 2}, 443};
    g.from = client ? a : b;
    g.to = client ? b : a;
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1); /* of its own, so that a read past its end is seen */
    assert_non_null(copy);
    memcpy(copy, text, len);
    g.payload = (hf_bytes){(const uint8_t *)copy, len};
    streams_take(streams, &g, 7);
    free(copy);
}

/* offset: in the stream, from 0 */
static void client(uint32_t offset, const char *text)
{
    pass(true, CLIENT_FIRST + 1 + offset, TCP_ACK, text, SERVER_FIRST + 1);
}

static void server(uint32_t offset, const char *text)
{
    pass(false, SERVER_FIRST + 1 + offset, TCP_ACK, text, CLIENT_FIRST + 1);
}

static void handshake(void)
{
    pass(true, CLIENT_FIRST, TCP_SYN, "", 0);
    pass(false, SERVER_FIRST, TCP_SYN | TCP_ACK, "", CLIENT_FIRST + 1);
    pass(true, CLIENT_FIRST + 1, TCP_ACK, "", SERVER_FIRST + 1);
}

static void in_order_with_an_orderly_end(void **state)
{
    (void)state;
    handshake();
    client(0, "hello");
    server(0, "yes");
    pass(true, CLIENT_FIRST + 6, TCP_FIN | TCP_ACK, "", SERVER_FIRST + 4);
    pass(false, SERVER_FIRST + 4, TCP_FIN | TCP_ACK, "", CLIENT_FIRST + 7);
    pass(true, CLIENT_FIRST + 7, TCP_ACK, "", SERVER_FIRST + 5);
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c hello; 1 s yes; 1 c end; 1 s end; 1 close; ");
}

static void repeated_and_overlapping_bytes_come_once(void **state)
{
    (void)state;
    handshake();
    client(0, "abc");
    client(0, "abc");
    client(1, "bcde");
    client(0, "abcdefg");
    client(4, "X"); /* another content for what was there: the first counts */
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c de; 1 c fg; ");
}

static void early_segments_wait(void **state)
{
    (void)state;
    handshake();
    client(6, "gh");
    client(3, "def");
    client(8, "i");
    client(4, "XXXXXXX"); /* overlaps all of them, and has two bytes more */
    assert_string_equal(story, "1 open 40000->443 at 7; ");
    client(0, "abc");
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c def; 1 c gh; 1 c i; 1 c XX; ");
}

static void sequence_numbers_wrap(void **state)
{
    (void)state;
    pass(true, UINT32_MAX - 2, TCP_SYN, "", 0); /* the first byte is UINT32_MAX - 1 */
    pass(true, 1, TCP_ACK, "def", 0);
    pass(true, UINT32_MAX - 1, TCP_ACK, "abc", 0);
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c def; ");
}

static void a_hole_that_was_acknowledged_is_given_up(void **state)
{
    (void)state;
    handshake();
    client(10, "later");
    for (unsigned i = 0; i + 1 < STREAM_ACKS_PAST_HOLE; i++) {
        pass(false, SERVER_FIRST + 1, TCP_ACK, "", CLIENT_FIRST + 16);
    }
    assert_string_equal(story, "1 open 40000->443 at 7; ");
    pass(false, SERVER_FIRST + 1, TCP_ACK, "", CLIENT_FIRST + 16);
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c miss 10; 1 c later; ");
}

static void a_hole_is_given_up_when_too_much_waits(void **state)
{
    (void)state;
    enum { PIECE = 60000 };
    handshake();
    char *text = malloc(PIECE + 1);
    assert_non_null(text);
    memset(text, 'x', PIECE);
    text[PIECE] = 0;
    uint32_t at = 5;
    for (size_t waiting = 0; waiting <= STREAM_QUEUE_MOST; waiting += PIECE, at += PIECE) {
        assert_null(strstr(story, "miss"));
        client(at, text);
    }
    free(text);
    assert_non_null(strstr(story, "1 c miss 5; 1 c xxx"));
}

static void the_end_of_the_file_ends_all(void **state)
{
    (void)state;
    handshake();
    client(3, "def");
    server(0, "yes");
    pass(true, CLIENT_FIRST + 7, TCP_FIN | TCP_ACK, "", SERVER_FIRST + 4);
    streams_free(streams);
    streams = NULL;
    assert_string_equal(story,
                        "1 open 40000->443 at 7; 1 s yes; 1 c miss 3; 1 c def; 1 c end; 1 s cut; 1 close; ");
}

static void a_reset_cuts_both(void **state)
{
    (void)state;
    handshake();
    client(0, "abc");
    pass(false, SERVER_FIRST + 1, TCP_RST, "", 0);
    client(3, "never");
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c cut; 1 s cut; 1 close; ");
}

static void the_same_ports_again_are_another_connection(void **state)
{
    (void)state;
    handshake();
    client(0, "abc");
    pass(true, CLIENT_FIRST, TCP_SYN, "", 0); /* the same SYN */
    pass(true, 90000, TCP_SYN, "", 0);
    pass(true, 90001, TCP_ACK, "def", 0);
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c cut; 1 s cut; 1 close; "
                               "2 open 40000->443 at 7; 2 c def; ");
}

static void who_is_the_client_is_guessed(void **state)
{
    (void)state;
    server(0, "\x16\x03\x03\x01\x01\x02...");
    assert_string_equal(story, "1 open 40000->443 midway at 7; 1 s \x16\x03\x03\x01\x01\x02...; ");
}

static void only_the_answer_to_a_syn(void **state)
{
    (void)state;
    pass(false, SERVER_FIRST, TCP_SYN | TCP_ACK, "", CLIENT_FIRST + 1);
    client(3, "def");
    client(0, "abc");
    assert_string_equal(story, "1 open 40000->443 at 7; 1 c abc; 1 c def; ");
}

static void the_oldest_of_too_many_is_given_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= STREAMS_MOST; i++) {
        struct segment g = {.sequence = 1, .flags = TCP_SYN};
        g.from = (struct endpoint){6, {0xfd, (uint8_t)(i >> 8), (uint8_t)i}, 1000};
        g.to = (struct endpoint){6, {0xfd, 255}, 443};
        story[0] = 0;
        streams_take(streams, &g, 0);
        assert_int_equal(open_now, i < STREAMS_MOST ? i + 1 : STREAMS_MOST);
    }
    assert_non_null(strstr(story, "1 close; "));
}

/* Random cuts of a text in random order, some twice: what comes out is the text. */
static void any_order_gives_the_stream(void **state)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog";
    (void)state;
    for (unsigned seed = 0; seed < 300; seed++) {
        srand(seed);
        teardown(NULL);
        setup(NULL);
        handshake();
        for (unsigned i = 0; i < 200; i++) {
            char piece[64];
            size_t at = (size_t)rand() % (sizeof text - 1), len = (size_t)rand() % 9;
            len = at + len > sizeof text - 1 ? sizeof text - 1 - at : len;
            memcpy(piece, text + at, len);
            piece[len] = 0;
            client((uint32_t)at, piece);
        }
        client(0, text);
        char got[sizeof text] = "";
        for (char *at = strstr(story, "1 c "); at != NULL; at = strstr(at, "1 c ")) {
            at += 4;
            char *end = strstr(at, "; ");
            strncat(got, at, (size_t)(end - at));
        }
        assert_string_equal(got, text);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(in_order_with_an_orderly_end),
        TEST(repeated_and_overlapping_bytes_come_once),
        TEST(early_segments_wait),
        TEST(sequence_numbers_wrap),
        TEST(a_hole_that_was_acknowledged_is_given_up),
        TEST(a_hole_is_given_up_when_too_much_waits),
        TEST(the_end_of_the_file_ends_all),
        TEST(a_reset_cuts_both),
        TEST(the_same_ports_again_are_another_connection),
        TEST(who_is_the_client_is_guessed),
        TEST(only_the_answer_to_a_syn),
        TEST(the_oldest_of_too_many_is_given_up),
        TEST(any_order_gives_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
