/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

/* What a ClientHello of TLS 1.3 must have: RFC 8446 4.1.1, 4.1.2, 9.2. Changed on its way: what a server
 * makes of it is said before anybody notices. */
struct change {
    uint16_t code; /* of the extension that becomes one nobody knows; 0: none */
    bool compression;
    bool done;
};

static void change(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct change *c = arg;
    (void)pair;
    if (from != HF_CLIENT || c->done) {
        return;
    }
    c->done = true;
    uint8_t *hello = bytes->data + HELLO_RECORD_HEADER;
    if (c->code) {
        uint8_t *at = hello_extension(hello, c->code);
        assert_non_null(at);
        at[0] = at[1] = 0x55;
    }
    hello_parts(hello).compression[1] = c->compression ? 1 : 0; /* RFC 3749: DEFLATE */
}

static void refused(struct change c, hf_err err, uint8_t alert, const char *detail)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    struct pair *p = pair_take(client, server, TEST_HOST);
    p->hook = change;
    p->hook_arg = &c;
    pair_run(p);
    pair_assert_refused(p, HF_SERVER, err, alert);
    assert_non_null(strstr(hf_failed(p->server)->detail, detail));
    pair_free(p);
}

/* RFC 8446 4.1.1: groups and shares, or a pre-shared key; 9.2: missing_extension. */
static void what_is_missing_is_named(void **state)
{
    (void)state;
    refused((struct change){.code = 13}, HF_MISSING_EXTENSION, 109, "no signature_algorithms");
    refused((struct change){.code = 10}, HF_MISSING_EXTENSION, 109, "no supported_groups");
    refused((struct change){.code = 51}, HF_MISSING_EXTENSION, 109, "no key_share");
}

/* RFC 8446 4.1.2: "exactly one byte, set to zero" */
static void compression_is_refused(void **state)
{
    (void)state;
    refused((struct change){.compression = true}, HF_NO_NULL_COMPRESSION, 47, "");
}

/* RFC 8446 4.4.2.2: a certificate that signs must be allowed to. */
static void a_certificate_that_may_not_sign(void **state)
{
    (void)state;
    struct test_identity agrees = test_identity_make(&(struct test_spec){.usage = "critical,keyAgreement"});
    hf_config *server = test_server_without_identity();
    hf_problem why;
    test_add_identity(server, &agrees);
    assert_int_equal(hf_config_freeze(server, &why), HF_CONFIG_INCOMPLETE);
    assert_non_null(strstr(why.sentence, "can be served"));
    hf_config_free(server);
    test_identity_free(&agrees);
}

static int speak13(void **state)
{
    (void)state;
    test_version = 0x0304;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(compression_is_refused),
        cmocka_unit_test(a_certificate_that_may_not_sign),
    };
    return cmocka_run_group_tests(tests, speak13, NULL);
}
