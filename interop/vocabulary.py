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
        return [next(group for group in GROUPS if group.iana == name) for name in dict.fromkeys(names)]

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
