# SPDX-License-Identifier: MIT
"""The size of records (RFC 6066 4, RFC 8449), padding (RFC 7685) and GREASE (RFC 8701): agreed, and kept on the wire."""

from functools import partial

from cases import Case
from cases.extensions import talk
from cases.resumption import first_session, offered_again
from handfast import Connect, Serve, agreed, in_turn, must, one, reports
from peers import botan, gnutls, mbedtls, nss, openssl, web
from processes import Mismatch
from vocabulary import COMBINATIONS, EVERY_SUITE, combination_of
from wire import APPLICATION_DATA, HANDSHAKE, Tap

LONG = bytes(97 + number % 26 for number in range(9000)) + b"\n"
GCM, CBC = 24, 16 + 48 + 16  # what a record has beside its plaintext, at most
MAX_FRAGMENT_LENGTH = 1
CBC_SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"


def longest(tap, who, kind, protected):
    sizes = [size for speaker, direction in tap.directions if speaker == who
             for seen, size, secret in direction.records if seen == kind and secret == protected]  # fmt: skip
    return max(sizes, default=0)


def within(tap, who, limit, overhead=GCM, handshake=None):
    """No record of theirs holds more than was agreed, and data came in records as long as that."""
    data = longest(tap, who, APPLICATION_DATA, True)
    if not limit < data <= limit + overhead:
        raise Mismatch(f"longest record of data of the {who}: {data} bytes, at most {limit} of plaintext agreed")
    clear = longest(tap, who, HANDSHAKE, False)
    if handshake and not clear <= handshake:
        raise Mismatch(f"longest handshake record in clear of the {who}: {clear} bytes, agreed {handshake}")


def echoed(ours, sent=LONG, reverse=False):
    ours.ask(sent, sent[::-1].strip() if reverse else sent.strip())


# ---- max_fragment_length ----


def connect_max_fragment(bytes_, stage):
    server = openssl.server(stage, count=2)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--max-fragment", bytes_, "--resume", stdin="pipe")
    echoed(ours, reverse=True)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, max_fragment=bytes_, record_size_limit=None)
    within(tap, "client", bytes_, handshake=bytes_)
    within(tap, "server", bytes_, handshake=bytes_)


def serve_max_fragment(bytes_, suite, stage):
    """s_client, and then once more with the session it saved."""
    options = ["-maxfraglen", bytes_, *(["-cipher", suite] if suite else [])]
    ours = Serve(stage, *(["--policy", "compat"] if suite else []), count=2)
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(stage, tap.port, *options, "-sess_out", stage.path("session.pem"), stdin="pipe")
    client.write(LONG)
    client.until(lambda: LONG.strip() in client.stdout, "the echo")
    client.close_stdin()
    client.wait()
    ours.port = tap.port
    must("s_client resumed", offered_again(stage, ours, *options), True)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, max_fragment=bytes_)
    within(tap, "server", bytes_, CBC if suite else GCM, handshake=bytes_)
    within(tap, "client", bytes_, CBC if suite else GCM)


def serve_another_length(stage):
    """A session of one length is not resumed with another."""
    ours = Serve(stage, count=2)
    first_session(stage, ours)
    talk(openssl.client(stage, ours.port, "-sess_in", stage.path("session.pem"), "-maxfraglen", 512, stdin="pipe"))
    first, second = in_turn(ours.finish(), False, False)
    agreed(first, max_fragment=None)
    agreed(second, max_fragment=512, resumption="parameters")


def connect_mbed(stage):
    each = next(each for each in COMBINATIONS if "AES_128_GCM" in each.suite.iana)
    server = mbedtls.server(stage, "server-p256", [each.suite], 2)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--suites", each.suite.iana, "--max-fragment", 1024, "--resume", stdin="pipe")
    echoed(ours)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, max_fragment=1024)
    within(tap, "client", 1024, handshake=1024)
    within(tap, "server", 1024, handshake=1024)


def serve_mbed(stage):
    """4096: its client does not put together what stands in two records of a handshake."""
    each = next(each for each in COMBINATIONS if "AES_128_GCM" in each.suite.iana)
    ours = Serve(stage, count=2)
    client = mbedtls.client(stage, ours.port, [each.suite], "max-fragment-4096")
    must("exit of the mbed TLS client", client.wait(), 0)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, max_fragment=4096)


def connect_wolfssl(stage):
    server = web.lighttpd(stage, "wolfssl")
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--max-fragment", 512, stdin=web.REQUEST)
    agreed(one(ours.finish()), max_fragment=512)
    must("max_fragment_length answered", MAX_FRAGMENT_LENGTH in tap.agreed_extensions(), True)


# ---- record_size_limit ----


def connect_gnutls(limit, stage):
    server = gnutls.server(stage, priority=gnutls.TLS12 + ":%ALLOW_SMALL_RECORDS")
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--record-size-limit", limit, "--resume", stdin="pipe")
    echoed(ours)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, record_size_limit=limit, peer_record_size_limit=16384, max_fragment=None)
    within(tap, "server", limit)


def serve_gnutls(limit, suite, stage):
    """gnutls-cli keeps to our limit, with CBC's padding too (RFC 8449 4.1); of a longer line it sends that much."""
    each = suite and combination_of(next(one for one in EVERY_SUITE if one.iana == suite))
    ours = Serve(stage, "--record-size-limit", limit, *(["--policy", "compat"] if suite else []))
    tap = stage.keep(Tap(ours.port))
    client = gnutls.client(stage, tap.port, "--recordsize", 1000, combination=each, stdin="pipe")
    client.write(LONG)
    client.until(lambda: LONG[:limit] in client.stdout, "the echo")
    client.close_stdin()
    ours.process.until(lambda: reports(ours.process), "a report")
    report = reports(ours.process)[0]
    must("limits", (report["record_size_limit"], report["peer_record_size_limit"]), (limit, 1000))
    within(tap, "client", limit, CBC if suite else GCM)


def serve_gnutls_page(stage):
    """A page of more than 1000 bytes to a client that takes 1000."""
    ours = Serve(stage, mode="--http")
    tap = stage.keep(Tap(ours.port))
    client = gnutls.client(stage, tap.port, "--recordsize", 1000, stdin="pipe")
    client.write(web.REQUEST)
    client.says("</html>")
    report = one(ours.finish(expected=None))  # gnutls-cli leaves without close_notify
    must("limits", (report["record_size_limit"], report["peer_record_size_limit"]), (16384, 1000))
    within(tap, "server", 1000)


def both_with_gnutls(stage):
    """RFC 8449 5: a server that knows both answers record_size_limit alone."""
    server = gnutls.server(stage)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--record-size-limit", 700, "--max-fragment", 512, stdin="pipe")
    echoed(ours)
    agreed(one(ours.finish()), record_size_limit=700, max_fragment=None)
    must("max_fragment_length answered", MAX_FRAGMENT_LENGTH in tap.agreed_extensions(), False)


def connect_nss(stage):
    server = nss.server(stage)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--record-size-limit", 100, "--resume", stdin=web.REQUEST)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, record_size_limit=100, peer_record_size_limit=16384)
    within(tap, "server", 100)


def serve_nss(stage):
    ours = Serve(stage, "--record-size-limit", 64, mode="--http")
    tap = stage.keep(Tap(ours.port))
    request = b"GET / HTTP/1.0\r\nX-Long: " + b"x" * 500 + b"\r\n\r\n"
    client = nss.client(stage, tap.port, stdin=request)
    must("exit of tstclnt", client.wait(), 0)
    agreed(one(ours.finish()), record_size_limit=64, peer_record_size_limit=16384)
    within(tap, "client", 64)


def unknown_to_openssl(stage):
    """OpenSSL 3.0 knows no record_size_limit: nothing is agreed, and nothing breaks."""
    server = openssl.server(stage)
    ours = Connect(stage, server.port, "--record-size-limit", 64, stdin="pipe")
    echoed(ours, b"short\n", reverse=True)
    agreed(one(ours.finish()), record_size_limit=None, peer_record_size_limit=None)


# ---- padding and GREASE ----


def exercised(start, alpn, request, answer, stage):
    server = start(stage)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--grease", "--padding", *alpn, stdin="pipe")
    ours.ask(request, answer)
    agreed(one(ours.finish()))
    hello = next(direction.hello for who, direction in tap.directions if who == "client")
    must("bytes of ClientHello", len(hello), 512)


def botan_server(stage):
    return botan.server(stage, next(each for each in COMBINATIONS if botan.knows(each)), count=1)


def cases():
    found = []
    for length in (512, 1024, 2048, 4096):
        found.append(("OpenSSL", "client", f"max_fragment_length {length}, full and resumed", partial(connect_max_fragment, length)))
        found.append(("OpenSSL", "server", f"max_fragment_length {length}, full and resumed", partial(serve_max_fragment, length, None)))
    for limit in (64, 512, 5000):
        found.append(("GnuTLS", "client", f"record_size_limit {limit}, full and resumed", partial(connect_gnutls, limit)))
    found += [
        ("OpenSSL", "server", "max_fragment_length 512 with CBC", partial(serve_max_fragment, 512, "ECDHE-ECDSA-AES128-SHA256")),
        ("OpenSSL", "server", "max_fragment_length, another one on resumption", serve_another_length),
        ("mbed TLS", "client", "max_fragment_length 1024, full and resumed", connect_mbed),
        ("mbed TLS", "server", "max_fragment_length 4096, full and resumed", serve_mbed),
        ("lighttpd mod_wolfssl", "client", "max_fragment_length 512", connect_wolfssl),
        ("GnuTLS", "server", "record_size_limit 600", partial(serve_gnutls, 600, None)),
        ("GnuTLS", "server", "record_size_limit 520, with CBC", partial(serve_gnutls, 520, CBC_SUITE)),
        ("GnuTLS", "server", "a page to a client with record_size_limit 1000", serve_gnutls_page),
        ("GnuTLS", "client", "record_size_limit goes before max_fragment_length", both_with_gnutls),
        ("NSS", "client", "record_size_limit 100, full and resumed", connect_nss),
        ("NSS", "server", "record_size_limit 64", serve_nss),
        ("OpenSSL", "client", "record_size_limit, which it does not know", unknown_to_openssl),
    ]
    line, back = b"a line of payload\n", b"daolyap fo enil a"
    alpn = ["--alpn", "http/1.1"]
    for peer, start, more, request, answer in [
        ("OpenSSL", openssl.server, alpn, line, back),
        ("GnuTLS", gnutls.server, alpn, line, line.strip()),
        ("NSS", nss.server, alpn, web.REQUEST, b"HTTP/1.0 200 OK"),
        ("Botan", botan_server, [], line, line.strip()),  # it answers any ALPN with a protocol of its own
        *[(f"lighttpd mod_{module}", partial(web.lighttpd, module=module), alpn, web.REQUEST, b"200 OK")
          for module in web.LIGHTTPD_MODULES],
    ]:  # fmt: skip
        found.append((peer, "client", "GREASE, and padding to 512 bytes", partial(exercised, start, more, request, answer)))
    return [Case(peer, role, "records", what, play) for peer, role, what, play in found]
