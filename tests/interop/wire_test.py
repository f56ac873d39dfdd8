# SPDX-License-Identifier: Apache-2.0
"""Replays the golden transcript: every request of tests/golden/wire.jsonl must be answered as Java
answered it, but for times, session ids and the differences named in DIFFERENT.

Each operation of the transcript is a case; the replay itself runs once for each placement of loops.
"""

import json
import os
import socket
import struct

import wire
from harness import GOLDEN, Skip, Suite, check, equal
from wire import buf, create_body, i32, open_session

suite = Suite("wire_test", loops=("1", "3"))


def is_create2_result(got):
    return (got["err"] == 0 and len(got["results"]) == 1 and got["results"][0]["op"] == 15
            and got["results"][0]["path"] == "/m/two" and got["rest"] == "")


# What ours may answer instead of what 3.8.0 answers (docs/divergence.md): name -> (why, test of the decoded reply).
DIFFERENT = {
    "multi/create2": ("3.8.0 turns create2 in a multi into create; 3.8.2 and later keep it",
                      is_create2_result),
}


class Replay:
    """One pass over the transcript. failures: step name -> text."""

    def __init__(self, server):
        self.port = server.port
        self.lenient = server.kind == "ours"
        self.conns = {}
        self.sessions = {}   # id in the transcript -> id here
        self.passwords = {}  # the same for passwords
        self.zxids = {0: 0, -1: -1}
        self.shift = 0       # zxid here - zxid there, as last seen
        self.failures = {}

    def run(self, steps):
        for step in steps:
            try:
                self.step(step)
            except (AssertionError, wire.Closed, OSError, struct.error) as problem:
                text = "%s: %s" % (type(problem).__name__, problem)
                self.failures[step["name"]] = text
                if not isinstance(problem, AssertionError):
                    self.forget(step["conn"])

    def forget(self, label):
        if label in self.conns:
            self.conns.pop(label).abort()

    def step(self, step):
        label = step["conn"]
        if step["op"] == "lose":
            self.forget(label)
            return
        if label not in self.conns:
            self.conns[label] = wire.Conn(self.port)
        conn = self.conns[label]
        conn.send_raw(self.request(step))
        wanted = split_frames(step["reply"])
        got, closed = self.receive(conn, wanted, step["closed"])
        if closed:
            self.forget(label)
        equal(closed, step["closed"], "closed")
        equal(len(got), len(wanted), "frames (%s)" % [f.hex() for f in got])
        problems = []
        for mine, theirs in zip(got, wanted):
            problems += self.compare(step, mine, theirs)
        for other, frames in step["events"].items():
            problems += self.events(other, split_frames(frames))
        check(not problems, "; ".join(problems))

    def request(self, step):
        """The bytes to send: sessions and passwords of the transcript become ours."""
        data = bytes.fromhex(step["request"])
        if step["op"] == "connect":
            for table in (self.sessions, self.passwords):
                for theirs, mine in table.items():
                    if theirs in data:
                        data = data.replace(theirs, mine)
        return data

    def receive(self, conn, wanted, closes):
        """As many frames as the transcript has, and then the end if it is due."""
        got = []
        try:
            while len(got) < len(wanted) or closes:
                got.append(conn.recv_frame(5.0))
        except wire.Closed:
            return got, True
        except socket.timeout:
            pass
        return got, False

    def events(self, label, wanted):
        """Events on another connection; they may come a little later than the writer's reply."""
        conn = self.conns.get(label)
        if conn is None:
            return ["no connection " + label]
        got, _ = self.receive(conn, wanted, False)
        problems = []
        if len(got) != len(wanted):
            problems.append("%s got %d events, wanted %d" % (label, len(got), len(wanted)))
        for mine, theirs in zip(got, wanted):
            problems += self.compare_event(mine, theirs)
        return problems

    def compare(self, step, mine, theirs):
        """The differences between a reply and the one in the transcript, as sentences."""
        if step["op"] == "connect":
            return self.compare_connect(mine, theirs)
        if struct.unpack(">i", theirs[:4])[0] == -1:
            return self.compare_event(mine, theirs)
        got, wanted = (wire.decode_reply(step["op"], p) for p in (mine, theirs))
        problems = []
        if wanted["zxid"] > 0 and got["zxid"] > 0:
            problems += self.compare_zxid(got["zxid"], wanted["zxid"])
            wanted["zxid"] = got["zxid"]
        if self.lenient and step["name"] in DIFFERENT and DIFFERENT[step["name"]][1](got):
            return problems
        return problems + self.compare_fields(got, wanted, "")

    def compare_zxid(self, mine, theirs):
        """Zxids must count alike; a difference is told once, where it begins."""
        shift, self.shift = self.shift, mine - theirs
        self.zxids[theirs] = mine
        return [] if shift == self.shift else ["zxid %d, wanted %d" % (mine, theirs + shift)]

    def compare_connect(self, mine, theirs):
        got, wanted = wire.decode_connect(mine), wire.decode_connect(theirs)
        if wanted["session"] and got["session"]:
            self.sessions[wire.i64(wanted["session"])] = wire.i64(got["session"])
            self.passwords[wanted["passwd"]] = got["passwd"]
            wanted["session"], wanted["passwd"] = got["session"], got["passwd"]
        problems = self.compare_fields(got, wanted, "")
        if got["session"] and got["passwd"] != wire.session_password(got["session"]):
            problems.append("password is not the one of the session")
        return problems

    def compare_event(self, mine, theirs):
        got, wanted = wire.decode_event(mine), wire.decode_event(theirs)
        # 3.8.0 says -1, 3.9 says which transaction it was.
        if got["zxid"] > 0:
            wanted["zxid"] = got["zxid"]
        return self.compare_fields(got, wanted, "event ")

    def compare_fields(self, got, wanted, where):
        """Recursive over dicts and lists of the two decoded replies."""
        if isinstance(wanted, dict) and isinstance(got, dict):
            problems = []
            for key in sorted(set(wanted) | set(got)):
                problems += self.compare_value(key, got.get(key), wanted.get(key), where + key)
            return problems
        if isinstance(wanted, list) and isinstance(got, list) and len(got) == len(wanted):
            problems = []
            for index, (mine, theirs) in enumerate(zip(got, wanted)):
                problems += self.compare_fields(mine, theirs, "%s[%d]." % (where, index))
            return problems
        return [] if got == wanted else ["%s %r, wanted %r" % (where, got, wanted)]

    def compare_value(self, key, got, wanted, where):
        if key in ("czxid", "mzxid", "pzxid"):
            wanted = self.zxids.get(wanted, None if wanted is None else wanted + self.shift)
        elif key in ("ctime", "mtime"):
            if got and wanted:
                return []
        elif key == "ephemeralOwner" and wanted:
            known = self.sessions.get(wire.i64(wanted))
            wanted = struct.unpack(">q", known)[0] if known else "a session"
        return self.compare_fields(got, wanted, where + " ")


def split_frames(text):
    data, frames = bytes.fromhex(text), []
    while data:
        length = struct.unpack(">i", data[:4])[0]
        frames.append(data[4:4 + length])
        data = data[4 + length:]
    return frames


def load_steps():
    with open(os.path.join(GOLDEN, "wire.jsonl")) as lines:
        return [json.loads(line) for line in lines]


STEPS = load_steps()
_replays = {}


def replay(suite_):
    """The replay for the placement that is being tested."""
    if suite_.label not in _replays:
        server = suite_.server({"tickTime": 2000}).start()
        _replays[suite_.label] = Replay(server)
        _replays[suite_.label].run(STEPS)
    return _replays[suite_.label]


def add_case(operation):
    names = [s["name"] for s in STEPS if s["name"].split("/")[0] == operation]

    def case(suite_):
        failures = replay(suite_).failures
        bad = ["%s: %s" % (name, failures[name]) for name in names if name in failures]
        check(not bad, "%d of %d steps differ\n%s" % (len(bad), len(names), "\n".join(bad)))

    case.__name__ = operation
    suite.case(case)


for _operation in sorted({s["name"].split("/")[0] for s in STEPS if s["op"] != "lose"}):
    add_case(_operation)


@suite.case
def requests_that_are_not_for_clients(suite_):
    """check alone, deleteContainer, createSession, createTTL without TTL: they harm a 3.8.0 server,
    so ours refuses them; the tree stays and the server lives and restarts."""
    if not suite_.ours:
        raise Skip("these requests damage a 3.8.0 server")
    server = suite_.server().start()
    conn = open_session(server.port)
    equal(conn.create("/keep", b"")["err"], 0)
    conn.close()
    requests = (("check", buf("/keep") + i32(0)), ("deleteContainer", buf("/keep")),
                ("createSession", i32(4000)), ("createSession", b""))
    for op, body in requests:
        conn = open_session(server.port)
        try:
            got = conn.call(op, body)
            check(got["err"] in (wire.UNIMPLEMENTED, wire.BAD_ARGUMENTS), "%s: %s" % (op, got))
        except wire.Closed:
            pass
        conn.abort()
    conn = open_session(server.port)
    got = conn.call("createTTL", create_body("/no", b"", flags=0, ttl=-1))
    equal(got["err"], wire.BAD_ARGUMENTS, "createTTL without a TTL flag")
    conn.close()
    equal(server.stop() in (0, 143), True, "clean stop")
    server.start()
    conn = open_session(server.port)
    equal(conn.exists("/keep")["err"], 0)
    equal(conn.exists("/no")["err"], wire.NO_NODE)
    conn.close()


@suite.case
def pipelined_requests_are_answered_in_order(suite_):
    """Many requests in one write; replies come in order, and reads see the writes before them."""
    server = suite_.server().start()
    conn = open_session(server.port)
    sent = []
    batch = b""
    for index in range(200):
        for op, body in (("create", create_body("/n%d" % index, b"%d" % index)),
                         ("getData", buf("/n%d" % index) + b"\0"), ("ping", b"")):
            conn.xid += 1
            xid = -2 if op == "ping" else conn.xid
            batch += wire.frame(i32(xid) + i32(wire.OPS[op]) + body)
            sent.append((op, xid, index))
    conn.send_raw(batch)
    last = 0
    for op, xid, index in sent:
        got = conn.reply(op)
        equal((got["xid"], got["err"]), (xid, 0), "%s %d" % (op, index))
        check(got["zxid"] >= last, "zxid went back from %d to %d" % (last, got["zxid"]))
        last = got["zxid"]
        if op == "getData":
            equal(got["data"], b"%d" % index)
    conn.close()


@suite.case
def a_frame_in_pieces(suite_):
    """Bytes may come one at a time."""
    server = suite_.server().start()
    conn = wire.Conn(server.port)
    request = wire.frame(wire.connect_request()) + wire.frame(
        i32(1) + i32(wire.OPS["create"]) + create_body("/slow"))
    for position in range(len(request)):
        conn.send_raw(request[position:position + 1])
    check(wire.decode_connect(conn.recv_frame())["session"] != 0, "session")
    equal(conn.reply("create")["err"], 0)
    conn.abort()


if __name__ == "__main__":
    suite.main()
