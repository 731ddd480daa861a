/* SPDX-License-Identifier: MIT */
#include "trace_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What holds for every picture: widths, bounds, what is told twice, and what is not told. */
static const char secret[] = "master-secret-of-the-session";

/* Every line of a picture for a terminal, of every scenario and of hostile events, fits the width it was
 * drawn for. */
static void hostile_events(struct trace *t)
{
    static const char long_word[] =
        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
    hf_event kinds[] = {
        event_step(HF_SERVER, long_word, 7, SIZE_MAX),
        event_step(HF_CLIENT, "ClientHello", 1, 99999),
        {.kind = HF_EVENT_STEP, .local = true, .name = long_word, .text = long_word},
        {.kind = HF_EVENT_ASK, .name = "LOOK_UP_SESSION"},
        {.kind = HF_EVENT_ANSWER, .name = "LOOK_UP_SESSION"},
        {.kind = HF_EVENT_ALERT, .by = HF_CLIENT, .alert_level = 1, .alert = 100, .epoch = 2},
        {.kind = HF_EVENT_ALERT, .by = HF_CLIENT, .alert_level = 2, .alert = 199},
        {.kind = HF_EVENT_RESUMPTION, .seen_by = HF_SERVER, .resumption = HF_SESSION_EMS},
        {.kind = HF_EVENT_DATA, .epoch = 1, .size = (size_t)1 << 40},
        {.kind = HF_EVENT_CLOSED, .by = HF_SERVER, .err = HF_TRUNCATED},
        {.kind = HF_EVENT_FAILED,
         .err = HF_UNKNOWN_CA,
         .text = "CN=\033[2J\r\n\xe2\x80\xae\xff very long and with colours \x07, issued by nobody"},
        {.kind = HF_EVENT_NOTE,
         .text =
             "a note that is longer than any lane that is drawn, so that it has to be put on several lines of it, all of them"},
        {.kind = HF_EVENT_DONE, .seen_by = HF_SERVER},
    };
    trace_start(
        t,
        "\033]0;a title with an escape sequence in it, far too long for a narrow terminal, and going on and on and on and on and on\007");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        trace_watch(t, &kinds[i]);
    }
}

static void assert_lines_fit(const char *picture, size_t width, bool ascii)
{
    while (*picture != '\0') {
        char line[2048];
        size_t len = strcspn(picture, "\n");
        assert_true(len < sizeof line);
        memcpy(line, picture, len);
        line[len] = '\0';
        if (text_columns(line) > width) {
            fail_msg("%zu columns for %zu: %s", text_columns(line), width, line);
        }
        for (const char *at = line; *at != '\0';) {
            size_t point = text_code_point(at);
            if (point == 0 || (ascii && point > 1)) {
                fail_msg("byte %02x at width %zu: %s", (unsigned)(unsigned char)*at, width, line);
            }
            at += point;
        }
        picture += len;
        assert_int_equal(*picture, '\n');
        picture++;
    }
}

static void every_line_fits_every_width(void **state)
{
    (void)state;
    hf_scenario scenario;
    size_t drawings = 0;
    for (size_t i = 0;; i++) {
        struct trace t;
        bool more = hf_flow_scenario(i, &scenario);
        if (more) {
            trace_start(&t, scenario.title);
            t.spec = true;
            assert_int_equal(hf_flow_play(scenario.name, trace_watch, &t), HF_OK);
        } else {
            hostile_events(&t);
        }
        for (unsigned width = 40; width <= 200; width++) {
            for (int ascii = 0; ascii < 2; ascii++) {
                char *ladder = drawn(&t, "ladder", (struct picture){.width = width, .ascii = ascii != 0});
                assert_lines_fit(ladder, width, ascii != 0);
                free(ladder);
                drawings++;
            }
        }
        trace_free(&t);
        if (!more) {
            break;
        }
    }
    assert_true(drawings >= 161 * 2 * 5);
}

static void below_sixty_columns_the_ladder_is_compact(void **state)
{
    (void)state;
    struct trace t;
    a_short_connection(&t);
    char *narrow = drawn(&t, "ladder", (struct picture){.width = 59}),
         *compact = drawn(&t, "compact", (struct picture){.width = 59});
    char *wide = drawn(&t, "ladder", (struct picture){.width = 60});
    assert_string_equal(narrow, compact);
    assert_string_not_equal(wide, compact);
    free(narrow);
    free(compact);
    free(wide);
    trace_free(&t);
}

/* Colour is never the only sign: without its codes the coloured picture is the plain one. */
static void colour_adds_only_colour(void **state)
{
    (void)state;
    struct trace t;
    hostile_events(&t);
    char *plain = drawn(&t, "ladder", (struct picture){.width = 80});
    char *coloured = drawn(&t, "ladder", (struct picture){.width = 80, .colour = true});
    assert_null(strchr(plain, '\033'));
    char *to = coloured;
    size_t codes = 0;
    for (const char *from = coloured; *from != '\0';) {
        if (*from == '\033') {
            from = strchr(from, 'm') + 1;
            codes++;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    assert_true(codes > 10);
    assert_string_equal(coloured, plain);
    free(plain);
    free(coloured);
    trace_free(&t);
}

/* A derived secret, and the same bytes as a ticket. */
static void a_connection_with_secrets(struct trace *t)
{
    enum { TICKET = sizeof secret - 1 };
    uint8_t message[4 + 4 + 2 + TICKET] = {4, 0, 0, 4 + 2 + TICKET, 0, 0, 0, 0, 0, TICKET};
    memcpy(message + 10, secret, TICKET);
    hf_event ticket = event_step(HF_SERVER, "NewSessionTicket", 0, sizeof message);
    ticket.message = (hf_bytes){message, sizeof message};
    hf_event derived = {.kind = HF_EVENT_SECRET,
                        .by = HF_CLIENT,
                        .name = "master_secret",
                        .fingerprint = {(const uint8_t *)"\1\2\3\4\5\6\7\x8", 8},
                        .secret = {(const uint8_t *)secret, TICKET}};
    a_short_connection(t);
    trace_watch(t, &ticket);
    trace_watch(t, &derived);
}

static void no_format_shows_secrets_that_nobody_asked_for(void **state)
{
    (void)state;
    char hex[2 * sizeof secret] = "";
    struct trace t;
    for (size_t i = 0; i < sizeof secret - 1; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)secret[i]);
    }
    a_connection_with_secrets(&t);
    for (size_t i = 0; trace_format_at(i) != NULL; i++) {
        char *picture = drawn(&t, trace_format_at(i)->name, (struct picture){.width = 120, .personal = true});
        assert_null(strstr(picture, secret));
        assert_null(strstr(picture, hex));
        free(picture);
    }
    static const char *const full[] = {"tree", "json", "sqlog", "qlog"};
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        char *picture = drawn(&t, full[i], (struct picture){.width = 120, .secrets = true});
        char *first = strstr(picture, hex);
        assert_non_null(first);
        assert_non_null(strstr(first + 1, hex)); /* the ticket and the secret */
        free(picture);
    }
    trace_free(&t);
}

static void shared_formats_do_not_name_a_client(void **state)
{
    (void)state;
    struct trace t;
    hf_event failed = {.kind = HF_EVENT_FAILED,
                       .seen_by = HF_SERVER,
                       .err = HF_CERTIFICATE_EXPIRED,
                       .text = "certificate 0 (CN=alice) has expired"};
    trace_start(&t, "t");
    trace_watch(&t, &failed);
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 80});
    char *markdown = drawn(&t, "markdown", (struct picture){.width = 80}),
         *json = drawn(&t, "json", (struct picture){.width = 80});
    assert_non_null(strstr(ladder, "alice"));
    assert_null(strstr(markdown, "alice"));
    assert_non_null(strstr(markdown, hf_err_sentence(HF_CERTIFICATE_EXPIRED)));
    assert_null(strstr(json, "alice"));
    assert_non_null(strstr(json, "CERTIFICATE_EXPIRED"));
    free(ladder);
    free(markdown);
    free(json);
    trace_free(&t);
}

static void only_the_tables_star_what_is_optional(void **state)
{
    (void)state;
    struct trace t;
    hf_event request = event_step(HF_SERVER, "CertificateRequest", 0, 60);
    request.optional = true;
    trace_start(&t, "t");
    trace_watch(&t, &request);
    char *real = drawn(&t, "ladder", (struct picture){.width = 80});
    t.spec = true;
    char *spec = drawn(&t, "ladder", (struct picture){.width = 80});
    assert_null(strchr(real, '*'));
    assert_non_null(strstr(spec, "CertificateRequest*"));
    assert_null(strstr(spec, "bytes"));
    free(real);
    free(spec);
    trace_free(&t);
}

static void a_trace_is_bounded(void **state)
{
    (void)state;
    struct trace t;
    hf_event data = {.kind = HF_EVENT_DATA, .by = HF_CLIENT, .epoch = 1, .size = 10},
             hello = event_step(HF_CLIENT, "ClientHello", 0, 1);
    trace_start(&t, "t");
    for (int i = 0; i < 100000; i++) {
        trace_watch(&t, &data); /* one direction in a row: one event */
    }
    assert_int_equal(t.count, 1);
    assert_int_equal(t.events[0].times, 100000);
    assert_int_equal(t.events[0].size, 1000000);
    for (int i = 0; i < 2000; i++) {
        trace_watch(&t, &hello);
    }
    assert_int_equal(t.count, TRACE_MOST_EVENTS);
    assert_int_equal(t.dropped, 2001 - TRACE_MOST_EVENTS);
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 80});
    assert_non_null(strstr(ladder, "(977 further events were not kept)"));
    free(ladder);
    trace_free(&t);
}

/* A trace of both ends has each message once, from its sender, and the server's reason. */
static void both_ends_are_not_told_twice(void **state)
{
    (void)state;
    struct trace t;
    hf_event sent = event_step(HF_CLIENT, "ClientHello", 0, 1), received = sent;
    hf_event guess = {.kind = HF_EVENT_RESUMPTION, .seen_by = HF_CLIENT, .resumption = HF_SESSION_UNKNOWN},
             reason = guess;
    received.seen_by = HF_SERVER;
    reason.seen_by = HF_SERVER;
    reason.resumption = HF_SESSION_EXPIRED;
    trace_start(&t, "t");
    trace_watch_own(&t, &sent);
    trace_watch_own(&t, &received);
    trace_watch_own(&t, &guess);
    trace_watch_own(&t, &reason);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.events[1].resumption, HF_SESSION_EXPIRED);
    trace_free(&t);
}

/* A client decides on resumption while it handles ServerHello; the picture tells the message first. */
static void resumption_follows_server_hello(void **state)
{
    (void)state;
    struct trace t;
    hf_event hello = event_step(HF_CLIENT, "ClientHello", 0, 1),
             answer = event_step(HF_SERVER, "ServerHello", 0, 1),
             next = event_step(HF_SERVER, "Finished", 1, 1);
    hf_event resumed = {
        .kind = HF_EVENT_RESUMPTION, .by = HF_CLIENT, .seen_by = HF_CLIENT, .resumption = HF_RESUMED};
    answer.seen_by = next.seen_by = HF_CLIENT;
    trace_start(&t, "t");
    trace_watch(&t, &hello);
    trace_watch(&t, &resumed);
    trace_watch(&t, &answer);
    trace_watch(&t, &next);
    assert_int_equal(t.count, 4);
    assert_string_equal(t.events[1].name, "ServerHello");
    assert_int_equal(t.events[2].kind, HF_EVENT_RESUMPTION);
    assert_string_equal(t.events[3].name, "Finished");
    trace_free(&t);
}

static void an_alert_says_whose_certificate_was_meant(void **state)
{
    (void)state;
    struct text words = {0};
    words_alert_by_direction(&words, 48, HF_SERVER, false);
    assert_string_equal(
        text_string(&words),
        "server → client: unknown_ca (48): the client's certificate was refused by the server: its "
        "issuer is not one that the server trusts");
    text_free(&words);
    words_alert_by_direction(&words, 48, HF_CLIENT, true);
    assert_string_equal(
        text_string(&words),
        "client -> server: unknown_ca (48): the server's certificate was refused by the client: its "
        "issuer is not one that the client trusts");
    text_free(&words);
    for (unsigned alert = 0; alert < 256; alert++) {
        words_alert(&words, (uint8_t)alert, HF_SERVER);
        /* Every placeholder is replaced: no lone S or R stands anywhere. */
        assert_null(strstr(text_string(&words), " S "));
        assert_null(strstr(text_string(&words), " R "));
        assert_null(strstr(text_string(&words), " S'"));
        assert_null(strstr(text_string(&words), " R'"));
        text_free(&words);
    }
}

static void a_second_handshake_is_marked_as_inside_the_first(void **state)
{
    (void)state;
    struct trace t;
    hf_event hello = event_step(HF_CLIENT, "ClientHello", 1, 100);
    trace_start(&t, "");
    trace_watch(&t, &hello);
    char *ladder = drawn(&t, "ladder", (struct picture){.width = 80, .ascii = true});
    assert_non_null(strstr(ladder, "another handshake, inside e1"));
    free(ladder);
    trace_free(&t);
}

static void text_is_escaped(void **state)
{
    (void)state;
    struct text t = {0};
    text_add_html(&t, "<b a=\"1\">&'\001</b>");
    assert_string_equal(text_string(&t), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;?&lt;/b&gt;");
    text_free(&t);
    text_add_json(&t, NULL);
    assert_string_equal(text_string(&t), "null");
    text_free(&t);
    text_add_clean(&t, "a\tb\xc3\xa4\xc3", 0, false);
    assert_string_equal(text_string(&t), "a?b\xc3\xa4?");
    text_free(&t);
}

/* ---- event logs ---- */
static void look_at_log(void *arg, struct trace *t)
{
    struct picture p = {.width = 80};
    struct text out = {0};
    draw_json(t, &p, &out); /* whatever an event points to must be there */
    text_free(&out);
    *(size_t *)arg += t->count;
}

/* A title begins another trace, and what was read of this event belongs to the one before. */
static void a_title_in_the_midst_of_an_event_takes_nothing_away(void **state)
{
    static const char *const logs[] = {
        "{\"event\":\"step\",\"transcript_hash\":\"0011\",\"title\":\"x\"}",
        "{\"event\":\"step\",\"fields\":[{\"name\":\"a\",\"hex\":\"00\"}],\"title\":\"x\"}",
        "{\"event\":\"secret\",\"fingerprint\":\"0011\",\"data\":{\"event\":\"note\",\"title\":\"x\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        size_t events = 0;
        assert_int_equal(log_read(logs[i], strlen(logs[i]), "log", look_at_log, &events), 0);
        assert_int_equal(events, i == 2 ? 2 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_fits_every_width),
        cmocka_unit_test(below_sixty_columns_the_ladder_is_compact),
        cmocka_unit_test(colour_adds_only_colour),
        cmocka_unit_test(no_format_shows_secrets_that_nobody_asked_for),
        cmocka_unit_test(shared_formats_do_not_name_a_client),
        cmocka_unit_test(only_the_tables_star_what_is_optional),
        cmocka_unit_test(a_trace_is_bounded),
        cmocka_unit_test(both_ends_are_not_told_twice),
        cmocka_unit_test(resumption_follows_server_hello),
        cmocka_unit_test(an_alert_says_whose_certificate_was_meant),
        cmocka_unit_test(a_second_handshake_is_marked_as_inside_the_first),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(a_title_in_the_midst_of_an_event_takes_nothing_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
