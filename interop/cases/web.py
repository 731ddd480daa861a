# SPDX-License-Identifier: MIT
"""curl against `serve --http`, `connect` against nginx."""

from functools import partial

from cases import Case
from handfast import Connect, Serve, agreed, exact, identity, in_turn, must, must_say
from peers import web
from vocabulary import COMBINATIONS, combination, pairwise


def curl_page(each, mutual, stage):
    ours = Serve(
        stage, *exact(each, server=not mutual), certs=[f"server-{each.kind.key}"], mode="--http",
        auth="require" if mutual else "none",
    )  # fmt: skip
    cert = f"client-{each.kind.key}" if mutual else None
    client = web.curl(stage, ours.port, cert=cert, combination=each)
    must("exit of curl", client.wait(), 0)
    must_say("curl", client.text, "SSL certificate verify ok", each.suite.openssl, " 200 ")
    agreed(ours.finish()[0], each, peer_verified=mutual, resumed=False)


def curl_resumes(auth, stage):
    """With `Connection: close` each URL is a connection of its own: curl offers the session."""
    ours = Serve(stage, mode="--http", auth=auth, count=3)
    client = web.curl(stage, ours.port, "--header", "Connection: close", urls=3, cert="client-p256" if auth == "require" else None)
    must("exit of curl", client.wait(), 0)
    found = in_turn(ours.finish(), False, True, True)
    for report in found:
        agreed(report, peer_verified=auth == "require")


def curl_names_what_was_negotiated(stage):
    ours = Serve(stage, *exact(combination(), server=True), mode="--http")
    client = web.curl(stage, ours.port, combination=combination())
    must("exit of curl", client.wait(), 0)
    must_say("the page", client.stdout.decode(), "1.2", combination().suite.iana, "x25519")
    ours.finish()


def curl_without_certificate(auth, stage):
    ours = Serve(stage, mode="--http", auth=auth)
    client = web.curl(stage, ours.port)
    code = client.wait()
    if auth == "request":
        must("exit of curl", code, 0)
        agreed(ours.finish()[0], peer_verified=False)
    else:
        must("curl was refused", code != 0, True)
        ours.finish(4)


def nginx_page(each, mutual, stage):
    server = web.nginx(stage, each, auth="require" if mutual else "none", key=each.kind.key)
    options = identity(stage, f"client-{each.kind.key}") if mutual else []
    ours = Connect(stage, server.port, "--resume", *exact(each), *options, stdin="pipe")
    ours.ask(web.REQUEST, b"verify=")  # closed before it answered, nginx would leave its close_notify out
    for report in in_turn(ours.finish(), False, True):
        agreed(report, each, peer_verified=True)
    verify = "SUCCESS" if mutual else "NONE"
    must_say("nginx", ours.process.stdout.decode(), f"verify={verify} reused=r cipher={each.suite.openssl}")


def nginx_refuses(cert, wanted, stage):
    """nginx finishes the handshake and answers 400: the certificate is its application's business."""
    server = web.nginx(stage, auth="require")
    options = identity(stage, cert) if cert else []
    ours = Connect(stage, server.port, *options, stdin="pipe")
    ours.ask(web.REQUEST, b"</html>")
    ours.finish()
    must_say("nginx", ours.process.stdout.decode(), "400 Bad Request", wanted)


def cases():
    found = []
    for mutual in (False, True):
        feature = "mutual" if mutual else "full"
        for each in pairwise(COMBINATIONS):
            found.append(Case("curl", "server", feature, str(each), partial(curl_page, each, mutual)))
            found.append(
                Case("nginx", "client", f"{feature} + resumed", str(each), partial(nginx_page, each, mutual))
            )
    for auth in ("none", "require"):
        what = f"three URLs, three connections, client-auth {auth}"
        found.append(Case("curl", "server", "resumption", what, partial(curl_resumes, auth)))
    found.append(Case("curl", "server", "http", "the page names what was negotiated", curl_names_what_was_negotiated))
    for auth in ("request", "require"):
        play = partial(curl_without_certificate, auth)
        found.append(Case("curl", "server", "http", f"no client certificate, client-auth {auth}", play))
    for cert, wanted in ((None, "No required SSL certificate"), ("client-expired", "SSL certificate error")):
        what = f"ssl_verify_client on, {cert or 'no certificate'}"
        found.append(Case("nginx", "client", "http", what, partial(nginx_refuses, cert, wanted)))
    return found
