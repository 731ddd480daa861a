/* SPDX-License-Identifier: MIT */
#ifndef CLI_RELAY_H
#define CLI_RELAY_H

#include "cli/link.h"

/*
 * Carries plaintext between a connection and file descriptors: standard input and output, or the socket of a
 * plain server. Each way stops when the other end does not take: nothing is held but one buffer.
 */
struct relay {
    int in, out; /* may be the same socket; -1: none */
    bool out_is_socket, out_is_file;
    unsigned char *held; /* read from `in`, not yet taken by the connection */
    size_t start, end;
    hf_bytes first; /* goes to the connection before what is read from `in`; the caller's */
    bool in_ended, out_ended;
    int error;       /* errno of `in` or `out` */
    bool out_failed; /* the error is out's */
};

void relay_start(struct relay *r, int in, int out);
void relay_end(struct relay *r);
/* From the connection to `out`, as much as it takes now. True when anything moved. */
bool relay_out(struct relay *r, hf_conn *conn);
/* From `in` to the connection; readable: poll said so. At its end: close_notify. True when anything moved. */
bool relay_in(struct relay *r, hf_conn *conn, bool readable);
/* True when `in` is worth waiting for, when `out` is. */
bool relay_wants_in(const struct relay *r, hf_conn *conn);
bool relay_wants_out(const struct relay *r, const hf_conn *conn);

#endif
