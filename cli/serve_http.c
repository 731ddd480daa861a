/* SPDX-License-Identifier: MIT */
#include "cli/serve.h"

#include <handfast/early.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/page.h"
#include "cli/renegotiation.h"
#include "trace/page.h"

/* --http: HTTP/1.1 (RFC 9112), GET and HEAD of any path, one page. What a browser needs to be shown its own
 * handshake, not more. */

enum { HEAD_MOST = 8192 };

struct http {
    char head[HEAD_MOST + 1];
    size_t len;
    size_t early; /* bytes of it that came as early data: the first ones */
    struct text answer;
    size_t sent;
    unsigned requests;
    bool last;  /* close when the answer is sent */
    bool asked; /* another handshake was asked for because of the request that is there */
};

static bool http_open(struct peer *p)
{
    p->state = calloc(1, sizeof(struct http));
    if (p->state == NULL) {
        hf_abort(p->link.conn, HF_NO_MEMORY);
    }
    return p->state != NULL;
}

static void http_close(struct peer *p)
{
    struct http *h = p->state;
    text_free(&h->answer);
    free(h);
    p->state = NULL;
}

/* The value of a header field, NULL when there is none; cut at its line's end into out. */
static const char *field(const char *head, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL && line[2] != '\r';
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *value = line + 3 + len;
            value += strspn(value, " \t");
            snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
            return out;
        }
    }
    return NULL;
}

/* One of the words between commas. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",")) {
        at += strspn(at, ", \t");
        if (strncasecmp(at, word, len) == 0 && strcspn(at, ", \t") == len) {
            return true;
        }
    }
    return false;
}

enum { TARGET_MOST = 2047 };
struct request {
    int status; /* 200, or why not */
    bool head_only, keep;
    bool again; /* POST /renegotiate: another handshake, then the page */
    bool safe;  /* RFC 9110 9.2.1: it changes nothing here, however often it comes */
    char target[TARGET_MOST + 1];
};

/* RFC 9112 3.2: "/path", or "scheme://authority/path", of which the path is kept. False for anything else. */
static bool keep_path(char *target)
{
    size_t scheme = strcspn(target, ":/?#");
    if (scheme > 0 && strncmp(target + scheme, "://", 3) == 0) {
        const char *path = target + scheme + 3;
        path += strcspn(path, "/?#");
        if (*path == '\0') { /* RFC 9110 4.2.3: an empty path is "/" */
            path = "/";
        }
        memmove(target, path, strlen(path) + 1);
    }
    return target[0] == '/';
}

/* RFC 9112 3: METHOD SP TARGET SP HTTP/1.x, then fields. */
static struct request read_request(const char *head)
{
    struct request r = {.status = 400};
    char method[16], version[16], value[128];
    int used = 0;
    if (sscanf(head, "%15[A-Z] %2047[!-~] %15[!-~]%n", method, r.target, version, &used) != 3 ||
        strncmp(head + used, "\r\n", 2) != 0 || strncmp(version, "HTTP/1.", 7) != 0 ||
        !isdigit((unsigned char)version[7]) || version[8] != '\0') {
        return r;
    }
    r.head_only = strcmp(method, "HEAD") == 0;
    r.again = strcmp(method, "POST") == 0 && strcmp(r.target, "/renegotiate") == 0;
    r.safe = r.head_only || strcmp(method, "GET") == 0;
    if (!r.safe && !r.again) {
        r.status = 405;
        return r;
    }
    if (!keep_path(r.target)) {
        return r;
    }
    bool newer = version[7] >= '1';
    const char *length = field(head, "Content-Length", value, sizeof value);
    if ((length != NULL && strcmp(length, "0") != 0) ||
        field(head, "Transfer-Encoding", value, sizeof value) != NULL ||
        (newer && field(head, "Host", value, sizeof value) == NULL)) {
        return r; /* a body is no part of what is served here */
    }
    const char *connection = field(head, "Connection", value, sizeof value);
    r.keep = newer ? connection == NULL || !has_word(connection, "close")
                   : connection != NULL && has_word(connection, "keep-alive");
    /* Over the same connection a browser would be shown the same handshake again: its next page has one of
     * its own. */
    const char *accept = field(head, "Accept", value, sizeof value);
    r.keep = r.keep && (accept == NULL || !has_word(accept, "text/html"));
    r.status = 200;
    return r;
}

static void answer(struct peer *p, const struct request *r)
{
    struct http *h = p->state;
    const char *reason = r->status == 200   ? "OK"
                         : r->status == 403 ? "Forbidden"
                         : r->status == 405 ? "Method Not Allowed"
                         : r->status == 425 ? "Too Early"
                         : r->status == 431 ? "Request Header Fields Too Large"
                                            : "Bad Request";
    struct text page = {0};
    if (r->status == 200) {
        page_write(&page, p->server->settings, p->link.conn, p->trace);
    } else {
        page_error(&page, r->status, reason);
    }
    bool ends = r->status != 200 && r->status != 403 && r->status != 425;
    h->last = !r->keep || ends || p->server->draining;
    h->sent = 0;
    text_free(&h->answer);
    text_print(&h->answer,
               "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n%s"
               "Content-Security-Policy: %s; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n"
               "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: %s\r\n\r\n",
               r->status, reason, page.len, r->status == 405 ? "Allow: GET, HEAD\r\n" : "", page_policy,
               h->last ? "close" : "keep-alive");
    text_add(&h->answer, r->head_only ? "" : text_string(&page));
    if (page.failed || h->answer.failed) {
        hf_abort(p->link.conn, HF_NO_MEMORY);
    }
    text_free(&page);
    h->requests++;
    h->asked = false;
}

/* True when the answer is due: the other handshake is over, or there can be none. */
static bool is_over(struct peer *p)
{
    struct http *h = p->state;
    hf_conn *conn = p->link.conn;
    if (!h->asked) {
        h->asked = true;
        return renegotiation_hindrance(p->server->settings, conn) != NULL || hf_renegotiate(conn) != HF_OK;
    }
    hf_renegotiation_state state = hf_negotiated(conn)->renegotiation;
    return (state != HF_RENEGOTIATION_ASKED && state != HF_RENEGOTIATING) ||
           (hf_wants(conn) & HF_CLOSED_IN) != 0;
}

static bool send_answer(struct peer *p)
{
    struct http *h = p->state;
    size_t used = 0;
    hf_bytes rest = {(const uint8_t *)text_string(&h->answer) + h->sent, h->answer.len - h->sent};
    if (rest.len == 0 || hf_push_app(p->link.conn, rest, &used) != HF_OK) {
        return false;
    }
    h->sent += used;
    return used > 0;
}

/* Takes plaintext into the head, up to its end or the limit. */
static bool take(struct peer *p)
{
    struct http *h = p->state;
    hf_bytes app = hf_peek_app(p->link.conn);
    hf_bytes early = hf_peek_early(p->link.conn);
    app = early.len > 0 ? early : app;
    size_t room = HEAD_MOST - h->len, len = app.len < room ? app.len : room;
    if (len == 0) {
        return false;
    }
    memcpy(h->head + h->len, app.data, len);
    h->len += len;
    h->head[h->len] = '\0';
    h->early = early.len > 0 ? h->len : h->early;
    if (early.len > 0) {
        hf_drop_early(p->link.conn, len);
    } else {
        hf_drop_app(p->link.conn, len);
    }
    return true;
}

static void pass_over(struct http *h, size_t bytes)
{
    memmove(h->head, h->head + bytes, h->len - bytes + 1);
    h->len -= bytes;
    h->early -= bytes < h->early ? bytes : h->early;
}

/* RFC 8470 3, 5.1, 5.2: what came early, here or on the way here, may be a replay: only what does no harm twice is
 * answered, and no page that is for some alone. The client asks again when its handshake is complete. */
static bool is_too_early(struct peer *p, const struct request *r)
{
    struct http *h = p->state;
    char value[8];
    const char *before = field(h->head, "Early-Data", value, sizeof value);
    bool early = h->early > 0 || (before != NULL && strcmp(before, "1") == 0);
    bool shaken = hf_negotiated(p->link.conn)->complete;
    return early && (!r->safe || (!shaken && given(p->server->settings, OPT_REQUEST_CLIENT_CERT)));
}

/* Answers the request whose head is complete, and keeps what came behind it. */
static bool next_request(struct peer *p)
{
    struct http *h = p->state;
    /* RFC 9112 2.2: empty lines before a request are passed over. */
    size_t empty = strspn(h->head, "\r\n");
    pass_over(h, empty);
    char *end = strstr(h->head, "\r\n\r\n");
    bool nul = memchr(h->head, '\0', h->len) != NULL;
    if (end == NULL && h->len < HEAD_MOST && !nul) {
        return empty > 0;
    }
    struct request r = {.status = nul ? 400 : 431};
    if (end != NULL && !nul) {
        r = read_request(h->head);
    }
    if (r.status == 200 && is_too_early(p, &r)) {
        r.status = 425;
    }
    enum certificate_gate gate =
        r.status != 200 ? GATE_OPEN : certificate_gate(p->server->settings, p->link.conn, r.target);
    if (gate == GATE_WAITS || (gate == GATE_OPEN && r.status == 200 && r.again && !is_over(p))) {
        return empty > 0;
    }
    r.status = gate == GATE_SHUT ? 403 : r.status;
    answer(p, &r);
    size_t used = end == NULL || nul ? h->len : (size_t)(end - h->head) + 4;
    pass_over(h, used);
    return true;
}

static bool http_turn(struct peer *p)
{
    struct http *h = p->state;
    hf_conn *conn = p->link.conn;
    bool moved = send_answer(p), sending = h->sent < h->answer.len;
    unsigned wants = hf_wants(conn);
    if (!sending && h->last && (wants & HF_CLOSED_OUT) == 0 && hf_failed(conn) == NULL) {
        return hf_close(conn) == HF_OK;
    }
    if ((wants & HF_CLOSED_OUT) != 0) {
        hf_bytes rest = hf_peek_app(conn); /* whatever comes behind the last request */
        hf_drop_app(conn, rest.len);
        return moved || rest.len > 0;
    }
    if (sending && renegotiation_runs(conn)) {
        moved |= take(p); /* the handshake's messages come behind it */
    }
    if (!sending) {
        moved |= take(p);
        moved |= next_request(p);
        sending = h->sent < h->answer.len;
    }
    bool done = (wants & HF_CLOSED_IN) != 0 || (p->server->draining && h->len == 0);
    if (!sending && done && hf_peek_app(conn).len == 0) {
        h->last = true;
        return true;
    }
    return moved;
}

/* RFC 9112 9.8: messages have their own lengths, and browsers close without close_notify. */
static bool http_is_whole(const struct peer *p)
{
    const struct http *h = p->state;
    return h->len == 0 && h->sent == h->answer.len;
}

const struct service http_service = {
    .open = http_open, .turn = http_turn, .close = http_close, .is_whole = http_is_whole, .early = true};
