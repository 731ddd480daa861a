/* SPDX-License-Identifier: MIT */
#include <handfast/observe.h>

#include <stdlib.h>
#include <string.h>

/* hf_secrets_add on whatever a key log may be, at once and in pieces: the same lines are taken and refused.
 */

#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

static void add(hf_secrets *secrets, uint8_t *held, size_t *len)
{
    size_t used;
    uint8_t *copy = malloc(*len ? *len : 1); /* of its own, so that a read past its end is seen */
    REQUIRE(copy);
    memcpy(copy, held, *len);
    REQUIRE(hf_secrets_add(secrets, (hf_bytes){copy, *len}, &used) == HF_OK && used <= *len);
    REQUIRE(*len - used <= HF_SECRETS_LINE_MAX);
    memmove(held, held + used, *len - used);
    *len -= used;
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_secrets *whole = hf_secrets_new(), *pieces = hf_secrets_new();
    uint8_t *held = malloc(size + 1);
    REQUIRE(whole && pieces && held);
    size_t len = size, piece = size ? 1 + data[0] % 97 : 1;
    memcpy(held, data, size);
    add(whole, held, &len);
    len = 0;
    for (size_t at = 0; at < size; at += piece) {
        size_t next = piece < size - at ? piece : size - at;
        memcpy(held + len, data + at, next);
        len += next;
        add(pieces, held, &len);
    }
    REQUIRE(hf_secrets_count(whole) == hf_secrets_count(pieces));
    free(held);
    hf_secrets_free(whole);
    hf_secrets_free(pieces);
    return 0;
}
