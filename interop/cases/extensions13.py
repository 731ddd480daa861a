# SPDX-License-Identifier: MIT
"""What TLS 1.3 says elsewhere than TLS 1.2: OCSP responses beside the certificate (RFC 8446 4.4.2.1), the size of records in
EncryptedExtensions, with the content type counted (RFC 8449 4)."""

from functools import partial

from cases import LINE, Case, talk
from cases.records import LONG, longest
from cases.status import staple
from handfast import OK, PEER_REFUSED, Connect, Serve, agreed, must, must_say, one, reports
from peers import gnutls, openssl, web
from processes import Mismatch
from wire import APPLICATION_DATA, Tap

TLS13 = ["--min", "1.3", "--max", "1.3"]
GNUTLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS"
OVERHEAD = 16  # the tag; content and type are what is limited


# ---- OCSP ----
def connect_openssl(response, mode, error, verdict, cert, stage):
    options = ["-status_file", stage.pki.ocsp(response)] if response else []
    server = openssl.server(stage, *options, cert=cert, tls="-tls1_3")
    ours = Connect(stage, server.port, *TLS13, f"--status={mode}", stdin=LINE)
    report = one(ours.finish(PEER_REFUSED if error else OK))
    must("peer_status, error", (report.get("peer_status"), report.get("error")), (verdict, error))
    if not error:
        agreed(report, version="TLS 1.3", stapled=verdict != "missing")


def serve_openssl(response, wanted, stage):
    ours = Serve(stage, *TLS13, *staple(stage, *([response] if response else [])))
    client = openssl.client(stage, ours.port, "-status", tls="-tls1_3", stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), version="TLS 1.3", stapled=response is not None)
    must_say("s_client", client.text, wanted)


def serve_gnutls(stage):
    ours = Serve(stage, *TLS13, *staple(stage, "good"))
    kept = stage.path("kept.ocsp")
    client = gnutls.client(stage, ours.port, "--save-ocsp", kept, priority=GNUTLS13, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), version="TLS 1.3", stapled=True)
    with open(kept, "rb") as seen, open(stage.pki.ocsp("good"), "rb") as sent:
        must("what gnutls-cli kept is what was stapled", seen.read() == sent.read(), True)


def serve_curl(response, code, stage):
    ours = Serve(stage, *TLS13, *staple(stage, *([response] if response else [])), mode="--http")
    client = web.curl(stage, ours.port, "--cert-status", "--tlsv1.3", "--tls-max", "1.3")
    must("exit of curl", client.wait(), code)
    ours.finish(None if code else OK)


# ---- the size of records ----
def within(tap, who, limit):
    """No record of data holds more than limit with its type, and one is as long as that."""
    data = longest(tap, who, APPLICATION_DATA, True) or longest(tap, who, APPLICATION_DATA, False)
    must(f"longest record of data of the {who}", data, limit + OVERHEAD)


def connect_limit(limit, stage):
    server = gnutls.server(stage, priority=GNUTLS13 + ":%ALLOW_SMALL_RECORDS")
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, *TLS13, "--record-size-limit", limit, stdin="pipe")
    ours.ask(LONG, LONG.strip())
    agreed(one(ours.finish()), version="TLS 1.3", record_size_limit=limit, peer_record_size_limit=16385)
    within(tap, "server", limit)


def serve_limit(stage):
    """A page of more than 1000 bytes to a client that takes 1000, the type included."""
    ours = Serve(stage, *TLS13, mode="--http")
    tap = stage.keep(Tap(ours.port))
    client = gnutls.client(stage, tap.port, "--recordsize", 1000, priority=GNUTLS13, stdin="pipe")
    client.write(web.REQUEST)
    client.says("</html>")
    ours.process.until(lambda: reports(ours.process), "a report")
    report = reports(ours.process)[0]
    must("error", report.get("error") in (None, "TRUNCATED"), True)
    theirs = report["peer_record_size_limit"]
    if not 1000 <= theirs <= 1001:
        raise Mismatch(f"peer_record_size_limit: {theirs}")
    within(tap, "server", theirs)


def connect_fragment(bytes_, stage):
    server = openssl.server(stage, tls="-tls1_3")
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, *TLS13, "--max-fragment", bytes_, stdin="pipe")
    ours.ask(LONG, LONG[::-1].strip())
    agreed(one(ours.finish()), version="TLS 1.3", max_fragment=bytes_)
    within(tap, "client", bytes_ + 1)
    within(tap, "server", bytes_ + 1)


def serve_fragment(bytes_, stage):
    ours = Serve(stage, *TLS13)
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(stage, tap.port, "-maxfraglen", bytes_, tls="-tls1_3", stdin="pipe")
    client.write(LONG)
    client.until(lambda: LONG.strip() in client.stdout, "the echo")
    client.close_stdin()
    client.wait()
    agreed(one(ours.finish()), version="TLS 1.3", max_fragment=bytes_)
    within(tap, "server", bytes_ + 1)


def cases():
    found = []
    for response, mode, error, verdict, cert in [
        ("good", "hard", None, "good", "server-p256"),
        ("revoked", "soft", "STATUS_REVOKED", "revoked", "server-p256"),
        ("expired", "hard", "STATUS_RESPONSE_EXPIRED", "stale", "server-p256"),
        (None, "hard", "STATUS_MISSING", "missing", "server-p256"),
        (None, "soft", "MUST_STAPLE", "missing", "server-must-staple"),
    ]:
        what = f"{response or 'no'} response, {mode}, {cert}, TLS 1.3"
        play = partial(connect_openssl, response, mode, error, verdict, cert)
        found.append(("OpenSSL", "client", "status", what, play))
    found += [
        ("OpenSSL", "server", "status", "a good response, TLS 1.3", partial(serve_openssl, "good", "Cert Status: good")),
        ("OpenSSL", "server", "status", "no response, TLS 1.3", partial(serve_openssl, None, "no response sent")),
        ("GnuTLS", "server", "status", "a good response, TLS 1.3", serve_gnutls),
        ("curl", "server", "status", "a good response, TLS 1.3", partial(serve_curl, "good", 0)),
        ("curl", "server", "status", "no response, TLS 1.3", partial(serve_curl, None, 91)),
        ("GnuTLS", "server", "records", "a page to a client with record_size_limit 1000, TLS 1.3", serve_limit),
    ]
    for limit in (512, 5000):
        found.append(("GnuTLS", "client", "records", f"record_size_limit {limit}, TLS 1.3", partial(connect_limit, limit)))
    for length in (512, 4096):
        what = f"max_fragment_length {length}, TLS 1.3"
        found.append(("OpenSSL", "client", "records", what, partial(connect_fragment, length)))
        found.append(("OpenSSL", "server", "records", what, partial(serve_fragment, length)))
    return [Case(*each) for each in found]
