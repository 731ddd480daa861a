/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_CONFIG_H
#define HF_HANDSHAKE_CONFIG_H

#include "compress/compress.h"
#include "crypto/crypto.h"
#include "flow/flow.h"
#include "handshake/chain_cache.h"
#include "handshake/external_psk.h"
#include "handshake/peer_rules.h"
#include "handshake/staple.h"
#include "handshake/supplemental.h"
#include "session/counts.h"
#include "session/keyring.h"
#include "session/session.h"

/*
 * What a side is willing to do, as the engine reads it: frozen, shared by connections and threads, never
 * written. conn/config.c builds it behind the public setters; everything encoded here was encoded once, at
 * freeze.
 */
#define CODES_MAX 64
struct codes {
    uint16_t code[CODES_MAX];
    size_t count;
};
static inline bool codes_have(const struct codes *c, uint16_t code)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->code[i] == code) {
            return true;
        }
    }
    return false;
}

/* Raw public keys that are trusted, each by the SHA-256 of its SubjectPublicKeyInfo. */
#define TRUSTED_KEYS_MAX 4096
struct trusted_keys {
    size_t count, room;
    uint8_t digest[][KEY_DIGEST_SIZE];
};

#define ISSUERS_MAX 10
/* A certificate as RFC 6066 6 names it. */
struct authority {
    uint8_t key[SHA1_SIZE], certificate[SHA1_SIZE];
    struct span name; /* DER, its subject's */
};
#define AUTHORITIES_MAX 16
#define TRUSTED_CAS_MAX                                                                \
    4096 /* of a client's list: it must fit in a ClientHello, and it is for small sets \
          */
struct identity {
    struct certificate *leaf;
    struct private_key *key; /* NULL: the key lives elsewhere, every signature is asked for */
    uint64_t key_id;
    struct span message; /* the whole Certificate message, header included: sent as it is */
    struct slice chain;  /* certificate_list inside message */
    struct span compressed[COMPRESSIONS_MAX]; /* CompressedCertificate, whole, by the config's algorithms */
    struct span compressed_sct[COMPRESSIONS_MAX]; /* the same with sct_list */
    struct span message13; /* the same of TLS 1.3, RFC 8446 4.4.2, when nothing is said of the certificates */
    struct span
        issuers[ISSUERS_MAX]; /* DER names, of each certificate of the chain: matched against CA names */
    size_t issuer_count;
    /* schemes that its certificates are signed by, self-signed ones aside; 0: one that is not known */
    uint16_t signed_by[ISSUERS_MAX];
    size_t signature_count;
    bool has_names;               /* its leaf lists DNS names */
    struct staple_place *staples; /* a server's: what is stapled to this chain now */
    struct span sct_list;         /* SignedCertificateTimestampList, RFC 6962 3.3; empty: none */
    /* a server's, made at freeze: its chain, then the trust anchors it leads to */
    struct authority *authorities;
    size_t authority_count;
    bool pre_agreed; /* what clients that say so trust */
    /* a client's, RFC 6066 5 */
    struct span urls; /* as given: vectors with a length of two bytes */
    size_t url_count;
    bool url_is_pkipath;
    struct span url_message; /* the whole CertificateURL, made at freeze */
};

/* An extension of the application's own: bytes that this side says, RFC 5246 7.4.1.4. */
#define OWN_EXTENSIONS_MAX 16
#define OWN_EXTENSIONS_SIZE 4096     /* of all bodies of one config: they must fit in a hello */
#define OWN_EXTENSIONS_RECEIVED 8192 /* of all bodies that a peer sends */
struct own_extension {
    uint16_t code;
    bool in_server_hello; /* the server answers it; always in ClientHello */
    struct span body;
};

enum client_auth { CLIENT_AUTH_NONE, CLIENT_AUTH_REQUEST, CLIENT_AUTH_REQUIRE };

/* The same numbers as HF_RENEGOTIATE_… */
enum renegotiation { RENEGOTIATE_NEVER, RENEGOTIATE_WHEN_WE_ASK, RENEGOTIATE_ACCEPT };
/* Whether a client asks for the status of the server's certificate; the same numbers as HF_STATUS_OFF, … */
enum status_policy { STATUS_OFF, STATUS_SOFT, STATUS_HARD };

/* Bits of what the application wants to be asked; the same numbers as HF_ASK_… */
enum ask {
    ASK_NOTHING = 0,
    ASK_LOOK_UP_SESSION = 1,
    ASK_PICK_IDENTITY = 2,
    ASK_SIGN = 4,
    ASK_VERIFY = 8,
    ASK_FETCH_URL = 16,
    ASK_SUPPLEMENTAL = 32,
    ASK_LOOK_UP_PSK = 64
};

/* Whether HelloRetryRequest has a cookie of ours; the same numbers as HF_RETRY_COOKIE_… */
enum retry_cookie { RETRY_COOKIE_NEVER, RETRY_COOKIE_WITH_RETRY, RETRY_COOKIE_ALWAYS };

/* What goes to an application's store. */
struct stored_session {
    const char *key;
    struct slice sealed; /* empty: forget */
    uint32_t life;
    const char *const *indexes;
    size_t index_count;
};

struct config {
    enum side side;
    /* who we are */
    struct identity *identities;
    size_t identity_count;
    bool any_names; /* some identity lists DNS names, so an unknown server_name is told apart */
    /* whom we trust */
    struct trust *trust;
    struct trusted_keys *trusted_keys; /* raw public keys, RFC 7250; NULL: none */
    bool raw_keys_asked;               /* those of others are the application's to judge */
    struct chain_policy chain;         /* name and now are filled in for each connection */
    size_t chain_capacity;
    struct chain_cache *chains; /* validated before; NULL: none */
    bool verify;                /* false: a client that accepts any server certificate */
    enum client_auth client_auth;
    bool send_ca_names;
    struct peer_rules *peer_rules; /* NULL: every peer with a valid certificate is let in */
    /* what we speak */
    uint16_t min_version, max_version;
    bool quic; /* QUIC carries the handshake: RFC 9001 */
    const struct compression
        *compressions[COMPRESSIONS_MAX + 1]; /* of certificates, RFC 8879; ends with NULL */
    struct codes suites, suites13, groups, sign_schemes, accept_schemes; /* suites: of TLS 1.2 */
    unsigned key_shares;      /* that a client sends in its first ClientHello; 0: by the groups */
    bool post_handshake_auth; /* a client lets itself be asked who it is later: RFC 8446 4.2.6 */
    bool compatible;          /* a client of TLS 1.3 looks like one that resumes TLS 1.2: RFC 8446 D.4 */
    struct span alpn;         /* ProtocolNameList body, RFC 7301 3.1 */
    bool alpn_decline, serve_unknown_names, require_ems, allow_insecure_peer, fallback;
    bool etm_required; /* a CBC suite without encrypt-then-MAC is refused, RFC 7366 */
    enum status_policy status;
    bool sct;                                 /* a client asks for signed certificate timestamps */
    unsigned min_dh_bits;                     /* of a prime that is not of RFC 7919 */
    uint16_t max_fragment, record_size_limit; /* bytes; 0: neither offered nor answered */
    bool record_size_limit_set;               /* by the application, and not the default */
    uint16_t pad_hello;                       /* least bytes of a ClientHello */
    bool truncated_hmac;                      /* RFC 6066 7: laboratory builds alone */
    bool grease;                              /* RFC 8701 */
    size_t certificate_limit, unsent_limit;
    /* renegotiation, RFC 5746 */
    enum renegotiation renegotiation;
    unsigned renegotiations_most;  /* by the peer's wish, on one connection */
    unsigned renegotiations_apart; /* seconds from one of these to the next */
    bool peer_may_change;          /* its certificate, from one handshake to the next */
    /* trusted_ca_keys, RFC 6066 6 */
    unsigned send_trusted_cas; /* bits 1 << enum identifier_type; 0: not offered */
    struct span trusted_cas;   /* a client's extension body, made at freeze */
    struct span ca_names;      /* the same in TLS 1.3: certificate_authorities, RFC 8446 4.2.4 */
    bool certificate_urls;     /* some identity of a client has URLs: client_certificate_url is offered */
    bool trusted_ca_required;  /* a server refuses a client that trusts none of its chains */
    struct own_extension own[OWN_EXTENSIONS_MAX];
    size_t own_count;
    bool double_handshake; /* RFC 4680 4 */
    /* supplemental data: RFC 4680, RFC 4681 */
    struct supplemental_row *supplemental; /* SUPPLEMENTAL_ROWS_MAX of them; NULL: none */
    size_t supplemental_count;
    struct span user_mapping; /* a client's UserMappingDataList; NULL: the application is asked */
    /* sessions */
    size_t session_capacity;
    struct session_store *sessions;          /* a server's; NULL: none */
    uint32_t session_life, client_auth_life; /* seconds */
    bool resume_client_auth;
    struct span generation;
    uint8_t context[32];     /* what sessions are bound to: SHA-256 over all of the above that matters */
    struct keyring *keyring; /* a server's; NULL: nothing is resumed */
    bool tickets;            /* RFC 5077: a client takes them, a server gives them */
    unsigned ticket_count;   /* server: NewSessionTickets of TLS 1.3 on each connection */
    unsigned tickets_kept;   /* client: how many of these it keeps, the newest */
    bool psk_alone;          /* psk_ke, RFC 8446 4.2.9 */
    enum retry_cookie retry_cookie;
    unsigned retry_cookie_life; /* seconds */
    struct external_psks psks;
    bool psk_only;            /* client: it trusts nobody's certificate */
    bool psk_for_client_auth; /* server: a key may stand for the certificate that clients must have */
    uint32_t early_data;      /* most bytes of it, RFC 8446 4.2.10; 0: none is sent, or taken */
    uint32_t early_data_age;  /* server: seconds by which a ticket's age may be off, 8.3 */
    struct session_counts *counts;
    void (*session_effect)(void *arg, const struct stored_session *stored);
    void *session_effect_arg;
    struct span oid_filters; /* a server's: OIDFilters, RFC 8446 4.2.5 */
    uint16_t record_padding; /* RFC 8446 5.4: records become a multiple of so many bytes; 0: not padded */
    /* made at freeze */
    struct span certificate_request, certificate_request13; /* whole messages, header included */
    /* surroundings */
    struct random_source random;
    int64_t (*clock)(void *arg);
    void *clock_arg;
    int64_t clock_unit; /* milliseconds in what it counts */
    unsigned asks;
    void (*keylog)(void *arg, const char *line);
    void *keylog_arg;
};

/* Whether a server takes external pre-shared keys from anybody. */
/* Since 1970, one look at the clock. */
static inline int64_t config_milliseconds(const struct config *c)
{
    return c->clock(c->clock_arg) * c->clock_unit;
}

static inline int64_t config_seconds(const struct config *c)
{
    return config_milliseconds(c) / 1000;
}

static inline bool config_takes_psks(const struct config *c)
{
    return c->psks.count || (c->side == SERVER && c->asks & ASK_LOOK_UP_PSK);
}

#endif
