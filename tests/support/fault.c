/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr */
#include "fault.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static struct {
    unsigned long at, seen;
    unsigned kinds;
    bool armed, fired;
    enum fault_kind fired_kind;
    const char *fired_name;
    void (*on_fire)(void *arg);
    void *on_fire_arg;
    void (*on_free)(const void *p);
    long live;
    struct fault_stack *stack;
} fault;

void fault_arm(unsigned long n, unsigned kinds)
{
    fault.at = n;
    fault.seen = 0;
    fault.kinds = kinds;
    fault.fired = false;
    fault.fired_name = "";
    fault.armed = true;
}

unsigned long fault_disarm(void)
{
    fault.armed = false;
    return fault.seen;
}

bool fault_fired(void)
{
    return fault.fired;
}

enum fault_kind fault_fired_kind(void)
{
    return fault.fired_kind;
}

const char *fault_fired_name(void)
{
    return fault.fired_name;
}

void fault_on_fire(void (*called)(void *arg), void *arg)
{
    fault.on_fire = called;
    fault.on_fire_arg = arg;
}

void fault_on_free(void (*called)(const void *p))
{
    fault.on_free = called;
}

static void goes(const void *p)
{
    if (p && fault.on_free) {
        fault.on_free(p);
    }
}

bool fault_due(enum fault_kind kind, const char *name)
{
    if (!fault.armed || !(fault.kinds & kind) || ++fault.seen != fault.at) {
        return false;
    }
    fault.fired = true;
    fault.fired_kind = kind;
    fault.fired_name = name;
    if (fault.stack) {
        fault.stack->count = backtrace(fault.stack->frame, FAULT_FRAMES);
    }
    if (fault.on_fire) {
        fault.on_fire(fault.on_fire_arg);
    }
    return true;
}

long fault_live(void)
{
    ERR_clear_error();
    return fault.live;
}

/* ---- the stack ---- */
struct fault_stack *fault_stack_in(struct fault_stack *place)
{
    void *loads_what_backtrace_needs[1];
    (void)backtrace(loads_what_backtrace_needs, 1);
    fault.stack = place;
    return place;
}

void fault_stack_text(const struct fault_stack *s, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (int i = 2; i < s->count && at + 1 < size; i++) {
        Dl_info where;
        if (!dladdr(s->frame[i], &where)) {
            continue;
        }
        const char *slash = strrchr(where.dli_fname, '/');
        size_t offset = (size_t)((const char *)s->frame[i] - (const char *)where.dli_fbase);
        int n = snprintf(out + at, size - at, "    %s+0x%zx %s\n", slash ? slash + 1 : where.dli_fname,
                         offset, where.dli_sname ? where.dli_sname : "");
        at += n > 0 ? (size_t)n : 0;
    }
}

/* ---- the allocator ---- */
static void *counted(void *p)
{
    fault.live += p != NULL;
    return p;
}

/* A reallocation to size 0 frees and answers NULL here; nobody of ours does it. */
static void *resized(void *old, void *p, size_t size)
{
    if (!old) {
        return counted(p);
    }
    fault.live -= !p && !size;
    return p;
}

static void released(void *p)
{
    fault.live -= p != NULL;
    goes(p);
    __real_free(p);
}

void *__wrap_malloc(size_t size)
{
    return fault_due(FAULT_OURS, "malloc") ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_due(FAULT_OURS, "calloc") ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    goes(p);
    return fault_due(FAULT_OURS, "realloc") ? NULL : resized(p, __real_realloc(p, size), size);
}

void __wrap_free(void *p)
{
    released(p);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)line;
    return fault_due(FAULT_LIBCRYPTO, file) ? NULL : counted(__real_malloc(size));
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line)
{
    (void)line;
    if (p && !size) {
        released(p);
        return NULL;
    }
    return fault_due(FAULT_LIBCRYPTO, file) ? NULL : resized(p, __real_realloc(p, size), size);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    released(p);
}

void fault_install(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        fputs("fault_install: libcrypto has allocated before\n", stderr);
        abort();
    }
}
