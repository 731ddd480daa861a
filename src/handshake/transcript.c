/* SPDX-License-Identifier: MIT */
#include "handshake/transcript.h"

void transcript_init(struct transcript *t, size_t limit, struct span memory)
{
    *t = (struct transcript){.keep = true};
    t->kept.limit = limit;
    buffer_lend(&t->kept, memory);
}

enum err transcript_add(struct transcript *t, struct slice message)
{
    if (t->keep) {
        TRY(buffer_append(&t->kept, message));
    }
    return t->run.hash == HASH_NONE ? OK : hash_add(&t->run, message);
}

enum err transcript_start(struct transcript *t, enum hash hash)
{
    TRY(hash_start(&t->run, hash));
    return hash_add(&t->run, buffer_slice(&t->kept));
}

void transcript_stop_keeping(struct transcript *t)
{
    t->keep = false;
    buffer_free(&t->kept);
}

enum err transcript_hash(const struct transcript *t, uint8_t out[HASH_MAX], struct slice *hash)
{
    TRY(hash_snapshot(&t->run, out));
    *hash = slice_of(out, hash_size(t->run.hash));
    return OK;
}

struct slice transcript_messages(const struct transcript *t)
{
    return buffer_slice(&t->kept);
}

void transcript_wipe(struct transcript *t)
{
    buffer_free(&t->kept);
    hash_end(&t->run);
}
