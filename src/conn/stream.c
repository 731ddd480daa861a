/* SPDX-License-Identifier: MIT */
#include <handfast/early.h>
#include <handfast/stream.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "conn/conn.h"

/* A connection over a file descriptor: only public calls of conn.h, and the loop that everybody would write.
 */
#define READ_SIZE (16384 + 2048 + 5)

struct hf_stream {
    hf_conn *conn;
    int fd;
    size_t start, end; /* of what was read and not yet pushed */
    bool wire_ended;
    uint8_t arrived[READ_SIZE];
};

hf_stream *hf_stream_new(hf_conn *conn, int fd)
{
    void *memory;
    if (!conn || fd < 0 || memory_new(sizeof(hf_stream), &memory) != OK) {
        hf_conn_free(conn);
        return NULL;
    }
    hf_stream *s = memory;
    s->conn = conn;
    s->fd = fd;
    return s;
}

hf_conn *hf_stream_conn(hf_stream *stream)
{
    return stream ? stream->conn : NULL;
}

void hf_stream_free(hf_stream *stream)
{
    if (stream) {
        hf_conn_free(stream->conn);
        memory_free(stream, sizeof *stream);
    }
}

static int failed(int error)
{
    errno = error;
    return -1;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static ssize_t put(int fd, hf_bytes bytes)
{
    ssize_t n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    return n < 0 && errno == ENOTSOCK ? write(fd, bytes.data, bytes.len) : n;
}

int hf_stream_flush(hf_stream *stream)
{
    if (!stream) {
        return failed(EINVAL);
    }
    for (;;) {
        hf_bytes out = hf_peek_wire(stream->conn);
        if (!out.len) {
            return 0;
        }
        ssize_t n = put(stream->fd, out);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        if (n > 0) {
            hf_drop_wire(stream->conn, (size_t)n);
        }
    }
}

/* Everything that could go wrong with TLS comes out here: the alert is sent, as far as it can be. */
static int tls_failed(hf_stream *s)
{
    int flushed = hf_stream_flush(s);
    (void)flushed; /* the failure is what the caller hears of */
    return failed(EPROTO);
}

static int read_more(hf_stream *s)
{
    s->start = s->end = 0;
    ssize_t n;
    do {
        n = read(s->fd, s->arrived, sizeof s->arrived);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -1;
    }
    if (n == 0) {
        s->wire_ended = true;
        return hf_end_wire(s->conn) == HF_OK ? 0 : tls_failed(s);
    }
    s->end = (size_t)n;
    return 0;
}

static bool peer_gone(void)
{
    return errno == EPIPE || errno == ECONNRESET;
}

/* One round: send what waits, then take what arrives; also where the way out is full, or two sides that both
 * write would wait for each other. */
static int advance(hf_stream *s)
{
    if (hf_failed(s->conn)) {
        return tls_failed(s);
    }
    /* a peer that is gone may have said why before: what arrived is read first */
    if (hf_stream_flush(s) != 0 && !would_block() && !peer_gone()) {
        return -1;
    }
    if (hf_wants(s->conn) &
        (HF_ANSWER | HF_TAKE_EARLY)) { /* nothing goes on before the caller has done his part */
        return failed(EAGAIN);
    }
    if (s->start == s->end && read_more(s) != 0) {
        return -1;
    }
    size_t used = 0;
    hf_err e = hf_push_wire(s->conn, s->arrived + s->start, s->end - s->start, &used);
    s->start += used;
    if (e != HF_OK) {
        return tls_failed(s);
    }
    return hf_stream_flush(s) == 0 || would_block() ? 0 : -1;
}

int hf_stream_handshake(hf_stream *stream)
{
    if (!stream) {
        return failed(EINVAL);
    }
    while (!hf_negotiated(stream->conn)->complete) {
        if (advance(stream) != 0) {
            return -1;
        }
    }
    return hf_failed(stream->conn) ? tls_failed(stream) : hf_stream_flush(stream);
}

/* What fits of a window goes to out; 0: there is nothing in it. */
static ssize_t take(hf_conn *conn, hf_bytes window, void (*drop)(hf_conn *, size_t), struct span out)
{
    size_t n = window.len < out.len ? window.len : out.len;
    if (n) {
        memcpy(out.data, window.data, n);
        drop(conn, n);
    }
    return (ssize_t)n;
}

ssize_t hf_stream_read(hf_stream *stream, void *out, size_t len)
{
    if (!stream || (!out && len)) {
        return failed(EINVAL);
    }
    while (len) {
        ssize_t n = take(stream->conn, hf_peek_app(stream->conn), hf_drop_app, (struct span){out, len});
        if (n) {
            return n;
        }
        if (!hf_failed(stream->conn) && hf_wants(stream->conn) & HF_CLOSED_IN) {
            return 0;
        }
        if (advance(stream) != 0) {
            return -1;
        }
    }
    return 0;
}

ssize_t hf_stream_read_early(hf_stream *stream, void *out, size_t len)
{
    if (!stream || (!out && len)) {
        return failed(EINVAL);
    }
    while (len) {
        ssize_t n = take(stream->conn, hf_peek_early(stream->conn), hf_drop_early, (struct span){out, len});
        if (n) {
            return n;
        }
        if (hf_failed(stream->conn)) {
            return tls_failed(stream);
        }
        if (hf_negotiated(stream->conn)->complete) {
            return 0;
        }
        if (advance(stream) != 0) {
            return -1;
        }
    }
    return 0;
}

ssize_t hf_stream_write_early(hf_stream *stream, const void *bytes, size_t len)
{
    if (!stream || (!bytes && len)) {
        return failed(EINVAL);
    }
    size_t done = 0;
    do {
        size_t used = 0;
        hf_err e = hf_push_early(stream->conn, (hf_bytes){(const uint8_t *)bytes + done, len - done}, &used);
        if (e != HF_OK) {
            return e == HF_EARLY_DATA_UNAVAILABLE ? (ssize_t)done : tls_failed(stream);
        }
        done += used;
        if (hf_stream_flush(stream) != 0) {
            return done && would_block() ? (ssize_t)done : -1;
        }
    } while (done < len && hf_wants(stream->conn) & HF_GIVE_EARLY);
    return (ssize_t)done;
}

/* While another handshake runs nothing of ours is taken: drives it, unless plaintext in front of its messages
 * must be read first. */
static bool took_part(hf_stream *s)
{
    if (hf_wants(s->conn) & HF_GIVE_APP) {
        return true;
    }
    return hf_peek_app(s->conn).len ? failed(EAGAIN) == 0 : advance(s) == 0;
}

ssize_t hf_stream_write(hf_stream *stream, const void *bytes, size_t len)
{
    if (!stream || (!bytes && len)) {
        return failed(EINVAL);
    }
    if (!(hf_wants(stream->conn) & HF_GIVE_APP) && hf_stream_handshake(stream) != 0) {
        return -1;
    }
    size_t done = 0;
    while (done < len) {
        size_t used = 0;
        hf_err e = hf_push_app(stream->conn, (hf_bytes){(const uint8_t *)bytes + done, len - done}, &used);
        if (e != HF_OK) {
            return e == HF_CLOSED ? failed(EPIPE) : tls_failed(stream);
        }
        done += used;
        if (hf_stream_flush(stream) != 0 || (!used && !took_part(stream))) {
            return done && would_block() ? (ssize_t)done : -1;
        }
    }
    return (ssize_t)done;
}

int hf_stream_close(hf_stream *stream)
{
    if (!stream) {
        return failed(EINVAL);
    }
    return hf_close(stream->conn) == HF_OK ? hf_stream_flush(stream) : tls_failed(stream);
}
