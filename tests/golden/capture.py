# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/wire.jsonl: requests of every kind and what Java 3.8.0 answers, as bytes.

Run by hand where Debian's zookeeper package is: /usr/bin/python3 tests/golden/capture.py
README.md describes the file. Left out are the requests that harm a 3.8.0 server (check outside a multi, createTTL
with a flag that is not TTL) and those that only servers send (createSession, deleteContainer).
"""

import json
import os
import socket
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

from harness import SUPER_AUTH, Server  # noqa: E402
import wire  # noqa: E402
from wire import OPS, acls, boolean, buf, connect_request, create_body, frame, i32, i64  # noqa: E402
from wire import multi_body, vec  # noqa: E402

EPHEMERAL, SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER, TTL, TTL_SEQUENTIAL = 1, 2, 3, 4, 5, 6
BOB = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="
QUIET = 0.3  # seconds without a byte after which a connection is taken to have no more to say


class Options:
    server, binary, slow, server_flags = "java", "", 1.0, []


class Recorder:
    """Sends steps and writes down what comes back, on every connection."""

    def __init__(self, port, out):
        self.port = port
        self.out = out
        self.conns = {}
        self.names = set()
        self.surprises = []

    def conn(self, label):
        if label not in self.conns:
            self.conns[label] = wire.Conn(self.port)
        return self.conns[label]

    def _read(self, conn, single):
        """(frames, closed): up to the first frame that is no event, or to the end or to quiet."""
        frames = []
        while True:
            try:
                payload = conn.recv_frame(10.0 if single and not frames else QUIET)
            except wire.Closed:
                return frames, True
            except socket.timeout:
                assert not single, "no answer"
                return frames, False
            frames.append(payload)
            is_event = len(payload) >= 4 and struct.unpack(">i", payload[:4])[0] == -1
            if single and not is_event:
                return frames, False

    def _events(self, but):
        """Events on the other connections: a ping's reply comes after all that are due."""
        found = {}
        for label, conn in sorted(self.conns.items()):
            if label == but or not conn.session:
                continue
            try:
                conn.send_raw(frame(i32(-2) + i32(OPS["ping"])))
                frames, _ = self._read(conn, single=True)
            except wire.Closed:
                frames = []
            if not frames:
                self.drop(label)
            elif frames[:-1]:
                found[label] = "".join(frame(f).hex() for f in frames[:-1])
        return found

    def lose(self, name, label):
        """The client's side of the connection breaks; the session lives."""
        self.drop(label)
        self.out.write(json.dumps({"name": name, "conn": label, "op": "lose"}) + "\n")

    def drop(self, label):
        self.conns.pop(label).abort()

    def send(self, name, label, op, data, single=True, closes=False):
        """One step. closes: the server is to close; single: exactly one reply is to come."""
        assert name not in self.names, name
        self.names.add(name)
        conn = self.conn(label)
        conn.send_raw(data)
        frames, closed = self._read(conn, single and not closes)
        assert closed == closes, "%s: closed %s, frames %s" % (name, closed, frames)
        line = {"name": name, "conn": label, "op": op, "request": data.hex(),
                "reply": "".join(frame(f).hex() for f in frames),
                "events": self._events(label), "closed": closed}
        self.out.write(json.dumps(line) + "\n")
        if closed:
            self.drop(label)
        return frames[-1] if frames else b""

    def connect(self, name, label, body=None, **more):
        payload = self.send(name, label, "connect", frame(body or connect_request()), **more)
        if payload:
            answer = wire.decode_connect(payload)
            if label in self.conns:
                self.conns[label].session = answer["session"]
                self.conns[label].passwd = answer["passwd"]
            return answer
        return None

    def call(self, name, op, body=b"", err=0, label="a", xid=None, **more):
        conn = self.conn(label)
        if xid is None:
            conn.xid += 1
            xid = conn.xid
        number = OPS.get(op, op)
        payload = self.send(name, label, number, frame(i32(xid) + i32(number) + body), **more)
        if payload:
            reply = wire.decode_reply(number, payload)
            if reply["err"] != err:
                self.surprises.append("%s: %s, not %d" % (name, reply, err))
            return reply
        return None


def handshakes(r):
    r.connect("connect/new", "a")
    r.connect("connect/without-readonly-byte", "old", connect_request(read_only=None))
    r.connect("connect/asks-read-only", "ro", connect_request(read_only=True))
    r.connect("connect/null-password", "n", connect_request(passwd=None))
    r.connect("connect/short-password", "s", connect_request(passwd=b"abc"))
    r.connect("connect/timeout-too-short", "t1", connect_request(timeout=1))
    r.connect("connect/timeout-too-long", "t2", connect_request(timeout=2 ** 31 - 1))
    r.connect("connect/timeout-negative", "t3", connect_request(timeout=-5))
    r.connect("connect/protocol-7", "p", i32(7) + connect_request()[4:])
    r.connect("connect/trailing-bytes", "tr", connect_request() + b"more")
    for label in ("old", "ro", "n", "s", "t1", "t2", "t3", "p", "tr"):
        r.call("closeSession/" + label, "closeSession", label=label, closes=True)
    r.connect("connect/unknown-session", "x", connect_request(session=0x1234), closes=True)
    r.connect("connect/zxid-ahead", "x", connect_request(last_zxid=1 << 40), closes=True)
    r.connect("connect/truncated", "x", connect_request()[:20], closes=True)
    r.connect("connect/password-length-negative", "x",
              connect_request()[:24] + i32(-2) + b"\0" * 17, closes=True)
    r.connect("connect/password-length-huge", "x",
              connect_request()[:24] + i32(0x7fffff00) + b"\0" * 17, closes=True)
    r.send("raw/length-negative", "x", "raw", i32(-1), closes=True)
    r.send("raw/length-over-limit", "x", "raw", i32(1048576), closes=True)
    r.send("raw/length-zero", "x", "raw", i32(0), closes=True)


def creates(r):
    def create(name, path, err=0, data=b"d", acl=wire.OPEN_ACL, flags=0, op="create", ttl=None):
        r.call("%s/%s" % (op, name), op, create_body(path, data, acl, flags, ttl), err)

    create("ok", "/a")
    create("null-data", "/null", data=None)
    create("empty-data", "/empty", data=b"")
    create("utf-8", "/\u00fcn\u00ef")
    create("last-legal-unit", "/\uffef")
    create("dots-in-name", "/.x")
    create("exists", "/a", -110)
    create("root", "/", -110)
    create("no-parent", "/none/x", -101)
    create("no-slash", "abc", -8)
    create("empty-path", "", -8)
    create("null-path", None, -5)
    create("double-slash", "//x", -8)
    create("double-slash-no-parent", "/a//x", -101)
    create("trailing-slash", "/a/", -8)
    create("trailing-slash-no-parent", "/none/", -101)
    create("dot", "/a/.", -8)
    create("dotdot-no-parent", "/b/../c", -101)
    create("nul", "/a\0b", -8)
    create("control", "/a\1", -8)
    create("private-use", "/a\uf8ff", -8)
    create("specials", "/a\ufff0", -8)
    create("flags-99", "/f", -8, flags=99)
    create("flags-negative", "/f", -8, flags=-1)
    create("flags-ttl", "/f", -8, flags=TTL)
    create("acl-empty", "/f", -114, acl=[])
    create("acl-null", "/f", -114, acl=None)
    create("acl-bad-scheme", "/f", -114, acl=[(31, "nobody", "x")])
    create("acl-world-other", "/f", -114, acl=[(31, "world", "me")])
    create("acl-ip-bad", "/f", -114, acl=[(31, "ip", "1.2.3.4/99")])
    create("acl-digest-bad", "/f", -114, acl=[(31, "digest", "x:y:z")])
    create("acl-auth-none", "/f", -114, acl=[(31, "auth", "")])
    create("acl-sasl", "/f", -114, acl=[(31, "sasl", "bob")])
    create("acl-odd-perms", "/perms", acl=[(0x7f, "world", "anyone"), (0, "ip", "10.0.0.0/8")])
    create("zookeeper", "/zookeeper", -110)
    create("under-zookeeper", "/zookeeper/mine")
    create("sequential", "/s-", flags=SEQUENTIAL)
    create("sequential-bare", "/a/", flags=SEQUENTIAL)
    create("ephemeral", "/e", flags=EPHEMERAL)
    create("ephemeral-sequential", "/es-", flags=EPHEMERAL_SEQUENTIAL)
    create("child-of-ephemeral", "/e/x", -108)
    create("ok", "/c2", op="create2")
    create("ephemeral", "/c2/e", op="create2", flags=EPHEMERAL)
    create("exists", "/c2", -110, op="create2")
    create("ok", "/cont", op="createContainer", flags=CONTAINER)
    create("exists", "/cont", -110, op="createContainer", flags=CONTAINER)
    create("ok", "/ttl", op="createTTL", flags=TTL, ttl=5000000)
    create("sequential", "/ttl-", op="createTTL", flags=TTL_SEQUENTIAL, ttl=0xffffffffff)
    create("zero", "/t0", -8, op="createTTL", flags=TTL, ttl=0)
    create("too-long", "/t0", -8, op="createTTL", flags=TTL, ttl=0x10000000000)
    create("negative", "/t0", -8, op="createTTL", flags=TTL, ttl=-1)
    body = create_body("/f")
    r.call("create/truncated", "create", body[:-3], -5)
    r.call("create/empty-body", "create", b"", -5)
    r.call("create/acl-count-huge", "create", buf("/f") + buf(b"") + i32(2 ** 31 - 1) + i32(0), -5)
    r.call("create/path-length-huge", "create", i32(2 ** 31 - 1) + b"/f", -5)
    r.call("create/path-length-negative", "create", i32(-5) + b"/f", -5)
    r.call("create/trailing-bytes", "create", create_body("/trail") + b"junk")


def reads(r):
    for op in ("exists", "getData", "getChildren", "getChildren2"):
        r.call(op + "/ok", op, buf("/a") + boolean(False))
        r.call(op + "/missing", op, buf("/none") + boolean(False), -101)
        r.call(op + "/trailing-slash", op, buf("/a/") + boolean(False), -101)
        r.call(op + "/empty-path", op, buf("") + boolean(False))
        r.call(op + "/null-path", op, buf(None) + boolean(False), -5)
        r.call(op + "/truncated", op, buf("/a"), -5)
        r.call(op + "/root", op, buf("/") + boolean(False))
    r.call("getData/null", "getData", buf("/null") + boolean(False))
    r.call("getData/empty", "getData", buf("/empty") + boolean(False))
    r.call("getData/container", "getData", buf("/cont") + boolean(False))
    r.call("getData/ttl", "getData", buf("/ttl") + boolean(False))
    r.call("getData/ephemeral", "getData", buf("/e") + boolean(False))
    r.call("getData/zookeeper", "getData", buf("/zookeeper") + boolean(False))
    r.call("getData/config", "getData", buf("/zookeeper/config") + boolean(False))
    r.call("exists/nul", "exists", buf("/a\0b") + boolean(False), -8)
    r.call("getACL/ok", "getACL", buf("/perms"))
    r.call("getACL/root", "getACL", buf("/"))
    r.call("getACL/config", "getACL", buf("/zookeeper/config"))
    r.call("getACL/missing", "getACL", buf("/none"), -101)
    r.call("getAllChildrenNumber/root", "getAllChildrenNumber", buf("/"))
    r.call("getAllChildrenNumber/a", "getAllChildrenNumber", buf("/a"))
    r.call("getAllChildrenNumber/missing", "getAllChildrenNumber", buf("/none"), -101)
    r.call("getEphemerals/all", "getEphemerals", buf("/"))
    r.call("getEphemerals/prefix", "getEphemerals", buf("/e"))
    r.call("getEphemerals/none", "getEphemerals", buf("/zzz"))
    r.call("whoAmI/ip", "whoAmI")
    r.call("sync/ok", "sync", buf("/a"))
    r.call("sync/no-path", "sync", buf("no slash"))
    r.call("ping/xid-minus-2", "ping", xid=-2)
    r.call("ping/other-xid", "ping", xid=55)


def writes(r):
    def set_data(name, path, version, err=0, data=b"x"):
        r.call("setData/" + name, "setData", buf(path) + buf(data) + i32(version), err)

    def delete(name, path, version, err=0):
        r.call("delete/" + name, "delete", buf(path) + i32(version), err)

    set_data("ok", "/a", 0)
    set_data("any-version", "/a", -1, data=None)
    set_data("bad-version", "/a", 0, -103)
    set_data("version-minus-2", "/a", -2, -103)
    set_data("missing", "/none", -1, -101)
    set_data("bad-path", "/a/", -1, -8)
    set_data("root", "/", -1)
    set_data("config", "/zookeeper/config", -1, -102)
    r.call("setData/truncated", "setData", buf("/a") + buf(b"x"), -5)
    r.call("setACL/ok", "setACL",
           buf("/perms") + acls([(31, "world", "anyone"), (31, "world", "anyone")]) + i32(0))
    r.call("setACL/bad-version", "setACL", buf("/perms") + acls(wire.OPEN_ACL) + i32(0), -103)
    r.call("setACL/empty", "setACL", buf("/perms") + acls([]) + i32(-1), -114)
    r.call("setACL/missing", "setACL", buf("/none") + acls(wire.OPEN_ACL) + i32(-1), -101)
    delete("bad-version", "/trail", 4, -103)
    delete("ok", "/trail", 0)
    delete("missing", "/trail", -1, -101)
    delete("not-empty", "/a", -1, -111)
    delete("root", "/", -1, -8)
    delete("zookeeper", "/zookeeper", -1, -8)
    delete("quota", "/zookeeper/quota", -1, -8)
    delete("no-slash", "abc", -1, -8)
    delete("trailing-slash", "/empty/", -1, -101)
    delete("no-parent", "/none/x", -1, -101)
    r.call("create/sequential-after-delete", "create", create_body("/s-", flags=SEQUENTIAL))
    r.call("exists/root-after-writes", "exists", buf("/") + boolean(False))
    r.call("reconfig/disabled", "reconfig", buf("server.2=x:1:2") + buf(None) + buf(None) + i64(-1),
           -123)


def multis(r):
    set_a = (5, buf("/a") + buf(b"m") + i32(-1))
    r.call("multi/all-kinds", "multi", multi_body([
        (1, create_body("/m")), set_a, (13, buf("/m") + i32(0)),
        (1, create_body("/m/s-", flags=SEQUENTIAL)), (1, create_body("/m/s-", flags=SEQUENTIAL)),
        (1, create_body("/m/e", flags=EPHEMERAL)), (2, buf("/m/e") + i32(0)),
        (19, create_body("/m/c", flags=CONTAINER)), (21, create_body("/m/t", flags=TTL, ttl=77777777))]))
    r.call("multi/create2", "multi", multi_body([(15, create_body("/m/two"))]))
    r.call("multi/empty", "multi", multi_body([]))
    r.call("multi/second-fails", "multi", multi_body(
        [(1, create_body("/m2")), (2, buf("/none") + i32(-1)), set_a]))
    r.call("multi/check-fails", "multi", multi_body([(13, buf("/m") + i32(9)), set_a]))
    r.call("multi/first-fails", "multi", multi_body([(1, create_body("/m")), set_a]))
    r.call("multi/sees-own-writes", "multi", multi_body(
        [(1, create_body("/m3")), (5, buf("/m3") + buf(b"") + i32(0)), (2, buf("/m3") + i32(1))]))
    r.call("multi/children-left", "multi", multi_body(
        [(1, create_body("/m4")), (1, create_body("/m4/x")), (2, buf("/m4") + i32(-1))]))
    r.call("multi/sequence-not-used", "create", create_body("/s-", flags=SEQUENTIAL))
    r.call("multi/with-read", "multi", multi_body([(4, buf("/a") + boolean(False))]), -5)
    r.call("multi/with-setACL", "multi", multi_body(
        [(7, buf("/a") + acls(wire.OPEN_ACL) + i32(-1))]), -5)
    r.call("multi/nested", "multi", multi_body([(14, multi_body([set_a]))]), -5)
    r.call("multi/truncated", "multi", multi_body([set_a])[:-4], -5)
    r.call("multi/unknown-op", "multi", multi_body([(99, b"")]), -5)
    read_a = (4, buf("/a") + boolean(True))
    r.call("multiRead/ok", "multiRead", multi_body([read_a, (8, buf("/m") + boolean(True))]))
    r.call("multiRead/missing", "multiRead", multi_body([(4, buf("/none") + boolean(False)), read_a]))
    r.call("multiRead/empty", "multiRead", multi_body([]))
    r.call("multiRead/with-write", "multiRead", multi_body([set_a]), -5)


def auths(r):
    def auth(name, label, scheme, data, err=0, xid=-4, **more):
        r.call("auth/" + name, "auth", i32(0) + buf(scheme) + buf(data), err, label, xid, **more)

    auth("digest", "a", "digest", b"bob:pw")
    auth("ip", "a", "ip", b"")
    auth("other-xid", "a", "digest", b"eve:pw", xid=9)
    r.call("whoAmI/digest", "whoAmI")
    r.call("create/acl-auth", "create", create_body("/mine", acl=[(31, "digest", BOB)]))
    r.call("create/acl-two", "create", create_body("/ours", acl=[
        (1, "digest", BOB), (31, "digest", "eve:wrong"), (4, "ip", "127.0.0.1"), (8, "ip", "10.0.0.0/8")]))
    r.connect("connect/stranger", "b")
    r.call("getData/no-auth", "getData", buf("/mine") + boolean(False), -102, "b")
    r.call("getACL/no-auth", "getACL", buf("/mine"), -102, "b")
    r.call("getChildren/no-auth", "getChildren", buf("/mine") + boolean(False), -102, "b")
    r.call("setData/no-auth", "setData", buf("/mine") + buf(b"") + i32(-1), -102, "b")
    r.call("setACL/no-auth", "setACL", buf("/mine") + acls(wire.OPEN_ACL) + i32(-1), -102, "b")
    r.call("create/no-auth", "create", create_body("/mine/x"), -102, "b")
    r.call("create/by-ip", "create", create_body("/ours/x"), 0, "b")
    r.call("delete/no-auth", "delete", buf("/ours/x") + i32(-1), -102, "b")
    r.call("getAllChildrenNumber/no-auth", "getAllChildrenNumber", buf("/mine"), -102, "b")
    r.call("multi/no-auth", "multi", multi_body([(5, buf("/mine") + buf(b"") + i32(-1))]), 0, "b")
    r.call("multiRead/no-auth", "multiRead", multi_body([(4, buf("/mine") + boolean(False))]), 0, "b")
    r.call("getACL/with-admin", "getACL", buf("/mine"))
    r.call("getACL/read-only-masked", "getACL", buf("/ours"))
    auth("super", "b", "digest", SUPER_AUTH)
    r.call("whoAmI/super", "whoAmI", label="b")
    r.call("getACL/super", "getACL", buf("/mine"), 0, "b")
    auth("unknown-scheme", "b", "nobody", b"x", -115, closes=True)
    r.connect("connect/stranger-2", "b")
    auth("world", "b", "world", b"anyone", -115, closes=True)
    r.connect("connect/stranger-3", "b")
    r.call("auth/truncated", "auth", i32(0) + buf("digest"), 0, "b", -4, closes=True)
    r.connect("connect/stranger-4", "b")
    r.call("sasl/not-configured", "sasl", buf(b""), label="b")
    r.call("closeSession/stranger", "closeSession", label="b", closes=True)


def watches(r):
    """Connection w watches, a writes; then what a client does on a reconnect."""
    r.connect("connect/watcher", "w")
    r.call("exists/watch-missing", "exists", buf("/w") + boolean(True), -101, "w")
    r.call("create/fires-exists", "create", create_body("/w"))
    r.call("getData/watch", "getData", buf("/w") + boolean(True), label="w")
    r.call("setData/fires-data", "setData", buf("/w") + buf(b"1") + i32(-1))
    r.call("setData/fires-once", "setData", buf("/w") + buf(b"2") + i32(-1))
    r.call("getChildren/watch", "getChildren", buf("/w") + boolean(True), label="w")
    r.call("getChildren2/watch-again", "getChildren2", buf("/w") + boolean(True), label="w")
    r.call("create/fires-child", "create", create_body("/w/x"))
    r.call("exists/watch", "exists", buf("/w/x") + boolean(True), label="w")
    r.call("getChildren/watch-both", "getChildren", buf("/w/x") + boolean(True), label="w")
    r.call("getChildren/watch-parent", "getChildren", buf("/w") + boolean(True), label="w")
    r.call("delete/fires-one-deleted-and-child", "delete", buf("/w/x") + i32(-1))
    r.call("getData/own-watch", "getData", buf("/w") + boolean(True))
    r.call("setData/event-before-own-reply", "setData", buf("/w") + buf(b"3") + i32(-1))
    r.call("checkWatches/none", "checkWatches", buf("/w") + i32(2), -121, "w")
    r.call("getData/watch-2", "getData", buf("/w") + boolean(True), label="w")
    r.call("checkWatches/data", "checkWatches", buf("/w") + i32(2), label="w")
    r.call("checkWatches/any", "checkWatches", buf("/w") + i32(3), label="w")
    r.call("checkWatches/children", "checkWatches", buf("/w") + i32(1), -121, "w")
    r.call("checkWatches/bad-type", "checkWatches", buf("/w") + i32(9), -5, "w")
    r.call("removeWatches/children", "removeWatches", buf("/w") + i32(1), -121, "w")
    r.call("removeWatches/data", "removeWatches", buf("/w") + i32(2), label="w")
    r.call("removeWatches/again", "removeWatches", buf("/w") + i32(3), -121, "w")
    r.call("setData/fires-nothing", "setData", buf("/w") + buf(b"4") + i32(-1))
    r.call("addWatch/bad-mode", "addWatch", buf("/p") + i32(9), -5, "w")
    r.call("addWatch/persistent", "addWatch", buf("/p") + i32(0), label="w")
    r.call("create/fires-persistent", "create", create_body("/p"))
    r.call("setData/fires-persistent", "setData", buf("/p") + buf(b"") + i32(-1))
    r.call("create/fires-persistent-child", "create", create_body("/p/x"))
    r.call("addWatch/recursive", "addWatch", buf("/r") + i32(1), label="w")
    r.call("multi/fires-recursive", "multi", multi_body([
        (1, create_body("/r")), (1, create_body("/r/x")), (1, create_body("/r/x/y")),
        (5, buf("/r/x/y") + buf(b"") + i32(-1)), (2, buf("/r/x/y") + i32(-1))]))
    r.call("setACL/fires-nothing", "setACL", buf("/p") + acls(wire.OPEN_ACL) + i32(-1))
    r.call("create/hidden-from-watcher", "create",
           create_body("/r/hidden", acl=[(31, "digest", BOB)]))
    r.call("removeWatches/persistent-any", "removeWatches", buf("/p") + i32(3), label="w")
    r.call("setData/persistent-gone", "setData", buf("/p") + buf(b"") + i32(-1))
    r.connect("connect/owner", "o")
    r.call("create/ephemeral-of-owner", "create", create_body("/r/eph", flags=EPHEMERAL), 0, "o")
    r.call("closeSession/fires-deleted", "closeSession", label="o", closes=True)
    zxid = r.call("exists/after-owner", "exists", buf("/r/eph") + boolean(False), -101)["zxid"]
    set_watches(r, zxid)


def set_watches(r, zxid):
    """A client that saw zxid last comes back on a new connection of its session."""
    session, passwd = r.conns["w"].session, r.conns["w"].passwd
    r.lose("lose/watcher", "w")
    r.call("setData/while-away", "setData", buf("/w") + buf(b"5") + i32(-1))
    r.call("create/while-away", "create", create_body("/late"))
    r.call("delete/while-away", "delete", buf("/p/x") + i32(-1))
    r.connect("connect/wrong-password", "w", connect_request(session=session, passwd=b"x" * 16),
              closes=True)
    r.connect("connect/reattach", "w", connect_request(session=session, passwd=passwd,
                                                       last_zxid=zxid))
    paths = [["/w", "/a", "/none"], ["/late", "/never"], ["/p", "/a", "/p/x"]]
    body = i64(zxid) + b"".join(vec(p, buf) for p in paths)
    r.call("setWatches/all", "setWatches", body, label="w", xid=-8)
    r.call("setData/fires-reset", "setData", buf("/a") + buf(b"") + i32(-1))
    r.call("create/fires-reset-exists", "create", create_body("/never"))
    r.call("create/fires-reset-child", "create", create_body("/a/new"))
    r.call("setWatches/null-list", "setWatches", i64(zxid) + i32(-1) * 3, -5, "w")
    r.call("setWatches/truncated", "setWatches", i64(zxid) + i32(1), -5, "w")
    r.call("setWatches/count-huge", "setWatches", i64(zxid) + i32(2 ** 31 - 1), -5, "w")
    body = i64(zxid) + i32(0) * 3 + vec(["/p"], buf) + vec(["/q"], buf)
    r.call("setWatches2/all", "setWatches2", body, label="w")
    r.call("setData/fires-reset-persistent", "setData", buf("/p") + buf(b"") + i32(-1))
    r.call("multi/fires-reset-recursive", "multi", multi_body(
        [(1, create_body("/q")), (1, create_body("/q/x"))]))
    r.call("closeSession/watcher", "closeSession", label="w", closes=True)
    r.connect("connect/closed-session", "w", connect_request(session=session, passwd=passwd),
              closes=True)


def endings(r):
    for op in (0, -1, 10, 99, 999):
        r.connect("connect/unknown-op%d" % op, "x")
        r.call("unknown/op%d" % op, op, err=-6, label="x", closes=True)
    r.connect("connect/short-frame", "x")
    r.send("raw/short-frame", "x", "raw", frame(b"\0\0\0\1"), closes=True)
    session, passwd = r.conns["a"].session, r.conns["a"].passwd
    r.connect("connect/takes-over", "a2", connect_request(session=session, passwd=passwd))
    r.call("getEphemerals/after-move", "getEphemerals", buf("/"), label="a2")
    r.call("whoAmI/after-move", "whoAmI", label="a2")
    r.call("closeSession/ok", "closeSession", label="a2", closes=True)


def main():
    server = Server(Options, tempfile.mkdtemp(prefix="golden-"), {"tickTime": 2000}).start()
    with open(os.path.join(HERE, "wire.jsonl"), "w") as out:
        recorder = Recorder(server.port, out)
        for part in (handshakes, creates, reads, writes, multis, auths, watches, endings):
            part(recorder)
    server.kill()
    print("%d steps" % len(recorder.names))
    if recorder.surprises:
        sys.exit("not what is written here:\n" + "\n".join(recorder.surprises))


if __name__ == "__main__":
    main()
