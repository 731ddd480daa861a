# SPDX-License-Identifier: MIT
"""Suites, groups, certificate types and alerts, and what each peer calls them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    iana: str
    auth: str  # "ecdsa" or "rsa"
    openssl: str
    gnutls: str  # key exchange and cipher for a priority string
    nss: str  # the number, as NSS takes it
    botan: str

    @property
    def kx_name(self):
        return self.iana.removeprefix("TLS_").split("_WITH_")[0]


SUITES = [
    Suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa", "ECDHE-ECDSA-AES128-GCM-SHA256",
          "+ECDHE-ECDSA:+AES-128-GCM", "C02B", "AES-128/GCM"),
    Suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdsa", "ECDHE-ECDSA-AES256-GCM-SHA384",
          "+ECDHE-ECDSA:+AES-256-GCM", "C02C", "AES-256/GCM"),
    Suite("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ecdsa", "ECDHE-ECDSA-CHACHA20-POLY1305",
          "+ECDHE-ECDSA:+CHACHA20-POLY1305", "CCA9", "ChaCha20Poly1305"),
    Suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa", "ECDHE-RSA-AES128-GCM-SHA256",
          "+ECDHE-RSA:+AES-128-GCM", "C02F", "AES-128/GCM"),
    Suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa", "ECDHE-RSA-AES256-GCM-SHA384",
          "+ECDHE-RSA:+AES-256-GCM", "C030", "AES-256/GCM"),
    Suite("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa", "ECDHE-RSA-CHACHA20-POLY1305",
          "+ECDHE-RSA:+CHACHA20-POLY1305", "CCA8", "ChaCha20Poly1305"),
]  # fmt: skip


@dataclass(frozen=True)
class KeyExchange:
    """What the first half of a suite's name stands for, and the suites it has, by number."""

    iana: str
    openssl: str  # what its names begin with
    gnutls: str
    botan: str  # empty: Botan has none of these
    cert: str  # of a server; empty: anonymous
    numbers: dict

    @property
    def auth(self):
        return {"p256": "ecdsa", "rsa": "rsa", "ecdh-ecdsa": "ecdsa", "ecdh-rsa": "rsa", "": "anon"}[self.cert]

BULKS = {  # what the second half stands for: OpenSSL, GnuTLS, Botan's cipher and its MAC
    "AES_128_GCM_SHA256": ("AES128-GCM-SHA256", "+AES-128-GCM:+AEAD", "AES-128/GCM", "AEAD"),
    "AES_256_GCM_SHA384": ("AES256-GCM-SHA384", "+AES-256-GCM:+AEAD", "AES-256/GCM", "AEAD"),
    "CHACHA20_POLY1305_SHA256": ("CHACHA20-POLY1305", "+CHACHA20-POLY1305:+AEAD", "ChaCha20Poly1305", "AEAD"),
    "AES_128_CCM": ("AES128-CCM", "+AES-128-CCM:+AEAD", "AES-128/CCM", "AEAD"),
    "AES_256_CCM": ("AES256-CCM", "+AES-256-CCM:+AEAD", "AES-256/CCM", "AEAD"),
    "AES_128_CCM_8": ("AES128-CCM8", "+AES-128-CCM-8:+AEAD", "AES-128/CCM(8)", "AEAD"),
    "AES_256_CCM_8": ("AES256-CCM8", "+AES-256-CCM-8:+AEAD", "AES-256/CCM(8)", "AEAD"),
    "AES_128_CBC_SHA": ("AES128-SHA", "+AES-128-CBC:+SHA1", "AES-128", "SHA-1"),
    "AES_256_CBC_SHA": ("AES256-SHA", "+AES-256-CBC:+SHA1", "AES-256", "SHA-1"),
    "AES_128_CBC_SHA256": ("AES128-SHA256", "+AES-128-CBC:+SHA256", "AES-128", "SHA-256"),
    "AES_256_CBC_SHA256": ("AES256-SHA256", "+AES-256-CBC:+SHA256", "AES-256", "SHA-256"),
    "AES_256_CBC_SHA384": ("AES256-SHA384", "+AES-256-CBC:+SHA384", "AES-256", "SHA-384"),
}


def numbers(**bulks):
    return {name: f"{number:04X}" for name, number in bulks.items()}


KEY_EXCHANGES = [
    KeyExchange("ECDHE_ECDSA", "ECDHE-ECDSA-", "+ECDHE-ECDSA", "ECDH", "p256", numbers(
        AES_128_GCM_SHA256=0xC02B, AES_256_GCM_SHA384=0xC02C, CHACHA20_POLY1305_SHA256=0xCCA9,
        AES_128_CCM=0xC0AC, AES_256_CCM=0xC0AD, AES_128_CCM_8=0xC0AE, AES_256_CCM_8=0xC0AF,
        AES_128_CBC_SHA=0xC009, AES_256_CBC_SHA=0xC00A, AES_128_CBC_SHA256=0xC023, AES_256_CBC_SHA384=0xC024)),
    KeyExchange("ECDHE_RSA", "ECDHE-RSA-", "+ECDHE-RSA", "ECDH", "rsa", numbers(
        AES_128_GCM_SHA256=0xC02F, AES_256_GCM_SHA384=0xC030, CHACHA20_POLY1305_SHA256=0xCCA8,
        AES_128_CBC_SHA=0xC013, AES_256_CBC_SHA=0xC014, AES_128_CBC_SHA256=0xC027, AES_256_CBC_SHA384=0xC028)),
    KeyExchange("DHE_RSA", "DHE-RSA-", "+DHE-RSA", "DH", "rsa", numbers(
        AES_128_GCM_SHA256=0x9E, AES_256_GCM_SHA384=0x9F, CHACHA20_POLY1305_SHA256=0xCCAA,
        AES_128_CCM=0xC09E, AES_256_CCM=0xC09F, AES_128_CCM_8=0xC0A2, AES_256_CCM_8=0xC0A3,
        AES_128_CBC_SHA=0x33, AES_256_CBC_SHA=0x39, AES_128_CBC_SHA256=0x67, AES_256_CBC_SHA256=0x6B)),
    KeyExchange("RSA", "", "+RSA", "RSA", "rsa", numbers(
        AES_128_GCM_SHA256=0x9C, AES_256_GCM_SHA384=0x9D,
        AES_128_CCM=0xC09C, AES_256_CCM=0xC09D, AES_128_CCM_8=0xC0A0, AES_256_CCM_8=0xC0A1,
        AES_128_CBC_SHA=0x2F, AES_256_CBC_SHA=0x35, AES_128_CBC_SHA256=0x3C, AES_256_CBC_SHA256=0x3D)),
    KeyExchange("ECDH_ECDSA", "", "", "", "ecdh-ecdsa", numbers(
        AES_128_GCM_SHA256=0xC02D, AES_256_GCM_SHA384=0xC02E, AES_128_CBC_SHA=0xC004, AES_256_CBC_SHA=0xC005,
        AES_128_CBC_SHA256=0xC025, AES_256_CBC_SHA384=0xC026)),
    KeyExchange("ECDH_RSA", "", "", "", "ecdh-rsa", numbers(
        AES_128_GCM_SHA256=0xC031, AES_256_GCM_SHA384=0xC032, AES_128_CBC_SHA=0xC00E, AES_256_CBC_SHA=0xC00F,
        AES_128_CBC_SHA256=0xC029, AES_256_CBC_SHA384=0xC02A)),
    KeyExchange("DH_anon", "ADH-", "+ANON-DH", "", "", numbers(
        AES_128_GCM_SHA256=0xA6, AES_256_GCM_SHA384=0xA7, AES_128_CBC_SHA=0x34, AES_256_CBC_SHA=0x3A,
        AES_128_CBC_SHA256=0x6C, AES_256_CBC_SHA256=0x6D)),
    KeyExchange("ECDH_anon", "AECDH-", "+ANON-ECDH", "", "", numbers(
        AES_128_CBC_SHA=0xC018, AES_256_CBC_SHA=0xC019)),
]  # fmt: skip


@dataclass(frozen=True)
class AnySuite(Suite):
    """One of all the suites there are, with its two halves."""

    kx: KeyExchange
    bulk: str

    @property
    def cbc(self):
        return "_CBC_" in self.bulk

    @property
    def mac(self):
        return BULKS[self.bulk][3]

    @property
    def cert(self):
        return f"server-{self.kx.cert}" if self.kx.cert else None


def suites_of(kx):
    for bulk, number in kx.numbers.items():
        openssl, gnutls, botan, _ = BULKS[bulk]
        names = kx.openssl + openssl, f"{kx.gnutls}:{gnutls}", number, botan
        yield AnySuite(f"TLS_{kx.iana}_WITH_{bulk}", kx.auth, *names, kx, bulk)


EVERY_SUITE = [suite for kx in KEY_EXCHANGES for suite in suites_of(kx)]


@dataclass(frozen=True)
class Group:
    iana: str
    number: int
    openssl: str
    gnutls: str
    nss: str  # empty: NSS has no such group
    botan: str


GROUPS = [
    Group("x25519", 29, "X25519", "GROUP-X25519", "x25519", "x25519"),
    Group("secp256r1", 23, "P-256", "GROUP-SECP256R1", "P256", "secp256r1"),
    Group("secp384r1", 24, "P-384", "GROUP-SECP384R1", "P384", "secp384r1"),
    Group("secp521r1", 25, "P-521", "GROUP-SECP521R1", "P521", "secp521r1"),
    Group("x448", 30, "X448", "GROUP-X448", "", ""),
]

FIELDS = [
    Group(f"ffdhe{bits}", 256 + place, f"ffdhe{bits}", f"GROUP-FFDHE{bits}", f"FF{bits}", f"ffdhe/ietf/{bits}")
    for place, bits in enumerate((2048, 3072, 4096, 6144, 8192))
]


@dataclass(frozen=True)
class Kind:
    """A certificate type together with the signature scheme its key is made to use."""

    name: str
    key: str  # which key of the PKI
    auth: str  # which suites it serves
    scheme: str
    number: int
    gnutls: str
    curve: str = ""  # the curve of the public key, which the client's groups must list (RFC 8422 5.3)


KINDS = [
    Kind("ecdsa-p256", "p256", "ecdsa", "ecdsa_secp256r1_sha256", 0x0403,
         "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256", "secp256r1"),
    Kind("ecdsa-p384", "p384", "ecdsa", "ecdsa_secp384r1_sha384", 0x0503,
         "+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384", "secp384r1"),
    Kind("ecdsa-p521", "p521", "ecdsa", "ecdsa_secp521r1_sha512", 0x0603,
         "+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-ECDSA-SHA512", "secp521r1"),
    Kind("ed25519", "ed25519", "ecdsa", "ed25519", 0x0807, "+SIGN-EDDSA-ED25519"),
    Kind("rsa-pkcs1", "rsa", "rsa", "rsa_pkcs1_sha256", 0x0401, "+SIGN-RSA-SHA256"),
    Kind("rsa-pss", "rsa", "rsa", "rsa_pss_rsae_sha256", 0x0804, "+SIGN-RSA-PSS-RSAE-SHA256"),
]  # fmt: skip

CHAIN_SCHEME = "ecdsa_secp256r1_sha256"  # what the authorities of pki.py sign with
CHAIN_CURVE = "secp256r1"

ALERTS = {
    "close_notify": 0, "unexpected_message": 10, "bad_record_mac": 20, "record_overflow": 22,
    "handshake_failure": 40, "bad_certificate": 42, "unsupported_certificate": 43,
    "certificate_expired": 45, "certificate_unknown": 46, "illegal_parameter": 47, "unknown_ca": 48,
    "access_denied": 49, "decode_error": 50, "decrypt_error": 51, "protocol_version": 70,
    "insufficient_security": 71, "internal_error": 80, "inappropriate_fallback": 86,
    "user_canceled": 90, "no_renegotiation": 100, "unsupported_extension": 110,
    "unrecognized_name": 112, "no_application_protocol": 120,
}  # fmt: skip
ALERT_NAMES = {number: name for name, number in ALERTS.items()}


@dataclass(frozen=True)
class Combination:
    """One point of suites × groups × certificate types."""

    suite: Suite
    group: Group
    kind: Kind

    def __str__(self):
        return f"{self.suite.iana} {self.group.iana} {self.kind.name}"

    @property
    def groups(self):
        """The group to agree on first, then the curves the certificates need."""
        names = [self.group.iana]
        names += [name for name in (self.kind.curve, CHAIN_CURVE) if name]
        return [next(group for group in (*GROUPS, *FIELDS) if group.iana == name) for name in dict.fromkeys(names)]

    @property
    def group_seen(self):
        """The group a report must name: RSA key transport has none."""
        return None if self.suite.kx_name == "RSA" else self.group.iana

    @property
    def scheme_seen(self):
        """What the server signed with, if the key exchange has it sign."""
        return self.kind.scheme if self.suite.kx_name.startswith(("DHE_", "ECDHE_")) else None

    @property
    def schemes(self):
        names = [self.kind.scheme]
        return names if CHAIN_SCHEME in names else [*names, CHAIN_SCHEME]


COMBINATIONS = [
    Combination(suite, group, kind)
    for suite in SUITES
    for group in GROUPS
    for kind in KINDS
    if kind.auth == suite.auth
]


def combination_of(suite, group=None):
    """A suite with the commonest group and certificate it can have."""
    usual = {"DH": "ffdhe2048", "DHE": "ffdhe2048", "ECDH": "secp256r1"}
    name = group or usual.get(suite.kx_name.split("_")[0], "x25519")
    kind = "rsa-pkcs1" if suite.kx_name in ("RSA", "DHE_RSA", "ECDHE_RSA") else "ecdsa-p256"
    return Combination(
        suite,
        next(each for each in (*GROUPS, *FIELDS) if each.iana == name),
        next(each for each in KINDS if each.name == kind),
    )


def combination(suite="ECDSA_WITH_AES_128", group="x25519", kind="ecdsa-p256"):
    return next(
        each
        for each in COMBINATIONS
        if suite in each.suite.iana and each.group.iana == group and each.kind.name == kind
    )


def pairwise(combinations):
    """A few of them in which every (suite, group), (suite, kind) and (group, kind) of all of them still occurs."""

    def pairs(each):
        return {(each.suite, each.group), (each.suite, each.kind), (each.group, each.kind)}

    wanted = set().union(*(pairs(each) for each in combinations))
    kept = []
    while wanted:
        best = max(combinations, key=lambda each: len(pairs(each) & wanted))
        kept.append(best)
        wanted -= pairs(best)
    return kept
