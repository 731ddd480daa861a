/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <handfast/early.h>
#include <handfast/unstable/quic.h>

/* What is played, and what has to be there before. */
#define GCM128_ECDSA "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define GCM256_RSA "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define CHACHA_ECDSA "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
#define GCM256_DHE "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"
#define CCM128_RSA_KX "TLS_RSA_WITH_AES_128_CCM"
#define GCM128_ECDH "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"
#define CBC128_ECDSA "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"

/* clang-format off */
const struct fault_scenario fault_scenarios[] = {
    {"config", play_config, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .crls = true},
    {"config-status", play_config, .server = LEAF_ECDSA, .status = true},
    {"config-supplemental", play_config, .server = LEAF_ECDSA, .supplemental = true},
    {"config-rsa", play_config, .server = LEAF_RSA, .client = LEAF_ED25519, .client_auth = HF_CLIENT_AUTH_REQUEST},
    {"full-ecdsa", play_handshake, .server = LEAF_ECDSA, .suites = GCM128_ECDSA, .groups = "secp256r1", .data = 500},
    {"status", play_handshake, .server = LEAF_ECDSA, .status = true, .data = 500},
    {"full-rsa", play_handshake, .server = LEAF_RSA, .suites = GCM256_RSA, .groups = "secp384r1", .data = 500},
    {"full-ed25519", play_handshake, .server = LEAF_ED25519, .suites = CHACHA_ECDSA, .groups = "x25519", .data = 500},
    {"full-x448", play_handshake, .server = LEAF_RSA, .groups = "x448", .data = 500},
    {"full-secp521r1", play_handshake, .server = LEAF_RSA, .groups = "secp521r1", .data = 500},
    {"full-dhe", play_handshake, .server = LEAF_RSA, .suites = GCM256_DHE, .groups = "ffdhe2048", .data = 500},
    {"full-rsa-kx", play_handshake, .server = LEAF_ENCIPHERS, .suites = CCM128_RSA_KX, .data = 500},
    {"full-ecdh", play_handshake, .server = LEAF_AGREES, .suites = GCM128_ECDH, .groups = "secp256r1", .data = 500},
    {"mutual-fixed-ecdh", play_handshake, .server = LEAF_AGREES, .client = LEAF_FIXED, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .suites = GCM128_ECDH, .groups = "secp256r1", .data = 500},
    {"full-dh-anon", play_handshake, .suites = "TLS_DH_anon_WITH_AES_128_GCM_SHA256", .groups = "ffdhe2048", .data = 500},
    {"full-ecdh-anon", play_handshake, .suites = "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", .groups = "x25519", .data = 500},
    {"cbc-encrypt-then-mac", play_handshake, .server = LEAF_ECDSA, .suites = CBC128_ECDSA, .resume = RESUME_HIT, .data = 20000},
    {"cbc-mac-then-encrypt", play_handshake, .server = LEAF_ECDSA, .suites = CBC128_ECDSA, .asks = true, .mac_then_encrypt = true,
        .data = 20000},
    {"mutual", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .data = 500},
    {"mutual-rsa", play_handshake, .server = LEAF_RSA, .client = LEAF_RSA, .client_auth = HF_CLIENT_AUTH_REQUIRE, .data = 500},
    {"mutual-ed25519-crls", play_handshake, .server = LEAF_ED25519, .client = LEAF_ED25519, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .crls = true, .data = 500},
    {"supplemental", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .supplemental = true, .data = 500},
    {"supplemental-double", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .supplemental = true, .twice = true, .data = 500},
    {"renegotiate", play_handshake, .server = LEAF_ECDSA, .again = AGAIN_BY_CLIENT, .data = 500},
    {"renegotiate-resumed", play_handshake, .server = LEAF_ECDSA, .suites = CBC128_ECDSA, .again = AGAIN_BY_RESUMING, .data = 500},
    {"hello-request", play_handshake, .server = LEAF_RSA, .again = AGAIN_BY_SERVER, .data = 500},
    {"request-certificate", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .again = AGAIN_FOR_CERTIFICATE, .data = 500},
    {"tls13-request-certificate", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .again = AGAIN_FOR_CERTIFICATE,
        .compressed = true, .data = 500},
    {"tls13-compressed", play_handshake, .server = LEAF_RSA, .client = LEAF_RSA, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .compressed = true, .data = 500},
    {"config-compressed", play_config, .server = LEAF_RSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .compressed = true},
    {"mutual-empty", play_handshake, .server = LEAF_ECDSA, .client_auth = HF_CLIENT_AUTH_REQUEST, .data = 500},
    {"resume-id", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .resume = RESUME_HIT, .data = 500},
    {"resume-id-miss", play_handshake, .server = LEAF_ECDSA, .resume = RESUME_MISS, .data = 500},
    {"asked", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .asks = true,
        .data = 500},
    {"asked-resume-id", play_handshake, .server = LEAF_ECDSA, .resume = RESUME_HIT, .asks = true, .data = 500},
    {"config-hellos", play_config, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .hellos = true},
    {"hellos", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .hellos = true,
        .resume = RESUME_MISS, .data = 500},
    {"ticket", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .tickets = true,
        .data = 500},
    {"resume-ticket", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .tickets = true, .resume = RESUME_HIT, .data = 500},
    {"config-tickets", play_config, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .tickets = true},
    {"tls13", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .tls13 = true,
        .data = 500},
    {"tls13-psk", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .tls13 = true,
        .resume = RESUME_HIT, .data = 500},
    {"tls13-psk-asked", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .asks = true, .resume = RESUME_HIT, .data = 500},
    {"tls13-psk-ticket", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .tickets = true, .resume = RESUME_HIT, .data = 500},
    {"tls13-early", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .early = true, .resume = RESUME_HIT, .data = 500},
    {"tls13-early-asked", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .early = true, .asks = true, .resume = RESUME_HIT, .data = 500},
    {"tls13-retry", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .groups = "x25519:secp384r1", .server_groups = "secp384r1",
        .data = 500},
    {"tls13-ffdhe", play_handshake, .server = LEAF_RSA, .tls13 = true, .groups = "ffdhe2048", .data = 500},
    {"tls13-update-keys", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .again = AGAIN_KEYS, .data = 20000},
    {"quic", play_quic, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE, .quic = true},
    {"quic-0rtt", play_quic, .server = LEAF_ECDSA, .quic = true, .resume = RESUME_HIT, .early = true},
    {"tls13-external-psk", play_handshake, .tls13 = true, .keys = true, .data = 500},
    {"tls13-retry-cookie", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .retry_cookie = true, .data = 500},
    {"config-external-psk", play_config, .server = LEAF_ECDSA, .tls13 = true, .keys = true},
    {"keyring", play_keyring, .server = LEAF_ECDSA},
    {"session", play_session, .server = LEAF_ECDSA, .resume = RESUME_HIT},
    {"export", play_export, .server = LEAF_ECDSA},
    {"data", play_handshake, .server = LEAF_ECDSA, .resume = RESUME_HIT, .data = 40000},
    {"stream", play_stream, .server = LEAF_ECDSA, .data = 5000},
    {"unknown-ca", play_handshake, .server = LEAF_ECDSA, .strangers_root = true, .expected = {HF_UNKNOWN_CA, HF_ALERT_RECEIVED}},
    {"untrusted-client", play_handshake, .server = LEAF_ECDSA, .client = LEAF_STRANGER, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .expected = {HF_ALERT_RECEIVED, HF_UNKNOWN_CA}},
    {"missing-client", play_handshake, .server = LEAF_ECDSA, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .expected = {HF_ALERT_RECEIVED, HF_CLIENT_CERTIFICATE_MISSING}},
    {"no-common-suite", play_handshake, .server = LEAF_ECDSA, .suites = GCM256_RSA, .expected = {HF_ALERT_RECEIVED, HF_NO_SERVER_IDENTITY}},
};
/* clang-format on */
const size_t fault_scenario_count = sizeof fault_scenarios / sizeof fault_scenarios[0];

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
    STEP(set_trust(s, side, c));
    STEP(set_identity(s, side, c));
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

/* ---- parts under fault ---- */
void play_handshake(struct play *p)
{
    play_connect(p);
    play_pump(p);
}

void play_config(struct play *p)
{
    for (int side = 0; side < 2; side++) {
        hf_config *c;
        p->local[side] = play_make_config(p, (hf_side)side, &c);
        hf_config_free(c);
    }
}

/* Made, rotated, saved, loaded, wrapped and unwrapped: whatever fails, a keyring is as it was. */
void play_keyring(struct play *p)
{
    static const uint8_t key[32] = {5};
    uint8_t text[1024], sealed[1100];
    size_t len = sizeof text, size = sizeof sealed;
    hf_keyring *a = hf_keyring_new(NULL), *b = hf_keyring_new(NULL);
    hf_epoch epoch;
    hf_problem why;
    p->none_made = !a || !b;
    hf_err e = p->none_made ? HF_NO_MEMORY : hf_keyring_rotate(a, FAULT_NOW, NULL);
    if (e != HF_OK && hf_keyring_epoch(a, 0, &epoch)) {
        play_problem(p, "hf_keyring_rotate failed and made an epoch");
    }
    e = e == HF_OK ? hf_keyring_save(a, text, &len) : e;
    e = e == HF_OK ? hf_keyring_load(b, (hf_bytes){text, len}, &why) : e;
    e = e == HF_OK ? hf_keyring_wrap(a, (hf_bytes){key, 32}, sealed, &size) : e;
    if (e == HF_OK) {
        e = hf_keyring_unwrap(b, (hf_bytes){key, 32}, (hf_bytes){sealed, size}, &why);
        if (!hf_keyring_epoch(b, 0, &epoch) || epoch.id != 1) {
            play_problem(p, "a keyring lost its epoch to what it could not load");
        }
    }
    p->local[HF_SERVER] = e;
    hf_keyring_free(a);
    hf_keyring_free(b);
}

void play_session(struct play *p)
{
    hf_session *loaded = NULL;
    uint8_t again[sizeof p->saved];
    size_t len = sizeof again;
    p->local[HF_CLIENT] = hf_session_load((hf_bytes){p->saved, p->saved_len}, &loaded);
    if (p->local[HF_CLIENT] == HF_OK) {
        p->local[HF_CLIENT] = hf_session_save(loaded, again, &len);
        if (p->local[HF_CLIENT] == HF_OK && (len != p->saved_len || memcmp(again, p->saved, len) != 0)) {
            play_problem(p, "a session that was loaded is saved as something else");
        }
    } else if (loaded) {
        play_problem(p, "hf_session_load failed and gave a session");
    }
    hf_session_free(loaded);
}

void play_export(struct play *p)
{
    uint8_t out[2][40] = {{0}};
    play_handshake(p);
    for (int side = 0; side < 2; side++) {
        if (p->conn[side] && !hf_failed(p->conn[side])) {
            p->local[side] = hf_export(p->conn[side], "EXPORTER-fault", NULL, out[side], sizeof out[side]);
        }
    }
    bool both = p->conn[0] && p->conn[1] && !hf_failed(p->conn[0]) && !hf_failed(p->conn[1]) &&
                !p->local[0] && !p->local[1];
    if (both && memcmp(out[0], out[1], sizeof out[0]) != 0) {
        play_problem(p, "both sides export, and not the same");
    }
}

/* ---- before ---- */
static void get_session(struct play *p)
{
    (p->scenario->quic ? play_quic : play_handshake)(p);
    p->session = p->conn[HF_CLIENT] ? hf_conn_session(p->conn[HF_CLIENT]) : NULL;
    p->saved_len = sizeof p->saved;
    if (!p->session || hf_session_save(p->session, p->saved, &p->saved_len) != HF_OK) {
        const hf_failure *f = hf_failed(p->conn[HF_CLIENT]), *g = hf_failed(p->conn[HF_SERVER]);
        play_problem(p, "no session to begin with: %s %s", f ? hf_err_name(f->err) : "",
                     g ? hf_err_name(g->err) : "");
    }
    play_drop(p);
}

static void open_wires(struct play *p)
{
    for (int side = 0; side < 2; side++) {
        p->wire[side].cut = SIZE_MAX;
        p->fd[side] = -1;
    }
    if (p->scenario->play == play_stream && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd) != 0) {
        play_problem(p, "no socket pair");
    }
}

void play_prepare(struct play *p, const struct fault_scenario *s)
{
    memset(p, 0, sizeof *p);
    p->scenario = s;
    open_wires(p);
    for (int side = 0; side < 2 && s->play != play_config; side++) {
        hf_err e = play_make_config(p, (hf_side)side, &p->config[side]);
        if (e != HF_OK) {
            play_problem(p, "no config to begin with: %s", hf_err_name(e));
            return;
        }
    }
    p->published_len = sizeof p->published;
    if (s->hellos && s->play != play_config &&
        hf_config_identity_pkipath(p->config[HF_CLIENT], 0, p->published, &p->published_len) != HF_OK) {
        play_problem(p, "nothing to publish");
        return;
    }
    if (s->resume != RESUME_NOT) {
        get_session(p);
    }
    if (s->resume == RESUME_MISS) { /* another server, with a store of its own */
        hf_config_free(p->config[HF_SERVER]);
        hf_err e = play_make_config(p, HF_SERVER, &p->config[HF_SERVER]);
        if (e != HF_OK) {
            play_problem(p, "no second server: %s", hf_err_name(e));
        }
    }
}

void play_drop(struct play *p)
{
    for (int side = 0; side < 2; side++) {
        if (p->stream[side]) {
            hf_stream_free(p->stream[side]);
        } else {
            hf_conn_free(p->conn[side]);
        }
        p->stream[side] = NULL;
        p->conn[side] = NULL;
        struct wire *w = &p->wire[side];
        w->at = w->len = w->delivered = 0;
        p->sent[side] = p->got[side] = 0;
        p->again = false;
        p->damaged[side] = false;
        p->local[side] = HF_OK;
    }
}

void play_end(struct play *p)
{
    play_drop(p);
    for (int side = 0; side < 2; side++) {
        hf_config_free(p->config[side]);
        if (p->fd[side] >= 0) {
            (void)close(p->fd[side]);
        }
    }
    hf_session_free(p->session);
}
