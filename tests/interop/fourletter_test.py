# SPDX-License-Identifier: Apache-2.0
"""The four-letter words: their texts as the tools that read them expect, the whitelist, the framing."""

import re
import socket
import struct

import wire
from harness import Suite, check, equal, four_letter, wait_until
from wire import buf, i32, open_session

suite = Suite("fourletter_test")

SUMMARY = (r"Zookeeper version: \d+\.\d+\.\d+.*\n{clients}"
           r"Latency min/avg/max: \d+/\d+(\.\d+)?/\d+\nReceived: \d+\nSent: \d+\nConnections: \d+\n"
           r"Outstanding: \d+\nZxid: 0x[0-9a-f]+\nMode: standalone\nNode count: \d+\n")
CLIENT = r" /127\.0\.0\.1:\d+\[[0-9a-f]+\]\(queued=\d+,recved=\d+,sent=\d+\)\n"
CONNECTION = (r" /127\.0\.0\.1:\d+\[[0-9a-f]+\]\(queued=\d+,recved=\d+,sent=\d+"
              r"(,sid=0x[0-9a-f]+,lop=[A-Z]+,est=\d+,to=\d+(,lcxid=0x[0-9a-f]+)?,lzxid=0x[0-9a-f]+,"
              r"lresp=\d+,llat=\d+,minlat=\d+,avglat=\d+,maxlat=\d+)?\)\n")
MNTR_KEYS = """version server_state avg_latency max_latency min_latency packets_received packets_sent
    num_alive_connections outstanding_requests znode_count watch_count ephemerals_count
    approximate_data_size open_file_descriptor_count max_file_descriptor_count uptime global_sessions
    local_sessions connection_rejected connection_drop_count looking_count commit_count diff_count
    snap_count bytes_received_count proposal_count last_client_response_size
    max_client_response_size min_client_response_size digest_mismatches_count
    unrecoverable_error_count""".split()
MNTR_SUMMARIES = "fsynctime snapshottime readlatency updatelatency".split()
REFUSAL = " is not executed because it is not in the whitelist.\n"


def text(server, word):
    return four_letter(server.port, word).decode()


def matches(pattern, got, what):
    check(re.fullmatch(pattern, got), "%s is\n%s" % (what, got))


def busy_server(suite_):
    """A server with two sessions, ephemerals and watches: (server, first, second)."""
    server = suite_.server({"tickTime": 2000}).start()
    first, second = open_session(server.port, 30000), open_session(server.port, 10000)
    first.create("/app", b"12")
    first.create("/app/e", b"", flags=1)
    second.create("/e2", b"", flags=1)
    first.get("/app", True)
    first.exists("/none", True)
    second.get("/app", True)
    return server, first, second


@suite.case
def ruok_isro_masks_and_resets(suite_):
    server = suite_.server().start()
    for word, wanted in (("ruok", "imok"), ("isro", "rw"), ("gtmk", "306"),
                         ("crst", "Connection stats reset.\n"), ("srst", "Server stats reset.\n")):
        equal(text(server, word), wanted, word)
    equal(text(server, b"stmk" + struct.pack(">q", 18)), "18", "stmk")
    equal(text(server, "gtmk"), "18")


@suite.case
def srvr_and_stat(suite_):
    server, first, second = busy_server(suite_)
    got = text(server, "srvr")
    matches(SUMMARY.format(clients=""), got, "srvr")
    check("\nZxid: 0x5\n" in got, got)
    # Five built-in ones, the root counted twice, and three of ours.
    check("\nNode count: 8\n" in got and "\nConnections: 3\n" in got, got)
    matches(SUMMARY.format(clients="Clients:\n(%s){3}\n" % CLIENT), text(server, "stat"), "stat")
    sent = int(re.search(r"Sent: (\d+)", text(server, "srvr")).group(1))
    for _ in range(10):
        first.ping()
    after = int(re.search(r"Sent: (\d+)", text(server, "srvr")).group(1))
    check(after >= sent + 10, "sent went from %d to %d" % (sent, after))
    text(server, "srst")
    after = int(re.search(r"Sent: (\d+)", text(server, "srvr")).group(1))
    check(after <= 3, "after srst: %d" % after)
    second.close()
    first.close()


@suite.case
def cons_and_crst(suite_):
    server, first, second = busy_server(suite_)
    got = text(server, "cons")
    matches("(%s){3}\n" % CONNECTION, got, "cons")
    check("sid=0x%x," % first.session in got and "sid=0x%x," % second.session in got, got)
    check(re.search(r"sid=0x%x,lop=EXIS,est=\d+,to=30000,lcxid=0x4,lzxid=0x5," % first.session, got),
          got)
    text(server, "crst")
    line = [l for l in text(server, "cons").splitlines() if "sid=0x%x," % first.session in l][0]
    check("recved=0,sent=0" in line, line)


@suite.case
def mntr(suite_):
    server, first, second = busy_server(suite_)
    got = text(server, "mntr")
    values = {}
    for line in got.splitlines():
        check(re.match(r"^zk_(\w+)\s+([\w\.\-]+)", line), "a line Telegraf would refuse: %r" % line)
        key, value = line.split("\t", 1)
        values[key[3:]] = value
    missing = [key for key in MNTR_KEYS if key not in values]
    for key in MNTR_SUMMARIES:
        missing += [p + key for p in ("avg_", "min_", "max_", "cnt_", "sum_") if p + key not in values]
    check(not missing, "missing: %s" % missing)
    wanted = {"server_state": "standalone", "znode_count": "8", "ephemerals_count": "2",
              "watch_count": "3", "num_alive_connections": "3", "global_sessions": "2",
              "local_sessions": "0", "outstanding_requests": "0"}
    equal({key: values[key] for key in wanted}, wanted)
    check(re.match(r"\d+\.\d+\.\d+", values["version"]), values["version"])
    check(got.startswith("zk_version\t"), "version comes first")
    size = int(values["approximate_data_size"])
    first.create("/sized", b"x" * 100)
    size2 = int(re.search(r"zk_approximate_data_size\t(\d+)", text(server, "mntr")).group(1))
    equal(size2 - size, 100 + len("/sized"), "growth of approximate_data_size")
    check(int(values["open_file_descriptor_count"]) > 3, "descriptors")


@suite.case
def conf(suite_):
    server = suite_.server({"tickTime": 2500, "maxClientCnxns": 77, "minSessionTimeout": 3000}).start()
    data = server.version2()
    matches(r"clientPort=%d\nsecureClientPort=-1\ndataDir=%s\ndataDirSize=\d+\ndataLogDir=%s\n"
            r"dataLogSize=\d+\ntickTime=2500\nmaxClientCnxns=77\nminSessionTimeout=3000\n"
            r"maxSessionTimeout=60000\nclientPortListenBacklog=-1\nserverId=\d+\n"
            % (server.port, re.escape(data), re.escape(data)), text(server, "conf"), "conf")


@suite.case
def envi(suite_):
    got = text(suite_.server().start(), "envi")
    check(got.startswith("Environment:\nzookeeper.version="), got)
    for key in ("host.name", "os.name", "os.arch", "os.version", "user.name", "user.home",
                "user.dir"):
        check(re.search("^%s=.+$" % re.escape(key), got, re.MULTILINE), key + " in\n" + got)


@suite.case
def watch_lists(suite_):
    server, first, second = busy_server(suite_)
    equal(text(server, "wchs"), "2 connections watching 2 paths\nTotal watches:3\n")
    one, two = "0x%x" % first.session, "0x%x" % second.session
    by_path = text(server, "wchp")
    check(by_path.endswith("\n\n"), repr(by_path))
    blocks = parse_blocks(by_path)
    equal(blocks, {"/app": sorted([one, two]), "/none": [one]})
    by_session = text(server, "wchc")
    check(by_session.endswith("\n\n"), repr(by_session))
    equal(parse_blocks(by_session), {one: ["/app", "/none"], two: ["/app"]})
    empty = suite_.server().start()
    equal(text(empty, "wchs"), "0 connections watching 0 paths\nTotal watches:0\n")
    equal(text(empty, "wchp"), "\n")
    equal(text(empty, "wchc"), "\n")


def parse_blocks(got):
    """Heading lines with tab-indented lines below, as a dict."""
    blocks, heading = {}, None
    for line in got.rstrip("\n").split("\n"):
        if line.startswith("\t"):
            blocks[heading].append(line[1:])
        else:
            heading = line
            blocks[heading] = []
    return {heading: sorted(lines) for heading, lines in blocks.items()}


@suite.case
def dump(suite_):
    server, first, second = busy_server(suite_)
    got = text(server, "dump")
    date = r"expire at \w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}:\n"
    matches(r"SessionTracker dump:\nSession Sets \(\d+\)/\(2\):\n(\d+ " + date +
            r"(\t0x[0-9a-f]+\n)*)+ephemeral nodes dump:\nSessions with Ephemerals \(2\):\n"
            r"(0x[0-9a-f]+:\n(\t/.*\n)+){2}Connections dump:\n"
            r"(Connections Sets \(\d+\)/\(3\):\n(\d+ " + date +
            r"(\tip: /127\.0\.0\.1:\d+ sessionId: 0x[0-9a-f]+\n)*)+)?", got, "dump")
    sessions, rest = got.split("ephemeral nodes dump:\n")
    equal(sorted(re.findall(r"\t0x([0-9a-f]+)", sessions)),
          sorted("%x" % c.session for c in (first, second)))
    ephemerals = parse_blocks(rest.split("Connections dump")[0].split("\n", 1)[1])
    equal(ephemerals, {"0x%x:" % first.session: ["/app/e"], "0x%x:" % second.session: ["/e2"]})


@suite.case
def dirs(suite_):
    server = suite_.server().start()
    matches(r"datadir_size: \d+\nlogdir_size: \d+\n", text(server, "dirs"), "dirs")


@suite.case
def hash_of_the_tree(suite_):
    """One line for every 128th zxid."""
    server = suite_.server().start()
    equal(text(server, "hash"), "")
    conn = open_session(server.port)
    conn.create("/h")
    for _ in range(300):
        conn.submit("setData", buf("/h") + buf(b"") + i32(-1))
    for _ in range(300):
        conn.reply("setData")
    matches(r"80: -?\d+\n100: -?\d+\n", text(server, "hash"), "hash")
    conn.close()


@suite.case
def whitelist(suite_):
    words = "conf cons crst dirs dump envi gtmk ruok stmk srst srvr stat wchc wchp wchs mntr isro hash"
    server = suite_.server({"4lw.commands.whitelist": None}).start()
    for word in words.split():
        got = text(server, word)
        if word == "srvr":
            check("Mode: standalone" in got, got)
        else:
            equal(got, word + REFUSAL)
    server = suite_.server({"4lw.commands.whitelist": " ruok , mntr"}).start()
    equal(text(server, "ruok"), "imok")
    check(text(server, "mntr").startswith("zk_version\t"), "mntr")
    equal(text(server, "stat"), "stat" + REFUSAL)
    check("Mode: standalone" in text(server, "srvr"), "srvr is always there")


@suite.case
def framing(suite_):
    """Words in pieces, with what follows them, and words that are none."""
    server = suite_.server().start()
    for word in ("abcd", "RUOK", "orst", "lead", b"\xff\xf4\xff\xfd"):
        equal(four_letter(server.port, word), b"", repr(word))
    equal(text(server, "ruok\n"), "imok", "a line end after it")
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in (b"r", b"u", b"ok"):
        sock.sendall(piece)
    equal(sock.recv(10), b"imok", "one byte at a time")
    equal(sock.recv(10), b"", "closed after it")
    conn = open_session(server.port)
    conn.send_raw(b"ruok")
    check(conn.expect_close(), "inside a session it is a frame's length, and one that is too long")
    conn.abort()
    sock.close()


@suite.case
def connections_are_counted(suite_):
    server = suite_.server().start()
    clients = [open_session(server.port) for _ in range(5)]
    check("Connections: 6\n" in text(server, "srvr"), text(server, "srvr"))
    for client in clients:
        client.close()
    wait_until(lambda: "Connections: 1\n" in text(server, "srvr"), 5, "closed connections to go")


if __name__ == "__main__":
    suite.main()
