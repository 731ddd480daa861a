/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "conn/conn.h"

/* A HelloRetryRequest that nobody remembers: what a config and a connection say of it. */
_Static_assert((int)HF_RETRY_COOKIE_ALWAYS == (int)RETRY_COOKIE_ALWAYS, "modes are the same numbers");
#define COOKIE_LIFE 10 /* seconds: a round trip, and then some */
#define COOKIE_LIFE_MAX 300

hf_err hf_config_retry_cookie(hf_config *config, hf_retry_cookie when, unsigned seconds)
{
    hf_err e = config_settable_by(config, SERVER);
    if (e != HF_OK) {
        return e;
    }
    if ((unsigned)when > HF_RETRY_COOKIE_ALWAYS || seconds > COOKIE_LIFE_MAX) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.retry_cookie = (enum retry_cookie)when;
    config->settings.retry_cookie_life = seconds ? seconds : COOKIE_LIFE;
    return HF_OK;
}

hf_err hf_conn_peer_address(hf_conn *conn, hf_bytes address)
{
    if (!conn || (!address.data && address.len)) {
        return HF_NULL_ARGUMENT;
    }
    if (conn->config->settings.side != SERVER || conn->started || !conn->hs ||
        address.len > sizeof conn->hs->peer_address) {
        return HF_BAD_ARGUMENT;
    }
    if (address.len) {
        memcpy(conn->hs->peer_address, address.data, address.len);
    }
    conn->hs->peer_address_len = (uint8_t)address.len;
    return HF_OK;
}
