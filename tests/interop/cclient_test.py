# SPDX-License-Identifier: Apache-2.0
"""The C client of Debian's zookeeper-bin (cli_mt and load_gen) against the server."""

import subprocess

import wire
from harness import Suite, check, equal
from shell import Shell

CLI = "/usr/lib/zookeeper/bin/cli_mt"
LOAD = "/usr/lib/zookeeper/bin/load_gen"
suite = Suite("cclient_test")


def cli(server):
    shell = Shell(["stdbuf", "-oL", "-eL", CLI, "127.0.0.1:%d" % server.port])
    shell.wait("Got a new session id: 0x[0-9a-f]+|CONNECTED_STATE")
    return shell


@suite.case
def nodes(suite_):
    server = suite_.server().start()
    with cli(server) as shell:
        shell.ask("create /a", r"name = /a$")
        shell.ask("set /a hello", r"rc = 0")
        shell.ask("get /a", r"value_len = 5\nhello\nStat:(.|\n)*version=1")
        shell.ask("ls /", r"/: rc = 0\n\t(a\n\tzookeeper|zookeeper\n\ta)$")
        shell.ask("ls2 /", r"/: rc = 0\n(\ta\n\tzookeeper|\tzookeeper\n\ta)$")
        shell.ask("exists /none", r"Error -101 for /none")
        shell.ask("create /a", r"rc = -110")
        shell.ask("get /none", r"/none: rc = -101")
        shell.ask("create /none/x", r"rc = -101")
        shell.ask("sync /a", r"\[/a\]: rc = 0")
        shell.ask("create /a/b", r"name = /a/b$")
        shell.ask("delete /a", r"rc = -111")
        shell.ask("delete /a/b", r"rc = 0")
        shell.ask("delete /a", r"rc = 0")
        shell.say("quit")
        shell.close()


@suite.case
def kinds_of_nodes(suite_):
    server = suite_.server().start()
    with cli(server) as shell:
        shell.ask("create +e /e", r"name = /e$")
        shell.ask("create +s /s-", r"name = /s-0000000001$")
        shell.ask("create +es /es-", r"name = /es-0000000002$")
        shell.ask("create +c /c", r"name = /c$")
        shell.ask("create +t=100000 /t", r"name = /t$")
        shell.ask("create /e/x", r"rc = -108")
        watcher = wire.open_session(server.port)
        owner = watcher.exists("/e", True)["stat"]["ephemeralOwner"]
        check(owner != 0, "an ephemeral has an owner")
        shell.say("quit")
        shell.close()
        equal([(e["type"], e["path"]) for e in watcher.wait_events(1)], [(2, "/e")])
        equal(watcher.exists("/es-0000000002")["err"], wire.NO_NODE)
        equal(watcher.exists("/s-0000000001")["err"], 0)
        watcher.close()


@suite.case
def watches(suite_):
    server = suite_.server().start()
    other = wire.open_session(server.port)
    other.create("/w", b"0")
    with cli(server) as shell:
        shell.ask("get /w", r"value_len = 1\n0")
        other.set("/w", b"1")
        shell.wait(r"CHANGED_EVENT state = CONNECTED_STATE for path /w")
        shell.ask("ls /w", r"/w: rc = 0")
        other.create("/w/x")
        shell.wait(r"CHILD_EVENT state = CONNECTED_STATE for path /w")
        shell.ask("wexists /late", r"-101 for /late")
        other.create("/late")
        shell.wait(r"CREATED_EVENT state = CONNECTED_STATE for path /late|/late event")
        shell.say("exists /w/x")
        shell.ask("sync /", r"\[/\]: rc = 0")
        other.delete("/w/x")
        shell.wait(r"DELETED_EVENT state = CONNECTED_STATE for path /w/x")
    other.close()


@suite.case
def authentication(suite_):
    server = suite_.server().start()
    bob = wire.open_session(server.port)
    bob.auth("digest", b"bob:pw")
    bob.create("/private", b"x", acl=[(31, "auth", "")])
    with cli(server) as shell:
        shell.ask("get /private", r"/private: rc = -102")
        shell.say("addauth digest bob:pw")
        shell.ask("sync /", r"\[/\]: rc = 0")
        shell.ask("get /private", r"/private: rc = 0\n value_len = 1\nx")
        shell.say("addauth nobody x")
        shell.wait(r"AUTH_FAILED|auth_failed|Authentication failure|Authentication failed")
    bob.close()


@suite.case
def session_and_watches_over_a_server_restart(suite_):
    """kill -9, restart: same session, ephemeral kept; the client's setWatches finds a change."""
    server = suite_.server().start()
    other = wire.open_session(server.port)
    other.create("/w", b"0")
    other.close()
    with cli(server) as shell:
        shell.ask("create +e /mine", r"name = /mine$")
        shell.ask("get /w", r"value_len = 1\n0")
        shell.ask("ls /w", r"/w: rc = 0")
        server.kill()
        shell.wait(r"CONNECTING_STATE|Socket \[.*\] zk retcode=-4|connection refused", 20)
        server.start()
        shell.wait(r"SESSION_EVENT state = CONNECTED_STATE", 30)
        other = wire.open_session(server.port)
        equal(other.exists("/mine")["err"], 0, "the ephemeral")
        other.set("/w", b"1")
        shell.wait(r"CHANGED_EVENT state = CONNECTED_STATE for path /w")
        other.create("/w/x")
        shell.wait(r"CHILD_EVENT state = CONNECTED_STATE for path /w")
        other.close()


@suite.case
def expired_session(suite_):
    server = suite_.server().start()
    shell = Shell(["stdbuf", "-oL", "-eL", CLI, "127.0.0.1:%d" % server.port])
    with shell:
        found = shell.wait(r"Got a new session id: 0x([0-9a-f]+)")
        session = int(found.group(1), 16)
        wire.end_session(server.port, session)
        shell.wait(r"EXPIRED_SESSION_STATE|Session expired", 20)


@suite.case
def load_generator(suite_):
    """load_gen writes, reads back and deletes in cycles; any wrong read or error is printed."""
    server = suite_.server().start()
    where = "127.0.0.1:%d" % server.port
    conn = wire.open_session(server.port)
    conn.create("/load")
    try:
        run = subprocess.run([LOAD, where, "/load", "200"], capture_output=True, text=True,
                             timeout=4)
        text = run.stdout + run.stderr
    except subprocess.TimeoutExpired as over:
        text = ((over.stdout or b"") + (over.stderr or b"")).decode()
    check("Starting the read cycle" in text, "no cycle was run: " + text[-500:])
    for word in ("Failed to read", "Invalid read", "Failed to write"):
        check(word not in text, word)
    run = subprocess.run([LOAD, where, "/load", "clean"], capture_output=True, text=True, timeout=30)
    check("Successfully deleted a subtree" in run.stdout + run.stderr, run.stderr[-500:])
    equal(conn.exists("/load")["err"], wire.NO_NODE)
    conn.close()


if __name__ == "__main__":
    suite.main()
