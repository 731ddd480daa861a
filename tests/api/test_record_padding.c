/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <string.h>

/* Padding of records in TLS 1.3, RFC 8446 5.4: to a multiple, to whole records, within what the peer takes.
 */

enum { HEADER = 5, TAG = 16, DATA = 23 };
struct seen {
    unsigned records, not_multiples, not_whole, over;
    size_t multiple, whole;
};

/* Protected records of the server, as their headers tell them. A record as long as it may be is no multiple.
 */
static void look(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct seen *s = arg;
    (void)pair;
    for (size_t at = 0; from == HF_SERVER && at + HEADER <= bytes->len;) {
        size_t len = (size_t)bytes->data[at + 3] << 8 | bytes->data[at + 4];
        if (bytes->data[at] == DATA) {
            size_t inner = len - TAG;
            s->records++;
            s->not_multiples += s->multiple && inner % s->multiple != 0 && inner != s->whole;
            s->not_whole += inner != s->whole;
            s->over += inner > s->whole;
        }
        at += HEADER + len;
    }
}

static struct pair *padded(uint16_t version, unsigned multiple, unsigned limit, struct seen *s)
{
    hf_config *client = test_speaking(test_client_config(), version, version),
              *server = test_speaking(test_server_config(), version, version);
    assert_int_equal(hf_config_record_padding(server, multiple), HF_OK);
    assert_int_equal(hf_config_record_size_limit(client, limit), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->hook = look;
    p->hook_arg = s;
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

static const size_t lengths[] = {1, 15, 16, 254, 255, 256, 1000, 16383, 16384, 40000};
#define EACH_LENGTH(i)                    \
    size_t i = 0;                         \
    i < sizeof lengths / sizeof *lengths; \
    i++

static void to_a_multiple(void **state)
{
    (void)state;
    static const unsigned multiples[] = {2, 16, 100, 256, 4096, 16384};
    for (size_t m = 0; m < sizeof multiples / sizeof *multiples; m++) {
        struct seen s = {.multiple = multiples[m], .whole = 16385};
        struct pair *p = padded(0x0304, multiples[m], 0, &s);
        for (EACH_LENGTH(i)) {
            pair_exchange(p, lengths[i]);
        }
        assert_int_equal(s.not_multiples, 0);
        assert_int_equal(s.over, 0);
        pair_free(p);
    }
}

static void to_whole_records(void **state)
{
    (void)state;
    static const unsigned limits[] = {0, 16384, 4096, 512, 64};
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        /* record_size_limit counts the content type in TLS 1.3: RFC 8449 4 */
        struct seen s = {.whole = limits[l] == 0 || limits[l] == 16384 ? 16385 : limits[l]};
        struct pair *p = padded(0x0304, HF_PAD_WHOLE_RECORDS, limits[l], &s);
        for (EACH_LENGTH(i)) {
            pair_exchange(p, lengths[i]);
        }
        assert_true(s.records > sizeof lengths / sizeof *lengths);
        assert_int_equal(s.over, 0);
        /* what left before the peer's limit was known */
        assert_true(s.not_whole <= (limits[l] == 0 || limits[l] == 16384 ? 0 : 1));
        pair_free(p);
    }
}

/* Equal on the wire, whatever their length. */
static void lengths_do_not_show(void **state)
{
    (void)state;
    size_t sent = 0;
    for (size_t len = 1; len < 256; len += 50) {
        struct seen s = {0};
        struct pair *p = padded(0x0304, 256, 0, &s);
        size_t before = p->sent[HF_SERVER];
        pair_send(p, HF_SERVER, len);
        size_t now = p->sent[HF_SERVER] - before;
        assert_true(!sent || now == sent);
        sent = now;
        pair_free(p);
    }
    assert_int_equal(sent, HEADER + 256 + TAG);
}

/* Without it, and in TLS 1.2 with it, nothing is added. */
static void none(void **state)
{
    (void)state;
    struct seen s = {0};
    struct pair *p = padded(0x0304, 0, 0, &s);
    size_t before = p->sent[HF_SERVER];
    pair_send(p, HF_SERVER, 100);
    assert_int_equal(p->sent[HF_SERVER] - before, HEADER + 100 + 1 + TAG);
    pair_free(p);
    p = padded(0x0303, 256, 0, &s);
    before = p->sent[HF_SERVER];
    pair_send(p, HF_SERVER, 100);
    assert_string_equal(hf_negotiated(p->server)->suite_name, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    assert_int_equal(p->sent[HF_SERVER] - before, HEADER + 8 + 100 + TAG); /* RFC 5288 3: nonce_explicit */
    pair_free(p);
}

static void the_setter_judges(void **state)
{
    (void)state;
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_record_padding(NULL, 16), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_record_padding(c, HF_PAD_WHOLE_RECORDS + 1), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_record_padding(c, HF_PAD_WHOLE_RECORDS), HF_OK);
    test_freeze(c);
    assert_int_equal(hf_config_record_padding(c, 0), HF_CONFIG_FROZEN);
    hf_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_a_multiple),       cmocka_unit_test(to_whole_records),
        cmocka_unit_test(lengths_do_not_show), cmocka_unit_test(none),
        cmocka_unit_test(the_setter_judges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
