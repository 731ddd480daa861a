/* SPDX-License-Identifier: MIT */
#include "handshake/transcript.h"

#include "wire/messages.h"

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

enum err transcript_recall(struct transcript *t, struct slice hash)
{
    const uint8_t header[] = {TYPE_MESSAGE_HASH, 0, 0, (uint8_t)hash.len};
    TRY(buffer_append(&t->kept, slice_of(header, sizeof header)));
    return buffer_append(&t->kept, hash);
}

enum err transcript_retry(struct transcript *t, enum hash hash)
{
    uint8_t first[HASH_MAX];
    TRY(hash_once(hash, buffer_slice(&t->kept), first));
    buffer_drop(&t->kept, buffer_len(&t->kept));
    return transcript_recall(t, slice_of(first, hash_size(hash)));
}

enum err transcript_hash_with(const struct transcript *t, enum hash hash, struct slice bytes,
                              uint8_t out[HASH_MAX])
{
    struct hash_run run;
    TRY(hash_start(&run, hash));
    enum err e = hash_add(&run, buffer_slice(&t->kept));
    e = e == OK ? hash_add(&run, bytes) : e;
    e = e == OK ? hash_snapshot(&run, out) : e;
    hash_end(&run);
    return e;
}

enum err transcript_continue(struct transcript *t, const struct hash_run *from)
{
    transcript_stop_keeping(t);
    return hash_copy(&t->run, from);
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
