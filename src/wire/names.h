/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_NAMES_H
#define HF_WIRE_NAMES_H

#include "base/slice.h"

/*
 * The vocabularies: numbers of the wire and the IANA names for them, one row each in suites.def, groups.def,
 * schemes.def, extensions.def. Suites and the like that this library never negotiates are known by name too,
 * so that tools can print them.
 */
struct name_row {
    uint16_t code;
    const char *name;       /* IANA: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "secp256r1" */
    const char *other_name; /* OpenSSL's: "ECDHE-ECDSA-AES128-GCM-SHA256", "P-256"; NULL: none, or the same */
};
/* A row with the code of the row before it is an alias, for code_of alone: lists leave it out. */
struct vocabulary {
    const char *what; /* "cipher suite" */
    const struct name_row *rows;
    size_t count;
};
extern const struct vocabulary suite_names, group_names, scheme_names, extension_names,
    client_certificate_type_names, version_names, content_type_names, message_type_names, alert_names,
    update_request_names, psk_mode_names, compression_algorithm_names, compression_method_names,
    curve_type_names, point_format_names, status_type_names, chain_type_names, name_type_names,
    fragment_length_names, identifier_type_names, supplemental_type_names, user_mapping_type_names,
    change_cipher_spec_names, certificate_type_names;

/* NULL when the code is not known. */
const char *name_of(const struct vocabulary *v, uint16_t code);
/* By either name, ASCII case ignored; -1 when not known. */
int32_t code_of(const struct vocabulary *v, struct slice name);

/* Codepoints that the code names. */
enum {
    SUITE_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff, /* RFC 5746 3.3 */
    SUITE_FALLBACK_SCSV = 0x5600,                 /* RFC 7507 2 */
};
enum group_code {
    GROUP_SECP256R1 = 23,
    GROUP_SECP384R1 = 24,
    GROUP_SECP521R1 = 25,
    GROUP_X25519 = 29,
    GROUP_X448 = 30,
};
/* SignatureAndHashAlgorithm of RFC 5246 7.4.1.4.1 read as one number, as RFC 8446 4.2.3 does */
enum scheme_code {
    SCHEME_RSA_PKCS1_SHA1 = 0x0201,
    SCHEME_ECDSA_SHA1 = 0x0203,
    SCHEME_RSA_PKCS1_SHA256 = 0x0401,
    SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
    SCHEME_RSA_PKCS1_SHA384 = 0x0501,
    SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
    SCHEME_RSA_PKCS1_SHA512 = 0x0601,
    SCHEME_ECDSA_SECP521R1_SHA512 = 0x0603,
    SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
    SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
    SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
    SCHEME_ED25519 = 0x0807,
    SCHEME_ED448 = 0x0808,
    SCHEME_RSA_PSS_PSS_SHA256 = 0x0809,
    SCHEME_RSA_PSS_PSS_SHA384 = 0x080a,
    SCHEME_RSA_PSS_PSS_SHA512 = 0x080b,
};
enum extension_code {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_MAX_FRAGMENT_LENGTH = 1,
    EXTENSION_CLIENT_CERTIFICATE_URL = 2,
    EXTENSION_TRUSTED_CA_KEYS = 3,
    EXTENSION_TRUNCATED_HMAC = 4,
    EXTENSION_STATUS_REQUEST = 5,
    EXTENSION_USER_MAPPING = 6,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_EC_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_STATUS_REQUEST_V2 = 17,
    EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18,
    EXTENSION_PADDING = 21,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_RECORD_SIZE_LIMIT = 28,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_CLIENT_CERTIFICATE_TYPE = 19,
    EXTENSION_SERVER_CERTIFICATE_TYPE = 20,
    EXTENSION_COMPRESS_CERTIFICATE = 27,
    EXTENSION_PRE_SHARED_KEY = 41,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_COOKIE = 44,
    EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
    EXTENSION_CERTIFICATE_AUTHORITIES = 47,
    EXTENSION_OID_FILTERS = 48,
    EXTENSION_POST_HANDSHAKE_AUTH = 49,
    EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_QUIC_TRANSPORT_PARAMETERS = 57, /* RFC 9001 8.2 */
    EXTENSION_RENEGOTIATION_INFO = 65281,
};
/* ClientCertificateType, RFC 5246 7.4.4, RFC 8422 5.5 */
enum {
    CLIENT_CERTIFICATE_RSA_SIGN = 1,
    CLIENT_CERTIFICATE_ECDSA_SIGN = 64,
    CLIENT_CERTIFICATE_RSA_FIXED_ECDH = 65, /* RFC 4492 5.5 */
    CLIENT_CERTIFICATE_ECDSA_FIXED_ECDH = 66,
};

#endif
