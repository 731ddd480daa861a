/* SPDX-License-Identifier: MIT */
#include "early.h"

/* How much early data, and of which form: RFC 8446 4.2.10; and how old its session is: 8.3. */
/* ---- limits, RFC 8446 4.2.10 ---- */
static void no_more_than_the_ticket_says(void **state)
{
    (void)state;
    for (int smaller = 0; smaller < 2; smaller++) {
        hf_config *client = client13(), *server = server_by(BY_ID, takes_early);
        assert_int_equal(hf_config_early_data(client, smaller ? 10 : 5 * MOST), HF_OK);
        hf_session *session = earn(client, server);
        struct pair *p = ready_for_early(client, server, session);
        size_t most = smaller ? 10 : MOST;
        push_early(p, 2 * MOST, most);
        assert_false(hf_wants(p->client) & HF_GIVE_EARLY);
        push_early(p, 1, 0);
        pair_run(p);
        pair_assert_complete(p);
        assert_early(p, HF_EARLY_ACCEPTED, most);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* A client that does not keep to what the ticket says: the server counts as well. */
static void more_than_the_ticket_says(void **state)
{
    (void)state;
    static const uint8_t much[4] = {0, 0, 0x40, 0};
    for (int over = 0; over < 2; over++) {
        hf_config *client = client13(), *server = server_by(BY_ID, takes_early);
        assert_int_equal(hf_config_early_data(client, 5 * MOST), HF_OK);
        hf_session *session = forge(earn(client, server), TAG_MAX_EARLY, much, 4);
        struct pair *p = ready_for_early(client, server, session);
        push_early(p, MOST, MOST);
        push_early(p, (size_t)over, (size_t)over);
        pair_run(p);
        if (over) {
            pair_assert_refused(p, HF_SERVER, HF_TOO_MUCH_EARLY_DATA, 10); /* unexpected_message */
        } else {
            pair_assert_complete(p);
            assert_early(p, HF_EARLY_ACCEPTED, MOST);
        }
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
}

/* RFC 8449 4: what was cut before there was an agreement is not measured by it; what comes behind it is. */
static void before_a_limit_is_agreed(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    assert_int_equal(hf_config_record_size_limit(client, 300), HF_OK);
    assert_int_equal(hf_config_record_size_limit(server, 100), HF_OK);
    hf_session *session = earn(client, server);
    struct pair *p = send_early(client, server, session, MOST);
    pair_assert_complete(p);
    assert_early(p, HF_EARLY_ACCEPTED, MOST);
    assert_int_equal(hf_negotiated(p->server)->record_size_limit, 100);
    pair_exchange(p, 5000);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 8446 4.2.10: where it is taken, a record of it that does not open is fatal. */
static void spoil_last(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)arg;
    (void)pair;
    bytes->data[bytes->len - 1] ^= from == HF_CLIENT;
}

static void what_does_not_open(void **state)
{
    (void)state;
    hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
    hf_session *session = earn(client, server);
    struct pair *p = ready_for_early(client, server, session);
    p->hook = spoil_last;
    push_early(p, 20, 20);
    pair_run(p);
    pair_assert_failed(p, HF_SERVER, HF_BAD_RECORD_MAC, 20, HF_SENT);
    assert_int_equal(p->early.len, 0);
    pair_free(p);
    hf_session_free(session);
    free_both(client, server);
}

/* RFC 8446 4.2.11.1, 8.3: early data is refused and the session resumed. Both clocks are one here, so the
 * client's idea of the age is what is changed. */
static void the_age_is_off(void **state)
{
    (void)state;
    static const struct {
        int32_t apart;
        unsigned tolerance;
        bool taken;
    } ages[] = {{9999, 0, true},       {10000, 0, true},     {10001, 0, false},  {-10000, 0, true},
                {-10001, 0, false},    {59000, 60, true},    {61000, 60, false}, {1500, 1, false},
                {INT32_MAX, 0, false}, {INT32_MIN, 0, false}};
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        moment = TEST_NOW;
        hf_config *client = eager(), *server = server_by(BY_ID, takes_early);
        if (ages[i].tolerance) {
            assert_int_equal(hf_config_early_data_age(server, ages[i].tolerance), HF_OK);
        }
        hf_session *session = earn(client, server);
        uint8_t saved[16384], add[4];
        size_t len = sizeof saved, size;
        assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
        memcpy(add, saved_field(saved, len, TAG_AGE_ADD, &size), 4);
        uint32_t value = (uint32_t)add[0] << 24 | (uint32_t)add[1] << 16 | (uint32_t)add[2] << 8 | add[3];
        value += (uint32_t)ages[i].apart;
        for (int k = 0; k < 4; k++) {
            add[k] = (uint8_t)(value >> (24 - 8 * k));
        }
        session = forge(session, TAG_AGE_ADD, add, 4);
        moment += 100;
        struct pair *p = send_early(client, server, session, sizeof early_words);
        pair_assert_complete(p);
        assert_resumption(p, HF_RESUMED);
        assert_early(p, ages[i].taken ? HF_EARLY_ACCEPTED : HF_EARLY_STALE, sizeof early_words);
        pair_free(p);
        hf_session_free(session);
        free_both(client, server);
    }
    hf_config *c = hf_config_server();
    assert_int_equal(hf_config_early_data_age(c, 0), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_early_data_age(c, 3601), HF_BAD_ARGUMENT);
    hf_config_free(c);
    c = hf_config_client();
    assert_int_equal(hf_config_early_data_age(c, 10), HF_BAD_ARGUMENT);
    hf_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSIONS_TEST(no_more_than_the_ticket_says),
        SESSIONS_TEST(more_than_the_ticket_says),
        SESSIONS_TEST(before_a_limit_is_agreed),
        SESSIONS_TEST(what_does_not_open),
        SESSIONS_TEST(the_age_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
