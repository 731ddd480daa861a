/* SPDX-License-Identifier: MIT */
/* Pictures for terminals at every width: no line is wider, nothing but text is written, every message is
 * there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/words.h"

enum { NARROWEST = 40, WIDEST = 200 };

static void must_be_text(const char *line, size_t len, bool ascii)
{
    for (size_t at = 0; at < len;) {
        size_t code_point = text_code_point(line + at);
        if (code_point == 0 || (ascii && code_point > 1)) {
            fail_msg("byte 0x%02x in: %.*s", (unsigned char)line[at], (int)len, line);
        }
        at += code_point;
    }
}

static size_t columns_of(const char *line, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        columns += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return columns;
}

static void look(const struct trace *t, const char *format, unsigned width, bool ascii)
{
    struct picture p = {.width = width, .ascii = ascii};
    struct text out = {0};
    trace_format_named(format)->draw(t, &p, &out);
    unsigned most = width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width;
    for (const char *line = text_string(&out); *line != '\0';) {
        size_t len = strcspn(line, "\n");
        must_be_text(line, len, ascii);
        if (columns_of(line, len) > most) {
            fail_msg("%s at %u: %zu columns: %.*s", format, width, columns_of(line, len), (int)len, line);
        }
        line += len + 1;
    }
    size_t arrows = 0, events = 0;
    for (size_t i = 0; i < t->count; i++) {
        events += event_is_on_wire(&t->events[i]);
    }
    const char *heads[] = {ascii ? ">|" : ">│", ascii ? "|<" : "│<", ascii ? "C>S " : "C→S ",
                           ascii ? "S>C " : "S→C "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (const char *at = strstr(text_string(&out), heads[i]); at != NULL;
             at = strstr(at + 1, heads[i])) {
            arrows++;
        }
    }
    if (arrows != events) {
        fail_msg("%s at %u: %zu arrows for %zu events:\n%s", format, width, arrows, events,
                 text_string(&out));
    }
    assert_false(out.failed);
    text_free(&out);
}

static void look_at_every_width(const struct trace *t)
{
    for (unsigned width = NARROWEST; width <= WIDEST; width++) {
        for (int ascii = 0; ascii <= 1; ascii++) {
            look(t, "ladder", width, ascii);
            look(t, "compact", width, ascii);
        }
    }
    look(t, "ladder", 0, false); /* brought into the range */
    look(t, "ladder", 1000, false);
    look(t, "compact", 1, true);
}

static void scenarios_fit_every_width(void **state)
{
    hf_scenario scenario;
    (void)state;
    for (size_t i = 0; hf_flow_scenario(i, &scenario); i++) {
        struct trace t;
        trace_start(&t, scenario.title);
        t.spec = true;
        assert_int_equal(hf_flow_play(scenario.name, trace_watch, &t), HF_OK);
        look_at_every_width(&t);
        trace_free(&t);
    }
}

/* Everything that can happen, with words as long and as hostile as a peer can make them. */
static void whatever_is_said_fits_every_width(void **state)
{
    static const char *const texts[] = {
        "",
        "short",
        "\033[31m\a\b\x7f\xff\xfe",
        "a text of many words that goes on and on, longer than any line that is drawn, so that it must be broken, and goes on",
        "onewordthatislongerthananylinecanbeonewordthatislongerthananylinecanbeonewordthatislongerthananylinecanbe",
        "\xe2\x80\xae right to left \xe2\x82\xac \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"};
    struct trace t;
    (void)state;
    trace_start(&t, texts[3]);
    for (int kind = HF_EVENT_STEP; kind <= HF_EVENT_HIDDEN; kind++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            for (int by = HF_CLIENT; by <= HF_SERVER; by++) {
                hf_event event = {.kind = (hf_event_kind)kind,
                                  .by = (hf_side)by,
                                  .seen_by = (hf_side)by,
                                  .name = i % 2 == 0 ? "ClientHello" : texts[i],
                                  .rfc = texts[i],
                                  .text = texts[i],
                                  .local = kind == HF_EVENT_STEP && i == 1,
                                  .epoch = (unsigned)i * 100000,
                                  .size = (size_t)1 << (10 * i),
                                  .alert = (uint8_t)(10 * i),
                                  .alert_level = (uint8_t)i,
                                  .resumption = HF_RESUMED,
                                  .err = kind == HF_EVENT_CLOSED && i % 2 == 0 ? HF_OK : HF_TRUNCATED};
                trace_watch(&t, &event);
            }
        }
    }
    look_at_every_width(&t);
    trace_free(&t);
}

static void without_colour_there_is_no_escape(void **state)
{
    struct trace t;
    (void)state;
    trace_start(&t, "colour");
    assert_int_equal(hf_flow_play("supplemental-double", trace_watch, &t), HF_OK);
    for (int colour = 0; colour <= 1; colour++) {
        struct picture p = {.width = 80, .colour = colour};
        struct text out = {0};
        draw_ladder(&t, &p, &out);
        assert_int_equal(strchr(text_string(&out), '\033') != NULL, colour);
        text_free(&out);
    }
    trace_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenarios_fit_every_width),
        cmocka_unit_test(whatever_is_said_fits_every_width),
        cmocka_unit_test(without_colour_there_is_no_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
