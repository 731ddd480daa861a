/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FAULT_PLAY_H
#define HF_TESTS_FAULT_PLAY_H

#include <handfast/handfast.h>

#include "fault_pki.h"

/*
 * One scenario of the fault tests, played with two connections in memory. Nothing in the part under fault
 * allocates but the library itself and libcrypto, and nothing in it asserts: what is wrong is written to
 * problem and judged afterwards.
 */
struct play;
enum resume { RESUME_NOT, RESUME_HIT, RESUME_MISS };
enum play_again {
    AGAIN_NOT,
    AGAIN_BY_CLIENT,
    AGAIN_BY_RESUMING,
    AGAIN_BY_SERVER,
    AGAIN_FOR_CERTIFICATE,
    AGAIN_KEYS
};

struct fault_scenario {
    const char *name;
    void (*play)(struct play *p); /* the part under fault */
    enum fault_leaf server, client;
    hf_client_auth client_auth;
    const char *suites, *groups; /* NULL: the defaults */
    const char *server_groups;   /* instead of groups */
    enum resume resume;
    bool asks;             /* the application answers every question, and signs */
    bool mac_then_encrypt; /* with asks: the server forgets that encrypt_then_mac was offered */
    bool strangers_root;   /* the client trusts the wrong root */
    bool supplemental;     /* both agree on SupplementalData, and send it; the client a hint too */
    bool twice;            /* likewise, in a double handshake */
    bool compressed;       /* TLS 1.3 alone, with compressed certificates and post_handshake_auth */
    bool status;           /* the server staples for its whole chain, the client insists */
    bool crls;             /* both sides check revocation */
    bool hellos;           /* trusted_ca_keys, extensions of the application's own, a certificate by URL */
    bool tickets;          /* the server gives them and has peer rules; its keyring is the application's */
    bool tls13;            /* both sides speak it too */
    bool early;            /* TLS 1.3: the client sends early data where it resumes */
    bool quic;             /* QUIC carries the handshake */
    bool keys;             /* external pre-shared keys, one of them imported */
    bool raw_keys;         /* raw public keys instead of chains: RFC 7250 */
    bool retry_cookie;     /* every client comes twice, with two key shares */
    enum play_again again; /* a second handshake follows, by the calls of conn.h */
    size_t data;           /* bytes each side sends */
    hf_err expected[2];    /* by hf_side, without any fault; HF_OK: the side ends well */
};
extern const struct fault_scenario fault_scenarios[];
extern const size_t fault_scenario_count;

#define FAULT_SUPPLEMENTAL 65400 /* SupplementalDataType, and its extension */
#define WIRE_SIZE 65536
struct wire {
    uint8_t bytes[WIRE_SIZE];
    size_t at, len;
    size_t delivered;       /* ever */
    size_t cut;             /* how many are delivered before the stream ends; SIZE_MAX: all */
    uint8_t log[WIRE_SIZE]; /* what was delivered, its first part */
};

/* What of a summary must be the same with and without a fault that was survived. */
struct agreed {
    bool complete, resumed, retried, ems, etm, secure_renegotiation, verified, auth_requested;
    uint16_t version, suite, group, server_scheme, client_scheme;
    hf_renegotiation_state renegotiation;
    hf_early_data early;
    hf_err verdict;
    size_t identity;
};

struct stored {
    char key[40];
    uint8_t bytes[4096];
    size_t len;
};

struct play {
    const struct fault_scenario *scenario;
    hf_config *config[2];
    hf_session *session;
    uint8_t saved[4096];
    size_t saved_len;
    struct stored stored;    /* the application's store, where it has one */
    uint8_t published[4096]; /* what is behind the client's URL */
    size_t published_len;
    hf_conn *conn[2];
    hf_stream *stream[2];
    int fd[2];
    hf_err local[2];     /* of a call that is not a connection's: configs, sessions, hf_conn_new */
    struct wire wire[2]; /* by sender */
    size_t chunk;        /* bytes delivered at once; 0: all there are */
    bool none_made;      /* no config or no keyring: NULL, which names no error */
    bool again;          /* the second handshake has begun */
    size_t sent[2], got[2];
    bool damaged[2]; /* plaintext that was not sent */
    bool complete_when_fired[2];
    size_t got_when_fired[2]; /* with what was opened and will be taken */
    struct agreed normal[2];  /* without a fault */
    hf_err misnamed;          /* an error that blames somebody else for what failed here */
    char problem[512];
};

/* Everything that is there before: configs, the session to resume. */
void play_prepare(struct play *p, const struct fault_scenario *s);
/* Once without a fault: fills normal, problem when it does not go as expected. */
void play_normally(struct play *p);
/* What the sides hold after the part under fault; frees their connections. */
void play_judge(struct play *p, bool fired);
void play_note_fired(void *play); /* for fault_on_fire */
void play_end(struct play *p);

/* Parts under fault. */
void play_handshake(struct play *p);
void play_config(struct play *p);
void play_session(struct play *p);
void play_keyring(struct play *p);
void play_stream(struct play *p);
void play_export(struct play *p);
void play_quic(struct play *p);

void play_problem(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
hf_err play_make_config(struct play *p, hf_side side, hf_config **out);
void play_connect(struct play *p);
void play_pump(struct play *p);
void play_drop(struct play *p);
uint8_t play_byte(hf_side by, size_t at);

#endif
