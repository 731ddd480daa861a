/* SPDX-License-Identifier: MIT */
#include "cli/client_session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/early.h"
#include "cli/renegotiation.h"
#include "cli/supplemental.h"

/* flow connect: standard output is for the pictures, so the payload has places of its own. */
static bool is_flow_connect(const struct settings *s)
{
    return (s->command->bit & FLOW_CONNECT) != 0;
}

static int milliseconds(const struct settings *s, enum option o, unsigned long otherwise)
{
    unsigned long seconds = option_number(s, o, option_number(s, OPT_TIMEOUT, otherwise));
    return seconds > 2000000 ? 2000000000 : (int)(seconds * 1000);
}

static int find_server(struct client *c, struct address *address)
{
    const struct settings *s = c->settings;
    const char *why = address_read(address, s->positional[0], false);
    if (why != NULL) {
        return say_usage(s, "'%s': %s", s->positional[0], why);
    }
    c->server_name = given(s, OPT_SNI) ? option_text(s, OPT_SNI) : address->is_unix ? NULL : address->host;
    bool keys = given(s, OPT_PSK_FILE) || given(s, OPT_TRUST_KEY);
    bool by_key = keys && !given(s, OPT_CA); /* no certificate is looked at */
    if (c->server_name == NULL && !given(s, OPT_INSECURE) && !by_key) {
        return say_usage(s, "%s has no host name to verify the certificate against: give --sni NAME",
                         s->positional[0]);
    }
    client_session_home(c, address);
    int code = client_session_load(c);
    if (code != EXIT_WELL) {
        return code;
    }
    why = places_find(&c->places, address, false);
    if (why != NULL) {
        say_error("%s: the host is not found (%s). Look at its spelling and at the resolver.",
                  s->positional[0], why);
        return EXIT_NETWORK;
    }
    return EXIT_WELL;
}

/* What is said when a connection has ended; its exit code. */
static int tell(const struct settings *s, struct client_connection *k)
{
    int code = report_code(&k->link);
    const hf_failure *failure = hf_failed(k->link.conn);
    bool well = k->discarding && (failure == NULL || failure->err == HF_TRUNCATED);
    if (well) {
        code = EXIT_WELL;
    } else if (k->relay.error != 0 || (k->timed_out && failure == NULL)) {
        code = EXIT_NETWORK;
    } else if (k->input_left && code == EXIT_WELL) {
        code = EXIT_TLS;
    }
    if (k->trace != NULL && flow_is_drawn(s)) {
        trace_show(s, k->trace, is_flow_connect(s) ? stdout : stderr);
    }
    if (k->trace != NULL) {
        code = trace_judge(s, k->trace, code);
    }
    if (given(s, OPT_VERBOSE) && hf_negotiated(k->link.conn)->version != 0) {
        struct text line = {0};
        report_negotiated(&line, k->link.conn);
        say("%s: %s", k->peer, text_string(&line));
        text_free(&line);
    }
    if (k->relay.error != 0) {
        say_error("standard %s failed (%s)", k->relay.out_failed ? "output" : "input",
                  strerror(k->relay.error));
    } else if (k->timed_out && failure == NULL) {
        say_error(
            "%s: nothing came or went within the idle time-out. Raise --idle-timeout, or look at the peer.",
            k->peer);
    } else if (!well) {
        report_failure(&k->link, HF_CLIENT, k->peer);
    }
    renegotiation_tell(s, k->link.conn, k->peer);
    if (k->input_left) {
        say_error("%s: the server closed the connection before all of standard input was sent", k->peer);
    }
    if (given(s, OPT_JSON)) {
        report_json(&k->link, HF_CLIENT, 0, well);
    }
    return code;
}

/* Where the payload comes from and goes to. */
struct payload {
    int in, out; /* in -1: there is nothing to send */
    bool any;
};

static int open_file(const char *path, int flags, int standard)
{
    int fd = strcmp(path, "-") == 0 ? dup(standard) : open(path, flags | O_CLOEXEC, 0666);
    if (fd < 0) {
        say_error("%s: %s", path, strerror(errno));
    }
    return fd;
}

static int open_payload(const struct settings *s, struct payload *w)
{
    const char *send = option_text(s, OPT_SEND), *save = option_text(s, OPT_SAVE);
    *w = (struct payload){-1, -1, send != NULL || save != NULL};
    if (!is_flow_connect(s)) {
        *w = (struct payload){STDIN_FILENO, STDOUT_FILENO, true};
        return EXIT_WELL;
    }
    if (save != NULL && strcmp(save, "-") == 0) {
        return say_usage(s, "--save takes a file: standard output is for the picture");
    }
    w->out = w->any ? open_file(save != NULL ? save : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, -1) : -1;
    w->in = send != NULL ? open_file(send, O_RDONLY, STDIN_FILENO) : -1;
    return (w->any && w->out < 0) || (send != NULL && w->in < 0) ? EXIT_USAGE : EXIT_WELL;
}

static void close_payload(const struct settings *s, const struct payload *w)
{
    for (int i = 0; i < 2 && is_flow_connect(s); i++) {
        int fd = i == 0 ? w->in : w->out;
        if (fd >= 0) {
            close(fd);
        }
    }
}

/* One connection; the last carries the payload. */
static int one(struct client *c, const struct payload *w, unsigned long number, unsigned long last)
{
    const struct settings *s = c->settings;
    char title[128];
    struct client_connection k;
    snprintf(title, sizeof title, last > 0 ? "handfast %s %.80s, connection %lu of %lu" : "handfast %s %.80s",
             s->command->name, s->positional[0], number + 1, last + 1);
    if (number > 0 && is_flow_connect(s) && flow_is_text(s)) {
        putchar('\n');
    }
    struct trace *trace = trace_for(s, title);
    if (trace != NULL && last > 0) {
        trace->connection = number + 1;
    }
    int code = client_open(c, &k, trace);
    if (code == EXIT_WELL) {
        if (number == last) {
            early_send(c, &k);
        }
        if (client_handshake(c, &k)) {
            early_settle(c, &k);
            export_print(s, k.link.conn);
            supplemental_print(k.link.conn);
            renegotiation_start(s, k.link.conn);
            if (number < last || (is_flow_connect(s) && !w->any)) {
                client_settle(c, &k);
                client_close(&k);
            } else {
                client_carry(c, &k, w->in, w->out);
            }
        }
        code = tell(s, &k);
        if (last > 0 && number > 0 && !given(s, OPT_QUIET) && hf_negotiated(k.link.conn)->complete) {
            const hf_summary *n = hf_negotiated(k.link.conn);
            say("connection %lu: %s (%s)", number + 1,
                !n->resumed         ? "not resumed"
                : n->session_ticket ? "resumed by ticket"
                                    : "resumed by ID",
                hf_resumption_sentence(hf_negotiated(k.link.conn)->resumption));
        }
        client_end(c, &k);
    }
    if (trace != NULL) {
        trace_free(trace);
        free(trace);
    }
    return code;
}

static int check_options(const struct settings *s)
{
    const struct trace_format *format;
    struct export_wish wish;
    int code = flow_is_drawn(s) ? flow_format(s, &format) : EXIT_WELL;
    return code == EXIT_WELL ? export_read(s, &wish) : code;
}

int run_connect(const struct settings *s)
{
    struct address address;
    struct payload payload = {-1, -1, false};
    struct client c = {.settings = s,
                       .dial_timeout = milliseconds(s, OPT_TIMEOUT, 10),
                       .handshake_timeout = milliseconds(s, OPT_HANDSHAKE_TIMEOUT, 10),
                       .idle_timeout = milliseconds(s, OPT_IDLE_TIMEOUT, 0),
                       .keeps = option_number(s, OPT_KEEP_TICKETS, 1)};
    /* --resume alone is --resume=1. */
    unsigned long last = !given(s, OPT_RESUME)                ? 0
                         : option_text(s, OPT_RESUME) == NULL ? 1
                                                              : option_number(s, OPT_RESUME, 1);
    int code = check_options(s);
    hf_config *config = code == EXIT_WELL ? config_make(s, HF_CLIENT, NULL, &code) : NULL;
    c.config = config;
    code = code == EXIT_WELL ? open_payload(s, &payload) : code;
    code = code == EXIT_WELL ? early_read(&c) : code;
    code = code == EXIT_WELL ? find_server(&c, &address) : code;
    for (unsigned long i = 0; code == EXIT_WELL && i <= last; i++) {
        code = one(&c, &payload, i, last);
    }
    close_payload(s, &payload);
    int saved = code == EXIT_WELL ? client_session_save(&c) : EXIT_WELL;
    client_forget(&c);
    file_free(&c.early);
    hf_config_free(config);
    return code != EXIT_WELL ? code : saved;
}
