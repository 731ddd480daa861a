/* SPDX-License-Identifier: MIT */
#include "trace/explain.h"

#include <string.h>

/* Rules about what one side says of the other, or does in its place. */

enum alert { BAD_RECORD_MAC = 20, DECRYPT_ERROR = 51 };

static bool is_message(const struct trace_event *event)
{
    return event->kind == HF_EVENT_STEP && !event->local;
}

/* ---- what is no TLS ---- */
/* Where one direction could not be divided into records: its cause; NULL: nowhere. */
static const struct trace_event *lost(const struct trace *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->events[i].kind == HF_EVENT_HIDDEN && t->events[i].err != HF_OK) {
            return &t->events[i];
        }
    }
    return NULL;
}

enum sureness explain_other_protocol(const struct trace *t, struct finding *f)
{
    const struct trace_event *event = lost(t);
    const char *what = event == NULL                       ? NULL
                       : event->err == HF_PEER_SPEAKS_HTTP ? "speaks plain HTTP, not TLS"
                       : event->err == HF_PEER_SPEAKS_SSH  ? "speaks SSH, not TLS"
                       : event->err == HF_PEER_NOT_TLS     ? "begins with bytes that are not TLS"
                                                           : NULL;
    if (what == NULL) {
        return SILENT;
    }
    text_print(&f->what, "The %s %s", side_word(event->by), what);
    f->remedy = hf_err_remedy(event->err);
    return CERTAIN;
}

/* ---- a side that goes away: RFC 5246 7.2.1 ---- */
/* How often the sender changed: a flight ends where the other side's begins. */
static unsigned flights_until(const struct trace *t, const struct trace_event *end)
{
    unsigned flights = 0;
    const struct trace_event *last = NULL;
    for (const struct trace_event *event = t->events; event <= end; event++) {
        if (is_message(event)) {
            flights += last == NULL || last->by != event->by;
            last = event;
        }
    }
    return flights;
}

enum sureness explain_closed_in_handshake(const struct trace *t, struct finding *f)
{
    const struct trace_event *last = NULL, *closed = NULL;
    bool done = lost(t) != NULL; /* then why is another rule's */
    for (size_t i = 0; i < t->count && !done; i++) {
        const struct trace_event *event = &t->events[i];
        done = event->kind == HF_EVENT_DONE || event->kind == HF_EVENT_DATA || event->kind == HF_EVENT_ALERT;
        last = is_message(event) ? event : last;
        bool closes = event->kind == HF_EVENT_CLOSED ||
                      (event->kind == HF_EVENT_FAILED && event->err == HF_CLOSED_IN_HANDSHAKE);
        closed = closes ? event : closed;
    }
    if (done || closed == NULL) {
        return SILENT;
    }
    hf_side by = closed->kind == HF_EVENT_CLOSED ? closed->by : side_other(closed->seen_by);
    text_print(&f->what, "The %s closed the connection without an alert, ", side_word(by));
    if (last == NULL) {
        text_add(&f->what, "before a message was sent");
    } else {
        text_print(&f->what, "behind the %s's %s, in flight %u", side_word(last->by), last->name,
                   flights_until(t, last));
    }
    return CERTAIN;
}

/* ---- Finished: RFC 5246 7.4.9, RFC 8446 4.4.4 ---- */
static const struct trace_event *failed_check(const struct trace *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->events[i].kind == HF_EVENT_CHECK && !t->events[i].passed &&
            strcmp(t->events[i].name, name) == 0) {
            return &t->events[i];
        }
    }
    return NULL;
}

/* The last message of the side that is told of the alert; "" when there was data between. */
static const char *refused_message(const struct trace *t, size_t alert)
{
    const char *last = "";
    for (size_t at = 0; at < alert; at++) {
        const struct trace_event *event = &t->events[at];
        if (event->kind == HF_EVENT_DATA) {
            return "";
        }
        last = is_message(event) && event->by != t->events[alert].by ? event->name : last;
    }
    return last;
}

enum sureness explain_finished_differs(const struct trace *t, struct finding *f)
{
    const struct trace_event *check = failed_check(t, "verify_data");
    size_t i = fatal_alert(t);
    if (check != NULL) {
        text_print(&f->what,
                   "The verify_data that the %s checked is not what the handshake and its secret make",
                   side_word(check->seen_by));
        return CERTAIN;
    }
    if (i == t->count || (t->events[i].alert != DECRYPT_ERROR && t->events[i].alert != BAD_RECORD_MAC) ||
        strcmp(refused_message(t, i), "Finished") != 0) {
        return SILENT;
    }
    text_print(
        &f->what,
        "The %s does not accept the %s's Finished: the two sides saw different handshakes, or derived different keys",
        side_word(t->events[i].by), side_word(side_other(t->events[i].by)));
    return LIKELY;
}

/* ---- renegotiation_info: RFC 5746 3.5, 3.7 ---- */
/* What it must carry: the verify_data of the handshake before, the client's and, in a ServerHello, the
 * server's behind it. Empty: it was not seen. */
struct expected {
    uint8_t bytes[128];
    size_t len;
};

static struct expected expected_of(const struct trace *t, size_t hello)
{
    struct expected x = {.len = 0};
    bool server = t->events[hello].by == HF_SERVER;
    for (int side = HF_CLIENT; side <= (server ? HF_SERVER : HF_CLIENT); side++) {
        size_t end = hello;
        const struct trace_event *before = message_before(t, end, HF_CLIENT, "ClientHello");
        end = server && before != NULL ? (size_t)(before - t->events) : end;
        const hf_field *data = field_named(message_before(t, end, (hf_side)side, "Finished"), "verify_data");
        if (data == NULL || data->bytes.len == 0 || x.len + data->bytes.len > sizeof x.bytes) {
            return (struct expected){.len = 0};
        }
        memcpy(x.bytes + x.len, data->bytes.data, data->bytes.len);
        x.len += data->bytes.len;
    }
    return x;
}

static bool is_hello(const struct trace_event *event)
{
    return is_message(event) &&
           (strcmp(event->name, "ClientHello") == 0 || strcmp(event->name, "ServerHello") == 0);
}

enum sureness explain_renegotiation_info_differs(const struct trace *t, struct finding *f)
{
    for (size_t i = 0; i < t->count; i++) {
        const hf_field *said = is_hello(&t->events[i]) ? field_named(&t->events[i], "renegotiated_connection")
                                                       : NULL;
        if (said == NULL) {
            continue;
        }
        struct expected x = expected_of(t, i);
        if (x.len == 0 || (x.len == said->bytes.len && memcmp(x.bytes, said->bytes.data, x.len) == 0)) {
            continue;
        }
        text_print(
            &f->what,
            "renegotiation_info in the %s's hello is not what the Finished messages before it said: it "
            "belongs to another connection",
            side_word(t->events[i].by));
        return CERTAIN;
    }
    return SILENT;
}
