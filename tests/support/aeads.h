/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_AEADS_H
#define HF_TESTS_AEADS_H

#include <stdlib.h>

#include "crypto/aead.h"

/* Makes the i-th implementation of the AEADs that runs here the one for new keys; NULL past the last. */
static inline const char *aead_turn(size_t i)
{
    if (crypto_start() != OK) {
        abort();
    }
    const char *name = aead_implementation_name(i);
    aead_prefer(name);
    return name;
}

/* A group of tests, once with each of them; counts the failures. */
#define RUN_WITH_EVERY_AEAD(failed, tests)                                            \
    for (size_t turn_ = 0; aead_turn(turn_); turn_++) {                               \
        (failed) += cmocka_run_group_tests_name(aead_turn(turn_), tests, NULL, NULL); \
    }

#endif
