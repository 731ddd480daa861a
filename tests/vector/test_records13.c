/* SPDX-License-Identifier: MIT */
/* RFC 8448's protected records, made and read by the record layer. */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "support/aeads.h"

static const struct {
    const char *section, *key, *iv;
    uint64_t sequence;
    enum content_type type;
    const char *content, *record;
} records[] = {
#include "rfc8448_records.inc"
};

static void protect(struct protection *p, size_t i, enum aead_use use)
{
    struct record_keys keys = {.key = HEX(records[i].key), .iv = HEX(records[i].iv)};
    assert_int_equal(protection_set(p, suite13_of(0x1301), use, &keys), OK);
    p->sequence = records[i].sequence;
}

/* RFC 8446 5.2, 5.3 */
static void records_rfc8448(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct record_out out;
        struct record_in in;
        record_out_init(&out, 1 << 16);
        record_in_init(&in);
        in.begun = true;
        out.version = TLS_1_2;
        protect(&out.protection, i, AEAD_SEAL);
        protect(&in.protection, i, AEAD_OPEN);
        struct slice wanted = HEX(records[i].record), content = HEX(records[i].content);
        assert_int_equal(record_write(&out, records[i].type, content), OK);
        assert_int_equal(record_sendable(&out).len, wanted.len);
        assert_bytes(record_sendable(&out).data, wanted);
        size_t used;
        struct record r;
        struct span arrived = {(uint8_t *)(uintptr_t)wanted.data, wanted.len};
        assert_int_equal(record_read(&in, arrived, &used, &r), OK);
        assert_int_equal(used, wanted.len);
        assert_int_equal(r.type, records[i].type);
        assert_int_equal(r.content.len, content.len);
        assert_bytes(r.content.data, content);
        record_out_wipe(&out);
        record_in_wipe(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records_rfc8448)};
    int failed = 0;
    RUN_WITH_EVERY_AEAD(failed, tests)
    return failed;
}
