/* SPDX-License-Identifier: MIT */
#include "cli/listening.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/address.h"

int listen_here(const struct settings *s, const char *where, int *fd)
{
    struct address address;
    struct places places;
    const char *why = address_read(&address, where, true);
    if (why != NULL) {
        return say_usage(s, "'%s': %s", where, why);
    }
    why = places_find(&places, &address, true);
    if (why != NULL) {
        say_error("%s: the address is not found (%s)", where, why);
        return EXIT_NETWORK;
    }
    struct stat about;
    if (address.is_unix && lstat(address.path, &about) == 0 && S_ISSOCK(about.st_mode)) {
        unlink(address.path); /* left by a server that was ended */
    }
    *fd = places_listen(&places);
    if (*fd < 0) {
        say_error(
            "%s: it cannot be listened on (%s). Look for another program on the port, or take another port.",
            where, strerror(errno));
        return EXIT_NETWORK;
    }
    return EXIT_WELL;
}

int accept_next(int listener, bool *full)
{
    int one = 1, fd = accept(listener, NULL, NULL);
    *full = fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (*full) {
        say_warning("no more connections can be accepted now (%s)", strerror(errno));
    }
    if (fd >= 0) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

void say_listening(int fd)
{
    char name[160];
    socket_name_of(name, sizeof name, fd, false);
    fprintf(stderr, "handfast: listening on %s\n", name);
}
