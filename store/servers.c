/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

struct server *server_add(struct hf_store *s, const char *host, uint16_t port)
{
    size_t len = strlen(host);
    struct server *server =
        s->servers < SERVERS_MAX && len < sizeof server->at.host ? calloc(1, sizeof *server) : NULL;
    if (server) {
        memcpy(server->at.host, host, len);
        server->at.port = port;
        s->server[s->servers++] = server;
    }
    return server;
}

struct server *server_find(const struct hf_store *s, const char *host, uint16_t port)
{
    for (size_t i = 0; i < s->servers; i++) {
        if (s->server[i]->at.port == port && strcmp(s->server[i]->at.host, host) == 0) {
            return s->server[i];
        }
    }
    return NULL;
}

/* Slots name servers by their index: the last one takes the place of the one that goes. */
static void slots_without(struct hf_store *s, size_t gone)
{
    for (size_t i = 0; s->slots && i < SLOTS; i++) {
        if (s->slots[i] == gone + 1) {
            s->slots[i] = 0;
        } else if (s->slots[i] == s->servers) {
            s->slots[i] = (uint8_t)(gone + 1);
        }
    }
}

void server_remove(struct hf_store *s, size_t i)
{
    struct server *server = s->server[i];
    for (size_t k = 0; k < LINKS_MAX; k++) {
        if (server->link[k]) {
            link_end(s, server->link[k]);
        }
    }
    asks_leave(s, server);
    slots_without(s, i);
    s->server[i] = s->server[--s->servers];
    s->server[s->servers] = NULL;
    free(server);
}

struct server *server_of_slot(const struct hf_store *s, uint16_t slot)
{
    if (!s->url.cluster) {
        return s->server[0];
    }
    uint8_t i = s->slots[slot];
    return i ? s->server[i - 1] : NULL;
}

struct server *server_of_name(const struct hf_store *s, const char *full_name)
{
    return server_of_slot(s, slot_of((hf_bytes){(const uint8_t *)full_name, strlen(full_name)}));
}

unsigned server_ready(const struct server *server)
{
    unsigned ready = 0;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        ready += server->link[i] && server->link[i]->state == LINK_READY;
    }
    return ready;
}

bool any_ready(const struct hf_store *s)
{
    for (size_t i = 0; i < s->servers; i++) {
        if (server_ready(s->server[i])) {
            return true;
        }
    }
    return false;
}

struct link *server_link(const struct server *server, const char *key)
{
    unsigned ready = server_ready(server);
    if (ready == 0) {
        return NULL;
    }
    uint64_t nth = key_hash(key, 0) % ready;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (server->link[i] && server->link[i]->state == LINK_READY && nth-- == 0) {
            return server->link[i];
        }
    }
    return NULL;
}
