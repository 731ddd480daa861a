/* SPDX-License-Identifier: MIT */
/* table */
#include "cli/cli.h"

const struct command commands[] = {
    {"connect", CONNECT, "HOST:PORT | unix:PATH", 1, 1, "a client: standard input and output are the payload",
     "Connects, makes the handshake and passes bytes both ways. The end of standard input sends close_notify; then the rest of\n"
     "what the server sends is read until its close_notify. The server's certificate is validated against the system's trust\n"
     "anchors unless --ca names others, and must be for HOST unless --sni names another.\n",
     "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | handfast connect example.com:443\n"
     "  handfast connect localhost:8443 --ca ca.pem --cert me.pem --key me.key -v\n"
     "  handfast connect [::1]:8443 --ca ca.pem --sni server.test --resume --flow </dev/null\n"
     "  handfast connect example.com:443 --status=hard -v </dev/null\n"
     "  handfast connect example.com:443 --session-out s --session-key key </dev/null\n"
     "  handfast connect example.com:443 --session-in s --session-key key -v </dev/null\n"
     "  handfast connect hub:8443 --psk-identity sensor-12 --psk-file key --psk-import -v </dev/null\n",
     run_connect},
    {"serve", SERVE, "[ADDR:]PORT", 1, 1,
     "a server: echo, a page about the handshake, or a way to a plain server",
     "Listens on 127.0.0.1 unless ADDR says otherwise (0.0.0.0 and [::] are every address); port 0 takes a free one. Says\n"
     "'listening on ADDR:PORT' on standard error when it is ready, and one line for each connection when it has ended.\n"
     "SIGTERM or SIGINT: no more connections are accepted, those there are may finish for 10 seconds; a second signal ends at\n"
     "once.\n",
     "  handfast serve 8443 --cert server.pem --key server.key --echo\n"
     "  handfast serve 0.0.0.0:443 --cert server.pem --key server.key --http\n"
     "  handfast serve 8443 --cert server.pem --key server.key --staple server.ocsp\n"
     "  handfast serve 8443 --psk-file keys --psk-import\n"
     "  handfast serve 8443 --cert server.pem --key server.key --client-auth require --ca clients.pem --forward localhost:8080\n"
     "  handfast serve 443 --cert server.pem --key server.key --session-store redis://store:6379 --session-keys keyring\n",
     run_serve},
    {"flow spec", SPEC, "SCENARIO", 1, 1, "a handshake as the RFC has it, drawn from the tables",
     "Draws the order of messages that the tables of this library hold: what connect and serve run. An asterisk marks what the\n"
     "RFC lets its sender leave out.\n",
     "  handfast flow spec --list\n"
     "  handfast flow spec mutual\n"
     "  handfast flow spec resume-id --flow=list\n",
     run_flow_spec},
    {"flow self", SELF, "SCENARIO", 1, 1,
     "a handshake with itself, in memory, the same bytes for the same seed",
     "Plays client and server against each other without a network, with certificates built in for this purpose, a clock that\n"
     "stands still and random bytes made from the seed, and draws what both did.\n",
     "  handfast flow self mutual --seed 7\n"
     "  handfast flow self resume-id --flow=json\n",
     run_flow_self},
    {"flow connect", CONNECT | FLOW_CONNECT, "HOST:PORT | unix:PATH", 1, 1,
     "our client with a real server: a picture for each connection",
     "What connect does, with the same options, but standard output is for the picture: a ladder, or what --flow=FORMAT\n"
     "names, for each connection when it has ended. The connection is closed when the handshake is complete, unless --send\n"
     "has something to say; what the server sends is dropped unless --save keeps it. Standard input is not read unless\n"
     "--send - says so.\n",
     "  handfast flow connect example.com:443\n"
     "  handfast flow connect localhost:8443 --ca ca.pem --resume\n"
     "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | handfast flow connect example.com:443 --send - --save page.html --flow=tree\n"
     "  handfast flow connect example.com:443 --flow=explain\n"
     "  handfast flow connect example.com:443 --flow=html >handshake.html\n",
     run_connect},
    {"flow listen", SERVE | FLOW_LISTEN, "[ADDR:]PORT", 1, 1,
     "our server with real clients: a picture for each connection",
     "What serve does, with the same options, but each connection is drawn on standard output when it has ended: a ladder,\n"
     "or what --flow=FORMAT names. What clients send goes back to them (--echo), unless --http or --forward says otherwise.\n",
     "  handfast flow listen 8443 --cert server.pem --key server.key\n"
     "  handfast flow listen 8443 --cert server.pem --key server.key --http --once --flow=tree\n"
     "  handfast flow listen 8443 --cert server.pem --key server.key --client-auth require --ca ca.pem --flow=explain\n"
     "  handfast flow listen 8443 --cert server.pem --key server.key --once --expect complete --flow=json >events.jsonl\n",
     run_serve},
    {"flow read", READ, "FILE...", 1, 1000,
     "handshakes of others out of captures (pcap, pcapng), and event logs",
     "Puts together the TCP connections of a capture, follows the TLS in them and draws each when it ends. What is protected\n"
     "is read where its secrets are known: from --keylog, or from the capture itself (pcapng's Decryption Secrets Blocks).\n"
     "'-' is standard input.\n",
     "  handfast flow read capture.pcapng\n"
     "  handfast flow read capture.pcap --keylog keys.log --filter 'tcp port 8443'\n"
     "  tcpdump -i lo -w - tcp port 8443 | handfast flow read - --flow=list\n",
     run_flow_read},
    {"flow diff", DIFF, "A B", 2, 2, "how two handshakes differ, message by message and field by field",
     "Reads two captures (pcap, pcapng) or event logs, as --flow=json, sqlog or qlog writes them, and sets their connections\n"
     "beside each other, the first of A and the first of B, and so on: '-' what only A has, '+' what only B has, '~'\n"
     "messages that differ, with their fields. What differs each time (randoms, keys, signatures, tickets) is passed over.\n"
     "Exit code 5: they differ.\n",
     "  handfast flow diff yesterday.json today.json\n"
     "  handfast flow diff --all a.sqlog b.sqlog\n"
     "  handfast flow diff works.pcapng fails.pcapng --keylog keys.log\n"
     "  handfast flow diff resumed.json resumed.json --connection 1:2\n",
     run_flow_diff},
    {"flow tap", TAP, "[ADDR:]PORT HOST:PORT|unix:PATH", 2, 2,
     "passes TCP connections on and draws the handshakes in them",
     "Listens like serve, passes every connection on to the second address as it is, byte for byte, and draws each handshake\n"
     "when it is complete, and the rest when the connection has ended. Neither side is touched: a secret that one of them\n"
     "logs opens what is protected.\n",
     "  handfast flow tap 8444 localhost:8443\n"
     "  handfast flow tap 8444 localhost:8443 --once --keylog keys.log & SSLKEYLOGFILE=keys.log curl https://localhost:8444/\n",
     run_flow_tap},
    {"flow explain", EXPLAIN, "MESSAGE|ALERT|ERROR|FILE...", 1, 1000,
     "what a message, an alert or an error means; why a captured handshake failed",
     "Of a message or a local step: who sends it, behind and before what, in which handshakes. Of an alert: what it says of\n"
     "which side, and for which errors handfast sends it. Of captures and event logs, connection by connection: what went\n"
     "wrong, where the RFC has the rule, and the remedy; 'certain' stands in the events, 'likely' is concluded from them. A\n"
     "live connection is explained by --flow=explain.\n",
     "  handfast flow explain CertificateVerify\n"
     "  handfast flow explain unknown_ca\n"
     "  handfast flow explain 40\n"
     "  handfast flow explain capture.pcapng --keylog keys.log\n",
     run_flow_explain},
    {"demo", DEMO, "", 0, 0, "shows a mutually authenticated handshake and its resumption",
     "Starts a server on a free port of this machine, connects with a client certificate, sends a line and reads it\n"
     "back, connects again resuming the session by its ID, and draws both.\n",
     "  handfast demo\n"
     "  handfast demo --pki build/demo-pki --ascii\n",
     run_demo},
    {"pkipath", PLAIN_COMMAND, "CHAIN", 1, 1,
     "a certificate chain as one file to publish, for --cert-url pkipath:URL",
     "Reads a chain, PEM, leaf first, as --cert takes it, and writes it to standard output as a PkiPath (RFC 6066 10.1):\n"
     "DER, the leaf last, to be served as application/pkix-pkipath. These very bytes are what a server must find.\n",
     "  handfast pkipath me.pem >/var/www/html/me.pkipath\n", run_pkipath},
    {"keyring init", KEYRING_MAKER, "[FILE]", 0, 1, "makes the keys that a fleet's sessions are under",
     "Makes a keyring in FILE (mode 0600), or in a session store, wrapped with a key that is not in the store. What is there\n"
     "already is never overwritten. An epoch makes sessions for a period and resumes them for a life after that; the next one\n"
     "is known a lead before it is used.\n",
     "  handfast keyring init /etc/handfast/keyring\n"
     "  handfast keyring init /etc/handfast/keyring --period 7200 --life 28800\n"
     "  handfast keyring init --session-store redis://store:6379 --session-kek /etc/handfast/kek\n",
     run_keyring_init},
    {"keyring rotate", KEYRING, "[FILE]", 0, 1,
     "makes the next keys when they are due, and wipes those that are over",
     "To be run oftener than the keyring's lead, by cron say: it does nothing while nothing is due. FILE is replaced by a\n"
     "rename; a second one that runs at the same time waits. A keyring in the store is rotated by the servers themselves.\n",
     "  handfast keyring rotate /etc/handfast/keyring\n"
     "  */5 * * * * handfast keyring rotate -q /etc/handfast/keyring      (in a crontab)\n"
     "  handfast keyring rotate --session-store @/etc/handfast/store --session-kek /etc/handfast/kek\n",
     run_keyring_rotate},
    {"keyring show", KEYRING, "[FILE]", 0, 1, "the epochs of a keyring and their times, without the secrets",
     "",
     "  handfast keyring show /etc/handfast/keyring\n"
     "  handfast keyring show --session-store redis://store:6379 --session-kek /etc/handfast/kek\n",
     run_keyring_show},
    {"session stats", SESSION_STATS, "", 0, 0, "what is in a session store",
     "Records and their bytes, the identities they are listed under, the servers' versions and memory, and, where the keys are\n"
     "given, the epochs.\n",
     "  handfast session stats --session-store redis://store:6379\n"
     "  handfast session stats --session-store @/etc/handfast/store --session-keys /etc/handfast/keyring --json\n",
     run_session_stats},
    {"session revoke", SESSION_REVOKE, "", 0, 0, "deletes the sessions of a peer from a session store",
     "Finds the sessions of a client's identity under every epoch of the keyring and deletes them. Bar the client as well, by\n"
     "a CRL or by --peer-identities, or it makes new ones. A ticket is in no store: change --session-generation to forget\n"
     "those.\n",
     "  handfast session revoke --session-store redis://store:6379 --session-keys /etc/handfast/keyring --san client.example\n"
     "  handfast session revoke --session-store @/etc/handfast/store --session-keys store --session-kek /etc/handfast/kek \\\n"
     "      --serial 5A3B\n"
     "  handfast session revoke --session-store redis://store:6379 --all\n",
     run_session_revoke},
    {"policy", PLAIN_COMMAND, "[NAME]", 0, 1, "what a policy has in it, and why",
     "A policy is a dated set of lists and limits that never changes: what --policy takes. default, compat and all stand for\n"
     "the newest of their kind. Without NAME: default, and the names of all there are.\n",
     "  handfast policy\n  handfast policy compat\n  handfast policy 2026-11\n", run_policy},
    {"list", PLAIN_COMMAND, "[suites|groups|schemes]", 0, 1,
     "the cipher suites, groups and signature schemes there are",
     "In the order in which they are preferred, each with the policies that have it; behind them those that are known by name\n"
     "alone and never negotiated.\n",
     "  handfast list\n  handfast list suites\n", run_list},
    {"version", PLAIN_COMMAND, "", 0, 0, "the versions of handfast and of libcrypto", "",
     "  handfast version\n", run_version},
    {"help", PLAIN_COMMAND, "[COMMAND]", 0, 2, "how a command is used", "",
     "  handfast help connect\n  handfast help flow spec\n", run_help},
};
const size_t command_count = sizeof commands / sizeof *commands;
