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

void negotiated_wipe(struct negotiated *n)
{
    free_string(&n->server_name);
    free_string(&n->alpn);
    buffer_free(&n->own_received);
    memory_free(n->note.data, n->note.len);
    memory_free(n->sct_list.data, n->sct_list.len);
    memory_free(n->supplemental.data, n->supplemental.len);
    session_release(n->session);
    peer_release(n->peer);
    wipe(n, sizeof *n);
}
