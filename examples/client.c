/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include <handfast/handfast.h>

int main(int argc, char **argv) /* client HOST PORT CA-FILE */
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    hf_config *config = hf_config_client();
    if (argc < 4 || getaddrinfo(argv[1], argv[2], &wanted, &found) != 0 ||
        hf_config_trust_path(config, argv[3]) != HF_OK || hf_config_freeze(config, NULL) != HF_OK)
        return 2;
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0)
        return 2;
    hf_stream *tls = hf_stream_new(hf_conn_new(config, argv[1], NULL), fd);
    char bytes[4096] = "GET / HTTP/1.0\r\n\r\n";
    ssize_t n = hf_stream_write(tls, bytes, strlen(bytes));
    while (n > 0 && (n = hf_stream_read(tls, bytes, sizeof bytes)) > 0)
        fwrite(bytes, 1, (size_t)n, stdout);
    const hf_failure *failure = hf_failed(hf_stream_conn(tls));
    if (failure)
        fprintf(stderr, "%s: %s\n", hf_err_sentence(failure->err), failure->detail);
    hf_stream_free(tls);
    hf_config_free(config);
    freeaddrinfo(found);
    return n == 0 ? 0 : 1;
}
