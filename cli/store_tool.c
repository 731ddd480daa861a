/* SPDX-License-Identifier: MIT */
#include "cli/store_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 2500 }; /* milliseconds */

int store_tool_open(struct store_tool *t, const struct settings *s)
{
    hf_store *store;
    *t = (struct store_tool){0};
    if (!given(s, OPT_SESSION_STORE)) {
        return say_usage(s, "'%s' needs --session-store URL", s->command->name);
    }
    if (!session_store_is_shared(s)) {
        return say_usage(
            s,
            "--session-store memory: is in the memory of a server: there is nothing to look at from outside");
    }
    int code = session_store_open(s, &store);
    if (code != EXIT_WELL) {
        return code;
    }
    if (uv_loop_init(&t->loop) != 0) {
        hf_store_free(store);
        say_problem(HF_NO_MEMORY, "the event loop");
        return EXIT_INTERNAL;
    }
    if (!store_loop_start(&t->store, &t->loop, store)) {
        uv_loop_close(&t->loop);
        say_problem(HF_NO_MEMORY, "the session store");
        return EXIT_INTERNAL;
    }
    return EXIT_WELL;
}

void store_tool_close(struct store_tool *t)
{
    if (t->store.store != NULL) {
        store_loop_stop(&t->store);
        uv_run(&t->loop, UV_RUN_DEFAULT);
        uv_loop_close(&t->loop);
    }
}

static hf_bytes bytes_of(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

struct store_words store_words(const char *key, const char *first, const char *second)
{
    return (struct store_words){{bytes_of(first), bytes_of(second)}, 2, key, false};
}

void store_words_add(struct store_words *w, const char *text)
{
    if (w->count < sizeof w->at / sizeof *w->at) {
        w->at[w->count++] = bytes_of(text);
    }
}

struct ask {
    struct store_tool *tool;
    bool every;
    store_visit *visit;
    void *arg;
};

static void on_reply(void *arg, const hf_store_reply *r)
{
    struct ask *a = arg;
    struct store_tool *t = a->tool;
    if (r != NULL && (r->kind == HF_REPLY_NONE || r->kind == HF_REPLY_ERROR)) {
        const char *said = r->bytes.len > 0 ? (const char *)r->bytes.data : "no reply";
        if (!t->failed) {
            say_error("the session store: %s%s", said,
                      strncmp(said, "MOVED ", 6) == 0
                          ? ". It is a node of a cluster: add '?cluster' to the URL, for the others"
                          : "");
        }
        t->failed = true;
    } else if (r != NULL && a->visit != NULL) {
        a->visit(a->arg, r);
    }
    if (r == NULL || !a->every) {
        t->awaited--;
        free(a);
    }
}

void store_tool_ask(struct store_tool *t, const struct store_words *words, store_visit *visit, void *arg)
{
    const hf_store_command command = {words->at, words->count, words->key, PATIENCE, words->every_server};
    struct ask *a = malloc(sizeof *a);
    if (a == NULL) {
        t->failed = true;
        say_problem(HF_NO_MEMORY, "");
        return;
    }
    *a = (struct ask){t, words->every_server, visit, arg};
    t->awaited++;
    hf_store_ask(t->store.store, &command, on_reply, a, store_loop_now());
}

bool store_tool_wait(struct store_tool *t)
{
    while (t->awaited > 0) {
        uv_run(&t->loop, UV_RUN_ONCE);
    }
    return !t->failed;
}
