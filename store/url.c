/* SPDX-License-Identifier: MIT */
#include "store/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_PORT 6379
#define DBS 65536

static bool refuse(hf_problem *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(hf_problem *why, const char *format, ...)
{
    va_list arguments;
    why->err = HF_BAD_ARGUMENT;
    int len = snprintf(why->sentence, sizeof why->sentence, "the session store's URL: ");
    va_start(arguments, format);
    vsnprintf(why->sentence + len, sizeof why->sentence - (size_t)len, format, arguments);
    va_end(arguments);
    return false;
}

/* Part of the text, not ended by a NUL. */
struct part {
    const char *at;
    size_t len;
};

static struct part until(struct part *rest, const char *ends)
{
    struct part p = {rest->at, 0};
    while (p.len < rest->len && !strchr(ends, p.at[p.len])) {
        p.len++;
    }
    rest->at += p.len;
    rest->len -= p.len;
    return p;
}

static void skip(struct part *p, size_t n)
{
    p->at += n;
    p->len -= n;
}

static bool begins(struct part *p, const char *with)
{
    size_t len = strlen(with);
    if (p->len < len || memcmp(p->at, with, len) != 0) {
        return false;
    }
    skip(p, len);
    return true;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return c && at ? (int)(at - digits) : -1;
}

/* Percent-decoded text with a NUL behind it; what says whose it is. */
static bool decode(struct part p, char *out, size_t size, hf_problem *why, const char *what)
{
    size_t len = 0;
    for (; p.len > 0; skip(&p, 1)) {
        char c = *p.at;
        if (c == '%') {
            int high = p.len > 2 ? hex(p.at[1]) : -1, low = p.len > 2 ? hex(p.at[2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return refuse(
                    why,
                    "a '%%' in the %s is not followed by two hexadecimal digits other than 00: write '%%25' for '%%' itself",
                    what);
            }
            c = (char)(high * 16 + low);
            skip(&p, 2);
        } else if ((unsigned char)c <= ' ' || c == 0x7f) {
            return refuse(
                why,
                "the %s has a space or a control character in it: write it as '%%' and two hexadecimal digits",
                what);
        }
        if (len + 1 >= size) {
            return refuse(why, "the %s is longer than %zu bytes", what, size - 1);
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return true;
}

static bool number(struct part p, uint32_t most, uint32_t *out)
{
    uint32_t n = 0;
    for (size_t i = 0; i < p.len; i++) {
        if (p.at[i] < '0' || p.at[i] > '9' || (n = n * 10 + (uint32_t)(p.at[i] - '0')) > most) {
            return false;
        }
    }
    *out = n;
    return p.len > 0;
}

/* [[user]:password@] */
static bool credentials(struct part *authority, struct url *out, hf_problem *why)
{
    struct part rest = *authority, before = until(&rest, "@");
    if (rest.len == 0) {
        return true;
    }
    skip(&rest, 1);
    if (memchr(rest.at, '@', rest.len)) {
        return refuse(why, "there is more than one '@': write '%%40' for one in a user's name or a password");
    }
    *authority = rest;
    struct part user = until(&before, ":");
    if (before.len == 0) {
        return refuse(
            why, "there is a user and no password: write user:password@, or :password@ for the default user");
    }
    skip(&before, 1);
    if (before.len == 0) {
        return refuse(why, "the password is empty: leave out everything up to '@' when there is none");
    }
    return decode(user, out->user, sizeof out->user, why, "user's name") &&
           decode(before, out->password, sizeof out->password, why, "password");
}

static bool host_character(char c, bool in_brackets)
{
    if (in_brackets) {
        return hex(c) >= 0 || c == ':' || c == '.';
    }
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

/* host[:port], or [IPv6]:port */
static bool node(struct part p, struct url *out, hf_problem *why)
{
    bool in_brackets = begins(&p, "[");
    struct part host = until(&p, in_brackets ? "]" : ":");
    if (in_brackets && !begins(&p, "]")) {
        return refuse(why, "a '[' has no ']': IPv6 addresses are written as [::1]");
    }
    if (host.len == 0 || host.len >= URL_HOST_SIZE) {
        return refuse(why, "a host is %s", host.len ? "too long" : "missing: write redis://localhost, say");
    }
    for (size_t i = 0; i < host.len; i++) {
        if (!host_character(host.at[i], in_brackets)) {
            return refuse(
                why,
                "a character cannot be in the name of a host: names have letters, digits, '-', '_' and '.', and IPv6 addresses are in brackets");
        }
    }
    uint32_t port = DEFAULT_PORT;
    if (p.len && (!begins(&p, ":") || !number(p, 65535, &port) || port == 0)) {
        return refuse(
            why,
            "what stands behind the host is not ':' and a port between 1 and 65535; IPv6 addresses are in brackets, and a password is followed by '@'");
    }
    if (out->nodes == URL_NODES) {
        return refuse(why,
                      "there are more than %d nodes: a few of a cluster are enough, it tells of the others",
                      URL_NODES);
    }
    struct url_node *n = &out->node[out->nodes++];
    memcpy(n->host, host.at, host.len);
    n->host[host.len] = '\0';
    n->port = (uint16_t)port;
    return true;
}

/* ?cluster for servers, ?db=N for sockets */
static bool options(struct part p, struct url *out, hf_problem *why)
{
    while (p.len) {
        struct part option = until(&p, "&");
        skip(&p, p.len ? 1 : 0);
        if (out->kind != URL_UNIX && option.len == 7 && memcmp(option.at, "cluster", 7) == 0) {
            out->cluster = true;
        } else if (out->kind == URL_UNIX && begins(&option, "db=")) {
            if (!number(option, DBS - 1, &out->db)) {
                return refuse(why, "db is not a number below %d", DBS);
            }
        } else {
            return refuse(why, "behind '?' only '%s' can stand", out->kind == URL_UNIX ? "db=N" : "cluster");
        }
    }
    return true;
}

static bool servers(struct part p, struct url *out, hf_problem *why)
{
    struct part authority = until(&p, "/?#");
    if (p.len && memchr(p.at, '@', p.len)) {
        return refuse(
            why,
            "an '@' comes behind a '/', '?' or '#': in a password these are written '%%2F', '%%3F' and '%%23'");
    }
    if (!credentials(&authority, out, why)) {
        return false;
    }
    do {
        if (!node(until(&authority, ","), out, why)) {
            return false;
        }
    } while (begins(&authority, ",") ? true : authority.len > 0);
    if (begins(&p, "/")) {
        struct part db = until(&p, "?");
        if (db.len && !number(db, DBS - 1, &out->db)) {
            return refuse(why, "what stands behind '/' is not the number of a database");
        }
    }
    if (p.len && !begins(&p, "?")) {
        return refuse(why, "a '#' has no meaning here");
    }
    if (!options(p, out, why)) {
        return false;
    }
    if (out->nodes > 1 && !out->cluster) {
        return refuse(why, "several nodes are those of a Redis Cluster: add '?cluster', or name one server");
    }
    return !(out->cluster && out->db) ||
           refuse(why, "a Redis Cluster has only database 0: leave out '/%u'", out->db);
}

/* unix:/path, unix://[[user]:password@]/path */
static bool socket_path(struct part p, struct url *out, hf_problem *why)
{
    if (begins(&p, "//")) {
        struct part authority = until(&p, "/?#");
        if (p.len && memchr(p.at, '@', p.len)) {
            return refuse(
                why,
                "an '@' comes behind a '/': in a password write '%%2F' for '/', in a path '%%40' for '@'");
        }
        if (!credentials(&authority, out, why)) {
            return false;
        }
        if (authority.len) {
            return refuse(why, "a socket has no host: write unix:/path, or unix://:password@/path");
        }
    }
    struct part path = until(&p, "?");
    if (path.len == 0 || *path.at != '/') {
        return refuse(why, "the path of a Unix socket begins with '/': unix:/run/redis/redis.sock");
    }
    if (!decode(path, out->path, sizeof out->path, why, "path")) {
        return false;
    }
    skip(&p, p.len ? 1 : 0);
    return options(p, out, why);
}

bool url_parse(const char *text, struct url *out, hf_problem *why)
{
    struct part p = {text, strlen(text)};
    memset(out, 0, sizeof *out);
    if (begins(&p, "memory:")) {
        out->kind = URL_MEMORY;
        return p.len == 0 ||
               refuse(why, "nothing follows 'memory:'; how many sessions it holds is an option of its own");
    }
    if (begins(&p, "unix:")) {
        out->kind = URL_UNIX;
        return socket_path(p, out, why);
    }
    if (begins(&p, "redis://") || begins(&p, "valkey://")) {
        out->kind = URL_TCP;
        return servers(p, out, why);
    }
    if (begins(&p, "rediss://") || begins(&p, "valkeys://")) {
        out->kind = URL_TLS;
        return servers(p, out, why);
    }
    return refuse(why, "it begins with none of 'memory:', 'redis://', 'rediss://' and 'unix:/'");
}

void url_wipe(struct url *url)
{
    explicit_bzero(url, sizeof *url);
}
