/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <stdio.h>

#include "cli/renegotiation.h"
#include "cli/report.h"
#include "trace/page.h"

static void row(struct text *out, const char *what, const char *value)
{
    text_print(out, "<tr><th scope=\"row\">%s</th><td>", what);
    text_add_html(out, value);
    text_add(out, "</td></tr>\n");
}

static void negotiated(struct text *out, const hf_summary *n)
{
    row(out, "Version", n->version == 0x0303 ? "TLS 1.2" : n->version == 0x0304 ? "TLS 1.3" : "unknown");
    row(out, "Cipher suite", n->suite_name == NULL ? "unknown" : n->suite_name);
    row(out, "Group",
        n->group == 0 || n->group_name == NULL ? "none: the session was resumed" : n->group_name);
    row(out, "Server signed with",
        n->server_scheme == 0 ? "nothing: the session was resumed" : n->server_scheme_name);
    if (n->client_scheme != 0) {
        row(out, "Client signed with", n->client_scheme_name);
    }
    row(out, "Resumed", n->resumed ? "yes" : "no");
    struct text why = {0};
    text_add(&why, hf_resumption_sentence(n->resumption));
    /* RFC 8446 D.4 */
    text_add(&why, n->resumption == HF_SESSION_FOREIGN
                       ? "; a client that speaks TLS 1.3 too makes an ID up where it has none"
                       : "");
    row(out, "Why", text_string(&why));
    text_free(&why);
    row(out, "Client certificate",
        n->peer_subject != NULL    ? n->peer_subject
        : n->client_auth_requested ? "asked for, none sent"
                                   : "not asked for");
    row(out, "Server name", n->server_name == NULL ? "none sent" : n->server_name);
    row(out, "Application protocol", n->alpn == NULL ? "none agreed" : n->alpn);
    if (n->version <= 0x0303) { /* later versions have neither question: RFC 8446 4.1.2, RFC 7627 */
        row(out, "Extended master secret", n->extended_master_secret ? "yes" : "no");
        row(out, "Secure renegotiation", n->secure_renegotiation ? "yes" : "no");
    }
    struct text limits = {0};
    report_limits(&limits, n, "");
    row(out, "Limits", limits.len == 0 ? "none below 16384 bytes in a record" : text_string(&limits));
    text_free(&limits);
}

/* A button where another handshake can follow, else the reason why not. */
static void again(struct text *out, const struct settings *s, const hf_conn *conn)
{
    const char *hindrance = renegotiation_hindrance(s, conn);
    bool refused = hf_negotiated(conn)->renegotiation == HF_RENEGOTIATION_REFUSED;
    text_add(out, "<p>Reload this page for another connection: it offers the session to be resumed. ");
    if (refused) {
        text_add(out, "The client was asked to renegotiate, and refused (no_renegotiation).");
    } else if (hindrance != NULL) {
        text_add(out, "No other handshake can follow on this one: ");
        text_add_html(out, hindrance);
        text_add(out, ".");
    }
    text_add(out, "</p>\n");
    if (hindrance == NULL) {
        text_add(
            out,
            "<form method=post action=\"/renegotiate\"><button>Another handshake on one connection: renegotiate</button></form>\n");
    }
}

void page_write(struct text *out, const struct settings *s, const hf_conn *conn, const struct trace *t)
{
    const hf_summary *n = hf_negotiated(conn);
    struct text lead = {0};
    struct trace shown = t == NULL ? (struct trace){0} : *t;
    (void)snprintf(shown.title, sizeof shown.title, "Your TLS connection");
    text_print(&lead, "<p>What this client and this server agreed on: %s.</p>\n<table class=facts>\n",
               !n->complete
                   ? "the session of an earlier connection is resumed, and this page was asked for in early "
                     "data: the client's Finished is still to come"
               : n->resumed ? "the session of an earlier connection is resumed"
                            : "a full handshake");
    negotiated(&lead, n);
    text_add(&lead, "</table>\n");
    again(&lead, s, conn);
    text_add(&lead, "<h2>The handshake that your client just made</h2>\n");
    /* Whoever looks is the client itself. */
    struct picture picture = {.personal = true, .lead = text_string(&lead)};
    draw_html(&shown, &picture, out);
    out->failed |= lead.failed;
    text_free(&lead);
}

void page_error(struct text *out, int status, const char *reason)
{
    text_print(
        out,
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
        "<meta name=viewport content=\"width=device-width\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n"
        "<h1>%d %s</h1>\n<p>%s</p>\n</body>\n</html>\n",
        reason, page_style, status, reason,
        status == 403   ? "This needs a client certificate, and none was shown."
        : status == 425 ? "It came as early data, which may be a replay: ask again (RFC 8470)."
                        : "This server answers GET and HEAD without a body.");
}
