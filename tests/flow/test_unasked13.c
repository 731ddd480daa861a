/* SPDX-License-Identifier: MIT */
#include "hellos13.h"
#include "liar13.h"

#include <string.h>

/* RFC 8446 4.2: a server that could answer everything answers what it is asked, and no extension stands twice
 * in what either says. */
enum {
    ASKS_ALPN = 1,
    ASKS_LIMIT = 2,
    ASKS_NAME = 4,
    ASKS_KEY = 8,
    ASKS_GREASE = 16,
    ASKS_RETRY = 32,
    ALL = 64
};

static void key_for(hf_config *c)
{
    static const uint8_t key[32] = "a key that was agreed on before";
    assert_int_equal(hf_config_psk(c, (hf_bytes){key, 4}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), HF_OK);
}

static hf_config *asking(int what)
{
    hf_config *c = speaking13(test_client_config(), TLS_1_2, TLS_1_3, "x25519:secp256r1");
    assert_int_equal(hf_config_grease(c, what & ASKS_GREASE), HF_OK);
    assert_int_equal(hf_config_record_size_limit(c, what & ASKS_LIMIT ? 2000 : 0), HF_OK);
    if (what & ASKS_ALPN) {
        assert_int_equal(hf_config_alpn(c, "h2", false), HF_OK);
    }
    if (what & ASKS_KEY) {
        key_for(c);
    }
    if (!(what & ASKS_NAME)) {
        assert_int_equal(hf_config_insecure_no_verification(c), HF_OK);
    }
    return c;
}

static hf_config *answering(bool retries)
{
    hf_config *s = speaking13(test_server_config(), TLS_1_2, TLS_1_3, retries ? "secp256r1" : "x25519");
    assert_int_equal(hf_config_alpn(s, "h2", true), HF_OK);
    assert_int_equal(hf_config_record_size_limit(s, 4000), HF_OK);
    assert_int_equal(hf_config_retry_cookie(s, HF_RETRY_COOKIE_WITH_RETRY, 0), HF_OK);
    key_for(s);
    return s;
}

static void assert_none_twice(const struct hello *h)
{
    for (size_t i = 0; i < h->extension_count; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(h->extensions[i].type, h->extensions[k].type);
        }
    }
}

static void assert_asked(struct hello *asks, uint16_t code)
{
    if (!hello_find(asks, code)) {
        fail_msg("extension %u was answered, and not asked for", code);
    }
}

/* How many stand in EncryptedExtensions; each was asked for. */
static size_t encrypted(const struct liar13 *l, struct hello *asks)
{
    size_t count = 0;
    struct extension_entry x;
    struct list list = list_of(slice_of(l->said[0], l->said_len[0]));
    for (; list_next_extension(&list, &x); count++) {
        assert_asked(asks, x.type);
        assert_int_equal(liar13_place(l, 0, x.type), count); /* nor stands it twice */
    }
    return count;
}

static void what_was_asked_alone(void **state)
{
    (void)state;
    for (int what = 0; what < ALL; what++) {
        static struct hellos13 heard;
        struct liar13 server;
        struct pair *p =
            pair_take(asking(what), answering(what & ASKS_RETRY), what & ASKS_NAME ? TEST_HOST : NULL);
        struct hello *asks = heard.said[HF_CLIENT];
        hellos13_listen(&heard, p);
        liar13_begin(&server, p->server, ENCRYPTED_EXTENSIONS);
        pair_run(p);
        pair_assert_complete(p);
        for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
            assert_int_equal(heard.count[side], what & ASKS_RETRY ? 2 : 1);
            for (size_t i = 0; i < heard.count[side]; i++) {
                assert_none_twice(&heard.said[side][i]);
            }
        }
        for (size_t i = 0; i < heard.count[HF_SERVER]; i++) {
            const struct hello *h = &heard.said[HF_SERVER][i];
            for (size_t k = 0; k < h->extension_count; k++) {
                bool cookie = hellos13_is_retry(h) && h->extensions[k].type == EXTENSION_COOKIE;
                if (!cookie) {
                    assert_asked(asks, h->extensions[k].type);
                }
            }
        }
        bool alpn = what & ASKS_ALPN, limit = what & ASKS_LIMIT;
        assert_true(encrypted(&server, asks) >= (size_t)alpn + limit);
        assert_int_equal(liar13_place(&server, 0, EXTENSION_ALPN) >= 0, alpn);
        assert_int_equal(liar13_place(&server, 0, EXTENSION_RECORD_SIZE_LIMIT) >= 0, limit);
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
