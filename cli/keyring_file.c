/* SPDX-License-Identifier: MIT */
#include "cli/keyring_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool keyring_file_load(hf_keyring *keyring, const char *path, char why[WHY_SIZE])
{
    struct file file;
    hf_problem problem = {0};
    if (!secret_file_read(path, &file, why)) {
        return false;
    }
    hf_err err = hf_keyring_load(keyring, file.bytes, &problem);
    file_free(&file);
    if (err != HF_OK) {
        snprintf(why, WHY_SIZE, "%s. Make one with 'handfast keyring init'", problem.sentence);
    }
    return err == HF_OK;
}

static hf_err bytes_into(const hf_keyring *keyring, const uint8_t *kek, uint8_t *out, size_t *len)
{
    return kek == NULL ? hf_keyring_save(keyring, out, len)
                       : hf_keyring_wrap(keyring, (hf_bytes){kek, SECRET_KEY_SIZE}, out, len);
}

hf_err keyring_bytes(const hf_keyring *keyring, const uint8_t *kek, struct file *out)
{
    size_t len = 0;
    *out = (struct file){0};
    hf_err err = bytes_into(keyring, kek, NULL, &len);
    out->owned = len == 0 ? NULL : malloc(len);
    if (out->owned == NULL) {
        return len == 0 ? err : HF_NO_MEMORY;
    }
    out->bytes = (hf_bytes){out->owned, len};
    err = bytes_into(keyring, kek, out->owned, &len);
    if (err != HF_OK) {
        file_free(out);
    }
    return err;
}

hf_keyring *keyring_copy_of(const hf_keyring *keyring)
{
    struct file text;
    hf_keyring *copy = hf_keyring_new(NULL);
    if (copy == NULL || keyring_bytes(keyring, NULL, &text) != HF_OK) {
        hf_keyring_free(copy);
        return NULL;
    }
    /* one without epochs is no text that can be loaded, and needs no copying */
    bool well = keyring_newest(keyring) == 0 || hf_keyring_load(copy, text.bytes, NULL) == HF_OK;
    file_free(&text);
    if (!well) {
        hf_keyring_free(copy);
        return NULL;
    }
    return copy;
}

uint32_t keyring_newest(const hf_keyring *keyring)
{
    hf_epoch epoch;
    uint32_t newest = 0;
    for (size_t i = 0; hf_keyring_epoch(keyring, i, &epoch); i++) {
        newest = epoch.id > newest ? epoch.id : newest;
    }
    return newest;
}

/* ---- show ---- */
/* "in 3 h 12 min", "25 min ago". */
static void distance(char *out, size_t size, int64_t seconds)
{
    unsigned long long s = (unsigned long long)(seconds < 0 ? -seconds : seconds);
    char length[64];
    if (s < 120) {
        snprintf(length, sizeof length, "%llu s", s);
    } else if (s < 7200) {
        snprintf(length, sizeof length, "%llu min", s / 60);
    } else if (s < 48 * 3600) {
        snprintf(length, sizeof length, "%llu h %llu min", s / 3600, s / 60 % 60);
    } else {
        snprintf(length, sizeof length, "%llu days", s / 86400);
    }
    snprintf(out, size, seconds < 0 ? "%s ago" : "in %s", length);
}

static void print_time(const char *what, int64_t at, int64_t now)
{
    char when[64] = "?", far[80];
    struct tm parts;
    time_t seconds = (time_t)at;
    if (gmtime_r(&seconds, &parts) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    distance(far, sizeof far, at - now);
    printf("  %-22s %s (%s)\n", what, when, far);
}

void keyring_print(const hf_keyring *keyring, int64_t now)
{
    hf_epoch e;
    size_t count = 0, current = SIZE_MAX;
    for (; hf_keyring_epoch(keyring, count, &e); count++) {
        current = e.not_before <= now && now < e.encrypt_until ? count : current;
    }
    for (size_t i = 0; hf_keyring_epoch(keyring, i, &e); i++) {
        const char *state = i == current             ? "makes sessions now"
                            : now < e.not_before     ? "is ready, and makes none yet"
                            : now <= e.decrypt_until ? "makes none any more, and resumes"
                                                     : "is over";
        printf("epoch %u: %s\n", e.id, state);
        print_time("makes sessions from", e.not_before, now);
        print_time("makes sessions until", e.encrypt_until, now);
        print_time("resumes them until", e.decrypt_until, now);
    }
    if (count == 0 || current == SIZE_MAX) {
        printf("no epoch makes sessions now: nothing new will be resumed. Run 'handfast keyring rotate'.\n");
    }
}
