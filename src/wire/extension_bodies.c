/* SPDX-License-Identifier: MIT */
/* table */
#include "wire/extension_bodies13.h"

#include "wire/names.h"

/* The shapes of what is inside of extensions. A new one is a layout and a row below. */

/* clang-format off */
const struct layout layout_empty = {"", (const struct field[]){FIELDS_END}, 1};
/* RFC 6066 3; names of other types have the same length, so that they can be passed over */
#define T struct server_name_list
LAYOUT(server_name_list, "ServerNameList",
    VECTOR16(server_name_list, 1, 65535, means_server_names));
#undef T
#define T struct server_name
LAYOUT(host_name, "ServerName",
    NUMBER(name_type, means_name_type),
    VECTOR16(host_name, 1, 65535, means_text));
LAYOUT(other_name, "ServerName",
    NUMBER(name_type, means_name_type),
    VECTOR16(name, 0, 65535));
#undef T
const struct shape_choice server_name_choices[] = {{0, &layout_host_name}, {ANY_OTHER, &layout_other_name}, {0, NULL}};
/* RFC 6066 4 */
#define T struct max_fragment_length
LAYOUT(max_fragment_length, "MaxFragmentLength",
    NUMBER(max_fragment_length, means_fragment_length));
#undef T
/* RFC 6066 6 */
#define T struct trusted_authorities
LAYOUT(trusted_authorities, "TrustedAuthorities",
    VECTOR16(trusted_authorities_list, 0, 65535, means_trusted_authorities));
#undef T
#define T struct trusted_authority
LAYOUT(authority_pre_agreed, "TrustedAuthority",
    NUMBER(identifier_type, means_identifier_type));
LAYOUT(authority_hash, "TrustedAuthority",
    NUMBER(identifier_type, means_identifier_type),
    BYTES(sha1_hash, 20));
LAYOUT(authority_name, "TrustedAuthority",
    NUMBER(identifier_type, means_identifier_type),
    VECTOR16(distinguished_name, 1, 65535, means_distinguished_name));
#undef T
const struct shape_choice trusted_authority_choices[] = {
    {0, &layout_authority_pre_agreed}, {1, &layout_authority_hash}, {2, &layout_authority_name},
    {3, &layout_authority_hash}, {0, NULL}};
/* RFC 6066 8 */
#define T struct certificate_status_request
LAYOUT(status_request_ocsp, "CertificateStatusRequest",
    NUMBER(status_type, means_status_type),
    VECTOR16(responder_id_list, 0, 65535, means_responder_ids),
    VECTOR16(request_extensions, 0, 65535));
LAYOUT(status_request_other, "CertificateStatusRequest",
    NUMBER(status_type, means_status_type),
    REST(request, 0, 65534));
#undef T
const struct shape_choice status_request_choices[] = {
    {1, &layout_status_request_ocsp}, {ANY_OTHER, &layout_status_request_other}, {0, NULL}};
#define T struct ocsp_status_request
LAYOUT(ocsp_status_request, "OCSPStatusRequest",
    VECTOR16(responder_id_list, 0, 65535, means_responder_ids),
    VECTOR16(request_extensions, 0, 65535));
#undef T
/* RFC 6961 2.2 */
#define T struct certificate_status_request_list
LAYOUT(status_request_list, "CertificateStatusRequestListV2",
    VECTOR16(certificate_status_req_list, 1, 65535, means_status_items));
#undef T
#define T struct status_item
LAYOUT(status_item_ocsp, "CertificateStatusRequestItemV2",
    NUMBER(status_type, means_status_type),
    VECTOR16(request, 0, 65535, means_status_item_request));
LAYOUT(status_item_other, "CertificateStatusRequestItemV2",
    NUMBER(status_type, means_status_type),
    VECTOR16(request, 0, 65535));
#undef T
const struct shape_choice status_item_choices[] = {
    {1, &layout_status_item_ocsp}, {2, &layout_status_item_ocsp}, {ANY_OTHER, &layout_status_item_other}, {0, NULL}};
/* RFC 8422 5.1.1 */
#define T struct named_group_list
LAYOUT(named_group_list, "NamedGroupList",
    PAIRS16(named_group_list, 2, 65534, means_group));
#undef T
/* RFC 8422 5.1.2 */
#define T struct ec_point_format_list
LAYOUT(ec_point_format_list, "ECPointFormatList",
    VECTOR8(ec_point_format_list, 1, 255, means_point_format));
#undef T
/* RFC 5246 7.4.1.4.1 */
#define T struct signature_scheme_list
LAYOUT(signature_scheme_list, "SignatureSchemeList",
    PAIRS16(supported_signature_algorithms, 2, 65534, means_scheme));
#undef T
/* RFC 7301 3.1 */
#define T struct protocol_name_list
LAYOUT(protocol_name_list, "ProtocolNameList",
    VECTOR16(protocol_name_list, 2, 65535, means_protocol_names));
#undef T
/* RFC 6962 3.3 */
#define T struct sct_list
LAYOUT(sct_list, "SignedCertificateTimestampList",
    VECTOR16(sct_list, 1, 65535, means_scts));
#undef T
/* RFC 7250 3 */
#define T struct certificate_type_body
LAYOUT(certificate_types, "CertificateTypes",
    VECTOR8(types, 1, 255, means_shown_type));
LAYOUT(certificate_type, "CertificateType",
    NUMBER(type, means_shown_type));
#undef T
/* RFC 7685 3 */
#define T struct padding_body
LAYOUT(padding, "padding",
    REST(padding, 0, 65535, means_zeros));
#undef T
/* RFC 8449 4 */
#define T struct record_size_limit
LAYOUT(record_size_limit, "RecordSizeLimit",
    NUMBER(record_size_limit));
#undef T
/* RFC 5077 3.2 */
#define T struct session_ticket_body
LAYOUT(session_ticket, "SessionTicket",
    REST(ticket, 0, 65535, means_credential));
#undef T
/* RFC 5746 3.2 */
#define T struct renegotiation_info
LAYOUT(renegotiation_info, "RenegotiationInfo",
    VECTOR8(renegotiated_connection, 0, 255));
#undef T

#define IN_ANSWER (IN_SERVER_HELLO | IN_ENCRYPTED_EXTENSIONS)
static const struct extension_body bodies[] = {
    {EXTENSION_SERVER_NAME, IN_CLIENT_HELLO, "RFC 6066 3", &layout_server_name_list, NULL, 0},
    {EXTENSION_SERVER_NAME, IN_ANSWER, "RFC 6066 3", &layout_empty, NULL, 0},
    {EXTENSION_MAX_FRAGMENT_LENGTH, IN_CLIENT_HELLO | IN_ANSWER, "RFC 6066 4", &layout_max_fragment_length, NULL, 0},
    {EXTENSION_CLIENT_CERTIFICATE_URL, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 6066 5", &layout_empty, NULL, 0},
    {EXTENSION_TRUSTED_CA_KEYS, IN_CLIENT_HELLO, "RFC 6066 6", &layout_trusted_authorities, NULL, 0},
    {EXTENSION_TRUSTED_CA_KEYS, IN_SERVER_HELLO, "RFC 6066 6", &layout_empty, NULL, 0},
    {EXTENSION_TRUNCATED_HMAC, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 6066 7", &layout_empty, NULL, 0},
    {EXTENSION_STATUS_REQUEST, IN_CLIENT_HELLO, "RFC 6066 8", NULL, status_request_choices, 1},
    {EXTENSION_STATUS_REQUEST, IN_SERVER_HELLO, "RFC 6066 8", &layout_empty, NULL, 0},
    {EXTENSION_STATUS_REQUEST, IN_CERTIFICATE, "RFC 8446 4.4.2.1", &layout_certificate_status, NULL, 0},
    {EXTENSION_USER_MAPPING, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 4681 2", &layout_user_mapping_type_list, NULL, 0},
    {EXTENSION_SUPPORTED_GROUPS, IN_CLIENT_HELLO | IN_ANSWER, "RFC 8422 5.1.1", &layout_named_group_list, NULL, 0},
    {EXTENSION_EC_POINT_FORMATS, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 8422 5.1.2", &layout_ec_point_format_list, NULL, 0},
    {EXTENSION_SIGNATURE_ALGORITHMS, IN_CLIENT_HELLO | IN_CERTIFICATE_REQUEST, "RFC 5246 7.4.1.4.1", &layout_signature_scheme_list, NULL, 0},
    {EXTENSION_ALPN, IN_CLIENT_HELLO | IN_ANSWER, "RFC 7301 3.1", &layout_protocol_name_list, NULL, 0},
    {EXTENSION_STATUS_REQUEST_V2, IN_CLIENT_HELLO, "RFC 6961 2.2", &layout_status_request_list, NULL, 0},
    {EXTENSION_STATUS_REQUEST_V2, IN_SERVER_HELLO, "RFC 6961 2.2", &layout_empty, NULL, 0},
    {EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, IN_CLIENT_HELLO | IN_CERTIFICATE_REQUEST, "RFC 6962 3.3.1", &layout_empty, NULL, 0},
    {EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, IN_SERVER_HELLO | IN_CERTIFICATE, "RFC 6962 3.3", &layout_sct_list, NULL, 0},
    {EXTENSION_CLIENT_CERTIFICATE_TYPE, IN_CLIENT_HELLO, "RFC 7250 3", &layout_certificate_types, NULL, 0},
    {EXTENSION_CLIENT_CERTIFICATE_TYPE, IN_ANSWER, "RFC 7250 3", &layout_certificate_type, NULL, 0},
    {EXTENSION_SERVER_CERTIFICATE_TYPE, IN_CLIENT_HELLO, "RFC 7250 3", &layout_certificate_types, NULL, 0},
    {EXTENSION_SERVER_CERTIFICATE_TYPE, IN_ANSWER, "RFC 7250 3", &layout_certificate_type, NULL, 0},
    {EXTENSION_PADDING, IN_CLIENT_HELLO, "RFC 7685 3", &layout_padding, NULL, 0},
    {EXTENSION_ENCRYPT_THEN_MAC, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 7366 2", &layout_empty, NULL, 0},
    {EXTENSION_EXTENDED_MASTER_SECRET, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 7627 5.1", &layout_empty, NULL, 0},
    {EXTENSION_RECORD_SIZE_LIMIT, IN_CLIENT_HELLO | IN_ANSWER, "RFC 8449 4", &layout_record_size_limit, NULL, 0},
    {EXTENSION_SESSION_TICKET, IN_CLIENT_HELLO, "RFC 5077 3.2", &layout_session_ticket, NULL, 0},
    {EXTENSION_SESSION_TICKET, IN_SERVER_HELLO, "RFC 5077 3.2", &layout_empty, NULL, 0},
    {EXTENSION_RENEGOTIATION_INFO, IN_CLIENT_HELLO | IN_SERVER_HELLO, "RFC 5746 3.2", &layout_renegotiation_info, NULL, 0},
};
/* clang-format on */

const struct extension_body *extension_body_at(size_t i)
{
    size_t count = sizeof bodies / sizeof *bodies;
    return i < count ? &bodies[i] : extension_body13_at(i - count);
}

const struct extension_body *extension_body(uint16_t code, enum place place)
{
    const struct extension_body *row;
    for (size_t i = 0; (row = extension_body_at(i)) != NULL; i++) {
        if (row->code == code && row->places & place) {
            break;
        }
    }
    return row;
}
