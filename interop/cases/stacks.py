# SPDX-License-Identifier: MIT
"""NSS, Botan and lighttpd's five TLS stacks: every pair of suite, group and certificate type each can do."""

from functools import partial

from cases import LINE, Case
from cases.handshakes import client_identity, full_then_resumed
from handfast import Connect, Serve, agreed, exact, in_turn, must, must_say, one
from peers import botan, nss, web
from processes import Mismatch
from vocabulary import COMBINATIONS, pairwise


def connect_to_nss(each, mutual, stage):
    server = nss.server(
        stage, cert=f"server-{each.kind.key}", combination=each, auth="require" if mutual else "none"
    )
    options = [*exact(each), *client_identity(stage, each, mutual)]
    ours = Connect(stage, server.port, "--resume", *options, stdin=web.REQUEST)
    full_then_resumed(ours.finish(), each, peer_verified=True)
    must_say("the answer of selfserv", ours.process.stdout.decode(), "HTTP/1.0 200 OK")
    if mutual:
        must_say("selfserv", server.text, f"CN=client-{each.kind.key}")


def serve_nss(each, mutual, stage):
    auth = "require" if mutual else "none"
    ours = Serve(stage, *exact(each, server=not mutual), certs=[f"server-{each.kind.key}"], auth=auth, mode="--http")
    cert = f"client-{each.kind.key}" if mutual else None
    client = nss.client(stage, ours.port, cert=cert, combination=each, stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    must_say("tstclnt", client.text, " 200 ")
    agreed(one(ours.finish()), each, peer_verified=mutual, resumed=False)


def serve_strsclnt(auth, stage):
    """50 connections, 20 % full handshakes: the other 80 % resume (RFC 5246 F.1.4)."""
    ours = Serve(stage, auth=auth, mode="--http", count=50)
    client = nss.many(stage, ours.port, cert="client-p256" if auth == "require" else None)
    client.wait(30)  # it exits with 1 whenever more than one handshake was full
    must_say("strsclnt", client.text, "40 cache hits; 10 cache misses")
    found = ours.finish()
    must("connections", len(found), 50)
    must("resumed", sum(bool(report.get("resumed")) for report in found), 40)


def connect_to_botan(each, stage):
    server = botan.server(stage, each, count=2)
    ours = Connect(stage, server.port, "--resume", *exact(each), stdin="pipe")
    ours.ask(LINE, LINE)
    full_then_resumed(ours.finish(), each, peer_verified=True)


def serve_botan(each, stage):
    ours = Serve(stage, *exact(each, server=True), certs=[f"server-{each.kind.key}"], count=2)
    for turn in range(2):
        client = botan.client(stage, ours.port, each, stdin="pipe")
        client.says("Handshake complete")
        client.write(LINE)
        client.says(LINE.decode())
        client.close_stdin()
        must(f"exit of botan tls_client, connection {turn + 1}", client.wait(), 0)
    full_then_resumed(ours.finish(), each, peer_verified=False)


def lighttpd_knows(module, each):
    if module == "mbedtls":
        return each.kind.name not in ("ed25519", "rsa-pss")
    return module != "nss" or each.kind.name != "ed25519"


def connect_to_lighttpd(module, each, mutual, stage):
    """lighttpd's groups and schemes cannot all be set: what it picks must be among those offered."""
    server = web.lighttpd(stage, module, each.kind.key, auth="require" if mutual else "none")
    options = [*exact(each), *client_identity(stage, each, mutual)]
    ours = Connect(stage, server.port, *options, stdin=web.REQUEST)
    report = one(ours.finish())
    agreed(report, suite=each.suite.iana, peer_verified=True, resumed=False)
    if report.get("group") not in [group.iana for group in each.groups]:
        raise Mismatch(f"group {report.get('group')!r} was not offered")
    if report.get("server_scheme") not in each.schemes:
        raise Mismatch(f"signature scheme {report.get('signature_scheme')!r} was not offered")
    must_say("the answer of lighttpd", ours.process.stdout.decode(), "200 OK", web.PAGE)


def never_resumed(module, stage):
    """lighttpd keeps no session cache: what it does not know is a full handshake, not an error."""
    server = web.lighttpd(stage, module)
    ours = Connect(stage, server.port, "--resume=2", stdin=web.REQUEST)
    for report in in_turn(ours.finish(), False, False, False):
        agreed(report, peer_verified=True)


def nss_cases():
    for mutual in (False, True):
        feature = "mutual" if mutual else "full"
        for each in pairwise([each for each in COMBINATIONS if nss.serves(each)]):
            yield Case("NSS", "client", f"{feature} + resumed", str(each), partial(connect_to_nss, each, mutual))
        for each in pairwise([each for each in COMBINATIONS if nss.knows(each)]):
            yield Case("NSS", "server", feature, str(each), partial(serve_nss, each, mutual))
    for auth in ("none", "require"):
        what = f"strsclnt, 50 connections, 80 % resumed, client-auth {auth}"
        yield Case("NSS", "server", "resumption", what, partial(serve_strsclnt, auth))


def botan_cases():
    for each in pairwise([each for each in COMBINATIONS if botan.knows(each)]):
        yield Case("Botan", "client", "full + resumed", str(each), partial(connect_to_botan, each))
        yield Case("Botan", "server", "full + resumed", str(each), partial(serve_botan, each))


def lighttpd_cases():
    for module in web.LIGHTTPD_MODULES:
        peer = f"lighttpd mod_{module}"
        for mutual in (False, True):
            if module == "nss" and mutual:
                continue  # its mod_nss cannot load the file of authorities: "CERT_ImportCAChainTrusted() ... Success"
            for each in pairwise([each for each in COMBINATIONS if lighttpd_knows(module, each)]):
                feature = "mutual" if mutual else "full"
                play = partial(connect_to_lighttpd, module, each, mutual)
                yield Case(peer, "client", feature, str(each), play)
        yield Case(peer, "client", "resumption", "a server without sessions", partial(never_resumed, module))


def cases():
    return [*nss_cases(), *botan_cases(), *lighttpd_cases()]


