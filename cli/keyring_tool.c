/* SPDX-License-Identifier: MIT */
#include "cli/keyring_tool.h"

#include <stdio.h>
#include <string.h>

struct told {
    bool is;
    enum keyring_outcome outcome;
    char why[WHY_SIZE];
};

static void on_told(void *arg, enum keyring_outcome outcome, const char *why)
{
    struct told *t = arg;
    t->is = true;
    t->outcome = outcome;
    snprintf(t->why, sizeof t->why, "%s", why);
}

enum keyring_outcome keyring_store_wait(struct store_tool *t, struct keyring_store *k, enum keyring_wish wish,
                                        char why[WHY_SIZE])
{
    struct told told = {0};
    k->told = on_told;
    k->arg = &told;
    keyring_store_go(k, wish);
    while (!told.is) {
        uv_run(&t->loop, UV_RUN_ONCE);
    }
    memcpy(why, told.why, sizeof told.why);
    return told.outcome;
}

static int from_store(struct store_tool *t, const struct settings *s, hf_keyring *keyring)
{
    struct keyring_store k = {0};
    char why[WHY_SIZE];
    int code = session_kek_read(s, k.kek);
    if (code != EXIT_WELL) {
        return code;
    }
    keyring_store_start(&k, t->store.store, keyring);
    switch (keyring_store_wait(t, &k, KEYRING_SHOW, why)) {
    case KEYRING_LOADED:
    case KEYRING_SAME:
        break;
    case KEYRING_UNREACHABLE:
    case KEYRING_REFUSED:
        say_error("the session store: %s", why);
        code = EXIT_NETWORK;
        break;
    case KEYRING_ABSENT:
        say_error(
            "there is no keyring in the store. 'handfast keyring init' makes one, or the first server that is started "
            "with --session-keys store.");
        code = EXIT_USAGE;
        break;
    default:
        say_error("the keyring in the store cannot be used (%s). Is --session-kek the servers' own?", why);
        code = EXIT_USAGE;
    }
    keyring_store_end(&k);
    return code;
}

int keyring_for_tool(struct store_tool *t, const struct settings *s, hf_keyring **out)
{
    const char *from = option_text(s, OPT_SESSION_KEYS);
    char why[WHY_SIZE];
    *out = NULL;
    if (from == NULL) {
        return EXIT_WELL;
    }
    *out = hf_keyring_new(NULL);
    if (*out == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    if (strcmp(from, "store") == 0) {
        return from_store(t, s, *out);
    }
    if (!keyring_file_load(*out, from, why)) {
        say_error("--session-keys %s: %s", from, why);
        return EXIT_USAGE;
    }
    return EXIT_WELL;
}
