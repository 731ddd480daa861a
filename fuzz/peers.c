/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "extras.h"
#include "identities.h"

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

/* ---- sessions: each side binds one to its own config, so each has its own bytes of it ---- */
struct kept {
    uint8_t bytes[2048];
    size_t len;
    char key[40];
};
static struct kept *kept[2][VARIANTS];
static bool earning, earned[VARIANTS];

static struct kept *kept_of(hf_side side, uint16_t v)
{
    if (!kept[side][v]) {
        kept[side][v] = calloc(1, sizeof **kept[0]);
        REQUIRE(kept[side][v]);
    }
    return kept[side][v];
}

static void keep_server_session(void *arg, const hf_session_record *record)
{
    if (earning && record->sealed.len) {
        struct kept *k = kept_of(HF_SERVER, (uint16_t)((struct kept **)arg - kept[HF_SERVER]));
        REQUIRE(record->sealed.len <= sizeof k->bytes);
        memcpy(k->bytes, record->sealed.data, record->sealed.len);
        k->len = record->sealed.len;
        memcpy(k->key, record->key, strlen(record->key) + 1);
    }
}

static hf_config *configs[2][VARIANTS];

static void set_common(hf_config *c, hf_side side, uint16_t v)
{
    char suites[100];
    (void)snprintf(suites, sizeof suites, "TLS_ECDHE_%s_WITH_%s", v & WITH_RSA ? "RSA" : "ECDSA",
                   v & WITH_CHACHA ? "CHACHA20_POLY1305_SHA256" : "AES_256_GCM_SHA384");
    REQUIRE(hf_config_clock(c, fixed_now, NULL) == HF_OK);
    REQUIRE(hf_config_random(c, fixed_random, &random_state[side]) == HF_OK);
    REQUIRE(hf_config_suites(c, suites, NULL) == HF_OK);
    REQUIRE(hf_config_groups(c, v & WITH_X25519 ? "x25519:secp256r1" : "secp256r1", NULL) == HF_OK);
    REQUIRE(hf_config_schemes_to_sign(c, "ed25519:rsa_pkcs1_sha256", NULL) == HF_OK);
    REQUIRE(hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 0, 0) == HF_OK);
    REQUIRE(!(v & WITH_ALPN) ||
            hf_config_alpn(c, side == HF_CLIENT ? "h2,http/1.1" : "http/1.1", false) == HF_OK);
    unsigned asks = (v & WITH_ASKS ? HF_ASK_PICK_IDENTITY | HF_ASK_VERIFY : 0u) |
                    (side == HF_SERVER ? HF_ASK_LOOK_UP_SESSION : 0u) |
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

static hf_config *config_make(hf_side side, uint16_t v)
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
        REQUIRE(hf_config_session_effects(c, keep_server_session, &kept[HF_SERVER][v]) == HF_OK);
        hf_client_auth asks = !(v & WITH_CLIENT) ? HF_CLIENT_AUTH_NONE
                              : v & WITH_RSA     ? HF_CLIENT_AUTH_REQUIRE
                                                 : HF_CLIENT_AUTH_REQUEST;
        REQUIRE(hf_config_client_auth(c, asks) == HF_OK);
    } else if (v & WITH_IDENTITY) {
        REQUIRE(hf_config_identity(c, text(CLIENT_ED25519_PEM), text(CLIENT_ED25519_KEY), NULL) == HF_OK);
    }
    extras_set(c, side, v);
    REQUIRE(hf_config_freeze(c, NULL) == HF_OK);
    return c;
}

static hf_config *config_of(hf_side side, uint16_t v)
{
    if (!configs[side][v]) {
        configs[side][v] = config_make(side, v);
    }
    return configs[side][v];
}

/* ---- sessions ---- */
static hf_conn *conn_new(hf_side side, uint16_t v)
{
    /* another one for each session that is earned, or two would have one ID */
    random_state[side] = side + 1u + (earning ? 4u + 4u * v : 0u);
    hf_conn *c = hf_conn_new(config_of(side, v), side == HF_CLIENT ? "server.test" : NULL, NULL);
    REQUIRE(c);
    return c;
}

/* One full handshake between sides of this variant. */
static void earn(uint16_t v)
{
    if (earned[v]) {
        return;
    }
    earned[v] = earning = true;
    hf_conn *c = conn_new(HF_CLIENT, v), *s = conn_new(HF_SERVER, v);
    fuzz_converse(c, s);
    hf_session *session = hf_conn_session(c);
    if (session) { /* a client without the certificate that is required gets none */
        struct kept *k = kept_of(HF_CLIENT, v);
        k->len = sizeof k->bytes;
        REQUIRE(hf_session_save(session, k->bytes, &k->len) == HF_OK);
    }
    hf_session_free(session);
    hf_conn_free(c);
    hf_conn_free(s);
    earning = false;
}

struct slice fuzz_saved_session(uint16_t v)
{
    earn(v);
    return slice_of(kept_of(HF_CLIENT, v)->bytes, kept_of(HF_CLIENT, v)->len);
}

/* ---- connections ---- */
uint16_t fuzz_variant(const uint8_t bytes[VARIANT_SIZE])
{
    return (uint16_t)((bytes[0] | bytes[1] << 8) % VARIANTS);
}

void fuzz_start(void)
{
    hf_conn_free(conn_new(HF_CLIENT, 0)); /* what is made once is made now */
    hf_conn_free(conn_new(HF_SERVER, 0));
}

hf_conn *fuzz_conn(hf_side side, uint16_t v)
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

static hf_bytes session_found(const char *key)
{
    for (size_t v = 0; v < VARIANTS && !earning; v++) {
        const struct kept *k = kept[HF_SERVER][v];
        if (k && k->len && strcmp(k->key, key) == 0) {
            return (hf_bytes){k->bytes, k->len};
        }
    }
    return (hf_bytes){NULL, 0};
}

void fuzz_answer(hf_conn *conn)
{
    hf_question q;
    for (;;) {
        switch (hf_asked(conn, &q)) {
        case HF_ASK_NOTHING:
            return;
        case HF_ASK_LOOK_UP_SESSION:
            REQUIRE(hf_answer_session(conn, session_found(q.session_key)) == HF_OK);
            break;
        case HF_ASK_PICK_IDENTITY:
            REQUIRE(hf_answer_identity(conn, HF_ANY_IDENTITY) == HF_OK);
            break;
        case HF_ASK_VERIFY:
            REQUIRE(hf_answer_verdict(conn, q.verdict) == HF_OK);
            break;
        case HF_ASK_FETCH_URL:
            extras_fetch(conn, &q);
            break;
        default:
            abort();
        }
    }
}

/* What holds whatever came. */
static void check(const hf_conn *conn)
{
    const hf_failure *f = hf_failed(conn);
    const hf_summary *s = hf_negotiated(conn);
    unsigned wants = hf_wants(conn);
    REQUIRE(!f || f->err != HF_OK);
    /* no input is this side's fault, or its caller's */
    REQUIRE(!f || (hf_err_class_of(f->err) != HF_CLASS_LOCAL && hf_err_class_of(f->err) != HF_CLASS_USAGE));
    REQUIRE(!f || (wants & (HF_MORE_WIRE | HF_GIVE_APP | HF_ANSWER)) == 0);
    REQUIRE(s->complete || (hf_peek_app(conn).len == 0 && !(wants & HF_GIVE_APP)));
    REQUIRE(!s->complete || (s->suite && s->version == 0x0303));
}

static void drop_all(hf_conn *conn)
{
    hf_drop_app(conn, hf_peek_app(conn).len);
    hf_drop_wire(conn, hf_peek_wire(conn).len);
}

static void take_piece(hf_conn *conn, struct slice piece)
{
    uint8_t *copy = malloc(piece.len ? piece.len : 1);
    REQUIRE(copy);
    memcpy(copy, piece.data, piece.len);
    for (size_t at = 0, used = 1; at < piece.len && used && !hf_failed(conn); at += used) {
        hf_err e = hf_push_wire(conn, copy + at, piece.len - at, &used);
        REQUIRE(used <= piece.len - at);
        REQUIRE((e == HF_OK) == !hf_failed(conn));
        check(conn);
        hf_drop_app(conn, hf_peek_app(conn).len);
        fuzz_answer(conn);
    }
    free(copy);
}

void fuzz_take(hf_conn *conn, struct slice bytes, size_t piece)
{
    while (bytes.len && !hf_failed(conn)) {
        size_t len = bytes.len < piece ? bytes.len : piece;
        take_piece(conn, slice_of(bytes.data, len));
        bytes = slice_after(bytes, len);
        drop_all(conn);
    }
    (void)!hf_end_wire(conn);
    (void)!hf_close(conn);
    drop_all(conn);
    check(conn);
}

size_t fuzz_carry(hf_conn *from, hf_conn *to)
{
    size_t carried = 0;
    for (hf_bytes b = hf_peek_wire(from); b.len; b = hf_peek_wire(from)) {
        take_piece(to, slice_of(b.data, b.len));
        hf_drop_wire(from, b.len);
        carried += b.len;
    }
    return carried;
}

void fuzz_converse(hf_conn *client, hf_conn *server)
{
    for (unsigned turns = 0; fuzz_carry(client, server) + fuzz_carry(server, client) > 0; turns++) {
        REQUIRE(turns < 64);
    }
}

/* ---- seeds ---- */
void seeds_wanted(int argc, char **argv, void (*write)(const char *folder, uint16_t variant))
{
    static const uint16_t worth[] = {0,
                                     WITH_X25519 | WITH_ALPN,
                                     WITH_RSA | WITH_CHACHA,
                                     WITH_CLIENT | WITH_IDENTITY | WITH_X25519,
                                     WITH_CLIENT,
                                     WITH_RSA | WITH_CLIENT | WITH_IDENTITY | WITH_ASKS,
                                     WITH_SESSION,
                                     WITH_SESSION | WITH_CHACHA | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_TICKETS,
                                     WITH_TICKETS | WITH_SESSION,
                                     WITH_TICKETS | WITH_SESSION | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_STATUS,
                                     WITH_STATUS | WITH_SESSION,
                                     WITH_TRUSTED_CAS,
                                     WITH_TRUSTED_CAS | WITH_STATUS | WITH_ALPN,
                                     WITH_TRUSTED_CAS | WITH_SESSION | WITH_RSA,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY | WITH_ALPN | WITH_RSA,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY | WITH_SESSION,
                                     WITH_OWN,
                                     WITH_OWN | WITH_TICKETS | WITH_SESSION};
    if (argc == 3 && strcmp(argv[1], "--write-seeds") == 0) {
        for (size_t i = 0; i < sizeof worth / sizeof *worth; i++) {
            write(argv[2], worth[i]);
        }
        exit(0);
    }
}

void seed_write(const char *folder, const char *name, uint16_t variant, struct slice head, struct slice bytes)
{
    uint8_t front[400] = {(uint8_t)variant, (uint8_t)(variant >> 8)};
    REQUIRE(head.len <= sizeof front - VARIANT_SIZE);
    memcpy(front + VARIANT_SIZE, head.data ? head.data : front, head.len);
    seed_write_plain(folder, name, variant, slice_of(front, VARIANT_SIZE + head.len), bytes);
}

void seed_write_plain(const char *folder, const char *name, uint16_t variant, struct slice head,
                      struct slice bytes)
{
    char path[400];
    REQUIRE(snprintf(path, sizeof path, "%s/%s-%02x", folder, name, variant) < (int)sizeof path);
    FILE *f = fopen(path, "wb");
    REQUIRE(f && fwrite(head.data, 1, head.len, f) == head.len &&
            fwrite(bytes.data, 1, bytes.len, f) == bytes.len);
    REQUIRE(fclose(f) == 0);
}
