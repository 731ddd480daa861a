# SPDX-License-Identifier: MIT
"""The suites that `default` leaves out: each in both roles, full and resumed, CBC in both forms of its MAC."""

from functools import partial

from cases import Case
from cases.handshakes import LINE, full_then_resumed
from handfast import Connect, Serve, agreed, exact, must, must_say
from cases.stacks import connect_to_botan, connect_to_lighttpd, connect_to_nss, serve_botan, serve_nss
from peers import botan, gnutls, mbedtls, openssl
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


def certs(suite):
    return [suite.cert] if suite.cert else []


def connect_to_openssl(suite, etm, stage):
    each = combination_of(suite)
    server = openssl.server(
        stage, *(["-no_etm"] if etm is False else []), cert=suite.cert, combination=each, count=2,
        field="ffdhe2048" if suite.kx_name.startswith("DH") else None,
    )  # fmt: skip
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--resume", *exact(each), stdin=LINE)
    full_then_resumed(ours.finish(), each, peer_verified=suite.auth != "anon")
    must("payload, reversed by s_server", ours.process.stdout.strip(), LINE.strip()[::-1])
    must("exit of s_server", server.wait(5), 0)
    must_say("s_server", server.text, f"Ciphersuite: {suite.openssl}")
    same_form(tap, suite, etm)


def serve_openssl(suite, etm, stage):
    each = combination_of(suite)
    ours = Serve(stage, *exact(each, server=True), certs=certs(suite), count=1 + RECONNECTS)
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(
        stage, tap.port, "-reconnect", *(["-no_etm"] if etm is False else []), combination=each, stdin="pipe"
    )
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of s_client", client.wait(), 0)
    full_then_resumed(ours.finish(), each, 1 + RECONNECTS, peer_verified=False)
    must("connections s_client reused", client.text.count("\nReused, "), RECONNECTS)
    must_say("s_client", client.text, f"Cipher is {suite.openssl}")
    same_form(tap, suite, etm)


def priority(each, etm):
    """GnuTLS's names of a combination, with every signature scheme."""
    return gnutls.priority(each, schemes=False) + (":%NO_ETM" if etm is False else "")


def connect_to_gnutls(suite, etm, stage, group=None):
    each = combination_of(suite, group)
    server = gnutls.server(stage, cert=suite.cert, priority=priority(each, etm))
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, "--resume", *exact(each), stdin=LINE)
    full_then_resumed(ours.finish(), each, peer_verified=suite.auth != "anon")
    must("payload, echoed by gnutls-serv", ours.process.stdout, LINE)
    must_say("gnutls-serv", server.text, "This is a resumed session")
    same_form(tap, suite, etm)


def serve_gnutls(suite, etm, stage, group=None):
    each = combination_of(suite, group)
    ours = Serve(stage, *exact(each, server=True), certs=certs(suite), count=2)
    tap = stage.keep(Tap(ours.port))
    client = gnutls.client(stage, tap.port, "--resume", priority=priority(each, etm), stdin="pipe")
    client.says("This is a resumed session")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of gnutls-cli", client.wait(), 0)
    full_then_resumed(ours.finish(), each, peer_verified=False)
    same_form(tap, suite, etm)


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
    must("suites of `handfast list` that are not played", sorted(served - {suite.iana for suite in EVERY_SUITE}), [])
    must("suites that `handfast list` lacks", sorted({suite.iana for suite in EVERY_SUITE} - served), [])


def with_form(suite, etm):
    return suite.iana + {True: ", encrypt-then-MAC", False: ", MAC-then-encrypt", None: ""}[etm]


def static_or_not(kx):
    return kx.iana.startswith("ECDH_")


def mbedtls_cases():
    for kx in KEY_EXCHANGES:
        suites = [suite for suite in EVERY_SUITE if suite.kx == kx and "CHACHA" not in suite.iana]
        if kx.cert:
            for etm in (True, False):
                of_form = [suite for suite in suites if suite.cbc or etm]
                for role, play in (("client", connect_to_mbedtls), ("server", serve_mbedtls)):
                    for some in ([each] for each in of_form) if static_or_not(kx) else (of_form,):
                        what = with_form(some[0], etm) if len(some) == 1 else f"{len(some)} suites, {'with' if etm else 'no'} encrypt_then_mac"
                        yield Case("mbed TLS", role, feature(some[0]), what, partial(play, some, etm))


def of_default_too(kx):
    return kx.iana in ("ECDHE_ECDSA", "ECDHE_RSA")


def others_cases():
    """NSS has no encrypt-then-MAC and no CCM, Botan no anonymous suites; lighttpd as its libraries were built."""
    for suite in BROAD:
        each = combination_of(suite, "secp256r1" if suite.kx_name == "ECDHE_ECDSA" else None)
        if suite.kx.botan:
            yield Case("Botan", "client", feature(suite), str(each), partial(connect_to_botan, each))
            yield Case("Botan", "server", feature(suite), str(each), partial(serve_botan, each))
            if "CCM" not in suite.iana:
                yield Case("NSS", "client", feature(suite), str(each), partial(connect_to_nss, each, suite.kx_name == "RSA"))
                yield Case("NSS", "server", feature(suite), str(each), partial(serve_nss, each, suite.kx_name == "RSA"))


def cases():
    found = [Case("handfast", "client", "suites", "all of them are played", every_suite_is_known)]
    for suite in BROAD:
        for etm in forms(suite):
            for peer, role, play in PLAYS:
                if not static_or_not(suite.kx):
                    found.append(Case(peer, role, feature(suite), with_form(suite, etm), partial(play, suite, etm)))
    return [*found, *mbedtls_cases(), *others_cases()]


PLAYS = [
    ("OpenSSL", "client", connect_to_openssl),
    ("OpenSSL", "server", serve_openssl),
    ("GnuTLS", "client", connect_to_gnutls),
    ("GnuTLS", "server", serve_gnutls),
]
