/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/record.h"

/*
 * record_read on hostile streams. Input: kind, piece size, then bytes.
 *   kind bit 7 clear: the bytes are the stream itself, unprotected or under keys nobody knows. It is read
 * once whole and once in pieces; both readings must say the same. Bit 6: early data is being skipped. kind
 * bit 7 set:   the bytes say what is written under known keys, and which byte is changed on its way. Whatever
 * is read must be a prefix of what was written.
 */
#define SKIPPED 5000

#define MOST 70000

static const struct suite suites[] = {
    {.aead = AEAD_AES_128_GCM, .nonce = NONCE_EXPLICIT},
    {.aead = AEAD_AES_256_GCM, .nonce = NONCE_EXPLICIT},
    {.aead = AEAD_CHACHA20_POLY1305, .nonce = NONCE_XORED},
    {.aead = AEAD_AES_128_CCM_8, .nonce = NONCE_EXPLICIT},
    {.cbc = CBC_AES_128, .mac = HASH_SHA1},
    {.cbc = CBC_AES_256, .mac = HASH_SHA384},
    {.kx = KX_TLS13, .aead = AEAD_AES_128_GCM, .nonce = NONCE_XORED},
    {.kx = KX_TLS13, .aead = AEAD_CHACHA20_POLY1305, .nonce = NONCE_XORED},
    {.kx = KX_TLS13, .aead = AEAD_AES_128_CCM_8, .nonce = NONCE_XORED},
};
#define SUITES (sizeof suites / sizeof suites[0])

/* What one reading gave: each record's type and content in order, and how it ended. */
struct reading {
    uint8_t bytes[MOST];
    size_t len, records;
    enum err end;
    bool midway;
};
static struct reading first, second;

#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

static void protect(struct protection *p, const struct suite *s, enum aead_use use)
{
    static const uint8_t mac_key[CBC_MAC_MAX] = {5}, key[32] = {7}, iv[AEAD_NONCE_SIZE] = {9};
    struct record_keys keys = {.mac_key = slice_of(mac_key, suite_mac_key_size(s)),
                               .key = slice_of(key, suite_key_size(s)),
                               .iv = slice_of(iv, protection_iv_size(s)),
                               .encrypt_then_mac = s->mac == HASH_SHA384};
    REQUIRE(protection_set(p, s, use, &keys) == OK);
}

static void note(struct reading *to, const struct record *r)
{
    REQUIRE(r->content.len <= RECORD_PLAINTEXT_MAX);
    REQUIRE(to->len + 1 + r->content.len <= MOST);
    to->bytes[to->len++] = r->type;
    if (r->content.len) {
        memcpy(to->bytes + to->len, r->content.data, r->content.len);
    }
    to->len += r->content.len;
    to->records++;
}

/* Each piece is memory of its own, so that a read past its end is seen. */
static void read_piece(struct record_in *in, struct slice piece, struct reading *to)
{
    struct span copy = {malloc(piece.len), piece.len};
    REQUIRE(copy.data);
    memcpy(copy.data, piece.data, piece.len);
    for (size_t at = 0; at < copy.len && to->end == OK;) {
        size_t used;
        struct record r;
        to->end = record_read(in, (struct span){copy.data + at, copy.len - at}, &used, &r);
        REQUIRE(used <= copy.len - at);
        at += used;
        if (to->end == OK && r.type) {
            note(to, &r);
        } else if (to->end == OK) {
            REQUIRE(at == copy.len);
        }
    }
    free(copy.data);
}

static void read_stream(struct slice stream, size_t piece, const struct suite *s, bool skips,
                        struct reading *to)
{
    struct record_in in;
    record_in_init(&in);
    if (skips) {
        record_in_skip(&in, SKIPPED);
    }
    if (s) {
        protect(&in.protection, s, AEAD_OPEN);
    }
    to->len = to->records = 0;
    to->end = OK;
    while (stream.len && to->end == OK) {
        size_t len = piece < stream.len ? piece : stream.len;
        read_piece(&in, (struct slice){stream.data, len}, to);
        stream = slice_after(stream, len);
    }
    record_release(&in);
    to->midway = to->end == OK && record_in_midway(&in);
    record_in_wipe(&in);
    REQUIRE(in.partial.data == NULL);
}

static void raw_stream(const struct suite *s, size_t piece, bool skips, struct slice bytes)
{
    read_stream(bytes, SIZE_MAX, s, skips, &first);
    read_stream(bytes, piece, s, skips, &second);
    REQUIRE(first.end == second.end && first.midway == second.midway);
    REQUIRE(first.records == second.records && first.len == second.len);
    REQUIRE(memcmp(first.bytes, second.bytes, first.len) == 0);
}

/* RFC 8446 5: a record whose type says that it is not protected is not, and raw_stream's affair. */
static bool is_outer_type(struct slice stream, size_t place)
{
    size_t at = 0;
    while (at < place) {
        at += RECORD_HEADER + ((size_t)stream.data[at + 3] << 8 | stream.data[at + 4]);
    }
    return at == place;
}

/* bytes: 3 for the place of the change, 1 to XOR it with, then one record each: type, length, content. */
static void changed_stream(const struct suite *s, size_t piece, struct slice bytes)
{
    if (bytes.len < 4) {
        return;
    }
    struct record_out out;
    record_out_init(&out, MOST);
    out.version = TLS_1_2;
    protect(&out.protection, s, AEAD_SEAL);
    record_out_pad(&out, suite_is_tls13(s) ? piece % 600 : 0);
    size_t place = (size_t)bytes.data[0] << 16 | (size_t)bytes.data[1] << 8 | bytes.data[2];
    uint8_t change = bytes.data[3];
    struct reading *written = &first;
    written->len = written->records = 0;
    bytes = slice_after(bytes, 4);
    while (bytes.len >= 2) {
        uint8_t type = (uint8_t)(suite_is_tls13(s) ? CONTENT_ALERT + bytes.data[0] % 3
                                                   : CONTENT_CHANGE_CIPHER_SPEC + bytes.data[0] % 4);
        size_t len = bytes.data[1] < bytes.len - 2 ? bytes.data[1] : bytes.len - 2;
        struct record r = {.type = type, .content = {(uint8_t *)(uintptr_t)(bytes.data + 2), len}};
        if (record_write(&out, type, slice_of_span(r.content)) != OK) {
            break;
        }
        if (len || type == CONTENT_APPLICATION_DATA) {
            note(written, &r);
        }
        bytes = slice_after(bytes, 2 + len);
    }
    struct slice stream = record_sendable(&out);
    bool changed = place < stream.len && change && !(suite_is_tls13(s) && is_outer_type(stream, place));
    if (changed) {
        out.queue.data[out.queue.start + place] ^= change;
    }
    read_stream(stream, piece, s, false, &second);
    REQUIRE(second.len <= written->len && memcmp(second.bytes, written->bytes, second.len) == 0);
    REQUIRE(changed ? second.records < written->records
                    : second.end == E_TOO_MANY_EMPTY_RECORDS || second.records == written->records);
    record_out_wipe(&out);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    REQUIRE(crypto_start() == OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 60000) {
        return 0;
    }
    size_t kind = data[0] & 0x3f, piece = (size_t)data[1] * data[1] + 1;
    struct slice bytes = {data + 2, size - 2};
    if (data[0] & 0x80) {
        changed_stream(&suites[kind % SUITES], piece, bytes);
    } else {
        size_t which = kind % (SUITES + 1);
        raw_stream(which < SUITES ? &suites[which] : NULL, piece, data[0] & 0x40, bytes);
    }
    return 0;
}
