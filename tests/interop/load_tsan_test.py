# SPDX-License-Identifier: Apache-2.0
"""A mixed load on the real server, meant for its TSan build: all operations, reconnects, words, a restart.

The replies are checked by load.py; a race is what ThreadSanitizer prints, or its exit status 66.
"""

import os

import load
from harness import Suite, check, equal
from wire import open_session

suite = Suite("load_tsan_test", loops=("3", "1"))


def no_sanitizer_report(server):
    log = server.log()
    for word in ("ThreadSanitizer", "AddressSanitizer", "runtime error:", "LeakSanitizer"):
        if word in log:
            begin = log.index(word)
            raise AssertionError("a report of the sanitizer:\n" + log[max(begin - 200, 0):begin + 6000])


@suite.case
def mixed_load(suite_):
    suite_.options.slow = max(suite_.options.slow, 5.0)
    seconds = suite_.options.seconds or (10.0 if suite_.ours else 5.0)
    tsan = os.environ.get("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1")
    config = {"snapCount": 500, "znode.container.checkIntervalMs": 500, "tickTime": 500,
              "maxSessionTimeout": 60000, "snapshot.compression.method": "snappy"}
    if not suite_.ours:
        config["znode.container.checkIntervalMs"] = None
    server = suite_.server(config, flags=["-Dznode.container.checkIntervalMs=500"],
                           env={"TSAN_OPTIONS": tsan + ":exitcode=66"}).start()
    seed = 1
    for part in (0.6, 0.4):  # with a restart between
        total = load.mixed_load(server.port, seconds * part, seed=seed)
        print("%d replies" % sum(total.values()))
        missing = {"create", "multi", "getData", "setACL", "sync", "addWatch"} - set(total)
        check(not missing, "operations never done: %s" % missing)
        check(server.process.poll() is None, "the server ended: " + server.log_tail())
        status = server.stop(timeout=30)
        check(status in (0, 143), "exit status %s\n%s" % (status, server.log_tail()))
        no_sanitizer_report(server)
        seed += 1
        server.start(timeout=60)
    conn = open_session(server.port)
    equal(conn.exists("/")["err"], 0)
    conn.close()


if __name__ == "__main__":
    suite.main()
