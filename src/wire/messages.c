/* SPDX-License-Identifier: MIT */
#include "wire/messages.h"

/* ---- shapes: one row per field, in the order of the RFC's struct ---- */
/* clang-format off */
/* RFC 5246 7.4.1.2 */
#define T struct client_hello
LAYOUT(client_hello, "ClientHello",
    NUMBER(version, means_version),
    BYTES(random, RANDOM_SIZE, means_random),
    VECTOR8(session_id, 0, SESSION_ID_MAX),
    PAIRS16(cipher_suites, 2, 65534, means_suite),
    VECTOR8(compression_methods, 1, 255, means_compression_method),
    TAIL16(extensions, 0, 65535, means_extensions));
#undef T
/* RFC 5246 7.4.1.3 */
#define T struct server_hello
LAYOUT(server_hello, "ServerHello",
    NUMBER(version, means_version),
    BYTES(random, RANDOM_SIZE, means_random),
    VECTOR8(session_id, 0, SESSION_ID_MAX),
    NUMBER(cipher_suite, means_suite),
    NUMBER(compression_method, means_compression_method),
    TAIL16(extensions, 0, 65535, means_extensions));
#undef T
/* RFC 5246 7.4.2 */
#define T struct certificate_message
LAYOUT(certificate_message, "Certificate",
    VECTOR24(certificate_list, 0, 0xffffff, means_certificate_list));
#undef T
/* RFC 7250 3: it is read as the one before; empty where a client has none */
#define T struct raw_key_message
LAYOUT(raw_key_message, "Certificate",
    VECTOR24(subject_public_key_info, 0, 0xffffff, means_raw_key));
#undef T
/* RFC 8422 5.4: without the signature it is what ECDH_anon sends, and what the signature covers */
#define T struct server_key_exchange
LAYOUT(server_key_exchange_ecdhe, "ServerKeyExchange",
    NUMBER(curve_type, means_curve_type),
    NUMBER(named_curve, means_group),
    VECTOR8(point, 1, 255),
    NUMBER(scheme, means_scheme),
    VECTOR16(signature, 0, 65535));
LAYOUT(server_key_exchange_ecdh_anon, "ServerKeyExchange",
    NUMBER(curve_type, means_curve_type),
    NUMBER(named_curve, means_group),
    VECTOR8(point, 1, 255));
/* RFC 5246 7.4.3 */
LAYOUT(server_key_exchange_dhe, "ServerKeyExchange",
    VECTOR16(dh_p, 1, 65535),
    VECTOR16(dh_g, 1, 65535),
    VECTOR16(dh_ys, 1, 65535),
    NUMBER(scheme, means_scheme),
    VECTOR16(signature, 0, 65535));
LAYOUT(server_key_exchange_dh_anon, "ServerKeyExchange",
    VECTOR16(dh_p, 1, 65535),
    VECTOR16(dh_g, 1, 65535),
    VECTOR16(dh_ys, 1, 65535));
#undef T
/* RFC 5246 7.4.4; the element of supported_signature_algorithms is two bytes, so 2^16-1 there means 2^16-2 */
#define T struct certificate_request
LAYOUT(certificate_request, "CertificateRequest",
    VECTOR8(certificate_types, 1, 255, means_certificate_type),
    PAIRS16(signature_algorithms, 2, 65534, means_scheme),
    VECTOR16(certificate_authorities, 0, 65535, means_authorities));
#undef T
/* RFC 8422 5.7 */
#define T struct client_key_exchange
LAYOUT(client_key_exchange_ecdhe, "ClientKeyExchange",
    VECTOR8(point, 1, 255));
/* RFC 5246 7.4.7.2 */
LAYOUT(client_key_exchange_dhe, "ClientKeyExchange",
    VECTOR16(dh_yc, 1, 65535));
/* RFC 5246 7.4.7.1 */
LAYOUT(client_key_exchange_rsa, "ClientKeyExchange",
    VECTOR16(encrypted_premaster_secret, 0, 65535)); /* 4.7: an empty one is only one that does not decrypt */
#undef T
/* RFC 5246 7.4.8 */
#define T struct certificate_verify
LAYOUT(certificate_verify, "CertificateVerify",
    NUMBER(scheme, means_scheme),
    VECTOR16(signature, 0, 65535));
#undef T
/* RFC 5246 7.4.9 */
#define T struct finished
LAYOUT(finished, "Finished",
    REST(verify_data, VERIFY_DATA_SIZE, VERIFY_DATA_SIZE));
#undef T
/* RFC 5077 3.3 */
#define T struct new_session_ticket
LAYOUT(new_session_ticket, "NewSessionTicket",
    BYTES(lifetime_hint, 4, means_seconds),
    VECTOR16(ticket, 0, 65535, means_credential));
#undef T
/* RFC 6066 8 */
#define T struct certificate_status
LAYOUT(certificate_status, "CertificateStatus",
    NUMBER(status_type, means_status_type),
    VECTOR24(response, 1, 0xffffff, means_ocsp_response));
#undef T
/* RFC 6066 5 */
#define T struct certificate_url
LAYOUT(certificate_url, "CertificateURL",
    NUMBER(type, means_chain_type),
    VECTOR16(url_and_hash_list, 1, 65535, means_urls));
#undef T
/* RFC 4680 2 */
#define T struct supplemental_data
LAYOUT(supplemental_data, "SupplementalData",
    VECTOR24(entries, 1, 0xffffff, means_supplemental_entries));
#undef T
/* RFC 4681 2 */
#define T struct user_mapping_type_list
LAYOUT(user_mapping_type_list, "UserMappingTypeList",
    VECTOR8(user_mapping_types, 1, 255, means_user_mapping_type));
#undef T
/* RFC 4681 3 */
#define T struct user_mapping_data_list
LAYOUT(user_mapping_data_list, "UserMappingDataList",
    VECTOR16(user_mapping_data_list, 1, 65535, means_user_mappings));
#undef T
/* RFC 4681 6 */
#define T struct upn_domain_hint
LAYOUT(upn_domain_hint, "UpnDomainHint",
    VECTOR16(user_principal_name, 0, 65535, means_personal_text),
    VECTOR16(domain_name, 0, 65535, means_personal_text));
#undef T
/* ---- TLS 1.3 ---- */
/* RFC 8446 4.3.1 */
#define T struct encrypted_extensions
LAYOUT(encrypted_extensions, "EncryptedExtensions",
    VECTOR16(extensions, 0, 65535, means_extensions));
#undef T
/* RFC 8446 4.3.2 */
#define T struct certificate_request13
LAYOUT(certificate_request13, "CertificateRequest",
    VECTOR8(certificate_request_context, 0, 255),
    VECTOR16(extensions, 2, 65535, means_extensions));
#undef T
/* RFC 8446 4.4.2 */
#define T struct certificate13
LAYOUT(certificate13, "Certificate",
    VECTOR8(certificate_request_context, 0, 255),
    VECTOR24(certificate_list, 0, 0xffffff, means_certificate_entries));
#undef T
/* RFC 7250 3, RFC 8446 4.4.2 */
#define T struct certificate13
LAYOUT(raw_key13, "Certificate",
    VECTOR8(certificate_request_context, 0, 255),
    VECTOR24(certificate_list, 0, 0xffffff, means_raw_key_entries));
#undef T
/* RFC 8446 4.6.1; the empty nonce is allowed, the empty ticket is not */
#define T struct new_session_ticket13
LAYOUT(new_session_ticket13, "NewSessionTicket",
    BYTES(ticket_lifetime, 4, means_seconds),
    BYTES(ticket_age_add, 4),
    VECTOR8(ticket_nonce, 0, 255),
    VECTOR16(ticket, 1, 65535, means_credential),
    VECTOR16(extensions, 0, 65534, means_extensions));
#undef T
/* RFC 8446 4.6.3 */
#define T struct key_update
LAYOUT(key_update, "KeyUpdate",
    NUMBER(request_update, means_update_request));
#undef T
/* RFC 8446 4.4.4: 32 bytes for SHA-256, 48 for SHA-384; which of them is checked with the hash at hand */
#define T struct finished
LAYOUT(finished13, "Finished",
    REST_BY(verify_data, 16, 32, FINISHED13_MAX));
#undef T
/* RFC 8879 4 */
#define T struct compressed_certificate
LAYOUT(compressed_certificate, "CompressedCertificate",
    NUMBER(algorithm, means_compression_algorithm),
    NUMBER(uncompressed_length),
    VECTOR24(compressed_certificate_message, 1, 0xffffff));
#undef T
/* clang-format on */

/* SHA-256 of "HelloRetryRequest" */
const uint8_t retry_random[RANDOM_SIZE] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                           0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                           0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/* ---- messages ---- */
/* NULL: the body is empty, or its shape depends on the cipher suite */
#define LAYOUT_OF_HELLO_REQUEST NULL
#define LAYOUT_OF_CLIENT_HELLO &layout_client_hello
#define LAYOUT_OF_SERVER_HELLO &layout_server_hello
#define LAYOUT_OF_HELLO_RETRY_REQUEST \
    &layout_server_hello /* RFC 8446 4.1.4: the same struct, told by its random */
#define LAYOUT_OF_NEW_SESSION_TICKET &layout_new_session_ticket
#define LAYOUT_OF_CERTIFICATE &layout_certificate_message
#define LAYOUT_OF_SERVER_KEY_EXCHANGE NULL
#define LAYOUT_OF_CERTIFICATE_REQUEST &layout_certificate_request
#define LAYOUT_OF_SERVER_HELLO_DONE NULL
#define LAYOUT_OF_CERTIFICATE_VERIFY &layout_certificate_verify
#define LAYOUT_OF_CLIENT_KEY_EXCHANGE NULL
#define LAYOUT_OF_FINISHED &layout_finished
#define LAYOUT_OF_CERTIFICATE_URL &layout_certificate_url
#define LAYOUT_OF_CERTIFICATE_STATUS &layout_certificate_status
#define LAYOUT_OF_SUPPLEMENTAL_DATA &layout_supplemental_data
#define LAYOUT_OF_END_OF_EARLY_DATA NULL
#define LAYOUT_OF_ENCRYPTED_EXTENSIONS NULL
#define LAYOUT_OF_KEY_UPDATE NULL
#define LAYOUT_OF_COMPRESSED_CERTIFICATE NULL
#define LAYOUT_OF_CHANGE_CIPHER_SPEC NULL
/* TLS 1.3 */
#define LAYOUT13_OF_HELLO_REQUEST NULL
#define LAYOUT13_OF_CLIENT_HELLO &layout_client_hello
#define LAYOUT13_OF_SERVER_HELLO &layout_server_hello
#define LAYOUT13_OF_HELLO_RETRY_REQUEST &layout_server_hello
#define LAYOUT13_OF_NEW_SESSION_TICKET &layout_new_session_ticket13
#define LAYOUT13_OF_END_OF_EARLY_DATA NULL
#define LAYOUT13_OF_ENCRYPTED_EXTENSIONS &layout_encrypted_extensions
#define LAYOUT13_OF_CERTIFICATE &layout_certificate13
#define LAYOUT13_OF_SERVER_KEY_EXCHANGE NULL
#define LAYOUT13_OF_CERTIFICATE_REQUEST &layout_certificate_request13
#define LAYOUT13_OF_SERVER_HELLO_DONE NULL
#define LAYOUT13_OF_CERTIFICATE_VERIFY &layout_certificate_verify
#define LAYOUT13_OF_CLIENT_KEY_EXCHANGE NULL
#define LAYOUT13_OF_FINISHED &layout_finished13
#define LAYOUT13_OF_CERTIFICATE_URL NULL
#define LAYOUT13_OF_CERTIFICATE_STATUS NULL
#define LAYOUT13_OF_SUPPLEMENTAL_DATA NULL
#define LAYOUT13_OF_KEY_UPDATE &layout_key_update
#define LAYOUT13_OF_COMPRESSED_CERTIFICATE &layout_compressed_certificate
#define LAYOUT13_OF_CHANGE_CIPHER_SPEC NULL

static const struct message_row rows[MESSAGE_COUNT] = {
#define MESSAGE(id, type, name, bound, rfc, rfc13) \
    [id] = {type, name, rfc, rfc13, bound, LAYOUT_OF_##id, LAYOUT13_OF_##id},
#include "wire/messages.def"
#undef MESSAGE
};

const struct message_row *message_row(enum message m)
{
    return (unsigned)m < MESSAGE_COUNT ? &rows[m] : NULL;
}

const char *message_rfc(enum message m, bool tls13)
{
    return tls13 && rows[m].rfc13 ? rows[m].rfc13 : rows[m].rfc;
}

enum message message_of_type(uint8_t handshake_type)
{
    unsigned m = 0;
    while (m < MESSAGE_COUNT && rows[m].type != handshake_type) {
        m++;
    }
    return (enum message)m;
}

bool list_next_extension(struct list *l, struct extension_entry *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    out->type = (uint16_t)read_number(&r, 2);
    out->body = read_vector(&r, 2);
    l->rest = slice_of(r.at, (size_t)(r.end - r.at));
    l->bad = r.bad;
    return !r.bad;
}

bool list_next_certificate(struct list *l, struct certificate_entry13 *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    out->cert_data = read_vector(&r, 3);
    out->extensions = read_vector(&r, 2);
    l->rest = slice_of(r.at, (size_t)(r.end - r.at));
    l->bad = r.bad || !out->cert_data.len;
    return !l->bad;
}
