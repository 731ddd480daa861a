/* SPDX-License-Identifier: MIT */
/*
 * A server that finds an account by a client's user mapping hint (RFC 4681) and opens it to whom its verified
 * certificate names.
 *
 *     user_mapping PORT CERT KEY CLIENT-CA ACCOUNT…        ACCOUNT is user@domain; one connection; prints who
 * it was
 *
 * The hint only says where to look. Nobody has authenticated it, so an account is opened when the
 * certificate, which was verified, carries its name: the UPN that Microsoft puts in subjectAltName's
 * otherName, or an e-mail address (RFC 5280 4.2.1.6).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <handfast/handfast.h>
#include <openssl/x509v3.h>

static bool is_name(const ASN1_STRING *s, const char *account)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(s);
    size_t len = (size_t)ASN1_STRING_length(s);
    const char *domain = strchr(account, '@'); /* the domain's case does not matter, the user's may */
    size_t user = (size_t)(domain - account);
    return len == strlen(account) && memcmp(bytes, account, user) == 0 &&
           strncasecmp((const char *)bytes + user, domain, len - user) == 0;
}

/* otherName of type 1.3.6.1.4.1.311.20.2.3, a UTF8String; or rfc822Name. */
static bool is_named(const GENERAL_NAME *n, const char *account)
{
    if (n->type == GEN_EMAIL) {
        return is_name(n->d.rfc822Name, account);
    }
    return n->type == GEN_OTHERNAME && OBJ_obj2nid(n->d.otherName->type_id) == NID_ms_upn &&
           n->d.otherName->value->type == V_ASN1_UTF8STRING &&
           is_name(n->d.otherName->value->value.utf8string, account);
}

/* The leaf of peer_chain: a 24-bit length, then DER. */
static bool certificate_names(hf_bytes chain, const char *account)
{
    const unsigned char *der = chain.data + 3;
    long len = chain.len < 3 ? 0 : (long)chain.data[0] << 16 | (long)chain.data[1] << 8 | chain.data[2];
    X509 *leaf = len > 0 ? d2i_X509(NULL, &der, len) : NULL;
    GENERAL_NAMES *names = leaf ? X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL) : NULL;
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        found |= is_named(sk_GENERAL_NAME_value(names, i), account);
    }
    GENERAL_NAMES_free(names);
    X509_free(leaf);
    return found;
}

/* Whether the hint points at the account: its principal name, or its domain alone. */
static bool hint_points_at(const hf_user_mapping *hint, const char *account)
{
    hf_bytes upn = hint->user_principal_name, domain = hint->domain_name;
    const char *own = strchr(account, '@') + 1;
    if (upn.len) {
        return upn.len == strlen(account) && strncasecmp((const char *)upn.data, account, upn.len) == 0;
    }
    return domain.len == strlen(own) && strncasecmp((const char *)domain.data, own, domain.len) == 0;
}

static const char *find_account(const hf_conn *conn, char **accounts, int count)
{
    const hf_summary *n = hf_negotiated(conn);
    hf_user_mapping hint;
    for (size_t h = 0; hf_user_mapping_hint(conn, h, &hint); h++) {
        for (int i = 0; i < count; i++) {
            if (!hint_points_at(&hint, accounts[i])) {
                continue;
            }
            if (n->peer_verified && certificate_names(n->peer_chain, accounts[i])) {
                return accounts[i];
            }
            printf("the hint points at %s, the certificate does not name it\n", accounts[i]);
        }
    }
    return NULL;
}

static hf_config *make_config(char **files)
{
    hf_config *c = hf_config_server();
    hf_problem why = {HF_OK, ""};
    /* neither hint nor certificate are for whoever listens: RFC 4680 4 */
    if (hf_config_identity_file(c, files[0], files[1], NULL) != HF_OK ||
        hf_config_trust_path(c, files[2]) != HF_OK ||
        hf_config_client_auth(c, HF_CLIENT_AUTH_REQUIRE) != HF_OK ||
        hf_config_user_mapping(c, NULL, HF_AFTER_DOUBLE_HANDSHAKE) != HF_OK ||
        hf_config_freeze(c, &why) != HF_OK) {
        fprintf(stderr, "config: %s\n", why.sentence);
        exit(2);
    }
    return c;
}

static int accept_one(const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)atoi(port));
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0) {
        perror("listen");
        exit(2);
    }
    int accepted = accept(fd, NULL, NULL);
    close(fd);
    return accepted;
}

int main(int argc, char **argv)
{
    for (int i = 5; i < argc; i++) {
        argc = strchr(argv[i], '@') ? argc : 0;
    }
    if (argc < 6) {
        fprintf(stderr, "usage: user_mapping PORT CERT KEY CLIENT-CA USER@DOMAIN...\n");
        return 2;
    }
    hf_config *config = make_config(argv + 2);
    hf_stream *tls = hf_stream_new(hf_conn_new(config, NULL, NULL), accept_one(argv[1]));
    int code = 1;
    if (hf_stream_handshake(tls) == 0) {
        const char *account = find_account(hf_stream_conn(tls), argv + 5, argc - 5);
        printf("%s\n", account ? account : "nobody");
        code = account ? 0 : 1;
        code = hf_stream_close(tls) == 0 ? code : 1;
    } else {
        const hf_failure *failure = hf_failed(hf_stream_conn(tls));
        fprintf(stderr, "%s\n", failure ? hf_err_sentence(failure->err) : "the network failed");
    }
    hf_stream_free(tls);
    hf_config_free(config);
    return code;
}
