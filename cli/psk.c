/* SPDX-License-Identifier: MIT */
#include "cli/psk.h"

#include <stdio.h>
#include <string.h>

#include "cli/config.h"
#include "cli/hex.h"
#include "cli/secret_file.h"

/*
 * A key's file holds one key, raw or in hexadecimal. Without --psk-identity it is a table, a line
 * IDENTITY:HEX for each, as psktool of GnuTLS writes them. Keys are never on the command line, where
 * everybody reads them.
 */
struct psk_wish {
    hf_config *config;
    hf_psk_hash hash;
    bool imports;
    const char *context;
};

static hf_bytes without_end_of_line(hf_bytes line)
{
    while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r')) {
        line.len--;
    }
    return line;
}

static bool from_hex(hf_bytes hex, uint8_t key[HF_PSK_MAX], size_t *len)
{
    return hex.len > 0 && hex_read(hex, key, HF_PSK_MAX, len);
}

static hf_err add(const struct psk_wish *wish, hf_bytes identity, hf_bytes key)
{
    hf_bytes context = {(const uint8_t *)wish->context, wish->context == NULL ? 0 : strlen(wish->context)};
    return wish->imports ? hf_config_psk_import(wish->config, identity, context, key, wish->hash)
                         : hf_config_psk(wish->config, identity, key, wish->hash);
}

/* What refused says, for the limits that a table has. */
static int say_refused(hf_err err, const char *path, size_t line)
{
    static const char limits[] =
        "an identity has 1 to 512 bytes and a key 16 to 64; a client offers 8 keys, or 4 that are imported";
    char value[400];
    if (line > 0) {
        snprintf(value, sizeof value, "%.300s, line %zu", path, line);
    } else {
        snprintf(value, sizeof value, "%.300s", path);
    }
    if (err == HF_BAD_ARGUMENT) {
        say_error("--psk-file %s: %s", value, limits);
        return EXIT_USAGE;
    }
    return refused(err, "psk-file", value, NULL);
}

static int add_one(const struct psk_wish *wish, const char *identity, const char *path, hf_bytes bytes)
{
    uint8_t key[HF_PSK_MAX];
    size_t len;
    if (from_hex(without_end_of_line(bytes), key, &len)) {
        bytes = (hf_bytes){key, len};
    }
    hf_err err = bytes.len == 0 ? HF_PSK_TOO_SHORT
                                : add(wish, (hf_bytes){(const uint8_t *)identity, strlen(identity)}, bytes);
    explicit_bzero(key, sizeof key);
    return err == HF_OK ? EXIT_WELL : say_refused(err, path, 0);
}

static int add_line(const struct psk_wish *wish, const char *path, size_t number, hf_bytes line)
{
    uint8_t key[HF_PSK_MAX];
    size_t colon = line.len, len;
    while (colon > 0 && line.data[colon - 1] != ':') {
        colon--;
    }
    if (colon < 2 || !from_hex((hf_bytes){line.data + colon, line.len - colon}, key, &len)) {
        say_error(
            "--psk-file %s, line %zu: not IDENTITY:HEX, with a key of at most 64 bytes; a file of one key alone needs --psk-identity",
            path, number);
        return EXIT_USAGE;
    }
    hf_err err = add(wish, (hf_bytes){line.data, colon - 1}, (hf_bytes){key, len});
    explicit_bzero(key, sizeof key);
    return err == HF_OK ? EXIT_WELL : say_refused(err, path, number);
}

static int add_table(const struct psk_wish *wish, const char *path, hf_bytes text)
{
    int code = EXIT_WELL;
    for (size_t number = 1; text.len > 0 && code == EXIT_WELL; number++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        hf_bytes line = {text.data, end == NULL ? text.len : (size_t)(end - text.data) + 1};
        text = (hf_bytes){text.data + line.len, text.len - line.len};
        line = without_end_of_line(line);
        code = line.len == 0 || line.data[0] == '#' ? EXIT_WELL : add_line(wish, path, number, line);
    }
    return code;
}

static int add_file(const struct psk_wish *wish, const char *identity, const char *path)
{
    struct file file;
    char why[WHY_SIZE];
    if (!secret_file_read(path, &file, why)) {
        say_error("--psk-file %s: %s", path, why);
        return EXIT_USAGE;
    }
    int code = identity != NULL ? add_one(wish, identity, path, file.bytes)
                                : add_table(wish, path, file.bytes);
    file_free(&file);
    return code;
}

static int read_wish(const struct settings *s, struct psk_wish *wish)
{
    const char *hash = given(s, OPT_PSK_HASH) ? option_text(s, OPT_PSK_HASH) : "sha256";
    wish->imports = given(s, OPT_PSK_IMPORT);
    wish->context = option_text(s, OPT_PSK_IMPORT);
    wish->hash = strcmp(hash, "sha384") == 0 ? HF_PSK_SHA384 : HF_PSK_SHA256;
    if (wish->hash == HF_PSK_SHA256 && strcmp(hash, "sha256") != 0) {
        return say_usage(s, "--psk-hash takes sha256 or sha384, not '%s'", hash);
    }
    return EXIT_WELL;
}

int psk_set(hf_config *config, const struct settings *s, hf_side side)
{
    const struct option_value *files = &s->values[OPT_PSK_FILE], *names = &s->values[OPT_PSK_IDENTITY];
    struct psk_wish wish = {.config = config};
    if (files->times == 0 && (names->times > 0 || given(s, OPT_PSK_IMPORT) || given(s, OPT_PSK_HASH))) {
        return say_usage(s, "--psk-identity, --psk-import and --psk-hash need --psk-file: the key");
    }
    if (names->times > 0 && names->times != files->times) {
        return say_usage(
            s, "--psk-identity is given %zu times and --psk-file %zu times; they belong together in pairs",
            names->times, files->times);
    }
    int code = read_wish(s, &wish);
    for (size_t i = 0; i < files->times && code == EXIT_WELL; i++) {
        code = add_file(&wish, names->times > 0 ? names->texts[i] : NULL, files->texts[i]);
    }
    if (code == EXIT_WELL && side == HF_SERVER && given(s, OPT_PSK_FOR_CLIENT_AUTH)) {
        hf_err err = hf_config_psk_for_client_auth(config, true);
        return err == HF_OK ? EXIT_WELL : refused(err, "psk-for-client-auth", "", NULL);
    }
    return code;
}

void psk_identity_text(struct text *out, hf_bytes identity)
{
    bool readable = true;
    for (size_t i = 0; i < identity.len; i++) {
        readable = readable && identity.data[i] >= 0x20 && identity.data[i] < 0x7f;
    }
    text_add(out, readable ? "" : "0x");
    for (size_t i = 0; i < identity.len; i++) {
        text_print(out, readable ? "%c" : "%02x", identity.data[i]);
    }
}
