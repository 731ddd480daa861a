/* SPDX-License-Identifier: MIT */
/*
 * Every layout over the same bytes. What decodes must encode to exactly those bytes: there is one encoding of
 * a message. The first byte chooses the layout.
 */
#include "wire/extension_bodies.h"

#include <stdlib.h>

static const struct layout *const layouts[] = {
    &layout_client_hello,
    &layout_server_hello,
    &layout_certificate_message,
    &layout_server_key_exchange_ecdhe,
    &layout_server_key_exchange_ecdh_anon,
    &layout_server_key_exchange_dhe,
    &layout_server_key_exchange_dh_anon,
    &layout_client_key_exchange_dhe,
    &layout_client_key_exchange_rsa,
    &layout_certificate_request,
    &layout_client_key_exchange_ecdhe,
    &layout_certificate_verify,
    &layout_finished,
    &layout_new_session_ticket,
    &layout_certificate_status,
    &layout_certificate_url,
    &layout_supplemental_data,
    &layout_user_mapping_type_list,
    &layout_user_mapping_data_list,
    &layout_upn_domain_hint,
    &layout_empty,
    &layout_change_cipher_spec,
    &layout_server_name_list,
    &layout_host_name,
    &layout_other_name,
    &layout_max_fragment_length,
    &layout_trusted_authorities,
    &layout_authority_pre_agreed,
    &layout_authority_hash,
    &layout_authority_name,
    &layout_status_request_ocsp,
    &layout_status_request_other,
    &layout_ocsp_status_request,
    &layout_status_request_list,
    &layout_status_item_ocsp,
    &layout_status_item_other,
    &layout_named_group_list,
    &layout_ec_point_format_list,
    &layout_signature_scheme_list,
    &layout_protocol_name_list,
    &layout_sct_list,
    &layout_padding,
    &layout_record_size_limit,
    &layout_session_ticket,
    &layout_renegotiation_info,
    &layout_certificate_entry,
    &layout_distinguished_name,
    &layout_ocsp_response,
    &layout_certificate_status_multi,
    &layout_url_and_hash,
    &layout_supplemental_user_mapping,
    &layout_supplemental_other,
    &layout_user_mapping_upn,
    &layout_user_mapping_other,
    &layout_responder_id,
    &layout_protocol_name,
    &layout_serialized_sct,
};
#define LAYOUTS (sizeof layouts / sizeof *layouts)

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void round_trip(const struct layout *l, struct slice message)
{
    union {
        max_align_t align;
        uint8_t bytes[256];
    } value;
    expect(l->size <= sizeof value);
    if (layout_decode(l, message, &value) != OK) {
        return;
    }
    uint8_t *room = malloc(message.len + 1);
    expect(room != NULL);
    struct writer w = writer_of(room, message.len);
    expect(layout_encode(l, &value, &w) == OK);
    expect(slice_equal(written(&w), message));
    free(room);
}

static void describe(const struct layout *l, struct slice message)
{
    struct field_view view;
    size_t at = 0;
    for (size_t i = 0; layout_describe(l, message, i, &view); i++) {
        expect(view.offset == at && view.length <= message.len - at);
        at += view.length;
    }
}

static void walk_extensions(struct slice bytes)
{
    struct list l = list_of(bytes);
    struct extension_entry e;
    size_t walked = 0;
    while (list_next_extension(&l, &e)) {
        walked += 4 + e.body.len;
    }
    expect(l.bad || walked == bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct layout *l = layouts[data[0] % LAYOUTS];
    struct slice message = slice_of(data + 1, size - 1);
    round_trip(l, message);
    describe(l, message);
    walk_extensions(message);
    return 0;
}
