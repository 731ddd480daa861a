/* SPDX-License-Identifier: MIT */
#ifndef CLI_STORE_LOOP_H
#define CLI_STORE_LOOP_H

#include <handfast/store.h>
#include <uv.h>

/*
 * A session store's sockets and timer in a loop of libuv. Before the loop waits, and only then, everything
 * the store has for its servers is sent, connections are made and ended, and the timer is set: whoever calls
 * the store in a callback need not do more.
 */
struct store_socket;
struct store_loop {
    uv_loop_t *loop;
    hf_store *store;
    uv_prepare_t prepare;
    uv_timer_t timer;
    struct store_socket *sockets; /* a list */
    bool running;
};

/* Takes over the store. False when out of memory; the store is freed then. */
bool store_loop_start(struct store_loop *s, uv_loop_t *loop, hf_store *store);
/* Sends what is there, as far as it can be now, and ends the connections; the loop must run once more, for
 * libuv to let go of them. */
void store_loop_stop(struct store_loop *s);
/* The store's clock, in milliseconds. */
uint64_t store_loop_now(void);

#endif
