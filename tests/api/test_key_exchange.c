/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/*
 * Which key exchange is chosen for which certificate, and what each of them authenticates: RFC 5246 7.4.2,
 * 7.4.4, RFC 4492 2, 3. tests/api/test_suites.c has every suite. Checklist K1, K3, K5, S7.
 */
#define RSA_KX "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define DHE_RSA "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define ECDHE_RSA "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
#define ECDHE_ECDSA "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define ECDH_ECDSA "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"
#define ECDH_RSA "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256"
#define DH_ANON "TLS_DH_anon_WITH_AES_128_GCM_SHA256"
#define ECDH_ANON "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"
#define GROUPS "x25519:secp256r1:secp384r1:ffdhe2048"
#define ALL ECDHE_ECDSA ":" ECDHE_RSA ":" DHE_RSA ":" ECDH_ECDSA ":" ECDH_RSA ":" RSA_KX
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char agrees[] = "critical,keyAgreement", enciphers[] = "critical,keyEncipherment",
                  signs[] = "critical,digitalSignature",
                  signs_and_enciphers[] = "digitalSignature,keyEncipherment",
                  signs_and_agrees[] = "digitalSignature,keyAgreement";

static hf_config *listing(hf_config *c, const char *suites)
{
    hf_problem why;
    assert_int_equal(hf_config_suites(c, suites, &why), HF_OK);
    assert_int_equal(hf_config_groups(c, GROUPS, &why), HF_OK);
    test_trust(c, test_pki()->root);
    test_trust(c, test_pki()->rsa_root);
    return c;
}

static void add_odd(hf_config *c, const struct test_spec *spec)
{
    struct test_identity own = test_identity_make(spec);
    test_add_identity(c, &own);
    test_identity_free(&own);
}

static hf_config *server_with(const struct test_spec *spec, const char *suites)
{
    hf_config *c = listing(test_server_without_identity(), suites);
    if (spec) {
        add_odd(c, spec);
    }
    return c;
}

static hf_config *client_of(const char *suites)
{
    return listing(test_client_config(), suites);
}

static void assert_suite(struct pair *p, const char *suite)
{
    pair_assert_complete(p);
    assert_string_equal(hf_negotiated(p->client)->suite_name, suite);
    assert_string_equal(hf_negotiated(p->server)->suite_name, suite);
    pair_exchange(p, 100);
}

static void assert_incomplete(hf_config *c)
{
    hf_problem why = {HF_OK, ""};
    assert_int_equal(hf_config_freeze(c, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "can be served"));
    hf_config_free(c);
}

/* ---- what a certificate serves ---- */
static void each_certificate_serves_what_it_may(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        const char *suite; /* of ALL, in the server's order */
    } rows[] = {
        {{.key = TEST_RSA, .usage = signs}, ECDHE_RSA},
        {{.key = TEST_RSA, .usage = enciphers}, RSA_KX},
        {{.key = TEST_RSA, .usage = signs_and_enciphers}, ECDHE_RSA},
        {{.key = TEST_RSA, .usage = ""}, ECDHE_RSA},
        {{.key = TEST_RSA_PSS, .usage = ""}, ECDHE_RSA},
        {{.usage = signs}, ECDHE_ECDSA},
        {{.usage = agrees}, ECDH_ECDSA},
        {{.usage = agrees, .issuer = TEST_BY_RSA_ROOT}, ECDH_RSA},
        {{.usage = agrees, .key = TEST_P384}, ECDH_ECDSA},
        {{.usage = signs_and_agrees, .issuer = TEST_BY_RSA_ROOT}, ECDHE_ECDSA},
        {{.key = TEST_ED25519, .usage = signs}, ECDHE_ECDSA},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pair *p = pair_take(client_of(ALL), server_with(&rows[i].spec, ALL), TEST_HOST);
        pair_run(p);
        assert_suite(p, rows[i].suite);
        assert_true(hf_negotiated(p->client)->peer_verified);
        pair_free(p);
    }
}

/* And where the list leaves it nothing to serve, the config says so before any client comes. */
static void certificates_that_serve_nothing(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        const char *suites;
    } rows[] = {
        {{.key = TEST_RSA, .usage = signs}, RSA_KX},
        {{.key = TEST_RSA_PSS, .usage = ""}, RSA_KX}, /* RFC 4055 1.2: for signatures alone */
        {{.key = TEST_RSA, .usage = enciphers}, ECDHE_RSA ":" DHE_RSA},
        {{.usage = signs}, ECDH_ECDSA ":" ECDH_RSA},
        {{.usage = agrees}, ECDHE_ECDSA},
        {{.usage = agrees}, ECDH_RSA},
        {{.usage = agrees, .issuer = TEST_BY_RSA_ROOT}, ECDH_ECDSA},
        {{.key = TEST_ED25519, .usage = ""}, ECDH_ECDSA ":" ECDH_RSA ":" RSA_KX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_incomplete(server_with(&rows[i].spec, rows[i].suites));
    }
}

/* A key that lives elsewhere is asked for signatures, so it serves where signatures are wanted. */
static bool sign_for_it(void *arg, struct pair *p, hf_conn *asked)
{
    (void)p;
    hf_question q;
    uint8_t signature[1024];
    assert_int_equal(hf_asked(asked, &q), HF_ASK_SIGN);
    size_t len = test_sign(arg, q.scheme, q.to_sign, signature);
    assert_int_equal(hf_answer_signature(asked, (hf_bytes){signature, len}), HF_OK);
    return true;
}

static void external_keys_only_sign(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        const char *suites, *alone, *suite;
    } rows[] = {
        {{.key = TEST_RSA, .usage = signs_and_enciphers}, RSA_KX ":" DHE_RSA, RSA_KX, DHE_RSA},
        {{.usage = signs_and_agrees}, ECDH_ECDSA ":" ECDHE_ECDSA, ECDH_ECDSA, ECDHE_ECDSA},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct test_identity own = test_identity_make(&rows[i].spec);
        hf_config *server = server_with(NULL, rows[i].alone);
        assert_int_equal(hf_config_identity_external(server, own.chain, 7), HF_OK);
        assert_incomplete(server);
        server = server_with(NULL, rows[i].suites);
        assert_int_equal(hf_config_identity_external(server, own.chain, 7), HF_OK);
        struct pair *p = pair_take(client_of(rows[i].suites), server, TEST_HOST);
        p->ask = sign_for_it;
        p->ask_arg = &own;
        pair_run(p);
        assert_suite(p, rows[i].suite);
        pair_free(p);
        test_identity_free(&own);
    }
}

/* Several identities: the server's order of suites decides, and each suite finds its own. */
static void the_servers_order_decides(void **state)
{
    (void)state;
    static const char *const orders[] = {
        ECDH_ECDSA ":" RSA_KX ":" DHE_RSA ":" ECDHE_ECDSA ":" ECDH_RSA, RSA_KX ":" ECDH_RSA ":" ECDHE_ECDSA,
        DHE_RSA ":" ECDHE_ECDSA ":" RSA_KX, ECDH_RSA ":" RSA_KX ":" ECDHE_ECDSA,
        ECDHE_ECDSA ":" ECDH_ECDSA ":" RSA_KX};
    static const char *const first[] = {ECDH_ECDSA, RSA_KX, DHE_RSA, ECDH_RSA, ECDHE_ECDSA};
    for (size_t i = 0; i < COUNT(orders); i++) {
        hf_config *server = server_with(NULL, orders[i]);
        add_odd(server, &(struct test_spec){.usage = signs});
        add_odd(server, &(struct test_spec){.usage = agrees});
        add_odd(server, &(struct test_spec){.usage = agrees, .issuer = TEST_BY_RSA_ROOT});
        add_odd(server, &(struct test_spec){.key = TEST_RSA, .usage = signs_and_enciphers});
        struct pair *p = pair_take(client_of(ALL), server, TEST_HOST);
        pair_run(p);
        assert_suite(p, first[i]);
        pair_free(p);
    }
}

/* RFC 8422 5.3: the curve of a certificate is one the client lists. */
static void a_curve_the_client_lacks(void **state)
{
    (void)state;
    hf_config *client = client_of(ECDH_ECDSA ":" RSA_KX);
    assert_int_equal(hf_config_groups(client, "secp256r1", NULL), HF_OK);
    struct test_spec p384 = {.usage = agrees, .key = TEST_P384};
    struct pair *p = pair_take(client, server_with(&p384, ECDH_ECDSA), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_NO_SERVER_IDENTITY, 40);
    pair_free(p);
}

/* ---- signature schemes ---- */
static void dhe_signs_with_what_the_client_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *accepts, *signs;
        uint16_t scheme; /* 0: none */
    } rows[] = {
        {"rsa_pss_rsae_sha384", NULL, 0x0805},
        {"rsa_pkcs1_sha256", NULL, 0x0401},
        {"rsa_pkcs1_sha512:rsa_pss_rsae_sha256", "rsa_pkcs1_sha512:rsa_pss_rsae_sha256", 0x0601},
        {"rsa_pkcs1_sha512:rsa_pss_rsae_sha256", "rsa_pss_rsae_sha256:rsa_pkcs1_sha512", 0x0804},
        {"rsa_pkcs1_sha1", "rsa_pkcs1_sha1:rsa_pkcs1_sha256", 0x0201}, /* by both lists, and not otherwise */
        {"rsa_pkcs1_sha1", NULL, 0},
        {"ecdsa_secp256r1_sha256:ed25519", NULL, 0},
        {"rsa_pss_pss_sha256", NULL, 0}, /* of another kind of key */
    };
    static const char *const suites[] = {DHE_RSA, ECDHE_RSA};
    for (size_t i = 0; i < COUNT(rows) * COUNT(suites); i++) {
        const char *suite = suites[i % COUNT(suites)];
        hf_config *client = client_of(suite);
        hf_config *server = server_with(&(struct test_spec){.key = TEST_RSA}, suite);
        assert_int_equal(hf_config_insecure_no_verification(client),
                         HF_OK); /* the chain's are not the matter */
        assert_int_equal(hf_config_schemes_to_accept(client, rows[i / 2].accepts, NULL), HF_OK);
        if (rows[i / 2].signs) {
            assert_int_equal(hf_config_schemes_to_sign(server, rows[i / 2].signs, NULL), HF_OK);
        }
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        if (rows[i / 2].scheme) {
            assert_suite(p, suite);
            assert_int_equal(hf_negotiated(p->client)->server_scheme, rows[i / 2].scheme);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_SCHEME, 40);
        }
        pair_free(p);
    }
}

/* Key exchanges without a signature ask for no scheme. */
static void no_scheme_where_nothing_is_signed(void **state)
{
    (void)state;
    static const struct {
        struct test_spec spec;
        const char *suite;
    } rows[] = {{{.key = TEST_RSA, .usage = enciphers}, RSA_KX}, {{.usage = agrees}, ECDH_ECDSA}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        hf_config *client = client_of(rows[i].suite);
        assert_int_equal(hf_config_insecure_no_verification(client), HF_OK);
        assert_int_equal(hf_config_schemes_to_accept(client, "rsa_pss_pss_sha512", NULL), HF_OK);
        struct pair *p = pair_take(client, server_with(&rows[i].spec, rows[i].suite), TEST_HOST);
        pair_run(p);
        assert_suite(p, rows[i].suite);
        assert_int_equal(hf_negotiated(p->client)->server_scheme, 0);
        assert_null(strstr(p->steps[HF_CLIENT], "ServerKeyExchange")); /* S4 */
        pair_free(p);
    }
}

/* ---- client certificates: RFC 4492 3.2, 3.3, RFC 5246 7.4.6 ---- */
struct client_row {
    const char *suite;
    struct test_spec server, client;
    bool used, proven; /* by CertificateVerify: S7 */
};
#define ALICE .cn = "alice", .names = "", .extended = "clientAuth"
#define BY_ECDSA                \
    {                           \
        .usage = "keyAgreement" \
    }
static const struct client_row client_rows[] = {
    /* ecdsa_fixed_ecdh, rsa_fixed_ecdh: no CertificateVerify */
    {ECDH_ECDSA, BY_ECDSA, {.usage = agrees, ALICE}, true, false},
    {ECDH_ECDSA, BY_ECDSA, {.usage = agrees, .issuer = TEST_BY_RSA_ROOT, ALICE}, true, false},
    {ECDH_RSA, {.usage = agrees, .issuer = TEST_BY_RSA_ROOT}, {.usage = agrees, ALICE}, true, false},
    {ECDH_ECDSA,
     {.usage = agrees, .key = TEST_P384},
     {.usage = agrees, .key = TEST_P384, ALICE},
     true,
     false},
    /* another curve than the server's; another key exchange: of no use */
    {ECDH_ECDSA, BY_ECDSA, {.usage = agrees, .key = TEST_P384, ALICE}, false, false},
    {ECDH_ECDSA, {.usage = agrees, .key = TEST_P384}, {.usage = agrees, ALICE}, false, false},
    {ECDHE_ECDSA, {.usage = signs}, {.usage = agrees, ALICE}, false, false},
    {RSA_KX, {.key = TEST_RSA, .usage = enciphers}, {.usage = agrees, ALICE}, false, false},
    {RSA_KX,
     {.key = TEST_RSA, .usage = enciphers},
     {.key = TEST_RSA, .usage = enciphers, ALICE},
     false,
     false},
    /* what may sign does */
    {ECDH_ECDSA, BY_ECDSA, {.usage = signs_and_agrees, ALICE}, true, true},
    {ECDH_ECDSA, BY_ECDSA, {.usage = "", ALICE}, true, true},
    {ECDH_ECDSA, BY_ECDSA, {.key = TEST_RSA, ALICE}, true, true},
    {ECDH_ECDSA, BY_ECDSA, {.key = TEST_ED25519, ALICE}, true, true},
    {RSA_KX, {.key = TEST_RSA, .usage = enciphers}, {.key = TEST_P384, ALICE}, true, true},
    {RSA_KX, {.key = TEST_RSA, .usage = enciphers}, {.key = TEST_RSA_PSS, ALICE}, true, true},
    {DHE_RSA, {.key = TEST_RSA}, {.key = TEST_P256, ALICE}, true, true},
};

static void assert_client_seen(const struct pair *p, const struct client_row *row)
{
    const hf_summary *server = hf_negotiated(p->server), *client = hf_negotiated(p->client);
    assert_true(client->client_auth_requested);
    assert_int_equal(server->peer_verified, row->used);
    assert_int_equal(client->identity, row->used ? 0 : HF_NO_IDENTITY);
    if (row->used) {
        assert_string_equal(server->peer_subject, "CN=alice");
    } else {
        assert_null(server->peer_subject);
    }
    if (!server->resumed) {
        assert_int_equal(strstr(p->steps[HF_SERVER], "CertificateVerify") != NULL, row->proven);
        assert_int_equal(server->client_scheme != 0, row->proven);
        assert_int_equal(client->client_scheme, server->client_scheme);
    }
}

static hf_config *asking(const struct client_row *row, hf_client_auth mode)
{
    hf_config *c = server_with(&row->server, row->suite);
    assert_int_equal(hf_config_client_auth(c, mode), HF_OK);
    return c;
}

static void client_certificates_of_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(client_rows); i++) {
        const struct client_row *row = &client_rows[i];
        hf_config *client = client_of(row->suite), *server = asking(row, HF_CLIENT_AUTH_REQUEST);
        add_odd(client, &row->client);
        struct pair *p = pair_connect(client, server, TEST_HOST);
        assert_suite(p, row->suite);
        assert_client_seen(p, row);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_resume(client, server, TEST_HOST, session);
        assert_suite(p, row->suite);
        assert_true(hf_negotiated(p->server)->resumed);
        assert_int_equal(hf_negotiated(p->server)->peer_verified, row->used);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(server);
        server = asking(row, HF_CLIENT_AUTH_REQUIRE);
        p = pair_connect(client, server, TEST_HOST);
        if (row->used) {
            assert_suite(p, row->suite);
        } else {
            pair_assert_refused(p, HF_SERVER, HF_CLIENT_CERTIFICATE_MISSING, 40);
        }
        pair_free(p);
        hf_config_free(server);
        hf_config_free(client);
    }
}

/* A fixed certificate is judged as any other: after Finished, which proves the key. */
static void a_fixed_certificate_nobody_vouches_for(void **state)
{
    (void)state;
    struct client_row row = client_rows[0];
    hf_config *server = asking(&row, HF_CLIENT_AUTH_REQUIRE), *client = client_of(row.suite);
    assert_int_equal(hf_config_send_ca_names(server, false), HF_OK);
    row.client.issuer = TEST_BY_OTHER_ROOT;
    add_odd(client, &row.client);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_CA, 48);
    pair_free(p);
    /* and a key that lives elsewhere cannot agree: it is not shown */
    struct test_identity own = test_identity_make(&client_rows[0].client);
    client = client_of(row.suite);
    assert_int_equal(hf_config_identity_external(client, own.chain, 7), HF_OK);
    p = pair_take(client, asking(&client_rows[0], HF_CLIENT_AUTH_REQUIRE), TEST_HOST);
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, HF_CLIENT_CERTIFICATE_MISSING, 40);
    pair_free(p);
    test_identity_free(&own);
}

/* ---- anonymous: RFC 5246 7.4.4, F.1.1.1 ---- */
static void assert_nobody(const struct pair *p)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *s = hf_negotiated(pair_conn(p, side));
        assert_false(s->peer_verified || s->client_auth_requested);
        assert_null(s->peer_subject);
        assert_int_equal(s->peer_chain.len, 0);
        assert_int_equal(s->server_scheme, 0);
        assert_int_equal(s->identity, HF_NO_IDENTITY);
        assert_null(strstr(p->steps[side], "Certificate"));
    }
}

static void anonymous_servers_ask_for_nothing(void **state)
{
    (void)state;
    static const char *const suites[] = {DH_ANON, ECDH_ANON};
    for (size_t i = 0; i < COUNT(suites); i++) {
        hf_config *server = server_with(NULL, suites[i]), *client = client_of(suites[i]);
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUEST), HF_OK);
        test_add_identity(client, &test_pki()->client[TEST_P256]);
        struct pair *p = pair_connect(client, server, TEST_HOST);
        assert_suite(p, suites[i]);
        assert_nobody(p);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_resume(client, server, TEST_HOST, session);
        assert_suite(p, suites[i]);
        assert_true(hf_negotiated(p->server)->resumed);
        assert_nobody(p);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(client);
        hf_config_free(server);
    }
}

static void who_requires_a_certificate_is_never_anonymous(void **state)
{
    (void)state;
    struct test_spec own = {.usage = signs};
    hf_config *server = server_with(&own, DH_ANON ":" ECDH_ANON ":" ECDHE_ECDSA);
    hf_config *client = client_of(DH_ANON ":" ECDH_ANON ":" ECDHE_ECDSA);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_suite(p, ECDHE_ECDSA);
    assert_true(hf_negotiated(p->server)->peer_verified && hf_negotiated(p->client)->peer_verified);
    pair_free(p);
    hf_config *only = client_of(DH_ANON);
    p = pair_connect(only, server, TEST_HOST);
    assert_non_null(hf_failed(p->server));
    assert_int_equal(hf_failed(p->server)->alert, 40);
    assert_false(hf_negotiated(p->client)->complete || hf_negotiated(p->server)->complete);
    pair_free(p);
    hf_config_free(only);
    hf_config_free(client);
    hf_config_free(server);
}

static bool answer_first(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)pair;
    return hf_asked(asked, NULL) == HF_ASK_PICK_IDENTITY &&
           hf_answer_identity(asked, *(size_t *)arg) == HF_OK;
}

/* An application that picked a certificate is not answered with none. */
static void a_picked_certificate_is_shown(void **state)
{
    (void)state;
    static size_t picks[] = {0, HF_ANY_IDENTITY};
    for (size_t i = 0; i < COUNT(picks); i++) {
        struct test_spec own = {.usage = signs};
        hf_config *server = server_with(&own, ECDH_ANON ":" ECDHE_ECDSA);
        assert_int_equal(hf_config_ask(server, HF_ASK_PICK_IDENTITY), HF_OK);
        struct pair *p = pair_take(client_of(ECDH_ANON ":" ECDHE_ECDSA), server, TEST_HOST);
        p->ask = answer_first;
        p->ask_arg = &picks[i];
        pair_run(p);
        assert_suite(p, picks[i] == 0 ? ECDHE_ECDSA : ECDH_ANON);
        pair_free(p);
    }
}

/* A session of an anonymous handshake does not become another's credential. */
static void an_anonymous_session_authenticates_nobody(void **state)
{
    (void)state;
    struct test_spec own = {.usage = signs};
    hf_config *server = server_with(&own, ECDH_ANON ":" ECDHE_ECDSA),
              *client = client_of(ECDH_ANON ":" ECDHE_ECDSA);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    assert_suite(p, ECDH_ANON);
    hf_session *session = pair_session(p);
    pair_free(p);
    hf_config *strict = client_of(ECDHE_ECDSA);
    p = pair_resume(strict, server, TEST_HOST, session);
    assert_suite(p, ECDHE_ECDSA);
    assert_false(hf_negotiated(p->client)->resumed);
    assert_true(hf_negotiated(p->client)->peer_verified);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(strict);
    hf_config_free(client);
    hf_config_free(server);
}

/* Trust is needed where anybody might be verified. */
static void trust_where_somebody_is_verified(void **state)
{
    (void)state;
    static const struct {
        const char *suites;
        hf_err row;
    } rows[] = {{DH_ANON ":" ECDH_ANON, HF_OK}, {DH_ANON ":" ECDHE_ECDSA, HF_CONFIG_INCOMPLETE}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        hf_config *client = hf_config_client();
        hf_problem why;
        assert_int_equal(hf_config_suites(client, rows[i].suites, &why), HF_OK);
        assert_int_equal(hf_config_groups(client, GROUPS, &why), HF_OK);
        assert_int_equal(hf_config_freeze(client, &why), rows[i].row);
        hf_config_free(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_certificate_serves_what_it_may),
        cmocka_unit_test(certificates_that_serve_nothing),
        cmocka_unit_test(external_keys_only_sign),
        cmocka_unit_test(the_servers_order_decides),
        cmocka_unit_test(a_curve_the_client_lacks),
        cmocka_unit_test(dhe_signs_with_what_the_client_accepts),
        cmocka_unit_test(no_scheme_where_nothing_is_signed),
        cmocka_unit_test(client_certificates_of_every_kind),
        cmocka_unit_test(a_fixed_certificate_nobody_vouches_for),
        cmocka_unit_test(anonymous_servers_ask_for_nothing),
        cmocka_unit_test(who_requires_a_certificate_is_never_anonymous),
        cmocka_unit_test(a_picked_certificate_is_shown),
        cmocka_unit_test(an_anonymous_session_authenticates_nobody),
        cmocka_unit_test(trust_where_somebody_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
