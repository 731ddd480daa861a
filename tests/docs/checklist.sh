#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every test that docs/internals/checklist.md names exists and is run, and every label has a test.
# Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
page=docs/internals/checklist.md
labels="$(echo S{1..13} E{1..6} N{1..7} U{1..8} R{1..9} C{1..6} K{1..5} A{1..5})"
failed=0 number=0
report() { # report NAME PROBLEM
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
        failed=1
    fi
}

# A test is defined by its name at the start of a line, and named once more where it is put in the list.
missing() { # missing FILE:FUNCTION
    local file=${1%%:*} function=${1##*:}
    [ -f "$file" ] || { echo "there is no $file"; return; }
    grep -q "^static void $function(" "$file" || { echo "$file has no test $function"; return; }
    [ "$(grep -cw "$function" "$file")" -ge 2 ] || echo "$function of $file is not run"
}

echo "1..$(wc -w <<<"$labels")"
for label in $labels; do
    row=$(grep -E "^\| $label \|" "$page") || { report "$label" "$page has no row for $label"; continue; }
    tests=$(grep -oE '`tests/[^`]+:[a-z0-9_]+`' <<<"$row" | tr -d '`')
    problems=$(for test in $tests; do missing "$test"; done)
    [ -n "$tests" ] || problems="no test"
    report "$label: $(wc -w <<<"$tests") tests" "$problems"
done
exit $failed
