/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "conn/conn.h"

/* session.h: sessions as applications hold them. hf_session is struct session. */

hf_err hf_session_save(const hf_session *session, uint8_t *out, size_t *len)
{
    if (!session || !len) {
        return HF_NULL_ARGUMENT;
    }
    const struct session *s = (const struct session *)session;
    size_t room = *len;
    *len = session_saved_size(s);
    if (!out || room < *len) {
        return HF_BAD_ARGUMENT;
    }
    struct writer w = writer_of(out, room);
    return public_err(session_encode(s, &w));
}

hf_err hf_session_load(hf_bytes saved, hf_session **out)
{
    if (!out || (!saved.data && saved.len)) {
        return HF_NULL_ARGUMENT;
    }
    struct session *s;
    enum err e = session_decode(slice_of_bytes(saved), &s);
    *out = (hf_session *)s;
    return public_err(e);
}

hf_err hf_session_seal(const hf_session *session, hf_bytes key, uint8_t *out, size_t *len)
{
    void *memory;
    if (!session || !len || !key.data) {
        return HF_NULL_ARGUMENT;
    }
    const struct session *s = (const struct session *)session;
    size_t size = session_saved_size(s), room = *len;
    *len = wrap_size(size);
    if (!out || room < *len) {
        return HF_BAD_ARGUMENT;
    }
    enum err e = memory_new(size, &memory);
    if (e != OK) {
        return public_err(e);
    }
    struct writer plain = writer_of(memory, size), w = writer_of(out, room);
    e = session_encode(s, &plain);
    e = e == OK ? wrap_seal(WRAPPED_SESSION, slice_of_bytes(key), written(&plain), &w) : e;
    memory_free(memory, size);
    return public_err(e);
}

hf_err hf_session_unseal(hf_bytes sealed, hf_bytes key, hf_session **out)
{
    struct span plain;
    if (!out || (!sealed.data && sealed.len) || !key.data) {
        return HF_NULL_ARGUMENT;
    }
    *out = NULL;
    enum err e = wrap_open(WRAPPED_SESSION, slice_of_bytes(key), slice_of_bytes(sealed), &plain);
    if (e != OK) {
        return public_err(e);
    }
    hf_err loaded = hf_session_load(bytes_of_slice(slice_of_span(plain)), out);
    memory_free(plain.data, plain.len);
    return loaded;
}

hf_session *hf_session_share(hf_session *session)
{
    return (hf_session *)session_share((struct session *)session);
}

void hf_session_free(hf_session *session)
{
    session_release((struct session *)session);
}

hf_bytes hf_session_id(const hf_session *session)
{
    const struct session *s = (const struct session *)session;
    return s ? (hf_bytes){s->id, s->id_len} : (hf_bytes){NULL, 0};
}

int64_t hf_session_expires(const hf_session *session)
{
    return session ? ((const struct session *)session)->expires : 0;
}

hf_bytes hf_session_note(const hf_session *session)
{
    return session ? bytes_of_slice(((const struct session *)session)->note) : (hf_bytes){NULL, 0};
}

bool hf_session_is_ticket(const hf_session *session)
{
    return session && ((const struct session *)session)->ticket.len;
}
