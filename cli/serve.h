/* SPDX-License-Identifier: MIT */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include <uv.h>

#include "cli/address.h"
#include "cli/fetch_rules.h"
#include "cli/relay.h"
#include "cli/renew.h"
#include "cli/report.h"
#include "cli/sessions.h"

struct peer;

/* What a server does with plaintext: echo, http, forward. */
struct service {
    /* The handshake is complete. False: the connection cannot be served and was aborted. */
    bool (*open)(struct peer *p);
    /* Takes and gives plaintext, as far as possible now. True when anything moved. */
    bool (*turn)(struct peer *p);
    void (*close)(struct peer *p);
    /* What arrived before the connection failed is still wanted. NULL: never. */
    bool (*outlives)(const struct peer *p);
    /* A stream that ends now has lost nothing, close_notify or not. NULL: it may have. */
    bool (*is_whole)(const struct peer *p);
    bool early; /* it is opened and has its turns when early data is there, and knows it from other data */
};
extern const struct service echo_service, http_service, forward_service;

struct server {
    uv_loop_t loop;
    uv_poll_t listener;
    uv_signal_t terminate, interrupt;
    uv_timer_t grace;
    struct renewal renewal;
    struct sessions sessions;
    int fd;
    const struct settings *settings;
    hf_config *config;
    const struct service *service;
    struct places backend; /* of --forward */
    struct fetch_rules fetch_rules;
    struct peer *peers; /* a list */
    unsigned long open, accepted, count, most, shown;
    uint64_t handshake_timeout, idle_timeout, lifetime; /* milliseconds; 0: none */
    bool accepting, draining, ended;
    int code; /* of the first connection that failed */
};

enum peer_stage { PEER_SERVING, PEER_LINGERING, PEER_CLOSING };

struct peer {
    struct server *server;
    struct peer *next, **back;
    struct link link;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned handles; /* libuv's, to be closed before the peer is freed */
    int waiting;      /* UV_READABLE, UV_WRITABLE: what poll waits for */
    enum peer_stage stage;
    bool opened;
    bool shaken;                   /* the handshake is complete; the service may be open before */
    bool idle;                     /* the time-out that ended it was for silence or age */
    uint64_t born, moved, shaking; /* shaking: since when a later handshake runs; 0: none does */
    struct trace *trace;
    char name[160];
    unsigned long number;
    void *state;         /* the service's */
    struct fetch *fetch; /* what the handshake waits for; NULL: nothing */
    uint64_t lookup;     /* in the session store; 0: none */
    uint64_t asked;      /* when, in nanoseconds */
    bool asking;         /* the lookup may be answered before it is begun */
};

/* ---- serve.c ---- */
void server_accept_more(struct server *s);
void server_peer_gone(struct server *s);

/* ---- peer.c ---- */
/* Takes over the socket. */
void peer_begin(struct server *s, int fd);
/* Does all that can be done now, then waits for more or ends. readable: the TLS socket is. */
void peer_turn(struct peer *p, bool readable);
/* Ends it without waiting for anybody. */
void peer_end(struct peer *p);
/* A handle of libuv that belongs to the peer was closed. */
void peer_handle_closed(uv_handle_t *handle);

/* ---- serve_fetch.c ---- */
/* Begins to fetch what the handshake asks for; true when it was answered at once. */
bool peer_fetch(struct peer *p);
void peer_fetch_end(struct peer *p);

/* ---- serve_lookup.c ---- */
/* Begins to look for the session that the handshake asks for; true when it was answered at once. */
bool peer_look_up(struct peer *p);
void peer_look_up_end(struct peer *p);

#endif
