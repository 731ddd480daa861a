/* SPDX-License-Identifier: MIT */
/*
 * RFC 8448, whole handshakes: each side of each section played by us against the trace; rfc8448.h says what
 * is ours in that. Every record is compared byte for byte, every secret of the key log and the resumption
 * master secret; and of each message that is not the trace's own to the last byte what it differs in.
 */
#include "rfc8448.h"

#include <handfast/early.h>
#include <handfast/keyring.h>

#include <string.h>

/* Those of each handshake: both sides' handshake and application traffic secrets, and the exporters'. */
#define SECRETS 5
#define EARLY_SECRETS 2 /* client_early_traffic_secret and the early exporter's */

static void expect_differences(struct play *p, const char *wanted)
{
    if (strcmp(p->differs, wanted) != 0) {
        fail_msg("section %s differs in\n%s", p->section, p->differs);
    }
}

/* As near to the trace's client as our settings come. */
static void client_like(struct play *p, const char *groups)
{
    hf_config *c = trace_config(p);
    assert_int_equal(hf_config_insecure_no_verification(c), HF_OK);
    assert_int_equal(
        hf_config_suites(c, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
                         NULL),
        HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    if (strcmp(p->section, "6") == 0) {
        assert_int_equal(hf_config_identity_external(c, trace_certificate("6", 1), 1), HF_OK);
    }
}

static void server_like(struct play *p, const char *groups)
{
    hf_config *c = trace_config(p);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    assert_int_equal(hf_config_session_cache(c, 0), HF_OK);
    assert_int_equal(hf_config_identity_external(c, trace_certificate(p->section, 0), 1), HF_OK);
    if (strcmp(p->section, "6") == 0) {
        assert_int_equal(hf_config_trust_pem(c, trace_certificate("6", 1)), HF_OK);
        assert_int_equal(hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        assert_int_equal(hf_config_send_ca_names(c, false), HF_OK);
    }
}

#define ALL_GROUPS "x25519:secp256r1:secp384r1:secp521r1:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192"
/* Theirs has schemes that we do not know (DSA, SHA-1), and what belongs to TLS 1.2, which we do not offer
 * here. */
#define CLIENT_HELLO_DIFFERS "ClientHello: -renegotiation_info ~signature_algorithms"
/* RFC 8446 4.2.7 lets a server tell its groups; ours does not. */
#define SERVER_FLIGHT_DIFFERS "ServerHello: order\nEncryptedExtensions: -supported_groups\n"

/* By enum side. */
static const struct {
    const char *section, *groups[2], *differs[2];
} sections[] = {
    {"3",
     {ALL_GROUPS, "x25519"},
     {"ClientHello: -renegotiation_info -session_ticket ~signature_algorithms\n", SERVER_FLIGHT_DIFFERS}},
    {"5",
     {"x25519:secp256r1:secp384r1", "secp256r1"},
     {CLIENT_HELLO_DIFFERS "\n" CLIENT_HELLO_DIFFERS " -padding\n",
      "HelloRetryRequest: order\n" SERVER_FLIGHT_DIFFERS}},
    {"6",
     {ALL_GROUPS, "x25519"},
     {CLIENT_HELLO_DIFFERS "\n", SERVER_FLIGHT_DIFFERS "CertificateRequest: ~signature_algorithms\n"}},
    {"7", {ALL_GROUPS, "x25519"}, {CLIENT_HELLO_DIFFERS "\n", SERVER_FLIGHT_DIFFERS}},
};

static void play_side(enum side me)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct play p = {.section = sections[i].section, .me = me};
        (me == CLIENT ? client_like : server_like)(&p, sections[i].groups[me]);
        trace_play(&p, NULL);
        expect_differences(&p, sections[i].differs[me]);
        assert_int_equal(p.secrets, SECRETS);
        trace_end(&p);
    }
}

/* Section 4 goes on where section 3 ended. */
static hf_session *ticket_of_section_3(void)
{
    struct play p = {.section = "3", .me = CLIENT};
    client_like(&p, ALL_GROUPS);
    assert_int_equal(hf_config_early_data(p.config, 1024), HF_OK);
    trace_play(&p, NULL);
    hf_session *session = hf_conn_session(p.conn);
    assert_non_null(session);
    trace_end(&p);
    return session;
}

/* One that draws none of the trace's random bytes; no ticket is given under it. */
static void add_keyring(hf_config *c)
{
    bool changed;
    hf_keyring *keyring = hf_keyring_new(NULL);
    assert_int_equal(hf_keyring_rotate(keyring, INT64_C(1500000000), &changed), HF_OK);
    assert_int_equal(hf_config_keyring(c, keyring), HF_OK);
    assert_int_equal(hf_config_ticket_count(c, 0), HF_OK);
    hf_keyring_free(keyring);
}

/* RFC 8446 2.3, 4.2.10, 4.5 */
static void resumed_with_early_data(void **state)
{
    (void)state;
    static const char *const differs[2] = {
        "ClientHello: -renegotiation_info ~signature_algorithms -padding ~pre_shared_key\n",
        /* RFC 6066 3: a server that resumes does not acknowledge the name */
        "ServerHello: order\nEncryptedExtensions: -supported_groups -server_name\n"};
    for (int me = CLIENT; me <= SERVER; me++) {
        struct play p = {.section = "4", .me = (enum side)me};
        hf_session *session = ticket_of_section_3();
        if (me == CLIENT) {
            client_like(&p, ALL_GROUPS);
        } else {
            hf_config *c = trace_config(&p);
            assert_int_equal(hf_config_groups(c, "x25519", NULL), HF_OK);
            assert_int_equal(hf_config_identity_external(c, trace_certificate("3", 0), 1), HF_OK);
            add_keyring(c);
        }
        assert_int_equal(hf_config_early_data(p.config, 1024), HF_OK);
        trace_play(&p, session);
        expect_differences(&p, differs[me]);
        assert_int_equal(p.secrets, SECRETS + EARLY_SECRETS);
        assert_int_equal(hf_negotiated(p.conn)->early_data, HF_EARLY_ACCEPTED);
        trace_end(&p);
        hf_session_free(session);
    }
}

static void as_client(void **state)
{
    (void)state;
    play_side(CLIENT);
}

static void as_server(void **state)
{
    (void)state;
    play_side(SERVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_client),
        cmocka_unit_test(as_server),
        cmocka_unit_test(resumed_with_early_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
