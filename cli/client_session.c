/* SPDX-License-Identifier: MIT */
#include "cli/client_session.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/secret_file.h"
#include "cli/ticket_file.h"

void client_session_home(struct client *c, const struct address *address)
{
    if (address->is_unix) {
        snprintf(c->home, sizeof c->home, "unix:%s", address->path);
        return;
    }
    snprintf(c->home, sizeof c->home, strchr(address->host, ':') != NULL ? "[%s]:%s" : "%s:%s", address->host,
             address->port);
    for (char *at = c->home; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
}

/* *key stays NULL without --session-key. */
static int read_key(const struct settings *s, uint8_t room[SECRET_KEY_SIZE], const uint8_t **key)
{
    const char *path = option_text(s, OPT_SESSION_KEY);
    char why[WHY_SIZE];
    *key = NULL;
    if (path == NULL) {
        return EXIT_WELL;
    }
    if (!given(s, OPT_SESSION_IN) && !given(s, OPT_SESSION_OUT)) {
        return say_usage(s, "--session-key belongs to --session-in and --session-out");
    }
    if (!secret_key_read(path, room, why)) {
        say_error("--session-key %s: %s", path, why);
        return EXIT_USAGE;
    }
    *key = room;
    return EXIT_WELL;
}

bool client_session_is_home(const struct client *c, const hf_session *session)
{
    hf_bytes note = hf_session_note(session);
    return note.len == strlen(c->home) && memcmp(note.data, c->home, note.len) == 0;
}

/* Offered elsewhere it would tell that other host who we are, and could resume there what was verified here.
 */
static void keep_if_home(struct client *c, const char *path)
{
    hf_bytes note = hf_session_note(c->session);
    if (client_session_is_home(c, c->session)) {
        return;
    }
    if (note.len == 0) {
        say_warning(
            "--session-in %s: the session does not say for which host and port it is, so it is not offered; "
            "the handshake is full",
            path);
    } else {
        say_warning(
            "--session-in %s: the session is for %.*s, not for %s, so it is not offered; the handshake is full",
            path, (int)note.len, (const char *)note.data, c->home);
    }
    hf_session_free(c->session);
    c->session = NULL;
}

hf_err client_session_decode(hf_bytes saved, const uint8_t *key, hf_session **out)
{
    return key == NULL ? hf_session_load(saved, out)
                       : hf_session_unseal(saved, (hf_bytes){key, SECRET_KEY_SIZE}, out);
}

int client_session_open(hf_bytes saved, const char *path, const uint8_t *key, hf_session **out)
{
    hf_err err = client_session_decode(saved, key, out);
    if (err != HF_OK) {
        say_problem(err, path);
        say(key != NULL ? "it is opened with --session-key: is that the key it was sealed with?"
                        : "a session that was sealed with --session-key is opened with the same");
    }
    return err == HF_OK ? EXIT_WELL : EXIT_USAGE;
}

static int read_session(struct client *c, const char *path, const uint8_t *key)
{
    struct file file;
    if (file_read(&file, path) != 0) {
        say_error("--session-in %s: the file cannot be read (%s)", path, strerror(errno));
        return EXIT_USAGE;
    }
    bool several = ticket_file_is(file.bytes);
    int code = several ? EXIT_WELL : client_session_open(file.bytes, path, key, &c->session);
    file_free(&file);
    return several ? ticket_file_take(c, path, key) : code;
}

int client_session_load(struct client *c)
{
    const char *path = option_text(c->settings, OPT_SESSION_IN);
    uint8_t room[SECRET_KEY_SIZE];
    const uint8_t *key;
    int code = read_key(c->settings, room, &key);
    if (code == EXIT_WELL && path != NULL) {
        code = read_session(c, path, key);
    }
    explicit_bzero(room, sizeof room);
    if (c->session != NULL) {
        keep_if_home(c, path);
    }
    return code;
}

hf_err client_session_bytes(const hf_session *session, const uint8_t *key, uint8_t *out, size_t *len)
{
    return key == NULL ? hf_session_save(session, out, len)
                       : hf_session_seal(session, (hf_bytes){key, SECRET_KEY_SIZE}, out, len);
}

static int write_session(const struct client *c, const char *path, const uint8_t *key)
{
    size_t len = 0;
    hf_err err = client_session_bytes(c->session, key, NULL, &len);
    uint8_t *bytes = len == 0 ? NULL : malloc(len);
    err = bytes == NULL ? err : client_session_bytes(c->session, key, bytes, &len);
    int failed = err != HF_OK ? -1 : file_write_private(path, (hf_bytes){bytes, len});
    if (bytes != NULL) {
        explicit_bzero(bytes, len);
        free(bytes);
    }
    if (failed != 0) {
        say_error("--session-out %s: the file cannot be written (%s)", path,
                  err != HF_OK ? hf_err_sentence(err) : strerror(errno));
        return EXIT_USAGE;
    }
    if (given(c->settings, OPT_VERBOSE)) {
        say("--session-out %s: saved, to be resumed by %s within %lld seconds", path,
            hf_session_is_ticket(c->session) ? "ticket" : "ID",
            (long long)hf_session_expires(c->session) - (long long)time(NULL));
    }
    return EXIT_WELL;
}

int client_session_save(const struct client *c)
{
    const char *path = option_text(c->settings, OPT_SESSION_OUT);
    uint8_t room[SECRET_KEY_SIZE];
    const uint8_t *key;
    if (path == NULL) {
        return EXIT_WELL;
    }
    if (c->session == NULL) {
        say_warning("--session-out %s: the server gave no session that can be resumed; nothing was written",
                    path);
        return EXIT_WELL;
    }
    int code = read_key(c->settings, room, &key);
    if (code == EXIT_WELL) {
        code = c->keeps > 1 ? ticket_file_add(c, path, key) : write_session(c, path, key);
    }
    explicit_bzero(room, sizeof room);
    return code;
}
