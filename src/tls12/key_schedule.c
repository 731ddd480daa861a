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
    if (e == OK) {
        hs_tell_secret(hs, "premaster_secret", premaster_slice(&hs->premaster));
        hs_tell_secret(hs, "master_secret", secret_slice(&n->master));
    }
    premaster_wipe(&hs->premaster);
    return e;
}

/* The master secret, hashed in: the key block and both Finished come of it. */
static enum err ready_master(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    return hs->master.outer.hash != HASH_NONE
               ? OK
               : hmac_key_set(&hs->master, n->suite->hash, secret_slice(&n->master));
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

/* RFC 5246 6.3 */
static void tell_traffic(struct hs *hs)
{
    static const char *const names[2][3] = {
        [CLIENT] = {"client_write_MAC_key", "client_write_key", "client_write_IV"},
        [SERVER] = {"server_write_MAC_key", "server_write_key", "server_write_IV"},
    };
    const struct suite *suite = hs->negotiated->suite;
    for (enum side side = CLIENT; side <= SERVER; side++) {
        const struct traffic_secrets *t = &hs->traffic[side];
        const struct slice values[3] = {
            slice_of(t->mac_key, suite_mac_key_size(suite)),
            slice_of(t->key, suite_key_size(suite)),
            slice_of(t->iv, protection_iv_size(suite)),
        };
        for (int i = 0; i < 3; i++) {
            if (values[i].len) {
                hs_tell_secret(hs, names[side][i], values[i]);
            }
        }
    }
}

static enum err derive_traffic(struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    TRY(ready_master(hs));
    TRY(tls12_key_block(n->suite, &hs->master, &(struct randoms){n->client_random, n->server_random},
                        hs->traffic));
    hs->has_traffic = true;
    if (hs->config->keylog) {
        log_key(hs);
    }
    if (hs->event) {
        tell_traffic(hs);
    }
    return OK;
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

enum err tls12_install_keys(struct hs *hs, const struct step *s)
{
    enum side writer = s->by;
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
    TRY(ready_master(hs));
    return prf12_expand(&hs->master, label, hash, (struct span){out, VERIFY_DATA_SIZE});
}
