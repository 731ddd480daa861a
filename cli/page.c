/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <handfast/handfast.h>

#include "cli/report.h"

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
    row(out, "Why", hf_resumption_sentence(n->resumption));
    row(out, "Client certificate",
        n->peer_subject != NULL    ? n->peer_subject
        : n->client_auth_requested ? "asked for, none sent"
                                   : "not asked for");
    row(out, "Server name", n->server_name == NULL ? "none sent" : n->server_name);
    row(out, "Application protocol", n->alpn == NULL ? "none agreed" : n->alpn);
    row(out, "Extended master secret", n->extended_master_secret ? "yes" : "no");
    row(out, "Secure renegotiation", n->secure_renegotiation ? "yes" : "no");
    struct text limits = {0};
    report_limits(&limits, n, "");
    row(out, "Limits", limits.len == 0 ? "none below 16384 bytes in a record" : text_string(&limits));
    text_free(&limits);
}

void page_write(struct text *out, const hf_conn *conn, int status, const char *reason)
{
    text_print(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<style>\n"
        ":root { color-scheme: light dark; }\nbody { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; "
        "padding: 0 1rem; }\nth { text-align: left; font-weight: 600; padding: .2rem 1.5rem .2rem 0; vertical-align: top; "
        "white-space: nowrap; }\ntd { overflow-wrap: anywhere; }\n</style>\n</head>\n<body>\n",
        status == 200 ? "Your TLS connection" : reason);
    if (status == 200) {
        text_add(
            out,
            "<h1>Your TLS connection</h1>\n<p>What this client and this server agreed on.</p>\n<table>\n");
        negotiated(out, hf_negotiated(conn));
        text_print(out, "</table>\n<p>handfast %s</p>\n", hf_version());
    } else {
        text_print(out, "<h1>%d %s</h1>\n<p>%s</p>\n", status, reason,
                   status == 403 ? "This needs a client certificate, and none was shown."
                                 : "This server answers GET and HEAD without a body.");
    }
    text_add(out, "</body>\n</html>\n");
}
