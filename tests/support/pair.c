/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- configs ---- */
void test_add_identity(hf_config *config, const struct test_identity *identity)
{
    assert_int_equal(hf_config_identity(config, identity->chain, identity->key, NULL), HF_OK);
}

hf_config *test_speaking(hf_config *config, uint16_t min, uint16_t max)
{
    assert_int_equal(hf_config_versions(config, min, max), HF_OK);
    return config;
}

void test_trust(hf_config *config, hf_bytes pem)
{
    assert_int_equal(hf_config_trust_pem(config, pem), HF_OK);
}

void test_trust_key(hf_config *config, hf_bytes key)
{
    uint8_t digest[32];
    assert_int_equal(hf_public_key_sha256(key, digest), HF_OK);
    assert_int_equal(hf_config_trust_key_sha256(config, (hf_bytes){digest, sizeof digest}), HF_OK);
}

uint16_t test_version = 0x0303;

static void speak(hf_config *config)
{
    assert_int_equal(hf_config_versions(config, test_version, test_version), HF_OK);
}

hf_config *test_client_config(void)
{
    hf_config *config = hf_config_client();
    assert_non_null(config);
    speak(config);
    assert_int_equal(hf_config_clock(config, test_clock, NULL), HF_OK);
    test_trust(config, test_pki()->root);
    return config;
}

hf_config *test_server_without_identity(void)
{
    hf_config *config = hf_config_server();
    assert_non_null(config);
    speak(config);
    assert_int_equal(hf_config_clock(config, test_clock, NULL), HF_OK);
    return config;
}

hf_config *test_server_config(void)
{
    hf_config *config = test_server_without_identity();
    test_add_identity(config, &test_pki()->server[TEST_P256]);
    return config;
}

hf_config *test_config(hf_side side)
{
    return side == HF_CLIENT ? test_client_config() : test_server_config();
}

hf_config *test_freeze(hf_config *config)
{
    hf_problem why = {HF_OK, ""};
    if (hf_config_freeze(config, &why) != HF_OK) {
        fail_msg("hf_config_freeze: %s: %s", hf_err_name(why.err), why.sentence);
    }
    return config;
}

/* ---- bytes ---- */
void test_bytes_add(struct test_bytes *bytes, const void *data, size_t len)
{
    if (bytes->len + len > bytes->room) {
        bytes->room = 2 * (bytes->len + len);
        bytes->data = realloc(bytes->data, bytes->room);
        assert_non_null(bytes->data);
    }
    if (len) {
        memcpy(bytes->data + bytes->len, data, len);
    }
    bytes->len += len;
}

void test_bytes_drop(struct test_bytes *bytes, size_t len)
{
    assert_true(len <= bytes->len);
    if (len) {
        memmove(bytes->data, bytes->data + len, bytes->len - len);
    }
    bytes->len -= len;
}

void test_bytes_free(struct test_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct test_bytes){0};
}

/* ---- the pair ---- */
hf_conn *pair_conn(const struct pair *pair, hf_side side)
{
    return side == HF_CLIENT ? pair->client : pair->server;
}

static hf_side other(hf_side side)
{
    return side == HF_CLIENT ? HF_SERVER : HF_CLIENT;
}

static void observe(void *arg, const hf_event *event)
{
    struct pair *pair = arg;
    hf_side me = event->seen_by;
    pair->kinds[me][event->kind]++;
    if (event->kind == HF_EVENT_STEP) {
        char *steps = pair->steps[me];
        size_t at = strlen(steps);
        (void)snprintf(steps + at, sizeof pair->steps[me] - at, "%s%s", at ? " " : "", event->name);
    }
    if (event->kind == HF_EVENT_ALERT && event->by != me) {
        pair->alerts_received[me]++;
        pair->last_alert[me] = event->alert;
    }
}

static hf_conn *conn_new(hf_config *config, const char *name, struct pair *pair)
{
    hf_problem why = {HF_OK, ""};
    hf_conn *conn = hf_conn_new(test_freeze(config), name, &why);
    if (!conn) {
        fail_msg("hf_conn_new: %s: %s", hf_err_name(why.err), why.sentence);
    }
    hf_conn_observe(conn, observe, pair);
    return conn;
}

struct pair *pair_new(hf_config *client, hf_config *server, const char *name)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->client = conn_new(client, name, pair);
    pair->server = conn_new(server, NULL, pair);
    return pair;
}

struct pair *pair_take(hf_config *client, hf_config *server, const char *name)
{
    struct pair *pair = pair_new(client, server, name);
    hf_config_free(client);
    hf_config_free(server);
    return pair;
}

void pair_free(struct pair *pair)
{
    if (!pair) {
        return;
    }
    hf_conn_free(pair->client);
    hf_conn_free(pair->server);
    test_bytes_free(&pair->early);
    for (int side = 0; side < 2; side++) {
        test_bytes_free(&pair->in_flight[side]);
        test_bytes_free(&pair->received[side]);
    }
    free(pair);
}

static bool collect(struct pair *pair, hf_side from)
{
    hf_bytes out = hf_peek_wire(pair_conn(pair, from));
    if (!out.len) {
        return false;
    }
    struct test_bytes piece = {0};
    test_bytes_add(&piece, out.data, out.len);
    hf_drop_wire(pair_conn(pair, from), out.len);
    if (pair->hook) {
        pair->hook(pair->hook_arg, pair, from, &piece);
    }
    pair->sent[from] += piece.len;
    test_bytes_add(&pair->in_flight[from], piece.data, piece.len);
    test_bytes_free(&piece);
    return true;
}

static bool take_app(struct pair *pair, hf_side side)
{
    hf_bytes early = hf_peek_early(pair_conn(pair, side));
    if (early.len) {
        assert_int_equal(hf_peek_app(pair_conn(pair, side)).len, 0);
        test_bytes_add(&pair->early, early.data, early.len);
        hf_drop_early(pair_conn(pair, side), early.len);
        return true;
    }
    hf_bytes app = hf_peek_app(pair_conn(pair, side));
    if (!app.len) {
        return false;
    }
    test_bytes_add(&pair->received[side], app.data, app.len);
    hf_drop_app(pair_conn(pair, side), app.len);
    return true;
}

static bool answer(struct pair *pair, hf_side side)
{
    bool asked = hf_wants(pair_conn(pair, side)) & HF_ANSWER;
    return asked && pair->ask && pair->ask(pair->ask_arg, pair, pair_conn(pair, side));
}

/* What was on its way to `to`, in chunks, as far as it takes them. */
static bool deliver(struct pair *pair, hf_side to)
{
    struct test_bytes *bytes = &pair->in_flight[other(to)];
    hf_conn *conn = pair_conn(pair, to);
    size_t done = 0;
    bool moved = false;
    while (done < bytes->len && !hf_failed(conn)) {
        size_t rest = bytes->len - done, used = 0;
        size_t len = pair->chunk && pair->chunk < rest ? pair->chunk : rest;
        pair->pushed[to] = hf_push_wire(conn, bytes->data + done, len, &used);
        done += used;
        bool went_on = take_app(pair, to);
        went_on |= answer(pair, to);
        if (!used && !went_on) {
            break;
        }
        moved = true;
    }
    if (hf_failed(conn)) { /* nobody reads the rest */
        done = bytes->len;
    }
    test_bytes_drop(bytes, done);
    return moved;
}

bool pair_carry(struct pair *pair, hf_side from)
{
    bool moved = collect(pair, from);
    return deliver(pair, other(from)) | moved;
}

void pair_run(struct pair *pair)
{
    bool moved = true;
    while (moved) {
        moved = answer(pair, HF_CLIENT);
        moved |= answer(pair, HF_SERVER);
        moved |= pair_carry(pair, HF_CLIENT);
        moved |= pair_carry(pair, HF_SERVER);
    }
}

struct pair *pair_connect(hf_config *client, hf_config *server, const char *name)
{
    struct pair *pair = pair_new(client, server, name);
    pair_run(pair);
    return pair;
}

struct pair *pair_resume(hf_config *client, hf_config *server, const char *name, hf_session *session)
{
    struct pair *pair = pair_new(client, server, name);
    if (session) {
        assert_int_equal(hf_conn_resume(pair->client, session), HF_OK);
    }
    pair_run(pair);
    return pair;
}

/* ---- data ---- */
static uint8_t byte_at(size_t i, hf_side from)
{
    return (uint8_t)(i * 167 + (i >> 8) * 13 + (from == HF_CLIENT ? 1 : 101));
}

void pair_send(struct pair *pair, hf_side from, size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = byte_at(i, from);
    }
    struct test_bytes *got = &pair->received[other(from)];
    size_t before = got->len;
    for (size_t done = 0; done < len;) {
        size_t used = 0;
        assert_int_equal(hf_push_app(pair_conn(pair, from), (hf_bytes){bytes + done, len - done}, &used),
                         HF_OK);
        pair_run(pair);
        assert_true(used > 0);
        done += used;
    }
    pair_run(pair);
    assert_int_equal(got->len - before, len);
    if (len) {
        assert_memory_equal(got->data + before, bytes, len);
    }
    free(bytes);
}

void pair_exchange(struct pair *pair, size_t len)
{
    pair_send(pair, HF_CLIENT, len);
    pair_send(pair, HF_SERVER, len);
}

/* ---- judgements ---- */
static void assert_fine(const struct pair *pair, hf_side side)
{
    const hf_failure *failure = hf_failed(pair_conn(pair, side));
    if (failure) {
        fail_msg("the %s failed at \"%s\": %s (alert %u) %s", side == HF_CLIENT ? "client" : "server",
                 failure->step, hf_err_name(failure->err), failure->alert, failure->detail);
    }
    assert_true(hf_negotiated(pair_conn(pair, side))->complete);
}

void pair_assert_complete(const struct pair *pair)
{
    const hf_failure *client = hf_failed(pair->client);
    if (client && client->err == HF_ALERT_RECEIVED) { /* the server knows more */
        assert_fine(pair, HF_SERVER);
    }
    assert_fine(pair, HF_CLIENT);
    assert_fine(pair, HF_SERVER);
}

void pair_assert_failed(const struct pair *pair, hf_side side, hf_err err, uint8_t alert,
                        hf_direction direction)
{
    const hf_failure *failure = hf_failed(pair_conn(pair, side));
    if (!failure) {
        fail_msg("the %s did not fail; %s was expected", side == HF_CLIENT ? "client" : "server",
                 hf_err_name(err));
    }
    if (failure->err != err || failure->alert != alert || failure->alert_direction != direction) {
        fail_msg(
            "the %s failed at \"%s\": %s, alert %u, direction %d, %s; expected %s, alert %u, direction %d",
            side == HF_CLIENT ? "client" : "server", failure->step, hf_err_name(failure->err), failure->alert,
            (int)failure->alert_direction, failure->detail, hf_err_name(err), alert, (int)direction);
    }
}

void pair_assert_refused(const struct pair *pair, hf_side by, hf_err err, uint8_t alert)
{
    pair_assert_failed(pair, by, err, alert, HF_SENT);
    pair_assert_failed(pair, other(by), HF_ALERT_RECEIVED, alert, HF_RECEIVED);
}

hf_session *pair_session(const struct pair *pair)
{
    hf_session *session = hf_conn_session(pair->client);
    assert_non_null(session);
    return session;
}
