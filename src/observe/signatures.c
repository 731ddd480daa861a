/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"
#include "tls13/tls13.h"

/* Whether who shows a certificate holds its key: what the signatures of the handshake say, checked as the
 * other side would. The certificate itself is believed here: nobody asked for a judgement of it. */

/* RFC 5246 7.4.2, RFC 8446 4.4.2: the first certificate of the list; empty: there is none. */
static struct slice first_certificate(const struct hf_tap *t, struct slice body)
{
    struct reader r = reader_of(body);
    if (tap_is13(t)) {
        (void)read_vector(&r, 1); /* certificate_request_context */
    }
    struct reader list = reader_of(read_vector(&r, 3));
    struct slice der = read_vector(&list, 3);
    return r.bad || list.bad ? slice_of(NULL, 0) : der;
}

void tap_certificate(struct hf_tap *t, enum side by, struct slice body)
{
    struct certificate **leaf = &t->now.leaf[by];
    struct slice der = first_certificate(t, body);
    certificate_free(*leaf);
    *leaf = NULL;
    if (der.len && certificate_parse(der, leaf) != OK) {
        *leaf = NULL; /* another kind of certificate, or a key that is not known here */
    }
}

/* ---- what is signed ---- */
/* RFC 5246 7.4.3: both randoms, and the parameters as they stand before scheme and signature. */
static enum err verify_exchange(const struct hf_tap *t, struct slice body,
                                const struct server_key_exchange *m)
{
    uint8_t room[2 * RANDOM_SIZE + 4096];
    size_t params = (size_t)(m->signature.data - body.data) - 4;
    struct writer w = writer_of(room, sizeof room);
    const struct scheme *scheme = scheme_of(m->scheme);
    write_bytes(&w, slice_of(t->now.client_random, RANDOM_SIZE));
    write_bytes(&w, slice_of(t->now.server_random, RANDOM_SIZE));
    write_bytes(&w, slice_of(body.data, params));
    return !scheme || w.full
               ? E_INTERNAL
               : certificate_verify_signature(t->now.leaf[SERVER], scheme, written(&w), m->signature);
}

/* RFC 5246 7.4.8: all messages before this one. RFC 8446 4.4.3: their hash. */
static enum err verify_transcript(const struct hf_tap *t, enum side by, const struct certificate_verify *m)
{
    const struct observed *o = &t->now;
    uint8_t room[TLS13_SIGNED_MAX], bytes[HASH_MAX];
    struct writer w = writer_of(room, sizeof room);
    const struct scheme *scheme = scheme_of(m->scheme);
    struct slice hash, what = transcript_messages(&o->transcript);
    if (!scheme || !o->transcript_whole || (!tap_is13(t) && !o->transcript.keep)) {
        return E_INTERNAL;
    }
    if (tap_is13(t)) {
        TRY(transcript_hash(&o->transcript, bytes, &hash));
        TRY(tls13_signed_content(by, hash, &w));
        what = written(&w);
    }
    return certificate_verify_signature(o->leaf[by], scheme, what, m->signature);
}

/* ---- before the message is hashed ---- */
struct signature_check tap_check_signature(const struct hf_tap *t, enum side by, enum message m,
                                           struct slice body)
{
    const struct observed *o = &t->now;
    struct server_key_exchange exchange;
    struct certificate_verify verify;
    struct signature_check c = {.done = false};
    enum err e = E_INTERNAL; /* not to be checked from here */
    if (!o->running || !o->leaf[by]) {
        return c;
    }
    if (m == SERVER_KEY_EXCHANGE && by == SERVER) {
        const struct layout *layout = tap_exchange_layout(o);
        bool is_signed = layout && layout_decode(layout, body, &exchange) == OK && exchange.signature.data;
        e = is_signed ? verify_exchange(t, body, &exchange) : e;
    } else if (m == CERTIFICATE_VERIFY && o->version >= TLS_1_2 &&
               layout_decode(&layout_certificate_verify, body, &verify) == OK) {
        e = verify_transcript(t, by, &verify);
    }
    c.done = e == OK || e == E_BAD_SIGNATURE || e == E_SCHEME_UNFIT_FOR_KEY;
    c.err = e;
    return c;
}

void tap_tell_signature(struct hf_tap *t, struct lane *l, enum message m, struct signature_check c)
{
    if (!c.done) {
        return;
    }
    hf_event e = tap_event(t, l, HF_EVENT_CHECK);
    e.name = "signature";
    e.about = message_row(m)->name;
    e.rfc = c.err != OK ? err_row(c.err)->rfc : tap_is13(t) ? "RFC 8446 4.4.3" : "RFC 5246 7.4.3, 7.4.8";
    e.passed = c.err == OK;
    e.err = (hf_err)c.err;
    e.text = c.err == OK ? "made with the key of the certificate that was shown" : "";
    tap_emit(t, &e);
}
