/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* Settings of the hello extensions that are numbers and switches. */
#define RECORD_SIZE_LIMIT_MIN 64 /* RFC 8449 4 */
#define PADDING_MAX 1024         /* within the room a ClientHello is built in */

hf_err hf_config_max_fragment(hf_config *config, unsigned bytes)
{
    hf_err e = config_settable_by(config, CLIENT);
    if (e != HF_OK) {
        return e;
    }
    if (bytes && bytes != 512 && bytes != 1024 && bytes != 2048 && bytes != 4096) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.max_fragment = (uint16_t)bytes;
    return HF_OK;
}

hf_err hf_config_record_size_limit(hf_config *config, unsigned bytes)
{
    hf_err e = config_settable(config);
    if (e != HF_OK) {
        return e;
    }
    if (bytes && (bytes < RECORD_SIZE_LIMIT_MIN || bytes > RECORD_PLAINTEXT_MAX)) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.record_size_limit = (uint16_t)bytes;
    config->settings.record_size_limit_set = true;
    return HF_OK;
}

hf_err hf_config_record_padding(hf_config *config, unsigned multiple)
{
    hf_err e = config_settable(config);
    if (e != HF_OK) {
        return e;
    }
    if (multiple > HF_PAD_WHOLE_RECORDS) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.record_padding = (uint16_t)multiple;
    return HF_OK;
}

hf_err hf_config_padding(hf_config *config, unsigned bytes)
{
    hf_err e = config_settable_by(config, CLIENT);
    if (e != HF_OK) {
        return e;
    }
    if (bytes > PADDING_MAX) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.pad_hello = (uint16_t)bytes;
    return HF_OK;
}

hf_err hf_config_key_shares(hf_config *config, unsigned shares)
{
    hf_err e = config_settable_by(config, CLIENT);
    if (e != HF_OK) {
        return e;
    }
    if (shares < 1 || shares > 2) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.key_shares = shares;
    return HF_OK;
}

hf_err hf_config_grease(hf_config *config, bool send)
{
    hf_err e = config_settable_by(config, CLIENT);
    if (e == HF_OK) {
        config->settings.grease = send;
    }
    return e;
}

hf_err hf_config_truncated_hmac(hf_config *config, bool use)
{
    hf_err e = config_settable(config);
#ifdef HF_LAB_TRUNCATED_HMAC
    if (e == HF_OK) {
        config->settings.truncated_hmac = use;
    }
    return e;
#else
    return e == HF_OK && use ? HF_TRUNCATED_HMAC_REFUSED : e;
#endif
}
