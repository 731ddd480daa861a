/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_EARLY_H
#define HANDFAST_EARLY_H

#include <handfast/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Early data (0-RTT, RFC 8446 2.3): a client that comes back with a ticket of TLS 1.3 sends data right behind
 * its ClientHello, and has the answer a round trip sooner. Two things are given up for it (RFC 8446 8, E.5):
 * nothing new protects this data, so who learns the ticket's key later can read it; and it is not proven that
 * it comes from the client now: who recorded it may send it again, to this server or to another. So it is off
 * on both sides, it never mixes with other data (calls of their own), and an application must send and obey
 * nothing this way that does harm when it comes twice: a request for a page, not an order for payment (RFC
 * 8470 for HTTP).
 *
 * Against replays a server takes early data for tickets alone that it can prove are used once (RFC 8446 8.1):
 * those whose sessions it remembers in memory (hf_config_session_cache), or that the application takes out of
 * its store in one step (hf_question.take, hf_answer_session_taken; store.h has hf_store_take). Never for
 * sealed tickets (hf_config_tickets), which nobody can take back, nor for external pre-shared keys (psk.h).
 * Over QUIC unstable/quic.h says what is different. Beside that it compares the ticket's age with what the
 * client says of it (RFC 8446 8.3).
 *
 * A server that does not take it passes it over, and the handshake goes on: hf_negotiated()->early_data says
 * why. A client sends nothing again by itself.
 */

/*
 * hf_config_early_data: most bytes of early data on one connection; 0, the default: none. A server's goes
 * into its tickets (max_early_data_size), and more than that fails the connection with TOO_MUCH_EARLY_DATA. A
 * client sends at most the smaller of this and what the ticket allows. Also turns TLS 1.2 away: a client that
 * has sent early data fails where the server turns out to speak nothing newer (RFC 8446 D.3). Connect again
 * without early data then.
 */
HF_API hf_err hf_config_early_data(hf_config *config, uint32_t bytes) HF_CHECKED;
/* hf_config_early_data_age: a server: by how many seconds the age of a ticket may differ from what the client
 * says it is, 1 to 3600; default 10 (RFC 8446 8.3); compared to the millisecond. In a fleet the one who gave
 * the ticket may be another server: its clock's difference counts. Beyond that early data is not taken
 * (HF_EARLY_STALE); the session is resumed all the same. HF_BAD_ARGUMENT on a client. */
HF_API hf_err hf_config_early_data_age(hf_config *config, unsigned seconds) HF_CHECKED;

/*
 * hf_push_early: a client's early data, sealed in the call: behind hf_conn_resume and before anything else
 * was pushed or peeked the first call makes the ClientHello that offers it; further calls go on until the
 * server's answer is there (hf_wants: HF_GIVE_EARLY). *used may be less than len: when the limit of unsent
 * bytes is reached, send and push the rest; when what the ticket allows is used up, HF_GIVE_EARLY is gone.
 * Whether the server took it is in hf_negotiated()->early_data once the handshake is complete. HF_OK, also
 * for len 0, which only offers it. HF_EARLY_DATA_UNAVAILABLE, and the connection goes on without: the config
 * allows none, no session was given that allows it and may be offered, or the time for it is over.
 */
HF_API hf_err hf_push_early(hf_conn *conn, hf_bytes plain, size_t *used) HF_CHECKED;
/*
 * hf_peek_early: early data that arrived on a server, until the next push; empty when there is none. It may
 * be a replay, and who sent it is not proven before the handshake is complete. hf_drop_early: the first len
 * bytes were taken. While some waits (HF_TAKE_EARLY) hf_push_wire takes nothing. Once it was accepted the
 * server may answer at once with hf_push_app (hf_wants: HF_GIVE_APP), before the handshake is complete; what
 * it says is then read by whoever has the ticket's key and the client's share, and not more is proven than
 * for early data (RFC 8446 4.4.4).
 */
HF_API hf_bytes hf_peek_early(const hf_conn *conn);
HF_API void hf_drop_early(hf_conn *conn, size_t len);
/* hf_export_early: as hf_export, of the early exporter (RFC 8446 7.5): known to a client that has sent early
 * data, unless it was rejected, and to a server that took it; as soon as there is early data. Not unique to
 * one connection: a replay has the same. HF_EXPORTER_UNAVAILABLE elsewhere. */
HF_API hf_err hf_export_early(const hf_conn *conn, const char *label, const hf_bytes *context, uint8_t *out,
                              size_t len) HF_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
