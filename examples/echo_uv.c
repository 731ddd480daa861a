/* SPDX-License-Identifier: MIT */
/* echo_uv PORT CERT KEY: sends back what arrives; libuv reads, writes and keeps the time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <handfast/handfast.h>

enum { SILENCE = 30000 }; /* milliseconds */

struct guest {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    hf_conn *conn;
    uint8_t arrived[65536];
    char sending[65536]; /* what libuv is busy with; the rest waits in the connection */
    bool busy, closing;
    int handles;
};

static const hf_config *config;

static void on_closed(uv_handle_t *handle)
{
    struct guest *g = handle->data;
    if (--g->handles == 0) {
        hf_conn_free(g->conn);
        free(g);
    }
}

static void guest_close(struct guest *g)
{
    if (!g->closing) {
        g->closing = true;
        uv_close((uv_handle_t *)&g->tcp, on_closed);
        uv_close((uv_handle_t *)&g->timer, on_closed);
    }
}

static void on_silence(uv_timer_t *timer)
{
    guest_close(timer->data);
}
static void flush(struct guest *g);

static void on_written(uv_write_t *write, int status)
{
    struct guest *g = write->data;
    g->busy = false;
    status != 0 || g->closing ? guest_close(g) : flush(g);
}

/* Sends what the connection has; ends it when that was the last. */
static void flush(struct guest *g)
{
    hf_bytes out = hf_peek_wire(g->conn);
    if (!g->busy && !out.len && (hf_failed(g->conn) || hf_wants(g->conn) & HF_CLOSED_OUT)) {
        guest_close(g);
    }
    if (g->busy || !out.len) {
        return;
    }
    size_t len = out.len < sizeof g->sending ? out.len : sizeof g->sending;
    memcpy(g->sending, out.data, len);
    hf_drop_wire(g->conn, len);
    uv_buf_t buffer = uv_buf_init(g->sending, (unsigned)len);
    g->busy = uv_write(&g->write, (uv_stream_t *)&g->tcp, &buffer, 1, on_written) == 0;
    g->busy ? (void)0 : guest_close(g); /* what was dropped from the connection cannot be sent any more */
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct guest *g = handle->data;
    (void)suggested;
    *buffer = uv_buf_init((char *)g->arrived, sizeof g->arrived);
}

/* All that arrived goes in, and each piece of plaintext that comes out goes back at once. */
static bool take(struct guest *g, size_t len)
{
    size_t used, taken;
    for (size_t at = 0; at < len; at += used) {
        if (hf_push_wire(g->conn, g->arrived + at, len - at, &used) != HF_OK) {
            return true; /* failed: an alert may wait to be sent */
        }
        hf_bytes plain = hf_peek_app(g->conn);
        if (plain.len && (hf_push_app(g->conn, plain, &taken) != HF_OK || taken != plain.len)) {
            return false; /* more than 256 KiB wait for a reader that does not read */
        }
        hf_drop_app(g->conn, plain.len);
        if (!used && !plain.len) {
            break; /* close_notify: nothing behind it counts */
        }
    }
    return !(hf_wants(g->conn) & HF_CLOSED_IN) || hf_close(g->conn) == HF_OK;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct guest *g = stream->data;
    (void)buffer;
    uv_timer_again(&g->timer);
    n < 0 || !take(g, (size_t)n) ? guest_close(g) : flush(g);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct guest *g = status == 0 ? calloc(1, sizeof *g) : NULL;
    if (!g || !(g->conn = hf_conn_new(config, NULL, NULL))) {
        fprintf(stderr,
                "out of memory\n"); /* and a connection that nobody accepts stops libuv from accepting */
        exit(1);
    }
    g->tcp.data = g->timer.data = g->write.data = g;
    uv_tcp_init(listener->loop, &g->tcp);
    uv_timer_init(listener->loop, &g->timer);
    g->handles = 2;
    uv_timer_start(&g->timer, on_silence, SILENCE, SILENCE);
    if (uv_accept(listener, (uv_stream_t *)&g->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&g->tcp, on_alloc, on_read) != 0) {
        guest_close(g);
    }
}

int main(int argc, char **argv)
{
    hf_problem why = {0};
    hf_config *server = hf_config_server();
    struct sockaddr_in here;
    uv_tcp_t listener;
    if (argc < 4 || !server || hf_config_identity_file(server, argv[2], argv[3], NULL) != HF_OK ||
        hf_config_freeze(server, &why) != HF_OK) {
        fprintf(stderr, "usage: echo_uv PORT CERT KEY. %s\n", why.sentence);
        return 2;
    }
    config = server;
    uv_ip4_addr("127.0.0.1", atoi(argv[1]), &here);
    uv_tcp_init(uv_default_loop(), &listener);
    if (uv_tcp_bind(&listener, (struct sockaddr *)&here, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 128, on_connection) != 0) {
        fprintf(stderr, "%s: cannot be listened on\n", argv[1]);
        return 3;
    }
    fprintf(stderr, "listening on 127.0.0.1:%s\n", argv[1]);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
