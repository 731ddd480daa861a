/* SPDX-License-Identifier: MIT */
#include "tls12/tls12.h"

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
enum err tls12_key_block(const struct suite *suite, const struct hmac_key *master,
                         const struct randoms *randoms, struct traffic_secrets out[2])
{
    struct traffic_secrets *client = &out[CLIENT], *server = &out[SERVER];
    size_t mac_key = suite_mac_key_size(suite), key = suite_key_size(suite), iv = protection_iv_size(suite);
    uint8_t block[2 * sizeof *client], seed[2 * RANDOM_SIZE];
    memcpy(seed, randoms->server, RANDOM_SIZE);
    memcpy(seed + RANDOM_SIZE, randoms->client, RANDOM_SIZE);
    struct span whole = {block, 2 * (mac_key + key + iv)};
    enum err e = prf12_expand(master, "key expansion", slice_of(seed, sizeof seed), whole);
    if (e == OK) {
        struct slice left = slice_of_span(whole);
        deal(&left, client->mac_key, server->mac_key, mac_key);
        deal(&left, client->key, server->key, key);
        deal(&left, client->iv, server->iv, iv);
    }
    wipe(block, sizeof block);
    return e;
}
