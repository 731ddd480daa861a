#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/flows is what the flow tables draw, and the manual pages have no errors. Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
failed=0
report() { # report NUMBER NAME OUTPUT: passed where the output is empty
    if [ -z "$3" ]; then
        echo "ok $1 - $2"
    else
        echo "not ok $1 - $2"
        sed 's/^/# /' <<<"$3"
        failed=1
    fi
}
echo "1..2"
output=$(tools/gen-docs --check --build "${HF_BUILD:-build}" 2>&1) && output=
report 1 "docs/flows is what the flow tables draw" "$output"
if command -v groff >/dev/null; then
    output=$(for page in docs/man/*.[13]; do LC_ALL=C.UTF-8 groff -man -Tutf8 -ww -z "$page" 2>&1 | sed "s|^|$page: |"; done)
    report 2 "groff finds nothing wrong in the manual pages" "$output"
else
    echo "ok 2 - groff finds nothing wrong in the manual pages # SKIP groff is not installed"
fi
exit $failed
