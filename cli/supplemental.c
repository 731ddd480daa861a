/* SPDX-License-Identifier: MIT */
#include "cli/supplemental.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"

enum {
    USER_MAPPING = 0,
    MOST = 16,
    PRIVATE_USE = 65280,
    AUTHZ_DATA = 16386,
    CLIENT_AUTHZ = 7,
    SERVER_AUTHZ = 8
};

/* The contents of the files, for the life of the process: what every connection answers. */
static struct offering {
    uint16_t type;
    bool sends;
    struct file file;
} offerings[MOST];
static size_t offering_count;

static hf_supplemental_when when_of(const struct settings *s)
{
    return given(s, OPT_DOUBLE_HANDSHAKE)               ? HF_AFTER_DOUBLE_HANDSHAKE
           : given(s, OPT_UNSAFE_SUPPLEMENTAL_IN_CLEAR) ? HF_UNSAFE_IN_CLEAR
                                                        : HF_UNDER_PROTECTION;
}

/* ---- TYPE[@EXTENSION][:FILE] ---- */
static bool number(const char **at, uint16_t *out)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(*at, &end, 10);
    bool fine = **at >= '0' && **at <= '9' && errno == 0 && n <= 65535;
    *out = (uint16_t)n;
    *at = end;
    return fine;
}

static int bad_word(const struct settings *s, const char *word)
{
    return say_usage(
        s,
        "--supplemental takes TYPE:FILE, TYPE@EXTENSION:FILE or either without a file, with numbers up to 65535, not '%s'; "
        "only 16386 (authz_data) and the types for private use, 65280 and above, have an extension without being told",
        word);
}

static int read_word(const struct settings *s, const char *word, hf_supplemental_type *row, const char **file)
{
    const char *at = word;
    if (!number(&at, &row->type)) {
        return bad_word(s, word);
    }
    bool has_default = row->type == AUTHZ_DATA || row->type >= PRIVATE_USE;
    row->extension = row->type; /* private use, as the type is */
    if (*at == '@') {
        at++;
        has_default = true;
        if (!number(&at, &row->extension)) {
            return bad_word(s, word);
        }
    } else if (row->type == AUTHZ_DATA) { /* RFC 5878 2.1: client_authz and server_authz, x509_attr_cert */
        row->extension_data = (hf_bytes){(const uint8_t *)"\1", 2};
    }
    *file = *at == ':' ? at + 1 : NULL;
    if ((*at != ':' && *at != '\0') || (!has_default && !row->unsafe_without_extension)) {
        return bad_word(s, word);
    }
    return EXIT_WELL;
}

static int clashing(const struct settings *s, const char *word)
{
    return say_usage(
        s,
        "--supplemental %s: the type or its extension is given twice, or is one that handfast speaks itself "
        "(--user-mapping is type 0)",
        word);
}

/* authz_data's own two extensions, one for each direction, have a body; any other is for both. */
static hf_err add_rows(hf_config *config, hf_supplemental_type row)
{
    if (row.extension_data.len == 0) {
        row.client_sends = row.server_sends = true;
        return hf_config_supplemental(config, &row);
    }
    row.extension = CLIENT_AUTHZ;
    row.client_sends = true;
    hf_err err = hf_config_supplemental(config, &row);
    row.extension = SERVER_AUTHZ;
    row.client_sends = false;
    row.server_sends = true;
    return err != HF_OK ? err : hf_config_supplemental(config, &row);
}

static int add(hf_config *config, const struct settings *s, const char *word)
{
    hf_supplemental_type row = {
        .when = when_of(s), .unsafe_without_extension = given(s, OPT_UNSAFE_SUPPLEMENTAL_WITHOUT_EXTENSION)};
    struct offering *o = &offerings[offering_count];
    const char *path = NULL;
    int code = read_word(s, word, &row, &path);
    if (code != EXIT_WELL) {
        return code;
    }
    if (offering_count == MOST || add_rows(config, row) != HF_OK) {
        return clashing(s, word);
    }
    *o = (struct offering){.type = row.type, .sends = path != NULL};
    if (path != NULL && file_read(&o->file, path) != 0) {
        say_error("--supplemental %s: the file cannot be read (%s)", word, strerror(errno));
        return EXIT_USAGE;
    }
    if (o->file.bytes.len > 65529) {
        return say_usage(s, "--supplemental %s: the file has %zu bytes; an entry takes at most 65529", word,
                         o->file.bytes.len);
    }
    offering_count++;
    return EXIT_WELL;
}

/* upn:USER@DOMAIN or domain:DOMAIN */
static int set_user_mapping(hf_config *config, const struct settings *s, hf_side side)
{
    if (side == HF_SERVER) {
        return !given(s, OPT_TAKE_USER_MAPPING) || hf_config_user_mapping(config, NULL, when_of(s)) == HF_OK
                   ? EXIT_WELL
                   : EXIT_INTERNAL;
    }
    const char *text = option_text(s, OPT_USER_MAPPING);
    if (text == NULL) {
        return EXIT_WELL;
    }
    const char *colon = strchr(text, ':');
    hf_user_mapping hint = {0};
    hf_bytes name = {(const uint8_t *)(colon == NULL ? "" : colon + 1),
                     colon == NULL ? 0 : strlen(colon + 1)};
    bool is_upn = strncmp(text, "upn:", 4) == 0, is_domain = strncmp(text, "domain:", 7) == 0;
    *(is_upn ? &hint.user_principal_name : &hint.domain_name) = name;
    if (!is_upn && !is_domain) {
        return say_usage(s, "--user-mapping takes upn:USER@DOMAIN or domain:DOMAIN, not '%s'", text);
    }
    hf_err err = hf_config_user_mapping(config, &hint, when_of(s));
    if (err != HF_OK) {
        say_problem(err, text);
        return EXIT_USAGE;
    }
    return EXIT_WELL;
}

static int check(const struct settings *s)
{
    bool any = given(s, OPT_SUPPLEMENTAL) || given(s, OPT_USER_MAPPING) || given(s, OPT_TAKE_USER_MAPPING);
    bool clear = given(s, OPT_UNSAFE_SUPPLEMENTAL_IN_CLEAR),
         alone = given(s, OPT_UNSAFE_SUPPLEMENTAL_WITHOUT_EXTENSION);
    if ((clear || alone) && !any) {
        return say_usage(
            s, "--%s goes with --supplemental or --user-mapping",
            option_rows[clear ? OPT_UNSAFE_SUPPLEMENTAL_IN_CLEAR : OPT_UNSAFE_SUPPLEMENTAL_WITHOUT_EXTENSION]
                .name);
    }
    if (clear && given(s, OPT_DOUBLE_HANDSHAKE)) {
        return say_usage(s, "--double-handshake and --unsafe-supplemental-in-clear exclude one another");
    }
    if (clear) {
        say_warning(
            "--unsafe-supplemental-in-clear: whoever listens can read the supplemental data; --double-handshake hides it");
    }
    return EXIT_WELL;
}

int supplemental_set(hf_config *config, const struct settings *s, hf_side side)
{
    const struct option_value *words = &s->values[OPT_SUPPLEMENTAL];
    int code = check(s);
    if (code == EXIT_WELL && hf_config_double_handshake(config, given(s, OPT_DOUBLE_HANDSHAKE)) != HF_OK) {
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < words->times && code == EXIT_WELL; i++) {
        code = add(config, s, words->texts[i]);
    }
    return code != EXIT_WELL ? code : set_user_mapping(config, s, side);
}

/* ---- on a connection ---- */
bool supplemental_reply(hf_conn *conn)
{
    hf_question q;
    hf_supplemental entries[MOST];
    size_t count = 0;
    if (hf_asked(conn, &q) != HF_ASK_SUPPLEMENTAL) {
        return false;
    }
    for (size_t i = 0; i + 1 < q.supplemental_types.len; i += 2) {
        const uint8_t *at = q.supplemental_types.data + i;
        uint16_t type = (uint16_t)(at[0] << 8 | at[1]);
        for (size_t o = 0; o < offering_count; o++) {
            if (offerings[o].type == type && offerings[o].sends) {
                entries[count++] = (hf_supplemental){.type = type, .data = offerings[o].file.bytes};
            }
        }
    }
    if (hf_answer_supplemental(conn, entries, count) != HF_OK) {
        say_warning("the supplemental data is too long for one message (65533 bytes): none is sent");
        return hf_answer_supplemental(conn, NULL, 0) == HF_OK;
    }
    return true;
}

/* The first `most` bytes of them. */
static void add_hex(struct text *out, hf_bytes bytes, size_t most)
{
    for (size_t i = 0; i < bytes.len && i < most; i++) {
        text_print(out, "%02X", bytes.data[i]);
    }
}

/* A name as the peer sent it, with nothing in it that a terminal obeys. */
static void add_name(struct text *out, const char *what, hf_bytes name)
{
    struct text raw = {0};
    if (name.len > 0) {
        text_add_bytes(&raw, (const char *)name.data, name.len);
        text_add(out, what);
        text_add_clean(out, text_string(&raw), 0, !locale_is_utf8());
    }
    text_free(&raw);
}

void supplemental_print(const hf_conn *conn)
{
    enum { SHOWN = 256 };
    hf_supplemental got;
    hf_user_mapping hint;
    for (size_t i = 0; hf_supplemental_received(conn, i, &got); i++) {
        struct text hex = {0};
        if (got.type == USER_MAPPING) { /* in words, below */
            continue;
        }
        add_hex(&hex, got.data, SHOWN);
        say("supplemental data, type %u, %zu bytes, unauthenticated%s: %s%s", got.type, got.data.len,
            got.in_clear ? ", came in the clear" : "", text_string(&hex), got.data.len > SHOWN ? "..." : "");
        text_free(&hex);
    }
    for (size_t i = 0; hf_user_mapping_hint(conn, i, &hint); i++) {
        struct text names = {0};
        add_name(&names, " user ", hint.user_principal_name);
        add_name(&names, " domain ", hint.domain_name);
        say("user mapping hint, unauthenticated:%s", text_string(&names));
        text_free(&names);
    }
}

static void json_name(struct text *out, const char *name, hf_bytes bytes)
{
    struct text value = {0};
    text_add_bytes(&value, (const char *)bytes.data, bytes.len);
    text_print(out, "\"%s\":", name);
    text_add_json(out, bytes.len > 0 ? text_string(&value) : NULL);
    text_free(&value);
}

void supplemental_json(struct text *out, const hf_conn *conn)
{
    hf_supplemental got;
    hf_user_mapping hint;
    text_add(out, ",\"supplemental\":[");
    for (size_t i = 0; hf_supplemental_received(conn, i, &got); i++) {
        text_print(out, "%s{\"type\":%u,\"in_clear\":%s,\"data\":\"", i > 0 ? "," : "", got.type,
                   got.in_clear ? "true" : "false");
        add_hex(out, got.data, SIZE_MAX);
        text_add(out, "\"}");
    }
    text_add(out, "],\"user_mapping\":[");
    for (size_t i = 0; hf_user_mapping_hint(conn, i, &hint); i++) {
        text_add(out, i > 0 ? ",{" : "{");
        json_name(out, "user_principal_name", hint.user_principal_name);
        text_add(out, ",");
        json_name(out, "domain_name", hint.domain_name);
        text_add(out, "}");
    }
    text_add(out, "]");
}
