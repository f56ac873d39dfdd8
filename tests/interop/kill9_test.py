# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the real server under load, many times: every acknowledged write is there after the restart.

Several writers, each with a session, a subtree and an ephemeral of its own, keep a window of requests in
flight. Since nobody else writes in a subtree, its state after a restart must be the state of the
acknowledged writes plus a prefix of those in flight: anything else is a lost, doubled or torn write.
SERVAL_KILLS sets the number of kills (50).
"""

import os
import random
import shutil
import threading
import time

import wire
from harness import Suite, check, equal, pause
from state import check_same, describe
from wire import buf, create_body, i32

suite = Suite("kill9_test", loops=("1", "3"))
WRITERS = 4
WINDOW = 16
KEPT = 12  # children a writer keeps


class Model:
    """The subtree of one writer: child name -> data, and data and version of its root."""

    def __init__(self):
        self.children = {}
        self.value = b""
        self.version = 0

    def copy(self):
        other = Model()
        other.children, other.value, other.version = dict(self.children), self.value, self.version
        return other

    def apply(self, step):
        for kind, name, data in step:
            if kind == "set":
                self.value, self.version = data, self.version + 1
            elif kind == "create":
                self.children[name] = data
            else:
                del self.children[name]

    def key(self):
        return (self.value, self.version, tuple(sorted(self.children.items())))


class Writer:
    def __init__(self, index, seed):
        self.root = "/w%d" % index
        self.random = random.Random(seed)
        self.counter = 0
        self.model = Model()      # all acknowledged writes
        self.ahead = Model()      # and those in flight
        self.pending = []         # steps in flight, oldest first
        self.conn = None
        self.session, self.passwd, self.last_zxid = 0, b"\0" * 16, 0
        self.acknowledged = 0
        self.problem = None

    def begin(self, port):
        self.conn = wire.open_session(port, 60000)
        self.session, self.passwd = self.conn.session, self.conn.passwd
        equal(self.conn.create(self.root, b"")["err"], 0)
        equal(self.conn.create(self.root + "-eph", b"", flags=1)["err"], 0)

    def next_step(self):
        """One random write as (request type, body, what it does to the model)."""
        self.counter += 1
        data = b"%d" % self.counter + b"." * self.random.choice((0, 10, 100, 3000))
        name = "n%d" % self.counter
        full = len(self.ahead.children) >= KEPT
        oldest = next(iter(self.ahead.children), None)
        kind = self.random.randrange(4)
        set_body = buf(self.root) + buf(data) + i32(self.ahead.version)
        if kind == 0:
            return "setData", set_body, [("set", None, data)]
        if kind == 1 and oldest:
            return "delete", buf(self.root + "/" + oldest) + i32(-1), [("delete", oldest, None)]
        if kind == 2 or full:
            ops = [(5, set_body), (1, create_body(self.root + "/" + name, data))]
            step = [("set", None, data), ("create", name, data)]
            if full:
                ops.append((2, buf(self.root + "/" + oldest) + i32(0)))
                step.append(("delete", oldest, None))
            return "multi", wire.multi_body(ops), step
        return "create", create_body(self.root + "/" + name, data), [("create", name, data)]

    def run(self):
        """Writes until the connection breaks; a wrong answer is kept in problem."""
        try:
            while True:
                while len(self.pending) < WINDOW:
                    op, body, step = self.next_step()
                    self.pending.append((op, step))
                    self.ahead.apply(step)
                    self.conn.submit(op, body)
                op, step = self.pending[0]
                self.take_reply(self.conn.reply(op, 20.0), op, step)
        except wire.Closed:
            pass
        except Exception as problem:  # told by the main thread
            self.problem = problem
        self.conn.abort()

    def take_reply(self, reply, op, step):
        equal(reply["err"], 0, "%s of %s" % (op, self.root))
        if op == "multi":
            check(all(r["err"] == 0 for r in reply["results"]), "multi: %s" % reply)
        check(reply["zxid"] > self.last_zxid,
              "zxid went from %d to %d" % (self.last_zxid, reply["zxid"]))
        self.last_zxid = reply["zxid"]
        self.pending.pop(0)
        self.model.apply(step)
        self.acknowledged += 1

    def reattach(self, port, floor):
        """After a restart: the session lives, the subtree holds what it must. floor: the highest
        zxid that was acknowledged to anybody."""
        self.conn = wire.Conn(port)
        answer = self.conn.connect(60000, self.session, self.passwd, self.last_zxid)
        equal(answer["session"], self.session, "session of " + self.root)
        got, zxid = self.read_back()
        check(zxid >= floor, "zxid %d after %d was acknowledged" % (zxid, floor))
        guess = self.model.copy()
        applied = 0
        while got.key() != guess.key() and applied < len(self.pending):
            guess.apply(self.pending[applied][1])
            applied += 1
        if got.key() != guess.key():
            raise AssertionError(
                "%s: %d acknowledged, %d in flight, but found version %d, value %r, children %s; "
                "acknowledged state is version %d, value %r, children %s" % (
                    self.root, self.acknowledged, len(self.pending), got.version, got.value[:20],
                    sorted(got.children), self.model.version, self.model.value[:20],
                    sorted(self.model.children)))
        self.model, self.ahead, self.pending = guess, guess.copy(), []
        self.last_zxid = max(self.last_zxid, zxid)
        equal(self.conn.exists(self.root + "-eph")["err"], 0, "ephemeral of " + self.root)

    def read_back(self):
        root = self.conn.get(self.root)
        equal(root["err"], 0, self.root)
        found = Model()
        found.value, found.version = root["data"], root["stat"]["version"]
        names = sorted(self.conn.children(self.root)["children"], key=lambda n: int(n[1:]))
        for name in names:
            self.conn.submit("getData", buf(self.root + "/" + name) + b"\0")
        for name in names:
            found.children[name] = self.conn.reply("getData")["data"]
        return found, root["zxid"]


def one_round(server, writers, length):
    """Load for length seconds, a kill -9 in the middle of it, and all writers' threads joined."""
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    pause(length)
    server.kill()
    for thread in threads:
        thread.join(30)
        check(not thread.is_alive(), "a writer hangs")
    for writer in writers:
        if writer.problem:
            raise writer.problem


@suite.case
def acknowledged_writes_survive(suite_):
    default = 50 if suite_.ours else 12
    kills = int(os.environ.get("SERVAL_KILLS", default))
    seed = int(os.environ.get("SERVAL_SEED", time.time()))
    print("SERVAL_SEED=%d, %d kills" % (seed, kills))
    chance = random.Random(seed)
    compression = chance.choice(("", "gz", "snappy"))
    server = suite_.server({"snapCount": 1000, "txnLogSizeLimitInKb": 2000, "maxSessionTimeout": 60000,
                            "autopurge.purgeInterval": 1,
                            "snapshot.compression.method": compression}).start()
    writers = [Writer(index, chance.random()) for index in range(WRITERS)]
    for writer in writers:
        writer.begin(server.port)
    for number in range(kills):
        one_round(server, writers, chance.uniform(0.02, 0.5))
        if number % 5 == 4:  # a kill in the middle of recovery
            server.spawn()
            pause(chance.uniform(0, 0.15))
            server.kill()
        server.start()
        floor = max(writer.last_zxid for writer in writers)
        for writer in writers:
            try:
                writer.reattach(server.port, floor)
            except (AssertionError, wire.Closed) as problem:
                raise AssertionError("after kill %d (SERVAL_SEED=%d): %s" % (
                    number + 1, seed, problem)) from problem
    print("%d acknowledged writes, snapshots: %d" % (
        sum(w.acknowledged for w in writers),
        len([n for n in os.listdir(server.version2()) if n.startswith("snapshot")])))
    java_agrees(suite_, server)


def java_agrees(suite_, server):
    """Java reads the same from what all these kills have left."""
    before = describe(server)
    server.kill()
    java = suite_.java({"maxSessionTimeout": 60000})
    shutil.copytree(server.version2(), java.version2(),
                    ignore=shutil.ignore_patterns("*.tmp"))
    java.start()
    before["zxid"] += 2  # describe() opened and closed a session
    check_same(describe(java), before)


if __name__ == "__main__":
    suite.main()
