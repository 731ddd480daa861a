/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/self.h"

static const struct {
    const char *name, *pem;
} files[] = {
    {"ca.pem", self_ca},
    {"server.pem", self_server_chain},
    {"server.key", self_server_key},
    {"client.pem", self_client_chain},
    {"client.key", self_client_key},
};
enum { FILES = sizeof files / sizeof *files };

static const char *path_of(const struct demo_pki *pki, size_t i)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/%s", pki->folder, files[i].name);
    return path;
}

static int fill(struct demo_pki *pki)
{
    for (size_t i = 0; i < FILES; i++) {
        if (file_write_private(path_of(pki, i),
                               (hf_bytes){(const uint8_t *)files[i].pem, strlen(files[i].pem)}) != 0) {
            say_error("%s: the file cannot be written (%s)", path_of(pki, i), strerror(errno));
            return EXIT_USAGE;
        }
    }
    return EXIT_WELL;
}

static int make_temporary(struct demo_pki *pki)
{
    const char *where = getenv("TMPDIR");
    snprintf(pki->folder, sizeof pki->folder, "%.4000s/handfast-demo-XXXXXX",
             where == NULL || where[0] == '\0' ? "/tmp" : where);
    if (mkdtemp(pki->folder) == NULL) {
        say_error("%s: no temporary folder (%s)", pki->folder, strerror(errno));
        return EXIT_USAGE;
    }
    pki->temporary = true;
    snprintf(pki->said, sizeof pki->said, "the built-in ones");
    return fill(pki);
}

int demo_pki_find(struct demo_pki *pki, const char *folder)
{
    *pki = (struct demo_pki){0};
    if (folder == NULL) {
        return make_temporary(pki);
    }
    if (strlen(folder) >= sizeof pki->folder - 32) {
        return say_usage(NULL, "--pki: the path is too long");
    }
    snprintf(pki->folder, sizeof pki->folder, "%s", folder);
    snprintf(pki->said, sizeof pki->said, "in %s", folder);
    size_t there = 0;
    for (size_t i = 0; i < FILES; i++) {
        there += access(path_of(pki, i), R_OK) == 0;
    }
    if (there == FILES) {
        return EXIT_WELL;
    }
    if (there > 0) {
        say_error(
            "%s holds some of ca.pem, server.pem, server.key, client.pem, client.key, but not all. Remove it, or make it anew.",
            folder);
        return EXIT_USAGE;
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        say_error("%s: the folder cannot be made (%s)", folder, strerror(errno));
        return EXIT_USAGE;
    }
    return fill(pki);
}

void demo_pki_leave(struct demo_pki *pki)
{
    if (pki->temporary) {
        for (size_t i = 0; i < FILES; i++) {
            unlink(path_of(pki, i));
        }
        rmdir(pki->folder);
    }
}
