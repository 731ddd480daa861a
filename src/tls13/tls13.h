/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS13_TLS13_H
#define HF_TLS13_TLS13_H

#include "handshake/handshake.h"

/* TLS 1.3's messages, RFC 8446 4: one file each, what builds it beside what handles it. tls13.c is the table
 * of them. */

/* ---- key_schedule.c: RFC 8446 7.1 to 7.3 ---- */
/* Hash(""), and the salt of Handshake Secret where there is no pre-shared key: the same for everybody. Of
 * SHA-256 and SHA-384, which are the hashes of TLS 1.3's suites. */
struct slice tls13_hash_of_nothing(enum hash h);
struct slice tls13_salt_without_psk(enum hash h);
/* Early Secret of hs->psk; where there is none it is not needed: tls13_salt_without_psk. */
enum err tls13_early_secret(struct hs *hs) CHECKED;
/* Handshake Secret, of what hs->premaster holds or of zeros, and both handshake traffic secrets: when
 * ServerHello is the last message of the transcript. */
enum err tls13_handshake_secrets(struct hs *hs) CHECKED;
/* Master Secret, both application traffic secrets and the exporters': behind the server's Finished. */
enum err tls13_application_secrets(struct hs *hs) CHECKED;
/* client_early_traffic_secret and early_exporter_master_secret of this pre-shared key: when the first
 * ClientHello is all that the transcript has, and its suite is negotiated's. */
enum err tls13_early_traffic(struct hs *hs, struct slice psk) CHECKED;
enum err tls13_end_early_data(struct hs *hs) CHECKED;    /* the client's handshake keys come into use */
enum err tls13_resumption_secret(struct hs *hs) CHECKED; /* behind the client's Finished */
enum err tls13_make_keys(struct hs *hs) CHECKED;         /* ours, for the message that hs->step sends */
enum err tls13_install_keys(struct hs *hs, const struct step *s) CHECKED;
/* quic.c: where QUIC carries the handshake it is given the secrets instead. RFC 9001 4.1.4 */
enum err quic_install_keys(struct hs *hs, const struct step *s) CHECKED;
/* verify_data of that side's Finished, as long as the hash. */
enum err tls13_verify_data(struct hs *hs, enum side by, uint8_t out[HASH_MAX], struct slice *mac) CHECKED;
/* RFC 8446 7.1: of a secret as long as the hash. */
enum err tls13_derive(enum hash h, struct slice secret, const char *label, struct slice context,
                      struct span out) CHECKED;
/* Keys of a direction, RFC 8446 7.3. */
enum err tls13_protect(struct protection *p, const struct suite *suite, enum aead_use use,
                       struct slice secret) CHECKED;
/* RFC 9850: "LABEL client_random secret" to the config's key log, where there is one. */
void tls13_log_secret(const struct hs *hs, const char *label, const struct secret *s);
void keylog_secret(const struct config *c, const uint8_t client_random[RANDOM_SIZE], const char *label,
                   const struct secret *s);

/* ---- choose.c: what a server makes of a ClientHello ---- */
enum err tls13_client_hello(struct hs *hs) CHECKED;
enum err choose_group_step(struct hs *hs) CHECKED;
/* The first of ours that the client has, of this hash: HASH_NONE for any. */
const struct suite *tls13_prefer_suite(const struct hs *hs, enum hash hash);
enum err tls13_choose_parameters_step(struct hs *hs) CHECKED;

/* ---- key_share.c: both sides' ephemeral keys ---- */
enum err tls13_make_key_share_step(struct hs *hs) CHECKED;
enum err tls13_agree_secret_step(struct hs *hs) CHECKED;

/* ---- pre_shared_key.c ---- */
/* Client: the binders, once all that they are over is encoded. */
enum err tls13_client_hello_patch(struct hs *hs, struct span encoded) CHECKED;
enum err tls13_look_up_session_step(struct hs *hs) CHECKED;
enum err tls13_take_session(struct hs *hs) CHECKED;

/* ---- retry_cookie.c ---- */
/* Server: puts into hs->cookie what HelloRetryRequest takes along, where the config wants that. */
enum err tls13_cookie_make(struct hs *hs) CHECKED;
enum err tls13_recall(struct hs *hs, const struct client_hello *m) CHECKED;

/* ---- external_psk.c ---- */
/* Server: whether a key may be used here, and if not, why: the last reason is kept. */
enum psk_verdict external_psk_weigh(struct hs *hs, const struct external_psk *psk);
/* Server: its binder was right. */
enum err external_psk_take(struct hs *hs, const struct external_psk *psk) CHECKED;
/* Server, before HelloRetryRequest names a suite: of the first key that may be used, or HASH_NONE. */
enum hash external_psk_hash(const struct hs *hs);
enum err external_psk_missing(struct hs *hs) CHECKED; /* a server that has nothing else to show */
/* Both sides, behind ServerHello. */
enum err external_psk_used(struct hs *hs) CHECKED;
enum err external_psk_not_used(struct hs *hs) CHECKED;

/* ---- early_data.c: RFC 8446 4.2.10 ---- */
enum err tls13_protect_early_data_step(struct hs *hs) CHECKED;
/* The keys of early data stay in use when those of the handshake are there. */
bool tls13_early_data_goes_on(const struct hs *hs);
enum err tls13_early_data_retried(struct hs *hs) CHECKED;  /* client: HelloRetryRequest came */
enum err tls13_early_data_answered(struct hs *hs) CHECKED; /* client: EncryptedExtensions came */
/* Server: whether it is taken, when all else is decided. */
enum err tls13_weigh_early_data(struct hs *hs) CHECKED;
void tls13_early_data_passed_over(struct hs *hs); /* server: where it is not taken, and comes all the same */
enum err end_of_early_data_after(struct hs *hs) CHECKED;

/* ---- new_session_ticket.c: behind the handshake ---- */
struct ticket_origin {
    const struct config *config;
    const struct negotiated *negotiated;
    const char *name;                /* of the server, as the client called it; NULL: none */
    const struct secret *resumption; /* resumption_master_secret */
    int64_t now_ms;
    const struct random_source *random; /* a server's */
};
/* The whole message, and the session that it gives; NULL and nothing written where there can be none. */
enum err tls13_new_session_ticket_make(const struct ticket_origin *o, uint8_t number, struct writer *w,
                                       struct session **out) CHECKED;
/* The session that a client keeps; NULL: none. */
enum err tls13_new_session_ticket_take(const struct ticket_origin *o, const struct new_session_ticket13 *m,
                                       struct session **out) CHECKED;

/* ---- messages ---- */
enum err hello_retry_request_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err hello_retry_request_handle(struct hs *hs, const union any_message *m) CHECKED;

enum err tls13_server_hello_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_server_hello(struct hs *hs, const struct server_hello *m) CHECKED;
enum err tls13_server_hello_after(struct hs *hs) CHECKED;
/* What ServerHello and HelloRetryRequest have in common, RFC 8446 4.1.3, 4.1.4. */
enum err tls13_check_server_hello(struct hs *hs, const struct server_hello *m) CHECKED;

enum err encrypted_extensions_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err encrypted_extensions_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err encrypted_extensions_after(struct hs *hs) CHECKED;

enum err tls13_certificate_request_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_certificate_request_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err tls13_pick_identity_step(struct hs *hs) CHECKED;

enum err tls13_certificate_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_certificate_handle(struct hs *hs, const union any_message *m) CHECKED;

/* Once it is known whose certificate it is: whether it goes compressed. */
enum err tls13_choose_compression(struct hs *hs) CHECKED;
enum err tls13_compressed_certificate_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_compressed_certificate_handle(struct hs *hs, const union any_message *m) CHECKED;

enum err tls13_sign_step(struct hs *hs) CHECKED;
/* What that side's CertificateVerify signs, of the transcript's hash so far. */
#define TLS13_SIGNED_MAX (64 + 34 + HASH_MAX)
enum err tls13_signed_content(enum side by, struct slice hash, struct writer *w) CHECKED;
enum err tls13_certificate_verify_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_certificate_verify_handle(struct hs *hs, const union any_message *m) CHECKED;

enum err tls13_finished_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err tls13_finished_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err tls13_finished_after(struct hs *hs) CHECKED;

#endif
