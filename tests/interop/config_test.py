# SPDX-License-Identifier: Apache-2.0
"""Configuration of the real process: what it refuses and how, where settings may come from, how it stops."""

import os
import re
import signal
import subprocess

import wire
from harness import (JAVA_MAIN, JAVA_OPTS, Skip, Suite, check, equal, four_letter, free_port,
                     wait_until)
from wire import buf, create_body, i32, open_session

suite = Suite("config_test")


def run(suite_, lines, flags=(), timeout=20, env=None, file_name="zoo.cfg"):
    """Runs the server on a file of these lines until it ends; (exit status, standard error)."""
    root = suite_.directory()
    path = os.path.join(root, file_name)
    with open(path, "w", encoding="latin-1") as out:
        out.write("\n".join(lines).replace("ROOT", root) + "\n")
    done = subprocess.run(command(suite_, list(flags)) + [path], capture_output=True, timeout=timeout,
                          cwd=root, env=dict(os.environ, **(env or {})), stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def command(suite_, flags):
    if suite_.ours:
        return [suite_.options.binary] + flags
    return (["java"] + JAVA_OPTS + ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"] + flags +
            [JAVA_MAIN])


def good_lines(port=None):
    return ["dataDir=ROOT/data", "clientPort=%d" % (port or free_port()),
            "clientPortAddress=127.0.0.1", "admin.enableServer=false"]


def refused(suite_, extra, *words, drop=None):
    """The file with these lines more is refused with 2, and standard error has all the words."""
    lines = [line for line in good_lines() if not drop or not line.startswith(drop)]
    status, errors = run(suite_, lines + extra)
    equal(status, 2, "exit status for %s; it said\n%s" % (extra, errors[-1500:]))
    for word in words:
        check(word in errors, "%r is not in what was said about %s:\n%s" % (
            word, extra, errors[-1500:]))


def values(text):
    return dict(line.split("=", 1) for line in text.strip().splitlines() if "=" in line)


# --- what everybody refuses -----------------------------------------------------------------------

@suite.case
def invalid_values(suite_):
    table = [
        (["tickTime=abc"], ["abc"]),
        (["tickTime=0"], ["tickTime"]),
        (["clientPort=port"], ["port"]),
        (["clientPort=99999"], []),
        (["maxClientCnxns=many"], ["many"]),
        (["minSessionTimeout=9000", "maxSessionTimeout=8000"], ["minSessionTimeout"]),
        (["electionAlg=1"], ["electionAlg"]),
        (["peerType=boss"], ["boss"]),
        (["reconfigEnabled=maybe"], ["reconfigEnabled", "maybe"]),
        (["standaloneEnabled=maybe"], ["standaloneEnabled", "maybe"]),
        (["autopurge.snapRetainCount=few"], ["few"]),
        (["server.x=127.0.0.1:2888:3888"], []),
    ]
    for extra, words in table:
        refused(suite_, extra, *words)


@suite.case
def missing_values(suite_):
    refused(suite_, [], "dataDir", drop="dataDir")
    refused(suite_, [], "clientPort", drop="clientPort=")


@suite.case
def usage(suite_):
    """No file, or one that does not exist."""
    done = subprocess.run(command(suite_, []) + ["/nonexistent/zoo.cfg"], capture_output=True,
                          timeout=20, stdin=subprocess.DEVNULL)
    equal(done.returncode, 2, "a file that is not there: %s" % done.stderr[-500:])
    check(b"/nonexistent/zoo.cfg" in done.stderr, done.stderr[-500:])
    done = subprocess.run(command(suite_, []) + ["a", "b", "c", "d", "e"], capture_output=True,
                          timeout=20, stdin=subprocess.DEVNULL)
    equal(done.returncode, 2, "too many arguments: %s" % done.stderr[-500:])


@suite.case
def data_directory_out_of_reach(suite_):
    lines = [line.replace("ROOT/data", "/proc/nowhere") for line in good_lines()]
    status, errors = run(suite_, lines)
    equal(status, 3, "a directory that cannot be made: " + errors[-1000:])
    status, errors = run(suite_, good_lines() + ["datadir.autocreate=false"])
    equal(status, 3, "datadir.autocreate=false: " + errors[-1000:])
    lines = [line.replace("ROOT/data", "/dev/null") for line in good_lines()]
    status, errors = run(suite_, lines)
    equal(status, 3, "a file for a directory: " + errors[-1000:])


@suite.case
def one_directory_for_two_servers(suite_):
    """Java starts and mixes both up; ours must not even begin its recovery, which cuts and removes."""
    if not suite_.ours:
        raise Skip("Java does not look")
    server = suite_.server().start()
    conn = open_session(server.port)
    for index in range(20):
        conn.submit("create", create_body("/n%d" % index))
        if index % 5 == 0:
            second = suite_.server({"clientPort": server.port if index else free_port()}, root=server.root)
            second.spawn()
            equal(second.process.wait(20), 3, second.log_tail())
            check("in use by another server" in second.log(), second.log_tail())
            second.process = None
    equal([conn.reply("create")["err"] for _ in range(20)], [0] * 20)
    server.kill()
    server.start()
    conn = open_session(server.port)
    equal(len([n for n in conn.children("/")["children"] if n.startswith("n")]), 20)
    conn.close()


@suite.case
def port_in_use(suite_):
    server = suite_.server().start()
    status, errors = run(suite_, good_lines(server.port))
    equal(status, 1, errors[-1000:])
    check("in use" in errors, errors[-1000:])


@suite.case
def snapshot_in_the_log_directory(suite_):
    """Files in the wrong one of two directories: exit 3."""
    root = suite_.directory()
    for name in ("data", "log"):
        os.makedirs(os.path.join(root, name, "version-2"))
    with open(os.path.join(root, "data", "version-2", "log.1"), "wb"):
        pass
    lines = [l for l in good_lines() if not l.startswith("dataDir")]
    status, errors = run(suite_, lines + ["dataDir=%s/data" % root, "dataLogDir=%s/log" % root])
    equal(status, 3, errors[-1000:])


# --- what ours refuses rather than ignore ---------------------------------------------------------

def only_ours(suite_):
    if not suite_.ours:
        raise Skip("Java behaves otherwise here")


@suite.case
def what_we_lack_is_fatal(suite_):
    """Keys that ask for security, membership or durability that is not there: exit 2, key named."""
    only_ours(suite_)
    for line in ("secureClientPort=2281", "sslQuorum=true", "ssl.keyStore.location=/x",
                 "ssl.trustStore.location=/x", "quorum.auth.enableSasl=true",
                 "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                 "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider",
                 "enforce.auth.enabled=true", "enforce.auth.schemes=sasl",
                 "sessionRequireClientSASLAuth=true", "reconfigEnabled=true", "audit.enable=true",
                 "zookeeper.audit.enable=true"):
        key = line.split("=")[0]
        refused(suite_, [line], key if key != "zookeeper.audit.enable" else "audit.enable")


@suite.case
def bad_values_name_file_line_key_and_value(suite_):
    only_ours(suite_)
    for line in ("preAllocSize=lots", "snapCount=x", "snapshot.compression.method=zip",
                 "forceSync=maybe", "enforceQuota=perhaps", "globalOutstandingLimit=-x"):
        key, value = line.split("=")
        lines = good_lines() + ["# a comment", line]
        status, errors = run(suite_, lines)
        equal(status, 2, "%s: %s" % (line, errors[-500:]))
        for word in ("zoo.cfg", str(len(lines)), key, value):
            check(word in errors, "%r is not in: %s" % (word, errors[-500:]))


@suite.case
def ensembles_are_not_there_yet(suite_):
    only_ours(suite_)
    servers = ["server.%d=127.0.0.1:%d:%d" % (n, free_port(), free_port()) for n in (1, 2, 3)]
    refused(suite_, servers + ["initLimit=5", "syncLimit=2"])


@suite.case
def unknown_keys_are_warned_of(suite_):
    only_ours(suite_)
    server = suite_.server({"tickTme": "2000", "completely.different": "1"}).start()
    equal(server.stop() in (0, 143), True)
    log = server.log()
    check(re.search(r"tickTme.*tickTime", log), "the nearest name: " + log[-1500:])
    check("completely.different" in log, log[-1500:])


# --- where settings come from ---------------------------------------------------------------------

@suite.case
def properties_syntax(suite_):
    """Separators, comments, continuation, escapes, repeated keys and blanks of a Java properties file."""
    server = suite_.server().start()
    server.stop()
    root, port = server.root, free_port()
    path = os.path.join(root, "odd.cfg")
    with open(path, "w", encoding="latin-1") as out:
        out.write("! a comment\n  # another\n\n"
                  "dataDir %s/odd\n" % root +
                  "clientPort: 1\nclientPort = %d  \n" % port +
                  "clientPortAddress\t127.0.0.1\n"
                  "tickTi\\u006de=25\\\n   00\n"
                  "maxClientCnxns = 7\nadmin.enableServer=false\n"
                  "4lw.commands.whitelist=conf, \\\n    srvr\n")
    server.port = port
    server.write_config = lambda: path
    server.start()
    got = values(four_letter(port, "conf").decode())
    equal((got["tickTime"], got["maxClientCnxns"], got["clientPort"]), ("2500", "7", str(port)))
    equal(got["dataDir"], root + "/odd/version-2")


@suite.case
def session_limits_follow_the_tick(suite_):
    server = suite_.server({"tickTime": 1500, "maxSessionTimeout": None}).start()
    for asked, given in ((1, 3000), (10000, 10000), (10 ** 9, 30000), (-1, 3000)):
        conn = open_session(server.port, asked)
        equal(conn.negotiated, given, "time-out for %d" % asked)
        conn.close()


@suite.case
def defaults(suite_):
    server = suite_.server({"tickTime": None, "maxSessionTimeout": None, "maxClientCnxns": None,
                            "preAllocSize": None}).start()
    got = values(four_letter(server.port, "conf").decode())
    equal([got[k] for k in ("tickTime", "maxClientCnxns", "minSessionTimeout", "maxSessionTimeout")],
          ["3000", "60", "6000", "60000"])
    open_session(server.port).close()
    size = os.path.getsize(server.version2("log.1"))
    if suite_.ours:  # a step of written zeros behind the first records
        check(4096 <= size <= (1 << 20) + 4096, "preallocated size of a log: %d" % size)
    else:
        equal(size, (64 << 20) + 16, "preallocated size of a log")


@suite.case
def relative_data_directory(suite_):
    server = suite_.server({"dataDir": "./some/where"}).start()
    open_session(server.port).close()
    check(os.path.exists(os.path.join(server.root, "some", "where", "version-2", "log.1")), "log")


@suite.case
def separate_log_directory(suite_):
    server = suite_.server()
    server.config["dataLogDir"] = os.path.join(server.root, "logs")
    server.start()
    conn = open_session(server.port)
    conn.create("/a", b"1")
    server.kill()
    check(os.path.exists(os.path.join(server.root, "logs", "version-2", "log.1")), "log")
    equal([n for n in os.listdir(server.version2()) if n.startswith("log.")], [])
    server.start()
    conn = open_session(server.port)
    equal(conn.get("/a")["data"], b"1")
    conn.close()


@suite.case
def definitions_on_the_command_line(suite_):
    """-Dzookeeper.key=value before the file's name; the file wins where both speak."""
    flags = ["-Dzookeeper.4lw.commands.whitelist=ruok", "-Djute.maxbuffer=5000"]
    server = suite_.server({"4lw.commands.whitelist": None}, flags=flags).start()
    equal(four_letter(server.port, "ruok"), b"imok")
    conn = open_session(server.port)
    equal(conn.create("/fits", b"x" * 4000)["err"], 0)
    try:
        conn.create("/does-not", b"x" * 6000)
        raise AssertionError("a frame above jute.maxbuffer was taken")
    except wire.Closed:
        pass
    server = suite_.server({"4lw.commands.whitelist": "isro"}, flags=flags).start()
    equal(four_letter(server.port, "isro"), b"rw")
    check(b"whitelist" in four_letter(server.port, "ruok"), "the file wins")


@suite.case
def definitions_in_the_environment(suite_):
    """SERVER_JVMFLAGS and JVMFLAGS, which zkServer.sh hands to Java; their other flags are ignored."""
    only_ours(suite_)
    for variable in ("SERVER_JVMFLAGS", "JVMFLAGS"):
        env = {variable: "-Xmx512m -Dzookeeper.4lw.commands.whitelist=ruok -XX:+UseSerialGC"}
        server = suite_.server({"4lw.commands.whitelist": None}, env=env).start()
        equal(four_letter(server.port, "ruok"), b"imok", variable)
        check("Xmx512m" in server.log(), "the ignored flags are told: " + server.log_tail())


@suite.case
def both_spellings(suite_):
    only_ours(suite_)
    server = suite_.server({"4lw.commands.whitelist": None,
                            "zookeeper.4lw.commands.whitelist": "ruok"}).start()
    equal(four_letter(server.port, "ruok"), b"imok")


@suite.case
def keys_that_java_takes_as_definitions_only(suite_):
    """jute.maxbuffer and the reaper's keys work in the file as well."""
    only_ours(suite_)
    server = suite_.server({"jute.maxbuffer": 5000, "znode.container.checkIntervalMs": 200}).start()
    conn = open_session(server.port)
    conn.call("createContainer", wire.create_body("/c", b"", flags=4))
    equal(conn.create("/c/x")["err"], 0)
    equal(conn.delete("/c/x")["err"], 0)
    wait_until(lambda: conn.exists("/c")["err"] == wire.NO_NODE, 10, "end of the empty container")
    try:
        conn.create("/does-not-fit", b"x" * 6000)
        raise AssertionError("a frame above jute.maxbuffer was taken")
    except wire.Closed:
        pass


@suite.case
def containers_and_ttl_nodes_are_reaped(suite_):
    server = suite_.server(flags=["-Dznode.container.checkIntervalMs=200"]).start()
    conn = open_session(server.port)
    for name in ("/used", "/unused"):
        conn.call("createContainer", wire.create_body(name, b"", flags=4))
    conn.create("/used/x")
    conn.call("createTTL", wire.create_body("/short", b"", flags=5, ttl=300))
    conn.call("createTTL", wire.create_body("/parent", b"", flags=5, ttl=300))
    conn.create("/parent/x")
    conn.exists("/short", True)
    conn.delete("/used/x")
    wait_until(lambda: conn.exists("/short")["err"] == wire.NO_NODE, 10, "end of the TTL node")
    equal([(e["type"], e["path"]) for e in conn.wait_events(1)], [(2, "/short")])
    wait_until(lambda: conn.exists("/used")["err"] == wire.NO_NODE, 10, "end of the container")
    equal([conn.exists(path)["err"] for path in ("/unused", "/parent")], [0, 0])
    conn.delete("/parent/x")
    wait_until(lambda: conn.exists("/parent")["err"] == wire.NO_NODE, 10, "end of the parent")
    conn.close()


@suite.case
def hard_quotas(suite_):
    server = suite_.server({"enforceQuota": "true"}).start()
    conn = open_session(server.port)
    conn.create("/q")
    conn.create("/zookeeper/quota/q")
    limits = b"count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3"
    conn.create("/zookeeper/quota/q/zookeeper_limits", limits)
    conn.create("/zookeeper/quota/q/zookeeper_stats", b"")
    equal([conn.create("/q/%d" % n)["err"] for n in range(3)], [0, 0, -125])
    equal(conn.set("/q/1", b"x" * 10)["err"], 0)
    equal(conn.set("/q/0", b"x")["err"], -125)
    got = conn.multi([(5, buf("/q/0") + buf(b"xx") + i32(-1))])
    equal([r["code"] for r in got["results"]], [-125])
    conn.delete("/q/1")
    equal(conn.create("/q/2", b"12345")["err"], 0)
    conn.close()


@suite.case
def no_acl_checks(suite_):
    """skipACL=yes."""
    server = suite_.server({"skipACL": "yes"}).start()
    conn = open_session(server.port)
    conn.create("/private", b"x", acl=[(31, "digest", "nobody:abc")])
    equal(conn.get("/private")["data"], b"x")
    conn.close()


@suite.case
def one_server_line_is_standalone(suite_):
    """A single server.1 line means standalone, as HBase relies on."""
    server = suite_.server({"server.1": "127.0.0.1:%d:%d" % (free_port(), free_port()),
                            "initLimit": 5, "syncLimit": 2}).start()
    check(b"Mode: standalone" in four_letter(server.port, "srvr"), "mode")


# --- the end --------------------------------------------------------------------------------------

@suite.case
def a_clean_stop(suite_):
    """SIGTERM with clients connected: a clean status, soon, and nothing is lost."""
    server = suite_.server().start()
    conn = open_session(server.port)
    idle = open_session(server.port)
    raw = wire.Conn(server.port)
    equal(conn.create("/kept", b"1")["err"], 0)
    status = server.stop(timeout=10)
    check(status in (0, 143), "exit status %s" % status)
    check(conn.expect_close() and idle.expect_close(), "connections are closed")
    raw.abort()
    server.start()
    back = wire.Conn(server.port)
    equal(back.connect(30000, conn.session, conn.passwd)["session"], conn.session)
    equal(back.get("/kept")["data"], b"1")
    back.close()


@suite.case
def stopping_while_starting(suite_):
    """SIGTERM at any moment of the start ends the process."""
    server = suite_.server()
    for moment in (0.0, 0.01, 0.05, 0.2):
        server.spawn()
        try:
            server.process.wait(moment + 0.001)
        except subprocess.TimeoutExpired:
            pass
        server.process.send_signal(signal.SIGTERM)
        status = server.process.wait(15)
        server.process = None
        check(status in (0, 143, -signal.SIGTERM), "status %s after %g s" % (status, moment))


@suite.case
def it_starts_again_at_once_on_its_port(suite_):
    """Connections of the former life do not hold the port."""
    server = suite_.server().start()
    for _ in range(3):
        clients = [open_session(server.port) for _ in range(5)]
        server.kill()
        server.start(timeout=10)
        for client in clients:
            client.abort()


@suite.case
def max_client_connections(suite_):
    """The 61st connection of an address is closed at once; after one has gone there is room."""
    server = suite_.server({"maxClientCnxns": None}).start()
    clients = [open_session(server.port) for _ in range(55)]
    refused_ones = 0
    for _ in range(10):
        try:
            clients.append(open_session(server.port))
        except wire.Closed:
            refused_ones += 1
    check(4 <= refused_ones <= 6, "%d of 65 refused" % refused_ones)
    for client in clients[:10]:
        client.close()

    def room():
        try:
            return open_session(server.port)
        except wire.Closed:
            return False
    wait_until(room, 5, "room for a new client")


if __name__ == "__main__":
    suite.main()
