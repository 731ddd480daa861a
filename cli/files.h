/* SPDX-License-Identifier: MIT */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <handfast/session.h>

/* A small file in memory, wiped when freed: it may hold a secret. A NUL follows the bytes. */
struct file {
    hf_bytes bytes;
    unsigned char *owned;
};
/* 0, or -1 with errno; at most 16 MiB. */
int file_read(struct file *f, const char *path);
void file_free(struct file *f);
/* Writes the whole, replacing what was there, readable by the owner alone; 0, or -1 with errno. */
int file_write_private(const char *path, hf_bytes bytes);
/* To append to, made with mode 0600; -1 with errno. */
int open_to_append(const char *path);
int append_all(int fd, const char *bytes, size_t len);

#endif
