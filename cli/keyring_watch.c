/* SPDX-License-Identifier: MIT */
#include "cli/keyring_watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/session_store.h"

/* Milliseconds. An epoch is known for minutes before it is used: this often is often enough. */
enum { LOOK_AT_FILE = 2000, LOOK_AT_STORE = 5000 };

int keyring_watch_open(struct keyring_watch *w, const struct settings *s)
{
    const char *from = option_text(s, OPT_SESSION_KEYS);
    char why[WHY_SIZE];
    *w = (struct keyring_watch){.quiet = given(s, OPT_QUIET)};
    if (from == NULL) {
        return given(s, OPT_SESSION_KEK) ? say_usage(s, "--session-kek belongs to --session-keys store")
                                         : EXIT_WELL;
    }
    w->keyring = hf_keyring_new(NULL);
    if (w->keyring == NULL) {
        say_problem(HF_NO_MEMORY, "");
        return EXIT_INTERNAL;
    }
    if (strcmp(from, "store") == 0) {
        if (!session_store_is_shared(s)) {
            return say_usage(
                s, "--session-keys store needs --session-store with a server that others reach too");
        }
        return session_kek_read(s, w->in_store.kek);
    }
    if (given(s, OPT_SESSION_KEK)) {
        return say_usage(s, "--session-kek belongs to --session-keys store, not to a keyring in a file");
    }
    w->path = from;
    w->mark = file_mark_of(from);
    if (!keyring_file_load(w->keyring, from, why)) {
        say_error("--session-keys %s: %s", from, why);
        return EXIT_USAGE;
    }
    return EXIT_WELL;
}

/* Nobody rotates: sessions are not made any more. Said once. */
static void look_for_keys(struct keyring_watch *w)
{
    hf_epoch e;
    int64_t now = (int64_t)time(NULL);
    bool makes = false;
    for (size_t i = 0; hf_keyring_epoch(w->keyring, i, &e); i++) {
        makes |= e.not_before - HF_KEYRING_SKEW <= now && now < e.encrypt_until + HF_KEYRING_SKEW;
    }
    if (!makes && !w->starved && w->ready) {
        say_warning(
            "--session-keys: no epoch of the keyring makes sessions now, so nothing new can be resumed. %s",
            w->path != NULL
                ? "Run 'handfast keyring rotate' on the file, from cron say, oftener than its period."
                : "Look at the store.");
    }
    w->starved = !makes && w->ready; /* what was not said yet is said when it can be */
}

/* ---- a file ---- */
static void load(struct keyring_watch *w, bool whatever)
{
    char why[WHY_SIZE];
    struct file_mark now = file_mark_of(w->path);
    if (!whatever && file_mark_same(&now, &w->mark)) {
        return;
    }
    w->mark = now; /* before it is read: what is written meanwhile is seen the next time */
    if (!keyring_file_load(w->keyring, w->path, why)) {
        say_warning("--session-keys %s: %s; the keys before stay in use", w->path, why);
    } else if (!w->quiet) {
        say("--session-keys %s: read again, newest epoch %u", w->path, keyring_newest(w->keyring));
    }
}

/* ---- the store ---- */
static void on_told(void *arg, enum keyring_outcome outcome, const char *why)
{
    struct keyring_watch *w = arg;
    bool well = outcome > KEYRING_BROKEN;
    w->outcome = outcome;
    w->ready |= well || w->in_store.loaded;
    snprintf(w->trouble, sizeof w->trouble, "%s", well ? "" : why);
    if (!w->running) {
        return;
    }
    if (!well && outcome != KEYRING_UNREACHABLE && outcome != w->warned) {
        say_warning(
            "--session-keys store: %s (%s); %s",
            outcome == KEYRING_REFUSED ? "the store refuses" : "the keyring in the store cannot be used", why,
            keyring_newest(w->keyring) == 0 ? "nothing is resumed meanwhile" : "the keys before stay in use");
        w->warned = outcome;
    }
    w->warned = well ? KEYRING_UNREACHABLE : w->warned;
    if (!w->quiet && (outcome == KEYRING_CHANGED || outcome == KEYRING_LOADED)) {
        say("--session-keys store: %s, newest epoch %u",
            outcome == KEYRING_CHANGED ? "rotated by this process" : "read", keyring_newest(w->keyring));
    }
    if (w->again) {
        w->again = false;
        keyring_store_go(&w->in_store, KEYRING_ROTATE);
    }
}

static void look(struct keyring_watch *w, bool whatever)
{
    if (w->path != NULL) {
        load(w, whatever);
    } else if (w->in_store.busy) {
        w->again |= whatever;
    } else {
        keyring_store_go(&w->in_store, KEYRING_ROTATE);
    }
    look_for_keys(w);
}

static void on_timer(uv_timer_t *timer)
{
    look(timer->data, false);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    look(handle->data, true);
}

void keyring_watch_start(struct keyring_watch *w, uv_loop_t *loop, hf_store *store)
{
    if (w->keyring == NULL) {
        return;
    }
    w->running = true;
    uv_timer_init(loop, &w->timer);
    uv_signal_init(loop, &w->hangup);
    w->timer.data = w->hangup.data = w;
    uv_signal_start(&w->hangup, on_hangup, SIGHUP);
    if (w->path != NULL) {
        w->ready = true;
        uv_timer_start(&w->timer, on_timer, LOOK_AT_FILE, LOOK_AT_FILE);
        look_for_keys(w);
        return;
    }
    keyring_store_start(&w->in_store, store, w->keyring);
    w->in_store.told = on_told;
    w->in_store.arg = w;
    uv_timer_start(&w->timer, on_timer, LOOK_AT_STORE, LOOK_AT_STORE);
    look(w, false);
}

void keyring_watch_stop(struct keyring_watch *w)
{
    if (w->running) {
        w->running = false;
        uv_close((uv_handle_t *)&w->timer, NULL);
        uv_close((uv_handle_t *)&w->hangup, NULL);
    }
}

void keyring_watch_free(struct keyring_watch *w)
{
    keyring_store_end(&w->in_store);
    hf_keyring_free(w->keyring);
    w->keyring = NULL;
}
