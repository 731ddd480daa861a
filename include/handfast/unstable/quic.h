/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_UNSTABLE_QUIC_H
#define HANDFAST_UNSTABLE_QUIC_H

#include <handfast/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Unstable: what is here may change from one release to the next.
 *
 * The handshake of TLS 1.3 for a QUIC stack, RFC 9001 4. The stack has the packets; a connection of a config
 * with hf_config_quic has the handshake: it takes and gives the bytes of CRYPTO frames, by encryption level,
 * and the secrets that packets are protected with. There are no records, no alerts on the wire, no
 * ChangeCipherSpec and no application data. Everything else is as in conn.h: hf_conn_new, hf_conn_resume,
 * questions and answers, hf_negotiated, hf_failed, hf_conn_session, observers, hf_export.
 *
 *     hf_quic_parameters(conn, ours);                before anything else
 *
 *     hf_quic_push(conn, level, bytes);              of CRYPTO frames that arrived, in order
 *
 *     hf_quic_take_secret(conn, &secret)             install it; until it answers false
 *
 *     bytes = hf_quic_peek(conn, &level);            send them in CRYPTO frames of that level,
 *
 *     hf_quic_drop(conn, bytes.len);                 until there are none;
 *
 *     hf_negotiated(conn)->complete, hf_quic_error(conn)
 *
 * A client begins with hf_quic_peek, a server with hf_quic_push; take secrets and bytes after each push and
 * each answer to a question. HF_CARRIED_BY_QUIC is the answer of hf_push_wire and hf_push_app.
 */
typedef enum hf_quic_level {
    HF_QUIC_INITIAL,
    HF_QUIC_EARLY, /* 0-RTT: it has a secret, and no CRYPTO frames (RFC 9001 8.3) */
    HF_QUIC_HANDSHAKE,
    HF_QUIC_APPLICATION /* 1-RTT */
} hf_quic_level;

/*
 * hf_config_quic: the connections of this config are carried by QUIC: TLS 1.3 alone (RFC 9001 4.2), without
 * middlebox compatibility (8.4), record limits and post-handshake authentication (4.4). hf_config_freeze then
 * wants application protocols (hf_config_alpn, RFC 9001 8.1: without a common one the handshake fails with
 * HF_NO_APPLICATION_PROTOCOL). Before freezing.
 */
HF_API hf_err hf_config_quic(hf_config *config) HF_CHECKED;

/* hf_quic_parameters: this side's transport parameters (RFC 9001 8.2, RFC 9000 18), copied as they are, at
 * most 2048 bytes; none is an empty list. Before the first hf_quic_push and hf_quic_peek, which otherwise
 * fail with HF_QUIC_PARAMETERS_MISSING. HF_BAD_ARGUMENT later, for more bytes, and without hf_config_quic. */
HF_API hf_err hf_quic_parameters(hf_conn *conn, hf_bytes parameters) HF_CHECKED;
/*
 * hf_quic_peer_parameters: the peer's, until hf_conn_free; data NULL before they came. A server has them
 * behind the ClientHello, a client behind EncryptedExtensions; they are authenticated when the handshake is
 * complete (RFC 9001 8.2). A peer without them is refused with HF_MISSING_EXTENSION.
 */
HF_API hf_bytes hf_quic_peer_parameters(const hf_conn *conn);

/*
 * hf_quic_push: all of these bytes are taken. HF_OK; HF_TOO_EARLY for a level whose keys are not there yet,
 * and nothing was taken: keep them until the level's secret comes (RFC 9001 4.1.3). Everything else, and the
 * connection has failed: hf_quic_error is what CONNECTION_CLOSE says. HF_QUIC_LEVEL_PAST for new bytes of a
 * level that the handshake has left. While a question is open bytes are kept and looked at when it is
 * answered.
 */
HF_API hf_err hf_quic_push(hf_conn *conn, hf_quic_level level, hf_bytes bytes) HF_CHECKED;
/* hf_quic_peek: what is to be sent next and at which level, until the next call on conn; len 0: nothing, and
 * level stays as it is. hf_quic_drop: the first len bytes of what hf_quic_peek answered have been taken over:
 * whoever may have to send them again keeps a copy. */
HF_API hf_bytes hf_quic_peek(hf_conn *conn, hf_quic_level *level);
HF_API void hf_quic_drop(hf_conn *conn, size_t len);

/* What QUIC derives packet and header protection from, with "quic key", "quic iv" and "quic hp" (RFC 9001
 * 5.1): the AEAD and the hash are those of the cipher suite. */
typedef struct hf_quic_secret {
    hf_quic_level level;
    bool writes;     /* of what this side sends; else of what the peer sends */
    uint16_t suite;  /* 0x1301 … (RFC 8446 B.4) */
    hf_bytes secret; /* until the next call on conn: wiped then */
} hf_quic_secret;
/* hf_quic_take_secret: the next, each once, in the order that they come into use (RFC 9001 4.1.4); false:
 * there is none now. A server's reading secret of HF_QUIC_APPLICATION comes when the handshake is complete
 * (5.7). */
HF_API bool hf_quic_take_secret(hf_conn *conn, hf_quic_secret *out);

/*
 * 0-RTT, RFC 9001 4.6, where both configs have hf_config_early_data (early.h; any number but 0: QUIC limits
 * early data by transport parameters) and the server keeps what it resumes. The early data itself is the
 * stack's: it goes into 0-RTT packets under the secret of HF_QUIC_EARLY. hf_negotiated()->early_data says
 * what became of it; where it is not HF_EARLY_ACCEPTED in the end, it was not taken, and all that was assumed
 * for it (transport parameters, application protocol) is void (RFC 9001 4.6.2).
 *
 * hf_quic_offer_early: a client wants to send some: behind hf_conn_resume and before the first hf_quic_peek,
 * else HF_BAD_ARGUMENT. HF_EARLY_DATA_UNAVAILABLE when the session or the config lets none: nothing has
 * changed.
 */
HF_API hf_err hf_quic_offer_early(hf_conn *conn) HF_CHECKED;
/* hf_quic_refuse_early: a server takes none on this connection, because of what the stack remembers (RFC 9001
 * 4.6.3); before the ClientHello is pushed, or while HF_ASK_VERIFY asks about the session (whose note is in
 * hf_negotiated). HF_BAD_ARGUMENT later, and on a client. */
HF_API hf_err hf_quic_refuse_early(hf_conn *conn) HF_CHECKED;

/* hf_quic_error: what CONNECTION_CLOSE (0x1c) says of a connection that failed: 0x0100 and the alert (RFC
 * 9001 4.8), 0x0a PROTOCOL_VIOLATION where RFC 9001 wants that, 0x0d CRYPTO_BUFFER_EXCEEDED where more waits
 * than is kept (RFC 9000 7.5), 0x01 INTERNAL_ERROR where there is no alert; 0: it has not failed. */
HF_API uint64_t hf_quic_error(const hf_conn *conn);

#ifdef __cplusplus
}
#endif
#endif
