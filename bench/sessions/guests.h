/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_SESSIONS_GUESTS_H
#define HF_BENCH_SESSIONS_GUESTS_H

#include <handfast/handfast.h>

#include "bench/pki.h"
#include "bench/sessions/redis.h"

/* How a server remembers. */
enum memory { NO_MEMORY, OWN_MEMORY, TICKETS, STORE };
struct hosts {
    struct pki pki;
    hf_keyring *keyring;
    hf_config *client, *server;
    struct carrier *carrier; /* STORE */
    bool mutual;
};
void hosts_make(struct hosts *h, enum memory memory, bool mutual, struct carrier *carrier);
void hosts_free(struct hosts *h);

/* One connection, both sides in memory. */
struct guest {
    struct hosts *hosts;
    hf_conn *client, *server;
    bool parked;
    double asked, waited; /* seconds; from the question to its answer */
    uint64_t lookup;
};
void guest_begin(struct guest *g, struct hosts *h, hf_session *session);
/* Goes as far as it can; true when both sides are complete. */
bool guest_run(struct guest *g);
void guest_end(struct guest *g);
/* A whole full handshake; its session, or NULL. */
hf_session *earn(struct hosts *h);

#endif
