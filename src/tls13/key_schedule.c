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

/* What "derived" and the binders are over: Hash(""), RFC 8446 7.1. */
static const uint8_t nothing256[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                     0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                     0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
static const uint8_t nothing384[] = {0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e,
                                     0xb1, 0xb1, 0xe3, 0x6a, 0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43,
                                     0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e, 0xde, 0xbf,
                                     0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b};
/* Without a pre-shared key what the handshake's secret is salted with is the same for everybody: the early
 * secret of zeros, and what "derived" makes of it. */
static const uint8_t salt256[] = {0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54,
                                  0xfc, 0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48,
                                  0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba};
static const uint8_t salt384[] = {0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9,
                                  0xc7, 0x53, 0x33, 0x0e, 0x92, 0xd0, 0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44,
                                  0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93, 0xe5, 0x2f, 0x2b, 0x16,
                                  0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b};

struct slice tls13_hash_of_nothing(enum hash h)
{
    return h == HASH_SHA384 ? slice_of(nothing384, sizeof nothing384)
                            : slice_of(nothing256, sizeof nothing256);
}

struct slice tls13_salt_without_psk(enum hash h)
{
    return h == HASH_SHA384 ? slice_of(salt384, sizeof salt384) : slice_of(salt256, sizeof salt256);
}

/* hs->master is the stage, hashed in: HKDF-Extract of salt and input. */
static enum err enter_stage(struct hs *hs, const char *name, struct slice salt, struct slice input)
{
    enum hash h = hash_of(hs);
    uint8_t extracted[HASH_MAX];
    TRY(hkdf_extract(h, salt, input, extracted));
    enum err e = hmac_key_set(&hs->master, h, slice_of(extracted, hash_size(h)));
    if (e == OK) {
        hs_tell_secret(hs, name, slice_of(extracted, hash_size(h)));
    }
    wipe(extracted, sizeof extracted);
    return e;
}

/* The next: salted with what "derived" makes of this one; of none where there was no pre-shared key. */
static enum err next_stage(struct hs *hs, const char *name, struct slice input)
{
    enum hash h = hash_of(hs);
    struct secret salt = {.len = 0};
    if (hs->master.outer.hash == HASH_NONE) {
        return enter_stage(hs, name, tls13_salt_without_psk(h), input);
    }
    enum err e = derive_secret(&hs->master, h, "derived", tls13_hash_of_nothing(h), &salt);
    e = e == OK ? enter_stage(hs, name, secret_slice(&salt), input) : e;
    secret_wipe(&salt);
    return e;
}

static enum err early_secret(struct hs *hs, struct slice psk)
{
    return enter_stage(hs, "early_secret", no_secret(hash_of(hs)), psk);
}

enum err tls13_early_secret(struct hs *hs)
{
    if (!hs->psk.len) { /* what was for early data is of a key that is not used */
        hmac_key_wipe(&hs->master);
        return OK;
    }
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

static enum err derive_with(struct hs *hs, struct slice hash, const struct derivation *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(derive_secret(&hs->master, hash_of(hs), list[i].label, hash, list[i].out));
        hs_tell_secret(hs, list[i].name, secret_slice(list[i].out));
        if (list[i].log) {
            tls13_log_secret(hs, list[i].log, list[i].out);
        }
    }
    return OK;
}

/* Each with the transcript so far. */
static enum err derive_all(struct hs *hs, const struct derivation *list, size_t count)
{
    uint8_t bytes[HASH_MAX];
    struct slice hash;
    TRY(transcript_hash(&hs->transcript, bytes, &hash));
    return derive_with(hs, hash, list, count);
}

enum err tls13_early_traffic(struct hs *hs, struct slice psk)
{
    struct negotiated *n = hs->negotiated;
    enum hash h = hash_of(hs);
    uint8_t hash[HASH_MAX];
    TRY(negotiated_early_exporter(n));
    const struct derivation both[] = {
        {"c e traffic", "client_early_traffic_secret", "CLIENT_EARLY_TRAFFIC_SECRET", &hs->schedule.early},
        {"e exp master", "early_exporter_master_secret", "EARLY_EXPORTER_SECRET", n->early_exporter},
    };
    n->early_hash = h;
    TRY(transcript_hash_with(&hs->transcript, h, slice_of(NULL, 0), hash));
    TRY(early_secret(hs, psk));
    return derive_with(hs, slice_of(hash, hash_size(h)), both, 2);
}

/* Moves on to the next stage with this input and derives what hangs on it. */
static enum err advance(struct hs *hs, const char *stage_name, struct slice input,
                        const struct derivation *list, size_t count)
{
    TRY(next_stage(hs, stage_name, input));
    return derive_all(hs, list, count);
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
    const struct derivation one[] = {
        {"res master", "resumption_master_secret", NULL, &hs->schedule.resumption}};
    return derive_all(hs, one, 1);
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
