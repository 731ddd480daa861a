/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/*
 * client_certificate_url and CertificateURL, RFC 6066 5: a client says where its certificates are, the
 * server's application fetches them, and what it brings is believed by its hash alone.
 */
#define LEAF "http://pki.test/alice.cer"
#define ISSUER "https://pki.test:8443/ca.cer?v=1"
#define PATH "http://pki.test/alice.pkipath"

struct der {
    uint8_t bytes[4096];
    size_t len;
};

static struct der der_of(hf_bytes pem, int index)
{
    struct der der = {.len = 0};
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *x509 = NULL;
    for (int i = 0; i <= index; i++) {
        X509_free(x509);
        x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    }
    uint8_t *at = der.bytes;
    der.len = (size_t)i2d_X509(x509, &at);
    X509_free(x509);
    BIO_free(bio);
    return der;
}

/* What is published, and what was asked for. */
struct web {
    struct der leaf, issuer, path;
    unsigned asked;
    bool silent;         /* leaves questions open */
    size_t limit;        /* of the last question */
    const char *missing; /* the URL that answers nothing */
};

static struct web web_of(const hf_config *client)
{
    hf_bytes chain = test_pki()->client[TEST_P256].chain;
    struct web web = {.leaf = der_of(chain, 0), .issuer = der_of(chain, 1)};
    web.path.len = sizeof web.path.bytes;
    assert_int_equal(hf_config_identity_pkipath(client, 0, web.path.bytes, &web.path.len), HF_OK);
    return web;
}

static bool is(hf_bytes url, const char *wanted)
{
    return wanted && url.len == strlen(wanted) && memcmp(url.data, wanted, url.len) == 0;
}

static bool fetch(void *arg, struct pair *pair, hf_conn *asked)
{
    struct web *web = arg;
    hf_question q;
    (void)pair;
    if (web->silent) {
        return false;
    }
    assert_int_equal(hf_asked(asked, &q), HF_ASK_FETCH_URL);
    web->asked++;
    web->limit = q.limit;
    const struct der *der = is(q.url, LEAF) ? &web->leaf : is(q.url, ISSUER) ? &web->issuer : &web->path;
    assert_int_equal(q.is_pkipath, der == &web->path);
    bool missing = is(q.url, web->missing);
    assert_int_equal(hf_answer_fetched(asked, (hf_bytes){der->bytes, missing ? 0 : der->len}), HF_OK);
    return true;
}

static hf_config *client_with(bool pkipath)
{
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    if (pkipath) {
        assert_int_equal(hf_config_identity_url(client, 0, true, PATH), HF_OK);
    } else {
        assert_int_equal(hf_config_identity_url(client, 0, false, LEAF), HF_OK);
        assert_int_equal(hf_config_identity_url(client, 0, false, ISSUER), HF_OK);
    }
    return client;
}

static hf_config *server_that_fetches(hf_client_auth auth)
{
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, auth), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_FETCH_URL), HF_OK);
    return server;
}

static struct pair *start(struct web *web, hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->ask = fetch;
    p->ask_arg = web;
    return p;
}

/* individual_certs: each in turn, the client's first */
static void individual_certificates(void **state)
{
    (void)state;
    hf_config *client = client_with(false);
    struct web web = web_of(client);
    struct pair *p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(web.asked, 2);
    assert_int_equal(web.limit, 100 * 1024 - 3 - web.leaf.len);
    assert_true(hf_negotiated(p->server)->peer_verified);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    assert_int_equal(hf_negotiated(p->server)->peer_chain.len, 3 + web.leaf.len + 3 + web.issuer.len);
    assert_non_null(strstr(p->steps[HF_SERVER], "CertificateURL fetch_certificate"));
    assert_non_null(strstr(p->steps[HF_CLIENT], "CertificateURL"));
    assert_null(strstr(strstr(p->steps[HF_CLIENT], "CertificateURL"), "Certificate "));
    pair_exchange(p, 1000);
    pair_free(p);
}

/* pkipath: one URL, RFC 6066 10.1 */
static void a_pkipath(void **state)
{
    (void)state;
    hf_config *client = client_with(true);
    struct web web = web_of(client);
    struct pair *p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(web.asked, 1);
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
    /* the issuer comes first in it */
    size_t at = web.path.len - web.leaf.len;
    assert_memory_equal(web.path.bytes + at, web.leaf.bytes, web.leaf.len);
    assert_memory_equal(web.path.bytes + at - web.issuer.len, web.issuer.bytes, web.issuer.len);
}

/* Off by default on both sides: the client then sends its certificates. */
static void without_one_side_certificates_are_sent(void **state)
{
    (void)state;
    hf_config *client = client_with(false), *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(strstr(p->steps[HF_SERVER], "CertificateURL"));
    assert_true(hf_negotiated(p->server)->peer_verified);
    pair_free(p);
    client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    p = pair_take(client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(strstr(p->steps[HF_SERVER], "CertificateURL"));
    pair_free(p);
}

/* Where nobody asks for a certificate there is nothing to agree on. */
static void a_server_that_asks_for_no_certificate(void **state)
{
    (void)state;
    hf_config *server = test_server_config();
    assert_int_equal(hf_config_ask(server, HF_ASK_FETCH_URL), HF_OK);
    struct pair *p = pair_take(client_with(false), server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_null(hf_negotiated(p->server)->peer_subject);
    pair_free(p);
}

/* RFC 6066 5: "This alert is always fatal", whether the certificate was needed or not. */
static void another_hash(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        for (hf_client_auth auth = HF_CLIENT_AUTH_REQUEST; auth <= HF_CLIENT_AUTH_REQUIRE; auth++) {
            hf_config *client = client_with(kind);
            struct web web = web_of(client);
            web.path.bytes[web.path.len - 1] ^= 1;
            web.issuer.bytes[100] ^= 1;
            struct pair *p = start(&web, client, server_that_fetches(auth));
            pair_run(p);
            pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_HASH_MISMATCH, 114);
            assert_non_null(strstr(hf_failed(p->server)->detail, kind ? PATH : ISSUER));
            pair_free(p);
        }
    }
}

/* RFC 6066 5: fatal where the certificate is required … */
static void what_cannot_be_fetched_and_is_required(void **state)
{
    (void)state;
    hf_config *client = client_with(false);
    struct web web = web_of(client);
    web.missing = ISSUER;
    struct pair *p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_UNOBTAINABLE, 111);
    assert_int_equal(web.asked, 2);
    pair_free(p);
}

/* … else a warning, and the handshake goes on with a client that nobody knows; its signature proves nothing.
 */
static void what_cannot_be_fetched_and_is_not_required(void **state)
{
    (void)state;
    static const char *const missing[] = {LEAF, ISSUER};
    for (int i = 0; i < 2; i++) {
        hf_config *client = client_with(false);
        struct web web = web_of(client);
        web.missing = missing[i];
        struct pair *p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUEST));
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_conn_stats(p->client).warnings_received, 1);
        assert_int_equal(p->last_alert[HF_CLIENT], 111);
        assert_int_equal(p->kinds[HF_SERVER][HF_EVENT_ALERT], 1);
        const hf_summary *s = hf_negotiated(p->server);
        assert_true(s->client_auth_requested && !s->peer_verified && !s->peer_subject);
        assert_int_equal(s->peer_chain.len + s->client_scheme, 0);
        pair_exchange(p, 100);
        pair_free(p);
    }
}

/* The limit of a Certificate message holds for what is fetched too: no more than the question says is taken.
 */
static void more_than_certificates_may_be(void **state)
{
    (void)state;
    hf_config *client = client_with(false), *server = server_that_fetches(HF_CLIENT_AUTH_REQUIRE);
    struct web web = web_of(client);
    assert_int_equal(hf_config_limits(server, web.leaf.len + 3 + web.issuer.len + 2, 0), HF_OK);
    struct pair *p = start(&web, client, server);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CERTIFICATE_UNOBTAINABLE, 111);
    assert_non_null(strstr(hf_failed(p->server)->detail, "longer than"));
    pair_free(p);
}

/* What is fetched is judged as what is sent. */
static void a_chain_that_is_not_trusted(void **state)
{
    (void)state;
    hf_config *client = client_with(false), *server = test_server_config();
    test_trust(server, test_pki()->other_root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_FETCH_URL), HF_OK);
    struct web web = web_of(client);
    struct pair *p = start(&web, client, server);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
    pair_free(p);
}

/* The handshake waits for the fetch and for nothing else; wrong answers do not move it. */
static void a_fetch_that_takes_its_time(void **state)
{
    (void)state;
    hf_config *client = client_with(true);
    struct web web = web_of(client);
    web.silent = true;
    struct pair *p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    p->chunk = 1;
    pair_run(p);
    assert_true(hf_wants(p->server) & HF_ANSWER);
    assert_int_equal(hf_answer_verdict(p->server, HF_OK), HF_NOT_ASKED);
    assert_int_equal(hf_answer_fetched(p->server, (hf_bytes){NULL, 1}), HF_NULL_ARGUMENT);
    assert_int_equal(hf_answer_fetched(p->client, (hf_bytes){NULL, 0}), HF_NOT_ASKED);
    assert_int_equal(hf_answer_fetched(NULL, (hf_bytes){NULL, 0}), HF_NOT_ASKED);
    assert_true(hf_wants(p->server) & HF_ANSWER);
    web.silent = false;
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_answer_fetched(p->server, (hf_bytes){NULL, 0}), HF_NOT_ASKED);
    pair_free(p);
    /* given up in between: nothing is left behind */
    client = client_with(true);
    web.silent = true;
    p = start(&web, client, server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    pair_run(p);
    pair_free(p);
}

static void resumption_needs_no_fetch(void **state)
{
    (void)state;
    hf_config *client = test_freeze(client_with(false));
    hf_config *server = test_freeze(server_that_fetches(HF_CLIENT_AUTH_REQUIRE));
    struct web web = web_of(client);
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = fetch;
    p->ask_arg = &web;
    pair_run(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    p = pair_resume(client, server, TEST_HOST, session);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->resumed && hf_negotiated(p->server)->peer_verified);
    assert_string_equal(hf_negotiated(p->server)->peer_subject, "CN=alice");
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- settings ---- */
static void urls_that_cannot_be(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "alice.cer",
                                      "/alice.cer",
                                      "//pki.test/a",
                                      "http:",
                                      "http:/a",
                                      "http://",
                                      "http:///a",
                                      "http://:80/a",
                                      "http://pki.test:x/",
                                      "http://pki.test:123456/",
                                      "http://user@pki.test/",
                                      "http://user:secret@pki.test/",
                                      "http://pki.test/a b",
                                      "http://pki.test/a#b",
                                      "http://pki.test/\xc3\xa9",
                                      "http://pki.test/\n",
                                      "http://[::1/a",
                                      "ftp://pki.test/a",
                                      "file:///etc/passwd",
                                      "ldap://pki.test/a"};
    hf_config *client = test_client_config(), *server = test_server_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hf_config_identity_url(client, 0, false, bad[i]), HF_BAD_ARGUMENT);
    }
    char url[1026] = "http://pki.test/";
    memset(url + 16, 'a', 1025 - 16);
    assert_int_equal(hf_config_identity_url(client, 0, false, url), HF_BAD_ARGUMENT);
    url[1024] = 0;
    assert_int_equal(hf_config_identity_url(client, 0, false, url), HF_OK);
    assert_int_equal(hf_config_identity_url(client, 0, false, "HTTP://[::1]:80"), HF_OK);
    assert_int_equal(hf_config_identity_url(client, 0, true, PATH), HF_BAD_ARGUMENT); /* both kinds */
    assert_int_equal(hf_config_identity_url(client, 1, false, LEAF), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_identity_url(server, 0, false, LEAF), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_identity_url(NULL, 0, false, LEAF), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_identity_url(client, 0, false, NULL), HF_NULL_ARGUMENT);
    test_freeze(client);
    assert_int_equal(hf_config_identity_url(client, 0, false, LEAF), HF_CONFIG_FROZEN);
    hf_config_free(client);
    hf_config_free(server);
}

static void each_certificate_needs_a_url(void **state)
{
    (void)state;
    hf_problem why;
    hf_config *client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_identity_url(client, 0, false, LEAF), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "2 certificates in its chain and 1 URLs"));
    assert_int_equal(hf_config_identity_url(client, 0, false, ISSUER), HF_OK);
    assert_int_equal(hf_config_identity_url(client, 0, false, ISSUER), HF_OK);
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    hf_config_free(client);
    client = test_client_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    assert_int_equal(hf_config_identity_url(client, 0, true, PATH), HF_OK);
    assert_int_equal(hf_config_identity_url(client, 0, true, PATH), HF_BAD_ARGUMENT); /* a single URL */
    size_t len = 1;
    uint8_t byte;
    assert_int_equal(hf_config_identity_pkipath(client, 0, &byte, &len), HF_BAD_ARGUMENT);
    assert_true(len > 500);
    assert_int_equal(hf_config_identity_pkipath(client, 0, NULL, &len), HF_OK);
    assert_int_equal(hf_config_identity_pkipath(client, 1, NULL, &len), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_identity_pkipath(NULL, 0, NULL, &len), HF_NULL_ARGUMENT);
    hf_config_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(individual_certificates),
        cmocka_unit_test(a_pkipath),
        cmocka_unit_test(without_one_side_certificates_are_sent),
        cmocka_unit_test(a_server_that_asks_for_no_certificate),
        cmocka_unit_test(another_hash),
        cmocka_unit_test(what_cannot_be_fetched_and_is_required),
        cmocka_unit_test(what_cannot_be_fetched_and_is_not_required),
        cmocka_unit_test(more_than_certificates_may_be),
        cmocka_unit_test(a_chain_that_is_not_trusted),
        cmocka_unit_test(a_fetch_that_takes_its_time),
        cmocka_unit_test(resumption_needs_no_fetch),
        cmocka_unit_test(urls_that_cannot_be),
        cmocka_unit_test(each_certificate_needs_a_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
