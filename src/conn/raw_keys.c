/* SPDX-License-Identifier: MIT */
#include <handfast/raw_key.h>
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/certificate_type.h"

/* raw_key.h: raw public keys on a config, RFC 7250. */

/* ---- who we are ---- */
static enum err with_own_key(hf_config *config, struct identity *identity, struct slice spki)
{
    TRY(certificate_of_key(spki, &identity->leaf));
    const struct key_shape *key = certificate_key(identity->leaf);
    if (key->kind == KEY_NONE || (key->kind == KEY_EC && !key->group)) {
        return E_UNSUPPORTED_CERTIFICATE;
    }
    return identity_add_raw_key(config, identity);
}

hf_err hf_config_identity_raw_key(hf_config *config, hf_bytes key_pem, const char *password)
{
    hf_err settable = config_settable_with(config, key_pem.data);
    if (settable != HF_OK) {
        return settable;
    }
    struct identity identity = {0};
    struct span spki = {0};
    enum err e = private_key_load(slice_of_bytes(key_pem), password, &identity.key);
    e = e == OK ? private_key_public(identity.key, &spki) : e;
    e = e == OK ? with_own_key(config, &identity, slice_of_span(spki)) : e;
    memory_free(spki.data, spki.len);
    if (e != OK) {
        identity_wipe(&identity);
    }
    return public_err(e);
}

hf_err hf_config_identity_raw_key_external(hf_config *config, hf_bytes public_key, uint64_t key_id)
{
    hf_err settable = config_settable_with(config, public_key.data);
    if (settable != HF_OK) {
        return settable;
    }
    struct identity identity = {.key_id = key_id};
    struct span spki = {0};
    enum err e = public_key_read(slice_of_bytes(public_key), &spki);
    e = e == OK ? with_own_key(config, &identity, slice_of_span(spki)) : e;
    memory_free(spki.data, spki.len);
    if (e != OK) {
        identity_wipe(&identity);
    }
    return public_err(e);
}

/* What a function of bytes says of a file's. */
static hf_err of_file(const char *path, struct span *file)
{
    return path ? public_err(config_read_file(path, file)) : HF_NULL_ARGUMENT;
}

hf_err hf_config_identity_raw_key_file(hf_config *config, const char *key, const char *password)
{
    struct span file = {0};
    hf_err e = config ? of_file(key, &file) : HF_NULL_ARGUMENT;
    if (e == HF_OK) {
        e = hf_config_identity_raw_key(config, config_file_bytes(file), password);
        memory_free(file.data, file.len);
    }
    return e;
}

/* ---- whom we trust ---- */
static enum err grow(struct config *c)
{
    const struct trusted_keys *was = c->trusted_keys;
    size_t room = was ? 2 * was->room : 8;
    void *memory;
    TRY(memory_new(sizeof *was + room * KEY_DIGEST_SIZE, &memory));
    struct trusted_keys *grown = memory;
    if (was) {
        memcpy(grown->digest, was->digest, was->count * KEY_DIGEST_SIZE);
        grown->count = was->count;
    }
    grown->room = room;
    trusted_keys_free(c->trusted_keys);
    c->trusted_keys = grown;
    return OK;
}

void trusted_keys_free(struct trusted_keys *t)
{
    memory_free(t, t ? sizeof *t + t->room * KEY_DIGEST_SIZE : 0);
}

/* In order of their bytes, so that the order of adding makes no difference to sessions; each once. */
static enum err trust_digest_of_key(struct config *c, const uint8_t digest[KEY_DIGEST_SIZE])
{
    size_t at = 0;
    struct trusted_keys *t = c->trusted_keys;
    while (t && at < t->count && memcmp(t->digest[at], digest, KEY_DIGEST_SIZE) < 0) {
        at++;
    }
    if (t && at < t->count && memcmp(t->digest[at], digest, KEY_DIGEST_SIZE) == 0) {
        return OK;
    }
    if (t && t->count == TRUSTED_KEYS_MAX) {
        return E_BAD_ARGUMENT;
    }
    TRY(!t || t->count == t->room ? grow(c) : OK);
    t = c->trusted_keys;
    memmove(t->digest[at + 1], t->digest[at], (t->count - at) * KEY_DIGEST_SIZE);
    memcpy(t->digest[at], digest, KEY_DIGEST_SIZE);
    t->count++;
    return OK;
}

static enum err digest_of(struct slice spki, uint8_t out[KEY_DIGEST_SIZE])
{
    struct certificate *key;
    TRY(certificate_of_key(spki, &key));
    enum err e = certificate_key_digest(key, out);
    certificate_free(key);
    return e;
}

static enum err trust_one(struct config *c, struct slice spki)
{
    uint8_t digest[KEY_DIGEST_SIZE];
    TRY(digest_of(spki, digest));
    return trust_digest_of_key(c, digest);
}

hf_err hf_config_trust_key(hf_config *config, hf_bytes public_key)
{
    hf_err settable = config_settable_with(config, public_key.data);
    if (settable != HF_OK) {
        return settable;
    }
    struct slice rest = slice_of_bytes(public_key);
    for (bool any = false;; any = true) {
        struct span spki;
        enum err e = public_key_next(&rest, &spki);
        if (e == OK && !spki.data) {
            return any ? HF_OK : HF_BAD_PEM;
        }
        e = e == OK ? trust_one(&config->settings, slice_of_span(spki)) : e;
        memory_free(spki.data, spki.len);
        if (e != OK) {
            return public_err(e);
        }
    }
}

hf_err hf_config_trust_key_file(hf_config *config, const char *path)
{
    struct span file = {0};
    hf_err e = config ? of_file(path, &file) : HF_NULL_ARGUMENT;
    if (e == HF_OK) {
        e = hf_config_trust_key(config, config_file_bytes(file));
        memory_free(file.data, file.len);
    }
    return e;
}

hf_err hf_config_trust_key_sha256(hf_config *config, hf_bytes digest)
{
    hf_err settable = config_settable_with(config, digest.data);
    if (settable != HF_OK) {
        return settable;
    }
    return digest.len == KEY_DIGEST_SIZE ? public_err(trust_digest_of_key(&config->settings, digest.data))
                                         : HF_BAD_ARGUMENT;
}

hf_err hf_config_ask_raw_keys(hf_config *config)
{
    hf_err settable = config_settable(config);
    if (settable == HF_OK) {
        config->settings.raw_keys_asked = true;
    }
    return settable;
}

bool config_needs_name(const struct config *c)
{
    const struct certificate_types taken = certificate_types_taken(c);
    return c->side == CLIENT && c->verify && !c->psk_only && certificate_types_have(&taken, CERTIFICATE_X509);
}

hf_err raw_keys_check(const struct config *c, hf_problem *why)
{
    return c->raw_keys_asked && !(c->asks & ASK_VERIFY)
               ? problem(
                     why, HF_CONFIG_INCOMPLETE,
                     "hf_config_ask_raw_keys leaves the peer's key to the application: call hf_config_ask "
                     "with HF_ASK_VERIFY (RFC 7250 4.4)")
               : HF_OK;
}

/* ---- what a key is known by ---- */
static enum err public_half(struct slice bytes, struct span *spki)
{
    struct private_key *key;
    enum err e = public_key_read(bytes, spki);
    struct certificate *known = NULL;
    e = e == OK ? certificate_of_key(slice_of_span(*spki), &known) : e;
    certificate_free(known);
    if (e == OK || e == E_NO_MEMORY) {
        return e;
    }
    memory_free(spki->data, spki->len);
    *spki = (struct span){0};
    TRY(private_key_load(bytes, NULL, &key)); /* DER of either kind begins alike */
    e = private_key_public(key, spki);
    private_key_free(key);
    return e;
}

hf_err hf_public_key_sha256(hf_bytes key, uint8_t out[32])
{
    struct span spki = {0};
    if (!key.data || !out) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = crypto_start();
    e = e == OK ? public_half(slice_of_bytes(key), &spki) : e;
    e = e == OK ? digest_of(slice_of_span(spki), out) : e;
    memory_free(spki.data, spki.len);
    return public_err(e);
}
