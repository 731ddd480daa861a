/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_FAIL_H
#define HF_BENCH_FAIL_H

/* A benchmark whose work failed has no figure to give: say what failed and stop. */
#define CHECK(condition)                             \
    do {                                             \
        if (!(condition))                            \
            fail_at(__FILE__, __LINE__, #condition); \
    } while (0)

_Noreturn void fail_at(const char *file, int line, const char *condition);

/* fail_because tells what the peer under test said, when it has words for it. */
_Noreturn void fail_because(const char *who, const char *why);

#endif
