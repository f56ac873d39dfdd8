# SPDX-License-Identifier: Apache-2.0
"""What all interop tests share: a server under test as a process, cases, and the JUnit report.

The server is a parameter: --server ours runs the binary of --binary, --server java runs Debian's
ZooKeeper 3.8.0. Every expectation is proven against java first, and then holds for ours. Servers
listen on loopback, live in temporary directories and are ended by pid.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from xml.sax.saxutils import quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(os.path.dirname(HERE), "golden")
JAVA_JARS = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"
JAVA_OPTS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp", JAVA_JARS]
JAVA_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
SUPER_AUTH = b"super:secret"
SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4="

_used_ports = set()


class Skip(Exception):
    """Raised by a case that cannot run here; counted as skipped, with its reason."""


def free_port():
    """A loopback port that nobody listens on, never the same twice in one run."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _used_ports:
            _used_ports.add(port)
            return port


def four_letter(port, word, timeout=5.0):
    """What the server answers to a four-letter word, as bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(word if isinstance(word, bytes) else word.encode())
        out = b""
        while True:
            try:
                piece = sock.recv(65536)
            except ConnectionResetError:
                return out
            if not piece:
                return out
            out += piece


def wait_until(condition, timeout, what, step=0.02):
    """Polls condition till it is true; AssertionError after timeout seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("no %s within %g s" % (what, timeout))
        pause(step)


def pause(seconds):
    """Real processes need real time: the polls of wait_until, and the length of a load."""
    time.sleep(seconds)  # tidy-allow(no_sleep_in_tests): the one place for it


def run_java(main, args, timeout=60, props=()):
    """Runs one of Java's tools to its end; returns the CompletedProcess (text)."""
    command = ["java"] + JAVA_OPTS + ["-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
    command += list(props) + [main] + [str(arg) for arg in args]
    return subprocess.run(command, capture_output=True, text=True, errors="replace",
                          timeout=timeout, stdin=subprocess.DEVNULL)


class Server:
    """One server process on one directory. start() may be called again after stop() or kill()."""

    def __init__(self, options, root, config=None, flags=(), env=None, kind=None):
        """config: extra zoo.cfg keys, None removes one; flags: arguments before the file's name."""
        self.options = options
        self.kind = kind or options.server
        self.root = root
        self.data = os.path.join(root, "data")
        os.makedirs(self.data, exist_ok=True)
        self.port = free_port()
        self.flags = list(flags)
        self.env = dict(env or {})
        self.process = None
        self.log_path = os.path.join(root, "%s-%d.log" % (self.kind, self.port))
        self.config = {
            "dataDir": self.data, "clientPort": self.port, "clientPortAddress": "127.0.0.1",
            "tickTime": 1000, "maxSessionTimeout": 60000, "preAllocSize": 64, "maxClientCnxns": 0,
            "admin.enableServer": "false", "4lw.commands.whitelist": "*",
            "extendedTypesEnabled": "true",
            "DigestAuthenticationProvider.superDigest": SUPER_DIGEST,
        }
        self.config.update(config or {})

    def move_to(self, port):
        """The next start listens there."""
        self.port = self.config["clientPort"] = port
        return self

    def version2(self, *parts):
        return os.path.join(self.data, "version-2", *parts)

    def write_config(self):
        path = os.path.join(self.root, "zoo-%d.cfg" % self.port)
        with open(path, "w", encoding="latin-1") as out:
            for key, value in self.config.items():
                if value is not None:
                    out.write("%s=%s\n" % (key, value))
        return path

    def command(self, config_path):
        if self.kind == "java":
            level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
            flags = [flag for flag in self.flags if flag.startswith("-D")]
            return ["java"] + JAVA_OPTS + [level] + flags + [JAVA_MAIN, config_path]
        flags = self.flags + list(self.options.server_flags)
        return [self.options.binary] + flags + [config_path]

    def start(self, timeout=30.0):
        """Starts the process and waits till it serves; returns self."""
        self.spawn()
        wait_until(self._serves_or_died, timeout * self.options.slow, "server on %d" % self.port)
        return self

    def spawn(self):
        assert self.process is None, "already running"
        environment = dict(os.environ, **self.env)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(self.write_config()), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment, cwd=self.root)

    def _serves_or_died(self):
        if self.process.poll() is not None:
            raise AssertionError("server ended with %s at start:\n%s"
                                 % (self.process.returncode, self.log_tail()))
        try:
            return four_letter(self.port, "srvr", 1.0).startswith(b"Zookeeper version")
        except OSError:
            return False

    def kill(self):
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def stop(self, timeout=20.0):
        """SIGTERM; returns the exit status (negative for a signal)."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout * self.options.slow)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("server did not stop on SIGTERM within %g s" % timeout)
        self.process = None
        return status

    def log(self):
        try:
            with open(self.log_path, errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=30):
        return "\n".join(self.log().splitlines()[-lines:])


class Suite:
    """The cases of one test program, their options, servers and report."""

    def __init__(self, name, loops=(None,)):
        """loops: the values of --loops with which ours runs all cases; java runs them once."""
        self.name = name
        self.loops = loops
        self.cases = []
        self.results = []
        self._servers = []
        self._dirs = []
        parser = argparse.ArgumentParser(description=name)
        parser.add_argument("--server", choices=("ours", "java"), default="ours")
        parser.add_argument("--binary", default="", help="zkserver, for --server ours")
        parser.add_argument("--loops", help="only this number of loops")
        parser.add_argument("--only", default="", help="run the cases that match this regex")
        parser.add_argument("--keep", action="store_true", help="keep the directories")
        parser.add_argument("--slow", type=float, default=1.0, help="stretch time limits")
        parser.add_argument("--seconds", type=float, help="length of a load, where there is one")
        self.parser = parser
        self.options = None
        self.label = ""

    def case(self, function):
        """Decorator: function(suite) is one test case."""
        self.cases.append(function)
        return function

    def directory(self):
        path = tempfile.mkdtemp(prefix="interop-", dir=os.environ.get("TEST_TMPDIR"))
        self._dirs.append(path)
        return path

    def server(self, config=None, flags=(), env=None, root=None, kind=None):
        """A server of this case, not started; it is killed when the case ends."""
        server = Server(self.options, root or self.directory(), config, flags, env, kind)
        self._servers.append(server)
        return server

    def java(self, config=None, root=None, flags=()):
        """Java's server whatever is under test: the other side of an exchange."""
        return self.server(config, flags, root=root, kind="java")

    @property
    def ours(self):
        return self.options.server == "ours"

    def _run_case(self, function):
        name = function.__name__ + self.label
        start = time.monotonic()
        status, text = "passed", ""
        try:
            function(self)
        except Skip as reason:
            status, text = "skipped", str(reason)
        except Exception:  # every failure of a case is a result, not an end of the run
            status, text = "failed", traceback.format_exc()
            for server in self._servers:
                text += "\n--- log of %s on %d\n%s" % (server.kind, server.port, server.log_tail())
        for server in self._servers:
            server.kill()
        self._servers = []
        if not self.options.keep and status != "failed":
            for path in self._dirs:
                shutil.rmtree(path, ignore_errors=True)
        elif self._dirs:
            print("kept: " + " ".join(self._dirs))
        self._dirs = []
        seconds = time.monotonic() - start
        print("%-8s %s (%.1f s)%s" % (status, name, seconds, "\n" + text if text else ""))
        sys.stdout.flush()
        self.results.append((name, status, seconds, text))

    def _write_xml(self):
        path = os.environ.get("XML_OUTPUT_FILE")
        if not path:
            return
        count = {kind: sum(1 for r in self.results if r[1] == kind)
                 for kind in ("failed", "skipped")}
        with open(path, "w", encoding="utf-8") as out:
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
            out.write('<testsuite name=%s tests="%d" failures="%d" skipped="%d" errors="0">\n' % (
                quoteattr(self.name), len(self.results), count["failed"], count["skipped"]))
            for name, status, seconds, text in self.results:
                clean = re.sub("[^\t\n\x20-\ud7ff]", "?", text)
                out.write('<testcase classname=%s name=%s time="%.3f">' % (
                    quoteattr(self.name), quoteattr(name), seconds))
                if status != "passed":
                    tag = "failure" if status == "failed" else "skipped"
                    out.write("<%s message=%s/>" % (tag, quoteattr(clean)))
                out.write("</testcase>\n")
            out.write("</testsuite>\n</testsuites>\n")

    def main(self):
        self.options = self.parser.parse_args()
        self.options.server_flags = []
        self.options.binary = os.path.abspath(self.options.binary) if self.options.binary else ""
        if self.ours and not os.access(self.options.binary, os.X_OK):
            sys.exit("--server ours needs --binary PATH of zkserver")
        loops = self.loops if self.ours else (None,)
        if self.options.loops and self.ours:
            loops = (self.options.loops,)
        for value in loops:
            self.label = "" if value is None else "/loops=%s" % value
            self.options.server_flags = [] if value is None else ["--loops=%s" % value]
            for function in self.cases:
                if re.search(self.options.only, function.__name__):
                    self._run_case(function)
        self._write_xml()
        tally = [sum(1 for r in self.results if r[1] == kind)
                 for kind in ("passed", "failed", "skipped")]
        print("%d passed, %d failed, %d skipped" % tuple(tally))
        sys.exit(1 if tally[1] or not self.results else 0)


def equal(got, wanted, what=""):
    """AssertionError with both values unless they are equal."""
    if got != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (what or "values differ", got, wanted))


def check(condition, message):
    if not condition:
        raise AssertionError(message)
