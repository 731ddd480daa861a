/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "handshake/message.h"

void puppet_must(hf_err e, const char *what)
{
    if (e != HF_OK) {
        fail_msg("%s: %s", what, hf_err_name(e));
    }
}

/* ---- the puppet ---- */
static struct puppet *puppet_of(const struct hs *hs)
{
    return (struct puppet *)((uintptr_t)hs->version - offsetof(struct puppet, version));
}

static enum err honest_message(struct hs *hs, enum message m, struct outgoing *out, struct puppet *p)
{
    const struct message_code *code = &version_tls12.message[m];
    if (code->build) {
        TRY(code->build(hs, out));
    }
    struct writer w = writer_of(p->bytes, sizeof p->bytes);
    if (out->whole.data) {
        write_bytes(&w, out->whole);
    } else {
        write_number(&w, message_row(m)->type, 1);
        size_t mark = write_open(&w, 3);
        const struct layout *layout = message_layout(hs, m);
        if (layout) {
            TRY(layout_encode(layout, &out->message, &w));
        }
        write_close(&w, mark, 3);
    }
    p->len = w.len;
    return w.full ? E_INTERNAL : OK;
}

static enum err puppet_build(struct hs *hs, struct outgoing *out)
{
    struct puppet *p = puppet_of(hs);
    enum message m = (enum message)cursor_peek(&hs->cursor)->what;
    if (p->one_record_each) {
        TRY(record_close(hs->record_out));
    }
    TRY(honest_message(hs, m, out, p));
    if (p->lie) {
        p->lie(p, m);
    }
    out->whole = slice_of(p->bytes, p->len);
    return OK;
}

static enum err puppet_local(struct hs *hs)
{
    struct puppet *p = puppet_of(hs);
    unsigned what = cursor_peek(&hs->cursor)->what;
    TRY(version_tls12.local[what](hs));
    if (p->plot) {
        p->plot(p, what);
    }
    return OK;
}

static enum err after_change_cipher_spec(struct hs *hs)
{
    if (puppet_of(hs)->no_change_cipher_spec) {
        struct protection *p = &hs->record_out->protection;
        hs->record_out->queue.end -= RECORD_HEADER + protection_head(p) + 1 + protection_tail(p, 1);
        p->sequence -= p->kind != PROTECT_NONE;
    }
    return OK;
}

static enum err puppet_install_keys(struct hs *hs, const struct step *s)
{
    enum side writer = s->by;
    if (puppet_of(hs)->no_change_cipher_spec && writer == hs->cursor.me) {
        return OK;
    }
    if (writer == hs->cursor.me) {
        struct puppet *p = puppet_of(hs);
        protection_wipe(&p->previous);
        p->previous = hs->record_out->protection;
        hs->record_out->protection = (struct protection){0};
    }
    return version_tls12.install_keys(hs, s);
}

hf_conn *honest_new(const hf_config *config, hf_session *session)
{
    hf_problem why;
    bool client = config->settings.side == CLIENT;
    hf_conn *c = hf_conn_new(config, client ? TEST_HOST : NULL, &why);
    if (!c) {
        fail_msg("hf_conn_new: %s", why.sentence);
    }
    if (session) {
        puppet_must(hf_conn_resume(c, session), "hf_conn_resume");
    }
    return c;
}

struct puppet *puppet_new(const hf_config *config, hf_session *session)
{
    struct puppet *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->version = version_tls12;
    for (unsigned m = 0; m < MESSAGE_COUNT; m++) {
        p->version.message[m].build = puppet_build;
    }
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        p->version.local[i] = version_tls12.local[i] ? puppet_local : NULL;
    }
    p->version.message[CHANGE_CIPHER_SPEC].build = NULL;
    p->version.message[CHANGE_CIPHER_SPEC].after = after_change_cipher_spec;
    p->version.install_keys = puppet_install_keys;
    p->conn = honest_new(config, session);
    p->conn->hs->version = &p->version;
    return p;
}

void puppet_free(struct puppet *p)
{
    hf_conn_free(p->conn);
    protection_wipe(&p->previous);
    free(p);
}

struct slice puppet_body(const struct puppet *p)
{
    return slice_of(p->bytes + HANDSHAKE_HEADER, p->len - HANDSHAKE_HEADER);
}

void puppet_set_body(struct puppet *p, struct slice body)
{
    assert_true(body.len + HANDSHAKE_HEADER <= sizeof p->bytes);
    if (body.len) {
        memmove(p->bytes + HANDSHAKE_HEADER, body.data, body.len);
    }
    p->bytes[1] = (uint8_t)(body.len >> 16);
    p->bytes[2] = (uint8_t)(body.len >> 8);
    p->bytes[3] = (uint8_t)body.len;
    p->len = HANDSHAKE_HEADER + body.len;
    p->told = true;
}

void puppet_record(struct puppet *p, enum content_type type, struct slice content)
{
    puppet_must((hf_err)record_write(&p->conn->out, type, content), "a record of the puppet");
    p->told = true;
}

void puppet_split(struct puppet *p, size_t len)
{
    assert_true(len && len < p->len);
    puppet_record(p, CONTENT_HANDSHAKE, slice_of(p->bytes, len));
    puppet_must((hf_err)transcript_add(&p->conn->hs->transcript, slice_of(p->bytes, len)), "transcript");
    p->len -= len;
    memmove(p->bytes, p->bytes + len, p->len);
}

void puppet_handshake(struct puppet *p, struct slice bytes)
{
    puppet_must((hf_err)record_write_handshake(&p->conn->out, bytes), "handshake bytes of the puppet");
    p->told = true;
}

/* ---- talking ---- */

/* A failed or closed connection takes nothing: the rest is dropped, as a socket would. */
static void give(hf_conn *to, struct slice bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.len);
    size_t at = 0, used = 1;
    while (at < bytes.len && used && !hf_failed(to)) {
        (void)!hf_push_wire(to, copy + at, bytes.len - at, &used);
        answer_supplemental(to);
        hf_drop_early(to, hf_peek_early(to).len);
        hf_drop_app(to, hf_peek_app(to).len);
        at += used;
    }
    free(copy);
}

size_t carry_in_pieces(hf_conn *from, hf_conn *to, size_t size)
{
    size_t carried = 0;
    for (;;) {
        hf_bytes b = hf_peek_wire(from);
        if (!b.len) {
            return carried;
        }
        size_t piece = b.len < size ? b.len : size;
        give(to, slice_of(b.data, piece));
        hf_drop_wire(from, piece);
        carried += piece;
    }
}

size_t carry(hf_conn *from, hf_conn *to)
{
    return carry_in_pieces(from, to, SIZE_MAX);
}

void converse(hf_conn *a, hf_conn *b)
{
    for (unsigned turns = 0; carry(a, b) + carry(b, a) > 0; turns++) {
        assert_true(turns < 64);
    }
}

size_t carry_record(hf_conn *from, hf_conn *to)
{
    hf_bytes b = hf_peek_wire(from);
    if (!b.len) {
        return 0;
    }
    assert_true(b.len >= RECORD_HEADER);
    size_t whole = RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]);
    assert_true(b.len >= whole);
    give(to, slice_of(b.data, whole));
    hf_drop_wire(from, whole);
    return whole;
}

bool converse_until(hf_conn *from, hf_conn *to, size_t count)
{
    carry(to, from);
    for (; count; count--) {
        if (!carry_record(from, to)) {
            return false;
        }
        carry(to, from);
    }
    return true;
}

/* What `to` opens with now: a puppet may have changed its keys already, where `to` waits for the
 * ChangeCipherSpec. */
static struct protection *writer_keys(hf_conn *from, const hf_conn *to)
{
    bool is_puppet = from->version && from->version != &version_tls12;
    struct puppet *p = (struct puppet *)((uintptr_t)from->version - offsetof(struct puppet, version));
    bool behind = to->hs && to->hs->before && !(cursor_expected(&to->hs->cursor) & 1u << FINISHED);
    return is_puppet && behind && p->previous.kind != PROTECT_NONE ? &p->previous : &from->out.protection;
}

/* Sealed with the key of from's direction, at the place in its sequence where `to` is. */
static size_t seal_as(hf_conn *from, hf_conn *to, uint8_t type, struct slice plain, uint8_t *record)
{
    struct protection *p = writer_keys(from, to);
    size_t length = plain.len;
    if (to->in.protection.kind == PROTECT_NONE) {
        memcpy(record + RECORD_HEADER, plain.data, plain.len);
    } else {
        assert_int_equal(p->kind, to->in.protection.kind);
        uint64_t there = p->sequence;
        p->sequence = to->in.protection.sequence;
        puppet_must((hf_err)protection_seal(p, type, plain, record + RECORD_HEADER, 0), "seal");
        p->sequence = there;
        length += protection_head(p) + protection_tail(p, plain.len);
    }
    record[0] = type;
    record[1] = record[2] = 3;
    record[3] = (uint8_t)(length >> 8);
    record[4] = (uint8_t)length;
    return RECORD_HEADER + length;
}

hf_err inject(hf_conn *from, hf_conn *to, enum content_type type, struct slice content)
{
    uint8_t record[RECORD_HEADER + RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX];
    hf_err e = HF_OK;
    while (content.len && e == HF_OK) {
        size_t piece = content.len < RECORD_PLAINTEXT_MAX ? content.len : RECORD_PLAINTEXT_MAX;
        size_t size = seal_as(from, to, (uint8_t)type, slice_of(content.data, piece), record), used;
        e = hf_push_wire(to, record, size, &used);
        hf_drop_app(to, hf_peek_app(to).len);
        content = slice_after(content, piece);
    }
    return e;
}

void begin_again(hf_conn *client, bool resuming)
{
    hf_session *session = resuming ? hf_conn_session(client) : NULL;
    assert_true(!resuming || session);
    puppet_must(resuming ? hf_renegotiate_resuming(client, session) : hf_renegotiate(client),
                "another handshake");
    hf_session_free(session);
}

struct slice framed(enum message m, struct slice body, uint8_t *room, size_t size)
{
    struct writer w = writer_of(room, size);
    write_number(&w, message_row(m)->type, 1);
    write_vector(&w, 3, body);
    assert_false(w.full);
    return written(&w);
}

/* ---- what must be seen ---- */
static void expect_failure(const hf_failure *f, hf_err row, uint8_t alert, hf_direction direction,
                           const char *what)
{
    if (!f) {
        fail_msg("%s: no failure, %s expected", what, hf_err_name(row));
        return;
    }
    if (f->err != row || f->alert != alert || f->alert_direction != direction) {
        fail_msg("%s: %s, alert %s (%d), expected %s, %s (%d); at %s, got %s; %s", what, hf_err_name(f->err),
                 hf_alert_name(f->alert), f->alert_direction, hf_err_name(row), hf_alert_name(alert),
                 direction, f->step, f->got, f->detail);
    }
}

void expect_refused(hf_conn *subject, hf_conn *other, hf_err row, const char *what)
{
    uint8_t byte[] = {CONTENT_HANDSHAKE};
    size_t used;
    expect_failure(hf_failed(subject), row, hf_err_alert(row), HF_SENT, what);
    assert_int_equal(hf_push_wire(subject, byte, 1, &used), HF_FAILED_BEFORE);
    assert_int_equal(hf_push_app(subject, (hf_bytes){byte, 1}, &used), HF_FAILED_BEFORE);
    assert_int_equal(hf_wants(subject) & (HF_MORE_WIRE | HF_GIVE_APP | HF_TAKE_APP | HF_ANSWER), 0);
    hf_session *session = hf_conn_session(subject);
    assert_null(session); /* RFC 5246 7.2.2: not to be resumed */
    if (other) {
        carry(subject, other);
        expect_failure(hf_failed(other), HF_ALERT_RECEIVED, hf_err_alert(row), HF_RECEIVED, what);
    }
}

static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void expect_data(hf_conn *from, hf_conn *to, const char *what)
{
    uint8_t record[256];
    size_t used;
    puppet_must(hf_push_app(from, text("seventeen letters"), &used), what);
    hf_bytes b = hf_peek_wire(from);
    assert_true(b.len < sizeof record);
    memcpy(record, b.data, b.len);
    puppet_must(hf_push_wire(to, record, b.len, &used), what);
    hf_drop_wire(from, b.len);
    assert_int_equal(hf_peek_app(to).len, 17);
    assert_memory_equal(hf_peek_app(to).data, "seventeen letters", 17);
    hf_drop_app(to, 17);
}

static const char *reason(const hf_conn *c)
{
    return hf_failed(c) ? hf_err_name(hf_failed(c)->err) : "waits";
}

void expect_complete(hf_conn *a, hf_conn *b, const char *what)
{
    if (!hf_negotiated(a)->complete || !hf_negotiated(b)->complete || hf_failed(a) || hf_failed(b)) {
        fail_msg("%s: not complete: %s (%s), %s (%s)", what, reason(a),
                 hf_failed(a) ? hf_failed(a)->detail : "", reason(b),
                 hf_failed(b) ? hf_failed(b)->detail : "");
    }
    expect_data(a, b, what);
    expect_data(b, a, what);
}
