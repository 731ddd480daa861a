/* SPDX-License-Identifier: MIT */
#include "fail.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

_Noreturn void fail_at(const char *file, int line, const char *condition)
{
    fprintf(stderr, "hf-bench: %s:%d: failed: %s\n", file, line, condition);
    ERR_print_errors_fp(stderr);
    exit(1);
}

_Noreturn void fail_because(const char *who, const char *why)
{
    fprintf(stderr, "hf-bench: %s: %s\n", who, why);
    ERR_print_errors_fp(stderr);
    exit(1);
}
