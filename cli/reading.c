/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/capture.h"
#include "cli/address.h"
#include "cli/files.h"
#include "cli/reading.h"
#include "trace/log.h"

#include <arpa/inet.h>

/* What others captured, and event logs. */

static void endpoint_name(char out[64], const struct endpoint *e)
{
    char address[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(e->family == 6 ? AF_INET6 : AF_INET, e->address, address, sizeof address);
    (void)snprintf(out, 64, e->family == 6 ? "[%s]:%u" : "%s:%u", address, e->port);
}

static void *on_open(void *arg, const struct ends *ends, int64_t time)
{
    struct reading *r = arg;
    char name[240], client[64], server[64], when[32] = "";
    unsigned long number = r->before + (unsigned long)ends->number;
    time_t seconds = (time_t)(time / 1000000);
    struct tm parts;
    endpoint_name(client, &ends->client);
    endpoint_name(server, &ends->server);
    if (gmtime_r(&seconds, &parts) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    (void)snprintf(name, sizeof name, "connection %lu, %s to %s, %s%s", number, client, server, when,
                   ends->midway ? ", its beginning is missing" : "");
    return watched_new(r->watch, number, name, false);
}

static void on_bytes(void *conn, hf_side from, hf_bytes bytes, int64_t time)
{
    struct watched *one = conn;
    hf_tap_time(one->tap, time);
    hf_tap_push(one->tap, from, bytes);
}

static void on_miss(void *conn, hf_side from, uint64_t len)
{
    hf_tap_miss(((struct watched *)conn)->tap, from, len);
}

static void on_end(void *conn, hf_side from, bool cut)
{
    hf_tap_end(((struct watched *)conn)->tap, from, cut);
}

static void on_close(void *conn)
{
    watched_end(conn);
}

/* Standard input, and whatever else is no file, is kept in one: it is read twice. */
static FILE *seekable(FILE *from)
{
    char piece[65536];
    size_t n;
    if (fseek(from, 0, SEEK_CUR) == 0) {
        return from;
    }
    FILE *kept = tmpfile();
    while (kept != NULL && (n = fread(piece, 1, sizeof piece, from)) > 0) {
        if (fwrite(piece, 1, n, kept) != n) {
            fclose(kept);
            kept = NULL;
        }
    }
    fclose(from);
    if (kept != NULL) {
        rewind(kept);
    }
    return kept;
}

static FILE *open_input(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    file = file == NULL ? NULL : seekable(file);
    if (file == NULL) {
        say_error("%s: %s", path, strerror(errno));
    }
    return file;
}

static int say_result(const struct reading *r, enum capture_result result, const char *why)
{
    switch (result) {
    case CAPTURE_READ:
        return EXIT_WELL;
    case CAPTURE_CUT:
        say_warning("%s breaks off (%s): what stands before it was read", r->path, why);
        return EXIT_WELL;
    case CAPTURE_BAD_FILTER:
        return say_usage(r->watch->settings, "%s", why);
    case CAPTURE_NO_MEMORY:
        say_problem(HF_NO_MEMORY, r->path);
        return EXIT_INTERNAL;
    case CAPTURE_NONE:
        break;
    }
    say_error("%s cannot be read: %s", r->path, why);
    return EXIT_INPUT;
}

static void say_counts(const struct reading *r, const struct capture_counts *n, size_t blocks)
{
    if (n->fragments > 0) {
        say_warning("%s: %llu fragments of IP packets were left out: they are not put together", r->path,
                    (unsigned long long)n->fragments);
    }
    if (n->damaged > 0) {
        say_warning("%s: %llu packets were left out: their headers are cut or damaged", r->path,
                    (unsigned long long)n->damaged);
    }
    if (given(r->watch->settings, OPT_VERBOSE)) {
        say("%s: %llu packets, %llu of them TCP, %llu connections, %zu blocks with secrets", r->path,
            (unsigned long long)n->packets, (unsigned long long)n->segments,
            (unsigned long long)n->connections, blocks);
    }
}

static int read_capture(struct reading *r, FILE *file)
{
    struct sink sink = {on_open, on_bytes, on_miss, on_end, on_close, r};
    struct capture_counts counts;
    char why[256] = "a block of secrets is damaged";
    size_t blocks;
    enum capture_result result = capture_secrets(file, r->watch->secrets, &blocks);
    if (result == CAPTURE_NO_MEMORY) {
        fclose(file);
        return say_result(r, result, why);
    }
    result = capture_read(file, option_text(r->watch->settings, OPT_FILTER), &sink, &counts, why);
    say_counts(r, &counts, blocks);
    r->before += (unsigned long)counts.connections;
    return say_result(r, result, why);
}

/* ---- event logs ---- */
static void draw_log(void *arg, struct trace *t)
{
    struct reading *r = arg;
    r->before++;
    watch_draw(r->watch, r->before, t);
}

static int read_log(struct reading *r, FILE *file)
{
    struct file whole;
    int fd = dup(fileno(file));
    fclose(file);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0 || file_read_from(&whole, fd) != 0) {
        say_error("%s: %s", r->path, strerror(errno));
        return EXIT_INPUT;
    }
    const char *text = (const char *)whole.bytes.data;
    size_t line = log_read(text, whole.bytes.len, r->path, draw_log, r);
    if (line > 1 || (line > 0 && r->watch->tls > 0)) {
        say_error("%s: line %zu is no event of an event log (docs/flow-events.schema.json)", r->path, line);
    } else if (line > 0) {
        say_error("%s is neither a capture (pcap, pcapng) nor an event log of handfast", r->path);
    }
    file_free(&whole);
    return line == 0 ? EXIT_WELL : EXIT_INPUT;
}

int reading_file(struct reading *r, const char *path)
{
    r->path = path;
    FILE *file = open_input(path);
    if (file == NULL) {
        return EXIT_INPUT;
    }
    return capture_is(file) ? read_capture(r, file) : read_log(r, file);
}
