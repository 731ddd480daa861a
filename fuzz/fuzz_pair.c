/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <handfast/early.h>

#include "extras.h"
#include "extras13.h"

/*
 * Two sides that are right, and somebody between them. Input: variant, then orders of four bytes: which
 * record (counted over both ways), what happens to it, where, with what. However it ends: whoever received
 * changed bytes is not complete, and no plaintext arrives that was not sent.
 */
enum { CHANGE_CIPHER_SPEC_TYPE = 20, APPLICATION_DATA_TYPE = 23 };
enum order_kind { CHANGE, CUT, GROW, LOSE, REPEAT, DELAY, REFLECT, ORDERS };
struct order {
    uint8_t record, kind, at, value;
};
struct orders {
    const struct order *first;
    size_t count;
};
struct record_bytes {
    uint8_t bytes[20000];
    size_t len;
};
static struct record_bytes current, original, delayed;
static const uint8_t message[] = "what was really sent";

struct between {
    hf_conn *side[2];
    struct orders orders;
    size_t count;   /* records so far */
    bool harmed[2]; /* before it was complete it was not given what the other sent */
    bool answered;  /* the server has spoken: what the client sends is not early any more */
    bool harmed_early;
    size_t early; /* bytes of it that arrived */
};

/* RFC 8446 4.2.10: all that was said, in its order, or nothing more. */
static void take_early(struct between *b, hf_conn *c)
{
    hf_bytes plain = hf_peek_early(c), said = extras13_early();
    REQUIRE(plain.len <= said.len - b->early);
    REQUIRE(!plain.len || memcmp(plain.data, said.data + b->early, plain.len) == 0);
    b->early += plain.len;
    hf_drop_early(c, plain.len);
}

static void arrive(struct between *b, hf_side to, const struct record_bytes *r)
{
    hf_conn *c = b->side[to];
    uint8_t *copy = malloc(r->len + 1);
    REQUIRE(copy);
    memcpy(copy, r->bytes, r->len);
    for (size_t at = 0, used = 1; at < r->len && used && !hf_failed(c); at += used) {
        (void)!hf_push_wire(c, copy + at, r->len - at, &used);
        REQUIRE(used <= r->len - at);
        hf_bytes plain = hf_peek_app(c);
        REQUIRE(plain.len == 0 ||
                (plain.len == sizeof message && memcmp(plain.data, message, plain.len) == 0));
        hf_drop_app(c, plain.len);
        take_early(b, c);
        fuzz_answer(c);
    }
    free(copy);
}

static void set_length(struct record_bytes *r, size_t content)
{
    r->len = 5 + content;
    r->bytes[3] = (uint8_t)(content >> 8);
    r->bytes[4] = (uint8_t)content;
}

/* Content only: the header's version is nobody's until keys are there. */
static void follow(struct between *b, hf_side to, const struct order *o)
{
    struct record_bytes *r = &current;
    size_t content = r->len - 5, at = (size_t)o->at * content / 256;
    switch (o->kind % ORDERS) {
    case CHANGE:
        r->bytes[5 + at] ^= o->value;
        return;
    case CUT:
        set_length(r, at ? at : 1);
        return;
    case GROW:
        if (r->len + o->value < sizeof r->bytes) {
            memset(r->bytes + r->len, o->at | 1,
                   o->value); /* zeros would be HelloRequests, which are ignored */
            set_length(r, content + o->value);
        }
        return;
    case LOSE:
        r->len = 0;
        return;
    case REPEAT:
        arrive(b, to, r);
        return;
    case DELAY:
        delayed = *r;
        r->len = 0;
        return;
    default:
        arrive(b, to == HF_CLIENT ? HF_SERVER : HF_CLIENT, r);
        return;
    }
}

static bool next_record(hf_conn *from)
{
    hf_bytes w = hf_peek_wire(from);
    if (!w.len) {
        return false;
    }
    REQUIRE(w.len >= 5);
    current.len = 5 + (size_t)(w.data[3] << 8 | w.data[4]);
    REQUIRE(current.len <= w.len && current.len <= sizeof current.bytes);
    memcpy(current.bytes, w.data, current.len);
    hf_drop_wire(from, current.len);
    return true;
}

/* RFC 8446 D.4, 4.2.10: a compatible ChangeCipherSpec is nobody's, and early data may be passed over unread. */
static void note_harm(struct between *b, hf_side to, bool harmed)
{
    bool tls13 = fuzz_playing() & WITH_TLS13;
    if (tls13 && original.bytes[0] == CHANGE_CIPHER_SPEC_TYPE) {
        return;
    }
    if (tls13 && to == HF_SERVER && !b->answered && original.bytes[0] == APPLICATION_DATA_TYPE) {
        b->harmed_early |= harmed;
    } else {
        b->harmed[to] |= harmed;
    }
}

static size_t pass(struct between *b, hf_side from)
{
    size_t passed = 0;
    hf_side to = from == HF_CLIENT ? HF_SERVER : HF_CLIENT;
    for (; next_record(b->side[from]); passed++, b->count++) {
        b->answered |= from == HF_SERVER;
        bool complete = hf_negotiated(b->side[to])->complete, more = false;
        original = current;
        for (size_t i = 0; i < b->orders.count && current.len; i++) {
            if (b->orders.first[i].record == b->count) {
                follow(b, to, &b->orders.first[i]);
                more |= b->orders.first[i].kind % ORDERS >=
                        REPEAT; /* the right bytes may have got there too */
            }
        }
        bool same = current.len == original.len && memcmp(current.bytes, original.bytes, current.len) == 0;
        note_harm(b, to, !complete && !same && !more);
        arrive(b, to, &current);
        if (delayed.len && current.len) {
            arrive(b, to, &delayed);
            delayed.len = 0;
        }
    }
    return passed;
}

static void pass_all(struct between *b)
{
    for (unsigned turns = 0; pass(b, HF_CLIENT) + pass(b, HF_SERVER) > 0; turns++) {
        REQUIRE(turns < 64);
    }
}

static void say(hf_conn *c)
{
    size_t used;
    if (hf_wants(c) & HF_GIVE_APP) {
        REQUIRE(hf_push_app(c, (hf_bytes){message, sizeof message}, &used) == HF_OK &&
                used == sizeof message);
    }
}

static void run(uint32_t variant, struct orders orders)
{
    struct between b = {.orders = orders};
    delayed.len = 0;
    b.side[HF_CLIENT] = fuzz_conn(HF_CLIENT, variant);
    b.side[HF_SERVER] = fuzz_conn(HF_SERVER, variant);
    fuzz_begin(b.side[HF_CLIENT]);
    pass_all(&b);
    bool taken = hf_negotiated(b.side[HF_SERVER])->early_data == HF_EARLY_ACCEPTED;
    b.harmed[HF_SERVER] |= taken && b.harmed_early;
    for (int i = 0; i < 2; i++) {
        const hf_failure *f = hf_failed(b.side[i]);
        REQUIRE(!f ||
                (hf_err_class_of(f->err) != HF_CLASS_LOCAL && hf_err_class_of(f->err) != HF_CLASS_USAGE));
        REQUIRE(!b.harmed[i] || !hf_negotiated(b.side[i])->complete);
    }
    if (!orders.count) {
        extras_require(b.side[HF_CLIENT], b.side[HF_SERVER], variant);
    }
    say(b.side[HF_CLIENT]);
    say(b.side[HF_SERVER]);
    pass_all(&b);
    (void)!hf_close(b.side[HF_CLIENT]);
    pass_all(&b);
    hf_conn_free(b.side[HF_CLIENT]);
    hf_conn_free(b.side[HF_SERVER]);
}

static bool is_tried(uint32_t variant)
{
    return !(variant &
             ~(uint32_t)(WITH_SESSION | WITH_STATUS | WITH_TLS13 | WITH_EARLY | WITH_PSK | WITH_LATER));
}

static void write_seed(const char *folder, uint32_t variant)
{
    static const struct order orders[] = {{0, CHANGE, 20, 1}, {1, CHANGE, 200, 128}, {2, CUT, 128, 0},
                                          {3, GROW, 0, 1},    {4, LOSE, 0, 0},       {5, REPEAT, 0, 0},
                                          {2, DELAY, 0, 0},   {1, REFLECT, 0, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders && is_tried(variant); i++) {
        char name[20] = "order-0";
        name[6] = (char)('0' + i);
        seed_write(folder, name, variant, slice_of(NULL, 0), slice_of(&orders[i], sizeof orders[i]));
    }
    seed_write(folder, "none", variant, slice_of(NULL, 0), slice_of(NULL, 0));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_start();
    seeds_wanted(*argc, *argv, write_seed);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < VARIANT_SIZE || size > VARIANT_SIZE + 4 * 16) {
        return 0;
    }
    struct orders orders = {(const struct order *)(const void *)(data + VARIANT_SIZE),
                            (size - VARIANT_SIZE) / 4};
    run(fuzz_variant(data), orders);
    return 0;
}
