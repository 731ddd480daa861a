/* SPDX-License-Identifier: MIT */
#include "trace/explain.h"

#include <string.h>
#include <strings.h>
#include <time.h>

/* Rules about the certificates that were shown: what they say of themselves, held against the clocks, the
 * name that was asked for, and one another. */

enum { CHAIN_MOST = 16 };
enum alert { BAD_CERTIFICATE = 42, CERTIFICATE_EXPIRED = 45, CERTIFICATE_UNKNOWN = 46, UNKNOWN_CA = 48 };

/* ---- what is looked at ---- */
struct chain {
    const struct trace_event *message;
    hf_side owner;
    size_t count;
    hf_bytes der[CHAIN_MOST];
    hf_certificate one[CHAIN_MOST];
};

/* The certificates of the message that can be read, in its order. */
static void read_chain(struct chain *c, const struct trace_event *message)
{
    *c = (struct chain){.message = message, .owner = message->by};
    for (size_t i = 0; i < message->field_count && c->count < CHAIN_MOST; i++) {
        const hf_field *f = &message->fields[i];
        bool is = f->kind == HF_FIELD_BYTES &&
                  (strcmp(f->name, "ASN.1Cert") == 0 || strcmp(f->name, "cert_data") == 0);
        if (is && hf_certificate_look(f->bytes, &c->one[c->count])) {
            c->der[c->count++] = f->bytes;
        }
    }
}

/* The next chain with a certificate in it, from the event on; *from then stands behind it. */
static bool next_chain(const struct trace *t, size_t *from, struct chain *c)
{
    while (*from < t->count) {
        const struct trace_event *event = &t->events[(*from)++];
        if (event->kind == HF_EVENT_STEP && !event->local && strcmp(event->name, "Certificate") == 0) {
            read_chain(c, event);
            if (c->count > 0) {
                return true;
            }
        }
    }
    return false;
}

/* A client's certificate tells who it is: it is not named. */
static void name_it(struct text *out, const struct chain *c, size_t i)
{
    text_print(out, i == 0 ? "The %s's certificate" : "A certificate of the %s's chain,",
               side_word(c->owner));
    if (c->owner == HF_SERVER && c->one[i].subject_text[0] != '\0') {
        text_add(out, " ");
        text_add_clean(out, c->one[i].subject_text, 0, false);
    }
}

static bool same_name(hf_bytes a, const char *a_text, hf_bytes b, const char *b_text)
{
    bool bytes = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
    return bytes ||
           (a_text[0] != '\0' && strcasecmp(a_text, b_text) == 0); /* RFC 5280 7.1: or another coding */
}

static bool issued_by(const hf_certificate *c, const hf_certificate *issuer)
{
    return same_name(c->issuer, c->issuer_text, issuer->subject, issuer->subject_text);
}

/* ---- clocks ---- */
static void say_date(struct text *out, int64_t seconds)
{
    char words[32] = "";
    time_t when = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&when, &parts) != NULL) {
        strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    text_add(out, words);
}

/* Seconds since 1970 when the message passed; 0: no clock was asked. */
static int64_t clock_of(const struct trace *t, const struct trace_event *message)
{
    int64_t time = message->time;
    for (size_t i = 0; time == 0 && i < t->count; i++) {
        time = t->events[i].time;
    }
    return time / 1000000;
}

/* RFC 5246 7.4.1.2: a hello's random may begin with its sender's clock. Where it is far from ours it is more
 * likely random. 0: none. */
static int64_t clock_in_hello(const struct trace *t, hf_side by, int64_t now)
{
    enum { NEAR = 400 * 86400 };
    const struct trace_event *hello =
        message_before(t, t->count, by, by == HF_CLIENT ? "ClientHello" : "ServerHello");
    const hf_field *random = field_named(hello, "random");
    if (random == NULL || random->bytes.len < 4 || hello->version >= 0x0304) {
        return 0;
    }
    const uint8_t *b = random->bytes.data;
    int64_t clock = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
    return clock - now < NEAR && now - clock < NEAR ? clock : 0;
}

static void say_clocks(struct text *out, const struct trace *t, hf_side other, int64_t now)
{
    int64_t theirs = clock_in_hello(t, other, now);
    text_add(out, "; the clock here said ");
    say_date(out, now);
    text_add(out, " then");
    if (theirs != 0) {
        text_print(out, ", and that of the %s, if its hello begins with it, ", side_word(other));
        say_date(out, theirs);
    }
}

/* RFC 5280 4.1.2.5: the first certificate whose time is over, or has not come. */
static enum sureness out_of_time(const struct trace *t, struct finding *f, bool expired)
{
    struct chain c;
    for (size_t from = 0; next_chain(t, &from, &c);) {
        int64_t now = clock_of(t, c.message);
        for (size_t i = 0; i < c.count && now != 0; i++) {
            int64_t bound = expired ? c.one[i].not_after : c.one[i].not_before;
            if (expired ? now <= bound : now >= bound) {
                continue;
            }
            name_it(&f->what, &c, i);
            text_add(&f->what, expired ? " was valid until " : " is not valid before ");
            say_date(&f->what, bound);
            say_clocks(&f->what, t, side_other(c.owner), now);
            return CERTAIN;
        }
    }
    return SILENT;
}

enum sureness explain_expired(const struct trace *t, struct finding *f)
{
    return out_of_time(t, f, true);
}

enum sureness explain_not_yet_valid(const struct trace *t, struct finding *f)
{
    return out_of_time(t, f, false);
}

/* certificate_expired of certificates that are valid by our clock. */
enum sureness explain_clocks_differ(const struct trace *t, struct finding *f)
{
    struct chain c;
    size_t i = fatal_alert(t);
    if (i == t->count || t->events[i].alert != CERTIFICATE_EXPIRED) {
        return SILENT;
    }
    hf_side judge = t->events[i].by;
    const struct trace_event *message = message_before(t, i, side_other(judge), "Certificate");
    if (message == NULL) {
        return SILENT;
    }
    read_chain(&c, message);
    int64_t now = clock_of(t, message);
    bool valid = now != 0 && c.count > 0;
    for (size_t k = 0; k < c.count && valid; k++) {
        valid = c.one[k].not_before <= now && now <= c.one[k].not_after;
    }
    if (!valid) {
        return SILENT;
    }
    text_print(
        &f->what,
        "The %s says that a certificate has expired or is not yet valid, and all that the %s sent are valid here: the first from ",
        side_word(judge), side_word(c.owner));
    say_date(&f->what, c.one[0].not_before);
    text_add(&f->what, " until ");
    say_date(&f->what, c.one[0].not_after);
    say_clocks(&f->what, t, judge, now);
    return LIKELY;
}

/* ---- names: RFC 6125 6.4 ---- */
static const char *name_asked_for(const struct trace *t, const struct trace_event *end)
{
    const hf_field *name =
        field_named(message_before(t, (size_t)(end - t->events), HF_CLIENT, "ClientHello"), "host_name");
    return name == NULL ? "" : name->text;
}

enum sureness explain_name_mismatch(const struct trace *t, struct finding *f)
{
    struct chain c;
    for (size_t from = 0; next_chain(t, &from, &c);) {
        const char *asked = name_asked_for(t, c.message);
        if (c.owner != HF_SERVER || asked[0] == '\0' || hf_certificate_is_for(c.der[0], asked)) {
            continue;
        }
        size_t i = fatal_alert(t);
        bool refused = i < t->count && t->events[i].by == HF_CLIENT &&
                       (t->events[i].alert == BAD_CERTIFICATE || t->events[i].alert == CERTIFICATE_UNKNOWN);
        text_add(&f->what, "The client asked for ");
        text_add_clean(&f->what, asked, 0, false);
        text_add(&f->what, ", and the server's certificate is for ");
        text_add_clean(&f->what, c.one[0].names, 0, false);
        text_add(&f->what, refused ? "; the client refused it" : "");
        return CERTAIN;
    }
    return SILENT;
}

/* ---- chains ---- */
/* Index of the first certificate that its successor did not issue; count: there is none. */
static size_t break_in(const struct chain *c)
{
    size_t i = 0;
    while (i + 1 < c->count && issued_by(&c->one[i], &c->one[i + 1])) {
        i++;
    }
    return i + 1 < c->count ? i : c->count;
}

static bool has_issuer_of(const struct chain *c, size_t i)
{
    bool has = false;
    for (size_t k = 0; k < c->count; k++) {
        has |= k != i && issued_by(&c->one[i], &c->one[k]);
    }
    return has;
}

/* RFC 5246 7.4.2: "Each following certificate MUST directly certify the one preceding it." */
enum sureness explain_chain_order(const struct trace *t, struct finding *f)
{
    struct chain c;
    for (size_t from = 0; next_chain(t, &from, &c);) {
        size_t i = break_in(&c);
        if (i == c.count || !has_issuer_of(&c, i)) {
            continue;
        }
        text_print(
            &f->what,
            "The %s's certificates are not in order: the one behind number %zu of %zu did not issue it, another one did",
            side_word(c.owner), i + 1, c.count);
        return CERTAIN;
    }
    return SILENT;
}

static void say_issuer(struct text *out, const struct chain *c, size_t i)
{
    if (c->owner == HF_SERVER && c->one[i].issuer_text[0] != '\0') {
        text_add(out, ", ");
        text_add_clean(out, c->one[i].issuer_text, 0, false);
        text_add(out, ",");
    }
}

/* A gap between two that were sent is certain; that one is missing at the end only the other side knows. */
enum sureness explain_missing_intermediate(const struct trace *t, struct finding *f)
{
    struct chain c;
    size_t alert = fatal_alert(t);
    for (size_t from = 0; next_chain(t, &from, &c);) {
        size_t i = break_in(&c), last = c.count - 1;
        if (i < c.count && !has_issuer_of(&c, i)) {
            text_print(&f->what, "The %s's chain has a gap: the issuer of certificate %zu of %zu",
                       side_word(c.owner), i + 1, c.count);
            say_issuer(&f->what, &c, i);
            text_add(&f->what, " is not among those that were sent");
            return CERTAIN;
        }
        bool refused = alert < t->count && t->events[alert].alert == UNKNOWN_CA &&
                       c.message == message_before(t, alert, side_other(t->events[alert].by), "Certificate");
        if (refused && i == c.count && !issued_by(&c.one[last], &c.one[last])) {
            text_print(&f->what,
                       last == 0 ? "The %s sent one certificate and no intermediate; its issuer"
                                 : "The %s's chain ends with a certificate whose issuer",
                       side_word(c.owner));
            say_issuer(&f->what, &c, last);
            text_print(&f->what, " is not known to the %s, which trusts others, or lacks what lies between",
                       side_word(side_other(c.owner)));
            return LIKELY;
        }
    }
    return SILENT;
}

enum sureness explain_self_signed(const struct trace *t, struct finding *f)
{
    struct chain c;
    size_t alert = fatal_alert(t);
    for (size_t from = 0; alert < t->count && next_chain(t, &from, &c);) {
        bool refused = t->events[alert].by != c.owner &&
                       (t->events[alert].alert == UNKNOWN_CA || t->events[alert].alert == BAD_CERTIFICATE);
        if (refused && c.count == 1 && issued_by(&c.one[0], &c.one[0])) {
            text_print(&f->what,
                       "The %s's only certificate names itself as its issuer: nobody else vouches for it",
                       side_word(c.owner));
            return CERTAIN;
        }
    }
    return SILENT;
}
