/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS12_TLS12_H
#define HF_TLS12_TLS12_H

#include "handshake/handshake.h"

/* TLS 1.2's messages, RFC 5246 7.4: one file each, what builds it beside what handles it. tls12.c is the
 * table of them. */

/* key_block.c: RFC 5246 6.3, what each side protects with, by enum side. */
struct randoms {
    const uint8_t *client, *server; /* RANDOM_SIZE bytes each */
};
enum err tls12_key_block(const struct suite *suite, const struct hmac_key *master,
                         const struct randoms *randoms, struct traffic_secrets out[2]) CHECKED;

/* key_schedule.c: RFC 5246 8.1, 6.3; RFC 7627 4 */
enum err tls12_derive_master(struct hs *hs) CHECKED;
enum err tls12_make_keys(struct hs *hs) CHECKED;
enum err tls12_install_keys(struct hs *hs, const struct step *s) CHECKED;
enum err tls12_verify_data(struct hs *hs, enum side by, uint8_t out[VERIFY_DATA_SIZE]) CHECKED;

enum err tls12_client_hello(struct hs *hs) CHECKED;
enum err tls12_server_hello_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls12_server_hello(struct hs *hs, const struct server_hello *m) CHECKED;
enum err tls12_server_hello_after(struct hs *hs) CHECKED;

enum err certificate_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err certificate_handle(struct hs *hs, const union any_message *m) CHECKED;
/* What Certificate's list means wherever it came from; it is not empty. */
enum err certificate_take(struct hs *hs, struct slice chain) CHECKED;

enum err certificate_url_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err certificate_url_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err fetch_certificate_step(struct hs *hs) CHECKED;

enum err certificate_status_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err certificate_status_handle(struct hs *hs, const union any_message *m) CHECKED;

const struct layout *server_key_exchange_layout(const struct hs *hs);
enum err make_key_share_step(struct hs *hs) CHECKED;
enum err sign_step(struct hs *hs) CHECKED;
enum err server_key_exchange_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err server_key_exchange_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err server_key_exchange_sign(struct hs *hs) CHECKED;

enum err certificate_request_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err certificate_request_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err server_hello_done_handle(struct hs *hs, const union any_message *m) CHECKED;

const struct layout *client_key_exchange_layout(const struct hs *hs);
enum err agree_secret_step(struct hs *hs) CHECKED;
enum err client_key_exchange_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err client_key_exchange_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err client_key_exchange_after(struct hs *hs) CHECKED;

enum err certificate_verify_sign(struct hs *hs) CHECKED;
enum err certificate_verify_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err certificate_verify_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err certificate_verify_after(struct hs *hs) CHECKED;

enum err new_session_ticket_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err new_session_ticket_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err supplemental_data_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err supplemental_data_handle(struct hs *hs, const union any_message *m) CHECKED;

enum err finished_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err finished_handle(struct hs *hs, const union any_message *m) CHECKED;

/* The scheme a peer signed with, where we accept it and its key can make it: E_SCHEME_NOT_OFFERED,
 * E_SCHEME_UNFIT_FOR_KEY. */
enum err tls12_peer_scheme(struct hs *hs, uint16_t code, const struct scheme **out) CHECKED;

#endif
