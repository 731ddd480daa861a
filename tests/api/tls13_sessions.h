/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_API_TLS13_SESSIONS_H
#define HF_TESTS_API_TLS13_SESSIONS_H

#include "pair.h"

#include <string.h>

/*
 * Peers of TLS 1.3 that meet again, for the tests of resumption: by tickets whose sessions lie in the
 * server's memory or in an application's store, good once, and by tickets that are sealed.
 */
#define TLS12 0x0303
#define TLS13 0x0304

enum how { BY_ID, BY_RECORD, BY_TICKET, WAYS };

#define KEPT 64
struct test_store {
    struct {
        char key[40];
        uint8_t bytes[HF_SESSION_RECORD_MAX];
        size_t len;
        size_t index_count;
    } kept[KEPT];
    size_t count, puts, forgets, asked;
};
extern struct test_store store;
extern int64_t moment;      /* what every clock here says */
extern hf_keyring *keyring; /* of every server that is made */

/* Before and behind each test. */
int sessions_start(void **state);
int sessions_stop(void **state);

/* pair_ask: looks records up, and judges where arg is a struct judge. */
struct judge {
    hf_err full, resuming; /* answers to HF_ASK_VERIFY */
    unsigned asked_full, asked_resuming;
};
bool sessions_answer(void *arg, struct pair *p, hf_conn *conn);

typedef void change(hf_config *c);
/* TLS 1.2 and 1.3. */
hf_config *server_by(enum how how, change *differs);
void mutual(hf_config *c); /* a change: client certificates are required */
hf_config *speaking13(hf_config *config);
hf_config *client13(void);
hf_config *alice13(void); /* with a certificate */

struct pair *meet_at(hf_config *client, hf_config *server, const char *name, hf_session *session);
struct pair *meet(hf_config *client, hf_config *server, hf_session *session);
/* The session of a full handshake. */
hf_session *earn(hf_config *client, hf_config *server);
void assert_resumption(const struct pair *p, hf_resumption wanted);
/* Offers the session, which is used up by that; frees it. */
void offers(hf_config *client, hf_config *server, hf_session *session, hf_resumption wanted);
void free_both(hf_config *a, hf_config *b);

#define SESSIONS_TEST(name) cmocka_unit_test_setup_teardown(name, sessions_start, sessions_stop)

#endif
