/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_STORE_FAKE_H
#define HF_TESTS_STORE_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <handfast/store.h>

/*
 * Servers that say what a test tells them to, and a clock that stands until it is moved. After every call of
 * the store that fake_… makes, what the contract asks of a caller is done: dialing, hanging up, taking bytes,
 * ticking when due.
 */
#define FAKE_LINKS 72
#define FAKE_START 1000000

struct fake_command {
    char text[160]; /* its words with a space between, cut; "SET hf:1:k <9> PX 100 NX": long or binary words
                       by length */
};

struct fake_link {
    uint32_t name; /* 0: none, or over */
    uint16_t port; /* of the server it goes to */
    char host[64];
    bool connected, hung_up;
    uint8_t *in; /* bytes of commands not yet whole */
    size_t in_len;
    struct fake_command *command; /* not answered by the test */
    size_t commands, taken, room;
    size_t bytes; /* ever */
};

struct fake {
    hf_store *store;
    uint64_t now;
    bool greets;       /* AUTH, SELECT and PING are answered at once (the default) */
    bool refuses;      /* connections cannot be made */
    bool hangs;        /* connections are neither made nor refused */
    bool deaf;         /* bytes stay with the store */
    bool no_ticks;     /* the caller's loop is late */
    const char *slots; /* the answer to CLUSTER SLOTS; NULL: the test's */
    struct fake_link link[FAKE_LINKS];
    unsigned dialed, hangups;
};

struct fake *fake_new(const char *url, const hf_store_options *options);
/* The same with its first connections made and greeted. */
struct fake *fake_up(const char *url, const hf_store_options *options);
void fake_free(struct fake *f);
void fake_settle(struct fake *f);
/* Moves the clock, ticking on the way whenever the store is due. */
void fake_wait(struct fake *f, uint64_t milliseconds);

/* The n-th link that stands; the first to a port. */
struct fake_link *fake_link(struct fake *f, size_t n);
struct fake_link *fake_to(struct fake *f, uint16_t port);
size_t fake_links(const struct fake *f);
/* What came on it and is not answered: the first command, ""; it is answered with RESP, which may hold %s and
 * so on. */
const char *fake_asked(struct fake_link *l);
void fake_answer(struct fake *f, struct fake_link *l, const char *resp);
void fake_answer_bytes(struct fake *f, struct fake_link *l, const void *bytes, size_t len);
void fake_say(struct fake *f, struct fake_link *l, const void *bytes,
              size_t len); /* as it is; len 0: the end */
/* The first link with a command that is not answered; NULL: nobody is asked. */
struct fake_link *fake_any_asked(struct fake *f);
/* The link whose first unanswered command begins with this; fails the test where there is none. */
struct fake_link *fake_asking(struct fake *f, const char *begins);
size_t fake_count(struct fake *f, const char *begins); /* unanswered commands that begin so */

/* ---- a lookup and what became of it ---- */
struct fake_lookup {
    struct fake *fake;
    uint64_t name, began, ended;
    unsigned calls;
    bool found;
    hf_resumption why;
    char record[64]; /* its beginning */
    size_t len;
};
void fake_look_up(struct fake *f, struct fake_lookup *k, const char *key);
void fake_done(void *arg, hf_bytes record, hf_resumption why); /* arg: a struct fake_lookup */
void fake_put(struct fake *f, const char *key, const char *record, uint32_t life);
void fake_forget(struct fake *f, const char *key);
void assert_found(const struct fake_lookup *k, const char *record);
void assert_none(const struct fake_lookup *k, hf_resumption why);
hf_store_stats fake_stats(const struct fake *f);

#endif
