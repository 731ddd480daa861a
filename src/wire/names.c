/* SPDX-License-Identifier: MIT */
#include "wire/names.h"

/* clang-format off */
/* Every vocabulary is an array of rows in the order that people list them; an alias follows the row it is one of. */
#define NAME(code, name, other_name) {code, name, other_name},
#define ALIAS(code, name) {code, name, NULL},
/* What clients throw in so that servers stay tolerant, RFC 8701 2; the same values in every vocabulary. */
#define GREASE \
    NAME(0x0a0a, "GREASE_0A0A", NULL) NAME(0x1a1a, "GREASE_1A1A", NULL) NAME(0x2a2a, "GREASE_2A2A", NULL) \
    NAME(0x3a3a, "GREASE_3A3A", NULL) NAME(0x4a4a, "GREASE_4A4A", NULL) NAME(0x5a5a, "GREASE_5A5A", NULL) \
    NAME(0x6a6a, "GREASE_6A6A", NULL) NAME(0x7a7a, "GREASE_7A7A", NULL) NAME(0x8a8a, "GREASE_8A8A", NULL) \
    NAME(0x9a9a, "GREASE_9A9A", NULL) NAME(0xaaaa, "GREASE_AAAA", NULL) NAME(0xbaba, "GREASE_BABA", NULL) \
    NAME(0xcaca, "GREASE_CACA", NULL) NAME(0xdada, "GREASE_DADA", NULL) NAME(0xeaea, "GREASE_EAEA", NULL) \
    NAME(0xfafa, "GREASE_FAFA", NULL)
#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))
#define VOCABULARY(id, what, rows) const struct vocabulary id = {what, rows, COUNT_OF(rows)}

static const struct name_row suites[] = {
#include "wire/suites.def"
    GREASE
};
VOCABULARY(suite_names, "cipher suite", suites);

static const struct name_row groups[] = {
#include "wire/groups.def"
    GREASE
};
VOCABULARY(group_names, "group", groups);

static const struct name_row schemes[] = {
#include "wire/schemes.def"
    GREASE
};
VOCABULARY(scheme_names, "signature scheme", schemes);

static const struct name_row extensions[] = {
#include "wire/extensions.def"
    GREASE
};
VOCABULARY(extension_names, "extension", extensions);

/* ClientCertificateType, RFC 5246 7.4.4, RFC 8422 5.5 */
static const struct name_row client_certificate_types[] = {
    NAME(1, "rsa_sign", NULL)
    NAME(2, "dss_sign", NULL)
    NAME(3, "rsa_fixed_dh", NULL)
    NAME(4, "dss_fixed_dh", NULL)
    NAME(5, "rsa_ephemeral_dh_RESERVED", NULL)
    NAME(6, "dss_ephemeral_dh_RESERVED", NULL)
    NAME(20, "fortezza_dms_RESERVED", NULL)
    NAME(64, "ecdsa_sign", NULL)
    NAME(65, "rsa_fixed_ecdh", NULL)
    NAME(66, "ecdsa_fixed_ecdh", NULL)
    NAME(67, "gost_sign256", NULL)
    NAME(68, "gost_sign512", NULL)
};
VOCABULARY(client_certificate_type_names, "client certificate type", client_certificate_types);

/* ---- small ones, of single fields ---- */
/* CertificateType, RFC 7250 3 and the registry */
static const struct name_row certificate_types[] = {
    NAME(0, "X509", NULL) NAME(1, "OpenPGP", NULL) NAME(2, "RawPublicKey", NULL) NAME(3, "1609Dot2", NULL)
};
VOCABULARY(certificate_type_names, "certificate type", certificate_types);
static const struct name_row compression_methods[] = {
    NAME(0, "null", NULL) NAME(1, "DEFLATE", NULL) NAME(64, "LZS", NULL)
};
VOCABULARY(compression_method_names, "compression method", compression_methods);
static const struct name_row change_cipher_specs[] = {
    NAME(1, "change_cipher_spec", NULL)
};
VOCABULARY(change_cipher_spec_names, "type", change_cipher_specs);
/* ECCurveType, ECPointFormat, RFC 8422 5.4, 5.1.2 */
static const struct name_row curve_types[] = {
    NAME(1, "explicit_prime", NULL) NAME(2, "explicit_char2", NULL) NAME(3, "named_curve", NULL)
};
VOCABULARY(curve_type_names, "curve type", curve_types);
static const struct name_row point_formats[] = {
    NAME(0, "uncompressed", NULL)
    NAME(1, "ansiX962_compressed_prime", NULL)
    NAME(2, "ansiX962_compressed_char2", NULL)
};
VOCABULARY(point_format_names, "point format", point_formats);
/* CertificateStatusType, RFC 6066 8, RFC 6961 2.2 */
static const struct name_row status_types[] = { NAME(1, "ocsp", NULL) NAME(2, "ocsp_multi", NULL) };
VOCABULARY(status_type_names, "certificate status type", status_types);
/* CertChainType, NameType, MaxFragmentLength, IdentifierType, RFC 6066 5, 3, 4, 6 */
static const struct name_row chain_types[] = { NAME(0, "individual_certs", NULL) NAME(1, "pkipath", NULL) };
VOCABULARY(chain_type_names, "chain type", chain_types);
static const struct name_row name_types[] = { NAME(0, "host_name", NULL) };
VOCABULARY(name_type_names, "name type", name_types);
static const struct name_row fragment_lengths[] = {
    NAME(1, "2^9, 512 bytes", NULL) NAME(2, "2^10, 1024 bytes", NULL)
    NAME(3, "2^11, 2048 bytes", NULL) NAME(4, "2^12, 4096 bytes", NULL)
};
VOCABULARY(fragment_length_names, "fragment length", fragment_lengths);
static const struct name_row identifier_types[] = {
    NAME(0, "pre_agreed", NULL) NAME(1, "key_sha1_hash", NULL)
    NAME(2, "x509_name", NULL) NAME(3, "cert_sha1_hash", NULL)
};
VOCABULARY(identifier_type_names, "identifier type", identifier_types);
/* SupplementalDataType and UserMappingType, RFC 4681 3, 6, RFC 5878 3 */
static const struct name_row supplemental_types[] = {
    NAME(0, "user_mapping_data", NULL) NAME(16386, "authz_data", NULL)
};
VOCABULARY(supplemental_type_names, "type of supplemental data", supplemental_types);
static const struct name_row user_mapping_types[] = { NAME(64, "upn_domain_hint", NULL) };
VOCABULARY(user_mapping_type_names, "type of user mapping", user_mapping_types);

/* KeyUpdateRequest, PskKeyExchangeMode, RFC 8446 4.6.3, 4.2.9; CertificateCompressionAlgorithm, RFC 8879 3 */
static const struct name_row update_requests[] = {
    NAME(0, "update_not_requested", NULL) NAME(1, "update_requested", NULL)
};
VOCABULARY(update_request_names, "request of an update", update_requests);
static const struct name_row psk_modes[] = { NAME(0, "psk_ke", NULL) NAME(1, "psk_dhe_ke", NULL) };
VOCABULARY(psk_mode_names, "mode of a pre-shared key", psk_modes);
static const struct name_row compression_algorithms[] = {
    NAME(1, "zlib", NULL) NAME(2, "brotli", NULL) NAME(3, "zstd", NULL)
};
VOCABULARY(compression_algorithm_names, "compression algorithm", compression_algorithms);

/* ProtocolVersion, RFC 5246 6.2.1; the others so that a peer's can be named */
static const struct name_row versions[] = {
    NAME(0x0002, "SSL 2.0", "SSLv2")
    NAME(0x0300, "SSL 3.0", "SSLv3")
    NAME(0x0301, "TLS 1.0", "TLSv1")
    ALIAS(0x0301, "TLSv1.0")
    ALIAS(0x0301, "1.0")
    NAME(0x0302, "TLS 1.1", "TLSv1.1")
    ALIAS(0x0302, "1.1")
    NAME(0x0303, "TLS 1.2", "TLSv1.2")
    ALIAS(0x0303, "1.2")
    NAME(0x0304, "TLS 1.3", "TLSv1.3")
    ALIAS(0x0304, "1.3")
    NAME(0xfeff, "DTLS 1.0", "DTLSv1")
    NAME(0xfefd, "DTLS 1.2", "DTLSv1.2")
    NAME(0xfefc, "DTLS 1.3", "DTLSv1.3")    GREASE
};
VOCABULARY(version_names, "protocol version", versions);

/* ContentType, RFC 5246 6.2.1, RFC 9146 8 */
static const struct name_row content_types[] = {
    NAME(20, "change_cipher_spec", NULL)
    NAME(21, "alert", NULL)
    NAME(22, "handshake", NULL)
    NAME(23, "application_data", NULL)
    NAME(24, "heartbeat", NULL)
    NAME(25, "tls12_cid", NULL)
    NAME(26, "ACK", NULL)
};
VOCABULARY(content_type_names, "content type", content_types);

/* HandshakeType, RFC 5246 7.4 and the registry: the name of the struct first, as the RFCs' figures have it */
static const struct name_row message_types[] = {
    NAME(0, "HelloRequest", "hello_request")
    NAME(1, "ClientHello", "client_hello")
    NAME(2, "ServerHello", "server_hello")
    NAME(3, "HelloVerifyRequest", "hello_verify_request")
    NAME(4, "NewSessionTicket", "new_session_ticket")
    NAME(5, "EndOfEarlyData", "end_of_early_data")
    NAME(6, "HelloRetryRequest", "hello_retry_request")
    NAME(8, "EncryptedExtensions", "encrypted_extensions")
    NAME(9, "RequestConnectionId", "request_connection_id")
    NAME(10, "NewConnectionId", "new_connection_id")
    NAME(11, "Certificate", "certificate")
    NAME(12, "ServerKeyExchange", "server_key_exchange")
    NAME(13, "CertificateRequest", "certificate_request")
    NAME(14, "ServerHelloDone", "server_hello_done")
    NAME(15, "CertificateVerify", "certificate_verify")
    NAME(16, "ClientKeyExchange", "client_key_exchange")
    NAME(17, "ClientCertificateRequest", "client_certificate_request")
    NAME(20, "Finished", "finished")
    NAME(21, "CertificateURL", "certificate_url")
    NAME(22, "CertificateStatus", "certificate_status")
    NAME(23, "SupplementalData", "supplemental_data")
    NAME(24, "KeyUpdate", "key_update")
    NAME(25, "CompressedCertificate", "compressed_certificate")
    NAME(26, "EktKey", "ekt_key")
    NAME(254, "MessageHash", "message_hash")
};
VOCABULARY(message_type_names, "handshake message", message_types);

static const struct name_row alerts[] = {
#define ALERT(name, code) NAME(code, #name, NULL)
#include <handfast/alerts.def>
#undef ALERT
};
VOCABULARY(alert_names, "alert", alerts);
/* clang-format on */

const char *name_of(const struct vocabulary *v, uint16_t code)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->rows[i].code == code) {
            return v->rows[i].name;
        }
    }
    return NULL;
}

/* strncasecmp would follow the locale, where a Turkish one has no ASCII i. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *name, struct slice given)
{
    if (!name || strlen(name) != given.len) {
        return false;
    }
    size_t i = 0;
    while (i < given.len && lower(name[i]) == lower((char)given.data[i])) {
        i++;
    }
    return i == given.len;
}

int32_t code_of(const struct vocabulary *v, struct slice name)
{
    for (size_t i = 0; i < v->count; i++) {
        if (same_name(v->rows[i].name, name) || same_name(v->rows[i].other_name, name)) {
            return v->rows[i].code;
        }
    }
    return -1;
}
