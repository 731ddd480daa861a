/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handfast/handfast.h>

#include "fail.h"
#include "peer.h"

enum { TLS12 = 0x0303, SECP256R1 = 23, ECDSA_AES128_GCM = 0xc02b, RSA_AES128_GCM = 0xc02f };

struct prepared {
    hf_config *side[2];
    hf_session *session; /* what the client offers, in a case that resumes */
};

static void must(hf_err err, const char *call)
{
    if (err != HF_OK)
        fail_because(call, hf_err_sentence(err));
}

static void must_on(const struct end *end, hf_err err, const char *call)
{
    const hf_failure *failure = hf_failed(end->conn);
    if (err == HF_OK)
        return;
    if (failure != NULL)
        fprintf(stderr, "hf-bench: handfast %s at \"%s\": %s %s\n", end->side == CLIENT ? "client" : "server",
                failure->step, hf_err_sentence(failure->err), failure->detail);
    must(err, call);
}

static hf_bytes text_bytes(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

static void limit_to_the_work(hf_config *config, const struct work *work)
{
    bool rsa = work->key == KEY_RSA;
    const char *suite = rsa ? "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                            : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    const char *scheme = rsa ? "rsa_pkcs1_sha256" : "ecdsa_secp256r1_sha256";
    must(hf_config_versions(config, TLS12, TLS12), "hf_config_versions");
    must(hf_config_suites(config, suite, NULL), suite);
    must(hf_config_groups(config, "secp256r1", NULL), "hf_config_groups");
    must(hf_config_schemes_to_sign(config, scheme, NULL), scheme);
    must(hf_config_schemes_to_accept(config, scheme, NULL), scheme);
}

static hf_config *make_side(enum side side, const struct work *work, const struct pki *pki)
{
    hf_config *config = side == CLIENT ? hf_config_client() : hf_config_server();
    hf_problem why;
    CHECK(config != NULL);
    limit_to_the_work(config, work);
    if (side == SERVER || work->mutual) {
        const struct identity *own = side == SERVER ? &pki->server : &pki->client;
        must(hf_config_identity(config, text_bytes(own->certificate_pem), text_bytes(own->key_pem), NULL),
             "hf_config_identity");
    }
    if (side == CLIENT || work->mutual)
        must(hf_config_trust_pem(config, text_bytes(pki->root.certificate_pem)), "hf_config_trust_pem");
    if (side == SERVER && work->mutual)
        must(hf_config_client_auth(config, HF_CLIENT_AUTH_REQUIRE), "hf_config_client_auth");
    if (side == SERVER && !work->resume)
        must(hf_config_session_cache(config, 0), "hf_config_session_cache");
    if (side == CLIENT && work->fragment)
        must(hf_config_max_fragment(config, work->fragment), "hf_config_max_fragment");
    if (!work->chain_known)
        must(hf_config_chain_cache(config, 0), "hf_config_chain_cache");
    if (hf_config_freeze(config, &why) != HF_OK)
        fail_because("hf_config_freeze", why.sentence);
    return config;
}

static void handfast_start(struct end *end)
{
    struct prepared *prepared = end->prepared;
    hf_problem why;
    end->conn = hf_conn_new(prepared->side[end->side], end->side == CLIENT ? BENCH_HOST : NULL, &why);
    if (end->conn == NULL)
        fail_because("hf_conn_new", why.sentence);
    if (end->side == CLIENT && prepared->session != NULL)
        must_on(end, hf_conn_resume(end->conn, prepared->session), "hf_conn_resume");
}

static void send_all(struct end *end)
{
    for (;;) {
        hf_bytes waiting = hf_peek_wire(end->conn);
        if (waiting.len == 0)
            return;
        wire_write(end->out, waiting.data, waiting.len);
        hf_drop_wire(end->conn, waiting.len);
    }
}

static void push(struct end *end)
{
    struct wire *in = end->in;
    size_t used = 0;
    must_on(end, hf_push_wire(end->conn, in->bytes + in->head, in->tail - in->head, &used), "hf_push_wire");
    CHECK(used > 0);
    in->head += used;
}

static enum progress handfast_step(struct end *end)
{
    while (end->in->head < end->in->tail)
        push(end);
    send_all(end);
    return hf_negotiated(end->conn)->complete ? DONE : GOING;
}

static void handfast_check(const struct end *end, const struct work *work)
{
    const hf_summary *summary = hf_negotiated(end->conn);
    CHECK(summary->complete && summary->version == TLS12);
    CHECK(summary->suite == (work->key == KEY_RSA ? RSA_AES128_GCM : ECDSA_AES128_GCM));
    CHECK(summary->resumed == work->resume);
    CHECK(work->resume || summary->group == SECP256R1);
    CHECK(summary->extended_master_secret);
    CHECK(summary->max_fragment == work->fragment);
    if (end->side == CLIENT || work->mutual)
        CHECK(summary->peer_verified && summary->peer_verdict == HF_OK);
}

static void handfast_seal(struct end *end, const uint8_t *message, size_t len)
{
    size_t used = 0;
    must_on(end, hf_push_app(end->conn, (hf_bytes){message, len}, &used), "hf_push_app");
    CHECK(used == len);
    send_all(end);
}

static void handfast_open(struct end *end, size_t len, uint8_t *copy)
{
    for (size_t got = 0; got < len;) {
        push(end);
        hf_bytes plain = hf_peek_app(end->conn);
        CHECK(plain.len <= len - got);
        if (copy != NULL && plain.len > 0)
            memcpy(copy + got, plain.data, plain.len);
        got += plain.len;
        hf_drop_app(end->conn, plain.len);
    }
}

static void handfast_close(struct end *end)
{
    hf_conn_free(end->conn);
}

/* The one full handshake whose session the measured ones resume. */
static void earn_session(struct prepared *prepared)
{
    struct wire up, down;
    wire_open(&up, 16384);
    wire_open(&down, 16384);
    struct end client = {.side = CLIENT, .prepared = prepared, .in = &down, .out = &up};
    struct end server = {.side = SERVER, .prepared = prepared, .in = &up, .out = &down};
    handfast_start(&client);
    handfast_start(&server);
    for (int flights = 0; handfast_step(&client) == GOING; flights++) {
        CHECK(flights < 16);
        handfast_step(&server);
    }
    prepared->session = hf_conn_session(client.conn);
    CHECK(prepared->session != NULL);
    handfast_close(&client);
    handfast_close(&server);
    wire_close(&up);
    wire_close(&down);
}

static void *handfast_prepare(const struct work *work, const struct pki *pki)
{
    struct prepared *prepared = calloc(1, sizeof *prepared);
    CHECK(prepared != NULL);
    prepared->side[CLIENT] = make_side(CLIENT, work, pki);
    prepared->side[SERVER] = make_side(SERVER, work, pki);
    if (work->resume)
        earn_session(prepared);
    return prepared;
}

static void handfast_release(void *state)
{
    struct prepared *prepared = state;
    hf_session_free(prepared->session);
    hf_config_free(prepared->side[CLIENT]);
    hf_config_free(prepared->side[SERVER]);
    free(prepared);
}

const struct implementation handfast_implementation = {
    .name = "handfast",
    .prepare = handfast_prepare,
    .release = handfast_release,
    .start = handfast_start,
    .step = handfast_step,
    .check = handfast_check,
    .seal = handfast_seal,
    .open = handfast_open,
    .close = handfast_close,
};
