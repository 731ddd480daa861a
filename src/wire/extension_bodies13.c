/* SPDX-License-Identifier: MIT */
/* table */
#include "wire/extension_bodies13.h"

/* The shapes of what is inside of TLS 1.3's own extensions, RFC 8446 4.2, as extension_bodies.c has the
 * others. */

enum {
    CODE_COMPRESS_CERTIFICATE = 27,
    CODE_PRE_SHARED_KEY = 41,
    CODE_EARLY_DATA = 42,
    CODE_SUPPORTED_VERSIONS = 43,
    CODE_COOKIE = 44,
    CODE_PSK_KEY_EXCHANGE_MODES = 45,
    CODE_CERTIFICATE_AUTHORITIES = 47,
    CODE_OID_FILTERS = 48,
    CODE_POST_HANDSHAKE_AUTH = 49,
    CODE_SIGNATURE_ALGORITHMS_CERT = 50,
    CODE_KEY_SHARE = 51,
};

/* clang-format off */
/* RFC 8446 4.2.1 */
#define T struct supported_versions
LAYOUT(supported_versions, "SupportedVersions",
    PAIRS8(versions, 2, 254, means_version));
#undef T
#define T struct selected_version
LAYOUT(selected_version, "SupportedVersions",
    NUMBER(selected_version, means_version));
#undef T
/* RFC 8446 4.2.2 */
#define T struct opaque_body
LAYOUT(cookie, "Cookie",
    VECTOR16(cookie, 1, 65535));
/* RFC 8446 4.2.4 */
LAYOUT(certificate_authorities, "CertificateAuthoritiesExtension",
    VECTOR16(authorities, 3, 65535, means_authorities));
/* RFC 8446 4.2.9 */
LAYOUT(psk_key_exchange_modes, "PskKeyExchangeModes",
    VECTOR8(ke_modes, 1, 255, means_psk_mode));
/* RFC 8879 3 */
LAYOUT(compress_certificate, "CertificateCompressionAlgorithms",
    PAIRS8(algorithms, 2, 254, means_compression_algorithm));
#undef T
/* RFC 8446 4.2.5 */
#define T struct oid_filters
LAYOUT(oid_filters, "OIDFilterExtension",
    VECTOR16(filters, 0, 65535, means_oid_filters));
#undef T
#define T struct oid_filter
LAYOUT(oid_filter, "OIDFilter",
    VECTOR8(certificate_extension_oid, 1, 255),
    VECTOR16(certificate_extension_values, 0, 65535));
#undef T
/* RFC 8446 4.2.8 */
#define T struct key_shares
LAYOUT(client_shares, "KeyShareClientHello",
    VECTOR16(client_shares, 0, 65535, means_key_shares));
#undef T
#define T struct key_share_entry
LAYOUT(key_share_entry, "KeyShareEntry",
    NUMBER(group, means_group),
    VECTOR16(key_exchange, 1, 65535));
LAYOUT(key_share_retry, "KeyShareHelloRetryRequest",
    NUMBER(group, means_group));
#undef T
/* RFC 8446 4.2.10 */
#define T struct early_data_size
LAYOUT(max_early_data_size, "EarlyDataIndication",
    BYTES(max_early_data_size, 4));
#undef T
/* RFC 8446 4.2.11: an identity is the ticket of a session, and enough to be told from others by */
#define T struct psk_identity
LAYOUT(psk_identity, "PskIdentity",
    VECTOR16(identity, 1, 65535, means_credential),
    BYTES(obfuscated_ticket_age, 4));
#undef T
#define T struct psk_binder
LAYOUT(psk_binder, "PskBinderEntry",
    VECTOR8(binder, 32, 255));
#undef T
#define T struct offered_psks
LAYOUT(offered_psks, "OfferedPsks",
    VECTOR16(identities, 7, 65535, means_psk_identities),
    VECTOR16(binders, 33, 65535, means_psk_binders));
#undef T
#define T struct selected_identity
LAYOUT(selected_identity, "PreSharedKeyExtension",
    NUMBER(selected_identity));
#undef T

static const struct extension_body bodies[] = {
    {CODE_COMPRESS_CERTIFICATE, IN_CLIENT_HELLO | IN_CERTIFICATE_REQUEST, "RFC 8879 3", &layout_compress_certificate, NULL, 0},
    {CODE_PRE_SHARED_KEY, IN_CLIENT_HELLO, "RFC 8446 4.2.11", &layout_offered_psks, NULL, 0},
    {CODE_PRE_SHARED_KEY, IN_SERVER_HELLO, "RFC 8446 4.2.11", &layout_selected_identity, NULL, 0},
    {CODE_EARLY_DATA, IN_CLIENT_HELLO | IN_ENCRYPTED_EXTENSIONS, "RFC 8446 4.2.10", &layout_empty, NULL, 0},
    {CODE_EARLY_DATA, IN_NEW_SESSION_TICKET, "RFC 8446 4.6.1", &layout_max_early_data_size, NULL, 0},
    {CODE_SUPPORTED_VERSIONS, IN_CLIENT_HELLO, "RFC 8446 4.2.1", &layout_supported_versions, NULL, 0},
    {CODE_SUPPORTED_VERSIONS, IN_SERVER_HELLO | IN_HELLO_RETRY_REQUEST, "RFC 8446 4.2.1", &layout_selected_version, NULL, 0},
    {CODE_COOKIE, IN_CLIENT_HELLO | IN_HELLO_RETRY_REQUEST, "RFC 8446 4.2.2", &layout_cookie, NULL, 0},
    {CODE_PSK_KEY_EXCHANGE_MODES, IN_CLIENT_HELLO, "RFC 8446 4.2.9", &layout_psk_key_exchange_modes, NULL, 0},
    {CODE_CERTIFICATE_AUTHORITIES, IN_CLIENT_HELLO | IN_CERTIFICATE_REQUEST, "RFC 8446 4.2.4", &layout_certificate_authorities, NULL, 0},
    {CODE_OID_FILTERS, IN_CERTIFICATE_REQUEST, "RFC 8446 4.2.5", &layout_oid_filters, NULL, 0},
    {CODE_POST_HANDSHAKE_AUTH, IN_CLIENT_HELLO, "RFC 8446 4.2.6", &layout_empty, NULL, 0},
    {CODE_SIGNATURE_ALGORITHMS_CERT, IN_CLIENT_HELLO | IN_CERTIFICATE_REQUEST, "RFC 8446 4.2.3", &layout_signature_scheme_list, NULL, 0},
    {CODE_KEY_SHARE, IN_CLIENT_HELLO, "RFC 8446 4.2.8", &layout_client_shares, NULL, 0},
    {CODE_KEY_SHARE, IN_HELLO_RETRY_REQUEST, "RFC 8446 4.2.8", &layout_key_share_retry, NULL, 0},
    {CODE_KEY_SHARE, IN_SERVER_HELLO, "RFC 8446 4.2.8", &layout_key_share_entry, NULL, 0},
};
/* clang-format on */

const struct extension_body *extension_body13_at(size_t i)
{
    return i < sizeof bodies / sizeof *bodies ? &bodies[i] : NULL;
}
