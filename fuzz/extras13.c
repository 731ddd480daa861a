/* SPDX-License-Identifier: MIT */
#include "extras13.h"

#include <string.h>

#include <handfast/early.h>

#include "identities.h"
#include "quic_drive.h"

/* What TLS 1.3 brings, and raw public keys. */

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- configs ---- */
static const char *raw_key_of(hf_side side, uint32_t v)
{
    return side == HF_CLIENT ? CLIENT_ED25519_KEY : v & WITH_RSA ? SERVER_RSA_KEY : SERVER_ED25519_KEY;
}

/* RFC 7250 */
static void set_raw_keys(hf_config *c, hf_side side, uint32_t v)
{
    uint8_t digest[32];
    hf_side peer = side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    if (side == HF_SERVER || v & WITH_IDENTITY) {
        REQUIRE(hf_config_identity_raw_key(c, text(raw_key_of(side, v)), NULL) == HF_OK);
    }
    REQUIRE(hf_public_key_sha256(text(raw_key_of(peer, v)), digest) == HF_OK);
    REQUIRE(hf_config_trust_key_sha256(c, (hf_bytes){digest, sizeof digest}) == HF_OK);
}

static const char imported[] = "a key that is imported, 32 bytes",
                  plain[] = "a key that is not imported, 32..";

static hf_psk_hash hash_of(uint32_t v)
{
    return v & WITH_CHACHA ? HF_PSK_SHA256 : HF_PSK_SHA384;
}

/* RFC 8446 4.2.11, RFC 9258. A server that asks has none of its own. */
static void set_psk(hf_config *c, hf_side side, uint32_t v)
{
    if (side == HF_CLIENT || !(v & WITH_ASKS)) {
        REQUIRE(hf_config_psk_import(c, text("i"), text("of both"), text(imported), HF_PSK_SHA256) == HF_OK);
        REQUIRE(hf_config_psk(c, text("as it is"), text(plain), hash_of(v)) == HF_OK);
    }
    REQUIRE(hf_config_psk_alone(c, v & WITH_OWN) == HF_OK);
    REQUIRE(side == HF_CLIENT || hf_config_psk_for_client_auth(c, true) == HF_OK);
}

/* RFC 9001 4.2, 8.1 */
static void set_quic(hf_config *c)
{
    REQUIRE(hf_config_versions(c, 0x0304, 0x0304) == HF_OK);
    REQUIRE(hf_config_alpn(c, "h3", false) == HF_OK);
    REQUIRE(hf_config_quic(c) == HF_OK);
}

void extras13_set(hf_config *c, hf_side side, uint32_t v)
{
    if (v & WITH_QUIC) {
        set_quic(c);
    }
    if (v & WITH_RAW_KEYS) {
        set_raw_keys(c, side, v & WITH_TLS13 ? v & ~(uint32_t)WITH_RSA : v);
    }
    if (v & WITH_EARLY) {
        REQUIRE(hf_config_early_data(c, 100) == HF_OK);
    }
    if (v & WITH_PSK) {
        set_psk(c, side, v);
    }
    if (v & WITH_LATER && side == HF_CLIENT) {
        REQUIRE(hf_config_post_handshake_auth(c, true) == HF_OK);
    }
    if (v & WITH_COMPRESSION) { /* a library that is built without has none to try */
        hf_err e = hf_config_certificate_compression(c, NULL, NULL);
        REQUIRE(e == HF_OK || e == HF_COMPRESSION_NOT_BUILT_IN);
    }
    if (v & WITH_COOKIE && side == HF_SERVER) {
        REQUIRE(hf_config_retry_cookie(c, HF_RETRY_COOKIE_ALWAYS, 0) == HF_OK);
    }
}

/* ---- connections ---- */
static const hf_conn *asks_later; /* a server that has not asked yet */

void extras13_expect(hf_conn *conn, hf_side side, uint32_t v)
{
    if (v & WITH_QUIC) {
        REQUIRE(hf_quic_parameters(conn, text("parameters")) == HF_OK);
    }
    if (side == HF_SERVER) {
        asks_later = v & WITH_LATER ? conn : NULL;
    }
}

hf_bytes extras13_early(void)
{
    return text("said early");
}

void extras13_begin(hf_conn *client)
{
    size_t used;
    if (fuzz_playing() & WITH_EARLY) {
        hf_err e = hf_push_early(client, extras13_early(), &used);
        REQUIRE(e == HF_OK ? used == extras13_early().len : e == HF_EARLY_DATA_UNAVAILABLE);
    }
}

/* RFC 8446 4.6.2: once; a peer that did not offer it is not asked. */
void extras13_go_on(hf_conn *conn)
{
    if (conn == asks_later && hf_negotiated(conn)->complete && !hf_failed(conn)) {
        asks_later = NULL;
        (void)!hf_request_client_certificate(conn);
    }
}

/* With WITH_ALPN the imported one is not known, and the next is asked for. */
void extras13_answer_psk(hf_conn *conn, const hf_question *q)
{
    bool both = q->psk_imported && q->psk_context.len == strlen("of both");
    if (both && !(fuzz_playing() & WITH_ALPN)) {
        REQUIRE(hf_answer_psk_import(conn, text(imported), HF_PSK_SHA256) == HF_OK);
    } else {
        bool known = q->psk_identity.len == strlen("as it is");
        REQUIRE(hf_answer_psk(conn, known ? text(plain) : text(""), hash_of(fuzz_playing())) == HF_OK);
    }
}

/* ---- nobody came between ---- */
static void require_early(const hf_summary *c, const hf_summary *s, uint32_t v)
{
    bool refused = v & (WITH_ASKS | WITH_RETRY | WITH_COOKIE) || (v & WITH_TICKETS) == WITH_TICKETS;
    REQUIRE((c->early_data == HF_EARLY_ACCEPTED) == (s->early_data == HF_EARLY_ACCEPTED));
    REQUIRE((s->early_data == HF_EARLY_ACCEPTED) == (s->resumed && !refused));
}

void extras13_require(const hf_conn *client, const hf_conn *server, uint32_t v)
{
    const hf_summary *c = hf_negotiated(client), *s = hf_negotiated(server);
    if (v & WITH_EARLY) {
        require_early(c, s, v);
    }
    if (v & WITH_TLS13) {
        REQUIRE(c->version == 0x0304 && s->version == 0x0304);
        REQUIRE(!(v & (WITH_RETRY | WITH_COOKIE)) || c->hello_retry_request);
    }
    if (v & WITH_PSK) {
        REQUIRE(c->psk == HF_PSK_USED && s->psk == HF_PSK_USED);
    } else if (!c->resumed && v & WITH_RAW_KEYS) {
        REQUIRE(c->peer_raw_key.len > 0);
    } else if (!c->resumed && v & WITH_COMPRESSION) {
        REQUIRE(c->peer_certificate_compression);
    }
}
