/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handshake/chain_cache.h"

#define NOW 1780272000
#define LATER (NOW + 86400)

static struct chain_policy policy_for(const char *name)
{
    return (struct chain_policy){.purpose = FOR_SERVER_AUTH, .name = name, .now = NOW};
}

static void key_of(const char *chain, const struct chain_policy *policy, uint8_t key[CHAIN_CACHE_KEY])
{
    assert_int_equal(chain_cache_key(slice_of_string(chain), policy, key), OK);
}

static void a_pass_is_remembered_under_its_chain_name_and_purpose(void **state)
{
    (void)state;
    struct chain_cache *c;
    assert_int_equal(chain_cache_new(64, &c), OK);
    struct chain_policy a = policy_for("a.example"), b = policy_for("b.example"),
                        client = policy_for("a.example");
    client.purpose = FOR_CLIENT_AUTH;
    struct chain_policy nameless = policy_for(NULL), empty = policy_for("");
    uint8_t key[CHAIN_CACHE_KEY], other[CHAIN_CACHE_KEY];
    int64_t not_after;
    key_of("chain", &a, key);
    chain_cache_put(c, key, NOW, LATER);
    assert_true(chain_cache_get(c, key, NOW, &not_after));
    assert_int_equal(not_after, LATER);
    key_of("chain", &b, other);
    assert_false(chain_cache_get(c, other, NOW, &not_after));
    key_of("chain", &client, other);
    assert_false(chain_cache_get(c, other, NOW, &not_after));
    key_of("chaim", &a, other);
    assert_false(chain_cache_get(c, other, NOW, &not_after));
    key_of("chain", &nameless, key);
    key_of("chain", &empty, other);
    assert_memory_not_equal(key, other, CHAIN_CACHE_KEY);
    /* moving bytes between name and chain changes the key */
    struct chain_policy longer = policy_for("a.examplec");
    key_of("hain", &longer, other);
    key_of("chain", &a, key);
    assert_memory_not_equal(key, other, CHAIN_CACHE_KEY);
    chain_cache_free(c);
}

static void it_is_believed_for_an_hour_and_never_past_expiry_or_before_it_was_made(void **state)
{
    (void)state;
    struct chain_cache *c;
    assert_int_equal(chain_cache_new(64, &c), OK);
    uint8_t key[CHAIN_CACHE_KEY] = {1};
    int64_t not_after;
    chain_cache_put(c, key, NOW, LATER);
    assert_true(chain_cache_get(c, key, NOW + CHAIN_CACHE_AGE - 1, &not_after));
    assert_false(chain_cache_get(c, key, NOW + CHAIN_CACHE_AGE, &not_after));
    assert_false(chain_cache_get(c, key, NOW - 1, &not_after));
    chain_cache_put(c, key, NOW, NOW + 10);
    assert_true(chain_cache_get(c, key, NOW + 9, &not_after));
    assert_false(chain_cache_get(c, key, NOW + 10, &not_after));
    chain_cache_free(c);
}

static void it_is_bounded_and_the_oldest_of_a_set_makes_room(void **state)
{
    (void)state;
    struct chain_cache *c;
    assert_int_equal(chain_cache_new(1, &c), OK);
    uint8_t key[CHAIN_CACHE_KEY] = {0};
    int64_t not_after;
    for (uint8_t i = 0; i < 5; i++) { /* one shard, one set, four ways */
        key[31] = i;
        chain_cache_put(c, key, NOW + i, LATER);
    }
    key[31] = 0;
    assert_false(chain_cache_get(c, key, NOW + 5, &not_after));
    for (uint8_t i = 1; i < 5; i++) {
        key[31] = i;
        assert_true(chain_cache_get(c, key, NOW + 5, &not_after));
    }
    chain_cache_free(c);
    chain_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_is_remembered_under_its_chain_name_and_purpose),
        cmocka_unit_test(it_is_believed_for_an_hour_and_never_past_expiry_or_before_it_was_made),
        cmocka_unit_test(it_is_bounded_and_the_oldest_of_a_set_makes_room),
    };
    return crypto_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
