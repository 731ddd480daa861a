/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "extras.h"
#include "extras13.h"
#include "identities.h"
#include "quic_drive.h"

/* ---- what never changes ---- */
static int64_t fixed_now(void *arg)
{
    (void)arg;
    return 1780272000; /* 2026-06-01 */
}

static uint64_t random_state[2];

static int fixed_random(void *arg, uint8_t *out, size_t len)
{
    uint64_t *x = arg;
    for (size_t i = 0; i < len; i++) {
        *x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*x >> 56);
    }
    return 0;
}

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- what is made once for a variant; an older one makes room when its place is wanted ---- */
struct kept {
    uint8_t bytes[2048];
    size_t len;
    char key[40];
};
struct sides {
    bool used, earned;
    uint32_t variant;
    hf_config *config[2];
    struct kept kept[2]; /* each side binds a session to its own config, so each has its own bytes of it */
};
enum { PLACES = 512 };
static struct sides places[PLACES];
static bool earning;
static uint32_t playing;

uint32_t fuzz_playing(void)
{
    return playing;
}

static struct sides *sides_of(uint32_t v)
{
    struct sides *s = &places[(v * UINT32_C(2654435761)) >> 23];
    if (!s->used || s->variant != v) {
        hf_config_free(s->config[HF_CLIENT]);
        hf_config_free(s->config[HF_SERVER]);
        memset(s, 0, sizeof *s);
        s->used = true;
        s->variant = v;
    }
    return s;
}

static void keep_server_session(void *arg, const hf_session_record *record)
{
    struct kept *k = arg;
    if (earning && record->sealed.len) {
        REQUIRE(record->sealed.len <= sizeof k->bytes);
        memcpy(k->bytes, record->sealed.data, record->sealed.len);
        k->len = record->sealed.len;
        memcpy(k->key, record->key, strlen(record->key) + 1);
    }
}

static void set_suites(hf_config *c, hf_side side, uint32_t v)
{
    char suites[100];
    bool rsa = v & WITH_RSA && !(v & WITH_TLS13), retry = v & WITH_RETRY,
         alone = v & WITH_PSK && v & WITH_OWN;
    const char *groups = v & WITH_X25519 ? "x25519:secp256r1" : "secp256r1";
    if (retry || alone) { /* the client's first group is not the server's; alone: there is none in common */
        groups = side == HF_SERVER ? "secp256r1" : retry ? "x25519:secp256r1" : "x25519";
    }
    (void)snprintf(suites, sizeof suites, "%sTLS_ECDHE_%s_WITH_%s",
                   !(v & WITH_TLS13) ? ""
                   : v & WITH_CHACHA ? "TLS_CHACHA20_POLY1305_SHA256:"
                                     : "TLS_AES_256_GCM_SHA384:",
                   rsa ? "RSA" : "ECDSA",
                   v & WITH_CHACHA ? "CHACHA20_POLY1305_SHA256" : "AES_256_GCM_SHA384");
    REQUIRE(hf_config_suites(c, suites, NULL) == HF_OK);
    REQUIRE(hf_config_groups(c, groups, NULL) == HF_OK);
    REQUIRE(hf_config_versions(c, 0x0303, v & WITH_TLS13 ? 0x0304 : 0x0303) == HF_OK);
    REQUIRE(hf_config_schemes_to_sign(c, "ed25519:rsa_pkcs1_sha256", NULL) == HF_OK);
}

static void set_common(hf_config *c, hf_side side, uint32_t v)
{
    REQUIRE(hf_config_clock(c, fixed_now, NULL) == HF_OK);
    REQUIRE(hf_config_random(c, fixed_random, &random_state[side]) == HF_OK);
    set_suites(c, side, v);
    REQUIRE(hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 0, 0) == HF_OK);
    REQUIRE(!(v & WITH_ALPN) ||
            hf_config_alpn(c, side == HF_CLIENT ? "h2,http/1.1" : "http/1.1", false) == HF_OK);
    unsigned asks = (v & WITH_ASKS ? HF_ASK_PICK_IDENTITY | HF_ASK_VERIFY : 0u) |
                    (side == HF_SERVER ? HF_ASK_LOOK_UP_SESSION : 0u) |
                    (side == HF_SERVER && v & WITH_PSK ? HF_ASK_LOOK_UP_PSK : 0u) |
                    (side == HF_SERVER && v & WITH_URLS ? HF_ASK_FETCH_URL : 0u);
    REQUIRE(hf_config_ask(c, asks) == HF_OK);
}

/* Keys that are the same in every run: a keyring of the config's own would draw from its random bytes, under
 * the first handshake alone. */
static void fix_keyring(hf_config *c)
{
    static const char keys[] =
        "handfast keyring 1\nplan period 86400 life 14400 lead 600\n"
        "epoch 1 not_before 1780271000 encrypt_until 1780357400 decrypt_until 1780371800 secret "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    hf_keyring *keyring = hf_keyring_new(NULL);
    REQUIRE(keyring && hf_keyring_load(keyring, text(keys), NULL) == HF_OK);
    REQUIRE(hf_config_keyring(c, keyring) == HF_OK);
    hf_keyring_free(keyring);
}

static hf_config *config_make(hf_side side, uint32_t v)
{
    hf_config *c = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    REQUIRE(c);
    set_common(c, side, v);
    extras_trust(c, side, v);
    if (side == HF_SERVER) {
        extras_server_identities(c, v);
        fix_keyring(c);
        REQUIRE(hf_config_session_cache(c, 0) == HF_OK);
        REQUIRE(hf_config_tickets(c, (v & WITH_TICKETS) == WITH_TICKETS) == HF_OK);
        REQUIRE(hf_config_session_effects(c, keep_server_session, &sides_of(v)->kept[HF_SERVER]) == HF_OK);
        hf_client_auth asks = !(v & WITH_CLIENT) ? HF_CLIENT_AUTH_NONE
                              : v & WITH_RSA     ? HF_CLIENT_AUTH_REQUIRE
                                                 : HF_CLIENT_AUTH_REQUEST;
        REQUIRE(hf_config_client_auth(c, asks) == HF_OK);
    } else if (v & WITH_IDENTITY && !(v & WITH_RAW_KEYS)) {
        REQUIRE(hf_config_identity(c, text(CLIENT_ED25519_PEM), text(CLIENT_ED25519_KEY), NULL) == HF_OK);
    }
    extras_set(c, side, v);
    extras13_set(c, side, v);
    REQUIRE(hf_config_freeze(c, NULL) == HF_OK);
    return c;
}

static hf_config *config_of(hf_side side, uint32_t v)
{
    struct sides *s = sides_of(v);
    if (!s->config[side]) {
        s->config[side] = config_make(side, v);
    }
    return s->config[side];
}

/* ---- sessions ---- */
static hf_conn *conn_new(hf_side side, uint32_t v)
{
    /* another one for each session that is earned, or two would have one ID */
    random_state[side] = side + 1u + (earning ? 4u + UINT64_C(4) * v : 0u);
    playing = v;
    hf_conn *c = hf_conn_new(config_of(side, v), side == HF_CLIENT ? "server.test" : NULL, NULL);
    REQUIRE(c);
    extras13_expect(c, side, v);
    return c;
}

/* One full handshake between sides of this variant. */
static void earn(uint32_t v)
{
    if (sides_of(v)->earned) {
        return;
    }
    sides_of(v)->earned = earning = true;
    hf_conn *c = conn_new(HF_CLIENT, v), *s = conn_new(HF_SERVER, v);
    if (v & WITH_QUIC) {
        quic_converse(c, s);
    } else {
        fuzz_converse(c, s);
    }
    hf_session *session = hf_conn_session(c);
    if (session) { /* a client without the certificate that is required gets none */
        struct kept *k = &sides_of(v)->kept[HF_CLIENT];
        k->len = sizeof k->bytes;
        REQUIRE(hf_session_save(session, k->bytes, &k->len) == HF_OK);
    }
    hf_session_free(session);
    hf_conn_free(c);
    hf_conn_free(s);
    earning = false;
}

struct slice fuzz_saved_session(uint32_t v)
{
    earn(v);
    const struct kept *k = &sides_of(v)->kept[HF_CLIENT];
    return slice_of(k->bytes, k->len);
}

/* ---- connections ---- */
uint32_t fuzz_variant(const uint8_t bytes[VARIANT_SIZE])
{
    uint32_t v = (uint32_t)bytes[0] | (uint32_t)(bytes[1] & 15) << 8 | (uint32_t)bytes[2] << 16;
    v &= v & WITH_TLS13 ? ~(uint32_t)WITH_TRUSTED_CAS : 0xffff | WITH_RAW_KEYS;
    return v & WITH_RAW_KEYS ? v & ~(uint32_t)(WITH_STATUS | WITH_TRUSTED_CAS | WITH_URLS) : v;
}

void fuzz_start(void)
{
    hf_conn_free(conn_new(HF_CLIENT, 0)); /* what is made once is made now */
    hf_conn_free(conn_new(HF_SERVER, 0));
}

hf_conn *fuzz_conn(hf_side side, uint32_t v)
{
    struct slice saved = v & WITH_SESSION ? fuzz_saved_session(v) : slice_of(NULL, 0);
    hf_conn *c = conn_new(side, v);
    if (side == HF_CLIENT && saved.len) {
        hf_session *session;
        REQUIRE(hf_session_load((hf_bytes){saved.data, saved.len}, &session) == HF_OK);
        REQUIRE(hf_conn_resume(c, session) == HF_OK);
        hf_session_free(session);
    }
    return c;
}

hf_bytes fuzz_session_found(const char *key)
{
    for (size_t i = 0; i < PLACES && !earning; i++) {
        const struct kept *k = &places[i].kept[HF_SERVER];
        if (k->len && strcmp(k->key, key) == 0) {
            return (hf_bytes){k->bytes, k->len};
        }
    }
    return (hf_bytes){NULL, 0};
}
