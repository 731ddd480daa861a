/* SPDX-License-Identifier: MIT */
#include "quic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hf_config *quic_config(hf_config *config)
{
    assert_int_equal(hf_config_versions(config, 0x0304, 0x0304), HF_OK);
    assert_int_equal(hf_config_quic(config), HF_OK);
    assert_int_equal(hf_config_alpn(config, "h3", false), HF_OK);
    return config;
}

void quic_open(struct quic_end *end, hf_config *config, const char *name, const char *parameters)
{
    hf_problem why;
    *end = (struct quic_end){.conn = NULL};
    end->conn = hf_conn_new(test_freeze(config), name, &why);
    if (!end->conn) {
        fail_msg("%s", why.sentence);
    }
    hf_bytes bytes = {(const uint8_t *)parameters, strlen(parameters)};
    assert_int_equal(hf_quic_parameters(end->conn, bytes), HF_OK);
}

void quic_close(struct quic_end *end)
{
    for (int level = 0; level < QUIC_LEVELS; level++) {
        test_bytes_free(&end->out[level]);
    }
    hf_conn_free(end->conn);
    end->conn = NULL;
}

static void note(struct quic_end *end, const char *what)
{
    size_t at = strlen(end->order);
    (void)snprintf(end->order + at, sizeof end->order - at, "%s%s", at ? " " : "", what);
}

static void keep_secrets(struct quic_end *end)
{
    hf_quic_secret s;
    while (hf_quic_take_secret(end->conn, &s)) {
        struct quic_secret *kept = &(s.writes ? end->writes : end->reads)[s.level];
        char what[8];
        assert_false(kept->there);
        assert_true(s.secret.len <= sizeof kept->bytes);
        *kept = (struct quic_secret){.there = true, .suite = s.suite, .len = s.secret.len};
        memcpy(kept->bytes, s.secret.data, s.secret.len);
        (void)snprintf(what, sizeof what, "%c%d", s.writes ? 'w' : 'r', (int)s.level);
        note(end, what);
    }
}

void quic_collect(struct quic_end *end)
{
    hf_quic_level level = HF_QUIC_INITIAL;
    hf_bytes bytes;
    while ((bytes = hf_quic_peek(end->conn, &level)).len) {
        size_t some = bytes.len < 1000 ? bytes.len : 1000; /* as much as a datagram holds */
        assert_int_not_equal(level, HF_QUIC_EARLY);        /* RFC 9001 8.3 */
        test_bytes_add(&end->out[level], bytes.data, some);
        hf_quic_drop(end->conn, some);
    }
    keep_secrets(end);
    if (hf_negotiated(end->conn)->complete && !strchr(end->order, '*')) {
        note(end, "*");
    }
}

hf_err quic_carry(struct quic_end *from, struct quic_end *to)
{
    hf_err e = HF_OK;
    quic_collect(from);
    for (int level = 0; level < QUIC_LEVELS && e == HF_OK; level++) {
        struct test_bytes *out = &from->out[level];
        if (out->len) {
            e = hf_quic_push(to->conn, (hf_quic_level)level, (hf_bytes){out->data, out->len});
            test_bytes_drop(out, out->len);
            keep_secrets(to);
        }
    }
    quic_collect(to);
    return e;
}

static bool has_bytes(const struct quic_end *end)
{
    for (int level = 0; level < QUIC_LEVELS; level++) {
        if (end->out[level].len) {
            return true;
        }
    }
    return false;
}

void quic_converse(struct quic_end *a, struct quic_end *b)
{
    quic_collect(a);
    quic_collect(b);
    while ((has_bytes(a) && quic_carry(a, b) == HF_OK) || (has_bytes(b) && quic_carry(b, a) == HF_OK)) {}
}

void quic_assert_complete(const struct quic_end *client, const struct quic_end *server)
{
    const hf_failure *f = hf_failed(client->conn) ? hf_failed(client->conn) : hf_failed(server->conn);
    if (f) {
        fail_msg("%s at %s: %s", hf_err_name(f->err), f->step, f->detail);
    }
    assert_true(hf_negotiated(client->conn)->complete && hf_negotiated(server->conn)->complete);
    for (int level = HF_QUIC_HANDSHAKE; level <= HF_QUIC_APPLICATION; level++) {
        assert_true(client->reads[level].there && client->writes[level].there);
        assert_memory_equal(&client->reads[level], &server->writes[level], sizeof *client->reads);
        assert_memory_equal(&client->writes[level], &server->reads[level], sizeof *client->reads);
    }
    /* RFC 9001 4.1.5, 5.7: a server reads application data when it knows that the client is there */
    bool offers = client->writes[HF_QUIC_EARLY].there, takes = server->reads[HF_QUIC_EARLY].there;
    assert_string_equal(client->order, offers ? "w1 r2 w2 r3 w3 *" : "r2 w2 r3 w3 *");
    assert_string_equal(server->order, takes ? "r1 r2 w2 w3 r3 *" : "r2 w2 w3 r3 *");
    assert_false(client->reads[HF_QUIC_EARLY].there || server->writes[HF_QUIC_EARLY].there);
}

void quic_assert_refused(const struct quic_end *end, hf_err row, uint64_t error)
{
    const hf_failure *f = hf_failed(end->conn);
    assert_non_null(f);
    if (f->err != row) {
        fail_msg("%s at %s: %s; wanted %s", hf_err_name(f->err), f->step, f->detail, hf_err_name(row));
    }
    assert_int_equal(hf_quic_error(end->conn), error);
    assert_int_equal(hf_quic_push(end->conn, HF_QUIC_INITIAL, (hf_bytes){NULL, 0}), HF_FAILED_BEFORE);
}

/* ---- both ends, ours ---- */
struct quic_two quic_two_of(hf_config *client, hf_config *server)
{
    struct quic_two t = {.configs = {client, server}};
    quic_open(&t.client, client, TEST_HOST, "what the client says");
    quic_open(&t.server, server, NULL, "what the server says");
    return t;
}

struct quic_two quic_two_new(void)
{
    return quic_two_of(quic_config(test_client_config()), quic_config(test_server_config()));
}

void quic_two_free(struct quic_two *t)
{
    quic_close(&t->client);
    quic_close(&t->server);
    hf_config_free(t->configs[0]);
    hf_config_free(t->configs[1]);
}

/* ---- a message on its way ---- */
static size_t number(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

static void lessen(uint8_t *at, size_t by)
{
    size_t now = number(at) - by;
    at[0] = (uint8_t)(now >> 8);
    at[1] = (uint8_t)now;
}

/* Where the length of the extensions is. */
static size_t block_of(const struct test_bytes *m)
{
    size_t at = 4;
    if (m->data[0] == 1) { /* version, random, session ID, suites, compression */
        at += 2 + 32;
        at += 1 + m->data[at];
        at += 2 + number(m->data + at);
        at += 1 + m->data[at];
    }
    return at;
}

uint8_t *quic_extension(struct test_bytes *m, uint16_t code, size_t *len)
{
    size_t block = block_of(m), at = block + 2, end = at + number(m->data + block);
    for (; at + 4 <= end; at += 4 + number(m->data + at + 2)) {
        if (number(m->data + at) == code) {
            *len = number(m->data + at + 2);
            return m->data + at + 4;
        }
    }
    return NULL;
}

void quic_remove_extension(struct test_bytes *m, uint16_t code)
{
    size_t len;
    uint8_t *body = quic_extension(m, code, &len);
    assert_non_null(body);
    uint8_t *head = body - 4, *rest = body + len;
    memmove(head, rest, (size_t)(m->data + m->len - rest));
    m->len -= 4 + len;
    lessen(m->data + block_of(m), 4 + len);
    lessen(m->data + 2, 4 + len);
}
