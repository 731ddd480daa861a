/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "handshake/handshake.h"

static void free_string(char **field)
{
    if (*field) {
        memory_free(*field, strlen(*field));
        *field = NULL;
    }
}

enum err negotiated_keep(char **field, struct slice value)
{
    uint8_t *copy;
    TRY(memory_copy(value, &copy));
    free_string(field);
    *field = (char *)copy;
    return OK;
}

enum err negotiated_early_exporter(struct negotiated *n)
{
    void *memory;
    if (!n->early_exporter) {
        TRY(memory_new(sizeof *n->early_exporter, &memory));
        n->early_exporter = memory;
    }
    return OK;
}

void negotiated_forget_early(struct negotiated *n)
{
    memory_free(n->early_exporter, sizeof *n->early_exporter);
    n->early_exporter = NULL;
}

void negotiated_wipe(struct negotiated *n)
{
    negotiated_forget_early(n);
    free_string(&n->server_name);
    free_string(&n->alpn);
    buffer_free(&n->own_received);
    memory_free(n->note.data, n->note.len);
    memory_free(n->sct_list.data, n->sct_list.len);
    memory_free(n->supplemental.data, n->supplemental.len);
    session_release(n->session);
    peer_release(n->peer);
    external_psk_free(n->asked_psk);
    wipe(n, sizeof *n);
}

static const char *const early_sentences[EARLY_VERDICT_COUNT] = {
    [EARLY_NOT_OFFERED] = "the client sent no early data",
    [EARLY_OFFERED] = "early data was sent, and the server has not answered yet",
    [EARLY_ACCEPTED] = "the server takes the early data",
    [EARLY_REJECTED] = "the server does not take the early data",
    [EARLY_OFF] = "not taken: this server takes no early data",
    [EARLY_RETRIED] = "not taken: a HelloRetryRequest was needed (RFC 8446 4.2.10)",
    [EARLY_NOT_RESUMED] = "not taken: the session is not resumed",
    [EARLY_NOT_FIRST] = "not taken: another pre-shared key than the first is used (RFC 8446 4.2.10)",
    [EARLY_NOT_ALLOWED] = "not taken: the ticket does not allow it",
    [EARLY_NOT_SINGLE_USE] =
        "not taken: nobody can say that the ticket is used once, so it could be a replay (RFC 8446 8.1)",
    [EARLY_STALE] =
        "not taken: the ticket's age is not what the client says: a replay, or clocks that differ (RFC 8446 8.3)",
    [EARLY_ALPN] = "not taken: the session was for another application protocol (RFC 8446 4.2.10)",
};

const char *early_sentence(enum early_verdict v)
{
    return v < EARLY_VERDICT_COUNT ? early_sentences[v] : "";
}
