/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Keys that lie in the application's hands, RFC 9257 6.1: asked for by their identity. */
static const uint8_t key_bytes[64] = "thirty-two bytes that were drawn, and then as many once more...";
#define KEY ((hf_bytes){key_bytes, 32})
#define OTHER_KEY ((hf_bytes){key_bytes + 8, 32})
static const hf_bytes none = {NULL, 0};

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static hf_config *asking(hf_config *c)
{
    assert_int_equal(hf_config_ask(c, HF_ASK_LOOK_UP_PSK), HF_OK);
    return test_speaking(c, 0x0303, 0x0304);
}

static hf_config *offering(hf_config *c, const char *identity, hf_bytes key)
{
    assert_int_equal(hf_config_psk(c, text(identity), key, HF_PSK_SHA256), HF_OK);
    return test_speaking(c, 0x0303, 0x0304);
}

/* What the application knows, and what it was asked. */
struct database {
    const char *identity, *context;
    hf_bytes key;
    bool import, late;
    unsigned asked;
};

static bool is(hf_bytes bytes, const char *s)
{
    return bytes.len == strlen(s) && (!bytes.len || memcmp(bytes.data, s, bytes.len) == 0);
}

static bool look_up(void *arg, struct pair *p, hf_conn *asked)
{
    struct database *db = arg;
    hf_question q;
    assert_ptr_equal(asked, p->server);
    assert_int_equal(hf_asked(asked, &q), HF_ASK_LOOK_UP_PSK);
    if (db->late) { /* later, from elsewhere */
        return false;
    }
    db->asked++;
    assert_true(q.psk_identity.len > 0);
    assert_int_equal(hf_answer_psk(asked, (hf_bytes){key_bytes, 15}, HF_PSK_SHA256), HF_PSK_TOO_SHORT);
    assert_int_equal(hf_answer_psk(asked, (hf_bytes){key_bytes, 65}, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_int_equal(hf_answer_psk(asked, KEY, (hf_psk_hash)3), HF_BAD_ARGUMENT);
    bool known = is(q.psk_external_identity, db->identity) && is(q.psk_context, db->context);
    if (db->import && q.psk_imported) {
        return hf_answer_psk_import(asked, known ? db->key : none, HF_PSK_SHA256) == HF_OK;
    }
    assert_true(q.psk_imported || hf_answer_psk_import(asked, KEY, HF_PSK_SHA256) == HF_BAD_ARGUMENT);
    return hf_answer_psk(asked, known ? db->key : none, HF_PSK_SHA256) == HF_OK;
}

static struct pair *meet(hf_config *client, hf_config *server, struct database *db)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->ask = look_up;
    p->ask_arg = db;
    pair_run(p);
    return p;
}

static void assert_by(struct pair *p, const char *identity, bool imported)
{
    pair_assert_complete(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *n = hf_negotiated(pair_conn(p, side));
        assert_int_equal(n->psk, HF_PSK_USED);
        assert_true(is(n->psk_identity, identity));
        assert_int_equal(n->psk_imported, imported);
    }
    pair_exchange(p, 1000);
}

static void a_key_from_elsewhere(void **state)
{
    (void)state;
    for (int certificate = 0; certificate < 2; certificate++) {
        struct database db = {.identity = "b", .context = "", .key = KEY};
        hf_config *c = offering(offering(offering(hf_config_client(), "a", KEY), "b", KEY), "c", KEY);
        hf_config *s = certificate ? test_server_config() : test_server_without_identity();
        struct pair *p = meet(c, asking(s), &db);
        assert_by(p, "b", false);
        assert_int_equal(db.asked, 2);
        pair_free(p);
    }
}

/* RFC 9258: by the parts of what the client calls it. */
static void an_imported_one(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};
    for (int i = 0; i < 4; i++) {
        struct database db = {
            .identity = "a", .context = i & 1 ? "hub" : "other", .key = KEY, .import = true};
        hf_config *c = test_speaking(hf_config_client(), 0x0303, 0x0304);
        assert_int_equal(hf_config_psk_import(c, text("a"), text("hub"), KEY, HF_PSK_SHA256), HF_OK);
        assert_int_equal(hf_config_suites(c, suites[i / 2], NULL), HF_OK);
        struct pair *p = meet(c, asking(test_server_without_identity()), &db);
        if (i & 1) {
            assert_by(p, "a", true);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_PSK_IDENTITY, 115);
        }
        pair_free(p);
    }
}

static void not_let_in(void **state)
{
    (void)state;
    struct database wrong = {.identity = "a", .context = "", .key = OTHER_KEY};
    struct pair *p = meet(offering(hf_config_client(), "a", KEY), asking(test_server_config()), &wrong);
    pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
    pair_free(p);
    struct database other = {.identity = "z", .context = "", .key = KEY};
    p = meet(offering(test_client_config(), "a", KEY), asking(test_server_config()), &other);
    pair_assert_complete(p); /* by certificate */
    assert_true(hf_negotiated(p->client)->peer_verified);
    assert_int_equal(hf_negotiated(p->server)->psk, HF_PSK_UNKNOWN);
    pair_free(p);
    hf_config *c = offering(test_client_config(), "1", KEY);
    for (char name[] = "2"; name[0] <= '8'; name[0]++) {
        c = offering(c, name, KEY);
    }
    other.asked = 0;
    p = meet(c, asking(test_server_config()), &other);
    pair_assert_complete(p);
    assert_int_equal(other.asked, 4); /* no client makes us ask for ever */
    pair_free(p);
}

/* A key of the config needs no question, nor does a session of ours. */
static void not_asked(void **state)
{
    (void)state;
    struct database db = {.identity = "a", .context = "", .key = KEY};
    struct pair *p =
        meet(offering(hf_config_client(), "a", KEY), asking(offering(test_server_config(), "a", KEY)), &db);
    assert_by(p, "a", false);
    pair_free(p);
    hf_config *c = test_speaking(test_client_config(), 0x0303, 0x0304), *s = asking(test_server_config());
    p = pair_connect(c, s, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(c, s, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->resumed);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(c);
    hf_config_free(s);
    assert_int_equal(db.asked, 0);
}

static void an_answer_that_takes_its_time(void **state)
{
    (void)state;
    struct database db = {.identity = "a", .context = "", .key = KEY, .late = true};
    struct pair *p =
        pair_take(offering(hf_config_client(), "a", KEY), asking(test_server_without_identity()), NULL);
    p->ask = look_up;
    p->ask_arg = &db;
    p->chunk = 1;
    pair_run(p);
    assert_int_equal(hf_asked(p->server, NULL), HF_ASK_LOOK_UP_PSK);
    assert_int_equal(hf_answer_psk(p->client, KEY, HF_PSK_SHA256), HF_NOT_ASKED);
    assert_int_equal(hf_answer_verdict(p->server, HF_OK), HF_NOT_ASKED);
    db.late = false;
    assert_int_equal(hf_answer_psk(p->server, KEY, HF_PSK_SHA256), HF_OK);
    pair_run(p);
    assert_by(p, "a", false);
    assert_int_equal(hf_answer_psk(p->server, KEY, HF_PSK_SHA256), HF_NOT_ASKED);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_from_elsewhere),
        cmocka_unit_test(an_imported_one),
        cmocka_unit_test(not_let_in),
        cmocka_unit_test(not_asked),
        cmocka_unit_test(an_answer_that_takes_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
