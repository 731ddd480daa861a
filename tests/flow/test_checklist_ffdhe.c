/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/* Checklist K2, K3: RFC 7919's negotiation, with clients that list what our own would not. */
enum { SUPPORTED_GROUPS = 10, EC_POINT_FORMATS = 11 };

#define DHE_GCM "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define ECDHE_GCM "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
#define RSA_GCM "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define DH_ANON "TLS_DH_anon_WITH_AES_128_GCM_SHA256"
#define ECDH_ANON "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"
#define ALL_FFDHE "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192"
#define COUNT(a) (sizeof(a) / sizeof *(a))

static void list_these(hf_config *c, const char *suites, const char *groups)
{
    hf_problem why;
    assert_int_equal(hf_config_suites(c, suites, &why), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, &why), HF_OK);
}

static hf_config *client_of(const char *suites)
{
    hf_config *c = test_client_config();
    list_these(c, suites, "x25519:secp256r1:" ALL_FFDHE);
    return c;
}

/* Large keys take a second to make: once for the program. */
static struct test_identity made[5];
static const struct test_identity *identity_of(unsigned rsa_bits)
{
    struct test_identity *own = &made[rsa_bits / 1024];
    if (!own->chain.data) {
        *own = test_identity_make(&(struct test_spec){
            .key = TEST_RSA,
            .usage = "critical,digitalSignature,keyEncipherment",
            .rsa_bits = rsa_bits == 2048 ? 0 : rsa_bits,
        });
    }
    return own;
}

static int free_identities(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        test_identity_free(&made[i]);
    }
    return 0;
}

/* An RSA key that may sign and decrypt, unless there are only anonymous suites. */
static hf_config *server_of(const char *suites, const char *groups, unsigned rsa_bits)
{
    hf_config *c = test_server_without_identity();
    list_these(c, suites, groups);
    if (rsa_bits) {
        test_add_identity(c, identity_of(rsa_bits));
    }
    return c;
}

/* What supported_groups says instead; NULL: the extension is left out. */
struct groups {
    const uint16_t *code;
    size_t count;
};

static void say_groups(struct hello *h, void *arg)
{
    const struct groups *groups = arg;
    uint8_t body[64] = {0, (uint8_t)(2 * groups->count)};
    for (size_t i = 0; i < groups->count; i++) {
        body[2 + 2 * i] = (uint8_t)(groups->code[i] >> 8);
        body[3 + 2 * i] = (uint8_t)groups->code[i];
    }
    hello_drop(h, SUPPORTED_GROUPS);
    if (groups->code) {
        hello_add(h, SUPPORTED_GROUPS, body, 2 + 2 * groups->count);
    }
}

/* ---- which suite and which group ---- */
#define X25519 29
#define UNKNOWN_CURVE 0x1234
struct choice {
    const char *client, *server, *server_groups;
    unsigned rsa_bits;
    uint16_t groups[6]; /* that the client lists; 0 ends them */
    bool no_extension;
    const char *suite; /* chosen; NULL: refused */
    uint16_t group;
    hf_err row;
};
#define BOTH DHE_GCM ":" ECDHE_GCM
static const struct choice choices[] = {
    /* only what was listed, in the server's order */
    {BOTH, BOTH, "x25519:ffdhe3072:ffdhe2048", 2048, {256, X25519}, false, DHE_GCM, 256, 0},
    {BOTH, BOTH, "x25519:ffdhe3072:ffdhe2048", 2048, {256, 257, X25519}, false, DHE_GCM, 257, 0},
    {BOTH, BOTH, "x25519:ffdhe2048:ffdhe3072", 2048, {X25519, 257, 256}, false, DHE_GCM, 256, 0},
    /* a known one that the server does not have, or an unknown one of 256 to 511: no DHE */
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {260, X25519}, false, ECDHE_GCM, X25519, 0},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {0x01ff, X25519}, false, ECDHE_GCM, X25519, 0},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {261, X25519}, false, ECDHE_GCM, X25519, 0},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {508, X25519}, false, ECDHE_GCM, X25519, 0}, /* private use */
    {DHE_GCM ":" RSA_GCM, DHE_GCM ":" RSA_GCM, "ffdhe2048", 2048, {0x01ff}, false, RSA_GCM, 0, 0},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {0x01ff, 256, X25519}, false, DHE_GCM, 256, 0},
    /* none of 256 to 511: the client does not know RFC 7919, and gets the server's own */
    {BOTH, BOTH, "x25519:ffdhe3072", 2048, {X25519}, false, DHE_GCM, 257, 0},
    {BOTH, BOTH, "x25519:ffdhe3072", 2048, {0x0200, 0x00ff, X25519}, false, DHE_GCM, 257, 0},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {0}, true, DHE_GCM, 256, 0},
    {DHE_GCM, BOTH, "x25519:ffdhe2048", 2048, {UNKNOWN_CURVE}, false, DHE_GCM, 256, 0},
    /* nothing else is left: insufficient_security */
    {DHE_GCM, BOTH, "x25519:ffdhe2048", 2048, {0x01ff, X25519}, false, NULL, 0, HF_NO_COMMON_FFDHE_GROUP},
    {DHE_GCM, BOTH, "x25519:ffdhe2048", 2048, {260}, false, NULL, 0, HF_NO_COMMON_FFDHE_GROUP},
    {BOTH, BOTH, "x25519:ffdhe2048", 2048, {0x01ff}, false, NULL, 0, HF_NO_COMMON_FFDHE_GROUP},
    {BOTH, ECDHE_GCM, "x25519", 2048, {0x01ff}, false, NULL, 0, HF_NO_COMMON_GROUP}, /* DHE is not spoken */
    {ECDHE_GCM, BOTH, "x25519:ffdhe2048", 2048, {256}, false, NULL, 0, HF_NO_COMMON_GROUP},
    /* anonymous ones alike */
    {DH_ANON, DH_ANON, "ffdhe3072:ffdhe2048", 0, {256}, false, DH_ANON, 256, 0},
    {DH_ANON, DH_ANON, "ffdhe3072:ffdhe2048", 0, {X25519}, false, DH_ANON, 257, 0},
    {DH_ANON ":" ECDH_ANON,
     DH_ANON ":" ECDH_ANON,
     "x25519:ffdhe2048",
     0,
     {0x01ff, X25519},
     false,
     ECDH_ANON,
     X25519,
     0},
    {DH_ANON, DH_ANON, "ffdhe2048", 0, {0x01ff}, false, NULL, 0, HF_NO_COMMON_FFDHE_GROUP},
    /* as strong as the certificate's key where there is one, else the strongest: RFC 7919 4 */
    {DHE_GCM, DHE_GCM, ALL_FFDHE, 3072, {256, 257, 258}, false, DHE_GCM, 257, 0},
    {DHE_GCM, DHE_GCM, ALL_FFDHE, 3072, {256, 258}, false, DHE_GCM, 258, 0},
    {DHE_GCM, DHE_GCM, ALL_FFDHE, 3072, {256}, false, DHE_GCM, 256, 0},
    {DHE_GCM, DHE_GCM, ALL_FFDHE, 4096, {256, 257}, false, DHE_GCM, 257, 0},
    {DHE_GCM, DHE_GCM, ALL_FFDHE, 4096, {X25519}, false, DHE_GCM, 258, 0},
};

static void k3_which_suite_and_which_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(choices); i++) {
        const struct choice *c = &choices[i];
        struct groups groups = {c->no_extension ? NULL : c->groups, 0};
        while (c->groups[groups.count]) {
            groups.count++;
        }
        struct hello_editor e = {.side = HF_CLIENT, .edit = say_groups, .arg = &groups};
        struct pair *p =
            pair_take(client_of(c->client), server_of(c->server, c->server_groups, c->rsa_bits), TEST_HOST);
        edit_hello(p, &e);
        pair_run(p);
        if (!c->suite) {
            uint8_t alert = c->row == HF_NO_COMMON_FFDHE_GROUP ? 71 : 40;
            pair_assert_refused(p, HF_SERVER, c->row, alert);
            pair_free(p);
            continue;
        }
        pair_assert_complete(p);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            const hf_summary *s = hf_negotiated(pair_conn(p, side));
            if (strcmp(s->suite_name, c->suite) != 0 || s->group != c->group) {
                fail_msg("row %zu: %s, group %u", i, s->suite_name, s->group);
            }
        }
        pair_exchange(p, 100);
        pair_free(p);
    }
}

/* A server whose own list has no group for DHE does not serve it, and does not blame RFC 7919. */
static void k3_a_server_without_groups_for_dhe(void **state)
{
    (void)state;
    struct groups groups = {(const uint16_t[]){X25519}, 1};
    struct hello_editor e = {.side = HF_CLIENT, .edit = say_groups, .arg = &groups};
    struct pair *p = pair_take(client_of(DHE_GCM), server_of(BOTH, "x25519", 2048), TEST_HOST);
    edit_hello(p, &e);
    run_and_expect(p, HF_SERVER, HF_NO_COMMON_GROUP, 40);
}

/* A resumed handshake needs no group. */
static void k3_resumption_whatever_is_listed(void **state)
{
    (void)state;
    hf_config *client = client_of(DHE_GCM), *server = server_of(DHE_GCM, "ffdhe2048", 2048);
    struct pair *p = pair_connect(client, server, TEST_HOST);
    pair_assert_complete(p);
    hf_session *session = pair_session(p);
    pair_free(p);
    struct groups groups = {(const uint16_t[]){0x01ff}, 1};
    struct hello_editor e = {.side = HF_CLIENT, .edit = say_groups, .arg = &groups};
    p = pair_new(client, server, TEST_HOST);
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    edit_hello(p, &e);
    pair_run(p);
    pair_assert_complete(p);
    assert_true(hf_negotiated(p->server)->resumed);
    pair_free(p);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

/* ---- what our own client says ---- */
static void as_it_is(struct hello *h, void *arg)
{
    (void)h, (void)arg;
}

static void k3_a_client_lists_its_groups(void **state)
{
    (void)state;
    static const uint8_t body[] = {0, 8, 0, 29, 1, 0, 1, 2, 1, 4};
    hf_config *client = test_client_config();
    list_these(client, BOTH, "x25519:ffdhe2048:ffdhe4096:ffdhe8192");
    struct hello_editor e = {.side = HF_CLIENT, .edit = as_it_is};
    struct pair *p = pair_take(client, server_of(BOTH, "x25519:ffdhe2048", 2048), TEST_HOST);
    edit_hello(p, &e);
    pair_run(p);
    pair_assert_complete(p);
    struct hello_extension *groups = hello_find(&e.seen, SUPPORTED_GROUPS);
    assert_non_null(groups);
    assert_int_equal(groups->len, sizeof body);
    assert_memory_equal(groups->body, body, sizeof body);
    pair_free(p);
}

/* RFC 8422 5.2: a server answers ec_point_formats where it chose an elliptic curve, and not beside it. */
static void k4_point_formats_are_answered_for_curves_only(void **state)
{
    (void)state;
    static const struct {
        const char *suite;
        bool answered;
    } rows[] = {{DHE_GCM, false}, {RSA_GCM, false}, {ECDHE_GCM, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello_editor e = {.side = HF_SERVER, .edit = as_it_is};
        struct pair *p = pair_take(client_of(DHE_GCM ":" RSA_GCM ":" ECDHE_GCM),
                                   server_of(rows[i].suite, "x25519:ffdhe2048", 2048), TEST_HOST);
        edit_hello(p, &e);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hello_find(&e.seen, EC_POINT_FORMATS) != NULL, rows[i].answered);
        pair_free(p);
    }
}

/* ---- K2: a key pair for each handshake, RFC 9325 7.4 ---- */
#define HANDSHAKES 12
#define YS_AT (5 + 4 + 2 + 256 + 3) /* in ServerKeyExchange's record: Ys with its length */
static uint8_t shares[2 * HANDSHAKES][256];
static size_t share_count;

static void keep_share(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    (void)arg, (void)index;
    size_t at = type == 12 ? YS_AT : 5 + 4;
    if (type != 12 && type != 16) {
        return;
    }
    assert_true(share_count < 2 * HANDSHAKES && record->len >= at + 2 + 256);
    assert_int_equal(record->data[at] << 8 | record->data[at + 1], 256); /* padded to the prime's length */
    memcpy(shares[share_count++], record->data + at + 2, 256);
}

static void k2_no_key_is_used_twice(void **state)
{
    (void)state;
    static const char *const suites[] = {DHE_GCM, DH_ANON};
    for (size_t suite = 0; suite < COUNT(suites); suite++) {
        hf_config *client = client_of(suites[suite]),
                  *server = server_of(suites[suite], "ffdhe2048", suite == 0 ? 2048 : 0);
        share_count = 0;
        for (int i = 0; i < 2 * HANDSHAKES; i++) { /* one side's share of each */
            struct message_editor e = {.from = i % 2 ? HF_SERVER : HF_CLIENT, .edit = keep_share};
            struct pair *p = pair_new(client, server, TEST_HOST);
            edit_messages(p, &e);
            pair_run(p);
            pair_assert_complete(p);
            /* and nothing of the private key outlives its use */
            assert_null(p->client->hs);
            assert_null(p->server->hs);
            pair_free(p);
        }
        assert_int_equal(share_count, 2 * HANDSHAKES);
        for (size_t a = 0; a < share_count; a++) {
            for (size_t b = 0; b < a; b++) {
                assert_memory_not_equal(shares[a], shares[b], 256);
            }
        }
        hf_config_free(client);
        hf_config_free(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k3_which_suite_and_which_group),
        cmocka_unit_test(k3_a_server_without_groups_for_dhe),
        cmocka_unit_test(k3_resumption_whatever_is_listed),
        cmocka_unit_test(k3_a_client_lists_its_groups),
        cmocka_unit_test(k4_point_formats_are_answered_for_curves_only),
        cmocka_unit_test(k2_no_key_is_used_twice),
    };
    return cmocka_run_group_tests(tests, NULL, free_identities);
}
