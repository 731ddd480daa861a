/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "session/keyring.h"

/*
 * A keyring as a text that a person can look at:
 *
 *     handfast keyring 1
 *     plan period 3600 life 14400 lead 600
 *     epoch 7 not_before 1764000000 encrypt_until 1764003600 decrypt_until 1764018000 secret <64 hexadecimal
 * digits>
 *
 * Lines that are empty or begin with # are passed over.
 */
#define TITLE "handfast keyring 1\n"

static int print_epoch(char *out, size_t size, const struct epoch *e)
{
    char hex[2 * EPOCH_SECRET_SIZE + 1];
    for (size_t i = 0; i < EPOCH_SECRET_SIZE; i++) {
        snprintf(hex + 2 * i, 3, "%02x", e->secret[i]);
    }
    int len = snprintf(
        out, size, "epoch %u not_before %lld encrypt_until %lld decrypt_until %lld secret %s\n", e->id,
        (long long)e->not_before, (long long)e->encrypt_until, (long long)e->decrypt_until, hex);
    wipe(hex, sizeof hex);
    return len;
}

static enum err encode(const struct keyring_plan *plan, const struct epoch *epochs, size_t count,
                       struct writer *w)
{
    char line[KEYRING_LINE_MAX];
    int len = snprintf(line, sizeof line, TITLE "plan period %u life %u lead %u\n", plan->period, plan->life,
                       plan->lead);
    write_bytes(w, slice_of(line, (size_t)len));
    for (size_t i = 0; i < count; i++) {
        len = print_epoch(line, sizeof line, &epochs[i]);
        write_bytes(w, slice_of(line, (size_t)len));
    }
    wipe(line, sizeof line);
    return w->full ? E_BUFFER_LIMIT : OK;
}

enum err keyring_encode(struct keyring *k, struct writer *w)
{
    struct keyring_plan plan;
    struct epoch epochs[EPOCHS_MAX];
    size_t count = keyring_copy(k, &plan, epochs);
    enum err e = encode(&plan, epochs, count, w);
    wipe(epochs, sizeof epochs);
    return e;
}

/* ---- reading ---- */
struct words {
    const char *at;
    bool bad;
};

static void expect(struct words *w, const char *word)
{
    size_t len = strlen(word);
    w->at += strspn(w->at, " \t");
    w->bad |= strncmp(w->at, word, len) != 0 || (w->at[len] != ' ' && w->at[len] != '\t');
    w->at += w->bad ? 0 : len;
}

static uint64_t number(struct words *w, uint64_t most)
{
    uint64_t value = 0;
    w->at += strspn(w->at, " \t");
    w->bad |= *w->at < '0' || *w->at > '9';
    for (; !w->bad && *w->at >= '0' && *w->at <= '9'; w->at++) {
        value = value * 10 + (uint64_t)(*w->at - '0');
        w->bad |= value > most;
    }
    return value;
}

static void secret(struct words *w, uint8_t out[EPOCH_SECRET_SIZE])
{
    w->at += strspn(w->at, " \t");
    for (size_t i = 0; i < EPOCH_SECRET_SIZE && !w->bad; i++) {
        int high = hex_digit(w->at[0]), low = high < 0 ? -1 : hex_digit(w->at[1]);
        w->bad = high < 0 || low < 0;
        out[i] = (uint8_t)(w->bad ? 0 : high << 4 | low);
        w->at += w->bad ? 0 : 2;
    }
}

static bool at_end(const struct words *w)
{
    return !w->bad && w->at[strspn(w->at, " \t\r")] == '\0';
}

static bool read_plan(const char *line, struct keyring_plan *p)
{
    struct words w = {line, false};
    expect(&w, "plan");
    expect(&w, "period");
    p->period = (uint32_t)number(&w, UINT32_MAX);
    expect(&w, "life");
    p->life = (uint32_t)number(&w, UINT32_MAX);
    expect(&w, "lead");
    p->lead = (uint32_t)number(&w, UINT32_MAX);
    return at_end(&w);
}

static bool read_epoch(const char *line, struct epoch *e)
{
    struct words w = {line, false};
    *e = (struct epoch){0};
    expect(&w, "epoch");
    e->id = (uint32_t)number(&w, INT32_MAX); /* as many may follow */
    expect(&w, "not_before");
    e->not_before = (int64_t)number(&w, INT64_MAX / 2);
    expect(&w, "encrypt_until");
    e->encrypt_until = (int64_t)number(&w, INT64_MAX / 2);
    expect(&w, "decrypt_until");
    e->decrypt_until = (int64_t)number(&w, INT64_MAX / 2);
    expect(&w, "secret");
    secret(&w, e->secret);
    return at_end(&w) && e->id && e->not_before < e->encrypt_until && e->encrypt_until <= e->decrypt_until;
}

/* CVE-2020-13777: a key that nobody chose must never be used. */
static const char *unusable(const struct epoch *epochs, size_t count)
{
    static const uint8_t zeroes[EPOCH_SECRET_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (secret_equal(slice_of(epochs[i].secret, EPOCH_SECRET_SIZE), slice_of(zeroes, sizeof zeroes))) {
            return "has a secret that is all zero";
        }
        for (size_t j = 0; j < i; j++) {
            if (epochs[j].id >= epochs[i].id || epochs[i].id - epochs[j].id >= EPOCHS_MAX) {
                return "has numbers that do not count up, or are more than 31 apart";
            }
            if (secret_equal(slice_of(epochs[i].secret, EPOCH_SECRET_SIZE),
                             slice_of(epochs[j].secret, EPOCH_SECRET_SIZE))) {
                return "has the same secret as another epoch";
            }
        }
    }
    return NULL;
}

struct parsed {
    struct keyring_plan plan;
    struct epoch epochs[EPOCHS_MAX];
    size_t count, line;
    bool titled, planned;
    const char *wrong;
};

static void read_line(struct parsed *p, const char *line)
{
    const char *begin = line + strspn(line, " \t\r");
    if (*begin == '\0' || *begin == '#') {
        return;
    }
    if (!p->titled) {
        p->titled = strncmp(begin, TITLE, sizeof TITLE - 2) == 0 &&
                    begin[sizeof TITLE - 2 + strspn(begin + sizeof TITLE - 2, " \t\r")] == '\0';
        p->wrong = p->titled ? NULL : "is not 'handfast keyring 1', with which a keyring begins";
    } else if (!p->planned) {
        p->planned = read_plan(begin, &p->plan);
        p->wrong = p->planned ? NULL : "is not 'plan period SECONDS life SECONDS lead SECONDS'";
    } else if (p->count == EPOCHS_MAX) {
        p->wrong = "is one epoch too many: a keyring has at most 32";
    } else if (!read_epoch(begin, &p->epochs[p->count])) {
        p->wrong =
            "is not 'epoch N not_before T encrypt_until T decrypt_until T secret HEX', with times that rise";
    } else {
        p->count++;
        p->wrong = unusable(p->epochs, p->count);
    }
}

static void read_text(struct parsed *p, struct slice text)
{
    char line[2 * KEYRING_LINE_MAX];
    while (text.len && !p->wrong) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        p->line++;
        if (len >= sizeof line || memchr(text.data, 0, len)) {
            p->wrong = "is too long, or no text";
            break;
        }
        memcpy(line, text.data, len);
        line[len] = '\0';
        read_line(p, line);
        text = slice_after(text, end ? len + 1 : len);
    }
    wipe(line, sizeof line);
}

enum err keyring_decode(struct keyring *k, struct slice text, char *why, size_t why_size)
{
    void *memory;
    TRY(memory_new(sizeof(struct parsed), &memory));
    struct parsed *p = memory;
    enum err e = OK;
    read_text(p, text);
    if (p->wrong) {
        snprintf(why, why_size, "line %zu %s", p->line, p->wrong);
        e = E_BAD_KEYRING;
    } else if (!p->planned || !p->count) {
        snprintf(why, why_size, "it has no %s", !p->titled ? "text" : !p->planned ? "plan" : "epoch");
        e = E_BAD_KEYRING;
    } else {
        e = keyring_replace(k, &p->plan, p->epochs, p->count);
        if (e == E_BAD_KEYRING) {
            snprintf(
                why, why_size,
                "its plan cannot be: a period is at least 60 seconds, a life at most a day and 28 periods");
        }
    }
    memory_free(p, sizeof *p);
    return e;
}
