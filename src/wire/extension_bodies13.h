/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_EXTENSION_BODIES13_H
#define HF_WIRE_EXTENSION_BODIES13_H

#include "wire/extension_bodies.h"

/* TLS 1.3's own extensions, RFC 8446 4.2. */
struct supported_versions {
    struct slice versions;
};
struct selected_version {
    uint16_t selected_version;
};
struct opaque_body {
    struct slice cookie, authorities, ke_modes, algorithms; /* one of them */
};
struct oid_filters {
    struct slice filters;
};
struct oid_filter {
    struct slice certificate_extension_oid, certificate_extension_values;
};
struct key_shares {
    struct slice client_shares;
};
struct key_share_entry {
    uint16_t group;
    struct slice key_exchange;
};
struct early_data_size {
    struct slice max_early_data_size;
};
struct psk_identity {
    struct slice identity, obfuscated_ticket_age;
};
struct psk_binder {
    struct slice binder;
};
struct offered_psks {
    struct slice identities, binders;
};
struct selected_identity {
    uint16_t selected_identity;
};
extern const struct layout layout_oid_filters, layout_oid_filter, layout_supported_versions,
    layout_selected_version, layout_cookie, layout_certificate_authorities, layout_psk_key_exchange_modes,
    layout_compress_certificate, layout_client_shares, layout_key_share_entry, layout_key_share_retry,
    layout_max_early_data_size, layout_psk_identity, layout_psk_binder, layout_offered_psks,
    layout_selected_identity;

const struct extension_body *extension_body13_at(size_t i); /* i-th row; NULL past the last */

#endif
