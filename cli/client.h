/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/address.h"
#include "cli/files.h"
#include "cli/relay.h"
#include "cli/report.h"

/* The client's side of connect and demo. Time-outs are in milliseconds, 0: none. */
struct client {
    const struct settings *settings;
    const hf_config *config;
    const char *server_name; /* to send and verify, or NULL */
    struct places places;
    int dial_timeout, handshake_timeout, idle_timeout;
    char home[320];      /* "host:port": whom a session is for; "" where sessions are not kept */
    hf_session *session; /* to offer to the next connection; kept up to date */
    hf_session *spare[HF_TICKETS_MAX]; /* behind it, the newest first */
    size_t spares, keeps;              /* keeps: of all of these, --keep-tickets; 0 and 1: no spares */
    struct file early;                 /* --early-data */
};
struct client_connection {
    struct link link;
    struct relay relay;
    struct trace *trace; /* NULL, or the caller's */
    char peer[160];
    hf_session *kept[HF_TICKETS_MAX]; /* what it leaves, the newest first */
    size_t kept_count;
    size_t early;            /* bytes that went as early data */
    hf_bytes first;          /* goes before the input; the caller's */
    long long handshake_due; /* when a later handshake must be complete; 0: none runs */
    bool timed_out;
    bool discarding; /* by client_close: how the peer ends does not matter any more (RFC 5246 7.2.1) */
    bool input_left; /* the peer closed before all of the input was sent */
};

/* Dials, makes the connection, offers the session. EXIT_WELL, or another code after having said why. */
int client_open(struct client *c, struct client_connection *k, struct trace *trace);
/* Makes the handshake; true when it is complete. */
bool client_handshake(struct client *c, struct client_connection *k);
/* Passes bytes between the connection and the descriptors until both ways have ended. in -1: nothing to send.
 */
void client_carry(struct client *c, struct client_connection *k, int in, int out);
/* Lets a later handshake that runs come to its end: behind our close_notify none could. */
void client_settle(struct client *c, struct client_connection *k);
/* Keeps the session and closes the connection, waiting a little for the peer's close_notify; what it sends
 * meanwhile is dropped. */
void client_close(struct client_connection *k);
/* The session and its spares. */
void client_forget(struct client *c);
/* Frees. Keeps the session for the next connection, or forgets the one that failed. */
void client_end(struct client *c, struct client_connection *k);

#endif
