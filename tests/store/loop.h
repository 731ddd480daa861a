/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_STORE_LOOP_H
#define HF_TESTS_STORE_LOOP_H

#include <handfast/store.h>
#include <sys/types.h>

/* A caller of the store with real sockets and the real clock, for tests with real servers: poll(2), one
 * store. */
#define LOOP_LINKS 64

struct loop {
    hf_store *store;
    struct {
        uint32_t name; /* 0: none */
        int fd;
        bool connecting;
    } link[LOOP_LINKS];
};

uint64_t loop_now(void);
struct loop *loop_new(const char *url, const hf_store_options *options);
void loop_free(struct loop *l);
/* Runs until *flag is not 0 (NULL: never), or for so many milliseconds; whether it became so. */
bool loop_run(struct loop *l, const unsigned *flag, unsigned milliseconds);

/* ---- servers ---- */
struct server_process {
    pid_t pid;
    uint16_t port, tls_port;
    char folder[64];
};
/* redis-server on 127.0.0.1, on a port that is free, in a folder of its own, with these settings more ("a
 * b\nc d\n"). Fails the test where there is no redis-server, or it does not come up. */
void server_start(struct server_process *p, const char *settings);
void server_start_again(struct server_process *p);
void server_kill(struct server_process *p);
/* Those that a failed test left: a teardown of cmocka's. */
int servers_kill(void **state);
void server_remove_folder(const struct server_process *p);
uint16_t free_port(void);

#endif
