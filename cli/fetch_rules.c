/* SPDX-License-Identifier: MIT */
#include "cli/fetch_rules.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/address.h"

enum { HTTP_PORT = 80, LIMIT = 16384, SECONDS_EACH = 5 };

/* ---- the command line ---- */
static bool read_port(const char *text, uint16_t *port)
{
    unsigned long number = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        number = number * 10 + (unsigned long)(*text - '0');
    }
    *port = (uint16_t)number;
    return number > 0 && number < 65536;
}

/* HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT; length of text that counts. */
static bool read_place(struct fetch_place *place, const char *text, size_t len)
{
    char whole[300];
    *place = (struct fetch_place){.port = HTTP_PORT};
    if (len == 0 || len >= sizeof whole) {
        return false;
    }
    memcpy(whole, text, len);
    whole[len] = '\0';
    bool literal = whole[0] == '[';
    char *host = whole + (literal ? 1 : 0), *end = strchr(host, literal ? ']' : ':');
    char *behind = end == NULL ? NULL : literal ? end + 1 : end;
    if (end == NULL && literal) {
        return false;
    }
    if (behind != NULL && *behind != '\0' &&
        (*behind != ':' || (behind[1] != '\0' && !read_port(behind + 1, &place->port)))) {
        return false;
    }
    size_t size = end == NULL ? strlen(host) : (size_t)(end - host);
    if (size == 0 || size >= sizeof place->host) {
        return false;
    }
    memcpy(place->host, host, size);
    return true;
}

static int read_allowed(struct fetch_rules *rules, const struct settings *s)
{
    const struct option_value *places = &s->values[OPT_FETCH_ALLOW];
    if (places->times > sizeof rules->allowed / sizeof *rules->allowed) {
        return say_usage(s, "--fetch-allow can be given %zu times",
                         sizeof rules->allowed / sizeof *rules->allowed);
    }
    for (size_t i = 0; i < places->times; i++) {
        if (!read_place(&rules->allowed[rules->count++], places->texts[i], strlen(places->texts[i]))) {
            return say_usage(s,
                             "--fetch-allow takes HOST or HOST:PORT, an IPv6 address as [ADDRESS], not '%s'",
                             places->texts[i]);
        }
    }
    return EXIT_WELL;
}

int fetch_rules_read(struct fetch_rules *rules, const struct settings *s)
{
    bool on = given(s, OPT_FETCH_CLIENT_CERTIFICATES);
    const char *mode = given(s, OPT_CLIENT_AUTH) ? option_text(s, OPT_CLIENT_AUTH) : "none";
    *rules = (struct fetch_rules){.most = option_number(s, OPT_FETCH_LIMIT, LIMIT),
                                  .milliseconds = 1000 * option_number(s, OPT_FETCH_TIMEOUT, SECONDS_EACH)};
    if (!on && (given(s, OPT_FETCH_ALLOW) || given(s, OPT_FETCH_LIMIT) || given(s, OPT_FETCH_TIMEOUT))) {
        return say_usage(s, "--fetch-allow, --fetch-limit and --fetch-timeout are about "
                            "--fetch-client-certificates, which is not given");
    }
    if (on && !given(s, OPT_FETCH_ALLOW)) {
        return say_usage(s,
                         "--fetch-client-certificates needs --fetch-allow HOST: clients choose the URLs, and "
                         "this server would fetch for anybody");
    }
    if (on && strcmp(mode, "none") == 0) {
        return say_usage(s, "--fetch-client-certificates needs --client-auth request or require");
    }
    if (rules->most == 0 || rules->most > 1u << 20 || rules->milliseconds == 0) {
        return say_usage(s, "--fetch-limit takes 1 to 1048576 bytes, --fetch-timeout at least 1 second");
    }
    return read_allowed(rules, s);
}

/* ---- URLs: the library has seen to their syntax ---- */
const char *fetch_target_of(struct fetch_target *target, hf_bytes url)
{
    static const char scheme[] = "http://";
    const char *text = (const char *)url.data;
    size_t skip = sizeof scheme - 1;
    if (url.len <= skip || strncasecmp(text, scheme, skip) != 0) {
        return "only plain http is fetched";
    }
    size_t end = skip;
    while (end < url.len && text[end] != '/' && text[end] != '?') {
        end++;
    }
    bool slash = end == url.len || text[end] == '?';
    size_t path = url.len - end;
    if (!read_place(&target->place, text + skip, end - skip) || end - skip >= sizeof target->authority ||
        path + 2 > sizeof target->path) {
        return "its host or its path cannot be used";
    }
    snprintf(target->authority, sizeof target->authority, "%.*s", (int)(end - skip), text + skip);
    snprintf(target->path, sizeof target->path, "%s%.*s", slash ? "/" : "", (int)path, text + end);
    return NULL;
}

bool fetch_allows_host(const struct fetch_rules *rules, const struct fetch_place *place)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->allowed[i].port == place->port && strcasecmp(rules->allowed[i].host, place->host) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- addresses ---- */
struct prefix {
    uint8_t bytes[16], bits;
};

static bool begins_with(const uint8_t *address, const struct prefix *p)
{
    size_t whole = p->bits / 8u, rest = p->bits % 8u;
    return memcmp(address, p->bytes, whole) == 0 &&
           (rest == 0 || (address[whole] ^ p->bytes[whole]) >> (8 - rest) == 0);
}

static bool is_in(const uint8_t *address, const struct prefix *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins_with(address, &prefixes[i])) {
            return true;
        }
    }
    return false;
}

/* RFC 6890 2.2.2 and IANA's registry: what is not globally reachable, and multicast. */
static bool is_public_ip4(const uint8_t *address)
{
    static const struct prefix kept[] = {{{0}, 8},
                                         {{10}, 8},
                                         {{100, 64}, 10},
                                         {{127}, 8},
                                         {{169, 254}, 16},
                                         {{172, 16}, 12},
                                         {{192, 0, 0}, 24},
                                         {{192, 0, 2}, 24},
                                         {{192, 88, 99}, 24},
                                         {{192, 168}, 16},
                                         {{198, 18}, 15},
                                         {{198, 51, 100}, 24},
                                         {{203, 0, 113}, 24},
                                         {{224}, 3}};
    return !is_in(address, kept, sizeof kept / sizeof *kept);
}

/* RFC 4291 2.4: global unicast is 2000::/3 today; of it not what tunnels or is written in books. */
static bool is_public_ip6(const uint8_t *address)
{
    static const struct prefix global = {{0x20}, 3};
    static const struct prefix kept[] = {
        {{0x20, 0x01, 0}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02}, 16}, {{0x3f, 0xff}, 20}};
    return begins_with(address, &global) && !is_in(address, kept, sizeof kept / sizeof *kept);
}

static bool is_listed(const struct fetch_rules *rules, int family, const void *address, uint16_t port)
{
    size_t size = family == AF_INET ? 4 : 16;
    uint8_t listed[16];
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->allowed[i].port == port && inet_pton(family, rules->allowed[i].host, listed) == 1 &&
            memcmp(listed, address, size) == 0) {
            return true;
        }
    }
    return false;
}

bool fetch_allows_address(const struct fetch_rules *rules, const struct sockaddr *address, uint16_t port)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return is_public_ip4((const uint8_t *)&in.sin_addr) || is_listed(rules, AF_INET, &in.sin_addr, port);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return is_public_ip6(in.sin6_addr.s6_addr) || is_listed(rules, AF_INET6, &in.sin6_addr, port);
    }
    return false;
}
