/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_FLOW_H
#define HANDFAST_FLOW_H

#include <handfast/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What happens on a connection, as a stream of typed events. Every picture is a pure function of it. The same
 * events come from a live connection (hf_conn_observe) and from the tables (hf_flow_play).
 */
typedef enum hf_side { HF_CLIENT, HF_SERVER } hf_side;
typedef enum hf_event_kind {
    HF_EVENT_STEP,       /* a row of the flow was done: a message sent or received, or a local step of ours */
    HF_EVENT_ASK,        /* the handshake waits for the application */
    HF_EVENT_ANSWER,     /* it was answered */
    HF_EVENT_ALERT,      /* an alert was sent or received */
    HF_EVENT_RESUMPTION, /* decided whether a session is resumed, and why not */
    HF_EVENT_DONE,       /* the handshake is complete */
    HF_EVENT_DATA,       /* application data, sent or received: size says how much in this record */
    HF_EVENT_CLOSED,     /* close_notify sent or received, or the stream ended without */
    HF_EVENT_FAILED,     /* this side failed: err and text */
    HF_EVENT_NOTE,       /* not of a connection: said between the acts, by whoever tells the story */
    HF_EVENT_CHECK,      /* something was verified: name says what, passed whether it held, text how */
    HF_EVENT_SECRET, /* a secret was derived: name, fingerprint and, only where it was asked for, secret */
    HF_EVENT_HIDDEN, /* from outside only: a protected record that cannot be read; text says why */
} hf_event_kind;

typedef struct hf_event {
    hf_event_kind kind;
    hf_side by;       /* whose step, alert, data or closing it is */
    hf_side seen_by;  /* the side that reports it */
    const char *name; /* RFC name of the message, name of the local step, of the alert, of the question */
    const char *rfc;  /* section, or "" */
    bool local;       /* STEP: nothing on the wire */
    bool optional;    /* hf_flow_play only: the RFC lets its sender leave it out */
    /* Protection of what was sent: 0 in the clear. In TLS 1.2, 1 under the first handshake's keys, 2 under
     * the second's … In TLS 1.3, 1 early data, 2 handshake, 3 application, 4 after a KeyUpdate … (RFC
     * 9147 6.1). */
    unsigned epoch;
    hf_bytes
        message; /* STEP: the handshake message with its header, where there is one; during the call only */
    size_t size; /* bytes of it; DATA: plaintext bytes */
    uint32_t
        record; /* number of the record that carries its end, per direction, from 1; 0 when not on the wire */
    bool new_keys;            /* STEP: its sender switches keys behind it */
    uint8_t alert_level;      /* ALERT: 1 warning, 2 fatal */
    uint8_t alert;            /* ALERT: description */
    hf_resumption resumption; /* RESUMPTION */
    hf_err err;               /* FAILED; CLOSED: HF_TRUNCATED without close_notify */
    const char *text;         /* a sentence, or "" */
    /* Since 0.2; whoever makes events and does not know these leaves them 0, NULL or empty. */
    unsigned handshake;    /* which handshake of the connection, from 1 */
    uint16_t version;      /* agreed so far, 0x0303; 0: not yet */
    uint16_t suite;        /* agreed so far; 0: not yet. The key exchange messages' shapes depend on it */
    uint16_t protected_by; /* cipher suite of the epoch; 0: in the clear, or not known */
    uint32_t first_record; /* that carries its first byte; `record` carries its last */
    uint64_t sequence;     /* of `record` under the keys of the epoch, from 0 */
    const char
        *why; /* STEP: because of what it is sent or done: "the server asks for a client certificate" */
    hf_bytes transcript_hash; /* STEP: of the handshake's messages up to this one with it; empty: not yet */
    bool passed;              /* CHECK */
    hf_bytes fingerprint;     /* SECRET: names it without telling it: SHA-256 of it, the first 8 bytes;
                                 empty for what is so short that this would tell it */
    const char *about;        /* CHECK, SECRET: name of the step that they are a result of */
    hf_bytes secret;          /* SECRET: the secret itself; empty unless hf_conn_observe_secrets */
    const char
        *keys;    /* which keys of TLS 1.3 the epoch's are: "early data", "handshake", "application"; "" */
    int64_t time; /* microseconds since 1970; 0: unknown. Captures know it; who observes a connection asks a
                 clock */
    uint8_t certificate_type; /* what `by` shows: 0 X.509, 2 a raw public key (RFC 7250) */
} hf_event;

/* An observer must not call functions that change the connection. */
typedef void hf_observer(void *arg, const hf_event *event);
/* hf_conn_observe: told each event from now on; NULL: no more. An observer that is not set costs one
 * comparison. */
HF_API void hf_conn_observe(hf_conn *conn, hf_observer *observer, void *arg);
/*
 * hf_conn_observe_secrets: whether the observer is told the values of secrets too, not only their
 * fingerprints. Off by default: whoever has them can read the connection, and pretend to be either side of
 * it.
 */
HF_API void hf_conn_observe_secrets(hf_conn *conn, bool values);

/* ---- what a message says ---- */
/*
 * A message's fields, as a tree told in order: a group first, then its members, one deeper. Everything comes
 * from the tables that the library itself encodes and decodes with.
 */
typedef enum hf_field_kind {
    HF_FIELD_GROUP,     /* a struct or a list; number says how many elements a list has */
    HF_FIELD_EXTENSION, /* a group too: number is its code */
    HF_FIELD_NUMBER,
    HF_FIELD_BYTES,
    HF_FIELD_TEXT,      /* bytes that are text: a host name, a protocol's name, a URL */
    HF_FIELD_MALFORMED, /* bytes that are not what must stand here: text says why */
} hf_field_kind;
typedef enum hf_privacy {
    HF_PUBLIC,
    HF_PERSONAL,   /* tells who somebody is: user mapping data, a client's certificate */
    HF_CREDENTIAL, /* whoever has it may use it: a ticket */
} hf_privacy;
typedef struct hf_field {
    hf_field_kind kind;
    hf_privacy privacy; /* pictures show no PERSONAL and CREDENTIAL contents unless they are told to */
    unsigned depth;     /* 0: a field of the message itself */
    const char *name;   /* the RFC's: "cipher_suites"; an extension's; an element's type: "CipherSuite" */
    uint64_t number;
    const char *text; /* NUMBER: what it stands for, or ""; TEXT: made harmless for printing; GROUP, BYTES:
                         what is worth saying, or "" */
    const char *rfc;  /* where its shape is defined, or "" */
    hf_bytes bytes;   /* the contents, without a length prefix */
    size_t offset, length; /* where it stands in the message, its header and length prefixes included */
} hf_field;
/* The field and what it points to are good during the call; name and rfc for good. */
typedef void hf_field_visitor(void *arg, const hf_field *field);
/*
 * hf_event_fields: tells the visitor each field of the event's message. A pure function of message, by,
 * version, suite and certificate_type, so that events may be kept, read from a log, or made from captured
 * bytes. Messages that are malformed, of unknown type or incomplete are told as far as they can be
 * understood; nothing when there is no message. Any thread.
 */
HF_API void hf_event_fields(const hf_event *event, hf_field_visitor *visitor, void *arg);

/* ---- what a certificate says of itself ---- */
typedef struct hf_certificate {
    hf_bytes subject, issuer;      /* DER Names, inside the certificate's bytes */
    int64_t not_before, not_after; /* seconds since 1970: RFC 5280 4.1.2.5 */
    char subject_text[160]; /* "CN=a.example", cut to fit, harmless for printing; "" for an empty one */
    char issuer_text[160], names[160]; /* "a.example, *.b.example"; "no names" */
} hf_certificate;
/* hf_certificate_look: what one DER certificate says, believed or not. False where it cannot be read, or
 * memory runs out. Any thread. */
HF_API bool hf_certificate_look(hf_bytes der, hf_certificate *out) HF_CHECKED;
/* hf_certificate_is_for: whether its subjectAltName has this DNS name or IP address (RFC 6125 6.4). */
HF_API bool hf_certificate_is_for(hf_bytes der, const char *name);

/* ---- the tables, for people ---- */
typedef struct hf_scenario {
    const char *name;  /* "resume-id" */
    const char *title; /* "Resumption by session ID" */
    const char *rfc;
    const char *text; /* some sentences */
} hf_scenario;
/* hf_flow_scenario: i-th scenario; false past the last. */
HF_API bool hf_flow_scenario(size_t i, hf_scenario *out);
/* hf_flow_play: the scenario's events from the tables alone, with no bytes; HF_UNKNOWN_NAME. */
HF_API hf_err hf_flow_play(const char *name, hf_observer *observer, void *arg) HF_CHECKED;

/* ---- vocabularies ---- */
typedef enum hf_vocabulary {
    HF_SUITES,
    HF_GROUPS,
    HF_SCHEMES,
    HF_EXTENSIONS,
    HF_VERSIONS,      /* by name only: hf_supported has none of these and the following */
    HF_MESSAGES,      /* HandshakeType: "ClientHello" */
    HF_CONTENT_TYPES, /* of records: "handshake" */
} hf_vocabulary;
/* hf_name_of: IANA's name, or NULL; hf_code_of: by IANA's or OpenSSL's name, -1 when unknown. */
HF_API const char *hf_name_of(hf_vocabulary vocabulary, uint16_t code);
HF_API int32_t hf_code_of(hf_vocabulary vocabulary, const char *name);
/* hf_known: i-th that is known by name, negotiated or not, in the registry's order; false past the last. */
HF_API bool hf_known(hf_vocabulary vocabulary, size_t i, uint16_t *code);
/* hf_supported: i-th that this library negotiates with the libcrypto it runs on, in the default order of
 * preference; 0 past the last, and where libcrypto does not start. */
HF_API uint16_t hf_supported(hf_vocabulary vocabulary, size_t i);

#ifdef __cplusplus
}
#endif
#endif
