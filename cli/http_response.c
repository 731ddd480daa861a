/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "cli/fetch.h"

static enum response refuse(struct response_view *view, const char *why)
{
    view->why = why;
    return RESPONSE_REFUSED;
}

/* memmem, which C11 with POSIX does not have. */
static const char *find(const char *in, size_t len, const char *wanted)
{
    size_t size = strlen(wanted);
    for (; len >= size; in++, len--) {
        if (memcmp(in, wanted, size) == 0) {
            return in;
        }
    }
    return NULL;
}

/* Length of the head with the empty line behind it; 0: not there yet. */
static size_t head_length(hf_bytes arrived)
{
    const char *end = find((const char *)arrived.data, arrived.len, "\r\n\r\n");
    return end == NULL ? 0 : (size_t)(end - (const char *)arrived.data) + 4;
}

/* "HTTP/1.x SSS": the status, or 0. */
static unsigned status_of(hf_bytes head)
{
    const char *text = (const char *)head.data;
    if (head.len < 13 || memcmp(text, "HTTP/1.", 7) != 0 || text[8] != ' ') {
        return 0;
    }
    unsigned status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        status = status * 10 + (unsigned)(text[i] - '0');
    }
    return text[12] == ' ' || text[12] == '\r' ? status : 0;
}

/* The value of a field, without the blanks around it; false when it is not there. */
static bool field(hf_bytes head, const char *name, hf_bytes *value)
{
    const char *at = (const char *)head.data, *end = at + head.len;
    size_t len = strlen(name);
    while ((at = find(at, (size_t)(end - at), "\r\n")) != NULL) {
        at += 2;
        if ((size_t)(end - at) > len && strncasecmp(at, name, len) == 0 && at[len] == ':') {
            const char *from = at + len + 1, *to = find(from, (size_t)(end - from), "\r\n");
            while (from < to && (*from == ' ' || *from == '\t')) {
                from++;
            }
            while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
                to--;
            }
            *value = (hf_bytes){(const uint8_t *)from, (size_t)(to - from)};
            return true;
        }
    }
    return false;
}

/* A number of at most 9 digits; SIZE_MAX for anything else. */
static size_t number(hf_bytes text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return SIZE_MAX;
        }
        n = n * 10 + (size_t)(text.data[i] - '0');
    }
    return text.len == 0 || text.len > 9 ? SIZE_MAX : n;
}

static const char *judge_status(unsigned status)
{
    if (status >= 300 && status < 400) { /* RFC 6066 5: "MUST NOT follow HTTP redirects" */
        return "the web server redirects, which must not be followed (RFC 6066 5)";
    }
    return status == 0     ? "the web server does not speak HTTP"
           : status == 404 ? "the web server does not have it (404)"
           : status != 200 ? "the web server answers with another status than 200"
                           : NULL;
}

static enum response look_at_body(hf_bytes head, hf_bytes body, bool ended, struct response_view *view)
{
    hf_bytes value;
    size_t length = SIZE_MAX;
    if (field(head, "Content-Length", &value)) {
        length = number(value);
        if (length == SIZE_MAX) {
            return refuse(view, "the web server's Content-Length is no number");
        }
    }
    if (length != SIZE_MAX && body.len >= length) {
        view->content = (hf_bytes){body.data, length};
        return length == 0 ? refuse(view, "the web server answers with nothing") : RESPONSE_WHOLE;
    }
    if (!ended) {
        return RESPONSE_MORE;
    }
    view->content = body;
    return length != SIZE_MAX ? refuse(view, "the web server's answer is cut short")
           : body.len == 0    ? refuse(view, "the web server answers with nothing")
                              : RESPONSE_WHOLE;
}

enum response response_look(hf_bytes arrived, size_t most, bool ended, struct response_view *view)
{
    hf_bytes value;
    size_t len = arrived.len == 0 ? 0 : head_length(arrived);
    *view = (struct response_view){.why = ""};
    if (len > RESPONSE_HEAD_MOST || (len == 0 && arrived.len >= RESPONSE_HEAD_MOST)) {
        return refuse(view, "the web server's head is too long");
    }
    if (len == 0) {
        return ended ? refuse(view, "the web server's answer is cut short") : RESPONSE_MORE;
    }
    hf_bytes head = {arrived.data, len}, body = {arrived.data + len, arrived.len - len};
    const char *why = judge_status(status_of(head));
    if (why != NULL) {
        return refuse(view, why);
    }
    if (field(head, "Transfer-Encoding", &value) || field(head, "Content-Encoding", &value)) {
        return refuse(view, "the web server's answer is in a coding that was not asked for");
    }
    bool longer = field(head, "Content-Length", &value) && number(value) != SIZE_MAX && number(value) > most;
    if (longer || body.len > most) {
        return refuse(view, "the web server's answer is longer than --fetch-limit allows");
    }
    return look_at_body(head, body, ended, view);
}
