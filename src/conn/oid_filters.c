/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "conn/conn.h"
#include "crypto/der.h"
#include "handshake/oid_filters.h"

/* hf_config_oid_filter: what a server writes into oid_filters (RFC 8446 4.2.5), from words. */
#define FILTERS_SIZE 4096 /* of all of one config */
#define OID_SIZE 64

/* ---- DER: RFC 5280 4.2.1.3, 4.2.1.12 ---- */
static void put_arc(struct writer *w, unsigned long arc)
{
    for (int shift = 28; shift > 0; shift -= 7) {
        if (arc >> shift) {
            write_number(w, (uint32_t)(0x80 | (arc >> shift & 0x7f)), 1);
        }
    }
    write_number(w, (uint32_t)(arc & 0x7f), 1);
}

/* "2.5.29.37" with its header; false where it is none. */
static bool put_oid(struct writer *w, struct slice text)
{
    char copy[OID_SIZE * 2], *at = copy;
    unsigned long first = 0;
    if (!text.len || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    write_number(w, DER_OID, 1);
    size_t mark = write_open(w, 1);
    for (unsigned i = 0; *at || i < 2; i++) {
        char *end;
        unsigned long arc = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : ULONG_MAX;
        if (arc > 0xfffffff || (*end && (*end != '.' || !end[1])) || (i == 0 && arc > 2) ||
            (i == 1 && first < 2 && arc > 39)) {
            return false;
        }
        if (i == 1) {
            put_arc(w, 40 * first + arc);
        } else if (i) {
            put_arc(w, arc);
        }
        first = i ? first : arc;
        at = *end ? end + 1 : end;
    }
    write_close(w, mark, 1);
    return !w->full;
}

/* Takes the next of words that ',' divides: rest's data is NULL behind the last. An empty word is no name. */
static struct slice next_word(struct slice *rest)
{
    const uint8_t *comma = rest->len ? memchr(rest->data, ',', rest->len) : NULL;
    struct slice word = comma ? slice_of(rest->data, (size_t)(comma - rest->data)) : *rest;
    *rest = comma ? slice_after(*rest, word.len + 1) : slice_of(NULL, 0);
    return word;
}

static size_t index_of(struct slice word, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !slice_equal(word, slice_of_string(names[i]))) {
        i++;
    }
    return i;
}

static bool put_key_usage(struct writer *w, struct slice words)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly"};
    unsigned bits = 0, unused = 0;
    while (words.data) {
        size_t i = index_of(next_word(&words), names, sizeof names / sizeof *names);
        if (i == sizeof names / sizeof *names) {
            return false;
        }
        bits |= 0x80u >> i;
    }
    while (bits && !(bits >> unused & 1)) { /* DER has no trailing zeros */
        unused++;
    }
    write_number(w, DER_BIT_STRING << 24 | 2u << 16 | unused << 8 | bits, 4);
    return bits != 0;
}

static bool put_purposes(struct writer *w, struct slice words)
{
    static const char *const names[] = {"serverAuth", "clientAuth", "codeSigning", "emailProtection"};
    static const char *const oids[] = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3",
                                       "1.3.6.1.5.5.7.3.4"};
    uint8_t room[256];
    struct writer inner = writer_of(room, 120); /* lengths of one byte */
    while (words.data) {
        struct slice word = next_word(&words);
        size_t i = index_of(word, names, 4);
        if (!put_oid(&inner, i < 4 ? slice_of_string(oids[i]) : word)) {
            return false;
        }
    }
    write_number(w, DER_SEQUENCE, 1);
    write_vector(w, 1, written(&inner));
    return inner.len > 0;
}

static bool put_hex(struct writer *w, struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        write_number(w, (uint32_t)(high << 4 | low), 1);
    }
    return text.len % 2 == 0;
}

/* One OIDFilter: "keyUsage:WORDS", "extendedKeyUsage:WORDS", "OID" or "OID:HEX". */
static bool put_filter(struct writer *w, const char *filter)
{
    size_t head = strcspn(filter, ":");
    struct slice name = slice_of(filter, head);
    struct slice words = filter[head] ? slice_of_string(filter + head + 1) : slice_of("", 0);
    bool usage = slice_equal(name, slice_of_string("keyUsage"));
    bool purposes = slice_equal(name, slice_of_string("extendedKeyUsage"));
    struct slice oid = slice_of_string(usage ? "2.5.29.15" : "2.5.29.37");
    size_t mark = write_open(w, 1);
    if (!put_oid(w, usage || purposes ? oid : name)) {
        return false;
    }
    write_close(w, mark, 1);
    mark = write_open(w, 2);
    bool sound = usage ? put_key_usage(w, words) : purposes ? put_purposes(w, words) : put_hex(w, words);
    write_close(w, mark, 2);
    return sound && !w->full;
}

/* RFC 8446 4.2.5: a certificate may say anyExtendedKeyUsage, a request may not. */
static bool asks_for_any_purpose(struct slice filter)
{
    static const uint8_t purposes[] = {DER_OID, 3, 0x55, 0x1D, 0x25}, any[] = {0x55, 0x1D, 0x25, 0x00};
    struct reader r = reader_of(filter);
    struct slice oid = read_vector(&r, 1), values = read_vector(&r, 2), list, purpose;
    if (!slice_equal(oid, slice_of(purposes, sizeof purposes)) || !der_take(&values, DER_SEQUENCE, &list)) {
        return false;
    }
    while (der_take(&list, DER_OID, &purpose)) {
        if (slice_equal(purpose, slice_of(any, sizeof any))) {
            return true;
        }
    }
    return false;
}

hf_err hf_config_oid_filter(hf_config *config, const char *filter, hf_problem *why)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable != HF_OK || !filter) {
        return settable != HF_OK ? settable : HF_NULL_ARGUMENT;
    }
    uint8_t bytes[FILTERS_SIZE];
    struct config *c = &config->settings;
    struct writer w = writer_of(bytes, sizeof bytes);
    write_bytes(&w, slice_of_span(c->oid_filters));
    if (!put_filter(&w, filter)) {
        return problem(why, HF_UNKNOWN_NAME,
                       "\"%.200s\" is none of keyUsage:USAGE,…, extendedKeyUsage:PURPOSE,… and OID[:HEX]",
                       filter);
    }
    if (asks_for_any_purpose(slice_after(written(&w), c->oid_filters.len))) {
        return problem(
            why, HF_BAD_ARGUMENT,
            "anyExtendedKeyUsage (2.5.29.37.0) cannot be asked for: name the purposes (RFC 8446 4.2.5)");
    }
    if (!oid_filters_are_apart(written(&w))) {
        return problem(why, HF_BAD_ARGUMENT,
                       "a certificate extension is named twice, or more than %d are (RFC 8446 4.2.5)",
                       OID_FILTERS_MAX);
    }
    return public_err(memory_replace(&c->oid_filters, written(&w)));
}
