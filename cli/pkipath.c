/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/files.h"

/* The chain alone is read: whose key it is does not matter here. */
static hf_err make(hf_bytes chain, uint8_t **path, size_t *len)
{
    hf_config *config = hf_config_client();
    hf_err err = config == NULL ? HF_NO_MEMORY : hf_config_identity_external(config, chain, 0);
    err = err != HF_OK ? err : hf_config_identity_pkipath(config, 0, NULL, len);
    *path = err == HF_OK ? malloc(*len) : NULL;
    if (err == HF_OK) {
        err = *path == NULL ? HF_NO_MEMORY : hf_config_identity_pkipath(config, 0, *path, len);
    }
    hf_config_free(config);
    return err;
}

int run_pkipath(const struct settings *s)
{
    const char *name = s->positional[0];
    struct file file;
    uint8_t *path = NULL;
    size_t len = 0;
    if (file_read(&file, name) != 0) {
        say_error("%s: the file cannot be read (%s)", name, strerror(errno));
        return EXIT_USAGE;
    }
    hf_err err = make(file.bytes, &path, &len);
    file_free(&file);
    if (err != HF_OK) {
        say_problem(err, name);
        return err == HF_NO_MEMORY ? EXIT_INTERNAL : EXIT_USAGE;
    }
    int failed = append_all(STDOUT_FILENO, (const char *)path, len);
    free(path);
    if (failed != 0) {
        say_error("standard output failed (%s)", strerror(errno));
        return EXIT_NETWORK;
    }
    return EXIT_WELL;
}
