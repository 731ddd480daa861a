/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "handshake/message.h"
#include "ocsp.h"

/* ---- configs ---- */
static hf_bytes text(const char *s)
{
    return (hf_bytes){(const uint8_t *)s, strlen(s)};
}

static void must(hf_err e, const char *what)
{
    if (e != HF_OK) {
        fail_msg("%s: %s", what, hf_err_name(e));
    }
}

static void add_identity_that_does_not_sign(hf_config *c, const struct trait *t)
{
    struct test_identity own = test_identity_make(&(struct test_spec){
        .key = t->key,
        .usage = t->role == AGREES ? "critical,keyAgreement" : "critical,keyEncipherment",
        .issuer = t->rsa_root ? TEST_BY_RSA_ROOT : TEST_BY_INTERMEDIATE,
        .cn = t->side == CLIENT ? "alice" : NULL,
        .names = t->side == CLIENT ? "" : NULL,
        .extended = t->side == CLIENT ? "clientAuth" : NULL,
    });
    must(hf_config_identity(c, own.chain, own.key, NULL), "identity");
    test_identity_free(&own);
}

static void add_identity(hf_config *c, const struct trait *t)
{
    const struct test_pki *pki = test_pki();
    const struct test_identity *own = t->side == CLIENT ? &pki->client[t->key] : &pki->server[t->key];
    if (t->role == ANONYMOUS) {
        return;
    }
    if (t->role != SIGNS) {
        add_identity_that_does_not_sign(c, t);
        return;
    }
    must(hf_config_identity(c, own->chain, own->key, NULL), "identity");
}

static void set_status(hf_config *c, const struct trait *t)
{
    if (t->status && t->side == CLIENT) {
        must(hf_config_status(c, HF_STATUS_SOFT), "status");
    }
    for (int depth = 0; t->status && t->side == SERVER && depth < 2; depth++) {
        hf_bytes response =
            test_ocsp_make(&(struct test_ocsp){.of = depth ? NULL : &test_pki()->server[t->key]});
        must(hf_config_staple(c, response, NULL), "staple");
        test_ocsp_free(response);
    }
}

static void set_lists(hf_config *c, const struct trait *t)
{
    if (t->suites) {
        must(hf_config_suites(c, t->suites, NULL), t->suites);
    }
    if (t->groups) {
        must(hf_config_groups(c, t->groups, NULL), t->groups);
    }
    if (t->sign) {
        must(hf_config_schemes_to_sign(c, t->sign, NULL), t->sign);
    }
    if (t->accept) {
        must(hf_config_schemes_to_accept(c, t->accept, NULL), t->accept);
    }
    if (t->alpn) {
        must(hf_config_alpn(c, t->alpn, false), t->alpn);
    }
}

static void set_hello(hf_config *c, const struct trait *t)
{
    if (t->side == CLIENT) {
        must(hf_config_max_fragment(c, t->max_fragment), "max_fragment");
        must(hf_config_padding(c, t->padding), "padding");
        must(hf_config_grease(c, t->grease), "grease");
    }
    if (t->record_size_limit) {
        must(hf_config_record_size_limit(c, t->record_size_limit < 0 ? 0 : (unsigned)t->record_size_limit),
             "record_size_limit");
    }
}

static void add_supplemental(hf_config *c)
{
    static const uint8_t formats[] = {1, 0};
    hf_supplemental_type row = {.type = TEST_AUTHZ_DATA,
                                .extension = 7,
                                .client_sends = true,
                                .when = HF_UNSAFE_IN_CLEAR,
                                .extension_data = {formats, sizeof formats}};
    must(hf_config_supplemental(c, &row), "supplemental");
    row.extension = 8;
    row.client_sends = false;
    row.server_sends = true;
    must(hf_config_supplemental(c, &row), "supplemental");
    must(hf_config_user_mapping(c, NULL, HF_UNSAFE_IN_CLEAR), "user mapping");
}

/* Two epochs at once: sessions that are earned are under the older one alone (earn_session), and found with
 * both, so that every ticket is renewed. */
#define EPOCH(id, byte)                                                                                    \
    "epoch " id                                                                                            \
    " not_before 1780185600 encrypt_until 1780358400 decrypt_until 1780372800 secret " byte byte byte byte \
    "\n"
#define OLDER "handfast keyring 1\nplan period 86400 life 14400 lead 0\n" EPOCH("1", "01abcdef01abcdef")
#define BOTH OLDER EPOCH("2", "02abcdef02abcdef")
static hf_keyring *two_epochs;

static void load_epochs(const char *text)
{
    must(hf_keyring_load(two_epochs, (hf_bytes){(const uint8_t *)text, strlen(text)}, NULL), "keyring");
}

static void add_tickets(hf_config *c, const struct trait *t)
{
    must(hf_config_tickets(c, true), "tickets");
    if (t->tickets == RENEWS_TICKETS) {
        two_epochs = two_epochs ? two_epochs : hf_keyring_new(NULL);
        assert_non_null(two_epochs);
        load_epochs(BOTH);
        must(hf_config_keyring(c, two_epochs), "keyring");
    }
}

static void set_tls13(hf_config *c, const struct trait *t)
{
    static const uint8_t key[32] = "a key that both sides were given";
    must(hf_config_early_data(c, t->early ? TEST_EARLY : 0), "early data");
    must(hf_config_psk_alone(c, t->psk_alone), "psk_ke");
    if (t->external) {
        must(hf_config_psk(c, (hf_bytes){key, 5}, (hf_bytes){key, sizeof key}, HF_PSK_SHA256), "psk");
    }
    if (t->compresses) {
        hf_err e = hf_config_certificate_compression(c, NULL, NULL);
        must(e == HF_COMPRESSION_NOT_BUILT_IN ? HF_OK : e, "compression");
    }
    if (t->later) {
        must(hf_config_post_handshake_auth(c, true), "post_handshake_auth");
    }
}

hf_config *trait_config(const struct trait *t)
{
    hf_config *c = t->side == CLIENT ? hf_config_client() : hf_config_server();
    hf_problem why;
    assert_non_null(c);
    must(hf_config_clock(c, test_clock, NULL), "clock");
    must(hf_config_trust_pem(c, test_pki()->root), "trust");
    if (t->side == SERVER || t->has_identity) {
        add_identity(c, t);
    }
    if (t->rsa_root) {
        must(hf_config_trust_pem(c, test_pki()->rsa_root), "trust");
    }
    must(hf_config_require_encrypt_then_mac(c, t->etm_required), "encrypt_then_mac");
    must(hf_config_min_dh_bits(c, t->min_dh_bits), "min_dh_bits");
    if (t->unverified) {
        must(hf_config_insecure_no_verification(c), "no verification");
    }
    if (t->side == SERVER) {
        must(hf_config_client_auth(c, t->client_auth), "client_auth");
    }
    if (t->side == SERVER && t->no_sessions) {
        must(hf_config_session_cache(c, 0), "session_cache");
    }
    must(hf_config_renegotiation(c, t->renegotiation, 0, 0), "renegotiation");
    must(hf_config_renegotiation_may_change_peer(c, t->peer_may_change), "peer_may_change");
    if (t->tickets) {
        add_tickets(c, t);
    }
    if (t->no_tickets) {
        must(hf_config_tickets(c, false), "tickets");
    }
    const uint16_t version = t->tls13 ? TLS_1_3 : TLS_1_2;
    must(hf_config_versions(c, version, version), "versions");
    must(hf_config_ask(c, t->asks), "ask");
    set_hello(c, t);
    set_tls13(c, t);
    if (t->supplemental != NO_SUPPLEMENTAL) {
        add_supplemental(c);
    }
    set_lists(c, t);
    set_status(c, t);
    if (hf_config_freeze(c, &why) != HF_OK) {
        fail_msg("freeze: %s", why.sentence);
    }
    return c;
}

#define SHARED_MAX 64
static struct {
    struct trait trait;
    hf_config *config;
} shared[SHARED_MAX];
static size_t shared_count;

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_trait(const struct trait *a, const struct trait *b)
{
    return a->side == b->side && a->key == b->key && a->has_identity == b->has_identity &&
           a->client_auth == b->client_auth && same_text(a->suites, b->suites) &&
           same_text(a->groups, b->groups) && same_text(a->sign, b->sign) &&
           same_text(a->accept, b->accept) && same_text(a->alpn, b->alpn) &&
           a->no_sessions == b->no_sessions && a->unverified == b->unverified && a->asks == b->asks &&
           a->role == b->role && a->rsa_root == b->rsa_root && a->etm_required == b->etm_required &&
           a->min_dh_bits == b->min_dh_bits && a->max_fragment == b->max_fragment &&
           a->padding == b->padding && a->record_size_limit == b->record_size_limit &&
           a->grease == b->grease && a->status == b->status && a->supplemental == b->supplemental &&
           a->renegotiation == b->renegotiation && a->peer_may_change == b->peer_may_change &&
           a->tickets == b->tickets && a->no_tickets == b->no_tickets && a->tls13 == b->tls13 &&
           a->early == b->early && a->external == b->external && a->psk_alone == b->psk_alone &&
           a->compresses == b->compresses && a->later == b->later;
}

const hf_config *shared_config(const struct trait *t)
{
    for (size_t i = 0; i < shared_count; i++) {
        if (same_trait(&shared[i].trait, t)) {
            return shared[i].config;
        }
    }
    assert_true(shared_count < SHARED_MAX);
    shared[shared_count].trait = *t;
    shared[shared_count].config = trait_config(t);
    return shared[shared_count++].config;
}

void shared_configs_free(void)
{
    while (shared_count) {
        hf_config_free(shared[--shared_count].config);
    }
    hf_keyring_free(two_epochs);
    two_epochs = NULL;
}

int shared_configs_teardown(void **state)
{
    (void)state;
    shared_configs_free();
    return 0;
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
        must(hf_conn_resume(c, session), "hf_conn_resume");
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
    must((hf_err)record_write(&p->conn->out, type, content), "a record of the puppet");
    p->told = true;
}

void puppet_split(struct puppet *p, size_t len)
{
    assert_true(len && len < p->len);
    puppet_record(p, CONTENT_HANDSHAKE, slice_of(p->bytes, len));
    must((hf_err)transcript_add(&p->conn->hs->transcript, slice_of(p->bytes, len)), "transcript");
    p->len -= len;
    memmove(p->bytes, p->bytes + len, p->len);
}

void puppet_handshake(struct puppet *p, struct slice bytes)
{
    must((hf_err)record_write_handshake(&p->conn->out, bytes), "handshake bytes of the puppet");
    p->told = true;
}

/* ---- talking ---- */
void answer_supplemental(hf_conn *asked)
{
    static const hf_supplemental hi = {.type = TEST_AUTHZ_DATA, .data = {(const uint8_t *)"hi", 2}};
    size_t count = 0;
    for (size_t i = 0; i < shared_count; i++) {
        count += shared[i].config == asked->config && shared[i].trait.supplemental == SENDS_SUPPLEMENTAL;
    }
    if (hf_asked(asked, NULL) == HF_ASK_SUPPLEMENTAL) {
        must(hf_answer_supplemental(asked, &hi, count), "hf_answer_supplemental");
    }
}

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
        must((hf_err)protection_seal(p, type, plain, record + RECORD_HEADER, 0), "seal");
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
    must(resuming ? hf_renegotiate_resuming(client, session) : hf_renegotiate(client), "another handshake");
    hf_session_free(session);
}

hf_session *earn_session(const hf_config *client, const hf_config *server)
{
    hf_conn *c = honest_new(client, NULL), *s = honest_new(server, NULL);
    if (two_epochs) {
        load_epochs(OLDER);
    }
    converse(c, s);
    if (two_epochs) {
        load_epochs(BOTH);
    }
    expect_complete(c, s, "the handshake that earns a session");
    hf_session *session = hf_conn_session(c);
    assert_non_null(session);
    hf_conn_free(c);
    hf_conn_free(s);
    return session;
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

static void expect_data(hf_conn *from, hf_conn *to, const char *what)
{
    uint8_t record[256];
    size_t used;
    must(hf_push_app(from, text("seventeen letters"), &used), what);
    hf_bytes b = hf_peek_wire(from);
    assert_true(b.len < sizeof record);
    memcpy(record, b.data, b.len);
    must(hf_push_wire(to, record, b.len, &used), what);
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
