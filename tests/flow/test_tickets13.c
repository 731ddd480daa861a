/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

#include "conn/conn.h"

/* NewSessionTicket, RFC 8446 4.6.1: what a client makes of those that a peer words itself. */

#define WEEK (7 * 24 * 3600)

/* The server gives none by itself. */
static struct pair *connected(void)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_versions(server, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_session_life(client, 24 * 3600, 24 * 3600), HF_OK);
    assert_int_equal(hf_config_ticket_count(server, 0), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(hf_conn_session(p->client));
    return p;
}

/* A ticket of so many seconds, its extensions as given. */
static void give(struct pair *p, uint32_t seconds, const char *extensions, size_t len)
{
    uint8_t message[100];
    struct writer w = writer_of(message, sizeof message);
    write_number(&w, 4, 1);
    size_t whole = write_open(&w, 3);
    write_number(&w, seconds, 4);
    write_number(&w, 0x01020304, 4);
    write_vector(&w, 1, slice_of("n", 1));
    write_vector(&w, 2, slice_of("ticket", 6));
    write_vector(&w, 2, slice_of(extensions, len));
    write_close(&w, whole, 3);
    assert_false(w.full);
    assert_int_equal(record_write(&p->server->out, CONTENT_HANDSHAKE, written(&w)), OK);
    pair_run(p);
}

/* RFC 8446 4.6.1: whatever ticket_lifetime says, none is kept for longer than a week; here, than a day. */
static void a_lifetime_of_years(void **state)
{
    (void)state;
    static const uint32_t lives[] = {100, WEEK, WEEK + 1, 100000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct pair *p = connected();
        give(p, lives[i], "", 0);
        assert_null(hf_failed(p->client));
        hf_session *s = pair_session(p);
        assert_int_equal(hf_session_expires(s) - TEST_NOW, lives[i] < 24 * 3600 ? lives[i] : 24 * 3600);
        hf_session_free(s);
        pair_free(p);
    }
    struct pair *p = connected();
    give(p, 0, "", 0); /* "should be discarded immediately" */
    assert_null(hf_failed(p->client));
    assert_null(hf_conn_session(p->client));
    pair_free(p);
}

/* RFC 8446 4.6.1, 4.2: what is not known is passed over, and nothing comes twice. */
static void extensions_of_tickets(void **state)
{
    (void)state;
    static const char unknown[] = "\xfa\xfa\0\3abc\x12\x34\0\0",
                      early_behind_it[] = "\xfa\xfa\0\0\0\x2a\0\4\0\0\1\0",
                      twice[] = "\xfa\xfa\0\0\xfa\xfa\0\0", cut[] = "\xfa\xfa\0\4abc";
    struct pair *p = connected();
    give(p, 100, unknown, sizeof unknown - 1);
    assert_null(hf_failed(p->client));
    assert_int_equal(p->client->negotiated.session->max_early_data, 0);
    give(p, 100, early_behind_it, sizeof early_behind_it - 1);
    assert_int_equal(p->client->negotiated.session->max_early_data, 256);
    give(p, 100, twice, sizeof twice - 1);
    pair_assert_refused(p, HF_CLIENT, HF_DUPLICATE_EXTENSION, 47);
    pair_free(p);
    p = connected();
    give(p, 100, cut, sizeof cut - 1);
    pair_assert_refused(p, HF_CLIENT, HF_MALFORMED_MESSAGE, 50);
    pair_free(p);
}

/* RFC 8446 4.2: extensions that are known, and of other messages. */
static void extensions_of_other_messages(void **state)
{
    (void)state;
    static const uint16_t codes[] = {
        EXTENSION_SERVER_NAME, EXTENSION_ALPN,           EXTENSION_SUPPORTED_VERSIONS,
        EXTENSION_KEY_SHARE,   EXTENSION_COOKIE,         EXTENSION_PRE_SHARED_KEY,
        EXTENSION_OID_FILTERS, EXTENSION_STATUS_REQUEST, EXTENSION_SESSION_TICKET};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const char block[] = {(char)(codes[i] >> 8), (char)codes[i], 0, 0};
        struct pair *p = connected();
        give(p, 100, block, sizeof block);
        pair_assert_refused(p, HF_CLIENT, HF_MISPLACED_EXTENSION, 47);
        assert_null(hf_conn_session(p->client));
        pair_free(p);
    }
}

/* RFC 8446 4.6.1: ticket_age_add is drawn anew for each; so a session's age says nothing to who listens. */
static void every_ticket_has_its_own_age_add(void **state)
{
    (void)state;
    uint32_t seen[16];
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_versions(server, 0x0304, 0x0304), HF_OK);
    for (size_t i = 0; i < 16; i++) {
        struct pair *p = pair_connect(client, server, TEST_HOST);
        seen[i] = p->client->negotiated.session->age_add;
        for (size_t before = 0; before < i; before++) {
            assert_int_not_equal(seen[before], seen[i]);
        }
        pair_free(p);
    }
    hf_config_free(client);
    hf_config_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lifetime_of_years),
        cmocka_unit_test(extensions_of_tickets),
        cmocka_unit_test(extensions_of_other_messages),
        cmocka_unit_test(every_ticket_has_its_own_age_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
