/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_EXTENSION_BODIES_H
#define HF_WIRE_EXTENSION_BODIES_H

#include "wire/messages.h"

/* What is inside of extensions, and of lists in messages: parts.c and extension_bodies.c have the shapes. */

/* Where an extension stands: its body may have another shape in each place. */
enum place {
    IN_CLIENT_HELLO = 1,
    IN_SERVER_HELLO = 2,
    IN_HELLO_RETRY_REQUEST = 4,
    IN_ENCRYPTED_EXTENSIONS = 8,
    IN_CERTIFICATE = 16,
    IN_CERTIFICATE_REQUEST = 32,
    IN_NEW_SESSION_TICKET = 64,
};
struct extension_body {
    uint16_t code;
    uint8_t places; /* set of enum place */
    const char *rfc;
    const struct layout *layout;        /* one shape, */
    const struct shape_choice *choices; /* or one by the number it begins with, */
    uint8_t choice_width;               /* of so many bytes */
};
/* NULL where nobody knows the shape. */
const struct extension_body *extension_body(uint16_t code, enum place place);

const struct extension_body *extension_body_at(size_t i); /* i-th row of all; NULL past the last */

/* ---- extensions ---- */
/* RFC 6066 3 */
struct server_name_list {
    struct slice server_name_list;
};
struct server_name {
    uint8_t name_type;
    struct slice host_name, name; /* by name_type */
};
/* RFC 6066 4 */
struct max_fragment_length {
    uint8_t max_fragment_length;
};
/* RFC 6066 6 */
struct trusted_authorities {
    struct slice trusted_authorities_list;
};
struct trusted_authority {
    uint8_t identifier_type;
    struct slice sha1_hash, distinguished_name;
};
/* RFC 6066 8 */
struct certificate_status_request {
    uint8_t status_type;
    struct slice responder_id_list, request_extensions, request;
};
struct ocsp_status_request {
    struct slice responder_id_list, request_extensions;
};
/* RFC 6961 2.2 */
struct certificate_status_request_list {
    struct slice certificate_status_req_list;
};
struct status_item {
    uint8_t status_type;
    struct slice request;
};
/* RFC 8422 5.1.1, 5.1.2; RFC 5246 7.4.1.4.1 */
struct named_group_list {
    struct slice named_group_list;
};
struct ec_point_format_list {
    struct slice ec_point_format_list;
};
struct signature_scheme_list {
    struct slice supported_signature_algorithms;
};
/* RFC 7301 3.1 */
struct protocol_name_list {
    struct slice protocol_name_list;
};
/* RFC 6962 3.3 */
struct sct_list {
    struct slice sct_list;
};
/* RFC 7685 3, RFC 8449 4, RFC 5077 3.2, RFC 5746 3.2 */
struct padding_body {
    struct slice padding;
};
struct record_size_limit {
    uint16_t record_size_limit;
};
struct session_ticket_body {
    struct slice ticket;
};
struct renegotiation_info {
    struct slice renegotiated_connection;
};
extern const struct layout layout_empty, layout_server_name_list, layout_host_name, layout_other_name,
    layout_max_fragment_length, layout_trusted_authorities, layout_authority_pre_agreed,
    layout_authority_hash, layout_authority_name, layout_status_request_ocsp, layout_status_request_other,
    layout_ocsp_status_request, layout_status_request_list, layout_status_item_ocsp, layout_status_item_other,
    layout_named_group_list, layout_ec_point_format_list, layout_signature_scheme_list,
    layout_protocol_name_list, layout_sct_list, layout_padding, layout_record_size_limit,
    layout_session_ticket, layout_renegotiation_info;
extern const struct shape_choice server_name_choices[], trusted_authority_choices[], status_request_choices[],
    status_item_choices[];

/* ---- elements of lists, and other parts of messages ---- */
/* RFC 5246 7.1 */
struct change_cipher_spec {
    uint8_t type;
};
/* An element that is nothing but opaque bytes with a length. */
struct opaque {
    struct slice bytes;
};
/* RFC 6066 5 */
struct url_and_hash {
    struct slice url;
    uint8_t padding; /* 1: there is a hash */
    struct slice sha1_hash;
};
/* RFC 4680 2, RFC 4681 3 and 6 */
struct supplemental_element {
    uint16_t supp_data_type;
    struct slice supplemental_data;
};
struct user_mapping_element {
    uint8_t user_mapping_version;
    struct slice data;
};
/* RFC 7250 3 */
struct certificate_type_body {
    struct slice types; /* the client's list, */
    uint8_t type;       /* or the server's choice */
};
extern const struct layout layout_certificate_types, layout_certificate_type;
extern const struct layout layout_change_cipher_spec, layout_certificate_entry, layout_certificate_entry13,
    layout_raw_key_entry13, layout_distinguished_name, layout_ocsp_response, layout_certificate_status_multi,
    layout_url_and_hash, layout_supplemental_user_mapping, layout_supplemental_other, layout_user_mapping_upn,
    layout_user_mapping_other, layout_responder_id, layout_protocol_name, layout_serialized_sct;
extern const struct shape_choice supplemental_choices[], user_mapping_choices[];

/* A choice's number that stands for all that are not listed. */
#define ANY_OTHER UINT32_MAX

#endif
