/* SPDX-License-Identifier: MIT */
/* echo_blocking PORT CERT KEY: sends back what arrives; blocking sockets, a thread for each connection. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <handfast/handfast.h>

struct guest {
    hf_config *config;
    int fd;
};

static void echo(hf_stream *tls)
{
    char bytes[16384];
    ssize_t n;
    while ((n = hf_stream_read(tls, bytes, sizeof bytes)) > 0) {
        /* takes all, or the patience is over: this config lets nobody renegotiate (the default), where a
         * write may have to wait for a read */
        if (hf_stream_write(tls, bytes, (size_t)n) != n) {
            break;
        }
    }
    const hf_failure *failure = hf_failed(hf_stream_conn(tls));
    if (failure) {
        fprintf(stderr, "%s: %s. %s\n", hf_err_name(failure->err), hf_err_sentence(failure->err),
                failure->detail);
    } else if (hf_stream_close(tls) != 0) {
        perror("close_notify");
    }
}

static void *serve(void *arg)
{
    struct guest *guest = arg;
    hf_stream *tls = hf_stream_new(hf_conn_new(guest->config, NULL, NULL), guest->fd);
    if (tls) {
        echo(tls);
        hf_stream_free(tls);
    }
    close(guest->fd);
    free(guest);
    return NULL;
}

static int listen_on(int port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(fd, (struct sockaddr *)&here, sizeof here) == 0 && listen(fd, 128) == 0 ? fd : -1;
}

static void welcome(hf_config *config, int fd)
{
    struct timeval patience = {.tv_sec = 30}; /* whoever is silent for so long is not waited for */
    struct guest *guest = malloc(sizeof *guest);
    pthread_t thread;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (guest) {
        *guest = (struct guest){config, fd};
    }
    if (!guest || pthread_create(&thread, NULL, serve, guest) != 0) {
        free(guest);
        close(fd);
        return;
    }
    pthread_detach(thread);
}

int main(int argc, char **argv)
{
    hf_problem why = {0};
    hf_config *config = hf_config_server();
    if (argc < 4 || !config || hf_config_identity_file(config, argv[2], argv[3], NULL) != HF_OK ||
        hf_config_freeze(config, &why) != HF_OK) {
        fprintf(stderr, "usage: echo_blocking PORT CERT KEY. %s\n", why.sentence);
        return 2;
    }
    int listener = listen_on(atoi(argv[1]));
    if (listener < 0) {
        perror(argv[1]);
        return 3;
    }
    fprintf(stderr, "listening on 127.0.0.1:%s\n", argv[1]);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0) {
            welcome(config, fd);
        } else {
            perror("accept");
            sleep(1); /* too many open files, say: others end meanwhile */
        }
    }
}
