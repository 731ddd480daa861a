/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keyring_tool.h"
#include "cli/store_tool.h"

/* handfast session revoke */

enum { NAME = 32, IDENTITY = 300, PASSES = 5 };

struct revocation {
    struct store_tool *tool;
    const char *index; /* the list that is being walked; NULL: the whole store */
    unsigned long long deleted, found;
};

static void on_deleted(void *arg, const hf_store_reply *r)
{
    struct revocation *v = arg;
    v->deleted += r->kind == HF_REPLY_INTEGER && r->integer > 0;
}

static void whole_name(const struct revocation *v, const char *name, char out[128])
{
    snprintf(out, 128, "%s%s", hf_store_prefix(v->tool->store.store), name);
}

static bool is_session(const char *name)
{
    return strlen(name) == NAME && strchr(name, ':') == NULL;
}

/* ---- one peer ---- */
/* The list loses the one that is deleted, not itself: a session that is made meanwhile stays listed. */
static void on_member(void *arg, const char *name)
{
    struct revocation *v = arg;
    char whole[128];
    if (is_session(name)) {
        whole_name(v, name, whole);
        struct store_words words = store_words(whole, "UNLINK", whole);
        store_tool_ask(v->tool, &words, on_deleted, v);
    }
    struct store_words leave = store_words(v->index, "SREM", v->index);
    store_words_add(&leave, name);
    store_tool_ask(v->tool, &leave, NULL, NULL);
}

static bool revoke_identity(struct revocation *v, const hf_keyring *keyring, const char *identity)
{
    char index[HF_SESSION_INDEX_SIZE], name[64], whole[128];
    hf_epoch e;
    for (size_t i = 0; hf_keyring_epoch(keyring, i, &e); i++) {
        if (!hf_keyring_index(keyring, i, identity, index)) { /* a name it is: names_are_some */
            say_problem(HF_NO_MEMORY, identity);
            return false;
        }
        snprintf(name, sizeof name, "i:%s", index);
        whole_name(v, name, whole);
        v->index = whole;
        if (!store_members(v->tool, whole, on_member, v)) {
            return false;
        }
    }
    return true;
}

/* As the library spells it: dns, email, serial and sha256 in lower case. "client.example" is a DNS name,
 * "a@b.example" an address, "x://y" and "urn:…" a URI. False where that is too long for any. */
static bool spell(const char *text, bool serial, char out[IDENTITY])
{
    static const char *const kinds[] = {"dns:", "email:", "uri:", "cn:", "serial:", "sha256:"};
    const char *kind = serial                                                         ? "serial:"
                       : strstr(text, "://") != NULL || strncmp(text, "urn:", 4) == 0 ? "uri:"
                       : strchr(text, '@') != NULL                                    ? "email:"
                                                                                      : "dns:";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        kind = strncmp(text, kinds[i], strlen(kinds[i])) == 0 ? "" : kind;
    }
    while (serial && kind[0] != '\0' && text[0] == '0' && text[1] == '0' && text[2] != '\0') {
        text += 2; /* the sign byte of a number */
    }
    int len = snprintf(out, IDENTITY, "%s%s", kind, text);
    bool fold = strncmp(out, "uri:", 4) != 0 && strncmp(out, "cn:", 3) != 0;
    for (char *at = out; fold && *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return len > 0 && len < IDENTITY;
}

/* Before any is revoked. What is no name is listed nowhere, which must not look like a name without sessions.
 */
static bool names_are_some(const hf_keyring *keyring, const struct settings *s, enum option o)
{
    const struct option_value *names = &s->values[o];
    for (size_t i = 0; i < names->times; i++) {
        char identity[IDENTITY], index[HF_SESSION_INDEX_SIZE];
        if (!spell(names->texts[i], o == OPT_SERIAL, identity) ||
            !hf_keyring_index(keyring, 0, identity, index)) {
            say_usage(
                s,
                "'%.300s' is no name that a certificate can have: a DNS name, an address, a URI, cn:…, or "
                "sha256: and 32 bytes in hexadecimal",
                names->texts[i]);
            return false;
        }
    }
    return true;
}

static bool revoke_all_of(struct revocation *v, const hf_keyring *keyring, const struct settings *s,
                          enum option o)
{
    const struct option_value *names = &s->values[o];
    for (size_t i = 0; i < names->times; i++) {
        char identity[IDENTITY];
        unsigned long long before = v->deleted;
        if (!spell(names->texts[i], o == OPT_SERIAL, identity) || !revoke_identity(v, keyring, identity)) {
            return false;
        }
        if (!given(s, OPT_QUIET)) {
            printf("%s: %llu sessions revoked\n", identity, v->deleted - before);
        }
        if (v->deleted == before && !given(s, OPT_QUIET)) {
            say("no session is listed under that: a certificate without this name is found by cn:… or --serial");
        }
    }
    return true;
}

/* ---- all ---- */
static void on_name(void *arg, const char *name)
{
    struct revocation *v = arg;
    char whole[128];
    if (is_session(name) || strncmp(name, "i:", 2) == 0) {
        v->found++;
        whole_name(v, name, whole);
        struct store_words words = store_words(whole, "UNLINK", whole);
        store_tool_ask(v->tool, &words, is_session(name) ? on_deleted : NULL, v);
    }
}

/* Until a pass finds nothing: a cluster may move names while it is walked, and servers go on making sessions.
 */
static bool revoke_everything(struct revocation *v, bool quiet)
{
    for (int i = 0; i < PASSES; i++) {
        v->found = 0;
        if (!store_scan(v->tool, on_name, v)) {
            return false;
        }
        if (v->found == 0) {
            break;
        }
    }
    if (!quiet) {
        printf("%llu sessions revoked\n", v->deleted);
    }
    if (v->found > 0) {
        say_warning(
            "not all: servers make sessions as fast as they are revoked. Bar what shall not come back, then do "
            "it again.");
    }
    return v->found == 0;
}

static int check(const struct settings *s)
{
    bool named = given(s, OPT_SAN) || given(s, OPT_SERIAL);
    if (named == given(s, OPT_ALL)) {
        return say_usage(s, "whose sessions: --san NAME, --serial HEX, or --all of them");
    }
    if (named && !given(s, OPT_SESSION_KEYS)) {
        return say_usage(
            s,
            "--session-keys is needed: under which names a peer's sessions are listed only the keyring tells");
    }
    for (size_t i = 0; i < s->values[OPT_SERIAL].times; i++) {
        const char *text = s->values[OPT_SERIAL].texts[i];
        size_t len = strlen(text);
        if (len == 0 || len % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != len) {
            return say_usage(
                s,
                "--serial takes an even number of hexadecimal digits, as 'openssl x509 -serial' prints them, not '%s'",
                text);
        }
    }
    return EXIT_WELL;
}

int run_session_revoke(const struct settings *s)
{
    struct store_tool tool = {0};
    struct revocation v = {.tool = &tool};
    hf_keyring *keyring = NULL;
    int code = check(s);
    code = code == EXIT_WELL ? store_tool_open(&tool, s) : code;
    code = code == EXIT_WELL ? keyring_for_tool(&tool, s, &keyring) : code;
    if (code == EXIT_WELL && !given(s, OPT_ALL) &&
        !(names_are_some(keyring, s, OPT_SAN) && names_are_some(keyring, s, OPT_SERIAL))) {
        code = EXIT_USAGE;
    }
    if (code == EXIT_WELL) {
        bool well = given(s, OPT_ALL)
                        ? revoke_everything(&v, given(s, OPT_QUIET))
                        : revoke_all_of(&v, keyring, s, OPT_SAN) && revoke_all_of(&v, keyring, s, OPT_SERIAL);
        code = well ? EXIT_WELL : EXIT_NETWORK;
    }
    store_tool_close(&tool);
    hf_keyring_free(keyring);
    return code;
}
