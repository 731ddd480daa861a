/* SPDX-License-Identifier: MIT */
#include "early.h"

#include <openssl/sha.h>

bool store_takes; /* the application's store gives and deletes in one step */

bool answer_taking(void *arg, struct pair *p, hf_conn *conn)
{
    hf_question q;
    (void)arg;
    (void)p;
    if (hf_asked(conn, &q) != HF_ASK_LOOK_UP_SESSION) {
        return false;
    }
    hf_bytes found = {NULL, 0};
    assert_true(q.take);
    for (size_t i = 0; i < store.count; i++) {
        if (strcmp(store.kept[i].key, q.session_key) == 0) {
            found = (hf_bytes){store.kept[i].bytes, store.kept[i].len};
            store.kept[i].len = store_takes ? 0 : store.kept[i].len;
        }
    }
    return (store_takes ? hf_answer_session_taken(conn, found) : hf_answer_session(conn, found)) == HF_OK;
}

void takes_early(hf_config *c)
{
    assert_int_equal(hf_config_early_data(c, MOST), HF_OK);
}

hf_config *eager(void)
{
    hf_config *c = client13();
    takes_early(c);
    return c;
}

struct pair *ready_for_early(hf_config *client, hf_config *server, hf_session *session)
{
    struct pair *p = pair_new(client, server, TEST_HOST);
    p->ask = answer_taking;
    assert_int_equal(hf_conn_resume(p->client, session), HF_OK);
    return p;
}

void push_early(const struct pair *p, size_t len, size_t taken)
{
    uint8_t bytes[3 * MOST];
    size_t used = 99;
    memset(bytes, 'e', sizeof bytes);
    memcpy(bytes, early_words, sizeof early_words);
    assert_true(len <= sizeof bytes);
    assert_int_equal(hf_push_early(p->client, (hf_bytes){bytes, len}, &used), HF_OK);
    assert_int_equal(used, taken);
}

struct pair *send_early(hf_config *client, hf_config *server, hf_session *session, size_t len)
{
    struct pair *p = ready_for_early(client, server, session);
    push_early(p, len, len);
    pair_run(p);
    return p;
}

void assert_early(const struct pair *p, hf_early_data server, size_t len)
{
    hf_early_data seen = hf_negotiated(p->server)->early_data;
    bool accepted = server == HF_EARLY_ACCEPTED;
    if (seen != server) {
        fail_msg("%s instead of %s", hf_early_data_name(seen), hf_early_data_name(server));
    }
    assert_int_equal(hf_negotiated(p->client)->early_data, accepted ? HF_EARLY_ACCEPTED : HF_EARLY_REJECTED);
    assert_int_equal(p->early.len, accepted ? len : 0);
    assert_int_equal(hf_conn_stats(p->server).early_in, p->early.len);
    assert_int_equal(hf_conn_stats(p->server).bytes_in, 0);
    assert_true(strlen(hf_early_data_sentence(seen)) > 10);
    assert_int_equal(strstr(p->steps[HF_SERVER], "EndOfEarlyData") != NULL, accepted);
    assert_int_equal(strstr(p->steps[HF_CLIENT], "EndOfEarlyData") != NULL, accepted);
}

void early_is(hf_config *client, hf_config *server, hf_session *session, hf_early_data wanted)
{
    struct pair *p = send_early(client, server, session, sizeof early_words);
    pair_assert_complete(p);
    assert_early(p, wanted, sizeof early_words);
    assert_int_equal(p->received[HF_SERVER].len, 0);
    pair_exchange(p, 20000);
    pair_free(p);
    hf_session_free(session);
}

uint8_t *saved_field(uint8_t *saved, size_t len, unsigned tag, size_t *size)
{
    for (size_t at = 4; at + 3 + 16 <= len; at += 3 + *size) {
        *size = (size_t)saved[at + 1] << 8 | saved[at + 2];
        if (saved[at] == tag) {
            return saved + at + 3;
        }
    }
    return NULL;
}

hf_session *forge(hf_session *session, unsigned tag, const void *bytes, size_t size)
{
    uint8_t saved[16384], digest[SHA256_DIGEST_LENGTH];
    size_t len = sizeof saved, there = 0;
    assert_int_equal(hf_session_save(session, saved, &len), HF_OK);
    uint8_t *at = saved_field(saved, len, tag, &there);
    assert_non_null(at);
    assert_int_equal(there, size);
    memcpy(at, bytes, size);
    (void)SHA256(saved, len - 16, digest);
    memcpy(saved + len - 16, digest, 16);
    hf_session_free(session);
    assert_int_equal(hf_session_load((hf_bytes){saved, len}, &session), HF_OK);
    return session;
}
