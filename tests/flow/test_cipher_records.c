/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <stdlib.h>
#include <string.h>

/*
 * Data under each cipher there is, CBC in both its forms: records of every small size and of the largest,
 * arriving a byte at a time, empty ones, and what each adds to the plaintext. RFC 5246 6.2.3, RFC 7366, RFC
 * 6655 3, RFC 7905 2; checklist S9, C1, C2.
 */
enum { ENCRYPT_THEN_MAC = 22 };
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct cipher {
    const char *suite;
    size_t head, tail; /* AEAD: explicit nonce and tag */
    size_t mac;        /* CBC */
    bool etm;
};
static const struct cipher ciphers[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 8, 16, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 8, 16, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0, 16, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 8, 16, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM", 8, 16, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", 8, 8, 0, false}, /* eight bytes shorter */
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", 8, 8, 0, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 16, 0, 20, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 16, 0, 20, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 16, 0, 32, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 16, 0, 32, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 16, 0, 48, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 16, 0, 48, true},
};

static void maybe_without(struct hello *h, void *arg)
{
    if (!((const struct cipher *)arg)->etm) {
        hello_drop(h, ENCRYPT_THEN_MAC);
    }
}

static struct pair *pair_under(const struct cipher *c)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_problem why;
    struct hello_editor e = {.side = HF_CLIENT, .edit = maybe_without, .arg = (void *)(uintptr_t)c};
    assert_int_equal(hf_config_suites(client, c->suite, &why), HF_OK);
    assert_int_equal(hf_config_suites(server, c->suite, &why), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    edit_hello(p, &e);
    pair_run(p);
    p->hook = NULL;
    pair_assert_complete(p);
    assert_string_equal(hf_negotiated(p->client)->suite_name, c->suite);
    assert_int_equal(hf_negotiated(p->client)->encrypt_then_mac, c->etm);
    return p;
}

static size_t record_size(const struct cipher *c, size_t len)
{
    if (!c->mac) {
        return 5 + c->head + len + c->tail;
    }
    size_t inside = len + 1 + (c->etm ? 0 : c->mac);
    return 5 + c->head + (inside + 15) / 16 * 16 + (c->etm ? c->mac : 0);
}

static void sizes_on_the_wire(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        struct pair *p = pair_under(&ciphers[i]);
        for (size_t len = 1; len <= 16384; len = len < 300 ? len + 1 : len * 2 - 1) {
            size_t before = p->sent[HF_SERVER];
            pair_send(p, HF_SERVER, len);
            assert_int_equal(p->sent[HF_SERVER] - before, record_size(&ciphers[i], len));
        }
        pair_free(p);
    }
}

static void large_and_in_pieces(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16383, 16384, 16385, 65536, 100000};
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        struct pair *p = pair_under(&ciphers[i]);
        for (size_t s = 0; s < COUNT(sizes); s++) {
            pair_exchange(p, sizes[s]);
        }
        static const size_t chunks[] = {1, 2, 5, 16, 1000};
        for (size_t c = 0; c < COUNT(chunks); c++) {
            p->chunk = chunks[c];
            pair_exchange(p, 1);
            pair_exchange(p, 4000);
        }
        pair_free(p);
    }
}

/* RFC 5246 6.2.1: empty records of application data are lawful, and cost CBC a whole MAC. */
static void empty_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        struct pair *p = pair_under(&ciphers[i]);
        for (int n = 0; n < 3; n++) {
            uint8_t record[200] = {CONTENT_APPLICATION_DATA, 3, 3, 0, 0};
            struct protection *sealer = &p->client->out.protection;
            size_t size = record_size(&ciphers[i], 0), used;
            assert_int_equal(protection_seal(sealer, CONTENT_APPLICATION_DATA, slice_of(record, 0),
                                             record + RECORD_HEADER, 0),
                             OK);
            assert_int_equal(protection_head(sealer) + protection_tail(sealer, 0) + RECORD_HEADER, size);
            record[4] = (uint8_t)(size - RECORD_HEADER);
            assert_int_equal(hf_push_wire(p->server, record, size, &used), HF_OK);
            assert_int_equal(used, size);
            assert_int_equal(hf_peek_app(p->server).len, 0);
        }
        pair_exchange(p, 10);
        pair_free(p);
    }
}

/* Small fragments, so that a message of one byte more begins another record. */
static void fragments_of_any_size(void **state)
{
    (void)state;
    static const uint16_t fragments[] = {1, 2, 15, 16, 17, 255, 512, 4096};
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        for (size_t f = 0; f < COUNT(fragments); f++) {
            struct pair *p = pair_under(&ciphers[i]);
            p->client->out.fragment = p->server->out.fragment = fragments[f];
            size_t before = p->sent[HF_CLIENT], whole = fragments[f] * 3u + 1;
            pair_exchange(p, whole);
            assert_int_equal(p->sent[HF_CLIENT] - before,
                             3 * record_size(&ciphers[i], fragments[f]) + record_size(&ciphers[i], 1));
            pair_free(p);
        }
    }
}

/* One bit anywhere behind the header, under each AEAD; tests/flow/test_checklist_cbc.c has CBC. */
static void one_bit_of_each_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ciphers) && !ciphers[i].mac; i++) {
        size_t size = record_size(&ciphers[i], 9);
        for (size_t at = 5; at < size; at++) {
            struct pair *p = pair_under(&ciphers[i]);
            uint8_t record[100];
            size_t used;
            assert_int_equal(hf_push_app(p->client, (hf_bytes){(const uint8_t *)"plaintext", 9}, &used),
                             HF_OK);
            hf_bytes out = hf_peek_wire(p->client);
            assert_int_equal(out.len, size);
            memcpy(record, out.data, size);
            record[at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(hf_push_wire(p->server, record, size, &used), HF_BAD_RECORD_MAC);
            assert_int_equal(hf_peek_app(p->server).len, 0);
            assert_int_equal(hf_failed(p->server)->alert, 20);
            pair_free(p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_on_the_wire),      cmocka_unit_test(large_and_in_pieces),
        cmocka_unit_test(empty_records),          cmocka_unit_test(fragments_of_any_size),
        cmocka_unit_test(one_bit_of_each_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
