/* SPDX-License-Identifier: MIT */
/* table */
#include "trace/explain.h"

#include <string.h>

enum { VALUES_MOST = 24 };
enum alert {
    HANDSHAKE_FAILURE = 40,
    PROTOCOL_VERSION = 70,
    INSUFFICIENT_SECURITY = 71,
    CERTIFICATE_REQUIRED = 116,
    NO_APPLICATION_PROTOCOL = 120
};

/* What this side says itself: the row of the error has all there is to say. */
static enum sureness failed(const struct trace *t, struct finding *f)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        /* What the peer's alert says is another rule's. */
        if (event->kind == HF_EVENT_FAILED && event->err != HF_ALERT_RECEIVED) {
            text_print(&f->what, "The %s ended it: %s", side_word(event->seen_by),
                       hf_err_sentence(event->err));
            f->rfc = hf_err_rfc(event->err);
            f->remedy = hf_err_remedy(event->err);
            return CERTAIN;
        }
    }
    return SILENT;
}

static enum sureness alert(const struct trace *t, struct finding *f)
{
    size_t i = fatal_alert(t);
    if (i == t->count) {
        return SILENT;
    }
    words_alert_by_direction(&f->what, t->events[i].alert, t->events[i].by, false);
    return CERTAIN;
}

/* RFC 5246 7.4.6 */
static enum sureness empty_certificate(const struct trace *t, struct finding *f)
{
    size_t i = fatal_alert(t);
    const struct trace_event *certificate = message_before(t, i, HF_CLIENT, "Certificate");
    const struct trace_event *request = message_before(t, i, HF_SERVER, "CertificateRequest");
    const hf_field *list = field_named(certificate, "certificate_list");
    if (list == NULL || list->number > 0 || list->bytes.len > 0) {
        return SILENT;
    }
    text_add(&f->what, "The client was asked for a certificate and sent an empty list");
    struct text names = {0};
    if (add_values(&names, request, "DistinguishedName", 8)) {
        text_print(&f->what, "; the server takes certificates of: %s", text_string(&names));
    } else if (request != NULL) {
        text_add(&f->what, "; the server names no CA that it would take one of");
    }
    text_free(&names);
    if (i == t->count) {
        return CERTAIN; /* and nobody minded */
    }
    uint8_t what = t->events[i].alert;
    bool because = t->events[i].by == HF_SERVER &&
                   (what == HANDSHAKE_FAILURE || what == CERTIFICATE_REQUIRED);
    text_add(&f->what, because ? "; the server requires one" : "");
    return because ? CERTAIN : LIKELY;
}

static void offers(struct finding *f, const struct trace_event *hello)
{
    static const char *const lists[][2] = {{"CipherSuite", "suites"},
                                           {"NamedGroup", "groups"},
                                           {"SignatureScheme", "signature schemes"},
                                           {"ProtocolVersion", "versions"},
                                           {"ProtocolName", "application protocols"}};
    const char *before = ":";
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct text values = {0};
        if (add_values(&values, hello, lists[i][0], VALUES_MOST)) {
            text_print(&f->what, "%s %s %s", before, lists[i][1], text_string(&values));
            before = ";";
        }
        text_free(&values);
    }
}

/* RFC 5246 7.2.2: "unable to negotiate an acceptable set of security parameters given the options available". */
static enum sureness nothing_in_common(const struct trace *t, struct finding *f)
{
    size_t i = fatal_alert(t);
    const struct trace_event *hello = message_before(t, i, HF_CLIENT, "ClientHello");
    if (i == t->count || t->events[i].by != HF_SERVER || hello == NULL ||
        message_before(t, i, HF_SERVER, "ServerHello") != NULL) {
        return SILENT;
    }
    uint8_t what = t->events[i].alert;
    if (what != HANDSHAKE_FAILURE && what != PROTOCOL_VERSION && what != INSUFFICIENT_SECURITY &&
        what != NO_APPLICATION_PROTOCOL) {
        return SILENT;
    }
    text_add(
        &f->what,
        "The server answered the ClientHello with an alert: nothing that the client offers fits what the server serves. "
        "The client offers");
    offers(f, hello);
    const struct trace_event *failure = NULL;
    for (size_t at = 0; at < t->count; at++) {
        failure = t->events[at].kind == HF_EVENT_FAILED && t->events[at].seen_by == HF_SERVER ? &t->events[at]
                                                                                              : failure;
    }
    if (failure != NULL && failure->text[0] != '\0') {
        text_print(&f->what, ". The server: %s", failure->text);
    }
    return what == HANDSHAKE_FAILURE ? LIKELY : CERTAIN;
}

/* RFC 5746 3.4, 3.6 */
static enum sureness no_renegotiation_info(const struct trace *t, struct finding *f)
{
    const struct trace_event *hello = message_before(t, t->count, HF_SERVER, "ServerHello");
    if (hello == NULL || hello->version != 0x0303 || hello->field_count == 0 ||
        field_named(hello, "renegotiation_info") != NULL) {
        return SILENT;
    }
    text_add(
        &f->what,
        "The server's hello lacks renegotiation_info: it may renegotiate insecurely, and clients may refuse it");
    return CERTAIN;
}

/* RFC 7627 5.3 */
static enum sureness extended_master_secret(const struct trace *t, struct finding *f)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->events[i].kind == HF_EVENT_RESUMPTION && t->events[i].resumption == HF_SESSION_EMS) {
            text_add(&f->what,
                     "The session that was offered and this handshake differ in extended_master_secret");
            return CERTAIN;
        }
    }
    return SILENT;
}

static enum sureness not_resumed(const struct trace *t, struct finding *f)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_event *event = &t->events[i];
        if (event->kind == HF_EVENT_RESUMPTION && event->resumption != HF_RESUMED &&
            event->resumption != HF_NOT_OFFERED) {
            const char *why = hf_resumption_sentence(event->resumption), *already = "not resumed: ";
            text_print(&f->what, "A session was offered and not resumed: %s",
                       strncmp(why, already, strlen(already)) == 0 ? why + strlen(already) : why);
            return CERTAIN;
        }
    }
    return SILENT;
}

/* clang-format off */
static const struct rule rules[] = {
    {"failed", failed, "", ""},
    {"alert", alert, "RFC 5246 7.2.2; RFC 8446 6.2", "the side that sent the alert knows more: look at its log"},
    {"empty-client-certificate", empty_certificate, "RFC 5246 7.4.6", "give the client a certificate that one of the server's CAs has issued"},
    {"nothing-in-common", nothing_in_common, "RFC 5246 7.4.1.3", "enable on one side what the other offers"},
    {"certificate-expired", explain_expired, "RFC 5280 4.1.2.5", "renew the certificate, and compare the clocks of both sides"},
    {"certificate-not-yet-valid", explain_not_yet_valid, "RFC 5280 4.1.2.5", "set the clock that is slow, or wait until the certificate is valid"},
    {"clocks-differ", explain_clocks_differ, "RFC 5280 4.1.2.5", "set the clock of the side that sent the alert"},
    {"name-mismatch", explain_name_mismatch, "RFC 6125 6.4", "ask for a name that the certificate has, or have it reissued with this one in its subjectAltName"},
    {"chain-order", explain_chain_order, "RFC 5246 7.4.2; RFC 8446 4.4.2", "put the certificates in order: the leaf first, each one followed by the one that issued it"},
    {"missing-intermediate", explain_missing_intermediate, "RFC 5246 7.4.2; RFC 8446 4.4.2", "send the whole chain, leaf first, without the root"},
    {"self-signed", explain_self_signed, "RFC 5280 6.1", "trust this very certificate on the side that refused it, or have one issued by a CA that it trusts"},
    {"extended-master-secret", extended_master_secret, "RFC 7627 5.3", "forget the session; the next handshake is a full one"},
    {"renegotiation-info-missing", no_renegotiation_info, "RFC 5746 3.6", "upgrade the server, or turn renegotiation_info on"},
    {"renegotiation-info-differs", explain_renegotiation_info_differs, "RFC 5746 3.5, 3.7", "look for somebody between the two who began a connection of his own; else it is a fault of the side that sent it"},
    {"finished-differs", explain_finished_differs, "RFC 5246 7.4.9", "look for what changes the handshake on its way, and for a key exchange that the two sides compute differently"},
    {"other-protocol", explain_other_protocol, "RFC 5246 6.2.1", "use the port that speaks TLS"},
    {"closed-in-handshake", explain_closed_in_handshake, "RFC 5246 7.2.1", "look at the log of the side that closed; a load balancer or a firewall may have closed in its name"},
    {"not-resumed", not_resumed, "RFC 5246 7.4.1.3", "a full handshake is no failure; the reason says what to change if sessions are to be resumed"},
};
/* clang-format on */

const struct rule *rule_at(size_t i)
{
    return i < sizeof rules / sizeof *rules ? &rules[i] : NULL;
}
