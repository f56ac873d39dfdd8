# SPDX-License-Identifier: Apache-2.0
"""kazoo (Debian's python3-kazoo) against the server: sessions, nodes, watches, ACLs and recipes."""

import contextlib
import logging
import threading
import time

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (BadVersionError, KazooException, NoAuthError, NoChildrenForEphemeralsError,
                              NoNodeError, NodeExistsError, NotEmptyError, RolledBackError,
                              SessionExpiredError)
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.states import EventType
from kazoo.security import make_acl, make_digest_acl

import wire
from harness import Suite, check, equal, pause, wait_until

logging.disable(logging.CRITICAL)
suite = Suite("kazoo_test", loops=("1", "3"))


@contextlib.contextmanager
def client(server, **more):
    """A connected client, stopped and closed at the end whatever happens."""
    more.setdefault("timeout", 10.0)
    zk = KazooClient(hosts="127.0.0.1:%d" % server.port, handler=SequentialThreadingHandler(),
                     connection_retry={"max_tries": -1, "delay": 0.05, "max_delay": 0.2}, **more)
    zk.start(timeout=15)
    try:
        yield zk
    finally:
        zk.stop()
        zk.close()


def raises(error, function, *args, **more):
    try:
        function(*args, **more)
    except error:
        return
    raise AssertionError("no %s from %s%r" % (error.__name__, function.__name__, args))


class Events:
    """Collects watch events of all threads; call it as a watch function."""

    def __init__(self):
        self.seen = []

    def __call__(self, event):
        self.seen.append((event.type, event.path))

    def wait(self, count, timeout=10):
        wait_until(lambda: len(self.seen) >= count, timeout, "%d events" % count)
        equal(len(self.seen), count, "events %s" % self.seen)
        return self.seen


@suite.case
def nodes(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        equal(zk.create("/a", b"one"), "/a")
        data, stat = zk.get("/a")
        equal((data, stat.version, stat.numChildren), (b"one", 0, 0))
        check(abs(stat.ctime / 1000.0 - time.time()) < 60, "ctime is wall-clock ms")
        equal(zk.set("/a", b"two", version=0).version, 1)
        raises(BadVersionError, zk.set, "/a", b"", version=0)
        raises(NodeExistsError, zk.create, "/a")
        raises(NoNodeError, zk.get, "/none")
        equal(zk.exists("/none"), None)
        zk.ensure_path("/a/b/c")
        raises(NotEmptyError, zk.delete, "/a")
        equal(sorted(zk.get_children("/")), ["a", "zookeeper"])
        path, stat = zk.create("/with-stat", b"12345", include_data=True)
        equal((path, stat.dataLength), ("/with-stat", 5))
        zk.delete("/a", recursive=True)
        equal(zk.exists("/a"), None)
        big = bytes(range(256)) * 3900
        zk.create("/big", big)
        equal(zk.get("/big")[0], big)
        equal(zk.sync("/"), "/")
        zk.create("/\u00fcn\u00efcode", b"")
        check("\u00fcn\u00efcode" in zk.get_children("/"), "unicode name")


@suite.case
def sequences(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        names = [zk.create("/s/n-", b"", sequence=True, makepath=True) for _ in range(5)]
        equal(names, ["/s/n-%010d" % i for i in range(5)])
        zk.delete(names[-1])
        equal(zk.create("/s/n-", b"", sequence=True), "/s/n-0000000005")
        results = [zk.create_async("/t/p-", b"", sequence=True, makepath=True) for _ in range(50)]
        equal(len({r.get(timeout=30) for r in results}), 50)


@suite.case
def ephemerals(suite_):
    server = suite_.server().start()
    with client(server) as watcher:
        gone = Events()
        with client(server) as owner:
            owner.create("/e", b"", ephemeral=True)
            seq = owner.create("/e-", b"", ephemeral=True, sequence=True)
            raises(NoChildrenForEphemeralsError, owner.create, "/e/x")
            equal(watcher.get("/e")[1].ephemeralOwner, owner.client_id[0])
            check(watcher.exists("/e", watch=gone) is not None, "seen by another session")
            check(watcher.exists(seq) is not None, "sequential ephemeral")
        equal(gone.wait(1), [(EventType.DELETED, "/e")])
        equal(watcher.exists(seq), None)


@suite.case
def watches(suite_):
    server = suite_.server().start()
    with client(server) as zk, client(server) as writer:
        events = Events()
        zk.exists("/w", watch=events)
        writer.create("/w")
        events.wait(1)
        zk.get("/w", watch=events)
        zk.get_children("/w", watch=events)
        writer.set("/w", b"1")
        writer.set("/w", b"2")
        events.wait(2)
        writer.create("/w/x")
        writer.create("/w/y")
        equal(events.wait(3), [(EventType.CREATED, "/w"), (EventType.CHANGED, "/w"),
                               (EventType.CHILD, "/w")])
        data_seen, children_seen = [], []
        zk.DataWatch("/w", lambda data, stat: data_seen.append(data))
        zk.ChildrenWatch("/w", lambda names: children_seen.append(sorted(names)))
        writer.set("/w", b"3")
        writer.delete("/w/x")
        wait_until(lambda: data_seen[-1] == b"3" and children_seen[-1] == ["y"], 10, "watchers")


@suite.case
def watches_over_a_reconnect(suite_):
    """What changed while the client was away is told on its return, once; the rest still fires."""
    server = suite_.server().start()
    with client(server) as zk, client(server) as writer:
        for path in ("/changed", "/deleted", "/same", "/children", "/same-children"):
            writer.create(path, b"0")
        events = Events()
        zk.get("/changed", watch=events)
        zk.get("/deleted", watch=events)
        zk.get("/same", watch=events)
        zk.exists("/created", watch=events)
        zk.exists("/created-later", watch=events)
        zk.get_children("/children", watch=events)
        zk.get_children("/same-children", watch=events)
        session = zk.client_id
        away = threading.Event()
        zk.add_listener(lambda state: away.set() if state == KazooState.SUSPENDED else None)
        with frozen(zk):
            writer.set("/changed", b"1")
            writer.delete("/deleted")
            writer.create("/created")
            writer.create("/children/x")
        check(away.is_set(), "the client was away")
        wait_until(lambda: zk.connected, 10, "reconnect")
        # kazoo 2.8 sets no watches after a reconnect: it hands its watchers a session event and
        # recipes ask again. So the answer to setWatches itself is in wire_test; here the session,
        # its ephemerals and new watches must have survived.
        equal(zk.client_id, session, "same session")
        equal(zk.get("/changed")[0], b"1")
        equal(zk.exists("/deleted"), None)
        after = Events()
        zk.get("/same", watch=after)
        writer.set("/same", b"2")
        equal(after.wait(1), [(EventType.CHANGED, "/same")])


@contextlib.contextmanager
def frozen(zk):
    """The client's socket is cut and it may not come back before the end of the block."""
    connection = zk._connection
    original = connection._connect_attempt
    allowed = threading.Event()

    def delayed(*args, **more):
        allowed.wait(8)
        return original(*args, **more)

    connection._connect_attempt = delayed
    connection._socket.shutdown(2)
    wait_until(lambda: not zk.connected, 10, "the cut")
    try:
        yield
    finally:
        connection._connect_attempt = original
        allowed.set()


@suite.case
def recipes_watch_over_a_reconnect(suite_):
    """DataWatch and ChildrenWatch see what they missed."""
    server = suite_.server().start()
    with client(server) as zk, client(server) as writer:
        writer.create("/w", b"0")
        data_seen, children_seen = [], []
        zk.DataWatch("/w", lambda data, stat: data_seen.append(data))
        zk.ChildrenWatch("/w", lambda names: children_seen.append(sorted(names)))
        with frozen(zk):
            writer.set("/w", b"1")
            writer.create("/w/x")
        wait_until(lambda: data_seen[-1] == b"1" and children_seen[-1] == ["x"], 15, "news")
        writer.set("/w", b"2")
        wait_until(lambda: data_seen[-1] == b"2", 10, "news after the reconnect")


@suite.case
def transactions(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        zk.create("/t", b"0")
        transaction = zk.transaction()
        transaction.create("/t/a", b"1")
        transaction.set_data("/t", b"1", version=0)
        transaction.check("/t", version=1)
        transaction.create("/t/s-", b"", sequence=True)
        transaction.delete("/t/a")
        results = transaction.commit()
        equal(results[0], "/t/a")
        equal((results[1].version, results[2:]), (1, [True, "/t/s-0000000001", True]))
        transaction = zk.transaction()
        transaction.create("/t/b")
        transaction.set_data("/t", b"2", version=0)
        transaction.create("/t/c")
        results = transaction.commit()
        equal([type(r) for r in results][:2], [RolledBackError, BadVersionError])
        check(isinstance(results[2], KazooException), "after the failure")
        equal(zk.exists("/t/b"), None)
        equal(zk.get("/t")[0], b"1")


@suite.case
def acls_with_auth(suite_):
    server = suite_.server().start()
    with client(server, auth_data=[("digest", "bob:pw")]) as bob, client(server) as stranger:
        bob.create("/private", b"x", acl=[make_digest_acl("bob", "pw", all=True)])
        bob.create("/readable", b"x", acl=[make_digest_acl("bob", "pw", all=True),
                                           make_acl("world", "anyone", read=True)])
        bob.create("/mine", b"x", acl=[make_acl("auth", "", all=True)])
        raises(NoAuthError, stranger.get, "/private")
        raises(NoAuthError, stranger.get, "/mine")
        raises(NoAuthError, stranger.set, "/readable", b"")
        equal(stranger.get("/readable")[0], b"x")
        masked = [acl.id.id for acl in stranger.get_acls("/readable")[0] if acl.id.scheme == "digest"]
        equal(masked, ["bob:x"])
        equal(len(bob.get_acls("/mine")[0]), 1)
        bob.set_acls("/private", [make_acl("world", "anyone", read=True, admin=True)])
        equal(stranger.get("/private")[0], b"x")
        raises(NoAuthError, stranger.create, "/readable/x")
        stranger.add_auth("digest", "bob:pw")
        equal(stranger.create("/readable/x"), "/readable/x")


@suite.case
def default_acl_and_chroot(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        zk.ensure_path("/root/of")
        zk.create("/root/of/x", b"in a chroot")
    with KazooClientAt(server, "/root/of") as zk:
        equal(zk.get("/x")[0], b"in a chroot")
        equal(zk.get_children("/"), ["x"])


@contextlib.contextmanager
def KazooClientAt(server, chroot):
    zk = KazooClient(hosts="127.0.0.1:%d%s" % (server.port, chroot))
    zk.start(timeout=15)
    try:
        yield zk
    finally:
        zk.stop()
        zk.close()


@suite.case
def lock_recipe(suite_):
    """Two contenders, never both inside; the loser gets it when the holder's session ends."""
    server = suite_.server().start()
    inside, most, total = [0], [0], [0]
    guard = threading.Lock()

    def work(zk, name):
        for _ in range(8):
            with zk.Lock("/lock", name):
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    total[0] += 1
                pause(0.002)
                with guard:
                    inside[0] -= 1

    with client(server) as one, client(server) as two:
        threads = [threading.Thread(target=work, args=(zk, name))
                   for zk, name in ((one, "one"), (two, "two"), (one, "three"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        equal((most[0], total[0]), (1, 24))
        lock = two.Lock("/lock", "two")
        with client(server) as holder:
            held = holder.Lock("/lock", "holder")
            check(held.acquire(timeout=10), "holder has it")
            check(not lock.acquire(blocking=False), "two has not")
            equal(lock.contenders(), ["holder"])
        check(lock.acquire(timeout=10), "two has it after the holder's session")
        lock.release()


@suite.case
def election_recipe(suite_):
    server = suite_.server().start()
    leaders = []
    with client(server) as one, client(server) as two:
        may_go = threading.Event()

        def lead(name):
            leaders.append(name)
            may_go.wait(20)

        threads = []
        for zk, name in ((one, "one"), (two, "two")):
            election = zk.Election("/election", name)
            thread = threading.Thread(target=election.run, args=(lead, name))
            thread.start()
            threads.append(thread)
            wait_until(lambda: len(zk.Election("/election").contenders()) == len(threads), 10,
                       "contender " + name)
        wait_until(lambda: leaders, 10, "leader")
        pause(0.2)
        equal(leaders, ["one"], "one leader at a time, the first first")
        may_go.set()
        for thread in threads:
            thread.join(20)
        equal(leaders, ["one", "two"])


@suite.case
def other_recipes(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        counter = zk.Counter("/counter")
        for _ in range(5):
            counter += 2
        equal(counter.value, 10)
        queue = zk.Queue("/queue")
        queue.put(b"a")
        queue.put(b"b")
        equal([queue.get(), queue.get(), queue.get()], [b"a", b"b", None])
        barrier = zk.Barrier("/barrier")
        barrier.create()
        check(not barrier.wait(timeout=0.2), "barrier holds")
        barrier.remove()
        check(barrier.wait(timeout=5), "barrier open")
        semaphore = zk.Semaphore("/semaphore", max_leases=1)
        with semaphore:
            check(not zk.Semaphore("/semaphore", max_leases=1).acquire(blocking=False), "one lease")
        party = zk.Party("/party", "me")
        party.join()
        equal(list(party), ["me"])
        party.leave()


@suite.case
def session_expiry(suite_):
    """A client that is silent for longer than its time-out loses session and ephemerals."""
    server = suite_.server({"tickTime": 300, "minSessionTimeout": 1000}).start()
    with client(server) as watcher:
        silent = wire.open_session(server.port, 1000)
        equal(silent.negotiated, 1000)
        silent.create("/silent", b"", flags=1)
        pinging = wire.open_session(server.port, 1000)
        pinging.create("/pinging", b"", flags=1)
        gone = Events()
        start = time.monotonic()
        watcher.exists("/silent", watch=gone)
        while not gone.seen and time.monotonic() - start < 10:
            pinging.ping()
            pause(0.1)
        took = time.monotonic() - start
        equal(gone.seen, [(EventType.DELETED, "/silent")])
        check(0.7 <= took <= 4, "expired after %.2f s" % took)
        check(watcher.exists("/pinging") is not None, "the other one lives")
        back = wire.Conn(server.port)
        equal(back.connect(1000, silent.session, silent.passwd)["session"], 0, "expired session")
        check(back.expect_close(), "closed after the refusal")
        pinging.close()


@suite.case
def kazoo_learns_of_its_expiry(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        states = []
        zk.add_listener(states.append)
        zk.create("/mine", b"", ephemeral=True)
        session = zk.client_id[0]
        wire.end_session(server.port, session)
        wait_until(lambda: KazooState.LOST in states, 15, "LOST")
        wait_until(lambda: zk.connected, 15, "a new session")
        check(zk.client_id[0] != session, "another session id")
        equal(zk.exists("/mine"), None)


@suite.case
def reattach_after_server_restart(suite_):
    """After a stop and after a kill -9: same session, ephemerals kept, all writes there."""
    server = suite_.server().start()
    with client(server, timeout=30.0) as zk:
        session = zk.client_id
        zk.create("/keep", b"1")
        zk.create("/eph", b"", ephemeral=True)
        for way in (server.stop, server.kill, server.kill):
            way()
            wait_until(lambda: not zk.connected, 10, "loss of the connection")
            server.start()
            wait_until(lambda: zk.connected, 20, "reconnect")
            equal(zk.client_id, session, "same session")
            equal(zk.retry(zk.get, "/keep")[0], b"1")
            equal(zk.get("/eph")[1].ephemeralOwner, session[0])
            zk.create("/eph-", b"", ephemeral=True, sequence=True)
        equal(len(zk.get_children("/")), 6)
    with client(server) as zk:
        equal(sorted(zk.get_children("/")), ["keep", "zookeeper"])


@suite.case
def a_closed_client_stays_closed(suite_):
    server = suite_.server().start()
    with client(server) as zk:
        session, passwd = zk.client_id
    back = wire.Conn(server.port)
    equal(back.connect(10000, session, passwd)["session"], 0)
    with client(server, client_id=(session, passwd)) as zk:
        check(zk.client_id[0] != session, "a new session instead")
        raises((NoNodeError, SessionExpiredError), zk.get, "/none")


if __name__ == "__main__":
    suite.main()
