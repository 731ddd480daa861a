/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <handfast/early.h>
#include <handfast/unstable/quic.h>
#include <stdio.h>
#include <string.h>

/* The configs of the two sides of a scenario. */
static int64_t fixed_clock(void *arg)
{
    (void)arg;
    return FAULT_NOW;
}

static void store(void *arg, const hf_session_record *record)
{
    struct stored *s = arg;
    s->len = 0;
    s->key[0] = '\0';
    if (record->sealed.len && record->sealed.len <= sizeof s->bytes && strlen(record->key) < sizeof s->key) {
        memcpy(s->key, record->key, strlen(record->key) + 1);
        memcpy(s->bytes, record->sealed.data, s->len = record->sealed.len);
    }
}

#define STEP(call)          \
    do {                    \
        hf_err e_ = (call); \
        if (e_ != HF_OK) {  \
            return e_;      \
        }                   \
    } while (0)

static hf_err set_identity(const struct fault_scenario *s, hf_side side, hf_config *c)
{
    enum fault_leaf leaf = side == HF_CLIENT ? s->client : s->server;
    if (leaf == LEAF_NONE) {
        return HF_OK;
    }
    return s->asks ? hf_config_identity_external(c, fault_chain(leaf), 7)
                   : hf_config_identity(c, fault_chain(leaf), fault_key(leaf), NULL);
}

/* RFC 7250 */
static hf_err set_raw_keys(const struct fault_scenario *s, hf_side side, hf_config *c)
{
    enum fault_leaf own = side == HF_CLIENT ? s->client : s->server,
                    peers = side == HF_CLIENT ? s->server : s->client;
    uint8_t digest[32];
    STEP(hf_config_identity_raw_key(c, fault_key(own), NULL));
    STEP(hf_public_key_sha256(fault_key(peers), digest));
    return hf_config_trust_key_sha256(c, (hf_bytes){digest, sizeof digest});
}

static hf_err set_trust(const struct fault_scenario *s, hf_side side, hf_config *c)
{
    if (side == HF_SERVER && s->client_auth == HF_CLIENT_AUTH_NONE && s->again != AGAIN_FOR_CERTIFICATE) {
        return HF_OK;
    }
    bool wrong = side == HF_CLIENT && s->strangers_root;
    STEP(wrong ? hf_config_trust_pem(c, fault_stranger_root()) : hf_config_trust_path(c, fault_root_file()));
    return s->crls ? hf_config_crls_pem(c, fault_crl()) : HF_OK;
}

static hf_err set_status(const struct fault_scenario *s, hf_side side, hf_config *c)
{
    static const uint8_t scts[] = {0, 4, 0, 2, 'c', 't'};
    if (!s->status) {
        return HF_OK;
    }
    if (side == HF_CLIENT) {
        STEP(hf_config_sct(c, true));
        return hf_config_status(c, HF_STATUS_HARD);
    }
    STEP(hf_config_sct_list(c, 0, (hf_bytes){scts, sizeof scts}));
    STEP(hf_config_staple(c, fault_ocsp_leaf(), NULL));
    return hf_config_staple(c, fault_ocsp_intermediate(), NULL);
}

static hf_err set_supplemental(hf_side side, hf_config *c)
{
    static const hf_user_mapping hint = {{(const uint8_t *)"alice@example.com", 17}, {NULL, 0}};
    const hf_supplemental_type row = {.type = FAULT_SUPPLEMENTAL,
                                      .extension = FAULT_SUPPLEMENTAL,
                                      .client_sends = true,
                                      .server_sends = true,
                                      .when = HF_UNSAFE_IN_CLEAR,
                                      .extension_data = {(const uint8_t *)"body", 4}};
    STEP(hf_config_supplemental(c, &row));
    return hf_config_user_mapping(c, side == HF_CLIENT ? &hint : NULL, HF_UNSAFE_IN_CLEAR);
}

/* RFC 6066 5, 6; RFC 5246 7.4.1.4 */
static hf_err set_hellos(const struct fault_scenario *s, hf_side side, hf_config *c)
{
    static const uint8_t body[] = {1, 2, 3};
    if (!s->hellos) {
        return HF_OK;
    }
    STEP(hf_config_extension(c, 65300, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO,
                             (hf_bytes){body, sizeof body}));
    if (side == HF_SERVER) {
        return hf_config_identity_pre_agreed(c, 0);
    }
    STEP(hf_config_send_trusted_cas(c, 15));
    return hf_config_identity_url(c, 0, true, "http://pki.test/client.pkipath");
}

/* One epoch around FAULT_NOW. */
#define EPOCH_SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static hf_err set_tickets(struct play *p, hf_side side, hf_config *c)
{
    char text[400];
    hf_problem why;
    if (!p->scenario->tickets || side == HF_CLIENT) {
        return HF_OK;
    }
    hf_keyring *keyring = hf_keyring_new(NULL);
    if (!keyring) {
        p->none_made = true;
        return HF_NO_MEMORY;
    }
    long long now = FAULT_NOW;
    int len = snprintf(text, sizeof text,
                       "handfast keyring 1\nplan period 3600 life 14400 lead 600\n"
                       "epoch 1 not_before %lld encrypt_until %lld decrypt_until %lld secret " EPOCH_SECRET
                       "\n",
                       now - 10, now + 3590, now + 17990);
    hf_err e = hf_keyring_load(keyring, (hf_bytes){(const uint8_t *)text, (size_t)len}, &why);
    e = e == HF_OK ? hf_config_keyring(c, keyring) : e;
    e = e == HF_OK ? hf_config_tickets(c, true) : e;
    e = e == HF_OK
            ? hf_config_peer_identities(c, "dns:*.client.test,cn:nobody,serial:00,sha256:" EPOCH_SECRET, &why)
            : e;
    e = e == HF_OK ? hf_config_peer_identities(c, "", &why) : e;
    hf_keyring_free(keyring);
    return e;
}

/* RFC 8879, RFC 8446 4.2.6; a library that is built without any algorithm has none to fail. */
static hf_err set_compressed(hf_side side, hf_config *c)
{
    STEP(hf_config_versions(c, 0x0304, 0x0304));
    hf_err e = hf_config_certificate_compression(c, NULL, NULL);
    STEP(e == HF_COMPRESSION_NOT_BUILT_IN ? HF_OK : e);
    return side == HF_CLIENT ? hf_config_post_handshake_auth(c, true) : HF_OK;
}

static hf_err set_quic(hf_config *c)
{
    STEP(hf_config_versions(c, 0x0304, 0x0304));
    return hf_config_quic(c);
}

/* RFC 8446 4.2.11, RFC 9258 */
static hf_err set_keys(hf_config *c)
{
    static const uint8_t key[] = EPOCH_SECRET;
    const hf_bytes name = {key, 8}, other = {key + 8, 8}, context = {key + 16, 16};
    STEP(hf_config_psk_import(c, name, context, (hf_bytes){key, 32}, HF_PSK_SHA256));
    return hf_config_psk(c, other, (hf_bytes){key + 32, 32}, HF_PSK_SHA384);
}

/* RFC 8446 4.2.2, 4.2.8 */
static hf_err set_retry_cookie(hf_side side, hf_config *c)
{
    return side == HF_SERVER ? hf_config_retry_cookie(c, HF_RETRY_COOKIE_ALWAYS, 0)
                             : hf_config_key_shares(c, 2);
}

static hf_err set_up(struct play *p, hf_side side, hf_config *c)
{
    const struct fault_scenario *s = p->scenario;
    /* the suites of no-common-suite are the client's alone */
    bool lists = side == HF_CLIENT || s->expected[HF_SERVER] != HF_NO_SERVER_IDENTITY;
    hf_problem why;
    STEP(hf_config_clock(c, fixed_clock, NULL));
    STEP(hf_config_versions(c, 0x0303, s->tls13 ? 0x0304 : 0x0303));
    STEP(hf_config_early_data(c, s->early ? 1000 : 0));
    if (s->raw_keys) {
        STEP(set_raw_keys(s, side, c));
    } else {
        STEP(set_trust(s, side, c));
        STEP(set_identity(s, side, c));
    }
    STEP(set_status(s, side, c));
    STEP(set_hellos(s, side, c));
    STEP(set_tickets(p, side, c));
    STEP(s->suites && lists ? hf_config_suites(c, s->suites, &why) : HF_OK);
    const char *groups = side == HF_SERVER && s->server_groups ? s->server_groups : s->groups;
    STEP(groups ? hf_config_groups(c, groups, &why) : HF_OK);
    STEP(s->quic ? set_quic(c) : HF_OK);
    STEP(hf_config_alpn(c, "h2,http/1.1", false));
    STEP(hf_config_session_generation(c, "fault tests"));
    if (side == HF_SERVER) {
        STEP(hf_config_client_auth(c, s->client_auth));
        STEP(hf_config_send_ca_names(c, s->client != LEAF_STRANGER)); /* or a stranger would show nothing */
        STEP(hf_config_session_cache(c, s->asks ? 0 : 32));
        STEP(s->asks ? hf_config_session_effects(c, store, &p->stored) : HF_OK);
    }
    STEP(s->supplemental ? set_supplemental(side, c) : HF_OK);
    STEP(s->compressed ? set_compressed(side, c) : HF_OK);
    STEP(s->keys ? set_keys(c) : HF_OK);
    STEP(s->retry_cookie ? set_retry_cookie(side, c) : HF_OK);
    STEP(hf_config_double_handshake(c, s->twice));
    STEP(s->again ? hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 0, 0) : HF_OK);
    STEP(hf_config_ask(c, s->asks ? 15 : s->hellos && side == HF_SERVER ? HF_ASK_FETCH_URL : 0));
    return hf_config_freeze(c, &why);
}

hf_err play_make_config(struct play *p, hf_side side, hf_config **out)
{
    *out = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    p->none_made |= !*out;
    return *out ? set_up(p, side, *out) : HF_NO_MEMORY;
}
