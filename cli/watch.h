/* SPDX-License-Identifier: MIT */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <handfast/observe.h>

#include "cli/report.h"

/* Connections of others, drawn when they have ended: what flow tap and flow read have in common. */
struct watch {
    const struct settings *settings;
    hf_secrets *secrets;
    struct key_file *key_files; /* of --keylog, in order */
    size_t key_file_count;
    unsigned long seen;       /* connections, of any kind */
    unsigned long tls;        /* of them: with TLS */
    unsigned long incomplete; /* of them: not all could be read */
    unsigned long shown;      /* drawn */
    int judged;               /* what --expect says of those that were drawn */
    size_t kept;              /* bytes of events that wait to be drawn */
    /* Instead of drawing: takes each trace that has TLS, and may leave an empty one in its place. */
    void (*take)(void *arg, unsigned long number, struct trace *t);
    void *take_arg;
};
/* EXIT_WELL, or what is wrong has been said. */
int watch_start(struct watch *w, const struct settings *s);
void watch_stop(struct watch *w);
/* What was appended to the key logs since they were read; EXIT_INPUT when one cannot be read. */
int watch_read_keys(struct watch *w);
/* The exit code for all that was watched. */
int watch_code(const struct watch *w);

/* Draws a trace, the number-th, that was kept otherwise. */
void watch_draw(struct watch *w, unsigned long number, struct trace *t);

struct watched {
    struct watch *watch;
    unsigned long number; /* from 1 */
    hf_tap *tap;
    struct trace trace;
    bool live;      /* a handshake is drawn when it is complete, and what follows it apart */
    unsigned done;  /* sides for which the one that runs is complete */
    char name[240]; /* "connection 3, 127.0.0.1:40000 to 127.0.0.1:443" */
};
/* NULL when out of memory, after having said so. live: pictures that are text need not wait for the end. */
struct watched *watched_new(struct watch *w, unsigned long number, const char *name, bool live);
/* Draws it, if there was TLS in it, and forgets it. */
void watched_end(struct watched *one);

#endif
