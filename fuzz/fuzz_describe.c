/* SPDX-License-Identifier: MIT */
/*
 * A message told field by field, as tools show it: whatever the bytes are, each field stands within the
 * message and within its group, and fields of one group do not overlap. The first byte is the side, the next
 * two the suite.
 */
#include <handfast/flow.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEEPEST = 16 };
struct told {
    size_t behind[DEEPEST], end[DEEPEST]; /* by depth: where the next field may begin and must end */
    size_t length_of_words;
};

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void see(void *arg, const hf_field *f)
{
    struct told *t = arg;
    expect(f->depth < DEEPEST - 1 && f->kind <= HF_FIELD_MALFORMED && f->privacy <= HF_CREDENTIAL);
    expect(f->offset >= t->behind[f->depth] && f->offset + f->length <= t->end[f->depth]);
    expect(f->bytes.len <= f->length);
    t->behind[f->depth] = f->offset + f->length;
    t->behind[f->depth + 1] = f->offset;
    t->end[f->depth + 1] = f->offset + f->length;
    t->length_of_words += strlen(f->name) + strlen(f->text) + strlen(f->rfc);
    for (const char *c = f->text; *c; c++) {
        expect((unsigned char)*c >= 0x20 && *c != 0x7f); /* nothing plays with a terminal */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    const hf_event event = {.kind = HF_EVENT_STEP,
                            .by = data[0] & 1 ? HF_SERVER : HF_CLIENT,
                            .name = data[0] & 2 ? "[ChangeCipherSpec]" : "",
                            .version = data[0] & 4 ? 0x0304 : 0x0303,
                            .suite = (uint16_t)(data[1] << 8 | data[2]),
                            .message = {data + 3, size - 3}};
    struct told told = {.end = {size - 3}};
    hf_event_fields(&event, see, &told);
    return 0;
}
