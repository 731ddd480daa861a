/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"
#include "crypto/derive.h"

/*
 * A step is told when it is done, and what it checked and derived is told behind it: until then that waits
 * here. Memory is taken only where somebody observes; when there is none, the picture lacks what did not fit.
 */
enum { HELD_MOST = 16, VALUE_MOST = 64, FINGERPRINT_LEAST = 16 };

struct held_one {
    enum event_kind kind;
    enum check check;
    enum err err;
    const char *name;
    size_t len;
    uint8_t value[VALUE_MOST];
    char detail[160];
};
struct held {
    size_t count;
    struct held_one one[HELD_MOST];
};

static const struct {
    const char *name, *rfc, *rfc13;
} checks[] = {
#define CHECK(id, name, rfc, rfc13) [CHECK_##id] = {name, rfc, rfc13},
#include "handshake/checks.def"
#undef CHECK
};

static bool has_room(hf_conn *c)
{
    void *memory;
    if (!c->held && memory_new(sizeof *c->held, &memory) == OK) {
        c->held = memory;
    }
    return c->held && c->held->count < HELD_MOST;
}

/* What is known of the check now; later steps overwrite it. */
static void keep_detail(const struct hs *hs, struct held_one *one)
{
    const char *detail = one->check == CHECK_NAME ? hs->name
                         : one->err != OK && (one->check == CHECK_CHAIN || one->check == CHECK_RAW_KEY)
                             ? hs->verdict.detail
                         : one->err != OK ? hs->detail
                                          : NULL;
    size_t len = detail ? strlen(detail) : 0;
    len = len < sizeof one->detail ? len : sizeof one->detail - 1;
    memcpy(one->detail, len ? detail : "", len);
    one->detail[len] = 0;
}

void held_keep(hf_conn *c, const struct event *e)
{
    if (!c->observer || e->message.len > VALUE_MOST || !has_room(c)) {
        return;
    }
    struct held_one *one = &c->held->one[c->held->count++];
    *one = (struct held_one){.kind = e->kind, .check = e->check, .err = e->err, .name = e->name};
    if (e->kind == EVENT_CHECK) {
        keep_detail(c->hs, one);
    } else {
        one->len = e->message.len;
        memcpy(one->value, e->message.data, e->message.len);
    }
}

static void tell_check(hf_conn *c, const struct held_one *one, const char *about)
{
    hf_event e = event_of(c, HF_EVENT_CHECK, false);
    e.name = checks[one->check].name;
    const char *rfc = e.version == TLS_1_3 ? checks[one->check].rfc13 : checks[one->check].rfc;
    e.rfc = one->err == OK ? rfc : err_row(one->err)->rfc;
    e.about = about;
    e.passed = one->err == OK;
    e.err = public_err(one->err);
    e.text = one->detail;
    c->observer(c->observer_arg, &e);
}

static void tell_secret(hf_conn *c, const struct held_one *one, const char *about)
{
    uint8_t digest[HASH_MAX];
    hf_event e = event_of(c, HF_EVENT_SECRET, false);
    e.name = one->name;
    e.about = about;
    if (one->len >= FINGERPRINT_LEAST &&
        hash_once(HASH_SHA256, slice_of(one->value, one->len), digest) == OK) {
        e.fingerprint = (hf_bytes){digest, 8};
    }
    if (c->observe_secrets) {
        e.secret = (hf_bytes){one->value, one->len};
    }
    c->observer(c->observer_arg, &e);
}

void held_tell_secret(hf_conn *c, const char *name, struct slice secret, const char *about)
{
    if (c->observer && secret.len <= VALUE_MOST) {
        struct held_one one = {.kind = EVENT_SECRET, .name = name, .len = secret.len};
        memcpy(one.value, secret.data, secret.len);
        tell_secret(c, &one, about);
        wipe(&one, sizeof one);
    }
}

void held_tell(hf_conn *c, const char *about)
{
    for (size_t i = 0; c->held && i < c->held->count; i++) {
        if (c->held->one[i].kind == EVENT_CHECK) {
            tell_check(c, &c->held->one[i], about);
        } else {
            tell_secret(c, &c->held->one[i], about);
        }
    }
    held_wipe(c);
}

void held_wipe(hf_conn *c)
{
    if (c->held) {
        memory_free(c->held, sizeof *c->held);
        c->held = NULL;
    }
}
