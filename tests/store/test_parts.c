/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/lru.h"
#include "store/slots.h"
#include "store/url.h"

/* The parts that know nothing of the others: hash slots, the table, the URL. */

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* The vectors of the Redis Cluster specification, and what redis-server 7 answers to CLUSTER KEYSLOT. */
static void slots(void **state)
{
    (void)state;
    assert_int_equal(slot_crc16(text("123456789")), 0x31c3);
    assert_int_equal(slot_crc16(text("")), 0);
    assert_int_equal(slot_of(text("foo")), 12182);
    assert_int_equal(slot_of(text("bar")), 5061);
    assert_int_equal(slot_of(text("hello")), 866);
    assert_int_equal(slot_of(text("somekey")), 11058);
    assert_int_equal(slot_of(text("foo{hash_tag}")), 2515);
    assert_int_equal(slot_of(text("bar{hash_tag}")), 2515);
    assert_int_equal(slot_of(text("{user1000}.following")), slot_of(text("user1000")));
    assert_int_equal(slot_of(text("foo{}{bar}")), 8363); /* an empty tag is none */
    assert_int_equal(slot_of(text("foo{{bar}}zap")), slot_of(text("{bar")));
    assert_int_equal(slot_of(text("foo{bar}{zap}")), slot_of(text("bar")));
    assert_int_equal(slot_of(text("foo{bar")), slot_crc16(text("foo{bar")) % SLOTS);
}

static void redirections(void **state)
{
    (void)state;
    static const char *const bad[] = {"MOVED",
                                      "MOVED ",
                                      "MOVED 1",
                                      "MOVED 16384 a:1",
                                      "MOVED -1 a:1",
                                      "MOVED 1 a",
                                      "MOVED 1 a:",
                                      "MOVED 1 a:0",
                                      "MOVED 1 a:65536",
                                      "MOVED 1 a:1 ",
                                      "MOVED 1  a:1",
                                      "MOVED 1 a\x01:1",
                                      "ASK",
                                      "ASK 1",
                                      "ERR 1 a:1",
                                      "moved 1 a:1",
                                      ""};
    struct redirection r;
    assert_true(redirection_decode(text("MOVED 3999 127.0.0.1:6381"), &r));
    assert_false(r.ask);
    assert_int_equal(r.slot, 3999);
    assert_int_equal(r.port, 6381);
    assert_string_equal(r.host, "127.0.0.1");
    assert_true(redirection_decode(text("ASK 16383 ::1:65535"), &r));
    assert_true(r.ask);
    assert_string_equal(r.host, "::1");
    assert_true(redirection_decode(text("MOVED 0 :7000"), &r));
    assert_string_equal(r.host, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (redirection_decode(text(bad[i]), &r)) {
            fail_msg("'%s' is taken", bad[i]);
        }
    }
    char longest[400];
    snprintf(longest, sizeof longest, "MOVED 1 %0255d:1", 0);
    assert_true(redirection_decode(text(longest), &r));
    snprintf(longest, sizeof longest, "MOVED 1 %0256d:1", 0);
    assert_false(redirection_decode(text(longest), &r));
}

static void table(void **state)
{
    (void)state;
    struct lru l;
    char key[KEY_SIZE + 1];
    assert_true(lru_init(&l, 100, 7));
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        assert_non_null(lru_put(&l, key, text(key), 1000));
        assert_true(l.count <= 100);
        assert_non_null(lru_find(&l, "key-0", 0)); /* used all the time */
    }
    assert_int_equal(l.count, 100);
    assert_null(lru_find(&l, "key-900", 0));
    struct lru_entry *e = lru_find(&l, "key-901", 999);
    assert_memory_equal(e->bytes, "key-901", 7);
    assert_null(lru_find(&l, "key-901", 1000)); /* expired, and gone */
    assert_null(lru_find(&l, "key-901", 999));
    assert_int_equal(l.count, 99);
    assert_ptr_equal(lru_put(&l, "key-0", text("key-0"), 5000),
                     lru_find(&l, "key-0", 0)); /* the same: not anew */
    assert_int_equal(lru_find(&l, "key-0", 0)->expires, 1000);
    assert_non_null(lru_put(&l, "key-0", text("other"), 5000));
    assert_memory_equal(lru_find(&l, "key-0", 1000)->bytes, "other", 5);
    assert_int_equal(l.count, 99);
    lru_drop(&l, "key-0");
    lru_drop(&l, "key-0");
    assert_int_equal(l.count, 98);
    memset(key, 'k', KEY_SIZE);
    key[KEY_SIZE] = '\0';
    assert_null(lru_put(&l, key, text("x"), 1)); /* too long */
    key[KEY_SIZE - 1] = '\0';
    assert_non_null(lru_put(&l, key, text(""), 1));
    assert_int_equal(lru_find(&l, key, 0)->len, 0);
    lru_free(&l);
    assert_true(lru_init(&l, 1, 0));
    assert_non_null(lru_put(&l, "a", text("x"), 10));
    assert_non_null(lru_put(&l, "b", text("x"), 10));
    assert_null(lru_find(&l, "a", 0));
    lru_free(&l);
}

static struct url parsed(const char *t)
{
    struct url u;
    hf_problem why;
    if (!url_parse(t, &u, &why)) {
        fail_msg("%s: %s", t, why.sentence);
    }
    return u;
}

static void urls(void **state)
{
    (void)state;
    assert_int_equal(parsed("memory:").kind, URL_MEMORY);
    struct url u = parsed("redis://localhost");
    assert_int_equal(u.kind, URL_TCP);
    assert_string_equal(u.node[0].host, "localhost");
    assert_int_equal(u.node[0].port, 6379);
    assert_true(u.nodes == 1 && u.db == 0 && !u.cluster && !u.user[0] && !u.password[0]);
    u = parsed("rediss://me:p%40ss%2Fw%3Ard@redis_1.example:7000/15");
    assert_int_equal(u.kind, URL_TLS);
    assert_string_equal(u.user, "me");
    assert_string_equal(u.password, "p@ss/w:rd");
    assert_string_equal(u.node[0].host, "redis_1.example");
    assert_int_equal(u.node[0].port, 7000);
    assert_int_equal(u.db, 15);
    u = parsed("redis://:a:b@[::1]:7/");
    assert_string_equal(u.user, "");
    assert_string_equal(u.password, "a:b");
    assert_string_equal(u.node[0].host, "::1");
    assert_int_equal(u.node[0].port, 7);
    u = parsed("redis://a:7001,b:7002,[fe80::1]?cluster");
    assert_true(u.cluster && u.nodes == 3);
    assert_string_equal(u.node[2].host, "fe80::1");
    assert_int_equal(u.node[2].port, 6379);
    assert_true(parsed("valkey://a/0?cluster").cluster);
    assert_int_equal(parsed("valkeys://a").kind, URL_TLS);
    u = parsed("unix:/run/redis/redis%20x.sock?db=3");
    assert_int_equal(u.kind, URL_UNIX);
    assert_string_equal(u.path, "/run/redis/redis x.sock");
    assert_int_equal(u.db, 3);
    u = parsed("unix://me:secret@/s");
    assert_string_equal(u.path, "/s");
    assert_string_equal(u.password, "secret");
    u = parsed("unix:///s");
    assert_string_equal(u.path, "/s");
    url_wipe(&u);
    assert_int_equal(u.password[0], 0);
}

/* What cannot be, and a word of what is said about it. */
static void urls_that_cannot_be(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "begins with none"},
        {"http://a", "begins with none"},
        {"redis:a", "begins with none"},
        {"memory:x", "nothing follows"},
        {"redis://", "a host is missing"},
        {"redis:///1", "a host is missing"},
        {"redis://:7000", "a host is missing"},
        {"redis://a,?cluster", "a host is missing"},
        {"redis://,a?cluster", "a host is missing"},
        {"redis://a:", "a port between 1 and 65535"},
        {"redis://a:0", "a port between 1 and 65535"},
        {"redis://a:65536", "a port between 1 and 65535"},
        {"redis://a:4294967297", "a port between 1 and 65535"},
        {"redis://a:x", "a port between 1 and 65535"},
        {"redis://::1", "a host is missing"},
        {"redis://[::1", "has no ']'"},
        {"redis://[::1]7", "a port between 1 and 65535"},
        {"redis://[g]", "a character cannot be"},
        {"redis://a b", "a character cannot be"},
        {"redis://a\x1b", "a character cannot be"},
        {"redis://a/x", "number of a database"},
        {"redis://a/65536", "number of a database"},
        {"redis://a/1/2", "number of a database"},
        {"redis://a?x", "only 'cluster'"},
        {"redis://a?db=1", "only 'cluster'"},
        {"redis://a?cluster&secret", "only 'cluster'"},
        {"redis://a#x", "'#' has no meaning"},
        {"redis://a,b", "add '?cluster'"},
        {"redis://a/1?cluster", "only database 0"},
        {"redis://secret@a", "a user and no password"},
        {"redis://u:@a", "the password is empty"},
        {"redis://u:sec@ret@a", "write '%40'"},
        {"redis://u:sec/ret@a", "'%2F'"},
        {"redis://u:sec?ret@a", "'%3F'"},
        {"redis://u:sec%4@a", "two hexadecimal digits"},
        {"redis://u:sec%00ret@a", "two hexadecimal digits"},
        {"redis://u:sec ret@a", "a space or a control character"},
        {"redis://u:secret@", "a host is missing"},
        {"redis://u:secret@a:secret", "a port between"},
        {"redis://u:secret@a/secret", "number of a database"},
        {"unix:", "begins with '/'"},
        {"unix:a", "begins with '/'"},
        {"unix://", "begins with '/'"},
        {"unix://host/s", "a socket has no host"},
        {"unix:/s?cluster", "only 'db=N'"},
        {"unix:/s?db=x", "db is not a number"},
        {"unix:/s?db=", "db is not a number"},
        {"unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678",
         "longer than 107"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url u;
        hf_problem why = {0};
        bool taken = url_parse(rows[i][0], &u, &why);
        if (taken || !strstr(why.sentence, rows[i][1]) || why.err != HF_BAD_ARGUMENT) {
            fail_msg("'%s': %s", rows[i][0], taken ? "taken" : why.sentence);
        }
        assert_null(strstr(why.sentence, "sec")); /* no part of a password */
        assert_true(strlen(why.sentence) < sizeof why.sentence - 1);
    }
    char many[400] = "redis://n0";
    for (int i = 1; i < 17; i++) {
        snprintf(many + strlen(many), sizeof many - strlen(many), ",n%d", i);
    }
    strcat(many, "?cluster");
    struct url u;
    hf_problem why;
    assert_false(url_parse(many, &u, &why));
    assert_non_null(strstr(why.sentence, "more than 16 nodes"));
}

/* What is taken names somewhere to go; what is not is refused with a reason. */
static void taken_or_refused(const char *t)
{
    struct url u;
    hf_problem why = {0};
    if (url_parse(t, &u, &why)) {
        assert_true(u.kind >= URL_MEMORY && u.kind <= URL_UNIX);
        assert_true(u.kind == URL_MEMORY ||
                    (u.kind == URL_UNIX ? u.path[0] == '/' : u.nodes && u.node[0].host[0]));
        assert_int_equal(why.err, HF_OK);
    } else {
        assert_int_equal(why.err, HF_BAD_ARGUMENT);
        assert_in_range(strnlen(why.sentence, sizeof why.sentence), 1, sizeof why.sentence - 1);
    }
}

/* Every prefix of a URL, and every byte of it changed, is taken or refused, and no more. */
static void urls_of_any_kind(void **state)
{
    (void)state;
    static const char *const good[] = {"rediss://me:p%40ss@[::1]:7000,b:1?cluster",
                                       "unix://:p@/run/r.sock?db=12", "redis://h/3"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < strlen(good[i]); at++) {
            for (int c = 0; c < 256; c++) {
                char *t = strdup(good[i]);
                t[at] = (char)c;
                taken_or_refused(t);
                free(t);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots), cmocka_unit_test(redirections),        cmocka_unit_test(table),
        cmocka_unit_test(urls),  cmocka_unit_test(urls_that_cannot_be), cmocka_unit_test(urls_of_any_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
