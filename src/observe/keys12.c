/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"
#include "tls12/tls12.h"

/* The keys of TLS 1.2 out of a logged master secret, in the reading direction. */

static enum err master_of(const struct hf_tap *t, struct hmac_key *master)
{
    struct slice secret = keylog_find(t->keylog, t->now.client_random, LOGGED_MASTER);
    return secret.len ? hmac_key_set(master, t->now.suite.suite.hash, secret) : E_INTERNAL;
}

enum err tap_verify_data(const struct hf_tap *t, enum side by, uint8_t out[VERIFY_DATA_SIZE])
{
    struct hmac_key master = {0};
    uint8_t bytes[HASH_MAX];
    struct slice hash;
    TRY(transcript_hash(&t->now.transcript, bytes, &hash));
    enum err e = master_of(t, &master);
    if (e == OK) { /* RFC 5246 7.4.9 */
        e = prf12_expand(&master, by == CLIENT ? "client finished" : "server finished", hash,
                         (struct span){out, VERIFY_DATA_SIZE});
    }
    hmac_key_wipe(&master);
    return e;
}

static enum err install(const struct hf_tap *t, struct lane *l, const struct traffic_secrets *own)
{
    const struct suite *suite = &t->now.suite.suite;
    size_t mac_key = suite_mac_key_size(suite);
    if (t->now.suite.null) {
        l->null.mac = suite->mac;
        memcpy(l->null.key, own->mac_key, mac_key);
        return OK;
    }
    struct record_keys keys = {
        .mac_key = slice_of(own->mac_key, mac_key),
        .key = slice_of(own->key, suite_key_size(suite)),
        .iv = slice_of(own->iv, protection_iv_size(suite)),
        .encrypt_then_mac = t->now.etm,
        .truncated_hmac = t->now.truncated,
    };
    return protection_set(&l->protection, suite, AEAD_OPEN, &keys);
}

static enum err derive(const struct hf_tap *t, struct lane *l)
{
    struct hmac_key master = {0};
    struct traffic_secrets traffic[2];
    TRY(master_of(t, &master));
    struct randoms randoms = {t->now.client_random, t->now.server_random};
    enum err e = tls12_key_block(&t->now.suite.suite, &master, &randoms, traffic);
    e = e == OK ? install(t, l, &traffic[l->by]) : e;
    hmac_key_wipe(&master);
    wipe(traffic, sizeof traffic);
    return e;
}

/* Why the new keys cannot be had; NULL: they can. */
static const char *missing(const struct hf_tap *t)
{
    const struct observed *o = &t->now;
    if (!o->has_hellos[CLIENT] || !o->has_hellos[SERVER]) {
        return "the hellos that its keys come from were not seen";
    }
    if (o->version < TLS_1_2) {
        return "protected records of versions before TLS 1.2 are not opened";
    }
    if (!o->suite.known) {
        return "this cipher suite is not one that can be opened here";
    }
    if (hf_secrets_count(t->keylog) == 0) {
        return "there is no key log, or nothing in it";
    }
    return keylog_find(t->keylog, o->client_random, LOGGED_MASTER).len
               ? NULL
               : "the key log has no CLIENT_RANDOM line for this handshake";
}

void tap_new_keys(struct hf_tap *t, struct lane *l)
{
    protection_wipe(&l->protection);
    wipe(&l->null, sizeof l->null);
    l->epoch++;
    l->next = 0;
    l->proved = false;
    l->suite = t->now.code;
    l->hidden = missing(t);
    if (!l->hidden && derive(t, l) != OK) {
        l->hidden = "its keys could not be made";
    }
}
