/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* How a connection ends when something is wrong: the one place that knows what is told to whom. */

/* For when even the failure finds no memory. */
static hf_failure no_memory = {
    .err = HF_NO_MEMORY, .alert = ALERT_internal_error, .alert_direction = HF_SENT, .step = "", .got = ""};

void conn_free_failure(hf_conn *c)
{
    if (c->failure && c->failure != &no_memory) {
        memory_free(c->failure, sizeof *c->failure);
    }
    c->failure = NULL;
}

static void forget(const struct config *settings, struct session *s)
{
    if (s) {
        forget_session(settings, s, config_seconds(settings));
    }
}

/* RFC 5246 7.2.2: a connection that a fatal alert ended must not be resumed; nor what it was about to resume,
 * nor what a later handshake has made so far. */
static void forget_sessions(hf_conn *c)
{
    tickets13_forget(c);
    struct session *held = c->negotiated.session;
    struct session *offered = c->hs ? c->hs->session : NULL;
    struct session *made = c->again.agreed ? c->again.agreed->session : NULL;
    forget(&c->config->settings, held);
    forget(&c->config->settings, offered == held ? NULL : offered);
    forget(&c->config->settings, made == held || made == offered ? NULL : made);
}

/* "Certificate or ServerKeyExchange" */
static void describe_expected(const struct hs *hs, char *out, size_t size)
{
    uint32_t expected = cursor_expected(&hs->cursor);
    size_t at = 0;
    out[0] = 0;
    for (unsigned m = 0; m < MESSAGE_COUNT; m++) {
        if (expected & 1u << m && at < size) {
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " or " : "",
                                   message_row((enum message)m)->name);
        }
    }
}

static void describe(const hf_conn *c, hf_failure *f)
{
    const struct hs *hs = c->hs;
    f->step = f->got = "";
    if (!hs) {
        return;
    }
    const struct step *s = hs->step ? hs->step : cursor_peek(&hs->cursor);
    f->step = s ? step_name(s->what) : "";
    (void)snprintf(f->detail, sizeof f->detail, "%s", hs->detail);
    if (f->err == HF_UNEXPECTED_MESSAGE || f->err == HF_EARLY_CHANGE_CIPHER_SPEC) {
        f->got = hs->got < MESSAGE_COUNT ? message_row(hs->got)->name : "a message of an unknown type";
        describe_expected(hs, f->expected, sizeof f->expected);
    }
}

/* Keeps the first failure; tells it to the observer. */
static void keep_failure(hf_conn *c, enum err e, uint8_t alert, hf_direction direction)
{
    void *memory;
    c->failure = memory_new(sizeof(hf_failure), &memory) == OK ? memory : &no_memory;
    if (c->failure != &no_memory) {
        *c->failure = (hf_failure){.err = public_err(e), .alert = alert, .alert_direction = direction};
        describe(c, c->failure);
    }
}

void conn_end_handshake(hf_conn *c)
{
    hs_free(c->hs);
    c->hs = NULL;
    renegotiation_wipe(c);
    after13_wipe(c);
    record_out_keep(&c->out, false);
    secret_wipe(&c->negotiated.master);
    protection_wipe(&c->in.protection);
}

/* RFC 8446 6: those of a connection that failed are forgotten; an alert is sealed by now. */
static void forget_keys(hf_conn *c)
{
    conn_end_handshake(c);
    negotiated_forget_early(&c->negotiated);
    protection_wipe(&c->out.protection);
}

hf_err conn_fail(hf_conn *c, enum err e)
{
    uint8_t alert = c->close_sent ? NO_ALERT : err_row(e)->alert; /* nothing follows our close_notify */
    keep_failure(c, e, alert, alert == NO_ALERT ? HF_NO_DIRECTION : HF_SENT);
    hf_err answer = c->failure->err;
    emit_ended(c, HF_EVENT_FAILED, false, e, c->failure->detail);
    alert = c->failure == &no_memory && alert != NO_ALERT ? no_memory.alert : alert;
    /* nobody is left to tell when this fails too */
    if (alert != NO_ALERT && conn_send_alert(c, 2, alert) != OK && c->failure != &no_memory) {
        c->failure->alert_direction = HF_NO_DIRECTION;
    }
    forget_sessions(c);
    forget_keys(c);
    return answer;
}

hf_err conn_fail_by_alert(hf_conn *c, uint8_t description)
{
    keep_failure(c, E_ALERT_RECEIVED, description, HF_RECEIVED);
    emit_ended(c, HF_EVENT_FAILED, true, E_ALERT_RECEIVED, "");
    forget_sessions(c);
    forget_keys(c);
    return HF_ALERT_RECEIVED;
}

hf_err conn_fail_silently(hf_conn *c, enum err e)
{
    keep_failure(c, e, NO_ALERT, HF_NO_DIRECTION);
    emit_ended(c, HF_EVENT_CLOSED, true, e, err_row(e)->sentence);
    forget_keys(c);
    return public_err(e);
}
