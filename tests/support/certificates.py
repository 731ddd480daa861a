# SPDX-License-Identifier: MIT
"""CAs and leaves of one run, by openssl: NAME.pem and NAME.key in a folder."""
import os
import subprocess

PATIENCE = 30


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments}: {done.stderr.decode()}")
    return done.stdout.decode()


def make_ca(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", os.path.join(folder, f"{name}.key"), "-out", os.path.join(folder, f"{name}.pem"))


def issue(folder, name, ca, subject, usage, names, end):
    """usage: serverAuth or clientAuth; names: of subjectAltName; good from 2020 to end, YYYYMMDDHHMMSSZ."""
    def at(file):
        return os.path.join(folder, file)
    with open(at("ca.cnf"), "w", encoding="ascii") as f:
        f.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={at('index')}\nnew_certs_dir={folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
                f"unique_subject=no\n[p]\ncommonName=supplied\n[e]\nbasicConstraints=critical,CA:FALSE\n"
                f"keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\nsubjectAltName={names}\n")
    open(at("index"), "w", encoding="ascii").close()
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
            "-keyout", at(f"{name}.key"), "-out", at(f"{name}.csr"))
    openssl("ca", "-batch", "-notext", "-config", at("ca.cnf"), "-in", at(f"{name}.csr"), "-cert", at(f"{ca}.pem"), "-keyfile", at(f"{ca}.key"),
            "-extensions", "e", "-startdate", "20200101000000Z", "-enddate", end, "-out", at(f"{name}.pem"))
