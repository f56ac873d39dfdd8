# SPDX-License-Identifier: Apache-2.0
"""Java's zkCli.sh against the server: what it prints must be what it prints against Java's server.

Each script runs on a fresh server under test and on a fresh Java server, and the two transcripts
are compared line by line, with times and session ids replaced. A few lines of each are also
checked by themselves, so that two equal failures do not pass.
"""

import re
import subprocess

import wire
from harness import Suite, check, equal, free_port
from shell import Shell

CLI = "/usr/share/zookeeper/bin/zkCli.sh"
ENVIRONMENT = {"CLIENT_JVMFLAGS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
END = "printwatches"  # a command whose output marks the end of the one before
END_LINE = "printwatches is on"

EVENT = re.compile(r"\n?WATCHER::\n\n(WatchedEvent .*)\n")  # printed by a thread of its own

suite = Suite("zkcli_test")


def cli(server):
    shell = Shell([CLI, "-server", "127.0.0.1:%d" % server.port], ENVIRONMENT)
    shell.wait(r"state:SyncConnected type:None path:null\n", 30)
    return shell


def command(shell, line):
    """The output of one command, without the marker."""
    start = shell.mark
    shell.say(line)
    shell.ask(END, END_LINE + "\n")
    return shell.text[start:shell.mark - len(END_LINE) - 1]


def normal(text, server):
    text = EVENT.sub("", text)
    text = text.replace("127.0.0.1:%d" % server.port, "SERVER")
    text = re.sub(r"(ctime|mtime) = \w+ \w+ +\d+ .*", r"\1 = TIME", text)
    text = re.sub(r"0x100[0-9a-f]{12}\b", "SESSION", text)
    return text.strip("\n")


def transcript(server, lines):
    with cli(server) as shell:
        pairs = [(line, normal(command(shell, line), server)) for line in lines]
        shell.say("quit")
        pairs.append(("the exit code", shell.close()))
        events = [e for e in EVENT.findall(shell.text) if "state:Closed" not in e]
        pairs.append(("the events", events))  # the process may end before it prints the last one
    return pairs


def sets_sorted(line, said):
    """Answers that are sets: Java's order is that of its hash."""
    if line == "whoami":
        return "\n".join(sorted(said.splitlines()))
    if line.startswith("getEphemerals") and said.startswith("["):
        return "[%s]" % ", ".join(sorted(said.strip("[]").split(", ")))
    return said


def same_as_java(suite_, script):
    """Runs the script on both servers; returns the answers by command (the last of equal ones)."""
    lines = [line.strip() for line in script.strip().splitlines()]
    mine = transcript(suite_.server().start(), lines)
    theirs = transcript(suite_.java().start(), lines)
    differences = ["%s\n  got    %r\n  wanted %r" % (line, got, wanted)
                   for (line, got), (_, wanted) in zip(mine, theirs)
                   if sets_sorted(line, got) != sets_sorted(line, wanted)]
    check(not differences, "\n".join(differences))
    return dict(mine)


@suite.case
def nodes(suite_):
    said = same_as_java(suite_, """
        ls /
        create /a one
        create /a two
        get /a
        get -s /a
        stat /a
        set /a two
        set -v 0 /a three
        set -s -v 1 /a three
        get /a
        create /null
        get /null
        create /a/b x
        create /a/b/c y
        create /none/x
        ls /a
        ls -s /a
        ls -R /a
        getAllChildrenNumber /
        getAllChildrenNumber /a
        delete /a
        delete -v 4 /a/b/c
        delete -v 0 /a/b/c
        delete /none
        get /none
        stat /none
        ls /none
        create bad
        create /bad/
        deleteall /a
        ls /
        sync /
        history
        config
        get /zookeeper/config
        delete /zookeeper
        delete /
        set / root
        get /
    """)
    equal(said["create /a one"], "Created /a")
    equal(said["create /a two"], "Node already exists: /a")
    equal(said["get /a"], "three")
    equal(said["get /null"], "null")
    equal(said["delete /a"], "Node not empty: /a")
    equal(said["ls -R /a"], "/a\n/a/b\n/a/b/c")
    equal(said["ls /"], "[null, zookeeper]")
    equal(said["sync /"], "Sync is OK")


@suite.case
def kinds_of_nodes(suite_):
    said = same_as_java(suite_, """
        create /p
        create -s /p/n- a
        create -s /p/n- b
        create -e /e x
        create -e -s /p/e- y
        create /e/child
        create -c /c
        create -c /c
        create /c/x
        create -t 1000000 /t v
        create -s -t 1000000 /t- v
        create -t 0 /t2 v
        create -e -t 5 /t3
        create -c -e /t3
        get -s /c
        get -s /t
        stat /e
        ls -s /p
        getEphemerals /p
        getEphemerals /e
        getEphemerals /zzz
        getEphemerals
        delete /e
        getEphemerals
    """)
    equal(said["create -s /p/n- b"], "Created /p/n-0000000001")
    equal(said["create /e/child"], "Ephemerals cannot have children: /e/child")
    equal(said["getEphemerals /p"], "[/p/e-0000000002]")
    check("ephemeralOwner = 0x0" in said["get -s /t"], "the mark of a TTL node is hidden")


@suite.case
def acls(suite_):
    said = same_as_java(suite_, """
        create /a
        getAcl /a
        getAcl -s /a
        whoami
        create /bob x auth::cdrwa
        addauth digest bob:pw
        whoami
        create /bob x auth::cdrwa
        getAcl /bob
        setAcl /a world:anyone:r,digest:eve:abc:cdrwa
        getAcl /a
        set /a x
        setAcl /a world:anyone:cdrwa
        create /ip x ip:127.0.0.1:r,world:anyone:cda
        get /ip
        set /ip y
        setAcl -v 5 /ip world:anyone:cdrwa
        setAcl -v 0 /ip world:anyone:cdrwa
        setAcl -s /ip world:anyone:cdrwa
        create /x y ip:300.1.2.3:r
        create /x y nobody:z:r
        create /x y bad
        create /bob/sub z
        setAcl -R /bob world:anyone:ra
        getAcl /bob/sub
        getAcl /none
        setAcl /none world:anyone:r
        getAcl /zookeeper/config
        setAcl /zookeeper/config world:anyone:cdrwa
        addauth digest super:secret
        whoami
        set /zookeeper/config x
        get /zookeeper/config
    """)
    equal(said["getAcl /a"], "'world,'anyone\n: r\n'digest,'eve:x\n: cdrwa")
    equal(said["set /a x"], "Insufficient permission : /a")
    check("super" in said["whoami"] and "digest: bob" in said["whoami"], said["whoami"])


@suite.case
def quotas(suite_):
    said = same_as_java(suite_, """
        create /q 12345
        create /q/one 678
        listquota /q
        setquota -n 2 /q
        listquota /q
        create /q/two 90
        set /q/one 6
        listquota /q
        setquota -b 100 /q
        listquota /q
        setquota -N 10 /q
        setquota -B 1000 /q
        listquota /q
        setquota -n 5 /q/one
        setquota -n 5 /none
        setquota -n 5 /zookeeper/quota
        get /zookeeper/quota/q/zookeeper_limits
        get -s /zookeeper/quota/q/zookeeper_stats
        ls -R /zookeeper
        delete /q/two
        listquota /q
        delquota -n /q
        listquota /q
        delquota /q
        delquota /q
        listquota /q
        ls -R /zookeeper
        getAllChildrenNumber /
    """)
    equal(said["get -s /zookeeper/quota/q/zookeeper_stats"].splitlines()[0], "count=3,bytes=8")
    check("does not exist" in said["listquota /q"], said["listquota /q"])


@suite.case
def watch_commands(suite_):
    said = same_as_java(suite_, """
        create /a
        removewatches /a
        get -w /a
        removewatches /a -d
        removewatches /a -d
        addWatch -m PERSISTENT /a
        removewatches /a -a
        removewatches /none
        reconfig -add 4
        reconfig -remove 4
        close
        ls /
    """)
    check("No such watcher" in said["removewatches /none"], said["removewatches /none"])
    check("Reconfig is disabled" in said["reconfig -remove 4"], said["reconfig -remove 4"])


@suite.case
def one_shot_commands(suite_):
    """A command on the command line: output and exit code."""
    server, java = suite_.server().start(), suite_.java().start()
    for words in (["create", "/a", "x"], ["get", "/a"], ["get", "/none"], ["nonsense"]):
        answers = []
        for one in (server, java):
            run = subprocess.run([CLI, "-server", "127.0.0.1:%d" % one.port] + words, timeout=60,
                                 capture_output=True, text=True, env=ENVIRONMENT)
            text = "\n".join(l for l in (run.stdout + run.stderr).splitlines()
                             if not l.startswith("SLF4J"))
            answers.append((run.returncode, normal(text, one)))
        equal(answers[0], answers[1], " ".join(words))
    equal(answers[0][0], 127)


def expect_events(shell, server, steps):
    """steps: (what another client does, the event line that must follow)."""
    other = wire.open_session(server.port)
    for act, event in steps:
        act(other)
        shell.wait(r"WatchedEvent state:SyncConnected type:%s\s*$" % event)
    other.close()


@suite.case
def watches(suite_):
    server = suite_.server().start()
    with cli(server) as shell:
        command(shell, "create /w 0")
        command(shell, "get -w /w")
        command(shell, "ls -w /w")
        command(shell, "stat -w /w")
        command(shell, "addWatch /deep")
        expect_events(shell, server, (
            (lambda c: c.set("/w", b"1"), "NodeDataChanged path:/w"),
            (lambda c: c.create("/w/x"), "NodeChildrenChanged path:/w"),
            (lambda c: c.create("/deep"), "NodeCreated path:/deep"),
            (lambda c: c.create("/deep/er"), "NodeCreated path:/deep/er"),
            (lambda c: c.set("/deep/er", b""), "NodeDataChanged path:/deep/er"),
            (lambda c: c.delete("/deep/er"), "NodeDeleted path:/deep/er"),
        ))
        text = shell.text
        command(shell, "sync /")
        equal(text.count("path:/w\n"), 2, "each one-shot watch fires once")
        shell.say("quit")
        equal(shell.close(), 0)


@suite.case
def watches_over_a_server_restart(suite_):
    """kill -9, restart, and the client's setWatches: session and watches live on."""
    server = suite_.server().start()
    with cli(server) as shell:
        command(shell, "create /w 0")
        command(shell, "create -e /mine")
        command(shell, "get -w /w")
        command(shell, "ls -w /w")
        command(shell, "addWatch /deep")
        server.kill()
        shell.wait("state:Disconnected", 20)
        server.start()
        shell.wait("state:SyncConnected type:None", 30)
        expect_events(shell, server, (
            (lambda c: c.set("/w", b"1"), "NodeDataChanged path:/w"),
            (lambda c: c.create("/w/x"), "NodeChildrenChanged path:/w"),
            (lambda c: c.create("/deep"), "NodeCreated path:/deep"),
        ))
        equal(normal(command(shell, "getEphemerals"), server), "[/mine]")
        shell.say("quit")
        shell.close()


@suite.case
def missed_changes_are_told_on_return(suite_):
    """What changed while the client could not reach the server comes with its setWatches."""
    server = suite_.server().start()
    with cli(server) as shell:
        command(shell, "create /w 0")
        command(shell, "create /gone 0")
        for line in ("get -w /w", "stat -w /gone", "ls -w /w"):
            command(shell, line)
        # The changes are made on another port, where the client does not look.
        server.kill()
        shell.wait("state:Disconnected", 20)
        known_port = server.port
        server.move_to(free_port()).start()
        other = wire.open_session(server.port)
        other.set("/w", b"1")
        other.create("/w/x")
        other.delete("/gone")
        other.close()
        server.kill()
        server.move_to(known_port).start()
        text_from = shell.mark
        shell.wait("state:SyncConnected type:None", 30)
        for event in ("NodeDataChanged path:/w", "NodeDeleted path:/gone",
                      "NodeChildrenChanged path:/w"):
            shell.mark = text_from
            shell.wait(r"WatchedEvent state:SyncConnected type:%s\s*$" % event)
        shell.say("quit")
        shell.close()


if __name__ == "__main__":
    suite.main()
