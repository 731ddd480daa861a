/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <string.h>

/* A field's value in words; what is not for everybody is left out here and nowhere else. */

bool field_is_shown(const hf_field *field, const struct picture *p)
{
    return field->privacy == HF_PUBLIC || (field->privacy == HF_PERSONAL && p->personal) ||
           (field->privacy == HF_CREDENTIAL && p->secrets);
}

void words_hex(struct text *out, hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        text_print(out, "%02x", bytes.data[i]);
    }
}

static void number(struct text *out, const hf_field *field)
{
    bool hex = field->text[0] != '\0' && field->length > 1;
    if (field->text[0] != '\0') {
        text_print(out, hex ? "%s (0x%0*llx)" : "%s (%0*llu)", field->text, hex ? 2 * (int)field->length : 1,
                   (unsigned long long)field->number);
    } else {
        text_print(out, "%llu", (unsigned long long)field->number);
    }
}

/* At most so many bytes of hexadecimal digits, and how many there are where these are not all. */
static void bytes(struct text *out, hf_bytes all, size_t most, bool ascii)
{
    hf_bytes shown = {all.data, all.len > most ? most : all.len};
    if (all.len == 0) {
        text_add(out, "empty");
        return;
    }
    words_hex(out, shown);
    if (shown.len < all.len) {
        text_print(out, "%s (", ascii ? "..." : "…");
        words_size(out, all.len);
        text_add(out, ")");
    }
}

static void group(struct text *out, const hf_field *field, const struct picture *p)
{
    if (field->text[0] != '\0') {
        text_add_clean(out, field->text, 0, p->ascii);
    } else if (field->kind == HF_FIELD_GROUP && field->number > 0) {
        text_print(out, "%llu", (unsigned long long)field->number);
    } else if (field->bytes.len == 0) {
        text_add(out, "empty");
    }
}

void words_field(struct text *out, const hf_field *field, const struct picture *p, size_t most_bytes)
{
    if (field->kind == HF_FIELD_MALFORMED) {
        text_print(out, "malformed: %s", field->text);
        if (field->bytes.len > 0 && field_is_shown(field, p)) {
            text_add(out, ": ");
            bytes(out, field->bytes, most_bytes, p->ascii);
        }
        return;
    }
    if (!field_is_shown(field, p) && field->bytes.len > 0) {
        words_size(out, field->bytes.len);
        text_add(out, ", not shown");
        return;
    }
    switch (field->kind) {
    case HF_FIELD_NUMBER:
        number(out, field);
        break;
    case HF_FIELD_TEXT:
        if (field->bytes.len == 0) {
            text_add(out, "empty");
        }
        text_add_clean(out, field->text, 0, p->ascii);
        break;
    case HF_FIELD_BYTES:
        if (field->text[0] != '\0') {
            text_add_clean(out, field->text, 0, p->ascii);
            text_add(out, ": ");
        }
        bytes(out, field->bytes, most_bytes, p->ascii);
        break;
    default:
        group(out, field, p);
        break;
    }
}

void words_field_name(struct text *out, const hf_field *field)
{
    text_add(out, field->name);
    if (field->kind == HF_FIELD_EXTENSION) {
        text_print(out, " (%u)", (unsigned)field->number);
    }
}
