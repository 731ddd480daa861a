/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_HELLOS13_H
#define HF_TESTS_FLOW_HELLOS13_H

#include "checklist.h"

/*
 * What both sides of a pair say in their hellos, as it is on the wire: each has two where HelloRetryRequest,
 * the server's first, is among them.
 *
 *     hellos13_listen(&heard, pair);
 *     pair_run(pair);
 *     heard.said[HF_SERVER][0].version …
 */
struct hellos13 {
    size_t count[2];
    struct hello said[2][2];
    uint8_t first[2]; /* the kinds of the client's first record and message */
    bool any;
};
void hellos13_listen(struct hellos13 *h, struct pair *p);
/* RFC 8446 4.1.3 */
bool hellos13_is_retry(const struct hello *h);

/* Of these versions alone, and of these groups; answers its argument. */
hf_config *speaking13(hf_config *c, uint16_t min, uint16_t max, const char *groups);

#endif
