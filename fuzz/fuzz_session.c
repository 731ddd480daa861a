/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/crypto.h"
#include "peers.h"

/*
 * hf_session_load on bytes that were kept somewhere. Input: kind, then the bytes. An even kind is given the
 * digest that belongs to the bytes, so that what is behind it is reached. What loads is saved again as it
 * was, and offered by a client.
 */
#define MOST 4096
#define DIGEST 16

static void write_seed(const char *folder, uint8_t variant)
{
    struct slice saved = fuzz_saved_session(variant);
    if (saved.len) {
        REQUIRE(saved.len > DIGEST);
        seed_write(folder, "session", variant & 0xfe, slice_of(NULL, 0),
                   slice_of(saved.data, saved.len - DIGEST));
        seed_write(folder, "whole-session", variant | 1, slice_of(NULL, 0), saved);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_start();
    seeds_wanted(*argc, *argv, write_seed);
    return 0;
}

static void use(hf_session *session, hf_bytes saved)
{
    uint8_t again[MOST + DIGEST];
    size_t len = sizeof again;
    REQUIRE(hf_session_save(session, again, &len) == HF_OK);
    REQUIRE(len == saved.len && memcmp(again, saved.data, len) == 0);
    hf_bytes id = hf_session_id(session);
    REQUIRE(id.len >= 1 && id.len <= 32);
    hf_conn *client = fuzz_conn(HF_CLIENT, 0), *server = fuzz_conn(HF_SERVER, 0);
    REQUIRE(hf_conn_resume(client, session) == HF_OK);
    fuzz_converse(client, server);
    REQUIRE(!hf_negotiated(client)->resumed); /* the server has never heard of it */
    REQUIRE(hf_negotiated(client)->complete && hf_negotiated(server)->complete);
    hf_conn_free(client);
    hf_conn_free(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t saved[MOST + DIGEST], digest[HASH_MAX];
    if (size < 1 || size > MOST) {
        return 0;
    }
    size_t len = size - 1;
    memcpy(saved, data + 1, len);
    if (data[0] % 2 == 0) {
        REQUIRE(hash_once(HASH_SHA256, slice_of(saved, len), digest) == OK);
        memcpy(saved + len, digest, DIGEST);
        len += DIGEST;
    }
    hf_session *session = NULL;
    hf_err e = hf_session_load((hf_bytes){saved, len}, &session);
    REQUIRE(e == HF_OK || e == HF_BAD_SESSION);
    REQUIRE((e == HF_OK) == (session != NULL));
    if (session) {
        use(session, (hf_bytes){saved, len});
    }
    hf_session_free(session);
    return 0;
}
