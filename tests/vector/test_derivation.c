/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

#define AA131                                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* RFC 4231 4: key, message, HMAC-SHA-256, -384, -512 */
static const struct {
    const char *key, *message, *sha256, *sha384, *sha512;
} macs[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f170"
     "2e696c203a126854"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
     "636e070a38bce737"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
     "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
     "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee89426"
     "74278859e13292fb"},
    {AA131,
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec"
     "8b915a985d786598"},
    {AA131,
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e64206120"
     "6c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f2062652068617368656420"
     "6265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
     "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
     "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de04460"
     "65c97440fa8c6a58"},
};

/* RFC 2202 3: test cases 1, 2, 3, 6 */
static void hmac_rfc2202(void **state)
{
    (void)state;
    static const struct {
        uint8_t key_byte;
        size_t key_len;
        const char *key, *message, *mac; /* key NULL: key_byte, key_len times */
    } sha1[] = {
        {0x0b, 20, NULL, "4869205468657265", "b617318655057264e28bc0b6fb378c8ef146be00"},
        {0, 0, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {0xaa, 20, NULL,
         "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
         "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
        {0xaa, 80, NULL,
         "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    };
    for (size_t i = 0; i < sizeof sha1 / sizeof sha1[0]; i++) {
        uint8_t repeated[80], out[HASH_MAX];
        memset(repeated, sha1[i].key_byte, sizeof repeated);
        struct slice key = sha1[i].key ? HEX(sha1[i].key) : slice_of(repeated, sha1[i].key_len);
        assert_int_equal(hmac_once(HASH_SHA1, key, HEX(sha1[i].message), out), OK);
        assert_bytes(out, HEX(sha1[i].mac));
    }
}

static void hmac_rfc4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        const char *expected[] = {macs[i].sha256, macs[i].sha384, macs[i].sha512};
        for (int h = HASH_SHA256; h <= HASH_SHA512; h++) {
            uint8_t out[HASH_MAX];
            assert_int_equal(hmac_once((enum hash)h, HEX(macs[i].key), HEX(macs[i].message), out), OK);
            assert_bytes(out, HEX(expected[h - HASH_SHA256]));
        }
    }
}

static const struct {
    enum hash hash;
    const char *secret, *salt, *label, *prk, *output;
} hkdfs[] = {
#include "rfc5869.inc"
};

static void hkdf_rfc5869(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hkdfs / sizeof hkdfs[0]; i++) {
        uint8_t prk[HASH_MAX], output[128];
        struct slice wanted = HEX(hkdfs[i].output);
        assert_int_equal(hkdf_extract(hkdfs[i].hash, HEX(hkdfs[i].salt), HEX(hkdfs[i].secret), prk), OK);
        assert_bytes(prk, HEX(hkdfs[i].prk));
        struct slice key = slice_of(prk, hash_size(hkdfs[i].hash));
        assert_int_equal(
            hkdf_expand(hkdfs[i].hash, key, HEX(hkdfs[i].label), (struct span){output, wanted.len}), OK);
        assert_bytes(output, wanted);
    }
}

static void hkdf_has_an_end(void **state)
{
    (void)state;
    static uint8_t out[255 * 32 + 1];
    uint8_t prk[32] = {1};
    struct slice key = slice_of(prk, sizeof prk);
    assert_int_equal(hkdf_expand(HASH_SHA256, key, slice_of_string(""), (struct span){out, 255 * 32}), OK);
    assert_int_equal(hkdf_expand(HASH_SHA256, key, slice_of_string(""), (struct span){out, 255 * 32 + 1}),
                     E_INTERNAL);
}

/* Posted to the IETF's tls list in 2009, since then every library's test of the PRF of RFC 5246 5 */
static const struct {
    enum hash hash;
    const char *secret, *seed, *output;
} prfs[] = {
    {HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
     "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17"
     "abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"},
    {HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
     "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700"
     "884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a2"
     "6066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"},
    {HASH_SHA512, "b0323523c1853599584d88568bbb05eb", "d4640e12e4bcdbfb437f03e6ae418ee5",
     "1261f588c798c5c201ff036e7a9cb5edcd7fe3f94c669a122a4638d7d508b283042df6789875c7147e906d868bc75c45e20eb40c1cf4a171"
     "3b27371f68432592f7dc8ea8ef223e12ea8507841311bf68653d0cfc4056d811f025c45ddfa6e6fec702f054b409d6f28dd0a3233e498da4"
     "1a3e75c5630eedbe22fe254e33a1b0e9f6b9826675bec7d01a845658dc9c397545401d40b9f46c7a400ee1b8f81ca0a60d1a397a1028bff5"
     "d2ef5066126842fb8da4197632bdb54ff6633f86bbc836e640d4d898"},
};

static void prf12_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prfs / sizeof prfs[0]; i++) {
        struct slice wanted = HEX(prfs[i].output);
        uint8_t out[256];
        /* every length: a shorter output is the beginning of a longer one */
        for (size_t len = 0; len <= wanted.len; len++) {
            memset(out, 0x55, sizeof out);
            assert_int_equal(prf12(prfs[i].hash, HEX(prfs[i].secret), "test label", HEX(prfs[i].seed),
                                   (struct span){out, len}),
                             OK);
            assert_memory_equal(out, wanted.data, len);
            assert_int_equal(out[len], 0x55);
        }
    }
}

static const struct {
    enum hash hash;
    const char *premaster, *session_hash, *client_random, *server_random, *master, *key_block;
} acvp[] = {
#include "acvp_tls12.inc"
};

/* E5: RFC 7627 4, then RFC 5246 6.3 */
static void prf12_acvp_extended_master_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof acvp / sizeof acvp[0]; i++) {
        uint8_t master[48], block[128], randoms[64];
        struct slice wanted = HEX(acvp[i].key_block);
        assert_int_equal(prf12(acvp[i].hash, HEX(acvp[i].premaster), "extended master secret",
                               HEX(acvp[i].session_hash), (struct span){master, sizeof master}),
                         OK);
        assert_bytes(master, HEX(acvp[i].master));
        memcpy(randoms, HEX(acvp[i].server_random).data, 32);
        memcpy(randoms + 32, HEX(acvp[i].client_random).data, 32);
        assert_int_equal(prf12(acvp[i].hash, slice_of(master, 48), "key expansion", slice_of(randoms, 64),
                               (struct span){block, wanted.len}),
                         OK);
        assert_bytes(block, wanted);
    }
}

static void a_failed_prf_leaves_nothing(void **state)
{
    (void)state;
    uint8_t out[48], zero[48] = {0};
    memset(out, 0x55, sizeof out);
    /* S12 */
    assert_int_equal(
        prf12(HASH_NONE, slice_of_string("s"), "label", slice_of_string("t"), (struct span){out, 48}),
        E_INTERNAL);
    assert_memory_equal(out, zero, sizeof out);
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_rfc2202),
        cmocka_unit_test(hmac_rfc4231),
        cmocka_unit_test(hkdf_rfc5869),
        cmocka_unit_test(hkdf_has_an_end),
        cmocka_unit_test(prf12_published),
        cmocka_unit_test(prf12_acvp_extended_master_secret),
        cmocka_unit_test(a_failed_prf_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
