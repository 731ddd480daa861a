/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/* What the hellos agree on, as far as reading on depends on it: RFC 5246 7.4.1. */

/* RFC 8446 4.2 */
enum { CODE_PRE_SHARED_KEY = 41, CODE_EARLY_DATA = 42 };

/* The body of an extension; data is NULL when it is not there. */
static struct slice extension_of(struct slice extensions, uint16_t code)
{
    struct list list = list_of(extensions);
    struct extension_entry entry;
    while (list_next_extension(&list, &entry)) {
        if (entry.type == code) {
            return entry.body;
        }
    }
    return slice_of(NULL, 0);
}

static bool has(struct slice extensions, uint16_t code)
{
    return extension_of(extensions, code).data != NULL;
}

/* RFC 6066 3: a list of names, of which the first that is a host_name counts. What is not printable is left out. */
static void keep_server_name(struct hf_tap *t, struct slice body)
{
    struct reader r = reader_of(body);
    struct reader names = reader_of(read_vector(&r, 2));
    uint32_t type = read_number(&names, 1);
    struct slice name = read_vector(&names, 2);
    size_t kept = 0;
    for (size_t i = 0; !names.bad && type == 0 && i < name.len && kept + 1 < sizeof t->summary.server_name;
         i++) {
        if (name.data[i] > ' ' && name.data[i] < 0x7f) {
            t->summary.server_name[kept++] = (char)name.data[i];
        }
    }
    t->summary.server_name[kept] = 0;
}

void tap_forget(struct observed *o)
{
    transcript_wipe(&o->transcript);
    certificate_free(o->leaf[CLIENT]);
    certificate_free(o->leaf[SERVER]);
    wipe(o, sizeof *o);
}

/* A handshake begins: the first, or another under the keys of the one before (RFC 5246 7.4.1.2). */
static void begin(struct hf_tap *t)
{
    struct observed *o = &t->now;
    unsigned number = o->number + 1;
    tap_forget(o);
    o->number = number;
    o->running = o->transcript_whole = true;
    transcript_init(&o->transcript, OBSERVED_TRANSCRIPT_MAX, (struct span){NULL, 0});
}

void tap_client_hello(struct hf_tap *t, struct slice body)
{
    struct client_hello m;
    struct observed *o = &t->now;
    if (!o->retried) { /* RFC 8446 4.1.2: the second one belongs to the same handshake */
        begin(t);
    }
    o->again = o->retried;
    o->retried = false;
    if (layout_decode(&layout_client_hello, body, &m) != OK) {
        return;
    }
    struct slice name = extension_of(m.extensions, EXTENSION_SERVER_NAME);
    o->has_hellos[CLIENT] = true;
    /* RFC 8446 D.4: whoever offers TLS 1.3 may put a session ID that stands for nothing. */
    bool id = m.session_id.len && !has(m.extensions, EXTENSION_SUPPORTED_VERSIONS);
    o->offers_session = id || extension_of(m.extensions, EXTENSION_SESSION_TICKET).len ||
                        has(m.extensions, CODE_PRE_SHARED_KEY);
    struct slice versions = extension_of(m.extensions, EXTENSION_SUPPORTED_VERSIONS);
    o->offers13 = versions.len > 1 && list_has16(slice_after(versions, 1), TLS_1_3);
    o->early_data = has(m.extensions, CODE_EARLY_DATA);
    memcpy(o->client_random, m.random.data, RANDOM_SIZE);
    if (name.data && o->number == 1) {
        keep_server_name(t, name);
    }
}

/* RFC 7250 4.2: of ServerHello, or in TLS 1.3 of EncryptedExtensions. */
void tap_certificate_types(struct observed *o, struct slice extensions)
{
    struct slice client = extension_of(extensions, EXTENSION_CLIENT_CERTIFICATE_TYPE);
    struct slice server = extension_of(extensions, EXTENSION_SERVER_CERTIFICATE_TYPE);
    o->certificate_type[CLIENT] = client.len == 1 ? client.data[0] : 0;
    o->certificate_type[SERVER] = server.len == 1 ? server.data[0] : 0;
}

/* RFC 8446 4.2.1: TLS 1.3 is told in an extension, and the field says 1.2. */
static uint16_t version_of(const struct server_hello *m)
{
    struct slice chosen = extension_of(m->extensions, EXTENSION_SUPPORTED_VERSIONS);
    struct reader r = reader_of(chosen);
    uint16_t version = (uint16_t)read_number(&r, 2);
    return read_done(&r) ? version : m->version;
}

enum message tap_server_hello(struct hf_tap *t, struct slice body)
{
    struct server_hello m;
    struct observed *o = &t->now;
    if (layout_decode(&layout_server_hello, body, &m) != OK) {
        return SERVER_HELLO;
    }
    o->version = t->summary.version = version_of(&m);
    o->code = m.cipher_suite;
    o->suite = observed_suite_of(m.cipher_suite);
    if (memcmp(m.random.data, retry_random, RANDOM_SIZE) == 0) {
        o->retried = true;
        return HELLO_RETRY_REQUEST;
    }
    o->has_hellos[SERVER] = true;
    o->ems = has(m.extensions, EXTENSION_EXTENDED_MASTER_SECRET);
    o->etm = has(m.extensions, EXTENSION_ENCRYPT_THEN_MAC);
    o->truncated = has(m.extensions, EXTENSION_TRUNCATED_HMAC);
    o->pre_shared = has(m.extensions, CODE_PRE_SHARED_KEY);
    tap_certificate_types(o, m.extensions);
    memcpy(o->server_random, m.random.data, RANDOM_SIZE);
    return SERVER_HELLO;
}
