/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_PAIR_H
#define HF_TESTS_SUPPORT_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <handfast/handfast.h>

#include "pki.h"

/*
 * A client and a server in one process, whose bytes this file carries; only the public API is used. cmocka's
 * assertions judge, so call these from a test.
 *
 *     struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
 *     pair_run(p);                                  or, in one: pair_connect(client, server, name)
 *     pair_assert_complete(p);
 *     pair_exchange(p, 1000);
 *     pair_free(p);
 */

/* ---- configs ---- */
/* 0: the library's default versions; else the one version that the configs below speak. */
extern uint16_t test_version;
/* Trusts the test root; clock is TEST_NOW. Mutable. */
hf_config *test_client_config(void);
/* One identity, server[TEST_P256]; clock is TEST_NOW. Mutable. */
hf_config *test_server_config(void);
/* The one or the other of these. */
hf_config *test_config(hf_side side);
/* The server's without an identity, to add others. */
hf_config *test_server_without_identity(void);
void test_add_identity(hf_config *config, const struct test_identity *identity);
/* By these versions alone; answers its argument. */
hf_config *test_speaking(hf_config *config, uint16_t min, uint16_t max);
void test_trust(hf_config *config, hf_bytes pem);
/* Trusts the public half of this key, RFC 7250. */
void test_trust_key(hf_config *config, hf_bytes key);
/* Freezes, asserts that it could, answers its argument. Frozen ones are fine. */
hf_config *test_freeze(hf_config *config);

/* ---- bytes that grow ---- */
struct test_bytes {
    uint8_t *data;
    size_t len, room;
};
void test_bytes_add(struct test_bytes *bytes, const void *data, size_t len);
void test_bytes_drop(struct test_bytes *bytes, size_t len); /* from the front */
void test_bytes_free(struct test_bytes *bytes);

/* ---- the pair ---- */
struct pair;
/* Sees what `from` sends, whole as hf_peek_wire gave it, before it is on its way; may change it in any way.
 */
typedef void pair_hook(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes);
/* Called while `asked` has a question; answers it, or returns false to let it stay open (pair_run returns).
 */
typedef bool pair_ask(void *arg, struct pair *pair, hf_conn *asked);

struct pair {
    hf_conn *client, *server;
    size_t chunk; /* bytes per hf_push_wire; 0: all that are there */
    pair_hook *hook;
    void *hook_arg;
    pair_ask *ask;
    void *ask_arg;
    /* what was seen, each indexed by hf_side */
    struct test_bytes in_flight[2]; /* sent by that side and not yet taken by the other */
    struct test_bytes received[2];  /* plaintext that side got */
    struct test_bytes early;        /* early data that the server got */
    size_t sent[2];                 /* bytes on the wire */
    hf_err pushed[2];               /* last answer of hf_push_wire */
    char steps[2][1024];            /* "ClientHello choose_host …" that side reported, local ones too */
    unsigned kinds[2][16];          /* how many events of each kind */
    unsigned alerts_received[2];
    uint8_t last_alert[2]; /* received by that side */
};

/* Freezes the configs where they are not; they stay the caller's. */
struct pair *pair_new(hf_config *client, hf_config *server, const char *name);
/* The same, and frees both configs. */
struct pair *pair_take(hf_config *client, hf_config *server, const char *name);
void pair_free(struct pair *pair);
hf_conn *pair_conn(const struct pair *pair, hf_side side);
/* Carries bytes until nothing moves. */
void pair_run(struct pair *pair);
/* Only what `from` has to send now, and what the other side makes of it. */
bool pair_carry(struct pair *pair, hf_side from);
/* pair_new, pair_run. */
struct pair *pair_connect(hf_config *client, hf_config *server, const char *name);
/* A connection that offers session (may be NULL): to the end. The session stays the caller's. */
struct pair *pair_resume(hf_config *client, hf_config *server, const char *name, hf_session *session);
/* Sends len bytes from a side and runs; asserts that they came as they were. */
void pair_send(struct pair *pair, hf_side from, size_t len);
/* pair_send both ways. */
void pair_exchange(struct pair *pair, size_t len);

void pair_assert_complete(const struct pair *pair);
/* The side failed with err and sent its row's alert; the other received that alert. */
void pair_assert_refused(const struct pair *pair, hf_side by, hf_err err, uint8_t alert);
void pair_assert_failed(const struct pair *pair, hf_side side, hf_err err, uint8_t alert,
                        hf_direction direction);
/* The client's session after a complete handshake, asserted to be there; hf_session_free it. */
hf_session *pair_session(const struct pair *pair);

#endif
