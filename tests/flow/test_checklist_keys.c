/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

#include "base/memory.h"

/* Checklist K4 and K5: shares that are no points, signatures that cover both randoms, and certificates whose
 * key may not sign. tests/flow/test_wrong_choices.c has more of the first, test_wrong_signatures.c of the
 * second. */

/* ---- K5: RFC 5246 7.4.3, both randoms are signed ---- */
static void other_random(struct hello *h, void *arg)
{
    (void)arg;
    h->random[31] ^= 1;
}

static void k5_the_servers_random_is_signed(void **state)
{
    (void)state;
    struct hello_editor e = {.side = HF_SERVER, .edit = other_random};
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    edit_hello(p, &e);
    run_and_expect(p, HF_CLIENT, HF_BAD_SIGNATURE, 51);
}

static void k5_the_clients_random_is_signed(void **state)
{
    (void)state;
    struct hello_editor e = {.side = HF_CLIENT, .edit = other_random};
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    edit_hello(p, &e);
    run_and_expect(p, HF_CLIENT, HF_BAD_SIGNATURE, 51);
}

/* ---- K5: keyUsage. Our own configs refuse to load such an identity, so it is put in behind their back ----
 */
static void put_chain(hf_config *config, const struct test_identity *identity)
{
    struct buffer message = {.limit = 65536};
    uint8_t header[7] = {11};
    assert_int_equal(buffer_append(&message, slice_of(header, 7)), OK);
    for (size_t i = 0; i < 2; i++) {
        struct span der;
        assert_int_equal(certificate_from_pem(slice_of(identity->chain.data, identity->chain.len), i, &der),
                         OK);
        const uint8_t prefix[] = {0, (uint8_t)(der.len >> 8), (uint8_t)der.len};
        assert_int_equal(buffer_append(&message, slice_of(prefix, 3)), OK);
        assert_int_equal(buffer_append(&message, slice_of_span(der)), OK);
        memory_free(der.data, der.len);
    }
    size_t len = buffer_len(&message);
    uint8_t *bytes;
    assert_int_equal(memory_copy(buffer_slice(&message), &bytes), OK);
    bytes[2] = (uint8_t)((len - 4) >> 8);
    bytes[3] = (uint8_t)(len - 4);
    bytes[5] = (uint8_t)((len - 7) >> 8);
    bytes[6] = (uint8_t)(len - 7);
    struct identity *own = &config->settings.identities[0];
    memory_free(own->message.data, own->message.len);
    own->message = (struct span){bytes, len};
    own->chain = slice_of(bytes + 7, len - 7);
    buffer_free(&message);
}

static void k5_a_key_that_may_not_sign(void **state)
{
    (void)state;
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        struct test_identity odd = test_identity_make(&(struct test_spec){
            .usage = "critical,keyAgreement", .extended = side == HF_CLIENT ? "clientAuth" : "serverAuth"});
        hf_config *client = test_client_config(), *server = test_server_config();
        test_add_identity(client, &test_pki()->client[TEST_P256]);
        test_trust(server, test_pki()->root);
        assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
        put_chain(side == HF_CLIENT ? client : server, &odd); /* the same key: only the certificate is odd */
        struct pair *p = pair_take(client, server, TEST_HOST);
        run_and_expect(p, side == HF_CLIENT ? HF_SERVER : HF_CLIENT, HF_WRONG_KEY_USAGE, 43);
        test_identity_free(&odd);
    }
}

/* ---- K4: RFC 8422 5.11, RFC 7748 6 ---- */
struct point {
    const char *group;
    uint8_t fill, first; /* the point: its first byte, then fill */
    int len_change;
    hf_err err;
};

static void put_point(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    const struct point *point = arg;
    uint8_t body[200];
    (void)index;
    if (type != 16) {
        return;
    }
    size_t len = (size_t)((int)record->data[RECORD_HEADER + HANDSHAKE_HEADER] + point->len_change);
    memset(body, point->fill, sizeof body);
    body[0] = (uint8_t)len;
    body[1] = point->first;
    record->len = 0;
    put_handshake(record, 16, body, 1 + len);
}

static void k4_points_a_client_may_not_send(void **state)
{
    (void)state;
    static struct point rows[] = {
        {"secp256r1", 0x55, 4, 0, HF_BAD_KEY_SHARE}, /* not on the curve */
        {"secp256r1", 0, 4, 0, HF_BAD_KEY_SHARE},
        {"secp384r1", 0x55, 4, 0, HF_BAD_KEY_SHARE},
        {"secp521r1", 0, 4, 0, HF_BAD_KEY_SHARE},
        {"secp256r1", 0x55, 4, -1, HF_BAD_KEY_SHARE}, /* too short */
        {"secp256r1", 0x55, 4, 1, HF_BAD_KEY_SHARE},
        {"secp256r1", 0x55, 2, -32, HF_BAD_KEY_SHARE}, /* compressed: 8422 5.4.1 */
        {"x25519", 0, 0, 0, HF_SECRET_ALL_ZERO},
        {"x25519", 0, 1, 0, HF_SECRET_ALL_ZERO}, /* a point of order 1 */
        {"x448", 0, 0, 0, HF_SECRET_ALL_ZERO},
        {"x25519", 9, 9, -1, HF_BAD_KEY_SHARE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hf_config *server = test_server_config();
        assert_int_equal(hf_config_groups(server, rows[i].group, NULL), HF_OK);
        struct pair *p = pair_take(test_client_config(), server, TEST_HOST);
        struct message_editor e = {.from = HF_CLIENT, .edit = put_point, .arg = &rows[i]};
        edit_messages(p, &e);
        run_and_expect(p, HF_SERVER, rows[i].err, 47);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k4_points_a_client_may_not_send),
        cmocka_unit_test(k5_the_servers_random_is_signed),
        cmocka_unit_test(k5_the_clients_random_is_signed),
        cmocka_unit_test(k5_a_key_that_may_not_sign),
    };
    return cmocka_run_group_tests_name("flow/checklist_keys", tests, NULL, NULL);
}
