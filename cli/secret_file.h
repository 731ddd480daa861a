/* SPDX-License-Identifier: MIT */
#ifndef CLI_SECRET_FILE_H
#define CLI_SECRET_FILE_H

#include "cli/cli.h"
#include "cli/files.h"

/* Files whose bytes are as good as a private key: keyrings, keys, URLs with passwords. */

#define SECRET_KEY_SIZE 32
#define WHY_SIZE 512

/* Reads a file that belongs to this user, or to root, and that nobody but its owner may read; root reads any
 * owner's. False with a sentence in why, cause and remedy. */
bool secret_file_read(const char *path, struct file *out, char why[WHY_SIZE]);
/* A key of 32 bytes, raw or as 64 hexadecimal digits. False with a sentence in why. */
bool secret_key_read(const char *path, uint8_t key[SECRET_KEY_SIZE], char why[WHY_SIZE]);

#endif
