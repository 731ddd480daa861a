/* SPDX-License-Identifier: MIT */
#include "trace/json.h"

/*
 * The same events in the frame of qlog (draft-ietf-quic-qlog-main-schema): as a sequence of records that may
 * grow (JSON text sequences, RFC 7464), or as one document. Times are milliseconds since 1970, 0 where they
 * are unknown.
 */

static void head(struct text *out, const char *schema, const char *serialization, const struct trace *t)
{
    text_print(out,
               "{\"file_schema\":\"urn:ietf:params:qlog:file:%s\",\"serialization_format\":\"%s\",\"title\":",
               schema, serialization);
    text_add_json(out, t->title);
}

static void about(struct text *out)
{
    text_add(out, "\"vantage_point\":{\"name\":\"handfast\",\"type\":\"network\"},"
                  "\"event_schemas\":[\"urn:handfast:qlog:events:tls\"],"
                  "\"common_fields\":{\"protocol_types\":[\"TLS\"],\"time_format\":\"relative_to_epoch\","
                  "\"reference_time\":{\"clock_type\":\"system\",\"epoch\":\"1970-01-01T00:00:00.000Z\"}}");
}

static void event(struct text *out, const struct trace *t, const struct trace_event *e,
                  const struct picture *p)
{
    text_print(out, "{\"time\":%lld.%03lld,\"name\":\"tls:%s\",\"data\":", (long long)(e->time / 1000),
               (long long)(e->time % 1000), json_kind(e->kind));
    json_event(out, t, e, p);
    text_add(out, "}");
}

void draw_sqlog(const struct trace *t, const struct picture *p, struct text *out)
{
    text_add(out, "\x1e");
    head(out, "sequential", "application/qlog+json-seq", t);
    text_add(out, ",\"trace\":{");
    about(out);
    text_add(out, "}}\n");
    for (size_t i = 0; i < t->count; i++) {
        text_add(out, "\x1e");
        event(out, t, &t->events[i], p);
        text_add(out, "\n");
    }
}

void draw_qlog(const struct trace *t, const struct picture *p, struct text *out)
{
    head(out, "contained", "application/qlog+json", t);
    text_add(out, ",\"traces\":[{");
    about(out);
    text_add(out, ",\"events\":[");
    for (size_t i = 0; i < t->count; i++) {
        text_add(out, i == 0 ? "\n" : ",\n");
        event(out, t, &t->events[i], p);
    }
    text_add(out, "\n]}]}\n");
}
