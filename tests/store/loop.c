/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
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

uint64_t loop_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct loop *loop_new(const char *url, const hf_store_options *options)
{
    hf_problem why;
    struct loop *l = calloc(1, sizeof *l);
    l->store = hf_store_new(url, options, &why);
    if (l->store == NULL) {
        fail_msg("%s: %s", url, why.sentence);
    }
    return l;
}

void loop_free(struct loop *l)
{
    hf_store_free(l->store);
    for (size_t i = 0; i < LOOP_LINKS; i++) {
        if (l->link[i].name) {
            close(l->link[i].fd);
        }
    }
    free(l);
}

static int connect_to(const hf_store_endpoint *e)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(e->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const struct sockaddr *to = (const struct sockaddr *)&in;
    socklen_t len = sizeof in;
    if (e->path) {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", e->path);
        to = (const struct sockaddr *)&un;
        len = sizeof un;
    } else if (inet_pton(AF_INET, strcmp(e->host, "localhost") == 0 ? "127.0.0.1" : e->host, &in.sin_addr) !=
               1) {
        fail_msg("%s is no address", e->host);
    }
    if (connect(fd, to, len) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* What is to be done after every call. */
static void tend(struct loop *l)
{
    hf_store_endpoint e;
    uint32_t name;
    while (hf_store_dial(l->store, &e, loop_now())) {
        size_t i = 0;
        while (l->link[i].name) {
            assert_true(++i < LOOP_LINKS);
        }
        l->link[i].name = e.link;
        l->link[i].connecting = true;
        l->link[i].fd = connect_to(&e);
        if (l->link[i].fd < 0) {
            l->link[i].connecting = false;
            hf_store_linked(l->store, e.link, false, loop_now());
        }
    }
    for (size_t i = 0; i < LOOP_LINKS; i++) {
        hf_bytes out = {0};
        ssize_t sent = 1;
        while (l->link[i].name && !l->link[i].connecting && sent > 0 &&
               (out = hf_store_peek(l->store, l->link[i].name)).len) {
            sent = send(l->link[i].fd, out.data, out.len, MSG_NOSIGNAL);
            hf_store_drop(l->store, l->link[i].name, sent > 0 ? (size_t)sent : 0);
        }
    }
    while (hf_store_hang_up(l->store, &name)) {
        for (size_t i = 0; i < LOOP_LINKS; i++) {
            if (l->link[i].name == name) {
                l->link[i].name = 0;
                close(l->link[i].fd);
            }
        }
    }
}

static void link_event(struct loop *l, size_t i)
{
    uint8_t bytes[16384];
    if (l->link[i].connecting) {
        int err = 0;
        socklen_t len = sizeof err;
        getsockopt(l->link[i].fd, SOL_SOCKET, SO_ERROR, &err, &len);
        l->link[i].connecting = false;
        hf_store_linked(l->store, l->link[i].name, err == 0, loop_now());
        return;
    }
    ssize_t got = recv(l->link[i].fd, bytes, sizeof bytes, 0);
    if (got >= 0 || errno != EAGAIN) {
        hf_store_push(l->store, l->link[i].name, bytes, got > 0 ? (size_t)got : 0, loop_now());
    }
}

static void turn(struct loop *l, uint64_t until)
{
    struct pollfd fds[LOOP_LINKS];
    for (size_t i = 0; i < LOOP_LINKS; i++) {
        fds[i] = (struct pollfd){.fd = l->link[i].name ? l->link[i].fd : -1, .events = POLLIN};
        if (l->link[i].name && (l->link[i].connecting || hf_store_peek(l->store, l->link[i].name).len)) {
            fds[i].events |= POLLOUT;
        }
    }
    uint64_t due = hf_store_due(l->store), now = loop_now();
    due = due < until ? due : until;
    poll(fds, LOOP_LINKS, due > now ? (int)(due - now) : 0);
    for (size_t i = 0; i < LOOP_LINKS; i++) {
        if (l->link[i].name &&
            (fds[i].revents & (POLLIN | POLLHUP | POLLERR) || (l->link[i].connecting && fds[i].revents))) {
            link_event(l, i);
        }
    }
    hf_store_tick(l->store, loop_now());
    tend(l);
}

bool loop_run(struct loop *l, const unsigned *flag, unsigned milliseconds)
{
    uint64_t until = loop_now() + milliseconds;
    tend(l);
    while (!(flag && *flag) && loop_now() < until) {
        turn(l, until);
    }
    return flag && *flag;
}

/* ---- servers ---- */

/* The bus of a cluster is 10000 above. */
#define HIGHEST_PORT 55535

uint16_t free_port(void)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof in;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&in, len) == 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
        close(fd);
        if (ntohs(in.sin_port) <= HIGHEST_PORT) {
            return ntohs(in.sin_port);
        }
    }
    fail_msg("no port is free");
    return 0;
}

static struct server_process *running[16];

static void note(struct server_process *p, bool runs)
{
    for (size_t i = 0; i < 16; i++) {
        if (running[i] == (runs ? NULL : p)) {
            running[i] = runs ? p : NULL;
            return;
        }
    }
}

int servers_kill(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++) {
        if (running[i]) {
            server_kill(running[i]);
        }
    }
    return 0;
}

static bool answers(uint16_t port)
{
    hf_store_endpoint e = {.host = "127.0.0.1", .port = port};
    int fd = connect_to(&e), err = 1;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof err;
    if (fd >= 0 && poll(&p, 1, 1000) == 1) {
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
    }
    close(fd);
    return err == 0;
}

void server_start_again(struct server_process *p)
{
    char path[128];
    snprintf(path, sizeof path, "%s/redis.conf", p->folder);
    p->pid = fork();
    if (p->pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, 1); /* whoever reads our output shall not wait for the server's end */
        execlp("redis-server", "redis-server", path, (char *)NULL);
        fprintf(stderr, "redis-server cannot be started (Debian: redis-server)\n");
        _exit(127);
    }
    note(p, true);
    for (int i = 0; !answers(p->port); i++) {
        assert_true(i < 500);
        assert_int_equal(waitpid(p->pid, NULL, WNOHANG), 0); /* 127: there is no redis-server */
        usleep(20000);
    }
}

void server_start(struct server_process *p, const char *settings)
{
    char path[128];
    *p = (struct server_process){.port = free_port(), .folder = "/tmp/hf-store-XXXXXX"};
    assert_non_null(mkdtemp(p->folder));
    snprintf(path, sizeof path, "%s/redis.conf", p->folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "bind 127.0.0.1\nport %u\ndir %s\nsave \"\"\nappendonly no\nunixsocket %s/redis.sock\n"
            "logfile %s/log\ndaemonize no\n%s",
            p->port, p->folder, p->folder, p->folder, settings);
    fclose(f);
    server_start_again(p);
}

void server_kill(struct server_process *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
        note(p, false);
    }
    p->pid = 0;
}

void server_remove_folder(const struct server_process *p)
{
    static const char *const files[] = {"redis.conf", "log",      "redis.sock", "nodes.conf",
                                        "dump.rdb",   "cert.pem", "key.pem"};
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, files[i]);
        unlink(path);
    }
    rmdir(p->folder);
}
