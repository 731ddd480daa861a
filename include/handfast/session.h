/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_SESSION_H
#define HANDFAST_SESSION_H

#include <handfast/error.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes somebody else owns; each function says how long they live. */
typedef struct hf_bytes {
    const uint8_t *data;
    size_t len;
} hf_bytes;

/*
 * A session that can be resumed (RFC 5246 F.1.4): immutable, counted, safe to share between threads. A client
 * gets one from hf_conn_session after a handshake and gives it to hf_conn_resume of a later connection to the
 * same host and port. It is bound to the server name, the trust anchors and the verification policy of the
 * config that made it: under others it is not offered, and the handshake is full. One of TLS 1.3 is offered
 * by one connection only; another that is given it does a full handshake (HF_SESSION_USED). A connection may
 * keep several: hf_config_tickets_kept.
 */
typedef struct hf_session hf_session;

/*
 * hf_session_save: the session as opaque bytes of a versioned format. *len is out's size and becomes the
 * length; HF_BAD_ARGUMENT when out is too small (then *len says how much is needed; out may be NULL). The
 * bytes hold the master secret: keep them as a private key is kept.
 */
HF_API hf_err hf_session_save(const hf_session *session, uint8_t *out, size_t *len) HF_CHECKED;
/* hf_session_load: the inverse; HF_BAD_SESSION for anything else. One reference: yours. */
HF_API hf_err hf_session_load(hf_bytes saved, hf_session **out) HF_CHECKED;
/* hf_session_seal: the same under AES-256-GCM with a key of 32 bytes that the caller keeps; else as
 * hf_session_save. hf_session_unseal: HF_BAD_SESSION for another key or changed bytes. */
HF_API hf_err hf_session_seal(const hf_session *session, hf_bytes key, uint8_t *out, size_t *len) HF_CHECKED;
HF_API hf_err hf_session_unseal(hf_bytes sealed, hf_bytes key, hf_session **out) HF_CHECKED;
/* hf_session_share, hf_session_free: one more reference; one less, the last wipes. NULL is allowed. */
HF_API hf_session *hf_session_share(hf_session *session);
HF_API void hf_session_free(hf_session *session);
/* hf_session_id: the session ID, 1 to 32 bytes, or none where a ticket stands for it; lives with the session.
 */
HF_API hf_bytes hf_session_id(const hf_session *session);
/* hf_session_is_ticket: whether it is resumed by a ticket (RFC 5077, RFC 8446 4.6.1) and not by
 * its ID. */
HF_API bool hf_session_is_ticket(const hf_session *session);
/* hf_session_note: what hf_conn_session_note put into it; lives with the session. */
HF_API hf_bytes hf_session_note(const hf_session *session);
/* hf_session_expires: seconds since 1970 after which it is not offered. */
HF_API int64_t hf_session_expires(const hf_session *session);

#ifdef __cplusplus
}
#endif
#endif
