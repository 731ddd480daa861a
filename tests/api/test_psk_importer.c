/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

/* Imported pre-shared keys, RFC 9258. What goes over the wire is worked out again here, with nothing but
 * libcrypto's HMAC. */
static const uint8_t key_bytes[] = "a key from a factory, of 32 byte";
#define KEY ((hf_bytes){key_bytes, 32})
#define NAME "sensor-12"
#define CONTEXT "client sensor-12, server hub"

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- the derivation, by hand ---- */
static const EVP_MD *digest_of(hf_psk_hash hash)
{
    return hash == HF_PSK_SHA384 ? EVP_sha384() : EVP_sha256();
}

static size_t size_of(hf_psk_hash hash)
{
    return (size_t)EVP_MD_get_size(digest_of(hash));
}

static void hmac(hf_psk_hash hash, const uint8_t *key, struct test_bytes message, uint8_t *out)
{
    unsigned len;
    assert_non_null(HMAC(digest_of(hash), key, (int)size_of(hash), message.data, message.len, out, &len));
    test_bytes_free(&message);
}

static void digest(hf_psk_hash hash, const void *data, size_t len, uint8_t *out)
{
    assert_true(EVP_Digest(data, len, out, NULL, digest_of(hash), NULL));
}

/* HKDF-Extract(0, …) */
static void extract(hf_psk_hash hash, const uint8_t *input, size_t len, uint8_t *out)
{
    static const uint8_t zeros[64];
    struct test_bytes message = {0};
    test_bytes_add(&message, input, len);
    hmac(hash, zeros, message, out);
}

/* HKDF-Expand-Label with an output of at most one block, RFC 8446 7.1. */
struct keyed {
    hf_psk_hash hash;
    const uint8_t *secret;
};
static void expand_label(struct keyed by, const char *label, struct test_bytes context, size_t size,
                         uint8_t *out)
{
    uint8_t block[64], head[3] = {0, (uint8_t)size, (uint8_t)(6 + strlen(label))};
    struct test_bytes message = {0};
    test_bytes_add(&message, head, sizeof head);
    test_bytes_add(&message, "tls13 ", 6);
    test_bytes_add(&message, label, strlen(label));
    test_bytes_add(&message, &(uint8_t){(uint8_t)context.len}, 1);
    test_bytes_add(&message, context.data, context.len);
    for (uint8_t counter = 1; size; counter++) { /* at most two */
        struct test_bytes next = {0};
        size_t take = size < size_of(by.hash) ? size : size_of(by.hash);
        test_bytes_add(&next, block, counter > 1 ? size_of(by.hash) : 0);
        test_bytes_add(&next, message.data, message.len);
        test_bytes_add(&next, &counter, 1);
        hmac(by.hash, by.secret, next, block);
        memcpy(out, block, take);
        out += take;
        size -= take;
    }
    test_bytes_free(&message);
    test_bytes_free(&context);
}

static struct test_bytes hashed(hf_psk_hash hash, const void *data, size_t len)
{
    uint8_t out[64];
    struct test_bytes bytes = {0};
    digest(hash, data, len, out);
    test_bytes_add(&bytes, out, size_of(hash));
    return bytes;
}

/* RFC 9258 5.1 */
static struct test_bytes imported_identity(hf_psk_hash kdf)
{
    struct test_bytes b = {0};
    uint8_t end[4] = {0x03, 0x04, 0, (uint8_t)kdf};
    test_bytes_add(&b, (uint8_t[]){0, (uint8_t)strlen(NAME)}, 2);
    test_bytes_add(&b, NAME, strlen(NAME));
    test_bytes_add(&b, (uint8_t[]){0, (uint8_t)strlen(CONTEXT)}, 2);
    test_bytes_add(&b, CONTEXT, strlen(CONTEXT));
    test_bytes_add(&b, end, sizeof end);
    return b;
}

static void imported_key(hf_psk_hash own, hf_psk_hash kdf, uint8_t *out)
{
    uint8_t epskx[64];
    struct test_bytes identity = imported_identity(kdf);
    extract(own, KEY.data, KEY.len, epskx);
    expand_label((struct keyed){own, epskx}, "derived psk", hashed(own, identity.data, identity.len),
                 size_of(kdf), out);
    test_bytes_free(&identity);
}

/* RFC 9258 5.2, RFC 8446 4.2.11.2 */
static void binder(hf_psk_hash hash, const char *label, const uint8_t *psk, struct test_bytes hello,
                   uint8_t *out)
{
    uint8_t early[64], binder_key[64], finished[64];
    extract(hash, psk, size_of(hash), early);
    expand_label((struct keyed){hash, early}, label, hashed(hash, "", 0), size_of(hash), binder_key);
    expand_label((struct keyed){hash, binder_key}, "finished", (struct test_bytes){0}, size_of(hash),
                 finished);
    struct test_bytes message = hashed(hash, hello.data, hello.len);
    hmac(hash, finished, message, out);
}

/* ---- configs ---- */
static hf_config *importing(hf_config *c, const char *context, hf_psk_hash hash)
{
    assert_int_equal(hf_config_psk_import(c, text(NAME), text(context), KEY, hash), HF_OK);
    return test_speaking(c, 0x0304, 0x0304);
}

static struct pair *meet(hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, NULL);
    pair_run(p);
    return p;
}

/* ---- tests ---- */
static void both_import(void **state)
{
    (void)state;
    static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};
    for (int own = HF_PSK_SHA256; own <= HF_PSK_SHA384; own++) {
        for (int i = 0; i < 4; i++) {
            hf_config *c = importing(hf_config_client(), CONTEXT, (hf_psk_hash)own);
            hf_config *s = importing(test_server_without_identity(), CONTEXT, (hf_psk_hash)own);
            assert_int_equal(hf_config_suites(i & 1 ? c : s, suites[i / 2], NULL), HF_OK);
            struct pair *p = meet(c, s);
            pair_assert_complete(p);
            const hf_summary *n = hf_negotiated(p->server);
            assert_string_equal(n->suite_name, suites[i / 2]);
            assert_true(n->psk == HF_PSK_USED && n->psk_imported);
            assert_int_equal(n->psk_identity.len, strlen(NAME)); /* as people call it */
            assert_memory_equal(n->psk_identity.data, NAME, strlen(NAME));
            assert_true(hf_negotiated(p->client)->psk_imported);
            pair_exchange(p, 100);
            pair_free(p);
        }
    }
}

static struct test_bytes first_hello(hf_config *client)
{
    struct test_bytes hello = {0};
    hf_problem why;
    assert_int_equal(hf_config_freeze(client, &why), HF_OK);
    hf_conn *conn = hf_conn_new(client, NULL, &why);
    assert_non_null(conn);
    hf_bytes record = hf_peek_wire(conn);
    test_bytes_add(&hello, record.data + 5, record.len - 5);
    hf_conn_free(conn);
    hf_config_free(client);
    return hello;
}

/* RFC 9258 5.1, 5.2: identities and binders, byte by byte. */
static void on_the_wire(void **state)
{
    (void)state;
    for (int own = HF_PSK_SHA256; own <= HF_PSK_SHA384; own++) {
        struct test_bytes hello = first_hello(importing(hf_config_client(), CONTEXT, (hf_psk_hash)own));
        struct test_bytes wanted = {0};
        size_t binders = 2 + 1 + 32 + 1 + 48;
        assert_true(hello.len > binders);
        struct test_bytes prefix = {hello.data, hello.len - binders, hello.len - binders};
        uint8_t psk[64], proof[64];
        for (int kdf = HF_PSK_SHA256; kdf <= HF_PSK_SHA384; kdf++) {
            struct test_bytes identity = imported_identity((hf_psk_hash)kdf);
            test_bytes_add(&wanted, (uint8_t[]){0, (uint8_t)identity.len}, 2);
            test_bytes_add(&wanted, identity.data, identity.len);
            test_bytes_add(&wanted, (uint8_t[4]){0}, 4); /* RFC 8446 4.2.11: an external key has no age */
            test_bytes_free(&identity);
        }
        size_t identities = wanted.len;
        test_bytes_add(&wanted, (uint8_t[]){0, (uint8_t)(binders - 2)}, 2);
        for (int kdf = HF_PSK_SHA256; kdf <= HF_PSK_SHA384; kdf++) {
            imported_key((hf_psk_hash)own, (hf_psk_hash)kdf, psk);
            binder((hf_psk_hash)kdf, "imp binder", psk, prefix, proof);
            test_bytes_add(&wanted, &(uint8_t){(uint8_t)size_of((hf_psk_hash)kdf)}, 1);
            test_bytes_add(&wanted, proof, size_of((hf_psk_hash)kdf));
        }
        assert_int_equal(wanted.len, identities + binders);
        assert_memory_equal(hello.data + hello.len - wanted.len, wanted.data, wanted.len);
        test_bytes_free(&wanted);
        test_bytes_free(&hello);
    }
}

/* RFC 9258 5: a suite that is not offered needs no key. */
static void only_for_suites_on_offer(void **state)
{
    (void)state;
    hf_config *c = importing(hf_config_client(), CONTEXT, HF_PSK_SHA256);
    assert_int_equal(hf_config_suites(c, "TLS_AES_256_GCM_SHA384", NULL), HF_OK);
    struct test_bytes hello = first_hello(c);
    assert_int_equal(hello.data[hello.len - 1 - 48 - 2 + 1], 49); /* the binders' length: one of SHA-384 */
    assert_int_equal(hello.data[hello.len - 1 - 48], 48);
    test_bytes_free(&hello);
}

/* RFC 9258 5.2: only who imports too, under the same context, is understood. */
static void one_side_alone(void **state)
{
    (void)state;
    for (int client_imports = 0; client_imports < 2; client_imports++) {
        hf_config *imports = importing(client_imports ? hf_config_client() : test_server_without_identity(),
                                       CONTEXT, HF_PSK_SHA256);
        hf_config *plain = test_speaking(client_imports ? test_server_without_identity() : hf_config_client(),
                                         0x0304, 0x0304);
        assert_int_equal(hf_config_psk(plain, text(NAME), KEY, HF_PSK_SHA256), HF_OK);
        struct pair *p = client_imports ? meet(imports, plain) : meet(plain, imports);
        pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_PSK_IDENTITY, 115);
        pair_free(p);
    }
    struct pair *p = meet(importing(hf_config_client(), CONTEXT, HF_PSK_SHA256),
                          importing(test_server_without_identity(), "another", HF_PSK_SHA256));
    pair_assert_refused(p, HF_SERVER, HF_UNKNOWN_PSK_IDENTITY, 115);
    pair_free(p);
    p = meet(importing(hf_config_client(), CONTEXT, HF_PSK_SHA256),
             importing(test_server_without_identity(), CONTEXT, HF_PSK_SHA384));
    pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
    pair_free(p);
}

/* RFC 9258 5.2: not even who has the imported key and its identity, but takes it as it is. */
static void the_label_tells_them_apart(void **state)
{
    (void)state;
    uint8_t psk[64];
    imported_key(HF_PSK_SHA256, HF_PSK_SHA256, psk);
    struct test_bytes identity = imported_identity(HF_PSK_SHA256);
    hf_config *plain = test_speaking(test_server_without_identity(), 0x0304, 0x0304);
    assert_int_equal(
        hf_config_psk(plain, (hf_bytes){identity.data, identity.len}, (hf_bytes){psk, 32}, HF_PSK_SHA256),
        HF_OK);
    struct pair *p = meet(importing(hf_config_client(), CONTEXT, HF_PSK_SHA256), plain);
    pair_assert_refused(p, HF_SERVER, HF_BAD_BINDER, 51);
    pair_free(p);
    test_bytes_free(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_import),
        cmocka_unit_test(on_the_wire),
        cmocka_unit_test(only_for_suites_on_offer),
        cmocka_unit_test(one_side_alone),
        cmocka_unit_test(the_label_tells_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
