/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int export_read(const struct settings *s, struct export_wish *wish)
{
    const char *text = option_text(s, OPT_EXPORT);
    *wish = (struct export_wish){0};
    if (text == NULL) {
        return EXIT_WELL;
    }
    const char *colon = strchr(text, ':');
    size_t label = colon == NULL ? 0 : (size_t)(colon - text);
    char *end = NULL;
    unsigned long len = colon == NULL ? 0 : strtoul(colon + 1, &end, 10);
    if (label == 0 || label >= sizeof wish->label || len == 0 || len > 1024 ||
        (*end != '\0' && *end != ':')) {
        return say_usage(
            s,
            "--export takes LABEL:LEN or LABEL:LEN:CONTEXT, with a label of 1 to 64 bytes and LEN from 1 to 1024, not '%s'",
            text);
    }
    memcpy(wish->label, text, label);
    wish->len = len;
    wish->context = *end == ':' ? end + 1 : NULL;
    return EXIT_WELL;
}

void export_print(const struct settings *s, const hf_conn *conn)
{
    struct export_wish wish;
    uint8_t bytes[1024];
    if (!given(s, OPT_EXPORT) || export_read(s, &wish) != EXIT_WELL) {
        return;
    }
    hf_bytes context = {0};
    if (wish.context != NULL) {
        context = (hf_bytes){(const uint8_t *)wish.context, strlen(wish.context)};
    }
    hf_err err = hf_export(conn, wish.label, wish.context == NULL ? NULL : &context, bytes, wish.len);
    if (err != HF_OK) {
        say_problem(err, "--export");
        return;
    }
    struct text line = {0};
    text_print(&line, "Keying material: ");
    for (size_t i = 0; i < wish.len; i++) {
        text_print(&line, "%02X", bytes[i]);
    }
    fprintf(stderr, "%s\n", text_string(&line));
    explicit_bzero(bytes, sizeof bytes);
    if (line.bytes != NULL) {
        explicit_bzero(line.bytes, line.len);
    }
    text_free(&line);
}
