/* SPDX-License-Identifier: MIT */
/* Whatever is written, however it is cut on its way, the same bytes come out: RFC 5246 6.2.1; checklist S9.
 */
#include "unit/test_record_keys.h"

#include "support/aeads.h"

#define ROUNDS 400
#define WRITES 60
#define MOST 40000

static uint64_t seed;

/* splitmix64 */
static size_t draw(size_t below)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (size_t)((z ^ z >> 31) % below);
}

/* What went in or came out: the type and the bytes in order, however records cut them. */
struct log {
    uint8_t *types, *bytes;
    size_t len;
};

static void log_add(struct log *l, uint8_t type, const uint8_t *bytes, size_t len)
{
    if (len) {
        assert_true(l->len + len <= WRITES * MOST);
        memset(l->types + l->len, type, len);
        memcpy(l->bytes + l->len, bytes, len);
        l->len += len;
    }
}

static struct log written_log, read_log;
static uint8_t plain[MOST];
static uint8_t wire[WRITES * (MOST + 4096)];
static size_t wire_len;

/* Some of what is sendable goes out, as a socket would take it. */
static void send_some(struct record_out *out, bool all)
{
    struct slice ready = record_sendable(out);
    size_t len = all ? ready.len : draw(ready.len + 1);
    assert_true(wire_len + len <= sizeof wire);
    if (len) {
        memcpy(wire + wire_len, ready.data, len);
        wire_len += len;
    }
    record_sent(out, len);
}

static void write_one(struct record_out *out)
{
    static const size_t ranges[] = {4, 70, 700, 20000, MOST};
    struct slice content = {plain + draw(64), draw(ranges[draw(5)] - 1)};
    if (content.len > MOST - 64) {
        content.len = MOST - 64;
    }
    bool is_tls13 = out->protection.kind == PROTECT_AEAD13; /* RFC 8446 5: protects no ChangeCipherSpec */
    uint8_t type = (uint8_t)(CONTENT_CHANGE_CIPHER_SPEC + is_tls13 + draw(4 - is_tls13));
    bool gather = type == CONTENT_HANDSHAKE && draw(8) != 0;
    enum err err = gather ? record_write_handshake(out, content) : record_write(out, type, content);
    if (err == OK) {
        log_add(&written_log, type, content.data, content.len);
    } else {
        assert_int_equal(err, E_BUFFER_LIMIT);
        assert_true(gather || content.len == 0 || content.len > record_room(out));
    }
}

static void write_all(struct record_out *out)
{
    static const uint16_t fragments[] = {64, 512, 1024, 4096, 16384, 16384};
    for (size_t i = 0; i < WRITES; i++) {
        if (draw(8) == 0) {
            out->fragment = fragments[draw(6)];
        }
        write_one(out);
        if (draw(3) == 0) {
            send_some(out, false);
        }
        if (draw(6) == 0) {
            assert_int_equal(record_close(out), OK);
        }
    }
    assert_int_equal(record_close(out), OK);
    send_some(out, true);
    assert_int_equal(buffer_len(&out->queue), 0);
    assert_null(out->queue.data);
}

/* Pieces of arbitrary size; what record_read leaves is kept in front of the next piece or given again at
 * once. */
static void read_all(struct record_in *in, size_t piece)
{
    size_t at = 0, come = 0;
    while (come < wire_len) {
        size_t more = 1 + draw(piece);
        come = more < wire_len - come ? come + more : wire_len;
        while (at < come) {
            size_t used;
            struct record r;
            assert_int_equal(record_read(in, (struct span){wire + at, come - at}, &used, &r), OK);
            assert_true(used > 0 && used <= come - at);
            at += used;
            if (r.type) {
                log_add(&read_log, r.type, r.content.data, r.content.len);
            } else {
                assert_int_equal(at, come);
            }
            if (draw(2)) {
                record_release(in);
            }
        }
    }
    record_release(in);
    assert_false(record_in_midway(in));
    assert_null(in->partial.data);
}

/* the last: no protection */
static const struct suite *suite_number(size_t k)
{
    return k < SUITES ? &record_suites[k] : k - SUITES < SUITES13 ? &record_suites13[k - SUITES] : NULL;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 3, 20, 200, 1500, 17000, sizeof wire};
    for (size_t round = 0; round < ROUNDS; round++) {
        seed = round;
        struct ends e;
        ends_start(&e, suite_number(round % (SUITES + SUITES13 + 1)));
        if (e.out.protection.kind == PROTECT_AEAD13) { /* RFC 8446 5.4 */
            record_out_pad(&e.out, draw(2) ? draw(RECORD_PLAINTEXT_MAX + 1) : draw(300));
        }
        e.out.queue.limit = 1000 + draw(100000);
        written_log.len = read_log.len = wire_len = 0;
        write_all(&e.out);
        read_all(&e.in, pieces[draw(7)]);
        assert_int_equal(read_log.len, written_log.len);
        assert_memory_equal(read_log.types, written_log.types, written_log.len);
        assert_memory_equal(read_log.bytes, written_log.bytes, written_log.len);
        assert_true(e.out.protection.sequence == e.in.protection.sequence);
        ends_stop(&e);
    }
}

static struct log log_new(void)
{
    struct log l = {malloc(WRITES * MOST), malloc(WRITES * MOST), 0};
    if (!l.types || !l.bytes) {
        abort();
    }
    return l;
}

int main(void)
{
    pattern(plain, sizeof plain);
    written_log = log_new();
    read_log = log_new();
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_written_is_read)};
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    free(written_log.types);
    free(written_log.bytes);
    free(read_log.types);
    free(read_log.bytes);
    return failed;
}
