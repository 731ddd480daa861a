/* SPDX-License-Identifier: MIT */
/*
 * A peer for SupplementalData (RFC 4680) on GnuTLS: no program of any stack can do it.
 *
 *     gnutls_supplemental client|server PORT TYPE WAY CERT KEY
 *
 * One connection on 127.0.0.1. Prints what it received as hexadecimal, and how the handshake ended. WAY:
 *
 *     negotiated   the two extensions of RFC 5878 (client_authz, server_authz) in the hellos, data sent, data
 * insisted on alone        the same without any extension, which is GnuTLS's own way and not RFC 4680's
 *     silent       negotiated; no message is sent
 *     empty        negotiated; a message without entries is sent, as GnuTLS does when its callback has
 * nothing to say deaf         alone, but no message of the peer's is insisted on mute         negotiated; no
 * message is sent and none insisted on
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_AUTHZ = 7, SERVER_AUTHZ = 8, TIMEOUT = 8000 };

static const char *way;
static int asked;

static int is(const char *what)
{
    return strcmp(way, what) == 0;
}

static int receive(gnutls_session_t session, const unsigned char *bytes, size_t len)
{
    (void)session;
    printf("received ");
    for (size_t i = 0; i < len; i++) {
        printf("%02X", bytes[i]);
    }
    printf("\n");
    return 0;
}

static int give(gnutls_session_t session, gnutls_buffer_t out)
{
    static const char data[] = "from GnuTLS";
    (void)session;
    asked = 1;
    return is("empty") ? 0 : gnutls_buffer_append_data(out, data, sizeof data - 1);
}

/* AuthzDataFormats, RFC 5878 2.3: x509_attr_cert. */
static int extension_received(gnutls_session_t session, const unsigned char *bytes, size_t len)
{
    (void)session;
    printf("extension of %zu bytes, %u formats\n", len, len > 0 ? bytes[0] : 0u);
    return 0;
}

static int extension_given(gnutls_session_t session, gnutls_buffer_t out)
{
    static const unsigned char formats[] = {1, 0};
    (void)session;
    gnutls_buffer_append_data(out, formats, sizeof formats);
    return sizeof formats;
}

static int must(int code, const char *what)
{
    if (code < 0) {
        fprintf(stderr, "%s: %s\n", what, gnutls_strerror(code));
        exit(1);
    }
    return code;
}

static int open_socket(int is_server, const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (!is_server) {
        return connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fd : -1;
    }
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0) {
        return -1;
    }
    return accept(fd, NULL, NULL);
}

static void negotiate(gnutls_session_t session)
{
    unsigned flags = GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO;
    must(gnutls_session_ext_register(session, "client_authz", CLIENT_AUTHZ, GNUTLS_EXT_TLS,
                                     extension_received, extension_given, NULL, NULL, NULL, flags),
         "client_authz");
    must(gnutls_session_ext_register(session, "server_authz", SERVER_AUTHZ, GNUTLS_EXT_TLS,
                                     extension_received, extension_given, NULL, NULL, NULL, flags),
         "server_authz");
}

int main(int count, char **words)
{
    if (count != 7) {
        fprintf(stderr, "usage: %s client|server PORT TYPE WAY CERT KEY\n", words[0]);
        return 2;
    }
    int is_server = strcmp(words[1], "server") == 0, fd = open_socket(is_server, words[2]);
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    if (fd < 0) {
        perror("socket");
        return 1;
    }
    way = words[4];
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(gnutls_certificate_allocate_credentials(&credentials), "credentials");
    if (is_server) {
        must(gnutls_certificate_set_x509_key_file(credentials, words[5], words[6], GNUTLS_X509_FMT_PEM),
             "certificate");
    }
    must(gnutls_init(&session, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT), "session");
    must(gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL), "priority");
    must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
    gnutls_transport_set_int(session, fd);
    gnutls_handshake_set_timeout(session, TIMEOUT);
    gnutls_supplemental_recv(session, !is("deaf") && !is("mute"));
    gnutls_supplemental_send(session, !is("silent") && !is("mute"));
    must(gnutls_session_supplemental_register(session, "test", atoi(words[3]), receive, give, 0),
         "supplemental");
    if (!is("alone") && !is("deaf")) {
        negotiate(session);
    }
    int code;
    do {
        code = gnutls_handshake(session);
    } while (code < 0 && !gnutls_error_is_fatal(code));
    char *what = gnutls_session_get_desc(session);
    printf("handshake %s, asked %d, %s\n", code == 0 ? "complete" : gnutls_strerror(code), asked,
           what ? what : "-");
    gnutls_free(what);
    if (code == 0) {
        gnutls_bye(session, GNUTLS_SHUT_RDWR);
    } else {
        gnutls_alert_send_appropriate(session, code);
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    close(fd);
    return code == 0 ? 0 : 1;
}
