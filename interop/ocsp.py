# SPDX-License-Identifier: MIT
"""OCSP responses of one run, by `openssl ocsp`: what a CA's responder would answer about the certificates of pki.py."""

WEEK = 7
RESPONDER = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={}\nsubjectKeyIdentifier=hash\n"


def make_all(pki):
    """pki.ocsp("NAME") for each NAME below; the first word is what it is for."""
    pki.leaf("server-must-staple", "server", extra="tlsfeature=status_request\n")
    for name, signer, purpose in (
        ("responder", "intermediate", "OCSPSigning"), ("no-responder", "intermediate", "serverAuth"),
        ("other-responder", "other", "OCSPSigning"),
    ):  # fmt: skip
        pki.new_key(name, "p256")
        pki.sign(name, signer, RESPONDER.format(purpose))
    for name, leaf, state, by in (
        ("good", "server-p256", "V", "intermediate"), ("good-rsa", "server-rsa", "V", "intermediate"),
        ("good-must-staple", "server-must-staple", "V", "intermediate"), ("revoked", "server-p256", "R", "intermediate"),
        ("unknown", "server-p256", None, "intermediate"), ("delegated", "server-p256", "V", "responder"),
        ("not-a-responder", "server-p256", "V", "no-responder"), ("foreign-responder", "server-p256", "V", "other-responder"),
        ("wrong-issuer", "server-p256", "V", "other"), ("another", "second-p256", "V", "intermediate"),
    ):  # fmt: skip
        answer(pki, name, leaf, "intermediate", state, by)
    answer(pki, "intermediate-good", "intermediate", "root", "V", "root")
    answer(pki, "intermediate-revoked", "intermediate", "root", "R", "root")
    expire(pki, "expired", "good", "intermediate")


def answer(pki, name, leaf, issuer, state, by):
    """state: V(alid), R(evoked) or None, which the responder knows nothing of."""
    serial = pki.command("openssl", "x509", "-in", pki.at(leaf + ".crt"), "-noout", "-serial").decode().strip().split("=")[1]
    revoked = "240601000000Z,keyCompromise" if state == "R" else ""
    index = pki.put(name + ".index", f"{state}\t491231235959Z\t{revoked}\t{serial}\tunknown\t/CN={leaf}\n" if state else "")
    pki.command(
        "openssl", "ocsp", "-index", index, "-CA", pki.at(issuer + ".crt"), "-rsigner", pki.at(by + ".crt"),
        "-rkey", pki.key(by), "-issuer", pki.at(issuer + ".crt"), "-cert", pki.at(leaf + ".crt"), "-no_nonce",
        "-ndays", WEEK, "-noverify", "-respout", pki.ocsp(name),
    )  # fmt: skip


# ---- a response of last year: openssl ocsp speaks of now alone, so its times are changed and it is signed again ----
def element(octets, at=0):
    """(where the content begins, where the element ends)."""
    length, begin = octets[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        length, begin = int.from_bytes(octets[begin : begin + count], "big"), begin + count
    return begin, begin + length


def der(tag, content):
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 + (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + head + content


def expire(pki, name, source, by):
    with open(pki.ocsp(source), "rb") as file:
        whole = file.read()
    at = whole.index(bytes.fromhex("06092b0601050507300101")) + 11  # id-pkix-ocsp-basic, then an OCTET STRING
    basic = whole[element(whole, at)[0] : element(whole, at)[1]]
    begin = element(basic)[0]
    tbs_end = element(basic, begin)[1]
    algorithm_end = element(basic, tbs_end)[1]
    tbs, year = bytearray(basic[begin:tbs_end]), b"2024"
    for place in range(len(tbs) - 16):
        if tbs[place : place + 2] == b"\x18\x0f" and tbs[place + 16 : place + 17] == b"Z":  # GeneralizedTime
            tbs[place + 2 : place + 6] = year
    with open(pki.at(name + ".tbs"), "wb") as file:
        file.write(tbs)
    signature = pki.command("openssl", "dgst", "-sha256", "-sign", pki.key(by), pki.at(name + ".tbs"))
    made = der(0x30, bytes(tbs) + basic[tbs_end:algorithm_end] + der(0x03, b"\0" + signature))
    inner = der(0x30, bytes.fromhex("06092b0601050507300101") + der(0x04, made))
    with open(pki.ocsp(name), "wb") as file:
        file.write(der(0x30, b"\x0a\x01\x00" + der(0xA0, inner)))
