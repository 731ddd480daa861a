/* SPDX-License-Identifier: MIT */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <handfast/session.h>
#include <sys/stat.h>
#include <time.h>

/* A small file in memory, wiped when freed: it may hold a secret. A NUL follows the bytes. */
struct file {
    hf_bytes bytes;
    unsigned char *owned;
};
/* 0, or -1 with errno; at most 16 MiB. */
int file_read(struct file *f, const char *path);
/* The same of an open file, which is closed. */
int file_read_from(struct file *f, int fd);
void file_free(struct file *f);
/* What changes when a file is written anew, in place or by a rename. */
struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written;
};
struct file_mark file_mark_of(const char *path);
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);
/* Writes the whole, replacing what was there, readable by the owner alone; 0, or -1 with errno. */
int file_write_private(const char *path, hf_bytes bytes);
/* Locks the file itself, for a while at most, and makes an empty one where there is none and `make` is set.
 * The descriptor, to be closed; -1 with errno, EAGAIN: somebody holds it for too long. */
int file_lock(const char *path, bool make);
/* To append to, made with mode 0600; -1 with errno. */
int open_to_append(const char *path);
int append_all(int fd, const char *bytes, size_t len);

#endif
