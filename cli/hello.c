/* SPDX-License-Identifier: MIT */
#include "cli/hello.h"

#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "cli/files.h"
#include "cli/hex.h"

/* ---- trusted_ca_keys, RFC 6066 6 ---- */
static unsigned trusted_ca_kind(const char *word)
{
    static const struct {
        const char *word;
        unsigned kind;
    } kinds[] = {{"name", HF_TRUSTED_CA_X509_NAME},
                 {"key", HF_TRUSTED_CA_KEY_SHA1_HASH},
                 {"cert", HF_TRUSTED_CA_CERT_SHA1_HASH},
                 {"pre-agreed", HF_TRUSTED_CA_PRE_AGREED}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            return kinds[i].kind;
        }
    }
    return 0;
}

static int set_trusted_cas(hf_config *config, const struct settings *s)
{
    const struct option_value *words = &s->values[OPT_TRUSTED_CA];
    unsigned kinds = 0;
    for (size_t i = 0; i < words->times; i++) {
        unsigned kind = trusted_ca_kind(words->texts[i]);
        if (kind == 0) {
            return say_usage(s, "--trusted-ca takes name, key, cert or pre-agreed, not '%s'",
                             words->texts[i]);
        }
        kinds |= kind;
    }
    hf_err err = kinds == 0 ? HF_OK : hf_config_send_trusted_cas(config, kinds);
    return err == HF_OK ? EXIT_WELL : refused(err, "trusted-ca", words->texts[0], NULL);
}

static int set_chains_for_trusted_cas(hf_config *config, const struct settings *s)
{
    unsigned long number = option_number(s, OPT_PRE_AGREED, 0);
    if (given(s, OPT_PRE_AGREED) &&
        (number == 0 || hf_config_identity_pre_agreed(config, number - 1) != HF_OK)) {
        return say_usage(s, "--pre-agreed %lu: there is no such --cert; the first is 1", number);
    }
    hf_err err = given(s, OPT_REQUIRE_TRUSTED_CA) ? hf_config_require_trusted_ca(config, true) : HF_OK;
    return err == HF_OK ? EXIT_WELL : refused(err, "require-trusted-ca", "", NULL);
}

/* ---- client_certificate_url, RFC 6066 5 ---- */
static int set_cert_urls(hf_config *config, const struct settings *s)
{
    static const char prefix[] = "pkipath:";
    const struct option_value *urls = &s->values[OPT_CERT_URL];
    for (size_t i = 0; i < urls->times; i++) {
        const char *url = urls->texts[i];
        bool pkipath = strncmp(url, prefix, sizeof prefix - 1) == 0;
        hf_err err = hf_config_identity_url(config, 0, pkipath, url + (pkipath ? sizeof prefix - 1 : 0));
        if (err == HF_BAD_ARGUMENT) {
            return say_usage(s,
                             given(s, OPT_CERT)
                                 ? "--cert-url %s: an absolute http or https URL of at most 1024 bytes is "
                                   "wanted, ten at most, or one of a PkiPath: pkipath:URL"
                                 : "--cert-url %s needs --cert: what is published there",
                             url);
        }
        if (err != HF_OK) {
            return refused(err, "cert-url", url, NULL);
        }
    }
    return EXIT_WELL;
}

/* ---- the user's own ---- */
enum { BODY_MOST = 4096 };

static int read_body(const struct settings *s, const char *whole, const char *text, uint8_t *out, size_t *len)
{
    struct file file;
    if (text[0] != '@') {
        return hex_read((hf_bytes){(const uint8_t *)text, strlen(text)}, out, BODY_MOST, len)
                   ? EXIT_WELL
                   : say_usage(s,
                               "--extension %s: behind the colon stand at most 4096 bytes in hexadecimal, or "
                               "@FILE",
                               whole);
    }
    if (file_read(&file, text + 1) != 0) {
        return refused(HF_FILE_UNREADABLE, "extension", whole, NULL);
    }
    bool fits = file.bytes.len <= BODY_MOST;
    *len = fits ? file.bytes.len : 0;
    if (*len > 0) {
        memcpy(out, file.bytes.data, *len);
    }
    file_free(&file);
    return fits ? EXIT_WELL : say_usage(s, "--extension %s: the file has more than 4096 bytes", whole);
}

static int set_extension(hf_config *config, const struct settings *s, const char *text)
{
    uint8_t body[BODY_MOST];
    size_t len = 0;
    char *end;
    unsigned long code = strtoul(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || (*end != '\0' && *end != ':') || code > 0xffff) {
        return say_usage(s, "--extension takes CODE:HEX or CODE:@FILE, not '%s'", text);
    }
    int read = *end == '\0' ? EXIT_WELL : read_body(s, text, end + 1, body, &len);
    if (read != EXIT_WELL) {
        return read;
    }
    hf_err err = hf_config_extension(config, (uint16_t)code, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO,
                                     (hf_bytes){body, len});
    if (err == HF_BAD_ARGUMENT) {
        return say_usage(
            s,
            "--extension %s: a code is given once and must be one that has no name, such as 65300 "
            "(65280 to 65535 are for private use); 16 extensions with 4096 bytes in all are the most",
            text);
    }
    return err == HF_OK ? EXIT_WELL : refused(err, "extension", text, NULL);
}

/* What the hellos say about records, and what only exercises the peer. */
/* RFC 8446 5.4 */
static int set_pad(hf_config *config, const struct settings *s)
{
    const char *text = option_text(s, OPT_PAD);
    char *end = NULL;
    unsigned long multiple = 0;
    if (text == NULL) {
        return EXIT_WELL;
    }
    bool full = strcmp(text, "full") == 0;
    multiple = full ? HF_PAD_WHOLE_RECORDS : *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    bool sound = full || (end != NULL && *end == '\0' && multiple >= 2 && multiple <= 16384);
    if (!sound || hf_config_record_padding(config, (unsigned)multiple) != HF_OK) {
        return say_usage(s, "--pad takes 2 to 16384, or full, not '%s'", text);
    }
    return EXIT_WELL;
}

static int set_oid_filters(hf_config *config, const struct settings *s)
{
    const struct option_value *filters = &s->values[OPT_OID_FILTER];
    for (size_t i = 0; i < filters->times; i++) {
        hf_problem why = {0};
        hf_err err = hf_config_oid_filter(config, filters->texts[i], &why);
        if (err != HF_OK) {
            return refused(err, "oid-filter", filters->texts[i], &why);
        }
    }
    return EXIT_WELL;
}

static int set_record_sizes(hf_config *config, const struct settings *s)
{
    unsigned long padding = !given(s, OPT_PADDING)                ? 0
                            : option_text(s, OPT_PADDING) == NULL ? 512
                                                                  : option_number(s, OPT_PADDING, 0);
    const struct {
        enum option option;
        unsigned long value;
        hf_err (*set)(hf_config *, unsigned);
        const char *takes;
    } numbers[] = {{OPT_MAX_FRAGMENT, option_number(s, OPT_MAX_FRAGMENT, 0), hf_config_max_fragment,
                    "512, 1024, 2048 or 4096"},
                   {OPT_RECORD_SIZE_LIMIT, option_number(s, OPT_RECORD_SIZE_LIMIT, 0),
                    hf_config_record_size_limit, "64 to 16384, or 0"},
                   {OPT_PADDING, padding, hf_config_padding, "at most 1024"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (given(s, numbers[i].option) && numbers[i].set(config, (unsigned)numbers[i].value) != HF_OK) {
            return say_usage(s, "--%s takes %s, not %lu", option_rows[numbers[i].option].name,
                             numbers[i].takes, numbers[i].value);
        }
    }
    if (given(s, OPT_KEY_SHARES) &&
        hf_config_key_shares(config, (unsigned)option_number(s, OPT_KEY_SHARES, 0)) != HF_OK) {
        return say_usage(s, "--key-shares takes 1 or 2, not %lu", option_number(s, OPT_KEY_SHARES, 0));
    }
    hf_err err = given(s, OPT_GREASE) ? hf_config_grease(config, true) : HF_OK;
    if (err == HF_OK && given(s, OPT_NO_TICKETS)) {
        err = hf_config_tickets(config, false);
    }
    if (err == HF_OK && given(s, OPT_PSK_ALONE)) {
        err = hf_config_psk_alone(config, true);
    }
    if (err == HF_OK && given(s, OPT_TRUNCATED_HMAC)) {
        err = hf_config_truncated_hmac(config, true);
    }
    return err == HF_OK ? EXIT_WELL
                        : refused(err, given(s, OPT_TRUNCATED_HMAC) ? "truncated-hmac" : "grease", "", NULL);
}

static int set_retry_cookie(hf_config *config, const struct settings *s)
{
    const char *word = option_text(s, OPT_RETRY_COOKIE);
    bool always = word != NULL && strcmp(word, "always") == 0;
    if (!given(s, OPT_RETRY_COOKIE)) {
        return EXIT_WELL;
    }
    if (word != NULL && !always) {
        return say_usage(s, "--retry-cookie takes always, or nothing, not '%s'", word);
    }
    hf_err err =
        hf_config_retry_cookie(config, always ? HF_RETRY_COOKIE_ALWAYS : HF_RETRY_COOKIE_WITH_RETRY, 0);
    return err == HF_OK ? EXIT_WELL : refused(err, "retry-cookie", "", NULL);
}

int hello_settings(hf_config *config, const struct settings *s, hf_side side)
{
    const struct option_value *own = &s->values[OPT_EXTENSION];
    int code = side == HF_CLIENT ? set_trusted_cas(config, s) : set_chains_for_trusted_cas(config, s);
    code = code == EXIT_WELL && side == HF_CLIENT ? set_cert_urls(config, s) : code;
    for (size_t i = 0; i < own->times && code == EXIT_WELL; i++) {
        code = set_extension(config, s, own->texts[i]);
    }
    code = code == EXIT_WELL ? set_retry_cookie(config, s) : code;
    code = code == EXIT_WELL ? set_pad(config, s) : code;
    code = code == EXIT_WELL ? set_oid_filters(config, s) : code;
    return code == EXIT_WELL ? set_record_sizes(config, s) : code;
}
