/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

#include "conn/conn.h"
#include "tls13/tls13.h"

/* Early data, RFC 8446 4.2.10, 4.5: what a peer that lies gets. */

#define MOST 1000

static hf_config *speaking13(hf_side side, const char *groups, const char *alpn)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_versions(c, 0x0303, 0x0304), HF_OK);
    assert_int_equal(hf_config_early_data(c, MOST), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    if (alpn) {
        assert_int_equal(hf_config_alpn(c, alpn, false), HF_OK);
    }
    return c;
}

/* Peers of which the client has early data under way; `retried`: and needs a second ClientHello. */
struct scene {
    hf_config *client, *server;
    struct pair *p;
    hf_session *session;
};

static struct scene scene_allowing(uint32_t most, bool retried)
{
    struct scene s = {.client = speaking13(HF_CLIENT, "x25519:secp256r1", NULL),
                      .server = speaking13(HF_SERVER, retried ? "secp256r1" : "x25519", NULL)};
    assert_int_equal(hf_config_early_data(s.server, most), HF_OK);
    struct pair *before = pair_connect(s.client, s.server, TEST_HOST);
    s.session = pair_session(before);
    pair_free(before);
    s.p = pair_new(s.client, s.server, TEST_HOST);
    assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
    return s;
}

static struct scene scene(bool retried)
{
    return scene_allowing(MOST, retried);
}

static void push(const struct scene *s, size_t len)
{
    static uint8_t bytes[128 * 1024];
    size_t used;
    assert_int_equal(hf_push_early(s->p->client, (hf_bytes){bytes, len}, &used), HF_OK);
    assert_int_equal(used, len);
}

static void scene_end(struct scene *s)
{
    pair_free(s->p);
    hf_session_free(s->session);
    hf_config_free(s->client);
    hf_config_free(s->server);
}

/* ---- a client that lies ---- */
/* The server has taken early data and waits for more, or for its end. */
static struct scene half_way(void)
{
    struct scene s = scene(false);
    push(&s, 10);
    (void)pair_carry(s.p, HF_CLIENT);
    assert_int_equal(s.p->early.len, 10);
    assert_int_equal(hf_negotiated(s.p->server)->early_data, HF_EARLY_ACCEPTED);
    return s;
}

/* A record of the client's, under the keys that it writes with now. */
static void say(const struct scene *s, enum content_type type, const void *bytes, size_t len)
{
    assert_int_equal(record_write(&s->p->client->out, type, slice_of(bytes, len)), OK);
    (void)pair_carry(s->p, HF_CLIENT);
}

/* RFC 8446 4: any other message than EndOfEarlyData. */
static void another_message(void **state)
{
    (void)state;
    for (unsigned m = 0; m < MESSAGE_COUNT; m++) {
        if (m == END_OF_EARLY_DATA || m == CHANGE_CIPHER_SPEC || m == HELLO_RETRY_REQUEST) {
            continue;
        }
        struct scene s = half_way();
        const uint8_t message[4 + 32] = {(uint8_t)message_row((enum message)m)->type, 0, 0, 32};
        say(&s, CONTENT_HANDSHAKE, message, sizeof message);
        pair_assert_failed(s.p, HF_SERVER, HF_UNEXPECTED_MESSAGE, 10, HF_SENT);
        assert_string_equal(hf_failed(s.p->server)->expected, "EndOfEarlyData");
        scene_end(&s);
    }
}

/* RFC 8446 4.5, 5.1: it is empty, ends its record, and nothing stands in its midst. */
static void a_wrong_end(void **state)
{
    (void)state;
    static const uint8_t not_empty[] = {5, 0, 0, 1, 0}, and_more[] = {5, 0, 0, 0, 20},
                         twice[] = {5, 0, 0, 0, 5, 0, 0, 0};
    static const struct {
        const uint8_t *bytes;
        size_t len;
        hf_err err;
        uint8_t alert;
    } ends[] = {{not_empty, sizeof not_empty, HF_MALFORMED_MESSAGE, 50},
                {and_more, sizeof and_more, HF_BYTES_ACROSS_KEY_CHANGE, 10},
                {twice, sizeof twice, HF_BYTES_ACROSS_KEY_CHANGE, 10}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct scene s = half_way();
        say(&s, CONTENT_HANDSHAKE, ends[i].bytes, ends[i].len);
        pair_assert_failed(s.p, HF_SERVER, ends[i].err, ends[i].alert, HF_SENT);
        scene_end(&s);
    }
    struct scene s = half_way();
    say(&s, CONTENT_HANDSHAKE, not_empty, 2);
    assert_null(hf_failed(s.p->server));
    say(&s, CONTENT_APPLICATION_DATA, "x", 1);
    pair_assert_failed(s.p, HF_SERVER, HF_INTERLEAVED_MESSAGE, 10, HF_SENT);
    scene_end(&s);
}

/* The client's handshake keys, which it has when ServerHello is there: RFC 8446 4.5. */
static void use_handshake_keys(const struct scene *s)
{
    const struct hs *hs = s->p->server->hs;
    struct protection *p = &s->p->client->out.protection;
    struct slice secret = secret_slice(&hs->schedule.handshake[CLIENT]);
    protection_wipe(p);
    assert_int_equal(tls13_protect(p, hs->negotiated->suite, AEAD_SEAL, secret), OK);
}

static void data_behind_the_end(void **state)
{
    (void)state;
    static const uint8_t end[] = {5, 0, 0, 0};
    struct scene s = half_way();
    say(&s, CONTENT_HANDSHAKE, end, sizeof end);
    assert_null(hf_failed(s.p->server));
    use_handshake_keys(&s);
    say(&s, CONTENT_APPLICATION_DATA, "x", 1);
    pair_assert_failed(s.p, HF_SERVER, HF_EARLY_APPLICATION_DATA, 10, HF_SENT);
    assert_int_equal(s.p->early.len, 10);
    scene_end(&s);
}

/* Neither is left out: what is under the next keys does not open. */
static void the_end_is_left_out_or_under_the_wrong_keys(void **state)
{
    (void)state;
    static const uint8_t end[] = {5, 0, 0, 0}, finished[4 + 32] = {20, 0, 0, 32};
    for (int left_out = 0; left_out < 2; left_out++) {
        struct scene s = half_way();
        use_handshake_keys(&s);
        say(&s, CONTENT_HANDSHAKE, left_out ? finished : end, left_out ? sizeof finished : sizeof end);
        pair_assert_failed(s.p, HF_SERVER, HF_BAD_RECORD_MAC, 20, HF_SENT);
        scene_end(&s);
    }
}

/* What is passed over is bounded, whatever was promised elsewhere. */
static void more_than_is_passed_over(void **state)
{
    (void)state;
    for (int retried = 0; retried < 2; retried++) {
        struct scene s = scene(retried);
        struct session *session = s.p->client->hs->session;
        hf_config *other = speaking13(HF_SERVER, retried ? "secp256r1" : "x25519", NULL);
        hf_conn_free(s.p->server);
        s.p->server = hf_conn_new(test_freeze(other), NULL, NULL); /* which has never heard of the session */
        hf_config_free(other);
        session->max_early_data = 128 * 1024;
        s.p->client->config->settings.early_data = 128 * 1024;
        push(&s, 100 * 1000);
        pair_run(s.p);
        pair_assert_failed(s.p, HF_SERVER, HF_TOO_MUCH_EARLY_DATA, 10, HF_SENT);
        scene_end(&s);
    }
}

/* RFC 8446 4.2.10: the ticket is of a time when the server took none, and the client sends some all the same. */
static void its_ticket_does_not_allow_it(void **state)
{
    (void)state;
    struct scene s = scene_allowing(0, false);
    struct session *session = s.p->client->hs->session;
    assert_int_equal(session->max_early_data, 0);
    session->max_early_data = MOST;
    s.p->server->config->settings.early_data = MOST;
    push(&s, 10);
    pair_run(s.p);
    pair_assert_complete(s.p);
    assert_int_equal(hf_negotiated(s.p->server)->resumption, HF_RESUMED);
    assert_int_equal(hf_negotiated(s.p->server)->early_data, HF_EARLY_NOT_ALLOWED);
    assert_int_equal(hf_negotiated(s.p->client)->early_data, HF_EARLY_REJECTED);
    assert_int_equal(s.p->early.len, 0);
    assert_int_equal(s.p->received[HF_SERVER].len, 0);
    pair_exchange(s.p, 20000);
    scene_end(&s);
}

/* RFC 8446 4.1.2: early_data again, in the second ClientHello. */
static void put_early_data(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    unsigned *hellos = arg;
    size_t at = 0;
    uint8_t *hello;
    (void)pair;
    while (from == HF_CLIENT && (hello = hello_next(bytes, &at)) != NULL) {
        if (++*hellos == 2) {
            uint8_t *extensions = hello_parts(hello).extensions;
            size_t place = (size_t)(extensions + 2 - bytes->data);
            hello_enlarge(hello - 2, 4);
            hello_enlarge(hello + 2, 4);
            hello_enlarge(extensions, 4);
            struct test_bytes longer = {0};
            test_bytes_add(&longer, bytes->data, place);
            test_bytes_add(&longer, "\0\x2a\0\0", 4);
            test_bytes_add(&longer, bytes->data + place, bytes->len - place);
            test_bytes_free(bytes);
            *bytes = longer;
            return;
        }
    }
}

static void again_behind_hello_retry_request(void **state)
{
    (void)state;
    unsigned hellos = 0;
    struct scene s = scene(true);
    s.p->hook = put_early_data;
    s.p->hook_arg = &hellos;
    push(&s, 10);
    pair_run(s.p);
    assert_int_equal(hellos, 2);
    pair_assert_refused(s.p, HF_SERVER, HF_HELLO_CHANGED, 47);
    scene_end(&s);
}

/* RFC 8446 6.2: behind HelloRetryRequest a client's alert is no early data, under no key or under the handshake's. */
static void an_alert_behind_hello_retry_request(void **state)
{
    (void)state;
    for (int flight = 0; flight < 2; flight++) {
        struct scene s = scene(true);
        push(&s, 10);
        (void)pair_carry(s.p, HF_CLIENT);
        (void)pair_carry(s.p, HF_SERVER);
        if (flight) {
            (void)pair_carry(s.p, HF_CLIENT);
            hf_bytes wire = hf_peek_wire(s.p->server);
            ((uint8_t *)(uintptr_t)wire.data)[wire.len - 1] ^= 1; /* Finished's record does not open */
            (void)pair_carry(s.p, HF_SERVER);
            pair_assert_failed(s.p, HF_CLIENT, HF_BAD_RECORD_MAC, 20, HF_SENT);
        } else {
            hf_abort(s.p->client, HF_INTERNAL);
        }
        (void)pair_carry(s.p, HF_CLIENT);
        pair_assert_failed(s.p, HF_SERVER, HF_ALERT_RECEIVED, flight ? 20 : 80, HF_RECEIVED);
        scene_end(&s);
    }
}

/* ---- a server that lies: EncryptedExtensions with early_data in it, whatever is the case ---- */
static size_t body_len;

static enum err build_with_early_data(struct hs *hs, struct outgoing *out)
{
    TRY(encrypted_extensions_build(hs, out));
    write_number(&out->scratch, EXTENSION_EARLY_DATA, 2);
    write_number(&out->scratch, (uint32_t)body_len, 2);
    for (size_t i = 0; i < body_len; i++) {
        write_number(&out->scratch, 0, 1);
    }
    out->message.encrypted_extensions.extensions = written(&out->scratch);
    return OK;
}

static void lie(hf_conn *server)
{
    static struct version lying;
    lying = version_tls13;
    lying.message[ENCRYPTED_EXTENSIONS].build = build_with_early_data;
    server->hs->version = &lying;
    ((struct config *)(uintptr_t)server->hs->config)->early_data = 0; /* it does not say so by itself */
}

static void taken_without_having_been_offered(void **state)
{
    (void)state;
    for (int retried = 0; retried < 2;
         retried++) { /* and RFC 8446 4.1.2: the second ClientHello has it no more */
        struct scene s = scene(retried);
        body_len = 0;
        lie(s.p->server);
        if (retried) {
            push(&s, 10);
        }
        pair_run(s.p);
        pair_assert_refused(s.p, HF_CLIENT, HF_UNSOLICITED_EXTENSION, 110);
        scene_end(&s);
    }
}

static void taken_with_a_body(void **state)
{
    (void)state;
    struct scene s = scene(false);
    body_len = 4; /* RFC 8446 4.2.10: a number is for tickets */
    lie(s.p->server);
    push(&s, 10);
    (void)pair_carry(s.p, HF_CLIENT);
    (void)pair_carry(s.p, HF_SERVER);
    pair_assert_failed(s.p, HF_CLIENT, HF_MALFORMED_EXTENSION, 50, HF_SENT);
    scene_end(&s);
}

/* RFC 8446 4.2.10: not by a server that does not take the key, nor with another application protocol. */
static void taken_and_not_earned(void **state)
{
    (void)state;
    body_len = 0;
    struct scene s = scene(false);
    hf_config *other = speaking13(HF_SERVER, "x25519", NULL);
    hf_conn_free(s.p->server);
    s.p->server = hf_conn_new(test_freeze(other), NULL, NULL);
    hf_config_free(other);
    lie(s.p->server);
    push(&s, 10);
    (void)pair_carry(s.p, HF_CLIENT);
    (void)pair_carry(s.p, HF_SERVER);
    pair_assert_failed(s.p, HF_CLIENT, HF_EARLY_DATA_NOT_EARNED, 47, HF_SENT);
    scene_end(&s);

    s = (struct scene){.client = speaking13(HF_CLIENT, "x25519", "one,two"),
                       .server = speaking13(HF_SERVER, "x25519", "one")};
    struct pair *before = pair_connect(s.client, s.server, TEST_HOST);
    s.session = pair_session(before);
    pair_free(before);
    s.p = pair_new(s.client, s.server, TEST_HOST);
    assert_int_equal(hf_conn_resume(s.p->client, s.session), HF_OK);
    push(&s, 10);
    s.p->client->hs->session->alpn = "two";
    (void)pair_carry(s.p, HF_CLIENT);
    (void)pair_carry(s.p, HF_SERVER);
    pair_assert_failed(s.p, HF_CLIENT, HF_EARLY_DATA_NOT_EARNED, 47, HF_SENT);
    scene_end(&s);
}

/* ---- windows ---- */
/* Moves bytes one by one, so that each record is put together in the other side's memory, until it wants
 * this. */
static void trickle(hf_conn *from, hf_conn *to, unsigned until)
{
    size_t used;
    while (!(hf_wants(to) & until) && hf_peek_wire(from).len) {
        uint8_t byte = hf_peek_wire(from).data[0];
        assert_int_equal(hf_push_wire(to, &byte, 1, &used), HF_OK);
        hf_drop_wire(from, used);
    }
}

/* early.h: what is dropped of one window leaves the other's bytes where they are. */
static void a_drop_from_the_empty_window(void **state)
{
    (void)state;
    static const uint8_t zeros[100]; /* what push gives */
    struct scene s = scene(false);
    push(&s, sizeof zeros);
    trickle(s.p->client, s.p->server, HF_TAKE_EARLY);
    hf_bytes early = hf_peek_early(s.p->server);
    assert_int_equal(early.len, sizeof zeros);
    hf_drop_app(s.p->server, 1);
    assert_true(s.p->server->in.opened);
    assert_memory_equal(hf_peek_early(s.p->server).data, zeros, sizeof zeros);
    hf_drop_early(s.p->server, early.len);
    assert_false(s.p->server->in.opened);
    pair_run(s.p);
    pair_assert_complete(s.p);

    size_t used;
    assert_int_equal(hf_push_app(s.p->client, (hf_bytes){(const uint8_t *)"hello", 5}, &used), HF_OK);
    trickle(s.p->client, s.p->server, HF_TAKE_APP);
    hf_drop_early(s.p->server, 1);
    assert_true(s.p->server->in.opened);
    assert_memory_equal(hf_peek_app(s.p->server).data, "hello", 5);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drop_from_the_empty_window),
        cmocka_unit_test(another_message),
        cmocka_unit_test(a_wrong_end),
        cmocka_unit_test(data_behind_the_end),
        cmocka_unit_test(the_end_is_left_out_or_under_the_wrong_keys),
        cmocka_unit_test(more_than_is_passed_over),
        cmocka_unit_test(its_ticket_does_not_allow_it),
        cmocka_unit_test(again_behind_hello_retry_request),
        cmocka_unit_test(an_alert_behind_hello_retry_request),
        cmocka_unit_test(taken_without_having_been_offered),
        cmocka_unit_test(taken_with_a_body),
        cmocka_unit_test(taken_and_not_earned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
