/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocsp.h"

/* Different connections in different threads, over the same configs and the same sessions. Build with
 * -fsanitize=thread to see races; cmocka's assertions stay in the main thread. */

enum { THREADS = 4, HANDSHAKES = 200 };

struct work {
    const hf_config *client, *server;
    hf_session *shared; /* offered by all */
    unsigned good, resumed;
};

/* Everything of one connection, without assertions. */
static bool move(hf_conn *from, hf_conn *to)
{
    uint8_t bytes[8192];
    hf_bytes out = hf_peek_wire(from);
    size_t len = out.len < sizeof bytes ? out.len : sizeof bytes, done = 0;
    if (len) {
        memcpy(bytes, out.data, len);
    }
    hf_drop_wire(from, len);
    while (done < len) {
        size_t used = 0;
        if (hf_push_wire(to, bytes + done, len - done, &used) != HF_OK) {
            return false;
        }
        hf_drop_app(to, hf_peek_app(to).len);
        done += used;
    }
    return len > 0;
}

static void settle(hf_conn *client, hf_conn *server)
{
    for (bool moved = true; moved;) {
        moved = move(client, server);
        moved |= move(server, client);
    }
}

static bool exchange(hf_conn *client, hf_conn *server)
{
    size_t used;
    hf_bytes data = {(const uint8_t *)"data", 4};
    settle(client, server);
    bool sent = hf_push_app(client, data, &used) == HF_OK && hf_push_app(server, data, &used) == HF_OK;
    settle(client, server);
    return sent && hf_conn_stats(client).bytes_in == 4 && hf_conn_stats(server).bytes_in == 4;
}

static void *run(void *arg)
{
    struct work *work = arg;
    hf_session *own = NULL;
    for (unsigned i = 0; i < HANDSHAKES; i++) {
        hf_conn *client = hf_conn_new(work->client, TEST_HOST, NULL);
        hf_conn *server = hf_conn_new(work->server, NULL, NULL);
        hf_session *offered = i % 4 == 1 ? own : i % 4 == 2 ? work->shared : NULL;
        bool fine = client && server && (!offered || hf_conn_resume(client, offered) == HF_OK);
        fine = fine && exchange(client, server);
        work->good += fine;
        work->resumed += hf_negotiated(client)->resumed;
        if (i % 8 == 0) {
            hf_session_free(own);
            own = hf_conn_session(client);
        }
        if (i % 16 == 7) {
            hf_abort(server, HF_INTERNAL); /* takes its session out of the store */
        }
        hf_conn_free(client);
        hf_conn_free(server);
    }
    hf_session_free(own);
    return NULL;
}

static void threads_share_configs_and_sessions(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    assert_int_equal(hf_config_session_cache(server, 4096), HF_OK);
    struct pair *first = pair_connect(client, server, TEST_HOST);
    hf_session *shared = pair_session(first);
    pair_free(first);
    struct work work[THREADS];
    pthread_t thread[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        work[i] = (struct work){client, server, shared, 0, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, run, &work[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(work[i].good, HANDSHAKES);
        assert_true(work[i].resumed >= HANDSHAKES / 4); /* all with `shared`, most with their own */
    }
    hf_session_free(shared);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- a frozen config's OCSP responses, renewed while it serves ---- */
struct renewing {
    hf_config *server;
    hf_bytes response;
    atomic_bool *done;
    unsigned good, wrong;
};

static void *renew(void *arg)
{
    struct renewing *r = arg;
    while (!atomic_load(r->done)) {
        *(hf_config_staple(r->server, r->response, NULL) == HF_OK ? &r->good : &r->wrong) += 1;
    }
    return NULL;
}

/* Every client insists on a good response and gets one, whichever is there at the moment. */
static void responses_are_renewed_under_handshakes(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    atomic_bool done = false;
    struct renewing renewing[] = {
        {server, test_ocsp_make(&(struct test_ocsp){.of = &test_pki()->server[TEST_P256]}), &done, 0, 0},
        {server, test_ocsp_make(&(struct test_ocsp){.by = TEST_DELEGATE_ANSWERS}), &done, 0, 0}};
    assert_int_equal(hf_config_status(client, HF_STATUS_HARD), HF_OK);
    assert_int_equal(hf_config_staple(server, renewing[0].response, NULL), HF_OK);
    test_freeze(client);
    test_freeze(server);
    struct work work[THREADS];
    pthread_t thread[THREADS], renewer[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&renewer[i], NULL, renew, &renewing[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        work[i] = (struct work){client, server, NULL, 0, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, run, &work[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(work[i].good, HANDSHAKES);
    }
    atomic_store(&done, true);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(renewer[i], NULL), 0);
        assert_true(renewing[i].good > 0 && renewing[i].wrong == 0);
        test_ocsp_free(renewing[i].response);
    }
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- a keyring that is replaced while it is written down ---- */
enum { EPOCHS = 32, SAVES = 3000, ROOM = 65536 };

struct replacing {
    hf_keyring *keyring;
    char *small, *large;
    atomic_bool *done;
    unsigned wrong;
};

static void *replace(void *arg)
{
    struct replacing *r = arg;
    for (unsigned i = 0; !atomic_load(r->done); i++) {
        const char *text = i % 2 ? r->small : r->large;
        r->wrong += hf_keyring_load(r->keyring, (hf_bytes){(const uint8_t *)text, strlen(text)}, NULL) !=
                    HF_OK;
    }
    return NULL;
}

static char *text_of(unsigned epochs)
{
    char *text = malloc(ROOM), *at = text;
    assert_non_null(text);
    at += sprintf(at, "handfast keyring 1\nplan period 60 life 60 lead 1\n");
    for (unsigned i = 0; i < epochs; i++) {
        long long from = (long long)TEST_NOW + 60 * (long long)i;
        at += sprintf(at, "epoch %u not_before %lld encrypt_until %lld decrypt_until %lld secret %064x\n",
                      i + 1, from, from + 60, from + 120, i + 1);
    }
    return text;
}

/* As large as it may get in between, its text fits. */
static void a_keyring_is_saved_while_it_is_loaded(void **state)
{
    (void)state;
    atomic_bool done = false;
    struct replacing r = {hf_keyring_new(NULL), text_of(1), text_of(EPOCHS), &done, 0};
    uint8_t *out = malloc(ROOM);
    unsigned good = 0;
    pthread_t thread;
    assert_int_equal(hf_keyring_load(r.keyring, (hf_bytes){(const uint8_t *)r.small, strlen(r.small)}, NULL),
                     HF_OK);
    assert_int_equal(pthread_create(&thread, NULL, replace, &r), 0);
    for (unsigned i = 0; i < SAVES; i++) {
        size_t len = ROOM;
        good += hf_keyring_save(r.keyring, out, &len) == HF_OK;
    }
    atomic_store(&done, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(good, SAVES);
    assert_int_equal(r.wrong, 0);
    hf_keyring_free(r.keyring);
    free(out);
    free(r.small);
    free(r.large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_configs_and_sessions),
        cmocka_unit_test(responses_are_renewed_under_handshakes),
        cmocka_unit_test(a_keyring_is_saved_while_it_is_loaded),
    };
    return cmocka_run_group_tests_name("api/threads", tests, NULL, NULL);
}
