/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FAULT_H
#define HF_TESTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the n-th of something fail. Allocations of ours come by way of the linker's --wrap
 * (tests/CMakeLists.txt), those of libcrypto by CRYPTO_set_mem_functions, calls into src/crypto/crypto.h by
 * --wrap again (tests/fault/test_crypto_calls.c); all are counted in one sequence, and exactly one fails.
 */
enum fault_kind {
    FAULT_OURS = 1,
    FAULT_LIBCRYPTO = 2,
    FAULT_CALL = 4,
    FAULT_MEMORY = FAULT_OURS | FAULT_LIBCRYPTO
};

/* First of all, before libcrypto allocates anything. */
void fault_install(void);

/* From here the n-th event of these kinds fails, n from 1; 0: they are only counted. */
void fault_arm(unsigned long n, unsigned kinds);
/* Nothing fails any more. How many events there were since fault_arm. */
unsigned long fault_disarm(void);
/* Whether the n-th came, what it was (a kind), and the name given to fault_due. */
bool fault_fired(void);
enum fault_kind fault_fired_kind(void);
const char *fault_fired_name(void);
/* Called at the moment of failing. */
void fault_on_fire(void (*called)(void *arg), void *arg);

/* One event; true when it is the one to fail. */
bool fault_due(enum fault_kind kind, const char *name);

/* Allocations not yet freed, ours and libcrypto's; what its error queue holds is emptied first. */
long fault_live(void);

/* Called with everything that is freed, or moved by realloc, while it still holds what it held; NULL: not any
 * more. */
void fault_on_free(void (*called)(const void *p));

/* The stack of the failure: one line a frame, "module(symbol+offset)"; libcrypto's own symbols are the
 * exported ones alone. */
#define FAULT_FRAMES 64
struct fault_stack {
    void *frame[FAULT_FRAMES];
    int count;
};
struct fault_stack *fault_stack_in(struct fault_stack *place); /* where to keep it; answers its argument */
void fault_stack_text(const struct fault_stack *s, char *out, size_t size);

#endif
