/* SPDX-License-Identifier: MIT */
#include "cli/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/hex.h"

static bool is_private(int fd, const char *path, char why[WHY_SIZE])
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        snprintf(why, WHY_SIZE, "it cannot be looked at (%s)", strerror(errno));
        return false;
    }
    if (!S_ISREG(about.st_mode)) {
        snprintf(why, WHY_SIZE, "it is no file");
        return false;
    }
    /* Root works for services that are not root: whose file it is, is for root to know. */
    if (geteuid() != 0 && about.st_uid != geteuid() && about.st_uid != 0) {
        snprintf(why, WHY_SIZE,
                 "it belongs to another user (%u), who can read and change it: chown %u %.300s",
                 (unsigned)about.st_uid, (unsigned)geteuid(), path);
        return false;
    }
    if ((about.st_mode & 077) != 0) {
        snprintf(why, WHY_SIZE,
                 "others may read or change it (mode %04o), and it holds secrets: chmod 600 %.300s",
                 (unsigned)about.st_mode & 07777, path);
        return false;
    }
    return true;
}

bool secret_file_read(const char *path, struct file *out, char why[WHY_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hold us up */
    *out = (struct file){0};
    if (fd < 0) {
        snprintf(why, WHY_SIZE, "it cannot be read (%s)", strerror(errno));
        return false;
    }
    if (!is_private(fd, path, why)) {
        close(fd);
        return false;
    }
    if (file_read_from(out, fd) != 0) {
        snprintf(why, WHY_SIZE, "it cannot be read (%s)", strerror(errno));
        return false;
    }
    return true;
}

static bool key_of(hf_bytes bytes, uint8_t key[SECRET_KEY_SIZE])
{
    size_t len = bytes.len;
    if (len == SECRET_KEY_SIZE) {
        memcpy(key, bytes.data, SECRET_KEY_SIZE);
        return true;
    }
    while (len > 0 && (bytes.data[len - 1] == '\n' || bytes.data[len - 1] == '\r')) {
        len--;
    }
    return len == 2 * SECRET_KEY_SIZE && hex_read((hf_bytes){bytes.data, len}, key, SECRET_KEY_SIZE, &len);
}

bool secret_key_read(const char *path, uint8_t key[SECRET_KEY_SIZE], char why[WHY_SIZE])
{
    static const uint8_t zeros[SECRET_KEY_SIZE];
    struct file file;
    if (!secret_file_read(path, &file, why)) {
        return false;
    }
    bool well = key_of(file.bytes, key);
    file_free(&file);
    if (!well) {
        snprintf(why, WHY_SIZE,
                 "it holds no key: 32 bytes, or 64 hexadecimal digits, as 'openssl rand -hex 32' makes them");
    } else if (memcmp(key, zeros, SECRET_KEY_SIZE) == 0) {
        snprintf(why, WHY_SIZE, "its key is all zero: nobody chose it; make one with 'openssl rand -hex 32'");
        well = false;
    }
    if (!well) {
        explicit_bzero(key, SECRET_KEY_SIZE);
    }
    return well;
}
