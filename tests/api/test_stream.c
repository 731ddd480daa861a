/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* hf_stream_*: a connection over a descriptor in the conventions of read(2). */

static void sockets(int fd[2], bool blocking)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | (blocking ? 0 : SOCK_NONBLOCK), 0, fd), 0);
}

static hf_stream *stream_of(hf_config *config, const char *name, int fd)
{
    hf_conn *conn = hf_conn_new(test_freeze(config), name, NULL);
    hf_config_free(config);
    hf_stream *stream = hf_stream_new(conn, fd);
    assert_non_null(stream);
    assert_ptr_equal(hf_stream_conn(stream), conn);
    return stream;
}

/* Both ends in one thread, on non-blocking descriptors. */
struct ends {
    int fd[2];
    hf_stream *client, *server;
};

static struct ends ends_new(hf_config *client, hf_config *server)
{
    struct ends e;
    sockets(e.fd, false);
    e.client = stream_of(client, TEST_HOST, e.fd[0]);
    e.server = stream_of(server, NULL, e.fd[1]);
    return e;
}

static void ends_free(struct ends *e)
{
    hf_stream_free(e->client);
    hf_stream_free(e->server);
    (void)close(e->fd[0]);
    (void)close(e->fd[1]);
}

/* 0: complete; else errno of the side that ended it. */
static int shake(struct ends *e)
{
    for (int turns = 0; turns < 20; turns++) {
        int client = hf_stream_handshake(e->client) == 0 ? 0 : errno;
        int server = hf_stream_handshake(e->server) == 0 ? 0 : errno;
        if ((client && client != EAGAIN) || (server && server != EAGAIN) || (!client && !server)) {
            return client && client != EAGAIN ? client : server == EAGAIN ? 0 : server;
        }
    }
    return EAGAIN;
}

static struct ends connected(void)
{
    struct ends e = ends_new(test_client_config(), test_server_config());
    assert_int_equal(shake(&e), 0);
    return e;
}

static void read_again(hf_stream *stream, int error)
{
    uint8_t byte;
    errno = 0;
    assert_int_equal(hf_stream_read(stream, &byte, 1), -1);
    assert_int_equal(errno, error);
}

static void non_blocking_ends_as_read_and_write_do(void **state)
{
    (void)state;
    struct ends e = connected();
    char got[16];
    read_again(e.client, EAGAIN);
    assert_int_equal(hf_stream_write(e.client, "hello", 5), 5);
    assert_int_equal(hf_stream_read(e.server, got, 2), 2);
    assert_int_equal(hf_stream_read(e.server, got + 2, sizeof got - 2), 3);
    assert_memory_equal(got, "hello", 5);
    read_again(e.server, EAGAIN);
    assert_int_equal(hf_stream_write(e.client, "", 0), 0);
    assert_int_equal(hf_stream_close(e.client), 0);
    assert_int_equal(hf_stream_read(e.server, got, 1), 0); /* close_notify is end of file */
    assert_int_equal(hf_stream_read(e.server, got, 1), 0);
    assert_int_equal(hf_stream_write(e.client, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(hf_stream_write(e.server, "late", 4), 4); /* the other half goes on */
    assert_int_equal(hf_stream_read(e.client, got, sizeof got), 4);
    assert_int_equal(hf_stream_close(e.server), 0);
    assert_int_equal(hf_stream_read(e.client, got, 1), 0);
    ends_free(&e);
}

static void failures_are_eproto(void **state)
{
    (void)state;
    hf_config *client = hf_config_client();
    assert_int_equal(hf_config_clock(client, test_clock, NULL), HF_OK);
    test_trust(client, test_pki()->other_root);
    struct ends e = ends_new(client, test_server_config());
    assert_int_equal(shake(&e), EPROTO);
    assert_int_equal(hf_failed(hf_stream_conn(e.client))->err, HF_UNKNOWN_CA);
    read_again(e.client, EPROTO);
    read_again(e.server, EPROTO); /* the alert arrived */
    assert_int_equal(hf_failed(hf_stream_conn(e.server))->err, HF_ALERT_RECEIVED);
    assert_int_equal(hf_failed(hf_stream_conn(e.server))->alert, 48);
    assert_int_equal(hf_stream_write(e.server, "x", 1), -1);
    assert_int_equal(errno, EPROTO);
    assert_int_equal(hf_stream_handshake(e.server), -1);
    assert_int_equal(errno, EPROTO);
    assert_int_equal(hf_stream_close(e.server), -1);
    ends_free(&e);
}

/* A3 */
static void an_end_without_close_notify_is_an_error(void **state)
{
    (void)state;
    struct ends e = connected();
    (void)shutdown(e.fd[0], SHUT_WR);
    read_again(e.server, EPROTO);
    assert_int_equal(hf_failed(hf_stream_conn(e.server))->err, HF_TRUNCATED);
    ends_free(&e);
}

static void a_question_is_eagain(void **state)
{
    (void)state;
    hf_config *client = test_client_config();
    assert_int_equal(hf_config_ask(client, HF_ASK_VERIFY), HF_OK);
    struct ends e = ends_new(client, test_server_config());
    assert_int_equal(shake(&e), EAGAIN);
    assert_int_equal(hf_asked(hf_stream_conn(e.client), NULL), HF_ASK_VERIFY);
    assert_int_equal(hf_answer_verdict(hf_stream_conn(e.client), HF_OK), HF_OK);
    assert_int_equal(shake(&e), 0);
    ends_free(&e);
}

/* A peer that went away is EPIPE from the descriptor, without SIGPIPE. */
static void a_gone_peer_raises_no_signal(void **state)
{
    (void)state;
    struct ends e = connected();
    hf_stream_free(e.server);
    e.server = NULL;
    (void)close(e.fd[1]);
    e.fd[1] = -1;
    errno = 0;
    assert_int_equal(hf_stream_write(e.client, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    ends_free(&e);
}

/* Both sides write until their sockets are full, and only then read: a full way out must not keep a side from
 * reading, or nobody would ever move again. */
static size_t fill(hf_stream *stream, const uint8_t *bytes, size_t len)
{
    size_t done = 0;
    for (ssize_t n; done < len && (n = hf_stream_write(stream, bytes, len - done)) > 0;) {
        done += (size_t)n;
    }
    assert_int_equal(errno, EAGAIN);
    return done;
}

static void two_full_pipes_do_not_deadlock(void **state)
{
    (void)state;
    enum { LEN = 4 * 1024 * 1024 };
    struct ends e = connected();
    uint8_t *bytes = calloc(1, LEN), *got = malloc(65536);
    errno = 0;
    size_t up = fill(e.client, bytes, LEN), down = fill(e.server, bytes, LEN), got_up = 0, got_down = 0;
    assert_in_range(up, 1, LEN - 1);
    for (int idle = 0; (got_up < up || got_down < down) && idle < 5; idle++) {
        for (ssize_t n; (n = hf_stream_read(e.server, got, 65536)) > 0; idle = 0) {
            got_up += (size_t)n;
        }
        for (ssize_t n; (n = hf_stream_read(e.client, got, 65536)) > 0; idle = 0) {
            got_down += (size_t)n;
        }
    }
    assert_int_equal(got_up, up);
    assert_int_equal(got_down, down);
    free(bytes);
    free(got);
    ends_free(&e);
}

static hf_config *renegotiating(hf_config *config)
{
    assert_int_equal(hf_config_renegotiation(config, HF_RENEGOTIATE_ACCEPT, 0, 0), HF_OK);
    return config;
}

/* While another handshake runs nothing of ours is sent, and what arrived in front of its messages has to be
 * read first: on a blocking descriptor too. */
static void a_write_in_another_handshake_has_to_read_first(void **state)
{
    (void)state;
    struct ends e = ends_new(renegotiating(test_client_config()), renegotiating(test_server_config()));
    char got[16];
    assert_int_equal(shake(&e), 0);
    assert_int_equal(hf_stream_write(e.server, "in flight", 9), 9);
    assert_int_equal(hf_renegotiate(hf_stream_conn(e.client)), HF_OK);
    assert_int_equal(fcntl(e.fd[0], F_SETFL, 0), 0);
    for (int i = 0; i < 2; i++) {
        errno = 0;
        assert_int_equal(hf_stream_write(e.client, "x", 1), -1);
        assert_int_equal(errno, EAGAIN);
        assert_true(hf_wants(hf_stream_conn(e.client)) & HF_TAKE_APP);
    }
    assert_int_equal(hf_stream_read(e.client, got, sizeof got), 9);
    assert_memory_equal(got, "in flight", 9);
    assert_false(hf_wants(hf_stream_conn(e.client)) & HF_TAKE_APP);
    assert_int_equal(fcntl(e.fd[0], F_SETFL, O_NONBLOCK), 0);
    ssize_t written = -1;
    for (int turns = 0; turns < 10 && written < 0; turns++) {
        read_again(e.server, EAGAIN);
        written = hf_stream_write(e.client, "x", 1);
    }
    assert_int_equal(written, 1);
    assert_int_equal(hf_conn_stats(hf_stream_conn(e.client)).renegotiations, 1);
    assert_int_equal(hf_stream_read(e.server, got, sizeof got), 1);
    ends_free(&e);
}

/* ---- blocking, each side in a thread of its own ---- */
enum { MEGABYTES = 3 * 1024 * 1024 };

static void *echo(void *arg)
{
    hf_stream *stream = arg;
    char buffer[10000];
    ssize_t n;
    while ((n = hf_stream_read(stream, buffer, sizeof buffer)) > 0) {
        if (hf_stream_write(stream, buffer, (size_t)n) != n) {
            return NULL;
        }
    }
    return n == 0 && hf_stream_close(stream) == 0 ? arg : NULL;
}

static void *feed(void *arg)
{
    hf_stream *stream = arg;
    char *bytes = malloc(MEGABYTES);
    memset(bytes, 'e', MEGABYTES);
    bool good = hf_stream_write(stream, bytes, MEGABYTES) == MEGABYTES && hf_stream_close(stream) == 0;
    free(bytes);
    return good ? arg : NULL;
}

static void blocking_ends(void **state)
{
    (void)state;
    int fd[2];
    pthread_t thread;
    void *ended = NULL;
    sockets(fd, true);
    hf_stream *server = stream_of(test_server_config(), NULL, fd[1]);
    hf_stream *client = stream_of(test_client_config(), TEST_HOST, fd[0]);
    assert_int_equal(pthread_create(&thread, NULL, echo, server), 0);
    assert_int_equal(hf_stream_handshake(client), 0);
    char buffer[4096];
    for (size_t i = 0; i < 50; i++) {
        memset(buffer, (int)i, sizeof buffer);
        assert_int_equal(hf_stream_write(client, buffer, sizeof buffer), sizeof buffer);
        for (size_t got = 0; got < sizeof buffer;) {
            ssize_t n = hf_stream_read(client, buffer, sizeof buffer - got);
            assert_true(n > 0 && buffer[0] == (char)i);
            got += (size_t)n;
        }
    }
    assert_int_equal(hf_stream_close(client), 0);
    assert_int_equal(hf_stream_read(client, buffer, 1), 0);
    assert_int_equal(pthread_join(thread, &ended), 0);
    assert_non_null(ended);
    hf_stream_free(client);
    hf_stream_free(server);
    (void)close(fd[0]);
    (void)close(fd[1]);
}

static void a_blocking_write_takes_all(void **state)
{
    (void)state;
    int fd[2];
    pthread_t thread;
    void *ended = NULL;
    sockets(fd, true);
    hf_stream *client = stream_of(test_client_config(), TEST_HOST, fd[0]);
    hf_stream *server = stream_of(test_server_config(), NULL, fd[1]);
    assert_int_equal(pthread_create(&thread, NULL, feed, client), 0);
    char buffer[50000];
    size_t total = 0;
    ssize_t n;
    while ((n = hf_stream_read(server, buffer, sizeof buffer)) > 0) {
        total += (size_t)n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(total, MEGABYTES);
    assert_int_equal(pthread_join(thread, &ended), 0);
    assert_non_null(ended);
    hf_stream_free(client);
    hf_stream_free(server);
    (void)close(fd[0]);
    (void)close(fd[1]);
}

/* RFC 8446 2.3: written before anything else, read apart, and answered before the handshake is complete. */
static void early_data_has_calls_of_its_own(void **state)
{
    (void)state;
    hf_config *client = test_client_config(), *server = test_server_config();
    hf_session *session = NULL;
    char buffer[100];
    for (int i = 0; i < 2; i++) {
        hf_config *c = i ? server : client;
        assert_int_equal(hf_config_versions(c, 0x0304, 0x0304), HF_OK);
        assert_int_equal(hf_config_early_data(c, 50), HF_OK);
        test_freeze(c);
    }
    for (int again = 0; again < 2; again++) {
        struct ends e = ends_new(hf_config_share(client), hf_config_share(server));
        if (again) {
            assert_int_equal(hf_conn_resume(hf_stream_conn(e.client), session), HF_OK);
        }
        memset(buffer, 'e', sizeof buffer);
        assert_int_equal(hf_stream_write_early(e.client, buffer, sizeof buffer), again ? 50 : 0);
        if (again) {
            errno = 0;
            assert_int_equal(hf_stream_handshake(e.server), -1); /* it waits to be read */
            assert_int_equal(errno, EAGAIN);
            read_again(e.server, EAGAIN);
            assert_int_equal(hf_stream_read_early(e.server, buffer, 20), 20);
            assert_int_equal(hf_stream_read_early(e.server, buffer, sizeof buffer), 30);
            assert_int_equal(hf_stream_read_early(e.server, buffer, sizeof buffer), -1);
            assert_int_equal(errno, EAGAIN);
            assert_int_equal(hf_stream_write(e.server, "soon", 4), 4);
            assert_int_equal(hf_stream_read(e.client, buffer, sizeof buffer), 4);
        }
        assert_int_equal(shake(&e), 0);
        assert_int_equal(hf_stream_read_early(e.server, buffer, sizeof buffer), 0);
        assert_int_equal(hf_negotiated(hf_stream_conn(e.client))->early_data,
                         again ? HF_EARLY_ACCEPTED : HF_EARLY_NOT_OFFERED);
        assert_int_equal(hf_stream_write(e.client, "late", 4), 4);
        assert_int_equal(hf_stream_read(e.server, buffer, sizeof buffer), 4);
        read_again(e.client, EAGAIN); /* the ticket behind the handshake */
        hf_session_free(session);
        session = hf_conn_session(hf_stream_conn(e.client));
        assert_non_null(session);
        ends_free(&e);
    }
    assert_int_equal(hf_stream_read_early(NULL, buffer, 1), -1);
    assert_int_equal(hf_stream_write_early(NULL, buffer, 1), -1);
    hf_session_free(session);
    hf_config_free(client);
    hf_config_free(server);
}

static void what_cannot_be_is_einval(void **state)
{
    (void)state;
    assert_null(hf_stream_new(NULL, 0));
    hf_config *client = test_freeze(test_client_config());
    assert_null(hf_stream_new(hf_conn_new(client, TEST_HOST, NULL), -1)); /* and the connection is freed */
    hf_config_free(client);
    assert_null(hf_stream_conn(NULL));
    hf_stream_free(NULL);
    assert_int_equal(hf_stream_read(NULL, NULL, 0), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(hf_stream_write(NULL, "", 0) + hf_stream_flush(NULL) + hf_stream_close(NULL), -3);
    assert_int_equal(hf_stream_handshake(NULL), -1);
    struct ends e = connected();
    assert_int_equal(hf_stream_read(e.client, NULL, 1), -1);
    assert_int_equal(errno, EINVAL);
    ends_free(&e);
    e = ends_new(test_client_config(), test_server_config());
    assert_int_equal(fcntl(e.fd[0], F_GETFD) >= 0, true);
    hf_stream_free(e.client);
    e.client = NULL;
    assert_int_equal(fcntl(e.fd[0], F_GETFD) >= 0, true); /* the descriptor stays the caller's */
    ends_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(non_blocking_ends_as_read_and_write_do),
        cmocka_unit_test(failures_are_eproto),
        cmocka_unit_test(an_end_without_close_notify_is_an_error),
        cmocka_unit_test(a_question_is_eagain),
        cmocka_unit_test(a_gone_peer_raises_no_signal),
        cmocka_unit_test(two_full_pipes_do_not_deadlock),
        cmocka_unit_test(a_write_in_another_handshake_has_to_read_first),
        cmocka_unit_test(blocking_ends),
        cmocka_unit_test(a_blocking_write_takes_all),
        cmocka_unit_test(early_data_has_calls_of_its_own),
        cmocka_unit_test(what_cannot_be_is_einval),
    };
    return cmocka_run_group_tests_name("api/stream", tests, NULL, NULL);
}
