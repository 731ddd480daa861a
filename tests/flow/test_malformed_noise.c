/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Handshakes whose records are changed on their way, at random but reproducibly: the seed of a case is its
 * number. Whatever comes, it ends; a handshake of which any content was changed is complete on no side that
 * has the changed message in its transcript; and what was changed behind the last Finished never arrives as
 * data. Checklist S3, S9.
 */
#if defined(__SANITIZE_ADDRESS__)
#define CASES 2500
#else
#define CASES 10000
#endif

/* ---- chance: xorshift64*, seeded by the number of the case ---- */
static uint64_t chance;

static uint32_t draw(uint32_t below)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return (uint32_t)((chance * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static void seed(size_t number)
{
    chance = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 8; i++) {
        (void)draw(2);
    }
}

/* ---- noise ---- */
enum noise { FLIP_CONTENT, RANDOM_CONTENT, FLIP_HEADER, SHORTER, LONGER, TWICE, LOST, INSERTED, NOISES };
static const char *const noise_names[NOISES] = {"a bit flipped",   "random content", "a bit of the header",
                                                "bytes cut off",   "bytes put in",   "said twice",
                                                "lost on its way", "a record put in"};

struct wire_record {
    uint8_t bytes[2 * (RECORD_HEADER + RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX)];
    size_t len;
    bool changed; /* the content is not what was sent */
};

static void set_length(struct wire_record *r, size_t content)
{
    r->bytes[3] = (uint8_t)(content >> 8);
    r->bytes[4] = (uint8_t)content;
    r->len = RECORD_HEADER + content;
}

static void randomize(uint8_t *at, size_t len)
{
    while (len--) {
        at[len] = (uint8_t)draw(256);
    }
}

static void spoil(struct wire_record *r, enum noise noise)
{
    size_t content = r->len - RECORD_HEADER;
    uint8_t before[RECORD_HEADER + RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX],
        *body = r->bytes + RECORD_HEADER;
    size_t len = r->len;
    memcpy(before, r->bytes, len);
    size_t at = draw((uint32_t)content), n = 1 + draw(20);
    switch (noise) {
    case FLIP_CONTENT:
        body[at] ^= (uint8_t)(1u << draw(8));
        break;
    case RANDOM_CONTENT:
        randomize(body + at, content - at < n ? content - at : n);
        break;
    case FLIP_HEADER:
        r->bytes[draw(RECORD_HEADER)] ^= (uint8_t)(1u << draw(8));
        break;
    case SHORTER:
        set_length(r, at);
        break;
    case LONGER:
        memmove(body + at + n, body + at, content - at);
        randomize(body + at, n);
        set_length(r, content + n);
        break;
    case TWICE:
        memcpy(r->bytes + len, r->bytes, len);
        r->len = 2 * len;
        break;
    case LOST:
        r->len = 0;
        break;
    default: { /* a record of any type before it */
        memmove(r->bytes + RECORD_HEADER + n, r->bytes, len);
        r->bytes[0] = (uint8_t)(CONTENT_CHANGE_CIPHER_SPEC + draw(4));
        randomize(body, n);
        set_length(r, n);
        r->len += len;
        break;
    }
    }
    /* the version in the header of a record in the clear is nobody's: RFC 5246 E.1 */
    bool only_version = r->len == len && r->bytes[0] == before[0] &&
                        memcmp(r->bytes + 3, before + 3, len - 3) == 0;
    r->changed = !only_version;
}

/* ---- one handshake, of which record `target` (counted over both ways) is spoiled ---- */
struct passage {
    hf_conn *side[2];
    size_t count, target;
    enum noise noise;
    bool changed;
    enum side by; /* who sent it */
};

static bool next_record(hf_conn *from, struct wire_record *r)
{
    hf_bytes b = hf_peek_wire(from);
    if (!b.len) {
        return false;
    }
    r->len = RECORD_HEADER + (size_t)(b.data[3] << 8 | b.data[4]);
    assert_true(r->len <= b.len);
    memcpy(r->bytes, b.data, r->len);
    r->changed = false;
    hf_drop_wire(from, r->len);
    return true;
}

static void arrive(hf_conn *to, struct wire_record *r)
{
    size_t at = 0, used = 1;
    while (at < r->len && used && !hf_failed(to)) {
        (void)!hf_push_wire(to, r->bytes + at, r->len - at, &used);
        at += used;
        assert_int_equal(hf_peek_app(to).len, 0); /* nobody sent any */
    }
}

static size_t pass(struct passage *p, enum side from)
{
    static struct wire_record r;
    size_t passed = 0;
    while (next_record(p->side[from], &r)) {
        if (p->count++ == p->target) {
            spoil(&r, p->noise);
            p->changed = r.changed;
            p->by = from;
        }
        arrive(p->side[other_side(from)], &r);
        passed++;
    }
    return passed;
}

static void converse_with_noise(struct passage *p)
{
    for (unsigned turns = 0; pass(p, CLIENT) + pass(p, SERVER) > 0; turns++) {
        assert_true(turns < 64);
    }
}

static const struct {
    const char *name;
    bool resumed;
    struct trait client, server;
} kinds[] = {
    {"full", false, {.side = CLIENT, .alpn = "h2"}, {.side = SERVER, .alpn = "h2"}},
    {"mutual",
     false,
     {.side = CLIENT, .has_identity = true},
     {.side = SERVER, .key = TEST_ED25519, .client_auth = HF_CLIENT_AUTH_REQUIRE}},
    /* no signature covers this CertificateRequest: Finished alone does */
    {"mutual, none sent", false, {.side = CLIENT}, {.side = SERVER, .client_auth = HF_CLIENT_AUTH_REQUEST}},
    {"resumed", true, {.side = CLIENT}, {.side = SERVER}},
    {"ticket", false, {.side = CLIENT}, {.side = SERVER, .tickets = GIVES_TICKETS}},
    {"resumed by ticket, renewed", true, {.side = CLIENT}, {.side = SERVER, .tickets = RENEWS_TICKETS}},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static struct passage begin(size_t kind, hf_session *session)
{
    struct passage p = {.target = SIZE_MAX};
    p.side[CLIENT] = honest_new(shared_config(&kinds[kind].client), session);
    p.side[SERVER] = honest_new(shared_config(&kinds[kind].server), NULL);
    return p;
}

static void end(struct passage *p)
{
    hf_conn_free(p->side[CLIENT]);
    hf_conn_free(p->side[SERVER]);
}

/* The receiver of what was changed has another transcript, or could not read it: it must not be complete. */
static void judge(const struct passage *p, size_t number, size_t kind)
{
    const hf_conn *receiver = p->side[other_side(p->by)], *sender = p->side[p->by];
    bool harmed = p->changed && p->noise != TWICE && p->noise != INSERTED && p->noise != LOST;
    if (harmed &&
        (hf_negotiated(receiver)->complete || (hf_failed(receiver) && hf_failed(receiver)->err == HF_OK))) {
        fail_msg("case %zu, %s, %s in record %zu: the %s completed", number, kinds[kind].name,
                 noise_names[p->noise], p->target, p->by == CLIENT ? "server" : "client");
    }
    if (p->noise == LOST) {
        assert_false(hf_negotiated(receiver)->complete && hf_negotiated(sender)->complete &&
                     !hf_failed(receiver));
    }
    for (int s = CLIENT; s <= SERVER; s++) {
        const hf_failure *f = hf_failed(p->side[s]);
        assert_true(!f || hf_err_class_of(f->err) != HF_CLASS_LOCAL); /* never this side's fault */
        assert_true(!f || hf_err_class_of(f->err) != HF_CLASS_USAGE);
    }
}

static size_t refused, completed, waiting;

static void one_case(size_t number)
{
    static size_t records[KINDS];
    size_t kind = number % KINDS;
    hf_session *session = NULL;
    seed(number);
    if (kinds[kind].resumed) {
        session = earn_session(shared_config(&kinds[kind].client), shared_config(&kinds[kind].server));
    }
    if (!records[kind]) { /* how many there are, seen once */
        struct passage honest = begin(kind, session);
        converse_with_noise(&honest);
        records[kind] = honest.count;
        assert_true(hf_negotiated(honest.side[CLIENT])->complete &&
                    hf_negotiated(honest.side[SERVER])->complete);
        end(&honest);
    }
    struct passage p = begin(kind, session);
    p.target = draw((uint32_t)records[kind]);
    p.noise = (enum noise)draw(NOISES);
    converse_with_noise(&p);
    assert_true(p.count > p.target);
    judge(&p, number, kind);
    bool failed = hf_failed(p.side[CLIENT]) || hf_failed(p.side[SERVER]);
    bool both = hf_negotiated(p.side[CLIENT])->complete && hf_negotiated(p.side[SERVER])->complete;
    *(failed ? &refused : both ? &completed : &waiting) += 1;
    end(&p);
    hf_session_free(session);
}

static void test_records_changed_on_their_way(void **state)
{
    (void)state;
    for (size_t number = 0; number < CASES; number++) {
        one_case(number);
    }
    print_message(
        "%d handshakes with noise: %zu refused, %zu complete (the noise was harmless), %zu wait for "
        "what was lost\n",
        CASES, refused, completed, waiting);
    assert_true(refused > CASES / 2);
}

/* A server, and a client that has said its ClientHello, given nothing but noise. */
static void test_nothing_but_noise(void **state)
{
    (void)state;
    static uint8_t noise[4096];
    for (size_t number = 0; number < CASES; number++) {
        seed(number + 1000000);
        size_t len = 1 + draw(300);
        randomize(noise, len);
        if (draw(4)) { /* mostly records at least */
            noise[0] = (uint8_t)(CONTENT_CHANGE_CIPHER_SPEC + draw(4));
            noise[1] = noise[2] = 3;
            noise[3] = 0;
            noise[4] = (uint8_t)draw(200);
        }
        if (draw(2)) {
            noise[0] = CONTENT_HANDSHAKE;
            noise[5] = number % 2 ? 1 : 2; /* a hello */
            noise[6] = noise[7] = 0;
            noise[8] = (uint8_t)draw(200);
        }
        struct passage p = begin(0, NULL);
        hf_conn *c = p.side[number % 2 ? SERVER : CLIENT];
        size_t at = 0, used = 1;
        while (at < len && used && !hf_failed(c)) {
            (void)!hf_push_wire(c, noise + at, len - at, &used);
            at += used;
        }
        assert_false(hf_negotiated(c)->complete);
        assert_true(hf_failed(c) || at == len);
        assert_int_equal(hf_peek_app(c).len, 0);
        end(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_changed_on_their_way),
        cmocka_unit_test(test_nothing_but_noise),
    };
    return cmocka_run_group_tests(tests, NULL, shared_configs_teardown);
}
