/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"
#include "wire/describe.h"

/* flow.h: what a message says. The shapes are in wire; here they become public. */

struct visit {
    hf_field_visitor *visitor;
    void *arg;
};

static const hf_field_kind kinds[] = {
    [DESCRIBED_GROUP] = HF_FIELD_GROUP,   [DESCRIBED_EXTENSION] = HF_FIELD_EXTENSION,
    [DESCRIBED_NUMBER] = HF_FIELD_NUMBER, [DESCRIBED_BYTES] = HF_FIELD_BYTES,
    [DESCRIBED_TEXT] = HF_FIELD_TEXT,     [DESCRIBED_MALFORMED] = HF_FIELD_MALFORMED,
};

static hf_privacy public_privacy(enum privacy privacy)
{
    return privacy == PRIVACY_PERSONAL     ? HF_PERSONAL
           : privacy == PRIVACY_CREDENTIAL ? HF_CREDENTIAL
                                           : HF_PUBLIC;
}

/* What only libcrypto can read. */
static const char *asn1_text(const struct described *d, char *room, size_t size)
{
    if (d->kind != DESCRIBED_BYTES || !d->meaning) {
        return d->text;
    }
    if (d->meaning == &means_distinguished_name) {
        name_describe(d->bytes, room, size);
        return room;
    }
    if (d->meaning == &means_certificate) {
        return certificate_tell(d->bytes, room, size) == OK ? room
                                                            : "no certificate that this library can read";
    }
    if (d->meaning == &means_raw_key && d->bytes.len) {
        return raw_key_tell(d->bytes, room, size) == OK ? room : "no public key that this library can read";
    }
    return d->text;
}

static void one_field(void *arg, const struct described *d)
{
    const struct visit *v = arg;
    char room[640];
    const hf_field field = {
        .kind = kinds[d->kind],
        .privacy = public_privacy(d->privacy),
        .depth = d->depth,
        .name = d->name,
        .number = d->number,
        .text = asn1_text(d, room, sizeof room),
        .rfc = d->rfc,
        .bytes = bytes_of_slice(d->bytes),
        .offset = d->offset,
        .length = d->length,
    };
    v->visitor(v->arg, &field);
}

void hf_event_fields(const hf_event *event, hf_field_visitor *visitor, void *arg)
{
    if (!event || !visitor || event->kind != HF_EVENT_STEP || event->local || event->message.len == 0) {
        return;
    }
    const struct setting setting = {
        .version = event->version,
        .suite = event->suite,
        .from_client = event->by == HF_CLIENT,
        .raw_key = event->certificate_type == HF_RAW_PUBLIC_KEY,
    };
    struct visit visit = {visitor, arg};
    if (event->name && strcmp(event->name, message_row(CHANGE_CIPHER_SPEC)->name) == 0) {
        describe_struct(&layout_change_cipher_spec, slice_of_bytes(event->message), one_field, &visit);
        return;
    }
    describe_message(slice_of_bytes(event->message), &setting, one_field, &visit);
}
