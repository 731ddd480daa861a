/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include "cli/early.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/hello.h"
#include "cli/psk.h"
#include "cli/raw_keys.h"
#include "cli/renegotiation.h"
#include "cli/sessions.h"
#include "cli/status.h"
#include "cli/supplemental.h"

int refused(hf_err err, const char *option, const char *value, const hf_problem *why)
{
    char detail[512];
    const char *more = why != NULL && why->sentence[0] != '\0' ? why->sentence : "";
    snprintf(detail, sizeof detail, "--%s%s%s%s%s", option, value[0] != '\0' ? " " : "", value,
             more[0] != '\0' ? ": " : "", more);
    say_problem(err, detail);
    return err == HF_NO_MEMORY ? EXIT_INTERNAL : EXIT_USAGE;
}

static int set_trust(hf_config *config, const struct settings *s, hf_side side)
{
    const struct option_value *ca = &s->values[OPT_CA];
    for (size_t i = 0; i < ca->times; i++) {
        hf_err err = strcmp(ca->texts[i], "system") == 0 ? hf_config_trust_system(config)
                                                         : hf_config_trust_path(config, ca->texts[i]);
        if (err != HF_OK) {
            return refused(err, "ca", ca->texts[i], NULL);
        }
    }
    bool otherwise = given(s, OPT_INSECURE) || given(s, OPT_PSK_FILE) || given(s, OPT_TRUST_KEY);
    if (side == HF_CLIENT && ca->times == 0 && !otherwise) {
        hf_err err = hf_config_trust_system(config);
        return err == HF_OK ? EXIT_WELL : refused(err, "ca", "system", NULL);
    }
    return EXIT_WELL;
}

static int set_crls(hf_config *config, const struct settings *s)
{
    const struct option_value *crl = &s->values[OPT_CRL];
    for (size_t i = 0; i < crl->times; i++) {
        struct file file;
        hf_err err = file_read(&file, crl->texts[i]) == 0 ? hf_config_crls_pem(config, file.bytes)
                                                          : HF_FILE_UNREADABLE;
        file_free(&file);
        if (err != HF_OK) {
            return refused(err, "crl", crl->texts[i], NULL);
        }
    }
    return EXIT_WELL;
}

int password_of(const struct settings *s, size_t i, struct file *file, const char **password)
{
    const struct option_value *files = &s->values[OPT_KEY_PASSWORD_FILE];
    *password = NULL;
    *file = (struct file){0};
    if (files->times == 0 || (i >= files->times && files->times > 1)) {
        return EXIT_WELL;
    }
    const char *path = files->texts[files->times == 1 ? 0 : i];
    if (file_read(file, path) != 0) {
        return refused(HF_FILE_UNREADABLE, "key-password-file", path, NULL);
    }
    char *text = (char *)file->owned;
    text[strcspn(text, "\r\n")] = '\0';
    *password = text;
    return EXIT_WELL;
}

static int set_identities(hf_config *config, const struct settings *s)
{
    const struct option_value *cert = &s->values[OPT_CERT], *key = &s->values[OPT_KEY];
    if (key->times > 0 && key->times != cert->times) {
        return say_usage(s, "--cert is given %zu times and --key %zu times; they belong together in pairs",
                         cert->times, key->times);
    }
    for (size_t i = 0; i < cert->times; i++) {
        struct file file;
        const char *password, *key_path = key->times > 0 ? key->texts[i] : cert->texts[i];
        int code = password_of(s, i, &file, &password);
        hf_err err = code == EXIT_WELL ? hf_config_identity_file(config, cert->texts[i], key_path, password)
                                       : HF_OK;
        file_free(&file);
        if (code != EXIT_WELL) {
            return code;
        }
        if (err != HF_OK) {
            char value[320];
            snprintf(value, sizeof value, "%.150s --key %.150s", cert->texts[i], key_path);
            return refused(err, "cert", value, NULL);
        }
    }
    return EXIT_WELL;
}

/* "1.2", "TLS1.2", "tlsv1.2". */
static bool version_of(const char *text, uint16_t *version)
{
    static const struct {
        const char *text;
        uint16_t version;
    } versions[] = {{"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (len >= 3 && len < 10 && strcmp(text + len - 3, versions[i].text) == 0) {
            *version = versions[i].version;
            return true;
        }
    }
    return false;
}

static int set_versions(hf_config *config, const struct settings *s)
{
    const bool again = given(s, OPT_RENEGOTIATE); /* RFC 8446 4.1.2: TLS 1.3 has no other handshake */
    uint16_t min = 0x0303, max = again ? 0x0303 : 0x0304;
    if (given(s, OPT_MIN) && (!version_of(option_text(s, OPT_MIN), &min) || min < 0x0303)) {
        return say_usage(s, "--min takes 1.2 or 1.3, not '%s'", option_text(s, OPT_MIN));
    }
    if (given(s, OPT_MAX) && (!version_of(option_text(s, OPT_MAX), &max) || max < 0x0303)) {
        return say_usage(s, "--max takes 1.2 or 1.3, not '%s'", option_text(s, OPT_MAX));
    }
    if (again && min > 0x0303) {
        return say_usage(
            s,
            "--renegotiate with --min 1.3: TLS 1.3 has no renegotiation (RFC 8446 4.1.2); there is --update-keys");
    }
    if (min > max) {
        return say_usage(s, "--min %s is above --max %s", option_text(s, OPT_MIN), option_text(s, OPT_MAX));
    }
    if (!given(s, OPT_MIN) && !given(s, OPT_MAX) && !again) {
        return EXIT_WELL;
    }
    hf_err err = hf_config_versions(config, min, max);
    return err == HF_OK ? EXIT_WELL : refused(err, "min", option_text(s, OPT_MIN), NULL);
}

/* Before all that differs from it. */
static int set_policy(hf_config *config, const struct settings *s)
{
    const char *name = option_text(s, OPT_POLICY);
    hf_problem why = {0};
    hf_err err = name == NULL ? HF_OK : hf_config_policy(config, name, &why);
    if (err == HF_UNKNOWN_NAME) {
        return say_no_policy(s, name);
    }
    if (err == HF_OK && why.sentence[0] != '\0') {
        say_warning("--policy %s: %s", name, why.sentence);
    }
    if (err == HF_OK && given(s, OPT_REQUIRE_EMS)) {
        err = hf_config_require_extended_master_secret(config, true);
    }
    if (err == HF_OK && given(s, OPT_REQUIRE_ETM)) {
        err = hf_config_require_encrypt_then_mac(config, true);
    }
    return err == HF_OK ? EXIT_WELL : refused(err, "policy", name == NULL ? "" : name, NULL);
}

static int set_key_sizes(hf_config *config, const struct settings *s)
{
    unsigned long rsa = option_number(s, OPT_MIN_RSA_BITS, 0), dh = option_number(s, OPT_MIN_DH_BITS, 0);
    if (rsa > 16384 || hf_config_chain_limits(config, 0, (unsigned)rsa, 0) != HF_OK) {
        return say_usage(s, "--min-rsa-bits takes at most 16384, not %lu", rsa);
    }
    if (given(s, OPT_MIN_DH_BITS) && (dh > 8192 || hf_config_min_dh_bits(config, (unsigned)dh) != HF_OK)) {
        return say_usage(s, "--min-dh-bits takes 1024 to 8192, not %lu", dh);
    }
    return EXIT_WELL;
}

static int set_lists(hf_config *config, const struct settings *s, hf_side side)
{
    static const struct {
        enum option option;
        hf_err (*set)(hf_config *, const char *, hf_problem *);
    } lists[] = {{OPT_SUITES, hf_config_suites},
                 {OPT_GROUPS, hf_config_groups},
                 {OPT_SIGALGS, hf_config_schemes_to_sign},
                 {OPT_SIGALGS, hf_config_schemes_to_accept}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *list = option_text(s, lists[i].option);
        hf_problem why = {0};
        hf_err err = list == NULL ? HF_OK : lists[i].set(config, list, &why);
        if (err != HF_OK) {
            return refused(err, option_rows[lists[i].option].name, list, &why);
        }
        if (why.sentence[0] != '\0') {
            say_warning("--%s: %s", option_rows[lists[i].option].name, why.sentence);
        }
    }
    if (given(s, OPT_ALPN)) {
        hf_err err = hf_config_alpn(config, option_text(s, OPT_ALPN), side == HF_CLIENT);
        return err == HF_OK ? EXIT_WELL : refused(err, "alpn", option_text(s, OPT_ALPN), NULL);
    }
    return EXIT_WELL;
}

static int set_server(hf_config *config, const struct settings *s, struct sessions *sessions)
{
    static const char *const modes[] = {"none", "request", "require"};
    const char *mode = given(s, OPT_CLIENT_AUTH) ? option_text(s, OPT_CLIENT_AUTH) : "none";
    size_t i = 0;
    while (i < 3 && strcmp(mode, modes[i]) != 0) {
        i++;
    }
    if (i == 3) {
        return say_usage(s, "--client-auth takes none, request or require, not '%s'", mode);
    }
    if (i > 0 && !given(s, OPT_CA) && !given(s, OPT_TRUST_KEY)) {
        return say_usage(s, "--client-auth %s needs --ca: whose certificates clients may have", mode);
    }
    bool known = given(s, OPT_CERT) || given(s, OPT_PSK_FILE) || given(s, OPT_RAW_KEY);
    if (!known && !given(s, OPT_POLICY) && !given(s, OPT_SUITES)) { /* these may be anonymous */
        return say_usage(s, "a server needs --cert FILE --key FILE, --raw-key FILE or --psk-file FILE");
    }
    hf_err err = hf_config_client_auth(config, (hf_client_auth)i);
    if (err == HF_OK) { /* all that serve answers itself */
        err = hf_config_ask(config, (given(s, OPT_FETCH_CLIENT_CERTIFICATES) ? HF_ASK_FETCH_URL : 0u) |
                                        (sessions->store != NULL ? HF_ASK_LOOK_UP_SESSION : 0u));
    }
    return err == HF_OK ? sessions_set(sessions, config, s) : refused(err, "client-auth", mode, NULL);
}

static int set_client(hf_config *config, const struct settings *s)
{
    hf_err err = HF_OK;
    if (given(s, OPT_INSECURE)) {
        say_warning(
            "--insecure: the server's certificate is not verified; anybody between here and there can read and change everything");
        err = hf_config_insecure_no_verification(config);
    }
    if (err == HF_OK && given(s, OPT_ALLOW_INSECURE_RENEGOTIATION_PEER)) {
        err = hf_config_allow_insecure_renegotiation_peer(config, true);
    }
    if (err == HF_OK && given(s, OPT_NO_TICKETS)) {
        err = hf_config_tickets(config, false);
    }
    unsigned long keeps = option_number(s, OPT_KEEP_TICKETS, 1);
    if (err == HF_OK && (keeps < 1 || keeps > HF_TICKETS_MAX)) {
        return say_usage(s, "--keep-tickets takes 1 to %d, not %lu", HF_TICKETS_MAX, keeps);
    }
    err = err == HF_OK ? hf_config_tickets_kept(config, (unsigned)keeps) : err;
    bool known = given(s, OPT_CERT) || given(s, OPT_RAW_KEY);
    if (err == HF_OK && known) { /* to show it whenever the server asks, RFC 8446 4.2.6 */
        err = hf_config_post_handshake_auth(config, true);
    }
    return err == HF_OK ? EXIT_WELL : refused(err, "insecure", "", NULL);
}

static int set_compression(hf_config *config, const struct settings *s)
{
    hf_problem why = {0};
    const char *list = option_text(s, OPT_COMPRESS_CERTIFICATE);
    if (!given(s, OPT_COMPRESS_CERTIFICATE)) {
        return EXIT_WELL;
    }
    hf_err err = hf_config_certificate_compression(config, list, &why);
    return err == HF_OK ? EXIT_WELL : refused(err, "compress-certificate", list == NULL ? "" : list, &why);
}

static void keylog_line(void *arg, const char *line)
{
    struct text whole = {0};
    text_print(&whole, "%s\n", line);
    append_all((int)(intptr_t)arg, text_string(&whole), whole.len);
    text_free(&whole);
}

static int set_keylog(hf_config *config, const struct settings *s)
{
    const char *path = option_text(s, OPT_KEYLOG);
    if (path == NULL) {
        return EXIT_WELL;
    }
    int fd = open_to_append(path);
    if (fd < 0) {
        say_error("--keylog %s: the file cannot be written (%s)", path, strerror(errno));
        return EXIT_USAGE;
    }
    /* The descriptor lives as long as the process. */
    hf_err err = hf_config_keylog(config, keylog_line, (void *)(intptr_t)fd);
    return err == HF_OK ? EXIT_WELL : refused(err, "keylog", path, NULL);
}

static int set_all(hf_config *config, const struct settings *s, hf_side side, struct sessions *sessions)
{
    int code = set_trust(config, s, side);
    code = code != EXIT_WELL ? code : set_crls(config, s);
    code = code != EXIT_WELL ? code : set_identities(config, s);
    code = code != EXIT_WELL ? code : psk_set(config, s, side);
    code = code != EXIT_WELL ? code : raw_keys_set(config, s);
    code = code != EXIT_WELL ? code : set_policy(config, s);
    code = code != EXIT_WELL ? code : set_versions(config, s);
    code = code != EXIT_WELL ? code : set_key_sizes(config, s);
    code = code != EXIT_WELL ? code : set_lists(config, s, side);
    code = code != EXIT_WELL ? code : hello_settings(config, s, side);
    code = code != EXIT_WELL ? code : supplemental_set(config, s, side);
    code = code != EXIT_WELL   ? code
           : side == HF_SERVER ? set_server(config, s, sessions)
                               : set_client(config, s);
    code = code != EXIT_WELL ? code : early_set(config, s, side);
    code = code != EXIT_WELL ? code : renegotiation_set(config, s);
    code = code != EXIT_WELL ? code : set_compression(config, s);
    code = code != EXIT_WELL ? code : status_set(config, s, side);
    return code != EXIT_WELL ? code : set_keylog(config, s);
}

hf_config *config_make(const struct settings *s, hf_side side, struct sessions *sessions, int *code)
{
    hf_problem why = {0};
    hf_config *config = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    if (config == NULL) {
        say_problem(HF_NO_MEMORY, "");
        *code = EXIT_INTERNAL;
        return NULL;
    }
    *code = set_all(config, s, side, sessions);
    if (*code == EXIT_WELL && hf_config_freeze(config, &why) != HF_OK) {
        say_problem(why.err, why.sentence);
        *code = why.err == HF_NO_MEMORY ? EXIT_INTERNAL : EXIT_USAGE;
    }
    if (*code != EXIT_WELL) {
        hf_config_free(config);
        return NULL;
    }
    return config;
}
