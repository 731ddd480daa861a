/* SPDX-License-Identifier: MIT */
#include "hellos13.h"

#include <string.h>

enum { RECORD = RECORD_HEADER, CLIENT_HELLO_TYPE = 1, SERVER_HELLO_TYPE = 2 };

/* A record in the clear begins with a hello, or holds none; what is encrypted in TLS 1.2 may look like one,
 * but does not have its version. */
static bool is_hello(const uint8_t *record, size_t len, hf_side from)
{
    const uint8_t *m = record + RECORD;
    return record[0] == CONTENT_HANDSHAKE && len >= HANDSHAKE_HEADER + 2 + RANDOM_SIZE &&
           m[0] == (from == HF_CLIENT ? CLIENT_HELLO_TYPE : SERVER_HELLO_TYPE) &&
           HANDSHAKE_HEADER + ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]) <= len;
}

static void listen(void *arg, struct pair *pair, hf_side from, struct test_bytes *bytes)
{
    struct hellos13 *h = arg;
    (void)pair;
    if (from == HF_CLIENT && !h->any) {
        h->any = true;
        h->first[0] = bytes->data[0];
        h->first[1] = bytes->data[RECORD];
    }
    for (size_t at = 0, len; at + RECORD < bytes->len; at += RECORD + len) {
        const uint8_t *record = bytes->data + at;
        len = (size_t)record[3] << 8 | record[4];
        if (h->count[from] < 2 && is_hello(record, len, from)) {
            hello_parse(&h->said[from][h->count[from]++], record + RECORD);
        }
    }
}

void hellos13_listen(struct hellos13 *h, struct pair *p)
{
    memset(h, 0, sizeof *h);
    p->hook = listen;
    p->hook_arg = h;
}

bool hellos13_is_retry(const struct hello *h)
{
    return h->of_server && memcmp(h->random, retry_random, RANDOM_SIZE) == 0;
}

hf_config *speaking13(hf_config *c, uint16_t min, uint16_t max, const char *groups)
{
    assert_int_equal(hf_config_versions(c, min, max), HF_OK);
    assert_int_equal(hf_config_groups(c, groups, NULL), HF_OK);
    return c;
}
