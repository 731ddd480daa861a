/* SPDX-License-Identifier: MIT */
#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MOST = 16 << 20 };

static void wipe(void *bytes, size_t len)
{
    explicit_bzero(bytes, len);
}

void file_free(struct file *f)
{
    if (f->owned != NULL) {
        wipe(f->owned, f->bytes.len);
        free(f->owned);
    }
    *f = (struct file){0};
}

/* Doubles the room by hand: realloc would leave a copy behind. */
static unsigned char *grow(unsigned char *old, size_t len, size_t room)
{
    unsigned char *bytes = malloc(room + 1);
    if (bytes != NULL && len > 0) {
        memcpy(bytes, old, len);
    }
    if (old != NULL) {
        wipe(old, len);
        free(old);
    }
    return bytes;
}

int file_read(struct file *f, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *f = (struct file){0};
    return fd < 0 ? -1 : file_read_from(f, fd);
}

int file_read_from(struct file *f, int fd)
{
    size_t len = 0, room = 0;
    ssize_t n = 1;
    *f = (struct file){0};
    while (n > 0) {
        if (len == room) {
            room = room == 0 ? 16384 : room * 2;
            f->owned = room > MOST ? NULL : grow(f->owned, len, room);
            if (f->owned == NULL) {
                n = -1;
                errno = EFBIG;
                break;
            }
        }
        n = read(fd, f->owned + len, room - len);
        len += n > 0 ? (size_t)n : 0;
    }
    int error = errno;
    close(fd);
    f->bytes = (hf_bytes){f->owned, len};
    if (n < 0) {
        file_free(f);
        errno = error;
        return -1;
    }
    f->owned[len] = '\0';
    return 0;
}

struct file_mark file_mark_of(const char *path)
{
    struct stat about;
    struct file_mark mark = {0};
    if (stat(path, &about) == 0) {
        mark = (struct file_mark){about.st_dev, about.st_ino, about.st_size, about.st_mtim};
    }
    return mark;
}

bool file_mark_same(const struct file_mark *a, const struct file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

int append_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return -1;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int open_to_append(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* By way of a new file and a rename: whoever reads at the same time sees the old or the new, and an old
 * file's mode does not stay. */
int file_write_private(const char *path, hf_bytes bytes)
{
    char temporary[4096];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkstemp(temporary); /* mode 0600 */
    if (fd < 0) {
        return -1;
    }
    int failed = append_all(fd, (const char *)bytes.data, bytes.len);
    failed = close(fd) != 0 || failed != 0 || rename(temporary, path) != 0;
    if (failed) {
        int error = errno;
        unlink(temporary);
        errno = error;
        return -1;
    }
    return 0;
}

/* A rename replaces the file, so who had to wait looks again whether it is still the one. */
int file_lock(const char *path, bool make)
{
    enum { TRIES = 50 };
    const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (int i = 0; i < TRIES; i++) {
        struct stat held, named;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (make ? O_CREAT : 0), 0600);
        if (fd < 0) {
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
            held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
            return fd;
        }
        close(fd);
        nanosleep(&pause, NULL);
    }
    errno = EAGAIN;
    return -1;
}
