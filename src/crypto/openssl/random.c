/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/openssl.h"

#include <limits.h>
#include <openssl/rand.h>

enum err random_fill(const struct random_source *r, struct span out)
{
    if (r && r->fill) {
        return r->fill(r->arg, out.data, out.len) == 0 ? OK : E_RANDOM_FAILED;
    }
    if (out.len > INT_MAX) {
        return E_RANDOM_FAILED;
    }
    return RAND_bytes(out.data, (int)out.len) == 1 ? OK : libcrypto_failed(E_RANDOM_FAILED);
}
