/* SPDX-License-Identifier: MIT */
#ifndef STORE_URL_H
#define STORE_URL_H

#include <handfast/error.h>
#include <stdbool.h>

/* Where a store is. All of it is copied; url_wipe when done, for the password's sake. */
#define URL_NODES 16
#define URL_HOST_SIZE 256

enum url_kind { URL_MEMORY, URL_TCP, URL_TLS, URL_UNIX };

struct url_node {
    char host[URL_HOST_SIZE];
    uint16_t port;
};

struct url {
    enum url_kind kind;
    bool cluster;
    uint32_t db;
    char user[128], password[512]; /* "" when there is none */
    char path[108];                /* as long as a Unix socket's may be */
    struct url_node node[URL_NODES];
    size_t nodes;
};

/* False with the reason in why, which never has a part of the URL in it: a password could be where none is
 * meant. */
bool url_parse(const char *text, struct url *out, hf_problem *why);
void url_wipe(struct url *url);

#endif
