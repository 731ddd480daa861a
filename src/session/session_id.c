/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "session/keyring.h"

/* Session IDs that prove themselves, and names in a store that tell nothing. */

#define FORMAT 1
#define PROVEN 20 /* what the MAC covers behind the context */
#define MAC_SIZE 12
#define MINUTES (1 << 24)

static uint8_t head_of(uint32_t epoch)
{
    return (uint8_t)(FORMAT << 5 | epoch % EPOCHS_MAX);
}

static uint32_t minute_of(int64_t seconds)
{
    return (uint32_t)((uint64_t)seconds / 60 % MINUTES);
}

static enum err id_mac(const struct epoch *e, const uint8_t context[CONTEXT_SIZE], const uint8_t *id,
                       uint8_t out[HASH_MAX])
{
    const struct slice pieces[] = {slice_of(context, CONTEXT_SIZE), slice_of(id, PROVEN)};
    return hmac_pieces(&e->id_key, pieces, 2, out);
}

enum err session_id_make(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                         int64_t *expires, uint8_t id[SESSION_ID_MAX])
{
    uint8_t mac[HASH_MAX];
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *e = keyring_current(&hold, now);
    enum err err = e ? OK : E_BAD_KEYRING;
    if (e) {
        *expires = *expires < e->decrypt_until ? *expires : e->decrypt_until;
        uint32_t minute = minute_of(*expires + 59);
        id[0] = head_of(e->id);
        id[1] = (uint8_t)(minute >> 16);
        id[2] = (uint8_t)(minute >> 8);
        id[3] = (uint8_t)minute;
        err = id_mac(e, context, id, mac);
    }
    keyring_leave(hold);
    if (err == OK) {
        memcpy(id + PROVEN, mac, MAC_SIZE);
    }
    return err;
}

enum err session_id_check(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                          struct slice id, enum id_verdict *out)
{
    uint8_t mac[HASH_MAX];
    *out = ID_FOREIGN;
    if (id.len != SESSION_ID_MAX || id.data[0] >> 5 != FORMAT) {
        return OK;
    }
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *e = keyring_find_low(&hold, id.data[0] % EPOCHS_MAX, now);
    enum err err = e ? id_mac(e, context, id.data, mac) : OK;
    keyring_leave(hold);
    if (e && err == OK && secret_equal(slice_of(mac, MAC_SIZE), slice_of(id.data + PROVEN, MAC_SIZE))) {
        uint32_t expires = (uint32_t)id.data[1] << 16 | (uint32_t)id.data[2] << 8 | id.data[3];
        uint32_t ahead = (expires - minute_of(now)) % MINUTES;
        *out = ahead < MINUTES / 2 ? ID_OURS : ID_EXPIRED;
    }
    return err;
}

/* RFC 4648 5 */
static void base64url(const uint8_t bytes[24], char out[STORE_KEY_SIZE])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < 8; i++) {
        uint32_t three = (uint32_t)bytes[3 * i] << 16 | (uint32_t)bytes[3 * i + 1] << 8 | bytes[3 * i + 2];
        for (size_t j = 0; j < 4; j++) {
            out[4 * i + j] = digits[three >> (18 - 6 * j) & 63];
        }
    }
    out[32] = '\0';
}

enum err session_store_key(struct keyring *k, const uint8_t context[CONTEXT_SIZE], int64_t now,
                           struct slice id, char out[STORE_KEY_SIZE])
{
    uint8_t mac[HASH_MAX];
    const struct slice pieces[] = {slice_of("s", 1), slice_of(context, CONTEXT_SIZE), id};
    struct keyring_hold hold = keyring_enter(k);
    const struct epoch *e = id.len ? keyring_find_low(&hold, id.data[0] % EPOCHS_MAX, now) : NULL;
    enum err err = e ? hmac_pieces(&e->index_key, pieces, 3, mac) : E_BAD_KEYRING;
    keyring_leave(hold);
    if (err == OK) {
        base64url(mac, out);
    }
    return err;
}

enum err identity_index(const struct epoch *e, const char *identity, char out[STORE_KEY_SIZE])
{
    uint8_t mac[HASH_MAX];
    const struct slice pieces[] = {slice_of("i", 1), slice_of_string(identity)};
    TRY(hmac_pieces(&e->index_key, pieces, 2, mac));
    base64url(mac, out);
    return OK;
}
