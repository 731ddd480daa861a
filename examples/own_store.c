/* SPDX-License-Identifier: MIT */
/*
 * own_store PORT CERT KEY DIRECTORY: an echo server whose sessions are files, so that several of them share
 * what they resume: the same few calls serve any store. DIRECTORY/keyring holds their keys ('handfast keyring
 * init' makes one); the records beside it are sealed and their names tell nothing. A file is looked up in an
 * instant; a store that takes time is asked when hf_asked says so, while other connections go on, and
 * hf_answer_session is called when its answer is there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <handfast/handfast.h>

static const char *directory;

static void name_of(const char *key, const char *ending, char out[1024])
{
    snprintf(out, 1024, "%s/%s%s", directory, key, ending);
}

/* One way: nothing waits for it, and if it fails the session is just not resumed. */
static void keep(void *arg, const hf_session_record *record)
{
    char path[1024], new[1024];
    (void)arg;
    name_of(record->key, "", path);
    name_of(record->key, ".new", new);
    if (!record->sealed.len) {
        unlink(path); /* its connection failed: RFC 5246 7.2.2 */
        return;
    }
    FILE *file = fopen(new, "wb");
    if (!file) {
        return;
    }
    size_t written = fwrite(record->sealed.data, 1, record->sealed.len, file);
    if (fclose(file) == 0 && written == record->sealed.len) {
        rename(new, path); /* whoever reads meanwhile sees all of it or nothing */
    }
    /* record->life seconds from now it is of no use: a store that can drops it then; for files, find -mmin
     * +240 -delete */
}

static hf_err look_up(hf_conn *conn, const char *key)
{
    uint8_t bytes[HF_SESSION_RECORD_MAX];
    char path[1024];
    name_of(key, "", path);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return hf_answer_no_session(conn, errno == ENOENT ? HF_SESSION_UNKNOWN : HF_SESSION_STORE_FAILED);
    }
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return hf_answer_session(conn, (hf_bytes){bytes, len}); /* damaged or moved, it is a full handshake */
}

static void serve(hf_stream *tls)
{
    char bytes[16384];
    hf_question question;
    hf_conn *conn = hf_stream_conn(tls);
    /* a handshake with a question open returns with EAGAIN, even on a blocking socket */
    while (hf_stream_handshake(tls) != 0 && errno == EAGAIN &&
           hf_asked(conn, &question) == HF_ASK_LOOK_UP_SESSION) {
        if (look_up(conn, question.session_key) != HF_OK) {
            return;
        }
    }
    if (hf_failed(conn) || !hf_negotiated(conn)->complete) {
        return;
    }
    fprintf(stderr, "%s\n", hf_resumption_sentence(hf_negotiated(conn)->resumption));
    for (ssize_t n; (n = hf_stream_read(tls, bytes, sizeof bytes)) > 0;) {
        if (hf_stream_write(tls, bytes, (size_t)n) != n) {
            return;
        }
    }
    if (!hf_failed(conn) && hf_stream_close(tls) != 0) {
        perror("close_notify");
    }
}

static hf_keyring *read_keyring(hf_problem *why)
{
    uint8_t text[65536];
    char path[1024];
    name_of("keyring", "", path);
    hf_keyring *keyring = hf_keyring_new(NULL);
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    if (file) {
        fclose(file);
    }
    hf_err loaded = hf_keyring_load(keyring, (hf_bytes){text, len}, why);
    explicit_bzero(text, len);
    if (loaded != HF_OK) {
        hf_keyring_free(keyring);
        return NULL;
    }
    return keyring;
}

int main(int argc, char **argv)
{
    hf_problem why = {0};
    hf_config *config = hf_config_server();
    directory = argc > 4 ? argv[4] : ".";
    hf_keyring *keyring = argc > 4 ? read_keyring(&why) : NULL;
    if (!keyring || hf_config_identity_file(config, argv[2], argv[3], NULL) != HF_OK ||
        hf_config_keyring(config, keyring) != HF_OK || hf_config_session_cache(config, 0) != HF_OK ||
        hf_config_session_effects(config, keep, NULL) != HF_OK ||
        hf_config_ask(config, HF_ASK_LOOK_UP_SESSION) != HF_OK || hf_config_freeze(config, &why) != HF_OK) {
        fprintf(stderr, "usage: own_store PORT CERT KEY DIRECTORY. %s\n", why.sentence);
        return 2;
    }
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 128) != 0) {
        perror(argv[1]);
        return 3;
    }
    fprintf(stderr, "listening on 127.0.0.1:%s\n", argv[1]);
    for (;;) {
        struct timeval patience = {.tv_sec = 10};
        int fd = accept(listener, NULL, NULL);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        hf_stream *tls = fd < 0 ? NULL : hf_stream_new(hf_conn_new(config, NULL, NULL), fd);
        if (tls) {
            serve(tls);
            hf_stream_free(tls);
        }
        close(fd);
    }
}
