/* SPDX-License-Identifier: MIT */
#include "cli/sessions.h"

#include <signal.h>
#include <string.h>

#include "cli/config.h"
#include "cli/session_store.h"

/* Milliseconds that a store has to be reached in before a server starts without. */
enum { PATIENCE = 2000, HEALTH = 1000 };

static int check(const struct settings *s)
{
    static const enum option of_store[] = {OPT_SESSION_BUDGET, OPT_SESSION_NAMESPACE, OPT_SESSION_STORE_CA,
                                           OPT_SESSION_STORE_CERT, OPT_SESSION_STORE_KEY};
    for (size_t i = 0; !given(s, OPT_SESSION_STORE) && i < sizeof of_store / sizeof *of_store; i++) {
        if (given(s, of_store[i])) {
            return say_usage(s, "--%s belongs to --session-store", option_rows[of_store[i]].name);
        }
    }
    if (session_store_is_shared(s) && !given(s, OPT_SESSION_KEYS)) {
        return say_usage(
            s,
            "--session-store needs --session-keys: without it each process has keys of its own, and nothing that is "
            "stored could be resumed by another, nor by itself when it was started again. Give --session-keys FILE "
            "('handfast keyring init FILE' makes one), or --session-keys store --session-kek FILE");
    }
    if (given(s, OPT_SESSION_KEYS) && !given(s, OPT_SESSION_STORE) && !given(s, OPT_TICKETS)) {
        return say_usage(
            s,
            "--session-keys is for sessions that leave this process: give --session-store or --tickets as well");
    }
    return EXIT_WELL;
}

int sessions_open(struct sessions *x, const struct settings *s)
{
    *x = (struct sessions){.settings = s};
    int code = check(s);
    code = code == EXIT_WELL ? keyring_watch_open(&x->keys, s) : code;
    return code == EXIT_WELL && given(s, OPT_SESSION_STORE) ? session_store_open(s, &x->store) : code;
}

static int set_times(hf_config *config, const struct settings *s)
{
    enum { LIFE = 4 * 3600, AGE = 8 * 3600, MOST = 24 * 3600 };
    unsigned long life = option_number(s, OPT_SESSION_LIFE, LIFE),
                  age = option_number(s, OPT_MAX_AUTH_AGE, AGE);
    if (life == 0 || life > MOST) {
        return say_usage(
            s, "--session-life takes 1 to 86400 seconds (RFC 5246 F.1.4: at most a day), not %lu", life);
    }
    if (age == 0) {
        return say_usage(s, "--max-auth-age takes at least 1 second");
    }
    hf_err err = hf_config_session_life(config, (uint32_t)life, (uint32_t)age);
    return err == HF_OK ? EXIT_WELL : refused(err, "session-life", "", NULL);
}

static hf_err set_store(struct sessions *x, hf_config *config)
{
    hf_err err = HF_OK;
    if (x->keys.keyring != NULL) {
        err = hf_config_keyring(config, x->keys.keyring);
    }
    if (x->store != NULL && err == HF_OK) {
        err = hf_config_session_cache(config, 0); /* the store's own memory serves */
        err = err == HF_OK ? hf_config_session_effects(config, hf_store_effect, x->store) : err;
    } else if (err == HF_OK && given(x->settings, OPT_SESSION_CACHE)) {
        err = hf_config_session_cache(config, option_number(x->settings, OPT_SESSION_CACHE, 0));
    }
    return err;
}

int sessions_set(struct sessions *x, hf_config *config, const struct settings *s)
{
    const char *generation = option_text(s, OPT_SESSION_GENERATION),
               *rules = option_text(s, OPT_PEER_IDENTITIES);
    hf_problem why = {0};
    int code = set_times(config, s);
    if (code != EXIT_WELL) {
        return code;
    }
    hf_err err = set_store(x, config);
    if (err == HF_OK && given(s, OPT_TICKETS)) {
        err = hf_config_tickets(config, true);
    }
    if (err == HF_OK && given(s, OPT_TICKET_COUNT)) {
        err = hf_config_ticket_count(config, (unsigned)option_number(s, OPT_TICKET_COUNT, 2));
        if (err != HF_OK) {
            return say_usage(s, "--ticket-count takes 0 to %d", HF_TICKETS_MAX);
        }
    }
    if (err == HF_OK && generation != NULL) {
        err = hf_config_session_generation(config, generation);
    }
    if (err != HF_OK) {
        return refused(err, "session-generation", generation == NULL ? "" : generation, NULL);
    }
    err = rules == NULL ? HF_OK : hf_config_peer_identities(config, rules, &why);
    return err == HF_OK ? EXIT_WELL : refused(err, "peer-identities", rules, &why);
}

/* ---- in the loop ---- */
static void on_report(uv_signal_t *handle, int number)
{
    const struct sessions *x = handle->data;
    (void)number;
    sessions_report(x->config, x->store, given(x->settings, OPT_JSON));
}

static void on_every(uv_timer_t *timer)
{
    const struct sessions *x = timer->data;
    sessions_report(x->config, x->store, given(x->settings, OPT_JSON));
}

static bool store_is_there(const struct sessions *x)
{
    return !session_store_is_shared(x->settings) || hf_store_statistics(x->store).connected > 0;
}

/* Said when it begins and when it is over. */
static void on_health(uv_timer_t *timer)
{
    struct sessions *x = timer->data;
    hf_store_stats stats = hf_store_statistics(x->store);
    bool troubled = stats.connected == 0 || stats.breaker_state != HF_BREAKER_CLOSED;
    if (troubled && !x->troubled) {
        const char *why = hf_store_trouble(x->store);
        say_warning("the session store does not serve: %s. Handshakes go on; most are full.",
                    why[0] != '\0' ? why : "it does not answer");
    } else if (!troubled && x->troubled && !given(x->settings, OPT_QUIET)) {
        say("the session store serves again");
    }
    x->troubled = troubled;
}

/* ---- waiting for the store before the first connection ---- */
static void on_patience(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static int wait_for_store(struct sessions *x, uv_loop_t *loop)
{
    uv_timer_t patience;
    bool over = false;
    const struct keyring_watch *w = &x->keys;
    uv_timer_init(loop, &patience);
    patience.data = &over;
    uv_timer_start(&patience, on_patience, PATIENCE, 0);
    while (!over && w->outcome != KEYRING_BROKEN && w->outcome != KEYRING_REFUSED &&
           (!store_is_there(x) || (w->keyring != NULL && !w->ready))) {
        uv_run(loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(loop, UV_RUN_NOWAIT); /* lets go of the handle on this stack */
    if (w->outcome == KEYRING_BROKEN && !w->ready) {
        say_error(
            "--session-keys store: the keyring in the store cannot be used (%s). Give all servers the same --session-kek, "
            "or look with 'handfast keyring show --session-store URL --session-kek FILE'.",
            w->trouble);
        return EXIT_USAGE;
    }
    if (!store_is_there(x) || (w->keyring != NULL && !w->ready && w->outcome != KEYRING_REFUSED)) {
        const char *why = hf_store_trouble(x->store);
        say_warning("the session store is not reached (%s); serving without it until it is",
                    why[0] != '\0'          ? why
                    : w->trouble[0] != '\0' ? w->trouble
                                            : "no answer");
        x->troubled = true;
    }
    return EXIT_WELL;
}

int sessions_start(struct sessions *x, uv_loop_t *loop, const hf_config *config)
{
    x->config = config;
    if (x->store != NULL && !store_loop_start(&x->loop, loop, x->store)) {
        x->store = NULL;
        say_problem(HF_NO_MEMORY, "the session store");
        return EXIT_INTERNAL;
    }
    x->running = true;
    uv_signal_init(loop, &x->report);
    uv_timer_init(loop, &x->every);
    uv_timer_init(loop, &x->health);
    x->report.data = x->every.data = x->health.data = x;
    uv_signal_start(&x->report, on_report, SIGUSR1);
    keyring_watch_start(&x->keys, loop, x->store);
    unsigned long seconds = given(x->settings, OPT_STATS) && option_text(x->settings, OPT_STATS) != NULL
                                ? option_number(x->settings, OPT_STATS, 0)
                                : 0;
    if (seconds > 0) {
        uv_timer_start(&x->every, on_every, seconds * 1000, seconds * 1000);
    }
    int code = session_store_is_shared(x->settings) ? wait_for_store(x, loop) : EXIT_WELL;
    if (session_store_is_shared(x->settings)) {
        uv_timer_start(&x->health, on_health, HEALTH, HEALTH);
    }
    return code;
}

void sessions_stop(struct sessions *x)
{
    if (!x->running) {
        return;
    }
    x->running = false;
    if (given(x->settings, OPT_STATS)) {
        sessions_report(x->config, x->store, given(x->settings, OPT_JSON));
    }
    keyring_watch_stop(&x->keys);
    store_loop_stop(&x->loop);
    x->store = NULL;
    uv_close((uv_handle_t *)&x->report, NULL);
    uv_close((uv_handle_t *)&x->every, NULL);
    uv_close((uv_handle_t *)&x->health, NULL);
}

void sessions_free(struct sessions *x)
{
    hf_store_free(x->store); /* where it never ran */
    x->store = NULL;
    keyring_watch_free(&x->keys);
}
