/* SPDX-License-Identifier: MIT */
#include "session/cookie.h"

#include "session/box.h"

#define COOKIE_LABEL "handfast cookie v1"
#define COOKIE_HEAD (4 + BOX_SALT_SIZE) /* epoch, salt */
#define ADDITIONAL_MAX (COOKIE_HEAD + CONTEXT_SIZE + COOKIE_BINDING_MAX)

static struct slice additional_of(struct slice head, const uint8_t context[CONTEXT_SIZE],
                                  struct slice binding, uint8_t out[ADDITIONAL_MAX])
{
    struct writer w = writer_of(out, ADDITIONAL_MAX);
    write_bytes(&w, head);
    write_bytes(&w, slice_of(context, CONTEXT_SIZE));
    write_bytes(&w, binding);
    return written(&w);
}

enum err cookie_seal(const struct sealing *by, struct slice binding, struct slice plain, struct writer *w)
{
    uint8_t additional[ADDITIONAL_MAX];
    size_t start = w->len, size = COOKIE_HEAD + plain.len + BOX_TAG_SIZE;
    struct box box = {.label = COOKIE_LABEL};
    if (plain.len > COOKIE_PLAIN_MAX || binding.len > COOKIE_BINDING_MAX || w->cap - w->len < size) {
        return E_BUFFER_LIMIT;
    }
    struct keyring_hold hold = keyring_enter(by->keyring);
    const struct epoch *e = keyring_current(&hold, by->now);
    enum err err = e ? OK : E_BAD_KEYRING;
    if (e) {
        write_number(w, e->id, 4);
        err = box_salt(by->random, w, &box.salt);
    }
    if (err == OK) {
        box.secret = slice_of(e->cookie_key, sizeof e->cookie_key);
        box.additional =
            additional_of(slice_of(w->base + start, COOKIE_HEAD), by->context, binding, additional);
        err = box_seal(&box, plain, w->base + w->len);
    }
    keyring_leave(hold);
    w->len = err == OK ? start + size : start;
    return err;
}

enum err cookie_open(const struct sealing *by, struct slice binding, struct slice cookie,
                     struct writer *plain)
{
    uint8_t additional[ADDITIONAL_MAX];
    struct box box = {.label = COOKIE_LABEL};
    if (cookie.len < COOKIE_HEAD + BOX_TAG_SIZE || binding.len > COOKIE_BINDING_MAX ||
        cookie.len - COOKIE_HEAD - BOX_TAG_SIZE > plain->cap - plain->len) {
        return E_BAD_COOKIE;
    }
    struct reader r = reader_of(cookie);
    uint32_t epoch = read_number(&r, 4);
    box.salt = slice_of(cookie.data + 4, BOX_SALT_SIZE);
    box.additional = additional_of(slice_of(cookie.data, COOKIE_HEAD), by->context, binding, additional);
    struct keyring_hold hold = keyring_enter(by->keyring);
    const struct epoch *e = keyring_find(&hold, epoch, by->now);
    enum err err = e ? OK : E_BAD_COOKIE;
    if (e) {
        box.secret = slice_of(e->cookie_key, sizeof e->cookie_key);
        err = box_open(&box, slice_after(cookie, COOKIE_HEAD), plain->base + plain->len);
    }
    keyring_leave(hold);
    plain->len += err == OK ? cookie.len - COOKIE_HEAD - BOX_TAG_SIZE : 0;
    return err == E_BAD_RECORD_MAC ? E_BAD_COOKIE : err;
}
