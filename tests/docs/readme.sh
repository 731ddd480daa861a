#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# README's client is examples/client.c, has at most 20 lines in main, and does what it says against openssl
# s_server. Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
client=${HF_BUILD:-build}/examples/client
case $client in /*) ;; *) client=$PWD/$client ;; esac
work=$(mktemp -d) failed=0 server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

check() { # check NUMBER NAME COMMAND...: what the command prints explains a failure
    local number=$1 name=$2 output
    shift 2
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '%s\n' "$output" | head -40 | sed 's/^/# /'
        failed=1
    fi
}

in_readme() { # the block of C in README that has hf_stream_new, against the file behind its SPDX line
    [ -f README.md ] || { echo "there is no README.md"; return 1; }
    awk '/^```c$/ {block = ""; inside = 1; next}
         /^```$/ && inside {inside = 0; if (block ~ /hf_stream_new/) printf "%s", block; next}
         inside {block = block $0 "\n"}' README.md >"$work/readme.c"
    tail -n +2 examples/client.c | diff - "$work/readme.c"
}

short_enough() {
    local lines
    lines=$(awk '/^{/ {on = 1; next} /^}/ {on = 0} on' examples/client.c | wc -l)
    [ "$lines" -le 20 ] || { echo "main has $lines lines"; return 1; }
}

start_server() { # on a free port; s_server says which
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>"$work/req" ||
        { cat "$work/req"; return 1; }
    openssl s_server -accept 127.0.0.1:0 -cert "$work/cert.pem" -key "$work/key.pem" -tls1_2 -www \
        >"$work/server" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' "$work/server")
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    cat "$work/server"
    return 1
}

fetches() {
    timeout 20 "$client" 127.0.0.1 "$port" "$work/cert.pem" >"$work/page" || { echo "exit $?"; return 1; }
    grep -q "^HTTP/1.0 200" "$work/page" && grep -q "ECDHE-ECDSA-AES128-GCM-SHA256" "$work/page" || cat "$work/page"
}

refuses() { # another certificate is not trusted: it must say so and fail
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=else \
        -keyout "$work/other.key" -out "$work/other.pem" 2>"$work/req" || { cat "$work/req"; return 1; }
    if timeout 20 "$client" 127.0.0.1 "$port" "$work/other.pem" >"$work/page" 2>"$work/error"; then
        echo "it went well"
        return 1
    fi
    grep -q "self-signed" "$work/error" || { cat "$work/error"; return 1; }
}

echo "1..4"
check 1 "README has examples/client.c as it is" in_readme
check 2 "its main has at most 20 lines" short_enough
if ! start_server >"$work/start"; then
    sed 's/^/# /' "$work/start"
    echo "not ok 3 - openssl s_server starts"
    echo "not ok 4 - openssl s_server starts"
    exit 1
fi
check 3 "the client fetches a page of openssl s_server" fetches
check 4 "the client refuses a server it does not trust" refuses
exit $failed
