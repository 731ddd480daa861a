/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_PEER_H
#define HF_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pki.h"

enum side { CLIENT, SERVER };

/* What both ends of a case have to do; every implementation is set up to do exactly this and nothing more. */
struct work {
    enum key_kind key;
    bool tls13;        /* TLS 1.3; otherwise TLS 1.2 */
    bool x25519;       /* TLS 1.3: the group is X25519, otherwise P-256 */
    bool retry;        /* TLS 1.3: the client's share is of X25519, and a HelloRetryRequest asks for P-256 */
    bool psk_alone;    /* TLS 1.3, with resume: psk_ke, because the sides have no group in common */
    bool mutual;       /* the client shows a certificate of the same kind */
    bool resume;       /* TLS 1.2: by session ID, tickets off. TLS 1.3: by sealed tickets, each used once, and
                          every connection gives the next; otherwise no session is stored, no ticket given */
    bool chain_known;  /* the peer's chain was validated before and may be believed; libssl cannot and
                          validates it */
    uint16_t fragment; /* max_fragment_length that both agree to, bytes: RFC 6066 4; 0: none */
};

/* One direction between the two ends: bytes in memory, written at the tail and read at the head. */
struct wire {
    uint8_t *bytes;
    size_t head, tail, room;
    size_t total; /* bytes that were ever written */
};

enum progress { GOING, DONE };

enum { PAIRS_MAX = 8 }; /* connections that are open at once */

/* One end of a connection, in the driver's memory, so that it costs no implementation an allocation. */
struct end {
    enum side side;
    void *prepared; /* what prepare gave */
    void *conn;     /* the implementation's own */
    struct wire *in, *out;
};

/* What a column of the table can do. A failure ends the program: there is no figure for work not done. */
struct implementation {
    const char *name;
    /* Once for a case; nothing of it is measured. */
    void *(*prepare)(const struct work *, const struct pki *);
    void (*release)(void *prepared);
    void (*start)(struct end *);                            /* the rest of *end is filled in */
    enum progress (*step)(struct end *);                    /* uses what has arrived, sends what it can */
    void (*check)(const struct end *, const struct work *); /* that the work was done as told */
    void (*seal)(struct end *, const uint8_t *message, size_t len); /* onto the wire out */
    void (*open)(struct end *, size_t len, uint8_t *copy); /* one message of len bytes; copy may be NULL */
    void (*close)(struct end *);
};

extern const struct implementation handfast_implementation;
extern const struct implementation libssl_implementation;
extern const struct implementation floor_implementation;

/* The columns, in the order they are printed. */
enum column { HANDFAST, LIBSSL, FLOOR, COLUMNS };
extern const struct implementation *const implementations[COLUMNS];

void wire_open(struct wire *, size_t room);
void wire_close(struct wire *);
void wire_write(struct wire *, const uint8_t *bytes, size_t len);
size_t wire_read(struct wire *, uint8_t *bytes, size_t room);

#endif
