/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "cli/sessions.h"

static const char *const breakers[] = {"closed", "open", "half_open"};

static long long seconds_to_next(const hf_session_stats *s)
{
    long long left = s->next_epoch == 0 ? 0 : (long long)s->next_epoch - (long long)time(NULL);
    return left < 0 ? 0 : left;
}

/* ---- JSON ---- */
static void json_count(struct text *out, const char *name, uint64_t value)
{
    text_print(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void json_store(struct text *out, const hf_store *store)
{
    hf_store_stats t = hf_store_statistics(store);
    text_print(out, ",\"store\":{\"breaker_state\":\"%s\"", breakers[t.breaker_state]);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"hit", t.hit},
                  {"miss", t.miss},
                  {"timeout", t.timeout},
                  {"error", t.error},
                  {"breaker", t.breaker},
                  {"in_flight_full", t.in_flight_full},
                  {"hit_local", t.hit_local},
                  {"late", t.late},
                  {"puts", t.puts},
                  {"put_bytes", t.put_bytes},
                  {"put_errors", t.put_errors},
                  {"forgets", t.forgets},
                  {"connects", t.connects},
                  {"connect_failures", t.connect_failures},
                  {"moved", t.moved},
                  {"asked", t.asked},
                  {"connected", t.connected},
                  {"in_flight", t.in_flight},
                  {"local_records", t.local_records}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        json_count(out, counts[i].name, counts[i].value);
    }
    text_add(out, ",\"latency_ms\":[");
    for (size_t i = 0; i < HF_STORE_LATENCIES; i++) {
        text_print(out, "%s%llu", i > 0 ? "," : "", (unsigned long long)t.latency[i]);
    }
    text_add(out, "],\"trouble\":");
    text_add_json(out, hf_store_trouble(store));
    text_add(out, "}");
}

static void report_json_line(struct text *out, const hf_session_stats *s, const hf_store *store)
{
    text_add(out, "{\"event\":\"sessions\",\"resumption\":{");
    for (int i = 0; i < HF_RESUMPTIONS; i++) {
        const char *name = hf_resumption_name((hf_resumption)i);
        if (i <= HF_SESSION_STORE_FAILED) {
            text_print(out, "%s\"%s\":%llu", i > 0 ? "," : "", name, (unsigned long long)s->count[i]);
        }
    }
    text_add(out, "}");
    json_count(out, "made", s->made);
    json_count(out, "tickets_made", s->tickets_made);
    json_count(out, "records", s->records);
    json_count(out, "record_bytes", s->record_bytes);
    json_count(out, "no_key", s->no_key);
    json_count(out, "epoch", s->epoch);
    json_count(out, "next_epoch_in", (uint64_t)seconds_to_next(s));
    if (store != NULL) {
        json_store(out, store);
    }
    text_add(out, "}");
}

/* ---- text ---- */
static void say_sessions(const hf_session_stats *s)
{
    struct text line = {0};
    unsigned long long all = 0;
    for (int i = 0; i < HF_RESUMPTIONS; i++) {
        all += s->count[i];
        if (i != HF_RESUMED && s->count[i] > 0) {
            text_print(&line, ", %s %llu", hf_resumption_name((hf_resumption)i),
                       (unsigned long long)s->count[i]);
        }
    }
    say("sessions: %llu handshakes, resumed %llu%s", all, (unsigned long long)s->count[HF_RESUMED],
        text_string(&line));
    text_free(&line);
    say("sessions: made %llu under IDs, %llu in tickets; %llu records of %llu bytes; for want of a key %llu were not made",
        (unsigned long long)s->made, (unsigned long long)s->tickets_made, (unsigned long long)s->records,
        (unsigned long long)s->record_bytes, (unsigned long long)s->no_key);
    if (s->epoch == 0) {
        say("sessions: no epoch makes sessions now");
    } else {
        say("sessions: epoch %u, the next in %lld s", s->epoch, seconds_to_next(s));
    }
}

static void say_store(const hf_store *store)
{
    hf_store_stats t = hf_store_statistics(store);
    struct text line = {0};
    for (size_t i = 0; i < HF_STORE_LATENCIES; i++) {
        if (t.latency[i] > 0) {
            bool last = i == HF_STORE_LATENCIES - 1;
            text_print(&line, " %s%u ms %llu", last ? ">=" : "<", last ? 1u << (i - 1) : 1u << i,
                       (unsigned long long)t.latency[i]);
        }
    }
    say("store: lookups: hit %llu, miss %llu, timeout %llu, error %llu, breaker %llu, in_flight_full %llu; of those not "
        "answered, hit_local %llu; late %llu",
        (unsigned long long)t.hit, (unsigned long long)t.miss, (unsigned long long)t.timeout,
        (unsigned long long)t.error, (unsigned long long)t.breaker, (unsigned long long)t.in_flight_full,
        (unsigned long long)t.hit_local, (unsigned long long)t.late);
    say("store: latency:%s", line.len > 0 ? text_string(&line) : " no answer yet");
    text_free(&line);
    say("store: puts %llu of %llu bytes, %llu failed, forgets %llu; kept here %u; connected %u (%llu made, %llu failed), in "
        "flight %u, moved %llu, asked %llu, breaker %s",
        (unsigned long long)t.puts, (unsigned long long)t.put_bytes, (unsigned long long)t.put_errors,
        (unsigned long long)t.forgets, t.local_records, t.connected, (unsigned long long)t.connects,
        (unsigned long long)t.connect_failures, t.in_flight, (unsigned long long)t.moved,
        (unsigned long long)t.asked, breakers[t.breaker_state]);
    if (hf_store_trouble(store)[0] != '\0') {
        say("store: trouble: %s", hf_store_trouble(store));
    }
}

void sessions_report(const hf_config *config, const hf_store *store, bool json)
{
    hf_session_stats s = hf_config_session_statistics(config);
    if (json) {
        struct text line = {0};
        report_json_line(&line, &s, store);
        fprintf(stderr, "%s\n", text_string(&line));
        text_free(&line);
        return;
    }
    say_sessions(&s);
    if (store != NULL) {
        say_store(store);
    }
}
