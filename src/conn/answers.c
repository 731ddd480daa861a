/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "conn/conn.h"

/* Questions of the handshake and the application's answers. */

hf_ask hf_asked(const hf_conn *conn, hf_question *out)
{
    if (!conn || !conn->hs || !conn->hs->question.ask) {
        return HF_ASK_NOTHING;
    }
    const struct question *q = &conn->hs->question;
    if (out) {
        struct importable_psk parts = {0};
        bool imported = external_psk_is_imported(q->psk_identity, &parts);
        const struct config *settings = &conn->config->settings;
        *out = (hf_question){
            .ask = (hf_ask)q->ask,
            .session_id = bytes_of_slice(q->session_id),
            .session_key = q->session_key,
            .server_name = q->server_name,
            .suites = bytes_of_slice(q->suites),
            .groups = bytes_of_slice(q->groups),
            .schemes = bytes_of_slice(q->schemes),
            .ca_names = bytes_of_slice(q->ca_names),
            .trusted_cas = bytes_of_slice(q->trusted_cas),
            .scheme = q->scheme ? q->scheme->code : 0,
            .to_sign = bytes_of_slice(q->to_sign),
            .identity = q->identity,
            .key_id = q->ask == ASK_SIGN ? settings->identities[q->identity].key_id : 0,
            .chain = bytes_of_slice(q->chain),
            .raw_key = bytes_of_slice(q->raw_key),
            .resuming = q->resuming,
            .verdict = public_err(q->verdict),
            .detail = q->detail ? q->detail : "",
            .url = bytes_of_slice(q->url),
            .is_pkipath = q->pkipath,
            .limit = q->limit,
            .supplemental_types = bytes_of_slice(q->supplemental_types),
            .in_clear = q->in_clear,
            .psk_identity = bytes_of_slice(q->psk_identity),
            .psk_imported = imported,
            .psk_external_identity = bytes_of_slice(imported ? parts.external_identity : q->psk_identity),
            .psk_context = imported ? bytes_of_slice(parts.context) : (hf_bytes){NULL, 0},
            .take = q->take,
        };
    }
    return (hf_ask)q->ask;
}

bool conn_is_asked(const hf_conn *c, enum ask ask)
{
    return c && c->hs && c->hs->question.ask == ask;
}

/* The step that asked runs again, with the answer. */
hf_err conn_answered(hf_conn *c, enum ask ask)
{
    c->hs->answer.to = ask;
    c->hs->question = (struct question){0};
    emit_answer(c, ask);
    enum err e = conn_run(c);
    e = e == OK && c->after13 && !c->failure ? after13_handshake(c, slice_of(NULL, 0)) : e;
    if (e != OK && !c->failure) {
        (void)conn_fail(c, e);
    }
    return HF_OK;
}

static hf_err answer_session(hf_conn *conn, hf_bytes sealed, bool taken)
{
    if (!conn_is_asked(conn, ASK_LOOK_UP_SESSION)) {
        return HF_NOT_ASKED;
    }
    if (!sealed.data && sealed.len) {
        return HF_NULL_ARGUMENT;
    }
    resume_answer(conn->hs,
                  slice_of_bytes(sealed)); /* a bad answer is none: the store can never fail a handshake */
    conn->hs->answer.taken = taken;
    return conn_answered(conn, ASK_LOOK_UP_SESSION);
}

hf_err hf_answer_session(hf_conn *conn, hf_bytes sealed)
{
    return answer_session(conn, sealed, false);
}

hf_err hf_answer_session_taken(hf_conn *conn, hf_bytes sealed)
{
    return answer_session(conn, sealed, true);
}

hf_err hf_answer_no_session(hf_conn *conn, hf_resumption why)
{
    if (!conn_is_asked(conn, ASK_LOOK_UP_SESSION)) {
        return HF_NOT_ASKED;
    }
    if (why != HF_SESSION_UNKNOWN && why != HF_SESSION_STORE_LATE && why != HF_SESSION_STORE_FAILED) {
        return HF_BAD_ARGUMENT;
    }
    conn->hs->answer.no_session = (enum resumption)why;
    return conn_answered(conn, ASK_LOOK_UP_SESSION);
}

hf_err hf_answer_identity(hf_conn *conn, size_t identity)
{
    if (!conn_is_asked(conn, ASK_PICK_IDENTITY)) {
        return HF_NOT_ASKED;
    }
    if (identity >= conn->config->settings.identity_count && identity != HF_NO_IDENTITY &&
        identity != HF_ANY_IDENTITY) {
        return HF_BAD_ARGUMENT;
    }
    conn->hs->answer.identity = identity;
    return conn_answered(conn, ASK_PICK_IDENTITY);
}

hf_err hf_answer_signature(hf_conn *conn, hf_bytes signature)
{
    if (!conn_is_asked(conn, ASK_SIGN)) {
        return HF_NOT_ASKED;
    }
    if (signature.len > SIGNATURE_MAX || (!signature.data && signature.len)) {
        return HF_BAD_ARGUMENT;
    }
    conn->hs->signature.len = signature.len;
    if (signature.len) {
        memcpy(conn->hs->signature.bytes, signature.data, signature.len);
    }
    return conn_answered(conn, ASK_SIGN);
}

hf_err hf_answer_verdict(hf_conn *conn, hf_err verdict)
{
    if (!conn_is_asked(conn, ASK_VERIFY)) {
        return HF_NOT_ASKED;
    }
    bool ours = verdict == public_err(conn->hs->question.verdict); /* a chain may also be malformed */
    if (verdict != HF_OK && !ours && hf_err_class_of(verdict) != HF_CLASS_UNTRUSTED) {
        return HF_BAD_ARGUMENT;
    }
    conn->hs->answer.verdict = (enum err)verdict;
    return conn_answered(conn, ASK_VERIFY);
}

hf_err hf_answer_fetched(hf_conn *conn, hf_bytes content)
{
    if (!conn_is_asked(conn, ASK_FETCH_URL)) {
        return HF_NOT_ASKED;
    }
    if (!content.data && content.len) {
        return HF_NULL_ARGUMENT;
    }
    conn->hs->answer.fetched = slice_of_bytes(content);
    return conn_answered(conn, ASK_FETCH_URL);
}
