/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEYRING_FILE_H
#define CLI_KEYRING_FILE_H

#include <handfast/keyring.h>

#include "cli/secret_file.h"

/* Replaces what is in the keyring by the file's. False with a sentence in why; then nothing has changed. */
bool keyring_file_load(hf_keyring *keyring, const char *path, char why[WHY_SIZE]);
/* The keyring as text, or wrapped where there is a key; file_free wipes it. HF_NO_MEMORY and the like. */
hf_err keyring_bytes(const hf_keyring *keyring, const uint8_t *kek, struct file *out);
/* A copy under its own references; NULL when out of memory. */
hf_keyring *keyring_copy_of(const hf_keyring *keyring);
/* The number of its newest epoch; 0: it has none. */
uint32_t keyring_newest(const hf_keyring *keyring);
/* Its epochs on standard output, without secrets: handfast keyring show. */
void keyring_print(const hf_keyring *keyring, int64_t now);

#endif
