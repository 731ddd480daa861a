#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev says how it is used, and does nothing else when it is asked to. Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
failed=0

expect() { # expect NUMBER NAME CODE WORDS COMMAND…: the exit code, and words in what is said, within ten seconds
    local number=$1 name=$2 code=$3 words=$4 said status
    shift 4
    said=$(timeout 10 "$@" 2>&1)
    status=$?
    if [ $status = "$code" ] && grep -qF -- "$words" <<<"$said"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf 'exit %s\n%s\n' $status "$said" | head -20 | sed 's/^/# /'
        failed=1
    fi
}

echo 1..4
expect 1 "help names the commands" 0 "fuzz [TARGET] [SECONDS]" ./dev help
expect 2 "fuzz --help names the targets and builds nothing" 0 "fuzz_describe fuzz_event_log" ./dev fuzz --help
expect 3 "an unknown fuzz target is refused before anything is built" 1 "no fuzz target named nonsense" ./dev fuzz nonsense
expect 4 "seconds are a number" 1 "is no number of seconds" ./dev fuzz record soon
exit $failed
