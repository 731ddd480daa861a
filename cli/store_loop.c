/* SPDX-License-Identifier: MIT */
#include "cli/store_loop.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/address.h"

enum { READ_AT_ONCE = 16384, READS = 16 };

/* One connection of the store. Its memory lives until libuv let go of both handles and of the request. */
struct store_socket {
    struct store_loop *owner;
    struct store_socket *next;
    uint32_t link;
    int fd;
    bool connected, polling, resolving, closed;
    int waiting; /* UV_READABLE, UV_WRITABLE */
    uv_poll_t poll;
    uv_getaddrinfo_t resolver;
    struct places places;
    size_t place;
};

uint64_t store_loop_now(void)
{
    return uv_hrtime() / 1000000;
}

/* ---- the end of a socket ---- */
static void free_when_left(struct store_socket *k)
{
    if (k->closed && !k->polling && !k->resolving) {
        free(k);
    }
}

static void try_places(struct store_socket *k);

static void on_poll_closed(uv_handle_t *handle)
{
    struct store_socket *k = handle->data;
    k->polling = false;
    if (k->closed) {
        free_when_left(k);
    } else if (!k->connected) {
        try_places(k); /* the place before led nowhere */
    }
}

/* The descriptor is closed at once: libuv does not look at it any more behind uv_poll_stop. */
static void close_fd(struct store_socket *k)
{
    if (k->fd >= 0 && k->polling && !uv_is_closing((uv_handle_t *)&k->poll)) {
        uv_poll_stop(&k->poll);
        uv_close((uv_handle_t *)&k->poll, on_poll_closed);
    }
    if (k->fd >= 0) {
        close(k->fd);
        k->fd = -1;
    }
}

/* Of one that is in no list any more. */
static void socket_end(struct store_socket *k)
{
    close_fd(k);
    if (k->resolving) {
        uv_cancel((uv_req_t *)&k->resolver);
    }
    k->closed = true;
    free_when_left(k);
}

/* ---- bytes ---- */
static void wait_for(struct store_socket *k, int wanted);

/* A failure shows when it is read from. True when not all went. */
static bool send_all(struct store_socket *k)
{
    hf_store *store = k->owner->store;
    for (;;) {
        hf_bytes out = k->connected ? hf_store_peek(store, k->link) : (hf_bytes){NULL, 0};
        if (out.len == 0) {
            return false;
        }
        ssize_t n = send(k->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            hf_store_drop(store, k->link, (size_t)n);
        } else if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
    }
}

/* False when the connection has ended. */
static bool read_some(struct store_socket *k, uint8_t *room)
{
    ssize_t n = recv(k->fd, room, READ_AT_ONCE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return false;
    }
    hf_store_push(k->owner->store, k->link, room, n > 0 ? (size_t)n : 0, store_loop_now());
    return n == READ_AT_ONCE;
}

/* ---- connecting ---- */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct store_socket *k = poll->data;
    uint8_t room[READ_AT_ONCE];
    if (!k->connected) {
        int error = 0;
        socklen_t len = sizeof error;
        bool failed = status < 0 || getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0;
        if (failed) {
            close_fd(k); /* goes on when libuv let go of the handle */
            return;
        }
        k->connected = true;
        hf_store_linked(k->owner->store, k->link, true, store_loop_now());
        wait_for(k, UV_READABLE);
        return;
    }
    if (status < 0 || (events & UV_READABLE) != 0) {
        for (int i = 0; i < READS && read_some(k, room); i++) {}
    }
}

static void wait_for(struct store_socket *k, int wanted)
{
    if (k->waiting != wanted) {
        k->waiting = wanted;
        uv_poll_start(&k->poll, wanted, on_poll);
    }
}

/* The next place that a connection can be begun to; none: the store is told. */
static void try_places(struct store_socket *k)
{
    while (k->fd < 0 && k->place < k->places.count) {
        k->fd = place_begin(&k->places, k->place++);
    }
    if (k->fd < 0 || uv_poll_init(k->owner->loop, &k->poll, k->fd) != 0) {
        close_fd(k);
        hf_store_linked(k->owner->store, k->link, false, store_loop_now());
        return;
    }
    k->poll.data = k;
    k->polling = true;
    k->waiting = 0;
    wait_for(k, UV_WRITABLE);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct store_socket *k = request->data;
    k->resolving = false;
    if (k->closed) {
        uv_freeaddrinfo(found);
        free_when_left(k);
        return;
    }
    for (const struct addrinfo *i = status == 0 ? found : NULL;
         i != NULL && k->places.count < sizeof k->places.at / sizeof *k->places.at; i = i->ai_next) {
        memcpy(&k->places.at[k->places.count].address, i->ai_addr, i->ai_addrlen);
        k->places.at[k->places.count++].len = i->ai_addrlen;
    }
    uv_freeaddrinfo(found);
    try_places(k);
}

/* An address needs no resolver; a name must not hold the loop up. */
static void find_places(struct store_socket *k, const hf_store_endpoint *to)
{
    struct address address = {.is_unix = to->path != NULL};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found = NULL;
    snprintf(address.port, sizeof address.port, "%u", to->port);
    if (address.is_unix) {
        snprintf(address.path, sizeof address.path, "%s", to->path);
        places_find(&k->places, &address, false);
        try_places(k);
        return;
    }
    k->resolver.data = k;
    if (getaddrinfo(to->host, address.port, &hints, &found) == 0) {
        k->resolving = false;
        on_resolved(&k->resolver, 0, found);
        return;
    }
    hints.ai_flags = AI_ADDRCONFIG;
    k->resolving =
        uv_getaddrinfo(k->owner->loop, &k->resolver, on_resolved, to->host, address.port, &hints) == 0;
    if (!k->resolving) {
        try_places(k); /* there are none */
    }
}

static void dial(struct store_loop *s, const hf_store_endpoint *to)
{
    struct store_socket *k = calloc(1, sizeof *k);
    if (k == NULL) {
        hf_store_linked(s->store, to->link, false, store_loop_now());
        return;
    }
    k->owner = s;
    k->link = to->link;
    k->fd = -1;
    k->next = s->sockets;
    s->sockets = k;
    find_places(k, to);
}

/* ---- the loop ---- */
static void hang_up(struct store_loop *s)
{
    uint32_t link;
    while (hf_store_hang_up(s->store, &link)) {
        struct store_socket **at = &s->sockets, *k;
        while ((k = *at) != NULL && k->link != link) {
            at = &k->next;
        }
        if (k != NULL) {
            *at = k->next;
            socket_end(k);
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct store_loop *s = timer->data;
    hf_store_tick(s->store, store_loop_now());
}

static void set_timer(struct store_loop *s)
{
    uint64_t due = hf_store_due(s->store), now = store_loop_now();
    if (due == UINT64_MAX) {
        uv_timer_stop(&s->timer);
        return;
    }
    uv_update_time(s->loop);
    uv_timer_start(&s->timer, on_timer, due > now ? due - now : 0, 0);
}

/* Before the loop waits. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct store_loop *s = prepare->data;
    hf_store_endpoint to;
    while (hf_store_dial(s->store, &to, store_loop_now())) {
        dial(s, &to);
    }
    for (struct store_socket *k = s->sockets; k != NULL; k = k->next) {
        bool full = send_all(k);
        if (k->connected) {
            wait_for(k, full ? UV_READABLE | UV_WRITABLE : UV_READABLE);
        }
    }
    hang_up(s);
    set_timer(s);
}

bool store_loop_start(struct store_loop *s, uv_loop_t *loop, hf_store *store)
{
    *s = (struct store_loop){.loop = loop, .store = store, .running = true};
    if (uv_prepare_init(loop, &s->prepare) != 0 || uv_timer_init(loop, &s->timer) != 0) {
        hf_store_free(store);
        return false;
    }
    s->prepare.data = s->timer.data = s;
    uv_prepare_start(&s->prepare, on_prepare);
    return true;
}

void store_loop_stop(struct store_loop *s)
{
    if (!s->running) {
        return;
    }
    s->running = false;
    for (struct store_socket *k = s->sockets; k != NULL; k = k->next) {
        send_all(k);
    }
    for (struct store_socket *k = s->sockets, *next; k != NULL; k = next) {
        next = k->next;
        socket_end(k);
    }
    s->sockets = NULL;
    hf_store_free(s->store);
    s->store = NULL;
    uv_close((uv_handle_t *)&s->prepare, NULL);
    uv_close((uv_handle_t *)&s->timer, NULL);
}
