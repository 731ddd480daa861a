/* SPDX-License-Identifier: MIT */
/*
 * The RFCs' figures, written by hand as regular expressions and independently of the flow tables: the
 * handshakes that the tables allow are exactly those that the figures draw. One letter per message, upper
 * case when the client sends it:
 *
 *   h ClientHello, ServerHello is s   r HelloRetryRequest      m SupplementalData      c Certificate
 *   o CertificateStatus               k ServerKeyExchange      a CertificateRequest    d ServerHelloDone
 *   u CertificateURL                  x ClientKeyExchange      v CertificateVerify     t NewSessionTicket
 *   y [ChangeCipherSpec]              f Finished               e EncryptedExtensions   z EndOfEarlyData
 *   b CompressedCertificate
 */
#include "flow_walk.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct figure {
    const char *rfc;
    const char *drawn;  /* the figure as it stands: what has a star may be missing */
    const char *exact;  /* and what the text ties together: no Certificate of the client unless it was asked
                           for, and the like */
    uint32_t may, must; /* the facts of the figure */
    const struct step *alone; /* the flow it is about where that is not a whole handshake */
};

#define CIPHER_SUITE (CERTIFICATE_AUTH | EPHEMERAL | EPHEMERAL_SIGNED)
#define CLIENT_SIDE (CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS)
#define SUPPLEMENTAL \
    (SUPPLEMENTAL_SERVER | SUPPLEMENTAL_SERVER_SENT | SUPPLEMENTAL_CLIENT | SUPPLEMENTAL_CLIENT_SENT)
#define STATUS (STATUS_AGREED | STATUS_SENT)
#define URL (CERTIFICATE_URL_AGREED | CERTIFICATE_URL_SENT)
#define IS_TLS13 (TLS13_OFFERED | TLS13)
#define BY_CERTIFICATE (IS_TLS13 | CERTIFICATE_AUTH | KEY_SHARE)
#define BY_KEY (IS_TLS13 | SESSION_OFFERED | RESUMED)
#define EITHER (CERTIFICATE_AUTH | KEY_SHARE | CLIENT_SIDE | SESSION_OFFERED | RESUMED)
#define COMPRESSION_OFFERED (COMPRESSION_SERVER | COMPRESSION_CLIENT)
#define COMPRESSION (COMPRESSION_OFFERED | COMPRESSION_SERVER_SENT | COMPRESSION_CLIENT_SENT)

static const struct figure figures[] = {
    {"RFC 5246 7.3 figure 1", "Hsc?k?a?dC?XV?YFyf", "Hs(c?k?dX|ck?adCXV?)YFyf",
     CIPHER_SUITE | CLIENT_SIDE | SESSION_OFFERED, NO_FACT},
    {"RFC 5246 7.3 figure 2", "HsyfYF", "HsyfYF", NO_FACT, SESSION_OFFERED | RESUMED},
    {"RFC 5077 3.1 figure 1", "Hsc?k?a?dC?XV?YFtyf", "Hs(c?k?dX|ck?adCXV?)YFtyf", CIPHER_SUITE | CLIENT_SIDE,
     TICKET_AGREED},
    {"RFC 5077 3.1 figure 2", "HstyfYF", "HstyfYF", NO_FACT, SESSION_OFFERED | RESUMED | TICKET_AGREED},
    {"RFC 5077 3.1 figure 3", "Hsc?k?a?dC?XV?YFyf", "Hs(c?k?dX|ck?adCXV?)YFyf", CIPHER_SUITE | CLIENT_SIDE,
     SESSION_OFFERED},
    {"RFC 5077 3.1 figure 4", "Hsc?k?a?dC?XV?YFtyf", "Hs(c?k?dX|ck?adCXV?)YFtyf", CIPHER_SUITE | CLIENT_SIDE,
     SESSION_OFFERED | TICKET_AGREED},
    {"RFC 4680 3 figure 1", "Hsm?c?k?a?dM?C?XV?YFyf", "Hsm?(c?k?dM?X|ck?adM?CXV?)YFyf",
     CIPHER_SUITE | CLIENT_SIDE | SUPPLEMENTAL, NO_FACT},
    {"RFC 6066 8", "Hsc?o?k?a?dC?XV?YFyf", "Hs(k?dX|co?k?dX|co?k?adCXV?)YFyf",
     CIPHER_SUITE | CLIENT_SIDE | STATUS, NO_FACT},
    {"RFC 6066 5", "Hsc?k?a?d(C|U)?XV?YFyf", "Hs(c?k?dX|ck?ad(C|U)XV?)YFyf", CIPHER_SUITE | CLIENT_SIDE | URL,
     NO_FACT},
    {"all of TLS 1.2, full", "Hsm?c?o?k?a?dM?(C|U)?XV?YFt?yf",
     "Hsm?(k?dM?X|co?k?dM?X|co?k?adM?(C|U)XV?)YFt?yf",
     CIPHER_SUITE | CLIENT_SIDE | SUPPLEMENTAL | STATUS | URL | TICKET_AGREED | SESSION_OFFERED, NO_FACT},
    {"all of TLS 1.2, abbreviated", "Hst?yfYF", "Hst?yfYF", TICKET_AGREED, SESSION_OFFERED | RESUMED},
    {"RFC 8446 2 figure 1", "Hsea?c?v?fC?V?F", "Hse(f|cvf|acvfCV?)F", EITHER, IS_TLS13},
    {"RFC 8446 2 figure 2", "HrHsea?c?v?fC?V?F", "HrHse(f|cvf|acvfCV?)F", EITHER, IS_TLS13 | RETRY},
    {"RFC 8446 2 figure 3, initial", "Hsea?cvfC?V?F", "Hse(cvf|acvfCV?)F", CLIENT_SIDE, BY_CERTIFICATE},
    {"RFC 8446 2 figure 3, subsequent", "HsefF", "HsefF", KEY_SHARE, BY_KEY},
    {"RFC 8446 2 figure 4", "HsefZF", "HsefZF", KEY_SHARE, BY_KEY | EARLY_DATA_OFFERED | EARLY_DATA},
    {"RFC 8446 2.2, an external key", "H(rH)?sefF", "H(rH)?sefF", KEY_SHARE | SESSION_OFFERED | RETRY,
     IS_TLS13},
    {"RFC 9001 8.3", "HsefF", "HsefF", KEY_SHARE, BY_KEY | EARLY_DATA_OFFERED | EARLY_DATA | CARRIED_BY_QUIC},
    {"RFC 8446 4.2.10, not taken", "H(rH)?sea?c?v?fC?V?F", "H(rH)?se(f|cvf|acvfCV?)F", EITHER | RETRY,
     IS_TLS13 | SESSION_OFFERED | EARLY_DATA_OFFERED},
    {"RFC 8446 4.6.2", "aCV?F", "aCV?F", CLIENT_SIDE, BY_CERTIFICATE | CLIENT_AUTH, flow_authenticate13},
    {"RFC 8879 4", "Hsea?(c|b)?v?f(C|B)?V?F", "Hse((c|b)vf|a(c|b)vf(C|B)V?)F", CLIENT_SIDE | COMPRESSION,
     BY_CERTIFICATE},
    {"RFC 8879 4, RFC 8446 4.6.2", "a(C|B)V?F", "a(C|B)V?F", CLIENT_SIDE | COMPRESSION,
     BY_CERTIFICATE | CLIENT_AUTH, flow_authenticate13},
    {"all of TLS 1.3", "H(rH)?sea?(c|b)?v?fZ?(C|B)?V?F", "(HsefZ|H(rH)?se(f|(c|b)vf|a(c|b)vf(C|B)V?))F",
     EITHER | COMPRESSION | RETRY | EARLY_DATA_OFFERED | EARLY_DATA, IS_TLS13},
};
enum { FIGURES = sizeof figures / sizeof *figures, MOST = 1000 };

/* ---- sets of handshakes ---- */

struct handshakes {
    char letters[MOST][64];
    uint32_t facts[MOST]; /* one set of facts that has it */
    size_t count;
};

static void add(struct handshakes *h, const char *letters, uint32_t facts)
{
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->letters[i], letters) == 0) {
            return;
        }
    }
    assert_true(h->count < MOST && strlen(letters) < sizeof h->letters[0]);
    strcpy(h->letters[h->count], letters);
    h->facts[h->count++] = facts;
}

static bool holds(const struct handshakes *h, const char *letters)
{
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->letters[i], letters) == 0) {
            return true;
        }
    }
    return false;
}

static void start(struct walk *w, const struct figure *f, uint32_t facts)
{
    if (f->alone != NULL) {
        walk_in_the_dark(w, f->alone, facts);
    } else {
        walk_start(w, facts);
    }
}

/* All that the tables allow with the facts of the figure. */
static void walk_figure(const struct figure *f, struct handshakes *out)
{
    uint32_t facts = 0;
    out->count = 0;
    do {
        uint32_t all = facts | f->must;
        if (facts_sensible(all) && facts_consistent(flow_hello, all) &&
            facts_consistent(flow_after(flow_hello, all), all)) {
            struct walk w = {0};
            start(&w, f, all);
            if (!walk_handshake(&w)) {
                fail_msg("%s, facts %#x: %s", f->rfc, (unsigned)all, w.fault);
            }
            add(out, w.letters, all);
        }
        facts = next_subset(facts, f->may & ~f->must);
    } while (facts != 0);
}

/* ---- all strings of a regular expression that has no repetition: letters, ( ), |, ? ---- */

static void spell(const char *pattern, struct handshakes *out);

static void spell_parts(const char *before, const char *part, size_t part_length, const char *after,
                        struct handshakes *out)
{
    char whole[128];
    size_t n = strlen(before);
    assert_true(n + part_length + strlen(after) < sizeof whole);
    memcpy(whole, before, n);
    memcpy(whole + n, part, part_length);
    strcpy(whole + n + part_length, after);
    spell(whole, out);
}

/* Where the group that begins at p ends: its ')', or the end of the string. Stops at a '|' of its own when
 * asked to. */
static const char *end_of_group(const char *p, bool at_bar)
{
    for (int depth = 0; *p != '\0'; p++) {
        if (depth == 0 && (*p == ')' || (at_bar && *p == '|'))) {
            break;
        }
        depth += (*p == '(') - (*p == ')');
    }
    return p;
}

/* Each of the alternatives between p and end, put between before and after. */
static void spell_alternatives(const char *before, const char *p, const char *end, const char *after,
                               struct handshakes *out)
{
    for (const char *bar = end_of_group(p, true);; p = bar + 1, bar = end_of_group(p, true)) {
        spell_parts(before, p, (size_t)(bar - p), after, out);
        if (bar == end) {
            return;
        }
    }
}

static void spell(const char *pattern, struct handshakes *out)
{
    char before[128];
    const char *open = strchr(pattern, '('), *mark = strchr(pattern, '?');
    if (*end_of_group(pattern, true) == '|') {
        spell_alternatives("", pattern, pattern + strlen(pattern), "", out);
    } else if (open != NULL) {
        const char *close = end_of_group(open + 1, false);
        bool optional = close[1] == '?';
        strcpy(before, pattern);
        before[open - pattern] = '\0';
        spell_alternatives(before, open + 1, close, close + 1 + optional, out);
        if (optional) {
            spell_parts(before, "", 0, close + 2, out);
        }
    } else if (mark != NULL) {
        strcpy(before, pattern);
        before[mark - pattern - 1] = '\0';
        spell_parts(before, mark - 1, 1, mark + 1, out);
        spell_parts(before, "", 0, mark + 1, out);
    } else {
        add(out, pattern, NO_FACT);
    }
}

static regex_t compiled(const char *pattern)
{
    regex_t expression;
    char anchored[140];
    assert_true(strlen(pattern) < sizeof anchored - 8);
    strcpy(anchored, "^(");
    strcat(strcat(anchored, pattern), ")$");
    assert_int_equal(regcomp(&expression, anchored, REG_EXTENDED | REG_NOSUB), 0);
    return expression;
}

static bool matches(const regex_t *expression, const char *letters)
{
    return regexec(expression, letters, 0, NULL, 0) == 0;
}

/* ---- the tests ---- */

static struct handshakes walked, spelled;

static void test_the_tables_allow_what_the_figures_draw(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIGURES; i++) {
        const struct figure *f = &figures[i];
        regex_t drawn = compiled(f->drawn), exact = compiled(f->exact);
        walk_figure(f, &walked);
        for (size_t k = 0; k < walked.count; k++) {
            if (!matches(&drawn, walked.letters[k]) || !matches(&exact, walked.letters[k])) {
                fail_msg("%s: the tables allow %s, the figure does not", f->rfc, walked.letters[k]);
            }
        }
        spelled.count = 0;
        spell(f->exact, &spelled);
        for (size_t k = 0; k < spelled.count; k++) {
            assert_true(matches(&exact, spelled.letters[k]));
            if (!holds(&walked, spelled.letters[k])) {
                fail_msg("%s: the figure allows %s, the tables do not", f->rfc, spelled.letters[k]);
            }
        }
        assert_true(walked.count > 0);
        assert_int_equal(walked.count, spelled.count);
        print_message("%-34s %3zu handshakes\n", f->rfc, walked.count);
        regfree(&drawn);
        regfree(&exact);
    }
}

/* One side alone against a script: true when it does its part of it, accepts the peer's, and is complete at
 * the end. */
static bool side_follows(const struct figure *f, enum side me, uint32_t facts, const char *script)
{
    struct walk w = {0};
    start(&w, f, facts);
    struct cursor *c = &w.side[me];
    for (;;) {
        const struct step *next = cursor_peek(c);
        enum side by;
        enum message m = *script != '\0' ? message_of_letter(*script, &by) : MESSAGE_COUNT;
        if (next == NULL) {
            const struct step *flow = flow_after(c->flow, c->facts);
            if (flow == NULL) {
                return *script == '\0';
            }
            cursor_start(c, flow);
            continue;
        }
        if (next->by == me && (step_is_local(next) || (m != MESSAGE_COUNT && by == me && next->what == m))) {
            cursor_advance(c);
        } else if (m == MESSAGE_COUNT || by == me || (next = cursor_accept(c, m)) == NULL) {
            return false;
        }
        script += !step_is_local(next);
        if (!walk_learn(&w, me, next)) {
            fail_msg("facts %#x, side %d, before '%s': a fact comes too late", (unsigned)facts, (int)me,
                     script);
        }
    }
}

/* Message i left out, sent twice, or changing places with the next; the last has no next. */
static void distort(const char *letters, size_t i, int how, char out[70])
{
    strcpy(out, letters);
    if (how == 0) {
        memmove(out + i, out + i + 1, strlen(out + i));
    } else if (how == 1) {
        memmove(out + i + 1, out + i, strlen(out + i) + 1);
    } else if (letters[i + 1] != '\0') {
        out[i] = letters[i + 1];
        out[i + 1] = letters[i];
    }
}

/* S1; SMACK (2015) found most libraries of its day to take handshakes with a message skipped, repeated or out
 * of place. */
static void test_no_side_takes_a_distorted_handshake(void **state)
{
    (void)state;
    unsigned taken = 0, refused = 0;
    for (size_t i = 0; i < FIGURES; i++) {
        regex_t exact = compiled(figures[i].exact);
        walk_figure(&figures[i], &walked);
        for (size_t k = 0; k < walked.count; k++) {
            const char *letters = walked.letters[k];
            assert_true(side_follows(&figures[i], CLIENT, walked.facts[k], letters));
            assert_true(side_follows(&figures[i], SERVER, walked.facts[k], letters));
            for (size_t at = 0; at < 3 * strlen(letters); at++) {
                char script[70];
                distort(letters, at / 3, (int)(at % 3), script);
                if (strcmp(script, letters) == 0) {
                    continue;
                }
                bool allowed = matches(&exact, script);
                for (int me = CLIENT; me <= SERVER; me++) {
                    bool follows = side_follows(&figures[i], (enum side)me, walked.facts[k], script);
                    if (follows && !allowed) {
                        fail_msg("%s: side %d takes %s for %s", figures[i].rfc, me, script, letters);
                    }
                    taken += follows;
                    refused += !follows;
                }
            }
        }
        regfree(&exact);
    }
    print_message("%u distorted handshakes refused, %u taken because the figure has them too\n", refused,
                  taken);
    assert_true(refused > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tables_allow_what_the_figures_draw),
        cmocka_unit_test(test_no_side_takes_a_distorted_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
