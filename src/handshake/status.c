/* SPDX-License-Identifier: MIT */
#include "handshake/status.h"

#include <stdio.h>

#include "base/memory.h"

/* ---- both sides: OCSPStatusRequest ---- */
void status_write_request(struct writer *w)
{
    write_number(w, 0, 2); /* responder_id_list: "implicitly known to the server" */
    write_number(w, 0, 2); /* request_extensions: none, so no nonce that a stapled response could not have */
}

bool status_request_is_sound(struct slice request)
{
    struct reader r = reader_of(request);
    struct slice responders = read_vector(&r, 2);
    (void)read_vector(&r, 2);
    return read_done(&r) && list_is_sound(responders, 2);
}

/* ---- server ---- */
bool status_is_there(struct hs *hs)
{
    const struct config *c = hs->config;
    if (!hs->staple && hs->identity < c->identity_count) {
        hs->staple = staple_take(c->identities[hs->identity].staples);
    }
    size_t depth = 0;
    while (hs->staple && depth < STAPLES_MAX && !staple_response_at(hs->staple, depth, hs->now).len) {
        depth++;
    }
    return hs->staple && depth < STAPLES_MAX;
}

enum err status_choose(struct hs *hs, enum staple_kind kind, bool *chosen)
{
    const struct config *c = hs->config;
    *chosen = false;
    /* RFC 6066 1.1: nothing of a full handshake's extensions when a session is resumed */
    if (hs->status_message.len || cursor_has(&hs->cursor, RESUMED) || hs->identity >= c->identity_count) {
        return OK;
    }
    if (!hs->staple) {
        hs->staple = staple_take(c->identities[hs->identity].staples);
    }
    if (!hs->staple) {
        return OK;
    }
    hs->status_message = staple_message(hs->staple, kind, hs->now);
    *chosen = hs->status_message.len != 0;
    hs->negotiated->stapled = *chosen;
    return *chosen ? cursor_set(&hs->cursor, STATUS_AGREED | STATUS_SENT) : OK;
}

/* ---- client ---- */
enum err status_agree(struct hs *hs, struct slice body, uint8_t type)
{
    if (body.len) {
        return E_MALFORMED_EXTENSION;
    }
    hs->status_type = type > hs->status_type ? type : hs->status_type;
    return cursor_set(&hs->cursor, STATUS_AGREED);
}

static size_t count_entries(struct slice list, bool *sound)
{
    struct list l = list_of(list);
    struct slice entry;
    size_t count = 0;
    while (list_next_vector(&l, 3, &entry)) {
        count++;
    }
    *sound = !l.bad;
    return count;
}

/* RFC 6961 2.2 */
static enum err check_list(struct hs *hs, struct slice responses)
{
    bool sound;
    size_t count = count_entries(responses, &sound);
    if (!sound) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "the list of OCSP responses does not add up");
    }
    size_t certificates = count_entries(slice_of_span(hs->negotiated->peer->chain), &sound);
    if (count > certificates) {
        return hs_refuse(hs, E_TOO_MANY_STATUS_RESPONSES, "%zu responses for %zu certificates", count,
                         certificates);
    }
    return OK;
}

enum err status_keep(struct hs *hs, const struct certificate_status *m)
{
    if (!m->status_type || m->status_type > hs->status_type) {
        return hs_refuse(hs, E_STATUS_TYPE_NOT_AGREED, "status_type %u", m->status_type);
    }
    if (m->status_type == STATUS_TYPE_OCSP_MULTI) {
        TRY(check_list(hs, m->response));
    }
    TRY(memory_copy(m->response, &hs->status.data));
    hs->status.len = m->response.len;
    hs->status_type = m->status_type;
    hs->negotiated->stapled = true;
    return OK;
}

enum err status_collect(struct hs *hs, struct buffer *list)
{
    struct span one = hs->status;
    hs->status = (struct span){NULL, 0};
    enum err e = buffer_append_vector(list, 3, slice_of_span(one));
    memory_free(one.data, one.len);
    return e;
}

enum err status_keep_collected(struct hs *hs, struct slice list)
{
    if (hs->cursor.me == SERVER || !hs->negotiated->stapled) {
        return OK;
    }
    hs->status_type = STATUS_TYPE_OCSP_MULTI;
    return memory_replace(&hs->status, list);
}

static enum status_verdict verdict_of(enum err e)
{
    switch (e) {
    case OK:
        return STATUS_IS_GOOD;
    case E_STATUS_REVOKED:
        return STATUS_IS_REVOKED;
    case E_STATUS_UNKNOWN:
        return STATUS_IS_UNKNOWN;
    case E_STATUS_RESPONSE_EXPIRED:
        return STATUS_IS_EXPIRED;
    default:
        return STATUS_IS_BAD;
    }
}

/* The worst of what the responses say, the leaf's before others of the same weight. */
static enum err check_responses(struct hs *hs, const struct chain_policy *policy, struct ocsp_verdict *worst,
                                bool *leaf)
{
    struct list l = list_of(slice_of_span(hs->status));
    struct ocsp_evidence evidence = {.chain = slice_of_span(hs->negotiated->peer->chain)};
    bool multi = hs->status_type == STATUS_TYPE_OCSP_MULTI;
    evidence.response = slice_of_span(hs->status);
    *worst = (struct ocsp_verdict){.err = OK, .good_until = INT64_MAX};
    for (; multi ? list_next_vector(&l, 3, &evidence.response) : evidence.depth == 0; evidence.depth++) {
        if (!evidence.response.len) { /* RFC 6961 2.2: as if none had come */
            continue;
        }
        struct ocsp_verdict v;
        TRY(ocsp_check(hs->config->trust, &evidence, policy, &v));
        *leaf |= evidence.depth == 0;
        bool worse = worst->err == OK ? v.err != OK
                                      : v.err == E_STATUS_REVOKED && worst->err != E_STATUS_REVOKED;
        if (worse) {
            *worst = v;
        } else if (v.err == OK && worst->err == OK && v.good_until < worst->good_until) {
            worst->good_until = v.good_until;
        }
    }
    return OK;
}

static void refuse(struct hs *hs, enum err e, const char *detail)
{
    hs->verdict.err = e;
    hs->verdict.depth = 0;
    (void)snprintf(hs->verdict.detail, sizeof hs->verdict.detail, "%s", detail);
}

static void judge_missing(struct hs *hs)
{
    char detail[SUBJECT_MAX + 40];
    (void)snprintf(detail, sizeof detail, "certificate 0 (%s)", hs->negotiated->peer->subject);
    hs->negotiated->status = STATUS_IS_MISSING;
    if (certificate_must_staple(hs->peer_certificate)) { /* RFC 7633 4.3.3 */
        refuse(hs, E_MUST_STAPLE, detail);
    } else if (hs->config->status == STATUS_HARD) {
        refuse(hs, E_STATUS_MISSING, detail);
    }
    hs->negotiated->status_error = certificate_must_staple(hs->peer_certificate) ? E_MUST_STAPLE
                                                                                 : E_STATUS_MISSING;
}

/* RFC 6066 8, RFC 6961 2.2: revoked is the end whatever the policy. */
enum err status_judge(struct hs *hs, const struct chain_policy *policy)
{
    struct negotiated *n = hs->negotiated;
    struct ocsp_verdict worst;
    bool leaf = false;
    if (hs->cursor.me == SERVER || hs->config->status == STATUS_OFF) {
        return OK;
    }
    n->status = STATUS_NOT_JUDGED;
    if (hs->verdict.err != OK) { /* who issued what is not known then */
        return OK;
    }
    TRY(check_responses(hs, policy, &worst, &leaf));
    if (!leaf && worst.err == OK) {
        judge_missing(hs);
        return OK;
    }
    n->status = verdict_of(worst.err);
    n->status_error = worst.err;
    if (worst.err == OK) {
        /* what was proved with a response is not resumed past its time */
        hs->verdict.not_after = worst.good_until < hs->verdict.not_after ? worst.good_until
                                                                         : hs->verdict.not_after;
    } else if (worst.err == E_STATUS_REVOKED || hs->config->status == STATUS_HARD ||
               certificate_must_staple(hs->peer_certificate)) {
        refuse(hs, worst.err, worst.detail);
    }
    return OK;
}
