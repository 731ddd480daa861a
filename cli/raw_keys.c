/* SPDX-License-Identifier: MIT */
#include "cli/raw_keys.h"

#include <string.h>

#include "cli/config.h"
#include "cli/files.h"
#include "cli/hex.h"

enum { DIGEST = 32 };
static const char digest_prefix[] = "sha256:";

static int set_identities(hf_config *config, const struct settings *s)
{
    const struct option_value *keys = &s->values[OPT_RAW_KEY];
    struct file file = {0};
    const char *password = NULL;
    int code = keys->times > 0 ? password_of(s, SIZE_MAX, &file, &password) : EXIT_WELL;
    for (size_t i = 0; i < keys->times && code == EXIT_WELL; i++) {
        hf_err err = hf_config_identity_raw_key_file(config, keys->texts[i], password);
        code = err == HF_OK ? EXIT_WELL : refused(err, "raw-key", keys->texts[i], NULL);
    }
    file_free(&file);
    return code;
}

/* 64 digits, with colons between bytes or without. */
static bool digest_of(const char *text, uint8_t out[DIGEST])
{
    size_t len = 0;
    while (*text != '\0' && len < DIGEST) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0) {
            return false;
        }
        out[len++] = (uint8_t)(high << 4 | low);
        text += 2;
        text += *text == ':' && text[1] != '\0' && len < DIGEST;
    }
    return len == DIGEST && *text == '\0';
}

static int trust(hf_config *config, const struct settings *s, const char *value)
{
    uint8_t digest[DIGEST];
    if (strncmp(value, digest_prefix, sizeof digest_prefix - 1) != 0) {
        hf_err err = hf_config_trust_key_file(config, value);
        return err == HF_OK ? EXIT_WELL : refused(err, "trust-key", value, NULL);
    }
    if (!digest_of(value + sizeof digest_prefix - 1, digest)) {
        return say_usage(s, "--trust-key sha256: takes 64 hexadecimal digits, not '%s'",
                         value + sizeof digest_prefix - 1);
    }
    hf_err err = hf_config_trust_key_sha256(config, (hf_bytes){digest, sizeof digest});
    return err == HF_OK ? EXIT_WELL : refused(err, "trust-key", value, NULL);
}

int raw_keys_set(hf_config *config, const struct settings *s)
{
    const struct option_value *trusted = &s->values[OPT_TRUST_KEY];
    int code = set_identities(config, s);
    for (size_t i = 0; i < trusted->times && code == EXIT_WELL; i++) {
        code = trust(config, s, trusted->texts[i]);
    }
    return code;
}

void raw_keys_report(struct text *out, const hf_summary *n)
{
    uint8_t digest[DIGEST];
    if (n->peer_raw_key.len == 0 || hf_public_key_sha256(n->peer_raw_key, digest) != HF_OK) {
        return;
    }
    text_add(out, ",\"peer_raw_key_sha256\":\"");
    for (size_t i = 0; i < sizeof digest; i++) {
        text_print(out, "%02x", digest[i]);
    }
    text_add(out, "\"");
}
