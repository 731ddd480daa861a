/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <stdio.h>
#include <string.h>

/* External pre-shared keys, RFC 8446 2.2, 4.2.11, RFC 9257: who is let in, who is not, and what it says. */
#define TLS12 0x0303
#define TLS13 0x0304
#define AES128 "TLS_AES_128_GCM_SHA256"
#define AES256 "TLS_AES_256_GCM_SHA384"

static const uint8_t key_bytes[64] = "thirty-two bytes that were drawn, and then as many once more...";
#define KEY ((hf_bytes){key_bytes, 32})
#define OTHER_KEY ((hf_bytes){key_bytes + 8, 32})

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static hf_config *with_psk(hf_config *c, const char *identity, hf_bytes key, hf_psk_hash hash)
{
    assert_int_equal(hf_config_psk(c, text(identity), key, hash), HF_OK);
    return c;
}

/* A client that trusts nobody's certificate, and a server that has none. */
static hf_config *bare_client(void)
{
    hf_config *c = hf_config_client();
    assert_non_null(c);
    return test_speaking(c, TLS12, TLS13);
}

static hf_config *bare_server(void)
{
    return test_speaking(test_server_without_identity(), TLS12, TLS13);
}

static hf_config *client(void)
{
    return test_speaking(test_client_config(), TLS12, TLS13);
}

static hf_config *server(void)
{
    return test_speaking(test_server_config(), TLS12, TLS13);
}

static struct pair *meet(hf_config *c, hf_config *s, const char *name)
{
    struct pair *p = pair_take(c, s, name);
    pair_run(p);
    return p;
}

static void assert_by_psk(struct pair *p, const char *identity, bool imported)
{
    pair_assert_complete(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *n = hf_negotiated(pair_conn(p, side));
        assert_int_equal(n->psk, HF_PSK_USED);
        assert_int_equal(n->psk_identity.len, strlen(identity));
        assert_memory_equal(n->psk_identity.data, identity, strlen(identity));
        assert_int_equal(n->psk_imported, imported);
        assert_false(n->resumed);
        assert_false(n->peer_verified);
        assert_int_equal(n->peer_chain.len, 0);
        assert_int_equal(n->server_scheme, 0);
    }
    pair_exchange(p, 5000);
    assert_null(hf_conn_session(p->client)); /* and no ticket came */
}

static void assert_by_certificate(struct pair *p, hf_psk_verdict at_client, hf_psk_verdict at_server)
{
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->client)->peer_verified);
    assert_int_equal(hf_negotiated(p->client)->psk, at_client);
    assert_int_equal(hf_negotiated(p->server)->psk, at_server);
    assert_int_equal(hf_negotiated(p->client)->psk_identity.len, 0);
    assert_int_equal(hf_negotiated(p->server)->psk_identity.len, 0);
    pair_exchange(p, 100);
}

/* ---- let in ---- */
static void no_certificate_anywhere(void **state)
{
    (void)state;
    for (int hash = HF_PSK_SHA256; hash <= HF_PSK_SHA384; hash++) {
        for (int alone = 0; alone < 2; alone++) {
            hf_config *c = with_psk(bare_client(), "router-7", KEY, (hf_psk_hash)hash);
            hf_config *s = with_psk(bare_server(), "router-7", KEY, (hf_psk_hash)hash);
            assert_int_equal(hf_config_psk_alone(c, alone), HF_OK);
            assert_int_equal(hf_config_psk_alone(s, alone), HF_OK);
            struct pair *p = meet(c, s, NULL);
            assert_by_psk(p, "router-7", false);
            const hf_summary *n = hf_negotiated(p->server);
            assert_non_null(n->group_name); /* RFC 8446 4.2.9: an exchange of keys where the client has one */
            assert_string_equal(n->suite_name, hash == HF_PSK_SHA256 ? AES128 : AES256);
            assert_null(strstr(p->steps[HF_SERVER], "Certificate"));
            uint8_t ours[32], theirs[32];
            assert_int_equal(hf_export(p->client, "EXPORTER-x", NULL, ours, sizeof ours), HF_OK);
            assert_int_equal(hf_export(p->server, "EXPORTER-x", NULL, theirs, sizeof theirs), HF_OK);
            assert_memory_equal(ours, theirs, sizeof ours);
            pair_free(p);
        }
    }
}

/* RFC 8446 4.2.9: psk_ke, where nothing better is in common. */
static void without_a_key_exchange(void **state)
{
    (void)state;
    for (int allowed = 0; allowed < 2; allowed++) {
        hf_config *c = with_psk(bare_client(), "router-7", KEY, HF_PSK_SHA256);
        hf_config *s = with_psk(bare_server(), "router-7", KEY, HF_PSK_SHA256);
        assert_int_equal(hf_config_groups(c, "x25519", NULL), HF_OK);
        assert_int_equal(hf_config_groups(s, "secp256r1", NULL), HF_OK);
        assert_int_equal(hf_config_psk_alone(c, true), HF_OK);
        assert_int_equal(hf_config_psk_alone(s, allowed), HF_OK);
        struct pair *p = meet(c, s, NULL);
        if (allowed) {
            assert_by_psk(p, "router-7", false);
            assert_null(hf_negotiated(p->client)->group_name);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_GROUP, 40);
        }
        pair_free(p);
    }
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    struct pair *p = pair_take(with_psk(bare_client(), "router-7", KEY, HF_PSK_SHA256),
                               with_psk(bare_server(), "router-7", KEY, HF_PSK_SHA256), NULL);
    p->chunk = 1;
    pair_run(p);
    assert_by_psk(p, "router-7", false);
    pair_free(p);
}

/* Identities are bytes, RFC 9257 6.1.1: zeros too, and one that looks like a session's ID. */
static void any_bytes_are_an_identity(void **state)
{
    (void)state;
    static const uint8_t bytes[HF_PSK_IDENTITY_MAX] = {0, 1, 0xff};
    static const size_t sizes[] = {1, 2, 32, HF_PSK_IDENTITY_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hf_config *c = bare_client(), *s = bare_server();
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            hf_bytes key = {key_bytes + j, 16};
            assert_int_equal(hf_config_psk(s, (hf_bytes){bytes, sizes[j]}, key, HF_PSK_SHA256), HF_OK);
        }
        hf_bytes key = {key_bytes + i, 16};
        assert_int_equal(hf_config_psk(c, (hf_bytes){bytes, sizes[i]}, key, HF_PSK_SHA256), HF_OK);
        struct pair *p = meet(c, s, NULL);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->psk_identity.len, sizes[i]);
        pair_free(p);
    }
}

static void one_of_a_thousand(void **state)
{
    (void)state;
    hf_config *s = bare_server();
    char name[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "sensor-%d", i * 7919 % 1000);
        hf_bytes key = {key_bytes + i * 7919 % 1000 % 32, 32};
        assert_int_equal(hf_config_psk(s, text(name), key, HF_PSK_SHA256), HF_OK);
    }
    for (int i = 0; i < 1000; i += 37) {
        (void)snprintf(name, sizeof name, "sensor-%d", i);
        hf_config *c = with_psk(bare_client(), name, (hf_bytes){key_bytes + i % 32, 32}, HF_PSK_SHA256);
        struct pair *p = pair_connect(c, s, NULL);
        assert_by_psk(p, name, false);
        pair_free(p);
        hf_config_free(c);
    }
    hf_config_free(s);
}

/* ---- several ---- */
/* RFC 8446 4.2.11: a key is of one hash, and the suite follows it. */
static void keys_of_two_hashes(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        for (int retry = 0; retry < 2; retry++) {
            hf_config *c = with_psk(bare_client(), "short", KEY, HF_PSK_SHA256);
            c = with_psk(c, "long", OTHER_KEY, HF_PSK_SHA384);
            hf_config *s = known ? with_psk(bare_server(), "long", OTHER_KEY, HF_PSK_SHA384)
                                 : with_psk(bare_server(), "short", KEY, HF_PSK_SHA256);
            assert_int_equal(hf_config_groups(c, "x25519:secp384r1", NULL), HF_OK);
            assert_int_equal(hf_config_groups(s, retry ? "secp384r1" : "x25519", NULL), HF_OK);
            /* against the server's own order, also where HelloRetryRequest names the suite */
            assert_int_equal(hf_config_suites(s, known ? AES128 ":" AES256 : AES256 ":" AES128, NULL), HF_OK);
            struct pair *p = meet(c, s, NULL);
            assert_by_psk(p, known ? "long" : "short", false);
            assert_string_equal(hf_negotiated(p->client)->suite_name, known ? AES256 : AES128);
            assert_int_equal(strstr(p->steps[HF_CLIENT], "HelloRetryRequest") != NULL, retry);
            pair_free(p);
        }
    }
}

/* The client's order counts among those that the server knows. */
static void the_first_that_is_known(void **state)
{
    (void)state;
    hf_config *c = with_psk(bare_client(), "unknown", KEY, HF_PSK_SHA256);
    c = with_psk(with_psk(c, "b", KEY, HF_PSK_SHA256), "a", OTHER_KEY, HF_PSK_SHA256);
    hf_config *s = with_psk(with_psk(bare_server(), "a", OTHER_KEY, HF_PSK_SHA256), "b", KEY, HF_PSK_SHA256);
    struct pair *p = meet(c, s, NULL);
    assert_by_psk(p, "b", false);
    pair_free(p);
}

/* ---- beside certificates ---- */
static void an_unknown_identity_is_a_full_handshake(void **state)
{
    (void)state;
    struct pair *p = meet(with_psk(client(), "router-7", KEY, HF_PSK_SHA256),
                          with_psk(server(), "router-8", KEY, HF_PSK_SHA256), TEST_HOST);
    assert_by_certificate(p, HF_PSK_UNKNOWN, HF_PSK_UNKNOWN);
    pair_free(p);
    p = meet(with_psk(client(), "router-7", KEY, HF_PSK_SHA256), server(), TEST_HOST);
    assert_by_certificate(p, HF_PSK_UNKNOWN, HF_PSK_NONE);
    pair_free(p);
    p = meet(client(), with_psk(server(), "router-7", KEY, HF_PSK_SHA256), TEST_HOST);
    assert_by_certificate(p, HF_PSK_NONE, HF_PSK_NONE);
    pair_free(p);
}

static void another_hash_is_a_full_handshake(void **state)
{
    (void)state;
    hf_config *c = with_psk(client(), "router-7", KEY, HF_PSK_SHA384);
    hf_config *s = with_psk(server(), "router-7", KEY, HF_PSK_SHA384);
    assert_int_equal(hf_config_groups(c, "x25519", NULL), HF_OK);
    assert_int_equal(hf_config_groups(s, "x25519", NULL), HF_OK);
    assert_int_equal(hf_config_suites(s, AES128 ":TLS_AES_256_GCM_SHA384", NULL), HF_OK);
    assert_int_equal(hf_config_suites(c, AES128 ":TLS_AES_256_GCM_SHA384", NULL), HF_OK);
    struct pair *p = meet(c, s, TEST_HOST);
    assert_by_psk(p, "router-7", false); /* the suite follows the key */
    pair_free(p);
    c = with_psk(client(), "router-7", KEY, HF_PSK_SHA256);
    s = with_psk(server(), "router-7", KEY, HF_PSK_SHA384);
    assert_int_equal(hf_config_suites(c, AES128, NULL), HF_OK);
    p = meet(c, s, TEST_HOST);
    assert_by_certificate(p, HF_PSK_UNKNOWN, HF_PSK_PARAMETERS);
    pair_free(p);
}

static void an_older_server(void **state)
{
    (void)state;
    hf_config *s = test_server_config();
    assert_int_equal(hf_config_versions(s, TLS12, TLS12), HF_OK);
    struct pair *p = meet(with_psk(client(), "router-7", KEY, HF_PSK_SHA256), s, TEST_HOST);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->version, TLS12);
    assert_true(hf_negotiated(p->client)->peer_verified);
    pair_free(p);
}

/* A session stands first; where it is no good the key is. */
static void beside_a_session(void **state)
{
    (void)state;
    hf_config *plain = client(), *c = with_psk(client(), "router-7", KEY, HF_PSK_SHA256);
    hf_config *s = with_psk(server(), "router-7", KEY, HF_PSK_SHA256);
    hf_config *forgets = with_psk(server(), "router-7", KEY, HF_PSK_SHA256);
    for (int known = 0; known < 2; known++) {
        struct pair *p = pair_connect(plain, s, TEST_HOST);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_resume(c, known ? s : forgets, TEST_HOST, session);
        hf_session_free(session);
        if (known) {
            pair_assert_complete(p);
            assert_true(hf_negotiated(p->server)->resumed);
            assert_int_equal(hf_negotiated(p->server)->psk, HF_PSK_NONE);
            assert_int_equal(hf_negotiated(p->client)->psk_identity.len, 0);
        } else {
            assert_by_psk(p, "router-7", false);
            assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_UNKNOWN);
            assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_FOREIGN);
        }
        pair_free(p);
    }
    hf_config_free(plain);
    hf_config_free(c);
    hf_config_free(s);
    hf_config_free(forgets);
}

/* RFC 8446 4.3.2: no certificate is asked for beside a key, so none may be required; unless a key will do. */
static void where_client_certificates_are_required(void **state)
{
    (void)state;
    for (int allowed = 0; allowed < 2; allowed++) {
        for (int has = 0; has < 2; has++) {
            hf_config *c = with_psk(client(), "router-7", KEY, HF_PSK_SHA256);
            hf_config *s = with_psk(server(), "router-7", KEY, HF_PSK_SHA256);
            test_trust(s, test_pki()->root);
            assert_int_equal(hf_config_client_auth(s, HF_CLIENT_AUTH_REQUIRE), HF_OK);
            assert_int_equal(hf_config_psk_for_client_auth(s, allowed), HF_OK);
            if (has) {
                test_add_identity(c, &test_pki()->client[TEST_P256]);
            }
            struct pair *p = meet(c, s, TEST_HOST);
            if (allowed) {
                assert_by_psk(p, "router-7", false);
            } else if (has) {
                assert_by_certificate(p, HF_PSK_UNKNOWN, HF_PSK_CLIENT_AUTH);
                assert_true(hf_negotiated(p->server)->peer_verified);
            } else {
                pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_REQUIRED, 116);
                assert_int_equal(hf_negotiated(p->server)->psk, HF_PSK_CLIENT_AUTH);
            }
            pair_free(p);
        }
    }
}

/* ---- not let in ---- */
/* RFC 8446 4.2.11.2: whoever does not have the key is refused, whatever else could be done. */
static void a_wrong_key(void **state)
{
    (void)state;
    for (int certificates = 0; certificates < 2; certificates++) {
        hf_config *c = certificates ? client() : bare_client(), *s = certificates ? server() : bare_server();
        struct pair *p = meet(with_psk(c, "router-7", OTHER_KEY, HF_PSK_SHA256),
                              with_psk(s, "router-7", KEY, HF_PSK_SHA256), TEST_HOST);
        pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
        assert_int_equal(hf_negotiated(p->server)->psk_identity.len, 0);
        pair_free(p);
    }
}

static void the_same_key_for_another_hash(void **state)
{
    (void)state;
    struct pair *p = meet(with_psk(bare_client(), "router-7", KEY, HF_PSK_SHA256),
                          with_psk(bare_server(), "router-7", KEY, HF_PSK_SHA384), NULL);
    pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
    pair_free(p);
}

/* RFC 8446 6.2: unknown_psk_identity, from a server that has nothing else. */
static void a_server_without_a_certificate(void **state)
{
    (void)state;
    struct pair *p = meet(with_psk(bare_client(), "router-7", KEY, HF_PSK_SHA256),
                          with_psk(bare_server(), "router-8", KEY, HF_PSK_SHA256), NULL);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_PSK_IDENTITY, 115);
    assert_non_null(strstr(hf_failed(p->server)->detail, "none of its identities is known"));
    pair_free(p);
    p = meet(client(), with_psk(bare_server(), "router-8", KEY, HF_PSK_SHA256), TEST_HOST);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_PSK_IDENTITY, 115);
    assert_non_null(strstr(hf_failed(p->server)->detail, "offers no pre_shared_key"));
    pair_free(p);
    hf_config *old = test_client_config();
    assert_int_equal(hf_config_versions(old, TLS12, TLS12), HF_OK);
    p = meet(old, with_psk(bare_server(), "router-8", KEY, HF_PSK_SHA256), TEST_HOST);
    pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_VERSION, 70);
    pair_free(p);
}

static void a_client_that_trusts_nobody(void **state)
{
    (void)state;
    struct pair *p = meet(with_psk(bare_client(), "router-7", KEY, HF_PSK_SHA256), server(), TEST_HOST);
    pair_assert_refused(p, HF_CLIENT, HF_PSK_NOT_TAKEN, 40);
    pair_free(p);
}

/* RFC 8446 4.2.11.2: the binders are made again behind HelloRetryRequest, over both. */
static void behind_hello_retry_request(void **state)
{
    (void)state;
    static const struct hello_spoiler spoilers[] = {{2, 0, 0, 0}, {2, 1, 0, 0}, {2, 32, 0, 0}, {2, 38, 0, 0}};
    for (size_t i = 0; i < sizeof spoilers / sizeof *spoilers; i++) {
        hf_config *c = with_psk(client(), "router-7", KEY, HF_PSK_SHA256);
        hf_config *s = with_psk(server(), "router-7", KEY, HF_PSK_SHA256);
        assert_int_equal(hf_config_groups(c, "x25519:secp384r1", NULL), HF_OK);
        assert_int_equal(hf_config_groups(s, "secp384r1", NULL), HF_OK);
        struct hello_spoiler spoiler = spoilers[i];
        struct pair *p = pair_take(c, s, TEST_HOST);
        if (spoiler.from_end) {
            p->hook = hello_spoil;
            p->hook_arg = &spoiler;
        }
        pair_run(p);
        assert_int_equal(hf_negotiated(p->client)->group, 24);
        if (!spoiler.from_end) {
            assert_by_psk(p, "router-7", false);
        } else {
            assert_int_equal(spoiler.seen, 2);
            pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
        }
        pair_free(p);
    }
}

/* ---- configs ---- */
static void assert_not_frozen(hf_config *c, hf_err err, const char *says)
{
    hf_problem why = {0};
    assert_int_equal(hf_config_freeze(c, &why), err);
    if (!strstr(why.sentence, says)) {
        fail_msg("'%s' does not say '%s'", why.sentence, says);
    }
    hf_config_free(c);
}

static void what_cannot_be(void **state)
{
    (void)state;
    hf_config *c = bare_client(), *s = bare_server();
    hf_bytes none = {NULL, 0}, empty = {key_bytes, 0}, much = {key_bytes, HF_PSK_MAX + 1};
    static const uint8_t long_bytes[HF_PSK_IDENTITY_MAX + 1] = {1};
    hf_bytes long_one = {long_bytes, sizeof long_bytes};
    assert_int_equal(hf_config_psk(NULL, text("a"), KEY, HF_PSK_SHA256), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_psk(c, none, KEY, HF_PSK_SHA256), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_psk(c, text("a"), none, HF_PSK_SHA256), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_psk(c, empty, KEY, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_psk(c, long_one, KEY, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_psk(c, text("a"), much, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_psk(c, text("a"), KEY, (hf_psk_hash)3), HF_BAD_ARGUMENT);
    hf_bytes weak = {key_bytes, 15}; /* RFC 9257 6 */
    assert_int_equal(hf_config_psk(c, text("a"), weak, HF_PSK_SHA256), HF_PSK_TOO_SHORT);
    assert_int_equal(hf_config_psk_import(c, text("a"), none, weak, HF_PSK_SHA256), HF_PSK_TOO_SHORT);
    long_one.len = HF_PSK_IDENTITY_MAX - 7;
    assert_int_equal(hf_config_psk_import(c, long_one, none, KEY, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_psk_for_client_auth(c, true), HF_BAD_ARGUMENT);
    assert_not_frozen(c, HF_CONFIG_INCOMPLETE, "trust anchors"); /* nothing of all this was kept */
    assert_not_frozen(s, HF_CONFIG_INCOMPLETE, "hf_config_psk");
}

static void what_does_not_freeze(void **state)
{
    (void)state;
    hf_config *c = with_psk(client(), "a", KEY, HF_PSK_SHA256);
    assert_int_equal(hf_config_versions(c, TLS12, TLS12), HF_OK);
    assert_not_frozen(c, HF_CONFIG_INCOMPLETE, "TLS 1.3");
    c = with_psk(client(), "a", KEY, HF_PSK_SHA384);
    assert_int_equal(hf_config_suites(c, AES128, NULL), HF_OK);
    assert_not_frozen(c, HF_CONFIG_INCOMPLETE, "SHA-384");
    for (int side = 0; side < 2; side++) {
        c = with_psk(side ? server() : client(), "twin", KEY, HF_PSK_SHA256);
        c = with_psk(with_psk(c, "b", KEY, HF_PSK_SHA256), "twin", OTHER_KEY, HF_PSK_SHA384);
        assert_not_frozen(c, HF_BAD_ARGUMENT, "twin");
    }
    c = client();
    char name[HF_PSK_IDENTITY_MAX + 1] = {0};
    memset(name, 'n', HF_PSK_IDENTITY_MAX);
    for (int i = 0; i < HF_PSKS_OFFERED; i++) {
        name[0] = (char)('a' + i);
        c = with_psk(c, name, KEY, HF_PSK_SHA256);
    }
    assert_int_equal(hf_config_psk(c, text("more"), KEY, HF_PSK_SHA256), HF_BAD_ARGUMENT);
    assert_not_frozen(c, HF_BAD_ARGUMENT, "ClientHello");
}

/* The most that is allowed fits, behind the largest of all else that a ClientHello of ours has. */
static void the_most_a_client_offers(void **state)
{
    (void)state;
    hf_config *c = client(), *s = server();
    char name[202] = {0};
    memset(name, 'n', 201);
    for (int i = 0; i < HF_PSKS_OFFERED; i++) {
        name[0] = (char)('a' + i);
        c = with_psk(c, name, KEY, i % 2 ? HF_PSK_SHA384 : HF_PSK_SHA256);
    }
    s = with_psk(s, name, KEY, HF_PSK_SHA384);
    assert_int_equal(hf_config_padding(c, 1024), HF_OK);
    assert_int_equal(hf_config_grease(c, true), HF_OK);
    static const uint8_t body[4092];
    assert_int_equal(hf_config_extension(c, 65300, HF_IN_CLIENT_HELLO, (hf_bytes){body, sizeof body}), HF_OK);
    hf_config *plain = client();
    struct pair *p = pair_connect(plain, s, TEST_HOST);
    hf_session *session = pair_session(p);
    pair_free(p);
    hf_config *other = with_psk(server(), name, KEY, HF_PSK_SHA384); /* knows no session */
    p = pair_resume(c, other, TEST_HOST, session);
    assert_by_psk(p, name, false);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(plain);
    hf_config_free(c);
    hf_config_free(s);
    hf_config_free(other);
}

static void words(void **state)
{
    (void)state;
    for (int i = HF_PSK_NONE; i <= HF_PSK_CLIENT_AUTH; i++) {
        assert_true(strlen(hf_psk_verdict_name((hf_psk_verdict)i)) > 3);
        assert_true(strlen(hf_psk_verdict_sentence((hf_psk_verdict)i)) > 20);
    }
    assert_string_equal(hf_psk_verdict_name((hf_psk_verdict)99), "unknown");
    assert_string_equal(hf_psk_verdict_sentence((hf_psk_verdict)99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_certificate_anywhere),
        cmocka_unit_test(without_a_key_exchange),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(any_bytes_are_an_identity),
        cmocka_unit_test(one_of_a_thousand),
        cmocka_unit_test(keys_of_two_hashes),
        cmocka_unit_test(the_first_that_is_known),
        cmocka_unit_test(an_unknown_identity_is_a_full_handshake),
        cmocka_unit_test(another_hash_is_a_full_handshake),
        cmocka_unit_test(an_older_server),
        cmocka_unit_test(beside_a_session),
        cmocka_unit_test(where_client_certificates_are_required),
        cmocka_unit_test(a_wrong_key),
        cmocka_unit_test(the_same_key_for_another_hash),
        cmocka_unit_test(a_server_without_a_certificate),
        cmocka_unit_test(a_client_that_trusts_nobody),
        cmocka_unit_test(behind_hello_retry_request),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(what_does_not_freeze),
        cmocka_unit_test(the_most_a_client_offers),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
