# SPDX-License-Identifier: Apache-2.0
"""A mixed load of raw clients: all operations, reconnects, broken frames, and rules for every reply."""

import random
import struct
import threading
import time

import wire
from harness import check, four_letter
from wire import OPS, acls, boolean, buf, create_body, i32, i64, multi_body, vec

# What any operation of the load may be answered: the nodes are shared by all clients.
ALLOWED = {0, wire.NO_NODE, wire.NO_AUTH, wire.BAD_VERSION, wire.NODE_EXISTS, wire.NOT_EMPTY, -108, -112,
           -121, -114, wire.BAD_ARGUMENTS, wire.MARSHALLING}
WINDOW = 20
WORDS = "ruok srvr stat mntr conf cons envi isro wchs wchc wchp dump dirs hash crst srst".split()


class Client:
    """One thread: a connection that does random things for a while. counts: replies by operation."""

    def __init__(self, port, seed, deadline):
        self.port, self.deadline = port, deadline
        self.random = random.Random(seed)
        self.conn = None
        self.counts = {}
        self.problem = None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while time.monotonic() < self.deadline:
                self._life()
        except Exception as problem:  # told by the main thread
            self.problem = problem

    def _life(self):
        """One session from its start to its end, with reconnects in between."""
        self.conn = wire.open_session(self.port, 30000)
        if self.random.random() < 0.5:
            self.conn.auth("digest", b"user:%d" % self.random.randrange(3))
        for _ in range(self.random.randrange(1, 4)):
            for _ in range(self.random.randrange(1, 30)):
                self._batch()
                if time.monotonic() > self.deadline:
                    break
            if self.random.random() < 0.2:
                self._break_off()
                return
            self._reattach()
        if self.random.random() < 0.8:
            self.conn.close()
        else:
            self.conn.abort()

    def _reattach(self):
        old = self.conn
        if self.random.random() < 0.5:
            old.abort()
        fresh = wire.Conn(self.port)
        answer = fresh.connect(30000, old.session, old.passwd, old.last_zxid)
        check(answer["session"] == old.session, "a living session was refused")
        fresh.xid, fresh.last_zxid = old.xid, old.last_zxid
        old.abort()
        self.conn = fresh
        paths = [[self._path() for _ in range(self.random.randrange(4))] for _ in range(5)]
        if self.random.random() < 0.5:
            op, lists = "setWatches", paths[:3]
        else:
            op, lists = "setWatches2", paths
        body = i64(old.last_zxid) + b"".join(vec(p, buf) for p in lists)
        check(self.conn.call(op, body)["err"] == 0, op)

    def _break_off(self):
        """Bytes after which the server has to close."""
        bad = self.random.choice((i32(-1), i32(1 << 30), wire.frame(b"abc"),
                                  wire.frame(i32(7) + i32(999))))
        self.conn.send_raw(bad)
        try:
            while True:
                self.conn.recv_frame(20)
        except wire.Closed:
            pass
        self.conn.abort()

    def _batch(self):
        """A few requests in one go; their replies must come in order and never go back in time."""
        sent = []
        for _ in range(self.random.randrange(1, WINDOW)):
            op, body = self._request()
            xid = self.conn.submit(op, body, -2 if op == "ping" else None)
            sent.append((op, xid))
        for op, xid in sent:
            reply = self.conn.reply(op, 30)
            check(reply["xid"] == xid, "%s: xid %d, wanted %d" % (op, reply["xid"], xid))
            check(reply["err"] in ALLOWED, "%s: %s" % (op, reply))
            check(reply["zxid"] >= self.conn.last_zxid or op == "ping", "zxid went back at " + op)
            self.counts[op] = self.counts.get(op, 0) + 1
        self.conn.events.clear()

    def _path(self):
        draw = self.random.random()
        if draw < 0.1:
            return "/"
        top = "/t%d" % self.random.randrange(8)
        return top if draw < 0.5 else "%s/c%d" % (top, self.random.randrange(10))

    def _acl(self):
        return self.random.choice((wire.OPEN_ACL, wire.OPEN_ACL, wire.OPEN_ACL, [(31, "auth", "")],
                                   [(1, "world", "anyone"), (30, "ip", "127.0.0.1")]))

    def _data(self):
        return bytes(self.random.choice((0, 10, 10, 100, 100, 1000, 50000)))

    def _write(self):
        path, version = self._path(), self.random.choice((-1, -1, 0, 1))
        return self.random.choice((
            lambda: (1, create_body(path, self._data(), self._acl(), self.random.choice((0, 0, 1, 3)))),
            lambda: (5, buf(path) + buf(self._data()) + i32(version)),
            lambda: (2, buf(path) + i32(version)),
            lambda: (13, buf(path) + i32(version))))()

    def _request(self):
        path, watch = self._path(), boolean(self.random.random() < 0.3)
        draw = self.random.choice((
            "create", "create", "create2", "delete", "setData", "setData", "getData", "getData",
            "getData", "exists", "getChildren", "getChildren2", "getACL", "setACL", "sync", "ping",
            "multi", "multiRead", "createContainer", "createTTL", "addWatch", "removeWatches",
            "checkWatches", "getEphemerals", "getAllChildrenNumber", "whoAmI"))
        if draw in ("create", "create2"):
            flags = self.random.choice((0, 0, 0, 1, 2, 3))
            return draw, create_body(path, self._data(), self._acl(), flags)
        if draw == "createContainer":
            return draw, create_body(path, b"", flags=4)
        if draw == "createTTL":
            return draw, create_body(path, b"", flags=5, ttl=1000)
        if draw == "setData":
            return draw, buf(path) + buf(self._data()) + i32(self.random.choice((-1, 0)))
        if draw == "delete":
            return draw, buf(path) + i32(-1)
        if draw in ("getData", "exists", "getChildren", "getChildren2"):
            return draw, buf(path) + watch
        if draw == "setACL":
            return draw, buf(path) + acls(self._acl()) + i32(-1)
        if draw == "multi":
            ops = [self._write() for _ in range(self.random.randrange(5))]
            return draw, multi_body([op for op in ops if op[0] != 1 or op[1][-4:] != i32(5)])
        if draw == "multiRead":
            return draw, multi_body([(4, buf(self._path()) + watch), (8, buf(path) + watch)])
        if draw in ("addWatch",):
            return draw, buf(path) + i32(self.random.randrange(2))
        if draw in ("removeWatches", "checkWatches"):
            return draw, buf(path) + i32(self.random.randrange(1, 4))
        if draw in ("ping", "whoAmI"):
            return draw, b""
        return draw, buf(path)


class Hammer:
    """One thread that asks four-letter words all the time."""

    def __init__(self, port, deadline):
        self.port, self.deadline = port, deadline
        self.problem = None
        self.counts = {}
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        chance = random.Random(1)
        try:
            while time.monotonic() < self.deadline:
                word = chance.choice(WORDS)
                answer = four_letter(self.port, word, 30)
                check(answer or word == "hash", "nothing from " + word)
                self.counts[word] = self.counts.get(word, 0) + 1
        except Exception as problem:  # told by the main thread
            self.problem = problem


def mixed_load(port, seconds, clients=6, seed=1):
    """Runs the load; returns replies by operation. Raises the first thing that was wrong."""
    deadline = time.monotonic() + seconds
    crowd = [Client(port, seed * 1000 + n, deadline) for n in range(clients)]
    crowd.append(Hammer(port, deadline))
    for one in crowd:
        one.thread.start()
    total = {}
    for one in crowd:
        one.thread.join(seconds + 90)
        check(not one.thread.is_alive(), "a client hangs")
        for op, count in one.counts.items():
            total[op] = total.get(op, 0) + count
    for one in crowd:
        if one.problem:
            raise one.problem
    return total
