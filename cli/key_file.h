/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEY_FILE_H
#define CLI_KEY_FILE_H

#include <handfast/observe.h>
#include <stdbool.h>
#include <stdio.h>

/* A key log that somebody else appends to while we read it. */
struct key_file {
    const char *path;
    FILE *file;
    unsigned char *held; /* KEY_FILE_PIECE bytes: what was read and not yet taken, a line's beginning */
    size_t len;
    bool told_useless;
};
/* EXIT_WELL, or EXIT_INPUT after having said why. */
int key_file_open(struct key_file *k, const char *path);
/* What is new in it. */
int key_file_read(struct key_file *k, hf_secrets *secrets);
void key_file_close(struct key_file *k);

#endif
