/* SPDX-License-Identifier: MIT */
#include "hellos13.h"

#include <string.h>

/* ServerHello's random, RFC 8446 4.1.3: what it depends on, and its mark where a session is resumed. */

/* The same bytes for every connection that asks anew. */
static int same_again(void *arg, uint8_t *out, size_t len)
{
    uint32_t *x = arg;
    for (size_t i = 0; i < len; i++) {
        *x = *x * 1103515245u + 12345u;
        out[i] = (uint8_t)(*x >> 16);
    }
    return 0;
}

static void hear(struct hellos13 *heard, uint16_t version, bool seeded)
{
    uint32_t seed = 7;
    hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, "x25519");
    if (seeded) {
        assert_int_equal(hf_config_random(s, same_again, &seed), HF_OK);
    }
    struct pair *p =
        pair_take(speaking13(test_client_config(), version, version, "x25519:secp256r1"), s, TEST_HOST);
    hellos13_listen(heard, p);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(heard->count[HF_SERVER], 1);
    pair_free(p);
}

/* RFC 8446 4.1.3: "MUST be generated independently of the ClientHello.random": it is what was drawn. */
static void it_owes_nothing_to_the_client(void **state)
{
    (void)state;
    static struct hellos13 heard[2];
    for (int tls13 = 0; tls13 < 2; tls13++) {
        const uint16_t version = tls13 ? TLS_1_3 : TLS_1_2;
        for (int seeded = 0; seeded < 2; seeded++) {
            hear(&heard[0], version, seeded);
            hear(&heard[1], version, seeded);
            assert_memory_not_equal(heard[0].said[HF_CLIENT][0].random, heard[1].said[HF_CLIENT][0].random,
                                    32);
            size_t drawn = tls13 ? 32 : 24; /* the rest says that it could have been 1.3 */
            const uint8_t *a = heard[0].said[HF_SERVER][0].random, *b = heard[1].said[HF_SERVER][0].random;
            assert_int_equal(memcmp(a, b, drawn) == 0, seeded);
        }
    }
}

/* RFC 8446 4.1.3: the mark is in every ServerHello of TLS 1.2, that of a resumption too; and in none of 1.3. */
static void the_mark_of_a_resumption(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 < 2; tls13++) {
        static struct hellos13 heard;
        const uint16_t version = tls13 ? TLS_1_3 : TLS_1_2;
        hf_config *c = speaking13(test_client_config(), version, version, "x25519:secp256r1");
        hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, "x25519");
        struct pair *p = pair_connect(c, s, TEST_HOST);
        hf_session *session = pair_session(p);
        pair_free(p);
        p = pair_new(c, s, TEST_HOST);
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
        hellos13_listen(&heard, p);
        pair_run(p);
        pair_assert_complete(p);
        assert_true(hf_negotiated(p->server)->resumed);
        assert_int_equal(memcmp(heard.said[HF_SERVER][0].random + 24, "DOWNGRD\1", 8) == 0, !tls13);
        pair_free(p);
        hf_session_free(session);
        hf_config_free(c);
        hf_config_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_owes_nothing_to_the_client),
        cmocka_unit_test(the_mark_of_a_resumption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
