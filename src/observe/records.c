/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/* A record is opened, where its keys are known, and handed on by its type: RFC 5246 6.2. */

/* RFC 5246 7.4.9: Finished comes right behind the change of keys, so that is what the first one is. */
static const char *hidden_name(const struct lane *l, uint8_t type)
{
    const char *name = name_of(&content_type_names, type);
    bool first = l->epoch && l->sequence == 0 && type == CONTENT_HANDSHAKE;
    return first ? message_row(FINISHED)->name : name ? name : "";
}

static void hide(struct hf_tap *t, struct lane *l, struct slice whole, const char *why)
{
    t->hidden_name = hidden_name(l, whole.data[0]);
    tap_hidden(t, l, whole.len - RECORD_HEADER, why);
    t->hidden_name = "";
}

/* The keys at hand do not open it. Once they have opened another one, it is the record that is damaged. */
static const char *unopened(struct lane *l, enum err e)
{
    if (e != E_BAD_RECORD_MAC) {
        return err_row(e)->sentence;
    }
    if (l->proved) {
        l->protection.sequence++;
        l->null.sequence++;
        return "this record is damaged: the keys that opened those before it do not open it";
    }
    l->hidden = "the secret that the key log has for it does not open it";
    return l->hidden;
}

/* NULL, or why not. *type is the one inside. */
static const char *open_protected13(struct hf_tap *t, struct lane *l, struct span fragment, uint8_t *type,
                                    struct span *content)
{
    struct span inner;
    if (l->stage == STAGE_EARLY) {
        const char *why = tap_open_early(t, l, fragment, &inner);
        if (why) {
            return why;
        }
    } else {
        enum err e = protection_open(&l->protection, *type, fragment, &inner);
        if (e != OK) {
            return unopened(l, e);
        }
    }
    enum err e = record_inner(inner, type, content);
    return e == OK ? NULL : err_row(e)->sentence;
}

static const char *open_protected(struct hf_tap *t, struct lane *l, struct span fragment, uint8_t *type,
                                  struct span *content)
{
    if (l->hidden) {
        return l->hidden;
    }
    if (l->stage != STAGE_CLEAR) {
        return open_protected13(t, l, fragment, type, content);
    }
    if (t->now.number == 0 && *type == CONTENT_APPLICATION_DATA) {
        return "the handshake that its keys come from was not seen";
    }
    enum err e = l->null.mac != HASH_NONE ? null_open(&l->null, *type, fragment, content)
                                          : protection_open(&l->protection, *type, fragment, content);
    return e == OK ? NULL : unopened(l, e);
}

static bool open_record(struct hf_tap *t, struct lane *l, struct span whole, uint8_t *type,
                        struct span *content)
{
    struct span fragment = {whole.data + RECORD_HEADER, whole.len - RECORD_HEADER};
    l->in_clear = l->stage != STAGE_CLEAR && *type != CONTENT_APPLICATION_DATA; /* RFC 8446 5.2 */
    if (l->in_clear) {
        *content = fragment;
        return true;
    }
    l->sequence = l->next++;
    const char *why = open_protected(t, l, fragment, type, content);
    if (why) {
        hide(t, l, slice_of_span(whole), why);
        return false;
    }
    l->proved = true;
    return true;
}

static void take_alert(struct hf_tap *t, struct lane *l, struct slice content)
{
    if (content.len != 2) {
        tap_hidden(t, l, content.len, "this alert is not two bytes long");
        return;
    }
    uint8_t level = content.data[0], description = content.data[1];
    bool close = description == ALERT_close_notify;
    hf_event e = tap_event(t, l, close ? HF_EVENT_CLOSED : HF_EVENT_ALERT);
    const char *name = alert_name(description);
    e.name = close ? "close_notify" : name ? name : "unknown";
    e.rfc = tap_is13(t) ? (close ? "RFC 8446 6.1" : "RFC 8446 6") : close ? "RFC 5246 7.2.1" : "RFC 5246 7.2";
    e.text = close ? "close_notify" : "";
    e.alert_level = level;
    e.alert = close ? HF_NO_ALERT : description;
    e.size = close ? 0 : 2;
    l->closed |= close;
    if (level == 2) { /* fatal, RFC 5246 7.2.2: neither side owes a close_notify any more */
        t->lane[CLIENT].gave_up = t->lane[SERVER].gave_up = true;
    }
    tap_emit(t, &e);
}

static void take_change(struct hf_tap *t, struct lane *l, struct slice content)
{
    const struct message_row *row = message_row(CHANGE_CIPHER_SPEC);
    if (content.len != 1 || content.data[0] != 1) {
        tap_hidden(t, l, content.len, "this ChangeCipherSpec is not the one byte 1");
        return;
    }
    bool changes = l->stage == STAGE_CLEAR && !tap_is13(t); /* RFC 8446 D.4: else it means nothing */
    if (changes) {
        tap_decide(t, l, true);
    }
    hf_event e = tap_event(t, l, HF_EVENT_STEP);
    e.name = row->name;
    e.rfc = message_rfc(CHANGE_CIPHER_SPEC, tap_may_be13(t));
    e.message = (hf_bytes){content.data, content.len};
    e.size = 1;
    e.new_keys = changes;
    tap_emit(t, &e);
    if (changes) {
        tap_new_keys(t, l);
    }
}

void tap_record(struct hf_tap *t, struct lane *l, struct span whole)
{
    uint8_t type = whole.data[0];
    struct span opened = {NULL, 0};
    t->summary.records++;
    if (!open_record(t, l, whole, &type, &opened)) {
        return;
    }
    struct slice content = slice_of_span(opened);
    if (type == CONTENT_CHANGE_CIPHER_SPEC) {
        take_change(t, l, content);
    } else if (type == CONTENT_ALERT) {
        take_alert(t, l, content);
    } else if (type == CONTENT_HANDSHAKE) {
        tap_handshake(t, l, content);
    } else if (type == CONTENT_APPLICATION_DATA) {
        hf_event e = tap_event(t, l, HF_EVENT_DATA);
        e.size = content.len;
        tap_emit(t, &e);
    } else {
        tap_hidden(t, l, content.len, "records of this type are not decoded");
    }
}
