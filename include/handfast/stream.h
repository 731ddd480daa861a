/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_STREAM_H
#define HANDFAST_STREAM_H

#include <handfast/conn.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The common case: a connection over a file descriptor, blocking or not, in the conventions of read(2). -1
 * with errno EAGAIN: a non-blocking descriptor would block, or a question is open (hf_asked of
 * hf_stream_conn), or a write has to wait for a read (hf_stream_write). -1 with errno EPROTO: TLS failed, see
 * hf_failed. Other errno: the descriptor's. The descriptor stays the caller's. SIGPIPE is not raised on
 * sockets.
 */
typedef struct hf_stream hf_stream;

/* hf_stream_new: takes over conn (also when it fails and answers NULL: conn is then freed). */
HF_API hf_stream *hf_stream_new(hf_conn *conn, int fd);
HF_API hf_conn *hf_stream_conn(hf_stream *stream);
/* hf_stream_handshake: 0 when complete. Optional: read and write do it. */
HF_API int hf_stream_handshake(hf_stream *stream) HF_CHECKED;
/*
 * hf_stream_write_early: a client's early data (early.h), before any other call that reads or writes: bytes
 * taken; fewer than len, or 0, where the ticket or the config do not allow so much, or any. Not sent again by
 * itself: where hf_negotiated()->early_data is not HF_EARLY_ACCEPTED once the handshake is complete, nobody
 * has read it.
 */
HF_API ssize_t hf_stream_write_early(hf_stream *stream, const void *bytes, size_t len) HF_CHECKED;
/* hf_stream_read_early: a server's: bytes of early data, which may be a replay; 0 when there is none, or no
 * more, and the handshake is complete. A server whose config takes early data calls it first: hf_stream_read
 * and hf_stream_handshake are -1 with EAGAIN while early data waits. hf_stream_write may answer in between.
 */
HF_API ssize_t hf_stream_read_early(hf_stream *stream, void *out, size_t len) HF_CHECKED;
/* hf_stream_read: bytes; 0 after the peer's close_notify. A stream that ends without it is -1, EPROTO,
 * HF_TRUNCATED. */
HF_API ssize_t hf_stream_read(hf_stream *stream, void *out, size_t len) HF_CHECKED;
/* hf_stream_write: bytes taken. On a blocking descriptor all of them, but for two cases, in which it is -1
 * with EAGAIN and nothing was taken: a question is open; or another handshake of the connection runs, which
 * the call drives to its end (RFC 5746), and plaintext has arrived in front of its messages (hf_wants has
 * HF_TAKE_APP): call hf_stream_read, then write again. On others, and where SO_SNDTIMEO is over, it may be
 * fewer. What was taken but not yet sent goes with the next call or hf_stream_flush. */
HF_API ssize_t hf_stream_write(hf_stream *stream, const void *bytes, size_t len) HF_CHECKED;
/* hf_stream_flush: 0 when all that was taken is sent. */
HF_API int hf_stream_flush(hf_stream *stream) HF_CHECKED;
/* hf_stream_close: sends close_notify; this side's half is closed, reading goes on. 0 when sent. */
HF_API int hf_stream_close(hf_stream *stream) HF_CHECKED;
/* hf_stream_free: frees the connection too. Does not send anything and does not close the descriptor. */
HF_API void hf_stream_free(hf_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
