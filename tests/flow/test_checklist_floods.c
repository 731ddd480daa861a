/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/* What may be repeated and how often: empty records (S9), HelloRequests and renegotiating hellos (N3); and
 * that HelloRequest is in no transcript (N7). C4: nonces and the end of the sequence numbers. */

static struct pair *fresh(void)
{
    return pair_take(test_client_config(), test_server_config(), TEST_HOST);
}

static struct pair *connected(void)
{
    struct pair *p = fresh();
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static void write_handshake(hf_conn *conn, const void *bytes, size_t len)
{
    assert_int_equal(record_write_handshake(&conn->out, slice_of(bytes, len)), OK);
    assert_int_equal(record_close(&conn->out), OK);
}

static void write_empty(hf_conn *conn)
{
    assert_int_equal(record_write(&conn->out, CONTENT_APPLICATION_DATA, slice_of("", 0)), OK);
}

/* ---- S9 ---- */
static void s9_empty_application_records(void **state)
{
    (void)state;
    for (hf_side from = HF_CLIENT; from <= HF_SERVER; from++) {
        struct pair *p = connected();
        for (int round = 0; round < 3; round++) { /* data in between starts the count anew */
            for (int i = 0; i < EMPTY_RECORDS_MAX; i++) {
                write_empty(pair_conn(p, from));
            }
            pair_send(p, from, 10);
        }
        for (int i = 0; i <= EMPTY_RECORDS_MAX; i++) {
            write_empty(pair_conn(p, from));
        }
        run_and_expect(p, from == HF_CLIENT ? HF_SERVER : HF_CLIENT, HF_TOO_MANY_EMPTY_RECORDS, 10);
    }
}

/* ---- N3: asked to renegotiate after the handshake ---- */
static const uint8_t hello_request[] = {0, 0, 0, 0};

static void n3_hello_requests_are_refused_by_a_warning(void **state)
{
    (void)state;
    struct pair *p = connected();
    for (unsigned i = 1; i <= 8; i++) {
        write_handshake(p->server, hello_request, 4);
        pair_exchange(p, 100); /* which goes on around it */
        assert_int_equal(hf_conn_stats(p->client).renegotiations_refused, i);
        assert_int_equal(p->last_alert[HF_SERVER], 100); /* no_renegotiation */
        assert_int_equal(p->alerts_received[HF_SERVER], i);
    }
    write_handshake(p->server, hello_request, 4); /* the flood is capped */
    run_and_expect(p, HF_CLIENT, HF_TOO_MANY_HELLO_REQUESTS, 10);
}

static void n3_renegotiating_client_hellos_are_refused_by_a_warning(void **state)
{
    (void)state;
    uint8_t hello[204] = {1, 0, 0, 200};
    struct pair *p = connected();
    for (unsigned i = 1; i <= 8; i++) {
        write_handshake(p->client, hello, sizeof hello);
        pair_exchange(p, 100);
        assert_int_equal(hf_conn_stats(p->server).renegotiations_refused, i);
        assert_int_equal(p->last_alert[HF_CLIENT], 100);
    }
    write_handshake(p->client, hello, sizeof hello);
    run_and_expect(p, HF_SERVER, HF_TOO_MANY_HELLO_REQUESTS, 10);
}

/* However it is split over records and reads. */
static void n3_in_pieces(void **state)
{
    (void)state;
    uint8_t hello[54] = {1, 0, 0, 50};
    struct pair *p = connected();
    p->chunk = 3;
    for (size_t i = 0; i < sizeof hello; i++) {
        write_handshake(p->client, hello + i, 1);
    }
    pair_exchange(p, 100);
    assert_int_equal(hf_conn_stats(p->server).renegotiations_refused, 1);
    pair_free(p);
}

/* S1: nothing else may come then. */
static void s1_other_handshake_messages_after_the_handshake(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    for (unsigned i = 0; i < 512; i++) {
        hf_side from = i < 256 ? HF_CLIENT : HF_SERVER;
        const uint8_t message[4] = {(uint8_t)i, 0, 0, 0};
        if (message[0] == (from == HF_CLIENT ? 1 : 0)) {
            continue;
        }
        struct pair *p = pair_connect(client, server, TEST_HOST);
        write_handshake(pair_conn(p, from), message, 4);
        run_and_expect(p, from == HF_CLIENT ? HF_SERVER : HF_CLIENT, HF_UNEXPECTED_MESSAGE, 10);
    }
    hf_config_free(client);
    hf_config_free(server);
}

/* S2 */
static void s2_change_cipher_spec_after_the_handshake(void **state)
{
    (void)state;
    for (hf_side from = HF_CLIENT; from <= HF_SERVER; from++) {
        struct pair *p = connected();
        assert_int_equal(
            record_write(&pair_conn(p, from)->out, CONTENT_CHANGE_CIPHER_SPEC, slice_of("\1", 1)), OK);
        run_and_expect(p, from == HF_CLIENT ? HF_SERVER : HF_CLIENT, HF_EARLY_CHANGE_CIPHER_SPEC, 10);
    }
}

/* A HelloRequest that crosses the end of the handshake is answered like any later one. */
static void n3_behind_the_finished(void **state)
{
    (void)state;
    struct pair *p = fresh();
    (void)pair_carry(p, HF_CLIENT);
    (void)pair_carry(p, HF_SERVER);
    (void)pair_carry(p, HF_CLIENT); /* the server is done; its flight waits */
    assert_true(hf_negotiated(p->server)->complete);
    write_handshake(p->server, hello_request, 4);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_conn_stats(p->client).renegotiations_refused, 1);
    pair_exchange(p, 10);
    pair_free(p);
}

/* ---- N7: in the handshake it is ignored, and hashed by nobody ---- */
static void ask_before(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    struct test_bytes out = {0};
    (void)index, (void)type;
    for (unsigned i = 0; i < *(unsigned *)arg; i++) {
        put_record(&out, CONTENT_HANDSHAKE, hello_request, 4);
    }
    test_bytes_add(&out, record->data, record->len);
    test_bytes_free(record);
    *record = out;
}

static void n7_hello_requests_in_the_handshake(void **state)
{
    (void)state;
    unsigned each = 2; /* before each of four messages */
    struct pair *p = fresh();
    struct message_editor editor = {.from = HF_SERVER, .edit = ask_before, .arg = &each};
    edit_messages(p, &editor);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 10);
    pair_free(p);
    each = 3;
    p = fresh();
    editor = (struct message_editor){.from = HF_SERVER, .edit = ask_before, .arg = &each};
    edit_messages(p, &editor);
    run_and_expect(p, HF_CLIENT, HF_TOO_MANY_HELLO_REQUESTS, 10);
}

/* ---- C4: RFC 9325 7.2.1, RFC 5246 6.1 ---- */
struct nonces {
    uint64_t next[2];
    bool keys_changed[2];
};

static void see_nonces(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct nonces *n = arg;
    (void)pair;
    for (size_t at = 0; at < bytes->len;) {
        const uint8_t *record = bytes->data + at;
        if (n->keys_changed[from]) {
            uint64_t nonce = 0;
            for (size_t i = 0; i < 8; i++) {
                nonce = nonce << 8 | record[RECORD_HEADER + i];
            }
            assert_true(nonce == n->next[from]++);
        }
        n->keys_changed[from] |= record[0] == CONTENT_CHANGE_CIPHER_SPEC;
        at += RECORD_HEADER + ((size_t)record[3] << 8 | record[4]);
    }
}

static void c4_gcm_nonces_are_the_sequence_numbers(void **state)
{
    (void)state;
    struct nonces nonces = {0};
    struct pair *p = fresh();
    p->hook = see_nonces;
    p->hook_arg = &nonces;
    pair_run(p);
    for (int i = 0; i < 300; i++) {
        pair_exchange(p, 20);
    }
    assert_int_equal(nonces.next[HF_CLIENT], 301); /* Finished, then the data */
    assert_int_equal(nonces.next[HF_SERVER], 301);
    pair_free(p);
}

static void c4_keys_that_are_used_up(void **state)
{
    (void)state;
    struct pair *p = connected();
    struct protection *out = &p->client->out.protection;
    uint64_t left = 3 + RECORDS_KEPT_FOR_ALERTS;
    p->server->in.protection.sequence = out->sequence = out->limit - left;
    pair_send(p, HF_CLIENT, 3); /* one */
    pair_send(p, HF_CLIENT, 3);
    pair_send(p, HF_CLIENT, 3);
    size_t used = 0;
    assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_SEQUENCE_EXHAUSTED);
    assert_int_equal(used, 0);
    run_and_expect(p, HF_CLIENT, HF_SEQUENCE_EXHAUSTED, 80); /* and the alert still gets through */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s9_empty_application_records),
        cmocka_unit_test(n3_hello_requests_are_refused_by_a_warning),
        cmocka_unit_test(n3_renegotiating_client_hellos_are_refused_by_a_warning),
        cmocka_unit_test(n3_in_pieces),
        cmocka_unit_test(n3_behind_the_finished),
        cmocka_unit_test(s1_other_handshake_messages_after_the_handshake),
        cmocka_unit_test(s2_change_cipher_spec_after_the_handshake),
        cmocka_unit_test(n7_hello_requests_in_the_handshake),
        cmocka_unit_test(c4_gcm_nonces_are_the_sequence_numbers),
        cmocka_unit_test(c4_keys_that_are_used_up),
    };
    return cmocka_run_group_tests_name("flow/checklist_floods", tests, NULL, NULL);
}
