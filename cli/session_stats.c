/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/keyring_tool.h"
#include "cli/store_tool.h"

/* handfast session stats */

enum { NAME = 32 }; /* characters of a session's name: config.h, hf_session_record */

struct server_row {
    char version[64], memory[32], limit[32], policy[32], evicted[24];
};
struct counted {
    struct store_tool *tool;
    unsigned long long records, bytes, identities, others;
    struct server_row server[64];
    size_t servers;
};

/* "used_memory_human:1.03M\r\n": the value behind the word. */
static void info_value(const char *info, const char *word, char *out, size_t size)
{
    const char *at = info;
    size_t len = strlen(word);
    while (at != NULL && !(strncmp(at, word, len) == 0 && at[len] == ':')) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    size_t end = at == NULL ? 0 : strcspn(at + len + 1, "\r\n");
    snprintf(out, size, "%.*s", (int)(end < size ? end : size - 1), at == NULL ? "" : at + len + 1);
}

static void on_info(void *arg, const hf_store_reply *r)
{
    struct counted *c = arg;
    if (r->kind != HF_REPLY_BYTES || c->servers == sizeof c->server / sizeof *c->server) {
        return;
    }
    const char *info = (const char *)r->bytes.data;
    struct server_row *row = &c->server[c->servers++];
    char version[40];
    info_value(info, "valkey_version", version, sizeof version);
    bool valkey = version[0] != '\0';
    if (!valkey) {
        info_value(info, "redis_version", version, sizeof version);
    }
    snprintf(row->version, sizeof row->version, "%s %s", valkey ? "Valkey" : "Redis", version);
    info_value(info, "used_memory_human", row->memory, sizeof row->memory);
    info_value(info, "maxmemory_human", row->limit, sizeof row->limit);
    info_value(info, "maxmemory_policy", row->policy, sizeof row->policy);
    info_value(info, "evicted_keys", row->evicted, sizeof row->evicted);
}

static void on_length(void *arg, const hf_store_reply *r)
{
    struct counted *c = arg;
    if (r->kind == HF_REPLY_INTEGER && r->integer > 0) { /* one that is gone meanwhile has no length */
        c->bytes += (unsigned long long)r->integer;
        c->records++;
    }
}

static void on_name(void *arg, const char *name)
{
    struct counted *c = arg;
    if (strncmp(name, "i:", 2) == 0) {
        c->identities++;
    } else if (strlen(name) != NAME) {
        c->others += strcmp(name, "keyring") != 0;
    } else {
        char whole[128];
        snprintf(whole, sizeof whole, "%s%s", hf_store_prefix(c->tool->store.store), name);
        struct store_words words = store_words(whole, "STRLEN", whole);
        store_tool_ask(c->tool, &words, on_length, c);
    }
}

static void print_text(const struct counted *c, const hf_keyring *keyring)
{
    printf("%llu sessions, %llu bytes%s", c->records, c->bytes, c->records > 0 ? "" : "\n");
    if (c->records > 0) {
        printf(", %llu each\n", c->bytes / c->records);
    }
    printf("%llu lists of a peer's sessions\n", c->identities);
    if (c->others > 0) {
        printf("%llu names that are none of a session store's: another namespace would be better\n",
               c->others);
    }
    for (size_t i = 0; i < c->servers; i++) {
        const struct server_row *row = &c->server[i];
        struct text raw = {0}, clean = {0};
        text_print(&raw, "%s, %s of memory used, limit %s, %s, %s keys evicted", row->version, row->memory,
                   row->limit[0] == '\0' || strcmp(row->limit, "0B") == 0 ? "none" : row->limit, row->policy,
                   row->evicted);
        text_add_clean(&clean, text_string(&raw), 0,
                       !locale_is_utf8()); /* a store wrote it, for a terminal */
        printf("%s\n", text_string(&clean));
        text_free(&raw);
        text_free(&clean);
    }
    if (keyring != NULL) {
        keyring_print(keyring, (int64_t)time(NULL));
    }
}

static void print_json(const struct counted *c, const hf_keyring *keyring)
{
    struct text out = {0};
    hf_epoch e;
    text_print(&out, "{\"sessions\":%llu,\"bytes\":%llu,\"identities\":%llu,\"others\":%llu,\"servers\":[",
               c->records, c->bytes, c->identities, c->others);
    for (size_t i = 0; i < c->servers; i++) {
        const struct server_row *row = &c->server[i];
        const char *const pairs[][2] = {{"version", row->version},
                                        {"memory", row->memory},
                                        {"limit", row->limit},
                                        {"policy", row->policy},
                                        {"evicted", row->evicted}};
        for (size_t j = 0; j < sizeof pairs / sizeof *pairs; j++) {
            text_print(&out, "%s\"%s\":", j > 0 ? "," : i > 0 ? ",{" : "{", pairs[j][0]);
            text_add_json(&out, pairs[j][1]);
        }
        text_add(&out, "}");
    }
    text_add(&out, "],\"epochs\":[");
    for (size_t i = 0; keyring != NULL && hf_keyring_epoch(keyring, i, &e); i++) {
        text_print(&out, "%s{\"id\":%u,\"not_before\":%lld,\"encrypt_until\":%lld,\"decrypt_until\":%lld}",
                   i > 0 ? "," : "", e.id, (long long)e.not_before, (long long)e.encrypt_until,
                   (long long)e.decrypt_until);
    }
    text_add(&out, "]}\n");
    fputs(text_string(&out), stdout);
    text_free(&out);
}

int run_session_stats(const struct settings *s)
{
    struct store_tool tool;
    struct counted *c = calloc(1, sizeof *c);
    hf_keyring *keyring = NULL;
    struct store_words info = store_words(NULL, "INFO", "everything");
    if (c == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    int code = store_tool_open(&tool, s);
    code = code == EXIT_WELL ? keyring_for_tool(&tool, s, &keyring) : code;
    if (code == EXIT_WELL) {
        c->tool = &tool;
        info.every_server = true;
        store_tool_ask(&tool, &info, on_info, c);
        bool well = store_tool_wait(&tool) && store_scan(&tool, on_name, c);
        code = well ? EXIT_WELL : EXIT_NETWORK;
    }
    if (code == EXIT_WELL) {
        (given(s, OPT_JSON) ? print_json : print_text)(c, keyring);
    }
    store_tool_close(&tool);
    hf_keyring_free(keyring);
    free(c);
    return code;
}
