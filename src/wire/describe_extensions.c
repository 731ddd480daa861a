/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "wire/names.h"
#include "wire/walk.h"

/* Extensions told: which they are, and what is in them where the shape is known. */

enum place extension_place(struct slice message)
{
    switch (message.len ? message_of_type(message.data[0]) : MESSAGE_COUNT) {
    case CLIENT_HELLO:
        return IN_CLIENT_HELLO;
    case ENCRYPTED_EXTENSIONS:
        return IN_ENCRYPTED_EXTENSIONS;
    case CERTIFICATE:
        return IN_CERTIFICATE;
    case CERTIFICATE_REQUEST:
        return IN_CERTIFICATE_REQUEST;
    case NEW_SESSION_TICKET:
        return IN_NEW_SESSION_TICKET;
    default:
        return is_hello_retry_request(message) ? IN_HELLO_RETRY_REQUEST : IN_SERVER_HELLO;
    }
}

static void extension_contents(struct walk *w, const struct extension_body *row, struct slice body)
{
    struct reader r = reader_of(body);
    const struct layout *l = row->layout ? row->layout : walk_choose(row->choices, row->choice_width, r);
    if (l) {
        walk_struct(w, l, body);
    } else {
        (void)walk_malformed(w, "extension_data", &r, r.at, "of a kind whose shape is not known");
    }
}

static const char *extension_text(const char *name, const struct extension_body *row, struct slice body)
{
    if (name && strncmp(name, "GREASE", 6) == 0) {
        return "means nothing: keeps servers tolerant";
    }
    return row || !body.len ? "" : "not told further: its shape is not known";
}

static void one_extension(struct walk *w, const struct extension_entry *e)
{
    const struct extension_body *row = extension_body(e->type, w->place);
    const char *name = name_of(&extension_names, e->type);
    size_t at = (size_t)(e->body.data - w->base);
    walk_tell(w, (struct described){.kind = DESCRIBED_EXTENSION,
                                    .name = name ? name : "unknown extension",
                                    .number = e->type,
                                    .text = extension_text(name, row, e->body),
                                    .rfc = row                      ? row->rfc
                                           : name && name[0] == 'G' ? "RFC 8701 3.1"
                                                                    : "",
                                    .bytes = e->body,
                                    .offset = at - 4,
                                    .length = e->body.len + 4});
    w->depth++;
    if (row) {
        extension_contents(w, row, e->body);
    } else if (e->body.len) {
        walk_tell(w, (struct described){.kind = DESCRIBED_BYTES,
                                        .name = "extension_data",
                                        .bytes = e->body,
                                        .offset = at,
                                        .length = e->body.len});
    }
    w->depth--;
}

size_t walk_count_extensions(struct slice contents)
{
    size_t count = 0;
    struct list l = list_of(contents);
    for (struct extension_entry e; list_next_extension(&l, &e);) {
        count++;
    }
    return count;
}

void walk_extensions(struct walk *w, struct slice contents)
{
    struct list l = list_of(contents);
    struct extension_entry e;
    struct slice before = l.rest;
    for (; list_next_extension(&l, &e); before = l.rest) {
        one_extension(w, &e);
    }
    if (l.bad) {
        struct reader r = reader_of(before);
        (void)walk_malformed(w, "Extension", &r, r.at,
                             "cut short: an extension is a type, a length and so many bytes");
    }
}
