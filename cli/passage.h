/* SPDX-License-Identifier: MIT */
#ifndef CLI_PASSAGE_H
#define CLI_PASSAGE_H

#include <uv.h>

#include "cli/address.h"
#include "cli/watch.h"

/* flow tap: one connection that is passed on, both ways, and watched. */
struct tap_server;
struct passed; /* bytes that passed, not yet looked at */
struct leg {
    struct passage *passage;
    uv_pipe_t stream; /* a pipe to libuv: any stream socket does */
    hf_side from;
    bool open, ended, shut;
    size_t unsent; /* bytes of the other leg's that wait to be sent here */
};
struct passage {
    struct tap_server *server;
    struct passage *next, *previous;
    struct leg leg[2]; /* by hf_side: the client's, the server's */
    uv_poll_t dialing;
    uv_timer_t settle; /* a key log may be written a moment later than the wire */
    size_t place;      /* of the target's, being tried */
    int fd;            /* of the attempt */
    int handles;       /* open; the passage is freed with the last */
    bool connected, over, failed;
    /* what was seen */
    struct watched *watched;
    struct passed *first, **last;
    size_t held;
    bool opened; /* its secrets were there: what is held is looked at in every pause */
    bool looked; /* the keys were there or were waited for too long: bytes are looked at as they pass */
};
struct tap_server {
    const struct settings *settings;
    struct watch watch;
    uv_loop_t loop;
    uv_poll_t listener;
    uv_signal_t terminate, interrupt;
    struct places target;
    struct passage *passages;
    int fd;
    unsigned long accepted, open, count, most;
    bool accepting, draining, ended;
    int code;
};

void passage_begin(struct tap_server *s, int fd);
/* Cuts it: both sides see the end. */
void passage_cut(struct passage *p);

/* ---- flow_tap.c ---- */
void tap_passage_gone(struct tap_server *s, struct passage *p);

/* ---- passed.c ---- */
/* Keeps what passed, or looks at it at once; when more is kept than PASSED_MOST it is looked at with the keys
 * at hand. */
void passed_add(struct passage *p, hf_side from, hf_bytes bytes);
/* All of it is looked at, with what the key logs have now. */
void passed_look(struct passage *p);
/* The stream of this side has ended. */
void passed_end(struct passage *p, hf_side from, bool cut);
/* Looks, draws, forgets. */
void passed_finish(struct passage *p);

#endif
