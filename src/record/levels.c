/* SPDX-License-Identifier: MIT */
#include "record/levels.h"

#include "base/memory.h"

#define PARAMETERS_MAX 65535

enum err levels_new(size_t limit, struct levels **out)
{
    void *memory;
    TRY(memory_new(sizeof(struct levels), &memory));
    struct levels *l = memory;
    for (enum level level = LEVEL_INITIAL; level < LEVEL_COUNT; level++) {
        l->out[level].limit = limit;
        l->out[level].harmless = true; /* what is sent is no secret */
    }
    l->ours.limit = l->theirs.limit = PARAMETERS_MAX;
    *out = l;
    return OK;
}

void levels_free(struct levels *l)
{
    if (!l) {
        return;
    }
    for (enum level level = LEVEL_INITIAL; level < LEVEL_COUNT; level++) {
        buffer_free(&l->out[level]);
    }
    buffer_free(&l->ours);
    buffer_free(&l->theirs);
    memory_free(l, sizeof *l);
}

enum err levels_write(struct levels *l, enum content_type type, struct slice content)
{
    if (type == CONTENT_ALERT) {
        return OK;
    }
    return type == CONTENT_HANDSHAKE ? buffer_append(&l->out[l->writing], content) : E_INTERNAL;
}

enum err levels_give(struct levels *l, const struct level_secret *s)
{
    if (l->given == LEVEL_SECRETS_MAX) {
        return E_INTERNAL;
    }
    l->secrets[l->given++] = *s;
    if (s->level != LEVEL_EARLY) { /* which carries no handshake bytes */
        *(s->writes ? &l->writing : &l->reading) = s->level;
    }
    return OK;
}

enum level levels_waiting(const struct levels *l)
{
    enum level level = LEVEL_INITIAL;
    while (level < LEVEL_COUNT && !buffer_len(&l->out[level])) {
        level++;
    }
    return level;
}
