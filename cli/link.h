/* SPDX-License-Identifier: MIT */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include <handfast/conn.h>

/*
 * A connection on a non-blocking socket, for whoever waits (poll(2), libuv): link_turn does what can be done
 * now, link_events says what to wait for. Plaintext stays in the connection (hf_peek_app) until it is taken,
 * and no more is read from the socket meanwhile: that is the flow control.
 */
enum { LINK_READ = 1, LINK_WRITE = 2 };

struct link {
    int fd;
    hf_conn *conn;
    uint8_t *arrived; /* held only while there is something in it */
    size_t start, end;
    bool ended;        /* the transport's end was seen */
    bool unsendable;   /* the transport takes no more; what it still holds for us is read */
    double store_wait; /* milliseconds that its handshakes waited for a session store; negative: none was
                          asked */
    int error;         /* errno of the transport, when that is what ended it */
};

void link_start(struct link *l, hf_conn *conn, int fd);
/* Frees the connection and closes the socket. */
void link_close(struct link *l);
/* Sends, takes in what is held, and reads if readable. True when anything moved. */
bool link_turn(struct link *l, bool readable);
/* LINK_READ, LINK_WRITE. */
unsigned link_events(struct link *l);
/* Nothing goes on: both sides closed, or it failed and the alert is sent, or the transport broke. */
bool link_is_over(struct link *l);
/* Both halves were closed by close_notify. */
bool link_is_closed(const struct link *l);

#endif
