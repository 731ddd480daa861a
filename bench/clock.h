/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_CLOCK_H
#define HF_BENCH_CLOCK_H

double wall_now(void); /* seconds of a monotonic clock */

#endif
