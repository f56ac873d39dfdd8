# SPDX-License-Identifier: Apache-2.0
"""Drives an interactive program over its standard input, waiting for what it prints."""

import os
import re
import selectors
import subprocess
import time


class Shell:
    """A child with piped standard streams. Both its outputs are one text."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, **(environment or {})))
        self.text = ""
        self.mark = 0  # everything before has been looked at

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def _read(self, wait):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(wait):
                return True
        piece = os.read(self.process.stdout.fileno(), 65536)
        self.text += piece.decode("utf-8", "replace")
        return bool(piece)

    def wait(self, pattern, timeout=15):
        """The match of pattern in what was printed since the last match."""
        deadline = time.monotonic() + timeout
        alive = True
        while True:
            found = re.compile(pattern, re.MULTILINE).search(self.text, self.mark)
            if found:
                self.mark = found.end()
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not alive:
                raise AssertionError("no %r in:\n%s" % (pattern, self.text[self.mark:][-3000:]))
            alive = self._read(min(left, 0.5))

    def ask(self, line, pattern, timeout=15):
        self.say(line)
        return self.wait(pattern, timeout)

    def close(self, timeout=10):
        """Ends the program: end of input first, force after the time-out. Returns its status."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._read(0.1):
            pass
        try:
            return self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
