# SPDX-License-Identifier: MIT
"""Finite fields (RFC 7919), encrypt-then-MAC by policy (RFC 7366), anonymity, certificates that only agree."""

from functools import partial

from cases import LINE, Case
from cases.handshakes import full_then_resumed
from cases.refusals_connect import reported
from cases.suites import priority, same_form
from handfast import TLS_FAILED, USAGE, Connect, Serve, agreed, exact, identity, in_turn, must, must_say, one
from peers import gnutls, openssl
from vocabulary import EVERY_SUITE, FIELDS, combination_of
from wire import Tap

DHE = next(suite for suite in EVERY_SUITE if suite.iana == "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")
ECDHE = next(suite for suite in EVERY_SUITE if suite.iana == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
CBC = next(suite for suite in EVERY_SUITE if suite.iana == "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")
FIXED = [suite for suite in EVERY_SUITE if suite.kx_name.startswith("ECDH_") and suite.cert and "128_GCM" in suite.iana]


def by(*words):
    return f"NONE:+VERS-TLS1.2:+COMP-NULL:+CTYPE-ALL:+AEAD:+AES-128-GCM:+SIGN-ALL:%NO_TICKETS:{':'.join(words)}"


def ours(suites, *groups):
    return ["--suites", ",".join(suite.iana for suite in suites), "--groups", ",".join(groups)]


# ---- finite fields ----


def named_openssl_server(field, stage):
    each = combination_of(DHE, field)
    server = openssl.server(stage, cert="server-rsa", combination=each, count=2, field=field)
    full_then_resumed(Connect(stage, server.port, "--resume", *exact(each), stdin=LINE).finish(), each)


def named_openssl_client(field, stage):
    """It lists no finite field in TLS 1.2: the server's own choice (RFC 7919 4)."""
    each = combination_of(DHE, field)
    served = Serve(stage, *exact(each, server=True), certs=["server-rsa"])
    client = openssl.client(stage, served.port, combination=each, stdin="pipe")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    agreed(one(served.finish()), each)
    must_say("s_client", client.text, f"Server Temp Key: DH, {field.removeprefix('ffdhe')} bits")


def named_gnutls_server(field, stage):
    each = combination_of(DHE, field)
    server = gnutls.server(stage, cert="server-rsa", priority=priority(each, None))
    full_then_resumed(Connect(stage, server.port, "--resume", *exact(each), stdin=LINE).finish(), each)


def named_gnutls_client(field, stage):
    each = combination_of(DHE, field)
    served = Serve(stage, *ours([DHE], *(group.iana for group in FIELDS)), certs=["server-rsa"])
    client = gnutls.client(stage, served.port, priority=priority(each, None), stdin=LINE)
    must("exit of gnutls-cli", client.wait(), 0)
    agreed(one(served.finish()), suite=DHE.iana, group=field)


def other_field(field, stage):
    """The client's list has named groups; a server older than RFC 7919 sends what it has."""
    server = openssl.server(stage, cert="server-rsa", combination=combination_of(DHE), field=field, count=2)
    client = Connect(stage, server.port, "--resume", *ours([DHE], "ffdhe2048"), stdin=LINE)
    for report in in_turn(client.finish(), False, True):
        agreed(report, suite=DHE.iana)
    must("payload, reversed by s_server", client.process.stdout.strip(), LINE.strip()[::-1])


def weak_field(stage):
    server = openssl.server(stage, cert="server-rsa", combination=combination_of(DHE), field="other-1024")
    tap = stage.keep(Tap(server.port))
    client = Connect(stage, tap.port, *ours([DHE], "ffdhe2048"), stdin=LINE)
    reported(client.finish(TLS_FAILED), "insufficient_security", "sent")
    tap.saw("client", "insufficient_security")


def no_field_in_common(stage):
    served = Serve(stage, *ours([DHE], "ffdhe2048"), certs=["server-rsa"])
    tap = stage.keep(Tap(served.port))
    gnutls.client(stage, tap.port, priority=by("+DHE-RSA", "+GROUP-FFDHE3072"), stdin=LINE).wait()
    reported(served.finish(TLS_FAILED), "insufficient_security", "sent")
    tap.saw("server", "insufficient_security")


def no_field_listed(stage):
    """A client without finite fields in its list, a server without any: nothing is weak, nothing fits."""
    served = Serve(stage, *ours([DHE, ECDHE], "x25519"), certs=["server-rsa"])
    tap = stage.keep(Tap(served.port))
    openssl.client(stage, tap.port, "-cipher", DHE.openssl, stdin=LINE).wait()
    reported(served.finish(TLS_FAILED), "handshake_failure", "sent")
    tap.saw("server", "handshake_failure")


def another_suite_instead(stage):
    served = Serve(stage, *ours([DHE, ECDHE], "ffdhe2048", "x25519"), certs=["server-rsa"])
    words = by("+DHE-RSA", "+ECDHE-RSA", "+GROUP-FFDHE3072", "+GROUP-X25519")
    gnutls.client(stage, served.port, priority=words, stdin=LINE).wait()
    agreed(one(served.finish()), suite=ECDHE.iana, group="x25519")


def server_lacks_our_field(stage):
    """GnuTLS refuses, or it would have to choose a group we did not list."""
    server = gnutls.server(stage, cert="server-rsa", priority=by("+DHE-RSA", "+GROUP-FFDHE2048"))
    tap = stage.keep(Tap(server.port))
    client = Connect(stage, tap.port, *ours([DHE], "ffdhe3072"), stdin=LINE)
    report = one(client.finish(TLS_FAILED))
    must("alert received", report.get("alert_direction"), "received")
    tap.saw("server", "insufficient_security", "handshake_failure")


# ---- encrypt-then-MAC ----


def required_connect(etm, stage):
    server = openssl.server(stage, *([] if etm else ["-no_etm"]), cert="server-rsa", combination=combination_of(CBC))
    tap = stage.keep(Tap(server.port))
    client = Connect(stage, tap.port, *exact(combination_of(CBC)), "--require-etm", stdin=LINE)
    if etm:
        agreed(one(client.finish()), suite=CBC.iana)
        same_form(tap, CBC, True)
    else:
        reported(client.finish(TLS_FAILED), "handshake_failure", "sent")
        tap.saw("client", "handshake_failure")


def required_serve(etm, stage):
    served = Serve(stage, *ours([CBC], "x25519"), "--require-etm", certs=["server-rsa"])
    tap = stage.keep(Tap(served.port))
    words = by("+ECDHE-RSA", "+AES-128-CBC", "+SHA256", "+GROUP-X25519", *([] if etm else ["%NO_ETM"]))
    gnutls.client(stage, tap.port, priority=words, stdin=LINE).wait()
    if etm:
        agreed(one(served.finish()), suite=CBC.iana)
        same_form(tap, CBC, True)
    else:
        reported(served.finish(TLS_FAILED), "handshake_failure", "sent")
        tap.saw("server", "handshake_failure")


def no_reversal(stage):
    """Required, and the peer lacks it: another suite, if there is one that is not CBC."""
    served = Serve(stage, *ours([CBC, ECDHE], "x25519"), "--require-etm", certs=["server-rsa"])
    words = by("+ECDHE-RSA", "+AES-128-CBC", "+SHA256", "+GROUP-X25519", "%NO_ETM")
    gnutls.client(stage, served.port, priority=words, stdin=LINE).wait()
    agreed(one(served.finish()), suite=ECDHE.iana)


# ---- policies and certificates that only agree ----


def under_policy(name, suite, stage):
    served = Serve(stage, "--policy", name, certs=["server-rsa"])
    client = openssl.client(stage, served.port, "-cipher", f"{suite}:@SECLEVEL=0", "-nocommands", stdin="pipe")
    if name == "default":
        client.wait()
        reported(served.finish(TLS_FAILED), "handshake_failure", "sent")
    else:
        client.write(LINE)
        client.says(LINE.decode())
        client.close_stdin()
        agreed(one(served.finish()))
        must_say("s_client", client.text, f"Cipher is {suite}")


def anonymous_unless_named(name, stage):
    """`compat` and `default` never; an explicit list names it."""
    server = openssl.server(stage, "-cipher", "aNULL:@SECLEVEL=0", cert=None, field="ffdhe2048")
    tap = stage.keep(Tap(server.port))
    client = Connect(stage, tap.port, "--policy", name, stdin=LINE)
    if name == "all":
        agreed(one(client.finish()), peer_verified=False)
    else:
        reported(client.finish(TLS_FAILED), "handshake_failure", "received")
        tap.saw("server", "handshake_failure")


def fixed_client(suite, key, stage):
    """RFC 4492 3.2, 3.3: the client's certificate agrees with the server's and nothing is signed. No peer has it."""
    served = Serve(stage, "--policy", "all", *ours([suite], "secp256r1"), certs=[suite.cert], auth="require", count=2)
    tap = stage.keep(Tap(served.port))
    client = Connect(
        stage, tap.port, "--policy", "all", *ours([suite], "secp256r1"), *identity(stage, key), "--resume", stdin=LINE
    )
    in_turn(client.finish(), False, True)
    must("payload", client.process.stdout, LINE)
    for report in in_turn(served.finish(), False, True):
        agreed(report, suite=suite.iana, peer_verified=True, peer_subject=f"CN={key}", client_scheme=None)


def signing_client(suite, stage):
    """A client certificate that signs is as good with a fixed server key."""
    served = Serve(stage, "--policy", "all", *ours([suite], "secp256r1"), certs=[suite.cert], auth="require")
    client = Connect(
        stage, served.port, "--policy", "all", *ours([suite], "secp256r1"), *identity(stage, "client-p256"), stdin=LINE
    )
    client.finish()
    agreed(one(served.finish()), suite=suite.iana, peer_verified=True, client_scheme="ecdsa_secp256r1_sha256")


def wrong_use(cert, suite, stage):
    """A key that may only sign does not agree, nor does one with the other signature: said before anybody connects."""
    argv = [stage.program, "serve", "127.0.0.1:0", *ours([suite], "secp256r1"), *identity(stage, cert)]
    refused = stage.run("serve", argv)
    must("exit of handfast serve", refused.child.returncode, USAGE)
    must_say("handfast serve", refused.text, "no cipher suite of the list can be served")


def field_cases():
    for group in FIELDS:
        for peer, role, play in [
            ("OpenSSL", "client", named_openssl_server), ("OpenSSL", "server", named_openssl_client),
            ("GnuTLS", "client", named_gnutls_server), ("GnuTLS", "server", named_gnutls_client),
        ]:  # fmt: skip
            yield Case(peer, role, "finite fields", group.iana, partial(play, group.iana))
    for field in ("modp_2048", "modp_3072", "other-2048"):
        yield Case("OpenSSL", "client", "finite fields", f"accepts {field}", partial(other_field, field))
    for peer, role, what, play in [
        ("OpenSSL", "client", "refuses a field of 1024 bits", weak_field),
        ("GnuTLS", "server", "none of the client's, nothing else", no_field_in_common),
        ("GnuTLS", "server", "none of the client's, another suite", another_suite_instead),
        ("GnuTLS", "client", "the server has none of ours", server_lacks_our_field),
        ("OpenSSL", "server", "none listed, none served", no_field_listed),
    ]:
        yield Case(peer, role, "finite fields", what, play)


def static_cases():
    for suite in FIXED:
        for key in ("client-ecdh-ecdsa", "client-ecdh-rsa"):
            yield Case("handfast", "both", "ECDH", f"{suite.iana}, fixed {key}", partial(fixed_client, suite, key))
        yield Case("handfast", "both", "ECDH", f"{suite.iana}, client-p256 signs", partial(signing_client, suite))
    for cert, suite in [("server-p256", FIXED[0]), ("server-ecdh-rsa", FIXED[0]), ("server-ecdh-ecdsa", FIXED[1])]:
        what = f"{suite.iana}, {cert} does not serve"
        yield Case("handfast", "both", "ECDH", what, partial(wrong_use, cert, suite))


def cases():
    found = list(field_cases())
    for etm in (True, False):
        what = f"CBC under --require-etm, the peer {'has' if etm else 'lacks'} it"
        found.append(Case("OpenSSL", "client", "policies", what, partial(required_connect, etm)))
        found.append(Case("GnuTLS", "server", "policies", what, partial(required_serve, etm)))
    found.append(Case("GnuTLS", "server", "policies", "--require-etm, the peer lacks it, AEAD instead", no_reversal))
    for name, suite in [
        ("default", "AES128-SHA"), ("compat", "AES128-SHA"), ("default", "ECDHE-RSA-AES128-SHA"),
        ("compat", "ECDHE-RSA-AES128-SHA"), ("all", "AES256-CCM8"), ("all", "ADH-AES128-SHA"),
    ]:  # fmt: skip
        found.append(Case("OpenSSL", "server", "policies", f"{name}, {suite}", partial(under_policy, name, suite)))
    for name in ("default", "compat", "all"):
        play = partial(anonymous_unless_named, name)
        found.append(Case("OpenSSL", "client", "policies", f"{name}, an anonymous server", play))
    return [*found, *static_cases()]
