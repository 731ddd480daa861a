/* SPDX-License-Identifier: MIT */
/* Pages and pictures of messages that no honest peer sends: they stay well formed, whatever is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/trace.h"

enum { ROUNDS = 400, MESSAGE_MOST = 600, PAGE_MOST = 300000 };

static uint32_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % below;
}

static const char *const names[] = {"ClientHello",         "ServerHello",        "Certificate",
                                    "ServerKeyExchange",   "CertificateRequest", "CertificateVerify",
                                    "ClientKeyExchange",   "Finished",           "NewSessionTicket",
                                    "CertificateStatus",   "SupplementalData",   "CertificateURL",
                                    "EncryptedExtensions", "KeyUpdate",          "<script>\"'&"};

/* Bytes that look like a hello's as often as not: small numbers are lengths. */
static size_t make_message(uint8_t *out)
{
    static const char markup[] = "<script>alert(\"1\")</script>&'\"\xff\x00\x1b[31m";
    size_t len = 4 + roll(MESSAGE_MOST - 4);
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(roll(3) == 0 ? roll(256) : roll(3));
    }
    if (roll(2) == 0 && len > sizeof markup + 8) {
        memcpy(out + 4 + roll((uint32_t)(len - sizeof markup - 4)), markup, sizeof markup);
    }
    out[1] = 0;
    out[2] = (uint8_t)((len - 4) >> 8);
    out[3] = (uint8_t)(len - 4);
    return len;
}

static void fill(struct trace *t)
{
    static const uint16_t suites[] = {0, 0xc02b, 0x009e, 0x1301, 0x0035};
    uint8_t message[MESSAGE_MOST];
    trace_start(t, "]]> --> </title><script>");
    for (int i = 0; i < 6; i++) {
        size_t len = make_message(message);
        hf_event event = {.kind = HF_EVENT_STEP,
                          .by = (hf_side)roll(2),
                          .seen_by = HF_SERVER,
                          .rfc = "RFC 5246 <7.4>",
                          .name = names[roll(sizeof names / sizeof *names)],
                          .text = "a < b & c > \"d\"",
                          .epoch = roll(3),
                          .version = roll(2) ? 0x0303 : 0x0304,
                          .suite = suites[roll(5)],
                          .message = {message, len},
                          .size = len,
                          .record = 1,
                          .why = "because <of>"};
        message[0] = event.name[0] == 'C' && event.name[1] == 'l' ? 1 : (uint8_t)roll(25);
        trace_watch(t, &event);
    }
}

static size_t count(const char *in, const char *what)
{
    size_t found = 0;
    for (const char *at = strstr(in, what); at != NULL; at = strstr(at + 1, what)) {
        found++;
    }
    return found;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An id stands once: links would lead to the wrong field. */
static void ids_differ(char *page)
{
    char *ids[8192];
    size_t n = 0;
    for (char *at = strstr(page, "<li id=\""); at != NULL && n < 8192; at = strstr(at, "<li id=\"")) {
        ids[n++] = at + 8;
        at = strchr(at + 8, '"');
        *at++ = '\0';
    }
    qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(ids[i - 1], ids[i]) == 0) {
            fail_msg("%s stands twice", ids[i]);
        }
    }
}

static void pages_stay_pages(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct trace t;
        struct text out = {0};
        struct picture p = {.width = 80, .personal = roll(2), .secrets = roll(2)};
        fill(&t);
        draw_html(&t, &p, &out);
        const char *page = text_string(&out);
        assert_false(out.failed);
        assert_true(out.len < PAGE_MOST);
        assert_int_equal(count(page, "<script"), 1); /* its own */
        assert_int_equal(count(page, "<ul"), count(page, "</ul>"));
        assert_int_equal(count(page, "<li"), count(page, "</li>"));
        assert_int_equal(count(page, "<a "), count(page, "</a>"));
        assert_int_equal(count(page, "<details>"), 6);
        assert_null(strchr(page, '\033'));
        ids_differ(out.bytes);
        text_free(&out);
        trace_free(&t);
    }
}

static void pictures_stay_pictures(void **state)
{
    static const char *const formats[] = {"svg", "mermaid", "explain", "tree", "list"};
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct trace t;
        struct picture p = {.width = 40 + roll(160), .ascii = roll(2)};
        fill(&t);
        for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
            struct text out = {0};
            trace_format_named(formats[f])->draw(&t, &p, &out);
            assert_false(out.failed);
            assert_null(strchr(text_string(&out), '\033'));
            if (f < 2) {
                assert_null(strstr(text_string(&out), "<script"));
            }
            text_free(&out);
        }
        trace_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_stay_pages),
        cmocka_unit_test(pictures_stay_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
