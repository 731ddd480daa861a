/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_RULES_H
#define CLI_FETCH_RULES_H

#include <netinet/in.h>

#include "cli/cli.h"

/*
 * What a server may fetch for a stranger: URLs come from clients. A host must be listed; and whatever its
 * name leads to must be a public address, or be listed itself.
 */
struct fetch_place {
    char host[256]; /* a name, or an address without brackets */
    uint16_t port;
};
struct fetch_rules {
    struct fetch_place allowed[16];
    size_t count;
    size_t most;                /* bytes of one content */
    unsigned long milliseconds; /* that one fetch may take */
};
/* EXIT_WELL, or EXIT_USAGE after having said what is wrong. */
int fetch_rules_read(struct fetch_rules *rules, const struct settings *s);

/* What to ask whom for. */
struct fetch_target {
    struct fetch_place place;
    char path[1026];     /* with the query; begins with a slash */
    char authority[272]; /* as the URL has it, for the Host field */
};
/* NULL, or why this URL is not fetched. */
const char *fetch_target_of(struct fetch_target *target, hf_bytes url);
bool fetch_allows_host(const struct fetch_rules *rules, const struct fetch_place *place);
bool fetch_allows_address(const struct fetch_rules *rules, const struct sockaddr *address, uint16_t port);

#endif
