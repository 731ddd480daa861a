/* SPDX-License-Identifier: MIT */
#include "second_handshake.h"

#include <string.h>

/* A connection of TLS 1.2 between two of which one speaks TLS 1.3 too, and a second handshake that would be
 * of that: RFC 8446 4.1.2, 4.1.3. */
static hf_config *again(hf_config *c, uint16_t max)
{
    assert_int_equal(hf_config_versions(c, TLS_1_2, max), HF_OK);
    assert_int_equal(hf_config_renegotiation(c, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    return test_freeze(c);
}

static hf_config *config_of(enum side side, uint16_t max)
{
    return again(side == CLIENT ? test_client_config() : test_server_config(), max);
}

/* The subject speaks both, the liar TLS 1.2 alone; it lies in the second handshake, which may resume. */
static void tell(enum side subject, uint16_t max, const struct lie *lie, int resuming)
{
    hf_config *ours = config_of(subject, max), *theirs = config_of(other_side(subject), TLS_1_2);
    struct stage s = {.lie = lie};
    s.subject = honest_new(ours, NULL);
    s.liar = puppet_new(theirs, NULL);
    s.liar->lie = tell_second;
    s.liar->about = &s;
    converse(s.subject, s.liar->conn);
    expect_complete(s.subject, s.liar->conn, lie->name);
    s.again = true;
    s.liar->told = false;
    begin_again(subject == CLIENT ? s.subject : s.liar->conn, resuming);
    converse(s.liar->conn, s.subject);
    assert_true(s.liar->told);
    if (lie->row == HF_OK) {
        expect_complete(s.subject, s.liar->conn, lie->name);
        assert_int_equal(hf_conn_stats(s.subject).renegotiations, 1);
        assert_int_equal(hf_negotiated(s.subject)->version, TLS_1_2);
    } else {
        expect_refused(s.subject, s.liar->conn, lie->row, lie->name);
    }
    assert_int_equal(hf_failed(s.subject) ? hf_failed(s.subject)->alert : 0,
                     lie->row == HF_OK ? 0 : hf_err_alert(lie->row));
    second_end(&s);
    hf_config_free(ours);
    hf_config_free(theirs);
}

/* ---- a client that offers TLS 1.3 ---- */
static void both_versions(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, EXTENSION_SUPPORTED_VERSIONS, "\4\3\4\3\3", 5);
    h->suites[h->suite_count++] = 0x1301;
}

/* With all that TLS 1.3 needs. */
static void tls13_alone(struct hello *h, void *arg)
{
    uint8_t share[2 + 4 + 32] = {0, 36, 0, 29, 0, 32, 9};
    (void)arg;
    hello_add(h, EXTENSION_SUPPORTED_VERSIONS, "\2\3\4", 3);
    hello_add(h, EXTENSION_KEY_SHARE, share, sizeof share);
    memmove(h->suites + 1, h->suites, h->suite_count++ * sizeof *h->suites);
    h->suites[0] = 0x1301;
}

static void a_field_above(struct hello *h, void *arg)
{
    both_versions(h, arg);
    h->version = TLS_1_3;
}

/* RFC 8446 4.1.2: "it MUST retain the previous protocol version" */
static void a_server_stays_with_tls12(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"both versions", both_versions, HF_OK},
        {"TLS 1.3 alone", tls13_alone, HF_OK},
        {"a legacy_version of TLS 1.3", a_field_above, HF_OK},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        for (int resuming = 0; resuming < 2; resuming++) {
            tell(SERVER, TLS_1_3, &lies[i], resuming);
        }
    }
}

/* ---- a server that answers with it ---- */
static void of_tls13(struct hello *h, void *arg)
{
    uint8_t share[4 + 32] = {0, 29, 0, 32, 9};
    (void)arg;
    h->extension_count = 0;
    hello_add(h, EXTENSION_SUPPORTED_VERSIONS, "\3\4", 2);
    hello_add(h, EXTENSION_KEY_SHARE, share, sizeof share);
    h->suites[0] = 0x1301;
}

static void with_the_version_alone(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, EXTENSION_SUPPORTED_VERSIONS, "\3\4", 2);
}

static void with_the_field_alone(struct hello *h, void *arg)
{
    (void)arg;
    h->version = TLS_1_3;
}

static void hello_retry_request(struct hello *h, void *arg)
{
    of_tls13(h, arg);
    memcpy(h->random, retry_random, sizeof h->random);
}

/* RFC 8446 4.1.3: protocol_version; HelloRetryRequest is not expected at all. */
static void a_client_takes_no_other(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"a ServerHello of TLS 1.3", of_tls13, HF_VERSION_NOT_OFFERED},
        {"supported_versions", with_the_version_alone, HF_VERSION_NOT_OFFERED},
        {"the field", with_the_field_alone, HF_VERSION_NOT_OFFERED},
        {"HelloRetryRequest", hello_retry_request, HF_UNEXPECTED_MESSAGE},
    };
    assert_int_equal(hf_err_alert(HF_VERSION_NOT_OFFERED), 70);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        for (int resuming = 0; resuming < 2; resuming++) {
            tell(CLIENT, TLS_1_2, &lies[i], resuming);
            tell(CLIENT, TLS_1_3, &lies[i], resuming);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_stays_with_tls12),
        cmocka_unit_test(a_client_takes_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
