/* SPDX-License-Identifier: MIT */
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
