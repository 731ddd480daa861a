/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_CHECKLIST_H
#define HF_TESTS_FLOW_CHECKLIST_H

/* Changing what one side says, on its way to the other, in the clear part of a handshake. */
#include "pair.h"

#include "conn/conn.h"

/* ---- hellos taken apart ---- */
struct hello_extension {
    uint16_t type;
    size_t len;
    uint8_t body[1024];
};
struct hello {
    bool of_server;
    uint16_t version;
    uint8_t random[32];
    uint8_t session_id[64];
    size_t session_id_len;
    uint16_t suites[80];
    size_t suite_count;
    uint8_t compressions[8];
    size_t compression_count;
    struct hello_extension extensions[24];
    size_t extension_count;
    size_t trailing; /* zero bytes behind all */
};
void hello_parse(struct hello *h, const uint8_t *message); /* with its header */
void hello_build(const struct hello *h, struct test_bytes *message);
struct hello_extension *hello_find(struct hello *h, uint16_t type); /* NULL: none */
void hello_drop(struct hello *h, uint16_t type);
void hello_add(struct hello *h, uint16_t type, const void *body, size_t len);
void hello_drop_suite(struct hello *h, uint16_t suite);

typedef void hello_edit(struct hello *h, void *arg);
/* The side's hello goes through edit. A client's transcript is changed alike, so that a handshake may go on
 * to its end; a server's is not: the client must refuse, or the Finished will not fit. Lives in *e. */
struct hello_editor {
    hf_side side;
    hello_edit *edit;
    void *arg;
    struct hello seen; /* as it was before */
    bool done;
};
void edit_hello(struct pair *p, struct hello_editor *e);

/* ---- messages of clear flights ---- */
/*
 * Every handshake message that `from` sends in the clear goes in a record of its own, through edit: which may
 * change it, put records before or behind it, or empty it. index counts from 0.
 */
typedef void message_edit(void *arg, size_t index, uint8_t type, struct test_bytes *record);
struct message_editor {
    hf_side from;
    message_edit *edit;
    void *arg;
    size_t index;
    bool keys_changed;
};
void edit_messages(struct pair *p, struct message_editor *e);
void put_record(struct test_bytes *out, uint8_t content_type, const void *bytes, size_t len);
void put_handshake(struct test_bytes *out, uint8_t type, const void *body, size_t len);

/* Both sides to the end of a handshake that must be refused by one: frees the pair. */
void run_and_expect(struct pair *p, hf_side by, hf_err err, uint8_t alert);

#endif
