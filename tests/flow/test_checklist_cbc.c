/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <stdlib.h>
#include <string.h>

/* Checklist C1, C2, C3, C5: records under CBC, and encrypt_then_mac. tests/unit/test_record_cbc.c has the
 * records alone; here they are a connection's. */
enum { ENCRYPT_THEN_MAC = 22 };
#define GCM "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define CBC "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
#define COUNT(a) (sizeof(a) / sizeof *(a))

static hf_config *listing(hf_config *c, const char *suites, bool required)
{
    hf_problem why;
    assert_int_equal(hf_config_suites(c, suites, &why), HF_OK);
    assert_int_equal(hf_config_require_encrypt_then_mac(c, required), HF_OK);
    return c;
}

static void as_it_is(struct hello *h, void *arg)
{
    (void)h, (void)arg;
}

static void without_etm(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, ENCRYPT_THEN_MAC);
}

static void with_etm(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, ENCRYPT_THEN_MAC, NULL, 0);
}

static void with_a_body(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, ENCRYPT_THEN_MAC);
    hello_add(h, ENCRYPT_THEN_MAC, "\0", 1);
}

static struct pair *edited(hf_config *client, hf_config *server, hf_session *session, struct hello_editor *e)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    if (session) {
        assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    }
    edit_hello(p, e);
    pair_run(p);
    p->hook = NULL;
    return p;
}

/* Takes the configs. */
static struct pair *once(hf_config *client, hf_config *server, hf_side side, hello_edit *edit,
                         struct hello_editor *e)
{
    *e = (struct hello_editor){.side = side, .edit = edit};
    struct pair *p = edited(client, server, NULL, e);
    hf_config_free(client);
    hf_config_free(server);
    return p;
}

static void assert_etm(struct pair *p, bool etm)
{
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->encrypt_then_mac, etm);
    assert_int_equal(hf_negotiated(p->server)->encrypt_then_mac, etm);
    pair_exchange(p, 3000);
}

/* ---- C2: what is offered, answered and refused, RFC 7366 ---- */
static void c2_offered_with_cbc_only(void **state)
{
    (void)state;
    struct hello_editor e;
    struct pair *p =
        once(listing(test_client_config(), GCM, false), test_server_config(), HF_CLIENT, as_it_is, &e);
    assert_null(hello_find(&e.seen, ENCRYPT_THEN_MAC));
    assert_etm(p, false);
    pair_free(p);
    p = once(listing(test_client_config(), GCM ":" CBC, false), listing(test_server_config(), CBC, false),
             HF_CLIENT, as_it_is, &e);
    struct hello_extension *said = hello_find(&e.seen, ENCRYPT_THEN_MAC);
    assert_non_null(said);
    assert_int_equal(said->len, 0);
    assert_etm(p, true);
    pair_free(p);
}

static void c2_answered_for_cbc_only(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        bool answered;
    } rows[] = {{CBC, true}, {GCM, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello_editor e;
        struct pair *p = once(listing(test_client_config(), GCM ":" CBC, false),
                              listing(test_server_config(), rows[i].server, false), HF_SERVER, as_it_is, &e);
        assert_int_equal(hello_find(&e.seen, ENCRYPT_THEN_MAC) != NULL, rows[i].answered);
        assert_etm(p, rows[i].answered);
        pair_free(p);
    }
}

static void c2_answers_that_must_be_refused(void **state)
{
    (void)state;
    static const struct {
        const char *client, *server;
        hf_side side;
        hello_edit *edit;
        hf_err row;
        uint8_t alert;
    } rows[] = {
        {GCM ":" CBC, GCM, HF_SERVER, with_etm, HF_ENCRYPT_THEN_MAC_MISPLACED, 47},
        {GCM, GCM, HF_SERVER, with_etm, HF_UNSOLICITED_EXTENSION, 110},
        {CBC, CBC, HF_SERVER, with_etm, HF_DUPLICATE_EXTENSION, 47},
        {CBC, CBC, HF_SERVER, with_a_body, HF_MALFORMED_EXTENSION, 50},
        {CBC, CBC, HF_CLIENT, with_a_body, HF_MALFORMED_EXTENSION, 50},
        {CBC, CBC, HF_CLIENT, with_etm, HF_DUPLICATE_EXTENSION, 47},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello_editor e;
        struct pair *p = once(listing(test_client_config(), rows[i].client, false),
                              listing(test_server_config(), rows[i].server, false), rows[i].side,
                              rows[i].edit, &e);
        pair_assert_refused(p, rows[i].side == HF_CLIENT ? HF_SERVER : HF_CLIENT, rows[i].row, rows[i].alert);
        pair_free(p);
    }
}

/* A peer that lacks it: MAC-then-encrypt, or by policy nothing. */
static void c2_peers_that_lack_it(void **state)
{
    (void)state;
    struct hello_editor e;
    struct pair *p = once(listing(test_client_config(), CBC, false),
                          listing(test_server_config(), CBC, false), HF_CLIENT, without_etm, &e);
    assert_etm(p, false);
    pair_free(p);
    p = once(listing(test_client_config(), CBC, true), listing(test_server_config(), CBC, false), HF_SERVER,
             without_etm, &e);
    pair_assert_refused(p, HF_CLIENT, HF_ENCRYPT_THEN_MAC_REQUIRED, 40);
    pair_free(p);
    p = once(listing(test_client_config(), CBC, false), listing(test_server_config(), CBC, true), HF_CLIENT,
             without_etm, &e);
    pair_assert_refused(p, HF_SERVER, HF_ENCRYPT_THEN_MAC_REQUIRED, 40);
    pair_free(p);
    /* the server turns to what is left, its own preference notwithstanding */
    p = once(listing(test_client_config(), CBC ":" GCM, false),
             listing(test_server_config(), CBC ":" GCM, true), HF_CLIENT, without_etm, &e);
    assert_etm(p, false);
    assert_string_equal(hf_negotiated(p->client)->suite_name, GCM);
    pair_free(p);
    /* the client is content with AEAD, where there is nothing to agree on */
    p = once(listing(test_client_config(), CBC ":" GCM, true), listing(test_server_config(), GCM, true),
             HF_CLIENT, as_it_is, &e);
    assert_etm(p, false);
    pair_free(p);
    p = once(listing(test_client_config(), CBC, true), listing(test_server_config(), CBC, true), HF_CLIENT,
             as_it_is, &e);
    assert_etm(p, true);
    pair_free(p);
}

/* ---- C2: on resumption it is asked anew ---- */
struct earned {
    hf_config *client, *server;
    struct pair *first;
    hf_session *session;
};

static struct earned earn(bool client_requires, bool server_requires, bool with, const char *suites)
{
    struct earned r = {listing(test_client_config(), suites, client_requires),
                       listing(test_server_config(), suites, server_requires), NULL, NULL};
    struct hello_editor e = {.side = HF_CLIENT, .edit = with ? as_it_is : without_etm};
    r.first = edited(r.client, r.server, NULL, &e);
    assert_etm(r.first, with);
    r.session = pair_session(r.first);
    return r;
}

static void earned_free(struct earned *r, struct pair *p)
{
    pair_free(p);
    pair_free(r->first);
    hf_session_free(r->session);
    hf_config_free(r->client);
    hf_config_free(r->server);
}

static void c2_resumption_asks_anew(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        for (int now = 0; now < 2; now++) {
            struct earned r = earn(false, false, before, CBC);
            struct hello_editor e = {.side = HF_CLIENT, .edit = now ? as_it_is : without_etm};
            struct pair *p = edited(r.client, r.server, r.session, &e);
            assert_etm(p, now);
            /* a session that was made with it does not go on without */
            assert_int_equal(hf_negotiated(p->server)->resumed, now || !before);
            assert_int_equal(hf_negotiated(p->server)->resumption,
                             now || !before ? HF_RESUMED : HF_SESSION_PARAMETERS);
            earned_free(&r, p);
        }
    }
}

static void c2_resumption_under_policy(void **state)
{
    (void)state;
    /* the server: not resumed, and no CBC suite either */
    struct earned r = earn(false, true, true, CBC ":" GCM);
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_etm};
    struct pair *p = edited(r.client, r.server, r.session, &e);
    assert_etm(p, false);
    assert_false(hf_negotiated(p->server)->resumed);
    assert_int_equal(hf_negotiated(p->server)->resumption, HF_SESSION_PARAMETERS);
    assert_string_equal(hf_negotiated(p->client)->suite_name, GCM);
    earned_free(&r, p);
    r = earn(false, true, true, CBC);
    e = (struct hello_editor){.side = HF_CLIENT, .edit = without_etm};
    p = edited(r.client, r.server, r.session, &e);
    pair_assert_refused(p, HF_SERVER, HF_ENCRYPT_THEN_MAC_REQUIRED, 40);
    earned_free(&r, p);
    /* the client */
    r = earn(true, false, true, CBC);
    e = (struct hello_editor){.side = HF_SERVER, .edit = without_etm};
    p = edited(r.client, r.server, r.session, &e);
    pair_assert_refused(p, HF_CLIENT, HF_ENCRYPT_THEN_MAC_REQUIRED, 40);
    earned_free(&r, p);
}

/* ---- records on the wire ---- */
static const char *const cbc_suites[] = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
};
static const size_t mac_sizes[] = {20, 20, 32, 48};

static struct pair *cbc_pair(const char *suite, bool etm)
{
    struct hello_editor e;
    struct pair *p = once(listing(test_client_config(), suite, false),
                          listing(test_server_config(), suite, false), HF_CLIENT,
                          etm ? as_it_is : without_etm, &e);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->encrypt_then_mac, etm);
    return p;
}

/* The record that len bytes of plaintext make; free. */
static uint8_t *record_of(hf_conn *from, size_t len, size_t *size)
{
    static const uint8_t plain[20000] = "plaintext";
    size_t used;
    assert_int_equal(hf_push_app(from, (hf_bytes){plain, len}, &used), HF_OK);
    assert_int_equal(used, len);
    hf_bytes out = hf_peek_wire(from);
    uint8_t *copy = malloc(out.len + 64);
    assert_non_null(copy);
    memcpy(copy, out.data, out.len);
    memset(copy + out.len, 0, 64);
    *size = out.len;
    hf_drop_wire(from, out.len);
    return copy;
}

/* C1, C2: IV, whole blocks, and the MAC inside or outside of the encryption. */
static void c2_the_size_of_records(void **state)
{
    (void)state;
    for (size_t suite = 0; suite < COUNT(cbc_suites); suite++) {
        for (int etm = 0; etm < 2; etm++) {
            struct pair *p = cbc_pair(cbc_suites[suite], etm);
            for (size_t len = 1; len < 70; len++) {
                size_t mac = mac_sizes[suite], size;
                size_t inside = etm ? len + 1 : len + mac + 1, outside = etm ? mac : 0;
                free(record_of(p->client, len, &size));
                assert_int_equal(size, 5 + 16 + (inside + 15) / 16 * 16 + outside);
            }
            pair_free(p);
        }
    }
}

/* C3, RFC 5246 6.2.3.2: an explicit IV for each record that nobody can foretell: here, that none comes again.
 */
static void c3_no_iv_comes_twice(void **state)
{
    (void)state;
    static uint8_t ivs[64][16];
    for (int etm = 0; etm < 2; etm++) {
        struct pair *p = cbc_pair(CBC, etm);
        for (size_t i = 0; i < COUNT(ivs); i++) {
            size_t size;
            uint8_t *record = record_of(i % 2 ? p->client : p->server, 1, &size);
            memcpy(ivs[i], record + 5, 16);
            free(record);
            for (size_t before = 0; before < i; before++) {
                assert_memory_not_equal(ivs[i], ivs[before], 16);
            }
        }
        pair_free(p);
    }
}

/* ---- C1, C2: whatever is changed is bad_record_mac, and looks like everything else that is changed ---- */
#define PLAIN_LEN 37
static size_t alert_size;

static void push_changed(struct pair *p, uint8_t *record, size_t size, const char *what, size_t at)
{
    size_t done = 0, used = 1;
    hf_err e = HF_OK;
    while (done < size && used && e == HF_OK) {
        e = hf_push_wire(p->server, record + done, size - done, &used);
        done += used;
    }
    const hf_failure *f = hf_failed(p->server);
    if (!f || f->err != HF_BAD_RECORD_MAC || f->alert != 20 || f->alert_direction != HF_SENT ||
        f->detail[0] || f->got[0] || f->step[0]) {
        fail_msg("%s, byte %zu: %s %s", what, at, f ? hf_err_name(f->err) : "no failure", f ? f->detail : "");
    }
    assert_int_equal(hf_peek_app(p->server).len, 0); /* nothing of it */
    size_t said = hf_peek_wire(p->server).len;
    alert_size = alert_size ? alert_size : said;
    assert_int_equal(said, alert_size);
    free(record);
    pair_free(p);
}

static void every_byte(const char *suite, bool etm)
{
    size_t size = 0;
    alert_size = 0;
    for (size_t at = 0; at == 0 || at < size; at++) {
        static const uint8_t flips[] = {0x01, 0x80};
        for (size_t i = 0; i < 2; i++) {
            struct pair *p = cbc_pair(suite, etm);
            uint8_t *record = record_of(p->client, PLAIN_LEN, &size);
            bool in_header = at < 5;
            if (in_header && (at > 0 || i > 0)) { /* below */
                free(record);
                pair_free(p);
                continue;
            }
            record[at] ^= flips[i]; /* the type: application data becomes a handshake message */
            push_changed(p, record, size, suite, at);
        }
    }
    /* the length, one and a block shorter and longer; what is missing then are zeros */
    static const int lengths[] = {-1, 1, -16, 16, -32, 32};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct pair *p = cbc_pair(suite, etm);
        uint8_t *record = record_of(p->client, PLAIN_LEN, &size);
        size_t length = (size_t)((int)size - 5 + lengths[i]);
        record[3] = (uint8_t)(length >> 8);
        record[4] = (uint8_t)length;
        push_changed(p, record, 5 + length, "length", i);
    }
}

static void c1_every_byte_of_a_record(void **state)
{
    (void)state;
    for (size_t suite = 0; suite < COUNT(cbc_suites); suite++) {
        every_byte(cbc_suites[suite], false);
        every_byte(cbc_suites[suite], true);
    }
}

/* A record too short to hold what it must: public, and said alike. */
static void c1_records_too_short(void **state)
{
    (void)state;
    for (int etm = 0; etm < 2; etm++) {
        alert_size = 0;
        for (size_t len = 1; len < 70; len++) {
            struct pair *p = cbc_pair(CBC, etm);
            uint8_t *record = calloc(1, 5 + len);
            assert_non_null(record);
            memcpy(record, "\27\3\3\0", 4);
            record[4] = (uint8_t)len;
            push_changed(p, record, 5 + len, "short", len);
        }
    }
}

/* A record that was sent, again; and two in the wrong order. */
static void c1_records_again_and_out_of_order(void **state)
{
    (void)state;
    for (int etm = 0; etm < 2; etm++) {
        size_t size, used;
        alert_size = 0;
        struct pair *p = cbc_pair(CBC, etm);
        uint8_t *record = record_of(p->client, PLAIN_LEN, &size), *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, record, size);
        assert_int_equal(hf_push_wire(p->server, copy, size, &used), HF_OK);
        assert_int_equal(hf_peek_app(p->server).len, PLAIN_LEN);
        hf_drop_app(p->server, PLAIN_LEN);
        free(copy);
        push_changed(p, record, size, "again", 0);
        p = cbc_pair(CBC, etm);
        free(record_of(p->client, PLAIN_LEN, &size));
        push_changed(p, record_of(p->client, PLAIN_LEN, &size), size, "out of order", 0);
    }
}

/* ---- C5, RFC 9325 4.6: truncated_hmac (RFC 6066 7) is neither offered nor answered nor taken ---- */
enum { TRUNCATED_HMAC = 4 };

static void with_truncated_hmac(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, TRUNCATED_HMAC, NULL, 0);
}

static void c5_no_truncated_hmac(void **state)
{
    (void)state;
    struct hello_editor e;
    struct pair *p = once(listing(test_client_config(), CBC, false),
                          listing(test_server_config(), CBC, false), HF_CLIENT, with_truncated_hmac, &e);
    assert_null(hello_find(&e.seen, TRUNCATED_HMAC));
    assert_etm(p, true);
    size_t size;
    free(record_of(p->server, 1, &size));
    assert_int_equal(size, 5 + 16 + 16 + 32); /* the whole MAC */
    pair_free(p);
    p = once(listing(test_client_config(), CBC, false), listing(test_server_config(), CBC, false), HF_SERVER,
             with_truncated_hmac, &e);
    assert_null(hello_find(&e.seen, TRUNCATED_HMAC));
    pair_assert_refused(p, HF_CLIENT, HF_UNSOLICITED_EXTENSION, 110);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c2_offered_with_cbc_only),
        cmocka_unit_test(c2_answered_for_cbc_only),
        cmocka_unit_test(c2_answers_that_must_be_refused),
        cmocka_unit_test(c2_peers_that_lack_it),
        cmocka_unit_test(c2_resumption_asks_anew),
        cmocka_unit_test(c2_resumption_under_policy),
        cmocka_unit_test(c2_the_size_of_records),
        cmocka_unit_test(c3_no_iv_comes_twice),
        cmocka_unit_test(c1_every_byte_of_a_record),
        cmocka_unit_test(c1_records_too_short),
        cmocka_unit_test(c1_records_again_and_out_of_order),
        cmocka_unit_test(c5_no_truncated_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
