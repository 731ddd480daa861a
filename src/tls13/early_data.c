/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handshake/psk.h"
#include "tls13/tls13.h"

/* Early data, RFC 8446 2.3, 4.2.10: its keys, whether a server takes it, and what a client makes of the
 * answer. The extension that speaks of it is extension/early_data.c. */

/* What a server passes over at least, of early data that it does not take: the ticket may be of a time when
 * more was allowed, or of another server. */
#define PASSED_OVER_LEAST 65536

/* ---- client ---- */
/* RFC 8446 4.2.10: under the first pre-shared key; D.4: ChangeCipherSpec goes in front. */
enum err tls13_protect_early_data_step(struct hs *hs)
{
    hs->negotiated->suite = session_suite(hs->session);
    TRY(record_close(hs->record_out));
    hs->record_out->version = TLS_1_2; /* RFC 8446 5.1: of all records but the first ClientHello's */
    TRY(hs_send_compatible(hs));
    return tls13_early_traffic(hs, session_secret(hs->session));
}

bool tls13_early_data_goes_on(const struct hs *hs)
{
    const struct cursor *c = &hs->cursor;
    bool offered = cursor_has(c, EARLY_DATA_OFFERED) && !cursor_has(c, RETRY);
    return c->me == CLIENT ? offered : cursor_has(c, EARLY_DATA);
}

static void refuse(struct negotiated *n, enum early_verdict why)
{
    n->early = why;
    negotiated_forget_early(n);
}

/* RFC 8446 4.2.10: what is sent from here on is under no key, and no early data. */
enum err tls13_early_data_retried(struct hs *hs)
{
    if (!cursor_has(&hs->cursor, EARLY_DATA_OFFERED)) {
        return OK;
    }
    refuse(hs->negotiated, EARLY_REJECTED);
    TRY(record_close(hs->record_out));
    protection_wipe(&hs->record_out->protection);
    secret_wipe(&hs->schedule.early);
    return OK;
}

/* RFC 8446 4.2.10: taken under the first key, with its suite and its application protocol, or not at all. */
static const char *unearned(const struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    const char *alpn = n->alpn ? n->alpn : "";
    if (!cursor_has(&hs->cursor, RESUMED) || hs->psk_index) {
        return "and not the pre-shared key that it is under";
    }
    if (n->suite != session_suite(hs->session)) {
        return "with another cipher suite";
    }
    return strcmp(alpn, hs->session->alpn) != 0 ? "with another application protocol" : NULL;
}

enum err tls13_early_data_answered(struct hs *hs)
{
    struct negotiated *n = hs->negotiated;
    if (n->early == EARLY_OFFERED) {
        refuse(n, EARLY_REJECTED);
    }
    const char *wrong = n->early == EARLY_ACCEPTED ? unearned(hs) : NULL;
    return wrong ? hs_refuse(hs, E_EARLY_DATA_NOT_EARNED, "%s", wrong) : OK;
}

/* ---- server ---- */
void tls13_early_data_passed_over(struct hs *hs)
{
    uint32_t bytes = hs->config->early_data;
    bool behind = cursor_has(&hs->cursor, RETRY) && hs->record_in->protection.kind != PROTECT_NONE;
    if (!cursor_has(&hs->cursor, EARLY_DATA_OFFERED) || cursor_has(&hs->cursor, EARLY_DATA) || behind) {
        return;
    }
    if (hs->session && hs->session->max_early_data > bytes) {
        bytes = hs->session->max_early_data;
    }
    record_in_skip(hs->record_in, bytes > PASSED_OVER_LEAST ? bytes : PASSED_OVER_LEAST);
}

/* RFC 8446 4.2.11.1, 8.3: the first key's, as the client says and as this server's clock does, in
 * milliseconds. */
static bool is_fresh(const struct hs *hs)
{
    struct reader r = reader_of(hs->offer.psk_identities);
    (void)read_vector(&r, 2);
    uint32_t said = read_number(&r, 4) - hs->session->age_add;
    int64_t age = hs->now_ms - hs->session->issued_ms, apart = age - (int64_t)said;
    return !r.bad && (apart < 0 ? -apart : apart) <= (int64_t)hs->config->early_data_age * 1000;
}

/* RFC 8446 4.2.10: version and suite are the session's wherever a session is resumed without a retry, the
 * server name always (RFC 6066 3). */
static enum early_verdict weigh(const struct hs *hs)
{
    const struct negotiated *n = hs->negotiated;
    const struct session *s = hs->session;
    const char *alpn = n->alpn ? n->alpn : "";
    if (!hs->config->early_data || hs->refuses_early) {
        return EARLY_OFF;
    }
    if (hs_is_retried(hs)) {
        return EARLY_RETRIED;
    }
    if (!hs->psk.len) {
        return EARLY_NOT_RESUMED;
    }
    if (hs->psk_index) {
        return EARLY_NOT_FIRST;
    }
    if (!s || !s->max_early_data) {
        return EARLY_NOT_ALLOWED;
    }
    if (!hs->single_use) { /* RFC 8446 8.1 */
        return EARLY_NOT_SINGLE_USE;
    }
    if (!is_fresh(hs)) {
        return EARLY_STALE;
    }
    return strcmp(alpn, s->alpn) != 0 ? EARLY_ALPN : EARLY_ACCEPTED;
}

/* Told to whoever observes: the handshake goes on in either case. */
static void tell(struct hs *hs)
{
    enum early_verdict v = hs->negotiated->early;
    hs_detail(hs, "%s", early_sentence(v));
    (void)hs_checked(hs, CHECK_EARLY_DATA, v == EARLY_ACCEPTED ? OK : E_EARLY_DATA_REFUSED);
    hs->detail[0] = 0;
}

enum err tls13_weigh_early_data(struct hs *hs)
{
    if (!cursor_has(&hs->cursor, EARLY_DATA_OFFERED)) {
        return OK;
    }
    hs->negotiated->early = weigh(hs);
    tell(hs);
    if (hs->negotiated->early != EARLY_ACCEPTED) {
        return OK;
    }
    TRY(tls13_early_traffic(hs, secret_slice(&hs->psk)));
    return cursor_set(&hs->cursor, EARLY_DATA);
}

/* ---- EndOfEarlyData, RFC 8446 4.5 ---- */
/* What early data was cut into was agreed on before: RFC 8449 4. */
enum err end_of_early_data_after(struct hs *hs)
{
    limits_with_keys(hs, CLIENT);
    return OK;
}
