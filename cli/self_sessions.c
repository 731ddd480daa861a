/* SPDX-License-Identifier: MIT */
#include <handfast/early.h>

#include <stdio.h>
#include <string.h>

#include "cli/self_cast.h"

/* What the sides of a scenario keep for a later connection. */

/* Two epochs of which the newer makes tickets where it is there. No secret: of a server that nobody meets. */
static const char old_key[] =
    "handfast keyring 1\nplan period 86400 life 14400 lead 0\n"
    "epoch 1 not_before 1767225600 encrypt_until 1767312000 decrypt_until 1767326400 "
    "secret 6f6c64206b6579206f66206f6e65207468617420697320706c61796564206279\n";
static const char new_key[] =
    "epoch 2 not_before 1767225600 encrypt_until 1767312000 decrypt_until 1767326400 "
    "secret 6e6577206b6579206f66206f6e65207468617420697320706c61796564206279\n";

hf_err self_add_tickets(hf_config *config, bool another)
{
    char text[sizeof old_key + sizeof new_key];
    hf_keyring *keyring = hf_keyring_new(NULL);
    if (keyring == NULL) {
        return HF_NO_MEMORY;
    }
    (void)snprintf(text, sizeof text, "%s%s", old_key, another ? new_key : "");
    hf_err err = hf_keyring_load(keyring, (hf_bytes){(const uint8_t *)text, strlen(text)}, NULL);
    err = err != HF_OK ? err : hf_config_keyring(config, keyring);
    err = err != HF_OK ? err : hf_config_session_cache(config, 0);
    err = err != HF_OK ? err : hf_config_tickets(config, true);
    hf_keyring_free(keyring);
    return err;
}

static hf_err add_external_psk(hf_config *config)
{
    static const char name[] = "sensor-12", context[] = "client sensor-12, server hub";
    static const uint8_t key[32] = {0x5a, 0xa5};
    return hf_config_psk_import(config, (hf_bytes){(const uint8_t *)name, sizeof name - 1},
                                (hf_bytes){(const uint8_t *)context, sizeof context - 1},
                                (hf_bytes){key, sizeof key}, HF_PSK_SHA256);
}

hf_err self_add_psk(hf_config *config, hf_side side, const struct cast *cast)
{
    hf_err err = hf_config_psk_alone(config, cast->psk_alone);
    err = err == HF_OK && cast->external_psk ? add_external_psk(config) : err;
    if (err == HF_OK && cast->early != NO_EARLY) {
        err = hf_config_early_data(config, 16384);
    }
    return err != HF_OK || side == HF_CLIENT
               ? err
               : hf_config_ticket_count(config, cast->tickets || cast->remembers ? 1 : 0);
}
