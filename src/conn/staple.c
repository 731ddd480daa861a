/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "conn/conn.h"

/* status.h: what is stapled, and what is asked for. */
#define RESPONSE_MAX (32 * 1024)
#define SCT_LIST_MAX 1024 /* it has its place in ServerHello's extensions */

/* ---- a client ---- */
hf_err hf_config_status(hf_config *config, hf_status_policy policy)
{
    hf_err settable = config_settable_by(config, CLIENT);
    if (settable != HF_OK) {
        return settable;
    }
    if ((unsigned)policy > HF_STATUS_HARD) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.status = (enum status_policy)policy;
    return HF_OK;
}

hf_err hf_config_sct(hf_config *config, bool ask)
{
    hf_err settable = config_settable_by(config, CLIENT);
    if (settable == HF_OK) {
        config->settings.sct = ask;
    }
    return settable;
}

const char *hf_staple_verdict_word(hf_staple_verdict verdict)
{
    static const char *const words[] = {
        [HF_STAPLE_NOT_ASKED] = "not asked",
        [HF_STAPLE_NOT_JUDGED] = "not judged",
        [HF_STAPLE_MISSING] = "missing",
        [HF_STAPLE_GOOD] = "good",
        [HF_STAPLE_UNKNOWN] = "unknown",
        [HF_STAPLE_STALE] = "stale",
        [HF_STAPLE_BAD] = "bad",
        [HF_STAPLE_REVOKED] = "revoked",
    };
    return (unsigned)verdict < sizeof words / sizeof *words ? words[verdict] : "";
}

/* ---- a server's OCSP responses ---- */
struct stapling {
    const struct config *config;
    bool frozen; /* else everything is compressed when it is */
    struct slice response;
    struct ocsp_notice notice;
    bool found;
};

/* The next certificate's key, where its name says that it issued this one: it can then be told apart from a
 * key that the issuer had before. */
static enum err key_of_issuer(struct list rest, const struct certificate *c, struct certificate **issuer,
                              struct slice *key)
{
    struct slice der;
    *issuer = NULL;
    *key = slice_of(NULL, 0);
    if (!list_next_vector(&rest, 3, &der)) {
        return OK;
    }
    TRY(certificate_parse(der, issuer));
    if (slice_equal(certificate_subject(*issuer), certificate_issuer(c))) {
        *key = certificate_public_key(*issuer);
    }
    return OK;
}

static enum err read_about(struct stapling *s, struct list rest, const struct certificate *c)
{
    struct certificate *issuer;
    struct slice key;
    TRY(key_of_issuer(rest, c, &issuer, &key));
    enum err e = ocsp_read(s->response, c, key, &s->notice);
    certificate_free(issuer);
    return e;
}

static enum err put(const struct stapling *s, const struct identity *identity, size_t depth)
{
    const struct packing p = packing_of(s->config, identity);
    const struct ocsp_notice *n = &s->notice;
    return staple_put(identity->staples, depth,
                      &(struct staple_response){
                          .der = {(uint8_t *)(uintptr_t)s->response.data, s->response.len}, /* copied */
                          .from = n->this_update - OCSP_SKEW,
                          .until = n->next_update ? n->next_update : n->this_update + OCSP_AGE_MAX,
                      },
                      s->frozen ? &p : NULL);
}

static enum err staple_identity(struct stapling *s, const struct identity *identity)
{
    struct list chain = list_of(identity->chain);
    struct slice der;
    for (size_t depth = 0; depth < STAPLES_MAX && list_next_vector(&chain, 3, &der); depth++) {
        struct certificate *c;
        TRY(certificate_parse(der, &c));
        enum err e = read_about(s, chain, c);
        certificate_free(c);
        if (e == OK) {
            s->found = true;
            e = put(s, identity, depth);
        }
        if (e != OK && e != E_STAPLE_OF_ANOTHER) {
            return e;
        }
    }
    return OK;
}

static void say_date(int64_t seconds, char *out, size_t size)
{
    struct tm parts;
    time_t t = (time_t)seconds;
    if (!gmtime_r(&t, &parts) || !strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &parts)) {
        out[0] = 0;
    }
}

/* What the operator should hear of a response that was taken. */
static void warn(const struct config *c, const struct ocsp_notice *n, hf_problem *why)
{
    char date[40];
    int64_t now = config_seconds(c);
    int64_t until = n->next_update ? n->next_update : n->this_update + OCSP_AGE_MAX;
    bool old = until <= now;
    say_date(old ? until : n->this_update, date, sizeof date);
    if (old || n->this_update - OCSP_SKEW > now) {
        (void)problem(why, HF_OK, "the OCSP response is not sent: it %s %s", old ? "expired on" : "is from",
                      date);
    } else if (n->status != OCSP_SAYS_GOOD) {
        (void)problem(why, HF_OK, "the OCSP response says that the certificate is %s: clients will refuse it",
                      n->status == OCSP_SAYS_REVOKED ? "revoked" : "unknown to the responder");
    }
}

hf_err hf_config_staple(hf_config *config, hf_bytes response, hf_problem *why)
{
    if (why) {
        *why = (hf_problem){.err = HF_OK};
    }
    if (!config || !response.data) {
        return problem(why, HF_NULL_ARGUMENT, "%s", hf_err_sentence(HF_NULL_ARGUMENT));
    }
    const struct config *c = &config->settings;
    if (c->side != SERVER) {
        return problem(why, HF_BAD_ARGUMENT, "only a server staples");
    }
    if (!response.len || response.len > RESPONSE_MAX) {
        return problem(why, HF_BAD_STAPLE, "it has %zu bytes; 1 to %d can be stapled", response.len,
                       RESPONSE_MAX);
    }
    struct stapling s = {.config = c, .frozen = config->frozen, .response = slice_of_bytes(response)};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < c->identity_count; i++) {
        bool raw = certificate_is_raw_key(c->identities[i].leaf); /* nobody vouches for it */
        e = raw ? OK : staple_identity(&s, &c->identities[i]);
    }
    e = e == OK && !s.found ? E_STAPLE_OF_ANOTHER : e;
    if (e != OK) {
        return problem(why, public_err(e), "%s", err_row(e)->sentence);
    }
    warn(c, &s.notice, why);
    return HF_OK;
}

hf_err hf_config_staple_file(hf_config *config, const char *path, hf_problem *why)
{
    struct span file;
    if (!config || !path) {
        return problem(why, HF_NULL_ARGUMENT, "%s", hf_err_sentence(HF_NULL_ARGUMENT));
    }
    enum err e = config_read_file(path, &file);
    if (e != OK) {
        return problem(why, public_err(e), "%.200s", path);
    }
    hf_err answer = hf_config_staple(config, config_file_bytes(file), why);
    memory_free(file.data, file.len);
    return answer;
}

/* ---- a server's SCTs: RFC 6962 3.2, 3.3 ---- */
static bool is_sct_list(struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct slice list = read_vector(&r, 2);
    return read_done(&r) && list.len && list_is_sound(list, 2);
}

/* version, log id, timestamp, extensions, hash and signature algorithm, signature */
static bool is_sct(struct slice bytes)
{
    struct reader r = reader_of(bytes);
    bool v1 = read_number(&r, 1) == 0;
    (void)read_bytes(&r, 32 + 8);
    (void)read_vector(&r, 2);
    (void)read_bytes(&r, 2);
    return read_vector(&r, 2).len && read_done(&r) && v1;
}

hf_err hf_config_sct_list(hf_config *config, size_t identity, hf_bytes list)
{
    hf_err settable = config_settable_with(config, list.data);
    if (settable != HF_OK) {
        return settable;
    }
    struct config *c = &config->settings;
    if (c->side != SERVER || identity >= c->identity_count ||
        certificate_is_raw_key(c->identities[identity].leaf)) {
        return HF_BAD_ARGUMENT;
    }
    struct slice given = slice_of_bytes(list);
    uint8_t room[SCT_LIST_MAX];
    struct writer w = writer_of(room, sizeof room);
    if (is_sct_list(given)) {
        write_bytes(&w, given);
    } else if (is_sct(given)) {
        size_t mark = write_open(&w, 2);
        write_vector(&w, 2, given);
        write_close(&w, mark, 2);
    }
    if (!w.len || w.full) {
        return HF_BAD_SCT_LIST;
    }
    return public_err(memory_replace(&c->identities[identity].sct_list, written(&w)));
}

hf_err hf_config_sct_list_file(hf_config *config, size_t identity, const char *path)
{
    struct span file;
    if (!config || !path) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = config_read_file(path, &file);
    if (e != OK) {
        return public_err(e);
    }
    hf_err answer = hf_config_sct_list(config, identity, config_file_bytes(file));
    memory_free(file.data, file.len);
    return answer;
}
