/* SPDX-License-Identifier: MIT */
#include "rfc8448.h"

#include <handfast/early.h>
#include <stdio.h>
#include <stdlib.h>

#include "handshake/message.h"
#include "hex.h"
#include "tls13/tls13.h"

#define ROW(text) hex((text), (uint8_t[2048]){0}, 2048)
static struct play *playing; /* builders are given the handshake alone */

/* ---- what is compared of a message that we built ---- */
static void differ(struct play *p, const char *format, ...)
{
    size_t at = strlen(p->differs);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(p->differs + at, sizeof p->differs - at, format, arguments);
    va_end(arguments);
}

static struct slice extensions_of(enum message m, const union any_message *decoded)
{
    switch (m) {
    case CLIENT_HELLO:
        return decoded->client_hello.extensions;
    case SERVER_HELLO:
    case HELLO_RETRY_REQUEST:
        return decoded->server_hello.extensions;
    case ENCRYPTED_EXTENSIONS:
        return decoded->encrypted_extensions.extensions;
    case CERTIFICATE_REQUEST:
        return decoded->certificate_request13.extensions;
    default:
        fail_msg("%s may not differ", message_row(m)->name);
        return slice_of(NULL, 0);
    }
}

/* Those of `from` that `other` lacks, and where both is set those whose bodies are others. */
static size_t compare_extensions(struct play *p, struct slice from, struct slice other, bool both)
{
    struct list l = list_of(from);
    struct extension_entry e;
    struct slice body;
    size_t told = 0;
    while (list_next_extension(&l, &e)) {
        bool there = extensions_find(other, e.type, &body);
        if (!there || (both && !slice_equal(body, e.body))) {
            differ(p, " %c%s", there ? '~' : both ? '-' : '+', name_of(&extension_names, e.type));
            told++;
        }
    }
    return told;
}

/* All but the extensions must be the same. */
static void tell_difference(struct play *p, enum message m, struct slice ours, struct slice theirs)
{
    const struct layout *l = version_tls13.message[m].layout;
    union any_message a = {0}, b = {0};
    assert_int_equal(layout_decode(l, slice_after(ours, HANDSHAKE_HEADER), &a), OK);
    assert_int_equal(layout_decode(l, slice_after(theirs, HANDSHAKE_HEADER), &b), OK);
    struct slice mine = extensions_of(m, &a), wanted = extensions_of(m, &b);
    size_t head = (size_t)(mine.data - ours.data) - 2;
    assert_int_equal(head, (size_t)(wanted.data - theirs.data) - 2);
    assert_memory_equal(ours.data + HANDSHAKE_HEADER, theirs.data + HANDSHAKE_HEADER,
                        head - HANDSHAKE_HEADER);
    differ(p, "%s:", message_row(m)->name);
    size_t told = compare_extensions(p, wanted, mine, true) + compare_extensions(p, mine, wanted, false);
    differ(p, "%s\n", told ? "" : " order");
}

/* The binder is ours: over the trace's ClientHello, as we would make it. */
static void check_binder(struct hs *hs, struct slice theirs)
{
    uint8_t bytes[2048];
    struct slice key;
    union any_message decoded = {0};
    assert_int_equal(layout_decode(&layout_client_hello, slice_after(theirs, HANDSHAKE_HEADER), &decoded),
                     OK);
    if (!extensions_find(decoded.client_hello.extensions, EXTENSION_PRE_SHARED_KEY, &key)) {
        return;
    }
    memcpy(bytes, theirs.data, theirs.len);
    memset(bytes + theirs.len - 32, 0, 32);
    assert_int_equal(tls13_client_hello_patch(hs, (struct span){bytes, theirs.len}), OK);
    assert_memory_equal(bytes, theirs.data, theirs.len);
}

/* What the trace's server gives, ours gives too: it means nothing to anybody else. */
static enum err take_cookie(struct hs *hs, struct slice theirs)
{
    union any_message decoded = {0};
    struct slice body;
    assert_int_equal(layout_decode(&layout_server_hello, slice_after(theirs, HANDSHAKE_HEADER), &decoded),
                     OK);
    assert_true(extensions_find(decoded.server_hello.extensions, EXTENSION_COOKIE, &body));
    return buffer_append(&hs->cookie, slice_after(body, 2));
}

/* Ours is built, compared, and where it differs the trace's is sent. */
static enum err build(struct hs *hs, struct outgoing *out)
{
    static uint8_t sent[2048];
    uint8_t bytes[4096];
    enum message m = (enum message)hs->step->what;
    struct writer w = writer_of(bytes, sizeof bytes);
    unsigned type = message_row(m == HELLO_RETRY_REQUEST ? SERVER_HELLO : m)->type;
    bool second = cursor_has(&hs->cursor, RETRY) && (m == CLIENT_HELLO || m == SERVER_HELLO);
    struct slice ours, theirs = trace_message(playing->section, (int)playing->me, type, second);
    TRY(m == HELLO_RETRY_REQUEST ? take_cookie(hs, theirs) : OK);
    TRY(version_tls13.message[m].build(hs, out));
    ours = out->whole;
    if (!ours.data) {
        write_number(&w, type, 1);
        size_t mark = write_open(&w, 3);
        TRY(layout_encode(version_tls13.message[m].layout, &out->message, &w));
        write_close(&w, mark, 3);
        ours = written(&w);
    }
    if (!slice_equal(ours, theirs)) {
        tell_difference(playing, m, ours, theirs);
        memcpy(sent, theirs.data, theirs.len);
        out->whole = slice_of(sent, theirs.len);
    }
    if (m == CLIENT_HELLO) {
        check_binder(hs, theirs);
    }
    return OK;
}

/* RSA-PSS and ECDSA draw random bytes, so the signature is the trace's: good for what we would have signed.
 */
static enum err sign_as_the_trace(struct hs *hs)
{
    unsigned type = message_row(CERTIFICATE_VERIFY)->type;
    struct slice m = trace_message(playing->section, (int)playing->me, type, 0);
    struct slice signature = slice_after(m, HANDSHAKE_HEADER + 4);
    TRY(version_tls13.local[sign](hs));
    assert_int_equal(hs->question.ask, ASK_SIGN);
    assert_int_equal(hs->question.scheme->code, m.data[4] << 8 | m.data[5]);
    assert_int_equal(certificate_verify_signature(hs->config->identities[0].leaf, hs->question.scheme,
                                                  hs->question.to_sign, signature),
                     OK);
    hs->question = (struct question){0};
    memcpy(hs->signature.bytes, signature.data, signature.len);
    hs->signature.len = signature.len;
    return OK;
}

/* ---- what surrounds the connection ---- */
static int draw(void *arg, uint8_t *out, size_t len)
{
    struct play *p = arg;
    struct slice bytes = trace_random(p->section, p->me, p->draws++);
    assert_int_equal(bytes.len, len);
    memcpy(out, bytes.data, len);
    return 0;
}

static void keylog(void *arg, const char *line)
{
    static const char *const names[][2] = {
        {"CLIENT_EARLY_TRAFFIC_SECRET", "c e traffic"},
        {"EARLY_EXPORTER_SECRET", "e exp master"},
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "c hs traffic"},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", "s hs traffic"},
        {"CLIENT_TRAFFIC_SECRET_0", "c ap traffic"},
        {"SERVER_TRAFFIC_SECRET_0", "s ap traffic"},
        {"EXPORTER_SECRET", "exp master"},
    };
    struct play *p = arg;
    size_t name = strcspn(line, " ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i][0]) == name && strncmp(line, names[i][0], name) == 0) {
            struct slice ours = HEX(strrchr(line, ' ') + 1), theirs = trace_secret(p->section, names[i][1]);
            assert_int_equal(ours.len, theirs.len);
            assert_memory_equal(ours.data, theirs.data, ours.len);
            p->secrets++;
            return;
        }
    }
    fail_msg("what is %s?", line);
}

/* 2017: the certificates are good from 2016 to 2026. */
static int64_t in_2017(void *arg)
{
    (void)arg;
    return INT64_C(1500000000);
}

hf_config *trace_config(struct play *p)
{
    hf_config *c = p->me == CLIENT ? hf_config_client() : hf_config_server();
    assert_non_null(c);
    assert_int_equal(hf_config_versions(c, TLS_1_3, TLS_1_3), HF_OK);
    assert_int_equal(hf_config_random(c, draw, p), HF_OK);
    assert_int_equal(hf_config_clock(c, in_2017, NULL), HF_OK);
    assert_int_equal(hf_config_keylog(c, keylog, p), HF_OK);
    assert_int_equal(hf_config_chain_limits(c, 0, 1024, 0), HF_OK);
    c->settings.compatible = strcmp(p->section, "7") == 0; /* RFC 8446 D.4 */
    p->config = c;
    return c;
}

/* ---- the play ---- */
static void check_alive(struct play *p)
{
    const hf_failure *f = hf_failed(p->conn);
    if (f) {
        fail_msg("section %s, %s, row %zu: %s at %s: %s", p->section, p->me == CLIENT ? "client" : "server",
                 p->at, hf_err_name(f->err), f->step, f->detail);
    }
}

/* What the trace's application or server does of its own will, we do because we are told. */
static void act(struct play *p, uint8_t type, struct slice content)
{
    size_t used;
    if (type == CONTENT_APPLICATION_DATA && !hf_negotiated(p->conn)->complete) {
        return; /* early data went with the ClientHello */
    }
    if (type == CONTENT_APPLICATION_DATA) {
        assert_int_equal(hf_push_app(p->conn, (hf_bytes){content.data, content.len}, &used), HF_OK);
        assert_int_equal(used, content.len);
    } else if (type == CONTENT_ALERT) {
        assert_int_equal(hf_close(p->conn), HF_OK);
    } else if (content.data[0] == message_row(NEW_SESSION_TICKET)->type) {
        assert_int_equal(record_write(&p->conn->out, CONTENT_HANDSHAKE, content), OK);
    } else if (p->early && content.data[0] == message_row(CLIENT_HELLO)->type) {
        struct slice data = ROW(trace_rows[p->at + 1].content);
        assert_int_equal(hf_push_early(p->conn, (hf_bytes){data.data, data.len}, &used), HF_OK);
        assert_int_equal(used, data.len);
    }
}

static void ours(struct play *p, uint8_t type, struct slice content, struct slice record)
{
    act(p, type, content);
    hf_bytes sent = hf_peek_wire(p->conn);
    check_alive(p);
    assert_true(sent.len >= record.len);
    assert_memory_equal(sent.data, record.data, record.len);
    hf_drop_wire(p->conn, record.len);
}

static void theirs(struct play *p, uint8_t type, struct slice content, struct slice record)
{
    uint8_t arrived[2048];
    size_t used;
    memcpy(arrived, record.data, record.len);
    hf_err e = hf_push_wire(p->conn, arrived, record.len, &used);
    check_alive(p);
    assert_int_equal(e, HF_OK);
    assert_int_equal(used, record.len);
    if (type == CONTENT_APPLICATION_DATA) {
        bool early = !hf_negotiated(p->conn)->complete;
        hf_bytes data = early ? hf_peek_early(p->conn) : hf_peek_app(p->conn);
        assert_int_equal(data.len, content.len);
        assert_memory_equal(data.data, content.data, content.len);
        (early ? hf_drop_early : hf_drop_app)(p->conn, data.len);
    }
}

/* Behind the client's Finished, before close_notify takes it away. */
static void check_resumption_secret(struct play *p)
{
    if (p->conn->after13) {
        struct slice wanted = trace_secret(p->section, "res master");
        assert_memory_equal(p->conn->after13->resumption.data, wanted.data, wanted.len);
    }
}

/* The trace's ticket is sealed by the trace's server: ours is told what is in it. */
static enum err know_the_ticket(struct hs *hs)
{
    hs->session = session_share((struct session *)playing->session);
    hs->single_use = true;
    TRY(secret_set(&hs->psk, session_secret(hs->session)));
    return cursor_set(&hs->cursor, RESUMED);
}

void trace_play(struct play *p, hf_session *session)
{
    hf_problem why;
    if (hf_config_freeze(p->config, &why) != HF_OK) {
        fail_msg("freeze: %s", why.sentence);
    }
    playing = p;
    p->version = version_tls13;
    for (size_t m = 0; m < MESSAGE_COUNT; m++) {
        p->version.message[m].build = version_tls13.message[m].build ? build : NULL;
    }
    p->version.local[sign] = sign_as_the_trace;
    p->session = session;
    p->early = strcmp(p->section, "4") == 0;
    if (p->me == SERVER && session) {
        p->version.local[look_up_session] = know_the_ticket;
    }
    p->conn = hf_conn_new(p->config, p->me == CLIENT ? "server" : NULL, &why);
    assert_non_null(p->conn);
    p->conn->hs->version = &p->version;
    assert_int_equal(session && p->me == CLIENT ? hf_conn_resume(p->conn, session) : HF_OK, HF_OK);
    for (p->at = 0; p->at < trace_row_count; p->at++) {
        if (strcmp(trace_rows[p->at].section, p->section) == 0) {
            struct slice content = ROW(trace_rows[p->at].content), record = ROW(trace_rows[p->at].record);
            (trace_rows[p->at].by == p->me ? ours : theirs)(p, trace_rows[p->at].type, content, record);
            check_resumption_secret(p);
        }
    }
    assert_int_equal(hf_peek_wire(p->conn).len, 0);
    assert_non_null(p->conn->after13);
}

void trace_end(struct play *p)
{
    hf_conn_free(p->conn);
    hf_config_free(p->config);
}
