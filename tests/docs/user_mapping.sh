#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# examples/user_mapping.c: an account is opened to whom the verified certificate names, and a hint opens none (RFC 4681 5, checklist U4).
# Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${HF_BUILD:-build}")
work=$(mktemp -d) failed=0 number=0 server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

certificate() { # certificate NAME SUBJECTALTNAME USAGE
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null &&
        printf 'subjectAltName=%s\nextendedKeyUsage=%s\nkeyUsage=digitalSignature\n' "$2" "$3" >"$1.ext" &&
        openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

pki() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem 2>/dev/null &&
        certificate server IP:127.0.0.1 serverAuth &&
        certificate upn "otherName:msUPN;UTF8:alice@example.com" clientAuth &&
        certificate mail email:bob@Example.COM clientAuth
}

# try NAME WANTED-EXIT WANTED-LINE CERTIFICATE OPTIONS…: the server has the accounts of alice and bob
try() {
    local name=$1 exit=$2 line=$3 who=$4 port seen problem=
    shift 4
    number=$((number + 1))
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$build/examples/user_mapping" "$port" server.pem server.key ca.pem alice@example.com bob@example.com >out 2>err &
    server=$!
    for _ in $(seq 100); do
        "$build/handfast" connect "127.0.0.1:$port" --ca ca.pem --cert "$who.pem" --key "$who.key" "$@" </dev/null >client 2>&1
        [ $? = 3 ] || break # it does not listen yet
        sleep 0.05
    done
    wait "$server"
    seen=$?
    server=
    [ "$seen" = "$exit" ] || problem="exit $seen, not $exit"
    [ "$(cat out err)" = "$line" ] || problem="$problem; it said: $(cat out err)"
    if [ -z "$problem" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '%s\n' "$problem" "$(cat client)" | sed 's/^/# /'
        failed=1
    fi
}

echo 1..6
pki || { echo "Bail out! no certificates"; exit 1; }
try "a hint and a certificate with that UPN" 0 alice@example.com upn --double-handshake --user-mapping upn:alice@example.com
try "a domain, and a certificate with an e-mail address in it" 0 "the hint points at alice@example.com, the certificate does not name it
bob@example.com" mail --double-handshake --user-mapping domain:EXAMPLE.com
try "somebody else's name is a hint and no more" 1 "the hint points at bob@example.com, the certificate does not name it
nobody" upn --double-handshake --user-mapping upn:bob@example.com
try "a name nobody has" 1 nobody upn --double-handshake --user-mapping upn:carol@example.com
try "no hint" 1 nobody upn --double-handshake
try "a client that does not hide what it says" 1 "the peer closed the connection during the handshake" upn --user-mapping upn:alice@example.com \
    --unsafe-supplemental-in-clear
exit $failed
