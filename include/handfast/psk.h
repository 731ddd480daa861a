/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_PSK_H
#define HANDFAST_PSK_H

#include <handfast/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * External pre-shared keys of TLS 1.3 (RFC 8446 2.2, 4.2.11): two sides that were given the same key prove to
 * each other that they have it, and no certificate is shown. One key is for one client and one server:
 * whoever else has it can be either (RFC 9257 4.1, 6). With a key exchange, which is the default, what was
 * recorded stays secret when the key gets known later; without (hf_config_psk_alone) it does not.
 *
 * A client offers its keys in the order they were added, behind a session where it has one to resume. A
 * server takes the first that it knows and can use; where there is none the handshake is as ever, by
 * certificate, or ends with unknown_psk_identity on a server without one. Keys that lie elsewhere are asked
 * for by their identities (HF_ASK_LOOK_UP_PSK). A connection by such a key gives no tickets: the key is at
 * hand, and is revoked by taking it from the config. HF_ASK_VERIFY is not asked, as there is no chain: see
 * psk_identity in hf_summary.
 */
#define HF_PSK_MIN 16 /* bytes of a key, RFC 9257 6; it must be random: length alone protects nothing */
#define HF_PSK_MAX 64 /* and most of them */
#define HF_PSK_IDENTITY_MAX 512 /* bytes of an identity on the wire */
#define HF_PSKS_OFFERED 8       /* keys of a client; one that is imported counts twice */
#define HF_PSKS_MAX 131072      /* keys of a server, likewise */

/* The hash that belongs to a key; numbered as KDFs are in RFC 9258 10. */
typedef enum hf_psk_hash { HF_PSK_SHA256 = 1, HF_PSK_SHA384 = 2 } hf_psk_hash;

/*
 * hf_config_psk: a key under its identity, any bytes, which go over the wire in the clear. It is used as it
 * is, with cipher suites of this hash alone (RFC 8446 4.2.11; SHA-256 where nothing else was agreed on).
 * Copied, and wiped with the config. HF_PSK_TOO_SHORT; HF_BAD_ARGUMENT: an identity or key that is empty or
 * too long, more keys than the limits above. hf_config_freeze refuses an identity that is there twice, a hash
 * that no cipher suite of the list has, and a config that does not speak TLS 1.3.
 */
HF_API hf_err hf_config_psk(hf_config *config, hf_bytes identity, hf_bytes key, hf_psk_hash hash) HF_CHECKED;
/*
 * hf_config_psk_import: the better way where the peer does it too (RFC 9258): for each hash of TLS 1.3's
 * suites a key of its own is derived, and the key itself is not kept. context is what both sides know of
 * where the key comes from or whose it is, and may be empty; naming client and server in it keeps a side from
 * being answered by itself (RFC 9258 A). It goes over the wire in the clear too. hash is of the key: SHA-256
 * where none was agreed on. The same key must be used for nothing else, hf_config_psk included. Errors as
 * there; external_identity and context together have at most HF_PSK_IDENTITY_MAX - 8 bytes.
 */
HF_API hf_err hf_config_psk_import(hf_config *config, hf_bytes external_identity, hf_bytes context,
                                   hf_bytes key, hf_psk_hash hash) HF_CHECKED;
/*
 * hf_config_psk_for_client_auth: whether a server that requires client certificates (hf_config_client_auth)
 * is content with a pre-shared key instead. Default false: such a server takes none, because beside a key it
 * cannot ask for a certificate (RFC 8446 4.3.2).
 */
HF_API hf_err hf_config_psk_for_client_auth(hf_config *config, bool allow) HF_CHECKED;

/* What became of the external keys that a client offered. */
typedef enum hf_psk_verdict {
    HF_PSK_NONE, /* none was, or this side has none */
    HF_PSK_USED,
    HF_PSK_UNKNOWN,     /* the server knows none of the identities; on a client: it took none */
    HF_PSK_PARAMETERS,  /* server: no cipher suite in common has the key's hash */
    HF_PSK_CLIENT_AUTH, /* server: a certificate is required: hf_config_psk_for_client_auth */
} hf_psk_verdict;
/* hf_psk_verdict_name: one word, "client_auth"; hf_psk_verdict_sentence: for people; never NULL. */
HF_API const char *hf_psk_verdict_name(hf_psk_verdict verdict);
HF_API const char *hf_psk_verdict_sentence(hf_psk_verdict verdict);

#ifdef __cplusplus
}
#endif
#endif
