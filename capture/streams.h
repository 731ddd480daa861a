/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_STREAMS_H
#define CAPTURE_STREAMS_H

#include <handfast/flow.h>

#include "capture/packet.h"

/*
 * TCP connections put together from segments in any order, repeated, overlapping or missing (RFC
 * 9293 3.4, 3.10). Memory is bounded: what waits for a segment that does not come goes on without it, as a
 * gap; of too many connections at once the one that was silent longest is given up.
 */
struct ends {
    struct endpoint client, server;
    uint64_t number; /* of the connection in what was read, from 1 */
    bool midway;     /* its beginning was not captured, so who is the client is a guess */
};
/* Where a connection's bytes go; every function but open gets what open answered. Times are microseconds
 * since 1970. */
struct sink {
    void *(*open)(void *arg, const struct ends *ends, int64_t time); /* NULL: nobody wants to know more */
    void (*bytes)(void *conn, hf_side from, hf_bytes bytes, int64_t time);
    void (*miss)(void *conn, hf_side from, uint64_t len);
    void (*end)(void *conn, hf_side from, bool cut);
    void (*close)(void *conn); /* there is no more of it */
    void *arg;
};
enum {
    STREAMS_MOST = 4096,                    /* connections open at once */
    STREAM_QUEUE_MOST = 1024 * 1024,        /* bytes that wait in one direction */
    STREAM_PIECES_MOST = 2048,              /* and pieces */
    STREAMS_QUEUED_MOST = 64 * 1024 * 1024, /* bytes that wait altogether */
    STREAM_ACKS_PAST_HOLE =
        8, /* so often the other side has acknowledged what is missing here: it will not come */
};
struct streams;
struct streams *streams_new(const struct sink *sink); /* NULL: out of memory */
void streams_take(struct streams *s, const struct segment *segment, int64_t time);
/* No more segments: what waits goes on, and all connections are closed in the order in which they began. */
void streams_free(struct streams *s);
uint64_t streams_count(const struct streams *s);

#endif
