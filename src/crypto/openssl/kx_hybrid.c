/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/kx.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "base/memory.h"

/*
 * ML-KEM-768 (FIPS 203) beside a curve, for TLS 1.3: the peer must break both. libcrypto has it from 3.5 on;
 * its names for the parameters are spelt out, because older headers do not know them.
 */
#define KEM "ML-KEM-768"
#define KEM_SEED "seed"    /* OSSL_PKEY_PARAM_ML_KEM_SEED: d and z of FIPS 203's key generation */
#define KEM_ENTROPY "ikme" /* OSSL_KEM_PARAM_IKME: m of its encapsulation */
#define KEM_SEED_SIZE 64
#define KEM_ENTROPY_SIZE 32
#define KEM_KEY_SIZE 1184
#define KEM_CIPHERTEXT_SIZE 1088
#define KEM_SECRET_SIZE 32

/* Which curve, and which of both comes first: it does so in both shares and in the secret. */
static const struct hybrid_row {
    uint16_t code, curve;
    bool kem_first;
} hybrid_rows[] = {
    {0x11EC, 29, true},  /* X25519MLKEM768 */
    {0x11EB, 23, false}, /* SecP256r1MLKEM768 */
};

/* What a client keeps until the server answers. */
struct hybrid {
    struct key_share curve;
    EVP_PKEY *kem;
};

bool kx_hybrid_fetch(void)
{
    EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, KEM, NULL);
    EVP_KEM *kem = EVP_KEM_fetch(NULL, KEM, NULL);
    bool both = keys && kem;
    EVP_KEM_free(kem);
    EVP_KEYMGMT_free(keys);
    ERR_clear_error(); /* that it is not there is no failure */
    return both;
}

static const struct hybrid_row *row_of(const struct group *g)
{
    return g->code == hybrid_rows[0].code ? &hybrid_rows[0] : &hybrid_rows[1];
}

/* Two parts one behind the other, in the order of the row. */
struct parts {
    uint8_t *kem, *curve;
};
static struct parts parts_of(const struct hybrid_row *row, uint8_t *whole, size_t kem_size, size_t curve_size)
{
    return row->kem_first ? (struct parts){whole, whole + kem_size}
                          : (struct parts){whole + curve_size, whole};
}

static enum err room_for_share(struct key_share *k, size_t size)
{
    void *memory;
    TRY(memory_new(size, &memory));
    k->large = memory;
    k->large_len = (uint16_t)size;
    return OK;
}

/* A key pair from random bytes; its public key goes to out. */
static enum err kem_start(const struct random_source *r, EVP_PKEY **key, uint8_t *out)
{
    uint8_t seed[KEM_SEED_SIZE];
    size_t size = KEM_KEY_SIZE;
    TRY(kx_random(r, (struct span){seed, sizeof seed}));
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, KEM, NULL);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(KEM_SEED, seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    bool ok = making && EVP_PKEY_fromdata_init(making) == 1 &&
              EVP_PKEY_fromdata(making, key, EVP_PKEY_KEYPAIR, params) == 1 &&
              EVP_PKEY_get_raw_public_key(*key, out, &size) == 1 && size == KEM_KEY_SIZE;
    EVP_PKEY_CTX_free(making);
    wipe(seed, sizeof seed);
    return ok ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

/* A secret, and what tells it to who has the private key of peer. */
static enum err kem_encapsulate(const struct random_source *r, const uint8_t *peer, uint8_t *ciphertext,
                                uint8_t *secret)
{
    uint8_t entropy[KEM_ENTROPY_SIZE];
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    if (r && r->fill) { /* else the provider draws for itself */
        TRY(random_fill(r, (struct span){entropy, sizeof entropy}));
        params[0] = OSSL_PARAM_construct_octet_string(KEM_ENTROPY, entropy, sizeof entropy);
    }
    size_t size = KEM_CIPHERTEXT_SIZE, secret_size = KEM_SECRET_SIZE;
    enum err err = OK;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, KEM, NULL, peer, KEM_KEY_SIZE);
    EVP_PKEY_CTX *operation = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (!key) {
        err = libcrypto_failed(E_BAD_KEY_SHARE); /* FIPS 203 7.2: a coefficient is not below q */
    } else if (!operation || EVP_PKEY_encapsulate_init(operation, params) != 1 ||
               EVP_PKEY_encapsulate(operation, ciphertext, &size, secret, &secret_size) != 1 ||
               size != KEM_CIPHERTEXT_SIZE || secret_size != KEM_SECRET_SIZE) {
        err = libcrypto_failed(E_CRYPTO_FAILED);
    }
    EVP_PKEY_CTX_free(operation);
    EVP_PKEY_free(key);
    wipe(entropy, sizeof entropy);
    return err;
}

/* FIPS 203 7.3: a ciphertext that was made for another key gives a secret that nobody else has. */
static enum err kem_decapsulate(EVP_PKEY *key, const uint8_t *ciphertext, uint8_t *secret)
{
    size_t size = KEM_SECRET_SIZE;
    EVP_PKEY_CTX *operation = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = operation && EVP_PKEY_decapsulate_init(operation, NULL) == 1 &&
              EVP_PKEY_decapsulate(operation, secret, &size, ciphertext, KEM_CIPHERTEXT_SIZE) == 1 &&
              size == KEM_SECRET_SIZE;
    EVP_PKEY_CTX_free(operation);
    return ok ? OK : libcrypto_failed(E_CRYPTO_FAILED);
}

/* The curve's half of the secret; mine is used up. */
static enum err curve_finish(struct key_share *mine, const uint8_t *peer, uint8_t *secret)
{
    struct premaster half;
    TRY(kx_finish(mine, slice_of(peer, mine->group->share_size), &half));
    memcpy(secret, half.small, half.len);
    premaster_wipe(&half);
    return OK;
}

enum err kx_hybrid_start(struct key_share *k, const struct random_source *r)
{
    const struct hybrid_row *row = row_of(k->group);
    const struct group *curve = group_of(row->curve);
    void *memory;
    TRY(room_for_share(k, k->group->share_size));
    TRY(memory_new(sizeof(struct hybrid), &memory));
    struct hybrid *mine = k->private_key = memory;
    struct parts share = parts_of(row, k->large, KEM_KEY_SIZE, curve->share_size);
    TRY(kx_start(curve, r, &mine->curve));
    memcpy(share.curve, mine->curve.public_key, curve->share_size);
    return kem_start(r, &mine->kem, share.kem);
}

enum err kx_hybrid_finish(const struct key_share *k, struct slice peer, struct premaster *shared)
{
    const struct hybrid_row *row = row_of(k->group);
    const struct group *curve = group_of(row->curve);
    struct hybrid *mine = k->private_key;
    uint8_t *room;
    if (peer.len != group_answer_size(k->group)) {
        return E_BAD_KEY_SHARE;
    }
    TRY(premaster_room(shared, k->group->secret_size, &room));
    uint8_t *bytes = (uint8_t *)(uintptr_t)peer.data; /* only read */
    struct parts share = parts_of(row, bytes, KEM_CIPHERTEXT_SIZE, curve->share_size);
    struct parts secret = parts_of(row, room, KEM_SECRET_SIZE, curve->secret_size);
    TRY(curve_finish(&mine->curve, share.curve, secret.curve));
    return kem_decapsulate(mine->kem, share.kem, secret.kem);
}

enum err kx_hybrid_respond(struct key_share *k, struct slice peer, const struct random_source *r,
                           struct premaster *shared)
{
    const struct hybrid_row *row = row_of(k->group);
    const struct group *curve = group_of(row->curve);
    struct key_share mine;
    uint8_t *room;
    if (peer.len != k->group->share_size) {
        return E_BAD_KEY_SHARE;
    }
    TRY(room_for_share(k, group_answer_size(k->group)));
    TRY(premaster_room(shared, k->group->secret_size, &room));
    uint8_t *bytes = (uint8_t *)(uintptr_t)peer.data; /* only read */
    struct parts theirs = parts_of(row, bytes, KEM_KEY_SIZE, curve->share_size);
    struct parts share = parts_of(row, k->large, KEM_CIPHERTEXT_SIZE, curve->share_size);
    struct parts secret = parts_of(row, room, KEM_SECRET_SIZE, curve->secret_size);
    TRY(kx_start(curve, r, &mine));
    memcpy(share.curve, mine.public_key, curve->share_size);
    enum err err = curve_finish(&mine, theirs.curve, secret.curve);
    kx_end(&mine);
    return err == OK ? kem_encapsulate(r, theirs.kem, share.kem, secret.kem) : err;
}

void kx_hybrid_end(struct key_share *k)
{
    struct hybrid *mine = k->private_key;
    kx_end(&mine->curve);
    EVP_PKEY_free(mine->kem); /* wipes the decapsulation key */
    memory_free(mine, sizeof *mine);
    k->private_key = NULL;
}
