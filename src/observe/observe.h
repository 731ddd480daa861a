/* SPDX-License-Identifier: MIT */
#ifndef HF_OBSERVE_OBSERVE_H
#define HF_OBSERVE_OBSERVE_H

#include <handfast/observe.h>

#include "base/memory.h"
#include "flow/flow.h"
#include "handshake/transcript.h"
#include "record/record.h"
#include "wire/names.h"

/*
 * Other people's connections, read from outside with the parsers and tables of the engine. Nothing fails:
 * what is not understood is told, counted and passed over.
 */

/* ---- keylog.c ---- */
enum logged {
    LOGGED_MASTER, /* CLIENT_RANDOM */
    LOGGED_CLIENT_EARLY,
    LOGGED_CLIENT_HANDSHAKE,
    LOGGED_SERVER_HANDSHAKE,
    LOGGED_CLIENT_TRAFFIC,
    LOGGED_SERVER_TRAFFIC,
    LOGGED_COUNT
};
/* The secret of the connection whose ClientHello.random this is; an empty slice when there is none. */
struct slice keylog_find(const struct hf_secrets *k, const uint8_t random[RANDOM_SIZE], enum logged what);

/* ---- suite.c: also those that are never negotiated here ---- */
struct observed_suite {
    struct suite suite;
    bool known;     /* its cipher is one we can open */
    bool null;      /* RFC 5246 A.5: it has none, only a MAC */
    bool has_shape; /* the key exchange is one whose messages we know */
};
struct observed_suite observed_suite_of(uint16_t code);

/* ---- one direction (lane.c) ---- */
/* RFC 5246 6.2.3.1: GenericStreamCipher with the NULL cipher, which src/record does not have. */
struct null_cipher {
    enum hash mac; /* HASH_NONE: not in use */
    uint64_t sequence;
    uint8_t key[CBC_MAC_MAX];
};
enum err null_open(struct null_cipher *n, uint8_t type, struct span fragment, struct span *plain) CHECKED;

/* TLS 1.3: which secret its protected records are under. Of TLS 1.2 all are STAGE_CLEAR. */
enum stage13 { STAGE_CLEAR, STAGE_EARLY, STAGE_HANDSHAKE, STAGE_TRAFFIC };
struct lane {
    enum side by;
    struct buffer partial;   /* a record, as far as it came */
    struct buffer handshake; /* messages, as far as they came: RFC 5246 6.2.1 */
    uint32_t message_record; /* number of the record that carries the first byte of the next message */
    uint64_t skip;           /* bytes of a record that are passed over: nothing of them can be read */
    bool begun, lost, ended, closed, gave_up;
    uint32_t records;
    /* protection */
    struct protection protection;
    struct null_cipher null;
    enum stage13 stage;
    struct secret secret; /* of the stage: RFC 8446 7.2 */
    bool in_clear;        /* the current record, whatever keys there are: RFC 8446 5 */
    const char *hidden;   /* why what is protected cannot be opened; NULL: it can, or nothing is */
    bool proved;          /* the keys opened a record */
    unsigned epoch;
    uint16_t suite;    /* of the epoch */
    uint64_t sequence; /* of the current record under the keys of the epoch */
    uint64_t next;     /* and of the one behind it */
};
void lane_push(struct hf_tap *t, struct lane *l, struct slice bytes);
void lane_miss(struct hf_tap *t, struct lane *l, uint64_t len);
void lane_wipe(struct lane *l);

#define OBSERVED_TRANSCRIPT_MAX 0x20000 /* until the hash is known */
/* ---- one handshake (hellos.c, handshake.c, keys12.c) ---- */
struct observed {
    unsigned number;     /* of the connection, from 1; 0: none yet */
    bool running;        /* between ClientHello and the second Finished */
    bool has_hellos[2];  /* by enum side */
    bool decided;        /* whether it is an abbreviated one is known */
    bool resumed;        /* RFC 5246 7.3 figure 2 */
    bool offers_session; /* an ID or a ticket */
    bool offers13;       /* the client speaks TLS 1.3 */
    bool early_data;     /* the last ClientHello announces it: RFC 8446 4.2.10 */
    bool retried;        /* HelloRetryRequest came, and the second ClientHello did not yet */
    bool again;          /* this is the second ClientHello, or behind it */
    bool pre_shared;     /* the server takes a pre-shared key: RFC 8446 4.2.11 */
    bool ems, etm, truncated;
    bool finished[2];
    uint8_t certificate_type[2]; /* by enum side: RFC 7250; 0 is X.509 */
    uint16_t version, code;
    struct observed_suite suite;
    uint8_t client_random[RANDOM_SIZE], server_random[RANDOM_SIZE];
    struct transcript transcript;
    bool transcript_whole;       /* nothing of it is missing */
    struct certificate *leaf[2]; /* by enum side; NULL: none that can be read was shown */
};

struct hf_tap {
    const struct hf_secrets *keylog;
    hf_observer *observer;
    void *arg;
    int64_t time;
    struct lane lane[2]; /* by enum side */
    struct observed now;
    const char *hidden_name; /* what the next hidden thing most likely is */
    hf_tap_summary summary;
    char why[160]; /* summary.why, where there is one */
};

/* A record of lane l, whole and with its header, to be opened in place (records.c). */
void tap_record(struct hf_tap *t, struct lane *l, struct span whole);
/* Handshake bytes in the clear or opened (handshake.c). */
void tap_handshake(struct hf_tap *t, struct lane *l, struct slice bytes);
/* The shape of ServerKeyExchange; NULL: it is not known. */
const struct layout *tap_exchange_layout(const struct observed *o);
/* signatures.c: the message is a Certificate. */
void tap_certificate(struct hf_tap *t, enum side by, struct slice body);
/* A signature in the message, checked before the message is hashed, told behind it. */
struct signature_check {
    bool done;
    enum err err;
};
struct signature_check tap_check_signature(const struct hf_tap *t, enum side by, enum message m,
                                           struct slice body);
void tap_tell_signature(struct hf_tap *t, struct lane *l, enum message m, struct signature_check c);
/* The server goes on behind ServerHello: by what it does it tells whether a session is resumed. */
void tap_decide(struct hf_tap *t, struct lane *l, bool abbreviated);
/* The sender protects with new keys from here on (keys12.c). */
void tap_new_keys(struct hf_tap *t, struct lane *l);
/* hellos.c */
void tap_client_hello(struct hf_tap *t, struct slice body);
void tap_certificate_types(struct observed *o, struct slice extensions);
/* SERVER_HELLO, or HELLO_RETRY_REQUEST. */
enum message tap_server_hello(struct hf_tap *t, struct slice body);
/* follow13.c */
bool tap_is13(const struct hf_tap *t);
/* Before a version is agreed: whether it may be. What is cited of the RFCs goes by it, as on a connection of
 * ours. */
bool tap_may_be13(const struct hf_tap *t);
void tap_retry_transcript(struct observed *o);
/* The sender protects with other keys behind this message. */
bool tap_changes_keys13(const struct lane *l, enum message m);
/* There is no early data behind this after all. */
void tap_no_early(struct hf_tap *t);
/* The message was told: what it changes. */
void tap_after13(struct hf_tap *t, struct lane *l, enum message m);
/* keys13.c */
void tap_keys13(struct hf_tap *t, struct lane *l, enum stage13 stage);
void tap_update13(struct hf_tap *t, struct lane *l);
/* The client's record between its ClientHello and the handshake's keys; NULL, or why it cannot be opened. */
const char *tap_open_early(struct hf_tap *t, struct lane *l, struct span fragment, struct span *content);
enum err tap_verify_data13(const struct hf_tap *t, const struct lane *l, uint8_t out[HASH_MAX],
                           size_t *len) CHECKED;
/* What Finished by this side must say: E_CRYPTO_FAILED, or without the secret E_INTERNAL. */
enum err tap_verify_data(const struct hf_tap *t, enum side by, uint8_t out[VERIFY_DATA_SIZE]) CHECKED;

/* Nothing is left of it. */
void tap_forget(struct observed *o);

/* ---- events.c ---- */
hf_event tap_event(const struct hf_tap *t, const struct lane *l, hf_event_kind kind);
void tap_emit(struct hf_tap *t, const hf_event *e);
/* Something of this lane's current record cannot be read: told, and remembered for the summary. */
void tap_hidden(struct hf_tap *t, struct lane *l, size_t size, const char *why);
/* From here on nothing of this lane can be divided into records. */
void tap_lose(struct hf_tap *t, struct lane *l, enum err err, const char *why);

#endif
