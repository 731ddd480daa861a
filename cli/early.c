/* SPDX-License-Identifier: MIT */
#include "cli/early.h"

#include <handfast/early.h>

#include <errno.h>
#include <string.h>

int early_set(hf_config *config, const struct settings *s, hf_side side)
{
    if (!given(s, OPT_EARLY_FILE) && !given(s, OPT_EARLY_DATA)) {
        return EXIT_WELL;
    }
    if (side == HF_SERVER && given(s, OPT_TICKETS)) {
        return say_usage(
            s, "--early-data and --tickets exclude one another: a sealed ticket can be used twice, and "
               "early data is taken for those alone that cannot (RFC 8446 8.1)");
    }
    if (side == HF_SERVER && given(s, OPT_FORWARD)) {
        return say_usage(
            s, "--early-data and --forward exclude one another: the server behind could not tell early "
               "data, which may be a replay, from what is proven (RFC 8470)");
    }
    unsigned long bytes = side == HF_SERVER ? option_number(s, OPT_EARLY_DATA, 0) : UINT32_MAX;
    unsigned long age = option_number(s, OPT_EARLY_DATA_AGE, 10);
    hf_err err = hf_config_early_data(config, (uint32_t)bytes);
    if (err == HF_OK && side == HF_SERVER && hf_config_early_data_age(config, (unsigned)age) != HF_OK) {
        return say_usage(s, "--early-data-age takes 1 to 3600 seconds, not %lu", age);
    }
    if (err != HF_OK) {
        say_problem(err, "--early-data");
        return EXIT_INTERNAL;
    }
    return EXIT_WELL;
}

/* ---- the client's ---- */
int early_read(struct client *c)
{
    const char *path = option_text(c->settings, OPT_EARLY_FILE);
    if (path == NULL) {
        return EXIT_WELL;
    }
    if (file_read(&c->early, path) != 0) {
        say_error("--early-data %s: the file cannot be read (%s)", path, strerror(errno));
        return EXIT_USAGE;
    }
    return EXIT_WELL;
}

void early_send(struct client *c, struct client_connection *k)
{
    hf_bytes all = c->early.bytes;
    if (!given(c->settings, OPT_EARLY_FILE)) {
        return;
    }
    hf_err err = c->session == NULL ? HF_EARLY_DATA_UNAVAILABLE : hf_push_early(k->link.conn, all, &k->early);
    if (err == HF_EARLY_DATA_UNAVAILABLE && !given(c->settings, OPT_QUIET)) {
        say("early data: not sent, for want of a ticket that allows it; it goes behind the handshake");
    }
}

void early_settle(const struct client *c, struct client_connection *k)
{
    hf_early_data became = hf_negotiated(k->link.conn)->early_data;
    hf_bytes all = c->early.bytes;
    bool offered = became != HF_EARLY_NOT_OFFERED, taken = became == HF_EARLY_ACCEPTED;
    if (!given(c->settings, OPT_EARLY_FILE)) {
        return;
    }
    size_t done = taken ? k->early : 0;
    k->first = (hf_bytes){all.data + done, all.len - done};
    if (offered && !given(c->settings, OPT_QUIET)) {
        say("early data: %s, %zu of %zu bytes%s", taken ? "taken" : "not taken", done, all.len,
            done < all.len ? "; the rest goes behind the handshake" : "");
    }
}

void report_early(struct text *out, const hf_conn *conn)
{
    hf_early_data what = hf_negotiated(conn)->early_data;
    hf_stats stats = hf_conn_stats(conn);
    uint64_t bytes = stats.early_in + stats.early_out;
    if (what == HF_EARLY_ACCEPTED) {
        text_print(out, ", early data taken (%llu bytes)", (unsigned long long)bytes);
    } else if (what != HF_EARLY_NOT_OFFERED) {
        const char *sentence = hf_early_data_sentence(what); /* a server's say why, and nothing before it */
        bool why = strncmp(sentence, "not taken", 9) == 0;
        text_print(out, ", %s%s", why ? "early data " : "", sentence);
    }
}
