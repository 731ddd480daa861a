/* SPDX-License-Identifier: MIT */
#include "handshake/peer_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define RULES_MAX 256
#define PLACES_MAX 1024 /* names of one certificate that are looked at: an attacker's can hold thousands */
struct peer_rules {
    size_t count, size;
    struct slice rule[RULES_MAX]; /* into the text behind the struct */
    char text[];
};

/* ---- what a certificate is called ---- */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* A name with a NUL or a control character in it is none that a person chose. */
static bool spell(const char *kind, struct slice value, bool fold, char out[PEER_NAME_MAX])
{
    int len = snprintf(out, PEER_NAME_MAX, "%s", kind);
    if (!value.len || (size_t)len + value.len >= PEER_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return false;
        }
        out[(size_t)len + i] = fold ? lower((char)value.data[i]) : (char)value.data[i];
    }
    out[(size_t)len + value.len] = '\0';
    return true;
}

static bool spell_hex(const char *kind, struct slice value, char out[PEER_NAME_MAX])
{
    int len = snprintf(out, PEER_NAME_MAX, "%s", kind);
    while (value.len > 1 && value.data[0] == 0) { /* the sign byte of a number */
        value = slice_after(value, 1);
    }
    if (!value.len || (size_t)len + 2 * value.len >= PEER_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        len += snprintf(out + len, 3, "%02x", value.data[i]);
    }
    return true;
}

static bool spell_digest(const struct certificate *leaf, char out[PEER_NAME_MAX])
{
    uint8_t digest[HASH_MAX];
    return hash_once(HASH_SHA256, certificate_der(leaf), digest) == OK &&
           spell_hex("sha256:", slice_of(digest, 32), out);
}

/* The name at a place, which may be none. *end: there is no such place. */
static bool name_at(const struct certificate *leaf, size_t place, char out[PEER_NAME_MAX], bool *end)
{
    enum { EMAIL = 1, DNS = 2, URI = 6 };
    unsigned kind;
    struct slice value;
    *end = false;
    switch (place) {
    case 0:
        return spell_hex("serial:", certificate_serial(leaf), out);
    case 1:
        return spell_digest(leaf, out);
    case 2:
        return spell("cn:", certificate_common_name(leaf), false, out);
    default:
        *end = !certificate_name_at(leaf, place - 3, &kind, &value);
        return !*end && (kind == DNS     ? spell("dns:", value, true, out)
                         : kind == EMAIL ? spell("email:", value, true, out)
                         : kind == URI   ? spell("uri:", value, false, out)
                                         : false);
    }
}

bool peer_name(const struct certificate *leaf, size_t i, char out[PEER_NAME_MAX])
{
    bool end = false;
    for (size_t place = 0; !end && place < PLACES_MAX; place++) {
        if (name_at(leaf, place, out, &end) && i-- == 0) {
            return true;
        }
    }
    return false;
}

/* ---- rules ---- */
/* Hexadecimal digits in lower case; colons between bytes are left out, as are a number's leading zeros. 0:
 * it is none, or not of `size` bytes (0: any). */
static size_t normalize_hex(char *text, size_t len, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        char c = lower(text[i]);
        bool between = c == ':' && i && i + 1 < len && digits % 2 == 0 && text[i - 1] != ':';
        if (!between && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return 0;
        }
        text[digits] = c;
        digits += !between;
    }
    if (digits % 2 || (size && digits != 2 * size)) {
        return 0;
    }
    size_t zeros = 0;
    while (!size && zeros + 2 < digits && text[zeros] == '0' && text[zeros + 1] == '0') {
        zeros += 2;
    }
    memmove(text, text + zeros, digits - zeros);
    return digits - zeros;
}

/* A wildcard is the whole leftmost label, with others behind it. 0: it is not. */
static size_t check_text(const char *text, size_t len, bool dns)
{
    for (size_t i = 0; i < len; i++) {
        bool stands = i == 0 && len > 2 && text[1] == '.';
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || (dns && text[i] == '*' && !stands)) {
            return 0;
        }
    }
    return len;
}

/* Puts a rule into the spelling of peer_name, in place; answers its length, 0 when it is none. */
static size_t normalize(char *text, size_t len)
{
    static const struct {
        const char *kind;
        bool hex, fold;
        size_t size;
    } kinds[] = {{"dns:", false, true, 0}, {"email:", false, true, 0}, {"uri:", false, false, 0},
                 {"cn:", false, false, 0}, {"serial:", true, true, 0}, {"sha256:", true, true, 32}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t head = strlen(kinds[i].kind);
        if (len <= head || strncmp(text, kinds[i].kind, head) != 0) {
            continue;
        }
        for (size_t j = head; kinds[i].fold && j < len; j++) {
            text[j] = lower(text[j]);
        }
        size_t rest = kinds[i].hex ? normalize_hex(text + head, len - head, kinds[i].size)
                                   : check_text(text + head, len - head, i == 0);
        return rest ? head + rest : 0;
    }
    return 0;
}

bool peer_name_normalize(const char *name, char out[PEER_NAME_MAX])
{
    size_t len = strlen(name);
    if (len >= PEER_NAME_MAX) {
        return false;
    }
    memcpy(out, name, len + 1);
    len = normalize(out, len);
    out[len] = '\0';
    return len > 0;
}

static enum err read_rules(struct peer_rules *r, struct slice *wrong)
{
    for (char *at = r->text; *at;) {
        size_t blank = strspn(at, " ,");
        at += blank;
        size_t len = strcspn(at, ",");
        while (len && at[len - 1] == ' ') {
            len--;
        }
        if (!len) {
            continue;
        }
        *wrong = slice_of(at, len);
        size_t normal = r->count < RULES_MAX ? normalize(at, len) : 0;
        if (!normal) {
            return E_UNKNOWN_NAME;
        }
        r->rule[r->count++] = slice_of(at, normal);
        at += len + strspn(at + len, " ");
    }
    return OK;
}

enum err peer_rules_read(const char *text, struct peer_rules **out, struct slice *wrong)
{
    void *memory;
    size_t size = sizeof(struct peer_rules) + strlen(text) + 1;
    *out = NULL;
    *wrong = slice_of(NULL, 0);
    if (!text[strspn(text, " ,")]) {
        return OK;
    }
    TRY(memory_new(size, &memory));
    struct peer_rules *r = memory;
    r->size = size;
    memcpy(r->text, text, strlen(text) + 1);
    enum err e = read_rules(r, wrong);
    if (e != OK) {
        size_t at = (size_t)(wrong->data - (const uint8_t *)r->text);
        *wrong = slice_of(text + at, wrong->len);
        peer_rules_free(r);
        return e;
    }
    *out = r;
    return OK;
}

void peer_rules_free(struct peer_rules *r)
{
    memory_free(r, r ? r->size : 0);
}

/* "dns:*.example" is for one more label and no other. */
static bool matches(struct slice rule, struct slice name)
{
    static const char any[] = "dns:*.";
    if (rule.len <= 6 || memcmp(rule.data, any, 6) != 0) {
        return slice_equal(rule, name);
    }
    if (name.len < 4 || memcmp(name.data, any, 4) != 0) {
        return false;
    }
    const uint8_t *dot = memchr(name.data, '.', name.len);
    return dot && dot > name.data + 4 &&
           slice_equal(slice_after(rule, 5), slice_after(name, (size_t)(dot - name.data)));
}

bool peer_rules_allow(const struct peer_rules *r, const struct certificate *leaf)
{
    char name[PEER_NAME_MAX];
    bool end = false;
    for (size_t place = 0; r && !end && place < PLACES_MAX; place++) {
        bool named = name_at(leaf, place, name, &end);
        for (size_t j = 0; named && j < r->count; j++) {
            if (matches(r->rule[j], slice_of_string(name))) {
                return true;
            }
        }
    }
    return !r;
}
