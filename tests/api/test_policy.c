/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

/* Policies: what each date stands for, word by word; that a config does what its policy says; and what else
 * decides which suites are used. */

/* Once released these never change: a new date gets lines of its own. */
/* clang-format off */
#define SUITES13 "TLS_AES_128_GCM_SHA256:" "TLS_AES_256_GCM_SHA384:" "TLS_CHACHA20_POLY1305_SHA256:"
#define COMPAT_SUITES13 "TLS_AES_128_CCM_SHA256:"
#define ALL_SUITES13 "TLS_AES_128_CCM_8_SHA256:"

#define DEFAULT_SUITES \
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:" "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:" \
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:" "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:" \
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:" "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

#define COMPAT_SUITES \
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM:" "TLS_ECDHE_ECDSA_WITH_AES_256_CCM:" \
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256:" "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384:" \
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256:" "TLS_DHE_RSA_WITH_AES_128_CCM:" \
    "TLS_DHE_RSA_WITH_AES_256_CCM:" "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256:" \
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256:" "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384:" \
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384:" "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA:" \
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:" "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA:" \
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA:" "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256:" \
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256:" "TLS_DHE_RSA_WITH_AES_128_CBC_SHA:" \
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA:" "TLS_RSA_WITH_AES_128_GCM_SHA256:" \
    "TLS_RSA_WITH_AES_256_GCM_SHA384:" "TLS_RSA_WITH_AES_128_CCM:" \
    "TLS_RSA_WITH_AES_256_CCM:" "TLS_RSA_WITH_AES_128_CBC_SHA256:" \
    "TLS_RSA_WITH_AES_256_CBC_SHA256:" "TLS_RSA_WITH_AES_128_CBC_SHA:" \
    "TLS_RSA_WITH_AES_256_CBC_SHA"

#define ALL_SUITES \
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8:" "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8:" \
    "TLS_DHE_RSA_WITH_AES_128_CCM_8:" "TLS_DHE_RSA_WITH_AES_256_CCM_8:" \
    "TLS_RSA_WITH_AES_128_CCM_8:" "TLS_RSA_WITH_AES_256_CCM_8:" \
    "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256:" "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256:" \
    "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384:" "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384:" \
    "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256:" "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256:" \
    "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384:" "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384:" \
    "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA:" "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA:" \
    "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA:" "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA:" \
    "TLS_DH_anon_WITH_AES_128_GCM_SHA256:" "TLS_DH_anon_WITH_AES_256_GCM_SHA384:" \
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA:" "TLS_ECDH_anon_WITH_AES_256_CBC_SHA:" \
    "TLS_DH_anon_WITH_AES_128_CBC_SHA256:" "TLS_DH_anon_WITH_AES_256_CBC_SHA256:" \
    "TLS_DH_anon_WITH_AES_128_CBC_SHA:" "TLS_DH_anon_WITH_AES_256_CBC_SHA"

#define GROUPS "X25519MLKEM768:secp256r1:x25519:secp384r1:x448:secp521r1:SecP256r1MLKEM768"
#define FFDHE ":ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192"
#define SCHEMES \
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:" \
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:" \
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512"
/* clang-format on */

static const struct pin {
    const char *name, *alias, *suites, *groups, *schemes;
    bool warns, anonymous;
    unsigned rsa, ec, dh;
} pins[] = {
    {"2026-11", "default", SUITES13 DEFAULT_SUITES, GROUPS, SCHEMES, false, false, 2048, 256, 2048},
    {"compat-2026-11", "compat", SUITES13 COMPAT_SUITES13 DEFAULT_SUITES ":" COMPAT_SUITES, GROUPS FFDHE,
     SCHEMES, false, false, 2048, 256, 2048},
    {"all-2026-11", "all",
     SUITES13 COMPAT_SUITES13 ALL_SUITES13 DEFAULT_SUITES ":" COMPAT_SUITES ":" ALL_SUITES, GROUPS FFDHE,
     SCHEMES ":ecdsa_sha1:rsa_pkcs1_sha1", true, true, 1024, 256, 1024},
};
#define PINS (sizeof pins / sizeof *pins)

static void assert_list(const char *expected, const hf_policy_list *list)
{
    char joined[4096] = "";
    for (size_t i = 0; i < list->count; i++) {
        size_t at = strlen(joined);
        (void)snprintf(joined + at, sizeof joined - at, "%s%s", i ? ":" : "", list->entry[i].name);
        assert_true(*list->entry[i].why && !strncmp(list->entry[i].rfc, "RFC ", 4));
    }
    assert_string_equal(joined, expected);
}

static void a_date_is_what_it_always_was(void **state)
{
    (void)state;
    hf_policy p;
    for (size_t i = 0; i < PINS; i++) {
        assert_true(hf_policy_at(i, &p));
        assert_string_equal(p.name, pins[i].name);
        assert_string_equal(p.alias, pins[i].alias);
        assert_list(pins[i].suites, &p.suites);
        assert_list(pins[i].groups, &p.groups);
        assert_list(pins[i].schemes, &p.schemes_to_sign);
        assert_list(pins[i].schemes, &p.schemes_to_accept);
        assert_int_equal(p.warning != NULL, pins[i].warns);
        assert_int_equal(p.allows_anonymous, pins[i].anonymous);
        assert_int_equal(p.min_rsa_bits, pins[i].rsa);
        assert_int_equal(p.min_ec_bits, pins[i].ec);
        assert_int_equal(p.min_dh_bits, pins[i].dh);
        assert_false(p.requires_extended_master_secret || p.cbc_needs_encrypt_then_mac);
        assert_int_equal(p.min_version, 0x0303);
        assert_int_equal(p.max_version, 0x0304);
        assert_true(*p.text);
    }
    assert_false(hf_policy_at(PINS, &p)); /* a new date needs its pin */
    assert_false(hf_policy_at(0, NULL));
}

static bool has(const hf_policy_list *list, const char *name)
{
    size_t times = 0;
    for (size_t i = 0; i < list->count; i++) {
        times += !strcmp(list->entry[i].name, name);
    }
    assert_true(times <= 1);
    return times == 1;
}

static bool is_supported(hf_vocabulary v, int32_t code)
{
    uint16_t known;
    for (size_t i = 0; (known = hf_supported(v, i)) != 0; i++) {
        if (known == code) {
            return true;
        }
    }
    return false;
}

/* A name that the vocabulary does not have would be a slip in the table; a suite that "all" lacks, one too.
 */
static void names_are_names_and_all_is_all(void **state)
{
    (void)state;
    hf_policy p;
    for (size_t i = 0; hf_policy_at(i, &p); i++) {
        const hf_policy_list *lists[] = {&p.suites, &p.groups, &p.schemes_to_sign, &p.schemes_to_accept};
        for (size_t l = 0; l < 4; l++) {
            hf_vocabulary v = l == 0 ? HF_SUITES : l == 1 ? HF_GROUPS : HF_SCHEMES;
            assert_in_range(lists[l]->count, 1, 64);
            for (size_t e = 0; e < lists[l]->count; e++) {
                const char *name = lists[l]->entry[e].name;
                int32_t code = hf_code_of(v, name);
                bool absent = strstr(name, "MLKEM") && OpenSSL_version_num() < 0x30500000UL; /* OpenSSL 3.5 */
                assert_true(code >= 0);
                assert_int_equal(is_supported(v, code), !absent);
                assert_string_equal(hf_name_of(v, (uint16_t)code), name);
                assert_true(has(lists[l], name));
                assert_true(v != HF_SUITES || p.allows_anonymous || !strstr(name, "anon"));
            }
        }
    }
    assert_int_equal(hf_policy_named("all", &p), HF_OK);
    uint16_t code;
    for (size_t i = 0; (code = hf_supported(HF_SUITES, i)) != 0; i++) {
        assert_true(has(&p.suites, hf_name_of(HF_SUITES, code)));
    }
    for (size_t i = 0; (code = hf_supported(HF_GROUPS, i)) != 0; i++) {
        assert_true(has(&p.groups, hf_name_of(HF_GROUPS, code)));
    }
    for (size_t i = 0; (code = hf_supported(HF_SCHEMES, i)) != 0; i++) {
        assert_true(has(&p.schemes_to_sign, hf_name_of(HF_SCHEMES, code)));
    }
}

/* ---- what a config makes of it: the ClientHello ---- */
struct hello {
    uint8_t bytes[2048]; /* a share of a hybrid alone is 1,216 */
    size_t len;
};

/* Nothing but its policy says which versions it speaks. */
static hf_config *client_of_its_policy(void)
{
    hf_config *config = hf_config_client();
    assert_non_null(config);
    assert_int_equal(hf_config_clock(config, test_clock, NULL), HF_OK);
    test_trust(config, test_pki()->root);
    return config;
}

static int fives(void *arg, uint8_t *out, size_t len)
{
    (void)arg;
    memset(out, 5, len);
    return 0;
}

static hf_config *seeded(void)
{
    hf_config *config = client_of_its_policy();
    assert_int_equal(hf_config_random(config, fives, NULL), HF_OK);
    return config;
}

/* Frees the config. */
static struct hello hello_of(hf_config *config)
{
    struct hello hello = {.len = 0};
    hf_conn *conn = hf_conn_new(test_freeze(config), TEST_HOST, NULL);
    assert_non_null(conn);
    hf_bytes wire = hf_peek_wire(conn);
    assert_in_range(wire.len, 60, sizeof hello.bytes);
    memcpy(hello.bytes, wire.data, wire.len);
    hello.len = wire.len;
    hf_conn_free(conn);
    hf_config_free(config);
    return hello;
}

static struct hello hello_under(const char *policy)
{
    hf_config *config = seeded();
    assert_int_equal(hf_config_policy(config, policy, NULL), HF_OK);
    return hello_of(config);
}

static void assert_same(const struct hello *a, const struct hello *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void a_config_without_a_policy_has_the_default(void **state)
{
    (void)state;
    struct hello none = hello_of(seeded()), alias = hello_under("default"), dated = hello_under("2026-11");
    assert_same(&none, &alias);
    assert_same(&none, &dated);
    assert_true(hello_under("compat").len > none.len);
}

static void what_a_policy_names_is_offered(void **state)
{
    (void)state;
    hf_policy p;
    for (size_t i = 0; hf_policy_at(i, &p); i++) {
        struct hello hello = hello_under(p.name);
        const uint8_t *at = hello_parts(hello.bytes + HELLO_RECORD_HEADER).suites;
        size_t offered = hello_number(at) / 2, found = 0;
        at += 2;
        for (size_t e = 0; e < p.suites.count; e++) {
            int32_t code = hf_code_of(HF_SUITES, p.suites.entry[e].name);
            assert_int_equal(at[2 * found] << 8 | at[2 * found + 1], code);
            found++;
        }
        assert_int_equal(offered, found);
    }
}

/* The same modern suite, whatever else the policies of the two have. */
static void meet(hf_config *client, hf_config *server, uint16_t version, uint16_t suite)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->version, version);
    assert_int_equal(hf_negotiated(p->client)->suite, suite);
    assert_int_equal(hf_negotiated(p->server)->suite, suite);
    pair_exchange(p, 100);
    pair_free(p);
}

static void every_policy_meets_every_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < PINS * PINS; i++) {
        for (unsigned old = 0; old < 4; old++) { /* either may be kept to TLS 1.2 */
            hf_config *client = test_client_config(), *server = test_server_config();
            assert_int_equal(hf_config_policy(client, pins[i / PINS].alias, NULL), HF_OK);
            assert_int_equal(hf_config_policy(server, pins[i % PINS].name, NULL), HF_OK);
            assert_int_equal(old & 1 ? hf_config_versions(client, 0x0303, 0x0303) : HF_OK, HF_OK);
            assert_int_equal(old & 2 ? hf_config_versions(server, 0x0303, 0x0303) : HF_OK, HF_OK);
            meet(client, server, old ? 0x0303 : 0x0304, old ? 0xc02b : 0x1301);
        }
    }
}

/* RFC 8446 B.4, B.3: who lists the suites of one version alone speaks no other. */
static void suites_say_which_version(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        hf_config *client = client_of_its_policy(), *server = hf_config_server();
        assert_int_equal(hf_config_clock(server, test_clock, NULL), HF_OK);
        test_add_identity(server, &test_pki()->server[TEST_P256]);
        assert_int_equal(hf_config_suites(i ? client : server, "TLS_AES_128_CCM_SHA256", NULL), HF_OK);
        assert_int_equal(
            hf_config_suites(i ? server : client, "TLS_AES_128_CCM_SHA256:ECDHE-ECDSA-AES128-CCM", NULL),
            HF_OK);
        meet(client, server, 0x0304, 0x1304);
        client = client_of_its_policy(), server = test_server_config();
        assert_int_equal(hf_config_policy(server, "compat", NULL), HF_OK);
        assert_int_equal(hf_config_suites(client, "ECDHE-ECDSA-AES128-CCM", NULL), HF_OK);
        meet(client, server, 0x0303, 0xc0ac);
    }
}

static void policies_that_cannot_be(void **state)
{
    (void)state;
    hf_problem why = {0};
    hf_policy p;
    hf_config *config = seeded();
    static const char *const wrong[] = {"", "Default", "2026", "2026-12", "modern", "compat-2026-11 "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(hf_config_policy(config, wrong[i], &why), HF_UNKNOWN_NAME);
        assert_non_null(strstr(why.sentence, "default, compat and all"));
        assert_int_equal(hf_policy_named(wrong[i], &p), HF_UNKNOWN_NAME);
    }
    assert_int_equal(hf_config_policy(config, NULL, NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_policy_named(NULL, &p), HF_NULL_ARGUMENT);
    assert_int_equal(hf_policy_named("all", NULL), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_policy(NULL, "all", NULL), HF_NULL_ARGUMENT);
    struct hello before = hello_of(seeded()), after = hello_of(config);
    assert_same(&before, &after);
    config = test_freeze(test_client_config());
    assert_int_equal(hf_config_policy(config, "all", NULL), HF_CONFIG_FROZEN);
    hf_config_free(config);
}

static void what_is_set_afterwards_holds(void **state)
{
    (void)state;
    hf_config *config = seeded(), *alone = seeded(), *undone = seeded();
    assert_int_equal(hf_config_policy(config, "all", NULL), HF_OK);
    hf_config *both[] = {config, alone};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(hf_config_suites(both[i], "ECDHE-RSA-AES128-GCM-SHA256", NULL), HF_OK);
        assert_int_equal(hf_config_groups(both[i], "x25519", NULL), HF_OK);
        assert_int_equal(hf_config_schemes_to_accept(both[i], "rsa_pss_rsae_sha256", NULL), HF_OK);
    }
    assert_int_equal(hf_config_suites(undone, "ECDHE-RSA-AES128-GCM-SHA256", NULL), HF_OK);
    assert_int_equal(hf_config_policy(undone, "default", NULL), HF_OK);
    struct hello a = hello_of(config), b = hello_of(alone), c = hello_of(undone), d = hello_of(seeded());
    assert_same(&a, &b);
    assert_same(&c, &d);
}

static void a_policy_that_risks_something_says_so(void **state)
{
    (void)state;
    hf_config *config = test_client_config();
    hf_problem why = {HF_INTERNAL, "left over"};
    assert_int_equal(hf_config_policy(config, "compat", &why), HF_OK);
    assert_true(why.err == HF_OK && !*why.sentence);
    assert_int_equal(hf_config_policy(config, "all", &why), HF_OK);
    assert_true(why.err == HF_OK && strstr(why.sentence, "anonymous") && strstr(why.sentence, "RFC"));
    hf_config_free(config);
}

static void settings_of_policies(void **state)
{
    (void)state;
    hf_config *c = test_client_config(), *frozen = test_freeze(test_client_config());
    assert_int_equal(hf_config_min_dh_bits(c, 0), HF_OK);
    assert_int_equal(hf_config_min_dh_bits(c, 1023), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_min_dh_bits(c, 1024), HF_OK);
    assert_int_equal(hf_config_min_dh_bits(c, 8192), HF_OK);
    assert_int_equal(hf_config_min_dh_bits(c, 8193), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_require_encrypt_then_mac(c, true), HF_OK);
    assert_int_equal(hf_config_min_dh_bits(NULL, 0), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_min_dh_bits(frozen, 0), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_require_encrypt_then_mac(NULL, true), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_require_encrypt_then_mac(frozen, true), HF_CONFIG_FROZEN);
    hf_config_free(c);
    hf_config_free(frozen);
}

/* ---- anonymous suites ---- */
static void anonymous_suites_are_taken_when_named(void **state)
{
    (void)state;
    hf_problem why = {0};
    hf_config *server = test_server_without_identity(), *client = hf_config_client();
    assert_int_equal(hf_config_freeze(server, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "needs an identity"));
    assert_int_equal(hf_config_freeze(client, &why), HF_CONFIG_INCOMPLETE);
    assert_int_equal(hf_config_suites(client, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", &why), HF_OK);
    assert_true(why.err == HF_OK && strstr(why.sentence, "authenticates nobody"));
    assert_int_equal(hf_config_suites(server, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", NULL), HF_OK);
    assert_int_equal(hf_config_freeze(server, &why), HF_CONFIG_INCOMPLETE); /* no FFDHE group */
    assert_non_null(strstr(why.sentence, "RFC 7919"));
    assert_int_equal(hf_config_groups(server, "ffdhe2048", NULL), HF_OK);
    assert_int_equal(hf_config_groups(client, "ffdhe2048", NULL), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->client)->peer_verified);
    assert_int_equal(hf_negotiated(p->client)->peer_chain.len, 0);
    pair_free(p);
}

/* RFC 5246 F.1.1.1: only where both name them; and the server says what it is about. */
static void anonymous_suites_are_refused_otherwise(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_suites(client, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", NULL), HF_OK);
        assert_int_equal(hf_config_policy(server, pins[i].name, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        pair_assert_refused(p, HF_SERVER, HF_NO_COMMON_SUITE, 40);
        assert_non_null(strstr(hf_failed(p->server)->detail, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"));
        assert_non_null(strstr(hf_failed(p->server)->detail, "authenticates nobody"));
        pair_free(p);
    }
}

static void small_keys_are_for_laboratories(void **state)
{
    (void)state;
    struct test_identity small = test_identity_make(&(struct test_spec){.key = TEST_RSA, .rsa_bits = 1024});
    for (size_t i = 0; i < PINS; i++) {
        hf_config *client = test_client_config(), *server = test_server_without_identity();
        test_add_identity(server, &small);
        assert_int_equal(hf_config_policy(client, pins[i].name, NULL), HF_OK);
        struct pair *p = pair_take(client, server, TEST_HOST);
        pair_run(p);
        if (pins[i].rsa > 1024) {
            pair_assert_refused(p, HF_CLIENT, HF_WEAK_KEY, 43);
        } else {
            pair_assert_complete(p);
        }
        pair_free(p);
    }
    test_identity_free(&small);
}

static void suites_that_are_never_negotiated_are_known_by_name(void **state)
{
    (void)state;
    static const char *const never[] = {"TLS_RSA_WITH_NULL_SHA", "TLS_RSA_WITH_RC4_128_SHA",
                                        "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_DES_CBC_SHA",
                                        "TLS_RSA_EXPORT_WITH_RC4_40_MD5"};
    hf_config *config = test_client_config();
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        hf_problem why;
        assert_true(hf_code_of(HF_SUITES, never[i]) >= 0);
        assert_false(is_supported(HF_SUITES, hf_code_of(HF_SUITES, never[i])));
        assert_int_equal(hf_config_suites(config, never[i], &why), HF_UNKNOWN_NAME);
        assert_non_null(strstr(why.sentence, "known but not served"));
    }
    hf_config_free(config);
    uint16_t code, before = 0;
    size_t count = 0, supported = 0;
    for (; hf_known(HF_SUITES, count, &code); count++) {
        assert_true(hf_name_of(HF_SUITES, code) && (count == 0 || code != before));
        supported += is_supported(HF_SUITES, code);
        before = code;
    }
    assert_true(count > 300);
    assert_int_equal(hf_supported(HF_SUITES, supported), 0);
    assert_int_not_equal(hf_supported(HF_SUITES, supported - 1), 0);
    assert_false(hf_known(HF_SUITES, count + 1, &code));
    assert_false(hf_known((hf_vocabulary)9, 0, &code));
    assert_false(hf_known(HF_SUITES, 0, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_what_it_always_was),
        cmocka_unit_test(names_are_names_and_all_is_all),
        cmocka_unit_test(a_config_without_a_policy_has_the_default),
        cmocka_unit_test(what_a_policy_names_is_offered),
        cmocka_unit_test(every_policy_meets_every_other),
        cmocka_unit_test(suites_say_which_version),
        cmocka_unit_test(policies_that_cannot_be),
        cmocka_unit_test(what_is_set_afterwards_holds),
        cmocka_unit_test(a_policy_that_risks_something_says_so),
        cmocka_unit_test(settings_of_policies),
        cmocka_unit_test(anonymous_suites_are_taken_when_named),
        cmocka_unit_test(anonymous_suites_are_refused_otherwise),
        cmocka_unit_test(small_keys_are_for_laboratories),
        cmocka_unit_test(suites_that_are_never_negotiated_are_known_by_name),
    };
    return cmocka_run_group_tests_name("api/policy", tests, NULL, NULL);
}
