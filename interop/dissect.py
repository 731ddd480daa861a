# SPDX-License-Identifier: MIT
"""What `handfast flow read` and tshark each say of a capture, message by message and field by field, to be compared."""

import json
import re

from processes import Mismatch

# The tree's name of a field -> tshark's, where both know it. Both sides' values are brought into one form: numbers as
# numbers, bytes as hexadecimal digits.
NUMBERS = {
    "version": "tls.handshake.version",
    "CipherSuite": "tls.handshake.ciphersuite",
    "cipher_suite": "tls.handshake.ciphersuite",
    "CompressionMethod": "tls.handshake.comp_method",
    "compression_method": "tls.handshake.comp_method",
    "NamedGroup": "tls.handshake.extensions_supported_group",
    "ECPointFormat": "tls.handshake.extensions_ec_point_format",
    "SignatureScheme": "tls.handshake.sig_hash_alg",
    "algorithm": "tls.handshake.sig_hash_alg",
    "scheme": "tls.handshake.sig_hash_alg",
    "curve_type": "tls.handshake.server_curve_type",
    "named_curve": "tls.handshake.server_named_curve",
    "ClientCertificateType": "tls.handshake.cert_type",
    "ProtocolVersion": "tls.handshake.extensions.supported_version",
    "selected_version": "tls.handshake.extensions.supported_version",
    "PskKeyExchangeMode": "tls.extension.psk_ke_mode",
    "group": "tls.handshake.extensions_key_share_group",
}
BYTES = {
    "random": "tls.handshake.random",
    "session_id": "tls.handshake.session_id",
    "point": {12: "tls.handshake.server_point", 16: "tls.handshake.client_point"},
    "dh_p": "tls.handshake.p",
    "dh_g": "tls.handshake.g",
    "dh_ys": "tls.handshake.ys",
    "dh_yc": "tls.handshake.yc",
    "encrypted_premaster_secret": "tls.handshake.epms",
    "signature": "tls.handshake.sig",
    "verify_data": "tls.handshake.verify_data",
    "ASN.1Cert": "tls.handshake.certificate",
    "cert_data": "tls.handshake.certificate",
    "key_exchange": "tls.handshake.extensions_key_share_key_exchange",
    "ticket_nonce": "tls.handshake.session_ticket_nonce",
}
TYPES = {
    "HelloRequest": 0, "ClientHello": 1, "ServerHello": 2, "HelloRetryRequest": 2, "NewSessionTicket": 4,
    "EndOfEarlyData": 5, "EncryptedExtensions": 8, "Certificate": 11, "ServerKeyExchange": 12,
    "CertificateRequest": 13, "ServerHelloDone": 14, "CertificateVerify": 15, "ClientKeyExchange": 16, "Finished": 20,
    "CertificateStatus": 22, "SupplementalData": 23, "KeyUpdate": 24,
}  # fmt: skip
# RFC 8446 2 has what is encrypted in brackets; in parentheses stands what could not be read
HEAD = re.compile(r"^#\d+ (client|server) → (?:client|server)  [{\[]?([^\s}\]]+)[}\]]?  .*?, ([\d ]+) bytes?")
FIELD = re.compile(r"^ *(?:\d+(?:-\d+)?)?  ( *)([^:]+?)(?: \((\d+)\))?(?:: (.*?))?(?:  \[RFC.*\])?$")
CODE = re.compile(r"\((0x[0-9a-f]+|\d+)\)$|^(\d+)$")


class Message:
    def __init__(self, side, kind, length):
        self.side, self.kind, self.length = side, kind, length
        self.extensions, self.values = [], {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def __repr__(self):
        return f"{self.side} {self.kind} ({self.length} bytes)"


def number_of(text):
    """'TLS 1.2 (0x0303)' -> 771; '31' -> 31; else as it is."""
    found = CODE.search(text)
    return int(found.group(1), 0) if found and found.group(1) else int(text) if text.isdigit() else text


def ours(stage, capture, *options):
    """The messages of one connection out of the tree."""
    done = stage.run("flow-read", [stage.program, "flow", "read", capture, "--flow=tree", *options], timeout=60)
    if done.child.returncode != 0:
        raise Mismatch(f"flow read: exit {done.child.returncode}: {done.stderr.decode()}")
    messages = []
    for line in done.stdout.decode().splitlines():
        head = HEAD.match(line)
        if line.startswith("#"):
            known = head and head.group(2) in TYPES
            messages.append(Message(head.group(1), TYPES[head.group(2)], int(head.group(3)) - 4) if known else None)
            continue
        field = FIELD.match(line)
        if not messages or messages[-1] is None or not field or not line.startswith("  "):
            continue
        message, (_, name, code, text) = messages[-1], field.groups()
        if code is not None and (text is None or text == "empty" or text.startswith("not told")):
            message.extensions.append(int(code))
        elif text is not None:
            message.add(name, text)
    return [message for message in messages if message]


def flatten(pairs, into):
    for key, value in pairs:
        into.append((key, value if isinstance(value, str) else None))
        if isinstance(value, list):
            flatten([pair if isinstance(pair, tuple) else (key, pair) for pair in value], into)


def handshakes(pairs):
    for key, value in pairs:
        if key == "tls.handshake" and isinstance(value, list) and any(pair[0] == "tls.handshake.type" for pair in value):
            yield value
        elif isinstance(value, list):
            yield from handshakes([pair if isinstance(pair, tuple) else (key, pair) for pair in value if isinstance(pair, (tuple, list))])


def theirs(stage, capture, client, *options):
    """The same out of tshark's JSON, whose objects have the same key many times."""
    argv = ["tshark", "-r", capture, "-d", "tcp.port==443,tls", *options, "-Y", "tls.handshake.type", "-T", "json"]
    done = stage.run("tshark", argv, timeout=60)
    if done.child.returncode != 0:
        raise Mismatch("tshark cannot read the capture: is it installed?")
    messages = []
    for packet in json.loads(done.stdout, object_pairs_hook=lambda pairs: pairs):
        flat = []
        flatten(packet, flat)
        side = "client" if ("ip.src", client) in flat else "server"
        for handshake in handshakes(packet):
            fields = []
            flatten(handshake, fields)
            messages.append(message_of(side, fields))
    return messages


def message_of(side, fields):
    first = dict(reversed(fields))
    message = Message(side, int(first["tls.handshake.type"]), int(first["tls.handshake.length"]))
    for key, value in fields:
        if key == "tls.handshake.extension.type":
            message.extensions.append(int(value))
        elif value is not None and key.startswith("tls.handshake."):
            message.add(key, value)
    return message


def same_bytes(mine, other):
    other = other.replace(":", "")
    hidden = re.match(r"^(\d+) bytes?, not shown$", mine)  # the tool tells no more than that of what names a client
    if hidden:
        return len(other) == 2 * int(hidden.group(1))
    shown = re.match(r"^(?:.*: )?([0-9a-f]*)(…)?(?: \((\d+) bytes\))?$", mine)
    if not shown:
        return mine == "empty" and other == ""
    digits, cut, length = shown.groups()
    return other.startswith(digits) and len(other) == (2 * int(length) if cut else len(digits))


def compare(mine, other):
    """Raises Mismatch at the first difference; answers how many values were compared."""
    compared = 0
    if [(m.side, m.kind, m.length) for m in mine] != [(m.side, m.kind, m.length) for m in other]:
        raise Mismatch(f"messages: handfast {mine}, tshark {other}")
    for a, b in zip(mine, other):
        if a.extensions != b.extensions:
            raise Mismatch(f"{a}: extensions: handfast {a.extensions}, tshark {b.extensions}")
        compared += 3 + len(a.extensions) + compare_fields(a, b)
    return compared


def compare_fields(a, b):
    wanted = {}
    for table, numeric in ((NUMBERS, True), (BYTES, False)):
        for name, key in table.items():
            key = key.get(a.kind) if isinstance(key, dict) else key
            if name in a.values and key in b.values:
                seen = wanted.setdefault(key, ([], numeric))
                seen[0].extend(a.values[name])
    for key, (values, numeric) in wanted.items():
        others = b.values[key]
        values = list(map(number_of, values)) if numeric else values
        if not any(others):
            continue  # a field without a value: tshark only marks it
        others = [int(value, 0) for value in others] if numeric else others
        fine = values == others if numeric else len(values) == len(others) and all(map(same_bytes, values, others))
        if not fine:
            raise Mismatch(f"{a}: {key}: handfast {values}, tshark {others}")
    return sum(len(values) for key, (values, _) in wanted.items() if any(b.values[key]))
