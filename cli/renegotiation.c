/* SPDX-License-Identifier: MIT */
#include "cli/renegotiation.h"

#include <string.h>

static int check_server(const struct settings *s)
{
    const char *path = option_text(s, OPT_REQUEST_CLIENT_CERT);
    if (!given(s, OPT_REQUEST_CLIENT_CERT)) {
        return EXIT_WELL;
    }
    if (!given(s, OPT_CA)) {
        return say_usage(s, "--request-client-cert needs --ca: whose certificates clients may have");
    }
    if (given(s, OPT_FORWARD)) {
        return say_usage(s,
                         "--request-client-cert does not keep anything from the server behind --forward: use "
                         "--client-auth require");
    }
    if (path != NULL && !given(s, OPT_HTTP)) {
        return say_usage(s, "--request-client-cert=%s: only --http has paths", path);
    }
    if (path != NULL && path[0] != '/') {
        return say_usage(s, "--request-client-cert=%s: a path begins with /", path);
    }
    return EXIT_WELL;
}

static bool is_wanted(const struct settings *s)
{
    return given(s, OPT_RENEGOTIATE) || given(s, OPT_REQUEST_CLIENT_CERT);
}

static const char *mode_of(const struct settings *s)
{
    return given(s, OPT_RENEGOTIATION) ? option_text(s, OPT_RENEGOTIATION)
           : is_wanted(s)              ? "when-we-ask"
                                       : "never";
}

int renegotiation_set(hf_config *config, const struct settings *s)
{
    static const char *const modes[] = {"never", "when-we-ask", "accept"};
    const char *mode = mode_of(s);
    size_t i = 0;
    while (i < 3 && strcmp(mode, modes[i]) != 0) {
        i++;
    }
    if (i == 3) {
        return say_usage(s, "--renegotiation takes never, when-we-ask or accept, not '%s'", mode);
    }
    if (i == HF_RENEGOTIATE_NEVER && is_wanted(s)) {
        return say_usage(s, "--renegotiation never excludes --renegotiate and --request-client-cert");
    }
    hf_err err = hf_config_renegotiation(config, (hf_renegotiation)i, 0, 0);
    if (err != HF_OK) {
        say_problem(err, "--renegotiation");
        return EXIT_INTERNAL;
    }
    const char *whose = option_text(s, OPT_UPDATE_KEYS);
    if (whose != NULL && strcmp(whose, "ours") != 0) {
        return say_usage(s, "--update-keys takes ours or nothing (both directions), not '%s'", whose);
    }
    return check_server(s);
}

static void update_keys(const struct settings *s, hf_conn *conn)
{
    hf_err err = hf_update_keys(conn, option_text(s, OPT_UPDATE_KEYS) == NULL);
    if (err != HF_OK && hf_failed(conn) == NULL) {
        say_warning("no new keys: %s (%s)", hf_err_sentence(err), hf_err_rfc(err));
    }
}

void renegotiation_start(const struct settings *s, hf_conn *conn)
{
    hf_err err = HF_OK;
    if (given(s, OPT_REQUEST_CLIENT_CERT) && !given(s, OPT_HTTP)) {
        err = hf_request_client_certificate(conn);
    } else if (given(s, OPT_RENEGOTIATE)) {
        err = hf_renegotiate(conn);
    }
    if (err == HF_OK && given(s, OPT_UPDATE_KEYS)) {
        update_keys(s, conn);
    }
    if (err != HF_OK && hf_failed(conn) == NULL) { /* what failed says so itself */
        say_warning("no other handshake: %s (%s)", hf_err_sentence(err), hf_err_rfc(err));
    }
}

bool renegotiation_runs(const hf_conn *conn)
{
    return hf_negotiated(conn)->renegotiation == HF_RENEGOTIATING;
}

/* Whether a path has the only spelling that it can have: nothing escaped, no segment that is empty or made of
 * dots (RFC 3986 6.2.2), nothing behind it that some take for its end. */
static bool is_plain(const char *path)
{
    size_t len = strcspn(path, "?");
    for (size_t i = 0; i < len; i++) {
        size_t dots = strspn(path + i + 1, ".");
        char end = path[i + 1 + dots];
        if (strchr("%\\;#", path[i]) != NULL ||
            (path[i] == '/' && (dots == 0 ? end == '/' : dots <= 2 && strchr("/?", end) != NULL))) {
            return false;
        }
    }
    return true;
}

const char *renegotiation_hindrance(const struct settings *s, const hf_conn *conn)
{
    const hf_summary *n = hf_negotiated(conn);
    if (n->version > 0x0303) {
        return "later versions than TLS 1.2 have no renegotiation (RFC 8446 4.1.2)";
    }
    if (strcmp(mode_of(s), "never") == 0) {
        return "this server does not renegotiate; --renegotiation when-we-ask lets it";
    }
    return !n->secure_renegotiation     ? "the client lacks renegotiation_info (RFC 5746 4.4)"
           : !n->extended_master_secret ? "the client lacks extended_master_secret (RFC 7627 5.4)"
                                        : NULL;
}

/* "/secure" is for itself and for what is below it. What might be another spelling of that counts as it. */
static bool is_below(const char *path, const char *prefix)
{
    if (!is_plain(path)) {
        return true;
    }
    size_t len = strlen(prefix);
    while (len > 0 && prefix[len - 1] == '/') {
        len--;
    }
    return strncmp(path, prefix, len) == 0 && strchr("/?", path[len]) != NULL;
}

enum certificate_gate certificate_gate(const struct settings *s, hf_conn *conn, const char *path)
{
    const char *prefix = option_text(s, OPT_REQUEST_CLIENT_CERT);
    const hf_summary *n = hf_negotiated(conn);
    if (!given(s, OPT_REQUEST_CLIENT_CERT) || !is_below(path, prefix == NULL ? "/" : prefix) ||
        (n->peer_subject != NULL && n->peer_verified)) {
        return GATE_OPEN;
    }
    bool closed = (hf_wants(conn) & HF_CLOSED_IN) != 0; /* who has closed cannot shake hands any more */
    if (n->renegotiation == HF_RENEGOTIATION_ASKED || n->renegotiation == HF_RENEGOTIATING) {
        return closed ? GATE_SHUT : GATE_WAITS;
    }
    if (n->client_auth_requested || n->renegotiation == HF_RENEGOTIATION_REFUSED) {
        return GATE_SHUT; /* it was asked, and has none to show */
    }
    return hf_request_client_certificate(conn) == HF_OK ? GATE_WAITS : GATE_SHUT;
}

void renegotiation_tell(const struct settings *s, const hf_conn *conn, const char *peer)
{
    if (given(s, OPT_RENEGOTIATE) && hf_negotiated(conn)->renegotiation == HF_RENEGOTIATION_REFUSED) {
        say_warning("%s: the peer does not renegotiate (no_renegotiation); the connection went on as it was",
                    peer);
    }
}
