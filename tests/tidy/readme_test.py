#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of README.md, so that what a newcomer types first is known to work.

A fenced block whose info string is `console test` is run: each line `$ command` in bash at the root of the repository
(it must end with 0), and the lines after it must be found in its output, in that order; a line `...` stands for
anything. `console test background` starts a server: once its lines are seen it stays up for the blocks that follow, and
is ended by SIGTERM when the page is at its end. So that nothing of the machine is in the way, port 2181 becomes a free
port, and `./dev run` gets a data directory of its own.
"""
import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from xml.sax.saxutils import quoteattr

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND_SECONDS = 900
BLOCK = re.compile(r"^```console test(?P<background> background)?[ \t]*\n(?P<body>.*?)^```[ \t]*$", re.S | re.M)


def parse(text):
    """[(line number, in the background?, command, expected lines)] of the page."""
    steps = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("body")) + 1
        for number, row in enumerate(block["body"].split("\n")[:-1], line):
            if row.startswith("$ "):
                steps.append((number, bool(block["background"]), row[2:], []))
            elif steps and row.strip() and row.strip() != "...":
                steps[-1][3].append(row.strip())
    return steps


def missing_line(expected, output):
    """The first expected line that does not follow the ones before it, or None."""
    at = 0
    for line in expected:
        at = output.find(line, at)
        if at < 0:
            return line
        at += len(line)
    return None


class Server:
    """A command of a background block, with its output gathered by a thread."""

    def __init__(self, command):
        self.output, self.changed = "", threading.Condition()
        self.process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=ROOT, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in iter(self.process.stdout.readline, b""):
            with self.changed:
                self.output += line.decode(errors="replace")
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wrong(self, expected):
        with self.changed:
            done = self.changed.wait_for(
                lambda: missing_line(expected, self.output) is None or not self.reader.is_alive(), COMMAND_SECONDS)
            line = missing_line(expected, self.output)
        if line is not None:
            return f"{'ended' if done else 'still running'} without the line {line!r}; it said:\n{self.output}"
        return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "SIGTERM did not stop it within 30 s"
        return None


def run(command, expected):
    try:
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"took more than {COMMAND_SECONDS} s"
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        return f"ended with {done.returncode}; it said:\n{output}"
    line = missing_line(expected, output)
    return None if line is None else f"without the line {line!r}; it said:\n{output}"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def run_page(steps, port, data):
    """Yields (case, what is wrong or None). A free port stands for 2181 on the page."""
    servers = []
    try:
        for number, background, command, expected in steps:
            here = [re.sub(r"\b2181\b", port, line) for line in [command] + expected]
            if re.match(r"\./dev run\b", here[0]):
                here[0] += f" --client_port={port} --data_dir={data}"
            if background:
                servers.append((number, Server(here[0])))
                wrong = servers[-1][1].wrong(here[1:])
            else:
                wrong = run(here[0], here[1:])
            yield f"line_{number}: {command}", wrong
    finally:
        stopped = [(f"line_{number}_stops", server.stop()) for number, server in reversed(servers)]
    yield from stopped


def self_test():
    page = ("```console test background\n$ echo up 2181; exec tail -f /dev/null\nup 2181\n```\n"
            "```console test\n$ echo a; echo b\na\n...\nb\n$ echo a\nb\n$ false\n```\n```console\n$ exit 9\n```\n")
    verdicts = [wrong is None for _, wrong in run_page(parse(page), "4711", "unused")]
    return None if verdicts == [True, True, False, False, True] else f"the page of the self-test gave {verdicts}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--xml", help="where to write the cases as JUnit XML")
    parser.add_argument("page", nargs="?", default=os.path.join(ROOT, "README.md"))
    args = parser.parse_args()
    cases = [("self_test", self_test())]
    steps = []
    if os.path.exists(args.page):
        with open(args.page, encoding="utf-8") as file:
            steps = parse(file.read())
    cases.append(("page_has_commands", None if steps else f"{args.page} has no block `console test`"))
    with tempfile.TemporaryDirectory() as data:
        cases += run_page(steps, free_port(), data)
    for name, wrong in cases:
        if wrong:
            print(f"{name}: {wrong}")
    if args.xml:
        with open(args.xml, "w", encoding="utf-8") as file:
            file.write('<testsuites><testsuite name="readme">\n')
            for name, wrong in cases:
                failure = f"<failure message={quoteattr(wrong.splitlines()[0])}/>" if wrong else ""
                file.write(f'<testcase classname="readme" name={quoteattr(name)}>{failure}</testcase>\n')
            file.write("</testsuite></testsuites>\n")
    failed = sum(1 for _, wrong in cases if wrong)
    print(f"readme: {len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
