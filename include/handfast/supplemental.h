/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_SUPPLEMENTAL_H
#define HANDFAST_SUPPLEMENTAL_H

#include <handfast/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * SupplementalData (RFC 4680): data for the application, carried by the handshake: user mapping hints (RFC
 * 4681), attribute certificates and the like. Both hellos must have agreed on each type with an extension of
 * its own. Nobody vouches for the data: the Finished messages show that it was not changed on its way, not
 * that it is true.
 */

/* When a type may be negotiated. */
typedef enum hf_supplemental_when {
    HF_UNDER_PROTECTION, /* inside the protection of an earlier handshake of the connection: a renegotiation
                          */
    HF_UNSAFE_IN_CLEAR,  /* in any full handshake: whoever listens to the first one reads the data */
    HF_AFTER_DOUBLE_HANDSHAKE, /* under protection, and hf_config_double_handshake is set */
} hf_supplemental_when;

/*
 * hf_config_double_handshake: two handshakes, one inside the other (RFC 4680 4), by themselves: in the first
 * a client shows no certificate and a server asks for none, and neither speaks of supplemental data; the
 * client begins the second at once, never by resuming, and all of that happens there, where a listener sees
 * neither. hf_negotiated()->complete comes with the second; data before it is refused. The server shows the
 * same certificate twice. Needs a peer with extended_master_secret and renegotiation_info
 * (HF_DOUBLE_HANDSHAKE_IMPOSSIBLE) that does not refuse (HF_DOUBLE_HANDSHAKE_REFUSED); the peer's config may
 * say hf_config_renegotiation or the same as this. A server with it takes no client that makes one handshake
 * only (HF_SECOND_HANDSHAKE_MISSING). Independent of hf_config_renegotiation. Default false, and true as soon
 * as there is data for HF_AFTER_DOUBLE_HANDSHAKE: false is then HF_BAD_ARGUMENT.
 */
HF_API hf_err hf_config_double_handshake(hf_config *config, bool twice) HF_CHECKED;

typedef struct hf_supplemental_type {
    uint16_t type;                   /* SupplementalDataType */
    uint16_t extension;              /* ExtensionType that must be in both hellos (RFC 4680 2) */
    bool client_sends, server_sends; /* who may send it, at least one */
    hf_supplemental_when when;
    hf_bytes extension_data; /* of our own extension; at most 256 bytes, 512 in all rows; may be empty */
    bool
        unsafe_without_extension; /* for the laboratory: take it as agreed with no extension at all, as GnuTLS
                                     does; extension is not looked at. Not what RFC 4680 2 asks for. */
} hf_supplemental_type;
/*
 * hf_config_supplemental: this side negotiates a type; either role, at most 16. A type may have two rows when
 * they are for different senders. HF_BAD_ARGUMENT for type 0 (see hf_config_user_mapping), a type or
 * extension that is there already, or an extension that the library itself speaks.
 */
HF_API hf_err hf_config_supplemental(hf_config *config, const hf_supplemental_type *type) HF_CHECKED;

typedef struct hf_supplemental {
    uint16_t type;
    hf_bytes data;        /* at most 65535 bytes */
    bool unauthenticated; /* received: always true. What is known of the peer is its certificate and nothing
                             else */
    bool in_clear;        /* received: it came in the clear */
} hf_supplemental;
/*
 * hf_answer_supplemental: what to send for HF_ASK_SUPPLEMENTAL, which comes wherever types are agreed that
 * this side may send: entries of the types in the question, each at most once, copied; count 0: nothing,
 * which is always allowed (RFC 4681 4). HF_NOT_ASKED; HF_BAD_ARGUMENT for another type, a type twice, more
 * than 65533 bytes in all (each entry costs four), or user mapping that does not decode: the question stays.
 * HF_NO_MEMORY: the connection has failed.
 */
HF_API hf_err hf_answer_supplemental(hf_conn *conn, const hf_supplemental *entries, size_t count) HF_CHECKED;
/* hf_supplemental_received: i-th entry of what the peer sent in the handshake completed last; false past the
 * last, and before the Finished that covers it. Lives until another handshake of conn is complete. Never
 * there on a resumed handshake: it is not kept with the session. */
HF_API bool hf_supplemental_received(const hf_conn *conn, size_t i, hf_supplemental *out);

/* ---- user mapping: RFC 4681 ---- */
typedef struct hf_user_mapping {
    hf_bytes user_principal_name; /* user@domain: UTF-8 and a domain of ASCII labels; or empty */
    hf_bytes domain_name;         /* ASCII labels; or empty. At least one of the two is not */
} hf_user_mapping;
/*
 * hf_config_user_mapping: negotiates hints of type upn_domain_hint. A server gives NULL for hint. A client
 * gives what it always sends (copied), or NULL to be asked by HF_ASK_SUPPLEMENTAL for type 0: answer with
 * what hf_user_mapping_encode makes. A client sends a hint only to a server whose certificate was verified
 * (RFC 4681 5). HF_BAD_UPN_DOMAIN_HINT. Once per config.
 */
HF_API hf_err hf_config_user_mapping(hf_config *config, const hf_user_mapping *hint,
                                     hf_supplemental_when when) HF_CHECKED;
/* hf_user_mapping_encode: a UserMappingDataList with the hint in it; *len is room, then what was written.
 * HF_BAD_UPN_DOMAIN_HINT; HF_BAD_ARGUMENT when out is NULL or too small: *len says how much it takes. */
HF_API hf_err hf_user_mapping_encode(const hf_user_mapping *hint, uint8_t *out, size_t *len) HF_CHECKED;
/*
 * hf_user_mapping_hint: i-th hint of the client; false past the last, as hf_supplemental_received. It is a
 * hint where to look a user up and MUST NOT be taken for an identity (RFC 4681 5): match the account that is
 * found against the verified certificate, as examples/user_mapping.c does.
 */
HF_API bool hf_user_mapping_hint(const hf_conn *conn, size_t i, hf_user_mapping *out);

#ifdef __cplusplus
}
#endif
#endif
