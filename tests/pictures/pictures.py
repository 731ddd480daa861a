# SPDX-License-Identifier: MIT
"""What the tests of pictures are made of: the tool, its scenarios, TAP, and a headless Chromium that is spoken to over a pipe."""
import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True
from tap import BUILD, ENV, Skip, Wrong, must, play, test  # noqa: E402, F401
from tap import PROGRAM as TOOL  # noqa: E402

PATIENCE = 60
SHOTS = os.path.join(BUILD, "test-results")  # screenshots, for whoever wants to look
folder = None  # of this run


def tool(*arguments, code=0, **more):
    done = subprocess.run([TOOL, *arguments], capture_output=True, env=ENV, timeout=PATIENCE, **more)
    must(done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stderr.decode('utf-8', 'replace')}")
    return done.stdout.decode("utf-8")


def scenarios():
    return [line.split()[0] for line in tool("flow", "spec", "--list").splitlines()]


def every_picture(form):
    """(name, text) of each scenario, as the RFC has it and as it is played."""
    for kind in ["spec", "self"]:
        for name in scenarios():
            yield f"{kind} {name}", tool("flow", kind, name, f"--flow={form}")


def main():
    global folder
    with tempfile.TemporaryDirectory(prefix="handfast-pictures-") as folder:
        return play()


# ---- a server ----

def pki(name):
    where = os.path.join(folder, "pki")
    if not os.path.exists(where):
        subprocess.run([os.path.join(TOP, "tools", "make-demo-pki"), where], check=True, timeout=PATIENCE)
    return os.path.join(where, name)


class Server:
    """handfast serve: on a Unix socket of that name in our folder, or on a free port."""

    def __init__(self, *options, name=None):
        self.address = f"unix:{name}" if name else "127.0.0.1:0"
        arguments = [TOOL, "serve", self.address, "--cert", pki("server.pem"), "--key", pki("server.key"), *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV, cwd=folder)
        self.said = []
        while "listening on " not in (line := self.process.stderr.readline().decode("utf-8", "replace")):
            must(line, f"the server ended: {self.said}")
            self.said.append(line)
        if not name:
            self.address = "127.0.0.1:" + line.rsplit(":", 1)[1].strip()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said.append(line.decode("utf-8", "replace"))

    def connect(self, *options, code=0):
        """(standard output, standard error) of handfast connect."""
        arguments = [TOOL, "connect", self.address, "--ca", pki("ca.pem"), "--sni", "server.example", *options]
        done = subprocess.run(arguments, input=b"", capture_output=True, env=ENV, timeout=PATIENCE, cwd=folder)
        must(code in (None, done.returncode), f"exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.reader.join(10)


# ---- a browser ----

def chromium():
    for name in ["chromium", "chromium-browser", "google-chrome"]:
        if found := shutil.which(name):
            return found
    raise Skip("no chromium: ./dev setup test installs it")


def high_pipe():
    """A pipe whose ends are not 3 and 4."""
    low = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in low]
    for fd in low:
        os.close(fd)
    return high


class Browser:
    """Headless Chromium with a profile of its own. Every request that a page makes is kept in `requests`."""

    def __init__(self, *options, prepare=None):
        self.profile = tempfile.mkdtemp(prefix="profile-", dir=folder)
        if prepare:
            prepare(self.profile)
        theirs_in, ours_out = high_pipe()
        ours_in, theirs_out = high_pipe()
        # It reads file descriptor 3 and writes 4.
        plumbing = ["bash", "-c", 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"', "bash", str(theirs_in), str(theirs_out)]
        arguments = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
                     "--remote-debugging-pipe", "--window-size=1200,900", f"--user-data-dir={self.profile}", *options, "about:blank"]
        self.process = subprocess.Popen(plumbing + arguments, env=dict(os.environ, HOME=self.profile, LC_ALL="C.UTF-8"),
                                        pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.pipe_out, self.pipe_in = os.fdopen(ours_out, "wb", buffering=0), os.fdopen(ours_in, "rb")
        self.number, self.answers, self.events, self.requests, self.said = 0, {}, [], [], []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Security", "Log"]:
            self.call(f"{domain}.enable")

    def read(self):
        pending = b""
        while chunk := self.pipe_in.read1(65536):
            *whole, pending = (pending + chunk).split(b"\0")
            for message in map(json.loads, whole):
                with self.news:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    else:
                        self.take(message)
                    self.news.notify_all()
        with self.news:
            self.answers = None
            self.news.notify_all()

    def take(self, message):
        method, values = message["method"], message["params"]
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        if method == "Log.entryAdded":
            self.said.append(values["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.said.append(json.dumps(values["exceptionDetails"]))

    def call(self, method, **values):
        self.number += 1
        message = {"id": self.number, "method": method, "params": values}
        if self.session:
            message["sessionId"] = self.session
        self.pipe_out.write(json.dumps(message).encode() + b"\0")
        with self.news:
            must(self.news.wait_for(lambda: self.answers is None or message["id"] in self.answers, PATIENCE), f"{method} is not answered")
            must(self.answers is not None, "chromium ended")
            answer = self.answers.pop(message["id"])
        must("error" not in answer, f"{method}: {answer.get('error')}")
        return answer["result"]

    def load(self, act):
        """Does what loads a page, and waits until it is there."""
        before = self.events.count("Page.loadEventFired")
        act()
        with self.news:
            must(self.news.wait_for(lambda: self.answers is None or self.events.count("Page.loadEventFired") > before, PATIENCE),
                 "the page does not load")

    def go(self, url):
        answer = {}
        self.load(lambda: answer.update(self.call("Page.navigate", url=url)))
        must("errorText" not in answer, answer)

    def reload(self):
        self.load(lambda: self.call("Page.reload"))

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        must("exceptionDetails" not in answer, answer)
        return answer["result"].get("value")

    def until(self, true):
        """What is done with the mouse arrives a frame later."""
        end = time.monotonic() + 10
        while not self.run(true):
            must(time.monotonic() < end, f"not so: {true}")
            time.sleep(0.05)

    def place(self, selector):
        """The middle of an element, scrolled to; waits until it stands still."""
        find = f"document.querySelector({json.dumps(selector)})"
        must(self.run(f"!!{find}"), f"there is no {selector}")
        before = None
        for _ in range(50):
            spot = self.run(f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getClientRects()[0]; "
                            f"return [r.x + r.width / 2, r.y + r.height / 2]; }})({find})")
            if spot == before:
                break
            before = spot
            time.sleep(0.1)
        return {"x": spot[0], "y": spot[1]}

    def point(self, selector):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **self.place(selector))

    def click(self, selector):
        spot = self.place(selector)
        for kind in ["mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **spot)

    def key(self, key, text=""):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def shot(self, name):
        """A screenshot, kept in the build folder; its bytes."""
        png = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        os.makedirs(SHOTS, exist_ok=True)
        with open(os.path.join(SHOTS, name), "wb") as f:
            f.write(png)
        return png

    def without_scripts(self):
        self.call("Emulation.setScriptExecutionDisabled", value=True)

    def dark(self):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (Wrong, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(10)
        for _ in range(50):  # what it leaves behind is written until its last process has ended
            shutil.rmtree(self.profile, ignore_errors=True)
            if not os.path.exists(self.profile):
                break
            time.sleep(0.1)
