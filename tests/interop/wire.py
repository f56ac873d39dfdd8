# SPDX-License-Identifier: Apache-2.0
"""The client protocol by hand: jute encoding, frames and a blocking client.

The interop tests and the golden captures speak through this module so that they depend on no client
library: what they send and see is the bytes. A Conn belongs to one thread. Times are seconds.
"""

import socket
import struct
import time

OPS = {
    "create": 1, "delete": 2, "exists": 3, "getData": 4, "setData": 5, "getACL": 6, "setACL": 7,
    "getChildren": 8, "sync": 9, "ping": 11, "getChildren2": 12, "check": 13, "multi": 14,
    "create2": 15, "reconfig": 16, "checkWatches": 17, "removeWatches": 18, "createContainer": 19,
    "deleteContainer": 20, "createTTL": 21, "multiRead": 22, "auth": 100, "setWatches": 101,
    "sasl": 102, "getEphemerals": 103, "getAllChildrenNumber": 104, "setWatches2": 105,
    "addWatch": 106, "whoAmI": 107, "createSession": -10, "closeSession": -11,
}

STAT_FIELDS = ("czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion",
               "ephemeralOwner", "dataLength", "numChildren", "pzxid")
STAT = struct.Struct(">qqqqiiiqiiq")
REPLY = struct.Struct(">iqi")
OPEN_ACL = [(31, "world", "anyone")]

OK, MARSHALLING, UNIMPLEMENTED, BAD_ARGUMENTS = 0, -5, -6, -8
NO_NODE, NO_AUTH, BAD_VERSION, NODE_EXISTS, NOT_EMPTY = -101, -102, -103, -110, -111


class Closed(Exception):
    """The server closed the connection (an orderly end or a reset)."""


# --- encoding -------------------------------------------------------------------------------------

def i32(value):
    return struct.pack(">i", value)


def i64(value):
    return struct.pack(">q", value)


def boolean(value):
    return b"\1" if value else b"\0"


def buf(value):
    """A buffer or a string; None is the null one."""
    if value is None:
        return i32(-1)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    return i32(len(value)) + value


def vec(items, encode):
    if items is None:
        return i32(-1)
    return i32(len(items)) + b"".join(encode(item) for item in items)


def acls(items):
    return vec(items, lambda a: i32(a[0]) + buf(a[1]) + buf(a[2]))


def connect_request(timeout=30000, session=0, passwd=b"\0" * 16, last_zxid=0, read_only=False):
    """The ConnectRequest; read_only None leaves the byte out, as clients before 3.4 do."""
    body = i32(0) + i64(last_zxid) + i32(timeout) + i64(session) + buf(passwd)
    return body if read_only is None else body + boolean(read_only)


def create_body(path, data=b"", acl=OPEN_ACL, flags=0, ttl=None):
    body = buf(path) + buf(data) + acls(acl) + i32(flags)
    return body if ttl is None else body + i64(ttl)


def multi_body(ops):
    """ops: (opcode, record bytes) each."""
    out = b"".join(i32(op) + boolean(False) + i32(-1) + record for op, record in ops)
    return out + i32(-1) + boolean(True) + i32(-1)


def session_password(session):
    """The 16 bytes that every ZooKeeper server gives to this session id."""
    mask = (1 << 48) - 1
    seed = ((session ^ 0xB3415C00) ^ 0x5DEECE66D) & mask
    out = b""
    for _ in range(4):
        seed = (seed * 0x5DEECE66D + 0xB) & mask
        out += struct.pack("<I", (seed >> 16) & 0xffffffff)
    return out


def frame(payload):
    return i32(len(payload)) + payload


# --- decoding -------------------------------------------------------------------------------------

class Reader:
    """Reads a payload front to back; struct.error or IndexError on short input."""

    def __init__(self, data):
        self.data = data
        self.pos = 0

    def take(self, count):
        if count < 0 or self.pos + count > len(self.data):
            raise struct.error("short input")
        piece = self.data[self.pos:self.pos + count]
        self.pos += count
        return piece

    def left(self):
        return len(self.data) - self.pos

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def i64(self):
        return struct.unpack(">q", self.take(8))[0]

    def boolean(self):
        return self.take(1) != b"\0"

    def buf(self):
        length = self.i32()
        return None if length == -1 else self.take(length)

    def string(self):
        raw = self.buf()
        return None if raw is None else raw.decode("utf-8", "replace")

    def strings(self):
        return [self.string() for _ in range(max(self.i32(), 0))]

    def acls(self):
        return [(self.i32(), self.string(), self.string()) for _ in range(max(self.i32(), 0))]

    def stat(self):
        return dict(zip(STAT_FIELDS, STAT.unpack(self.take(STAT.size))))


def decode_connect(payload):
    r = Reader(payload)
    out = {"protocol": r.i32(), "timeout": r.i32(), "session": r.i64(), "passwd": r.buf()}
    out["readOnly"] = r.boolean() if r.left() else None
    return out


def decode_event(payload):
    r = Reader(payload)
    xid, zxid, err = REPLY.unpack(r.take(16))
    return {"xid": xid, "zxid": zxid, "err": err, "type": r.i32(), "state": r.i32(),
            "path": r.string()}


def _decode_results(r):
    """The body of a multi or multiRead reply: results, and the header that ends them."""
    results = []
    while True:
        op, done, err = r.i32(), r.boolean(), r.i32()
        if done:
            return {"results": results, "end": (op, err)}
        item = {"op": op, "err": err}
        if op == -1:
            item["code"] = r.i32()
        elif op == OPS["create"]:
            item["path"] = r.string()
        elif op == OPS["create2"]:
            item.update(path=r.string(), stat=r.stat())
        elif op == OPS["setData"]:
            item["stat"] = r.stat()
        elif op == OPS["getData"]:
            item.update(data=r.buf(), stat=r.stat())
        elif op == OPS["getChildren"]:
            item["children"] = sorted(r.strings())
        results.append(item)


_BODIES = {
    "create": lambda r: {"path": r.string()},
    "create2": lambda r: {"path": r.string(), "stat": r.stat()},
    "createContainer": lambda r: {"path": r.string(), "stat": r.stat()},
    "createTTL": lambda r: {"path": r.string(), "stat": r.stat()},
    "exists": lambda r: {"stat": r.stat()},
    "setData": lambda r: {"stat": r.stat()},
    "setACL": lambda r: {"stat": r.stat()},
    "getData": lambda r: {"data": r.buf(), "stat": r.stat()},
    "reconfig": lambda r: {"data": r.buf(), "stat": r.stat()},
    "getACL": lambda r: {"acl": r.acls(), "stat": r.stat()},
    "getChildren": lambda r: {"children": sorted(r.strings())},
    "getChildren2": lambda r: {"children": sorted(r.strings()), "stat": r.stat()},
    "sync": lambda r: {"path": r.string()},
    "multi": _decode_results,
    "multiRead": _decode_results,
    "getEphemerals": lambda r: {"paths": sorted(r.strings())},
    "getAllChildrenNumber": lambda r: {"number": r.i32()},
    "addWatch": lambda r: {"code": r.i32()},
    "sasl": lambda r: {"token": r.buf()},
    "whoAmI": lambda r: {"ids": sorted((r.string(), r.string())
                                       for _ in range(max(r.i32(), 0)))},
}
_NAMES = {number: name for name, number in OPS.items()}


def decode_reply(op, payload):
    """A reply to request type op as a dict: xid, zxid, err and the fields of the body."""
    r = Reader(payload)
    xid, zxid, err = REPLY.unpack(r.take(16))
    out = {"xid": xid, "zxid": zxid, "err": err}
    decode = _BODIES.get(_NAMES.get(op))
    if err == 0 and decode and r.left():
        out.update(decode(r))
    out["rest"] = r.data[r.pos:].hex()
    return out


# --- a blocking client ----------------------------------------------------------------------------

class Conn:
    """One connection: frames out, frames in. Events that arrive meanwhile are kept in events."""

    def __init__(self, port, timeout=10.0):
        try:
            self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise Closed(str(error)) from error
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.pending = b""
        self.events = []
        self.xid = 0
        self.session = 0
        self.passwd = b"\0" * 16
        self.negotiated = 0
        self.last_zxid = 0

    def send_raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error

    def recv_frame(self, timeout=None):
        """The next payload; Closed at the end, socket.timeout when nothing whole came in time."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if len(self.pending) >= 4:
                length = struct.unpack(">i", self.pending[:4])[0]
                if len(self.pending) >= 4 + length:
                    payload = self.pending[4:4 + length]
                    self.pending = self.pending[4 + length:]
                    return payload
            wait = deadline - time.monotonic()
            if wait <= 0:
                raise socket.timeout("no whole frame in time")
            self.sock.settimeout(wait)
            try:
                piece = self.sock.recv(1 << 16)
            except socket.timeout:
                raise
            except OSError as error:
                raise Closed(str(error)) from error
            if not piece:
                raise Closed("end of stream")
            self.pending += piece

    def connect(self, timeout=30000, session=0, passwd=b"\0" * 16, last_zxid=0, read_only=False):
        """The handshake; returns the decoded ConnectResponse."""
        self.send_raw(frame(connect_request(timeout, session, passwd, last_zxid, read_only)))
        response = decode_connect(self.recv_frame())
        self.session = response["session"]
        self.passwd = response["passwd"]
        self.negotiated = response["timeout"]
        return response

    def submit(self, op, body=b"", xid=None):
        """Sends one request without waiting; returns its xid."""
        number = OPS[op] if isinstance(op, str) else op
        if xid is None:
            self.xid += 1
            xid = self.xid
        self.send_raw(frame(i32(xid) + i32(number) + body))
        return xid

    def reply(self, op, timeout=None):
        """The next reply (events before it go to events), decoded for request type op."""
        number = OPS[op] if isinstance(op, str) else op
        while True:
            payload = self.recv_frame(timeout)
            if struct.unpack(">i", payload[:4])[0] == -1:
                self.events.append(decode_event(payload))
                continue
            out = decode_reply(number, payload)
            if out["zxid"] > 0 and out["xid"] > 0:
                self.last_zxid = out["zxid"]
            return out

    def call(self, op, body=b"", xid=None):
        sent = self.submit(op, body, xid)
        out = self.reply(op)
        if op != "ping" and out["xid"] != sent:
            raise AssertionError("reply of xid %d to request %d" % (out["xid"], sent))
        return out

    def wait_events(self, count, timeout=5.0):
        """Reads until count events are there, or the time is over; returns and clears them."""
        deadline = time.monotonic() + timeout
        while len(self.events) < count:
            try:
                payload = self.recv_frame(max(deadline - time.monotonic(), 0.001))
            except socket.timeout:
                break
            self.events.append(decode_event(payload))
        events, self.events = self.events, []
        return events

    def expect_close(self, timeout=5.0):
        """True when the server closes without another byte."""
        try:
            self.recv_frame(timeout)
        except Closed:
            return not self.pending
        except socket.timeout:
            return False
        return False

    def abort(self):
        """Drops the socket without a closeSession: the session lives on."""
        try:
            self.sock.close()
        except OSError:
            pass

    def close(self):
        """Ends the session in order."""
        try:
            self.call("closeSession")
        except (Closed, OSError, struct.error):
            pass
        self.abort()

    # Short forms of the requests that the tests make most.
    def create(self, path, data=b"", acl=OPEN_ACL, flags=0):
        return self.call("create", create_body(path, data, acl, flags))

    def create2(self, path, data=b"", acl=OPEN_ACL, flags=0):
        return self.call("create2", create_body(path, data, acl, flags))

    def delete(self, path, version=-1):
        return self.call("delete", buf(path) + i32(version))

    def set(self, path, data, version=-1):
        return self.call("setData", buf(path) + buf(data) + i32(version))

    def get(self, path, watch=False):
        return self.call("getData", buf(path) + boolean(watch))

    def exists(self, path, watch=False):
        return self.call("exists", buf(path) + boolean(watch))

    def children(self, path, watch=False):
        return self.call("getChildren2", buf(path) + boolean(watch))

    def get_acl(self, path):
        return self.call("getACL", buf(path))

    def set_acl(self, path, acl, version=-1):
        return self.call("setACL", buf(path) + acls(acl) + i32(version))

    def multi(self, ops):
        return self.call("multi", multi_body(ops))

    def auth(self, scheme, data):
        return self.call("auth", i32(0) + buf(scheme) + buf(data), xid=-4)

    def sync(self, path="/"):
        return self.call("sync", buf(path))

    def ping(self):
        return self.call("ping", xid=-2)


def open_session(port, timeout=30000, **more):
    """A connection with a session of its own."""
    conn = Conn(port)
    conn.connect(timeout, **more)
    return conn


def end_session(port, session):
    """Closes another client's session from a connection of our own, by its computed password.

    That client comes back at once and takes its session over, so the close is sent together with
    the handshake, and again until it was answered.
    """
    for _ in range(100):
        conn = Conn(port)
        request = connect_request(10000, session, session_password(session))
        try:
            conn.send_raw(frame(request) + frame(i32(1) + i32(OPS["closeSession"])))
            if decode_connect(conn.recv_frame())["session"] == session:
                conn.reply("closeSession")
            return
        except Closed:
            pass
        finally:
            conn.abort()
    raise AssertionError("session 0x%x would not end" % session)


def read_tree(conn, root="/"):
    """Every node from root down: path -> {data, acl, stat}; conn must be allowed to read all."""
    tree = {}
    todo = [root]
    while todo:
        path = todo.pop()
        got = conn.get(path)
        if got["err"] == NO_NODE:
            continue
        if got["err"]:
            raise AssertionError("getData %s: %d" % (path, got["err"]))
        acl = conn.get_acl(path)
        data = got["data"]
        tree[path] = {"data": None if data is None else data.hex(), "stat": got["stat"],
                      "acl": [{"perms": p, "scheme": s, "id": i} for p, s, i in acl["acl"]]}
        prefix = path if path.endswith("/") else path + "/"
        todo += [prefix + name for name in conn.children(path)["children"]]
    return dict(sorted(tree.items()))
