/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake *fake_new(const char *url, const hf_store_options *options)
{
    hf_problem why;
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now = FAKE_START;
    f->greets = true;
    f->store = hf_store_new(url, options, &why);
    if (f->store == NULL) {
        fail_msg("%s: %s", url, why.sentence);
    }
    return f;
}

struct fake *fake_up(const char *url, const hf_store_options *options)
{
    struct fake *f = fake_new(url, options);
    fake_settle(f);
    assert_true(fake_stats(f).connected > 0);
    return f;
}

void fake_free(struct fake *f)
{
    hf_store_free(f->store);
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        free(f->link[i].in);
        free(f->link[i].command);
    }
    free(f);
}

/* ---- the store's bytes become commands ---- */

/* *N\r\n($L\r\n…\r\n)N as one line of words; its length, 0 when it is not whole. */
static size_t decode(const uint8_t *in, size_t len, char *text, size_t size)
{
    const char *at = (const char *)in, *end = at + len, *line = memchr(at, '\n', len);
    size_t used = 0;
    text[0] = '\0';
    if (line == NULL) {
        return 0;
    }
    assert_int_equal(*at, '*');
    long words = strtol(at + 1, NULL, 10);
    at = line + 1;
    for (long i = 0; i < words; i++) {
        line = memchr(at, '\n', (size_t)(end - at));
        if (line == NULL) {
            return 0;
        }
        assert_int_equal(*at, '$');
        long word = strtol(at + 1, NULL, 10);
        at = line + 1;
        if (end - at < word + 2) {
            return 0;
        }
        const char *space = i ? " " : "";
        int add = word < 50 ? snprintf(text + used, size - used, "%s%.*s", space, (int)word, at)
                            : snprintf(text + used, size - used, "%s<%ld>", space, word);
        used = used + (size_t)add < size ? used + (size_t)add : size - 1;
        at += word + 2;
    }
    return (size_t)(at - (const char *)in);
}

static bool greeted(struct fake *f, const struct fake_link *l, const char *text)
{
    uint8_t ok[] = "+OK\r\n", pong[] = "+PONG\r\n";
    if (f->slots && strcmp(text, "CLUSTER SLOTS") == 0) {
        size_t len = strlen(f->slots);
        uint8_t *copy = malloc(len);
        memcpy(copy, f->slots, len);
        hf_store_push(f->store, l->name, copy, len, f->now);
        free(copy);
        return true;
    }
    if (!f->greets) {
        return false;
    }
    if (strcmp(text, "PING") == 0) {
        hf_store_push(f->store, l->name, pong, sizeof pong - 1, f->now);
        return true;
    }
    if (strncmp(text, "AUTH ", 5) == 0 || strncmp(text, "SELECT ", 7) == 0) {
        hf_store_push(f->store, l->name, ok, sizeof ok - 1, f->now);
        return true;
    }
    return false;
}

static bool take(struct fake *f, struct fake_link *l)
{
    hf_bytes out = hf_store_peek(f->store, l->name);
    if (out.len == 0) {
        return false;
    }
    l->in = realloc(l->in, l->in_len + out.len);
    memcpy(l->in + l->in_len, out.data, out.len);
    l->in_len += out.len;
    l->bytes += out.len;
    hf_store_drop(f->store, l->name, out.len);
    struct fake_command c;
    for (size_t used = decode(l->in, l->in_len, c.text, sizeof c.text); l->in_len && used;
         used = l->in_len ? decode(l->in, l->in_len, c.text, sizeof c.text) : 0) {
        memmove(l->in, l->in + used, l->in_len - used);
        l->in_len -= used;
        if (l->commands > l->taken || !greeted(f, l, c.text)) {
            if (l->commands == l->room) {
                l->room = l->room ? l->room * 2 : 16;
                l->command = realloc(l->command, l->room * sizeof c);
            }
            l->command[l->commands++] = c;
        }
    }
    return true;
}

/* ---- what is asked of a caller ---- */

static bool dial(struct fake *f)
{
    hf_store_endpoint e;
    if (!hf_store_dial(f->store, &e, f->now)) {
        return false;
    }
    struct fake_link *l = f->link;
    while (l->name) {
        assert_true(++l < f->link + FAKE_LINKS);
    }
    free(l->command);
    free(l->in);
    *l = (struct fake_link){.name = e.link, .port = e.port};
    snprintf(l->host, sizeof l->host, "%s", e.host ? e.host : e.path);
    f->dialed++;
    if (!f->hangs) {
        l->connected = !f->refuses;
        hf_store_linked(f->store, l->name, l->connected, f->now);
    }
    return true;
}

static bool hang_up(struct fake *f)
{
    uint32_t name;
    if (!hf_store_hang_up(f->store, &name)) {
        return false;
    }
    f->hangups++;
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        if (f->link[i].name == name) {
            f->link[i].name = 0;
            return true;
        }
    }
    fail_msg("hf_store_hang_up names %u, which is no connection", name);
    return true;
}

void fake_settle(struct fake *f)
{
    unsigned rounds = 0;
    for (bool more = true; more; assert_true(++rounds < 10000)) {
        more = false;
        while (dial(f)) {
            more = true;
        }
        for (size_t i = 0; i < FAKE_LINKS; i++) {
            struct fake_link *l = &f->link[i];
            more = (l->name && l->connected && !f->deaf && take(f, l)) || more;
        }
        while (hang_up(f)) {
            more = true;
        }
        if (!f->no_ticks && hf_store_due(f->store) <= f->now) {
            hf_store_tick(f->store, f->now);
            more = true;
        }
    }
}

void fake_wait(struct fake *f, uint64_t milliseconds)
{
    uint64_t until = f->now + milliseconds;
    fake_settle(f);
    while (f->now < until) {
        uint64_t due = f->no_ticks ? until : hf_store_due(f->store);
        f->now = due < until ? (due > f->now ? due : f->now) : until;
        fake_settle(f);
    }
}

/* ---- links ---- */

size_t fake_links(const struct fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        n += f->link[i].name && f->link[i].connected;
    }
    return n;
}

struct fake_link *fake_link(struct fake *f, size_t n)
{
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        if (f->link[i].name && f->link[i].connected && n-- == 0) {
            return &f->link[i];
        }
    }
    fail_msg("there is no such link");
    return NULL;
}

struct fake_link *fake_to(struct fake *f, uint16_t port)
{
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        if (f->link[i].name && f->link[i].port == port) {
            return &f->link[i];
        }
    }
    fail_msg("there is no link to %u", port);
    return NULL;
}

const char *fake_asked(struct fake_link *l)
{
    return l->taken < l->commands ? l->command[l->taken].text : "";
}

void fake_say(struct fake *f, struct fake_link *l, const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len + 1); /* exactly, so that a read past its end is seen */
    uint8_t *at = copy + 1;
    if (len) {
        memcpy(at, bytes, len);
    }
    hf_store_push(f->store, l->name, at, len, f->now);
    free(copy);
    fake_settle(f);
}

void fake_answer_bytes(struct fake *f, struct fake_link *l, const void *bytes, size_t len)
{
    assert_true(l->taken < l->commands);
    l->taken++;
    fake_say(f, l, bytes, len);
    while (l->name && *fake_asked(l) && greeted(f, l, fake_asked(l))) { /* what waited behind it */
        l->taken++;
    }
    fake_settle(f);
}

void fake_answer(struct fake *f, struct fake_link *l, const char *resp)
{
    fake_answer_bytes(f, l, resp, strlen(resp));
}

struct fake_link *fake_any_asked(struct fake *f)
{
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        if (f->link[i].name && *fake_asked(&f->link[i])) {
            return &f->link[i];
        }
    }
    return NULL;
}

struct fake_link *fake_asking(struct fake *f, const char *begins)
{
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        struct fake_link *l = &f->link[i];
        if (l->name && strncmp(fake_asked(l), begins, strlen(begins)) == 0 && *fake_asked(l)) {
            return l;
        }
    }
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        if (f->link[i].name) {
            print_error("link %u to %s:%u is asked '%s'\n", f->link[i].name, f->link[i].host, f->link[i].port,
                        fake_asked(&f->link[i]));
        }
    }
    fail_msg("nobody is asked '%s'; trouble: %s", begins, hf_store_trouble(f->store));
    return NULL;
}

size_t fake_count(struct fake *f, const char *begins)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_LINKS; i++) {
        struct fake_link *l = &f->link[i];
        for (size_t k = l->taken; l->name && k < l->commands; k++) {
            n += strncmp(l->command[k].text, begins, strlen(begins)) == 0;
        }
    }
    return n;
}

/* ---- lookups ---- */

void fake_done(void *arg, hf_bytes record, hf_resumption why)
{
    struct fake_lookup *k = arg;
    k->calls++;
    k->ended = k->fake->now;
    k->found = record.len > 0;
    k->why = why;
    k->len = record.len;
    size_t len = record.len < sizeof k->record - 1 ? record.len : sizeof k->record - 1;
    memcpy(k->record, record.len ? record.data : (const uint8_t *)"", len);
    k->record[len] = '\0';
}

void fake_look_up(struct fake *f, struct fake_lookup *k, const char *key)
{
    *k = (struct fake_lookup){.fake = f, .began = f->now};
    k->name = hf_store_look_up(f->store, key, fake_done, k, f->now);
    assert_int_equal(k->calls, k->name == 0);
    fake_settle(f);
}

void fake_put(struct fake *f, const char *key, const char *record, uint32_t life)
{
    hf_session_record r = {.key = key, .sealed = {(const uint8_t *)record, strlen(record)}, .life = life};
    hf_store_effect(f->store, &r);
    fake_settle(f);
}

void fake_forget(struct fake *f, const char *key)
{
    hf_session_record r = {.key = key};
    hf_store_effect(f->store, &r);
    fake_settle(f);
}

void assert_found(const struct fake_lookup *k, const char *record)
{
    assert_int_equal(k->calls, 1);
    assert_true(k->found);
    assert_string_equal(k->record, record);
}

void assert_none(const struct fake_lookup *k, hf_resumption why)
{
    assert_int_equal(k->calls, 1);
    assert_false(k->found);
    assert_int_equal(k->why, why);
}

hf_store_stats fake_stats(const struct fake *f)
{
    return hf_store_statistics(f->store);
}
