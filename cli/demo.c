/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/demo.h"

/* What is sent and must come back. */
static const char message[] = "Hello over TLS 1.2: both of us have shown a certificate.\n";

struct demo {
    const struct settings *settings; /* of demo */
    struct settings as_client;       /* of the connect that it plays */
    struct client client;
    char target[32];
    char paths[3][4200];
};

static const struct command *command_named(const char *name)
{
    size_t i = 0;
    while (strcmp(commands[i].name, name) != 0) {
        i++;
    }
    return &commands[i];
}

/* The same options a user would give to connect, read by the same code. */
static int prepare(struct demo *d, const char *pki, unsigned port)
{
    static const char *const files[] = {"ca.pem", "client.pem", "client.key"};
    struct address address;
    int code = EXIT_WELL;
    snprintf(d->target, sizeof d->target, "127.0.0.1:%u", port);
    for (size_t i = 0; i < 3; i++) {
        snprintf(d->paths[i], sizeof d->paths[i], "%s/%s", pki, files[i]);
    }
    const char *argv[] = {
        d->target,   "--ca",  d->paths[0],      "--cert", d->paths[1], "--key",
        d->paths[2], "--sni", "server.example", "--max",  "1.2"}; /* which resumes by session ID */
    d->as_client = (struct settings){.program = d->settings->program, .command = command_named("connect")};
    code = settings_read(&d->as_client, sizeof argv / sizeof *argv, argv);
    d->client = (struct client){.settings = &d->as_client,
                                .server_name = "server.example",
                                .dial_timeout = 10000,
                                .handshake_timeout = 10000,
                                .idle_timeout = 10000};
    d->client.config = code == EXIT_WELL ? config_make(&d->as_client, HF_CLIENT, NULL, &code) : NULL;
    if (code == EXIT_WELL && (address_read(&address, d->target, false) != NULL ||
                              places_find(&d->client.places, &address, false) != NULL)) {
        code = EXIT_NETWORK;
    }
    return code;
}

/* Sends the message by way of pipes, as a user would through standard input, and compares what comes back. */
static bool converse(struct client *c, struct client_connection *k)
{
    int in[2], out[2];
    char back[sizeof message + 16];
    if (pipe(in) != 0) {
        return false;
    }
    if (pipe(out) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    bool same = write(in[1], message, sizeof message - 1) == (ssize_t)sizeof message - 1;
    close(in[1]);
    client_carry(c, k, in[0], out[1]);
    close(out[1]);
    ssize_t n = read(out[0], back, sizeof back);
    same = same && n == (ssize_t)sizeof message - 1 && memcmp(back, message, sizeof message - 1) == 0;
    close(in[0]);
    close(out[0]);
    return same;
}

struct seen {
    bool resumed;
    char suite[64], group[32], peer[128];
    uint64_t bytes;
    size_t messages; /* of the handshake */
};

static void remember(struct seen *seen, const hf_conn *conn, const struct trace *t)
{
    const hf_summary *n = hf_negotiated(conn);
    *seen = (struct seen){.resumed = n->resumed, .bytes = hf_conn_stats(conn).bytes_in};
    snprintf(seen->suite, sizeof seen->suite, "%s", n->suite_name == NULL ? "?" : n->suite_name);
    snprintf(seen->group, sizeof seen->group, "%s",
             n->group == 0 || n->group_name == NULL ? "" : n->group_name);
    snprintf(seen->peer, sizeof seen->peer, "%s", n->peer_subject == NULL ? "?" : n->peer_subject);
    for (size_t i = 0; i < t->count; i++) {
        seen->messages += t->events[i].kind == HF_EVENT_STEP && !t->events[i].local;
    }
}

static int one(struct demo *d, const char *title, struct seen *seen)
{
    struct client_connection k;
    struct trace t;
    bool same = false;
    trace_start(&t, title);
    int code = client_open(&d->client, &k, &t);
    if (code == EXIT_WELL) {
        if (client_handshake(&d->client, &k)) {
            same = converse(&d->client, &k);
        }
        code = report_code(&k.link);
        report_failure(&k.link, HF_CLIENT, k.peer);
        trace_show(d->settings, &t, stdout);
        printf("\n");
        if (code == EXIT_WELL && !same) {
            say_error("what came back is not what was sent");
            code = EXIT_DIFFERS;
        }
        remember(seen, k.link.conn, &t);
        client_end(&d->client, &k);
    }
    trace_free(&t);
    return code;
}

static int both(struct demo *d)
{
    struct seen first = {0}, second = {0};
    struct text words = {0}, lines = {0};
    int code = one(d, "1. They meet: a full handshake with a client certificate", &first);
    code = code == EXIT_WELL ? one(d, "2. They meet again: the session is resumed by its ID", &second) : code;
    if (code == EXIT_WELL && !second.resumed) {
        say_error("the second connection was not resumed");
        code = EXIT_TLS;
    }
    if (code == EXIT_WELL) {
        text_print(
            &words,
            "First, client and server each validated the other's certificate (the server is %s), agreed on %s with %s, and %llu bytes "
            "went there and back protected. Then they met again and resumed that session by its ID: %zu messages instead of "
            "%zu, no certificates, no key exchange, and one round trip less.",
            first.peer, first.suite, first.group, (unsigned long long)first.bytes, second.messages,
            first.messages);
        text_add_wrapped(&lines, text_string(&words), 80);
        fputs(text_string(&lines), stdout);
        text_free(&words);
        text_free(&lines);
    }
    return code;
}

int run_demo(const struct settings *s)
{
    static struct demo d;
    const struct trace_format *format;
    struct demo_pki pki;
    struct demo_server server;
    int code = flow_format(s, &format);
    code = code == EXIT_WELL ? demo_pki_find(&pki, option_text(s, OPT_PKI)) : code;
    if (code != EXIT_WELL) {
        return code;
    }
    d = (struct demo){.settings = s};
    code = demo_server_start(&server, &pki);
    if (code == EXIT_WELL) {
        printf("A server listens on 127.0.0.1:%u and requires a client certificate; certificates: %s.\n\n",
               server.port, pki.said);
        code = prepare(&d, pki.folder, server.port);
        code = code == EXIT_WELL ? both(&d) : code;
        client_forget(&d.client);
        hf_config_free((hf_config *)(uintptr_t)d.client.config);
        settings_free(&d.as_client);
        int of_server = demo_server_stop(&server);
        code = code == EXIT_WELL ? of_server : code;
    }
    demo_pki_leave(&pki);
    return code;
}
