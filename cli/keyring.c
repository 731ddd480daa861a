/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/keyring_tool.h"

/* handfast keyring init|rotate|show, in a file; in a store: keyring_in_store. */

static int64_t now_seconds(void)
{
    return (int64_t)time(NULL);
}

static int read_plan(const struct settings *s, hf_keyring_plan *plan)
{
    *plan = (hf_keyring_plan){.period = (uint32_t)option_number(s, OPT_PERIOD, 0),
                              .life = (uint32_t)option_number(s, OPT_LIFE, 0),
                              .lead = (uint32_t)option_number(s, OPT_LEAD, 0)};
    hf_keyring *tried = hf_keyring_new(plan);
    if (tried == NULL) {
        return say_usage(
            s,
            "such a keyring cannot be: --period is at least 60 (3600), --life at most 86400 and at most 28 "
            "periods (14400), --lead less than a period (600)");
    }
    hf_keyring_free(tried);
    return EXIT_WELL;
}

/* Exactly one of FILE and a store. */
static int check(const struct settings *s)
{
    if ((s->positionals == 1) == given(s, OPT_SESSION_STORE)) {
        return say_usage(s, "give either FILE, or --session-store URL --session-kek FILE");
    }
    if (s->positionals == 1 && given(s, OPT_SESSION_KEK)) {
        return say_usage(s,
                         "--session-kek is for a keyring in a store: one in a file is protected by its mode");
    }
    return EXIT_WELL;
}

/* ---- in a store ---- */
static int tell_store(enum keyring_wish wish, enum keyring_outcome outcome, const char *why, bool quiet)
{
    switch (outcome) {
    case KEYRING_UNREACHABLE:
    case KEYRING_REFUSED:
        say_error("the session store: %s", why);
        return EXIT_NETWORK;
    case KEYRING_BROKEN:
        say_error("the keyring in the store cannot be used (%s). Is --session-kek the servers' own?", why);
        return EXIT_USAGE;
    case KEYRING_ABSENT:
        say_error("there is no keyring in the store: 'handfast keyring init' makes one");
        return EXIT_USAGE;
    case KEYRING_EXISTS:
        say_error(
            "there is a keyring in the store already, and it is not overwritten: all sessions under it would be lost. "
            "'handfast keyring rotate' makes the next epoch");
        return EXIT_USAGE;
    default:
        if (!quiet && wish != KEYRING_SHOW) {
            printf("%s\n",
                   outcome == KEYRING_CHANGED ? wish == KEYRING_INIT ? "made" : "rotated" : "nothing is due");
        }
        return EXIT_WELL;
    }
}

static int in_store(const struct settings *s, enum keyring_wish wish, const hf_keyring_plan *plan)
{
    struct store_tool tool = {0};
    struct keyring_store k = {.plan = *plan};
    char why[WHY_SIZE] = "";
    hf_keyring *keyring = hf_keyring_new(plan);
    int code = keyring == NULL ? EXIT_INTERNAL : session_kek_read(s, k.kek);
    code = code == EXIT_WELL ? store_tool_open(&tool, s) : code;
    if (code == EXIT_WELL) {
        keyring_store_start(&k, tool.store.store, keyring);
        enum keyring_outcome outcome = KEYRING_ABSENT;
        if (wish == KEYRING_ROTATE) { /* what is not there is not made by mistake */
            outcome = keyring_store_wait(&tool, &k, KEYRING_SHOW, why);
        }
        if (wish != KEYRING_ROTATE || outcome == KEYRING_LOADED) {
            outcome = keyring_store_wait(&tool, &k, wish, why);
        }
        code = tell_store(wish, outcome, why, given(s, OPT_QUIET));
    }
    if (code == EXIT_WELL && wish == KEYRING_SHOW) {
        keyring_print(keyring, now_seconds());
    }
    store_tool_close(&tool);
    keyring_store_end(&k);
    hf_keyring_free(keyring);
    return code;
}

/* ---- in a file ---- */
/* Behind another name until it is whole. The old one's owner, where there is one, keeps it: root may rotate
 * for a server that is not root. */
static int write_aside(const char *path, hf_bytes bytes, char temporary[4096])
{
    struct stat old;
    int len = snprintf(temporary, 4096, "%s.XXXXXX", path);
    int fd = len < 0 || len >= 4096 ? -1 : mkstemp(temporary); /* mode 0600 */
    if (fd < 0) {
        return -1;
    }
    bool own = stat(path, &old) == 0 && old.st_uid != geteuid();
    bool well = (!own || fchown(fd, old.st_uid, old.st_gid) == 0) &&
                append_all(fd, (const char *)bytes.data, bytes.len) == 0 && fsync(fd) == 0;
    well = close(fd) == 0 && well;
    return well ? 0 : -1;
}

static int put_aside(const char *path, hf_bytes bytes, int (*put)(const char *, const char *))
{
    char temporary[4096];
    bool well = write_aside(path, bytes, temporary) == 0 && put(temporary, path) == 0;
    int error = errno;
    unlink(temporary); /* link(2) leaves it */
    errno = error;
    return well ? 0 : -1;
}

/* put: link(2), which does not overwrite, or rename(2), which does at once for whoever reads. */
static int save(const hf_keyring *keyring, const char *path, int (*put)(const char *, const char *))
{
    struct file text;
    hf_err err = keyring_bytes(keyring, NULL, &text);
    if (err != HF_OK) {
        say_problem(err, path);
        return EXIT_INTERNAL;
    }
    int failed = put_aside(path, text.bytes, put);
    int error = errno;
    file_free(&text);
    if (failed && error == EEXIST) {
        say_error(
            "%s: it exists, and is not overwritten: all sessions under it would be lost. 'handfast keyring rotate' makes "
            "the next epoch.",
            path);
    } else if (failed) {
        say_error("%s: it cannot be written (%s)", path, strerror(error));
    }
    return failed ? EXIT_USAGE : EXIT_WELL;
}

int run_keyring_init(const struct settings *s)
{
    hf_keyring_plan plan;
    int code = check(s);
    code = code == EXIT_WELL ? read_plan(s, &plan) : code;
    if (code != EXIT_WELL || s->positionals == 0) {
        return code == EXIT_WELL ? in_store(s, KEYRING_INIT, &plan) : code;
    }
    hf_keyring *keyring = hf_keyring_new(&plan);
    hf_err err = keyring == NULL ? HF_NO_MEMORY : hf_keyring_rotate(keyring, now_seconds(), NULL);
    if (err != HF_OK) {
        say_problem(err, "");
        code = EXIT_INTERNAL;
    }
    code = code == EXIT_WELL ? save(keyring, s->positional[0], link) : code;
    hf_keyring_free(keyring);
    if (code == EXIT_WELL && !given(s, OPT_QUIET)) {
        printf("%s: made, mode 0600. Copy it to every server over a protected way; rotate it in one place.\n",
               s->positional[0]);
    }
    return code;
}

static size_t count_epochs(const hf_keyring *keyring)
{
    hf_epoch e;
    size_t count = 0;
    while (hf_keyring_epoch(keyring, count, &e)) {
        count++;
    }
    return count;
}

static int rotate_file(const struct settings *s, hf_keyring *keyring, const char *path)
{
    char why[WHY_SIZE];
    bool made = false;
    if (!keyring_file_load(keyring, path, why)) {
        say_error("%s: %s", path, why);
        return EXIT_USAGE;
    }
    size_t before = count_epochs(keyring);
    hf_err err = hf_keyring_rotate(keyring, now_seconds(), &made);
    if (err != HF_OK) {
        say_problem(err, path);
        return EXIT_INTERNAL;
    }
    bool wiped = count_epochs(keyring) != before + (made ? 1 : 0);
    int code = made || wiped ? save(keyring, path, rename) : EXIT_WELL;
    if (code == EXIT_WELL && !given(s, OPT_QUIET)) {
        const char *what = made ? "rotated" : wiped ? "what is over was wiped" : "nothing is due";
        printf("%s: %s, newest epoch %u\n", path, what, keyring_newest(keyring));
    }
    return code;
}

int run_keyring_rotate(const struct settings *s)
{
    int code = check(s);
    if (code != EXIT_WELL || s->positionals == 0) {
        return code == EXIT_WELL ? in_store(s, KEYRING_ROTATE, &(hf_keyring_plan){0}) : code;
    }
    const char *path = s->positional[0];
    int held = file_lock(path, false);
    if (held < 0) {
        say_error(
            "%s: %s", path,
            errno == EAGAIN
                ? "another 'handfast keyring rotate' holds it for more than 5 seconds; look whether one hangs"
            : errno == ENOENT ? "there is none; 'handfast keyring init' makes one"
                              : strerror(errno));
        return EXIT_USAGE;
    }
    hf_keyring *keyring = hf_keyring_new(NULL);
    code = keyring == NULL ? EXIT_INTERNAL : rotate_file(s, keyring, path);
    hf_keyring_free(keyring);
    close(held);
    return code;
}

int run_keyring_show(const struct settings *s)
{
    char why[WHY_SIZE];
    int code = check(s);
    if (code != EXIT_WELL || s->positionals == 0) {
        return code == EXIT_WELL ? in_store(s, KEYRING_SHOW, &(hf_keyring_plan){0}) : code;
    }
    hf_keyring *keyring = hf_keyring_new(NULL);
    if (keyring == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    if (keyring_file_load(keyring, s->positional[0], why)) {
        keyring_print(keyring, now_seconds());
    } else {
        say_error("%s: %s", s->positional[0], why);
        code = EXIT_USAGE;
    }
    hf_keyring_free(keyring);
    return code;
}
