/* SPDX-License-Identifier: MIT */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_CTX can be copied without an allocation */
#include "floor.h"

#include <string.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "fail.h"

enum {
    RANDOM = 32,
    MASTER_SECRET = 48,
    KEY_BLOCK = 40, /* two AES-128 keys, two salts of four bytes */
    VERIFY_DATA = 12,
    FINISHED_MESSAGE = 16,
    EMS_SEED = 22 + 32, /* "extended master secret", session_hash */
    KEY_SEED = 13 + 64, /* "key expansion", both randoms */
    FINISHED_SEED = 15 + 32
};

static const uint8_t zeros[4096];

/* HMAC-SHA-256 with the padded key already hashed, inner and outer. */
struct keyed {
    SHA256_CTX inner, outer;
};

static void keyed_init(struct keyed *keyed, const uint8_t *key, size_t len)
{
    uint8_t pad[64];
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < len; i++)
        pad[i] ^= key[i];
    SHA256_Init(&keyed->inner);
    SHA256_Update(&keyed->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&keyed->outer);
    SHA256_Update(&keyed->outer, pad, sizeof pad);
}

static void hmac(const struct keyed *keyed, const uint8_t *message, size_t len, uint8_t tag[32])
{
    SHA256_CTX hash = keyed->inner;
    SHA256_Update(&hash, message, len);
    SHA256_Final(tag, &hash);
    hash = keyed->outer;
    SHA256_Update(&hash, tag, 32);
    SHA256_Final(tag, &hash);
}

/* P_SHA256. RFC 5246 5 */
static void prf(const uint8_t *secret, size_t secret_len, size_t seed_len, uint8_t *out, size_t out_len)
{
    struct keyed keyed;
    uint8_t a_and_seed[32 + 128] = {0}, block[32];
    keyed_init(&keyed, secret, secret_len);
    hmac(&keyed, zeros, seed_len, a_and_seed);
    for (;;) {
        hmac(&keyed, a_and_seed, 32 + seed_len, block);
        size_t part = out_len < sizeof block ? out_len : sizeof block;
        memcpy(out, block, part);
        out += part;
        out_len -= part;
        if (out_len == 0)
            return;
        hmac(&keyed, a_and_seed, 32, a_and_seed);
    }
}

void floor_hash(size_t len)
{
    SHA256_CTX hash;
    uint8_t digest[32];
    SHA256_Init(&hash);
    SHA256_Update(&hash, zeros, len);
    SHA256_Final(digest, &hash);
}

/* Hash the transcript once, and look at it `snapshots` times on the way. */
static void hash_transcript(size_t len, int snapshots)
{
    SHA256_CTX running;
    uint8_t digest[32];
    SHA256_Init(&running);
    SHA256_Update(&running, zeros, len);
    for (int i = 0; i < snapshots; i++) {
        SHA256_CTX copy = running;
        SHA256_Final(digest, &copy);
    }
}

/* Both directions are keyed and carry one Finished. */
static void protect_finished(struct floor *floor, const uint8_t *key_block)
{
    uint8_t record[8 + FINISHED_MESSAGE + 16] = {0};
    for (int direction = 0; direction < 2; direction++) {
        struct floor_aead *aead = floor_aead_new(floor, key_block + 16 * direction, true);
        floor_aead_seal(aead, record, zeros, FINISHED_MESSAGE);
        floor_aead_free(aead);
    }
}

static void derive_keys_and_finish(struct floor *floor, const uint8_t *master)
{
    uint8_t key_block[KEY_BLOCK], verify_data[VERIFY_DATA];
    prf(master, MASTER_SECRET, KEY_SEED, key_block, sizeof key_block);
    prf(master, MASTER_SECRET, FINISHED_SEED, verify_data, sizeof verify_data);
    prf(master, MASTER_SECRET, FINISHED_SEED, verify_data, sizeof verify_data);
    protect_finished(floor, key_block);
}

void floor_tail_full(struct floor *floor, size_t transcript)
{
    uint8_t random[RANDOM], master[MASTER_SECRET];
    CHECK(RAND_bytes(random, sizeof random) == 1);
    hash_transcript(transcript, 3); /* RFC 7627 4, and two Finished */
    prf(floor->secret, sizeof floor->secret, EMS_SEED, master, sizeof master);
    derive_keys_and_finish(floor, master);
}

void floor_tail_resumed(struct floor *floor, size_t transcript)
{
    uint8_t random[RANDOM];
    CHECK(RAND_bytes(random, sizeof random) == 1);
    hash_transcript(transcript, 2);
    derive_keys_and_finish(floor, zeros); /* the master secret is the session's */
}

/* ---- TLS 1.3, RFC 8446 7.1 ---- */
/* HKDF-Expand-Label of a secret that is keyed: one block, "tls13 " and a label, and mostly a hash. */
static void expand(const struct keyed *secret, size_t context, uint8_t out[32])
{
    hmac(secret, zeros, 2 + 1 + 18 + 1 + context + 1, out);
}

/* HKDF-Extract, and what is expanded from it with the transcript's hash. */
static void stage(const uint8_t *salt, const uint8_t *input, int secrets, uint8_t out[32])
{
    struct keyed keyed;
    uint8_t extracted[32];
    keyed_init(&keyed, salt, 32);
    hmac(&keyed, input, 32, extracted);
    keyed_init(&keyed, extracted, 32);
    for (int i = 0; i < secrets; i++)
        expand(&keyed, 32, out);
}

/* Key and IV of a direction. */
static struct floor_aead *direction(struct floor *floor, const uint8_t *secret)
{
    struct keyed keyed;
    uint8_t key[32], iv[32];
    keyed_init(&keyed, secret, 32);
    expand(&keyed, 0, key);
    expand(&keyed, 0, iv);
    return floor_aead_new(floor, key, true);
}

static void finished(const uint8_t *secret)
{
    struct keyed keyed;
    uint8_t key[32];
    keyed_init(&keyed, secret, 32);
    expand(&keyed, 0, key);
    keyed_init(&keyed, key, 32);
    hmac(&keyed, zeros, 32, key);
}

/* Of a handshake with a pre-shared key: the early secret, the binder, the ticket opened and the next one
 * sealed, or what a client makes of it. */
static void with_ticket(struct floor *floor, uint8_t out[32])
{
    uint8_t record[8 + 200 + 16] = {0};
    stage(zeros, zeros, 2, out); /* "res binder", "derived" */
    finished(out);
    struct floor_aead *aead = floor_aead_new(floor, zeros, true);
    floor_aead_seal(aead, record, zeros, 200);
    floor_aead_seal(aead, record, zeros, 200);
    floor_aead_free(aead);
    struct keyed keyed;
    keyed_init(&keyed, out, 32);
    expand(&keyed, 2, out); /* "resumption" */
}

void floor_tail13(struct floor *floor, size_t transcript, size_t flights)
{
    uint8_t random[RANDOM], secret[32] = {0}, record[8 + 2048 + 16] = {0};
    struct floor_aead *aead[4];
    CHECK(RAND_bytes(random, sizeof random) == 1);
    hash_transcript(transcript, 5);
    if (floor->work.resume)
        with_ticket(floor, secret);
    stage(secret, floor->secret, 3, secret); /* both handshake secrets, "derived" */
    finished(secret);
    finished(secret);
    stage(secret, zeros, 4, secret); /* both application secrets, exporter, resumption */
    for (int i = 0; i < 4; i++)
        aead[i] = direction(floor, secret);
    floor_aead_seal(aead[0], record, zeros, flights);
    floor_aead_seal(aead[1], record, zeros, 36 + 1);
    for (int i = 0; i < 4; i++)
        floor_aead_free(aead[i]);
}
