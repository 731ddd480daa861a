/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_CONN_H
#define HANDFAST_CONN_H

#include <handfast/config.h>
#include <handfast/psk.h>
#include <handfast/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One connection, either role, without sockets, clocks or blocking callbacks. Two verbs on two sides:
 *
 *     hf_push_wire   ciphertext that arrived          hf_peek_wire / hf_drop_wire   ciphertext to send
 *     hf_push_app    plaintext to send                hf_peek_app  / hf_drop_app    plaintext that arrived
 *
 * hf_wants says which of them make sense now. Where the handshake has to wait for something only the
 * application can give, it asks (hf_asked) and goes on when answered. A connection belongs to one thread at a
 * time; different connections are independent.
 */
typedef struct hf_conn hf_conn;

/*
 * hf_conn_new: a connection under a frozen config (it takes a reference). A client names the server: a DNS
 * name is sent as server_name and verified, an IP address literal is verified only (RFC 6066 3, RFC 6125 6);
 * NULL is refused unless verification is off; HF_BAD_HOST_NAME for what is neither. A server gives NULL. NULL
 * when out of memory or the arguments cannot be; *why (may be NULL) then says which.
 */
HF_API hf_conn *hf_conn_new(const hf_config *config, const char *server_name, hf_problem *why);
/* hf_conn_free: wipes and frees; allowed at any time; NULL is allowed. Does not send anything: call hf_close
 * for that. */
HF_API void hf_conn_free(hf_conn *conn);
/* hf_conn_resume: a client offers this session (takes a reference); before the first hf_push_wire or
 * hf_peek_wire, else HF_BAD_ARGUMENT. Not an error when the session does not fit: the handshake is then full
 * and hf_negotiated says why. */
HF_API hf_err hf_conn_resume(hf_conn *conn, hf_session *session) HF_CHECKED;
/* hf_conn_peer_address: where the client is, as the application knows it: 0 to 64 bytes that are the same
 * when it comes back, its address without its port as a rule. A cookie of hf_config_retry_cookie given to one
 * address is refused from another (HF_BAD_COOKIE). A server's; before the first hf_push_wire, else
 * HF_BAD_ARGUMENT. Copied. */
HF_API hf_err hf_conn_peer_address(hf_conn *conn, hf_bytes address) HF_CHECKED;

/* hf_conn_session_note: up to 1024 bytes that go into every session this connection makes, and come back in
 * hf_summary wherever one is resumed: a server's are sealed in its records and tickets, a client's are in
 * what hf_session_save gives. Before hf_negotiated()->complete, else HF_BAD_ARGUMENT. A connection without a
 * note that resumed a session hands that session's on to those that its later handshakes make. */
HF_API hf_err hf_conn_session_note(hf_conn *conn, hf_bytes note) HF_CHECKED;

/*
 * hf_push_wire: bytes that arrived. They are mutable: records lying whole in them are opened in place, and
 * hf_peek_app may point into them, so they stay untouched until hf_peek_app is empty. *used says how many
 * were taken; it stops behind each record with application data and where a question is asked: drop or
 * answer, then push the rest. HF_OK, or the connection has failed (an alert may wait in hf_peek_wire: send
 * it) and every later push answers HF_FAILED_BEFORE.
 */
HF_API hf_err hf_push_wire(hf_conn *conn, uint8_t *arrived, size_t len, size_t *used) HF_CHECKED;
/* hf_end_wire: the transport has ended. HF_OK after the peer's close_notify; else HF_TRUNCATED, or
 * HF_CLOSED_IN_HANDSHAKE. */
HF_API hf_err hf_end_wire(hf_conn *conn) HF_CHECKED;
/* hf_peek_wire: bytes to send now, until the next call on conn; hf_drop_wire: the first len of them were
 * sent. */
HF_API hf_bytes hf_peek_wire(hf_conn *conn);
HF_API void hf_drop_wire(hf_conn *conn, size_t len);
/* hf_push_app: plaintext to send, sealed in the call. *used may be less than len when the limit of unsent
 * bytes is reached (send, then push the rest). Nothing is taken while a later handshake runs. HF_TOO_EARLY
 * before the first is complete, but for a server's answer to early data (early.h); HF_CLOSED after hf_close.
 */
HF_API hf_err hf_push_app(hf_conn *conn, hf_bytes plain, size_t *used) HF_CHECKED;
/* hf_peek_app: plaintext that arrived, until the next push; hf_drop_app: the first len bytes were taken. */
HF_API hf_bytes hf_peek_app(const hf_conn *conn);
HF_API void hf_drop_app(hf_conn *conn, size_t len);

enum {
    HF_MORE_WIRE = 1,    /* hf_push_wire: nothing goes on without the peer's bytes */
    HF_SEND_WIRE = 2,    /* hf_peek_wire is not empty */
    HF_TAKE_APP = 4,     /* hf_peek_app is not empty */
    HF_GIVE_APP = 8,     /* hf_push_app is possible: the handshake is complete, and no other runs */
    HF_ANSWER = 16,      /* hf_asked has a question */
    HF_CLOSED_IN = 32,   /* the peer sent close_notify, or the connection failed: no more plaintext arrives */
    HF_CLOSED_OUT = 64,  /* hf_close was called, or the connection failed: no more plaintext can be sent */
    HF_TAKE_EARLY = 128, /* hf_peek_early is not empty: nothing goes on until it is dropped */
    HF_GIVE_EARLY = 256, /* hf_push_early is possible */
};
/* hf_wants: the bits above. */
HF_API unsigned hf_wants(const hf_conn *conn);
/* hf_close: close_notify (RFC 5246 7.2.1) behind what was pushed: this side's half is closed, the peer's may
 * go on. Before the handshake is complete it ends the connection both ways: user_canceled and close_notify,
 * or nothing at all when nothing was said yet. While a later handshake runs close_notify waits for its end,
 * and where a server has taken early data for that of the first. Twice is HF_OK. */
HF_API hf_err hf_close(hf_conn *conn) HF_CHECKED;
/* hf_abort: ends the connection with a fatal alert of the error's row; for time-outs (HF_HANDSHAKE_TIMEOUT)
 * and an application's own refusals. */
HF_API void hf_abort(hf_conn *conn, hf_err why);
/* hf_send_warning: a warning alert of any description but close_notify; HF_BAD_ARGUMENT when the RFCs make it
 * always fatal, as TLS 1.3 does all but user_canceled (RFC 8446 6). */
HF_API hf_err hf_send_warning(hf_conn *conn, uint8_t description) HF_CHECKED;

/* ---- another handshake on the same connection ---- */
/*
 * hf_renegotiate: another full handshake, whose messages go under the keys of this one: a client begins it, a
 * server asks for it with HelloRequest (RFC 5246 7.4.1.1), which a client may ignore. It is driven by the
 * same calls as the first; hf_negotiated()->renegotiation says how far it is. Until it is complete plaintext
 * that arrives is handed out as before, and belongs to the handshake before; hf_push_app takes nothing while
 * it runs. If it fails, the connection has failed.
 *
 * HF_OK also when a HelloRequest waits for its answer already (RFC 5246 7.4.1.1: it is not repeated).
 * HF_TOO_EARLY while a handshake runs. HF_RENEGOTIATION_UNAVAILABLE: the config says never, the version is
 * TLS 1.3 (hf_update_keys has new keys there), or the peer lacks renegotiation_info (RFC 5746 4.2, 4.4) or
 * extended_master_secret (RFC 7627 5.4). HF_CLOSED; HF_NO_MEMORY, and nothing has changed.
 */
HF_API hf_err hf_renegotiate(hf_conn *conn) HF_CHECKED;
/* hf_renegotiate_resuming: a client's, offering this session (takes a reference) so that the handshake may be
 * abbreviated (RFC 5746 3.5): new keys without public-key operations. hf_conn_session has the connection's
 * own. HF_BAD_ARGUMENT on a server. */
HF_API hf_err hf_renegotiate_resuming(hf_conn *conn, hf_session *session) HF_CHECKED;
/*
 * hf_request_client_certificate: a server asks for the client's certificate now, whatever
 * hf_config_client_auth says: in TLS 1.2 by another full handshake, as hf_renegotiate, with a
 * CertificateRequest in it; in TLS 1.3 by post-handshake authentication (RFC 8446 4.6.2), of a client that
 * offered it (hf_config_post_handshake_auth), while data goes on both ways until the client answers.
 * hf_negotiated()->renegotiation tells how far it is, in both. A client may have none: look at peer_chain
 * once it is complete. In TLS 1.2 later handshakes on this connection ask again. HF_OK also while a request
 * waits for its answer: it is not repeated. HF_CONFIG_INCOMPLETE without trust anchors;
 * HF_POST_HANDSHAKE_AUTH_UNAVAILABLE for a client of TLS 1.3 that did not offer it; else as hf_renegotiate;
 * HF_BAD_ARGUMENT on a client.
 */
HF_API hf_err hf_request_client_certificate(hf_conn *conn) HF_CHECKED;

/*
 * hf_update_keys: TLS 1.3 only: what this side sends from here on is under new keys, which nobody can derive
 * the old ones from (RFC 8446 4.6.3, 7.2); request_peer: and the peer is asked to do the same. Neither is
 * needed for soundness: hf_push_app does it by itself before keys have protected too much (RFC 8446 5.5), and
 * a peer that asks is answered before the next data. HF_KEY_UPDATE_UNAVAILABLE in TLS 1.2. HF_TOO_EARLY
 * before the handshake is complete and while another runs. HF_CLOSED after hf_close. hf_conn_stats counts
 * them.
 */
HF_API hf_err hf_update_keys(hf_conn *conn, bool request_peer) HF_CHECKED;

/* Why a session was or was not resumed. */
typedef enum hf_resumption {
    HF_NOT_OFFERED, /* no session was offered */
    HF_RESUMED,
    HF_SESSION_UNKNOWN, /* the store has none of this ID; on a client: the server did not take it */
    HF_SESSION_EXPIRED,
    HF_SESSION_CONTEXT,    /* made under another host, trust, policy or generation */
    HF_SESSION_NAME,       /* another server_name (RFC 6066 3) */
    HF_SESSION_PARAMETERS, /* its version or cipher suite is not offered any more (RFC 5246 7.4.1.2) */
    HF_SESSION_EMS,        /* extended_master_secret differs (RFC 7627 5.3) */
    HF_SESSION_AUTH_AGE,   /* client authentication is too old, or its certificate has expired */
    HF_SESSION_POLICY,     /* turned off */
    HF_SESSION_FOREIGN,  /* a server: the ID or ticket is none of ours: another key, another host, or made up
                          */
    HF_SESSION_IDENTITY, /* its peer is no longer let in */
    HF_SESSION_DAMAGED,  /* the store's record does not open: changed, moved, or under a key that is gone */
    HF_SESSION_STORE_LATE,   /* the store did not answer in time */
    HF_SESSION_STORE_FAILED, /* the store could not be asked */
    HF_SESSION_USED,         /* a client: it was offered before, and TLS 1.3's are used once (RFC 8446 C.4) */
} hf_resumption;
/* What became of early data (RFC 8446 4.2.10), see early.h. */
typedef enum hf_early_data {
    HF_EARLY_NOT_OFFERED, /* the client sent none */
    HF_EARLY_OFFERED,     /* a client: sent, and the server has not answered yet */
    HF_EARLY_ACCEPTED,
    HF_EARLY_REJECTED,       /* a client: it was not read; send it again, if it still makes sense. A server's
                                reasons: */
    HF_EARLY_OFF,            /* its config takes none */
    HF_EARLY_RETRIED,        /* a HelloRetryRequest was needed */
    HF_EARLY_NOT_RESUMED,    /* the session was not taken: see resumption */
    HF_EARLY_NOT_FIRST,      /* another pre-shared key than the first was taken */
    HF_EARLY_NOT_ALLOWED,    /* its ticket does not allow it, or it is no ticket's */
    HF_EARLY_NOT_SINGLE_USE, /* nobody could say that the ticket is used once: it could be a replay */
    HF_EARLY_STALE,          /* the ticket's age is not what the client says: hf_config_early_data_age */
    HF_EARLY_ALPN,           /* the session was for another application protocol */
} hf_early_data;
/* hf_early_data_name: one word, "not_single_use"; hf_early_data_sentence: for people; never NULL. */
HF_API const char *hf_early_data_name(hf_early_data what);
HF_API const char *hf_early_data_sentence(hf_early_data what);

/* hf_resumption_name: one word, "store_late"; hf_resumption_sentence: for people; never NULL. */
HF_API const char *hf_resumption_name(hf_resumption why);
HF_API const char *hf_resumption_sentence(hf_resumption why);

/* ---- questions ---- */
typedef enum hf_ask {
    HF_ASK_NOTHING = 0,
    HF_ASK_LOOK_UP_SESSION = 1, /* server: session_id → hf_answer_session */
    HF_ASK_PICK_IDENTITY = 2, /* server: by server_name and the client's lists; client: by CertificateRequest
                                 → hf_answer_identity */
    HF_ASK_SIGN =
        4, /* with the identity's private key → hf_answer_signature (always asked for external identities) */
    HF_ASK_VERIFY = 8,        /* the peer's chain → hf_answer_verdict; our own verdict is in the question */
    HF_ASK_FETCH_URL = 16,    /* server: the client's certificate behind a URL → hf_answer_fetched */
    HF_ASK_SUPPLEMENTAL = 32, /* what SupplementalData to send → hf_answer_supplemental (supplemental.h; asked
                                 wherever types are agreed, without hf_config_ask) */
    HF_ASK_LOOK_UP_PSK = 64, /* server: a client's external pre-shared key, by psk_identity → hf_answer_psk,
                                hf_answer_psk_import */
} hf_ask;

typedef struct hf_question {
    hf_ask ask;
    hf_bytes session_id;     /* LOOK_UP_SESSION: authentic, ours, not expired by its own word */
    const char *session_key; /* LOOK_UP_SESSION: the key its record was given under (hf_session_record) */
    const char *server_name; /* what the client asked for, or the name to verify; NULL when there is none */
    hf_bytes suites, groups,
        schemes;          /* PICK_IDENTITY: the peer's lists, two bytes an entry, as on the wire */
    hf_bytes ca_names;    /* PICK_IDENTITY: RFC 5246 7.4.4, RFC 8446 4.2.4 certificate_authorities */
    hf_bytes trusted_cas; /* PICK_IDENTITY on a server: RFC 6066 6 trusted_authorities_list */
    uint16_t scheme;      /* SIGN: SignatureScheme to use */
    hf_bytes to_sign;     /* SIGN: the message (not its hash) */
    size_t identity;      /* SIGN: index in order of adding */
    uint64_t key_id;      /* SIGN: of hf_config_identity_external, else 0 */
    hf_bytes chain;       /* VERIFY: DER certificates, each with a 24-bit length before it, leaf first */
    hf_err verdict;       /* VERIFY: what hf would say: HF_OK, an UNTRUSTED row or MALFORMED_CERTIFICATE */
    const char *detail;   /* VERIFY: which certificate and why, or "" */
    bool resuming; /* VERIFY on a server: not a new chain but the leaf of a session that would be resumed; to
                      refuse it is a full handshake */
    hf_bytes url;  /* FETCH_URL: an absolute http or https URL, at most 1024 bytes, chosen by the client */
    bool is_pkipath; /* FETCH_URL: a PkiPath is behind it (RFC 6066 10.1), else one DER certificate */
    size_t limit;    /* FETCH_URL: more bytes than this are not taken */
    hf_bytes
        supplemental_types; /* SUPPLEMENTAL: SupplementalDataTypes that may be sent, two bytes an entry */
    bool in_clear; /* SUPPLEMENTAL: what is sent can be read by whoever listens. verdict is that on the peer's
                      certificate */
    bool take; /* LOOK_UP_SESSION: it is good once (RFC 8446 8.1): take the record out of the store, so that
                  nobody else is given it, and answer with hf_answer_session_taken. A store that cannot do
                  both at once answers as ever, and there is no early data */
    hf_bytes raw_key;      /* VERIFY: the peer shows a raw public key instead of a chain (raw_key.h): DER
                              SubjectPublicKeyInfo; len 0: it does not */
    hf_bytes psk_identity; /* LOOK_UP_PSK: as the client sent it, which no key of the config has, nor a
                              session of this server's: at most four in one handshake */
    bool psk_imported; /* LOOK_UP_PSK: it has the form of an imported one (RFC 9258 5.1), and then these are
                          its parts; else psk_external_identity is psk_identity */
    hf_bytes psk_external_identity, psk_context;
} hf_question;
/* hf_asked: what the handshake waits for; everything in *out (may be NULL) lives until the answer. */
HF_API hf_ask hf_asked(const hf_conn *conn, hf_question *out);
/* Answers: HF_NOT_ASKED when something else or nothing is asked. They do not fail the call when the answer is
 * bad: the handshake then fails, as hf_failed says, or, for a session, is full. */
/* hf_answer_session: the sealed bytes that were given for session_key, or len 0 for none. */
HF_API hf_err hf_answer_session(hf_conn *conn, hf_bytes sealed) HF_CHECKED;
/* hf_answer_session_taken: the same, where the store gave the record and deleted it in one step that no other
 * look-up can come between. Early data is only taken behind this answer (RFC 8446 8.1), so it must be true.
 */
HF_API hf_err hf_answer_session_taken(hf_conn *conn, hf_bytes sealed) HF_CHECKED;
/* hf_answer_no_session: none, and why: HF_SESSION_UNKNOWN, HF_SESSION_STORE_LATE, HF_SESSION_STORE_FAILED;
 * any other is HF_BAD_ARGUMENT. */
HF_API hf_err hf_answer_no_session(hf_conn *conn, hf_resumption why) HF_CHECKED;
/* hf_answer_identity: index in order of adding; HF_NO_IDENTITY for none (a client then sends an empty
 * Certificate), HF_ANY_IDENTITY to let the library choose. */
#define HF_NO_IDENTITY ((size_t)-1)
#define HF_ANY_IDENTITY ((size_t)-2)
HF_API hf_err hf_answer_identity(hf_conn *conn, size_t identity) HF_CHECKED;
/* hf_answer_signature: of the question's to_sign under its scheme; len 0: could not sign. */
HF_API hf_err hf_answer_signature(hf_conn *conn, hf_bytes signature) HF_CHECKED;
/*
 * hf_answer_psk: the key that belongs to psk_identity, as hf_config_psk takes it, used as it is; len 0: there
 * is none, and the next identity is looked at. hf_answer_psk_import: the key that belongs to
 * psk_external_identity and psk_context, as hf_config_psk_import takes it; HF_BAD_ARGUMENT unless
 * psk_imported. Wiped once it was used. HF_PSK_TOO_SHORT and HF_BAD_ARGUMENT leave the question open.
 */
HF_API hf_err hf_answer_psk(hf_conn *conn, hf_bytes key, hf_psk_hash hash) HF_CHECKED;
HF_API hf_err hf_answer_psk_import(hf_conn *conn, hf_bytes key, hf_psk_hash hash) HF_CHECKED;
/* hf_answer_verdict: HF_OK accepts, even what the library would refuse; the question's own verdict or a row
 * of class UNTRUSTED refuses with its alert; any other is HF_BAD_ARGUMENT. */
HF_API hf_err hf_answer_verdict(hf_conn *conn, hf_err verdict) HF_CHECKED;

/*
 * hf_answer_fetched: what is behind the question's url, whose SHA-1 hash the client gave (RFC 6066 5); len 0:
 * it could not be fetched. Asked for each URL in turn. A client chooses these URLs: fetch only what you would
 * let any stranger make you fetch, follow no redirects (RFC 6066 5 forbids it), and bound time and size.
 * Without the certificate a server that requires one refuses with certificate_unobtainable; any other sends
 * that as a warning and goes on with a client it does not know.
 */
HF_API hf_err hf_answer_fetched(hf_conn *conn, hf_bytes content) HF_CHECKED;

/* ---- what happened ---- */
typedef enum hf_direction { HF_NO_DIRECTION, HF_SENT, HF_RECEIVED } hf_direction;
typedef struct hf_failure {
    hf_err err;
    uint8_t alert; /* AlertDescription, or HF_NO_ALERT */
    hf_direction alert_direction;
    const char *step;   /* where the handshake stood: "ServerHello"; "" when it was complete */
    const char *got;    /* UNEXPECTED_MESSAGE: what came, or "" */
    char expected[160]; /* UNEXPECTED_MESSAGE: what was allowed: "Certificate or ServerKeyExchange" */
    char detail[320];   /* which certificate, extension or value and why; "" when the row says it all */
} hf_failure;
/* hf_failed: NULL while nothing failed; sticky: the first failure stays. Lives with conn. */
HF_API const hf_failure *hf_failed(const hf_conn *conn);

/* Where a connection stands with handshakes after the first. */
typedef enum hf_renegotiation_state {
    HF_NOT_RENEGOTIATED,
    HF_RENEGOTIATION_ASKED,   /* our HelloRequest is not answered yet */
    HF_RENEGOTIATING,         /* another handshake runs */
    HF_RENEGOTIATED,          /* the last one is complete */
    HF_RENEGOTIATION_REFUSED, /* the peer answered no_renegotiation: the connection is as it was; go on or
                                 hf_close */
} hf_renegotiation_state;

/* CertificateType, RFC 7250 3 */
typedef enum hf_certificate_type { HF_X509 = 0, HF_RAW_PUBLIC_KEY = 2 } hf_certificate_type;

typedef struct hf_summary {
    bool complete;    /* the handshake is complete; before that fields fill in as they are decided */
    uint16_t version; /* 0x0303 */
    uint16_t suite;
    const char *suite_name; /* IANA */
    uint16_t group;         /* 0 when resumed */
    const char *group_name;
    uint16_t server_scheme,
        client_scheme; /* of ServerKeyExchange and CertificateVerify; 0 when there was none */
    const char *server_scheme_name, *client_scheme_name;
    bool resumed;
    hf_resumption resumption;
    bool extended_master_secret, secure_renegotiation;
    bool encrypt_then_mac;   /* RFC 7366; only ever with a CBC suite */
    const char *server_name; /* sent by the client; NULL when none */
    const char *alpn;        /* NULL when none */
    hf_bytes session_id; /* of the session this connection made or resumed; empty when it cannot be resumed,
                            or a ticket stands for it */
    bool session_ticket; /* the session is in a ticket (RFC 5077), on a server for the client to keep */
    hf_bytes
        session_note;    /* hf_conn_session_note, of this connection or of the one whose session is resumed */
    hf_bytes peer_chain; /* DER certificates, each with a 24-bit length before it, leaf first; on resumption
                            the leaf alone; empty when none */
    bool peer_verified;  /* the chain was validated (now, or when the resumed session was made) */
    hf_err peer_verdict; /* HF_OK, or what an application or hf_config_insecure_no_verification overruled */
    const char *peer_subject; /* "CN=alice, O=…", cut at 255 bytes; NULL when no certificate */
    bool client_auth_requested;
    bool trusted_ca;               /* trusted_ca_keys guided the server's choice of its chain (RFC 6066 6) */
    bool stapled;                  /* the server sent CertificateStatus (RFC 6066 8) */
    hf_staple_verdict peer_status; /* client: of the server's certificate */
    hf_err peer_status_error;      /* client: why it is not good; HF_OK when it is, or was not asked for */
    hf_bytes peer_sct_list; /* client: SignedCertificateTimestampList (RFC 6962 3.3), not verified; empty when
                               none */
    size_t identity;        /* which of ours was used; HF_NO_IDENTITY when none */
    hf_renegotiation_state renegotiation;
    uint16_t max_fragment; /* bytes of plaintext in a record, either way: max_fragment_length (RFC 6066 4); 0:
                              none agreed */
    uint16_t record_size_limit; /* what this side takes in one record: record_size_limit (RFC 8449), which in
                                   TLS 1.3 counts the content type too; 0: none agreed */
    uint16_t peer_record_size_limit;          /* and what the peer takes */
    bool truncated_hmac;                      /* RFC 6066 7: laboratory builds alone */
    const char *peer_certificate_compression; /* "brotli": what its certificate came compressed with (RFC
                                                 8879); NULL: it did not */
    hf_psk_verdict psk;                       /* what became of external pre-shared keys (psk.h) */
    hf_bytes psk_identity;    /* by which both sides know each other, as hf_config_psk or hf_config_psk_import
                                 had it: nobody showed a certificate; empty: by none */
    bool psk_imported;        /* RFC 9258 */
    hf_early_data early_data; /* what became of it: early.h */
    bool hello_retry_request; /* TLS 1.3: the client had to send a second ClientHello (RFC 8446 4.1.4) */
    /* RFC 7250: what the peer and this side show, where they show anything; and the peer's raw key, a DER
     * SubjectPublicKeyInfo, beside which peer_chain is empty. peer_verified: it is one of those trusted. */
    hf_certificate_type peer_certificate_type, own_certificate_type;
    hf_bytes peer_raw_key;
} hf_summary;
/* hf_negotiated: never NULL; lives with conn, updated by pushes. Answers the same on a full and on a resumed
 * handshake. While a later handshake runs all but `renegotiation` is of the one before; when it is complete,
 * all is of the new one. */
HF_API const hf_summary *hf_negotiated(const hf_conn *conn);
/* hf_extension_received: what the peer's hello has in an extension registered with hf_config_extension; data
 * NULL when it does not have it, not NULL with len 0 when it is empty. Unproven until the handshake is
 * complete. Lives with conn. */
HF_API hf_bytes hf_extension_received(const hf_conn *conn, uint16_t code);
/* hf_extension_at: the i-th of them in the peer's order; false past the last. */
HF_API bool hf_extension_at(const hf_conn *conn, size_t i, uint16_t *code, hf_bytes *body);
/* hf_conn_session: a reference to the client's session, when the handshake is complete and the server lets it
 * be resumed; else NULL, as after failures but HF_TRUNCATED. In TLS 1.3 it comes behind the handshake, in a
 * ticket (RFC 8446 4.6.1): ask when the connection ends. The newest is answered, to be offered once (C.4). */
HF_API hf_session *hf_conn_session(const hf_conn *conn);
/* hf_conn_session_at: a reference to the i-th of those that the connection keeps and that were not offered
 * yet, the newest first; NULL past the last. Several are kept where hf_config_tickets_kept says so. */
HF_API hf_session *hf_conn_session_at(const hf_conn *conn, size_t i);
/* hf_conn_stats: counted since the beginning. */
typedef struct hf_stats {
    uint64_t records_in, records_out, bytes_in,
        bytes_out; /* plaintext bytes of application data; records of every type */
    unsigned warnings_received, renegotiations_refused; /* refused by us */
    unsigned renegotiations;                            /* completed */
    unsigned key_updates_sent, key_updates_received;    /* RFC 8446 4.6.3 */
    unsigned authentications; /* of the client behind the handshake, completed: RFC 8446 4.6.2 */
    uint64_t early_in,
        early_out; /* plaintext bytes of early data, which bytes_in and bytes_out do not count */
} hf_stats;
HF_API hf_stats hf_conn_stats(const hf_conn *conn);
/* hf_export: keying material (RFC 5705) into out; context NULL: without a context, which differs from an
 * empty one. HF_TOO_EARLY, HF_EXPORTER_UNAVAILABLE without extended_master_secret (RFC 7627 5.4). label at
 * most 64, context at most 512 bytes. */
HF_API hf_err hf_export(const hf_conn *conn, const char *label, const hf_bytes *context, uint8_t *out,
                        size_t len) HF_CHECKED;
/* hf_tls_unique: the channel binding of RFC 5929 3: the first Finished of the handshake, 12 bytes; empty
 * where RFC 7627 5.4 forbids it. */
HF_API hf_bytes hf_tls_unique(const hf_conn *conn);

#ifdef __cplusplus
}
#endif
#endif
