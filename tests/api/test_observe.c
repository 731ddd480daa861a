/* SPDX-License-Identifier: MIT */
#include <handfast/observe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"

/*
 * The passive observer beside the connections themselves: what a tap on the wire tells of each side must be
 * what that side told of itself.
 */

struct lines {
    char text[2][65536];                                     /* by hf_side */
    size_t at[2], hidden, checks, signatures, failed_checks; /* checks: of verify_data */
    char why[200];
};

static void say(struct lines *l, const hf_event *e)
{
    size_t room = sizeof l->text[0] - l->at[e->by];
    int len = 0;
    if (e->kind == HF_EVENT_STEP) {
        len = snprintf(l->text[e->by] + l->at[e->by], room, "%s e%u r%u %zu %s%s (%s) because %s\n", e->name,
                       e->epoch, e->record, e->size, e->rfc, e->new_keys ? " keys" : "", e->text, e->why);
    } else if (e->kind == HF_EVENT_ALERT) {
        len = snprintf(l->text[e->by] + l->at[e->by], room, "alert %u %u %s e%u r%u\n", e->alert_level,
                       e->alert, e->name, e->epoch, e->record);
    } else if (e->kind == HF_EVENT_DATA) {
        len =
            snprintf(l->text[e->by] + l->at[e->by], room, "data %zu e%u r%u\n", e->size, e->epoch, e->record);
    } else if (e->kind == HF_EVENT_CLOSED) {
        len = snprintf(l->text[e->by] + l->at[e->by], room, "closed %s %d e%u\n", e->name, (int)e->err,
                       e->epoch);
    }
    l->at[e->by] += (size_t)len;
    assert_true(l->at[e->by] < sizeof l->text[0]);
}

/* What a side says of itself. */
static void on_own(void *arg, const hf_event *e)
{
    if (e->by == e->seen_by && !e->local) {
        say(arg, e);
    }
}

static void on_tap(void *arg, const hf_event *e)
{
    struct lines *l = arg;
    assert_int_equal(e->by, e->seen_by);
    say(l, e);
    if (e->kind == HF_EVENT_HIDDEN && l->hidden++ == 0) {
        (void)snprintf(l->why, sizeof l->why, "%s", e->text);
    }
    l->checks += e->kind == HF_EVENT_CHECK && strcmp(e->name, "verify_data") == 0;
    l->signatures += e->kind == HF_EVENT_CHECK && strcmp(e->name, "signature") == 0;
    l->failed_checks += e->kind == HF_EVENT_CHECK && !e->passed;
}

struct scene {
    hf_secrets *secrets;
    hf_tap *tap;
    size_t piece; /* bytes a push; 0: all */
    bool spoil;   /* one bit of the message before ServerHelloDone, for the tap alone */
    struct lines own, seen;
};

static void on_key(void *arg, const char *line)
{
    struct scene *s = arg;
    char text[512];
    size_t used;
    int len = snprintf(text, sizeof text, "%s\n", line);
    assert_int_equal(hf_secrets_add(s->secrets, (hf_bytes){(uint8_t *)text, (size_t)len}, &used), HF_OK);
    assert_int_equal(used, len);
}

static void on_wire(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct scene *s = arg;
    (void)pair;
    for (size_t at = 0; at < bytes->len;) {
        size_t rest = bytes->len - at, len = s->piece && s->piece < rest ? s->piece : rest;
        uint8_t *copy = malloc(len); /* of its own, so that a read past its end is seen */
        assert_non_null(copy);
        memcpy(copy, bytes->data + at, len);
        if (s->spoil && from == HF_SERVER && len > 5 && memcmp(copy + len - 4, "\x0e\0\0\0", 4) == 0) {
            copy[len - 5] ^= 1;
        }
        hf_tap_push(s->tap, from, (hf_bytes){copy, len});
        free(copy);
        at += len;
    }
}

static struct scene *scene_new(hf_config *client, hf_config *server)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->secrets = hf_secrets_new();
    assert_non_null(s->secrets);
    assert_int_equal(hf_config_keylog(client, on_key, s), HF_OK);
    assert_int_equal(hf_config_keylog(server, on_key, s), HF_OK);
    return s;
}

static struct pair *scene_pair(struct scene *s, hf_config *client, hf_config *server)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    memset(&s->own, 0, sizeof s->own);
    memset(&s->seen, 0, sizeof s->seen);
    hf_tap_free(s->tap);
    s->tap = hf_tap_new(s->secrets, on_tap, &s->seen);
    assert_non_null(s->tap);
    p->hook = on_wire;
    p->hook_arg = s;
    hf_conn_observe(p->client, on_own, &s->own);
    hf_conn_observe(p->server, on_own, &s->own);
    return p;
}

static void scene_free(struct scene *s)
{
    hf_tap_free(s->tap);
    hf_secrets_free(s->secrets);
    free(s);
}

static void assert_same(const struct scene *s, size_t handshakes)
{
    assert_string_equal(s->own.text[HF_CLIENT], s->seen.text[HF_CLIENT]);
    assert_string_equal(s->own.text[HF_SERVER], s->seen.text[HF_SERVER]);
    const hf_tap_summary *sum = hf_tap_look(s->tap);
    assert_true(sum->tls && sum->complete);
    assert_int_equal(sum->hidden + sum->unread, 0);
    assert_string_equal(sum->why, "");
    assert_string_equal(sum->server_name, TEST_HOST);
    assert_int_equal(s->seen.checks, 2 * handshakes);
    assert_int_equal(s->seen.failed_checks, 0);
}

static void say_goodbye(struct pair *p)
{
    assert_int_equal(hf_close(p->client), HF_OK);
    assert_int_equal(hf_close(p->server), HF_OK);
    pair_run(p);
}

/* ---- every suite, full and resumed ---- */
static bool named(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static hf_config *server_for(const char *suite)
{
    hf_config *c = test_server_without_identity();
    struct test_spec spec = {.key = named(suite, "TLS_RSA_") ? TEST_RSA : TEST_P256,
                             .usage = named(suite, "TLS_RSA_") ? "critical,keyEncipherment"
                                                               : "critical,digitalSignature,keyAgreement"};
    if (named(suite, "_ECDH_")) {
        spec.issuer = named(suite, "_RSA_") ? TEST_BY_RSA_ROOT : TEST_BY_ROOT;
    } else if (named(suite, "DHE_RSA")) {
        spec.key = TEST_RSA;
    }
    if (!named(suite, "_anon_")) {
        struct test_identity one = test_identity_make(&spec);
        test_add_identity(c, &one);
        test_identity_free(&one);
    }
    return c;
}

static void list_all(hf_config *c, const char *suite)
{
    hf_problem why;
    assert_int_equal(hf_config_suites(c, suite, &why), HF_OK);
    assert_int_equal(hf_config_groups(c, "secp256r1:ffdhe2048", &why), HF_OK);
}

static void play_suite(const char *suite, size_t piece)
{
    test_version = named(suite, "_WITH_") ? 0x0303 : 0x0304;
    hf_config *client = test_client_config(), *server = server_for(suite);
    test_trust(client, test_pki()->rsa_root);
    list_all(client, suite);
    list_all(server, suite);
    struct scene *s = scene_new(client, server);
    s->piece = piece;
    struct pair *p = scene_pair(s, client, server);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 20000);
    hf_session *session = pair_session(p);
    say_goodbye(p);
    assert_same(s, 1);
    /* RFC 5246 7.4.3: ephemeral and signed; RFC 8446 4.4.3: each suite of TLS 1.3 */
    assert_int_equal(s->seen.signatures, named(suite, "DHE_") || !named(suite, "_WITH_"));
    pair_free(p);
    p = scene_pair(s, client, server); /* RFC 5246 7.3 figure 2 */
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    pair_run(p);
    assert_true(hf_negotiated(p->client)->resumed);
    pair_exchange(p, 1);
    assert_same(s, 1);
    pair_free(p);
    hf_session_free(session);
    scene_free(s);
    hf_config_free(client);
    hf_config_free(server);
}

static void every_suite_full_and_resumed(void **state)
{
    (void)state;
    uint16_t code;
    static const size_t pieces[] = {0, 1, 7, 1400};
    for (size_t i = 0; (code = hf_supported(HF_SUITES, i)) != 0; i++) {
        play_suite(hf_name_of(HF_SUITES, code), pieces[i % 4]);
    }
}

/* RFC 8446 2: full with client certificate, then resumed; KeyUpdate 4.6.3 is libssl's test. */
static void tls13_as_the_connection_tells_it(void **state)
{
    (void)state;
    static const size_t some[] = {0, 1, 7};
    for (size_t i = 0; i < 3; i++) {
        hf_config *client = test_client_config(), *server = test_server_config();
        assert_int_equal(hf_config_versions(client, 0x0304, 0x0304), HF_OK);
        assert_int_equal(hf_config_versions(server, 0x0304, 0x0304), HF_OK);
        struct scene *s = scene_new(client, server);
        s->piece = some[i];
        struct pair *p = scene_pair(s, client, server);
        pair_run(p);
        pair_assert_complete(p);
        pair_exchange(p, 20000);
        say_goodbye(p);
        assert_same(s, 1);
        pair_free(p);
        scene_free(s);
        hf_config_free(client);
        hf_config_free(server);
    }
}

/* ---- signatures: RFC 5246 7.4.3, 7.4.8; RFC 8446 4.4.3 ---- */
static void play_signed(uint16_t version, enum test_key key, bool mutual, bool spoil)
{
    hf_config *client = test_client_config(), *server = test_server_without_identity();
    struct scene *s = scene_new(client, server);
    assert_int_equal(hf_config_versions(client, version, version), HF_OK);
    assert_int_equal(hf_config_versions(server, version, version), HF_OK);
    test_add_identity(server, &test_pki()->server[key]);
    test_add_identity(client, &test_pki()->client[key]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, mutual ? HF_CLIENT_AUTH_REQUIRE : HF_CLIENT_AUTH_NONE),
                     HF_OK);
    s->spoil = spoil;
    struct pair *p = scene_pair(s, client, server);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(s->seen.signatures, mutual ? 2 : 1); /* each side's */
    /* what was changed for the tap is in its transcript too: both Finished and, behind a CertificateRequest
     * that was changed, the client's signature; else the server's itself */
    assert_int_equal(s->seen.failed_checks, spoil ? 3 : 0);
    pair_free(p);
    scene_free(s);
    hf_config_free(client);
    hf_config_free(server);
}

static void signatures_are_checked_by_the_key_that_was_shown(void **state)
{
    (void)state;
    for (enum test_key key = TEST_P256; key < TEST_KEYS; key++) {
        play_signed(0x0303, key, true, false);
        play_signed(0x0304, key, true, false);
    }
    play_signed(0x0303, TEST_P256, true, true);
    play_signed(0x0303, TEST_RSA, false, true);
}

/* RFC 9850 2 */
static void what_opens_application_data_is_known(void **state)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    uint8_t random[32] = {0}, other[32] = {1};
    char line[512];
    size_t used;
    (void)state;
    hf_secrets *k = hf_secrets_new();
    static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                                         "SERVER_TRAFFIC_SECRET_0"};
    for (int i = 0; i < 3; i++) {
        assert_false(hf_secrets_have(k, (hf_bytes){random, 32}));
        int len = snprintf(line, sizeof line, "%s %s %s\n", labels[i], zeros, zeros);
        assert_int_equal(hf_secrets_add(k, (hf_bytes){(uint8_t *)line, (size_t)len}, &used), HF_OK);
    }
    assert_true(hf_secrets_have(k, (hf_bytes){random, 32}));
    assert_false(hf_secrets_have(k, (hf_bytes){other, 32}) || hf_secrets_have(k, (hf_bytes){random, 31}));
    assert_false(hf_secrets_have(NULL, (hf_bytes){random, 32}) || hf_secrets_have(k, (hf_bytes){NULL, 0}));
    int len = snprintf(line, sizeof line, "CLIENT_RANDOM 01%s %s%.32s\n", zeros + 2, zeros, zeros);
    assert_int_equal(hf_secrets_add(k, (hf_bytes){(uint8_t *)line, (size_t)len}, &used), HF_OK);
    assert_true(hf_secrets_have(k, (hf_bytes){other, 32})); /* TLS 1.2 */
    hf_secrets_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_full_and_resumed),
        cmocka_unit_test(tls13_as_the_connection_tells_it),
        cmocka_unit_test(what_opens_application_data_is_known),
        cmocka_unit_test(signatures_are_checked_by_the_key_that_was_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
