/* SPDX-License-Identifier: MIT */
#include "base/spare.h"

#include <pthread.h>
#include <stdlib.h>

/* Under AddressSanitizer a buffer's memory is freed at once, so that a use of it afterwards is seen. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_SPARE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define NO_SPARE 1
#endif

#ifdef NO_SPARE

uint8_t *spare_take(size_t need, size_t *cap)
{
    (void)need, (void)cap;
    return NULL;
}

void spare_leave(uint8_t *data, size_t cap)
{
    (void)cap;
    free(data);
}

#else

static _Thread_local struct spare {
    uint8_t *data;
    size_t cap;
    bool watched; /* freed when the thread ends */
} spare;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static bool has_key;

static void free_spare(void *arg)
{
    struct spare *s = arg;
    free(s->data);
    *s = (struct spare){0};
}

static void make_key(void)
{
    has_key = pthread_key_create(&thread_end, free_spare) == 0;
}

/* A library that was unloaded must not be called when a thread ends. */
__attribute__((destructor)) static void drop_key(void)
{
    if (has_key) {
        (void)pthread_key_delete(thread_end);
        has_key = false;
    }
}

static bool watch_thread(void)
{
    (void)pthread_once(&once, make_key);
    return has_key && pthread_setspecific(thread_end, &spare) == 0;
}

uint8_t *spare_take(size_t need, size_t *cap)
{
    if (!spare.data || spare.cap < need || spare.cap / 4 > need) {
        return NULL;
    }
    uint8_t *data = spare.data;
    *cap = spare.cap;
    spare.data = NULL;
    return data;
}

void spare_leave(uint8_t *data, size_t cap)
{
    bool useful = data && cap >= SPARE_LEAST && cap <= SPARE_MOST;
    spare.watched = spare.watched || (useful && watch_thread());
    if (!useful || !spare.watched) {
        free(data);
        return;
    }
    free(spare.data);
    spare.data = data;
    spare.cap = cap;
}

#endif
