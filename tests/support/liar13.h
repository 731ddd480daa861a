/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_LIAR13_H
#define HF_TESTS_SUPPORT_LIAR13_H

#include "conn/conn.h"
#include "tls13/tls13.h"

/*
 * A peer of TLS 1.3 that lies in one kind of message, a hello or EncryptedExtensions. It changes the message
 * before that is encoded, so that its own transcript, and a client's binders, are of the lie: a lie that the
 * other side accepts still ends in two Finished that match. Without a lie it tells what it said.
 *
 *     liar13_begin(&liar, pair->client, CLIENT_HELLO);
 *     liar13_set(&liar, EXTENSION_KEY_SHARE, body);      or liar13_drop
 *     pair_run(pair);
 */
#define LIAR13_EDITS 4
#define LIAR13_BLOCK 8192

struct liar13_edit {
    uint16_t code;
    bool drop;
    uint8_t bytes[1024];
    size_t len;
};

struct liar13 {
    struct version version;
    enum message message;
    unsigned from;  /* messages of the kind before the first that is changed */
    unsigned built; /* so far */
    struct liar13_edit edits[LIAR13_EDITS];
    size_t edit_count;
    /* more than extensions; may be NULL, and has a number of its own */
    void (*lie)(struct liar13 *l, struct hs *hs, union any_message *m);
    uint32_t number;
    uint8_t said[2][LIAR13_BLOCK]; /* the extensions of the first, and of the last */
    size_t said_len[2];
};

/* From now on conn's messages of the kind m are the liar's, which must live as long as conn does. */
void liar13_begin(struct liar13 *l, hf_conn *conn, enum message m);
/* The extension says this: instead of what it said, or in front of all where there was none. */
void liar13_set(struct liar13 *l, uint16_t code, const void *body, size_t len);
void liar13_drop(struct liar13 *l, uint16_t code);
/* The extension's body in the first or last message of its kind; false: there is none. */
bool liar13_said(const struct liar13 *l, unsigned last, uint16_t code, struct slice *body);
/* Its place among them, from 0; -1: there is none. And how many there are. */
int liar13_place(const struct liar13 *l, unsigned last, uint16_t code);
int liar13_count(const struct liar13 *l, unsigned last);

#endif
