/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <string.h>

/* Resumption from inside, where a client lies or a session is not what it was: checklist E1, E2, E3, R2, R4,
 * R8. tests/api/test_sessions.c and test_session_store.c have what an application can do. */
enum { SERVER_NAME = 0, EMS = 23 };

struct scene {
    hf_config *client, *server;
    hf_session *session;           /* the client's */
    struct pair *first;            /* kept, because the server's session hangs on it */
    struct session *mine, *theirs; /* the same two from inside */
};

static struct scene scene_new(void)
{
    struct scene s = {.client = test_client_config(), .server = test_server_config()};
    s.first = pair_connect(s.client, s.server, TEST_HOST);
    pair_assert_complete(s.first);
    s.session = pair_session(s.first);
    s.mine = (struct session *)s.session;
    s.theirs = s.first->server->negotiated.session; /* the one in the store */
    assert_non_null(s.theirs);
    return s;
}

static void scene_free(struct scene *s)
{
    hf_session_free(s->session);
    pair_free(s->first);
    hf_config_free(s->client);
    hf_config_free(s->server);
}

/* Resumes with the client's hello edited (NULL: as it is). */
static struct pair *resume_edited(struct scene *s, const char *name, struct hello_editor *e)
{
    struct pair *p = pair_new(s->client, s->server, name);
    assert_int_equal(hf_conn_resume(p->client, s->session), HF_OK);
    if (e) {
        edit_hello(p, e);
    }
    pair_run(p);
    return p;
}

static void assert_full(struct pair *p, hf_resumption of_server)
{
    pair_assert_complete(p);
    assert_false(hf_negotiated(p->client)->resumed);
    assert_false(hf_negotiated(p->server)->resumed);
    assert_int_equal(hf_negotiated(p->server)->resumption, of_server);
    pair_exchange(p, 10);
    pair_free(p);
}

static void without_ems(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, EMS);
}

static void as_it_is(struct hello *h, void *arg)
{
    (void)h, (void)arg;
}

/* ---- E2, E3: RFC 7627 5.3 ---- */
static void e3_resumption_offers_extended_master_secret(void **state)
{
    (void)state;
    struct scene s = scene_new();
    struct hello_editor e = {.side = HF_CLIENT, .edit = as_it_is};
    struct pair *p = resume_edited(&s, TEST_HOST, &e);
    assert_true(hf_negotiated(p->server)->resumed);
    assert_int_equal(e.seen.session_id_len, 32);
    assert_non_null(hello_find(&e.seen, EMS));
    pair_free(p);
    scene_free(&s);
}

/* The session has it, the hello does not: abort. */
static void e2_session_with_hello_without(void **state)
{
    (void)state;
    struct scene s = scene_new();
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_ems};
    struct pair *p = resume_edited(&s, TEST_HOST, &e);
    pair_assert_refused(p, HF_SERVER, HF_EXTENDED_MASTER_SECRET_MISMATCH, 40);
    pair_free(p);
    scene_free(&s);
}

/* The session lacks it, the hello has it: a full handshake. */
static void e2_session_without_hello_with(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.theirs->ems = false;
    assert_full(resume_edited(&s, TEST_HOST, NULL), HF_SESSION_EMS);
    scene_free(&s);
}

/* Neither has it: abort. */
static void e2_neither(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.theirs->ems = false;
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_ems};
    struct pair *p = resume_edited(&s, TEST_HOST, &e);
    pair_assert_refused(p, HF_SERVER, HF_EXTENDED_MASTER_SECRET_MISMATCH, 40);
    pair_free(p);
    scene_free(&s);
}

/* The client does not offer a session that lacks it, and aborts on a ServerHello that resumes without it. */
static void e2_the_clients_half(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.mine->ems = false;
    struct pair *p = resume_edited(&s, TEST_HOST, NULL);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_EMS);
    assert_full(p, HF_NOT_OFFERED);
    scene_free(&s);
    s = scene_new();
    struct hello_editor e = {.side = HF_SERVER, .edit = without_ems};
    p = resume_edited(&s, TEST_HOST, &e);
    pair_assert_refused(p, HF_CLIENT, HF_EXTENDED_MASTER_SECRET_MISMATCH, 40);
    pair_free(p);
    scene_free(&s);
}

/* E1: echoed whenever it is there, also when a session is resumed. */
static void e1_the_server_echoes_it(void **state)
{
    (void)state;
    struct scene s = scene_new();
    struct hello_editor e = {.side = HF_SERVER, .edit = as_it_is};
    struct pair *p = resume_edited(&s, TEST_HOST, &e);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_non_null(hello_find(&e.seen, EMS));
    pair_free(p);
    scene_free(&s);
}

/* A full handshake without it is not promised to be resumable: there is no session ID in ServerHello. */
static void e2_no_session_is_made_without_it(void **state)
{
    (void)state;
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_ems};
    struct pair *p = pair_take(test_client_config(), test_server_config(), TEST_HOST);
    edit_hello(p, &e);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(hf_negotiated(p->client)->session_id.len, 0);
    assert_null(hf_conn_session(p->client));
    pair_free(p);
}

/* ---- R2: RFC 6066 3 ---- */
static void r2_a_session_of_another_server_name(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.mine->server_name = "localhost"; /* the client does not know that it lies */
    assert_full(resume_edited(&s, "localhost", NULL), HF_SESSION_NAME);
    scene_free(&s);
}

static void without_server_name(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, SERVER_NAME);
}

static void r2_a_session_without_the_server_name(void **state)
{
    (void)state;
    struct scene s = scene_new();
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_server_name};
    assert_full(resume_edited(&s, TEST_HOST, &e), HF_SESSION_NAME);
    scene_free(&s);
}

/* The server says "I used it" in a full handshake only. */
static void r2_no_server_name_in_a_resuming_server_hello(void **state)
{
    (void)state;
    struct scene s = scene_new();
    struct hello_editor full = {.side = HF_SERVER, .edit = as_it_is}, resumed = full;
    struct pair *p = pair_new(s.client, s.server, TEST_HOST);
    edit_hello(p, &full);
    pair_run(p);
    assert_non_null(hello_find(&full.seen, SERVER_NAME));
    pair_free(p);
    p = resume_edited(&s, TEST_HOST, &resumed);
    assert_true(hf_negotiated(p->client)->resumed);
    assert_null(hello_find(&resumed.seen, SERVER_NAME));
    pair_free(p);
    scene_free(&s);
}

/* ---- R4: RFC 5246 7.4.1.2, 7.4.1.3 ---- */
static void without_its_suite(struct hello *h, void *arg)
{
    hello_drop_suite(h, *(uint16_t *)arg);
}

static void r4_the_client_no_longer_offers_the_suite(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint16_t suite = s.theirs->suite;
    struct hello_editor e = {.side = HF_CLIENT, .edit = without_its_suite, .arg = &suite};
    assert_full(resume_edited(&s, TEST_HOST, &e), HF_SESSION_PARAMETERS);
    scene_free(&s);
}

static void r4_a_session_of_another_version(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.theirs->version = 0x0302;
    assert_full(resume_edited(&s, TEST_HOST, NULL), HF_SESSION_PARAMETERS);
    s.theirs->version = 0x0304;
    assert_full(resume_edited(&s, TEST_HOST, NULL), HF_SESSION_PARAMETERS);
    s.mine->version = 0x0304;
    struct pair *p = resume_edited(&s, TEST_HOST, NULL);
    assert_int_equal(hf_negotiated(p->client)->resumption, HF_SESSION_PARAMETERS); /* not even offered */
    assert_full(p, HF_NOT_OFFERED);
    scene_free(&s);
}

static void r4_the_server_resumes_under_another_suite(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.theirs->suite = 0xc02c;
    struct pair *p = resume_edited(&s, TEST_HOST, NULL);
    pair_assert_refused(p, HF_CLIENT, HF_RESUMED_WITH_OTHER_PARAMETERS, 47);
    pair_free(p);
    scene_free(&s);
}

/* ---- R8: an ID from the wire is bytes and no more ---- */
static void made_up_id(struct hello *h, void *arg)
{
    h->session_id_len = *(size_t *)arg;
    for (size_t i = 0; i < h->session_id_len; i++) {
        h->session_id[i] = (uint8_t)("\r\nget \0 "[i % 8]);
    }
}

static void r8_made_up_ids_of_every_length(void **state)
{
    (void)state;
    struct scene s = scene_new();
    for (size_t len = 0; len <= 32; len++) {
        struct hello_editor e = {.side = HF_CLIENT, .edit = made_up_id, .arg = &len};
        struct pair *p = pair_new(s.client, s.server, TEST_HOST);
        edit_hello(p, &e);
        pair_run(p);
        assert_full(p, len ? HF_SESSION_FOREIGN : HF_NOT_OFFERED);
    }
    scene_free(&s);
}

/* A real one cut short, or with one byte changed, is not it. */
static void damaged_id(struct hello *h, void *arg)
{
    size_t at = *(size_t *)arg;
    if (at == 32) {
        h->session_id_len = 31;
    } else {
        h->session_id[at] ^= 1;
    }
}

static void r8_nearly_the_right_id(void **state)
{
    (void)state;
    struct scene s = scene_new();
    for (size_t at = 0; at <= 32; at++) {
        struct hello_editor e = {.side = HF_CLIENT, .edit = damaged_id, .arg = &at};
        assert_full(resume_edited(&s, TEST_HOST, &e), HF_SESSION_FOREIGN);
    }
    struct pair *p = resume_edited(&s, TEST_HOST, NULL); /* and the right one still is */
    assert_true(hf_negotiated(p->server)->resumed);
    pair_free(p);
    scene_free(&s);
}

/* S11: a resumption that fails takes the session with it, on both sides. */
static void s11_a_failed_resumption_forgets_the_session(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.mine->master[0] ^= 1;
    struct pair *p = resume_edited(&s, TEST_HOST, NULL);
    pair_assert_failed(p, HF_CLIENT, HF_BAD_RECORD_MAC, 20, HF_SENT);
    pair_free(p);
    assert_true(atomic_load(&s.mine->forgotten));
    s.mine->master[0] ^= 1;
    atomic_store(&s.mine->forgotten, false); /* a client that would offer it all the same */
    assert_full(resume_edited(&s, TEST_HOST, NULL), HF_SESSION_UNKNOWN);
    scene_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e1_the_server_echoes_it),
        cmocka_unit_test(e2_session_with_hello_without),
        cmocka_unit_test(e2_session_without_hello_with),
        cmocka_unit_test(e2_neither),
        cmocka_unit_test(e2_the_clients_half),
        cmocka_unit_test(e2_no_session_is_made_without_it),
        cmocka_unit_test(e3_resumption_offers_extended_master_secret),
        cmocka_unit_test(r2_a_session_of_another_server_name),
        cmocka_unit_test(r2_a_session_without_the_server_name),
        cmocka_unit_test(r2_no_server_name_in_a_resuming_server_hello),
        cmocka_unit_test(r4_the_client_no_longer_offers_the_suite),
        cmocka_unit_test(r4_a_session_of_another_version),
        cmocka_unit_test(r4_the_server_resumes_under_another_suite),
        cmocka_unit_test(r8_made_up_ids_of_every_length),
        cmocka_unit_test(r8_nearly_the_right_id),
        cmocka_unit_test(s11_a_failed_resumption_forgets_the_session),
    };
    return cmocka_run_group_tests_name("flow/checklist_resumption", tests, NULL, NULL);
}
