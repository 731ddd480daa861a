#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Client certificates by URL (RFC 6066 5), fetched by `handfast serve` from real web servers on this machine. Prints TAP."""
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cli
from cli import PROGRAM, Server, must, pki, report, run, test

cli.tests.clear()
ME = None


def der(name):
    return subprocess.run(["openssl", "x509", "-in", pki(name), "-outform", "DER"], check=True, capture_output=True).stdout


class Web:
    """Python's http.server with what must be refused beside what is right; counts what is asked for."""

    def __init__(self):
        web = self
        self.asked, self.leaf = [], der("client.pem")
        self.path = subprocess.run([PROGRAM, "pkipath", pki("client.pem")], check=True, capture_output=True).stdout

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append((self.path, self.headers["Host"], self.request_version))
                answer = getattr(web, "answer_" + self.path.strip("/").split(".")[0].split("?")[0], web.answer_missing)
                answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}/{path}"

    @staticmethod
    def give(handler, content, status=200, length=True, **fields):
        handler.send_response(status)
        for name, value in fields.items():
            handler.send_header(name.replace("_", "-"), value)
        if length:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def answer_leaf(self, handler):
        self.give(handler, self.leaf, Content_Type="application/pkix-cert")

    def answer_path(self, handler):
        self.give(handler, self.path, Content_Type="application/pkix-pkipath")

    def answer_unmeasured(self, handler):
        self.give(handler, self.leaf, length=False)

    def answer_other(self, handler):
        self.give(handler, self.leaf[:-1] + bytes([self.leaf[-1] ^ 1]))

    def answer_missing(self, handler):
        handler.send_error(404)

    def answer_redirect(self, handler):
        self.give(handler, self.leaf, 302, Location=self.url("leaf"))

    def answer_large(self, handler):
        self.give(handler, b"0" * 20000)

    def answer_endless(self, handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"0" * 4096)
        except OSError:
            pass

    def answer_slow(self, handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for byte in self.leaf:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            pass

    def answer_short(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.leaf)))
        handler.end_headers()
        handler.wfile.write(self.leaf[:100])

    def answer_chunked(self, handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.leaf), self.leaf))

    def answer_empty(self, handler):
        self.give(handler, b"")

    def answer_head(self, handler):
        handler.send_response(200)
        for i in range(300):
            handler.send_header(f"X-{i}", "x" * 60)
        handler.end_headers()


def serve(*options, auth="require"):
    """client_certificate_url is an extension of TLS 1.2 alone."""
    return Server("--client-auth", auth, "--ca", pki("ca.pem"), "--json", "--max", "1.2", "--fetch-client-certificates", *options)


def me(url):
    return ["--cert", pki("client.pem"), "--key", pki("client.key"), "--cert-url", url]


def said(server):
    server.process.terminate()
    _, errors = server.end()
    return errors, report(errors)


@test
def a_certificate_is_fetched_and_the_client_known_by_it():
    with Web() as web, serve("--fetch-allow", f"127.0.0.1:{web.port}") as server:
        out, _, _ = server.connect(*me(web.url("leaf")), stdin=b"by URL")
        must(out == b"by URL", out)
        server.connect(*me("pkipath:" + web.url("path.pkipath?v=2")))
        server.connect(*me(web.url("unmeasured")))
        _, lines = said(server)
        must([line["peer_subject"] for line in lines] == ["CN=client.example"] * 3, lines)
        must(all(line["peer_verified"] for line in lines), lines)
        host = f"127.0.0.1:{web.port}"
        must(web.asked == [("/leaf", host, "HTTP/1.0"), ("/path.pkipath?v=2", host, "HTTP/1.0"), ("/unmeasured", host, "HTTP/1.0")],
             web.asked)


@test
def without_the_option_the_certificate_itself_is_sent():
    with Web() as web, Server("--client-auth", "require", "--ca", pki("ca.pem"), "--json", "--once") as server:
        server.connect(*me(web.url("leaf")))
        must(report(server.end()[1])[0]["peer_subject"] == "CN=client.example" and not web.asked, web.asked)


REFUSED = [  # what is behind the URL, what is said of it
    ("missing", "does not have it (404)"),
    ("redirect", "redirects"),
    ("large", "longer than --fetch-limit"),
    ("endless", "longer than --fetch-limit"),
    ("slow", "longer than --fetch-timeout"),
    ("short", "cut short"),
    ("chunked", "in a coding"),
    ("empty", "with nothing"),
    ("head", "head is too long"),
]


@test
def what_cannot_be_obtained_is_refused_where_it_is_required():
    """RFC 6066 5: certificate_unobtainable, fatal; redirects MUST NOT be followed"""
    with Web() as web, serve("--fetch-allow", f"127.0.0.1:{web.port}", "--fetch-timeout", "1") as server:
        for path, _ in REFUSED:
            _, errors, _ = server.connect(*me(web.url(path)), code=1)
            must("server → client: certificate_unobtainable (111)" in errors, f"{path}: {errors}")
        errors, lines = said(server)
        must([line["error"] for line in lines] == ["CERTIFICATE_UNOBTAINABLE"] * len(REFUSED), lines)
        must(all(line["exit"] == 4 for line in lines), lines)
        for path, wanted in REFUSED:
            must(any(f"/{path} was not fetched" in line and wanted in line for line in errors.splitlines()), f"{path}: {errors}")
        must([path for path, _, _ in web.asked] == [f"/{path}" for path, _ in REFUSED], web.asked)


@test
def where_it_is_not_required_the_client_stays_unknown():
    """RFC 6066 5: a warning, and the handshake goes on"""
    with Web() as web, serve("--fetch-allow", f"127.0.0.1:{web.port}", auth="request") as server:
        out, errors, _ = server.connect(*me(web.url("missing")), "--flow=list", stdin=b"whoever I am")
        must(out == b"whoever I am" and "certificate_unobtainable" in errors, errors)
        _, lines = said(server)
        must(lines[0]["peer_subject"] is None and not lines[0]["peer_verified"] and lines[0]["exit"] == 0, lines)


@test
def another_content_than_the_hash_says_is_always_fatal():
    """RFC 6066 5: bad_certificate_hash_value"""
    with Web() as web:
        for auth in ["request", "require"]:
            with serve("--fetch-allow", f"127.0.0.1:{web.port}", auth=auth) as server:
                _, errors, _ = server.connect(*me(web.url("other")), code=1)
                must("server → client: bad_certificate_hash_value (114)" in errors, errors)


NOT_ALLOWED = [  # --fetch-allow, the URL's host, what is said
    ("127.0.0.1:1", "127.0.0.1", "does not list this host and port"),
    ("127.0.0.2:{port}", "127.0.0.1", "does not list this host and port"),
    ("localhost:{port}", "localhost", "leads to no public address"),
    ("localhost:{port}", "127.0.0.1", "does not list this host and port"),
    ("127.1:{port}", "127.1", "leads to no public address"),
    ("2130706433:{port}", "2130706433", "leads to no public address"),
    ("[::ffff:127.0.0.1]:{port}", "127.0.0.1", "does not list this host and port"),
    ("nowhere.invalid:{port}", "nowhere.invalid", "the host is not found"),
]


@test
def only_what_is_listed_is_asked_and_private_addresses_need_listing_themselves():
    with Web() as web:
        for allowed, host, wanted in NOT_ALLOWED:
            with serve("--fetch-allow", allowed.format(port=web.port)) as server:
                server.connect(*me(web.url("leaf", host)), code=1)
                errors, lines = said(server)
                must(wanted in errors and lines[0]["error"] == "CERTIFICATE_UNOBTAINABLE", f"{allowed} {host}: {errors}")
        must(web.asked == [], web.asked)
        both = ["--fetch-allow", f"localhost:{web.port}", "--fetch-allow", f"127.0.0.1:{web.port}"]
        with serve(*both) as server:
            server.connect(*me(web.url("leaf", "localhost")))
            must(said(server)[1][0]["peer_verified"], "localhost, whose address is listed")
        with serve(*both) as server:
            server.connect(*me(f"https://localhost:{web.port}/leaf"), code=1)
            must("only plain http" in said(server)[0], "https")


@test
def others_are_served_while_one_is_waited_for():
    with Web() as web, serve("--fetch-allow", f"127.0.0.1:{web.port}", "--fetch-timeout", "20") as server:
        slow = subprocess.Popen([PROGRAM, "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example",
                                 *me(web.url("slow"))], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=cli.ENV)
        while not web.asked:
            time.sleep(0.01)
        begun = time.monotonic()
        server.connect(*me(web.url("leaf")))
        must(time.monotonic() - begun < 3, "one waited for the other")
        slow.kill()
        slow.communicate()
        server.process.terminate()
        server.process.terminate()


@test
def a_fetch_that_outlasts_the_handshake_ends_with_it():
    with Web() as web, serve("--fetch-allow", f"127.0.0.1:{web.port}", "--fetch-timeout", "60", "--handshake-timeout", "1") as server:
        server.connect(*me(web.url("slow")), code=1)
        _, lines = said(server)
        must(lines[0]["error"] == "HANDSHAKE_TIMEOUT", lines)


@test
def nothing_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with serve("--fetch-allow", f"127.0.0.1:{port}") as server:
            server.connect(*me(f"http://127.0.0.1:{port}/leaf"), code=1)
            must("no connection to the web server" in said(server)[0], "a port where nothing listens")


@test
def nginx_serves_what_is_fetched():
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx is None:
        print("nginx is not installed")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = cli.a_file("www")
    os.makedirs(root)
    with open(os.path.join(root, "me.cer"), "wb") as f:
        f.write(der("client.pem"))
    with open(os.path.join(root, "me.pkipath"), "wb") as f:
        f.write(run("pkipath", pki("client.pem"))[0])
    with open(os.path.join(root, "conf"), "w", encoding="ascii") as f:
        f.write(f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {root}/pid; error_log {root}/errors; events {{}} http {{ access_log off; client_body_temp_path {root}/b;"
                f"proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;"
                f"types {{ application/pkix-cert cer; application/pkix-pkipath pkipath; }}"
                f"server {{ listen 127.0.0.1:{port}; root {root}; location /moved {{ return 301 /me.cer; }} }} }}")
    web = subprocess.Popen([nginx, "-p", root, "-c", os.path.join(root, "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.01)
        with serve("--fetch-allow", f"127.0.0.1:{port}") as server:
            server.connect(*me(f"http://127.0.0.1:{port}/me.cer"))
            server.connect(*me(f"pkipath:http://127.0.0.1:{port}/me.pkipath"))
            server.connect(*me(f"http://127.0.0.1:{port}/moved"), code=1)
            server.connect(*me(f"http://127.0.0.1:{port}/none.cer"), code=1)
            errors, lines = said(server)
            must([line["error"] for line in lines] == [None, None] + ["CERTIFICATE_UNOBTAINABLE"] * 2, errors)
    finally:
        web.terminate()
        web.wait()


@test
def a_chain_of_several_certificates():
    with Web() as web:
        web.answer_issuer = lambda handler: web.give(handler, der("ca.pem"))
        with open(cli.a_file("chain.pem"), "wb") as chain, open(pki("client.pem"), "rb") as leaf:
            chain.write(leaf.read())
            chain.write(subprocess.run(["openssl", "x509", "-in", pki("ca.pem")], check=True, capture_output=True).stdout)
        both = ["--cert", cli.a_file("chain.pem"), "--key", pki("client.key")]
        with serve("--fetch-allow", f"127.0.0.1:{web.port}") as server:
            server.connect(*both, "--cert-url", web.url("leaf"), "--cert-url", web.url("issuer"))
            server.connect(*both, "--cert-url", web.url("leaf"))  # the root may be left out
            must(all(line["peer_verified"] for line in said(server)[1]), "chains")
        must([path for path, _, _ in web.asked] == ["/leaf", "/issuer", "/leaf"], web.asked)
        path = run("pkipath", cli.a_file("chain.pem"))[0]
        parsed = subprocess.run(["openssl", "asn1parse", "-inform", "DER"], input=path, check=True, capture_output=True).stdout.decode()
        must(path.endswith(web.leaf) and parsed.splitlines()[0].split(":", 1)[1].startswith("d=0"), parsed)
        must(path[-len(web.leaf) - len(der("ca.pem")):] == der("ca.pem") + web.leaf, "the leaf is last (RFC 6066 10.1)")


USAGE = [
    (["connect", "a:1", "--cert-url", "http://h/"], "--cert-url http://h/ needs --cert"),
    (["serve", "0", "--fetch-client-certificates"], "needs --fetch-allow HOST"),
    (["serve", "0", "--fetch-client-certificates", "--fetch-allow", "h"], "needs --client-auth"),
    (["serve", "0", "--fetch-allow", "h"], "which is not given"),
    (["serve", "0", "--fetch-timeout", "1"], "which is not given"),
    (["serve", "0", "--fetch-client-certificates", "--fetch-allow", "::1", "--client-auth", "request"], "--fetch-allow takes HOST"),
    (["serve", "0", "--fetch-client-certificates", "--fetch-allow", "h:0", "--client-auth", "request"], "--fetch-allow takes HOST"),
    (["serve", "0", "--fetch-client-certificates", "--fetch-allow", "h:65536", "--client-auth", "request"], "--fetch-allow takes HOST"),
    (["serve", "0", "--fetch-client-certificates", "--fetch-allow", "h", "--client-auth", "request", "--fetch-limit", "0"], "--fetch-limit takes"),
    (["pkipath", "/no/such/file"], "cannot be read"),
]


@test
def command_lines_that_cannot_be():
    for arguments, wanted in USAGE:
        _, errors, _ = run(*arguments, code=2)
        must(wanted in errors, f"{arguments}: {errors}")
    _, errors, _ = run("connect", "a:1", "--cert", pki("client.pem"), "--key", pki("client.key"), "--cert-url", "ftp://h/a", code=2)
    must("an absolute http or https URL" in errors, errors)
    run("pkipath", pki("client.key"), code=2)


if __name__ == "__main__":
    sys.exit(cli.main())
