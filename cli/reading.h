/* SPDX-License-Identifier: MIT */
#ifndef CLI_READING_H
#define CLI_READING_H

#include "cli/watch.h"

/* Files with connections in them, captures and event logs, one behind the other: what flow read, explain and
 * diff have in common. */
struct reading {
    struct watch *watch;
    const char *path;
    unsigned long before; /* connections in the files before this one */
};
/* All of the file ("-": standard input) goes to the watch. EXIT_WELL, or another code after having said why.
 */
int reading_file(struct reading *r, const char *path);

#endif
