# SPDX-License-Identifier: Apache-2.0
"""What a server holds, seen from outside, and what its files hold, read by hand."""

import json
import os
import re
import shutil
import struct
import zlib

import wire
from harness import GOLDEN, SUPER_AUTH, check, equal, four_letter

STANDALONE = os.path.join(GOLDEN, "standalone")


def describe(server):
    """zxid, ids of living sessions and all nodes (Stat and unmasked ACL) of a running server."""
    summary = four_letter(server.port, "srvr").decode()
    zxid = int(re.search(r"^Zxid: 0x([0-9a-f]+)$", summary, re.MULTILINE).group(1), 16)
    sessions = four_letter(server.port, "dump").decode().split("ephemeral nodes dump")[0]
    conn = wire.open_session(server.port, 10000)
    equal(conn.auth("digest", SUPER_AUTH)["err"], 0, "super user")
    tree = wire.read_tree(conn)
    conn.close()
    return {"zxid": zxid, "nodes": tree,
            "sessions": sorted(int(s, 16) for s in re.findall(r"\t0x([0-9a-f]+)", sessions))}


def golden(name):
    with open(os.path.join(STANDALONE, name)) as text:
        return json.load(text)


def assemble(server, names):
    """Gives the server golden files as its data directory."""
    os.makedirs(server.version2())
    for name in names:
        shutil.copy(os.path.join(STANDALONE, name), server.version2(name))


def check_same(got, wanted, ignore=()):
    """AssertionError that names the nodes that differ."""
    mine, theirs = got["nodes"], wanted["nodes"]
    different = ["%s:\n  got    %s\n  wanted %s" % (path, mine.get(path), theirs.get(path))
                 for path in sorted(set(mine) | set(theirs))
                 if path not in ignore and mine.get(path) != theirs.get(path)]
    check(not different, "%d nodes differ\n%s" % (len(different), "\n".join(different[:10])))
    for key in ("zxid", "sessions"):
        equal(got[key], wanted[key], key)


def digest_mismatches(server):
    """Java's count of transactions after which its tree digest was not the one in the log."""
    text = four_letter(server.port, "mntr").decode()
    return int(re.search(r"zk_digest_mismatches_count\s+(\d+)", text).group(1))


def log_records(path):
    """(offset, zxid, length of the whole record) of each good record of a log file, in order."""
    with open(path, "rb") as log:
        data = log.read()
    equal(data[:8], b"ZKLG" + wire.i32(2), "magic and version of " + path)
    records, position = [], 16
    while position + 12 <= len(data):
        checksum, length = struct.unpack_from(">qi", data, position)
        end = position + 12 + length + 1
        if length <= 0 or end > len(data) or data[end - 1] != 0x42:
            break
        payload = data[position + 12:end - 1]
        if zlib.adler32(payload) != checksum:
            break
        records.append((position, struct.unpack_from(">q", payload, 12)[0], end - position))
        position = end
    return records


def newest(server, prefix):
    """The path of the newest log. or snapshot. file."""
    names = [n for n in os.listdir(server.version2()) if n.startswith(prefix + ".")
             and re.fullmatch(r"[0-9a-f]+(\.gz|\.snappy)?", n.split(".", 1)[1])]
    check(names, "no %s file in %s" % (prefix, os.listdir(server.version2())))
    return server.version2(max(names, key=lambda n: int(n.split(".")[1], 16)))
