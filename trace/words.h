/* SPDX-License-Identifier: MIT */
#ifndef TRACE_WORDS_H
#define TRACE_WORDS_H

#include "trace/trace.h"

/* What the formats say in the same words. */
const char *side_word(hf_side side); /* "client" */
hf_side side_other(hf_side side);
/* "clear", "e1", …: the protection column of RFC 4680, figure 2. */
void words_protection(struct text *out, unsigned epoch);
/* "1 byte", "517 bytes", "64.0 MiB": at most eleven columns. */
void words_size(struct text *out, size_t size);
/* What an alert means, said of the two sides: "the client's certificate was refused by the server: …". */
void words_alert(struct text *out, uint8_t alert, hf_side by);
/* "server → client: unknown_ca (48): the client's certificate …". */
void words_alert_by_direction(struct text *out, uint8_t alert, hf_side by, bool ascii);
/* A whole sentence about the event, for list and for people who hear the picture; "" when there is nothing to
 * say. shared: without what may name a client. */
void words_event(struct text *out, const struct trace *t, const struct trace_event *event, bool shared);
/* What stands beside the arrows for an event that is none; answers whose affair it is. */
hf_side words_beside(struct text *out, const struct trace_event *event, bool shared);
/* Where a handshake inside another's protection begins at i: the index of its last event; else 0. */
size_t event_last_inside(const struct trace *t, size_t i);
/* True when the event is drawn as an arrow: it was on the wire. */
bool event_is_on_wire(const struct trace_event *event);
/* True when its text belongs beside its name: what a message says, why bytes are no records. */
bool event_has_detail(const struct trace_event *event);
/* "ClientHello", "ClientHello*", "data ×3", "unknown_ca (48)"; in TLS 1.3 in the brackets of RFC 8446 2:
 * "(EndOfEarlyData)", "{Finished}", "[data]". */
void words_label(struct text *out, const struct trace *t, const struct trace_event *event, bool ascii);
/* What the brackets mean, of those that the picture has: the i-th line; "" past the last. */
const char *words_legend(const struct trace *t, size_t i);
/* The sentence of a FAILED event; shared: without details that may name a client. */
const char *words_failure(const struct trace_event *event, bool shared);
/* True when the formats have something to show of it: a session that nobody offered is not worth a line. */
bool event_is_shown(const struct trace_event *event);

/* ---- words_field.c ---- */
/* False: the picture is not to show what is in it. */
bool field_is_shown(const hf_field *field, const struct picture *p);
/* "cipher_suites", "server_name (0)". */
void words_field_name(struct text *out, const hf_field *field);
/* Its value: "TLS 1.2 (0x0303)", "server.example", at most so many bytes in hexadecimal, "41 bytes, not
 * shown", "malformed: …", how many elements a list has. */
void words_field(struct text *out, const hf_field *field, const struct picture *p, size_t most_bytes);
void words_hex(struct text *out, hf_bytes bytes);
/* ---- words_outcome.c: of a CHECK or SECRET ---- */
void words_outcome(struct text *out, const struct trace_event *event, const struct picture *p);
/* ---- offers.c ---- */
/* All values in an extension, in one line. */
void words_extension(struct text *out, const struct trace_event *hello, const hf_field *extension,
                     const struct picture *p);
/* A table: extensions offered by the ClientHello before, and answered by this hello. */
void draw_offers(const struct trace *t, const struct trace_event *answer, const struct picture *p,
                 struct text *out);

#endif
