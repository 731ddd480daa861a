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
    HF_EVENT_NOTE,       /* hf_flow_play only: said between the acts */
} hf_event_kind;

typedef struct hf_event {
    hf_event_kind kind;
    hf_side by;       /* whose step, alert, data or closing it is */
    hf_side seen_by;  /* the side that reports it */
    const char *name; /* RFC name of the message, name of the local step, of the alert, of the question */
    const char *rfc;  /* section, or "" */
    bool local;       /* STEP: nothing on the wire */
    bool optional;    /* hf_flow_play only: the RFC lets its sender leave it out */
    unsigned epoch; /* protection of what was sent: 0 in the clear, 1 under the first handshake's keys, 2 … */
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
} hf_event;

/* An observer must not call functions that change the connection. */
typedef void hf_observer(void *arg, const hf_event *event);
/* hf_conn_observe: told each event from now on; NULL: no more. An observer that is not set costs one
 * comparison. */
HF_API void hf_conn_observe(hf_conn *conn, hf_observer *observer, void *arg);

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
typedef enum hf_vocabulary { HF_SUITES, HF_GROUPS, HF_SCHEMES, HF_EXTENSIONS } hf_vocabulary;
/* hf_name_of: IANA's name, or NULL; hf_code_of: by IANA's or OpenSSL's name, -1 when unknown. */
HF_API const char *hf_name_of(hf_vocabulary vocabulary, uint16_t code);
HF_API int32_t hf_code_of(hf_vocabulary vocabulary, const char *name);
/* hf_known: i-th that is known by name, negotiated or not, in the registry's order; false past the last. */
HF_API bool hf_known(hf_vocabulary vocabulary, size_t i, uint16_t *code);
/* hf_supported: i-th that this library negotiates, in the default order of preference; 0 past the last. */
HF_API uint16_t hf_supported(hf_vocabulary vocabulary, size_t i);

#ifdef __cplusplus
}
#endif
#endif
