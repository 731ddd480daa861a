/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Session tickets, RFC 5077, both roles. Checklist R1, R5, R6. */

static int64_t moment;

static hf_config *clocked(hf_config *config)
{
    moment = TEST_NOW;
    assert_int_equal(hf_config_clock(config, test_clock, &moment), HF_OK);
    return config;
}

static hf_config *giving(hf_config *server, hf_keyring *keyring)
{
    assert_int_equal(hf_config_tickets(server, true), HF_OK);
    assert_int_equal(hf_config_session_cache(server, 0), HF_OK);
    if (keyring) {
        assert_int_equal(hf_config_keyring(server, keyring), HF_OK);
    }
    return clocked(server);
}

static hf_session *earn(hf_config *client, hf_config *server)
{
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    assert_non_null(session);
    pair_free(p);
    return session;
}

static hf_resumption offered(hf_config *client, hf_config *server, hf_session *session, hf_session **renewed)
{
    struct pair *p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    pair_exchange(p, 100);
    const hf_summary *c = hf_negotiated(p->client), *s = hf_negotiated(p->server);
    assert_int_equal(c->resumed, s->resumed);
    hf_resumption why = s->resumption;
    if (renewed) {
        *renewed = hf_conn_session(p->client);
    }
    pair_free(p);
    return why;
}

static void a_ticket_is_given_and_resumed(void **state)
{
    (void)state;
    hf_config *client = clocked(test_client_config()), *server = giving(test_server_config(), NULL);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    assert_non_null(strstr(p->steps[HF_SERVER], "NewSessionTicket"));
    assert_true(hf_negotiated(p->client)->session_ticket);
    assert_true(hf_negotiated(p->server)->session_ticket);
    assert_int_equal(hf_negotiated(p->client)->session_id.len, 0); /* RFC 5077 3.4 */
    hf_session *session = pair_session(p);
    assert_true(hf_session_is_ticket(session));
    assert_int_equal(hf_session_id(session).len, 0);
    assert_in_range(hf_session_expires(session), TEST_NOW + 4 * 3600 - 1, TEST_NOW + 4 * 3600);
    pair_free(p);
    for (int i = 0; i < 3; i++) { /* in TLS 1.2 one serves again and again */
        p = pair_resume(client, server, TEST_HOST, session);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->server)->resumed && hf_negotiated(p->client)->resumed);
        assert_true(hf_negotiated(p->server)->session_ticket);
        assert_null(strstr(p->steps[HF_SERVER], "NewSessionTicket")); /* its key is still the current one */
        pair_free(p);
    }
    hf_session_stats stats = hf_config_session_statistics(server);
    assert_int_equal(stats.tickets_made, 1);
    assert_int_equal(stats.count[HF_RESUMED], 3);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void saved_tickets_are_loaded(void **state)
{
    (void)state;
    uint8_t saved[4096], key[32] = {7};
    size_t len = sizeof saved;
    hf_config *client = clocked(test_client_config()), *server = giving(test_server_config(), NULL);
    hf_session *session = earn(client, server), *loaded;
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, &loaded), HF_OK);
    assert_int_equal(offered(client, server, loaded, NULL), HF_RESUMED);
    hf_session_free(loaded);
    len = sizeof saved;
    assert_int_equal(hf_session_seal(session, (hf_bytes){key, 32}, saved, &len), HF_OK);
    assert_int_equal(hf_session_unseal((hf_bytes){saved, len}, (hf_bytes){key, 32}, &loaded), HF_OK);
    assert_int_equal(offered(client, server, loaded, NULL), HF_RESUMED);
    hf_session_free(loaded);
    key[0]++;
    assert_int_equal(hf_session_unseal((hf_bytes){saved, len}, (hf_bytes){key, 32}, &loaded), HF_BAD_SESSION);
    key[0]--;
    for (size_t i = 0; i < len; i++) {
        saved[i] ^= 0x40;
        assert_int_equal(hf_session_unseal((hf_bytes){saved, len}, (hf_bytes){key, 32}, &loaded),
                         HF_BAD_SESSION);
        saved[i] ^= 0x40;
    }
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* R6: keys change under way and no resumption is lost; a key that is gone is a full handshake. */
static void keys_rotate_and_nothing_is_lost(void **state)
{
    (void)state;
    hf_keyring *keyring = hf_keyring_new(NULL);
    bool changed;
    assert_int_equal(hf_keyring_rotate(keyring, TEST_NOW, &changed), HF_OK);
    assert_true(changed);
    hf_config *client = clocked(test_client_config()), *server = giving(test_server_config(), keyring);
    hf_session *session = earn(client, server), *renewed;
    for (int minute = 0; minute < 235; minute += 5) {
        moment = TEST_NOW + minute * 60;
        assert_int_equal(hf_keyring_rotate(keyring, moment, &changed), HF_OK);
        assert_int_equal(offered(client, server, session, &renewed), HF_RESUMED);
        hf_session_free(session);
        session = renewed;
    }
    /* a renewed ticket does not live longer than the session: four hours in all */
    moment = TEST_NOW + 4 * 3600;
    assert_int_equal(hf_keyring_rotate(keyring, moment, NULL), HF_OK);
    assert_int_equal(offered(client, server, session, NULL), HF_NOT_OFFERED);
    hf_session_free(session);
    session = earn(client, server);
    hf_config *other = giving(test_server_config(), NULL); /* other keys */
    assert_int_equal(offered(client, other, session, NULL), HF_SESSION_FOREIGN);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(other);
    hf_keyring_free(keyring);
}

/* R5: who has a ticket does not have its ID looked up as well; without tickets the ID is made up, and
 * foreign. */
static void a_server_without_tickets_passes_over_them(void **state)
{
    (void)state;
    hf_keyring *keyring = hf_keyring_new(NULL);
    assert_int_equal(hf_keyring_rotate(keyring, TEST_NOW, NULL), HF_OK);
    hf_config *client = clocked(test_client_config()), *server = giving(test_server_config(), keyring);
    hf_config *without = clocked(test_server_config()), *refuses = clocked(test_client_config());
    assert_int_equal(hf_config_keyring(without, keyring), HF_OK);
    hf_session *session = earn(client, server);
    assert_int_equal(offered(client, without, session, NULL), HF_SESSION_FOREIGN);
    assert_int_equal(hf_config_tickets(refuses, false), HF_OK);
    struct pair *p = pair_resume(refuses, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_POLICY);
    assert_null(strstr(p->steps[HF_SERVER], "NewSessionTicket"));
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
    hf_config_free(without);
    hf_config_free(refuses);
    hf_keyring_free(keyring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_given_and_resumed),
        cmocka_unit_test(saved_tickets_are_loaded),
        cmocka_unit_test(keys_rotate_and_nothing_is_lost),
        cmocka_unit_test(a_server_without_tickets_passes_over_them),
    };
    return cmocka_run_group_tests_name("api/tickets", tests, NULL, NULL);
}
