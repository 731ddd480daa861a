/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_MESSAGES_H
#define HF_WIRE_MESSAGES_H

#include "wire/layout.h"

/* ContentType, RFC 5246 6.2.1 */
enum content_type {
    CONTENT_CHANGE_CIPHER_SPEC = 20,
    CONTENT_ALERT = 21,
    CONTENT_HANDSHAKE = 22,
    CONTENT_APPLICATION_DATA = 23,
};

/* ProtocolVersion */
enum { SSL_3_0 = 0x0300, TLS_1_0 = 0x0301, TLS_1_1 = 0x0302, TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

/* Our own numbers for messages: dense, so tables index by them. The wire's numbers are in message_row. */
enum message {
#define MESSAGE(id, type, name, bound, rfc, rfc13) id,
#include "wire/messages.def"
#undef MESSAGE
    MESSAGE_COUNT
};
struct message_row {
    uint16_t type;     /* HandshakeType; above 255: not a handshake type of its own */
    const char *name;  /* the RFC's: "ClientHello" */
    const char *rfc;   /* where it is defined: "RFC 5246 7.4.1.2" */
    const char *rfc13; /* where it is in TLS 1.3, or NULL: it is no message of that version */
    uint32_t bound;    /* largest body accepted, bytes */
    /* In TLS 1.2, and in TLS 1.3; NULL where the body is chosen by context (the key exchanges), empty, or
     * not of that version. */
    const struct layout *layout, *layout13;
};
/* NULL for MESSAGE_COUNT. */
const struct message_row *message_row(enum message m);
/* Where the message is defined as it is in TLS 1.3, or as it is before. */
const char *message_rfc(enum message m, bool tls13);
/* MESSAGE_COUNT for a type that is not known. */
enum message message_of_type(uint8_t handshake_type);

#define RANDOM_SIZE 32
#define SESSION_ID_MAX 32
#define MASTER_SECRET_SIZE 48
#define VERIFY_DATA_SIZE 12
#define HANDSHAKE_HEADER 4 /* type and uint24 length, RFC 5246 7.4 */

/* RFC 5246 7.4.1.2 */
struct client_hello {
    uint16_t version;
    struct slice random, session_id, cipher_suites, compression_methods, extensions;
};
/* RFC 5246 7.4.1.3 */
struct server_hello {
    uint16_t version;
    struct slice random, session_id;
    uint16_t cipher_suite;
    uint8_t compression_method;
    struct slice extensions;
};
/* RFC 5246 7.4.2: a list of certificates, each with a 24-bit length */
struct raw_key_message {
    struct slice subject_public_key_info;
};
struct certificate_message {
    struct slice certificate_list;
};
/* RFC 8422 5.4, RFC 5246 7.4.3: one struct for all key exchanges, a layout for each. The signature covers both
 * randoms and the parameters as they stand; DH_anon and ECDH_anon have none. */
struct server_key_exchange {
    uint8_t curve_type; /* ECDHE: the next three */
    uint16_t named_curve;
    struct slice point;
    struct slice dh_p, dh_g, dh_ys; /* DHE */
    uint16_t scheme;
    struct slice signature;
};
/* RFC 5246 7.4.4 */
struct certificate_request {
    struct slice certificate_types, signature_algorithms, certificate_authorities;
};
/* RFC 8422 5.7, RFC 5246 7.4.7: likewise */
struct client_key_exchange {
    struct slice point;                      /* ECDHE, static ECDH */
    struct slice dh_yc;                      /* DHE */
    struct slice encrypted_premaster_secret; /* RSA */
};
/* RFC 5246 7.4.8 */
struct certificate_verify {
    uint16_t scheme;
    struct slice signature;
};
/* RFC 5246 7.4.9 */
struct finished {
    struct slice verify_data;
};
/* RFC 5077 3.3 */
struct new_session_ticket {
    struct slice lifetime_hint, ticket;
};
/* RFC 6066 8 */
struct certificate_status {
    uint8_t status_type;
    struct slice response;
};
/* RFC 6066 5 */
struct certificate_url {
    uint8_t type;
    struct slice url_and_hash_list;
};
/* RFC 4680 2 */
struct supplemental_data {
    struct slice entries;
};
/* One SupplementalDataEntry, RFC 4680 2 */
struct supplemental_entry {
    uint16_t type;
    struct slice content;
};
/* RFC 4681 2, 3, 6 */
struct user_mapping_type_list {
    struct slice user_mapping_types;
};
struct user_mapping_data_list {
    struct slice user_mapping_data_list;
};
#define UPN_DOMAIN_HINT 64 /* UserMappingType, RFC 4681 6 */
struct user_mapping_entry {
    uint8_t type;
    struct slice content;
};
struct upn_domain_hint {
    struct slice user_principal_name, domain_name;
};
/* ---- TLS 1.3 ---- */
/* RFC 8446 4.3.1 */
struct encrypted_extensions {
    struct slice extensions;
};
/* RFC 8446 4.3.2 */
struct certificate_request13 {
    struct slice certificate_request_context, extensions;
};
/* RFC 8446 4.4.2: a list of entries, each a certificate with a 24-bit length and extensions of its own */
struct certificate13 {
    struct slice certificate_request_context, certificate_list;
};
struct certificate_entry13 {
    struct slice cert_data, extensions;
};
/* RFC 8446 4.6.1 */
struct new_session_ticket13 {
    struct slice ticket_lifetime, ticket_age_add, ticket_nonce, ticket, extensions;
};
/* RFC 8446 4.6.3 */
struct key_update {
    uint8_t request_update;
};
enum { UPDATE_NOT_REQUESTED, UPDATE_REQUESTED };
/* RFC 8879 4 */
struct compressed_certificate {
    uint16_t algorithm;
    uint32_t uncompressed_length;
    struct slice compressed_certificate_message;
};
#define FINISHED13_MAX 48 /* RFC 8446 4.4.4: as long as the hash of the cipher suite */
#define TYPE_MESSAGE_HASH \
    254 /* RFC 8446 4.4.1: what stands for the first ClientHello behind HelloRetryRequest */

/* One Extension of a hello, RFC 5246 7.4.1.4 */
struct extension_entry {
    uint16_t type;
    struct slice body;
};

extern const struct layout layout_client_hello, layout_server_hello, layout_certificate_message,
    layout_server_key_exchange_ecdhe, layout_server_key_exchange_ecdh_anon, layout_server_key_exchange_dhe,
    layout_server_key_exchange_dh_anon, layout_certificate_request, layout_client_key_exchange_ecdhe,
    layout_client_key_exchange_dhe, layout_client_key_exchange_rsa, layout_certificate_verify,
    layout_finished, layout_new_session_ticket, layout_certificate_status, layout_certificate_url,
    layout_supplemental_data, layout_user_mapping_type_list, layout_user_mapping_data_list,
    layout_upn_domain_hint, layout_encrypted_extensions, layout_certificate_request13, layout_certificate13,
    layout_raw_key_message, layout_raw_key13, layout_new_session_ticket13, layout_key_update,
    layout_finished13, layout_compressed_certificate;

/* RFC 8446 4.1.3: ServerHello's random says that it is a HelloRetryRequest. */
extern const uint8_t retry_random[RANDOM_SIZE];
/* Takes the next CertificateEntry off a certificate_list of TLS 1.3; likewise. */
bool list_next_certificate(struct list *l, struct certificate_entry13 *out);

/* Takes the next extension off a hello's list; false at the end, and with bad set where it is malformed. */
bool list_next_extension(struct list *l, struct extension_entry *out);

/* ---- supplemental.c ---- */
/* Likewise of SupplementalData's entries and of a UserMappingDataList's. */
bool list_next_supplemental(struct list *l, struct supplemental_entry *out);
bool list_next_user_mapping(struct list *l, struct user_mapping_entry *out);
/* Whether the texts are what RFC 4681 6 asks for: user@domain, a domain of ASCII labels, one of them there.
 */
bool upn_domain_hint_is_sound(const struct upn_domain_hint *hint);
/* A whole UserMappingDataList. RFC 4681 3: hints of types that are not known are for other servers: their
 * lengths must hold, and they are passed over. E_MALFORMED_USER_MAPPING, E_BAD_UPN_DOMAIN_HINT. */
enum err user_mapping_check(struct slice list) CHECKED;

#endif
