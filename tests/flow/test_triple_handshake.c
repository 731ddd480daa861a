/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "checklist.h"
#include "puppet.h"

/*
 * The triple handshake, RFC 7627 1, with all three in it: a client talks to a server that is the attacker's;
 * the attacker is a client of the server that is the victim, and says on each side what it hears on the
 * other, so that both connections have the same randoms and the same premaster secret. Where that made the
 * master secret, both would have the same one, and then what a client says to the attacker could be passed on
 * to the victim as the client's own, certificate and all. Checklist N4, E2.
 */
#define RSA_ONLY .suites = "TLS_RSA_WITH_AES_128_GCM_SHA256", .renegotiation = HF_RENEGOTIATE_ACCEPT
enum { EMS = 23 };

/* Random bytes that the attacker chooses where it can, and that the test overhears at the client. */
struct feed {
    uint8_t next[2][64]; /* what to give for a request of 32 bytes (a hello's) and of 46 (the premaster's) */
    bool has[2];
    uint8_t said[64]; /* the last 46 */
};

static int fill(void *arg, uint8_t *out, size_t len)
{
    static const struct random_source libcryptos = {NULL, NULL};
    struct feed *f = arg;
    size_t kind = len == RANDOM_SIZE ? 0 : 1;
    bool chosen = (len == RANDOM_SIZE || len == 46) && f->has[kind];
    if (!chosen && random_fill(&libcryptos, (struct span){out, len}) != OK) {
        return -1;
    }
    if (chosen) {
        memcpy(out, f->next[kind], len);
    }
    if (len == 46) {
        memcpy(f->said, out, len);
    }
    return 0;
}

struct attack {
    bool without_ems;
    struct feed feed[3]; /* the client's, the attacker's as server and as client */
    hf_config *config[4];
    hf_conn *client, *victim;
    struct puppet *as_server, *as_client;
};

static hf_config *fed(const struct trait *t, struct feed *feed)
{
    hf_config *c = trait_config(t);
    if (feed) {
        c->settings.random = (struct random_source){fill, feed};
    }
    return c;
}

/* The attacker takes extended_master_secret out of both hellos, and promises a session ID all the same. */
static void strip(struct puppet *p, enum message m)
{
    static struct hello h;
    struct test_bytes message = {0};
    if (m != CLIENT_HELLO && m != SERVER_HELLO) {
        return;
    }
    hello_parse(&h, p->bytes);
    hello_drop(&h, EMS);
    if (m == SERVER_HELLO) {
        h.session_id_len = SESSION_ID_MAX;
    }
    hello_build(&h, &message);
    memcpy(p->bytes, message.data, message.len);
    p->len = message.len;
    test_bytes_free(&message);
}

static void keys_without_ems(struct puppet *p, unsigned local_step)
{
    if (local_step == choose_parameters) {
        p->conn->hs->negotiated->ems = false;
    }
}

static void begin(struct attack *a)
{
    static const struct trait client = {.side = CLIENT, .key = TEST_P256, .has_identity = true, RSA_ONLY},
                              server = {.side = SERVER, .key = TEST_RSA, .role = ENCIPHERS, RSA_ONLY};
    a->config[0] = fed(&client, &a->feed[0]);
    a->config[1] = fed(&server, &a->feed[1]);
    a->config[2] = fed(&client, &a->feed[2]);
    a->config[3] = fed(&server, NULL);
    a->client = honest_new(a->config[0], NULL);
    a->victim = honest_new(a->config[3], NULL);
    a->as_server = puppet_new(a->config[1], NULL);
    if (a->without_ems) {
        a->as_server->lie = strip;
        a->as_server->plot = keys_without_ems;
    }
}

/* The attacker's own hello to the victim, with the client's random in it. */
static void begin_with_the_victim(struct attack *a)
{
    memcpy(a->feed[2].next[0], a->client->negotiated.client_random, RANDOM_SIZE);
    a->feed[2].has[0] = true;
    a->as_client = puppet_new(a->config[2], NULL);
    if (a->without_ems) {
        a->as_client->lie = strip;
        a->as_client->plot = keys_without_ems;
    }
    assert_true(carry(a->as_client->conn, a->victim) > 0);
    memcpy(a->feed[1].next[0], a->victim->negotiated.server_random, RANDOM_SIZE);
    a->feed[1].has[0] = true;
}

/* What the client makes for the attacker's server, which decrypts it, the attacker's client says again. */
static void pass_the_premaster_on(struct attack *a)
{
    memcpy(a->feed[2].next[1], a->feed[0].said, 46);
    a->feed[2].has[1] = true;
    converse(a->victim, a->as_client->conn);
}

static void run(struct attack *a)
{
    begin(a);
    assert_true(hf_peek_wire(a->client).len > 0); /* its hello is made */
    begin_with_the_victim(a);
    converse(a->client, a->as_server->conn);
    pass_the_premaster_on(a);
    expect_complete(a->client, a->as_server->conn, "the client and the attacker");
    expect_complete(a->as_client->conn, a->victim, "the attacker and the victim");
    assert_memory_equal(a->client->negotiated.client_random, a->victim->negotiated.client_random,
                        RANDOM_SIZE);
    assert_memory_equal(a->client->negotiated.server_random, a->victim->negotiated.server_random,
                        RANDOM_SIZE);
}

static bool same_master(const struct attack *a)
{
    return secret_equal(secret_slice(&a->client->negotiated.master),
                        secret_slice(&a->victim->negotiated.master));
}

static void end(struct attack *a)
{
    hf_conn_free(a->client);
    hf_conn_free(a->victim);
    puppet_free(a->as_server);
    puppet_free(a->as_client);
    for (size_t i = 0; i < 4; i++) {
        hf_config_free(a->config[i]);
    }
}

/* The first handshake of three succeeds for the attacker; the second, a resumption, and the third, a
 * renegotiation, are not to be had. */
static void n4_without_extended_master_secret_it_ends_with_the_first(void **state)
{
    (void)state;
    struct attack a = {.without_ems = true};
    run(&a);
    assert_true(same_master(&a)); /* that is the attack */
    assert_false(a.client->negotiated.ems || a.victim->negotiated.ems);
    /* second: the victim promised no session, and the client does not offer the one that the attacker
     * promised */
    assert_int_equal(hf_negotiated(a.victim)->session_id.len, 0);
    hf_session *session = hf_conn_session(a.client);
    assert_non_null(session);
    hf_conn *again = honest_new(a.config[0], session);
    assert_true(hf_peek_wire(again).len > 0);
    assert_int_equal(hf_negotiated(again)->resumption, HF_SESSION_EMS);
    assert_int_equal(again->hs->session_id_len, 0);
    hf_conn_free(again);
    hf_session_free(session);
    /* third: nobody renegotiates, whoever asks */
    assert_int_equal(hf_renegotiate(a.client), HF_RENEGOTIATION_UNAVAILABLE);
    assert_int_equal(hf_renegotiate(a.victim), HF_RENEGOTIATION_UNAVAILABLE);
    static const uint8_t hello_request[HANDSHAKE_HEADER] = {0};
    assert_int_equal(inject(a.as_server->conn, a.client, CONTENT_HANDSHAKE, slice_of(hello_request, 4)),
                     HF_OK);
    assert_int_equal(hf_conn_stats(a.client).renegotiations_refused, 1);
    assert_null(a.client->hs);
    end(&a);
}

/* With it the certificates are in the master secret, and there is nothing to pass on. */
static void n4_with_it_the_master_secrets_differ(void **state)
{
    (void)state;
    struct attack a = {.without_ems = false};
    run(&a);
    assert_false(same_master(&a));
    assert_true(a.client->negotiated.ems && a.victim->negotiated.ems);
    /* the client's next hello, passed on under the attacker's keys, is none of the victim's connection */
    assert_int_equal(hf_renegotiate(a.client), HF_OK);
    struct slice hello = transcript_messages(&a.client->hs->transcript);
    assert_true(hello.len > HANDSHAKE_HEADER);
    assert_int_equal(inject(a.as_client->conn, a.victim, CONTENT_HANDSHAKE, hello),
                     HF_RENEGOTIATION_INFO_MISMATCH);
    assert_int_equal(hf_failed(a.victim)->alert, ALERT_handshake_failure);
    assert_int_equal(hf_conn_stats(a.victim).renegotiations, 0);
    end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n4_without_extended_master_secret_it_ends_with_the_first),
        cmocka_unit_test(n4_with_it_the_master_secrets_differ),
    };
    return cmocka_run_group_tests_name("flow/triple handshake", tests, NULL, NULL);
}
