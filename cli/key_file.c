/* SPDX-License-Identifier: MIT */
#include "cli/key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { KEY_FILE_PIECE = 64 * 1024 };

int key_file_open(struct key_file *k, const char *path)
{
    *k = (struct key_file){.path = path, .file = fopen(path, "re"), .held = malloc(KEY_FILE_PIECE + 1)};
    if (k->file == NULL) {
        say_error("--keylog %s: %s", path, strerror(errno));
        return EXIT_INPUT;
    }
    if (k->held == NULL) {
        say_problem(HF_NO_MEMORY, path);
        return EXIT_INTERNAL;
    }
    return EXIT_WELL;
}

/* last: a line that has no end yet is taken as it is too; when it goes on after all, it comes again whole. */
static int give(struct key_file *k, hf_secrets *secrets, bool last)
{
    size_t used = 0, len = k->len;
    if (last && len > 0) {
        k->held[len++] = '\n';
    }
    if (hf_secrets_add(secrets, (hf_bytes){k->held, len}, &used) != HF_OK) {
        say_problem(HF_NO_MEMORY, k->path);
        return EXIT_INTERNAL;
    }
    if (!last) {
        memmove(k->held, k->held + used, k->len - used);
        k->len -= used;
    }
    return EXIT_WELL;
}

int key_file_read(struct key_file *k, hf_secrets *secrets)
{
    size_t before = hf_secrets_refused(secrets), taken = hf_secrets_count(secrets), n;
    int code = EXIT_WELL;
    clearerr(k->file);
    while (code == EXIT_WELL && (n = fread(k->held + k->len, 1, KEY_FILE_PIECE - k->len, k->file)) > 0) {
        k->len += n;
        code = give(k, secrets, false);
    }
    if (code == EXIT_WELL && ferror(k->file)) {
        say_error("--keylog %s: %s", k->path, strerror(errno));
        return EXIT_INPUT;
    }
    size_t refused = hf_secrets_refused(secrets) - before;
    if (refused > 0) {
        say_warning("--keylog %s: %zu line%s passed over: not a label and hexadecimal numbers (RFC 9850)",
                    k->path, refused, refused == 1 ? " is" : "s are");
    }
    code = code == EXIT_WELL ? give(k, secrets, true) : code;
    if (ftell(k->file) > 0 && hf_secrets_count(secrets) == taken && refused == 0 && !k->told_useless) {
        say_warning("--keylog %s has no secret in it: lines of CLIENT_RANDOM and the like (RFC 9850)",
                    k->path);
    }
    k->told_useless = true; /* what a log that had some does not have now is no news */
    return code;
}

void key_file_close(struct key_file *k)
{
    if (k->file != NULL) {
        fclose(k->file);
    }
    if (k->held != NULL) {
        explicit_bzero(k->held, KEY_FILE_PIECE + 1);
        free(k->held);
    }
    *k = (struct key_file){.path = NULL};
}
