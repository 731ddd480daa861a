#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whatever happens to the store, no handshake fails and none waits longer than its budget; when the store is well again, so is resumption.
Real Redis under load, and a server that answers by a script. Prints TAP."""
import signal
import socket
import threading
import time

from fleet import BUDGET, SLACK, Client, Cluster, Load, Redis, eventually, fleet, free_port, main, must, no_harm, note, test


def under_load(what, trouble, store=None, hold=0.5, back=None, during=None):
    """Three servers and clients that go round them while trouble(store) happens, lasts, and is over by back(store);
    during(servers) looks at it meanwhile."""
    store = store or Redis()
    servers = fleet(store)
    with Load(servers) as load:
        load.some(20)
        trouble(store)
        began = load.total
        time.sleep(hold)
        if during:
            during(servers)
        must(load.total - began > 5, f"{what}: only {load.total - began} handshakes while it lasted")
        if back:
            back(store)
        took = load.resumes_again()
        note(f"{what}: {load.total - began} handshakes since; nearly all resumed {took:.1f} s behind the end of it")
    no_harm(load, servers, what)
    return servers


def counted(servers, what):
    """In all, by the servers' own statistics."""
    return sum(s.stats()["store"][what] for s in servers)


def again(store):
    store.start()


@test
def a_store_that_is_killed_and_comes_back_empty():
    def is_counted(servers):
        must(all(s.stats()["store"]["connected"] == 0 and s.stats()["store"]["connect_failures"] > 0 for s in servers), servers[0].stats())
    under_load("kill -9", lambda s: s.kill(), back=again, during=is_counted)


@test
def a_store_that_hangs():
    servers = under_load("SIGSTOP", lambda s: s.stop(), back=lambda s: s.go_on())
    must(counted(servers, "timeout") > 0, "some lookups ran out of time")
    must(counted(servers, "breaker") > 0, "the breaker opened")


@test
def a_store_that_is_emptied():
    def flush(store):
        for _ in range(5):
            store("FLUSHALL")
            time.sleep(0.05)
    servers = under_load("FLUSHALL", flush, hold=0.3)
    must(counted(servers, "miss") > 0, "nothing was missed")


@test
def a_store_whose_clients_are_paused():
    def pause(store):
        store("CLIENT", "PAUSE", "500", "ALL")
    servers = under_load("CLIENT PAUSE", pause, hold=0.6)
    must(counted(servers, "timeout") > 0, "no lookup ran out of time")


@test
def a_store_that_evicts_all_the_time():
    def squeeze(store):
        store("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        used = int([l for l in store("INFO", "memory").decode().splitlines() if l.startswith("used_memory:")][0].split(":")[1])
        store("CONFIG", "SET", "maxmemory", used - 200000)
    servers = under_load("eviction", squeeze, back=lambda s: s("CONFIG", "SET", "maxmemory", "0"))
    must(counted(servers, "miss") > 0, "nothing was missed")


@test
def a_store_without_memory():
    def full(store):
        store("CONFIG", "SET", "maxmemory", "1")  # noeviction: every SET is an error
    def new_session(servers):
        must(not Client("bob").connect(servers[0].port), "a new client")
        eventually(lambda: servers[0].stats()["store"]["put_errors"] == 1, 3, "its session cannot be stored, and that is counted")
        must("raise it, or set a maxmemory-policy" in servers[0].stats()["store"]["trouble"], servers[0].stats())
    under_load("OOM", full, back=lambda s: s("CONFIG", "SET", "maxmemory", "0"), during=new_session)


@test
def a_store_with_other_things_under_our_keys():
    def lists(store):
        for key in store.sessions():
            store("DEL", key)
            store("RPUSH", key, "x" * 100)
    def clean(store):
        for key in store.sessions():
            if store("TYPE", key) == "list":
                store("DEL", key)
    servers = under_load("wrong type", lists, hold=0.3, back=clean)
    must(counted(servers, "error") > 0, "no lookup met a list")


@test
def a_store_that_wants_a_password_all_of_a_sudden():
    def lock(store):
        store("CONFIG", "SET", "requirepass", "sesame")
        store("AUTH", "sesame")
        store("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    def is_said(servers):
        eventually(lambda: all("does not serve" in s.said() and "NOAUTH" in s.said() for s in servers), 4, servers[0].said)
    under_load("NOAUTH", lock, back=lambda s: s("CONFIG", "SET", "requirepass", ""), during=is_said)


@test
def a_store_that_became_a_replica():
    store = Redis()
    def demote(_):
        store("CONFIG", "SET", "replica-serve-stale-data", "no")
        store("REPLICAOF", "127.0.0.1", free_port())  # -READONLY to SET, -MASTERDOWN to the rest
    def new_session(servers):
        must(counted(servers, "error") > 0, "no lookup met it")
        store("CONFIG", "SET", "replica-serve-stale-data", "yes")  # now it gives what it has
        eventually(lambda: all(s.stats()["store"]["breaker_state"] == "closed" for s in servers), 5, "breakers stay open")
        must(not Client("bob").connect(servers[0].port), "a new client")
        eventually(lambda: servers[0].stats()["store"]["put_errors"] > 0, 3, "its session cannot be stored, and that is counted")
    under_load("READONLY", demote, store=store, back=lambda s: s("REPLICAOF", "NO", "ONE"), during=new_session)


@test
def a_cluster_that_loses_a_node():
    class Part(Cluster):
        def kill(self):
            self.nodes[2].kill()
    cluster = Part()
    servers = fleet(cluster)
    with Load(servers) as load:
        load.some(20)
        cluster.kill()
        time.sleep(0.6)
        resumed, total = load.some(30)
        note(f"a third of the cluster dead: {resumed} of {total} handshakes resumed")
        must(resumed > 0, "the nodes that are left serve nobody")
        must(all(s.stats()["store"]["connect_failures"] > 0 for s in servers), "nobody missed the node")
    no_harm(load, servers, "a dead node")


# ---- a server that answers by a script ----

class Fake:
    """Speaks enough of the protocol to be connected to, and answers commands about sessions as `script` says: bytes, None for nothing, or
    (bytes,) to close the connection behind them."""

    def __init__(self, script):
        self.script, self.over = script, False
        self.commands = self.lookups = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while not self.over:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.serve, args=(peer,), daemon=True)
            thread.start()

    def serve(self, peer):
        with peer, peer.makefile("rb") as file:
            try:
                while True:
                    head = file.readline()
                    if not head:
                        return
                    parts = []
                    for _ in range(int(head[1:])):
                        parts.append(file.read(int(file.readline()[1:]) + 2)[:-2])
                    reply = b"+PONG\r\n" if parts[0] == b"PING" else b"+OK\r\n"
                    if parts[0] in (b"GETRANGE", b"SET", b"SADD", b"PEXPIRE", b"UNLINK"):
                        self.commands += 1
                        self.lookups += parts[0] == b"GETRANGE"
                        reply = self.script(parts, self.commands)
                    if isinstance(reply, tuple):
                        peer.sendall(reply[0])
                        return
                    if reply is not None:
                        peer.sendall(reply)
            except (OSError, ValueError, EOFError):
                return

    def close(self):
        self.over = True
        self.listener.close()


def endless(parts, _):
    if parts[0] == b"GETRANGE":
        return b"$1000000\r\n" + b"x" * 900000
    return b"+OK\r\n"


SCRIPTS = {
    "LOADING": lambda parts, n: b"-LOADING Redis is loading the dataset in memory\r\n",
    "OOM": lambda parts, n: b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    "NOAUTH": lambda parts, n: b"-NOAUTH Authentication required.\r\n",
    "READONLY": lambda parts, n: b"-READONLY You can't write against a read only replica.\r\n",
    "MOVED to nowhere": lambda parts, n: b"-MOVED 3999 127.0.0.1:1\r\n",
    "MOVED to nonsense": lambda parts, n: b"-MOVED 99999999999 :::::\r\n",
    "ASK to itself": lambda parts, n: b"-ASK 3999 :0\r\n",
    "a length of a terabyte": lambda parts, n: b"$1099511627776\r\nxxxx",
    "a length that is no number": lambda parts, n: b"$9999999999999999999999999999\r\n",
    "an array of billions": lambda parts, n: b"*2147483647\r\n",
    "arrays in arrays": lambda parts, n: b"*1\r\n" * 10000,
    "a record of a megabyte": endless,
    "a record of 8193 bytes": lambda parts, n: b"$8193\r\n" + b"x" * 8193 + b"\r\n",
    "an integer for a record": lambda parts, n: b":7\r\n",
    "garbage": lambda parts, n: b"\x00\xff\x16\x03\x03 HTTP/1.1 200 OK\r\n\r\n",
    "an endless line": lambda parts, n: b"+" + b"y" * 200000,
    "silence": lambda parts, n: None,
    "two answers to each": lambda parts, n: b"$-1\r\n$3\r\nabc\r\n",
    "half of an answer": lambda parts, n: b"$800\r\n" + b"x" * 100,
}


def scripted(name, script):
    """Two servers, of which each has some sessions in its own memory and none of the other's."""
    fake = Fake(script)
    servers = fleet(fake, count=2)
    with Load(servers, clients=2, pause=0.001) as load:
        load.some(40)
    no_harm(load, servers, name, median=BUDGET + SLACK)  # one process plays the store and its clients
    must(fake.commands > 0, f"{name}: nothing was asked of the store")
    must(all(s.memory() < 64 for s in servers), f"{name}: {[s.memory() for s in servers]} MiB")
    fake.close()
    for s in servers:
        s.signal(signal.SIGTERM)
        must(s.process.wait(10) == 0, s.said()[-500:])
        s.end()


@test
def a_store_that_answers_with_errors():
    for name in ("LOADING", "OOM", "NOAUTH", "READONLY", "MOVED to nowhere", "MOVED to nonsense", "ASK to itself"):
        scripted(name, SCRIPTS[name])


@test
def a_store_that_answers_nonsense():
    for name in ("a length of a terabyte", "a length that is no number", "an array of billions", "arrays in arrays", "a record of a megabyte",
                 "a record of 8193 bytes", "an integer for a record", "garbage", "an endless line", "silence", "two answers to each",
                 "half of an answer"):
        scripted(name, SCRIPTS[name])


@test
def a_store_that_closes_within_an_answer():
    scripted("half of an answer, then the end", lambda parts, n: (b"$800\r\nhalf of it",) if parts[0] == b"GETRANGE" else b"+OK\r\n")


@test
def a_client_that_goes_while_its_session_is_looked_for():
    fake = Fake(SCRIPTS["silence"])
    servers = fleet(fake, "--session-budget", "500", count=2)
    client = Client()
    client.connect(servers[0].port)
    hello = client.hello()
    for _ in range(20):
        s = socket.create_connection(("127.0.0.1", servers[1].port))
        s.sendall(hello)
        s.close()
    eventually(lambda: len(servers[1].connections()) >= 20, 10, servers[1].said())
    eventually(lambda: fake.lookups >= 20, 3, lambda: f"of 20 sessions {fake.lookups} were looked for")
    must(Client().connect(servers[1].port) is False, "it serves on")
    eventually(lambda: servers[1].stats()["store"]["in_flight"] == 0, 3, "lookups are left over")
    fake.close()


@test
def a_server_starts_without_its_store_and_finds_it_later():
    store = Redis()
    store.kill()
    servers = fleet(store, count=2)
    must("the session store is not reached" in servers[0].said(), servers[0].said())
    client = Client()
    must(client.connect(servers[0].port) is False and client.connect(servers[0].port) is True, "from its own memory")
    must(client.connect(servers[1].port, keep=False) is False, "the other one has it not")
    store.start()
    eventually(lambda: servers[0].stats()["store"]["connected"] > 0 and servers[1].stats()["store"]["connected"] > 0, 12, "not connected")
    client = Client()
    must([client.connect(servers[i % 2].port) for i in range(4)] == [False, True, True, True], "the store serves")
    eventually(lambda: "the session store serves again" in servers[0].said(), 3, servers[0].said())


if __name__ == "__main__":
    main()
