# SPDX-License-Identifier: Apache-2.0
"""The rules of STYLE.md that a machine can check, each a generator of Finding over one file or over the tree.

A rule sees files through Source only (path, text, and C++ text with comments and literals blanked), so that the
self-tests of tidy_test.py can plant a violation without touching the disk.
A line may carry `tidy-allow(rule): reason`; a reason is needed, and the reviewer reads it.
"""
import ast
import functools
import os
import re
from collections import namedtuple

Finding = namedtuple("Finding", "path line message")

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
LINE_WIDTH_MAX = 100
SCRIPT_WIDTH_MAX = 120

CPP = (".h", ".cc")
PRODUCT = ("jute", "common", "server", "client", "admin")
PURE = ("jute", "server/core", "server/storage", "client/core")

# Which folder may include (and, in BUILD, depend on) which; the longest prefix of a path decides. `x/.` is only what
# lies in x itself.
LAYERS = {
    "jute": ("jute",),
    "common": ("jute", "common"),
    "server/core/tree": ("jute", "common", "server/core/tree"),
    "server/core/session": ("jute", "common", "server/core/session"),
    "server/core/election": ("jute", "common", "server/core/election"),
    "server/core/zab": ("jute", "common", "server/core/zab"),
    "server/core/pipeline": ("jute", "common", "server/core/tree", "server/core/session",
                             "server/core/pipeline", "server/core/batch.h", "server/core:batch"),
    "server/core/shard": ("jute", "common", "server/core/tree", "server/core/pipeline", "server/core/session",
                          "server/core/shard", "server/core/."),
    "server/core": ("jute", "common", "server/core"),
    "server/storage": ("jute", "common", "server/core", "server/storage"),
    "server": ("jute", "common", "server"),
    "client/core": ("jute", "common", "client/core"),
    "client": ("jute", "common", "client"),
    "admin": ("jute", "common", "client", "server/core", "server/storage", "admin"),
    "tests/sim": ("jute", "common", "server/core", "server/storage", "client/core", "tests/sim"),
}

PURE_INCLUDES = {
    "thread": "loops belong to server/io", "mutex": "the core has no locks", "shared_mutex": "the core has no locks",
    "condition_variable": "the core has no threads", "future": "the core has no threads",
    "random": "common/random.h, seeded by the rim", "fstream": "server/storage/disk.h", "cstdio": "common/log.h",
    "iostream": "common/log.h", "filesystem": "server/storage/disk.h", "unistd.h": "the rim, server/io",
    "fcntl.h": "the rim, server/io", "time.h": "Instant, as an input", "ctime": "Instant, as an input",
    "glog/logging.h": "common/log.h", "gflags/gflags.h": "settings come in a struct",
}
PURE_INCLUDE_PREFIXES = {p: "the rim, server/io" for p in ("boost/asio", "sys/", "netinet/")}

PURE_NAMES = [
    (r"\b(?:steady|system|high_resolution)_clock\b", "a clock", "the Instant that came with the input"),
    (r"\bgetenv\b", "the environment", "settings in a struct"),
    (r"\bstd::(?:thread|jthread|mutex|shared_mutex|async)\b", "threads and locks", "the loops of server/io"),
    (r"\bthread_local\b", "thread_local", "a member"),
]
NAMES = [
    (r"\b(?:std::)?s?rand\s*\(", "rand", "common/random.h: a seed must be able to replay it"),
    (r"\brandom_device\b", "random_device", "common/random.h; only the rim may draw a seed"),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(", "unbounded C strings", "std::string or snprintf"),
    (r"\b(?:ato(?:i|l|ll|f)|strto(?:l|ll|ul|ull)|sto(?:i|l|ll|ul|ull))\s*\(", "a silent or throwing parser",
     "std::from_chars"),
    (r"\bthrow\b", "exceptions", "Status, Result or ErrorCode"),
    (r"\busing\s+namespace\b", "using namespace", "the full name, or using for one name"),
    (r"\bstd::endl\b", "std::endl, which flushes", "'\\n'"),
    (r"\bstd::regex\b", "std::regex, which recurses on its input", "a hand-written scan"),
    (r"\bvolatile\b", "volatile", "std::atomic"),
    (r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b", "sleeping", "a timer of the loop"),
]
SLEEP = r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|\btime\.sleep\s*\(|\bsleep\s*\(\d"

# Put together from pieces, so that this file does not break its own rule.
MACHINE = re.compile("|".join(["/" + "work/(?:main|shared)", r"\.\./" + "shared", r"/root/\.", "/" + r"home/\w",
                              "/tmp/" + r"w\b"]))
MARKER = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b(?!\(#\d+\))")
SPDX = "SPDX-License-" + "Identifier: Apache-2.0"
BLANKED = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)


class Source:
    """One file: where it is, its text, and what a rule likes to know about it."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        self.name = os.path.basename(path)
        self.stem, self.ext = os.path.splitext(self.name)
        self.is_cpp = self.ext in CPP
        self.is_build = self.name == "BUILD"
        self.in_product = path.split("/")[0] in PRODUCT
        self.in_tests = path.startswith("tests/")
        self.is_pure = any(path.startswith(p + "/") for p in PURE)

    @functools.cached_property
    def code(self):
        """The C++ text with comments and literals blanked; lines keep their numbers."""
        return BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m.group()) if m.group()[0] == "/" else
                           '""' + "\n" * m.group().count("\n"), self.text)

    def line_of(self, offset, text=None):
        return (text or self.code).count("\n", 0, offset) + 1

    def search(self, pattern, text):
        """Lines of `text` that match; most patterns match nowhere, so the whole is searched before its lines."""
        if re.search(pattern, text):
            for number, line in enumerate(text.split("\n"), 1):
                if re.search(pattern, line):
                    yield number

    def finding(self, line, message):
        return Finding(self.path, line, message)


def file_length(s):
    if len(s.lines) - 1 > FILE_LINES_MAX:
        yield s.finding(1, f"{len(s.lines) - 1} lines, at most {FILE_LINES_MAX}: split it by idea")


def line_length(s):
    width = LINE_WIDTH_MAX if s.is_cpp else SCRIPT_WIDTH_MAX
    for number, line in enumerate(s.lines, 1):
        if len(line) > width and not re.search(r"https?://\S+$", line):
            yield s.finding(number, f"{len(line)} columns, at most {width}")


TAIL_OF_FUNCTION = re.compile(r"(?:\)|\)\s*(?:const|override|final|noexcept|mutable|try|&|\s)+|->\s*[\w:<>,*&\s]+|\})$")


def functions(code):
    """(line of the head, lines) of every C++ function: a head with parentheses before `{`, outside any function."""
    depth, start, inside, parens = 0, 0, None, 0
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: "\n" * m.group().count("\n"), code, flags=re.M)
    for match in re.finditer(r"[{};()]", code):
        c, at = match.group(), match.start()
        if inside is not None:
            depth += (c == "{") - (c == "}")
            if c == "}" and depth == inside[0]:
                yield inside[1], code.count("\n", 0, at) + 2 - inside[1]
                inside, start = None, at + 1
            continue
        if c in "()":
            parens += 1 if c == "(" else -1
        elif c == ";" or c == "}":
            depth -= c == "}"
            start = at + 1 if parens == 0 else start
        elif c == "{":
            raw = code[start:at]
            head = raw.strip()
            if re.search(r"\)\s*(?:noexcept\s*)?:(?!:).*[\w>]$", head, re.S) and not re.search(
                    r"\b(?:const|override|noexcept|final)$", head):
                depth += 1  # a member's brace initialiser in a constructor's list: the head goes on behind it
                continue
            named = head.split("(")[0].replace("operator=", "")
            if parens == 0 and "(" in head and TAIL_OF_FUNCTION.search(head) and "=" not in named:
                inside = (depth, code.count("\n", 0, at - len(raw.lstrip())) + 1)
            depth += 1
            start = at + 1 if parens == 0 and not head.endswith("=") else start


def function_length(s):
    if s.is_cpp:
        for line, length in functions(s.code):
            if length > FUNCTION_LINES_MAX:
                yield s.finding(line, f"a function of {length} lines, at most {FUNCTION_LINES_MAX}: name its parts")
    elif s.ext == ".py":
        for node in ast.walk(ast.parse(s.text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX:
                yield s.finding(node.lineno, f"{node.name} has {node.end_lineno - node.lineno + 1} lines")


def layer_of(path):
    parts = path.split("/")
    for n in range(len(parts) - 1, 0, -1):
        if "/".join(parts[:n]) in LAYERS:
            return "/".join(parts[:n])
    return None


def permits(layer, target):
    folder = re.sub(r"[:/][^:/]*$", "", target)
    return any(folder == a[:-2] if a.endswith("/.") else (folder + "/").startswith(a + "/") or target == a
               for a in LAYERS[layer])


def include_layers(s):
    layer = layer_of(s.path)
    if not s.is_cpp or not layer:
        return
    for number, line in enumerate(s.lines, 1):
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if ours and not permits(layer, ours[1]):
            yield s.finding(number, f"{layer} may not include {ours[1]}; it may see: {', '.join(LAYERS[layer])}")
        if theirs and s.is_pure:
            name = theirs[1]
            instead = PURE_INCLUDES.get(name) or next(
                (why for p, why in PURE_INCLUDE_PREFIXES.items() if name.startswith(p)), None)
            if instead:
                yield s.finding(number, f"<{name}> is not for pure code; instead: {instead}")


def build_layers(s):
    layer = layer_of(s.path)
    if not s.is_build or not (layer or s.in_product):
        return
    for number, line in enumerate(s.lines, 1):
        label = re.search(r'"//([^"]+)"', line)
        if "visibility:public" in line:
            yield s.finding(number, "public visibility: name the packages that may use it")
        elif label and layer and not line.strip().endswith('__"],') and "visibility" not in line and not re.search(
                r":__(?:pkg|subpackages)__", line) and not permits(layer, label[1]):
            yield s.finding(number, f"{layer} may not depend on //{label[1]}")


def banned_names(s):
    if not s.is_cpp or not s.in_product:
        return
    for pattern, what, instead in NAMES + (PURE_NAMES if s.is_pure else []):
        for number in s.search(pattern, s.code):
            yield s.finding(number, f"{what}; instead: {instead}")


def header_comment(s):
    first = 1 if s.lines[0].startswith("#!") else 0
    if SPDX not in (s.lines + [""])[first]:
        yield s.finding(first + 1, f"the first line is `{SPDX}` in a comment")
    elif s.ext == ".h":
        prose = []
        for line in s.lines[first + 1:]:
            if not line.startswith("//"):
                break
            prose.append(line[2:].strip())
        if len(" ".join(prose)) < 60:
            yield s.finding(2, "a header opens with its purpose, place, thread rule, invariants and source")


def no_sleep_in_tests(s):
    if s.in_tests and not s.path.startswith("tests/tidy/") and (s.is_cpp or s.ext in (".py", ".sh")):
        for number in s.search(SLEEP, s.code if s.is_cpp else s.text):
            yield s.finding(number, "a test that sleeps is slow or flaky: virtual time, or wait for the condition")


def markers_name_an_issue(s):
    for number in s.search(MARKER, s.text):
        yield s.finding(number, "an open end names its issue, as in (#12), or is done now")


def no_machine_path(s):
    for number in s.search(MACHINE, s.text):
        yield s.finding(number, "the path of somebody's machine")


TRIVIAL_LINES = 5  # a getter is tested by its users
TESTED = ("jute/", "common/", "server/core/", "server/storage/")


def has_test_file(sources):
    """A file with a function worth the name has `<stem>_test.cc`; prep_multi.cc may lean on prep_test.cc."""
    tests = {s.stem[:-len("_test")] for s in sources if s.in_tests and s.stem.endswith("_test")}
    seen = set()
    for s in sources:
        base = s.path[:-len(s.ext)] if s.ext else s.path
        if not s.is_cpp or not s.path.startswith(TESTED) or base in seen or not any(
                length > TRIVIAL_LINES for _, length in functions(s.code)):
            continue
        seen.add(base)
        words = s.stem.split("_")
        if not any("_".join(words[:n]) in tests for n in range(1, len(words) + 1)):
            yield s.finding(1, f"no {s.stem}_test.cc under tests/, nor one named by its first words")


FILE_RULES = [file_length, line_length, function_length, include_layers, build_layers, banned_names, header_comment,
              no_sleep_in_tests, markers_name_an_issue, no_machine_path]
TREE_RULES = [has_test_file]


def check(sources):
    """{rule name: findings} over all sources, without those that a line allows with a reason."""
    found = {rule.__name__: [] for rule in FILE_RULES + TREE_RULES}
    by_path = {s.path: s for s in sources}
    for rule in TREE_RULES:
        found[rule.__name__] += rule(sources)
    for s in sources:
        for rule in FILE_RULES:
            for f in rule(s):
                if f"tidy-allow({rule.__name__}): " not in by_path[f.path].lines[f.line - 1]:
                    found[rule.__name__].append(f)
    return found
