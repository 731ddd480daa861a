# SPDX-License-Identifier: MIT
"""The suites that `default` leaves out: each in both roles, full and resumed, CBC in both forms of its MAC."""

from functools import partial

from cases import LINE, Case, tls13
from cases.handshakes import client_identity, full_then_resumed
from handfast import Connect, Serve, agreed, exact, must, must_say
from cases.stacks import connect_to_botan, connect_to_nss, serve_botan, serve_nss
from peers import gnutls, mbedtls, nss, openssl, web
from vocabulary import EVERY_SUITE, KEY_EXCHANGES, SUITES, combination_of
from wire import Tap

RECONNECTS = 5  # s_client -reconnect
ENCRYPT_THEN_MAC = 22
DEFAULT = {suite.iana for suite in SUITES}
BROAD = [suite for suite in EVERY_SUITE if suite.iana not in DEFAULT]


def feature(suite):
    return "anon" if suite.auth == "anon" else suite.kx_name.split("_")[0]


def forms(suite):
    """CBC: whether the peer has encrypt_then_mac; AEAD has nothing to ask."""
    return (True, False) if suite.cbc else (None,)


def same_form(tap, suite, etm):
    """RFC 7366 2: agreed with a CBC suite and never with another."""
    must("encrypt_then_mac in the ServerHello", ENCRYPT_THEN_MAC in tap.agreed_extensions(), bool(suite.cbc and etm))


def client_name(each, mutual):
    return f"client-{each.kind.key}" if mutual else None


def certs(suite):
    return [suite.cert] if suite.cert else []


def connect_to_openssl(suite, etm, stage, mutual=False):
    each = combination_of(suite)
    server = openssl.server(
        stage, *(["-no_etm"] if etm is False else []), cert=suite.cert, combination=each, count=2,
        field="ffdhe2048" if suite.kx_name.startswith("DH") else None, auth="require" if mutual else "none",
    )  # fmt: skip
    tap = stage.keep(Tap(server.port))
    options = [*exact(each), *client_identity(stage, each, mutual)]
    ours = Connect(stage, tap.port, "--resume", *options, stdin=LINE)
    full_then_resumed(ours.finish(), each, peer_verified=suite.auth != "anon")
    must("payload, reversed by s_server", ours.process.stdout.strip(), LINE.strip()[::-1])
    must("exit of s_server", server.wait(5), 0)
    must_say("s_server", server.text, f"Ciphersuite: {suite.openssl}")
    same_form(tap, suite, etm)


def serve_openssl(suite, etm, stage, mutual=False):
    each = combination_of(suite)
    ours = Serve(
        stage, *exact(each, server=not mutual), certs=certs(suite), count=1 + RECONNECTS,
        auth="require" if mutual else "none",
    )  # fmt: skip
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(
        stage, tap.port, "-reconnect", *(["-no_etm"] if etm is False else []), combination=each, stdin="pipe",
        cert=client_name(each, mutual),
    )  # fmt: skip
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of s_client", client.wait(), 0)
    full_then_resumed(ours.finish(), each, 1 + RECONNECTS, peer_verified=mutual)
    must("connections s_client reused", client.text.count("\nReused, "), RECONNECTS)
    must_say("s_client", client.text, f"Cipher is {suite.openssl}")
    same_form(tap, suite, etm)


def priority(each, etm):
    """GnuTLS's names of a combination, with every signature scheme."""
    return gnutls.priority(each, schemes=False) + (":%NO_ETM" if etm is False else "")


def connect_to_gnutls(suite, etm, stage, mutual=False):
    each = combination_of(suite)
    server = gnutls.server(
        stage, cert=suite.cert, priority=priority(each, etm), auth="require" if mutual else "none"
    )
    tap = stage.keep(Tap(server.port))
    options = [*exact(each), *client_identity(stage, each, mutual)]
    ours = Connect(stage, tap.port, "--resume", *options, stdin=LINE)
    full_then_resumed(ours.finish(), each, peer_verified=suite.auth != "anon")
    must("payload, echoed by gnutls-serv", ours.process.stdout, LINE)
    must_say("gnutls-serv", server.text, "This is a resumed session")
    same_form(tap, suite, etm)


def serve_gnutls(suite, etm, stage, mutual=False):
    each = combination_of(suite)
    ours = Serve(
        stage, *exact(each, server=not mutual), certs=certs(suite), count=2, auth="require" if mutual else "none"
    )
    tap = stage.keep(Tap(ours.port))
    client = gnutls.client(
        stage, tap.port, "--resume", priority=priority(each, etm), cert=client_name(each, mutual), stdin="pipe"
    )
    client.says("This is a resumed session")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of gnutls-cli", client.wait(), 0)
    full_then_resumed(ours.finish(), each, peer_verified=mutual)
    same_form(tap, suite, etm)


def connect_to_nss_static(suite, stage):
    each = combination_of(suite)
    server = nss.server(stage, cert=f"{suite.cert}-nss", combination=each)
    client = Connect(stage, server.port, "--resume", *exact(each), stdin=web.REQUEST)
    full_then_resumed(client.finish(), each, peer_verified=True)
    must_say("the answer of selfserv", client.process.stdout.decode(), "HTTP/1.0 200 OK")


def serve_nss_static(suite, stage):
    each = combination_of(suite)
    ours = Serve(stage, *exact(each, server=True), certs=certs(suite), mode="--http")
    client = nss.client(stage, ours.port, combination=each, stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    must_say("tstclnt", client.text, " 200 ")
    full_then_resumed(ours.finish(), each, 1, peer_verified=False)


def connect_to_wolfssl(suites, stage):
    """One lighttpd for all of them; the client chooses. It keeps no sessions."""
    server = web.lighttpd(stage, "wolfssl", suites[0].kx.cert, suites=suites)
    for suite in suites:
        ours = Connect(stage, server.port, "--policy", "all", "--suites", suite.iana, stdin=web.REQUEST)
        for report in ours.finish():
            agreed(report, suite=suite.iana, peer_verified=True, resumed=False)
        must_say("the answer of lighttpd", ours.process.stdout.decode(), "200 OK", web.PAGE)


def connect_to_mbedtls(suites, etm, stage):
    """One server for all suites of a key exchange; the client chooses."""
    server = mbedtls.server(stage, suites[0].cert, suites, 2 * len(suites), *(["no-etm"] if etm is False else []))
    tap = stage.keep(Tap(server.port))
    for suite in suites:
        ours = Connect(
            stage, tap.port, "--resume", "--suites", suite.iana, "--groups", "secp256r1,ffdhe2048", stdin=LINE
        )
        for report in resumed_once(ours.finish()):
            agreed(report, suite=suite.iana, peer_verified=True)
        must("payload, echoed by mbed TLS", ours.process.stdout, LINE)
        same_form(tap, suite, etm)
    must("exit of mbed", server.wait(5), 0)
    for suite in suites:
        must("connections mbed TLS agreed on", server.text.count(f"agreed on {mbed_name(suite)}\n"), 2)


def serve_mbedtls(suites, etm, stage):
    names = ",".join(suite.iana for suite in suites)
    ours = Serve(
        stage, "--suites", names, "--groups", "secp256r1,ffdhe2048", certs=certs(suites[0]), count=2 * len(suites)
    )
    tap = stage.keep(Tap(ours.port))
    client = mbedtls.client(stage, tap.port, suites, *(["no-etm"] if etm is False else []))
    must("exit of mbed", client.wait(), 0)
    found = ours.finish()
    for place, suite in enumerate(suites):
        for report in resumed_once(found[2 * place : 2 * place + 2]):
            agreed(report, suite=suite.iana)
        must("connections that echoed", client.text.count(f"agreed on {mbed_name(suite)} and echoed\n"), 2)
    same_form(tap, suites[-1], etm)


def resumed_once(found):
    must("resumed, connection by connection", [report.get("resumed") for report in found], [False, True])
    return found


def mbed_name(suite):
    return suite.iana.replace("_", "-")


def every_suite_is_known(stage):
    """A suite that handfast gains must be played here too."""
    told = stage.run("list", [stage.program, "list"]).stdout.decode().split("\n\n")[0]
    served = {line.split()[0] for line in told.splitlines() if line.endswith(" all")}  # the policy that has them all
    must("suites of `handfast list` that are not played", sorted(served - {suite.iana for suite in EVERY_SUITE} - set(tls13.SUITES)), [])
    must("suites that `handfast list` lacks", sorted({suite.iana for suite in EVERY_SUITE} - served), [])


def with_form(suite, etm):
    return suite.iana + {True: ", encrypt-then-MAC", False: ", MAC-then-encrypt", None: ""}[etm]


def is_static(kx):
    """Static ECDH, which OpenSSL, GnuTLS and Botan no longer have."""
    return kx.iana in ("ECDH_ECDSA", "ECDH_RSA")


def mbedtls_cases():
    """One case per suite of static ECDH, one per key exchange of the others."""
    for kx in KEY_EXCHANGES:
        suites = [suite for suite in EVERY_SUITE if suite.kx == kx and kx.cert]
        for etm in (True, False):
            some = [suite for suite in suites if suite.cbc or etm]
            for part in [[each] for each in some] if is_static(kx) else [some] if some else []:
                what = with_form(part[0], etm if part[0].cbc else None)
                if len(part) > 1:
                    what = f"{len(part)} suites of {kx.iana}, {'with' if etm else 'no'} encrypt_then_mac"
                for role, play in (("client", connect_to_mbedtls), ("server", serve_mbedtls)):
                    yield Case("mbed TLS", role, feature(part[0]), what, partial(play, part, etm))


def others_cases():
    """NSS has no encrypt-then-MAC and no CCM, Botan no anonymous suites; lighttpd as its libraries were built."""
    for suite in BROAD:
        each = combination_of(suite, "secp256r1" if suite.kx_name == "ECDHE_ECDSA" else None)
        if is_static(suite.kx) and suite.mac == "SHA-1":
            yield Case("NSS", "client", feature(suite), str(each), partial(connect_to_nss_static, suite))
            yield Case("NSS", "server", feature(suite), str(each), partial(serve_nss_static, suite))
        if suite.kx.botan:
            yield Case("Botan", "client", feature(suite), str(each), partial(connect_to_botan, each))
            yield Case("Botan", "server", feature(suite), str(each), partial(serve_botan, each))
            if "CCM" not in suite.iana:
                mutual = suite.kx_name == "RSA"
                yield Case("NSS", "client", feature(suite), str(each), partial(connect_to_nss, each, mutual))
                yield Case("NSS", "server", feature(suite), str(each), partial(serve_nss, each, mutual))


def wolfssl_cases():
    """Debian's wolfSSL has no RSA key transport, no static ECDH, no AES-256-CCM and no CCM with RSA certificates."""
    for kx in KEY_EXCHANGES:
        suites = [suite for suite in BROAD if suite.kx == kx and not suite.bulk.endswith("AES_256_CCM")]
        if kx.iana in ("ECDHE_RSA", "DHE_RSA"):
            suites = [suite for suite in suites if "CCM" not in suite.bulk]
        if kx.iana in ("ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA"):
            play = partial(connect_to_wolfssl, suites)
            yield Case("lighttpd mod_wolfssl", "client", feature(suites[0]), f"{len(suites)} suites of {kx.iana}", play)


def mutual_cases():
    """Client certificates with one suite of each key exchange that can ask for them."""
    for suite in BROAD:
        if suite.bulk == "AES_128_CBC_SHA256" and suite.kx.botan:
            for etm in forms(suite):
                for peer, role, play in PLAYS:
                    what = f"{with_form(suite, etm)}, client certificate"
                    yield Case(peer, role, feature(suite), what, partial(play, suite, etm, mutual=True))


def cases():
    found = [Case("handfast", "both", "suites", "all of them are played", every_suite_is_known)]
    for suite in BROAD:
        for etm in forms(suite):
            for peer, role, play in PLAYS:
                if not is_static(suite.kx):
                    found.append(Case(peer, role, feature(suite), with_form(suite, etm), partial(play, suite, etm)))
    return [*found, *mutual_cases(), *mbedtls_cases(), *others_cases(), *wolfssl_cases()]


PLAYS = [
    ("OpenSSL", "client", connect_to_openssl),
    ("OpenSSL", "server", serve_openssl),
    ("GnuTLS", "client", connect_to_gnutls),
    ("GnuTLS", "server", serve_gnutls),
]
