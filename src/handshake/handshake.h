/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_HANDSHAKE_H
#define HF_HANDSHAKE_HANDSHAKE_H

#include "handshake/config.h"
#include "handshake/event.h"
#include "handshake/negotiated.h"
#include "handshake/question.h"
#include "handshake/transcript.h"
#include "handshake/version.h"
#include "record/record.h"
#include "session/session.h"
#include "wire/names.h"

/*
 * The engine's state. `negotiated` lives as long as the connection and is what getters read; `hs` is one
 * allocation that dies with its handshake, wiped. A renegotiation makes a new hs and a new negotiated beside
 * the old one, which stays what getters read until the new one is complete.
 */
/* What the other side's hello offers; slices into the transcript's kept bytes, good until ServerHello is
 * built. */
struct offer {
    struct slice suites, groups, schemes, alpn, server_name, session_id, trusted_cas, ticket;
    bool certificate_url, has_trusted_cas, has_groups, has_schemes, has_point_formats, ems, etm,
        renegotiation_info, fallback;
    bool session_ticket; /* RFC 5077 3.2: it takes tickets, whether it has one or not */
    bool status, sct;
    uint8_t status_types[2], status_count; /* of status_request_v2, as the client prefers them */
    bool has_max_fragment, truncated_hmac;
    /* TLS 1.3 */
    bool has_key_shares, psk, has_psk_modes, psk_dhe, psk_alone, early_data;
    struct slice psk_identities, psk_binders;
    struct slice key_shares, ca_names, schemes_cert, cookie, compression_methods, compressions;
    struct slice server_types, client_types; /* RFC 7250 4.1; data NULL: it says nothing */
    struct slice oid_filters;
    uint8_t max_fragment_code;
    uint16_t max_fragment, record_size_limit; /* 0: none, or a value there is not */
};

/* Where a client puts values that mean nothing, RFC 8701. */
enum grease {
    GREASE_SUITE,
    GREASE_GROUP,
    GREASE_SCHEME,
    GREASE_VERSION,
    GREASE_ALPN,
    GREASE_FIRST_EXTENSION,
    GREASE_LAST_EXTENSION,
    GREASE_KINDS
};

struct traffic_secrets {
    uint8_t mac_key[CBC_MAC_MAX], key[32], iv[AEAD_NONCE_SIZE];
};

/*
 * The secrets of TLS 1.3 that a handshake still needs, RFC 8446 7.1: by enum side where there are two.
 */
struct schedule {
    struct secret early, handshake[2], application[2], exporter, resumption;
};

/* Both hellos as a rule; what does not fit is kept in memory of its own. */
#define HELLOS_SIZE 512
/* A point of secp521r1. Shares of finite-field groups are larger and take memory of their own. */
#define EC_SHARE_MAX KEY_SHARE_MAX

struct hs {
    const struct config *config;
    const struct version *version;
    struct negotiated *negotiated;
    const struct negotiated *before; /* renegotiating: what the connection is until then; else NULL */
    bool request_certificate;        /* server: also where the config does not ask for one */
    bool first_of_two;               /* RFC 4680 4: neither certificate of the client nor supplemental data */
    bool must_be_full;               /* no session is resumed */
    struct record_in *record_in;
    struct record_out *record_out;
    struct random_source random; /* all but private keys: config->random, some of it drawn ahead */
    struct random_pool drawn;
    const char *name; /* client: what the server's certificate must be for; NULL when nothing is verified */
    int64_t now, now_ms; /* since 1970, when its hello was made or came: hs_tell_time */
    struct cursor cursor;
    const struct step *step; /* being done or waited for: where a failure stood; NULL before the first */
    /* reading: bytes of the current record not yet taken, and a message that did not arrive whole */
    struct slice input;
    struct buffer incoming;
    unsigned hello_requests, compatible; /* HelloRequests and ChangeCipherSpecs that are passed over */
    /* what both sides say */
    struct transcript transcript;
    struct offer offer;
    enum extension_place place;         /* the message whose extensions are read or written */
    uint64_t offered, received;         /* extensions by index in the registry */
    size_t hello_at;                    /* where the ClientHello at hand begins in the transcript */
    uint32_t own_received;              /* likewise of the application's, in config->own */
    uint8_t session_id[SESSION_ID_MAX]; /* ServerHello's, or ClientHello's on the client */
    uint8_t session_id_len;
    struct session *session;          /* offered (client) or found (server) */
    bool by_ticket;                   /* server: it was in a ticket */
    bool renew_ticket;                /* whose key makes no more of them */
    int64_t session_expires;          /* of the ID that was promised */
    bool gives_ticket;                /* NewSessionTicket will come: RFC 5077 3.3 */
    char session_key[STORE_KEY_SIZE]; /* of the session asked for, in a store */
    struct span ticket;               /* client: what NewSessionTicket brought */
    uint32_t ticket_life;             /* its lifetime_hint, seconds; 0: unspecified */
    size_t identity;                  /* index, NO_IDENTITY, ANY_IDENTITY */
    bool server_name_used;            /* acknowledged with an empty extension, RFC 6066 3 */
    bool trusted_ca_used;             /* likewise, RFC 6066 6 */
    struct slice alpn_choice;         /* into config->alpn */
    bool answers_type[2];             /* server: certificate types, by enum side: RFC 7250 4.2 */
    struct staple *staple;            /* server: what its messages are of */
    struct slice status_message;      /* server: CertificateStatus, whole */
    uint16_t grease[GREASE_KINDS];    /* client */
    /* the peer */
    uint8_t status_type; /* client: agreed, then that of what came */
    struct span status;  /* client: the response or the list that came */
    struct certificate *peer_certificate;
    struct span certificate_request; /* copy of the body, client */
    struct span certificate_url;     /* likewise, server */
    size_t urls_done;                /* entries of it that were fetched */
    struct buffer fetched;           /* the certificate list that they make */
    bool certificate_unobtained;     /* the client's: nobody knows who it is */
    struct supplemental supplemental;
    /* secrets */
    struct key_share share;
    struct key_share other_share; /* client of TLS 1.3: of another group, so that no retry is needed */
    struct buffer peer_share;     /* what ServerKeyExchange or ClientKeyExchange brought */
    uint16_t client_version;      /* ClientHello's: RFC 5246 7.4.7.1 */
    struct premaster premaster;
    /* negotiated->master, hashed in when it is first needed; in TLS 1.3 the stage of the key schedule: Early
     * Secret, then Handshake Secret, then Master Secret (RFC 8446 7.1) */
    struct hmac_key master;
    struct traffic_secrets traffic[2];   /* by enum side */
    struct schedule schedule;            /* TLS 1.3 */
    struct secret psk;                   /* RFC 8446 4.2.11: the one that is used; empty: none */
    const struct external_psk *external; /* whose that is; NULL: a session's */
    size_t psk_index;                    /* which of the client's it is; server: or is being looked at */
    unsigned psks_asked;                 /* server: how many keys the application was asked for */
    bool session_asked;                  /* server: the application was asked for one */
    bool first_had_psk;                  /* server: the first ClientHello offered one */
    bool wants_early;                    /* client: the application has early data */
    bool refuses_early;                  /* server: the application takes none on this connection */
    bool taken;                          /* server: the session found is in no store any more */
    bool single_use;                     /* server: and nobody else was or will be given it */
    bool compatible_sent;                /* RFC 8446 D.4: our ChangeCipherSpec */
    struct buffer cookie;                /* client: of HelloRetryRequest; server: to be put there */
    struct buffer built;                 /* a message of ours that could not be encoded at freeze */
    struct slice compressed;             /* CompressedCertificate of ours, whole: made at freeze */
    struct span request_context;         /* of a CertificateRequest behind the handshake: RFC 8446 4.3.2 */
    bool recalled;   /* server: a cookie told of a HelloRetryRequest that nobody remembers */
    bool asks_group; /* HelloRetryRequest does, and not for the cookie alone */
    uint8_t peer_address[64],
        peer_address_len; /* server: what cookies are bound to; the application's bytes */
    bool has_traffic;
    struct protection next;      /* of what we write, made and not yet in use */
    const struct scheme *scheme; /* ours to sign with */
    struct buffer signed_params; /* both randoms and ServerKeyExchange's parameters */
    /* questions */
    struct question question;
    struct answer answer;
    enum message got;                                /* the message refused, or MESSAGE_COUNT */
    void (*event)(void *arg, const struct event *e); /* NULL: nobody looks */
    void *event_arg;
    /*
     * From here on everything is written before it is read, and nothing is secret: neither zeroed at the
     * start nor wiped at the end.
     */
    uint8_t hellos[HELLOS_SIZE];      /* where the transcript begins to keep; it wipes them itself */
    uint8_t peer_point[EC_SHARE_MAX]; /* where peer_share begins */
    uint8_t signed_point[2 * RANDOM_SIZE + 4 + EC_SHARE_MAX]; /* where signed_params begins */
    struct signature signature;
    struct chain_verdict verdict;
    char detail[256]; /* for whoever asks why: which extension, value or certificate */
};
#define HS_ZEROED offsetof(struct hs, hellos)

/* Whether the ClientHello at hand, or to come, is the second: RFC 8446 4.1.2. */
static inline bool hs_is_retried(const struct hs *hs)
{
    return cursor_has(&hs->cursor, RETRY) || hs->recalled;
}

/* ---- run.c ---- */
enum err hs_new(const struct config *c, struct negotiated *n, struct hs **out) CHECKED;
void hs_free(struct hs *hs); /* wipes */
/* Goes as far as it can with input. *done: the handshake is complete. Stops with question.ask set where it
 * must wait. */
enum err hs_run(struct hs *hs, bool *done) CHECKED;
/* A ChangeCipherSpec record arrived: only where the flow has one. */
enum err hs_change_cipher_spec(struct hs *hs) CHECKED;
/* RFC 8446 D.4: the ChangeCipherSpec that says nothing. */
enum err hs_send_compatible(struct hs *hs) CHECKED;
/* When the hello is made or has come, not when the handshake's state was: a connection may wait for it. */
static inline void hs_tell_time(struct hs *hs)
{
    hs->now_ms = config_milliseconds(hs->config);
    hs->now = hs->now_ms / 1000;
}
/* Gives hs bytes of handshake records; call hs_run after, then hs_keep_input before the record goes away. */
static inline void hs_input(struct hs *hs, struct slice bytes)
{
    hs->input = bytes;
}
enum err hs_keep_input(struct hs *hs) CHECKED;
/*
 * Whether application data may arrive now, while hs renegotiates: under the keys of before, between whole
 * messages, and not between ChangeCipherSpec and Finished.
 */
bool hs_may_take_data(const struct hs *hs);

/* Tells whoever observes what came of a check, and answers it: `TRY(hs_checked(hs, CHECK_…, e));` */
static inline enum err hs_checked(struct hs *hs, enum check check, enum err e)
{
    if (hs->event) {
        hs->event(hs->event_arg, &(struct event){.kind = EVENT_CHECK, .check = check, .err = e});
    }
    return e;
}
/* Likewise that a secret was derived: its name is a string that stays. */
static inline void hs_tell_secret(struct hs *hs, const char *name, struct slice secret)
{
    if (hs->event) {
        hs->event(hs->event_arg, &(struct event){.kind = EVENT_SECRET, .message = secret, .name = name});
    }
}

/* printf to hs->detail. */
void hs_detail(struct hs *hs, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A warning alert by the error's row, where the handshake goes on all the same. */
enum err hs_warn(struct hs *hs, enum err e) CHECKED;
/* detail, then the error: `return hs_refuse(hs, E_…, "…", …);` */
enum err hs_refuse(struct hs *hs, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4))) CHECKED;

/* ---- hello.c: where the version is weighed ---- */
enum err client_hello_build(struct hs *hs, struct outgoing *out) CHECKED;
enum err client_hello_handle(struct hs *hs, const union any_message *m) CHECKED;
enum err client_hello_after(struct hs *hs) CHECKED;
/* Decides on the version, and leaves the rest to it. */
enum err server_hello_handle(struct hs *hs, const union any_message *m) CHECKED;
/* Server: the random of ServerHello, which says where a client that speaks TLS 1.3 gets less (RFC
 * 8446 4.1.3). */
enum err server_random_draw(struct hs *hs) CHECKED;

/* ---- limits.c: the size of records ---- */
/* Once ServerHello is decided: max_fragment_length holds from here on. */
void limits_at_hello(struct hs *hs);
/* Where the writer's new keys are taken into use. */
void limits_with_keys(struct hs *hs, enum side writer);

/* ---- choose.c: what a server makes of a ClientHello ---- */
/* No suite, group or scheme in common: what the server has, for whoever asks why; the client's are in its
 * hello. */
enum err choose_nothing(struct hs *hs, enum err e) CHECKED;
enum err choose_host_step(struct hs *hs) CHECKED;
enum err choose_parameters_step(struct hs *hs) CHECKED;
/* Whether identity i is for the name the client asked for. */
bool choose_is_candidate(const struct hs *hs, size_t i);
/* Sets suite, group, identity and scheme. */
enum err choose_suite(struct hs *hs) CHECKED;
/* Whether this identity can serve: a scheme both sides know for its key. NULL when there is none. */
const struct scheme *choose_scheme(const struct hs *hs, const struct identity *identity,
                                   struct slice peer_schemes);

/* ---- resume.c: whether a session may be resumed ---- */
enum err look_up_session_step(struct hs *hs) CHECKED;
enum err resume_take12(struct hs *hs) CHECKED;
/* The session of hs->offer's ID or ticket: NULL with the reason in negotiated, or with a question open. */
enum err resume_find(struct hs *hs, struct session **s) CHECKED;
/* Resumes the session found, which it takes, if all that it is bound to fits; hs->session is then set, and
 * the application may be asked. */
enum err resume_weigh(struct hs *hs, struct session *s) CHECKED;
enum err resume_judged(struct hs *hs) CHECKED;       /* the application's answer came */
void resume_not(struct hs *hs, enum resumption why); /* hs->session is dropped */
/* The store's record for the session asked for; what does not open is none. */
void resume_answer(struct hs *hs, struct slice sealed);
/* Client: whether config and name are those the session was made under; hs->session is dropped and the reason
 * kept when not. */
enum err resume_offer(struct hs *hs) CHECKED;

/* ---- remember.c: what a handshake leaves behind ---- */
/* Whether this server can promise a session ID, or a ticket, now. */
bool remember_can(const struct hs *hs);
/* The session this full handshake makes, kept in negotiated and, on a server, in the store; once made, that
 * one. */
enum err remember_session(struct hs *hs) CHECKED;
/* A connection under this session failed: RFC 5246 7.2.2. */
void forget_session(const struct config *c, struct session *s, int64_t now);

/* ---- renegotiation.c: what stays from one handshake of a connection to the next ---- */
/* When both hellos are known: on a server before ServerHello is sent, on a client when it arrives. */
enum err renegotiation_check_hellos(struct hs *hs) CHECKED;
/* When the peer's certificate is known, or that there is none. */
enum err renegotiation_check_peer(struct hs *hs) CHECKED;
/* Whether this session may be resumed in hs, as far as the handshake before has a say in it. */
enum resumption renegotiation_fits(const struct hs *hs, const struct session *s);

/* ---- identity.c: certificates, ours and theirs ---- */
enum err pick_identity_step(struct hs *hs) CHECKED;
/* Of the client's identities, the one for this request; where certificate_types is NULL, any kind of key. */
enum err pick_identity_among(struct hs *hs, const struct certificate_request *asked) CHECKED;
/* RFC 8446 4.2.3: whether every signature of the chain is by a scheme of signature_algorithms_cert, for which
 * signature_algorithms stands where that is not sent. */
bool identity_signatures_fit(const struct hs *hs, const struct identity *identity);
enum err verify_peer_step(struct hs *hs) CHECKED;
/* The signature over `message` with our identity's key: computed inline or asked for; hs->signature holds it
 * when this returns OK with no question open. */
enum err identity_sign(struct hs *hs, struct slice message) CHECKED;
/* Takes the peer's chain: copies it, parses the leaf. */
enum err peer_certificate_take(struct hs *hs, struct slice chain) CHECKED;

/* ---- supplemental.c: SupplementalData, RFC 4680 ---- */
/* Whether this handshake runs inside the protection of an earlier one on the same connection. */
bool hs_is_protected(const struct hs *hs);
/* Whether the row may be negotiated in this handshake at all. */
bool supplemental_is_due(const struct hs *hs, const struct supplemental_row *row);
/* Both hellos have the row's extension: facts. Nothing is agreed when a session is resumed. */
enum err supplemental_agree(struct hs *hs, size_t row) CHECKED;
/* The rows that need no extension, once ServerHello is there. */
enum err supplemental_agree_alone(struct hs *hs) CHECKED;
/* The agreed row of this type that `by` may send; NULL when there is none. */
const struct supplemental_row *supplemental_agreed(const struct hs *hs, enum side by, uint16_t type);
/* One more entry of ours; E_BUFFER_LIMIT past the largest message. */
enum err supplemental_put(struct hs *hs, uint16_t type, struct slice content) CHECKED;
enum err choose_supplemental_step(struct hs *hs) CHECKED;

/* ---- the extension registry, extension/registry.c ---- */
/* Writes the extensions block of a message, without its length. ClientHello and CertificateRequest offer, the
 * others answer. extensions_offer is for ClientHello, under every version that is offered. */
enum err extensions_offer(struct hs *hs, struct writer *w) CHECKED;
enum err extensions_write(struct hs *hs, enum extension_place place, struct writer *w) CHECKED;
/* Reads the peer's: duplicates, unsolicited and misplaced ones are refused here and nowhere else; then each
 * row accepts what is offered, confirms what is answered, or hears that it is absent. */
enum err extensions_read(struct hs *hs, enum extension_place place, struct slice block) CHECKED;
/* Looks for one in a block that was not read yet; false also where the block does not add up. */
bool extensions_find(struct slice block, uint16_t code, struct slice *body);
bool extension_is_built_in(uint16_t code); /* the registry has a row for it */

#endif
