/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/hex.h"
#include "base/memory.h"
#include "observe/observe.h"

/* RFC 9850: one line a secret: a label, ClientHello.random, the secret; both in hexadecimal. */

static const char *const labels[LOGGED_COUNT] = {
    [LOGGED_MASTER] = "CLIENT_RANDOM",
    [LOGGED_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
    [LOGGED_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    [LOGGED_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    [LOGGED_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
    [LOGGED_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
};

#define LOGGED_MAX HASH_MAX
#define NO_ENTRY UINT32_MAX
#define FIRST_CAPACITY 64
struct entry {
    uint8_t random[RANDOM_SIZE];
    uint32_t next; /* in the bucket */
    uint8_t lengths[LOGGED_COUNT];
    uint8_t secrets[LOGGED_COUNT][LOGGED_MAX];
};
/*
 * Chained in buckets, two for each entry there is room for. The hash is keyed: who wrote the log, or chose
 * the randoms, cannot make chains long.
 */
struct hf_secrets {
    struct entry *entries;
    uint32_t *buckets;
    uint32_t count, capacity, oldest;
    size_t secrets, refused;
    struct hmac_key hash;
};

static uint32_t bucket_of(const struct hf_secrets *k, const uint8_t *random)
{
    uint8_t mac[HASH_MAX] = {0};
    struct slice piece = slice_of(random, RANDOM_SIZE);
    if (hmac_pieces(&k->hash, &piece, 1, mac) != OK) {
        return 0; /* slower, and still right */
    }
    uint32_t number = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
    return number & (2 * k->capacity - 1);
}

static struct entry *find(const struct hf_secrets *k, const uint8_t *random)
{
    for (uint32_t i = k->count ? k->buckets[bucket_of(k, random)] : NO_ENTRY; i != NO_ENTRY;
         i = k->entries[i].next) {
        if (memcmp(k->entries[i].random, random, RANDOM_SIZE) == 0) {
            return &k->entries[i];
        }
    }
    return NULL;
}

struct slice keylog_find(const struct hf_secrets *k, const uint8_t random[RANDOM_SIZE], enum logged what)
{
    const struct entry *e = k ? find(k, random) : NULL;
    return e ? slice_of(e->secrets[what], e->lengths[what]) : slice_of(NULL, 0);
}

static void chain(struct hf_secrets *k, uint32_t i)
{
    uint32_t *head = &k->buckets[bucket_of(k, k->entries[i].random)];
    k->entries[i].next = *head;
    *head = i;
}

static void unchain(struct hf_secrets *k, uint32_t i)
{
    uint32_t *at = &k->buckets[bucket_of(k, k->entries[i].random)];
    while (*at != i && *at != NO_ENTRY) {
        at = &k->entries[*at].next;
    }
    if (*at == i) {
        *at = k->entries[i].next;
    }
}

static void release(struct hf_secrets *k)
{
    memory_free(k->entries, k->capacity * sizeof *k->entries);
    free(k->buckets);
    k->entries = NULL;
    k->buckets = NULL;
}

/* Twice the room. */
static enum err grow(struct hf_secrets *k)
{
    uint32_t capacity = k->capacity ? 2 * k->capacity : FIRST_CAPACITY;
    void *entries, *buckets;
    TRY(memory_new(capacity * sizeof(struct entry), &entries));
    enum err e = memory_raw(2 * capacity * sizeof(uint32_t), &buckets);
    if (e != OK) {
        memory_free(entries, 0);
        return e;
    }
    if (k->count) {
        memcpy(entries, k->entries, k->count * sizeof(struct entry));
    }
    release(k);
    k->entries = entries;
    k->buckets = buckets;
    k->capacity = capacity;
    memset(buckets, 0xff, 2 * capacity * sizeof(uint32_t));
    for (uint32_t i = 0; i < k->count; i++) {
        chain(k, i);
    }
    return OK;
}

static enum err entry_for(struct hf_secrets *k, const uint8_t *random, struct entry **out)
{
    *out = find(k, random);
    if (*out) {
        return OK;
    }
    if (k->count == k->capacity && k->capacity < HF_SECRETS_MOST) {
        TRY(grow(k));
    }
    uint32_t i = k->count;
    if (i < k->capacity) {
        k->count++;
    } else {
        i = k->oldest;
        k->oldest = (k->oldest + 1) % k->capacity;
        unchain(k, i);
        wipe(&k->entries[i], sizeof k->entries[i]);
    }
    *out = &k->entries[i];
    memcpy((*out)->random, random, RANDOM_SIZE);
    chain(k, i);
    return OK;
}

/* ---- lines ---- */
/* Up to the next space, which is taken too. */
static struct slice next_word(struct slice *line)
{
    size_t len = 0;
    while (len < line->len && line->data[len] != ' ') {
        len++;
    }
    struct slice word = {line->data, len};
    *line = slice_after(*line, len < line->len ? len + 1 : len);
    return word;
}

static bool read_hex(struct slice text, uint8_t *out, size_t most, size_t *len)
{
    *len = text.len / 2;
    if (text.len % 2 != 0 || *len > most) {
        return false;
    }
    for (size_t i = 0; i < *len; i++) {
        int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static enum logged label_of(struct slice word)
{
    unsigned i = 0;
    while (i < LOGGED_COUNT && !slice_equal(word, slice_of_string(labels[i]))) {
        i++;
    }
    return (enum logged)i;
}

/* A master secret is 48 bytes, RFC 5246 8.1; what TLS 1.3 has is as long as its hash. */
static bool fits(enum logged what, size_t len)
{
    return what == LOGGED_MASTER ? len == MASTER_SECRET_SIZE : len == 32 || len == 48;
}

static enum err take_line(struct hf_secrets *k, struct slice line)
{
    uint8_t random[RANDOM_SIZE], secret[LOGGED_MAX];
    size_t random_len = 0, secret_len = 0;
    struct entry *entry;
    if (line.len && line.data[line.len - 1] == '\r') {
        line.len--;
    }
    if (line.len == 0 || line.data[0] == '#') {
        return OK;
    }
    enum logged what = label_of(next_word(&line));
    if (what == LOGGED_COUNT && line.len) {
        return OK; /* RFC 9850 2: labels that are not known are ignored */
    }
    struct slice first = next_word(&line);
    if (what == LOGGED_COUNT || !read_hex(first, random, sizeof random, &random_len) ||
        random_len != RANDOM_SIZE || !read_hex(line, secret, sizeof secret, &secret_len) ||
        !fits(what, secret_len)) {
        k->refused++;
        wipe(secret, sizeof secret);
        return OK;
    }
    enum err e = entry_for(k, random, &entry);
    if (e == OK) {
        memcpy(entry->secrets[what], secret, secret_len);
        entry->lengths[what] = (uint8_t)secret_len;
        k->secrets++;
    }
    wipe(secret, sizeof secret);
    return e;
}

hf_err hf_secrets_add(hf_secrets *k, hf_bytes text, size_t *used)
{
    if (!k || !used || (!text.data && text.len)) {
        return HF_NULL_ARGUMENT;
    }
    *used = 0;
    while (*used < text.len) {
        const uint8_t *begin = text.data + *used, *end = memchr(begin, '\n', text.len - *used);
        size_t len = end ? (size_t)(end - begin) : text.len - *used;
        enum err e = OK;
        if (len > HF_SECRETS_LINE_MAX) {
            k->refused += end != NULL;
            *used += end ? len + 1 : len; /* its rest, when it comes, is no line either */
            continue;
        }
        if (!end) {
            break;
        }
        e = take_line(k, slice_of(begin, len));
        if (e != OK) {
            return (hf_err)e;
        }
        *used += len + 1;
    }
    return HF_OK;
}

hf_secrets *hf_secrets_new(void)
{
    void *memory;
    uint8_t key[32];
    if (crypto_start() != OK ||
        random_fill(&(struct random_source){0}, (struct span){key, sizeof key}) != OK ||
        memory_new(sizeof(hf_secrets), &memory) != OK) {
        return NULL;
    }
    hf_secrets *k = memory;
    enum err e = hmac_key_set(&k->hash, HASH_SHA256, slice_of(key, sizeof key));
    e = e == OK ? grow(k) : e;
    if (e != OK) {
        hf_secrets_free(k);
        return NULL;
    }
    return k;
}

void hf_secrets_free(hf_secrets *k)
{
    if (k) {
        release(k);
        hmac_key_wipe(&k->hash);
        memory_free(k, sizeof *k);
    }
}

size_t hf_secrets_count(const hf_secrets *k)
{
    return k ? k->secrets : 0;
}

size_t hf_secrets_refused(const hf_secrets *k)
{
    return k ? k->refused : 0;
}

bool hf_secrets_have(const hf_secrets *k, hf_bytes client_random)
{
    if (!k || !client_random.data || client_random.len != RANDOM_SIZE) {
        return false;
    }
    return keylog_find(k, client_random.data, LOGGED_MASTER).len ||
           (keylog_find(k, client_random.data, LOGGED_CLIENT_TRAFFIC).len &&
            keylog_find(k, client_random.data, LOGGED_SERVER_TRAFFIC).len);
}
