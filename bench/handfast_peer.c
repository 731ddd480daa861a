/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handfast/handfast.h>

#include "fail.h"
#include "peer.h"

enum { TLS12 = 0x0303, TLS13 = 0x0304, SECP256R1 = 23, X25519 = 29 };
enum { ECDSA_AES128_GCM = 0xc02b, RSA_AES128_GCM = 0xc02f, AES128_GCM = 0x1301 };

struct prepared {
    hf_config *side[2];
    hf_session *session; /* what the client offers, in a case that resumes */
    /* those of TLS 1.3, which are used once: each connection leaves another */
    hf_session *tickets[PAIRS_MAX];
    int ticket_count;
    bool takes_tickets, earning;
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

static const char *groups_of(enum side side, const struct work *work)
{
    if (work->retry)
        return side == CLIENT ? "x25519:secp256r1" : "secp256r1";
    return work->x25519 ? "x25519" : "secp256r1";
}

static void limit_to_the_work(hf_config *config, const struct work *work, const char *groups)
{
    bool rsa = work->key == KEY_RSA;
    const char *suite = work->tls13 ? "TLS_AES_128_GCM_SHA256"
                        : rsa       ? "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                                    : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    const char *scheme = rsa ? "rsa_pkcs1_sha256" : "ecdsa_secp256r1_sha256";
    uint16_t version = work->tls13 ? TLS13 : TLS12;
    must(hf_config_versions(config, version, version), "hf_config_versions");
    must(hf_config_suites(config, suite, NULL), suite);
    must(hf_config_groups(config, groups, NULL), groups);
    must(hf_config_schemes_to_sign(config, scheme, NULL), scheme);
    must(hf_config_schemes_to_accept(config, scheme, NULL), scheme);
}

static void resume_by_tickets(hf_config *config, enum side side, hf_keyring *keyring)
{
    must(hf_config_psk_alone(config, true), "hf_config_psk_alone");
    if (side == SERVER) {
        must(hf_config_tickets(config, true), "hf_config_tickets");
        must(hf_config_ticket_count(config, 1), "hf_config_ticket_count");
        must(hf_config_keyring(config, keyring), "hf_config_keyring");
    }
}

static hf_config *make_side(enum side side, const struct work *work, const struct pki *pki,
                            const char *groups, hf_keyring *keyring)
{
    hf_config *config = side == CLIENT ? hf_config_client() : hf_config_server();
    hf_problem why;
    CHECK(config != NULL);
    limit_to_the_work(config, work, groups);
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
    if (work->tls13 && work->resume)
        resume_by_tickets(config, side, keyring);
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
    if (end->side == CLIENT && prepared->ticket_count > 0 && !prepared->earning) {
        hf_session *ticket = prepared->tickets[--prepared->ticket_count];
        must_on(end, hf_conn_resume(end->conn, ticket), "hf_conn_resume");
        hf_session_free(ticket);
    }
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

static void check_choice(const hf_summary *summary, const struct work *work)
{
    if (!work->tls13) {
        CHECK(summary->version == TLS12);
        CHECK(summary->suite == (work->key == KEY_RSA ? RSA_AES128_GCM : ECDSA_AES128_GCM));
        CHECK(work->resume || summary->group == SECP256R1);
        return;
    }
    CHECK(summary->version == TLS13 && summary->suite == AES128_GCM);
    CHECK(summary->group == (work->psk_alone ? 0 : work->x25519 ? X25519 : SECP256R1));
}

static void handfast_check(const struct end *end, const struct work *work)
{
    const hf_summary *summary = hf_negotiated(end->conn);
    CHECK(summary->complete);
    check_choice(summary, work);
    CHECK(summary->resumed == work->resume);
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

static void keep_ticket(struct end *end)
{
    struct prepared *prepared = end->prepared;
    while (end->in->head < end->in->tail)
        push(end);
    CHECK(prepared->ticket_count < PAIRS_MAX);
    prepared->tickets[prepared->ticket_count] = hf_conn_session(end->conn);
    CHECK(prepared->tickets[prepared->ticket_count++] != NULL);
}

static void handfast_close(struct end *end)
{
    const struct prepared *prepared = end->prepared;
    if (end->side == CLIENT && prepared->takes_tickets)
        keep_ticket(end);
    hf_conn_free(end->conn);
}

/* A full handshake whose session the measured ones resume. */
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
    if (!prepared->takes_tickets) {
        prepared->session = hf_conn_session(client.conn);
        CHECK(prepared->session != NULL);
    } else {
        handfast_step(&server);
    }
    handfast_close(&client);
    handfast_close(&server);
    wire_close(&up);
    wire_close(&down);
}

static hf_keyring *new_keyring(void)
{
    hf_keyring *keyring = hf_keyring_new(NULL);
    CHECK(keyring != NULL);
    hf_keyring_rotate_itself(keyring);
    return keyring;
}

/* For psk_ke the sides have no group in common: so they are once they have met. */
static void part_groups(struct prepared *prepared, const struct work *work, const struct pki *pki,
                        hf_keyring *keyring)
{
    hf_config_free(prepared->side[SERVER]);
    prepared->side[SERVER] = make_side(SERVER, work, pki, "x25519", keyring);
}

static void *handfast_prepare(const struct work *work, const struct pki *pki)
{
    struct prepared *prepared = calloc(1, sizeof *prepared);
    CHECK(prepared != NULL);
    hf_keyring *keyring = new_keyring();
    prepared->takes_tickets = work->tls13 && work->resume;
    prepared->side[CLIENT] = make_side(CLIENT, work, pki, groups_of(CLIENT, work), keyring);
    prepared->side[SERVER] = make_side(SERVER, work, pki, groups_of(SERVER, work), keyring);
    if (work->resume && !work->tls13)
        earn_session(prepared);
    prepared->earning = true;
    for (int i = 0; i < PAIRS_MAX && prepared->takes_tickets; i++)
        earn_session(prepared);
    prepared->earning = false;
    if (work->psk_alone)
        part_groups(prepared, work, pki, keyring);
    hf_keyring_free(keyring);
    return prepared;
}

static void handfast_release(void *state)
{
    struct prepared *prepared = state;
    hf_session_free(prepared->session);
    while (prepared->ticket_count > 0)
        hf_session_free(prepared->tickets[--prepared->ticket_count]);
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
