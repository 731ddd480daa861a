/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdio.h>
#include <string.h>

/* What servers say, by the first word, and what to do about it. */
static const struct meaning meanings[] = {
    {"NOAUTH", "give the user's name and password in the URL", true, true, false},
    {"WRONGPASS", "the user's name or password in the URL is not the server's", true, true, false},
    {"NOPERM",
     "allow the user GETRANGE, GETDEL, SET, UNLINK, SADD, PEXPIRE, PING, CLUSTER|SLOTS and ASKING on the keys of the name space",
     true, false, false},
    {"LOADING", "it reads its data from disk; wait", true, false, false},
    {"BUSY", "a script runs there", true, false, false},
    {"MASTERDOWN", "it is a replica without its primary", true, false, true},
    {"OOM", "its maxmemory is reached: raise it, or set a maxmemory-policy that evicts", false, false, false},
    {"MISCONF", "it cannot write to its disk", false, false, false},
    {"READONLY", "it is a replica: name the primary in the URL", false, false, true},
    {"MOVED", "it is a node of a cluster: add '?cluster' to the URL", false, false, true},
    {"ASK", "it is a node of a cluster: add '?cluster' to the URL", false, false, true},
    {"CLUSTERDOWN", "some slots of the cluster have no server", true, false, true},
    {"TRYAGAIN", "the cluster is moving its keys", true, false, true},
    {"WRONGTYPE", "somebody else uses our names there: choose another name space", false, false, false},
    {NULL, "", true, false, false},
};

const struct meaning *meaning_of(const hf_store_reply *error)
{
    const struct meaning *m = meanings;
    while (m->word && !reply_begins(error, m->word)) {
        m++;
    }
    return m;
}

/* What others wrote goes to terminals and logs. */
static void add_clean(char *out, size_t size, hf_bytes said)
{
    size_t len = strlen(out);
    for (size_t i = 0; i < said.len && i < 120 && len + 1 < size; i++) {
        uint8_t c = said.data[i];
        out[len++] = c >= ' ' && c < 0x7f ? (char)c : '?';
    }
    out[len] = '\0';
}

void trouble(struct hf_store *s, const struct server *about, const char *sentence, const hf_bytes *said)
{
    char *out = s->trouble;
    out[0] = '\0';
    if (about && about->at.port) {
        bool v6 = strchr(about->at.host, ':') != NULL;
        snprintf(out, 100, v6 ? "[%.80s]:%u: " : "%.80s:%u: ", about->at.host, about->at.port);
    } else if (about) {
        snprintf(out, 110, "%s: ", s->url.path);
    }
    if (said) {
        add_clean(out, TROUBLE_SIZE - 40, *said);
    }
    size_t len = strlen(out);
    snprintf(out + len, TROUBLE_SIZE - len, "%s%s", said && *sentence ? ": " : "", sentence);
}

const char *hf_store_trouble(const hf_store *s)
{
    return s->trouble;
}
