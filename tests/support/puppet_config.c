/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ocsp.h"

/* The configs of traits, those that a program shares, and what two of them earn. */
static void add_identity_that_does_not_sign(hf_config *c, const struct trait *t)
{
    struct test_identity own = test_identity_make(&(struct test_spec){
        .key = t->key,
        .usage = t->role == AGREES ? "critical,keyAgreement" : "critical,keyEncipherment",
        .issuer = t->rsa_root ? TEST_BY_RSA_ROOT : TEST_BY_INTERMEDIATE,
        .cn = t->side == CLIENT ? "alice" : NULL,
        .names = t->side == CLIENT ? "" : NULL,
        .extended = t->side == CLIENT ? "clientAuth" : NULL,
    });
    puppet_must(hf_config_identity(c, own.chain, own.key, NULL), "identity");
    test_identity_free(&own);
}

static void add_identity(hf_config *c, const struct trait *t)
{
    const struct test_pki *pki = test_pki();
    const struct test_identity *own = t->side == CLIENT ? &pki->client[t->key] : &pki->server[t->key];
    if (t->role == ANONYMOUS) {
        return;
    }
    if (t->role != SIGNS) {
        add_identity_that_does_not_sign(c, t);
        return;
    }
    puppet_must(hf_config_identity(c, own->chain, own->key, NULL), "identity");
}

static void set_status(hf_config *c, const struct trait *t)
{
    if (t->status && t->side == CLIENT) {
        puppet_must(hf_config_status(c, HF_STATUS_SOFT), "status");
    }
    for (int depth = 0; t->status && t->side == SERVER && depth < 2; depth++) {
        hf_bytes response =
            test_ocsp_make(&(struct test_ocsp){.of = depth ? NULL : &test_pki()->server[t->key]});
        puppet_must(hf_config_staple(c, response, NULL), "staple");
        test_ocsp_free(response);
    }
}

static void set_lists(hf_config *c, const struct trait *t)
{
    if (t->suites) {
        puppet_must(hf_config_suites(c, t->suites, NULL), t->suites);
    }
    if (t->groups) {
        puppet_must(hf_config_groups(c, t->groups, NULL), t->groups);
    }
    if (t->sign) {
        puppet_must(hf_config_schemes_to_sign(c, t->sign, NULL), t->sign);
    }
    if (t->accept) {
        puppet_must(hf_config_schemes_to_accept(c, t->accept, NULL), t->accept);
    }
    if (t->alpn) {
        puppet_must(hf_config_alpn(c, t->alpn, false), t->alpn);
    }
}

static void set_hello(hf_config *c, const struct trait *t)
{
    if (t->side == CLIENT) {
        puppet_must(hf_config_max_fragment(c, t->max_fragment), "max_fragment");
        puppet_must(hf_config_padding(c, t->padding), "padding");
        puppet_must(hf_config_grease(c, t->grease), "grease");
    }
    if (t->record_size_limit) {
        puppet_must(
            hf_config_record_size_limit(c, t->record_size_limit < 0 ? 0 : (unsigned)t->record_size_limit),
            "record_size_limit");
    }
}

static void add_supplemental(hf_config *c)
{
    static const uint8_t formats[] = {1, 0};
    hf_supplemental_type row = {.type = TEST_AUTHZ_DATA,
                                .extension = 7,
                                .client_sends = true,
                                .when = HF_UNSAFE_IN_CLEAR,
                                .extension_data = {formats, sizeof formats}};
    puppet_must(hf_config_supplemental(c, &row), "supplemental");
    row.extension = 8;
    row.client_sends = false;
    row.server_sends = true;
    puppet_must(hf_config_supplemental(c, &row), "supplemental");
    puppet_must(hf_config_user_mapping(c, NULL, HF_UNSAFE_IN_CLEAR), "user mapping");
}

/* Two epochs at once: sessions that are earned are under the older one alone (earn_session), and found with
 * both, so that every ticket is renewed. */
#define EPOCH(id, byte)                                                                                    \
    "epoch " id                                                                                            \
    " not_before 1780185600 encrypt_until 1780358400 decrypt_until 1780372800 secret " byte byte byte byte \
    "\n"
#define OLDER "handfast keyring 1\nplan period 86400 life 14400 lead 0\n" EPOCH("1", "01abcdef01abcdef")
#define BOTH OLDER EPOCH("2", "02abcdef02abcdef")
static hf_keyring *two_epochs;

static void load_epochs(const char *text)
{
    puppet_must(hf_keyring_load(two_epochs, (hf_bytes){(const uint8_t *)text, strlen(text)}, NULL),
                "keyring");
}

static void add_tickets(hf_config *c, const struct trait *t)
{
    puppet_must(hf_config_tickets(c, true), "tickets");
    if (t->tickets == RENEWS_TICKETS) {
        two_epochs = two_epochs ? two_epochs : hf_keyring_new(NULL);
        assert_non_null(two_epochs);
        load_epochs(BOTH);
        puppet_must(hf_config_keyring(c, two_epochs), "keyring");
    }
}

static void set_tls13(hf_config *c, const struct trait *t)
{
    static const uint8_t key[32] = "a key that both sides were given";
    puppet_must(hf_config_early_data(c, t->early ? TEST_EARLY : 0), "early data");
    puppet_must(hf_config_psk_alone(c, t->psk_alone), "psk_ke");
    if (t->external) {
        puppet_must(hf_config_psk(c, (hf_bytes){key, 5}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), "psk");
    }
    if (t->compresses) {
        hf_err e = hf_config_certificate_compression(c, NULL, NULL);
        puppet_must(e == HF_COMPRESSION_NOT_BUILT_IN ? HF_OK : e, "compression");
    }
    if (t->later) {
        puppet_must(hf_config_post_handshake_auth(c, true), "post_handshake_auth");
    }
}

hf_config *trait_config(const struct trait *t)
{
    hf_config *c = t->side == CLIENT ? hf_config_client() : hf_config_server();
    hf_problem why;
    assert_non_null(c);
    puppet_must(hf_config_clock(c, test_clock, NULL), "clock");
    puppet_must(hf_config_trust_pem(c, test_pki()->root), "trust");
    if (t->side == SERVER || t->has_identity) {
        add_identity(c, t);
    }
    if (t->rsa_root) {
        puppet_must(hf_config_trust_pem(c, test_pki()->rsa_root), "trust");
    }
    puppet_must(hf_config_require_encrypt_then_mac(c, t->etm_required), "encrypt_then_mac");
    puppet_must(hf_config_min_dh_bits(c, t->min_dh_bits), "min_dh_bits");
    if (t->unverified) {
        puppet_must(hf_config_insecure_no_verification(c), "no verification");
    }
    if (t->side == SERVER) {
        puppet_must(hf_config_client_auth(c, t->client_auth), "client_auth");
    }
    if (t->side == SERVER && t->no_sessions) {
        puppet_must(hf_config_session_cache(c, 0), "session_cache");
    }
    puppet_must(hf_config_renegotiation(c, t->renegotiation, 0, 0), "renegotiation");
    puppet_must(hf_config_renegotiation_may_change_peer(c, t->peer_may_change), "peer_may_change");
    if (t->tickets) {
        add_tickets(c, t);
    }
    if (t->no_tickets) {
        puppet_must(hf_config_tickets(c, false), "tickets");
    }
    const uint16_t version = t->tls13 ? TLS_1_3 : TLS_1_2;
    puppet_must(hf_config_versions(c, version, version), "versions");
    puppet_must(hf_config_ask(c, t->asks), "ask");
    set_hello(c, t);
    set_tls13(c, t);
    if (t->supplemental != NO_SUPPLEMENTAL) {
        add_supplemental(c);
    }
    set_lists(c, t);
    set_status(c, t);
    if (hf_config_freeze(c, &why) != HF_OK) {
        fail_msg("freeze: %s", why.sentence);
    }
    return c;
}

#define SHARED_MAX 64
static struct {
    struct trait trait;
    hf_config *config;
} shared[SHARED_MAX];
static size_t shared_count;

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_trait(const struct trait *a, const struct trait *b)
{
    return a->side == b->side && a->key == b->key && a->has_identity == b->has_identity &&
           a->client_auth == b->client_auth && same_text(a->suites, b->suites) &&
           same_text(a->groups, b->groups) && same_text(a->sign, b->sign) &&
           same_text(a->accept, b->accept) && same_text(a->alpn, b->alpn) &&
           a->no_sessions == b->no_sessions && a->unverified == b->unverified && a->asks == b->asks &&
           a->role == b->role && a->rsa_root == b->rsa_root && a->etm_required == b->etm_required &&
           a->min_dh_bits == b->min_dh_bits && a->max_fragment == b->max_fragment &&
           a->padding == b->padding && a->record_size_limit == b->record_size_limit &&
           a->grease == b->grease && a->status == b->status && a->supplemental == b->supplemental &&
           a->renegotiation == b->renegotiation && a->peer_may_change == b->peer_may_change &&
           a->tickets == b->tickets && a->no_tickets == b->no_tickets && a->tls13 == b->tls13 &&
           a->early == b->early && a->external == b->external && a->psk_alone == b->psk_alone &&
           a->compresses == b->compresses && a->later == b->later;
}

const hf_config *shared_config(const struct trait *t)
{
    for (size_t i = 0; i < shared_count; i++) {
        if (same_trait(&shared[i].trait, t)) {
            return shared[i].config;
        }
    }
    assert_true(shared_count < SHARED_MAX);
    shared[shared_count].trait = *t;
    shared[shared_count].config = trait_config(t);
    return shared[shared_count++].config;
}

void shared_configs_free(void)
{
    while (shared_count) {
        hf_config_free(shared[--shared_count].config);
    }
    hf_keyring_free(two_epochs);
    two_epochs = NULL;
}

int shared_configs_teardown(void **state)
{
    (void)state;
    shared_configs_free();
    return 0;
}

void answer_supplemental(hf_conn *asked)
{
    static const hf_supplemental hi = {.type = TEST_AUTHZ_DATA, .data = {(const uint8_t *)"hi", 2}};
    size_t count = 0;
    for (size_t i = 0; i < shared_count; i++) {
        count += shared[i].config == asked->config && shared[i].trait.supplemental == SENDS_SUPPLEMENTAL;
    }
    if (hf_asked(asked, NULL) == HF_ASK_SUPPLEMENTAL) {
        puppet_must(hf_answer_supplemental(asked, &hi, count), "hf_answer_supplemental");
    }
}

hf_session *earn_session(const hf_config *client, const hf_config *server)
{
    hf_conn *c = honest_new(client, NULL), *s = honest_new(server, NULL);
    if (two_epochs) {
        load_epochs(OLDER);
    }
    converse(c, s);
    if (two_epochs) {
        load_epochs(BOTH);
    }
    expect_complete(c, s, "the handshake that earns a session");
    hf_session *session = hf_conn_session(c);
    assert_non_null(session);
    hf_conn_free(c);
    hf_conn_free(s);
    return session;
}
