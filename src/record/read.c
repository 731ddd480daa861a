/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

/* What a plain-text peer may say first, as far as a record header reaches. */
static const struct {
    const char *text;
    enum err err;
} foreign_openings[] = {
    {"GET ", E_PEER_SPEAKS_HTTP},  {"HEAD", E_PEER_SPEAKS_HTTP},  {"POST", E_PEER_SPEAKS_HTTP},
    {"PUT ", E_PEER_SPEAKS_HTTP},  {"DELET", E_PEER_SPEAKS_HTTP}, {"CONNE", E_PEER_SPEAKS_HTTP},
    {"OPTIO", E_PEER_SPEAKS_HTTP}, {"TRACE", E_PEER_SPEAKS_HTTP}, {"PATCH", E_PEER_SPEAKS_HTTP},
    {"PRI *", E_PEER_SPEAKS_HTTP}, {"HTTP/", E_PEER_SPEAKS_HTTP}, {"SSH-", E_PEER_SPEAKS_SSH},
};

/* The stream does not begin with a TLS record: OK only while its bytes are too few to say what it is. */
static enum err name_stranger(struct slice head)
{
    enum err verdict = E_PEER_NOT_TLS;
    for (size_t i = 0; i < sizeof foreign_openings / sizeof foreign_openings[0]; i++) {
        size_t len = strlen(foreign_openings[i].text);
        size_t seen = head.len < len ? head.len : len;
        if (memcmp(head.data, foreign_openings[i].text, seen) == 0) {
            if (seen == len) {
                return foreign_openings[i].err;
            }
            verdict = OK;
        }
    }
    return verdict;
}

static size_t header_length(struct slice head)
{
    return (size_t)head.data[3] << 8 | head.data[4];
}

static bool is_protected(const struct record_in *in)
{
    return in->protection.kind != PROTECT_NONE;
}

static bool is_tls13(const struct record_in *in)
{
    return in->protection.kind == PROTECT_AEAD13;
}

/* Whether a record with this type in its header is protected. */
static bool type_is_protected(const struct record_in *in, uint8_t type)
{
    return is_tls13(in) ? type == CONTENT_APPLICATION_DATA : is_protected(in);
}

/* Type and version, as far as there are bytes of them. */
static enum err check_kind(const struct record_in *in, struct slice head)
{
    bool known_type = head.data[0] >= CONTENT_CHANGE_CIPHER_SPEC && head.data[0] <= CONTENT_APPLICATION_DATA;
    bool known_major = head.len < 2 || head.data[1] == TLS_1_2 >> 8;
    if (!in->begun && (!known_type || !known_major)) {
        return name_stranger(head);
    }
    if (!known_type) {
        return E_BAD_RECORD_TYPE;
    }
    if (is_tls13(in)) {
        TRY(outer_type13(in, head.data[0]));
    }
    /*
     * RFC 5246 E.1: any minor version may come before a version is agreed. The minor version of a protected
     * record is authenticated as 0x0303 whatever its header says, so no other may pass.
     */
    bool known_minor = head.len < 3 || !type_is_protected(in, head.data[0]) ||
                       head.data[2] == (TLS_1_2 & 0xff);
    return known_major && known_minor ? OK : E_BAD_RECORD_VERSION;
}

/*
 * The longest TLSCiphertext that a limit below the protocol's own leaves room for. RFC 6066 4 counts 256
 * bytes of CBC's padding in; RFC 8449 4.1 only as many as a full record needs.
 */
static size_t limited_length(const struct record_in *in)
{
    const struct protection *p = &in->protection;
    if (p->kind != PROTECT_CBC) {
        return protection_head(p) + in->fragment + p->tail;
    }
    size_t tail = in->least_padding ? protection_tail(p, in->fragment)
                                    : protection_tail_max(p) - CBC_BLOCK + CBC_PADDING_MAX;
    return protection_head(p) + in->fragment + tail;
}

/* RFC 5246 6.2.1, 6.2.3, RFC 8446 5.1, 5.2 */
static size_t expansion(const struct record_in *in, uint8_t type)
{
    bool early_data = in->skipping && type == CONTENT_APPLICATION_DATA;
    if (early_data || (is_tls13(in) && type_is_protected(in, type))) {
        return RECORD_EXPANSION13_MAX;
    }
    return type_is_protected(in, type) ? RECORD_EXPANSION_MAX : 0;
}

static enum err check_length(const struct record_in *in, uint8_t type, size_t length)
{
    if (length > RECORD_PLAINTEXT_MAX + expansion(in, type)) {
        return E_RECORD_TOO_LONG;
    }
    /* early data that is to be dropped was made before there was an agreement */
    bool limited = in->fragment < RECORD_PLAINTEXT_MAX && !in->skipping;
    size_t limit = !limited || type_is_protected(in, type) || !is_tls13(in) ? limited_length(in)
                                                                            : in->fragment;
    return limited && length > limit ? E_RECORD_OVER_AGREED_LIMIT : OK;
}

/* All that a header tells, before its body. *whole is 0 for less than a header. */
static enum err check_header(struct record_in *in, struct slice bytes, size_t *whole)
{
    *whole = 0;
    struct slice head = {bytes.data, bytes.len < RECORD_HEADER ? bytes.len : RECORD_HEADER};
    if (!head.data || head.len == 0) {
        return OK;
    }
    TRY(check_kind(in, head));
    if (head.len < RECORD_HEADER) {
        return OK;
    }
    size_t length = header_length(head);
    TRY(check_length(in, head.data[0], length));
    in->begun = true;
    *whole = RECORD_HEADER + length;
    return OK;
}

/* RFC 8446 4.2.10, behind a HelloRetryRequest: *type becomes RECORD_DROPPED for early data. */
static enum err pass_early_data(struct record_in *in, size_t length, uint8_t *type)
{
    if (*type == CONTENT_APPLICATION_DATA) {
        return drop_early_data(in, length, OK, type);
    }
    in->skipping = *type != CONTENT_HANDSHAKE;
    return OK;
}

static enum err open_record(struct record_in *in, struct span whole, struct record *out)
{
    uint8_t type = whole.data[0];
    struct span content, fragment = {whole.data + RECORD_HEADER, whole.len - RECORD_HEADER};
    if (is_tls13(in)) {
        TRY(open13(in, fragment, &type, &content));
    } else {
        TRY(in->skipping ? pass_early_data(in, fragment.len, &type) : OK);
        TRY(protection_open(&in->protection, type, fragment, &content));
    }
    if (type == RECORD_DROPPED) {
        *out = (struct record){.type = type};
        return OK;
    }
    if (content.len > in->fragment) {
        return content.len > RECORD_PLAINTEXT_MAX ? E_RECORD_TOO_LONG : E_RECORD_OVER_AGREED_LIMIT;
    }
    if (content.len != 0) {
        in->empties = 0;
    } else if (type != CONTENT_APPLICATION_DATA) {
        return E_EMPTY_RECORD;
    } else if (in->empties == EMPTY_RECORDS_MAX) {
        return E_TOO_MANY_EMPTY_RECORDS;
    } else {
        in->empties++;
    }
    *out = (struct record){type, content, whole.len};
    return OK;
}

/*
 * Moves bytes from arrived behind *used into partial until it holds size of them. Room for all is made at
 * once, so that bytes which come one at a time are not copied again and again.
 */
static enum err take(struct buffer *partial, size_t size, struct span arrived, size_t *used)
{
    size_t missing = size - buffer_len(partial);
    size_t there = arrived.len - *used;
    size_t taken = there < missing ? there : missing;
    if (taken == 0) {
        return OK;
    }
    uint8_t *room;
    TRY(buffer_reserve(partial, missing, &room));
    memcpy(room, arrived.data + *used, taken);
    buffer_commit(partial, taken);
    *used += taken;
    return OK;
}

/* whole: the record's size where arrived begins with a whole header, else 0. */
static enum err gather(struct record_in *in, size_t whole, struct span arrived, size_t *used,
                       struct record *out)
{
    if (whole == 0) {
        if (buffer_len(&in->partial) < RECORD_HEADER) {
            TRY(take(&in->partial, RECORD_HEADER, arrived, used));
        }
        TRY(check_header(in, buffer_slice(&in->partial), &whole));
        if (whole == 0) {
            return OK;
        }
    }
    TRY(take(&in->partial, whole, arrived, used));
    if (buffer_len(&in->partial) < whole) {
        return OK;
    }
    in->opened = true;
    return open_record(in, (struct span){in->partial.data + in->partial.start, whole}, out);
}

void record_in_init(struct record_in *in)
{
    *in = (struct record_in){
        .partial.limit = RECORD_HEADER + RECORD_PLAINTEXT_MAX + RECORD_EXPANSION_MAX,
        .fragment = RECORD_PLAINTEXT_MAX,
    };
}

void record_in_limit(struct record_in *in, size_t size, bool least_padding)
{
    in->fragment = (uint16_t)size;
    in->least_padding = least_padding;
}

void record_in_wipe(struct record_in *in)
{
    protection_wipe(&in->protection);
    buffer_free(&in->partial);
    record_in_init(in);
}

static enum err read_one(struct record_in *in, struct span arrived, size_t *used, struct record *out)
{
    *used = 0;
    *out = (struct record){0};
    record_release(in);
    size_t whole = 0;
    if (buffer_len(&in->partial) == 0) {
        TRY(check_header(in, slice_of_span(arrived), &whole));
        if (whole != 0 && whole <= arrived.len) {
            *used = whole;
            return open_record(in, (struct span){arrived.data, whole}, out);
        }
    }
    return gather(in, whole, arrived, used, out);
}

enum err record_read(struct record_in *in, struct span arrived, size_t *used, struct record *out)
{
    enum err err = read_one(in, arrived, used, out);
    while (err == OK && out->type == RECORD_DROPPED) {
        size_t more;
        err = read_one(in, (struct span){arrived.data + *used, arrived.len - *used}, &more, out);
        *used += more;
    }
    return err;
}

void record_release(struct record_in *in)
{
    if (in->opened) {
        buffer_drop(&in->partial, buffer_len(&in->partial));
        in->opened = false;
    }
}

bool record_in_midway(const struct record_in *in)
{
    return !in->opened && buffer_len(&in->partial) != 0;
}
