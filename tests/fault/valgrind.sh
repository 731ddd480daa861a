#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The n-th allocation failing, under valgrind's memcheck: a sample of n in each scenario given (all of those below by default).
# Some minutes: ./dev test does not run it. Prints TAP. HF_FAULT_RUNS: about how many for each; 0: every n.
set -u
build=${HF_BUILD:-$(dirname "$0")/../../build}
program=$build/tests/fault/test_memory
export HF_FAULT_RUNS=${HF_FAULT_RUNS:-20} CMOCKA_MESSAGE_OUTPUT=STDOUT
[ $# -gt 0 ] || set -- config full-ecdsa full-rsa mutual resume-id asked session data stream unknown-ca

if ! command -v valgrind >/dev/null; then
    echo "1..0 # SKIP valgrind is not installed (Debian: valgrind)"
    exit 0
fi
if [ ! -x "$program" ]; then
    echo "1..0 # SKIP $program is not built"
    exit 0
fi

number=0 status=0
echo "1..$((2 * $#))"
for scenario; do
    for which in each_of_our_allocations each_allocation; do
        number=$((number + 1))
        if output=$(valgrind -q --error-exitcode=99 --leak-check=no "$program" "${which}_$scenario" 2>&1) &&
            grep -q '^# ' <<<"$output"; then
            echo "ok $number - memcheck ${which}_$scenario"
        else
            status=1
            echo "not ok $number - memcheck ${which}_$scenario"
        fi
        grep -vE '^\[|^$' <<<"$output" | sed 's/^#* */# /'
    done
done
exit $status
