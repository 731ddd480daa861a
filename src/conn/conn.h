/* SPDX-License-Identifier: MIT */
#ifndef HF_CONN_CONN_H
#define HF_CONN_CONN_H

#include <handfast/conn.h>
#include <handfast/flow.h>

#include "handshake/handshake.h"

/* The public handles, and what the files of this folder share. The public enums count as the internal ones
 * do: checked in conn.c. */
struct effects {
    hf_session_effect *session;
    void *session_arg;
};
struct hf_config {
    struct config settings;
    struct effects effects;
    atomic_uint references;
    bool frozen;
};

/* Handshake bytes that arrive when no handshake runs: only their header is looked at. */
struct stray {
    uint8_t header[HANDSHAKE_HEADER];
    uint8_t header_len;
    uint32_t skip; /* bytes of the body still to come */
};

struct hf_conn {
    hf_config *config;
    struct record_in in;
    struct record_out out;
    struct negotiated negotiated;
    struct hs *hs; /* NULL when no handshake runs */
    struct slice app;
    struct stray stray;
    uint8_t warnings; /* in a row */
    uint8_t hello_requests;
    bool started, close_sent, close_received;
    uint8_t epoch_in, epoch_out;
    uint32_t records_in;
    hf_failure *failure;
    hf_observer *observer;
    void *observer_arg;
    hf_stats stats;
    hf_summary summary;
    char name[]; /* whom a client talks to; "" when nobody was named */
};

static inline struct slice slice_of_bytes(hf_bytes b)
{
    return (struct slice){b.data, b.len};
}
static inline hf_bytes bytes_of_slice(struct slice s)
{
    return (hf_bytes){s.data, s.len};
}
/* Public numbers and internal numbers are the same rows of errors.def. */
static inline hf_err public_err(enum err e)
{
    return (hf_err)e;
}

/* ---- fail.c ---- */
/* The connection ends here: keeps the failure, tells the peer by the row's alert, forgets the session (RFC
 * 5246 7.2.2), wipes the handshake. */
hf_err conn_fail(hf_conn *c, enum err e);
/* The same for a fatal alert the peer sent. */
hf_err conn_fail_by_alert(hf_conn *c, uint8_t description);
/* A stream that ended: nothing is sent and the session stays good. */
hf_err conn_fail_silently(hf_conn *c, enum err e);
void conn_free_failure(hf_conn *c);
void conn_end_handshake(hf_conn *c); /* wipes what a handshake needs */

/* ---- drive.c ---- */
enum err conn_start(hf_conn *c) CHECKED;
/* Runs the handshake as far as it goes, and finishes it. */
enum err conn_run(hf_conn *c) CHECKED;
enum err conn_stray_handshake(hf_conn *c, struct slice bytes) CHECKED;
enum err conn_alert(hf_conn *c, struct slice alert) CHECKED;
enum err conn_send_alert(hf_conn *c, uint8_t level, uint8_t description) CHECKED;

/* ---- events.c ---- */
void conn_observe_handshake(hf_conn *c); /* lets a new hs report here */
void emit_alert(hf_conn *c, bool received, uint8_t level, uint8_t description);
void emit_plain(hf_conn *c, hf_event_kind kind, bool received, const char *text);
void emit_data(hf_conn *c, bool received, size_t size);
void emit_ended(hf_conn *c, hf_event_kind kind, bool received, enum err e, const char *text);

/* ---- config.c and its neighbours ---- */
hf_err config_settable(const hf_config *config); /* HF_OK, HF_NULL_ARGUMENT, HF_CONFIG_FROZEN */
/* Replaces bytes of a config by a copy; on failure nothing has changed. */
enum err config_replace(struct span *field, struct slice value) CHECKED;
/* Whether this library negotiates the suite, group or signature scheme. */
bool is_served(const struct vocabulary *names, uint16_t code);
void identity_wipe(struct identity *identity);
/* printf to why->sentence, where there is one; answers err. */
hf_err problem(hf_problem *why, hf_err err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
