/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "session/session.h"

/* The form in which a session is kept. */

/* A tag never changes its meaning; new ones are added, and a reader that does not know one passes over it. */
enum tag {
    TAG_VERSION = 1,
    TAG_SUITE,
    TAG_MASTER,
    TAG_CONTEXT,
    TAG_FLAGS,
    TAG_EXPIRES,
    TAG_AUTHENTICATED,
    TAG_ID,
    TAG_TICKET,
    TAG_SERVER_NAME,
    TAG_ALPN,
    TAG_NOTE,
    TAG_MAX_FRAGMENT,
    TAG_PEER_VERDICT,
    TAG_PEER_NOT_AFTER,
    TAG_PEER_LEAF,
    TAG_PEER_SUBJECT,
    TAG_PSK, /* from here on TLS 1.3's; in place of TAG_MASTER */
    TAG_AGE_ADD,
    TAG_ISSUED,
    TAG_MAX_EARLY_DATA,
    TAG_ISSUED_MS, /* since the second of TAG_ISSUED; older ones do not have it */
    TAG_COUNT
};
enum {
    FLAG_EMS = 1,
    FLAG_ETM = 2,
    FLAG_PEER = 4,
    FLAG_VERIFIED = 8,
    FLAG_PEER_RAW_KEY = 16, /* TAG_PEER_LEAF is a SubjectPublicKeyInfo, RFC 7250 */
    FLAG_OWN_RAW_KEY = 32,
    FLAGS_KNOWN = 63
};

static const struct bound {
    uint16_t min, max;
    bool needed;
} bounds[TAG_COUNT] = {
    [TAG_VERSION] = {2, 2, true},
    [TAG_SUITE] = {2, 2, true},
    [TAG_MASTER] = {MASTER_SECRET_SIZE, MASTER_SECRET_SIZE, false},
    [TAG_CONTEXT] = {CONTEXT_SIZE, CONTEXT_SIZE, true},
    [TAG_FLAGS] = {1, 1, true},
    [TAG_EXPIRES] = {8, 8, true},
    [TAG_AUTHENTICATED] = {8, 8, true},
    [TAG_ID] = {1, SESSION_ID_MAX, false},
    [TAG_TICKET] = {1, TICKET_MAX, false},
    [TAG_SERVER_NAME] = {1, SERVER_NAME_MAX, false},
    [TAG_ALPN] = {1, 255, false},
    [TAG_NOTE] = {1, SESSION_NOTE_MAX, false},
    [TAG_MAX_FRAGMENT] = {2, 2, false},
    [TAG_PEER_VERDICT] = {2, 2, false},
    [TAG_PEER_NOT_AFTER] = {8, 8, false},
    [TAG_PEER_LEAF] = {1, 65535, false},
    [TAG_PEER_SUBJECT] = {1, SUBJECT_MAX, false},
    [TAG_PSK] = {32, MASTER_SECRET_SIZE, false},
    [TAG_AGE_ADD] = {4, 4, false},
    [TAG_ISSUED] = {8, 8, false},
    [TAG_MAX_EARLY_DATA] = {4, 4, false},
    [TAG_ISSUED_MS] = {2, 2, false},
};
/* Fixed fields of a session with a peer, by their sizes and heads; texts come on top. */
enum { HEAD = 3 };

static void put(struct writer *w, enum tag tag, struct slice value)
{
    write_number(w, tag, 1);
    write_vector(w, 2, value);
}

static void put_text(struct writer *w, enum tag tag, struct slice value)
{
    if (value.len) {
        put(w, tag, value);
    }
}

static void put_number(struct writer *w, enum tag tag, uint32_t value, unsigned width)
{
    write_number(w, tag, 1);
    write_number(w, width, 2);
    write_number(w, value, width);
}

static void put_time(struct writer *w, enum tag tag, int64_t t)
{
    write_number(w, tag, 1);
    write_number(w, 8, 2);
    write_number(w, (uint32_t)((uint64_t)t >> 32), 4);
    write_number(w, (uint32_t)((uint64_t)t & 0xffffffff), 4);
}

static size_t text_size(size_t len)
{
    return len ? HEAD + len : 0;
}

size_t session_plain_size(const struct session *s)
{
    size_t size = 7 * HEAD + 2 + 2 + session_secret(s).len + CONTEXT_SIZE + 1 + 8 + 8;
    size += s->version >= TLS_1_3 ? 3u * HEAD + 4 + 8 + 2 : 0u;
    size += s->version >= TLS_1_3 && s->max_early_data ? HEAD + 4u : 0u;
    size += text_size(s->id_len) + text_size(s->ticket.len) + text_size(strlen(s->server_name)) +
            text_size(strlen(s->alpn)) + text_size(s->note.len) + (s->max_fragment ? HEAD + 2 : 0);
    if (s->peer) {
        size += 2 * HEAD + 2 + 8 + text_size(chain_leaf(slice_of_span(s->peer->chain)).len) +
                text_size(strlen(s->peer->subject));
    }
    return size;
}

static void put_ticket13(const struct session *s, struct writer *w)
{
    if (s->version < TLS_1_3) {
        return;
    }
    put_number(w, TAG_AGE_ADD, s->age_add, 4);
    put_time(w, TAG_ISSUED, s->issued_ms / 1000);
    put_number(w, TAG_ISSUED_MS, (uint32_t)(s->issued_ms % 1000), 2);
    if (s->max_early_data) {
        put_number(w, TAG_MAX_EARLY_DATA, s->max_early_data, 4);
    }
}

void session_encode_plain(const struct session *s, struct writer *w)
{
    const struct peer *peer = s->peer;
    uint32_t flags = (s->ems ? FLAG_EMS : 0u) | (s->etm ? FLAG_ETM : 0u) | (peer ? FLAG_PEER : 0u) |
                     (peer && peer->verified ? FLAG_VERIFIED : 0u) |
                     (peer && peer->raw_key ? FLAG_PEER_RAW_KEY : 0u) |
                     (s->own_raw_key ? FLAG_OWN_RAW_KEY : 0u);
    put_number(w, TAG_VERSION, s->version, 2);
    put_number(w, TAG_SUITE, s->suite, 2);
    put(w, s->version >= TLS_1_3 ? TAG_PSK : TAG_MASTER, session_secret(s));
    put(w, TAG_CONTEXT, slice_of(s->context, sizeof s->context));
    put_number(w, TAG_FLAGS, flags, 1);
    put_time(w, TAG_EXPIRES, s->expires);
    put_time(w, TAG_AUTHENTICATED, s->authenticated);
    put_text(w, TAG_ID, slice_of(s->id, s->id_len));
    put_text(w, TAG_TICKET, s->ticket);
    put_text(w, TAG_SERVER_NAME, slice_of_string(s->server_name));
    put_text(w, TAG_ALPN, slice_of_string(s->alpn));
    put_text(w, TAG_NOTE, s->note);
    if (s->max_fragment) {
        put_number(w, TAG_MAX_FRAGMENT, s->max_fragment, 2);
    }
    put_ticket13(s, w);
    if (peer) {
        put_number(w, TAG_PEER_VERDICT, (uint32_t)peer->verdict, 2);
        put_time(w, TAG_PEER_NOT_AFTER, peer->not_after);
        put_text(w, TAG_PEER_LEAF, chain_leaf(slice_of_span(peer->chain)));
        put_text(w, TAG_PEER_SUBJECT, slice_of_string(peer->subject));
    }
}

/* ---- reading ---- */
static bool read_fields(struct slice plain, struct slice field[TAG_COUNT])
{
    struct reader r = reader_of(plain);
    while (!r.bad && !read_done(&r)) {
        uint32_t tag = read_number(&r, 1);
        struct slice value = read_vector(&r, 2);
        if (r.bad || !tag) {
            return false;
        }
        if (tag >= TAG_COUNT) {
            continue;
        }
        if (field[tag].data || value.len < bounds[tag].min || value.len > bounds[tag].max) {
            return false;
        }
        field[tag] = value;
    }
    for (unsigned tag = 1; tag < TAG_COUNT; tag++) {
        if (bounds[tag].needed && !field[tag].data) {
            return false;
        }
    }
    return !r.bad;
}

static uint32_t number_of(struct slice value)
{
    struct reader r = reader_of(value);
    return value.data ? read_number(&r, (unsigned)value.len) : 0;
}

static int64_t time_of(struct slice value)
{
    struct reader r = reader_of(value);
    uint64_t high = read_number(&r, 4);
    return (int64_t)(high << 32 | read_number(&r, 4));
}

static bool is_text(struct slice value)
{
    return !value.len || !memchr(value.data, 0, value.len);
}

/* RFC 6066 4 */
static bool is_fragment_length(uint32_t bytes)
{
    return bytes == 0 || bytes == 512 || bytes == 1024 || bytes == 2048 || bytes == 4096;
}

/* Far from where sums with it overflow; absent is fine. */
static bool is_time(struct slice value)
{
    int64_t t = value.len ? time_of(value) : 0;
    return t > INT64_MIN / 4 && t < INT64_MAX / 4;
}

/* Absent: a whole second. */
static bool is_issued(const struct slice field[TAG_COUNT])
{
    const int64_t far = INT64_MAX / 4 / 1000;
    int64_t t = field[TAG_ISSUED].len ? time_of(field[TAG_ISSUED]) : -1;
    return t >= 0 && t < far && number_of(field[TAG_ISSUED_MS]) < 1000;
}

static int64_t issued_ms(const struct slice field[TAG_COUNT])
{
    return time_of(field[TAG_ISSUED]) * 1000 + number_of(field[TAG_ISSUED_MS]);
}

/* What TLS 1.3 has of its own comes together, and with no other version. */
static bool secret_is_sound(const struct slice field[TAG_COUNT])
{
    uint16_t suite = (uint16_t)number_of(field[TAG_SUITE]);
    const struct suite *suite13 = suite13_of(suite);
    switch (number_of(field[TAG_VERSION])) {
    case TLS_1_2:
        return suite_of(suite) && field[TAG_MASTER].len && !field[TAG_PSK].len && !field[TAG_AGE_ADD].len &&
               !field[TAG_ISSUED].len && !field[TAG_MAX_EARLY_DATA].len && !field[TAG_ISSUED_MS].len;
    case TLS_1_3:
        return suite13 && field[TAG_PSK].len == hash_size(suite13->hash) && !field[TAG_MASTER].len &&
               field[TAG_AGE_ADD].len && is_issued(field);
    default:
        return false;
    }
}

static bool is_sound(const struct slice field[TAG_COUNT])
{
    uint32_t flags = number_of(field[TAG_FLAGS]);
    bool peer = flags & FLAG_PEER;
    return flags <= FLAGS_KNOWN && (peer || !(flags & FLAG_PEER_RAW_KEY)) && secret_is_sound(field) &&
           is_fragment_length(number_of(field[TAG_MAX_FRAGMENT])) &&
           number_of(field[TAG_PEER_VERDICT]) < ERR_COUNT && peer == (field[TAG_PEER_LEAF].len > 0) &&
           peer == (field[TAG_PEER_NOT_AFTER].len > 0) && is_text(field[TAG_SERVER_NAME]) &&
           is_text(field[TAG_ALPN]) && is_time(field[TAG_EXPIRES]) && is_time(field[TAG_AUTHENTICATED]) &&
           is_text(field[TAG_PEER_SUBJECT]);
}

static enum err decode_peer(const struct slice field[TAG_COUNT], struct peer **out)
{
    void *memory;
    size_t size = field[TAG_PEER_LEAF].len + 3;
    TRY(memory_new(size, &memory));
    struct writer w = writer_of(memory, size);
    write_vector(&w, 3, field[TAG_PEER_LEAF]);
    enum err e = peer_new(written(&w), field[TAG_PEER_SUBJECT], out);
    memory_free(memory, size);
    TRY(e);
    struct peer *p = *out;
    p->verified = number_of(field[TAG_FLAGS]) & FLAG_VERIFIED;
    p->raw_key = number_of(field[TAG_FLAGS]) & FLAG_PEER_RAW_KEY;
    p->verdict = (enum err)number_of(field[TAG_PEER_VERDICT]);
    p->not_after = time_of(field[TAG_PEER_NOT_AFTER]);
    return OK;
}

static void fill(struct session *s, const struct slice field[TAG_COUNT])
{
    uint32_t flags = number_of(field[TAG_FLAGS]);
    s->id_len = (uint8_t)field[TAG_ID].len;
    if (s->id_len) {
        memcpy(s->id, field[TAG_ID].data, s->id_len);
    }
    s->ems = flags & FLAG_EMS;
    s->etm = flags & FLAG_ETM;
    s->own_raw_key = flags & FLAG_OWN_RAW_KEY;
    s->version = (uint16_t)number_of(field[TAG_VERSION]);
    s->suite = (uint16_t)number_of(field[TAG_SUITE]);
    s->max_fragment = (uint16_t)number_of(field[TAG_MAX_FRAGMENT]);
    struct slice secret = field[TAG_MASTER].len ? field[TAG_MASTER] : field[TAG_PSK];
    memcpy(s->master, secret.data, secret.len);
    s->age_add = number_of(field[TAG_AGE_ADD]);
    s->max_early_data = number_of(field[TAG_MAX_EARLY_DATA]);
    s->issued_ms = field[TAG_ISSUED].len ? issued_ms(field) : 0;
    memcpy(s->context, field[TAG_CONTEXT].data, CONTEXT_SIZE);
    s->expires = time_of(field[TAG_EXPIRES]);
    s->authenticated = time_of(field[TAG_AUTHENTICATED]);
}

enum err session_decode_plain(struct slice plain, struct session **out)
{
    struct slice field[TAG_COUNT] = {{NULL, 0}};
    *out = NULL;
    if (!read_fields(plain, field) || !is_sound(field)) {
        return E_BAD_SESSION;
    }
    const struct session_texts texts = {field[TAG_SERVER_NAME], field[TAG_ALPN], field[TAG_NOTE],
                                        field[TAG_TICKET]};
    struct session *s;
    TRY(session_new(&texts, &s));
    fill(s, field);
    if (number_of(field[TAG_FLAGS]) & FLAG_PEER) {
        enum err e = decode_peer(field, &s->peer);
        if (e != OK) {
            session_release(s);
            return e;
        }
    }
    *out = s;
    return OK;
}

/* ---- what a client saves ---- */
#define MAGIC "HFC\001"
#define MAGIC_SIZE 4
#define DIGEST_SIZE 16

size_t session_saved_size(const struct session *s)
{
    return MAGIC_SIZE + session_plain_size(s) + DIGEST_SIZE;
}

enum err session_encode(const struct session *s, struct writer *w)
{
    size_t start = w->len;
    uint8_t digest[HASH_MAX];
    write_bytes(w, slice_of(MAGIC, MAGIC_SIZE));
    session_encode_plain(s, w);
    if (w->full) {
        return E_INTERNAL;
    }
    TRY(hash_once(HASH_SHA256, slice_of(w->base + start, w->len - start), digest));
    write_bytes(w, slice_of(digest, DIGEST_SIZE));
    return w->full ? E_INTERNAL : OK;
}

enum err session_decode(struct slice saved, struct session **out)
{
    uint8_t digest[HASH_MAX];
    *out = NULL;
    if (saved.len < MAGIC_SIZE + DIGEST_SIZE || memcmp(saved.data, MAGIC, MAGIC_SIZE) != 0) {
        return E_BAD_SESSION;
    }
    struct slice body = slice_of(saved.data, saved.len - DIGEST_SIZE);
    TRY(hash_once(HASH_SHA256, body, digest));
    if (!slice_equal(slice_of(saved.data + body.len, DIGEST_SIZE), slice_of(digest, DIGEST_SIZE))) {
        return E_BAD_SESSION;
    }
    return session_decode_plain(slice_after(body, MAGIC_SIZE), out);
}
