/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/* The keys of TLS 1.3 out of logged traffic secrets, in the reading direction: RFC 8446 7.2, 7.3. */

static enum logged logged_of(const struct lane *l)
{
    bool client = l->by == CLIENT;
    return l->stage == STAGE_EARLY       ? LOGGED_CLIENT_EARLY
           : l->stage == STAGE_HANDSHAKE ? (client ? LOGGED_CLIENT_HANDSHAKE : LOGGED_SERVER_HANDSHAKE)
                                         : (client ? LOGGED_CLIENT_TRAFFIC : LOGGED_SERVER_TRAFFIC);
}

/* RFC 8446 7.3 */
static enum err make_protection(const struct suite *suite, struct slice secret, struct protection *p)
{
    uint8_t key[32], iv[AEAD_NONCE_SIZE];
    struct hmac_key prk = {0};
    struct slice none = {NULL, 0};
    size_t key_size = suite_key_size(suite);
    TRY(hmac_key_set(&prk, suite->hash, secret));
    enum err e = hkdf_expand_label(&prk, "key", none, (struct span){key, key_size});
    e = e == OK ? hkdf_expand_label(&prk, "iv", none, (struct span){iv, sizeof iv}) : e;
    struct record_keys keys = {.key = slice_of(key, key_size), .iv = slice_of(iv, sizeof iv)};
    e = e == OK ? protection_set(p, suite, AEAD_OPEN, &keys) : e;
    hmac_key_wipe(&prk);
    wipe(key, sizeof key);
    wipe(iv, sizeof iv);
    return e;
}

/* Why the secret cannot be used; NULL: it can. */
static const char *unfit(const struct hf_tap *t, const struct suite *suite, struct slice secret)
{
    if (!suite) {
        return "this cipher suite is not one that can be opened here";
    }
    if (hf_secrets_count(t->keylog) == 0) {
        return "there is no key log, or nothing in it";
    }
    return secret.len == hash_size(suite->hash)
               ? NULL
               : "the key log lacks the secret for this part of the connection";
}

static void use_secret(struct hf_tap *t, struct lane *l, struct slice secret)
{
    const struct suite *suite = suite13_of(t->now.code);
    l->hidden = unfit(t, suite, secret);
    if (!l->hidden &&
        (make_protection(suite, secret, &l->protection) != OK || secret_set(&l->secret, secret) != OK)) {
        l->hidden = "its keys could not be made";
    }
}

void tap_keys13(struct hf_tap *t, struct lane *l, enum stage13 stage)
{
    protection_wipe(&l->protection);
    secret_wipe(&l->secret);
    l->stage = stage;
    l->epoch = stage; /* RFC 9147 6.1: 1 early data, 2 handshake, 3 application; a KeyUpdate adds one */
    l->next = 0;
    l->proved = false;
    l->suite = t->now.code;
    if (stage == STAGE_EARLY) {
        l->suite = 0; /* that of a session before this one: tap_open_early looks for it */
        l->hidden = NULL;
        return;
    }
    use_secret(t, l, keylog_find(t->keylog, t->now.client_random, logged_of(l)));
}

/* RFC 8446 7.2 */
void tap_update13(struct hf_tap *t, struct lane *l)
{
    uint8_t bytes[HASH_MAX];
    struct hmac_key prk = {0};
    size_t size = l->secret.len;
    const struct suite *suite = suite13_of(t->now.code);
    enum err e = l->stage == STAGE_TRAFFIC && suite && size
                     ? hmac_key_set(&prk, suite->hash, secret_slice(&l->secret))
                     : E_INTERNAL;
    e = e == OK ? hkdf_expand_label(&prk, "traffic upd", slice_of(NULL, 0), (struct span){bytes, size}) : e;
    hmac_key_wipe(&prk);
    l->epoch++;
    l->next = 0;
    if (e == OK) {
        use_secret(t, l, slice_of(bytes, size));
    } else {
        l->hidden = "its keys could not be made";
    }
    wipe(bytes, sizeof bytes);
}

/* RFC 8446 4.4.4 */
enum err tap_verify_data13(const struct hf_tap *t, const struct lane *l, uint8_t out[HASH_MAX], size_t *len)
{
    uint8_t bytes[HASH_MAX], key[HASH_MAX];
    struct slice hash;
    struct hmac_key prk = {0};
    const struct suite *suite = suite13_of(t->now.code);
    if (l->stage != STAGE_HANDSHAKE || !suite || l->secret.len == 0) {
        return E_INTERNAL;
    }
    *len = hash_size(suite->hash);
    TRY(transcript_hash(&t->now.transcript, bytes, &hash));
    TRY(hmac_key_set(&prk, suite->hash, secret_slice(&l->secret)));
    enum err e = hkdf_expand_label(&prk, "finished", slice_of(NULL, 0), (struct span){key, *len});
    e = e == OK ? hmac_once(suite->hash, slice_of(key, *len), hash, out) : e;
    hmac_key_wipe(&prk);
    wipe(key, sizeof key);
    return e;
}

/* ---- early data: RFC 8446 4.2.10 ---- */
/* The record as it came is copied to `to` and opened there; nothing of `to` is left where it does not open.
 */
static bool opens(const struct suite *suite, struct slice secret, struct slice as_it_came, struct span to)
{
    struct protection p = {.kind = PROTECT_NONE};
    struct span content;
    if (secret.len != hash_size(suite->hash) || make_protection(suite, secret, &p) != OK) {
        return false;
    }
    memcpy(to.data, as_it_came.data, as_it_came.len);
    bool can = protection_open(&p, CONTENT_APPLICATION_DATA, to, &content) == OK;
    protection_wipe(&p);
    return can;
}

/* The suite is that of the session whose key protects it: whichever opens the first record. */
static void find_early_suite(const struct hf_tap *t, struct lane *l, struct slice as_it_came, struct span to)
{
    struct slice secret = keylog_find(t->keylog, t->now.client_random, LOGGED_CLIENT_EARLY);
    const struct suite *suite;
    for (size_t i = 0; secret.len && (suite = suite13_at(i)) != NULL; i++) {
        if (opens(suite, secret, as_it_came, to) && make_protection(suite, secret, &l->protection) == OK) {
            l->suite = suite->code;
            return;
        }
    }
}

/*
 * Early data has no end that can be relied on: a server that refuses it goes on without, and where its secret
 * is not logged nobody sees EndOfEarlyData. What the handshake's keys open is behind it.
 */
const char *tap_open_early(struct hf_tap *t, struct lane *l, struct span fragment, struct span *content)
{
    void *copy;
    const char *why = NULL;
    const struct suite *suite = suite13_of(t->now.code);
    struct slice next = keylog_find(t->keylog, t->now.client_random, LOGGED_CLIENT_HANDSHAKE);
    if (memory_raw(fragment.len, &copy) != OK) {
        return "out of memory";
    }
    memcpy(copy, fragment.data, fragment.len);
    struct slice as_it_came = slice_of(copy, fragment.len);
    if (t->now.has_hellos[SERVER] && suite && opens(suite, next, as_it_came, fragment)) {
        tap_keys13(t, l, STAGE_HANDSHAKE);
        l->sequence = l->next++;
    } else if (l->suite == 0) {
        find_early_suite(t, l, as_it_came, fragment);
    }
    memcpy(fragment.data, copy, fragment.len);
    if (l->protection.kind == PROTECT_NONE) {
        why = "early data, whose secret is not in the key log";
    } else if (protection_open(&l->protection, CONTENT_APPLICATION_DATA, fragment, content) != OK) {
        why = "early data that its logged secret does not open";
    }
    memory_free(copy, fragment.len);
    return why;
}
