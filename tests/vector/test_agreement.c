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

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

/* Both sides of one agreement: group, private keys, public keys (EC: x and y, without the 04 before them),
 * secret */
static const struct {
    uint16_t group;
    const char *private_a, *private_b, *public_a, *public_b, *shared;
} rows[] = {
    /* RFC 7748 6.1, 6.2 */
    {29, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {30,
     "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
     "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
     "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
     "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
     "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d"},
    /* RFC 5903 8.1, 8.2, 8.3 */
    {23, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
     "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
     "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
     "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {24, "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194",
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
     "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa"
     "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
     "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
     "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746"},
    {25,
     "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b2639bab072"
     "462f68c27a57382d4a52",
     "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4"
     "effc311f5cb151685eb9",
     "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4"
     "601723c4195d176ced3e"
     "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f150743"
     "8bf01beb6ca3926f9582",
     "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433c"
     "ed2b6171640012d9460f"
     "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f473229"
     "6579ab44fcd17f0fc56a",
     "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151"
     "f2bee417996d19f3ddea"},
};

struct bytes {
    struct slice left;
};

static int give(void *arg, uint8_t *out, size_t len)
{
    struct bytes *b = arg;
    if (len > b->left.len) {
        return -1;
    }
    memcpy(out, b->left.data, len);
    b->left = slice_after(b->left, len);
    return 0;
}

static void start_from(uint16_t group, struct slice private_key, struct key_share *out)
{
    struct bytes bytes = {private_key};
    struct random_source source = {give, &bytes};
    assert_int_equal(kx_start(group_of(group), &source, out), OK);
}

/* The public key as it goes on the wire. */
static struct slice on_wire(uint16_t group, const char *text, uint8_t out[KEY_SHARE_MAX])
{
    bool point = group_of(group)->share_size % 2 == 1;
    out[0] = 0x04;
    struct slice s = hex(text, out + point, KEY_SHARE_MAX - 1);
    return slice_of(out, s.len + point);
}

static void published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct key_share a, b;
        struct premaster shared;
        uint8_t public_a[KEY_SHARE_MAX], public_b[KEY_SHARE_MAX];
        struct slice wire_a = on_wire(rows[i].group, rows[i].public_a, public_a);
        struct slice wire_b = on_wire(rows[i].group, rows[i].public_b, public_b);
        start_from(rows[i].group, HEX(rows[i].private_a), &a);
        start_from(rows[i].group, HEX(rows[i].private_b), &b);
        assert_int_equal(wire_a.len, a.group->share_size);
        assert_memory_equal(a.public_key, wire_a.data, wire_a.len);
        assert_memory_equal(b.public_key, wire_b.data, wire_b.len);
        struct slice wanted = HEX(rows[i].shared);
        assert_int_equal(kx_finish(&a, wire_b, &shared), OK);
        assert_int_equal(shared.len, wanted.len);
        assert_bytes(premaster_slice(&shared).data, wanted);
        assert_int_equal(kx_finish(&b, wire_a, &shared), OK);
        assert_bytes(premaster_slice(&shared).data, wanted);
        assert_null(a.private_key);
        premaster_wipe(&shared);
    }
}

/* The same numbers where the private key is a certificate's: RFC 8422 5.10. */
static struct private_key *stored(uint16_t group, struct slice scalar, struct slice point)
{
    BIGNUM *number = BN_bin2bn(scalar.data, (int)scalar.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    const char *curve = group == 23 ? "P-256" : group == 24 ? "P-384" : "P-521";
    EVP_PKEY *key = NULL;
    assert_int_equal(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len),
                     1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number), 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(making), 1);
    assert_int_equal(EVP_PKEY_fromdata(making, &key, EVP_PKEY_KEYPAIR, params), 1);
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    struct private_key *k = NULL;
    assert_true(len > 0);
    assert_int_equal(private_key_load(slice_of(der, (size_t)len), NULL, &k), OK);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(making);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(number);
    return k;
}

static void published_with_stored_keys(void **state)
{
    (void)state;
    size_t done = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (group_of(rows[i].group)->kind != GROUP_EC) {
            continue;
        }
        struct premaster shared;
        uint8_t public_a[KEY_SHARE_MAX], public_b[KEY_SHARE_MAX];
        struct slice wire_a = on_wire(rows[i].group, rows[i].public_a, public_a);
        struct slice wire_b = on_wire(rows[i].group, rows[i].public_b, public_b);
        struct private_key *k = stored(rows[i].group, HEX(rows[i].private_a), wire_a);
        struct slice wanted = HEX(rows[i].shared);
        assert_int_equal(private_key_agree(k, wire_b, &shared), OK);
        assert_int_equal(shared.len, wanted.len);
        assert_bytes(premaster_slice(&shared).data, wanted);
        premaster_wipe(&shared);
        private_key_free(k);
        done++;
    }
    assert_true(done >= 3);
}

/* RFC 7748 5.2: a thousand times, scalar and point becoming result and scalar */
static void iterated(uint16_t group, const char *expected)
{
    uint8_t scalar[56] = {group == 29 ? 9 : 5}, point[56] = {group == 29 ? 9 : 5};
    size_t len = group_of(group)->share_size;
    for (int i = 0; i < 1000; i++) {
        struct key_share k;
        struct premaster shared;
        start_from(group, slice_of(scalar, len), &k);
        assert_int_equal(kx_finish(&k, slice_of(point, len), &shared), OK);
        memcpy(point, scalar, len);
        memcpy(scalar, premaster_slice(&shared).data, len);
        premaster_wipe(&shared);
    }
    assert_bytes(scalar, HEX(expected));
}

static void x25519_iterated(void **state)
{
    (void)state;
    iterated(29, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

static void x448_iterated(void **state)
{
    (void)state;
    iterated(
        30,
        "aa3b4749d55b9daf1e5b00288826c467274ce3ebbdd5c17b975e09d4af6c67cf10d087202db88286e2b79fceea3ec353ef54faa26e219"
        "f38");
}

static int start(void **state)
{
    (void)state;
    return crypto_start() == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test(published_with_stored_keys),
        cmocka_unit_test(x25519_iterated),
        cmocka_unit_test(x448_iterated),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
