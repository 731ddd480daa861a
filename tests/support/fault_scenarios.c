/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

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
    {"tls13-status", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .status = true, .data = 500},
    {"tls13-early-retry", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .early = true, .resume = RESUME_HIT,
        .groups = "x25519:secp384r1", .server_groups = "secp384r1", .data = 500},
    {"tls13-retry-cookie-psk", play_handshake, .server = LEAF_ECDSA, .tls13 = true, .retry_cookie = true, .resume = RESUME_HIT, .data = 500},
    {"raw-keys", play_handshake, .server = LEAF_ECDSA, .client = LEAF_RSA, .client_auth = HF_CLIENT_AUTH_REQUIRE, .raw_keys = true,
        .data = 500},
    {"tls13-raw-keys", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .raw_keys = true, .tls13 = true, .data = 500},
    {"tls13-raw-keys-psk", play_handshake, .server = LEAF_ECDSA, .client = LEAF_CLIENT, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .raw_keys = true, .tls13 = true, .resume = RESUME_HIT, .data = 500},
    {"config-raw-keys", play_config, .server = LEAF_ECDSA, .client = LEAF_ED25519, .client_auth = HF_CLIENT_AUTH_REQUIRE,
        .raw_keys = true},
    {"quic-retry", play_quic, .server = LEAF_ECDSA, .quic = true, .groups = "x25519:secp384r1", .server_groups = "secp384r1"},
    {"tls13-compressed-status", play_handshake, .server = LEAF_ECDSA, .compressed = true, .status = true, .data = 500},
    {"config-compressed-status", play_config, .server = LEAF_ECDSA, .compressed = true, .status = true},
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
