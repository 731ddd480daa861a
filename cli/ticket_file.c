/* SPDX-License-Identifier: MIT */
#include "cli/ticket_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client_session.h"

/* Behind the magic each with its length in front: as hf_session_save writes it, or hf_session_seal. */
#define MAGIC "HFT\001"
enum { MAGIC_SIZE = 4, LENGTH_SIZE = 4 };

struct tickets {
    hf_bytes one[HF_TICKETS_MAX]; /* the newest first */
    uint8_t *owned[HF_TICKETS_MAX];
    size_t count;
};

bool ticket_file_is(hf_bytes file)
{
    return file.len >= MAGIC_SIZE && memcmp(file.data, MAGIC, MAGIC_SIZE) == 0;
}

/* Slices of the file. */
static bool read_all(struct tickets *t, hf_bytes file)
{
    size_t at = MAGIC_SIZE;
    *t = (struct tickets){0};
    while (at < file.len) {
        if (file.len - at < LENGTH_SIZE || t->count == HF_TICKETS_MAX) {
            return false;
        }
        const uint8_t *n = file.data + at;
        size_t len = (size_t)n[0] << 24 | (size_t)n[1] << 16 | (size_t)n[2] << 8 | n[3];
        at += LENGTH_SIZE;
        if (len > file.len - at) {
            return false;
        }
        t->one[t->count++] = (hf_bytes){file.data + at, len};
        at += len;
    }
    return true;
}

static int write_all(const struct tickets *t, const char *path)
{
    size_t len = MAGIC_SIZE;
    for (size_t i = 0; i < t->count; i++) {
        len += LENGTH_SIZE + t->one[i].len;
    }
    uint8_t *bytes = malloc(len), *at = bytes;
    if (bytes == NULL) {
        return -1;
    }
    memcpy(at, MAGIC, MAGIC_SIZE);
    at += MAGIC_SIZE;
    for (size_t i = 0; i < t->count; i++) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            *at++ = (uint8_t)(t->one[i].len >> shift);
        }
        memcpy(at, t->one[i].data, t->one[i].len);
        at += t->one[i].len;
    }
    int failed = file_write_private(path, (hf_bytes){bytes, len});
    int error = errno;
    explicit_bzero(bytes, len);
    free(bytes);
    errno = error;
    return failed;
}

static int cannot(const char *option, const char *path, const char *what)
{
    say_error("%s %s: the file cannot be %s (%s)", option, path, what, strerror(errno));
    return EXIT_USAGE;
}

static bool is_over(const hf_session *session)
{
    return hf_session_expires(session) <= (int64_t)time(NULL);
}

/* ---- --session-in ---- */
/* The newest that is not over, and `rest` are those behind it. */
static int pick(struct client *c, const char *path, const uint8_t *key, struct tickets *rest)
{
    struct tickets all = *rest;
    for (size_t i = 0; i < all.count && c->session == NULL; i++) {
        int code = client_session_open(all.one[i], path, key, &c->session);
        if (code != EXIT_WELL) {
            return code;
        }
        if (client_session_is_home(c, c->session) && is_over(c->session)) {
            hf_session_free(c->session);
            c->session = NULL;
        }
        rest->count = all.count - i - 1;
        memcpy(rest->one, all.one + i + 1, rest->count * sizeof *rest->one);
    }
    if (c->session == NULL) {
        say_warning("--session-in %s: no ticket is left in it; the handshake is full", path);
    }
    return EXIT_WELL;
}

static int take(struct client *c, const char *path, const uint8_t *key)
{
    struct file file;
    struct tickets rest;
    if (file_read(&file, path) != 0) {
        return cannot("--session-in", path, "read");
    }
    if (!ticket_file_is(file.bytes) || !read_all(&rest, file.bytes)) {
        file_free(&file);
        say_problem(HF_BAD_SESSION, path);
        return EXIT_USAGE;
    }
    int code = pick(c, path, key, &rest);
    if (code == EXIT_WELL && c->session != NULL && client_session_is_home(c, c->session) &&
        write_all(&rest, path) != 0) {
        code = cannot("--session-in", path, "written, and a ticket that stays in it would be used twice");
    }
    file_free(&file);
    return code;
}

int ticket_file_take(struct client *c, const char *path, const uint8_t *key)
{
    int held = file_lock(path, false);
    if (held < 0) {
        return cannot("--session-in", path, "locked");
    }
    int code = take(c, path, key);
    close(held);
    return code;
}

/* ---- --session-out ---- */
static void free_all(struct tickets *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->owned[i] != NULL) {
            explicit_bzero(t->owned[i], t->one[i].len);
            free(t->owned[i]);
        }
    }
}

static hf_err put(struct tickets *t, const hf_session *session, const uint8_t *key)
{
    size_t len = 0;
    hf_err err = client_session_bytes(session, key, NULL, &len);
    uint8_t *bytes = len == 0 ? NULL : malloc(len);
    if (bytes == NULL) {
        return len == 0 ? err : HF_NO_MEMORY;
    }
    err = client_session_bytes(session, key, bytes, &len);
    t->owned[t->count] = bytes;
    t->one[t->count++] = (hf_bytes){bytes, len};
    return err;
}

/* What nobody could offer here any more goes: another place's, another key's, and what is over. */
static bool stays(const struct client *c, hf_bytes saved, const uint8_t *key)
{
    hf_session *session = NULL;
    bool good = client_session_decode(saved, key, &session) == HF_OK && client_session_is_home(c, session) &&
                !is_over(session);
    hf_session_free(session);
    return good;
}

static int add(const struct client *c, const char *path, const uint8_t *key)
{
    struct file file;
    struct tickets all = {0}, old = {0};
    hf_err err = HF_OK;
    if (file_read(&file, path) != 0) {
        return cannot("--session-out", path, "read");
    }
    for (size_t i = 0; i <= c->spares && all.count < c->keeps && err == HF_OK; i++) {
        const hf_session *session = i == 0 ? c->session : c->spare[i - 1];
        err = session == NULL ? HF_OK : put(&all, session, key);
    }
    if (!ticket_file_is(file.bytes) || !read_all(&old, file.bytes)) {
        old.count = 0;
    }
    for (size_t i = 0; i < old.count && all.count < c->keeps; i++) {
        if (stays(c, old.one[i], key)) {
            all.one[all.count++] = old.one[i];
        }
    }
    int code = EXIT_WELL;
    if (err != HF_OK) {
        say_problem(err, path);
        code = EXIT_USAGE;
    } else if (write_all(&all, path) != 0) {
        code = cannot("--session-out", path, "written");
    } else if (given(c->settings, OPT_VERBOSE)) {
        say("--session-out %s: %zu in it, each for one connection", path, all.count);
    }
    free_all(&all);
    file_free(&file);
    return code;
}

int ticket_file_add(const struct client *c, const char *path, const uint8_t *key)
{
    int held = file_lock(path, true);
    if (held < 0) {
        return cannot("--session-out", path, "locked");
    }
    int code = add(c, path, key);
    close(held);
    return code;
}
