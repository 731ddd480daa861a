# SPDX-License-Identifier: MIT
"""OCSP stapling: handfast's client against servers that staple, clients that ask against handfast's server."""

import base64
import shutil
import signal
from functools import partial

from cases import LINE, Case, talk
from handfast import OK, PEER_REFUSED, TLS_FAILED, Connect, Serve, agreed, must, must_say, one
from peers import gnutls, nss, openssl, web

BAD = "bad_certificate_status_response"
# what s_server staples: (response, exit and error with soft, with hard; the verdict)
STAPLED = [
    ("good", None, None, "good"),
    ("delegated", None, None, "good"),
    ("revoked", "STATUS_REVOKED", "STATUS_REVOKED", "revoked"),
    ("unknown", None, "STATUS_UNKNOWN", "unknown"),
    ("expired", None, "STATUS_RESPONSE_EXPIRED", "stale"),
    ("wrong-issuer", None, "BAD_STATUS_RESPONSE", "bad"),
    ("not-a-responder", None, "BAD_STATUS_RESPONSE", "bad"),
    ("foreign-responder", None, "BAD_STATUS_RESPONSE", "bad"),
    ("another", None, "BAD_STATUS_RESPONSE", "bad"),
    (None, None, "STATUS_MISSING", "missing"),
]


def connect(stage, server, mode, error, verdict, heard=None):
    """What handfast says of the server; heard: where the peer says which alert came."""
    ours = Connect(stage, server.port, f"--status={mode}", stdin=LINE)
    report = one(ours.finish(PEER_REFUSED if error else OK))
    must("peer_status", report.get("peer_status"), verdict)
    must("error", report.get("error"), error)
    must("alert", report.get("alert") if error else None, BAD if error else None)
    if error and heard:
        server.says(heard)
    elif not error:
        agreed(report, peer_verified=True, stapled=verdict != "missing")


def connect_openssl(response, mode, error, verdict, stage):
    options = ["-status_file", stage.pki.ocsp(response)] if response else []
    server = openssl.server(stage, *options)
    connect(stage, server, mode, error, verdict, "bad certificate status response")


def connect_gnutls(response, mode, error, verdict, stage):
    server = gnutls.server(stage, "--ignore-ocsp-response-errors", "--ocsp-response", stage.pki.ocsp(response))
    connect(stage, server, mode, error, verdict)


def connect_nginx(response, mode, error, verdict, stage):
    server = web.nginx(stage, lines=["ssl_stapling on;", f"ssl_stapling_file {stage.pki.ocsp(response)};"])
    ours = Connect(stage, server.port, f"--status={mode}", stdin="pipe")
    if error is None:
        ours.ask(web.REQUEST, b"verify=")
    report = one(ours.finish(PEER_REFUSED if error else OK))
    must("peer_status", report.get("peer_status"), verdict)
    must("error", report.get("error"), error)


def connect_lighttpd(module, stage):
    server = web.lighttpd(stage, module, staple=stage.pki.ocsp("good"))
    ours = Connect(stage, server.port, "--status=hard", stdin="pipe")
    ours.ask(web.REQUEST, web.PAGE.encode())
    agreed(one(ours.finish()), stapled=True, peer_status="good")


def connect_must_staple(response, mode, error, verdict, stage):
    options = ["-status_file", stage.pki.ocsp(response)] if response else []
    server = openssl.server(stage, *options, cert="server-must-staple")
    connect(stage, server, mode, error, verdict, "bad certificate status response")


def connect_resumed(stage):
    """RFC 6066 8, 1.1: nothing is stapled to a session that is resumed, and nobody minds."""
    server = openssl.server(stage, "-status_file", stage.pki.ocsp("good"), count=2)
    found = Connect(stage, server.port, "--status=hard", "--resume", stdin=LINE).finish()
    must("resumed, stapled", [(each["resumed"], each["stapled"]) for each in found], [(False, True), (True, False)])


def staple(stage, *responses):
    return [word for name in responses for word in ("--staple", stage.pki.ocsp(name))]


def serve_openssl(response, cert, wanted, stage):
    ours = Serve(stage, *staple(stage, *([response] if response else [])), certs=(cert,))
    client = openssl.client(stage, ours.port, "-status", stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), stapled=wanted != "OCSP response: no response sent")
    must_say("s_client", client.text, wanted)


def serve_gnutls(response, cert, stage):
    """gnutls-cli looks at the response with the certificate, and writes it down."""
    ours = Serve(stage, *staple(stage, response), certs=(cert,))
    kept = stage.path("kept.ocsp")
    client = gnutls.client(stage, ours.port, "--save-ocsp", kept, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), stapled=True)
    must_say("gnutls-cli", client.text, "The certificate is trusted", "OCSP status request")
    with open(kept, "rb") as seen, open(stage.pki.ocsp(response), "rb") as sent:
        must("what gnutls-cli kept is what was stapled", seen.read() == sent.read(), True)


def serve_gnutls_refused(stage):
    ours = Serve(stage, *staple(stage, "revoked"))
    client = gnutls.client(stage, ours.port)
    must("gnutls-cli refuses", client.wait() != 0, True)
    ours.finish(None)
    must_say("gnutls-cli", client.text, "revoked")


def serve_curl(response, code, wanted, stage):
    ours = Serve(stage, *staple(stage, *([response] if response else [])), mode="--http")
    client = web.curl(stage, ours.port, "--cert-status")
    must("exit of curl", client.wait(), code)
    must_say("curl", client.text, wanted)
    ours.finish(None if code else OK)


def serve_nss(stage):
    ours = Serve(stage, *staple(stage, "good"), mode="--http")
    client = nss.client(stage, ours.port, "-T", stdin=web.REQUEST)
    client.wait()
    agreed(one(ours.finish(None)), stapled=True)
    must_say("tstclnt", client.text, "Received 1 Cert Status items")


def serve_not_asked(stage):
    ours = Serve(stage, *staple(stage, "good"))
    client = openssl.client(stage, ours.port, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), stapled=False)


def serve_renews(how, stage):
    """The file changes under a running server: the next handshake has the new response, nothing is restarted."""
    path = stage.path("served.ocsp")
    shutil.copy(stage.pki.ocsp("good"), path)
    ours = Serve(stage, "--staple", path, count=2)
    client = openssl.client(stage, ours.port, "-status", stdin="pipe")
    talk(client)
    must_say("s_client", client.text, "Cert Status: good")
    shutil.copy(stage.pki.ocsp("revoked"), path + ".new")
    shutil.move(path + ".new", path)
    if how == "SIGHUP":
        ours.process.child.send_signal(signal.SIGHUP)
    ours.process.says("read again")
    ours.process.says("clients will refuse it")
    client = openssl.client(stage, ours.port, "-status", stdin="pipe")
    talk(client)
    must_say("s_client", client.text, "Cert Status: revoked")
    ours.finish()


def serve_keeps_the_old(stage):
    path = stage.path("served.ocsp")
    shutil.copy(stage.pki.ocsp("good"), path)
    ours = Serve(stage, "--staple", path)
    stage.write("served.ocsp", "no OCSP response")
    ours.process.says("the response before it stays in use")
    client = openssl.client(stage, ours.port, "-status", stdin="pipe")
    talk(client)
    must_say("s_client", client.text, "Cert Status: good")
    ours.finish()


# ---- signed certificate timestamps, RFC 6962 3.2: of a log that nobody knows, so that their form alone counts ----
def timestamp(log):
    signature = bytes.fromhex("3044") + 2 * (b"\x02\x20" + 32 * b"\x01")
    return bytes([0]) + 32 * bytes([log]) + (1700000000000).to_bytes(8, "big") + b"\0\0" + b"\4\3" + vector(signature)


def vector(octets):
    return len(octets).to_bytes(2, "big") + octets


def keep(stage, name, octets):
    with open(stage.path(name), "wb") as file:
        file.write(octets)
    return stage.path(name)


def serve_timestamps(octets, count, stage):
    ours = Serve(stage, "--sct-list", keep(stage, "list.sct", octets))
    logs = stage.write("logs.cnf", "enabled_logs=\n")
    client = openssl.client(stage, ours.port, "-ct", "-ctlogfile", logs, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()))
    must_say("s_client", client.text, f"SCTs present ({count})", "SCT validation status: unknown log")


def connect_timestamps(asked, stage):
    body = vector(vector(timestamp(1)) + vector(timestamp(2)))
    text = base64.encodebytes((18).to_bytes(2, "big") + vector(body)).decode()
    info = stage.write("sct.info", f"-----BEGIN SERVERINFO FOR SCT-----\n{text}-----END SERVERINFO FOR SCT-----\n")
    server = openssl.server(stage, "-serverinfo", info)
    ours = Connect(stage, server.port, *(["--sct"] if asked else []), stdin=LINE)
    agreed(one(ours.finish()), peer_scts=2 if asked else 0)


def with_itself(responses, error, verdict, stage):
    """The whole chain, RFC 6961: no packaged stack but OpenJDK has it."""
    ours = Serve(stage, *staple(stage, *responses))
    client = Connect(stage, ours.port, "--status=hard", stdin=LINE)
    report = one(client.finish(PEER_REFUSED if error else OK))
    must("peer_status", report.get("peer_status"), verdict)
    must("error", report.get("error"), error)
    seen = one(ours.finish(TLS_FAILED if error else OK))
    must("stapled", seen["stapled"], True)


def cases():
    found = []
    for response, soft, hard, verdict in STAPLED:
        for mode, error in (("soft", soft), ("hard", hard)):
            play = partial(connect_openssl, response, mode, error, verdict)
            found.append(Case("OpenSSL", "client", "status", f"{response or 'no'} response, {mode}", play))
    for peer, play_with in (("GnuTLS", connect_gnutls), ("nginx", connect_nginx)):
        for response, error, verdict in (("good", None, "good"), ("revoked", "STATUS_REVOKED", "revoked")):
            play = partial(play_with, response, "hard", error, verdict)
            found.append(Case(peer, "client", "status", f"{response} response, hard", play))
    for module in ("openssl", "gnutls", "nss"):
        found.append(Case(f"lighttpd mod_{module}", "client", "status", "good response, hard", partial(connect_lighttpd, module)))
    for response, mode, error, verdict in (
        ("good-must-staple", "soft", None, "good"), (None, "soft", "MUST_STAPLE", "missing"),
        ("another", "soft", "BAD_STATUS_RESPONSE", "bad"),
    ):  # fmt: skip
        play = partial(connect_must_staple, response, mode, error, verdict)
        found.append(Case("OpenSSL", "client", "status", f"must-staple, {response or 'no'} response", play))
    for response, cert, wanted in (
        ("good", "server-p256", "Cert Status: good"), ("good-rsa", "server-rsa", "Cert Status: good"),
        ("revoked", "server-p256", "Cert Status: revoked"), ("delegated", "server-p256", "Cert Status: good"),
        ("expired", "server-p256", "OCSP response: no response sent"), (None, "server-p256", "OCSP response: no response sent"),
    ):  # fmt: skip
        play = partial(serve_openssl, response, cert, wanted)
        found.append(Case("OpenSSL", "server", "status", f"{response or 'no'} response for {cert}", play))
    for response, cert in (("good", "server-p256"), ("good-rsa", "server-rsa"), ("delegated", "server-p256")):
        found.append(Case("GnuTLS", "server", "status", f"{response} response", partial(serve_gnutls, response, cert)))
    for response, code, wanted in (
        ("good", 0, "SSL certificate status: good"), ("revoked", 91, "SSL certificate status: revoked"),
        (None, 91, "No OCSP response received"),
    ):  # fmt: skip
        found.append(Case("curl", "server", "status", f"{response or 'no'} response, --cert-status", partial(serve_curl, response, code, wanted)))
    for responses, error, verdict in (
        (("good", "intermediate-good"), None, "good"), (("good", "intermediate-revoked"), "STATUS_REVOKED", "revoked"),
        (("intermediate-good",), "STATUS_MISSING", "missing"),
    ):  # fmt: skip
        what = f"the whole chain, {' and '.join(responses)}"
        found.append(Case("handfast", "client", "status", what, partial(with_itself, responses, error, verdict)))
    for peer, role, what, play in [
        ("OpenSSL", "client", "resumed: nothing is stapled", connect_resumed),
        ("OpenSSL", "client", "two timestamps", partial(connect_timestamps, True)),
        ("OpenSSL", "client", "timestamps nobody asked for", partial(connect_timestamps, False)),
        ("OpenSSL", "server", "one timestamp", partial(serve_timestamps, timestamp(1), 1)),
        ("OpenSSL", "server", "two timestamps",
         partial(serve_timestamps, vector(vector(timestamp(1)) + vector(timestamp(2))), 2)),
        ("GnuTLS", "server", "revoked response: refused", serve_gnutls_refused),
        ("NSS", "server", "good response", serve_nss),
        ("OpenSSL", "server", "not asked: nothing is stapled", serve_not_asked),
        ("OpenSSL", "server", "the file is renewed", partial(serve_renews, "time")),
        ("OpenSSL", "server", "the file is renewed, SIGHUP", partial(serve_renews, "SIGHUP")),
        ("OpenSSL", "server", "a broken file: the old response stays", serve_keeps_the_old),
    ]:  # fmt: skip
        found.append(Case(peer, role, "status", what, play))
    return found
