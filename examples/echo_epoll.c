/* SPDX-License-Identifier: MIT */
/* echo_epoll PORT CERT KEY: sends back what arrives; one thread, non-blocking sockets, epoll, no stream in
 * between. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <handfast/handfast.h>

struct guest {
    int fd;
    hf_conn *conn;
    uint8_t arrived[16384 + 256]; /* records are opened in place: it stays until its plaintext is taken */
    size_t start, end;
    bool ended;
};

/* Each verb as far as it goes now; true when any of them moved something. */
static bool turn(struct guest *g)
{
    bool moved = false;
    size_t used;
    for (hf_bytes out; (out = hf_peek_wire(g->conn)).len;) {
        ssize_t n = send(g->fd, out.data, out.len, MSG_NOSIGNAL);
        if (n <= 0) {
            g->ended |= n < 0 && errno != EAGAIN && errno != EINTR;
            break;
        }
        hf_drop_wire(g->conn, (size_t)n);
        moved = true;
    }
    hf_bytes plain = hf_peek_app(g->conn);
    if (plain.len) {
        if (hf_push_app(g->conn, plain, &used) == HF_OK && used) {
            hf_drop_app(g->conn, used);
            moved = true;
        }
        return moved; /* nothing more is read before what arrived is on its way back */
    }
    if (g->start == g->end && !g->ended) {
        ssize_t n = recv(g->fd, g->arrived, sizeof g->arrived, 0);
        g->start = 0;
        g->end = n > 0 ? (size_t)n : 0;
        g->ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
        moved |= n > 0;
    }
    if (g->start < g->end && !hf_failed(g->conn)) {
        (void)!hf_push_wire(g->conn, g->arrived + g->start, g->end - g->start, &used); /* hf_failed says it */
        g->start += used;
        moved |= used > 0;
    }
    if (hf_wants(g->conn) & HF_CLOSED_IN && !(hf_wants(g->conn) & HF_CLOSED_OUT)) {
        moved |= hf_close(g->conn) == HF_OK; /* RFC 5246 7.2.1: answered at once */
    }
    return moved;
}

static bool is_over(const struct guest *g)
{
    bool all_sent = !hf_peek_wire(g->conn).len;
    return g->ended || (all_sent && (hf_failed(g->conn) || hf_wants(g->conn) & HF_CLOSED_OUT));
}

static void accept_one(int epoll, int listener, const hf_config *config)
{
    int fd = accept(listener, NULL, NULL);
    struct guest *g = fd < 0 ? NULL : calloc(1, sizeof *g);
    hf_conn *conn = g ? hf_conn_new(config, NULL, NULL) : NULL;
    if (!conn) {
        free(g);
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    g->fd = fd;
    g->conn = conn;
    /* Edges: turn() goes on until nothing moves, so no event is missed. A real server has time-outs as well.
     */
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = g};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static void guest_turn(struct guest *g)
{
    while (turn(g)) {}
    if (!is_over(g)) {
        return;
    }
    const hf_failure *failure = hf_failed(g->conn);
    if (failure) {
        fprintf(stderr, "%s: %s. %s\n", hf_err_name(failure->err), hf_err_sentence(failure->err),
                failure->detail);
    }
    close(g->fd); /* and epoll forgets it */
    hf_conn_free(g->conn);
    free(g);
}

int main(int argc, char **argv)
{
    hf_problem why = {0};
    hf_config *config = hf_config_server();
    if (argc < 4 || !config || hf_config_identity_file(config, argv[2], argv[3], NULL) != HF_OK ||
        hf_config_freeze(config, &why) != HF_OK) {
        fprintf(stderr, "usage: echo_epoll PORT CERT KEY. %s\n", why.sentence);
        return 2;
    }
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0), yes = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct epoll_event events[64] = {{.events = EPOLLIN}}; /* data.ptr NULL: the listener */
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 128) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) != 0) {
        perror(argv[1]);
        return 3;
    }
    fprintf(stderr, "listening on 127.0.0.1:%s\n", argv[1]);
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                guest_turn(events[i].data.ptr);
            } else {
                accept_one(epoll, listener, config);
            }
        }
    }
}
