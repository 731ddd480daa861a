/* SPDX-License-Identifier: MIT */
#include "one_server.h"

struct fake *one_server(void)
{
    return fake_up(URL, NULL);
}
