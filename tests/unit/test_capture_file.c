/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

/* pcap and pcapng files written by hand, on every kind of link that can be read. */

struct octets {
    uint8_t at[4096];
    size_t len;
};

static void put(struct octets *o, const void *data, size_t len)
{
    assert_true(o->len + len <= sizeof o->at);
    memcpy(o->at + o->len, data, len);
    o->len += len;
}

static void put16(struct octets *o, unsigned value)
{
    put(o, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put32(struct octets *o, uint32_t value)
{
    put16(o, value >> 16);
    put16(o, value & 0xffff);
}

static void put_zeros(struct octets *o, size_t len)
{
    static const uint8_t zeros[64];
    put(o, zeros, len);
}

/* ---- packets ---- */
static void put_tcp(struct octets *o, uint32_t sequence, uint8_t flags, const char *text)
{
    put16(o, 40000);
    put16(o, 443);
    put32(o, sequence);
    put32(o, 0);
    put16(o, 0x6000u | flags); /* with four bytes of options */
    put_zeros(o, 6);
    put32(o, 0x01010101);
    put(o, text, strlen(text));
}

static void put_ipv4(struct octets *o, uint32_t sequence, uint8_t flags, const char *text)
{
    put16(o, 0x4500);
    put16(o, (unsigned)(44 + strlen(text)));
    put32(o, 0);
    put(o, (uint8_t[]){64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 12);
    put_tcp(o, sequence, flags, text);
}

/* With a hop-by-hop header and an atomic fragment's between it and TCP. */
static void put_ipv6(struct octets *o, uint32_t sequence, uint8_t flags, const char *text)
{
    put32(o, 0x60000000);
    put16(o, (unsigned)(16 + 24 + strlen(text)));
    put(o, (uint8_t[]){0, 64}, 2);
    put_zeros(o, 15);
    put(o, (uint8_t[]){1}, 1);
    put_zeros(o, 15);
    put(o, (uint8_t[]){2}, 1);
    put(o, (uint8_t[]){44, 0, 1, 4, 0, 0, 0, 0}, 8);
    put(o, (uint8_t[]){6, 0, 0, 0, 0, 0, 0, 9}, 8);
    put_tcp(o, sequence, flags, text);
}

enum { PLAIN, WITH_VLAN, WITH_TWO_VLANS };

static void put_packet(struct octets *o, int link, bool six, int tags, uint32_t sequence, uint8_t flags,
                       const char *text)
{
    unsigned ether = six ? 0x86dd : 0x0800;
    bool swapped_family = tags == WITH_VLAN; /* of LINKTYPE_NULL: captured on a machine of the other order */
    if (link == 1 || link == 113) {
        put_zeros(o, link == 1 ? 12 : 14);
    } else if (link == 0 || link == 108) {
        put(o, swapped_family ? (uint8_t[]){2, 0, 0, 0} : (uint8_t[]){0, 0, 0, 2}, 4);
    }
    if (tags == WITH_TWO_VLANS && link == 1) {
        put16(o, 0x88a8);
        put16(o, 7);
    }
    if (tags != PLAIN && link == 1) {
        put16(o, 0x8100);
        put16(o, 8);
    }
    if (link == 1 || link == 113 || link == 276) {
        put16(o, ether);
    }
    put_zeros(o, link == 276 ? 18 : 0);
    six ? put_ipv6(o, sequence, flags, text) : put_ipv4(o, sequence, flags, text);
    put_zeros(o, link == 1 ? 6 : 0); /* Ethernet fills its frames up */
}

/* ---- files, in this machine's order of bytes ---- */
static void file32(FILE *f, uint32_t value)
{
    assert_int_equal(fwrite(&value, sizeof value, 1, f), 1);
}

static FILE *pcap_file(int link)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    file32(f, 0xa1b2c3d4);
    file32(f, 0x00040002);
    file32(f, 0);
    file32(f, 0);
    file32(f, 65535);
    file32(f, (uint32_t)link);
    return f;
}

static void pcap_packet(FILE *f, const struct octets *o)
{
    file32(f, 12);
    file32(f, 345678);
    file32(f, (uint32_t)o->len);
    file32(f, (uint32_t)o->len);
    assert_int_equal(fwrite(o->at, o->len, 1, f), 1);
}

/* ---- what was read ---- */
static char story[512];

static void *on_open(void *arg, const struct ends *ends, int64_t time)
{
    (void)arg;
    (void)snprintf(story + strlen(story), sizeof story - strlen(story), "open %u.%u %u->%u %lld; ",
                   ends->client.family, ends->client.address[ends->client.family == 4 ? 3 : 15],
                   ends->client.port, ends->server.port, (long long)time);
    return story;
}

static void on_bytes(void *conn, hf_side from, hf_bytes bytes, int64_t time)
{
    (void)conn;
    (void)time;
    (void)snprintf(story + strlen(story), sizeof story - strlen(story), "%d %.*s; ", (int)from,
                   (int)bytes.len, (const char *)bytes.data);
}

static void on_miss(void *conn, hf_side from, uint64_t len)
{
    (void)conn;
    (void)snprintf(story + strlen(story), sizeof story - strlen(story), "%d miss %u; ", (int)from,
                   (unsigned)len);
}

static void on_end(void *conn, hf_side from, bool cut)
{
    (void)conn;
    (void)from;
    (void)cut;
}

static void on_close(void *conn)
{
    (void)conn;
}

static const struct sink sink = {on_open, on_bytes, on_miss, on_end, on_close, NULL};

static enum capture_result read_all(FILE *f, const char *filter, struct capture_counts *counts, char why[256])
{
    story[0] = 0;
    rewind(f);
    assert_true(capture_is(f));
    return capture_read(f, filter, &sink, counts, why);
}

static void expect_story(int link, bool six, int tags)
{
    struct capture_counts counts;
    char why[256];
    FILE *f = pcap_file(link);
    struct octets o = {.len = 0};
    put_packet(&o, link, six, tags, 99, 2, "");
    pcap_packet(f, &o);
    o.len = 0;
    put_packet(&o, link, six, tags, 100, 24, "hello");
    pcap_packet(f, &o);
    enum capture_result result = read_all(f, NULL, &counts, why);
    assert_string_equal(why, "");
    assert_int_equal(result, CAPTURE_READ);
    assert_int_equal(counts.segments, 2);
    assert_string_equal(story, six ? "open 6.1 40000->443 12345678; 0 hello; "
                                   : "open 4.1 40000->443 12345678; 0 hello; ");
}

static void every_link(void **state)
{
    (void)state;
    static const int links[] = {0, 1, 101, 108, 113, 276};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        for (int tags = PLAIN; tags <= WITH_TWO_VLANS; tags++) {
            expect_story(links[i], false, tags);
            expect_story(links[i], true, tags);
        }
    }
    expect_story(228, false, PLAIN);
    expect_story(229, true, PLAIN);
}

static void every_length_of_a_cut_packet(void **state)
{
    (void)state;
    static const int links[] = {0, 1, 101, 108, 113, 276};
    for (size_t i = 0; i < 12; i++) {
        struct octets o = {.len = 0};
        struct segment segment;
        put_packet(&o, links[i / 2], i % 2, WITH_TWO_VLANS, 1, 24, "hello");
        for (size_t len = 0; len < o.len; len++) {
            uint8_t *copy = malloc(len ? len : 1); /* of its own, so that a read past its end is seen */
            assert_non_null(copy);
            memcpy(copy, o.at, len);
            enum packet_kind kind = packet_read(links[i / 2], (hf_bytes){copy, len}, &segment);
            assert_true(kind == PACKET_DAMAGED || (kind == PACKET_SEGMENT && segment.payload.len <= 5));
            free(copy);
        }
    }
}

static void fragments_and_other_protocols_are_counted(void **state)
{
    (void)state;
    struct capture_counts counts;
    char why[256];
    FILE *f = pcap_file(101);
    struct octets o = {.len = 0};
    put_ipv4(&o, 1, 24, "hello");
    o.at[6] = 0x20; /* more fragments */
    pcap_packet(f, &o);
    o.at[6] = 0;
    o.at[9] = 17; /* UDP */
    pcap_packet(f, &o);
    o.at[0] = 0x42; /* a header of 8 bytes */
    pcap_packet(f, &o);
    assert_int_equal(read_all(f, NULL, &counts, why), CAPTURE_READ);
    assert_int_equal(counts.packets, 3);
    assert_int_equal(counts.fragments, 1);
    assert_int_equal(counts.damaged, 1);
    assert_int_equal(counts.segments, 0);
}

static void a_filter_leaves_out(void **state)
{
    (void)state;
    struct capture_counts counts;
    char why[256];
    for (int i = 0; i < 3; i++) {
        static const char *const filters[] = {"tcp port 443", "tcp port 444", "no such words"};
        struct octets o = {.len = 0};
        FILE *f = pcap_file(101);
        put_ipv4(&o, 1, 24, "hello");
        pcap_packet(f, &o);
        enum capture_result result = read_all(f, filters[i], &counts, why);
        assert_int_equal(result, i == 2 ? CAPTURE_BAD_FILTER : CAPTURE_READ);
        assert_int_equal(counts.segments, i == 0);
        assert_true((why[0] != 0) == (i == 2));
    }
}

static void what_breaks_off_is_said(void **state)
{
    (void)state;
    struct capture_counts counts;
    char why[256];
    struct octets o = {.len = 0};
    FILE *f = pcap_file(101);
    put_ipv4(&o, 1, 24, "hello");
    pcap_packet(f, &o);
    file32(f, 1);
    assert_int_equal(read_all(f, NULL, &counts, why), CAPTURE_CUT);
    assert_string_not_equal(why, "");
    assert_int_equal(counts.segments, 1);
    f = pcap_file(147); /* a link of somebody's own */
    assert_int_equal(read_all(f, NULL, &counts, why), CAPTURE_NONE);
    assert_string_not_equal(why, "");
    f = tmpfile();
    assert_int_equal(fputs("no capture", f) < 0, 0);
    rewind(f);
    assert_false(capture_is(f));
    fclose(f);
}

/* ---- pcapng ---- */
static void ordered32(struct octets *o, uint32_t value, bool swapped)
{
    value = swapped ? __builtin_bswap32(value) : value;
    put(o, &value, sizeof value);
}

static void section(struct octets *o, bool swapped)
{
    ordered32(o, 0x0a0d0d0a, swapped);
    ordered32(o, 28, swapped);
    ordered32(o, 0x1a2b3c4d, swapped);
    ordered32(o, swapped ? 0x00010000 : 0x00000001, swapped);
    ordered32(o, UINT32_MAX, swapped);
    ordered32(o, UINT32_MAX, swapped);
    ordered32(o, 28, swapped);
}

static void secrets_block(struct octets *o, const char *text, bool swapped)
{
    uint32_t len = (uint32_t)strlen(text), padded = (len + 3) & ~3u;
    ordered32(o, 10, swapped);
    ordered32(o, 20 + padded, swapped);
    ordered32(o, 0x544c534b, swapped);
    ordered32(o, len, swapped);
    put(o, text, len);
    put_zeros(o, padded - len);
    ordered32(o, 20 + padded, swapped);
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LINE "CLIENT_RANDOM " HEX32 " " HEX32 "202122232425262728292a2b2c2d2e2f"

static enum capture_result secrets_of(const struct octets *o, size_t len, size_t *blocks, size_t *lines)
{
    FILE *f = tmpfile();
    hf_secrets *secrets = hf_secrets_new();
    assert_true(f != NULL && secrets != NULL);
    assert_int_equal(fwrite(o->at, 1, len, f), len);
    rewind(f);
    enum capture_result result = capture_secrets(f, secrets, blocks);
    assert_int_equal(ftell(f), 0);
    *lines = hf_secrets_count(secrets);
    hf_secrets_free(secrets);
    fclose(f);
    return result;
}

static void secrets_of_either_order(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct octets o = {.len = 0};
        size_t blocks, lines;
        section(&o, swapped);
        secrets_block(&o, LINE, swapped); /* no line feed at its end */
        section(&o, !swapped);            /* another section has an order of its own */
        secrets_block(&o, LINE "\n" LINE "\n", !swapped);
        assert_int_equal(secrets_of(&o, o.len, &blocks, &lines), CAPTURE_READ);
        assert_int_equal(blocks, 2);
        assert_int_equal(lines, 3);
        for (size_t len = 0; len < o.len; len++) {
            (void)secrets_of(&o, len, &blocks, &lines);
            assert_true(blocks <= 2);
        }
    }
}

static void lengths_that_lie(void **state)
{
    (void)state;
    static const uint32_t lies[] = {0, 4, 8, 12, 13, 15, 16, 19, 1000, 0x7fffffff, 0xfffffffc, 0xffffffff};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        for (int which = 0; which < 2; which++) {
            struct octets o = {.len = 0};
            size_t blocks, lines, at;
            section(&o, false);
            at = o.len + (which ? 12 : 4); /* the block's length, the secrets' */
            secrets_block(&o, LINE, false);
            memcpy(o.at + at, &lies[i], 4);
            enum capture_result result = secrets_of(&o, o.len, &blocks, &lines);
            assert_true(result == CAPTURE_CUT || lines == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link),
        cmocka_unit_test(every_length_of_a_cut_packet),
        cmocka_unit_test(fragments_and_other_protocols_are_counted),
        cmocka_unit_test(a_filter_leaves_out),
        cmocka_unit_test(what_breaks_off_is_said),
        cmocka_unit_test(secrets_of_either_order),
        cmocka_unit_test(lengths_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
