/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/* The messages between the hellos and Finished, left out, put in, split and changed: checklist S1, S2, S3,
 * S4, S7, S9. tests/flow/test_wrong_message.c does the same to every step from the tables. */
enum {
    NEW_TICKET = 4,
    CERT = 11,
    SKE = 12,
    REQUEST = 13,
    DONE = 14,
    VERIFY = 15,
    CKE = 16,
    URL = 21,
    STATUS = 22
};

static struct pair *mutual(hf_client_auth mode, bool has_certificate)
{
    hf_config *client = test_client_config(), *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, mode), HF_OK);
    if (has_certificate) {
        test_add_identity(client, &test_pki()->client[TEST_P256]);
    }
    return pair_take(client, server, TEST_HOST);
}

/* What to do with message `type` of a flight: put a record before it, drop it, or change a byte. */
struct plan {
    hf_side from;
    uint8_t at;
    bool drop;
    uint8_t content_type; /* of a record before it; 0: none */
    uint8_t content[8];
    size_t content_len;
    size_t change, change_len; /* bytes of the message that change, from behind its header */
    uint8_t value[2];
    hf_err err;
    uint8_t alert;
    const char *got;
};

static void carry_out(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    const struct plan *plan = arg;
    struct test_bytes out = {0};
    (void)index;
    if (type != plan->at) {
        return;
    }
    if (plan->content_type) {
        put_record(&out, plan->content_type, plan->content, plan->content_len);
    }
    for (size_t i = 0; i < plan->change_len; i++) {
        record->data[RECORD_HEADER + HANDSHAKE_HEADER + plan->change + i] = plan->value[i];
    }
    if (!plan->drop) {
        test_bytes_add(&out, record->data, record->len);
    }
    test_bytes_free(record);
    *record = out;
}

static void play(struct pair *p, struct plan *plan)
{
    struct message_editor editor = {.from = plan->from, .edit = carry_out, .arg = plan};
    edit_messages(p, &editor);
    pair_run(p);
    if (plan->err == HF_OK) {
        pair_assert_complete(p);
        pair_exchange(p, 100);
    } else {
        hf_side judge = plan->from == HF_CLIENT ? HF_SERVER : HF_CLIENT;
        pair_assert_refused(p, judge, plan->err, plan->alert);
        if (plan->got) {
            assert_string_equal(hf_failed(pair_conn(p, judge))->got, plan->got);
            assert_true(*hf_failed(pair_conn(p, judge))->expected != 0);
        }
    }
    pair_free(p);
}

/* S1: optional messages that were not negotiated. */
static void s1_optional_messages_need_to_be_agreed(void **state)
{
    (void)state;
    static struct plan rows[] = {
        {HF_SERVER, SKE, .content_type = 22, .content = {STATUS}, .content_len = 4,
         .got = "CertificateStatus"},
        {HF_SERVER, DONE, .content_type = 22, .content = {NEW_TICKET}, .content_len = 4,
         .got = "NewSessionTicket"},
        {HF_SERVER, CERT, .content_type = 22, .content = {23}, .content_len = 4, .got = "SupplementalData"},
        {HF_CLIENT, CKE, .content_type = 22, .content = {23}, .content_len = 4, .got = "SupplementalData"},
        {HF_CLIENT, CKE, .content_type = 22, .content = {URL}, .content_len = 4, .got = "CertificateURL"},
        {HF_CLIENT, CKE, .content_type = 22, .content = {CERT}, .content_len = 4, .got = "Certificate"},
        {HF_SERVER, DONE, .content_type = 22, .content = {99}, .content_len = 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i].err = HF_UNEXPECTED_MESSAGE;
        rows[i].alert = 10;
        play(mutual(HF_CLIENT_AUTH_NONE, false), &rows[i]);
    }
}

/* S2: ChangeCipherSpec before any message where it does not belong (CVE-2014-0224). */
static void s2_early_change_cipher_spec(void **state)
{
    (void)state;
    static const uint8_t of_server[] = {2, CERT, SKE, REQUEST, DONE}, of_client[] = {CERT, CKE, VERIFY};
    for (size_t i = 0; i < sizeof of_server + sizeof of_client; i++) {
        bool server = i < sizeof of_server;
        struct plan plan = {.from = server ? HF_SERVER : HF_CLIENT,
                            .at = server ? of_server[i] : of_client[i - sizeof of_server],
                            .content_type = 20,
                            .content = {1},
                            .content_len = 1,
                            .err = HF_EARLY_CHANGE_CIPHER_SPEC,
                            .alert = 10,
                            .got = "[ChangeCipherSpec]"};
        play(mutual(HF_CLIENT_AUTH_REQUIRE, true), &plan);
    }
}

/* S2: a message must not straddle the change of keys (RFC 5246 7.1); what is not the byte 1 is no CCS. */
static void s2_half_a_message_before_change_cipher_spec(void **state)
{
    (void)state;
    struct plan half = {.from = HF_CLIENT,
                        .at = VERIFY,
                        .drop = true,
                        .content_type = 22,
                        .content = {VERIFY, 0, 0, 50, 4},
                        .content_len = 5,
                        .err = HF_BYTES_ACROSS_KEY_CHANGE,
                        .alert = 10};
    struct plan two = {.from = HF_SERVER,
                       .at = CERT,
                       .content_type = 20,
                       .content = {2},
                       .content_len = 1,
                       .err = HF_MALFORMED_CHANGE_CIPHER_SPEC,
                       .alert = 50};
    struct plan again = {.from = HF_SERVER,
                         .at = CERT,
                         .content_type = 20,
                         .content = {1, 1},
                         .content_len = 2,
                         .err = HF_MALFORMED_CHANGE_CIPHER_SPEC,
                         .alert = 50};
    play(mutual(HF_CLIENT_AUTH_REQUIRE, true), &half);
    play(mutual(HF_CLIENT_AUTH_REQUIRE, true), &two);
    play(mutual(HF_CLIENT_AUTH_REQUIRE, true), &again);
}

/* S3: application data anywhere in the clear part. */
static void s3_early_application_data(void **state)
{
    (void)state;
    static const uint8_t of_server[] = {2, CERT, SKE, DONE}, of_client[] = {CKE};
    for (size_t i = 0; i < sizeof of_server + sizeof of_client; i++) {
        bool server = i < sizeof of_server;
        struct plan plan = {.from = server ? HF_SERVER : HF_CLIENT,
                            .at = server ? of_server[i] : of_client[i - sizeof of_server],
                            .content_type = 23,
                            .content = "data",
                            .content_len = 4,
                            .err = HF_EARLY_APPLICATION_DATA,
                            .alert = 10};
        play(mutual(HF_CLIENT_AUTH_NONE, false), &plan);
    }
}

/* S3: and under the new keys, where Finished must come first. */
static void data_instead_of_finished(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    (void)arg;
    for (size_t at = 0; from == HF_CLIENT && at < bytes->len;) {
        bool ccs = bytes->data[at] == CONTENT_CHANGE_CIPHER_SPEC;
        at += RECORD_HEADER + ((size_t)bytes->data[at + 3] << 8 | bytes->data[at + 4]);
        if (ccs) {
            struct record_out *out = &pair->client->out;
            bytes->len = at; /* without Finished */
            out->protection.sequence = 0;
            assert_int_equal(record_write(out, CONTENT_APPLICATION_DATA, slice_of("data", 4)), OK);
            struct slice sealed = record_sendable(out);
            test_bytes_add(bytes, sealed.data, sealed.len);
            record_sent(out, sealed.len);
            return;
        }
    }
}

static void s3_application_data_before_finished(void **state)
{
    (void)state;
    struct pair *p = mutual(HF_CLIENT_AUTH_NONE, false);
    p->hook = data_instead_of_finished;
    run_and_expect(p, HF_SERVER, HF_EARLY_APPLICATION_DATA, 10);
}

/* S3: a Finished over another transcript. Without EMS, so that the keys are the same all the same. */
static void without_ems(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, 23);
}

static void s3_wrong_client_finished(void **state)
{
    (void)state;
    struct pair *p = mutual(HF_CLIENT_AUTH_NONE, false);
    struct hello_editor editor = {.side = HF_CLIENT, .edit = without_ems};
    edit_hello(p, &editor);
    (void)pair_carry(p, HF_CLIENT);
    assert_int_equal(transcript_add(&p->server->hs->transcript, slice_of("x", 1)), OK);
    run_and_expect(p, HF_SERVER, HF_BAD_FINISHED, 51);
}

static void s3_wrong_server_finished(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    test_add_identity(client, &test_pki()->client[TEST_P256]);
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUIRE), HF_OK);
    assert_int_equal(hf_config_ask(server, HF_ASK_VERIFY), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p); /* up to the question, which is behind the client's Finished */
    assert_int_equal(transcript_add(&p->server->hs->transcript, slice_of("x", 1)), OK);
    assert_int_equal(hf_answer_verdict(p->server, HF_OK), HF_OK);
    run_and_expect(p, HF_CLIENT, HF_BAD_FINISHED, 51);
}

/* S4: what a server may not leave out or put in its key exchange. */
static void s4_server_key_exchange(void **state)
{
    (void)state;
    static struct plan rows[] = {
        {HF_SERVER, SKE, .drop = true, .err = HF_UNEXPECTED_MESSAGE, .alert = 10, .got = "ServerHelloDone"},
        {HF_SERVER, SKE, .change = 0, .change_len = 1, .value = {1}, .err = HF_CURVE_TYPE_UNSUPPORTED,
         .alert = 47},
        {HF_SERVER, SKE, .change = 0, .change_len = 1, .value = {2}, .err = HF_CURVE_TYPE_UNSUPPORTED,
         .alert = 47},
        {HF_SERVER, SKE, .change = 1, .change_len = 2, .value = {0, 19}, .err = HF_GROUP_NOT_OFFERED,
         .alert = 47},
        {HF_SERVER, SKE, .change = 1, .change_len = 2, .value = {1, 0}, .err = HF_GROUP_NOT_OFFERED,
         .alert = 47},
        {HF_SERVER, SKE, .change = 1, .change_len = 2, .value = {0, 24}, .err = HF_BAD_KEY_SHARE,
         .alert = 47},
        {HF_SERVER, SKE, .change = 69, .change_len = 2, .value = {2, 3}, .err = HF_SCHEME_NOT_OFFERED,
         .alert = 47},
        {HF_SERVER, SKE, .change = 69, .change_len = 2, .value = {8, 4}, .err = HF_SCHEME_UNFIT_FOR_KEY,
         .alert = 47},
        {HF_SERVER, SKE, .change = 69, .change_len = 2, .value = {5, 3}, .err = HF_BAD_SIGNATURE,
         .alert = 51},
        {HF_SERVER, SKE, .change = 40, .change_len = 2, .value = {0, 0}, .err = HF_BAD_SIGNATURE,
         .alert = 51},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play(mutual(HF_CLIENT_AUTH_NONE, false), &rows[i]);
    }
}

/* S7: a client's Certificate and CertificateVerify: mandatory, forbidden, and by what algorithm. */
static void s7_certificate_and_verify(void **state)
{
    (void)state;
    static struct plan with[] = {
        {HF_CLIENT, CERT, .drop = true, .err = HF_UNEXPECTED_MESSAGE, .alert = 10,
         .got = "ClientKeyExchange"},
        {HF_CLIENT, VERIFY, .drop = true, .err = HF_EARLY_CHANGE_CIPHER_SPEC, .alert = 10},
        {HF_CLIENT, VERIFY, .change_len = 2, .value = {2, 3}, .err = HF_SCHEME_NOT_OFFERED, .alert = 47},
        {HF_CLIENT, VERIFY, .change_len = 2, .value = {0x42, 0x42}, .err = HF_SCHEME_NOT_OFFERED,
         .alert = 47},
        {HF_CLIENT, VERIFY, .change_len = 2, .value = {4, 1}, .err = HF_SCHEME_UNFIT_FOR_KEY, .alert = 47},
        {HF_CLIENT, VERIFY, .change = 20, .change_len = 2, .value = {0, 0}, .err = HF_BAD_SIGNATURE,
         .alert = 51},
    };
    static struct plan without[] = {
        {HF_CLIENT, CERT, .drop = true, .err = HF_UNEXPECTED_MESSAGE, .alert = 10,
         .got = "ClientKeyExchange"},
        {HF_CLIENT, CKE, .content_type = 22, .content = {VERIFY}, .content_len = 4,
         .err = HF_UNEXPECTED_MESSAGE, .alert = 10, .got = "CertificateVerify"},
    };
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        play(mutual(HF_CLIENT_AUTH_REQUEST, true), &with[i]);
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        play(mutual(HF_CLIENT_AUTH_REQUEST, false), &without[i]);
    }
}

/* S7: a CertificateVerify behind an empty Certificate. */
static void verify_behind(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    (void)arg, (void)index;
    if (type == CKE) {
        static const uint8_t body[] = {4, 3, 0, 4, 1, 2, 3, 4};
        put_handshake(record, VERIFY, body, sizeof body);
    }
}

static void s7_no_verify_without_a_certificate(void **state)
{
    (void)state;
    struct pair *p = mutual(HF_CLIENT_AUTH_REQUEST, false);
    struct message_editor editor = {.from = HF_CLIENT, .edit = verify_behind};
    edit_messages(p, &editor);
    run_and_expect(p, HF_SERVER, HF_UNEXPECTED_MESSAGE, 10);
}

/* ---- S9: how messages lie in records ---- */
static void in_pieces(void *arg, size_t index, uint8_t type, struct test_bytes *record)
{
    size_t piece = *(size_t *)arg;
    struct test_bytes out = {0};
    (void)index, (void)type;
    for (size_t at = RECORD_HEADER; at < record->len; at += piece) {
        size_t rest = record->len - at;
        put_record(&out, CONTENT_HANDSHAKE, record->data + at, rest < piece ? rest : piece);
    }
    test_bytes_free(record);
    *record = out;
}

static void s9_messages_in_many_records(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 4, 5, 100};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (hf_side from = HF_CLIENT; from <= HF_SERVER; from++) {
            struct pair *p = mutual(HF_CLIENT_AUTH_REQUIRE, true);
            size_t piece = pieces[i];
            struct message_editor editor = {.from = from, .edit = in_pieces, .arg = &piece};
            edit_messages(p, &editor);
            pair_run(p);
            pair_assert_complete(p);
            pair_free(p);
        }
    }
}

static void s9_records_that_must_not_be(void **state)
{
    (void)state;
    static struct plan rows[] = {
        {HF_SERVER, CERT, .content_type = 22, .err = HF_EMPTY_RECORD, .alert = 10},
        {HF_SERVER, CERT, .content_type = 21, .err = HF_EMPTY_RECORD, .alert = 10},
        {HF_SERVER, CERT, .content_type = 20, .err = HF_EMPTY_RECORD, .alert = 10},
        {HF_SERVER, CERT, .content_type = 25, .content_len = 1, .err = HF_BAD_RECORD_TYPE, .alert = 10},
        {HF_SERVER, CERT, .content_type = 21, .content = {1}, .content_len = 1, .err = HF_MALFORMED_ALERT,
         .alert = 50},
        {HF_SERVER, CERT, .content_type = 21, .content = {3, 90}, .content_len = 2, .err = HF_MALFORMED_ALERT,
         .alert = 50},
        {HF_SERVER, CERT, .content_type = 22, .content = {CERT, 255, 255, 255}, .content_len = 4,
         .err = HF_MESSAGE_TOO_LONG, .alert = 47},
        {HF_CLIENT, CKE, .content_type = 22, .content = {CKE, 0, 255, 255}, .content_len = 4,
         .err = HF_MESSAGE_TOO_LONG, .alert = 47},
        {HF_SERVER, CERT, .content_type = 21, .content = {1, 90}, .content_len = 2}, /* a warning passes */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play(mutual(HF_CLIENT_AUTH_NONE, false), &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s1_optional_messages_need_to_be_agreed),
        cmocka_unit_test(s2_early_change_cipher_spec),
        cmocka_unit_test(s2_half_a_message_before_change_cipher_spec),
        cmocka_unit_test(s3_early_application_data),
        cmocka_unit_test(s3_application_data_before_finished),
        cmocka_unit_test(s3_wrong_client_finished),
        cmocka_unit_test(s3_wrong_server_finished),
        cmocka_unit_test(s4_server_key_exchange),
        cmocka_unit_test(s7_certificate_and_verify),
        cmocka_unit_test(s7_no_verify_without_a_certificate),
        cmocka_unit_test(s9_messages_in_many_records),
        cmocka_unit_test(s9_records_that_must_not_be),
    };
    return cmocka_run_group_tests_name("flow/checklist_messages", tests, NULL, NULL);
}
