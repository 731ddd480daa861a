/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "observe/observe.h"

/* Handshake messages, RFC 5246 7.4: put together from records, followed, told. */

#define MESSAGE_MAX (HANDSHAKE_HEADER + 0x40000)

/* Where the shape depends on the suite, that of this handshake; NULL: it is not known. */
const struct layout *tap_exchange_layout(const struct observed *o)
{
    if (!o->has_hellos[SERVER] || !o->suite.has_shape || o->version != TLS_1_2) {
        return NULL;
    }
    bool anonymous = o->suite.suite.auth == AUTH_ANON;
    if (o->suite.suite.kx == KX_ECDHE) {
        return anonymous ? &layout_server_key_exchange_ecdh_anon : &layout_server_key_exchange_ecdhe;
    }
    return o->suite.suite.kx != KX_DHE ? NULL
           : anonymous                 ? &layout_server_key_exchange_dh_anon
                                       : &layout_server_key_exchange_dhe;
}

static const char *or_empty(const char *name)
{
    return name ? name : "";
}

static void say_exchange(const struct observed *o, struct slice body, char *room, size_t size)
{
    struct server_key_exchange m;
    const struct layout *layout = tap_exchange_layout(o);
    if (!layout || layout_decode(layout, body, &m) != OK) {
        return;
    }
    struct dh_group numbers = {m.dh_p, m.dh_g};
    const struct group *ffdhe = m.dh_p.len ? group_of_numbers(&numbers) : NULL;
    const char *group = ffdhe        ? ffdhe->name
                        : m.dh_p.len ? ""
                                     : or_empty(name_of(&group_names, m.named_curve));
    const char *scheme = m.signature.data ? or_empty(name_of(&scheme_names, m.scheme)) : "";
    (void)snprintf(room, size, "%s%s%s", group, *group && *scheme ? ", " : "", scheme);
}

/* The same as a connection of ours says beside a message's name. */
static void say(const struct observed *o, enum message m, struct slice body, char room[96])
{
    struct certificate_verify verify;
    room[0] = 0;
    if (m == SERVER_HELLO) {
        (void)snprintf(room, 96, "%s", or_empty(o->suite.suite.name));
    } else if (m == SERVER_KEY_EXCHANGE) {
        say_exchange(o, body, room, 96);
    } else if (m == CERTIFICATE_VERIFY && o->version >= TLS_1_2 &&
               layout_decode(&layout_certificate_verify, body, &verify) == OK) {
        (void)snprintf(room, 96, "%s", or_empty(name_of(&scheme_names, verify.scheme)));
    } else if (m == CERTIFICATE && body.len <= 3) {
        (void)snprintf(room, 96, "empty: no certificate fits");
    }
}

/* The row of the flows that the message is, as far as that can be told from outside. */
static const struct step *row_of(const struct hf_tap *t, const struct lane *l, enum message m)
{
    const struct observed *o = &t->now;
    const struct step *hello = flow_anytime_accepts(flow_hello, l->by, m);
    if (m == CLIENT_HELLO && o->again) {
        while (!(hello->by == l->by && hello->what == m && hello->when & RETRY)) {
            hello++;
        }
    }
    const struct step *rest = !tap_is13(t) ? (o->resumed ? flow_resume12 : flow_full12)
                              : o->running ? flow_tls13
                                           : flow_authenticate13;
    return hello ? hello : flow_anytime_accepts(rest, l->by, m);
}

/* ---- what it means ---- */
void tap_decide(struct hf_tap *t, struct lane *l, bool abbreviated)
{
    struct observed *o = &t->now;
    if (l->by != SERVER || o->decided || !o->has_hellos[SERVER]) {
        return;
    }
    o->decided = true;
    o->resumed = abbreviated;
    hf_event e = tap_event(t, l, HF_EVENT_RESUMPTION);
    e.resumption = abbreviated ? HF_RESUMED : o->offers_session ? HF_SESSION_UNKNOWN : HF_NOT_OFFERED;
    e.text = hf_resumption_sentence(e.resumption);
    tap_emit(t, &e);
}

/* Answers which message it is after all. */
static enum message follow(struct hf_tap *t, struct lane *l, enum message m, struct slice body)
{
    struct encrypted_extensions encrypted;
    if (m == ENCRYPTED_EXTENSIONS && l->by == SERVER &&
        layout_decode(&layout_encrypted_extensions, body, &encrypted) == OK) {
        tap_certificate_types(&t->now, encrypted.extensions);
    }
    if (m == CERTIFICATE) {
        tap_certificate(t, l->by, body);
    }
    if (m == CLIENT_HELLO && l->by == CLIENT) {
        tap_client_hello(t, body);
    } else if (m == SERVER_HELLO && l->by == SERVER) {
        return tap_server_hello(t, body);
    } else if (tap_is13(t)) {
        tap_decide(t, l, t->now.pre_shared);
    } else if (m != NEW_SESSION_TICKET &&
               m != HELLO_REQUEST) { /* RFC 5077 3.3: in either kind of handshake */
        tap_decide(t, l, false);
    }
    return m;
}

/* A client's CertificateVerify of TLS 1.2 signs the messages themselves: they are kept while it may come, and
 * as long as they are not too many. */
static void keep_or_not(struct observed *o, enum message m, size_t more)
{
    bool over = o->version != TLS_1_2 || m == CERTIFICATE_VERIFY || m == FINISHED ||
                buffer_len(&o->transcript.kept) + more > OBSERVED_TRANSCRIPT_MAX;
    if (o->transcript.keep && o->transcript.run.hash != HASH_NONE && over) {
        transcript_stop_keeping(&o->transcript);
    }
}

static void hash_message(struct observed *o, enum message m, struct slice message)
{
    enum err e = OK;
    if (m == HELLO_REQUEST || !o->running) {
        return; /* RFC 5246 7.4.1.1 */
    }
    if (m == HELLO_RETRY_REQUEST) {
        tap_retry_transcript(o);
    }
    keep_or_not(o, m, message.len);
    e = transcript_add(&o->transcript, message);
    if (e == OK && m == SERVER_HELLO && o->has_hellos[SERVER]) {
        e = transcript_start(&o->transcript, o->suite.suite.hash);
    }
    o->transcript_whole &= e == OK;
}

/* ---- Finished ---- */
struct expectation {
    bool known;
    size_t len;
    uint8_t data[HASH_MAX];
};

/* Before Finished itself is hashed. */
static struct expectation expect(const struct hf_tap *t, const struct lane *l)
{
    struct expectation x = {false, VERIFY_DATA_SIZE, {0}};
    const struct observed *o = &t->now;
    bool can = o->running && o->transcript_whole && o->transcript.run.hash != HASH_NONE;
    if (can && tap_is13(t)) {
        x.known = tap_verify_data13(t, l, x.data, &x.len) == OK;
    } else if (can && o->version == TLS_1_2) {
        x.known = tap_verify_data(t, l->by, x.data) == OK;
    }
    return x;
}

static void check_finished(struct hf_tap *t, struct lane *l, const struct expectation *x, struct slice body)
{
    hf_event e = tap_event(t, l, HF_EVENT_CHECK);
    e.name = "verify_data";
    e.about = message_row(FINISHED)->name;
    e.rfc = tap_is13(t) ? "RFC 8446 4.4.4" : "RFC 5246 7.4.9";
    e.passed = secret_equal(slice_of(x->data, x->len), body);
    e.text = e.passed ? "both sides have seen the same handshake"
                      : "it is not what the messages and the logged secret make";
    tap_emit(t, &e);
}

static void finish(struct hf_tap *t, struct lane *l)
{
    struct observed *o = &t->now;
    o->finished[l->by] = true;
    if (!o->running || !o->finished[CLIENT] || !o->finished[SERVER]) {
        return;
    }
    o->running = false;
    t->summary.complete = true;
    for (enum side side = CLIENT; side <= SERVER; side++) {
        hf_event e = tap_event(t, &t->lane[side], HF_EVENT_DONE);
        tap_emit(t, &e);
    }
}

/* ---- one message ---- */
static hf_event step_of(const struct hf_tap *t, const struct lane *l, enum message m, struct slice message)
{
    const struct message_row *row = message_row(m);
    hf_event e = tap_event(t, l, HF_EVENT_STEP);
    const char *known = name_of(&message_type_names, message.data[0]);
    e.name = row ? row->name : known ? known : "unknown handshake message";
    e.rfc = row ? message_rfc(m, tap_may_be13(t)) : "";
    e.message = (hf_bytes){message.data, message.len};
    e.size = message.len;
    e.first_record = l->message_record;
    e.new_keys = tap_is13(t) && tap_changes_keys13(l, m); /* ServerHello's are a step of their own */
    return e;
}

static void take_message(struct hf_tap *t, struct lane *l, struct slice message)
{
    char room[96], why[160];
    uint8_t hash[HASH_MAX];
    struct slice transcript = {NULL, 0};
    enum message m = message_of_type(message.data[0]);
    struct slice body = slice_after(message, HANDSHAKE_HEADER);
    m = follow(t, l, m, body);
    struct expectation x = m == FINISHED ? expect(t, l) : (struct expectation){0};
    struct signature_check signature = tap_check_signature(t, l->by, m, body);
    hash_message(&t->now, m, message);
    hf_event e = step_of(t, l, m, message);
    say(&t->now, m, body, room);
    e.text = room;
    const struct step *row = t->now.running ? row_of(t, l, m) : NULL;
    e.why = row ? step_why(row, why, sizeof why) : "";
    if (t->now.transcript_whole && t->now.transcript.run.hash != HASH_NONE && t->now.running &&
        transcript_hash(&t->now.transcript, hash, &transcript) == OK) {
        e.transcript_hash = (hf_bytes){transcript.data, transcript.len};
    }
    tap_emit(t, &e);
    tap_tell_signature(t, l, m, signature);
    if (x.known) {
        check_finished(t, l, &x, body);
    }
    if (m == FINISHED) {
        finish(t, l);
    }
    if (tap_is13(t)) {
        tap_after13(t, l, m);
    } else if (m == CLIENT_HELLO && l->by == CLIENT && t->now.early_data && l->epoch == 0) {
        tap_keys13(t, l, STAGE_EARLY);
    } else if (m == SERVER_HELLO) {
        tap_no_early(t);
    }
}

/* Not empty: gather was true. */
static struct slice held(const struct lane *l)
{
    return slice_of(l->handshake.data + l->handshake.start, buffer_len(&l->handshake));
}

static size_t whole_length(struct slice head)
{
    return HANDSHAKE_HEADER + ((size_t)head.data[1] << 16 | (size_t)head.data[2] << 8 | head.data[3]);
}

/* Moves bytes behind the unfinished message until it has size of them. */
static bool gather(struct hf_tap *t, struct lane *l, size_t size, struct slice *bytes)
{
    size_t held = buffer_len(&l->handshake), missing = size > held ? size - held : 0;
    size_t taken = bytes->len < missing ? bytes->len : missing;
    if (buffer_append(&l->handshake, slice_of(bytes->data, taken)) != OK) {
        tap_lose(t, l, E_NO_MEMORY, err_row(E_NO_MEMORY)->sentence);
        return false;
    }
    *bytes = slice_after(*bytes, taken);
    return taken == missing;
}

void tap_handshake(struct hf_tap *t, struct lane *l, struct slice bytes)
{
    char why[80];
    l->handshake.limit = MESSAGE_MAX;
    while (bytes.len && !l->lost) {
        if (buffer_len(&l->handshake) == 0) {
            l->message_record = l->records;
        }
        if (!gather(t, l, HANDSHAKE_HEADER, &bytes)) {
            return;
        }
        size_t whole = whole_length(held(l));
        if (whole > MESSAGE_MAX) {
            (void)snprintf(why, sizeof why, "a handshake message of %zu bytes is not read", whole);
            tap_lose(t, l, E_MALFORMED_MESSAGE, why);
        } else if (gather(t, l, whole, &bytes)) {
            take_message(t, l, held(l));
            buffer_drop(&l->handshake, whole);
        }
    }
}
