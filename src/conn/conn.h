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

/* Handshakes after the first. */
struct again {
    struct negotiated *agreed; /* what the one that runs has agreed on so far; NULL: none runs */
    hf_renegotiation_state state;
    bool wants_certificate; /* of the client, in the handshake that our HelloRequest asked for */
    unsigned by_peer;       /* begun by the peer's wish */
    int64_t last;           /* when the last one of these began */
};

/* What a connection of TLS 1.3 keeps once its handshake is complete. */
/* A client's, behind the newest, which is negotiated.session; the newest of them first. */
struct older_tickets {
    size_t count;
    struct session *session[HF_TICKETS_MAX - 1];
};
struct after13 {
    struct secret traffic[2];    /* application_traffic_secret_N, RFC 8446 7.2: by enum side */
    struct secret resumption;    /* resumption_master_secret, 4.6.1 */
    struct buffer incoming;      /* a message that did not arrive whole */
    uint64_t generation[2];      /* N of it */
    uint8_t updates;             /* KeyUpdates since there was data */
    uint32_t awaited;            /* of these, answers to what we asked for */
    bool update_due;             /* the peer asked for ours */
    uint8_t requests;            /* CertificateRequests since there was data */
    struct hash_run *context;    /* the handshake's messages, for who may be asked later; NULL: nobody */
    struct span given;           /* a server's: the IDs of the tickets that it gave, one behind the other */
    struct older_tickets *older; /* NULL: none */
};

struct hf_conn {
    hf_config *config;
    struct record_in in;
    struct record_out out;
    struct negotiated negotiated;
    struct hs *hs;                 /* NULL when no handshake runs */
    const struct version *version; /* once a handshake is complete: later ones have the same */
    struct after13 *after13;       /* NULL in TLS 1.2 and before the handshake is complete */
    struct slice app, early;       /* what arrived; early data is never mixed with the rest */
    struct stray stray;
    struct again again;
    uint8_t warnings; /* in a row */
    uint8_t hello_requests;
    bool started, close_sent, close_received;
    bool observe_secrets; /* their values too */
    bool second_due;  /* the handshake that this config wants inside the first (RFC 4680 4) is not complete */
    bool close_waits; /* hf_close was called while a later handshake runs: close_notify goes behind it */
    struct epochs epochs;
    uint16_t suite_in, suite_out; /* of its epochs; 0: in the clear */
    uint32_t records_in;
    uint32_t first_in; /* record where the handshake message begins that has not arrived whole; 0: none */
    struct held *held; /* NULL: nothing is */
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
/* Drops from app or early; with the last byte its record goes, and the next one is read. */
void conn_drop(hf_conn *c, struct slice *window, size_t len);
/* Another handshake runs, and nothing of ours may be sent in its midst. */
bool conn_is_shaking(const hf_conn *c);
enum err conn_start(hf_conn *c) CHECKED;
/* A handshake's state in c->hs, which writes what it agrees on to n. Nothing runs yet. */
enum err conn_new_handshake(hf_conn *c, struct negotiated *n) CHECKED;
/* Runs the handshake as far as it goes, and finishes it. */
enum err conn_run(hf_conn *c) CHECKED;
enum err conn_alert(hf_conn *c, struct slice alert) CHECKED;
bool conn_speaks13(const hf_conn *c); /* TLS 1.3 was chosen */
enum err conn_send_alert(hf_conn *c, uint8_t level, uint8_t description) CHECKED;
enum err conn_send_close(hf_conn *c) CHECKED;

/* ---- stray.c ---- */
/* Handshake bytes that arrive when no handshake runs. */
enum err conn_stray_handshake(hf_conn *c, struct slice bytes) CHECKED;

/* ---- after13.c: RFC 8446 4.6 ---- */
enum err after13_begin(hf_conn *c, struct hs *hs) CHECKED;
void after13_wipe(hf_conn *c);
/* Handshake bytes behind the handshake; none: what was held back goes on. */
enum err after13_handshake(hf_conn *c, struct slice bytes) CHECKED;
/* Data has come, where it may: RFC 8446 5.1, 4.6.2. */
enum err after13_data(hf_conn *c) CHECKED;

/* ---- tickets13.c: RFC 8446 4.6.1 ---- */
enum err tickets13_give(hf_conn *c, struct hs *hs) CHECKED; /* a server, when the handshake is complete */
enum err tickets13_take(hf_conn *c, struct slice body) CHECKED;
void tickets13_forget(hf_conn *c); /* RFC 8446 6: the connection failed */
void tickets13_wipe(struct after13 *a);

/* ---- key_update.c: RFC 8446 4.6.3 ---- */
/* New keys for what we send; request: and the peer is to change his. */
enum err key_update_send(hf_conn *c, bool request) CHECKED;
/* What is due: the answer to a peer that asked, and before_data: because the keys are worn (RFC 8446 5.5). */
enum err key_update_settle(hf_conn *c, bool before_data) CHECKED;
/* The peer's; alone: nothing of its record, nor of a message, is behind it. */
enum err key_update_take(hf_conn *c, struct slice body, bool alone) CHECKED;

/* ---- authenticate13.c: RFC 8446 4.6.2 ---- */
/* Takes from the handshake what later requests need, where there can be any. */
enum err authenticate13_keep(hf_conn *c, struct hs *hs) CHECKED;
void authenticate13_wipe(hf_conn *c);
/* A server asks. */
enum err authenticate13_ask(hf_conn *c) CHECKED;
/* Whether m belongs to a client's authentication, and may come now. */
bool authenticate13_expects(const hf_conn *c, enum message m);
/* A server has asked, and nothing of the answer is there: everything goes on meanwhile. */
bool authenticate13_waits(const hf_conn *c);
/* CertificateRequest on a client, what answers it on a server: one whole message. */
enum err authenticate13_take(hf_conn *c, struct slice message) CHECKED;
/* It is complete: the connection knows who the client is. */
enum err authenticate13_finish(hf_conn *c) CHECKED;

/* ---- renegotiate.c ---- */
/* What policy and the connection say of another handshake that the peer wants. */
uint32_t renegotiation_facts(const hf_conn *c);
/* A later handshake begins beside what was negotiated, with the header bytes that stray; on failure nothing
 * has changed. */
enum err renegotiation_begin(hf_conn *c) CHECKED;
void renegotiation_count(hf_conn *c); /* the one that begins is by the peer's wish */
/* It is complete: what it agreed on takes the place of what was negotiated. */
void renegotiation_adopt(hf_conn *c);
/* The peer will have none, or closed: the connection goes on as it was. Only before keys change. */
enum err renegotiation_abandon(hf_conn *c) CHECKED;
enum err renegotiation_refused(hf_conn *c) CHECKED; /* no_renegotiation arrived */
void renegotiation_wipe(hf_conn *c);

/* ---- double_handshake.c ---- */
/* Whether the connection carries data: its handshake is complete, or both are. */
bool conn_is_open(const hf_conn *c);
/* What was agreed first lets a second handshake follow, where one is due. */
enum err double_handshake_check(const hf_conn *c) CHECKED;
/* A client begins the second, where it is due. */
enum err double_handshake_go_on(hf_conn *c) CHECKED;

/* ---- supplemental.c ---- */
/* Whether a type of SupplementalData is agreed on by this extension. */
bool supplemental_claims(const struct config *c, uint16_t extension);

/* ---- early.c: RFC 8446 4.2.10 ---- */
/* A server has agreed to early data, and EndOfEarlyData is still to come. */
bool early_is_due(const hf_conn *c);
enum err early_take(hf_conn *c, struct slice content) CHECKED;
/* A client may send some now. */
bool early_may_be_sent(const hf_conn *c);
/* RFC 8446 4.4.4: a server that took early data may answer it before the client's Finished is there. */
bool early_may_be_answered(const hf_conn *c);

/* ---- answers.c ---- */
bool conn_is_asked(const hf_conn *c, enum ask ask);
/* The step that asked runs again, with the answer. HF_OK: what comes of it is the handshake's affair. */
hf_err conn_answered(hf_conn *c, enum ask ask);

/* ---- events.c ---- */
void conn_observe_handshake(hf_conn *c); /* lets a new hs report here */
/* A message that stands in no handshake. */
void emit_row(hf_conn *c, const struct step *row, struct slice message, bool received);
void emit_alert(hf_conn *c, bool received, uint8_t level, uint8_t description);
void emit_plain(hf_conn *c, hf_event_kind kind, bool received, const char *text);
void emit_answer(hf_conn *c, enum ask ask);
void emit_data(hf_conn *c, bool received, size_t size);
void emit_ended(hf_conn *c, hf_event_kind kind, bool received, enum err e, const char *text);

/* ---- held.c: checks and secrets, which are known before the step that they belong to is told ---- */
void held_keep(hf_conn *c, const struct event *e);
/* Tells them, in order, as results of this step. */
void held_tell(hf_conn *c, const char *about);
void held_wipe(hf_conn *c);
/* A secret derived outside of a handshake: told at once, as a result of that message. */
void held_tell_secret(hf_conn *c, const char *name, struct slice secret, const char *about);
hf_event event_of(const hf_conn *c, hf_event_kind kind, bool received);

/* ---- event_details.c: what is told of a step beside its message ---- */
/* Numbers of its records, and where that is known the sequence number. Called once a message, in order. */
void event_records(hf_conn *c, hf_event *e, bool received, bool is_handshake);
/* "because …" by the facts that the row depends on or sets; room is where it is put together. */
const char *event_why(const hf_conn *c, const struct step *step, char *room, size_t size);
hf_bytes event_transcript(const hf_conn *c, uint8_t room[HASH_MAX]);

/* ---- config.c and its neighbours ---- */
hf_err config_settable(const hf_config *config); /* HF_OK, HF_NULL_ARGUMENT, HF_CONFIG_FROZEN */
/* Likewise, and what it is set to may not be NULL. */
hf_err config_settable_with(const hf_config *config, const void *argument);
/* The same for what one side's configs alone have: HF_BAD_ARGUMENT for the other's. */
hf_err config_settable_by(const hf_config *config, enum side side);
/* The file's bytes, and one NUL that the length counts; memory_free them. E_FILE_UNREADABLE. */
enum err config_read_file(const char *path, struct span *out) CHECKED;
/* Its bytes, without the NUL. */
static inline hf_bytes config_file_bytes(struct span file)
{
    return (hf_bytes){file.data, file.len - 1};
}
/* Whether this library negotiates the suite, group or signature scheme. */
bool is_served(const struct vocabulary *names, uint16_t code);
/* The suites of TLS 1.3 apart from those of TLS 1.2, each in its order. */
void suites_split(const struct codes *all, struct config *c);
void identity_wipe(struct identity *identity);
/* credentials.c: keeps an identity that has its raw key as leaf; raw_keys.c: what freeze asks of them. */
enum err identity_add_raw_key(hf_config *config, struct identity *identity) CHECKED;
hf_err raw_keys_check(const struct config *c, hf_problem *why);
void trusted_keys_free(struct trusted_keys *t);
/* A client that verifies by name: neither a raw key nor a pre-shared one has any. */
bool config_needs_name(const struct config *c);
/* certificate_requests.c, at freeze: what a server may ask with. */
hf_err certificate_requests_make(struct config *c, hf_problem *why);
/* certificate_compression.c, at freeze: each identity's CompressedCertificate, RFC 8879. */
hf_err certificate_compressions_make(struct config *c, hf_problem *why);
void compressed_wipe(struct identity *identity);
struct packing packing_of(const struct config *c, const struct identity *identity);
/* quic.c, at freeze: what QUIC wants and does not have. */
hf_err quic_settle(struct config *c, hf_problem *why);
/* trusted_cas.c, at freeze: a client's trusted_ca_keys, and what a server's chains lead to. */
hf_err trusted_cas_make(struct config *c, hf_problem *why);
/* certificate_url.c, at freeze: the CertificateURL of each identity that has URLs. */
hf_err certificate_urls_make(struct config *c, hf_problem *why);
/* psk_config.c, at freeze: first what external keys mean for the rest, and at the end which are of use. */
hf_err psks_settle(struct config *c, hf_problem *why);
void psks_keep_usable(struct config *c);
/* printf to why->sentence, where there is one; answers err. */
hf_err problem(hf_problem *why, hf_err err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
