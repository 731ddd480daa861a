/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "conn/policy.h"
#include "handshake/authority.h"

/* A config's life and its plain settings. Identities and trust: credentials.c; lists of names: lists.c;
 * freezing: freeze.c. */

static int64_t system_clock(void *arg)
{
    struct timespec t;
    (void)arg;
    (void)timespec_get(&t, TIME_UTC);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void set_clock(struct config *c, int64_t (*now)(void *arg), void *arg, int64_t unit)
{
    c->clock = now ? now : system_clock;
    c->clock_arg = arg;
    c->clock_unit = now ? unit : 1;
}

static hf_config *config_new(enum side side)
{
    void *memory;
    if (crypto_start() != OK || memory_new(sizeof(hf_config), &memory) != OK) {
        return NULL;
    }
    hf_config *config = memory;
    atomic_init(&config->references, 1);
    struct config *c = &config->settings;
    c->side = side;
    c->verify = true;
    c->send_ca_names = true;
    c->compatible = true;
    c->chain = (struct chain_policy){
        .purpose = side == CLIENT ? FOR_SERVER_AUTH : FOR_CLIENT_AUTH,
        .max_depth = 8,
    };
    c->chain_capacity = 512;
    c->certificate_limit = 100 * 1024;
    c->unsent_limit = 256 * 1024;
    c->record_size_limit = RECORD_PLAINTEXT_MAX; /* RFC 8449 4: said even where nothing is limited */
    c->session_capacity = 20480;
    c->session_life = 4 * 3600;
    c->client_auth_life = 8 * 3600;
    c->resume_client_auth = true;
    c->tickets = side == CLIENT;
    c->early_data_age = 10; /* RFC 8446 8.3 */
    c->ticket_count = 2;    /* a client that opens two connections at once has one for each */
    c->tickets_kept = 1;
    set_clock(c, NULL, NULL, 1);
    if (policy_apply(c, "default") != OK || trust_new(&c->trust) != OK) {
        memory_free(config, sizeof *config);
        return NULL;
    }
    return config;
}

hf_config *hf_config_client(void)
{
    return config_new(CLIENT);
}

hf_config *hf_config_server(void)
{
    return config_new(SERVER);
}

hf_config *hf_config_share(hf_config *config)
{
    if (config) {
        atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    }
    return config;
}

void identity_wipe(struct identity *identity)
{
    certificate_free(identity->leaf);
    private_key_free(identity->key);
    memory_free(identity->message.data, identity->message.len);
    memory_free(identity->message13.data, identity->message13.len);
    compressed_wipe(identity);
    memory_free(identity->sct_list.data, identity->sct_list.len);
    staple_place_free(identity->staples);
    for (size_t i = 0; i < identity->issuer_count; i++) {
        memory_free(identity->issuers[i].data, identity->issuers[i].len);
    }
    authorities_wipe(identity);
    memory_free(identity->urls.data, identity->urls.len);
    memory_free(identity->url_message.data, identity->url_message.len);
    *identity = (struct identity){0};
}

void hf_config_free(hf_config *config)
{
    if (!config || atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    struct config *c = &config->settings;
    for (size_t i = 0; i < c->identity_count; i++) {
        identity_wipe(&c->identities[i]);
    }
    memory_free(c->identities, c->identity_count * sizeof *c->identities);
    trust_free(c->trust);
    trusted_keys_free(c->trusted_keys);
    chain_cache_free(c->chains);
    session_store_free(c->sessions);
    keyring_release(c->keyring);
    counts_free(c->counts);
    peer_rules_free(c->peer_rules);
    external_psks_free(&c->psks);
    for (size_t i = 0; i < c->supplemental_count; i++) {
        memory_free(c->supplemental[i].body.data, c->supplemental[i].body.len);
    }
    memory_free(c->supplemental, c->supplemental_count * sizeof *c->supplemental);
    memory_free(c->user_mapping.data, c->user_mapping.len);
    memory_free(c->alpn.data, c->alpn.len);
    memory_free(c->generation.data, c->generation.len);
    memory_free(c->certificate_request.data, c->certificate_request.len);
    memory_free(c->certificate_request13.data, c->certificate_request13.len);
    memory_free(c->trusted_cas.data, c->trusted_cas.len);
    memory_free(c->ca_names.data, c->ca_names.len);
    memory_free(c->oid_filters.data, c->oid_filters.len);
    for (size_t i = 0; i < c->own_count; i++) {
        memory_free(c->own[i].body.data, c->own[i].body.len);
    }
    memory_free(config, sizeof *config);
}

hf_err config_settable(const hf_config *config)
{
    return !config ? HF_NULL_ARGUMENT : config->frozen ? HF_CONFIG_FROZEN : HF_OK;
}

hf_err config_settable_with(const hf_config *config, const void *argument)
{
    hf_err e = config_settable(config);
    return e == HF_OK && !argument ? HF_NULL_ARGUMENT : e;
}

hf_err config_settable_by(const hf_config *config, enum side side)
{
    hf_err e = config_settable(config);
    return e == HF_OK && config->settings.side != side ? HF_BAD_ARGUMENT : e;
}

/* ---- plain settings: check, then set ---- */
#define CHECK(settable)              \
    do {                             \
        hf_err settable_ = settable; \
        if (settable_ != HF_OK) {    \
            return settable_;        \
        }                            \
    } while (0)
#define SETTABLE(config) CHECK(config_settable(config))
#define SETTABLE_BY(config, side) CHECK(config_settable_by(config, side))

hf_err hf_config_chain_limits(hf_config *config, unsigned depth, unsigned rsa_bits, unsigned ec_bits)
{
    SETTABLE(config);
    if (depth > 32 || rsa_bits > 16384 || ec_bits > 521) {
        return HF_BAD_ARGUMENT;
    }
    struct chain_policy *p = &config->settings.chain;
    p->max_depth = depth ? depth : p->max_depth;
    p->min_rsa_bits = rsa_bits ? rsa_bits : p->min_rsa_bits;
    p->min_ec_bits = ec_bits ? ec_bits : p->min_ec_bits;
    return HF_OK;
}

hf_err hf_config_chain_cache(hf_config *config, size_t chains)
{
    SETTABLE(config);
    if (chains > 1u << 20) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.chain_capacity = chains;
    return HF_OK;
}

hf_err hf_config_insecure_no_verification(hf_config *config)
{
    SETTABLE_BY(config, CLIENT);
    config->settings.verify = false;
    return HF_OK;
}

hf_err hf_config_client_auth(hf_config *config, hf_client_auth mode)
{
    SETTABLE_BY(config, SERVER);
    if ((unsigned)mode > HF_CLIENT_AUTH_REQUIRE) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.client_auth = (enum client_auth)mode;
    return HF_OK;
}

hf_err hf_config_send_ca_names(hf_config *config, bool send)
{
    SETTABLE(config);
    config->settings.send_ca_names = send;
    return HF_OK;
}

hf_err hf_config_versions(hf_config *config, uint16_t min, uint16_t max)
{
    SETTABLE(config);
    if (min > max || max < TLS_1_2 || min > TLS_1_3) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.min_version = min < TLS_1_2 ? TLS_1_2 : min;
    config->settings.max_version = max > TLS_1_3 ? TLS_1_3 : max;
    return HF_OK;
}

hf_err hf_config_unknown_names(hf_config *config, bool serve)
{
    SETTABLE(config);
    config->settings.serve_unknown_names = serve;
    return HF_OK;
}

hf_err hf_config_require_extended_master_secret(hf_config *config, bool require)
{
    SETTABLE(config);
    config->settings.require_ems = require;
    return HF_OK;
}

hf_err hf_config_require_encrypt_then_mac(hf_config *config, bool require)
{
    SETTABLE(config);
    config->settings.etm_required = require;
    return HF_OK;
}

hf_err hf_config_min_dh_bits(hf_config *config, unsigned bits)
{
    SETTABLE(config);
    if (bits && (bits < 1024 || bits > 8192)) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.min_dh_bits = bits ? bits : config->settings.min_dh_bits;
    return HF_OK;
}

hf_err hf_config_allow_insecure_renegotiation_peer(hf_config *config, bool allow)
{
    SETTABLE(config);
    config->settings.allow_insecure_peer = allow;
    return HF_OK;
}

hf_err hf_config_fallback(hf_config *config, bool is_fallback)
{
    SETTABLE(config);
    config->settings.fallback = is_fallback;
    return HF_OK;
}

hf_err hf_config_limits(hf_config *config, size_t certificate_bytes, size_t unsent_bytes)
{
    SETTABLE(config);
    if (certificate_bytes > 0xffffff || unsent_bytes > (size_t)1 << 30) {
        return HF_BAD_ARGUMENT;
    }
    struct config *c = &config->settings;
    c->certificate_limit = certificate_bytes ? certificate_bytes : c->certificate_limit;
    c->unsent_limit = unsent_bytes ? unsent_bytes : c->unsent_limit;
    return HF_OK;
}

hf_err hf_config_ask(hf_config *config, unsigned asks)
{
    SETTABLE(config);
    if ((asks & ~(unsigned)HF_ASK_LOOK_UP_PSK) > 2 * HF_ASK_FETCH_URL - 1) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.asks = asks;
    return HF_OK;
}

hf_err hf_config_clock(hf_config *config, int64_t (*now)(void *arg), void *arg)
{
    SETTABLE(config);
    set_clock(&config->settings, now, arg, 1000);
    return HF_OK;
}

hf_err hf_config_clock_ms(hf_config *config, int64_t (*now)(void *arg), void *arg)
{
    SETTABLE(config);
    set_clock(&config->settings, now, arg, 1);
    return HF_OK;
}

hf_err hf_config_random(hf_config *config, int (*fill)(void *arg, uint8_t *out, size_t len), void *arg)
{
    SETTABLE(config);
    config->settings.random = (struct random_source){fill, arg};
    return HF_OK;
}

hf_err hf_config_keylog(hf_config *config, hf_keylog *keylog, void *arg)
{
    SETTABLE(config);
    config->settings.keylog = keylog;
    config->settings.keylog_arg = arg;
    return HF_OK;
}
