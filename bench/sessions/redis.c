/* SPDX-License-Identifier: MIT */
#include "bench/sessions/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/fail.h"

uint64_t clock_milliseconds(void)
{
    return (uint64_t)(wall_now() * 1000);
}

/* ---- the server ---- */
static int dial(const char *path)
{
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(there.sun_path, sizeof there.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&there, sizeof there) != 0) {
        close(fd);
        return -1;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static _Noreturn void become_redis(const struct redis *r)
{
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 1);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", r->socket, "--save", "",
           "--appendonly", "no", "--dir", r->folder, (char *)NULL);
    _exit(127);
}

void redis_start(struct redis *r)
{
    snprintf(r->folder, sizeof r->folder, "/tmp/hf-bench-XXXXXX");
    CHECK(mkdtemp(r->folder) != NULL);
    snprintf(r->socket, sizeof r->socket, "%s/redis.sock", r->folder);
    snprintf(r->url, sizeof r->url, "unix:%s", r->socket);
    r->process = fork();
    CHECK(r->process >= 0);
    if (r->process == 0)
        become_redis(r);
    for (int i = 0; i < 500; i++) {
        int fd = dial(r->socket);
        if (fd >= 0) {
            close(fd);
            return;
        }
        if (waitpid(r->process, NULL, WNOHANG) == r->process)
            fail_because("redis-server", "it did not start (Debian: redis-server)");
        poll(NULL, 0, 10);
    }
    fail_because("redis-server", "it does not listen");
}

void redis_signal(struct redis *r, int number)
{
    CHECK(r->process > 0 && kill(r->process, number) == 0);
    if (number == SIGKILL) {
        waitpid(r->process, NULL, 0);
        r->process = 0; /* its number may be another's from here on */
    }
}

void redis_stop(struct redis *r)
{
    if (r->process > 0) {
        kill(r->process, SIGCONT);
        kill(r->process, SIGTERM);
        waitpid(r->process, NULL, 0);
    }
    unlink(r->socket);
    rmdir(r->folder);
}

/* ---- the store's connections ---- */
void carrier_start(struct carrier *c, hf_store *store)
{
    *c = (struct carrier){.store = store};
    for (size_t i = 0; i < LINKS_MAX; i++)
        c->links[i].fd = -1;
}

static size_t place_of(const struct carrier *c, uint32_t link, bool unused)
{
    size_t i = 0;
    while (i < LINKS_MAX && (unused ? c->links[i].fd >= 0 : c->links[i].fd < 0 || c->links[i].link != link))
        i++;
    return i;
}

static void make_connections(struct carrier *c)
{
    hf_store_endpoint wanted;
    while (hf_store_dial(c->store, &wanted, clock_milliseconds())) {
        size_t at = place_of(c, 0, true);
        int fd = at < LINKS_MAX && wanted.path != NULL ? dial(wanted.path) : -1;
        uint32_t link = wanted.link;
        if (fd >= 0) {
            c->links[at].link = link;
            c->links[at].fd = fd;
        }
        hf_store_linked(c->store, link, fd >= 0, clock_milliseconds());
    }
    for (uint32_t link; hf_store_hang_up(c->store, &link);) {
        size_t at = place_of(c, link, false);
        if (at < LINKS_MAX) {
            close(c->links[at].fd);
            c->links[at].fd = -1;
        }
    }
}

static void send_waiting(struct carrier *c)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        hf_bytes out = {NULL, 0};
        while (c->links[i].fd >= 0 && (out = hf_store_peek(c->store, c->links[i].link)).len > 0) {
            ssize_t n = send(c->links[i].fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n <= 0)
                break; /* its end is seen when it is read */
            hf_store_drop(c->store, c->links[i].link, (size_t)n);
        }
    }
}

static void read_one(struct carrier *c, size_t i)
{
    static uint8_t bytes[65536];
    ssize_t n = recv(c->links[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0 || n == 0 || (errno != EAGAIN && errno != EINTR))
        hf_store_push(c->store, c->links[i].link, bytes, n > 0 ? (size_t)n : 0, clock_milliseconds());
}

void carrier_turn(struct carrier *c, int milliseconds)
{
    struct pollfd fds[LINKS_MAX];
    make_connections(c);
    send_waiting(c);
    uint64_t now = clock_milliseconds(), due = hf_store_due(c->store);
    if (due != UINT64_MAX && due < now + (uint64_t)milliseconds)
        milliseconds = due > now ? (int)(due - now) : 0;
    for (size_t i = 0; i < LINKS_MAX; i++)
        fds[i] = (struct pollfd){.fd = c->links[i].fd, .events = POLLIN};
    poll(fds, LINKS_MAX, milliseconds);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (c->links[i].fd >= 0 && fds[i].revents != 0)
            read_one(c, i);
    }
    hf_store_tick(c->store, clock_milliseconds());
    make_connections(c);
    send_waiting(c);
}

void carrier_end(struct carrier *c)
{
    hf_store_free(c->store);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (c->links[i].fd >= 0)
            close(c->links[i].fd);
    }
}
