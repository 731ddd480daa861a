/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/grease.h"
#include "handshake/handshake.h"

/* The hellos, RFC 5246 7.4.1, RFC 8446 4.1: where the version is weighed. */

static bool offers13(const struct hs *hs)
{
    return cursor_has(&hs->cursor, TLS13_OFFERED);
}

/* ---- ClientHello ---- */
static void write_codes(const struct codes *codes, struct writer *w)
{
    for (size_t i = 0; i < codes->count; i++) {
        write_number(w, codes->code[i], 2);
    }
}

static void write_suites(const struct hs *hs, struct writer *w)
{
    const struct config *c = hs->config;
    grease_write(hs, GREASE_SUITE, w);
    if (offers13(hs)) {
        write_codes(&c->suites13, w);
    }
    if (c->min_version <= TLS_1_2) {
        write_codes(&c->suites, w);
    }
    if (c->fallback) {
        write_number(w, SUITE_FALLBACK_SCSV, 2); /* RFC 7507 4 */
    }
}

/* What a second ClientHello says again, RFC 8446 4.1.2. */
static enum err draw_hello(struct hs *hs)
{
    hs_tell_time(hs);
    TRY(random_fill(&hs->random, (struct span){hs->negotiated->client_random, RANDOM_SIZE}));
    TRY(resume_offer(hs));
    TRY(grease_draw(hs));
    if (!offers13(hs) || hs->session_id_len || !hs->config->compatible) {
        return OK;
    }
    hs->session_id_len = SESSION_ID_MAX; /* RFC 8446 D.4: looks like a resumption of TLS 1.2 */
    return random_fill(&hs->random, (struct span){hs->session_id, SESSION_ID_MAX});
}

enum err client_hello_build(struct hs *hs, struct outgoing *out)
{
    static const uint8_t null_compression[] = {0}; /* never anything else: CRIME */
    struct negotiated *n = hs->negotiated;
    struct writer *w = &out->scratch;
    TRY(cursor_has(&hs->cursor, RETRY) ? OK : draw_hello(hs));
    write_suites(hs, w);
    size_t suites = w->len;
    TRY(extensions_offer(hs, w));
    if (w->full) {
        return E_INTERNAL;
    }
    hs->client_version = hs->config->max_version < TLS_1_2 ? hs->config->max_version : TLS_1_2;
    out->message.client_hello = (struct client_hello){
        .version = hs->client_version,
        .random = slice_of(n->client_random, RANDOM_SIZE),
        .session_id = slice_of(hs->session_id, hs->session_id_len),
        .cipher_suites = slice_of(w->base, suites),
        .compression_methods = slice_of(null_compression, 1),
        .extensions = slice_of(w->base + suites, w->len - suites),
    };
    return OK;
}

static void speak(struct hs *hs, uint16_t version)
{
    hs->negotiated->version = version;
    if (hs->version->code != version) {
        hs->version = version >= TLS_1_3 ? &version_tls13 : &version_tls12;
    }
}

/* ---- the version, on a server ---- */
/* RFC 8446 4.2.1: where supported_versions is there, nothing else counts. 0: none in common. */
static enum err listed_version(struct hs *hs, struct slice body, uint16_t *best)
{
    const struct config *c = hs->config;
    struct reader r = reader_of(body);
    struct slice versions = read_vector(&r, 1);
    if (!read_done(&r) || versions.len < 2 || versions.len % 2) {
        return hs_refuse(hs, E_MALFORMED_EXTENSION, "supported_versions (43)");
    }
    for (uint16_t v = c->max_version; v >= c->min_version; v--) {
        if (list_has16(versions, v)) {
            *best = v;
            return OK;
        }
    }
    return hs_refuse(hs, E_NO_COMMON_VERSION,
                     "the client's supported_versions has none between 0x%04x and 0x%04x", c->min_version,
                     c->max_version);
}

static enum err refuse_fallback(struct hs *hs, uint16_t version)
{
    return hs_refuse(hs, E_INAPPROPRIATE_FALLBACK, "the client asks for 0x%04x", version);
}

/* RFC 5246 E.1: negotiate down from above. */
static enum err legacy_version(struct hs *hs, uint16_t version, uint16_t *best)
{
    const struct config *c = hs->config;
    uint16_t highest = c->max_version < TLS_1_2 ? c->max_version : TLS_1_2;
    *best = version < highest ? version : highest;
    if (*best < c->min_version) {
        return hs->offer.fallback ? refuse_fallback(hs, version)
                                  : hs_refuse(hs, E_NO_COMMON_VERSION,
                                              "the client's highest is 0x%04x, this server's lowest 0x%04x",
                                              version, c->min_version);
    }
    return OK;
}

/* RFC 7507 3: refuse who says that he need not have come so low. */
static enum err weigh_client_version(struct hs *hs, const struct client_hello *m)
{
    struct slice listed;
    uint16_t best = 0;
    bool lists = !hs->before && hs->config->max_version >= TLS_1_3 &&
                 extensions_find(m->extensions, EXTENSION_SUPPORTED_VERSIONS, &listed);
    hs->offer.fallback = list_has16(m->cipher_suites, SUITE_FALLBACK_SCSV);
    if (lists && m->version == SSL_3_0) { /* RFC 8446 D.5 */
        return hs_refuse(hs, E_NO_COMMON_VERSION, "legacy_version is 0x0300, which is SSL 3.0");
    }
    TRY(lists ? listed_version(hs, listed, &best) : legacy_version(hs, m->version, &best));
    if (hs->offer.fallback && best < hs->config->max_version) {
        return refuse_fallback(hs, best);
    }
    speak(hs, best);
    return OK;
}

enum err client_hello_handle(struct hs *hs, const union any_message *m)
{
    hs_tell_time(hs);
    bool may_be_second = hs->cursor.me == SERVER && !hs->before && hs->version->recall;
    TRY(may_be_second ? hs->version->recall(hs, &m->client_hello) : OK);
    /* all else is read from where it stays: client_hello_after */
    hs->hello_at = transcript_messages(&hs->transcript).len;
    return OK;
}

/* RFC 8446 4.1.2: what a second ClientHello may not change. */
static enum err check_second(struct hs *hs, const struct client_hello *m)
{
    const struct negotiated *n = hs->negotiated;
    bool same = slice_equal(m->random, slice_of(n->client_random, RANDOM_SIZE)) &&
                slice_equal(m->session_id, slice_of(hs->session_id, hs->session_id_len)) &&
                n->version == TLS_1_3 && list_has16(m->cipher_suites, n->suite->code);
    return same ? OK : hs_refuse(hs, E_HELLO_CHANGED, "its version, random, session ID or list of suites");
}

/* Once it is in the transcript, so that the slices kept in offer point to bytes that stay. */
enum err client_hello_after(struct hs *hs)
{
    if (hs->cursor.me == CLIENT) {
        return OK;
    }
    struct client_hello m;
    struct slice whole = slice_after(transcript_messages(&hs->transcript), hs->hello_at);
    TRY(layout_decode(&layout_client_hello, slice_after(whole, HANDSHAKE_HEADER), &m));
    hs->record_out->version = TLS_1_2;
    hs->offer = (struct offer){0};
    TRY(weigh_client_version(hs, &m));
    if (!list_has8(m.compression_methods, 0)) {
        return E_NO_NULL_COMPRESSION;
    }
    TRY(hs_is_retried(hs) ? check_second(hs, &m) : OK);
    memcpy(hs->negotiated->client_random, m.random.data, RANDOM_SIZE);
    hs->client_version = m.version;
    hs->offer.suites = m.cipher_suites;
    hs->offer.session_id = m.session_id;
    hs->offer.compression_methods = m.compression_methods;
    hs->offer.renegotiation_info = list_has16(m.cipher_suites, SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);
    TRY(extensions_read(hs, hs->version->client_hello_place, m.extensions));
    hs->negotiated->resumption = NOT_OFFERED;
    TRY(hs->config->keyring ? keyring_turn(hs->config->keyring, hs->now, &hs->config->random) : OK);
    return hs->version->client_hello(hs);
}

/* ---- ServerHello ---- */
/* RFC 8446 4.1.3: what a server that speaks TLS 1.3 says in its random when it agrees to less. */
#define SENTINEL_SIZE 8
static const uint8_t sentinel12[SENTINEL_SIZE] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
static const uint8_t sentinel11[SENTINEL_SIZE] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 0};

enum err server_random_draw(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    TRY(random_fill(&hs->random, (struct span){n->server_random, RANDOM_SIZE}));
    if (n->version < TLS_1_3 && hs->config->max_version >= TLS_1_3) {
        memcpy(n->server_random + RANDOM_SIZE - SENTINEL_SIZE, sentinel12, SENTINEL_SIZE);
    }
    return OK;
}

static enum err check_sentinel(struct hs *hs, const struct server_hello *m)
{
    struct slice end = slice_after(m->random, RANDOM_SIZE - SENTINEL_SIZE);
    bool says = slice_equal(end, slice_of(sentinel12, SENTINEL_SIZE)) ||
                slice_equal(end, slice_of(sentinel11, SENTINEL_SIZE));
    return offers13(hs) && says ? hs_refuse(hs, E_DOWNGRADED, "the server chose 0x%04x", m->version) : OK;
}

/* RFC 8446 4.2.1, 4.1.3; RFC 5246 7.4.1.3. */
static enum err weigh_chosen_version(struct hs *hs, const struct server_hello *m)
{
    const struct config *c = hs->config;
    struct slice body;
    uint16_t version = m->version;
    bool selected = extensions_find(m->extensions, EXTENSION_SUPPORTED_VERSIONS, &body);
    if (selected && offers13(hs)) {
        struct reader r = reader_of(body);
        version = (uint16_t)read_number(&r, 2);
        if (!read_done(&r)) {
            return hs_refuse(hs, E_MALFORMED_EXTENSION, "supported_versions (43)");
        }
        if (version < TLS_1_3 || version > c->max_version) {
            return hs_refuse(hs, E_VERSION_MISPLACED, "supported_versions says 0x%04x", version);
        }
    } else if (version >= TLS_1_3) {
        return hs_refuse(hs, E_VERSION_NOT_OFFERED, "ServerHello.version is 0x%04x", version);
    } else if (selected && hs->before) { /* RFC 8446 4.1.3 */
        return hs_refuse(hs, E_VERSION_NOT_OFFERED, "a ServerHello of TLS 1.3 in a renegotiation");
    } else if (cursor_has(&hs->cursor, RETRY)) { /* RFC 8446 4.1.4 */
        return hs_refuse(hs, E_VERSION_MISPLACED, "0x%04x behind HelloRetryRequest", version);
    }
    if (version < c->min_version || version > c->max_version) {
        return hs_refuse(hs, E_VERSION_NOT_OFFERED, "the server chose 0x%04x", version);
    }
    if (version < TLS_1_3) {
        if (cursor_has(&hs->cursor, EARLY_DATA_OFFERED)) { /* RFC 8446 D.3 */
            return hs_refuse(hs, E_EARLY_DATA_DOWNGRADED, "the server chose 0x%04x", version);
        }
        TRY(check_sentinel(hs, m));
        kx_end(&hs->share); /* made for TLS 1.3 */
        kx_end(&hs->other_share);
    }
    speak(hs, version);
    return OK;
}

enum err server_hello_handle(struct hs *hs, const union any_message *message)
{
    const struct server_hello *m = &message->server_hello;
    hs->record_out->version = TLS_1_2;
    TRY(weigh_chosen_version(hs, m));
    return hs->version->server_hello(hs, m);
}
