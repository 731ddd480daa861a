/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include "cli/early.h"

#include <stdio.h>
#include <string.h>

#include "cli/psk.h"
#include "cli/raw_keys.h"
#include "cli/supplemental.h"
#include "trace/words.h"

int report_code(const struct link *l)
{
    const hf_failure *failure = hf_failed(l->conn);
    if (failure == NULL) {
        return l->error != 0 ? EXIT_NETWORK : link_is_closed(l) ? EXIT_WELL : EXIT_TLS;
    }
    if (failure->err == HF_INTERNAL || failure->err == HF_NO_MEMORY) {
        return EXIT_INTERNAL;
    }
    if (failure->err == HF_IO_FAILED ||
        (l->error != 0 && hf_err_class_of(failure->err) != HF_CLASS_UNTRUSTED &&
         failure->alert_direction != HF_RECEIVED)) {
        return EXIT_NETWORK;
    }
    return hf_err_class_of(failure->err) == HF_CLASS_UNTRUSTED ? EXIT_PEER : EXIT_TLS;
}

static const char *version_word(uint16_t version)
{
    return version == 0x0303 ? "TLS 1.2" : version == 0x0304 ? "TLS 1.3" : NULL;
}

static void member(struct text *out, const char *name, const char *value)
{
    text_print(out, ",\"%s\":", name);
    text_add_json(out, value);
}

static void flag(struct text *out, const char *name, bool value)
{
    text_print(out, ",\"%s\":%s", name, value ? "true" : "false");
}

/* Entries of a SignedCertificateTimestampList; the library has looked at its form. */
static size_t count_scts(hf_bytes list)
{
    size_t count = 0;
    for (size_t at = 2; at + 2 <= list.len; count++) {
        at += 2 + ((size_t)list.data[at] << 8 | list.data[at + 1]);
    }
    return count;
}

static void number(struct text *out, const char *name, unsigned value)
{
    if (value == 0) {
        member(out, name, NULL);
    } else {
        text_print(out, ",\"%s\":%u", name, value);
    }
}

/* TLS 1.3: by which key both sides know each other, or why not. */
static void json_met(struct text *out, const hf_summary *n)
{
    struct text identity = {0};
    if (n->version < 0x0304) {
        return;
    }
    psk_identity_text(&identity, n->psk_identity);
    flag(out, "hello_retry_request", n->hello_retry_request);
    member(out, "psk", hf_psk_verdict_name(n->psk));
    member(out, "psk_identity", n->psk_identity.len > 0 ? text_string(&identity) : NULL);
    text_free(&identity);
}

static void json_negotiated(struct text *out, const hf_summary *n)
{
    member(out, "version", version_word(n->version));
    member(out, "suite", n->suite_name);
    member(out, "group", n->group != 0 ? n->group_name : NULL);
    member(out, "server_scheme", n->server_scheme != 0 ? n->server_scheme_name : NULL);
    member(out, "client_scheme", n->client_scheme != 0 ? n->client_scheme_name : NULL);
    flag(out, "complete", n->complete);
    flag(out, "resumed", n->resumed);
    member(out, "resumption", hf_resumption_name(n->resumption));
    flag(out, "session_ticket", n->session_ticket);
    json_met(out, n);
    member(out, "alpn", n->alpn);
    member(out, "server_name", n->server_name);
    flag(out, "ems", n->extended_master_secret);
    flag(out, "secure_renegotiation", n->secure_renegotiation);
    flag(out, "trusted_ca", n->trusted_ca);
    flag(out, "peer_verified", n->peer_verified);
    member(out, "peer_subject", n->peer_subject);
    raw_keys_report(out, n);
    flag(out, "stapled", n->stapled);
    member(out, "peer_status",
           n->peer_status == HF_STAPLE_NOT_ASKED ? NULL : hf_staple_verdict_word(n->peer_status));
    member(out, "peer_status_error",
           n->peer_status_error == HF_OK ? NULL : hf_err_name(n->peer_status_error));
    text_print(out, ",\"peer_scts\":%zu", count_scts(n->peer_sct_list));
    number(out, "max_fragment", n->max_fragment);
    number(out, "record_size_limit", n->record_size_limit);
    number(out, "peer_record_size_limit", n->peer_record_size_limit);
}

/* What the peer said in extensions of the user's own: {"65300":"00ff"}. */
static void json_extensions(struct text *out, const hf_conn *conn)
{
    uint16_t code;
    hf_bytes body;
    const char *between = ",\"extensions\":{";
    for (size_t i = 0; hf_extension_at(conn, i, &code, &body); i++) {
        text_print(out, "%s\"%u\":\"", between, code);
        for (size_t at = 0; at < body.len; at++) {
            text_print(out, "%02x", body.data[at]);
        }
        text_add(out, "\"");
        between = ",";
    }
    text_add(out, between[1] == '\0' ? "}" : "");
}

static void json_failure(struct text *out, const hf_failure *failure)
{
    bool alert = failure != NULL && failure->alert_direction != HF_NO_DIRECTION &&
                 failure->alert != HF_NO_ALERT;
    member(out, "error", failure == NULL ? NULL : hf_err_name(failure->err));
    member(out, "alert", alert ? hf_alert_name(failure->alert) : NULL);
    member(out, "alert_direction", !alert ? NULL : failure->alert_direction == HF_SENT ? "sent" : "received");
    member(out, "detail", failure == NULL || failure->detail[0] == '\0' ? NULL : failure->detail);
    member(out, "step",
           failure == NULL || failure->step == NULL || failure->step[0] == '\0' ? NULL : failure->step);
}

void report_json(const struct link *l, hf_side side, unsigned long number, bool well)
{
    struct text line = {0};
    hf_stats stats = hf_conn_stats(l->conn);
    const hf_failure *failure = well ? NULL : hf_failed(l->conn);
    text_print(&line, "{\"event\":\"connection\",\"role\":\"%s\"", side_word(side));
    if (side == HF_SERVER) { /* connections end in another order than they began */
        text_print(&line, ",\"connection\":%lu", number);
    }
    json_negotiated(&line, hf_negotiated(l->conn));
    json_extensions(&line, l->conn);
    json_failure(&line, failure);
    if (l->store_wait >= 0) {
        text_print(&line, ",\"store_wait_ms\":%.3f", l->store_wait);
    }
    supplemental_json(&line, l->conn);
    text_print(&line, ",\"renegotiations\":%u,\"renegotiations_refused\":%u", stats.renegotiations,
               stats.renegotiations_refused);
    if (hf_negotiated(l->conn)->version >= 0x0304) {
        member(&line, "early_data", hf_early_data_name(hf_negotiated(l->conn)->early_data));
        text_print(&line, ",\"early_in\":%llu,\"early_out\":%llu", (unsigned long long)stats.early_in,
                   (unsigned long long)stats.early_out);
        member(&line, "peer_certificate_compression", hf_negotiated(l->conn)->peer_certificate_compression);
        text_print(&line, ",\"authentications\":%u,\"key_updates_sent\":%u,\"key_updates_received\":%u",
                   stats.authentications, stats.key_updates_sent, stats.key_updates_received);
    }
    if (l->error != 0) {
        member(&line, "io_error", strerror(l->error));
    }
    text_print(&line, ",\"bytes_in\":%llu,\"bytes_out\":%llu,\"exit\":%d}\n",
               (unsigned long long)stats.bytes_in, (unsigned long long)stats.bytes_out,
               well ? EXIT_WELL : report_code(l));
    fputs(text_string(&line), stderr);
    text_free(&line);
}

static void failure_detail(struct text *out, const hf_failure *failure, int error)
{
    const char *between = "";
    if (failure->got != NULL && failure->got[0] != '\0') {
        text_print(out, "%s came, %s was due", failure->got,
                   failure->expected[0] != '\0' ? failure->expected : "nothing");
        between = "; ";
    }
    if (failure->detail[0] != '\0') {
        text_print(out, "%s%s", between, failure->detail);
        between = "; ";
    }
    if (error != 0) {
        text_print(out, "%s%s", between, strerror(error));
        between = "; ";
    }
    if (failure->step != NULL && failure->step[0] != '\0') {
        text_print(out, "%sat %s", between, failure->step);
    }
}

void report_failure(const struct link *l, hf_side side, const char *peer)
{
    const hf_failure *failure = hf_failed(l->conn);
    struct text detail = {0};
    if (failure == NULL) {
        if (l->error != 0) {
            say_error("%s: the network failed (%s)", peer, strerror(l->error));
        }
        return;
    }
    if (side == HF_SERVER) {
        text_print(&detail, "%s: ", peer);
    }
    size_t before = detail.len;
    failure_detail(&detail, failure, l->error);
    if (detail.len == before && before >= 2) {
        detail.bytes[detail.len - 2] = '\0';
    }
    say_problem(failure->err, text_string(&detail));
    text_free(&detail);
    if (failure->alert_direction != HF_NO_DIRECTION && failure->alert != HF_NO_ALERT) {
        hf_side by = failure->alert_direction == HF_SENT ? side : side_other(side);
        words_alert_by_direction(&detail, failure->alert, by, !locale_is_utf8());
        say("%s", text_string(&detail));
        text_free(&detail);
    }
}

static void report_status(struct text *out, const hf_summary *n)
{
    if (n->peer_status != HF_STAPLE_NOT_ASKED) {
        text_print(out, ", status %s", hf_staple_verdict_word(n->peer_status));
    } else if (n->stapled) {
        text_add(out, ", status stapled");
    }
    if (n->peer_sct_list.len > 0) {
        text_print(out, ", %zu timestamps (not verified)", count_scts(n->peer_sct_list));
    }
}

/* 16384 is what everybody takes: not worth a word. */
void report_limits(struct text *out, const hf_summary *n, const char *before)
{
    enum { EVERYBODY = 16384 };
    if (n->max_fragment != 0) {
        text_print(out, "%srecords of %u bytes", before, n->max_fragment);
    } else if (n->record_size_limit != 0 &&
               (n->record_size_limit < EVERYBODY || n->peer_record_size_limit < EVERYBODY)) {
        text_print(out, "%srecords of %u bytes in, %u out", before, n->record_size_limit,
                   n->peer_record_size_limit);
    }
}

static void report_times(struct text *out, const char *what, unsigned times)
{
    if (times > 0) {
        text_print(out, ", %s %u time%s", what, times, times == 1 ? "" : "s");
    }
}

/* What happened behind the handshake. */
static void report_later(struct text *out, hf_stats stats)
{
    report_times(out, "renegotiated", stats.renegotiations);
    report_times(out, "client certificate asked for later", stats.authentications);
    report_times(out, "our keys changed", stats.key_updates_sent);
    report_times(out, "the peer's keys changed", stats.key_updates_received);
}

/* How both sides know each other. */
static void report_met(struct text *out, const hf_summary *n)
{
    if (n->resumed) {
        text_print(out, ", resumed by %s", n->session_ticket ? "ticket" : "ID");
    } else if (n->psk == HF_PSK_USED) {
        text_print(out, ", by the %spre-shared key of ", n->psk_imported ? "imported " : "");
        psk_identity_text(out, n->psk_identity);
    } else {
        text_print(out, ", full handshake%s%s", n->resumption != HF_NOT_OFFERED ? ": " : "",
                   n->resumption != HF_NOT_OFFERED ? hf_resumption_sentence(n->resumption) : "");
    }
    if (n->hello_retry_request) {
        text_add(out, ", behind HelloRetryRequest");
    }
    if (n->psk > HF_PSK_USED) {
        text_print(out, ", %s", hf_psk_verdict_sentence(n->psk));
    }
}

void report_negotiated(struct text *out, const hf_conn *conn)
{
    const hf_summary *n = hf_negotiated(conn);
    const char *version = version_word(n->version);
    if (!n->complete) {
        text_print(out, "the handshake was not completed%s%s", n->server_name != NULL ? ", name " : "",
                   n->server_name != NULL ? n->server_name : "");
        return;
    }
    text_print(out, "%s %s", version == NULL ? "TLS" : version, n->suite_name == NULL ? "?" : n->suite_name);
    if (n->group != 0) {
        text_print(out, " %s", n->group_name);
    }
    if (n->server_scheme != 0) {
        text_print(out, " %s", n->server_scheme_name);
    }
    report_met(out, n);
    if (n->server_name != NULL) {
        text_print(out, ", name %s", n->server_name);
    }
    if (n->alpn != NULL) {
        text_print(out, ", alpn %s", n->alpn);
    }
    if (n->trusted_ca) {
        text_add(out, ", chain chosen by trusted_ca_keys");
    }
    uint16_t own;
    hf_bytes body;
    for (size_t i = 0; hf_extension_at(conn, i, &own, &body); i++) {
        text_print(out, ", extension %u with %zu bytes", own, body.len);
    }
    report_limits(out, n, ", ");
    if (n->peer_certificate_compression != NULL) {
        text_print(out, ", the peer's certificate compressed with %s", n->peer_certificate_compression);
    }
    report_early(out, conn);
    report_later(out, hf_conn_stats(conn));
    if (n->truncated_hmac) {
        text_add(out, ", MACs of 80 bits");
    }
    if (n->peer_subject != NULL) {
        text_print(out, ", peer %s (%s)", n->peer_subject, n->peer_verified ? "verified" : "not verified");
    }
    report_status(out, n);
}
