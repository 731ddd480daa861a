# SPDX-License-Identifier: MIT
"""What comes behind the handshake of TLS 1.3: KeyUpdate (RFC 8446 4.6.3) and the client's certificate asked for later (4.6.2)."""

import time
from functools import partial

from cases import LINE, Case
from handfast import Connect, Serve, identity, must, must_say, one
from peers import gnutls, openssl

TLS13 = ["--max", "1.3"]
BOTH, OURS = "--update-keys", "--update-keys=ours"  # with and without asking for an answer
OUR_UPDATES = [("our KeyUpdate", BOTH), ("our KeyUpdate, unanswered", OURS)]
GNUTLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


def reported(found, sent=0, received=0, authentications=0, error=None, **wanted):
    """All that is counted behind the handshake, and that the handshake was full and not asked for twice unless it is said otherwise."""
    report = one(found)
    must("version", report.get("version"), "TLS 1.3")
    must("error", report.get("error"), error)
    counts = [report.get(name) for name in ("key_updates_sent", "key_updates_received", "authentications")]
    must("key updates sent, received; authentications", counts, [sent, received, authentications])
    for key, value in {"resumed": False, "hello_retry_request": False, **wanted}.items():
        must(key, report.get(key), value)
    return report


# ---- serve ----
def openssl_client_updates(stage):
    """s_client's K changes its keys and asks for ours, k changes its own."""
    ours = Serve(stage, *TLS13)
    client = openssl.client(stage, ours.port, tls="-tls1_3", commands=True, stdin="pipe")
    client.says("Verify return code")
    told = 0
    for command, line in [(b"K\n", b"one"), (b"k\n", b"two"), (b"K\n", b"three")]:
        client.write(command)
        told += 1
        client.until(lambda: client.text.count("KEYUPDATE") == told, "KEYUPDATE")
        client.write(line + b"\n")
        client.says(line.decode())
    client.close_stdin()
    client.wait()
    reported(ours.finish(None), sent=2, received=3)


def gnutls_client_updates(stage):
    ours = Serve(stage, *TLS13)
    client = gnutls.client(stage, ours.port, "--inline-commands", priority=GNUTLS13, stdin="pipe")
    client.says("Simple Client Mode")
    client.write(b"^rekey^\n")
    client.says("Rekey was completed")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    client.wait()
    reported(ours.finish(None), sent=1, received=1)


def updated(found, option):
    """The report of a connection whose keys were changed by that option."""
    return reported(found, sent=1, received=int(option == BOTH))


def we_update_as_server(start, stage, option=BOTH):
    ours = Serve(stage, *TLS13, option)
    client = start(stage, ours.port)
    for count in (1, 2):  # GnuTLS answers before what it sends next
        client.write(LINE)
        client.until(lambda: client.stdout.count(LINE) == count, "the line back")
    client.close_stdin()
    client.wait()
    updated(ours.finish(None), option)


def openssl_start(stage, port, *options, cert=None):
    client = openssl.client(stage, port, *options, cert=cert, tls="-tls1_3", stdin="pipe")
    client.says("Verify return code")
    return client


def gnutls_start(stage, port, *options, cert=None):
    client = gnutls.client(stage, port, *options, cert=cert, priority=GNUTLS13, stdin="pipe")
    client.says("Simple Client Mode")
    return client


def we_ask(start, options, cert, stage):
    """The certificate behind the handshake; cert None: an empty one."""
    ours = Serve(stage, *TLS13, "--request-client-cert", "--ca", stage.pki.ca)
    client = start(stage, ours.port, *options, cert=cert)
    client.write(LINE)
    client.until(lambda: LINE in client.stdout, "the line back")
    client.write(LINE)
    client.until(lambda: client.stdout.count(LINE) == 2, "the line back, again")
    client.close_stdin()
    client.wait()
    reported(ours.finish(None), authentications=1, peer_verified=cert is not None, peer_subject=f"CN={cert}" if cert else None)


def we_ask_who_did_not_offer(start, stage):
    ours = Serve(stage, *TLS13, "--request-client-cert", "--ca", stage.pki.ca)
    client = start(stage, ours.port, cert="client-p256")
    client.write(LINE)
    client.until(lambda: LINE in client.stdout, "the line back")
    client.close_stdin()
    client.wait()
    reported(ours.finish(None), peer_verified=False, peer_subject=None)
    must_say("handfast", ours.process.stderr.decode(), "RFC 8446 4.2.6")


# ---- connect ----
def we_update_as_client(start, request, answer, stage, option=BOTH):
    server = start(stage)
    ours = Connect(stage, server.port, *TLS13, option, stdin="pipe")
    ours.ask(request, answer)
    return server, updated(ours.finish(None), option)


def openssl_echo(stage):
    return openssl.server(stage, tls="-tls1_3")


def gnutls_echo(stage):
    return gnutls.server(stage, priority=GNUTLS13)


def openssl_server_commands(stage):
    """s_server's c asks for the certificate, K and k change keys; s_server closes without close_notify."""
    server = openssl.server(stage, "-verify", "3", "-CAfile", stage.pki.ca, tls="-tls1_3", mode="", stdin="pipe")
    ours = Connect(stage, server.port, *TLS13, *identity(stage, "client-p256"), stdin="pipe")
    ours.process.write(LINE)
    server.says(LINE.decode())
    for command, line in [(b"c\n", b"asked"), (b"K\n", b"changed"), (b"k\n", b"once more"), (b"c\n", b"and again")]:
        server.write(command)
        time.sleep(0.5)  # it takes what it reads at once for one command, and says nothing before its end
        server.write(line + b"\n")
        ours.process.until(lambda: line in ours.process.stdout, line.decode())
        ours.process.write(b"behind " + line + b"\n")
        server.says("behind " + line.decode())
    ours.process.close_stdin()
    reported(ours.finish(None), sent=1, received=2, authentications=2, client_scheme="ecdsa_secp256r1_sha256")


def gnutls_server_asks(command, counts, stage):
    """gnutls-serv asks again whoever says **REAUTH**, and changes keys for **REHANDSHAKE**."""
    server = gnutls.server(stage, auth="request", priority=GNUTLS13)
    ours = Connect(stage, server.port, *TLS13, *identity(stage, "client-p256"), stdin="pipe")
    ours.process.write(command + b"\n")
    server.says("*** Sending re")
    ours.process.write(LINE)
    ours.process.until(lambda: LINE in ours.process.stdout, "the line back")
    ours.process.close_stdin()
    reported(ours.finish(None), **counts)


def cases():
    found = []

    def add(peer, role, what, play):
        found.append(Case(peer, role, "post-handshake", what, play))

    add("OpenSSL", "server", "the client's KeyUpdate", openssl_client_updates)
    add("GnuTLS", "server", "the client's KeyUpdate", gnutls_client_updates)
    for peer, start, pha in [("OpenSSL", openssl_start, "-enable_pha"), ("GnuTLS", gnutls_start, "--post-handshake-auth")]:
        for what, option in OUR_UPDATES:
            add(peer, "server", what, partial(we_update_as_server, start, option=option))
        add(peer, "server", "its certificate, later", partial(we_ask, start, [pha], "client-p256"))
        add(peer, "server", "no certificate, later", partial(we_ask, start, [pha], None))
    add("OpenSSL", "server", "its certificate, and it did not offer post_handshake_auth", partial(we_ask_who_did_not_offer, openssl_start))
    for what, option in OUR_UPDATES:
        add("OpenSSL", "client", what, partial(we_update_as_client, openssl_echo, LINE, LINE.strip()[::-1], option=option))
        add("GnuTLS", "client", what, partial(we_update_as_client, gnutls_echo, LINE, LINE, option=option))
    add("OpenSSL", "client", "our certificate, later, and its KeyUpdates", openssl_server_commands)
    add("GnuTLS", "client", "our certificate, later", partial(gnutls_server_asks, b"**REAUTH**", {"authentications": 1}))
    updates = {"sent": 1, "received": 1}
    add("GnuTLS", "client", "its KeyUpdate", partial(gnutls_server_asks, b"**REHANDSHAKE**", updates))
    return found
