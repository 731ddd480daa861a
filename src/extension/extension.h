/* SPDX-License-Identifier: MIT */
#ifndef HF_EXTENSION_EXTENSION_H
#define HF_EXTENSION_EXTENSION_H

#include "handshake/handshake.h"

/*
 * An extension: one file, both sides in it, one row in registry.c. Four verbs: a client offers, a server
 * accepts and answers, a client confirms; and absent, when the peer's message does not have it. A
 * CertificateRequest of TLS 1.3 offers too, and the Certificate behind it answers: the sides are then the
 * other way round. A verb that is NULL does nothing. Offer and answer say with *present whether the extension
 * is written; its body is what they write. hs->place tells a verb in which message it is.
 */
struct extension {
    uint16_t code;
    uint16_t places; /* enum extension_place: where a peer may put it; elsewhere it is refused */
    enum err (*offer)(struct hs *hs, struct writer *body, bool *present);
    enum err (*accept)(struct hs *hs, struct slice body);
    enum err (*answer)(struct hs *hs, struct writer *body, bool *present);
    enum err (*confirm)(struct hs *hs, struct slice body);
    enum err (*absent)(struct hs *hs);
};

extern const struct extension extension_server_name;
extern const struct extension extension_supported_groups;
extern const struct extension extension_ec_point_formats;
extern const struct extension extension_signature_algorithms;
extern const struct extension extension_alpn;
extern const struct extension extension_extended_master_secret;
extern const struct extension extension_renegotiation_info;
extern const struct extension extension_encrypt_then_mac;
extern const struct extension extension_trusted_ca_keys;
extern const struct extension extension_client_certificate_url;
extern const struct extension extension_session_ticket;
extern const struct extension extension_status_request_v2;
extern const struct extension extension_status_request;
extern const struct extension extension_signed_certificate_timestamp;
extern const struct extension extension_max_fragment_length;
extern const struct extension extension_record_size_limit;
extern const struct extension extension_padding;
extern const struct extension extension_truncated_hmac;
extern const struct extension extension_user_mapping;
extern const struct extension extension_supported_versions;
extern const struct extension extension_key_share;
extern const struct extension extension_cookie;
extern const struct extension extension_certificate_authorities;
extern const struct extension extension_post_handshake_auth;
extern const struct extension extension_compress_certificate;
extern const struct extension extension_signature_algorithms_cert;
extern const struct extension extension_quic_transport_parameters;
extern const struct extension extension_psk_key_exchange_modes;
extern const struct extension extension_early_data;
extern const struct extension extension_pre_shared_key;
extern const struct extension extension_oid_filters;
extern const struct extension extension_client_certificate_type;
extern const struct extension extension_server_certificate_type;

/* ---- server_certificate_type.c: what it has in common with the client's ---- */
struct certificate_types;
void certificate_type_offer(const struct certificate_types *t, struct writer *body, bool *present);
enum err certificate_type_list(struct slice body, struct slice *types) CHECKED;
enum err certificate_type_confirm(struct hs *hs, enum side by, const struct certificate_types *offered,
                                  struct slice body) CHECKED;

/* ---- supplemental.c: the extensions that a config ties to types of SupplementalData ---- */
enum err supplemental_offer(struct hs *hs, struct writer *w) CHECKED;
enum err supplemental_answer(struct hs *hs, struct writer *w) CHECKED;
/* Whether the code is one of the config's, and on a client: was offered. */
bool supplemental_knows(const struct hs *hs, uint16_t code);
enum err supplemental_read(struct hs *hs, uint16_t code) CHECKED;

#endif
