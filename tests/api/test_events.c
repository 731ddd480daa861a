/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* What events say beside names: records, keys, why, checks, secrets; that fields tell the message. */

#define MOST 256
struct log {
    size_t count;
    struct entry {
        hf_event_kind kind;
        hf_side by;
        char name[48], about[48], why[160], text[160];
        bool passed, has_hash;
        unsigned epoch, handshake;
        uint16_t version, suite, protected_by;
        uint32_t first_record, record;
        uint64_t sequence;
        size_t size, fields, malformed, secret;
        uint8_t fingerprint[8];
        size_t fingerprint_len;
    } entry[MOST];
};

static void count_field(void *arg, const hf_field *field)
{
    struct entry *e = arg;
    e->fields++;
    e->malformed += field->kind == HF_FIELD_MALFORMED;
}

static void watch(void *arg, const hf_event *event)
{
    struct log *log = arg;
    assert_true(log->count < MOST);
    struct entry *e = &log->entry[log->count++];
    *e = (struct entry){
        .kind = event->kind,
        .by = event->by,
        .passed = event->passed,
        .has_hash = event->transcript_hash.len > 0,
        .epoch = event->epoch,
        .handshake = event->handshake,
        .version = event->version,
        .suite = event->suite,
        .protected_by = event->protected_by,
        .first_record = event->first_record,
        .record = event->record,
        .sequence = event->sequence,
        .size = event->size,
        .secret = event->secret.len,
        .fingerprint_len = event->fingerprint.len,
    };
    (void)snprintf(e->name, sizeof e->name, "%s", event->name);
    (void)snprintf(e->about, sizeof e->about, "%s", event->about);
    (void)snprintf(e->why, sizeof e->why, "%s", event->why);
    (void)snprintf(e->text, sizeof e->text, "%s", event->text);
    if (event->fingerprint.len == 8) {
        memcpy(e->fingerprint, event->fingerprint.data, 8);
    }
    hf_event_fields(event, count_field, e);
}

static const struct entry *find(const struct log *log, hf_event_kind kind, const char *name)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->entry[i].kind == kind && strcmp(log->entry[i].name, name) == 0) {
            return &log->entry[i];
        }
    }
    return NULL;
}

static const struct entry *need(const struct log *log, hf_event_kind kind, const char *name)
{
    const struct entry *e = find(log, kind, name);
    if (!e) {
        fail_msg("no event %s", name);
    }
    return e;
}

static struct log seen[2]; /* by hf_side */

static struct pair *observed(hf_config *client, hf_config *server, bool values)
{
    memset(seen, 0, sizeof seen);
    struct pair *p = pair_take(client, server, TEST_HOST);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        hf_conn_observe(pair_conn(p, side), watch, &seen[side]);
        hf_conn_observe_secrets(pair_conn(p, side), values);
    }
    return p;
}

static hf_config *small_records(hf_config *client)
{
    assert_int_equal(hf_config_max_fragment(client, 512), HF_OK);
    assert_int_equal(hf_config_record_size_limit(client, 0), HF_OK);
    return client;
}

static void each_message_has_its_fields(void **state)
{
    (void)state;
    struct pair *p = observed(test_client_config(), test_server_config(), false);
    pair_run(p);
    pair_assert_complete(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        for (size_t i = 0; i < seen[side].count; i++) {
            const struct entry *e = &seen[side].entry[i];
            assert_int_equal(e->malformed, 0);
            bool has_body = e->kind == HF_EVENT_STEP && e->size > 4;
            assert_int_equal(e->fields > 0, has_body || strcmp(e->name, "[ChangeCipherSpec]") == 0);
        }
    }
    pair_free(p);
}

/* Both sides count the same records and sequence numbers. */
static void both_sides_count_the_same(void **state)
{
    (void)state;
    struct pair *p = observed(small_records(test_client_config()), test_server_config(), false);
    pair_run(p);
    pair_assert_complete(p);
    pair_exchange(p, 10);
    unsigned longer = 0;
    for (size_t i = 0; i < seen[HF_CLIENT].count; i++) {
        const struct entry *e = &seen[HF_CLIENT].entry[i];
        bool on_wire = (e->kind == HF_EVENT_STEP && e->size > 0) || e->kind == HF_EVENT_DATA;
        if (!on_wire) {
            continue;
        }
        const struct entry *same = NULL;
        for (size_t j = 0; j < seen[HF_SERVER].count && !same; j++) {
            const struct entry *s = &seen[HF_SERVER].entry[j];
            same = s->kind == e->kind && s->by == e->by && strcmp(s->name, e->name) == 0 ? s : NULL;
        }
        assert_non_null(same);
        assert_int_equal(e->first_record, same->first_record);
        assert_int_equal(e->record, same->record);
        assert_int_equal(e->epoch, same->epoch);
        assert_int_equal(e->protected_by, same->protected_by);
        assert_int_equal(e->protected_by != 0, e->epoch != 0);
        if (e->epoch || strcmp(e->name, "[ChangeCipherSpec]") != 0) {
            assert_int_equal(e->sequence, same->sequence);
        }
        longer += e->record > e->first_record;
    }
    assert_true(longer > 0); /* with 512 bytes in a record, Certificate takes several */
    assert_int_equal(need(&seen[HF_CLIENT], HF_EVENT_STEP, "Finished")->sequence, 0);
    assert_int_equal(need(&seen[HF_CLIENT], HF_EVENT_DATA, "")->sequence, 1);
    pair_free(p);
}

/* RFC 5246 7.4.9, 7.4.3; RFC 5746 3.4; RFC 5280 6; RFC 6125 6.4 */
static void what_was_checked_is_told(void **state)
{
    (void)state;
    static const char *const checks[] = {"renegotiation_info", "signature", "certificate chain", "name",
                                         "verify_data"};
    struct pair *p = observed(test_client_config(), test_server_config(), false);
    pair_run(p);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        assert_true(need(&seen[HF_CLIENT], HF_EVENT_CHECK, checks[i])->passed);
    }
    assert_string_equal(need(&seen[HF_CLIENT], HF_EVENT_CHECK, "signature")->about, "ServerKeyExchange");
    assert_string_equal(need(&seen[HF_CLIENT], HF_EVENT_CHECK, "name")->text, TEST_HOST);
    assert_string_equal(need(&seen[HF_SERVER], HF_EVENT_CHECK, "verify_data")->about, "Finished");
    assert_null(find(&seen[HF_SERVER], HF_EVENT_CHECK, "certificate chain"));
    pair_free(p);
}

/* Behind the step that they are a result of. */
static void checks_follow_their_step(void **state)
{
    (void)state;
    struct pair *p = observed(test_client_config(), test_server_config(), false);
    pair_run(p);
    const char *step = "";
    unsigned followed = 0;
    for (size_t i = 0; i < seen[HF_CLIENT].count; i++) {
        const struct entry *e = &seen[HF_CLIENT].entry[i];
        if (e->kind == HF_EVENT_STEP) {
            step = e->name;
        } else if (e->kind == HF_EVENT_CHECK || e->kind == HF_EVENT_SECRET) {
            assert_string_equal(e->about, step);
            followed++;
        }
    }
    assert_true(followed >= 9);
    pair_free(p);
}

static void a_check_that_fails_is_told_before_the_failure(void **state)
{
    (void)state;
    struct pair *p = observed(test_client_config(), test_server_config(), false);
    pair_free(p);
    memset(seen, 0, sizeof seen);
    hf_config *server = test_server_config();
    assert_int_equal(hf_config_unknown_names(server, true), HF_OK);
    p = pair_take(test_client_config(), server, "other.test");
    hf_conn_observe(p->client, watch, &seen[HF_CLIENT]);
    pair_run(p);
    const struct entry *name = need(&seen[HF_CLIENT], HF_EVENT_CHECK, "name");
    const struct entry *failed = need(&seen[HF_CLIENT], HF_EVENT_FAILED, "NAME_MISMATCH");
    assert_false(name->passed);
    assert_true(name < failed);
    assert_true(need(&seen[HF_CLIENT], HF_EVENT_CHECK, "certificate chain")->passed);
    pair_free(p);
}

/* The values are for those who ask; the fingerprints agree. */
static void secrets_are_fingerprints_unless_asked_for(void **state)
{
    (void)state;
    for (int values = 0; values < 2; values++) {
        struct pair *p = observed(test_client_config(), test_server_config(), values);
        pair_run(p);
        const struct entry *ours = need(&seen[HF_CLIENT], HF_EVENT_SECRET, "master_secret");
        const struct entry *theirs = need(&seen[HF_SERVER], HF_EVENT_SECRET, "master_secret");
        assert_int_equal(ours->secret, values ? 48 : 0);
        assert_int_equal(ours->fingerprint_len, 8);
        assert_memory_equal(ours->fingerprint, theirs->fingerprint, 8);
        const struct entry *iv = need(&seen[HF_CLIENT], HF_EVENT_SECRET, "client_write_IV");
        assert_int_equal(iv->fingerprint_len, 0); /* four bytes: it would tell them */
        assert_int_equal(iv->secret, values ? 4 : 0);
        pair_free(p);
    }
}

static hf_config *only13(hf_config *config)
{
    assert_int_equal(hf_config_versions(config, 0x0304, 0x0304), HF_OK);
    return config;
}

/* RFC 8446 7.1: each secret of the schedule, by its name there; and 7.2's next ones. */
static void the_key_schedule_of_tls13_is_told(void **state)
{
    static const char *const names[] = {"shared_secret",
                                        "handshake_secret",
                                        "client_handshake_traffic_secret",
                                        "server_handshake_traffic_secret",
                                        "master_secret",
                                        "client_application_traffic_secret_0",
                                        "server_application_traffic_secret_0",
                                        "exporter_master_secret",
                                        "resumption_master_secret",
                                        "client_application_traffic_secret_1",
                                        "server_application_traffic_secret_1"};
    (void)state;
    for (int values = 0; values < 2; values++) {
        struct pair *p = observed(only13(test_client_config()), only13(test_server_config()), values);
        pair_run(p);
        assert_int_equal(hf_update_keys(pair_conn(p, HF_CLIENT), true), HF_OK);
        pair_run(p);
        pair_exchange(p, 1);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const struct entry *ours = need(&seen[HF_CLIENT], HF_EVENT_SECRET, names[i]);
            const struct entry *theirs = need(&seen[HF_SERVER], HF_EVENT_SECRET, names[i]);
            assert_int_equal(ours->fingerprint_len, 8);
            assert_memory_equal(ours->fingerprint, theirs->fingerprint, 8);
            assert_int_equal(ours->secret > 0, values);
            assert_true(ours->about[0] != '\0');
        }
        assert_null(
            find(&seen[HF_CLIENT], HF_EVENT_SECRET, "early_secret")); /* of no key: everybody has it */
        pair_free(p);
    }
}

/* RFC 8446 D.4: it means nothing, and is under no keys whenever it comes. */
static void a_change_cipher_spec_of_tls13_is_in_the_clear(void **state)
{
    (void)state;
    struct pair *p = observed(only13(test_client_config()), only13(test_server_config()), false);
    pair_run(p);
    for (hf_side at = HF_CLIENT; at <= HF_SERVER; at++) {
        unsigned found = 0;
        for (size_t i = 0; i < seen[at].count; i++) {
            const struct entry *e = &seen[at].entry[i];
            if (e->kind == HF_EVENT_STEP && strcmp(e->name, "[ChangeCipherSpec]") == 0) {
                found |= 1u << e->by;
                assert_int_equal(e->epoch, 0);
                assert_int_equal(e->protected_by, 0);
                assert_int_equal(e->sequence, 0);
                assert_true(e->record > 0);
            }
        }
        assert_int_equal(found, 3); /* its own, and the other side's */
    }
    pair_free(p);
}

static bool accept_peer(void *arg, struct pair *pair, hf_conn *asked)
{
    (void)arg;
    (void)pair;
    return hf_asked(asked, NULL) == HF_ASK_VERIFY && hf_answer_verdict(asked, HF_OK) == HF_OK;
}

static void an_answer_has_the_name_of_its_question(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct pair *p = observed(client, test_server_config(), false);
    p->ask = accept_peer;
    pair_run(p);
    need(&seen[HF_CLIENT], HF_EVENT_ASK, "verify");
    need(&seen[HF_CLIENT], HF_EVENT_ANSWER, "verify");
    pair_free(p);
}

static void why_and_what_was_agreed_are_told(void **state)
{
    (void)state;
    hf_config *server = test_server_config();
    test_trust(server, test_pki()->root);
    assert_int_equal(hf_config_client_auth(server, HF_CLIENT_AUTH_REQUEST), HF_OK);
    struct pair *p = observed(test_client_config(), server, false);
    pair_run(p);
    const struct entry *request = need(&seen[HF_CLIENT], HF_EVENT_STEP, "CertificateRequest");
    assert_non_null(strstr(request->why, "the server asks for a client certificate"));
    const struct entry *hello = need(&seen[HF_CLIENT], HF_EVENT_STEP, "ClientHello");
    assert_int_equal(hello->suite, 0);
    assert_false(hello->has_hash);
    const struct entry *answer = need(&seen[HF_CLIENT], HF_EVENT_STEP, "ServerHello");
    assert_int_equal(answer->version, 0x0303);
    assert_string_equal(hf_name_of(HF_VERSIONS, answer->version), "TLS 1.2");
    assert_true(answer->suite != 0);
    assert_true(answer->has_hash);
    assert_int_equal(answer->handshake, 1);
    pair_free(p);
}

static void no_event_no_fields(void **state)
{
    (void)state;
    struct entry e = {0};
    hf_event note = {.kind = HF_EVENT_NOTE, .message = {(const uint8_t *)"\1\0\0\0", 4}};
    hf_event_fields(NULL, count_field, &e);
    hf_event_fields(&note, count_field, &e);
    note.kind = HF_EVENT_STEP;
    hf_event_fields(&note, NULL, &e);
    assert_int_equal(e.fields, 0);
    hf_event_fields(&note, count_field, &e); /* a ClientHello without anything: it says so */
    assert_true(e.malformed > 0);
    hf_conn_observe_secrets(NULL, true);
}

/* The DER of the first certificate in PEM text; freed with OPENSSL_free. */
static hf_bytes der_of(hf_bytes pem)
{
    BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    assert_true(len > 0);
    X509_free(x);
    BIO_free(in);
    return (hf_bytes){der, (size_t)len};
}

/* RFC 5280 4.1.2 */
static void a_certificate_is_looked_at_without_being_judged(void **state)
{
    const struct test_spec spec = {.issuer = TEST_BY_OTHER_ROOT,
                                   .cn = "old\tcertificate",
                                   .names = "DNS:a.test,DNS:*.b.test,IP:127.0.0.1",
                                   .not_before = TEST_NOW - 9 * TEST_DAY,
                                   .not_after = TEST_NOW - 3 * TEST_DAY};
    struct test_identity identity = test_identity_make(&spec);
    hf_bytes der = der_of(identity.leaf), other = der_of(test_pki()->other_root);
    hf_certificate c, issuer;
    (void)state;
    assert_true(hf_certificate_look(der, &c));
    assert_true(c.not_before == spec.not_before && c.not_after == spec.not_after);
    assert_string_equal(c.names, "a.test, *.b.test, 127.0.0.1");
    assert_null(strchr(c.subject_text, '\t'));
    assert_non_null(strstr(c.subject_text, "certificate"));
    assert_true(c.subject.data > der.data && c.subject.data + c.subject.len < der.data + der.len);
    assert_true(hf_certificate_look(other, &issuer));
    assert_int_equal(c.issuer.len, issuer.subject.len);
    assert_memory_equal(c.issuer.data, issuer.subject.data, issuer.subject.len);
    assert_string_equal(c.issuer_text, issuer.subject_text);
    /* RFC 6125 6.4 */
    assert_true(hf_certificate_is_for(der, "A.test") && hf_certificate_is_for(der, "x.b.test"));
    assert_true(hf_certificate_is_for(der, "127.0.0.1"));
    assert_false(hf_certificate_is_for(der, "b.test") || hf_certificate_is_for(der, "old\tcertificate"));
    assert_false(hf_certificate_look((hf_bytes){der.data, der.len - 1}, &c));
    assert_false(hf_certificate_look((hf_bytes){NULL, 0}, &c) || hf_certificate_look(der, NULL));
    assert_false(hf_certificate_is_for((hf_bytes){der.data, 3}, "a.test") ||
                 hf_certificate_is_for(der, NULL));
    OPENSSL_free((void *)der.data);
    OPENSSL_free((void *)other.data);
    test_identity_free(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_has_its_fields),
        cmocka_unit_test(both_sides_count_the_same),
        cmocka_unit_test(what_was_checked_is_told),
        cmocka_unit_test(checks_follow_their_step),
        cmocka_unit_test(a_check_that_fails_is_told_before_the_failure),
        cmocka_unit_test(secrets_are_fingerprints_unless_asked_for),
        cmocka_unit_test(the_key_schedule_of_tls13_is_told),
        cmocka_unit_test(a_change_cipher_spec_of_tls13_is_in_the_clear),
        cmocka_unit_test(an_answer_has_the_name_of_its_question),
        cmocka_unit_test(why_and_what_was_agreed_are_told),
        cmocka_unit_test(no_event_no_fields),
        cmocka_unit_test(a_certificate_is_looked_at_without_being_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
