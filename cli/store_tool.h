/* SPDX-License-Identifier: MIT */
#ifndef CLI_STORE_TOOL_H
#define CLI_STORE_TOOL_H

#include "cli/session_store.h"
#include "cli/store_loop.h"

/* A session store for a command that has nothing else to do: commands are asked, then waited for. */
struct store_tool {
    uv_loop_t loop;
    struct store_loop store;
    size_t awaited; /* replies */
    bool failed;    /* and it was said why */
};

/* EXIT_WELL, or another code after having said why not; closed then. */
int store_tool_open(struct store_tool *t, const struct settings *s);
void store_tool_close(struct store_tool *t);

/* One command, up to eight texts. key: whose server it goes to in a cluster, NULL: any. */
struct store_words {
    hf_bytes at[8];
    size_t count;
    const char *key;
    bool every_server;
};
struct store_words store_words(const char *key, const char *first, const char *second);
void store_words_add(struct store_words *w, const char *text);
/* A visitor gets each reply that is neither an error nor missing; those are said and set failed. */
typedef void store_visit(void *arg, const hf_store_reply *reply);
/* Does not wait. A store takes 1024 at once: wait in between. */
void store_tool_ask(struct store_tool *t, const struct store_words *words, store_visit *visit, void *arg);
/* Until every reply came; false when anything failed. */
bool store_tool_wait(struct store_tool *t);

/* ---- store_scan.c ---- */
/* Every name in the store's namespace, without the namespace, on every primary; twice the same is possible.
 * The visitor may ask, not wait. What it asked is waited for in between. False when it failed. */
typedef void store_name(void *arg, const char *name);
bool store_scan(struct store_tool *t, store_name *visit, void *arg);
/* Every member of a set. */
bool store_members(struct store_tool *t, const char *set, store_name *visit, void *arg);

#endif
