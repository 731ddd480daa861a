/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_API_EARLY_H
#define HF_TESTS_API_EARLY_H

#include "tls13_sessions.h"

/* Two that meet again, and the second time the client sends early data. */
#define MOST 1000
static const char early_words[] = "GET / HTTP/1.0";
extern bool store_takes; /* the application's store gives and deletes in one step */
bool answer_taking(void *arg, struct pair *p, hf_conn *conn);
void takes_early(hf_config *c);
hf_config *eager(void);
/* A client with the session, ready to go. */
struct pair *ready_for_early(hf_config *client, hf_config *server, hf_session *session);
void push_early(const struct pair *p, size_t len, size_t taken);
struct pair *send_early(hf_config *client, hf_config *server, hf_session *session, size_t len);
void assert_early(const struct pair *p, hf_early_data server, size_t len);
/* To the end, and of use: what was refused is nowhere, and what follows is read. */
void early_is(hf_config *client, hf_config *server, hf_session *session, hf_early_data wanted);
/* ---- sessions that say what a test wants: fields of hf_session_save, and its digest ---- */
enum { TAG_CONTEXT = 4, TAG_ALPN = 11, TAG_AGE_ADD = 19, TAG_MAX_EARLY = 21 };
uint8_t *saved_field(uint8_t *saved, size_t len, unsigned tag, size_t *size);
/* The session with this field of that size replaced. */
hf_session *forge(hf_session *session, unsigned tag, const void *bytes, size_t size);

#endif
