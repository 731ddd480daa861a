/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/openssl/trust.h"

static enum err read_whole(FILE *file, struct span *out)
{
    size_t room = 64 << 10;
    *out = (struct span){malloc(room), 0};
    while (out->data) {
        out->len += fread(out->data + out->len, 1, room - out->len, file);
        if (out->len < room) {
            break;
        }
        uint8_t *more = room < PEM_MAX ? realloc(out->data, 2 * room) : NULL;
        if (!more) {
            bool too_long = room >= PEM_MAX;
            free(out->data);
            *out = (struct span){0};
            return too_long ? E_BAD_PEM : E_NO_MEMORY;
        }
        out->data = more;
        room *= 2;
    }
    if (!out->data) {
        return E_NO_MEMORY;
    }
    if (ferror(file)) {
        free(out->data);
        *out = (struct span){0};
        return E_FILE_UNREADABLE;
    }
    return OK;
}

static enum err add_file(struct trust *t, const char *path, size_t *added)
{
    struct span bytes;
    *added = 0;
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return E_FILE_UNREADABLE;
    }
    enum err err = read_whole(file, &bytes);
    fclose(file);
    if (err == OK) {
        err = trust_add_pem(t, slice_of_span(bytes), added);
        free(bytes.data);
    }
    return err;
}

/* *.pem, *.crt, *.cer, and what c_rehash makes: eight hexadecimal digits, a dot, a number. */
static bool is_certificate_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || name[0] == '.') {
        return false;
    }
    if (strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0 || strcmp(dot, ".cer") == 0) {
        return true;
    }
    return dot == name + 8 && strspn(name, "0123456789abcdef") == 8 && dot[1] &&
           dot[1 + strspn(dot + 1, "0123456789")] == 0;
}

static enum err add_directory(struct trust *t, const char *path, size_t *added)
{
    enum err err = OK;
    size_t seen = 0;
    DIR *directory = opendir(path);
    if (!directory) {
        return E_FILE_UNREADABLE;
    }
    for (struct dirent *entry; err == OK && (entry = readdir(directory)) != NULL;) {
        char file[4096];
        size_t count = 0;
        int len = is_certificate_name(entry->d_name)
                      ? snprintf(file, sizeof file, "%s/%s", path, entry->d_name)
                      : -1;
        if (len < 0 || (size_t)len >= sizeof file) {
            continue;
        }
        err = add_file(t, file, &count);
        *added += count;
        seen += err == OK;
        if (err == E_BAD_PEM) {
            err = OK; /* other things are kept beside certificates: keys, parameters */
        }
    }
    closedir(directory);
    return err == OK && seen == 0 ? E_BAD_PEM : err;
}

enum err trust_add_path(struct trust *t, const char *file_or_directory, size_t *added)
{
    struct stat status;
    *added = 0;
    if (stat(file_or_directory, &status) != 0) {
        return E_FILE_UNREADABLE;
    }
    return S_ISDIR(status.st_mode) ? add_directory(t, file_or_directory, added)
                                   : add_file(t, file_or_directory, added);
}

enum err trust_add_system(struct trust *t)
{
    /* where libcrypto was built to look, then where distributions keep their bundle; no environment variable
     * is read */
    const char *const places[] = {X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt", X509_get_default_cert_dir()};
    size_t found = 0;
    enum err err = OK;
    t->skip_malformed = true;
    for (size_t i = 0; i < sizeof places / sizeof places[0] && err != E_NO_MEMORY && err != E_CRYPTO_FAILED;
         i++) {
        size_t added;
        err = trust_add_path(t, places[i], &added);
        found += err == OK;
    }
    t->skip_malformed = false;
    if (err == E_NO_MEMORY || err == E_CRYPTO_FAILED) {
        return err;
    }
    return found > 0 ? OK : E_FILE_UNREADABLE;
}
