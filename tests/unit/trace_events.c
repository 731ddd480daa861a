/* SPDX-License-Identifier: MIT */
#include "trace_events.h"

hf_event event_step(hf_side by, const char *name, unsigned epoch, size_t size)
{
    return (hf_event){.kind = HF_EVENT_STEP,
                      .by = by,
                      .seen_by = by,
                      .name = name,
                      .rfc = "RFC 5246 7.4",
                      .epoch = epoch,
                      .size = size,
                      .text = ""};
}

void a_short_connection(struct trace *t)
{
    hf_event hello = event_step(HF_CLIENT, "ClientHello", 0, 135),
             answer = event_step(HF_SERVER, "ServerHello", 0, 95);
    hf_event look = {.kind = HF_EVENT_STEP,
                     .by = HF_SERVER,
                     .seen_by = HF_SERVER,
                     .local = true,
                     .name = "look_up_session",
                     .rfc = "",
                     .text = "look up the offered session"};
    hf_event finished = event_step(HF_SERVER, "Finished", 1, 16),
             data = {.kind = HF_EVENT_DATA, .by = HF_CLIENT, .epoch = 1, .size = 1000};
    hf_event alert = {
        .kind = HF_EVENT_ALERT, .by = HF_SERVER, .alert_level = 2, .alert = 48, .epoch = 1, .size = 2};
    trace_start(t, "a title");
    answer.text = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    trace_watch(t, &hello);
    trace_watch(t, &look);
    trace_watch(t, &answer);
    trace_watch(t, &finished);
    trace_watch(t, &data);
    trace_watch(t, &data);
    trace_watch(t, &alert);
}

char *drawn(const struct trace *t, const char *format, struct picture p)
{
    struct text out = {0};
    trace_format_named(format)->draw(t, &p, &out);
    assert_false(out.failed);
    assert_non_null(out.bytes);
    return out.bytes;
}
