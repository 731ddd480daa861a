/* SPDX-License-Identifier: MIT */
#include "handshake/packing.h"

#include "base/memory.h"
#include "handshake/status.h"
#include "wire/messages.h"
#include "wire/names.h"

/* ---- plain ---- */
/* RFC 8446 4.4.2.1: CertificateStatus. A response that does not fit into an extension is left out. */
static size_t status_len(struct slice der)
{
    return der.len > 65535 - 8 ? 0 : der.len;
}

static void write_status(struct writer *w, struct slice der)
{
    if (!status_len(der)) {
        return;
    }
    write_number(w, EXTENSION_STATUS_REQUEST, 2);
    size_t body = write_open(w, 2);
    write_number(w, STATUS_TYPE_OCSP, 1);
    write_vector(w, 3, der);
    write_close(w, body, 2);
}

static void write_entries(struct writer *w, const struct packing *p, bool with_scts,
                          packing_response *respond, const void *arg)
{
    struct list chain = list_of(p->chain);
    struct slice certificate;
    for (size_t depth = 0; list_next_vector(&chain, 3, &certificate); depth++) {
        write_vector(w, 3, certificate);
        size_t extensions = write_open(w, 2);
        if (respond) {
            write_status(w, respond(arg, depth));
        }
        if (!depth && with_scts) { /* RFC 6962 3.3.1 */
            write_number(w, EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, 2);
            write_vector(w, 2, p->sct_list);
        }
        write_close(w, extensions, 2);
    }
}

static size_t size_of(const struct packing *p, bool with_scts, packing_response *respond, const void *arg)
{
    size_t size = HANDSHAKE_HEADER + 1 + 3 + (with_scts ? 4 + p->sct_list.len : 0);
    struct list chain = list_of(p->chain);
    struct slice certificate;
    for (size_t depth = 0; list_next_vector(&chain, 3, &certificate); depth++) {
        size_t status = respond ? status_len(respond(arg, depth)) : 0;
        size += 3 + certificate.len + 2 + (status ? 8 + status : 0);
    }
    return size;
}

enum err packing_certificate(const struct packing *p, bool with_scts, packing_response *respond,
                             const void *arg, struct span *out)
{
    void *memory;
    size_t size = size_of(p, with_scts, respond, arg);
    if (size > HANDSHAKE_HEADER + 0xffffff) {
        return E_INTERNAL;
    }
    TRY(memory_new(size, &memory));
    struct writer w = writer_of(memory, size);
    write_number(&w, message_row(CERTIFICATE)->type, 1);
    size_t body = write_open(&w, 3);
    write_number(&w, 0, 1);
    size_t list = write_open(&w, 3);
    write_entries(&w, p, with_scts, respond, arg);
    write_close(&w, list, 3);
    write_close(&w, body, 3);
    *out = (struct span){memory, size};
    return w.full || w.len != size ? E_INTERNAL : OK;
}

/* ---- compressed, RFC 8879 4 ---- */
enum err packing_compress(struct slice certificate, const struct compression *how, struct span *out)
{
    struct slice plain = slice_after(certificate, HANDSHAKE_HEADER);
    struct buffer packed = {.limit = 2 * plain.len + 4096, .harmless = true};
    void *memory = NULL;
    enum err e = how->compress(plain, &packed);
    size_t size = HANDSHAKE_HEADER + 2 + 3 + 3 + buffer_len(&packed);
    if (e == OK && size < certificate.len) {
        e = memory_new(size, &memory);
    }
    if (e == OK && memory) {
        struct compressed_certificate m = {how->code, (uint32_t)plain.len, buffer_slice(&packed)};
        struct writer w = writer_of(memory, size);
        write_number(&w, message_row(COMPRESSED_CERTIFICATE)->type, 1);
        size_t mark = write_open(&w, 3);
        *out = (struct span){memory, size};
        e = layout_encode(&layout_compressed_certificate, &m, &w);
        write_close(&w, mark, 3);
    }
    buffer_free(&packed);
    return e;
}

enum err packing_compress_all(const struct packing *p, struct slice certificate, struct span *out)
{
    for (size_t k = 0; p->how[k]; k++) {
        if (!out[k].data) {
            TRY(packing_compress(certificate, p->how[k], &out[k]));
        }
    }
    return OK;
}

void packing_wipe(struct span *out)
{
    for (size_t k = 0; k < COMPRESSIONS_MAX; k++) {
        memory_free(out[k].data, out[k].len);
        out[k] = (struct span){0};
    }
}
