/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/* What hellos may say: checklist S5, S6, S8, S10, N1, N2, A2, K4. */
enum { SERVER_NAME = 0, GROUPS = 10, POINTS = 11, SCHEMES = 13, ALPN = 16, EMS = 23, RENEGOTIATION = 0xff01 };

static struct pair *fresh(void)
{
    return pair_take(test_client_config(), test_server_config(), TEST_HOST);
}

/* What an edit does is a row: an extension replaced (or added, or dropped with len SIZE_MAX), or a function.
 */
#define DROPPED ((size_t)-1)
struct change {
    uint16_t type;
    const char *body;
    size_t len;
    hello_edit *edit;
    hf_err err;
    uint8_t alert;
};

static void apply(struct hello *h, void *arg)
{
    const struct change *c = arg;
    if (c->edit) {
        c->edit(h, NULL);
        return;
    }
    hello_drop(h, c->type);
    if (c->len != DROPPED) {
        hello_add(h, c->type, c->body, c->len);
    }
}

static struct pair *changed(hf_side side, struct change *c)
{
    static struct hello_editor editor;
    struct pair *p = fresh();
    editor = (struct hello_editor){.side = side, .edit = apply, .arg = c};
    edit_hello(p, &editor);
    return p;
}

/* ---- S5: a ServerHello answers what was offered and nothing else ---- */
static void other_suite(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[0] = 0xc013; /* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: known, not offered */
}
static void unknown_suite(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[0] = 0x4242;
}
static void scsv_as_suite(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[0] = 0x00ff;
}
static void compressed(struct hello *h, void *arg)
{
    (void)arg;
    h->compressions[0] = 1;
}
static void version_below(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0302;
}
static void version_above(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0304;
}
static void extension_twice(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, EMS, "", 0);
}
static void trailing_byte(struct hello *h, void *arg)
{
    (void)arg;
    h->trailing = 1;
}
static void long_session_id(struct hello *h, void *arg)
{
    (void)arg;
    h->session_id_len = 33;
}

static void s5_s6_a_server_hello_that_must_be_refused(void **state)
{
    (void)state;
    static struct change rows[] = {
        {.edit = other_suite, .err = HF_SUITE_NOT_OFFERED, .alert = 47},
        {.edit = unknown_suite, .err = HF_SUITE_NOT_OFFERED, .alert = 47},
        {.edit = scsv_as_suite, .err = HF_SUITE_NOT_OFFERED, .alert = 47},
        {.edit = compressed, .err = HF_COMPRESSION_NOT_OFFERED, .alert = 47},
        {.edit = version_below, .err = HF_VERSION_NOT_OFFERED, .alert = 70},
        {.edit = version_above, .err = HF_VERSION_NOT_OFFERED, .alert = 70},
        {.edit = extension_twice, .err = HF_DUPLICATE_EXTENSION, .alert = 47},
        {.edit = trailing_byte, .err = HF_MALFORMED_MESSAGE, .alert = 50},
        {.edit = long_session_id, .err = HF_MALFORMED_MESSAGE, .alert = 50},
        {.type = ALPN, .body = "\0\3\2h2", .len = 5, .err = HF_UNSOLICITED_EXTENSION, .alert = 110},
        {.type = 35, .body = "x", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50}, /* session_ticket */
        {.type = 17, .body = "", .err = HF_UNSOLICITED_EXTENSION, .alert = 110}, /* status_request_v2 */
        {.type = 5, .body = "", .err = HF_UNSOLICITED_EXTENSION, .alert = 110},  /* status_request */
        {.type = 0x1234, .body = "x", .len = 1, .err = HF_UNSOLICITED_EXTENSION, .alert = 110},
        {.type = SCHEMES, .body = "\0\2\4\3", .len = 4, .err = HF_MISPLACED_EXTENSION, .alert = 47},
        {.type = EMS, .body = "x", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SERVER_NAME, .body = "x", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = POINTS, .body = "\0", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = POINTS, .body = "\1\1", .len = 2, .err = HF_NO_UNCOMPRESSED_POINTS, .alert = 47}, /* K4 */
        {.type = RENEGOTIATION, .body = "", .len = 0, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = RENEGOTIATION,
         .body = "\1x",
         .len = 2,
         .err = HF_RENEGOTIATION_INFO_MISMATCH,
         .alert = 40},                                                                               /* N2 */
        {.type = RENEGOTIATION, .len = DROPPED, .err = HF_INSECURE_RENEGOTIATION_PEER, .alert = 40}, /* N3 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run_and_expect(changed(HF_SERVER, &rows[i]), HF_CLIENT, rows[i].err, rows[i].alert);
    }
}

/* ---- S6 and the rest of what a ClientHello may not be ---- */
static void no_suites(struct hello *h, void *arg)
{
    (void)arg;
    h->suite_count = 0;
}
static void no_compression(struct hello *h, void *arg)
{
    (void)arg;
    h->compression_count = 0;
}
static void no_null_compression(struct hello *h, void *arg)
{
    (void)arg;
    h->compressions[0] = 1;
}
static void old_version(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0302;
}
static void ssl3(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0300;
}
static void fallback(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0302;
    h->suites[h->suite_count++] = 0x5600;
}
static void unknown_twice(struct hello *h, void *arg)
{
    (void)arg;
    hello_add(h, 0x7777, "", 0);
    hello_add(h, 0x7777, "", 0);
}

static void s6_a_client_hello_that_must_be_refused(void **state)
{
    (void)state;
    static struct change rows[] = {
        {.edit = no_suites, .err = HF_MALFORMED_MESSAGE, .alert = 50},
        {.edit = no_compression, .err = HF_MALFORMED_MESSAGE, .alert = 50},
        {.edit = no_null_compression, .err = HF_NO_NULL_COMPRESSION, .alert = 47},
        {.edit = old_version, .err = HF_NO_COMMON_VERSION, .alert = 70},
        {.edit = ssl3, .err = HF_NO_COMMON_VERSION, .alert = 70},
        {.edit = fallback, .err = HF_INAPPROPRIATE_FALLBACK, .alert = 86}, /* S13 */
        {.edit = extension_twice, .err = HF_DUPLICATE_EXTENSION, .alert = 47},
        {.edit = unknown_twice, .err = HF_DUPLICATE_EXTENSION, .alert = 47},
        {.edit = trailing_byte, .err = HF_MALFORMED_MESSAGE, .alert = 50},
        {.edit = long_session_id, .err = HF_MALFORMED_MESSAGE, .alert = 50}, /* R8 */
        {.type = GROUPS, .body = "\0\0", .len = 2, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = GROUPS, .body = "\0\3\0\27\0", .len = 5, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = GROUPS, .body = "\0\2\0\27\0", .len = 5, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SCHEMES, .body = "\0\0", .len = 2, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SCHEMES, .body = "\0\1\4", .len = 3, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = POINTS, .body = "\0", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = POINTS, .body = "\2\1\2", .len = 3, .err = HF_NO_UNCOMPRESSED_POINTS, .alert = 47}, /* K4 */
        {.type = SERVER_NAME, .body = "\0\0", .len = 2, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SERVER_NAME, .body = "\0\3\0\0\0", .len = 5, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SERVER_NAME,
         .body = "\0\10\0\0\1a\0\0\1b",
         .len = 10,
         .err = HF_MALFORMED_EXTENSION,
         .alert = 50},
        {.type = SERVER_NAME, .body = "\0\6\0\0\3a\0b", .len = 8, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = SERVER_NAME,
         .body = "\0\7\0\0\4evil",
         .len = 9,
         .err = HF_UNRECOGNIZED_NAME,
         .alert = 112}, /* A2 */
        {.type = ALPN, .body = "\0\0", .len = 2, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = ALPN, .body = "\0\1\0", .len = 3, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = EMS, .body = "x", .len = 1, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = RENEGOTIATION, .body = "", .len = 0, .err = HF_MALFORMED_EXTENSION, .alert = 50},
        {.type = RENEGOTIATION,
         .body = "\1x",
         .len = 2,
         .err = HF_RENEGOTIATION_INFO_MISMATCH,
         .alert = 40},                                                                     /* N2 */
        {.type = SCHEMES, .len = DROPPED, .err = HF_NO_SIGNATURE_ALGORITHMS, .alert = 40}, /* S8 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = changed(HF_CLIENT, &rows[i]);
        pair_run(p);
        const hf_failure *failure = hf_failed(p->server);
        if (!failure || failure->err != rows[i].err) {
            fail_msg("row %zu: %s instead of %s", i, failure ? hf_err_name(failure->err) : "no failure",
                     hf_err_name(rows[i].err));
        }
        pair_assert_refused(p, HF_SERVER, rows[i].err, rows[i].alert);
        pair_free(p);
    }
}

/* ---- what must be borne: S5, S10, N1 ---- */
static void version_0304(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x0304;
}
static void version_03ff(struct hello *h, void *arg)
{
    (void)arg;
    h->version = 0x03ff;
}
static void grease(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[h->suite_count++] = 0x1a1a;
    h->suites[h->suite_count++] = 0xfafa;
    hello_add(h, 0x2a2a, "", 0);
    hello_add(h, 0x3a3a, "abc", 3);
    h->compressions[h->compression_count++] = 64;
}
static void scsv_only(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, RENEGOTIATION);
    h->suites[h->suite_count++] = 0x00ff;
}
static void scsv_and_extension(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[h->suite_count++] = 0x00ff;
}
static void extensions_backwards(struct hello *h, void *arg)
{
    (void)arg;
    for (size_t i = 0, k = h->extension_count - 1; i < k; i++, k--) {
        struct hello_extension e = h->extensions[i];
        h->extensions[i] = h->extensions[k];
        h->extensions[k] = e;
    }
}

static void a_client_hello_that_must_be_served(void **state)
{
    (void)state;
    static struct change rows[] = {
        {.edit = version_0304}, /* S10: negotiated down */
        {.edit = version_03ff},
        {.edit = grease},
        {.edit = scsv_only}, /* N1: answered to the SCSV alone; the one unsolicited answer there is (S5) */
        {.edit = scsv_and_extension},
        {.edit = extensions_backwards},
        {.type = POINTS, .len = DROPPED},
        {.type = GROUPS, .len = DROPPED},
        {.type = SERVER_NAME, .body = "\0\5\7\0\2xy", .len = 7}, /* another type of name: RFC 6066 3 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = changed(HF_CLIENT, &rows[i]);
        pair_run(p);
        pair_assert_complete(p);
        assert_int_equal(hf_negotiated(p->server)->version, 0x0303);
        assert_true(hf_negotiated(p->server)->secure_renegotiation);
        assert_true(hf_negotiated(p->client)->secure_renegotiation);
        pair_exchange(p, 100);
        pair_free(p);
    }
}

/* S10: the version of the record that carries the first ClientHello is not looked at. */
static void change_record_version(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    if (from == HF_CLIENT && !pair->sent[from]) {
        bytes->data[2] = *(uint8_t *)arg;
    }
}

static void s10_record_versions(void **state)
{
    (void)state;
    for (uint8_t minor = 0; minor <= 4; minor++) {
        struct pair *p = fresh();
        p->hook = change_record_version;
        p->hook_arg = &minor;
        assert_int_equal(hf_peek_wire(p->client).data[2], 1); /* ours says 0x0301: RFC 5246 E.1 */
        pair_run(p);
        pair_assert_complete(p);
        pair_free(p);
    }
}

/* S8: where policy signs with SHA-1, a client that names no algorithms is served with it. */
static void s8_sha1_by_policy(void **state)
{
    (void)state;
    static struct change row = {.type = SCHEMES, .len = DROPPED};
    static struct hello_editor editor;
    hf_config *client = test_client_config(), *server = test_server_config();
    assert_int_equal(hf_config_schemes_to_accept(client, "ecdsa_secp256r1_sha256:ecdsa_sha1", NULL), HF_OK);
    assert_int_equal(hf_config_schemes_to_sign(server, "ecdsa_secp256r1_sha256:ecdsa_sha1", NULL), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    editor = (struct hello_editor){.side = HF_CLIENT, .edit = apply, .arg = &row};
    edit_hello(p, &editor);
    pair_run(p);
    pair_assert_complete(p);
    assert_string_equal(hf_negotiated(p->client)->server_scheme_name, "ecdsa_sha1");
    pair_free(p);
}

/* ---- N1, N3: neither extension nor SCSV ---- */
static void silent(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, RENEGOTIATION);
}

static void n1_n3_peers_without_secure_renegotiation(void **state)
{
    (void)state;
    static struct change row = {.edit = silent};
    for (int allowed = 0; allowed < 2; allowed++) {
        hf_config *client = test_client_config();
        assert_int_equal(hf_config_allow_insecure_renegotiation_peer(client, allowed), HF_OK);
        struct pair *p = pair_take(client, test_server_config(), TEST_HOST);
        struct hello_editor editor = {.side = HF_CLIENT, .edit = apply, .arg = &row};
        edit_hello(p, &editor);
        pair_run(p);
        struct hello_extension *offered = hello_find(&editor.seen, RENEGOTIATION);
        assert_non_null(offered); /* ours always offers it, empty */
        assert_int_equal(offered->len, 1);
        if (allowed) {
            pair_assert_complete(p);
            assert_false(hf_negotiated(p->client)->secure_renegotiation);
            assert_false(hf_negotiated(p->server)->secure_renegotiation);
        } else {
            pair_assert_refused(p, HF_CLIENT, HF_INSECURE_RENEGOTIATION_PEER, 40);
        }
        pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s5_s6_a_server_hello_that_must_be_refused),
        cmocka_unit_test(s6_a_client_hello_that_must_be_refused),
        cmocka_unit_test(a_client_hello_that_must_be_served),
        cmocka_unit_test(s10_record_versions),
        cmocka_unit_test(s8_sha1_by_policy),
        cmocka_unit_test(n1_n3_peers_without_secure_renegotiation),
    };
    return cmocka_run_group_tests_name("flow/checklist_hello", tests, NULL, NULL);
}
