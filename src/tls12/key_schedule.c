/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tls12/tls12.h"

static struct slice join_randoms(const uint8_t *first, const uint8_t *second, uint8_t out[2 * RANDOM_SIZE])
{
    memcpy(out, first, RANDOM_SIZE);
    memcpy(out + RANDOM_SIZE, second, RANDOM_SIZE);
    return slice_of(out, 2 * RANDOM_SIZE);
}

/* Called when ClientKeyExchange is the last message of the transcript: RFC 7627 3's session hash ends there.
 */
enum err tls12_derive_master(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    uint8_t bytes[HASH_MAX];
    struct slice seed;
    n->master.len = MASTER_SECRET_SIZE;
    struct span master = {n->master.data, MASTER_SECRET_SIZE};
    enum err e;
    if (n->ems) {
        TRY(transcript_hash(&hs->transcript, bytes, &seed));
        e = prf12(n->suite->hash, premaster_slice(&hs->premaster), "extended master secret", seed, master);
    } else { /* RFC 5246 8.1 */
        seed = join_randoms(n->client_random, n->server_random, bytes);
        e = prf12(n->suite->hash, premaster_slice(&hs->premaster), "master secret", seed, master);
    }
    premaster_wipe(&hs->premaster);
    return e;
}

/* The key block and both Finished come of it. */
static enum err expand_master(struct hs *hs, const char *label, struct slice seed, struct span out)
{
    const struct negotiated *n = hs->negotiated;
    if (hs->master.outer.hash == HASH_NONE) {
        TRY(hmac_key_set(&hs->master, n->suite->hash, secret_slice(&n->master)));
    }
    return prf12_expand(&hs->master, label, seed, out);
}

/* RFC 9850: one line that lets whoever has it read the connection. */
static void log_key(const struct hs *hs)
{
    char line[13 + 1 + 2 * RANDOM_SIZE + 1 + 2 * MASTER_SECRET_SIZE + 1] = "CLIENT_RANDOM";
    const struct negotiated *n = hs->negotiated;
    size_t at = strlen(line);
    line[at++] = ' ';
    for (size_t i = 0; i < RANDOM_SIZE; i++, at += 2) {
        (void)snprintf(line + at, 3, "%02x", n->client_random[i]);
    }
    line[at++] = ' ';
    for (size_t i = 0; i < MASTER_SECRET_SIZE; i++, at += 2) {
        (void)snprintf(line + at, 3, "%02x", n->master.data[i]);
    }
    hs->config->keylog(hs->config->keylog_arg, line);
    wipe(line, sizeof line);
}

/* Takes len bytes for each side out of the key block: the client's come first. */
static void deal(struct slice *block, uint8_t *client, uint8_t *server, size_t len)
{
    if (len) {
        memcpy(client, block->data, len);
        memcpy(server, block->data + len, len);
        *block = slice_after(*block, 2 * len);
    }
}

/* RFC 5246 6.3: MAC keys, keys, IVs. */
static enum err derive_traffic(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    struct traffic_secrets *client = &hs->traffic[CLIENT], *server = &hs->traffic[SERVER];
    size_t mac_key = suite_mac_key_size(n->suite), key = suite_key_size(n->suite),
           iv = protection_iv_size(n->suite);
    uint8_t block[2 * sizeof *client], randoms[2 * RANDOM_SIZE];
    struct slice seed = join_randoms(n->server_random, n->client_random, randoms);
    struct span out = {block, 2 * (mac_key + key + iv)};
    enum err e = expand_master(hs, "key expansion", seed, out);
    if (e == OK) {
        struct slice left = slice_of_span(out);
        deal(&left, client->mac_key, server->mac_key, mac_key);
        deal(&left, client->key, server->key, key);
        deal(&left, client->iv, server->iv, iv);
        hs->has_traffic = true;
        if (hs->config->keylog) {
            log_key(hs);
        }
    }
    wipe(block, sizeof block);
    return e;
}

static enum err make_keys(struct hs *hs, enum side writer, struct protection *p)
{
    const struct suite *suite = hs->negotiated->suite;
    if (!hs->has_traffic) {
        TRY(derive_traffic(hs));
    }
    struct traffic_secrets *t = &hs->traffic[writer];
    struct record_keys keys = {
        .mac_key = slice_of(t->mac_key, suite_mac_key_size(suite)),
        .key = slice_of(t->key, suite_key_size(suite)),
        .iv = slice_of(t->iv, protection_iv_size(suite)),
        .encrypt_then_mac = hs->negotiated->etm,
        .truncated_hmac = hs->negotiated->truncated_hmac,
        .random = &hs->config->random,
    };
    enum err e = protection_set(p, suite, writer == hs->cursor.me ? AEAD_SEAL : AEAD_OPEN, &keys);
    wipe(t, sizeof *t);
    return e;
}

enum err tls12_make_keys(struct hs *hs)
{
    return make_keys(hs, hs->cursor.me, &hs->next);
}

enum err tls12_install_keys(struct hs *hs, enum side writer)
{
    limits_with_keys(hs, writer);
    if (writer != hs->cursor.me) {
        return make_keys(hs, writer, &hs->record_in->protection);
    }
    protection_wipe(&hs->record_out->protection);
    hs->record_out->protection = hs->next;
    wipe(&hs->next, sizeof hs->next);
    return OK;
}

/* RFC 5246 7.4.9 */
enum err tls12_verify_data(struct hs *hs, enum side by, uint8_t out[VERIFY_DATA_SIZE])
{
    uint8_t bytes[HASH_MAX];
    struct slice hash;
    TRY(transcript_hash(&hs->transcript, bytes, &hash));
    const char *label = by == CLIENT ? "client finished" : "server finished";
    return expand_master(hs, label, hash, (struct span){out, VERIFY_DATA_SIZE});
}
