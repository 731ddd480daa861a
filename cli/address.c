/* SPDX-License-Identifier: MIT */
#include "cli/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *read_port(struct address *a, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len) {
        return "the port must be a number from 0 to 65535";
    }
    unsigned port = 0;
    for (const char *at = text; *at != '\0'; at++) {
        port = port * 10 + (unsigned)(*at - '0');
    }
    if (port > 65535) {
        return "the port must be a number from 0 to 65535";
    }
    memcpy(a->port, text, len + 1);
    return NULL;
}

const char *address_read(struct address *a, const char *text, bool port_alone)
{
    *a = (struct address){0};
    if (strncmp(text, "unix:", 5) == 0) {
        a->is_unix = true;
        if (text[5] == '\0' || strlen(text + 5) >= sizeof a->path) {
            return "unix: needs a path of at most 107 bytes";
        }
        memcpy(a->path, text + 5, strlen(text + 5));
        return NULL;
    }
    const char *colon = strrchr(text, ':'), *host = text, *end = colon;
    if (colon == NULL) {
        return port_alone ? read_port(a, text) : "it must be HOST:PORT or unix:PATH";
    }
    if (text[0] == '[') {
        host = text + 1;
        end = strchr(text, ']');
        if (end == NULL || end + 1 != colon) {
            return "an IPv6 address is written [ADDRESS]:PORT";
        }
    } else if (memchr(text, ':', (size_t)(colon - text)) != NULL) {
        return "an IPv6 address is written [ADDRESS]:PORT";
    }
    size_t len = (size_t)(end - host);
    if (len == 0 || len >= sizeof a->host) {
        return "the host is missing or too long";
    }
    memcpy(a->host, host, len);
    return read_port(a, colon + 1);
}

const char *places_find(struct places *p, const struct address *a, bool passive)
{
    *p = (struct places){0};
    if (a->is_unix) {
        struct sockaddr_un local = {.sun_family = AF_UNIX};
        memcpy(local.sun_path, a->path, sizeof local.sun_path);
        memcpy(&p->at[0].address, &local, sizeof local);
        p->at[0].len = sizeof local;
        p->count = 1;
        return NULL;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0}, *found = NULL;
    int error = getaddrinfo(a->host[0] == '\0' ? "127.0.0.1" : a->host, a->port, &hints, &found);
    if (error != 0) {
        return error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
    }
    for (const struct addrinfo *i = found; i != NULL && p->count < sizeof p->at / sizeof *p->at;
         i = i->ai_next) {
        memcpy(&p->at[p->count].address, i->ai_addr, i->ai_addrlen);
        p->at[p->count++].len = i->ai_addrlen;
    }
    freeaddrinfo(found);
    return p->count == 0 ? "it has no address" : NULL;
}

int place_begin(const struct places *p, size_t i)
{
    const struct sockaddr *address = (const struct sockaddr *)&p->at[i].address;
    int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, address, p->at[i].len) != 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    if (address->sa_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

static int wait_connected(int fd, int milliseconds)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int ready, error = 0;
    socklen_t len = sizeof error;
    do {
        ready = poll(&wait, 1, milliseconds);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        return ETIMEDOUT;
    }
    return ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ? errno : error;
}

static int elapsed(const struct timespec *since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000);
}

int places_dial(const struct places *p, int milliseconds)
{
    struct timespec begun;
    int error = ETIMEDOUT;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (size_t i = 0; i < p->count; i++) {
        int left = milliseconds - elapsed(&begun);
        int fd = left > 0 ? place_begin(p, i) : -1;
        if (left <= 0) {
            break;
        }
        /* A place that does not answer must leave time for the next. */
        error = fd < 0 ? errno : wait_connected(fd, i + 1 < p->count ? left / 2 + 1 : left);
        if (error == 0) {
            return fd;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    errno = error;
    return -1;
}

int places_listen(const struct places *p)
{
    int error = EADDRNOTAVAIL;
    for (size_t i = 0; i < p->count; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&p->at[i].address;
        int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            error = errno;
            continue;
        }
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, address, p->at[i].len) == 0 && listen(fd, 512) == 0) {
            return fd;
        }
        error = errno;
        close(fd);
    }
    errno = error;
    return -1;
}

void socket_name(char *out, size_t size, const struct sockaddr *address, socklen_t len)
{
    char host[64], port[8];
    if (address->sa_family == AF_UNIX) {
        const struct sockaddr_un *local = (const struct sockaddr_un *)address;
        snprintf(out, size, "unix:%.*s", (int)sizeof local->sun_path,
                 len > sizeof(sa_family_t) ? local->sun_path : "");
    } else if (getnameinfo(address, len, host, sizeof host, port, sizeof port,
                           NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        snprintf(out, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
    } else {
        snprintf(out, size, "?");
    }
}

void socket_name_of(char *out, size_t size, int fd, bool peer)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if ((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&address, &len) == 0) {
        socket_name(out, size, (const struct sockaddr *)&address, len);
    } else {
        snprintf(out, size, "?");
    }
}
