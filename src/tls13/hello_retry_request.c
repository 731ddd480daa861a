/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tls13/tls13.h"

/* HelloRetryRequest, RFC 8446 4.1.4: the client is to send a share of another group, or a cookie. */

/* Made again where a cookie tells of it: then it is in the transcript's past, and nothing is sent. */
enum err hello_retry_request_build(struct hs *hs, struct outgoing *out)
{
    TRY(hs->recalled ? OK : tls13_cookie_make(hs));
    TRY(extensions_write(hs, AT_HELLO_RETRY_REQUEST, &out->scratch));
    TRY(hs->recalled ? OK : transcript_retry(&hs->transcript, hs->negotiated->suite->hash));
    hs->offer = (struct offer){0}; /* its slices ended there */
    tls13_early_data_passed_over(hs);
    hs->negotiated->retried = true;
    out->message.server_hello = (struct server_hello){
        .version = TLS_1_2,
        .random = slice_of(retry_random, RANDOM_SIZE),
        .session_id = slice_of(hs->session_id, hs->session_id_len),
        .cipher_suite = hs->negotiated->suite->code,
        .extensions = written(&out->scratch),
    };
    return out->scratch.full ? E_INTERNAL : OK;
}

enum err hello_retry_request_handle(struct hs *hs, const union any_message *message)
{
    const struct server_hello *m = &message->server_hello;
    struct slice version;
    hs->record_out->version = TLS_1_2;
    if (!extensions_find(m->extensions, EXTENSION_SUPPORTED_VERSIONS, &version)) {
        return hs_refuse(hs, E_MISSING_EXTENSION, "HelloRetryRequest has no supported_versions");
    }
    TRY(tls13_early_data_retried(hs));
    hs->negotiated->suite = NULL;
    TRY(tls13_check_server_hello(hs, m));
    hs->negotiated->group = NULL;
    TRY(extensions_read(hs, AT_HELLO_RETRY_REQUEST, m->extensions));
    const struct session *s = hs->session;
    if (s && s->version >= TLS_1_3 && session_suite(s)->hash != hs->negotiated->suite->hash) {
        resume_not(hs, SESSION_PARAMETERS); /* RFC 8446 4.1.4 */
    }
    if (!hs->negotiated->group && !buffer_len(&hs->cookie)) { /* RFC 8446 4.1.4 */
        return E_RETRY_WITHOUT_CHANGE;
    }
    hs->negotiated->version = TLS_1_3;
    hs->negotiated->retried = true;
    return transcript_retry(&hs->transcript, hs->negotiated->suite->hash);
}
