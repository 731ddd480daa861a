/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_RAW_KEY_H
#define HANDFAST_RAW_KEY_H

#include <handfast/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Raw public keys in the place of certificates (RFC 7250), in TLS 1.2 and 1.3: a side shows a
 * SubjectPublicKeyInfo alone, and proves that it has the private key. Nothing in it says whose key it is, no
 * name, no issuer and no date: that is known beforehand, or nobody is authenticated. Off until a config has a
 * raw key of its own or trusts one; what each side shows is agreed for the two sides apart, and falls back to
 * certificates where both sides have them. hf_negotiated tells which it was, and the key.
 */

/*
 * hf_config_identity_raw_key: a private key (PEM or DER; password may be NULL) whose public half is shown
 * alone. It is an identity like any other: it has an index, and the first that fits the peer wins, in the
 * order of adding; a raw key never serves a peer that takes certificates alone, and has no names that a
 * server_name or a CA name could exclude. HF_BAD_PEM, HF_BAD_PASSWORD, HF_UNSUPPORTED_CERTIFICATE.
 */
HF_API hf_err hf_config_identity_raw_key(hf_config *config, hf_bytes key_pem,
                                         const char *password) HF_CHECKED;
/* hf_config_identity_raw_key_file: the same from a file; HF_FILE_UNREADABLE. */
HF_API hf_err hf_config_identity_raw_key_file(hf_config *config, const char *key,
                                              const char *password) HF_CHECKED;
/* hf_config_identity_raw_key_external: a public key (PEM "PUBLIC KEY", or DER SubjectPublicKeyInfo) whose
 * private half lives elsewhere: every signature is asked for with HF_ASK_SIGN, carrying key_id. HF_BAD_PEM,
 * HF_MALFORMED_CERTIFICATE, HF_UNSUPPORTED_CERTIFICATE. */
HF_API hf_err hf_config_identity_raw_key_external(hf_config *config, hf_bytes public_key,
                                                  uint64_t key_id) HF_CHECKED;

/*
 * hf_config_trust_key: trusts the public keys in PEM text ("PUBLIC KEY", any number), or one that is a DER
 * SubjectPublicKeyInfo, to be the peer's: whoever proves to have one of them is let in, whatever name was
 * asked for. A client that trusts keys and no CA takes nothing else. Keys are compared by the SHA-256 of
 * their DER encoding, which RFC 7250 3 demands of the peer. A key that is smaller than hf_config_chain_limits
 * allows is refused when it is shown (HF_WEAK_KEY). HF_BAD_PEM, HF_MALFORMED_CERTIFICATE, HF_BAD_ARGUMENT for
 * more than 4096 keys.
 */
HF_API hf_err hf_config_trust_key(hf_config *config, hf_bytes public_key) HF_CHECKED;
/* hf_config_trust_key_file: the same from a file; HF_FILE_UNREADABLE. */
HF_API hf_err hf_config_trust_key_file(hf_config *config, const char *path) HF_CHECKED;
/* hf_config_trust_key_sha256: trusts the key whose SubjectPublicKeyInfo has this SHA-256, 32 bytes. */
HF_API hf_err hf_config_trust_key_sha256(hf_config *config, hf_bytes digest) HF_CHECKED;
/*
 * hf_config_ask_raw_keys: takes the peer's raw key whatever it is and leaves it to the application:
 * HF_ASK_VERIFY is asked with the key in raw_key and no chain, the verdict being HF_RAW_KEY_NOT_TRUSTED
 * unless it is one of those above. hf_config_freeze demands hf_config_ask with HF_ASK_VERIFY beside it.
 */
HF_API hf_err hf_config_ask_raw_keys(hf_config *config) HF_CHECKED;

/* hf_public_key_sha256: the SHA-256 by which a public key (PEM, or DER SubjectPublicKeyInfo), or the public
 * half of a private key without a password, is known. HF_BAD_PEM. */
HF_API hf_err hf_public_key_sha256(hf_bytes key, uint8_t out[32]) HF_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
