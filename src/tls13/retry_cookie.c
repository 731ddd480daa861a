/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/message.h"
#include "session/cookie.h"
#include "tls13/tls13.h"

/*
 * A HelloRetryRequest that is not remembered, RFC 8446 4.2.2: the client brings back in a cookie all that the
 * second ClientHello is judged by. Whoever opens it, another connection object or another server, stands
 * where the first one stood: to the flow it is a hello like any other, only its transcript begins earlier
 * (4.4.1).
 *
 *   1 byte: format · 1: flags · 8: when, seconds · 2: suite · 2: group, 0 for none
 *   32: SHA-256 of the client's random and session ID · the hash of the first ClientHello, by the suite
 */
#define FORMAT 1
#define ASKS_GROUP 1u
#define HAD_PSK 2u
#define DIGEST_SIZE 32
#define SKEW 5 /* seconds that clocks of one fleet may differ */

static struct sealing sealing_of(const struct hs *hs)
{
    const struct config *c = hs->config;
    return (struct sealing){c->keyring, c->context, hs->now, &c->random};
}

static struct slice binding_of(const struct hs *hs)
{
    return slice_of(hs->peer_address, hs->peer_address_len);
}

/* RFC 8446 4.1.2: what a second ClientHello may not change. */
static enum err digest_of(struct slice random, struct slice session_id, uint8_t out[HASH_MAX])
{
    uint8_t bytes[RANDOM_SIZE + 1 + SESSION_ID_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_bytes(&w, random);
    write_vector(&w, 1, session_id);
    return w.full ? E_INTERNAL : hash_once(HASH_SHA256, written(&w), out);
}

/* ---- giving it ---- */
enum err tls13_cookie_make(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    uint8_t bytes[COOKIE_PLAIN_MAX], cookie[COOKIE_SIZE_MAX], digest[HASH_MAX], hash[HASH_MAX];
    struct writer w = writer_of(bytes, sizeof bytes), out = writer_of(cookie, sizeof cookie);
    const struct sealing by = sealing_of(hs);
    if (hs->config->retry_cookie == RETRY_COOKIE_NEVER) {
        return OK;
    }
    TRY(digest_of(slice_of(n->client_random, RANDOM_SIZE), slice_of(hs->session_id, hs->session_id_len),
                  digest));
    TRY(hash_once(n->suite->hash, transcript_messages(&hs->transcript), hash));
    write_number(&w, FORMAT, 1);
    write_number(&w, (hs->asks_group ? ASKS_GROUP : 0) | (hs->first_had_psk ? HAD_PSK : 0), 1);
    write_number(&w, (uint32_t)((uint64_t)hs->now >> 32), 4);
    write_number(&w, (uint32_t)((uint64_t)hs->now & 0xffffffff), 4);
    write_number(&w, n->suite->code, 2);
    write_number(&w, n->group ? n->group->code : 0, 2);
    write_bytes(&w, slice_of(digest, DIGEST_SIZE));
    write_bytes(&w, slice_of(hash, hash_size(n->suite->hash)));
    enum err e = w.full ? E_INTERNAL : cookie_seal(&by, binding_of(hs), written(&w), &out);
    if (e == E_BAD_KEYRING) {
        return hs_refuse(hs, E_INTERNAL, "the keyring has no epoch that cookies could be sealed under now");
    }
    TRY(e);
    return buffer_append(&hs->cookie, written(&out));
}

/* ---- taking it ---- */
struct recalled {
    uint32_t format, flags;
    int64_t when;
    const struct suite *suite;
    const struct group *group; /* NULL: none */
    struct slice digest, hash;
};

static bool read_plain(struct slice plain, struct recalled *out)
{
    struct reader r = reader_of(plain);
    out->format = read_number(&r, 1);
    out->flags = read_number(&r, 1);
    uint64_t high = read_number(&r, 4);
    out->when = (int64_t)(high << 32 | read_number(&r, 4));
    out->suite = suite13_of((uint16_t)read_number(&r, 2));
    uint16_t group = (uint16_t)read_number(&r, 2);
    out->group = group ? group_of(group) : NULL;
    if (r.bad || out->format != FORMAT || !out->suite || (group && !out->group)) {
        return false;
    }
    size_t hash = hash_size(out->suite->hash);
    struct slice rest = slice_of(r.at, (size_t)(r.end - r.at));
    out->digest = slice_of(rest.data, DIGEST_SIZE);
    out->hash = slice_of(rest.data + DIGEST_SIZE, hash);
    return rest.len == DIGEST_SIZE + hash;
}

static enum err check(struct hs *hs, const struct client_hello *m, const struct recalled *said)
{
    uint8_t digest[HASH_MAX];
    int64_t age = hs->now - said->when;
    TRY(digest_of(m->random, m->session_id, digest));
    if (!slice_equal(said->digest, slice_of(digest, DIGEST_SIZE))) {
        return hs_refuse(hs, E_HELLO_CHANGED, "its random or session ID");
    }
    if (age < -SKEW || age > (int64_t)hs->config->retry_cookie_life) {
        return hs_refuse(hs, E_COOKIE_EXPIRED, "it is %lld seconds old, and good for %u", (long long)age,
                         hs->config->retry_cookie_life);
    }
    return OK;
}

/* The transcript up to here, RFC 8446 4.4.1: the hash of the first ClientHello, and HelloRetryRequest, which
 * is made again as it was. */
static enum err restore_transcript(struct hs *hs, struct slice first_hash)
{
    uint8_t encoded[MESSAGE_ENCODED_MAX];
    struct writer w = writer_of(encoded, sizeof encoded);
    struct slice retry;
    TRY(transcript_recall(&hs->transcript, first_hash));
    TRY(message_encode(hs, HELLO_RETRY_REQUEST, &w, &retry));
    return transcript_add(&hs->transcript, retry);
}

static enum err restore(struct hs *hs, const struct client_hello *m, const struct recalled *said)
{
    struct negotiated *n = hs->negotiated;
    if (m->session_id.len > SESSION_ID_MAX) {
        return E_MALFORMED_MESSAGE;
    }
    hs->recalled = true;
    hs->compatible_sent = true; /* RFC 8446 D.4: behind the HelloRetryRequest */
    hs->asks_group = said->flags & ASKS_GROUP;
    hs->first_had_psk = said->flags & HAD_PSK;
    n->suite = said->suite;
    n->group = said->group;
    memcpy(n->client_random, m->random.data, RANDOM_SIZE);
    hs->session_id_len = (uint8_t)m->session_id.len;
    if (m->session_id.len) {
        memcpy(hs->session_id, m->session_id.data, m->session_id.len);
    }
    return restore_transcript(hs, said->hash);
}

enum err tls13_recall(struct hs *hs, const struct client_hello *m)
{
    uint8_t bytes[COOKIE_PLAIN_MAX];
    struct writer plain = writer_of(bytes, sizeof bytes);
    struct slice body, cookie;
    struct recalled said;
    const struct sealing by = sealing_of(hs);
    if (hs->config->retry_cookie == RETRY_COOKIE_NEVER || cursor_has(&hs->cursor, RETRY)) {
        return OK;
    }
    if (!extensions_find(m->extensions, EXTENSION_COOKIE, &body)) {
        return hs->compatible ? E_EARLY_CHANGE_CIPHER_SPEC
                              : OK; /* it came before the first ClientHello: RFC 8446 5 */
    }
    struct reader r = reader_of(body);
    cookie = read_vector(&r, 2);
    if (!read_done(&r) || !cookie.len) {
        return hs_refuse(hs, E_MALFORMED_EXTENSION, "cookie (44)");
    }
    TRY(keyring_turn(by.keyring, hs->now, by.random));
    TRY(cookie_open(&by, binding_of(hs), cookie, &plain));
    if (!read_plain(written(&plain), &said)) {
        return E_BAD_COOKIE;
    }
    TRY(check(hs, m, &said));
    TRY(buffer_append(&hs->cookie, cookie));
    return restore(hs, m, &said);
}
