# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/standalone: the files of a Java 3.8.0 standalone server, and what is in them.

Run by hand where Debian's zookeeper package is: /usr/bin/python3 tests/golden/capture_data.py
Every run makes new session ids and times, so all files are replaced together.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))

from harness import Server, run_java  # noqa: E402
from state import describe  # noqa: E402
import wire  # noqa: E402
from wire import buf, create_body, i32, open_session  # noqa: E402

OUT = os.path.join(HERE, "standalone")
EPHEMERAL, SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER, TTL, TTL_SEQUENTIAL = 1, 2, 3, 4, 5, 6
DIGEST_BOB = "bob:" + "9fETzSbIyGyWVt2kcFmXGaYrpBk="
TTL_MS = 4000000000


class Options:
    server, binary, slow, server_flags = "java", "", 1.0, []


def good(reply):
    assert reply["err"] == 0, reply
    return reply


def bad(reply, code):
    assert reply["err"] == code, reply


def noise(count):
    """Bytes that do not compress, the same in every run."""
    out = b""
    while len(out) < count:
        out += hashlib.sha256(b"%d" % len(out)).digest()
    return out[:count]


def first_writes(port):
    """All transaction types of a standalone server; returns the sessions that stay open."""
    a = open_session(port, 60000)
    b = open_session(port, 50000)
    good(a.auth("digest", b"alice:pw"))
    good(a.create("/a", b"hello"))
    good(a.create2("/b", None))
    good(a.create("/empty", b""))
    good(a.create("/\u00fcn\u00ef", b"\x00\xff\x80"))
    good(a.create("/\u00fcn\u00ef/\u65e5\u672c", b"utf-8 path"))
    good(a.create("/noise", noise(33000)))
    good(a.create("/seq"))
    for _ in range(3):
        good(a.create("/seq/n-", b"s", flags=SEQUENTIAL))
    good(a.delete("/seq/n-0000000001"))
    good(a.create2("/seq/n-", b"s2", flags=SEQUENTIAL))
    good(a.create("/seq/", b"bare number", flags=SEQUENTIAL))
    good(a.create("/eph-a", b"of a", flags=EPHEMERAL))
    good(b.create("/eph-b", b"of b", flags=EPHEMERAL))
    good(b.create2("/seq/e-", b"", flags=EPHEMERAL_SEQUENTIAL))
    good(a.call("createContainer", create_body("/cont", b"c", flags=CONTAINER)))
    good(a.create("/cont/x", b"in a container"))
    good(a.call("createContainer", create_body("/cont0", None, flags=CONTAINER)))
    good(a.call("createTTL", create_body("/ttl", b"t", flags=TTL, ttl=TTL_MS)))
    good(a.call("createTTL", create_body("/ttl-", b"t", flags=TTL_SEQUENTIAL, ttl=1 << 39)))
    for value in (b"one", b"two", b"three"):
        good(a.set("/a", value))
    good(a.set("/b", b"", 0))
    good(a.create("/acl", b"x", acl=[(31, "auth", "")]))
    good(a.create("/acl/two", b"x", acl=[(1, "world", "anyone"), (6, "ip", "127.0.0.0/8"),
                                         (1, "world", "anyone"), (24, "digest", DIGEST_BOB)]))
    good(a.set_acl("/acl", [(31, "auth", ""), (1, "digest", DIGEST_BOB)], 0))
    good(a.set_acl("/empty", [(19, "world", "anyone")]))
    good(a.create("/gone", b"soon"))
    good(a.delete("/gone", 0))
    path = ""
    for _ in range(30):
        path += "/d"
        good(a.create(path, b""))
    multis(a)
    bad(a.create("/a"), wire.NODE_EXISTS)
    bad(a.delete("/none"), wire.NO_NODE)
    bad(a.set("/a", b"", 77), wire.BAD_VERSION)
    bad(a.delete("/acl"), wire.NOT_EMPTY)
    bad(b.set("/acl", b""), wire.NO_AUTH)
    sessions_that_end(port)
    quotas(a)
    return a, b


def multis(a):
    results = good(a.multi([
        (1, create_body("/m", b"1")),
        (15, create_body("/m/two", None)),
        (5, buf("/m") + buf(b"2") + i32(0)),
        (13, buf("/m") + i32(1)),
        (1, create_body("/m/s-", b"", flags=SEQUENTIAL)),
        (1, create_body("/m/gone", b"")),
        (2, buf("/m/gone") + i32(-1)),
        (19, create_body("/m/cont", b"", flags=CONTAINER)),
        (21, create_body("/m/ttl", b"", flags=TTL, ttl=TTL_MS)),
        (1, create_body("/m/eph", b"", flags=EPHEMERAL)),
    ]))["results"]
    assert all(r["err"] == 0 for r in results), results
    failed = good(a.multi([
        (1, create_body("/never", b"")),
        (5, buf("/m") + buf(b"3") + i32(-1)),
        (2, buf("/none") + i32(-1)),
        (13, buf("/m") + i32(5)),
    ]))["results"]
    assert [r["code"] for r in failed] == [0, 0, wire.NO_NODE, -2], failed
    assert good(a.multi([]))["results"] == []


def sessions_that_end(port):
    c = open_session(port, 30000)
    good(c.create("/c1", b"", flags=EPHEMERAL))
    good(c.create("/seq/c", b"", flags=EPHEMERAL_SEQUENTIAL))
    good(c.create("/cont/c", b"", flags=EPHEMERAL))
    c.close()
    open_session(port, 30000).close()


def quotas(a):
    good(a.create("/q", b"12345"))
    good(a.create("/q/one", b"678"))
    good(a.create("/zookeeper/quota/q", b""))
    limits = b"count=3,bytes=100=;byteHardLimit=-1;countHardLimit=1000"
    good(a.create("/zookeeper/quota/q/zookeeper_limits", limits))
    good(a.create("/zookeeper/quota/q/zookeeper_stats", b""))
    good(a.create("/q/two", b"90"))
    good(a.set("/q/one", b"6"))
    good(a.delete("/q/two"))
    good(a.create("/q/three", None))


def second_writes(port, a):
    """What follows in the log after the snapshot."""
    back = wire.Conn(port)
    session, passwd = a.session, a.passwd
    assert back.connect(60000, session, passwd, a.last_zxid)["session"] == session
    good(back.auth("digest", b"alice:pw"))
    good(back.create("/eph-a2", b"after the snapshot", flags=EPHEMERAL))
    good(back.set("/a", b"four"))
    good(back.delete("/b"))
    good(back.create("/b", b"again", acl=[(31, "digest", DIGEST_BOB)]))
    good(back.create("/seq/n-", b"", flags=SEQUENTIAL))
    good(back.set_acl("/acl", [(31, "auth", "")]))
    good(back.set_acl("/empty", [(3, "world", "anyone"), (3, "world", "anyone")], 1))
    good(back.create("/q/four", b"4444"))
    good(back.delete("/q/one"))
    good(back.multi([(1, create_body("/m2", b"")), (5, buf("/m2") + buf(b"x") + i32(0)),
                     (2, buf("/m/two") + i32(0))]))
    bad(back.create("/a"), wire.NODE_EXISTS)
    e = open_session(port, 45000)
    good(e.create("/eph-e", b"", flags=EPHEMERAL))
    good(e.create("/cont/e", b"", flags=EPHEMERAL))


def start(root, source=None, **config):
    """A Java server on a copy of the version-2 directory source."""
    server = Server(Options, root, dict(config, preAllocSize=16))
    if source:
        shutil.copytree(source, server.version2())
    return server.start()


def served(source, scratch):
    """What Java serves from a copy of source: last zxid, sessions and every node."""
    server = start(os.path.join(scratch, "read-" + str(len(os.listdir(scratch)))), source)
    found = describe(server)
    server.kill()
    return found


def save_json(name, value):
    """One line for each node."""
    nodes = ",\n".join(" %s: %s" % (json.dumps(path), json.dumps(node))
                       for path, node in value["nodes"].items())
    with open(os.path.join(OUT, name), "w") as out:
        out.write('{"zxid": %d,\n"sessions": %s,\n"nodes": {\n%s\n}}\n'
                  % (value["zxid"], json.dumps(value["sessions"]), nodes))


def save_dump(name, log):
    """Java's own listing of a log, one line for each transaction, the long node left out."""
    text = run_java("org.apache.zookeeper.server.persistence.TxnLogToolkit", ["-d", log]).stdout
    text = re.sub(r"ZooKeeper Transactional[^\n]*\n", "", text).replace("\n]", "]")
    text = re.sub(r"(create /noise,).*?(,\[31,)", r"\1(33000 bytes)\2", text, flags=re.DOTALL)
    with open(os.path.join(OUT, name), "w") as out:
        out.write(text)


def main():
    scratch = tempfile.mkdtemp(prefix="golden-")
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    first = start(os.path.join(scratch, "first"))
    a, _ = first_writes(first.port)
    first.kill()
    before = first.version2()
    save_json("first.json", served(before, scratch))
    for method in ("", "gz", "snappy"):
        again = start(os.path.join(scratch, "again" + method), before,
                      **{"snapshot.compression.method": method})
        if not method:
            second_writes(again.port, a)
        again.kill()
        for name in os.listdir(again.version2()):
            if method == "" or name.endswith("." + method):
                shutil.copy(again.version2(name), OUT)
    second = os.path.join(scratch, "again", "data", "version-2")
    save_json("second.json", served(second, scratch))
    for name in sorted(os.listdir(OUT)):
        if name.startswith("log."):
            save_dump(name + ".txt", os.path.join(OUT, name))
    shutil.rmtree(scratch)
    print("\n".join(sorted(os.listdir(OUT))))


if __name__ == "__main__":
    main()
