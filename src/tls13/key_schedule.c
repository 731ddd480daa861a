/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tls13/tls13.h"

/* RFC 8446 7.1: the secrets, one from the other, as the drawing there has them. */

#define KEY_MAX 32
#define IV_SIZE AEAD_NONCE_SIZE

static enum hash hash_of(const struct hs *hs)
{
    return hs->negotiated->suite->hash;
}

static const uint8_t zeros[HASH_MAX];

static struct slice no_secret(enum hash h)
{
    return slice_of(zeros, hash_size(h));
}

enum err tls13_derive(enum hash h, struct slice secret, const char *label, struct slice context,
                      struct span out)
{
    struct hmac_key key = {0};
    enum err e = hmac_key_set(&key, h, secret);
    e = e == OK ? hkdf_expand_label(&key, label, context, out) : e;
    hmac_key_wipe(&key);
    return e;
}

static enum err derive_secret(const struct hmac_key *from, enum hash h, const char *label, struct slice hash,
                              struct secret *out)
{
    out->len = hash_size(h);
    return hkdf_expand_label(from, label, hash, (struct span){out->data, out->len});
}

static enum err enter_stage(struct hs *hs, const char *name, const uint8_t *extracted)
{
    TRY(secret_set(&hs->schedule.stage, slice_of(extracted, hash_size(hash_of(hs)))));
    hs_tell_secret(hs, name, secret_slice(&hs->schedule.stage));
    return OK;
}

/* The next stage: HKDF-Extract, salted with what "derived" makes of this one. */
static enum err next_stage(struct hs *hs, const struct hmac_key *stage, const char *name, struct slice input)
{
    enum hash h = hash_of(hs);
    uint8_t nothing[HASH_MAX], extracted[HASH_MAX];
    struct secret salt = {.len = 0};
    TRY(hash_once(h, slice_of(NULL, 0), nothing));
    enum err e = derive_secret(stage, h, "derived", slice_of(nothing, hash_size(h)), &salt);
    e = e == OK ? hkdf_extract(h, secret_slice(&salt), input, extracted) : e;
    e = e == OK ? enter_stage(hs, name, extracted) : e;
    wipe(extracted, sizeof extracted);
    secret_wipe(&salt);
    return e;
}

static enum err early_secret(struct hs *hs, struct slice psk)
{
    enum hash h = hash_of(hs);
    uint8_t extracted[HASH_MAX];
    TRY(hkdf_extract(h, no_secret(h), psk.len ? psk : no_secret(h), extracted));
    enum err e = psk.len ? enter_stage(hs, "early_secret", extracted) /* else everybody knows it */
                         : secret_set(&hs->schedule.stage, slice_of(extracted, hash_size(h)));
    wipe(extracted, sizeof extracted);
    return e;
}

enum err tls13_early_secret(struct hs *hs)
{
    return early_secret(hs, secret_slice(&hs->psk));
}

/* ---- the key log, RFC 9850 ---- */
void keylog_secret(const struct config *c, const uint8_t client_random[RANDOM_SIZE], const char *label,
                   const struct secret *s)
{
    char line[40 + 1 + 2 * RANDOM_SIZE + 1 + 2 * SECRET_MAX + 1];
    if (!c->keylog) {
        return;
    }
    size_t at = (size_t)snprintf(line, sizeof line, "%.39s ", label);
    for (size_t i = 0; i < RANDOM_SIZE; i++, at += 2) {
        (void)snprintf(line + at, 3, "%02x", client_random[i]);
    }
    line[at++] = ' ';
    for (size_t i = 0; i < s->len; i++, at += 2) {
        (void)snprintf(line + at, 3, "%02x", s->data[i]);
    }
    c->keylog(c->keylog_arg, line);
    wipe(line, sizeof line);
}

void tls13_log_secret(const struct hs *hs, const char *label, const struct secret *s)
{
    keylog_secret(hs->config, hs->negotiated->client_random, label, s);
}

/* ---- traffic secrets ---- */
struct derivation {
    const char *label, *name, *log; /* RFC 8446 7.1's label and name; the key log's, or NULL */
    struct secret *out;
};

static enum err derive_with(struct hs *hs, const struct hmac_key *stage, struct slice hash,
                            const struct derivation *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(derive_secret(stage, hash_of(hs), list[i].label, hash, list[i].out));
        hs_tell_secret(hs, list[i].name, secret_slice(list[i].out));
        if (list[i].log) {
            tls13_log_secret(hs, list[i].log, list[i].out);
        }
    }
    return OK;
}

/* Each with the transcript so far. */
static enum err derive_all(struct hs *hs, const struct hmac_key *stage, const struct derivation *list,
                           size_t count)
{
    uint8_t bytes[HASH_MAX];
    struct slice hash;
    TRY(transcript_hash(&hs->transcript, bytes, &hash));
    return derive_with(hs, stage, hash, list, count);
}

enum err tls13_early_traffic(struct hs *hs, struct slice psk)
{
    struct negotiated *n = hs->negotiated;
    enum hash h = hash_of(hs);
    uint8_t hash[HASH_MAX];
    struct hmac_key stage = {0};
    const struct derivation both[] = {
        {"c e traffic", "client_early_traffic_secret", "CLIENT_EARLY_TRAFFIC_SECRET", &hs->schedule.early},
        {"e exp master", "early_exporter_master_secret", "EARLY_EXPORTER_SECRET", &n->early_exporter},
    };
    n->early_hash = h;
    TRY(transcript_hash_with(&hs->transcript, h, slice_of(NULL, 0), hash));
    TRY(early_secret(hs, psk));
    enum err e = hmac_key_set(&stage, h, secret_slice(&hs->schedule.stage));
    e = e == OK ? derive_with(hs, &stage, slice_of(hash, hash_size(h)), both, 2) : e;
    hmac_key_wipe(&stage);
    return e;
}

/* Moves on to the next stage with this input and derives what hangs on it. */
static enum err advance(struct hs *hs, const char *stage_name, struct slice input,
                        const struct derivation *list, size_t count)
{
    struct hmac_key stage = {0};
    enum err e = hmac_key_set(&stage, hash_of(hs), secret_slice(&hs->schedule.stage));
    e = e == OK ? next_stage(hs, &stage, stage_name, input) : e;
    e = e == OK ? hmac_key_set(&stage, hash_of(hs), secret_slice(&hs->schedule.stage)) : e;
    e = e == OK ? derive_all(hs, &stage, list, count) : e;
    hmac_key_wipe(&stage);
    return e;
}

enum err tls13_handshake_secrets(struct hs *hs)
{
    struct secret *traffic = hs->schedule.handshake;
    const struct derivation both[] = {
        {"c hs traffic", "client_handshake_traffic_secret", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
         &traffic[CLIENT]},
        {"s hs traffic", "server_handshake_traffic_secret", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
         &traffic[SERVER]},
    };
    struct slice input = premaster_slice(&hs->premaster);
    if (input.len) {
        hs_tell_secret(hs, "shared_secret", input);
    }
    enum err e = advance(hs, "handshake_secret", input.len ? input : no_secret(hash_of(hs)), both, 2);
    premaster_wipe(&hs->premaster);
    return e;
}

enum err tls13_application_secrets(struct hs *hs)
{
    struct schedule *s = &hs->schedule;
    const struct derivation all[] = {
        {"c ap traffic", "client_application_traffic_secret_0", "CLIENT_TRAFFIC_SECRET_0",
         &s->application[CLIENT]},
        {"s ap traffic", "server_application_traffic_secret_0", "SERVER_TRAFFIC_SECRET_0",
         &s->application[SERVER]},
        {"exp master", "exporter_master_secret", "EXPORTER_SECRET", &s->exporter},
    };
    TRY(advance(hs, "master_secret", no_secret(hash_of(hs)), all, 3));
    hs->has_traffic = true;
    return secret_set(&hs->negotiated->master, secret_slice(&s->exporter));
}

enum err tls13_resumption_secret(struct hs *hs)
{
    struct hmac_key stage = {0};
    const struct derivation one[] = {
        {"res master", "resumption_master_secret", NULL, &hs->schedule.resumption}};
    enum err e = hmac_key_set(&stage, hash_of(hs), secret_slice(&hs->schedule.stage));
    e = e == OK ? derive_all(hs, &stage, one, 1) : e;
    hmac_key_wipe(&stage);
    return e;
}

/* ---- keys, RFC 8446 7.3 ---- */
enum err tls13_protect(struct protection *p, const struct suite *suite, enum aead_use use,
                       struct slice secret)
{
    uint8_t key[KEY_MAX], iv[IV_SIZE];
    struct hmac_key from = {0};
    size_t size = suite_key_size(suite);
    struct slice none = slice_of(NULL, 0);
    enum err e = hmac_key_set(&from, suite->hash, secret);
    e = e == OK ? hkdf_expand_label(&from, "key", none, (struct span){key, size}) : e;
    e = e == OK ? hkdf_expand_label(&from, "iv", none, (struct span){iv, sizeof iv}) : e;
    if (e == OK) {
        struct record_keys keys = {.key = slice_of(key, size), .iv = slice_of(iv, sizeof iv)};
        e = protection_set(p, suite, use, &keys);
    }
    hmac_key_wipe(&from);
    wipe(key, sizeof key);
    wipe(iv, sizeof iv);
    return e;
}

static enum err install(struct hs *hs, enum side writer, const struct secret *secret)
{
    const struct suite *suite = hs->negotiated->suite;
    if (writer != hs->cursor.me) {
        return tls13_protect(&hs->record_in->protection, suite, AEAD_OPEN, secret_slice(secret));
    }
    struct record_out *out = hs->record_out;
    struct protection next = {0};
    enum err e = tls13_protect(&next, suite, AEAD_SEAL, secret_slice(secret));
    if (e != OK &&
        out->open != RECORD_NOT_OPEN) { /* or the peer would read our alert under keys that we do not have */
        record_discard(out);
    }
    e = e == OK ? record_close(out) : e;
    if (e == OK) {
        protection_wipe(&out->protection);
        out->protection = next;
    } else {
        protection_wipe(&next);
    }
    return e;
}

static const struct secret *secret_behind(const struct hs *hs, const struct step *s)
{
    const struct schedule *keys = &hs->schedule;
    return s->then == APPLICATION_KEYS ? &keys->application[s->by] : &keys->handshake[s->by];
}

enum err tls13_make_keys(struct hs *hs)
{
    if (hs->record_out->levels) {
        return OK;
    }
    const struct secret *secret = secret_behind(hs, hs->step);
    return tls13_protect(&hs->next, hs->negotiated->suite, AEAD_SEAL, secret_slice(secret));
}

/* Behind ServerHello the handshake's keys come for both directions. */
enum err tls13_install_keys(struct hs *hs, const struct step *s)
{
    const struct schedule *keys = &hs->schedule;
    if (hs->record_out->levels) {
        return quic_install_keys(hs, s);
    }
    if (s->then == EARLY_KEYS) {
        return install(hs, CLIENT, &keys->early);
    }
    if (!step_is_local(s) && s->by == hs->cursor.me) {
        TRY(record_close(hs->record_out));
        protection_wipe(&hs->record_out->protection);
        hs->record_out->protection = hs->next;
        wipe(&hs->next, sizeof hs->next);
        return OK;
    }
    if (!step_is_local(s)) {
        return install(hs, s->by, secret_behind(hs, s));
    }
    TRY(tls13_early_data_goes_on(hs) ? OK : tls13_end_early_data(hs));
    if (hs->cursor.me == SERVER) {
        TRY(cursor_has(&hs->cursor, EARLY_DATA) ? install(hs, CLIENT, &keys->early) : OK);
        tls13_early_data_passed_over(hs);
    }
    return install(hs, SERVER, &keys->handshake[SERVER]);
}

enum err tls13_end_early_data(struct hs *hs)
{
    return install(hs, CLIENT, &hs->schedule.handshake[CLIENT]);
}

/* ---- Finished, RFC 8446 4.4.4 ---- */
enum err tls13_verify_data(struct hs *hs, enum side by, uint8_t out[HASH_MAX], struct slice *mac)
{
    enum hash h = hash_of(hs);
    uint8_t finished_key[HASH_MAX], bytes[HASH_MAX];
    struct slice hash, none = slice_of(NULL, 0);
    struct span key = {finished_key, hash_size(h)};
    TRY(transcript_hash(&hs->transcript, bytes, &hash));
    enum err e = tls13_derive(h, secret_slice(&hs->schedule.handshake[by]), "finished", none, key);
    e = e == OK ? hmac_once(h, slice_of_span(key), hash, out) : e;
    wipe(finished_key, sizeof finished_key);
    *mac = slice_of(out, hash_size(h));
    return e;
}
