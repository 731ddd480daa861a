/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_STORE_ONE_SERVER_H
#define HF_TESTS_STORE_ONE_SERVER_H

#include "fake.h"

/* One server, and what is asked of it. */
#define KEY "abcdefghijklmnopqrstuvwxyz-_0123"
#define OTHER "0000000000000000000000000000000A"
#define GET "GETRANGE hf:1:" KEY " 0 8192"
#define URL "redis://127.0.0.1:6379"
struct fake *one_server(void);

#endif
