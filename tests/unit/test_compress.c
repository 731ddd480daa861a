/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compress/compress.h"

/* RFC 8879 3: what is built in gives back what it was given, and nothing else. */
#define PLAIN 6000

static uint8_t plain[PLAIN];

/* Half of it repeats, as certificates do. */
static int make_plain(void **state)
{
    uint32_t x = 12345;
    (void)state;
    for (size_t i = 0; i < PLAIN; i++) {
        x = x * 1103515245u + 12345u;
        plain[i] = i % 100 < 50 ? (uint8_t)(x >> 24) : (uint8_t)(i % 7);
    }
    return 0;
}

static struct slice pack(const struct compression *c, struct buffer *out)
{
    *out = (struct buffer){.limit = 2 * PLAIN};
    assert_int_equal(c->compress(slice_of(plain, PLAIN), out), OK);
    assert_true(buffer_len(out) > 0 && buffer_len(out) < PLAIN);
    return buffer_slice(out);
}

static enum err unpack(const struct compression *c, struct slice packed, size_t size)
{
    uint8_t *exact = malloc(packed.len ? packed.len : 1),
            *room = malloc(size ? size : 1); /* bounds are ASan's to watch */
    assert_true(exact && room);
    if (packed.len) {
        memcpy(exact, packed.data, packed.len);
    }
    enum err e = c->decompress(slice_of(exact, packed.len), (struct span){room, size});
    if (e == OK) {
        assert_int_equal(size, PLAIN);
        assert_memory_equal(room, plain, PLAIN);
    }
    free(exact);
    free(room);
    return e;
}

static void there_and_back(void **state)
{
    (void)state;
    if (!compression_at(0)) {
        printf("built without zlib, brotli and zstd\n");
        skip();
    }
    for (size_t i = 0; compression_at(i); i++) {
        const struct compression *c = compression_at(i);
        struct buffer packed;
        assert_int_equal(unpack(c, pack(c, &packed), PLAIN), OK);
        assert_ptr_equal(compression_of(c->code), c);
        assert_ptr_equal(compression_named(slice_of_string(c->name)), c);
        buffer_free(&packed);
    }
    assert_null(compression_of(0));
    assert_null(compression_named(slice_of_string("gzip")));
}

/* RFC 8879 4: of exactly the length that it says. */
static void another_length_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; compression_at(i); i++) {
        const struct compression *c = compression_at(i);
        struct buffer packed;
        struct slice p = pack(c, &packed);
        static const size_t sizes[] = {0, 1, 100, PLAIN - 1, PLAIN + 1, 2 * PLAIN};
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            assert_int_equal(unpack(c, p, sizes[k]), E_BAD_COMPRESSED_CERTIFICATE);
        }
        buffer_free(&packed);
    }
}

static void a_part_of_it_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; compression_at(i); i++) {
        const struct compression *c = compression_at(i);
        struct buffer packed;
        struct slice p = pack(c, &packed);
        for (size_t len = 0; len < p.len; len += len < 64 ? 1 : 17) {
            assert_int_equal(unpack(c, slice_of(p.data, len), PLAIN), E_BAD_COMPRESSED_CERTIFICATE);
        }
        assert_int_equal(unpack(c, slice_of(p.data, p.len - 1), PLAIN), E_BAD_COMPRESSED_CERTIFICATE);
        assert_int_equal(buffer_append(&packed, slice_of("\0\0", 2)), OK); /* and with something behind it */
        assert_int_equal(unpack(c, buffer_slice(&packed), PLAIN), E_BAD_COMPRESSED_CERTIFICATE);
        buffer_free(&packed);
    }
}

/* Whatever comes, it ends, within its bounds. */
static void noise(void **state)
{
    (void)state;
    for (size_t i = 0; compression_at(i); i++) {
        const struct compression *c = compression_at(i);
        struct buffer packed;
        struct slice p = pack(c, &packed);
        uint8_t *bytes = (uint8_t *)(uintptr_t)p.data;
        unsigned refused = 0;
        for (size_t at = 0; at < p.len; at += 5) {
            uint8_t was = bytes[at];
            bytes[at] ^= (uint8_t)(1u << at % 8);
            uint8_t room[PLAIN];
            enum err e = c->decompress(p, (struct span){room, PLAIN});
            assert_true(e == OK || e == E_BAD_COMPRESSED_CERTIFICATE);
            refused += e != OK;
            bytes[at] = was;
        }
        assert_true(refused > 0);
        buffer_free(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(another_length_is_refused),
        cmocka_unit_test(a_part_of_it_is_refused),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests(tests, make_plain, NULL);
}
