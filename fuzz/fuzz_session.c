/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/crypto.h"
#include "peers.h"
#include "session/keyring.h"

/*
 * What was kept somewhere and comes back: sessions (hf_session_load), sealed ones, keyrings as text and
 * wrapped, records of a store, tickets. Input: kind, then the bytes. Any other even kind is a session that is
 * given the digest which belongs to the bytes, so that what is behind it is reached. What loads is saved,
 * loads again as the same, and is offered by a client. Of a keyring that loads, the text loads again.
 */
#define MOST 4096
#define DIGEST 16

static const char keyring_text[] =
    "handfast keyring 1\nplan period 3600 life 14400 lead 600\n"
    "epoch 7 not_before 1780272000 encrypt_until 1780275600 decrypt_until 1780290000 secret "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

static void write_seed(const char *folder, uint32_t variant)
{
    seed_write_plain(folder, "keyring", 0xF0, slice_of("\xF0", 1), slice_of_string(keyring_text));
    seed_write_plain(folder, "wrapped", 0xF1, slice_of("\xF1HFW1\1", 6), slice_of_string(keyring_text));
    seed_write_plain(folder, "record", 0xF2, slice_of("\xF2handfast keyring 1\nplan period 36", 33),
                     slice_of("HFS1\1\2\0\0\0\0\0\1", 12));
    seed_write_plain(folder, "ticket", 0xF3, slice_of("\xF3", 1), slice_of_string(keyring_text));
    seed_write_plain(folder, "sealed", 0xF4, slice_of("\xF4HFW1\2", 6), slice_of_string(keyring_text));
    struct slice saved = fuzz_saved_session(variant);
    if (saved.len) {
        REQUIRE(saved.len > DIGEST);
        uint32_t even = variant & (uint32_t)~1;
        uint8_t kind = (uint8_t)even, whole = kind | 1;
        seed_write_plain(folder, "session", even, slice_of(&kind, 1),
                         slice_of(saved.data, saved.len - DIGEST));
        seed_write_plain(folder, "whole-session", even | 1, slice_of(&whole, 1), saved);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_start();
    seeds_wanted(*argc, *argv, write_seed);
    return 0;
}

static void use(hf_session *session)
{
    static uint8_t saved[2 * MOST], again[2 * MOST];
    size_t len = sizeof saved, size = sizeof again;
    hf_session *same;
    REQUIRE(hf_session_save(session, saved, &len) == HF_OK);
    REQUIRE(hf_session_load((hf_bytes){saved, len}, &same) == HF_OK);
    REQUIRE(hf_session_save(same, again, &size) == HF_OK);
    REQUIRE(len == size && memcmp(again, saved, len) == 0);
    hf_session_free(same);
    REQUIRE(hf_session_id(session).len <= 32);
    hf_conn *client = fuzz_conn(HF_CLIENT, 0), *server = fuzz_conn(HF_SERVER, 0);
    REQUIRE(hf_conn_resume(client, session) == HF_OK);
    fuzz_converse(client, server);
    REQUIRE(!hf_negotiated(client)->resumed); /* the server has never heard of it */
    REQUIRE(hf_negotiated(client)->complete && hf_negotiated(server)->complete);
    hf_conn_free(client);
    hf_conn_free(server);
}

static const uint8_t key[32] = {7};

static void use_keyring(hf_bytes text, bool wrapped)
{
    static uint8_t saved[40000];
    size_t len = sizeof saved;
    hf_keyring *k = hf_keyring_new(NULL);
    hf_problem why;
    hf_err e = wrapped ? hf_keyring_unwrap(k, (hf_bytes){key, 32}, text, &why)
                       : hf_keyring_load(k, text, &why);
    hf_epoch epoch;
    REQUIRE(e == HF_OK || e == HF_BAD_KEYRING);
    REQUIRE((e == HF_OK) == hf_keyring_epoch(k, 0, &epoch));
    if (e == HF_OK) {
        REQUIRE(hf_keyring_save(k, saved, &len) == HF_OK);
        REQUIRE(hf_keyring_load(k, (hf_bytes){saved, len}, &why) == HF_OK);
        REQUIRE(hf_keyring_rotate(k, epoch.not_before, NULL) == HF_OK);
        len = sizeof saved;
        REQUIRE(hf_keyring_save(k, saved, &len) == HF_OK);
        REQUIRE(hf_keyring_load(k, (hf_bytes){saved, len}, &why) == HF_OK);
    }
    hf_keyring_free(k);
}

/* Under a keyring that nobody else has: none of them opens. */
static void use_sealed(struct slice bytes, bool ticket)
{
    static struct keyring *keyring;
    static const struct random_source libcryptos = {NULL, NULL};
    static const uint8_t context[CONTEXT_SIZE] = {1};
    const struct sealing by = {NULL, context, 1780272000, &libcryptos};
    struct sealing with = by;
    struct session *s = NULL;
    bool changed, renew;
    if (!keyring) {
        REQUIRE(keyring_new(NULL, &keyring) == OK &&
                keyring_rotate(keyring, by.now, &libcryptos, &changed) == OK);
    }
    with.keyring = keyring;
    size_t head = bytes.len < 32 ? bytes.len : 32;
    enum err e = ticket
                     ? ticket_open(&with, bytes, &s, &renew)
                     : record_open_session(&with, slice_of(bytes.data, head), slice_after(bytes, head), &s);
    REQUIRE((e == E_BAD_SESSION || e == E_BAD_KEYRING) && !s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t saved[MOST + DIGEST], digest[HASH_MAX];
    if (size < 1 || size > MOST) {
        return 0;
    }
    size_t len = size - 1;
    hf_session *session = NULL;
    memcpy(saved, data + 1, len);
    switch (data[0]) {
    case 0xF0:
    case 0xF1:
        use_keyring((hf_bytes){saved, len}, data[0] % 2);
        return 0;
    case 0xF2:
    case 0xF3:
        use_sealed(slice_of(saved, len), data[0] % 2);
        return 0;
    case 0xF4:
        REQUIRE(hf_session_unseal((hf_bytes){saved, len}, (hf_bytes){key, 32}, &session) == HF_BAD_SESSION);
        return 0;
    default:
        break;
    }
    if (data[0] % 2 == 0) {
        REQUIRE(hash_once(HASH_SHA256, slice_of(saved, len), digest) == OK);
        memcpy(saved + len, digest, DIGEST);
        len += DIGEST;
    }
    hf_err e = hf_session_load((hf_bytes){saved, len}, &session);
    REQUIRE(e == HF_OK || e == HF_BAD_SESSION);
    REQUIRE((e == HF_OK) == (session != NULL));
    if (session) {
        use(session);
    }
    hf_session_free(session);
    return 0;
}
