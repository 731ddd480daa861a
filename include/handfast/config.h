/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_CONFIG_H
#define HANDFAST_CONFIG_H

#include <handfast/error.h>
#include <handfast/keyring.h>
#include <handfast/session.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A config says what a side is willing to do. It is mutable until hf_config_freeze, by one thread; then
 * immutable, and shared by any number of connections and threads. Setters answer HF_CONFIG_FROZEN after that,
 * HF_NULL_ARGUMENT or HF_BAD_ARGUMENT for what cannot be, HF_NO_MEMORY; on failure nothing has changed.
 * Strings and bytes are copied.
 */
typedef struct hf_config hf_config;

/* hf_config_client, hf_config_server: a new config with safe defaults (RFC 9325); NULL when out of memory.
 * One reference: yours. */
HF_API hf_config *hf_config_client(void);
HF_API hf_config *hf_config_server(void);
/* hf_config_share: one more reference, atomically. Returns its argument. */
HF_API hf_config *hf_config_share(hf_config *config);
/* hf_config_free: gives one reference back; the last one wipes and frees. Connections hold one each. NULL is
 * allowed. */
HF_API void hf_config_free(hf_config *config);

/*
 * hf_config_freeze: validates the whole, precomputes all that a handshake would otherwise do, and makes the
 * config immutable. On failure names the first problem in *why (may be NULL) and leaves the config mutable. A
 * second freeze is HF_OK.
 */
HF_API hf_err hf_config_freeze(hf_config *config, hf_problem *why) HF_CHECKED;

/* ---- who we are ---- */
/*
 * hf_config_identity: a certificate chain (PEM, leaf first) and its private key (PEM; password may be NULL).
 * Any number may be added; a server chooses by server_name, key type and the client's signature_algorithms
 * (RFC 5246 7.4.2), a client by the CertificateRequest's types, algorithms and CA names (RFC 5246 7.4.4); the
 * first that fits wins. HF_BAD_PEM, HF_BAD_PASSWORD, HF_KEY_MISMATCH, HF_MALFORMED_CERTIFICATE,
 * HF_UNSUPPORTED_CERTIFICATE.
 */
HF_API hf_err hf_config_identity(hf_config *config, hf_bytes chain_pem, hf_bytes key_pem,
                                 const char *password) HF_CHECKED;
/* hf_config_identity_file: the same from files; HF_FILE_UNREADABLE. Both may name one file. */
HF_API hf_err hf_config_identity_file(hf_config *config, const char *chain, const char *key,
                                      const char *password) HF_CHECKED;
/* hf_config_identity_external: a chain whose private key lives elsewhere (an HSM, another process): every
 * signature is asked for with HF_ASK_SIGN, carrying key_id. */
HF_API hf_err hf_config_identity_external(hf_config *config, hf_bytes chain_pem, uint64_t key_id) HF_CHECKED;

/*
 * hf_config_identity_url: where a client's identity (its index) is published, for servers that take
 * CertificateURL instead of Certificate (RFC 6066 5). Called once with is_pkipath for the URL of a PkiPath of
 * its whole chain (see hf_config_identity_pkipath), or once for each certificate of the chain in its order,
 * DER each; a self-signed last one may be left out. Offered to every server; one that does not take URLs gets
 * the certificates themselves. Hashes are made from the chain. HF_BAD_ARGUMENT: a server's config, no such
 * identity, a URL that is not an absolute http or https one of at most 1024 bytes, more than 10, both kinds.
 */
HF_API hf_err hf_config_identity_url(hf_config *config, size_t identity, bool is_pkipath,
                                     const char *url) HF_CHECKED;
/* hf_config_identity_pkipath: the PkiPath to publish for an identity, into out of *len bytes; *len becomes
 * its size. out NULL, or too small (HF_BAD_ARGUMENT): only the size. */
HF_API hf_err hf_config_identity_pkipath(const hf_config *config, size_t identity, uint8_t *out,
                                         size_t *len) HF_CHECKED;

/* ---- whom we trust ---- */
/* hf_config_trust_pem, _path, _system: trust anchors from PEM text, from a file or a directory of PEM files,
 * from the system's default place. Call any of them any number of times. Certificates that stand there need
 * not be CAs: trusting a leaf trusts that leaf. */
HF_API hf_err hf_config_trust_pem(hf_config *config, hf_bytes pem) HF_CHECKED;
HF_API hf_err hf_config_trust_path(hf_config *config, const char *file_or_directory) HF_CHECKED;
HF_API hf_err hf_config_trust_system(hf_config *config) HF_CHECKED;
/* hf_config_crls_pem: revocation lists; with any loaded, a certificate of an issuer that has one is checked
 * against it. */
HF_API hf_err hf_config_crls_pem(hf_config *config, hf_bytes pem) HF_CHECKED;
/*
 * hf_config_send_trusted_cas: a client tells servers which CAs it trusts (trusted_ca_keys, RFC 6066 6; in
 * TLS 1.3 certificate_authorities, RFC 8446 4.2.4, which has names alone: of any kind but PRE_AGREED), so
 * that one with several chains shows one that can be verified. kinds is a set of HF_TRUSTED_CA_…: how each
 * trust anchor is named; PRE_AGREED alone says that both sides know which without naming any. 0: not sent,
 * the default. hf_config_freeze refuses a list of more than 4096 bytes: hashes take 21 bytes an anchor.
 * Whoever is in between can read the list (RFC 6066 11.4). HF_BAD_ARGUMENT on a server.
 */
enum {
    HF_TRUSTED_CA_PRE_AGREED = 1,
    HF_TRUSTED_CA_KEY_SHA1_HASH = 2, /* of the CA's key; SHA-1 is a name here, no protection */
    HF_TRUSTED_CA_X509_NAME = 4,
    HF_TRUSTED_CA_CERT_SHA1_HASH = 8 /* of the CA's certificate: what ISO 15118 uses */
};
HF_API hf_err hf_config_send_trusted_cas(hf_config *config, unsigned kinds) HF_CHECKED;
/*
 * hf_config_require_trusted_ca: a server always prefers a chain that the client's trusted_ca_keys names,
 * among those for its server_name and suites, and shows its usual one where it has none. With require it
 * refuses such a client (HF_NO_TRUSTED_CHAIN) instead; clients without the extension are served as ever. A
 * chain is named by any certificate in it, by an issuer's name in it, or by a trust anchor of this config
 * that it leads to: give the roots with hf_config_trust_pem so that hashes of a root that the chain leaves
 * out are known.
 */
HF_API hf_err hf_config_require_trusted_ca(hf_config *config, bool require) HF_CHECKED;
/* hf_config_identity_pre_agreed: the identity of this index is for clients that say pre_agreed, or send an
 * empty list (RFC 6066 6). HF_BAD_ARGUMENT when there is none. */
HF_API hf_err hf_config_identity_pre_agreed(hf_config *config, size_t identity) HF_CHECKED;
/* hf_config_chain_limits: most certificates between leaf and anchor (default 8, at most 32); smallest RSA
 * modulus (2048) and EC field (256) in bits anywhere in the chain (RFC 9325 4.5). 0 keeps a default. */
HF_API hf_err hf_config_chain_limits(hf_config *config, unsigned depth, unsigned rsa_bits,
                                     unsigned ec_bits) HF_CHECKED;
/* hf_config_chain_cache: how many validated chains the config remembers (default 512, 48 bytes each; 0: none;
 * at most 2^20). The same chain for the same name is not validated again for an hour, nor past the notAfter
 * of any certificate in it; failures are never remembered, and with CRLs loaded nothing is. */
HF_API hf_err hf_config_chain_cache(hf_config *config, size_t chains) HF_CHECKED;
/* hf_config_insecure_no_verification: a client that accepts any server certificate (the handshake's
 * signatures are still checked). */
HF_API hf_err hf_config_insecure_no_verification(hf_config *config) HF_CHECKED;

typedef enum hf_client_auth {
    HF_CLIENT_AUTH_NONE,
    HF_CLIENT_AUTH_REQUEST,
    HF_CLIENT_AUTH_REQUIRE
} hf_client_auth;
/* hf_config_client_auth: whether a server asks for a client certificate (RFC 5246 7.4.4). REQUEST lets a
 * client have none; a certificate that is given must be valid in either case. Needs trust anchors; their
 * names are sent unless that is turned off. */
HF_API hf_err hf_config_client_auth(hf_config *config, hf_client_auth mode) HF_CHECKED;
HF_API hf_err hf_config_send_ca_names(hf_config *config, bool send) HF_CHECKED;
/*
 * hf_config_oid_filter: TLS 1.3: a server says what the certificates of clients must have (oid_filters, RFC
 * 8446 4.2.5), so that a client with several picks one that will do; one that does not is refused
 * (HF_OID_FILTERS_NOT_MET). "keyUsage:digitalSignature,…", "extendedKeyUsage:clientAuth,1.2.3,…"; or any
 * other extension as "OID" or "OID:HEX", the DER of its values, which is said and not looked at. Raw public
 * keys have no extensions, and are not asked for any. HF_UNKNOWN_NAME with *why (may be NULL);
 * HF_BAD_ARGUMENT on a client, for one OID twice, for more than 32, and for anyExtendedKeyUsage.
 */
HF_API hf_err hf_config_oid_filter(hf_config *config, const char *filter, hf_problem *why) HF_CHECKED;

/* ---- what we speak ---- */
/*
 * hf_config_policy: everything a policy says (policy.h): versions, suites, groups, signature schemes,
 * smallest keys, extended_master_secret, encrypt_then_mac. A new config has "default". It replaces what was
 * set before; set afterwards what shall differ. HF_UNKNOWN_NAME. HF_OK with a sentence in *why (may be NULL)
 * that is not empty is a warning to pass on: what is at risk under this policy.
 */
HF_API hf_err hf_config_policy(hf_config *config, const char *name, hf_problem *why) HF_CHECKED;
/* hf_config_versions: lowest and highest that are spoken; 0x0303 is TLS 1.2, 0x0304 is TLS 1.3. A version of
 * which the list of cipher suites has none is not spoken. HF_BAD_ARGUMENT when the range has neither. */
HF_API hf_err hf_config_versions(hf_config *config, uint16_t min, uint16_t max) HF_CHECKED;
/* hf_config_suites, _groups, _schemes…: names in order of preference, separated by ':' or ','; IANA's names
 * or OpenSSL's. HF_UNKNOWN_NAME with *why (may be NULL) naming the entry. Schemes to sign with and schemes to
 * accept are separate lists; what is accepted of SHA-1 is said behind all else, wherever it stands (RFC 8446
 * 4.2.3). Suites with "anon" in their names authenticate nobody: whoever is in between can
 * be the peer. They are never used unless this list, or a policy, names them; *why then says so beside HF_OK.
 * A server with no others needs no identity. */
HF_API hf_err hf_config_suites(hf_config *config, const char *list, hf_problem *why) HF_CHECKED;
HF_API hf_err hf_config_groups(hf_config *config, const char *list, hf_problem *why) HF_CHECKED;
/* hf_config_key_shares: for how many of its groups, the first of the list, a client of TLS 1.3 makes a key at
 * once: 1 or 2. The default is 2 where the first is a hybrid (X25519MLKEM768), else 1. A server that has none
 * of these and another of the list answers with HelloRetryRequest, a round trip more (RFC 8446 4.2.8).
 * HF_BAD_ARGUMENT on a server. */
HF_API hf_err hf_config_key_shares(hf_config *config, unsigned shares) HF_CHECKED;
HF_API hf_err hf_config_schemes_to_sign(hf_config *config, const char *list, hf_problem *why) HF_CHECKED;
HF_API hf_err hf_config_schemes_to_accept(hf_config *config, const char *list, hf_problem *why) HF_CHECKED;
/* hf_config_alpn: application protocols in order of preference, separated by ',' (RFC 7301). A server that
 * has a list refuses a client whose list has nothing in common, unless decline is true: then it goes on
 * without one. */
HF_API hf_err hf_config_alpn(hf_config *config, const char *list, bool decline) HF_CHECKED;
/* hf_config_unknown_names: whether a server goes on with its first identity when it has none for the
 * server_name asked for, instead of refusing with unrecognized_name, which is the default (RFC 9325 3.7). A
 * config whose identities list no DNS names serves any name. */
HF_API hf_err hf_config_unknown_names(hf_config *config, bool serve) HF_CHECKED;
/* hf_config_require_extended_master_secret: refuse peers without RFC 7627. Default false. */
HF_API hf_err hf_config_require_extended_master_secret(hf_config *config, bool require) HF_CHECKED;
/* hf_config_require_encrypt_then_mac: refuse a CBC suite when the peer does not agree to encrypt-then-MAC
 * (RFC 7366); suites without CBC need none. Default false: MAC-then-encrypt is opened in constant time. */
HF_API hf_err hf_config_require_encrypt_then_mac(hf_config *config, bool require) HF_CHECKED;
/* hf_config_min_dh_bits: smallest prime a client takes from a server that names no group of RFC 7919, 1024 to
 * 8192 (2048: RFC 9325 4.5). 0 keeps it. */
HF_API hf_err hf_config_min_dh_bits(hf_config *config, unsigned bits) HF_CHECKED;
/* hf_config_allow_insecure_renegotiation_peer: let a client talk to a server without RFC 5746. Default false
 * (RFC 9325 3.5). */
HF_API hf_err hf_config_allow_insecure_renegotiation_peer(hf_config *config, bool allow) HF_CHECKED;
typedef enum hf_renegotiation {
    HF_RENEGOTIATE_NEVER,       /* a peer that asks is answered with the warning no_renegotiation */
    HF_RENEGOTIATE_WHEN_WE_ASK, /* hf_renegotiate and hf_request_client_certificate work; as above otherwise
                                 */
    HF_RENEGOTIATE_ACCEPT,      /* the peer may ask too, so often */
} hf_renegotiation;
/*
 * hf_config_renegotiation: whether other handshakes may follow the first on a connection (RFC 5746). Default
 * NEVER. With ACCEPT, at most so many by the peer's wish on one connection (0: 16), each at least so many
 * seconds after the last (0: 30); what comes too often is refused with a warning, and no more than eight
 * times. Never with a peer that lacks renegotiation_info or extended_master_secret (RFC 5746 4.2, 4.4; RFC
 * 7627 5.4). What may not differ from the handshake before: version, extended_master_secret, the order of MAC
 * and encryption (RFC 7366 3.1), server_name, and the peer's certificate once it showed one. ALPN stays what
 * it was.
 */
HF_API hf_err hf_config_renegotiation(hf_config *config, hf_renegotiation mode, unsigned most,
                                      unsigned seconds_apart) HF_CHECKED;
/* hf_config_post_handshake_auth: a client of TLS 1.3 says that the server may ask for its certificate at any
 * time behind the handshake (RFC 8446 4.2.6, 4.6.2), and answers, with an empty list where no identity fits.
 * Default false: a server that asks all the same is refused. HF_BAD_ARGUMENT on a server, which asks with
 * hf_request_client_certificate. */
HF_API hf_err hf_config_post_handshake_auth(hf_config *config, bool offer) HF_CHECKED;
/*
 * hf_config_certificate_compression: TLS 1.3: certificates may be compressed (RFC 8879), both ways: names in
 * order of preference, separated by ':' or ','; NULL: all that the library is built with (brotli, zstd,
 * zlib); "": none, the default. Chains are compressed at hf_config_freeze, with their timestamps too, and
 * with OCSP responses when they are given (hf_config_staple), never during a handshake; so what goes with a
 * response that has run out, or answers a later request, whose context is part of it, is sent as it is. What
 * a peer sends is decompressed up to the limit of hf_config_limits, and no further. HF_UNKNOWN_NAME,
 * HF_COMPRESSION_NOT_BUILT_IN with *why (may be NULL) naming it.
 */
HF_API hf_err hf_config_certificate_compression(hf_config *config, const char *list,
                                                hf_problem *why) HF_CHECKED;
/* hf_config_renegotiation_may_change_peer: lets the peer show another certificate, or none, than in the
 * handshake before. Default false: whoever looked at the certificate before would not see that it is another
 * (RFC 7627 1). */
HF_API hf_err hf_config_renegotiation_may_change_peer(hf_config *config, bool allow) HF_CHECKED;
/* hf_config_fallback: a client that retries with a lower version than it could says so with TLS_FALLBACK_SCSV
 * (RFC 7507). */
HF_API hf_err hf_config_fallback(hf_config *config, bool is_fallback) HF_CHECKED;
/*
 * hf_config_extension: an extension of the application's own in the hellos (RFC 5246 7.4.1.4): bytes that
 * this side says, and whatever the other says is read with hf_extension_received. A client puts body in
 * ClientHello. A server reads the client's, and with HF_IN_SERVER_HELLO answers a client that sent the
 * extension with body. An answer is taken by a client whose extension has HF_IN_SERVER_HELLO, and refused by
 * any other. What is said is not secret, is proven by the handshake's Finished, and changes nothing of it.
 * HF_BAD_ARGUMENT: a code that IANA or this library knows by name (65280 to 65535 are for private use, but
 * for 65281), the same code twice, more than 16 of them, or more than 4096 bytes, 4 of them for each.
 */
enum { HF_IN_CLIENT_HELLO = 1, HF_IN_SERVER_HELLO = 2 };
HF_API hf_err hf_config_extension(hf_config *config, uint16_t code, unsigned where, hf_bytes body) HF_CHECKED;
/*
 * hf_config_max_fragment: a client asks for records of at most this many bytes of plaintext in both
 * directions: 512, 1024, 2048 or 4096 (max_fragment_length, RFC 6066 4); 0, the default: it does not ask. A
 * server agrees to what it is asked. Whether the other side agreed is in hf_negotiated; once it has, both
 * sides keep it, through resumptions too. Turns the default of hf_config_record_size_limit off, for a server
 * that knows both would use that one.
 */
HF_API hf_err hf_config_max_fragment(hf_config *config, unsigned bytes) HF_CHECKED;
/*
 * hf_config_record_size_limit: most bytes of plaintext this side takes in one protected record, 64 to 16384
 * (RFC 8449); the peer has a limit of its own. Default 16384, which lets the peer tell its own. 0: neither
 * offered nor answered. Small records cost: with AES-GCM a connection ends after 2^24.5 of them (RFC
 * 8446 5.5).
 */
HF_API hf_err hf_config_record_size_limit(hf_config *config, unsigned bytes) HF_CHECKED;
/*
 * hf_config_record_padding: TLS 1.3: zeros behind what is sent hide how long it is (RFC 8446 5.4): each
 * record is filled to a multiple of so many bytes, its content type counted, as far as what the peer takes
 * lets it. HF_PAD_WHOLE_RECORDS: every record is as long as it can be. 0, the default: none. It hides lengths
 * within a record, neither how many there are nor when. HF_BAD_ARGUMENT past HF_PAD_WHOLE_RECORDS.
 */
enum { HF_PAD_WHOLE_RECORDS = 16385 };
HF_API hf_err hf_config_record_padding(hf_config *config, unsigned multiple) HF_CHECKED;
/* hf_config_padding: a client makes its ClientHello at least this many bytes long, with zeros (RFC 7685); at
 * most 1024. 512 helps against servers that hang on 256 to 511 bytes. 0, the default: as long as it is. */
HF_API hf_err hf_config_padding(hf_config *config, unsigned bytes) HF_CHECKED;
/* hf_config_grease: a client offers a cipher suite, group, signature scheme, application protocol (where it
 * has any) and two extensions that mean nothing, drawn at random, which servers must ignore (RFC 8701).
 * Default false. */
HF_API hf_err hf_config_grease(hf_config *config, bool send) HF_CHECKED;
/*
 * hf_config_retry_cookie: whether a server's HelloRetryRequest (TLS 1.3, RFC 8446 4.1.4) carries a cookie
 * with all that the second ClientHello is judged by, sealed under the keyring (hf_config_keyring; one of its
 * own otherwise), so that nothing has to be remembered: once HelloRetryRequest is sent (hello_retry_request
 * in hf_summary) the connection may be freed, and the bytes that follow pushed into a new one, of this config
 * or, with a shared keyring, of one that is set alike on another server. WITH_RETRY: where HelloRetryRequest
 * is sent anyway. ALWAYS: every client has to come twice, which shows that it receives what is sent to it;
 * one round trip more. seconds: how long a cookie is good (0: 10; at most 300). Within that time, and from
 * the same hf_conn_peer_address, a second ClientHello can be played again. Early data that a client sent
 * behind its first ClientHello is for the caller to drop (RFC 8446 4.2.10). HF_BAD_ARGUMENT on a client.
 */
typedef enum hf_retry_cookie {
    HF_RETRY_COOKIE_NEVER,
    HF_RETRY_COOKIE_WITH_RETRY,
    HF_RETRY_COOKIE_ALWAYS
} hf_retry_cookie;
HF_API hf_err hf_config_retry_cookie(hf_config *config, hf_retry_cookie when, unsigned seconds) HF_CHECKED;
/*
 * hf_config_truncated_hmac: HF_TRUNCATED_HMAC_REFUSED. The extension (RFC 6066 7) is known, and neither
 * offered nor answered: MACs of 80 bits must not be used (RFC 9325 4.6). HF_OK for false. A library built for
 * laboratories (HF_LAB_TRUNCATED_HMAC) takes true, and agrees to it with CBC suites.
 */
HF_API hf_err hf_config_truncated_hmac(hf_config *config, bool use) HF_CHECKED;
/* hf_config_limits: most bytes of a peer's Certificate message (default 100 KiB) and of unsent records held
 * (default 256 KiB); 0 keeps. */
HF_API hf_err hf_config_limits(hf_config *config, size_t certificate_bytes, size_t unsent_bytes) HF_CHECKED;

/* ---- sessions (see session.h) ---- */
/* hf_config_session_cache: how many sessions a server keeps in memory (default 20480; 0: none, no resumption
 * unless the application answers HF_ASK_LOOK_UP_SESSION). */
HF_API hf_err hf_config_session_cache(hf_config *config, size_t sessions) HF_CHECKED;
/* hf_config_session_life: seconds a session may be resumed after its full handshake (default 4 h, at most 24
 * h: RFC 5246 F.1.4), and after which client authentication must happen anew (default 8 h). */
HF_API hf_err hf_config_session_life(hf_config *config, uint32_t seconds,
                                     uint32_t client_auth_seconds) HF_CHECKED;
/* hf_config_session_generation: any text; sessions made under another one are not resumed. An operator's way
 * to forget them all. */
HF_API hf_err hf_config_session_generation(hf_config *config, const char *text) HF_CHECKED;
/* hf_config_resume_client_auth: whether a mutually authenticated session may be resumed. Default true. */
HF_API hf_err hf_config_resume_client_auth(hf_config *config, bool allow) HF_CHECKED;
/*
 * hf_config_keyring: the keys that this server's sessions are under (keyring.h; a reference is taken).
 * Without one it makes its own in memory, hourly, and no other process can resume its sessions.
 */
HF_API hf_err hf_config_keyring(hf_config *config, hf_keyring *keyring) HF_CHECKED;
/*
 * hf_config_tickets: session tickets, RFC 5077. A client offers to take them unless told otherwise; a server
 * gives them when told to (default false): a ticket needs no store, and can neither be revoked nor be
 * forgotten when its connection fails (RFC 5246 7.2.2). In TLS 1.3 (RFC 8446 4.6.1) a client that takes none
 * resumes nothing, and a server that is not told to gives tickets all the same, whose sessions it remembers.
 */
HF_API hf_err hf_config_tickets(hf_config *config, bool use) HF_CHECKED;
/*
 * hf_config_ticket_count: how many NewSessionTickets a server gives on a connection of TLS 1.3 (RFC 8446
 * 4.6.1) whose client takes them: 0 to HF_TICKETS_MAX, default 2; one on a connection that was itself
 * resumed. Each is good for one connection, unless hf_config_tickets has them sealed instead of remembered.
 */
#define HF_TICKETS_MAX 8
HF_API hf_err hf_config_ticket_count(hf_config *config, unsigned tickets) HF_CHECKED;
/*
 * hf_config_tickets_kept: how many of the tickets that a server of TLS 1.3 sends on a connection a client
 * keeps, the newest: 1, the default, to HF_TICKETS_MAX. Each is good for one connection (RFC 8446 C.4), so
 * with several a client can open as many at once and resume on all: hf_conn_session_at. HF_BAD_ARGUMENT on a
 * server.
 */
HF_API hf_err hf_config_tickets_kept(hf_config *config, unsigned tickets) HF_CHECKED;
/*
 * hf_config_psk_alone: whether a connection of TLS 1.3 may be resumed, or made by an external key (psk.h), by
 * the pre-shared key alone, without a key exchange (psk_ke, RFC 8446 4.2.9). Default false: whoever gets the
 * key later reads what was recorded. A server does so only where the client offers nothing better.
 */
HF_API hf_err hf_config_psk_alone(hf_config *config, bool allow) HF_CHECKED;
/*
 * hf_config_peer_identities: which peers' certificates are let in, among those that are valid: rules
 * separated by ',', any of which is enough: "dns:client.example", "dns:*.example", "email:a@b.example",
 * "uri:…", "cn:…" (commonName), "serial:…" (hexadecimal), "sha256:…" (of the certificate, hexadecimal). They
 * are asked on full handshakes and again on resumption, where sessions of peers that are no longer let in are
 * passed over. "" lets in all. HF_UNKNOWN_NAME with *why (may be NULL). A peer that is not let in fails the
 * handshake with IDENTITY_NOT_ALLOWED.
 */
HF_API hf_err hf_config_peer_identities(hf_config *config, const char *rules, hf_problem *why) HF_CHECKED;
/*
 * hf_config_session_effects: told when a server's session is ready to be stored and when one must be
 * forgotten. One-way: nothing waits. For a store of any kind, together with HF_ASK_LOOK_UP_SESSION: what is
 * given here under a key is what hf_answer_session wants when that key is asked for. Called in the thread
 * that drives the connection. Everything in the record lives during the call.
 */
typedef struct hf_session_record {
    const char *key; /* 32 characters of base64url: made from the session's ID, which it does not tell */
    hf_bytes
        sealed;    /* AES-256-GCM under the keyring, at most HF_SESSION_RECORD_MAX bytes; empty: forget key */
    uint32_t life; /* seconds it is of use */
    const char *const *indexes; /* hf_keyring_index of each name of the peer, to find its sessions by */
    size_t index_count;
} hf_session_record;
#define HF_SESSION_RECORD_MAX 8192
typedef void hf_session_effect(void *arg, const hf_session_record *record);
HF_API hf_err hf_config_session_effects(hf_config *config, hf_session_effect *effect, void *arg) HF_CHECKED;
/* hf_config_session_statistics: what became of the sessions offered to a server under this config: a count
 * for each hf_resumption, of all threads. */
#define HF_RESUMPTIONS 16
typedef struct hf_session_stats {
    uint64_t count[HF_RESUMPTIONS];
    uint64_t made, tickets_made, records, record_bytes,
        no_key;         /* no_key: none was made for want of an epoch */
    uint32_t epoch;     /* that makes sessions now; 0: none, and nothing can be resumed later */
    int64_t next_epoch; /* when it changes, seconds since 1970; 0: not planned yet */
} hf_session_stats;
HF_API hf_session_stats hf_config_session_statistics(const hf_config *config);

/* ---- surroundings ---- */
/* hf_config_clock_ms: milliseconds since 1970; NULL, and the default: the system's. Called in the thread that
 * drives the connection, for each hello and for what follows it. Everything is judged by it: certificates,
 * lives of sessions, and to the millisecond how old a ticket of TLS 1.3 is (RFC 8446 4.2.11.1, 8.3). The last
 * call counts. */
HF_API hf_err hf_config_clock_ms(hf_config *config, int64_t (*now)(void *arg), void *arg) HF_CHECKED;
/* hf_config_clock: the same by a clock that counts seconds: a ticket's age is then told and judged in whole
 * seconds, and a server with a narrow window may refuse early data for that. */
HF_API hf_err hf_config_clock(hf_config *config, int64_t (*now)(void *arg), void *arg) HF_CHECKED;
/* hf_config_random: fills out with len random bytes and answers 0, or the handshake fails; default
 * libcrypto's. For reproducible tests only: hello randoms and ephemeral keys are made from these bytes. */
HF_API hf_err hf_config_random(hf_config *config, int (*fill)(void *arg, uint8_t *out, size_t len),
                               void *arg) HF_CHECKED;
/* hf_config_ask: the HF_ASK_… bits (conn.h) the application wants to be asked; what it does not ask for is
 * answered inside. */
HF_API hf_err hf_config_ask(hf_config *config, unsigned asks) HF_CHECKED;
/* hf_config_keylog: told each connection's line for a key log file ("CLIENT_RANDOM <hex> <hex>", RFC 9850),
 * without newline. Whoever has the line can read the connection. The library never reads the environment. */
typedef void hf_keylog(void *arg, const char *line);
HF_API hf_err hf_config_keylog(hf_config *config, hf_keylog *keylog, void *arg) HF_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
