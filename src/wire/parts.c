/* SPDX-License-Identifier: MIT */
#include "wire/extension_bodies.h"

/* The shapes of the elements of lists in messages and extensions. One with a single field needs no name of
 * its own. */

/* clang-format off */
/* RFC 5246 7.1 */
#define T struct change_cipher_spec
LAYOUT(change_cipher_spec, "ChangeCipherSpec",
    NUMBER(type, means_change_cipher_spec_type));
#undef T
#define T struct opaque
/* RFC 5246 7.4.2, 7.4.4 */
LAYOUT(certificate_entry, "ASN.1Cert",
    VECTOR24(bytes, 1, 0xffffff, means_certificate));
LAYOUT(distinguished_name, "DistinguishedName",
    VECTOR16(bytes, 1, 65535, means_distinguished_name));
/* RFC 6961 2.2 */
LAYOUT(ocsp_response, "OCSPResponse",
    VECTOR24(bytes, 0, 0xffffff, means_ocsp_response));
/* RFC 6066 8 */
LAYOUT(responder_id, "ResponderID",
    VECTOR16(bytes, 1, 65535));
/* RFC 7301 3.1 */
LAYOUT(protocol_name, "ProtocolName",
    VECTOR8(bytes, 1, 255, means_text));
/* RFC 6962 3.3 */
LAYOUT(serialized_sct, "SerializedSCT",
    VECTOR16(bytes, 1, 65535));
#undef T
/* RFC 8446 4.4.2 */
#define T struct certificate_entry13
LAYOUT(certificate_entry13, "CertificateEntry",
    VECTOR24(cert_data, 1, 0xffffff, means_certificate),
    VECTOR16(extensions, 0, 65535, means_extensions));
#undef T
/* RFC 7250 3, RFC 8446 4.4.2 */
#define T struct certificate_entry13
LAYOUT(raw_key_entry13, "CertificateEntry",
    VECTOR24(cert_data, 1, 0xffffff, means_raw_key),
    VECTOR16(extensions, 0, 65535, means_extensions));
#undef T
/* RFC 6961 2.2 */
#define T struct certificate_status
LAYOUT(certificate_status_multi, "CertificateStatus",
    NUMBER(status_type, means_status_type),
    VECTOR24(response, 1, 0xffffff, means_ocsp_responses));
#undef T
/* RFC 6066 5 */
#define T struct url_and_hash
LAYOUT(url_and_hash, "URLAndHash",
    VECTOR16(url, 1, 65535, means_personal_text),
    NUMBER(padding),
    BYTES(sha1_hash, 20));
#undef T
/* RFC 4680 2, RFC 4681 3: the type says what the data is */
#define T struct supplemental_element
LAYOUT(supplemental_user_mapping, "SupplementalDataEntry",
    NUMBER(supp_data_type, means_supplemental_type),
    VECTOR16(supplemental_data, 0, 65535, means_user_mapping_list));
LAYOUT(supplemental_other, "SupplementalDataEntry",
    NUMBER(supp_data_type, means_supplemental_type),
    VECTOR16(supplemental_data, 0, 65535, means_personal));
#undef T
const struct shape_choice supplemental_choices[] = {
    {0, &layout_supplemental_user_mapping}, {ANY_OTHER, &layout_supplemental_other}, {0, NULL}};
/* RFC 4681 3, 6 */
#define T struct user_mapping_element
LAYOUT(user_mapping_upn, "UserMappingData",
    NUMBER(user_mapping_version, means_user_mapping_type),
    VECTOR16(data, 0, 65535, means_upn_hint));
LAYOUT(user_mapping_other, "UserMappingData",
    NUMBER(user_mapping_version, means_user_mapping_type),
    VECTOR16(data, 0, 65535, means_personal));
#undef T
const struct shape_choice user_mapping_choices[] = {
    {UPN_DOMAIN_HINT, &layout_user_mapping_upn}, {ANY_OTHER, &layout_user_mapping_other}, {0, NULL}};
/* clang-format on */
