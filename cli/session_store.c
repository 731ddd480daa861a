/* SPDX-License-Identifier: MIT */
#include "cli/session_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

/* "@FILE": the URL is the first line of a file that others cannot read, because all that stands on a command
 * line can be read with ps. */
static int read_url(const struct settings *s, struct file *file, const char **url)
{
    const char *text = option_text(s, OPT_SESSION_STORE);
    char why[WHY_SIZE];
    *file = (struct file){0};
    *url = text;
    if (text[0] != '@') {
        const char *host = strstr(text, "://"), *at = strchr(text, '@');
        if (host != NULL && at != NULL && at > host) {
            say_warning("--session-store: the URL has a password in it, which every user of this machine can "
                        "read with ps. Put it into a file of mode 0600 and give --session-store @FILE.");
        }
        return EXIT_WELL;
    }
    if (!secret_file_read(text + 1, file, why)) {
        say_error("--session-store %s: %s", text, why);
        return EXIT_USAGE;
    }
    char *line = (char *)file->owned;
    line[strcspn(line, "\r\n")] = '\0';
    *url = line;
    return EXIT_WELL;
}

static hf_err trust(hf_config *config, const char *ca)
{
    return ca == NULL || strcmp(ca, "system") == 0 ? hf_config_trust_system(config)
                                                   : hf_config_trust_path(config, ca);
}

/* The client that reaches a store over TLS. */
static int make_tls(const struct settings *s, hf_config **out)
{
    const char *ca = option_text(s, OPT_SESSION_STORE_CA), *cert = option_text(s, OPT_SESSION_STORE_CERT),
               *key = option_text(s, OPT_SESSION_STORE_KEY);
    hf_problem why = {0};
    hf_config *config = hf_config_client();
    hf_err err = config == NULL ? HF_NO_MEMORY : trust(config, ca);
    int code = EXIT_WELL;
    if (err != HF_OK) {
        code = refused(err, "session-store-ca", ca == NULL ? "system" : ca, NULL);
    } else if (cert != NULL) {
        err = hf_config_identity_file(config, cert, key == NULL ? cert : key, NULL);
        code = err == HF_OK ? EXIT_WELL : refused(err, "session-store-cert", cert, NULL);
    }
    if (code == EXIT_WELL && hf_config_freeze(config, &why) != HF_OK) {
        code = refused(why.err, "session-store-ca", ca == NULL ? "system" : ca, &why);
    }
    if (code != EXIT_WELL) {
        hf_config_free(config);
        config = NULL;
    }
    *out = config;
    return code;
}

static int tls_options(const struct settings *s, const char *url, hf_config **out)
{
    bool tls = strncmp(url, "rediss:", 7) == 0 || strncmp(url, "valkeys:", 8) == 0;
    *out = NULL;
    if (given(s, OPT_SESSION_STORE_KEY) && !given(s, OPT_SESSION_STORE_CERT)) {
        return say_usage(s, "--session-store-key belongs to --session-store-cert; give both");
    }
    if (!tls && (given(s, OPT_SESSION_STORE_CA) || given(s, OPT_SESSION_STORE_CERT))) {
        return say_usage(
            s,
            "--session-store-ca and --session-store-cert are for rediss://: this store is reached without TLS");
    }
    return tls ? make_tls(s, out) : EXIT_WELL;
}

int session_store_open(const struct settings *s, hf_store **out)
{
    struct file file;
    const char *url;
    hf_problem why = {0};
    hf_store_options options = {.name_space = option_text(s, OPT_SESSION_NAMESPACE)};
    unsigned long budget = option_number(s, OPT_SESSION_BUDGET, 25);
    *out = NULL;
    if (budget < 1 || budget > 500) {
        return say_usage(s, "--session-budget takes 1 to 500 milliseconds, not %lu", budget);
    }
    if (given(s, OPT_SESSION_CACHE) && option_number(s, OPT_SESSION_CACHE, 0) == 0) {
        return say_usage(
            s, "--session-cache 0 keeps no sessions, and --session-store keeps them: give one of the two");
    }
    options.budget = (uint32_t)budget;
    options.memory_sessions = options.local_sessions = (uint32_t)option_number(s, OPT_SESSION_CACHE, 0);
    int code = read_url(s, &file, &url);
    code = code == EXIT_WELL ? tls_options(s, url, &options.tls) : code;
    if (code == EXIT_WELL) {
        *out = hf_store_new(url, &options, &why);
        if (*out == NULL) {
            say_error("--session-store: %s", why.sentence);
            code = why.err == HF_NO_MEMORY ? EXIT_INTERNAL : EXIT_USAGE;
        }
    }
    hf_config_free(options.tls);
    file_free(&file);
    return code;
}

bool session_store_is_shared(const struct settings *s)
{
    return given(s, OPT_SESSION_STORE) && strcmp(option_text(s, OPT_SESSION_STORE), "memory:") != 0;
}

int session_kek_read(const struct settings *s, uint8_t key[SECRET_KEY_SIZE])
{
    const char *path = option_text(s, OPT_SESSION_KEK);
    char why[WHY_SIZE];
    if (path == NULL) {
        return say_usage(
            s,
            "a keyring in the store is wrapped with a key that is not in the store: give --session-kek FILE, "
            "a file of mode 0600 as 'openssl rand -hex 32' makes it, the same for all servers");
    }
    if (!secret_key_read(path, key, why)) {
        say_error("--session-kek %s: %s", path, why);
        return EXIT_USAGE;
    }
    return EXIT_WELL;
}
