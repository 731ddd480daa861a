/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fail.h"
#include "bench/sessions/guests.h"

static const char help[] =
    "Usage: hf-bench-sessions [--seconds S] [--lookups N] [--quick]\n"
    "What it costs to remember: handshakes in a second, full and resumed, from memory, from tickets and from a\n"
    "real redis-server (one at a time, and 64 at once); how long a handshake waits for the store while it is\n"
    "healthy, hung (SIGSTOP) and dead (SIGKILL); how large a record is. Both sides run in one thread.\n\n"
    "  --seconds S   for each rate (1)\n"
    "  --lookups N   for each set of percentiles (4000)\n"
    "  --quick       little of everything: shows that it works, measures nothing\n";

enum { SESSIONS = 64, AT_ONCE = 64, BUDGET = 25 };

struct settings {
    double seconds;
    size_t lookups;
};

/* ---- rates ---- */
static void settle(struct carrier *c)
{
    for (double until = wall_now() + 0.3; wall_now() < until;)
        carrier_turn(c, 10);
}

static void earn_all(struct hosts *h, hf_session **sessions)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        sessions[i] = earn(h);
        CHECK(sessions[i] != NULL);
    }
    if (h->carrier != NULL)
        settle(h->carrier);
}

static void free_all(hf_session **sessions)
{
    for (size_t i = 0; i < SESSIONS; i++)
        hf_session_free(sessions[i]);
}

/* Handshakes with so many under way, until the time is over; how many a second. *resumed: how many of them
 * were. */
static double rate(struct hosts *h, hf_session **sessions, size_t at_once, double seconds, double *share)
{
    struct guest guests[AT_ONCE];
    size_t done = 0, begun = 0, resumed = 0;
    double start = wall_now(), now = start;
    for (size_t i = 0; i < at_once; i++)
        guest_begin(&guests[i], h, sessions != NULL ? sessions[begun++ % SESSIONS] : NULL);
    while (now - start < seconds || done == 0) {
        bool moved = false;
        for (size_t i = 0; i < at_once; i++) {
            if (guests[i].parked || !guest_run(&guests[i]))
                continue;
            moved = true;
            done++;
            resumed += hf_negotiated(guests[i].server)->resumed;
            guest_end(&guests[i]);
            guest_begin(&guests[i], h, sessions != NULL ? sessions[begun++ % SESSIONS] : NULL);
        }
        if (h->carrier != NULL)
            carrier_turn(h->carrier, moved ? 0 : 50);
        now = wall_now();
    }
    for (size_t i = 0; i < at_once; i++)
        guest_end(&guests[i]);
    *share = (double)resumed / (double)done;
    return (double)done / (now - start);
}

static void show_rate(const char *what, double per_second, double share)
{
    printf("  %-34s %9.0f a second   %5.1f %% resumed\n", what, per_second, 100 * share);
}

static void local_rates(const struct settings *s, bool mutual)
{
    static const char *const names[] = {"full", "resumed from own memory", "resumed from tickets"};
    double share;
    for (int memory = NO_MEMORY; memory <= TICKETS; memory++) {
        struct hosts h;
        hf_session *sessions[SESSIONS] = {NULL};
        hosts_make(&h, (enum memory)memory, mutual, NULL);
        if (memory != NO_MEMORY)
            earn_all(&h, sessions);
        double per_second = rate(&h, memory == NO_MEMORY ? NULL : sessions, 1, s->seconds, &share);
        show_rate(names[memory], per_second, share);
        free_all(sessions);
        hosts_free(&h);
    }
}

/* ---- percentiles ---- */
static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void show_waits(const char *what, double *waits, size_t n, size_t resumed)
{
    qsort(waits, n, sizeof *waits, by_size);
    printf("  %-8s %8.0f %8.0f %8.0f %9.0f %9.0f   %5.1f %% resumed\n", what, 1e6 * waits[n / 2],
           1e6 * waits[n * 9 / 10], 1e6 * waits[n * 99 / 100], 1e6 * waits[n * 999 / 1000],
           1e6 * waits[n - 1], 100.0 * (double)resumed / (double)n);
}

/* So many handshakes, AT_ONCE under way; how long each waited for its session. */
static void waits_of(const char *what, struct hosts *h, hf_session **sessions, size_t n)
{
    struct guest guests[AT_ONCE];
    double *waits = calloc(n, sizeof *waits);
    size_t done = 0, begun = 0, resumed = 0;
    CHECK(waits != NULL);
    for (; begun < AT_ONCE; begun++)
        guest_begin(&guests[begun], h, sessions[begun % SESSIONS]);
    while (done < n) {
        bool moved = false;
        for (size_t i = 0; i < AT_ONCE && done < n; i++) {
            if (guests[i].parked || !guest_run(&guests[i]))
                continue;
            moved = true;
            waits[done++] = guests[i].waited;
            resumed += hf_negotiated(guests[i].server)->resumed;
            guest_end(&guests[i]);
            guest_begin(&guests[i], h, sessions[begun++ % SESSIONS]);
        }
        carrier_turn(h->carrier, moved ? 0 : 50);
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        guest_end(&guests[i]);
    show_waits(what, waits, n, resumed);
    free(waits);
}

static void with_redis(const struct settings *s)
{
    struct redis r;
    struct carrier c;
    struct hosts h;
    hf_session *sessions[SESSIONS];
    double share;
    hf_store_options no_local = {.budget = BUDGET, .local_sessions = 1};
    redis_start(&r);
    carrier_start(&c, hf_store_new(r.url, &no_local, NULL));
    CHECK(c.store != NULL);
    settle(&c);
    hosts_make(&h, STORE, false, &c);
    earn_all(&h, sessions);
    double one = rate(&h, sessions, 1, s->seconds, &share);
    show_rate("resumed from Redis, one at a time", one, share);
    double many = rate(&h, sessions, AT_ONCE, s->seconds, &share);
    show_rate("resumed from Redis, 64 at once", many, share);
    printf(
        "\nWaiting for the store, 64 handshakes at once, budget %d ms; microseconds\n  %-8s %8s %8s %8s %9s %9s\n",
        BUDGET, "", "p50", "p90", "p99", "p99.9", "most");
    waits_of("healthy", &h, sessions, s->lookups);
    redis_signal(&r, SIGSTOP);
    waits_of("hung", &h, sessions, s->lookups);
    redis_signal(&r, SIGCONT);
    settle(&c);
    redis_signal(&r, SIGKILL);
    waits_of("dead", &h, sessions, s->lookups);
    free_all(sessions);
    hosts_free(&h);
    carrier_end(&c);
    redis_stop(&r);
}

/* ---- sizes ---- */
static void show_size(bool mutual)
{
    struct carrier c;
    struct hosts h;
    carrier_start(&c, hf_store_new("memory:", NULL, NULL));
    hosts_make(&h, STORE, mutual, &c);
    hf_session *session = earn(&h);
    hf_session_stats stats = hf_config_session_statistics(h.server);
    CHECK(session != NULL && stats.records == 1);
    printf("  %-34s %6llu bytes in the store\n",
           mutual ? "with the client's certificate" : "without client certificate",
           (unsigned long long)stats.record_bytes);
    hf_session_free(session);
    hosts_free(&h);
    carrier_end(&c);
}

static struct settings read_settings(int argc, char **argv)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"lookups", required_argument, NULL, 'l'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct settings s = {1, 4000};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        double value = optarg != NULL ? strtod(optarg, NULL) : 0;
        if (option == 'h') {
            fputs(help, stdout);
            exit(0);
        }
        if (option == '?' || (optarg != NULL && !(value > 0 && value <= 1e6))) {
            fputs("hf-bench-sessions: not an option, or not a number in range; see --help\n", stderr);
            exit(2);
        }
        s.seconds = option == 's' ? value : option == 'q' ? 0.02 : s.seconds;
        s.lookups = option == 'l' ? (size_t)value : option == 'q' ? 200 : s.lookups;
    }
    return s;
}

int main(int argc, char **argv)
{
    struct settings s = read_settings(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    printf("Handshakes, ECDSA P-256, AES-128-GCM, both sides in one thread\n");
    local_rates(&s, false);
    with_redis(&s);
    printf("\nWith a client certificate\n");
    local_rates(&s, true);
    printf("\nA record\n");
    show_size(false);
    show_size(true);
    return 0;
}
