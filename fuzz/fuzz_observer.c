/* SPDX-License-Identifier: MIT */
#include <handfast/observe.h>

#include <stdlib.h>
#include <string.h>

/*
 * hf_tap on whatever passes. Input: a key log up to a zero byte, then pieces: one byte (bit 7: from the
 * server; bit 6: they are missing, and only told; else the length's upper bits), one byte of length, the
 * bytes. Pushed as they are and byte by byte the events must be the same.
 */

#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

struct told {
    uint64_t hash, hidden;
    size_t events;
};

static void mix(struct told *t, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        t->hash = (t->hash ^ bytes[i]) * 0x100000001b3u;
    }
}

static void on_field(void *arg, const hf_field *f)
{
    struct told *t = arg;
    REQUIRE(f->name && f->text && f->rfc);
    mix(t, f->name, strlen(f->name));
    mix(t, f->bytes.data, f->bytes.len);
}

static void on_event(void *arg, const hf_event *e)
{
    struct told *t = arg;
    REQUIRE(e->name && e->text && e->rfc && e->why && e->by == e->seen_by);
    t->events++;
    t->hidden += e->kind == HF_EVENT_HIDDEN;
    mix(t, e->name, strlen(e->name));
    mix(t, e->text, strlen(e->text));
    mix(t, e->message.data, e->message.len);
    uint64_t numbers[] = {e->kind,   e->by,           e->epoch,    e->size,
                          e->record, e->first_record, e->sequence, e->suite};
    mix(t, numbers, sizeof numbers);
    hf_event_fields(e, on_field, t);
}

/* Memory of their own, so that a read past their end is seen. */
static void push(hf_tap *tap, hf_side from, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    REQUIRE(copy);
    memcpy(copy, data, len);
    hf_tap_push(tap, from, (hf_bytes){copy, len});
    free(copy);
}

static void pass(hf_tap *tap, const uint8_t *data, size_t size, size_t piece)
{
    while (size >= 2) {
        hf_side from = data[0] & 0x80 ? HF_SERVER : HF_CLIENT;
        size_t len = (size_t)(data[0] & 0x3f) << 8 | data[1];
        if (data[0] & 0x40) {
            hf_tap_miss(tap, from, len);
            data += 2;
            size -= 2;
            continue;
        }
        len = len < size - 2 ? len : size - 2;
        for (size_t at = 0; at < len; at += piece) {
            push(tap, from, data + 2 + at, piece < len - at ? piece : len - at);
        }
        data += 2 + len;
        size -= 2 + len;
    }
    hf_tap_end(tap, HF_CLIENT, false);
    hf_tap_end(tap, HF_SERVER, true);
}

static struct told observe(const hf_secrets *secrets, const uint8_t *data, size_t size, size_t piece)
{
    struct told told = {0xcbf29ce484222325u, 0, 0};
    hf_tap *tap = hf_tap_new(secrets, on_event, &told);
    REQUIRE(tap);
    pass(tap, data, size, piece);
    const hf_tap_summary *sum = hf_tap_look(tap);
    REQUIRE(sum->hidden <= told.hidden && sum->why && (told.hidden == 0) == (sum->why[0] == 0));
    mix(&told, &sum->records, sizeof sum->records);
    mix(&told, &sum->unread, sizeof sum->unread);
    hf_tap_free(tap);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t log = zero ? (size_t)(zero - data) : 0, used;
    hf_secrets *secrets = hf_secrets_new();
    REQUIRE(secrets && hf_secrets_add(secrets, (hf_bytes){data, log}, &used) == HF_OK && used <= log);
    log += zero != NULL;
    struct told whole = observe(secrets, data + log, size - log, SIZE_MAX);
    struct told bytewise = observe(secrets, data + log, size - log, 1);
    REQUIRE(whole.hash == bytewise.hash && whole.events == bytewise.events);
    hf_secrets_free(secrets);
    return 0;
}
