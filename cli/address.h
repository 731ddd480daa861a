/* SPDX-License-Identifier: MIT */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* HOST:PORT, [HOST]:PORT or unix:PATH. */
struct address {
    bool is_unix;
    char host[256]; /* "" where only a port was given */
    char port[8];
    char path[108];
};
/* NULL, or why it is none. port_alone: "8443" is allowed. */
const char *address_read(struct address *a, const char *text, bool port_alone);

/* Where an address leads to. */
struct places {
    size_t count;
    struct {
        struct sockaddr_storage address;
        socklen_t len;
    } at[8];
};
/* NULL, or why there are none. passive: to listen on. Waits for the resolver. */
const char *places_find(struct places *p, const struct address *a, bool passive);
/* A connected, non-blocking socket, or -1 with errno; the last place's error counts. */
int places_dial(const struct places *p, int milliseconds);
/* Begins to connect to one place without waiting: the socket, or -1. */
int place_begin(const struct places *p, size_t i);
/* A listening, non-blocking socket, or -1 with errno. */
int places_listen(const struct places *p);
/* "127.0.0.1:443", "[::1]:443", "unix:/run/x". */
void socket_name(char *out, size_t size, const struct sockaddr *address, socklen_t len);
void socket_name_of(char *out, size_t size, int fd, bool peer);

#endif
