# SPDX-License-Identifier: Apache-2.0
"""Data directories that change hands: Java's files opened by the server under test, its files opened by
Java, whole and after crashes. With --server java both sides are Java, which proves the expectations.
"""

import os
import shutil

import wire
from harness import Skip, Suite, check, equal, run_java, wait_until
from state import (STANDALONE, assemble, check_same, describe, digest_mismatches, golden, log_records,
                   newest)
from wire import buf, create_body, i32, open_session

suite = Suite("exchange_test")
COMPRESSIONS = ("", "gz", "snappy")
BOB = [(31, "auth", "")]
FEW = 10  # snapCount of a server that is to take snapshots soon


# --- golden directories ---------------------------------------------------------------------------

def opens_as(suite_, names, wanted, **config):
    """The server under test serves from golden files exactly what Java served."""
    server = suite_.server(config)
    assemble(server, names)
    server.start()
    check_same(describe(server), golden(wanted))
    return server


def add_golden_cases():
    table = {
        "logs_only_first": (["snapshot.0", "log.1"], "first.json"),
        "logs_only_both": (["snapshot.0", "log.1", "log.58"], "second.json"),
        "snapshot_alone": (["snapshot.57"], "first.json"),
        "plain_snapshot_and_log": (["snapshot.57", "log.58"], "second.json"),
        "gz_snapshot_and_log": (["snapshot.57.gz", "log.58"], "second.json"),
        "snappy_snapshot_and_log": (["snapshot.57.snappy", "log.58"], "second.json"),
        "old_files_too": (["snapshot.0", "log.1", "snapshot.57", "log.58"], "second.json"),
    }
    for name, (files, wanted) in table.items():
        def case(suite_, files=files, wanted=wanted):
            opens_as(suite_, files, wanted)
        case.__name__ = "golden_" + name
        suite.case(case)


add_golden_cases()


@suite.case
def golden_sessions_live_on(suite_):
    """The sessions of the directory are alive, own their ephemerals, and end as they should."""
    wanted = golden("second.json")
    server = opens_as(suite_, ["snapshot.57.gz", "log.58"], "second.json")
    for session in wanted["sessions"]:
        mine = [p for p, n in wanted["nodes"].items() if n["stat"]["ephemeralOwner"] == session]
        conn = wire.Conn(server.port)
        passwd = wire.session_password(session)
        equal(conn.connect(30000, session, passwd)["session"], session)
        equal(conn.call("getEphemerals", buf("/"))["paths"], sorted(mine))
        conn.close()
        watcher = open_session(server.port)
        for path in mine:
            equal(watcher.exists(path)["err"], wire.NO_NODE, path)
        watcher.close()


@suite.case
def golden_directory_goes_on(suite_):
    """After the golden files come writes, a kill -9 and a restart."""
    server = opens_as(suite_, ["snapshot.57", "log.58"], "second.json")
    conn = open_session(server.port)
    equal(conn.create("/seq/n-", b"", flags=2)["path"], "/seq/n-%010d" % 8)
    zxid = conn.create("/after", b"x")["zxid"]
    check(zxid > golden("second.json")["zxid"], "zxids go on")
    server.kill()
    server.start()
    conn = open_session(server.port)
    equal(conn.get("/after")["stat"]["czxid"], zxid)
    conn.close()


@suite.case
def logs_without_a_snapshot(suite_):
    """Refused, unless snapshot.trust.empty says that this is known."""
    server = suite_.server()
    assemble(server, ["log.1"])
    server.spawn()
    status = server.process.wait(30)
    check(status != 0, "exit status %d" % status)
    server.process = None
    opens_as(suite_, ["log.1"], "first.json", **{"snapshot.trust.empty": "true"})


# --- damage ---------------------------------------------------------------------------------------

def golden_copy(suite_, names):
    server = suite_.server()
    assemble(server, names)
    return server


@suite.case
def torn_last_record(suite_):
    """A last record cut anywhere is not there; the one before is the end, and writes go on."""
    wanted = golden("second.json")
    path = os.path.join(STANDALONE, "log.58")
    offset, zxid, length = log_records(path)[-1]
    equal(zxid, wanted["zxid"])
    # (bytes of the record that are left, whether zeros follow as after a crash of the machine)
    for left, padded in ((0, False), (4, False), (11, True), (20, False), (length - 1, True),
                         (length - 1, False)):
        server = golden_copy(suite_, ["snapshot.57", "log.58"])
        with open(server.version2("log.58"), "r+b") as log:
            size = os.fstat(log.fileno()).st_size
            log.truncate(offset + left)
            if padded:
                log.truncate(size)
        server.start()
        got = describe(server)
        equal(got["zxid"], zxid - 1, "last zxid, %d bytes left" % left)
        equal("/cont/e" in got["nodes"], False)
        equal("/eph-e" in got["nodes"], True)
        conn = open_session(server.port)
        conn.create("/on", b"")
        server.kill()
        server.start()
        conn = open_session(server.port)
        equal(conn.exists("/on")["err"], 0, "a write after the torn record")
        conn.close()
        server.kill()


@suite.case
def damaged_record_in_the_middle(suite_):
    """A flipped bit with good records after it is no torn end: the server refuses to start."""
    server = golden_copy(suite_, ["snapshot.57", "log.58"])
    offset = log_records(server.version2("log.58"))[4][0]
    with open(server.version2("log.58"), "r+b") as log:
        log.seek(offset + 12 + 40)
        byte = log.read(1)
        log.seek(offset + 12 + 40)
        log.write(bytes([byte[0] ^ 4]))
    server.spawn()
    status = server.process.wait(30)
    server.process = None
    check(status != 0, "exit status %d" % status)
    if suite_.ours:
        check("log.58" in server.log(), "the message names the file: " + server.log_tail())


def flip_in_last_record(path):
    """Damages the payload of the last record, its length and end mark stay."""
    offset, _, length = log_records(path)[-1]
    with open(path, "r+b") as log:
        log.seek(offset + length - 10)
        byte = log.read(1)
        log.seek(offset + length - 10)
        log.write(bytes([byte[0] ^ 1]))


@suite.case
def damaged_last_record(suite_):
    """Without a durable mark it counts as torn; where the mark says it was durable, ours refuses."""
    if not suite_.ours:
        raise Skip("3.8.0 does not start on it in either case")
    server = golden_copy(suite_, ["snapshot.57", "log.58"])
    flip_in_last_record(server.version2("log.58"))
    server.start()
    equal(describe(server)["zxid"], golden("second.json")["zxid"] - 1)
    server.kill()
    server = suite_.server().start()
    write_things(server.port, "/marked").close()
    server.stop()
    flip_in_last_record(newest(server, "log"))
    server.spawn()
    status = server.process.wait(30)
    server.process = None
    check(status != 0, "damage of an acknowledged write: exit status %d" % status)


@suite.case
def missing_log_file(suite_):
    """A gap between files: ours refuses (3.8.0 does not notice)."""
    if not suite_.ours:
        raise Skip("3.8.0 does not look for gaps")
    server = golden_copy(suite_, ["snapshot.0", "log.58"])
    server.spawn()
    status = server.process.wait(30)
    server.process = None
    check(status != 0, "exit status %d" % status)


@suite.case
def damaged_newest_snapshot(suite_):
    """The one before and the logs are taken instead."""
    server = golden_copy(suite_, ["snapshot.0", "log.1", "snapshot.57", "log.58"])
    with open(server.version2("snapshot.57"), "r+b") as snapshot:
        snapshot.seek(2000)
        snapshot.write(b"damage")
    server.start()
    check_same(describe(server), golden("second.json"))


# --- from one to the other and back ---------------------------------------------------------------

def snapshots(server):
    return [n for n in os.listdir(server.version2())
            if n.startswith("snapshot.") and not n.endswith(".tmp")]


def snapshot_now(server, conn):
    """Writes till there is a snapshot with everything that was written before the call: the count
    may be full while a snapshot is written still, and is passed over then."""
    wanted = conn.set("/", b"")["zxid"]

    def taken():
        for _ in range(10):
            equal(conn.set("/", b"")["err"], 0)
        return int(os.path.basename(newest(server, "snapshot")).split(".")[1], 16) >= wanted

    wait_until(taken, 10, "snapshot at %d" % wanted)


def write_things(port, prefix):
    """Some of everything; returns the open session."""
    conn = open_session(port, 60000)
    conn.auth("digest", b"bob:pw")
    replies = [conn.create(prefix, b"root of this run"),
               conn.create(prefix + "/null", None),
               conn.create(prefix + "/acl", b"x", acl=BOB),
               conn.set_acl(prefix + "/null", BOB),
               conn.create(prefix + "/e", b"", flags=1),
               conn.create(prefix + "/s-", b"", flags=2),
               conn.create2(prefix + "/s-", b"2", flags=2),
               conn.call("createContainer", create_body(prefix + "/cont", b"", flags=4)),
               conn.create(prefix + "/cont/x"),
               conn.call("createTTL", create_body(prefix + "/ttl", b"", flags=5, ttl=1 << 36)),
               conn.create(prefix + "/big", os.urandom(100000)),
               conn.set(prefix, b"changed"),
               conn.create(prefix + "/gone"), conn.delete(prefix + "/gone"),
               conn.multi([(1, create_body(prefix + "/m", b"")),
                           (5, buf(prefix + "/m") + buf(b"1") + i32(0)),
                           (1, create_body(prefix + "/m/s-", b"", flags=2)),
                           (13, buf(prefix + "/m") + i32(1))]),
               conn.create("/zookeeper/quota" + prefix),
               conn.create("/zookeeper/quota" + prefix + "/zookeeper_limits", b"count=5,bytes=-1"),
               conn.create("/zookeeper/quota" + prefix + "/zookeeper_stats", b""),
               conn.create(prefix + "/under-quota", b"123")]
    bad = [r for r in replies if r["err"]]
    check(not bad, "writes failed: %s" % bad)
    equal([r["err"] for r in replies[14]["results"]], [0] * 4)
    equal(conn.create(prefix)["err"], wire.NODE_EXISTS)
    conn.multi([(1, create_body(prefix + "/never")), (2, buf("/nowhere") + i32(-1))])
    ended = open_session(port)
    ended.create(prefix + "/ended", b"", flags=1)
    ended.close()
    return conn


def hand_over(giver, taker, way):
    """Ends one server and starts another kind on a copy of its directory. Sessions move along."""
    before = describe(giver)
    giver.stop() if way == "stop" else giver.kill()
    shutil.rmtree(taker.version2(), ignore_errors=True)
    shutil.copytree(giver.version2(), taker.version2())
    taker.start()
    after = describe(taker)
    # describe() opened and closed a session of its own: two transactions, no node.
    before["zxid"] += 2
    check_same(after, before)
    for server in (giver, taker):
        if server.kind == "java" and server.process:
            equal(digest_mismatches(server), 0, "digest mismatches")
    return taker


def there_and_back(suite_, compression, way):
    """Java -> tested -> Java -> tested, with writes at each; the first session lives all through."""
    config = {"snapshot.compression.method": compression}
    servers = [suite_.java(config), suite_.server(config), suite_.java(config), suite_.server(config)]
    servers[0].start()
    first = write_things(servers[0].port, "/run0")
    for index in range(1, len(servers)):
        hand_over(servers[index - 1], servers[index], way)
        back = wire.Conn(servers[index].port)
        equal(back.connect(60000, first.session, first.passwd)["session"], first.session)
        equal(back.call("getEphemerals", buf("/run0"))["paths"], ["/run0/e"])
        write_things(servers[index].port, "/run%d" % index)


def add_exchange_cases():
    for compression in COMPRESSIONS:
        for way in ("stop", "kill"):
            def case(suite_, compression=compression, way=way):
                there_and_back(suite_, compression, way)
            case.__name__ = "there_and_back_%s_%s" % (compression or "plain", way)
            suite.case(case)


add_exchange_cases()


@suite.case
def snapshots_under_load(suite_):
    """Many writes with snapshots among them; then both kinds read the same from the directory."""
    for compression in COMPRESSIONS:
        config = {"snapCount": 200, "snapshot.compression.method": compression}
        server = suite_.server(config).start()
        conn = open_session(server.port)
        for start in range(0, 1200, 400):
            for index in range(start, start + 400):
                body = create_body("/n%04d" % index, b"%d" % index)
                if index % 3 == 2:
                    conn.submit("setData", buf("/n%04d" % (index - 1)) + buf(b"new") + i32(-1))
                else:
                    conn.submit("create", body)
            for index in range(start, start + 400):
                equal(conn.reply("create" if index % 3 != 2 else "setData")["err"], 0)
            snapshot_now(server, conn)
        conn.close()
        hand_over(server, suite_.java(config), "kill").kill()


@suite.case
def acknowledged_writes_survive_kill_and_java(suite_):
    """kill -9 among pipelined writes; Java opens what is there and finds all that was answered."""
    server = suite_.server().start()
    conn = open_session(server.port)
    for index in range(400):
        conn.submit("create", create_body("/k%d" % index, b"%d" % index))
    acknowledged = [conn.reply("create") for _ in range(150)]
    server.kill()
    equal([r["err"] for r in acknowledged], [0] * 150)
    java = suite_.java()
    shutil.copytree(server.version2(), java.version2())
    java.start()
    conn = open_session(java.port)
    for index, reply in enumerate(acknowledged):
        got = conn.get("/k%d" % index)
        equal((got["err"], got.get("data")), (0, b"%d" % index), "/k%d" % index)
        equal(got["stat"]["czxid"], reply["zxid"] if index == 0 else got["stat"]["czxid"])
    conn.close()


# --- durable.mark and purging ---------------------------------------------------------------------

def restarts(server, count):
    """Makes snapshots: one at a new zxid in each life. Java takes one at each start, ours as snapCount
    says; the server of `server` has a small one."""
    for _ in range(count):
        server.start()
        conn = open_session(server.port)
        conn.create("/r-", b"", flags=2)
        snapshot_now(server, conn)
        conn.close()
        server.stop()


@suite.case
def java_ignores_the_durable_mark(suite_):
    """Java starts on a directory with our extra file, works, purges, and leaves it as it is; after Java
    has written, the mark says nothing any more and ours opens the directory."""
    server = suite_.server().start()
    write_things(server.port, "/before")
    server.stop()
    mark = server.version2("durable.mark")
    if suite_.ours:
        check(os.path.exists(mark), "ours keeps durable.mark: %s" % os.listdir(server.version2()))
    else:
        with open(mark, "wb") as out:
            out.write(b"\x01\x02 not a file of ZooKeeper \xff" * 20)
    with open(mark, "rb") as content:
        before = content.read()
    java = suite_.java({"snapCount": FEW}, root=server.root)
    restarts(java, 5)
    purge(java)
    with open(mark, "rb") as content:
        equal(content.read(), before, "durable.mark after Java")
    java.start()
    wanted = describe(java)
    java.kill()
    wanted["zxid"] += 2
    server.start()
    check_same(describe(server), wanted)
    server.kill()


def purge(server):
    names = set(os.listdir(server.version2()))
    run = run_java("org.apache.zookeeper.server.PurgeTxnLog", [server.data, server.data, "-n", "3"])
    equal(run.returncode, 0, run.stderr)
    left = set(os.listdir(server.version2()))
    check(len(snapshots(server)) == 3, "snapshots left: %s" % left)
    check(len(left) < len(names), "something was purged")


@suite.case
def java_purges_our_directory(suite_):
    """PurgeTxnLog on what the tested server wrote: valid snapshots and the logs they need remain."""
    server = suite_.server({"snapCount": FEW})
    restarts(server, 6)
    purge(server)
    java = suite_.java()
    shutil.copytree(server.version2(), java.version2())
    java.start()
    conn = open_session(java.port)
    equal(len([n for n in conn.children("/")["children"] if n.startswith("r-")]), 6)
    conn.close()
    server.start()
    conn = open_session(server.port)
    equal(len([n for n in conn.children("/")["children"] if n.startswith("r-")]), 6)
    conn.close()


@suite.case
def autopurge(suite_):
    """The server under test purges by itself at its start."""
    server = suite_.server({"snapCount": FEW, "autopurge.purgeInterval": 1,
                            "autopurge.snapRetainCount": 3})
    restarts(server, 6)
    server.start()
    wait_until(lambda: len(snapshots(server)) in (3, 4), 10, "purge")
    conn = open_session(server.port)
    equal(len([n for n in conn.children("/")["children"] if n.startswith("r-")]), 6)
    conn.close()


@suite.case
def java_reads_our_files_with_its_tools(suite_):
    """TxnLogToolkit and SnapshotFormatter accept every file."""
    server = suite_.server({"snapCount": FEW}).start()
    snapshot_now(server, write_things(server.port, "/tools"))
    server.stop()
    run = run_java("org.apache.zookeeper.server.persistence.TxnLogToolkit", [newest(server, "log")])
    equal(run.returncode, 0, run.stderr)
    check("EOF reached after" in run.stdout and "CRC ERROR" not in run.stdout, run.stdout[-300:])
    run = run_java("org.apache.zookeeper.server.SnapshotFormatter", [newest(server, "snapshot")])
    equal(run.returncode, 0, run.stderr)
    for word in ("/tools/cont", "/tools/ttl", "Session Details", "Last zxid"):
        check(word in run.stdout, word + " in:\n" + run.stdout[-1500:])


if __name__ == "__main__":
    suite.main()
