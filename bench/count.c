/* SPDX-License-Identifier: MIT */
#include "count.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "fail.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OTHER_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define OTHER_ALLOCATOR 1
#endif

static struct tally tallies[COUNT_ACCOUNTS];
static enum count_for counting;
static bool enabled; /* a timed case must not pay for being counted */

void count_reset(void)
{
    for (int i = 0; i < COUNT_ACCOUNTS; i++)
        tallies[i] = (struct tally){0};
}

void count_enable(bool on)
{
    enabled = on;
}

void count_switch(enum count_for whom)
{
    counting = enabled ? whom : COUNT_NOBODY;
}

struct tally count_of(enum count_for whom)
{
    return tallies[whom];
}

#ifdef OTHER_ALLOCATOR

bool count_works(void)
{
    return false;
}

void count_install(void) {}

#else

/* The executable's own malloc and free come before glibc's for every library in the process, libcrypto's
 * included. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t count, size_t len);
void *__libc_realloc(void *old, size_t len);
void *__libc_memalign(size_t alignment, size_t len);
void __libc_free(void *old);

#define EXPORTED __attribute__((visibility("default"))) /* whatever -fvisibility says */

static void *count_one(void *made)
{
    if (counting != COUNT_NOBODY && made != NULL) {
        tallies[counting].calls++;
        tallies[counting].live += (int64_t)malloc_usable_size(made);
    }
    return made;
}

static void uncount(void *old)
{
    if (counting != COUNT_NOBODY && old != NULL)
        tallies[counting].live -= (int64_t)malloc_usable_size(old);
}

EXPORTED void *malloc(size_t len)
{
    return count_one(__libc_malloc(len));
}

EXPORTED void *calloc(size_t count, size_t len)
{
    return count_one(__libc_calloc(count, len));
}

EXPORTED void *realloc(void *old, size_t len)
{
    size_t was = counting != COUNT_NOBODY && old != NULL ? malloc_usable_size(old) : 0;
    void *made = __libc_realloc(old, len);
    if (made != NULL || len == 0)
        tallies[counting].live -= (int64_t)was;
    return count_one(made);
}

EXPORTED void free(void *old)
{
    uncount(old);
    __libc_free(old);
}

EXPORTED void *memalign(size_t alignment, size_t len)
{
    return count_one(__libc_memalign(alignment, len));
}

EXPORTED void *aligned_alloc(size_t alignment, size_t len)
{
    return memalign(alignment, len);
}

EXPORTED int posix_memalign(void **made, size_t alignment, size_t len)
{
    void *block = memalign(alignment, len);
    if (block == NULL)
        return ENOMEM;
    *made = block;
    return 0;
}

static void *libcrypto_malloc(size_t len, const char *file, int line)
{
    (void)file, (void)line;
    tallies[counting].libcrypto_calls++;
    return malloc(len);
}

static void *libcrypto_realloc(void *old, size_t len, const char *file, int line)
{
    (void)file, (void)line;
    tallies[counting].libcrypto_calls++;
    return realloc(old, len);
}

static void libcrypto_free(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

bool count_works(void)
{
    return true;
}

void count_install(void)
{
    CHECK(CRYPTO_set_mem_functions(libcrypto_malloc, libcrypto_realloc, libcrypto_free) == 1);
}

#endif
