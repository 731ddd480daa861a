/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whole lines only, cleaned of what a peer may have put in them: several connections may be writing. */
static void put_line(const char *before, const char *format, va_list arguments)
{
    char raw[2048];
    struct text line = {0};
    vsnprintf(raw, sizeof raw, format, arguments);
    text_print(&line, "handfast: %s", before);
    text_add_clean(&line, raw, 0, false);
    text_add(&line, "\n");
    fputs(text_string(&line), stderr);
    text_free(&line);
}

void say_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_line("error: ", format, arguments);
    va_end(arguments);
}

void say_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_line("warning: ", format, arguments);
    va_end(arguments);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_line("", format, arguments);
    va_end(arguments);
}

int say_usage(const struct settings *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_line("error: ", format, arguments);
    va_end(arguments);
    if (s != NULL && s->command != NULL) {
        say("'handfast help %s' says how it is used", s->command->name);
    } else {
        say("'handfast help' lists the commands");
    }
    return EXIT_USAGE;
}

void say_problem(hf_err err, const char *detail)
{
    const char *rfc = hf_err_rfc(err), *remedy = hf_err_remedy(err);
    char first = (char)toupper((unsigned char)remedy[0]);
    bool explained = detail != NULL && detail[0] != '\0';
    say_error("%s%s%s%s.%s%s%s%s%c%s%s", hf_err_sentence(err), explained ? " (" : "", explained ? detail : "",
              explained ? ")" : "", rfc[0] != '\0' ? " " : "", rfc, rfc[0] != '\0' ? "." : "",
              remedy[0] != '\0' ? " " : "", remedy[0] != '\0' ? first : '.',
              remedy[0] != '\0' ? remedy + 1 : "", remedy[0] != '\0' ? "." : "");
}

/* Unset counts as UTF-8: bare containers set nothing and their terminals are. Only who asks for another
 * encoding gets ASCII. */
bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf-8") != NULL ||
                   strstr(value, "utf8") != NULL;
        }
    }
    return true;
}
