/* SPDX-License-Identifier: MIT */
#ifndef STORE_RESP_H
#define STORE_RESP_H

#include <handfast/store.h>

/*
 * RESP2 by hiredis' reader and formatter, with an end to all that a server can make us hold: a bulk or a
 * line, the elements of a reply and their bytes.
 */
#define RESP_UNREAD_MAX (64 * 1024)
#define RESP_ELEMENTS_MAX 65536
#define RESP_BYTES_MAX (1024 * 1024)
#define RESP_ARGUMENTS 64

struct redisReader;
struct resp {
    struct redisReader *reader;
    hf_store_reply root; /* of the reply that is being read */
    size_t elements, bytes;
};

bool resp_init(struct resp *r);
void resp_free(struct resp *r);
/* Some of what arrived; then resp_next until there is none. False: out of memory. */
bool resp_feed(struct resp *r, hf_bytes bytes);
enum resp_got { RESP_NONE, RESP_REPLY, RESP_REFUSED };
/* A whole reply lives until the next call. REFUSED: not RESP, or more than we hold; nothing can be read after
 * that. */
enum resp_got resp_next(struct resp *r, const hf_store_reply **out);

struct command {
    const char *argv[RESP_ARGUMENTS];
    size_t len[RESP_ARGUMENTS];
    int argc;
};
void command_add(struct command *c, const void *bytes, size_t len);
void command_text(struct command *c, const char *text);
void command_number(struct command *c, char room[24], uint64_t n);
/* Bytes to send; give them back with command_free. len 0: out of memory. */
hf_bytes command_encode(const struct command *c);
void command_free(hf_bytes encoded);

/* An error reply, or a status, whose first word is this. */
bool reply_begins(const hf_store_reply *r, const char *word);

#endif
