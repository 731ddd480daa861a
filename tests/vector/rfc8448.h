/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_VECTOR_RFC8448_H
#define HF_TESTS_VECTOR_RFC8448_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn/conn.h"

/*
 * A handshake of RFC 8448 played by one of our connections, while the trace is its peer.
 *
 * Ours are the keys (drawn from the trace's private keys), every secret, every Finished, binder and record,
 * and every message that has one encoding. Where RFC 8446 leaves the encoding to the sender (the order of
 * extensions, what is offered at all) the trace's message takes the place of the one that we built, so that
 * all that follows can be compared byte for byte; what the two differ in is written down, extension by
 * extension, and is part of what a test expects. Signatures are the trace's, because RSA-PSS and ECDSA draw
 * random bytes; they are checked over what we would have signed. NewSessionTicket is the trace's, whole.
 * Section 4 resumes what our client made of section 3's ticket; our server is given that session instead of
 * opening the trace's ticket, so it checks no binder there, while the one that our client makes is compared.
 */
struct play {
    const char *section;
    enum side me;
    hf_config *config;
    hf_conn *conn;
    struct version version; /* version_tls13 with builders that put the trace's messages in */
    size_t draws;           /* of the trace's random bytes that were used */
    size_t at;              /* row of the trace */
    hf_session *session;    /* that the section resumes */
    bool early;             /* and there is early data */
    size_t secrets;         /* how many of the key log were compared */
    /* "ClientHello: -padding ~signature_algorithms +alpn\n": ours lacks, has with another body, has alone;
     * "order": the same in another order */
    char differs[1024];
};

/* ---- the trace: rfc8448.c ---- */
struct trace_row {
    const char *section;
    enum side by;
    uint8_t type;
    const char *content, *record;
};
extern const struct trace_row trace_rows[];
extern const size_t trace_row_count;
/* What a side drew: private keys, randoms and session ID, in the order that ours draws them. */
struct slice trace_random(const char *section, enum side by, size_t n);
/* The n-th handshake message of this type that `by` (or with -1: anybody) sends in the section. */
struct slice trace_message(const char *section, int by, unsigned type, size_t n);
/* A section's certificate, as PEM: of its n-th Certificate message. Lives until the next call. */
hf_bytes trace_certificate(const char *section, size_t n);
/* The secret of this label ("res master"); the section must have it. */
struct slice trace_secret(const char *section, const char *label);
/* ---- rfc8448_play.c ---- */
/* A config that speaks TLS 1.3 alone and draws the trace's bytes; certificate is that of this side, or NULL.
 */
hf_config *trace_config(struct play *p);
/* Every record of the section, in order: ours are compared with the trace's, the trace's are given to us.
 * session: what a client resumes, and what a server finds behind the ticket; NULL: none. */
void trace_play(struct play *p, hf_session *session);
void trace_end(struct play *p);

#endif
