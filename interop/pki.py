# SPDX-License-Identifier: MIT
"""The certificates of one run, made with the openssl command line into a temporary folder.

root (ECDSA P-256) signs an intermediate; the intermediate signs one server and one client leaf per key
type, and the ones a peer must refuse. `other` is a second root that nobody is told to trust.
"""

import base64
import os
import subprocess

import ocsp

KEYS = {
    "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "rsa": ["rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ed25519": ["ed25519"],
}
NAMES = "DNS:localhost,DNS:server.test,IP:127.0.0.1"
PURPOSES = {"server": "serverAuth", "client": "clientAuth"}
PAST, RECENT = "20200101000000Z", "20200201000000Z"
FUTURE, LATER = "20440101000000Z", "20490101000000Z"

# Groups of finite fields for s_server: named ones, made on the spot, and two safe primes nobody has named.
NAMED_FIELDS = ("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192", "modp_2048", "modp_3072")
OTHER_FIELDS = {
    "other-2048": """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEAqqIq//42hAZ4sR84r106rQgQVO/+HxDuEVlr/vHHV/N5qGiN3+qu
Q4ocIOoDAI9u1+t1ZpJwb4MkQGq6Z9m6Ro+/MSk3xvntwZGqA1kkczOp6X7W7/JH
0i9zUlCxUYsmOYXPGn5xWfLo+Hum7RDj9dAoQ4kMkqCyuQBiApJ5y/E+fpLTs5r4
+5bVHYLsw6IysLnW7BtOn8lqJwokS2hSzJ3Eslol9BnAp5XJhz0lHR2EeiJnMCHt
vGPX65/RmgzzR/x1TPh9Vep5WWKByVl2xLGzkfAh5tuLWqjgEZhIuWE4GPMIQ6hT
QwZmpiH9UeDvr3G1R0QMIB5jCrkIK7aR9wIBAg==
-----END DH PARAMETERS-----
""",
    "other-1024": """-----BEGIN DH PARAMETERS-----
MIGHAoGBAMRS6LUWSlBzwEzeown4M0PH7q+UnyyFfl6UIkLel34AOK+ljkz4Q8Qf
WeSLFk6MGHlmxH3iRbML9NmLMWDLvu9x/lTmJ9opaIZFXA+UxtRdtp1OLhHi2hTq
evfSuXiXUuw51Y6QAvxIXQiHntD53jbMQOmnJAGOLO71UE4qNJPPAgEC
-----END DH PARAMETERS-----
""",
}

CONFIG = """[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


class Pki:
    """Paths by name: cert("server-p256") is a chain file (leaf, intermediate), key("server-p256") its key."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        open(self.at("index.txt"), "w").close()
        self.config = self.put("openssl.cnf", CONFIG.format(folder=folder))
        self.authorities()
        for role in PURPOSES:
            for kind in KEYS:
                self.leaf(f"{role}-{kind}", role, kind)
            self.refused(role)
        self.agreeing()
        self.fields()
        self.more_servers()
        for role in PURPOSES:
            self.stolen(f"{role}-stolen", f"{role}-p256")
        ocsp.make_all(self)
        self.store_nss()

    def at(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.at(name), "w") as file:
            file.write(text)
        return self.at(name)

    def read(self, name):
        with open(self.at(name)) as file:
            return file.read()

    def cert(self, name):
        return self.at(name + ".pem")

    def key(self, name):
        return self.at(name + ".key")

    def above(self, name):
        """The chain file without the leaf, for programs that take the two apart; None when it is empty."""
        path = self.at(name + ".above")
        return path if os.path.getsize(path) else None

    def ocsp(self, name):
        """A response of ocsp.py, DER."""
        return self.at(name + ".ocsp")

    @property
    def ca(self):
        return self.at("root.crt")

    @staticmethod
    def command(*argv):
        done = subprocess.run([str(word) for word in argv], capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.decode()}")
        return done.stdout

    def new_key(self, name, kind):
        self.command("openssl", "genpkey", "-algorithm", *KEYS[kind], "-out", self.key(name))

    def sign(self, name, signer, extensions, start=None, end=LATER, subject=None):
        """Write name.crt; signer None means self-signed."""
        request, extfile = self.at(name + ".csr"), self.put(name + ".ext", "[x]\n" + extensions)
        self.command(
            "openssl", "req", "-new", "-config", self.config, "-key", self.key(name),
            "-subj", f"/CN={subject or name}", "-out", request,
        )  # fmt: skip
        by = ["-selfsign", "-keyfile", self.key(name)] if signer is None else [
            "-cert", self.at(signer + ".crt"), "-keyfile", self.key(signer)
        ]  # fmt: skip
        self.command(
            "openssl", "ca", "-batch", "-notext", "-config", self.config, *by, "-in", request,
            "-out", self.at(name + ".crt"), "-extfile", extfile, "-extensions", "x",
            "-startdate", start or "20240101000000Z", "-enddate", end,
        )  # fmt: skip

    def chain(self, name, *above):
        parts = [self.read(part + ".crt") for part in (name, *above)]
        self.put(name + ".pem", "".join(parts))
        self.put(name + ".above", "".join(parts[1:]))

    def authorities(self):
        authority = "basicConstraints=critical,CA:TRUE{}\nkeyUsage=critical,keyCertSign,cRLSign\n"
        key_ids = "subjectKeyIdentifier=hash\n"
        for root in ("root", "other"):
            self.new_key(root, "p256")
            self.sign(root, None, authority.format("") + key_ids, subject=f"handfast interop {root}")
        for name, signer, kind in (
            ("intermediate", "root", "p256"), ("other-intermediate", "other", "p256"), ("rsa-intermediate", "root", "rsa"),
        ):  # fmt: skip
            self.new_key(name, kind)
            self.sign(name, signer, authority.format(",pathlen:0") + key_ids)

    def agreeing(self):
        """EC keys that may agree on secrets and not sign, certified by ECDSA and by RSA: the fixed side of ECDH."""
        for name, signer in (("ecdh-ecdsa", "intermediate"), ("ecdh-rsa", "rsa-intermediate")):
            for role in PURPOSES:
                self.leaf(f"{role}-{name}", role, signer=signer, usage="keyAgreement")
            # NSS takes a server's key for static ECDH only if it may also encipher
            self.leaf(f"server-{name}-nss", "server", signer=signer, usage="keyAgreement,keyEncipherment")

    def fields(self):
        for name, text in OTHER_FIELDS.items():
            self.put(name + ".field", text)
        for name in NAMED_FIELDS:
            self.command(
                "openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{name}",
                "-out", self.field(name),
            )  # fmt: skip

    def field(self, name):
        return self.at(name + ".field")

    @staticmethod
    def leaf_extensions(role, kind="p256", names=NAMES, purpose=None, usage=None, extra=""):
        usage = usage or "digitalSignature" + (",keyEncipherment" if kind == "rsa" else "")  # NSS wants both for RSA
        lines = [
            "basicConstraints=CA:FALSE",
            f"keyUsage=critical,{usage}",
            f"extendedKeyUsage={purpose or PURPOSES[role]}",
            "subjectKeyIdentifier=hash",
        ]
        if role == "server":
            lines.append(f"subjectAltName={names}")
        return "\n".join(lines) + "\n" + extra

    def leaf(self, name, role, kind="p256", signer="intermediate", start=None, end=LATER, **shape):
        self.new_key(name, kind)
        self.sign(name, signer, self.leaf_extensions(role, kind, **shape), start, end)
        self.chain(name, *([signer] if signer else []))

    def refused(self, role):
        """One certificate per reason to refuse it."""
        other = PURPOSES["client" if role == "server" else "server"]
        self.leaf(f"{role}-expired", role, start=PAST, end=RECENT)
        self.leaf(f"{role}-not-yet", role, start=FUTURE, end=LATER)
        self.leaf(f"{role}-wrong-purpose", role, purpose=other)
        self.leaf(f"{role}-self-signed", role, signer=None)
        self.leaf(f"{role}-unknown-ca", role, signer="other-intermediate")
        self.leaf(f"{role}-broken", role)
        self.break_signature(f"{role}-broken")
        self.leaf(f"{role}-not-a-ca", role, signer="client-p256" if role == "client" else "server-p256")
        self.chain(f"{role}-not-a-ca", f"{role}-p256", "intermediate")

    def more_servers(self):
        self.leaf("server-wrong-name", "server", names="DNS:elsewhere.test")
        self.leaf("second-p256", "server", names="DNS:second.test")
        self.leaf("server-no-chain", "server")
        self.chain("server-no-chain")

    def break_signature(self, name):
        """Flip one bit of the last octet: the DER stays well-formed, the signature does not verify."""
        lines = self.read(name + ".crt").strip().splitlines()
        octets = bytearray(base64.b64decode("".join(lines[1:-1])))
        octets[-1] ^= 1
        body = base64.encodebytes(bytes(octets)).decode()
        self.put(name + ".crt", f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        self.chain(name, "intermediate")

    def stolen(self, name, owner):
        """The owner's certificate and a key file that claims to fit: the owner's public key, another's private one.

        openssl compares the public halves only, so its programs present the certificate without holding the key.
        """
        self.new_key(name, "p256")
        mine, owners = (self.command("openssl", "ec", "-in", self.key(who), "-outform", "DER") for who in (name, owner))
        private = slice(7, 39)  # RFC 5915: SEQUENCE, version, OCTET STRING of 32
        mixed = owners[: private.start] + mine[private] + owners[private.stop :]
        body = base64.encodebytes(mixed).decode()
        self.put(name + ".key", f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n")
        for suffix in (".crt", ".pem", ".above"):
            self.put(name + suffix, self.read(owner + suffix))

    def store_nss(self):
        """One NSS database with the root trusted and the identities NSS can hold (it has no Ed25519)."""
        self.nss = "sql:" + self.at("nss")
        os.makedirs(self.at("nss"), exist_ok=True)
        try:
            self.command("certutil", "-N", "-d", self.nss, "--empty-password")
            self.command("certutil", "-A", "-d", self.nss, "-n", "root", "-t", "CT,C,", "-i", self.ca)
            for role in PURPOSES:
                for kind in ("p256", "p384", "p521", "rsa"):
                    self.import_nss(f"{role}-{kind}")
            self.import_nss("server-ecdh-ecdsa-nss")
            self.import_nss("server-ecdh-rsa-nss")
        except FileNotFoundError:
            self.nss = None  # the NSS cases then fail by name: the programs are missing too

    def import_nss(self, name):
        bundle = self.at(name + ".p12")
        self.command(
            "openssl", "pkcs12", "-export", "-in", self.cert(name), "-inkey", self.key(name),
            "-name", name, "-passout", "pass:", "-out", bundle,
        )  # fmt: skip
        self.command("pk12util", "-i", bundle, "-d", self.nss, "-W", "", "-K", "")
