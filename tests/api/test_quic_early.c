/* SPDX-License-Identifier: MIT */
/* 0-RTT where QUIC carries the handshake: RFC 9001 4.6, 8.3. */
#include "quic.h"

#include <handfast/early.h>
#include <string.h>

#define EARLY_DATA 42 /* ExtensionType, RFC 8446 4.2 */

/* Both for early data; a session that lets some. The ends are new. server_groups: NULL for the defaults. */
static struct quic_two two_speaking(const char *server_groups, hf_session **session)
{
    hf_config *client = quic_config(test_client_config()), *server = quic_config(test_server_config());
    assert_int_equal(server_groups ? hf_config_groups(server, server_groups, NULL) : HF_OK, HF_OK);
    assert_int_equal(hf_config_early_data(client, 1), HF_OK);
    assert_int_equal(hf_config_early_data(server, 1), HF_OK);
    struct quic_two t = quic_two_of(client, server);
    quic_converse(&t.client, &t.server);
    quic_assert_complete(&t.client, &t.server);
    *session = hf_conn_session(t.client.conn);
    assert_non_null(*session);
    return t;
}

static struct quic_two two_with(hf_session **session)
{
    return two_speaking(NULL, session);
}

/* The two meet again, where they have parted. */
static void meet_again(struct quic_two *t, hf_session *session)
{
    quic_close(&t->client);
    quic_close(&t->server);
    quic_open(&t->client, t->configs[0], TEST_HOST, "again");
    quic_open(&t->server, t->configs[1], NULL, "again too");
    assert_int_equal(hf_conn_resume(t->client.conn, session), HF_OK);
}

static void expect(const struct quic_two *t, bool resumed, hf_early_data client, hf_early_data server)
{
    quic_assert_complete(&t->client, &t->server);
    assert_int_equal(hf_negotiated(t->client.conn)->resumed, resumed);
    assert_int_equal(hf_negotiated(t->client.conn)->early_data, client);
    assert_int_equal(hf_negotiated(t->server.conn)->early_data, server);
    assert_int_equal(t->server.reads[HF_QUIC_EARLY].there, server == HF_EARLY_ACCEPTED);
}

/* RFC 9001 8.3: the transcripts have no EndOfEarlyData, or Finished would not match. */
static void accepted(void **state)
{
    (void)state;
    hf_session *session;
    struct quic_two t = two_with(&session);
    meet_again(&t, session);
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_OK);
    quic_collect(&t.client);
    assert_string_equal(t.client.order, "w1"); /* before a byte has come back */
    quic_converse(&t.client, &t.server);
    expect(&t, true, HF_EARLY_ACCEPTED, HF_EARLY_ACCEPTED);
    assert_memory_equal(&t.client.writes[HF_QUIC_EARLY], &t.server.reads[HF_QUIC_EARLY],
                        sizeof *t.client.writes);
    hf_session_free(session);
    quic_two_free(&t);
}

/* RFC 8446 8.1: somebody plays the ClientHello a second time. */
static void replayed(void **state)
{
    (void)state;
    hf_session *session;
    struct quic_two t = two_with(&session);
    struct quic_end again;
    meet_again(&t, session);
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_OK);
    quic_collect(&t.client);
    struct test_bytes *hello = &t.client.out[HF_QUIC_INITIAL];
    quic_open(&again, t.configs[1], NULL, "again too");
    assert_int_equal(hf_quic_push(again.conn, HF_QUIC_INITIAL, (hf_bytes){hello->data, hello->len}), HF_OK);
    quic_collect(&again);
    assert_true(again.reads[HF_QUIC_EARLY].there);
    quic_converse(&t.client, &t.server);
    expect(&t, false, HF_EARLY_REJECTED, HF_EARLY_NOT_RESUMED);
    quic_close(&again);
    hf_session_free(session);
    quic_two_free(&t);
}

/* RFC 9001 4.6.2: the server says no. */
static void refused(void **state)
{
    (void)state;
    hf_session *session;
    struct quic_two t = two_with(&session);
    meet_again(&t, session);
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_OK);
    assert_int_equal(hf_quic_refuse_early(t.server.conn), HF_OK); /* RFC 9001 4.6.3 */
    quic_converse(&t.client, &t.server);
    expect(&t, true, HF_EARLY_REJECTED, HF_EARLY_OFF);
    assert_int_equal(hf_quic_refuse_early(t.server.conn), HF_BAD_ARGUMENT);
    hf_session_free(session);
    quic_two_free(&t);
}

/* RFC 9001 4.6.2, RFC 8446 4.2.10: with a HelloRetryRequest always; the second ClientHello offers none. */
static void retried(void **state)
{
    (void)state;
    hf_session *session;
    size_t len;
    struct quic_two t = two_speaking("secp384r1", &session);
    meet_again(&t, session);
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_OK);
    quic_collect(&t.client);
    assert_string_equal(t.client.order, "w1");
    assert_non_null(quic_extension(&t.client.out[HF_QUIC_INITIAL], EARLY_DATA, &len));
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_OK);
    quic_collect(&t.client);
    assert_true(hf_negotiated(t.client.conn)->hello_retry_request);
    assert_null(quic_extension(&t.client.out[HF_QUIC_INITIAL], EARLY_DATA, &len));
    quic_converse(&t.client, &t.server);
    expect(&t, true, HF_EARLY_REJECTED, HF_EARLY_RETRIED);
    assert_true(hf_negotiated(t.server.conn)->hello_retry_request);
    hf_session_free(session);
    quic_two_free(&t);
}

/* RFC 9001 4.6.1: QUIC's number, which QUIC's clients insist on. */
static void size_of_a_ticket(void **state)
{
    (void)state;
    hf_session *session;
    struct quic_two t = two_with(&session);
    hf_session_free(session);
    quic_close(&t.client);
    quic_close(&t.server);
    quic_open(&t.client, t.configs[0], TEST_HOST, "");
    quic_open(&t.server, t.configs[1], NULL, "");
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    assert_int_equal(quic_carry(&t.server, &t.client), HF_OK);
    assert_int_equal(quic_carry(&t.client, &t.server), HF_OK);
    struct test_bytes *tickets = &t.server.out[HF_QUIC_APPLICATION];
    assert_int_equal(tickets->data[0], 4);
    assert_memory_equal(tickets->data + tickets->len - 8, "\0\x2a\0\4\xff\xff\xff\xff", 8);
    tickets->data[tickets->len - 1] = 0xfe;
    assert_int_equal(quic_carry(&t.server, &t.client), HF_QUIC_EARLY_DATA_SIZE);
    quic_assert_refused(&t.client, HF_QUIC_EARLY_DATA_SIZE, 0x0a);
    quic_two_free(&t);
}

static void not_available(void **state)
{
    (void)state;
    hf_session *session;
    size_t used;
    struct quic_two t = quic_two_new();
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(hf_quic_offer_early(t.server.conn), HF_BAD_ARGUMENT);
    assert_int_equal(hf_quic_refuse_early(t.client.conn), HF_BAD_ARGUMENT);
    quic_converse(&t.client, &t.server);
    session = hf_conn_session(t.client.conn);
    meet_again(&t, session);
    assert_int_equal(hf_quic_offer_early(t.client.conn), HF_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(hf_push_early(t.client.conn, (hf_bytes){(const uint8_t *)"x", 1}, &used),
                     HF_CARRIED_BY_QUIC);
    quic_converse(&t.client, &t.server);
    expect(&t, true, HF_EARLY_NOT_OFFERED, HF_EARLY_NOT_OFFERED);
    hf_session_free(session);
    quic_two_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted), cmocka_unit_test(replayed),         cmocka_unit_test(refused),
        cmocka_unit_test(retried),  cmocka_unit_test(size_of_a_ticket), cmocka_unit_test(not_available),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
