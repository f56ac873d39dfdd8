#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the whole tree against the rules of STYLE.md: each rule is a test case, and each rule is shown to bite.

    ./dev tidy                    prints what is wrong, with file and line
    tests/tidy/tidy_test.py --xml FILE    also writes the cases as JUnit XML

tests/tidy/ratchet.txt lists old sins as `rule path`. It may only shrink: an entry that no longer applies fails, and so
does a list longer than RATCHET_MAX.
"""
import argparse
import os
import subprocess
import sys
from xml.sax.saxutils import quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import rules  # noqa: E402  (found through the line above when run from anywhere)

ROOT = os.path.dirname(os.path.dirname(HERE))
RATCHET = os.path.join(HERE, "ratchet.txt")
RATCHET_MAX = 0
TEXT = (".h", ".cc", ".py", ".sh", ".bzl")
NAMED = ("BUILD", "WORKSPACE", "dev", "run", ".bazelrc")
PROSE = (".md", ".txt")
SKIPPED = ("tests/golden/", "tests/fuzz/corpus/", "third_party/system/")

S = rules.SPDX
HEAD = f"// {S}\n//\n// A header that says at some length what it is for, and where it stands.\n"
LONG = "void F(int a)\n    const noexcept {\n" + "  G();\n" * 70 + "}\n"
# (rule, path, text, number of findings): what must be found, and beside it what must not.
PLANTED = [
    ("file_length", "common/a.cc", "int a;\n" * 801, 1),
    ("file_length", "common/a.cc", "int a;\n" * 800, 0),
    ("line_length", "common/a.cc", "x" * 101, 1),
    ("line_length", "common/a.cc", "x" * 100, 0),
    ("line_length", "tests/a.py", "x" * 121, 1),
    ("function_length", "common/a.cc", LONG, 1),
    ("function_length", "common/a.cc", "namespace a {\nclass C : public B {\n" + LONG + "};\n}\n", 1),
    ("function_length", "common/a.cc", "C::C(int a)\n    : a_{a}, b_(2) {\n" + "  G();\n" * 70 + "}\n", 1),
    ("function_length", "common/a.cc", "auto F() -> Map<int, X> {\n" + "  G();\n" * 70 + "}\n", 1),
    ("function_length", "common/a.cc", "TEST(A, B) {\n" + "  if (x) { G('{', \"{\"); }\n" * 70 + "}\nvoid H() {}\n", 1),
    ("function_length", "common/a.cc", "class C {\n" + "  void F() { G(); }\n" * 90 + "};\n", 0),
    ("function_length", "common/a.cc", "const Row kRows[] = {\n" + "  {1, F(2)},\n" * 90 + "};\n", 0),
    ("function_length", "common/a.cc", "R\"(\nvoid F() {\n)\" ;\n" + "void G() {}\n" * 90, 0),
    ("function_length", "tests/a.py", "def f():\n" + "    g()\n" * 70, 1),
    ("include_layers", "jute/a.h", '#include "common/b.h"\n', 1),
    ("include_layers", "server/core/tree/a.h", '#include "server/core/pipeline/b.h"\n', 1),
    ("include_layers", "server/core/shard/a.cc", '#include "server/core/zab/b.h"\n', 1),
    ("include_layers", "server/core/shard/a.cc", '#include "server/core/batch.h"\n', 0),
    ("include_layers", "server/core/replica.cc", '#include "server/core/zab/b.h"\n', 0),
    ("include_layers", "tests/sim/world.h", '#include "server/io/b.h"\n', 1),
    ("include_layers", "admin/a.cc", '#include "server/io/b.h"\n', 1),
    ("include_layers", "server/core/a.cc", "#include <thread>\n#include <boost/asio/post.hpp>\n#include <vector>\n", 2),
    ("include_layers", "server/io/a.cc", "#include <thread>\n", 0),
    ("build_layers", "common/BUILD", 'deps = ["//server/core:replica"]\n', 1),
    ("build_layers", "server/core/BUILD", 'visibility = ["//visibility:public"]\n', 1),
    ("build_layers", "server/core/BUILD", 'visibility = ["//server/io:__pkg__"]\ndeps = ["//common:status"]\n', 0),
    ("banned_names", "server/io/a.cc", "int x = rand();\n", 1),
    ("banned_names", "server/core/a.cc", "auto t = std::chrono::steady_clock::now();\n", 1),
    ("banned_names", "server/io/a.cc", "auto t = std::chrono::steady_clock::now();\n", 0),
    ("banned_names", "server/core/a.cc", "// rand() is banned\nstatic_assert(operand(1));\n", 0),
    ("header_comment", "common/a.h", "#pragma once\n", 1),
    ("header_comment", "common/a.h", f"// {S}\n#pragma once\n", 1),
    ("header_comment", "common/a.h", HEAD, 0),
    ("header_comment", "common/BUILD", "x\n", 1),
    ("no_sleep_in_tests", "tests/a_test.cc", "std::this_thread::sleep_for(1s);\n", 1),
    ("no_sleep_in_tests", "tests/a.py", "time.sleep(1)\n", 1),
    ("no_sleep_in_tests", "tests/a.py", "time.sleep(1)  # tidy-allow(no_sleep_in_tests): the one poll\n", 0),
    ("markers_name_an_issue", "common/a.cc", "// TO" + "DO: later\n", 1),
    ("markers_name_an_issue", "common/a.cc", "// TO" + "DO(#12): later\n", 0),
    ("no_machine_path", "docs/a.md", "see /" + "root/.notes\n", 1),
    ("no_machine_path", "tests/a.py", "create('/" + "root/child')\n", 0),
    ("has_test_file", "common/a.cc", "int F() {\n  G();\n  G();\n  G();\n  G();\n  return 1;\n}\n", 1),
    ("has_test_file", "common/a.cc", "int F() { return 1; }\n", 0),
    ("has_test_file", "common/a.h", "struct A {\n  int F();\n};\n", 0),
    ("has_test_file", "server/io/a.cc", "int F() {\n  G();\n  G();\n  G();\n  G();\n  return 1;\n}\n", 0),
]


def read_tree():
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "-c", "-o", "--exclude-standard"],
                                capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive
        listed = [os.path.relpath(os.path.join(d, f), ROOT) for d, _, names in os.walk(ROOT) for f in names
                  if "/." not in d and "/bazel-" not in d]
    sources, prose = [], []
    for path in sorted(set(filter(None, listed))):
        name, ext = os.path.basename(path), os.path.splitext(path)[1]
        full = os.path.join(ROOT, path)
        if path.startswith(SKIPPED) or not os.path.isfile(full) or os.path.getsize(full) == 0:
            continue
        if ext in TEXT + PROSE or name in NAMED:
            with open(full, encoding="utf-8") as file:
                (prose if ext in PROSE else sources).append(rules.Source(path, file.read()))
    return sources, prose


def self_test():
    """A rule that finds nothing where something was planted is no rule."""
    names = {rule.__name__ for rule in rules.FILE_RULES + rules.TREE_RULES}
    untested = names - {rule for rule, _, _, count in PLANTED if count}
    yield "every_rule_is_shown_to_bite", [f"nothing is planted for {name}" for name in sorted(untested)]
    for rule in sorted(names):
        wrong = []
        for planted, path, text, count in PLANTED:
            if planted == rule:
                got = rules.check([rules.Source(path, text)])[rule]
                if len(got) != count:
                    wrong.append(f"{path}: {text[:60]!r} gave {len(got)} findings, not {count}")
        yield f"self_test_{rule}", wrong


def ratchet(found):
    """Takes the listed sins out of `found`; says which entries are stale and whether the list grew."""
    with open(RATCHET, encoding="utf-8") as file:
        entries = [line.split() for line in file if line.strip() and not line.startswith("#")]
    wrong = [f"{len(entries)} entries, at most {RATCHET_MAX}"] if len(entries) > RATCHET_MAX else []
    for rule, path in entries:
        left = [f for f in found.get(rule, []) if f.path != path]
        if len(left) == len(found.get(rule, [])):
            wrong.append(f"`{rule} {path}` no longer applies: take it out, and lower RATCHET_MAX")
        found[rule] = left
    return wrong


def write_xml(path, cases):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<testsuites><testsuite name="tidy" tests="{len(cases)}">\n')
        for name, wrong in cases:
            file.write(f"<testcase classname=\"tidy\" name={quoteattr(name)}>")
            if wrong:
                file.write(f"<failure message={quoteattr(wrong[0])}/>")
            file.write("</testcase>\n")
        file.write("</testsuite></testsuites>\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--xml", help="where to write the cases as JUnit XML")
    args = parser.parse_args()
    sources, prose = read_tree()
    found = rules.check(sources)
    found["no_machine_path"] += [f for s in prose for f in rules.no_machine_path(s)]
    stale = ratchet(found)
    cases = list(self_test()) + [("ratchet_only_shrinks", stale)]
    cases += [(rule, [f"{f.path}:{f.line}: {f.message}" for f in hits]) for rule, hits in found.items()]
    for name, wrong in cases:
        for message in wrong:
            print(f"{name}: {message}")
    if args.xml:
        write_xml(args.xml, cases)
    failed = sum(1 for _, wrong in cases if wrong)
    print(f"tidy: {len(sources) + len(prose)} files, {len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
