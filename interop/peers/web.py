# SPDX-License-Identifier: MIT
"""Web servers and a web client: lighttpd with each of its five TLS modules, nginx, curl."""

import os
import subprocess

LIGHTTPD_MODULES = ("openssl", "gnutls", "mbedtls", "wolfssl", "nss")
LIBRARIES = {
    "openssl": ("OpenSSL", "libssl3"), "gnutls": ("GnuTLS", "libgnutls30"),
    "mbedtls": ("mbed TLS", "libmbedtls14"), "wolfssl": ("wolfSSL", "libwolfssl35"), "nss": ("NSS", "libnss3"),
}  # fmt: skip
PACKAGE = "lighttpd nginx-light curl " + " ".join(f"lighttpd-mod-{name}" for name in LIGHTTPD_MODULES)
REQUEST = b"GET / HTTP/1.0\r\nHost: server.test\r\n\r\n"
PAGE = "served by lighttpd\n"

LIGHTTPD = """server.document-root = "{folder}/www"
server.bind = "127.0.0.1"
server.port = {port}
index-file.names = ("index.html")
server.modules = ("mod_{module}")
ssl.engine = "enable"
ssl.pemfile = "{pem}"
ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv{version}", "MaxProtocol" => "TLSv{version}"{more})
"""
LIGHTTPD_CLIENT_AUTH = """ssl.verifyclient.activate = "enable"
ssl.verifyclient.enforce = "enable"
ssl.verifyclient.depth = 3
ssl.verifyclient.ca-file = "{ca}"
"""
NGINX = """daemon off;
master_process off;
user root;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  ssl_protocols TLSv{version};
  ssl_session_cache {cache};
  ssl_session_tickets {tickets};
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    {lines}
    location / {{ return 200 "verify=$ssl_client_verify reused=$ssl_session_reused cipher=$ssl_cipher\\n"; }}
  }}
}}
"""


def package_version(package):
    told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return told.stdout.split(":")[-1].split("+")[0].split("-")[0] or "?"


def versions():
    found = {
        f"lighttpd mod_{module}": f"lighttpd {package_version('lighttpd')}, {name} {package_version(package)}"
        for module, (name, package) in LIBRARIES.items()
    }
    found["nginx"] = f"nginx {package_version('nginx-light')} (OpenSSL)"
    found["curl"] = f"curl {package_version('curl')} (OpenSSL)"
    return found


def lighttpd(stage, module, key="p256", auth="none", suites=(), staple=None, version="1.2"):
    ciphers = ":".join(suite.openssl for suite in suites)
    port, name = stage.ports.take(), f"server-{key}"
    os.makedirs(stage.path("www"), exist_ok=True)
    stage.write("www/index.html", PAGE)
    pem = stage.write("server.pem", stage.pki.read(name + ".pem") + stage.pki.read(name + ".key"))
    text = LIGHTTPD.format(folder=stage.folder, port=port, module=module, pem=pem, version=version,
                           more=f', "CipherString" => "{ciphers}"' if ciphers else "")  # fmt: skip
    if staple:
        text += f'ssl.stapling-file = "{staple}"\n'
    if auth != "none":
        text += LIGHTTPD_CLIENT_AUTH.format(ca=stage.pki.ca)
    process = stage.start("lighttpd", ["/usr/sbin/lighttpd", "-D", "-f", stage.write("lighttpd.conf", text)])
    process.listens(port)
    process.port = port
    return process


def nginx(stage, combination=None, auth="none", key="p256", lines=(), tickets=False, version="1.2"):
    """tickets: on, and no cache; else the other way round."""
    port, name, lines = stage.ports.take(), f"server-{key}", list(lines)
    if combination:
        lines.append(f"ssl_ciphers {combination.suite.openssl};")
        lines.append(f"ssl_ecdh_curve {':'.join(group.openssl for group in combination.groups)};")
    if auth != "none":
        verify = "on" if auth == "require" else "optional"
        lines += [f"ssl_client_certificate {stage.pki.ca};", f"ssl_verify_client {verify};", "ssl_verify_depth 3;"]
    text = NGINX.format(
        folder=stage.folder, port=port, cert=stage.pki.cert(name), key=stage.pki.key(name), version=version,
        lines="\n    ".join(lines), tickets="on" if tickets else "off",
        cache="off" if tickets else "shared:interop:1m",
    )  # fmt: skip
    argv = ["/usr/sbin/nginx", "-p", stage.folder, "-c", stage.write("nginx.conf", text)]
    process = stage.start("nginx", argv)
    process.listens(port)
    process.port = port
    return process


def curl(stage, port, *options, cert=None, urls=1, combination=None):
    argv = ["curl", "--silent", "--show-error", "--verbose", "--tlsv1.2", "--tls-max", "1.2"]
    argv += ["--cacert", stage.pki.ca, "--resolve", f"server.test:{port}:127.0.0.1", "--max-time", 10]
    if cert:
        argv += ["--cert", stage.pki.cert(cert), "--key", stage.pki.key(cert)]
    if combination:
        argv += ["--ciphers", combination.suite.openssl]
        argv += ["--curves", ":".join(group.openssl for group in combination.groups)]
    return stage.start("curl", [*argv, *options, *[f"https://server.test:{port}/"] * urls])
