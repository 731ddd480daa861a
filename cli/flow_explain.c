/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "trace/words.h"

/* flow explain: what the tables know of a message, a local step, an alert or an error; or why the connections
 * in a file went wrong. */

/* "client_hello" is ClientHello. */
static bool same_name(const char *given_name, const char *name)
{
    for (; *given_name != '\0' && *name != '\0'; given_name++, name++) {
        while (*given_name == '_' || *given_name == '-' || *given_name == '[') {
            given_name++;
        }
        while (*name == '_' || *name == '[') {
            name++;
        }
        if (tolower((unsigned char)*given_name) != tolower((unsigned char)*name)) {
            return false;
        }
    }
    return (*given_name == '\0' || *given_name == ']') && (*name == '\0' || *name == ']');
}

/* ---- messages and local steps, out of every scenario's flow ---- */
struct place {
    const char *wanted;
    struct trace_event found; /* the first time; name "" : not yet */
    struct text behind, before, scenarios, optional;
    unsigned times;
    hf_side by[2];
    bool by_side[2];
};

static bool has(const struct text *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(text_string(list), word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == text_string(list) || at[-1] == ' ') && (at[len] == '\0' || at[len] == ',')) {
            return true;
        }
    }
    return false;
}

static void add_once(struct text *list, const char *word)
{
    if (word[0] != '\0' && !has(list, word)) {
        text_print(list, "%s%s", list->len > 0 ? ", " : "", word);
    }
}

/* The nearest message of the same handshake, behind (by -1) or before (by 1) it. */
static const char *neighbour(const struct trace *t, size_t i, int by)
{
    for (size_t at = i + (size_t)by; at < t->count; at += (size_t)by) {
        if (t->events[at].kind == HF_EVENT_STEP && !t->events[at].local) {
            return t->events[at].name;
        }
    }
    return "";
}

static void look_at(struct place *p, const struct trace *t, const char *scenario)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        if (event->kind != HF_EVENT_STEP || !same_name(p->wanted, event->name)) {
            continue;
        }
        if (p->times++ == 0) {
            p->found = *event;
        }
        p->by_side[event->by] = true;
        add_once(&p->scenarios, scenario);
        const char *behind = neighbour(t, i, -1);
        add_once(&p->behind, behind[0] == '\0' ? "nothing" : behind);
        add_once(&p->before, neighbour(t, i, 1));
        if (event->optional) {
            add_once(&p->optional, scenario);
        }
    }
}

static void say_lines(const char *what, const struct text *list)
{
    if (list->len > 0) {
        struct text whole = {0};
        text_print(&whole, "%s: %s", what, text_string(list));
        struct text lines = {0};
        text_add_wrapped(&lines, text_string(&whole), 96);
        for (const char *at = text_string(&lines); *at != '\0'; at += strcspn(at, "\n") + 1) {
            printf("  %s%.*s\n", at == text_string(&lines) ? "" : "  ", (int)strcspn(at, "\n"), at);
        }
        text_free(&lines);
        text_free(&whole);
    }
}

/* False: it is in no flow. */
static bool explain_step(const char *name)
{
    struct place p = {.wanted = name};
    hf_scenario scenario;
    for (size_t i = 0; hf_flow_scenario(i, &scenario); i++) {
        struct trace t;
        trace_start(&t, scenario.name);
        if (hf_flow_play(scenario.name, trace_watch, &t) == HF_OK) {
            look_at(&p, &t, scenario.name);
        }
        trace_free(&t);
    }
    const char *who = p.by_side[0] && p.by_side[1] ? "Either side"
                      : p.by_side[0]               ? "The client"
                                                   : "The server";
    if (p.times > 0 && p.found.local) {
        printf("%s: a local step, with nothing on the wire\n\n  %s does it: %s.\n", p.found.name, who,
               p.found.text);
    } else if (p.times > 0) {
        int32_t type = hf_code_of(HF_MESSAGES, p.found.name);
        printf("%s", p.found.name);
        if (type >= 0) {
            printf(", handshake type %d", (int)type);
        }
        printf(" (%s)\n\n  %s sends it%s.\n", p.found.rfc, who,
               p.found.new_keys ? ", and protects what follows with new keys" : "");
    }
    say_lines("Behind", &p.behind);
    say_lines("Before", &p.before);
    say_lines("Its sender may leave it out in", &p.optional);
    say_lines("Drawn by 'handfast flow spec' in", &p.scenarios);
    text_free(&p.behind);
    text_free(&p.before);
    text_free(&p.scenarios);
    text_free(&p.optional);
    return p.times > 0;
}

/* ---- alerts and errors, out of their tables ---- */
#define ERROR(name, class_, alert, sentence, rfc, remedy) +1
enum {
    ERRORS = 0
#include <handfast/errors.def>
};
#undef ERROR

static void explain_error(hf_err err)
{
    printf("%s: %s%s%s%s\n", hf_err_name(err), hf_err_sentence(err), hf_err_rfc(err)[0] != '\0' ? " (" : "",
           hf_err_rfc(err), hf_err_rfc(err)[0] != '\0' ? ")" : "");
    printf("    Remedy: %s.\n", hf_err_remedy(err));
}

static bool explain_alert(const char *name)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);
    bool by_number = isdigit((unsigned char)name[0]) && *end == '\0' && number < 255;
    for (unsigned code = 0; code < 255; code++) {
        if (strcmp(hf_alert_name((uint8_t)code), "unknown") == 0 ||
            !(by_number ? code == number : same_name(name, hf_alert_name((uint8_t)code)))) {
            continue;
        }
        printf("%s, alert %u\n\n", hf_alert_name((uint8_t)code), code);
        for (int by = HF_SERVER; by >= HF_CLIENT; by--) {
            struct text line = {0};
            words_alert_by_direction(&line, (uint8_t)code, (hf_side)by, !locale_is_utf8());
            printf("  %s.\n", text_string(&line));
            text_free(&line);
        }
        const char *heading = "\nhandfast sends it for:\n";
        for (int err = 1; err <= ERRORS; err++) {
            if (hf_err_alert((hf_err)err) == code) {
                printf("%s  ", heading);
                explain_error((hf_err)err);
                heading = "";
            }
        }
        return true;
    }
    return false;
}

static bool explain_named_error(const char *name)
{
    for (int err = 1; err <= ERRORS; err++) {
        if (strcasecmp(name, hf_err_name((hf_err)err)) == 0) {
            explain_error((hf_err)err);
            return true;
        }
    }
    return false;
}

int run_flow_explain(const struct settings *s)
{
    const char *what = s->positional[0];
    if (s->positionals == 1 && access(what, F_OK) != 0 && strcmp(what, "-") != 0) {
        if (explain_alert(what) || explain_step(what) || explain_named_error(what)) {
            return EXIT_WELL;
        }
        return say_usage(
            s,
            "'%s' is no message, no alert, no error and no file that is there; 'handfast flow spec full' shows messages",
            what);
    }
    return run_flow_read(s);
}
