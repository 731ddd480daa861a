/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

extern char **environ;

enum { PATIENCE = 10000 /* milliseconds until it must listen */ };

static int spawn_server(struct demo_server *server, const char **argv, int errors)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    int error = posix_spawn(&server->pid, "/proc/self/exe", &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads the line 'listening on 127.0.0.1:PORT'; anything else is passed on. */
static int read_port(struct demo_server *server)
{
    char line[512];
    size_t len = 0;
    struct pollfd wait = {.fd = server->errors, .events = POLLIN};
    while (len < sizeof line - 1 && poll(&wait, 1, PATIENCE) > 0 &&
           read(server->errors, line + len, 1) == 1) {
        line[++len] = '\0';
        if (line[len - 1] != '\n') {
            continue;
        }
        const char *listening = strstr(line, "listening on ");
        const char *colon = listening == NULL ? NULL : strrchr(line, ':');
        if (colon != NULL) {
            server->port = (unsigned)strtoul(colon + 1, NULL, 10);
            return EXIT_WELL;
        }
        fputs(line, stderr);
        len = 0;
    }
    say_error("the server of the demonstration did not begin to listen");
    return EXIT_NETWORK;
}

int demo_server_start(struct demo_server *server, const struct demo_pki *pki)
{
    char paths[3][4200];
    static const char *const names[] = {"ca.pem", "server.pem", "server.key"};
    int both[2];
    *server = (struct demo_server){.errors = -1};
    for (size_t i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", pki->folder, names[i]);
    }
    const char *argv[] = {"handfast",      "serve",   "127.0.0.1:0", "--echo", "--count", "2",
                          "--client-auth", "require", "--timeout",   "10",     "-q",      "--ca",
                          paths[0],        "--cert",  paths[1],      "--key",  paths[2],  NULL};
    if (pipe(both) != 0) {
        say_error("no pipe (%s)", strerror(errno));
        return EXIT_INTERNAL;
    }
    int error = spawn_server(server, argv, both[1]);
    close(both[1]);
    server->errors = both[0];
    if (error != 0) {
        close(both[0]);
        say_error("the server of the demonstration could not be started (%s)", strerror(error));
        return EXIT_INTERNAL;
    }
    int code = read_port(server);
    if (code != EXIT_WELL) {
        demo_server_stop(server);
    }
    return code;
}

int demo_server_stop(struct demo_server *server)
{
    char rest[512];
    ssize_t n;
    int status = 0;
    struct pollfd wait = {.fd = server->errors, .events = POLLIN};
    /* It ends by itself after its two connections. */
    while (poll(&wait, 1, 3000) > 0 && (n = read(server->errors, rest, sizeof rest)) > 0) {
        fwrite(rest, 1, (size_t)n, stderr);
    }
    close(server->errors);
    if (waitpid(server->pid, &status, WNOHANG) == 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}
