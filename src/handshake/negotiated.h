/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_NEGOTIATED_H
#define HF_HANDSHAKE_NEGOTIATED_H

#include "handshake/config.h"

/* What a handshake agrees on: lives as long as the connection, and is what getters read. */

/* Why a session is or is not resumed; the same numbers as HF_NOT_OFFERED, … */
enum resumption {
    NOT_OFFERED,
    IS_RESUMED,
    SESSION_UNKNOWN,
    SESSION_EXPIRED,
    SESSION_CONTEXT,
    SESSION_NAME,
    SESSION_PARAMETERS,
    SESSION_EMS,
    SESSION_AUTH_AGE,
    SESSION_POLICY,
    SESSION_FOREIGN,
    SESSION_IDENTITY,
    SESSION_DAMAGED,
    SESSION_STORE_LATE,
    SESSION_STORE_FAILED,
    SESSION_USED,
    RESUMPTION_COUNT
};

/* What became of the external pre-shared keys that were offered; the same numbers as HF_PSK_NONE, … */
enum psk_verdict { PSK_NONE, PSK_USED, PSK_UNKNOWN, PSK_PARAMETERS, PSK_CLIENT_AUTH };

/* What became of early data, RFC 8446 4.2.10; the same numbers as HF_EARLY_NOT_OFFERED, … */
enum early_verdict {
    EARLY_NOT_OFFERED,
    EARLY_OFFERED,
    EARLY_ACCEPTED,
    EARLY_REJECTED, /* client; from here on a server's reasons */
    EARLY_OFF,
    EARLY_RETRIED,
    EARLY_NOT_RESUMED,
    EARLY_NOT_FIRST,
    EARLY_NOT_ALLOWED,
    EARLY_NOT_SINGLE_USE,
    EARLY_STALE,
    EARLY_ALPN,
    EARLY_VERDICT_COUNT
};

/* What became of the status of the server's certificate; the same numbers as HF_STATUS_NOT_ASKED, … */
enum status_verdict {
    STATUS_NOT_ASKED,
    STATUS_NOT_JUDGED,
    STATUS_IS_MISSING,
    STATUS_IS_GOOD,
    STATUS_IS_UNKNOWN,
    STATUS_IS_EXPIRED,
    STATUS_IS_BAD,
    STATUS_IS_REVOKED,
};

#define ALPN_NAME_MAX 255
#define NO_IDENTITY SIZE_MAX
#define ANY_IDENTITY (SIZE_MAX - 1)

/* RFC 7366 3.1: once decided it stays, also across handshakes that choose AEAD. */
enum mac_order { MAC_ORDER_OPEN, MAC_ORDER_MTE, MAC_ORDER_ETM };

/* CertificateType, RFC 7250 3 */
enum certificate_type { CERTIFICATE_X509 = 0, CERTIFICATE_RAW_KEY = 2 };

/* By size: there is one in every connection, and padding between its fields would be paid for by each. */
struct negotiated {
    struct external_psk *asked_psk;          /* what the application gave; its key is gone once it was used */
    const struct external_psk *external_psk; /* of the config: both sides know each other by it; NULL: none */
    const struct suite *suite;
    const struct group *group;
    const struct scheme *server_scheme, *client_scheme;
    const struct compression *compression; /* what the peer's certificate came compressed with; NULL: not */
    struct session *session;               /* made or resumed; NULL when it cannot be resumed */
    struct peer *peer;                     /* NULL when the peer showed no certificate */
    char *server_name;                     /* what the client sent; NULL when none */
    char *alpn;                            /* NULL when none */
    struct span note;                      /* the application's, for the session that is made */
    struct span supplemental;      /* the peer's SupplementalDataEntries, RFC 4680 2: hints, not facts */
    struct span sct_list;          /* RFC 6962 3.3, as it came */
    struct buffer own_received;    /* the application's extensions as the peer sent them: code, vector */
    struct secret master;          /* for exporters (RFC 5705) */
    struct secret *early_exporter; /* early_exporter_master_secret, RFC 8446 7.5; NULL: none */
    int64_t authenticated;         /* when the peer showed who it is; kept by what is resumed */
    int64_t session_ends;          /* TLS 1.3, server: no ticket outlives this */
    size_t identity;               /* which of ours was used */
    uint8_t client_random[RANDOM_SIZE], server_random[RANDOM_SIZE];
    uint8_t verify_data[2][VERIFY_DATA_SIZE];  /* by enum side: RFC 5746 3.1, RFC 5929 3 */
    enum certificate_type certificate_type[2]; /* by enum side: what it shows, where it shows something */
    enum certificate_type later_type;          /* the client's, where it is asked: RFC 8446 4.6.2 */
    enum resumption resumption;
    enum mac_order mac_order;
    enum psk_verdict psk;
    enum early_verdict early;
    enum hash early_hash; /* of early_exporter, which may be another than the suite's */
    enum status_verdict status;
    enum err status_error; /* why it is not STATUS_IS_GOOD */
    uint16_t version;
    uint16_t max_fragment;         /* RFC 6066 4, bytes; 0: none was agreed */
    uint16_t record_size_limit[2]; /* RFC 8449 4: what each side takes, by enum side; 0: none was agreed */
    bool complete;
    bool ems, etm, secure_renegotiation, resumed; /* etm: RFC 7366 was agreed for a CBC suite */
    bool ticket;                                  /* a ticket was resumed, or given: RFC 5077 */
    bool supplemental_in_clear;                   /* and anybody could read them */
    bool client_auth_requested;
    bool retried;             /* HelloRetryRequest: RFC 8446 4.1.4 */
    bool post_handshake_auth; /* the client offered it: RFC 8446 4.2.6 */
    bool trusted_ca;          /* trusted_ca_keys guided the server's choice, RFC 6066 6 */
    bool stapled;             /* CertificateStatus was sent, or came */
    bool truncated_hmac;      /* RFC 6066 7, with a CBC suite: laboratory builds alone */
};

/* Replaces a string of negotiated by a copy. */
enum err negotiated_keep(char **field, struct slice value) CHECKED;
void negotiated_wipe(struct negotiated *n);
/* Room for early_exporter; it is few connections' that has one. */
enum err negotiated_early_exporter(struct negotiated *n) CHECKED;
void negotiated_forget_early(struct negotiated *n); /* wipes it; allowed where there is none */
/* Why early data was or was not taken, for people. */
const char *early_sentence(enum early_verdict v);

#endif
