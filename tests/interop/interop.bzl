# SPDX-License-Identifier: Apache-2.0
"""One interop test program, against our server and, by hand, against Debian's Java server."""

load("//tests:py_test.bzl", "py_test")

def interop_test(name, modules, timeout = "moderate", tags = ["interop", "exclusive"]):
    """NAME runs NAME.py against //server:zkserver; NAME_java against Java (`manual`): it proves the expectations."""
    common = dict(
        srcs = [name + ".py"] + modules,
        main = name + ".py",
        timeout = timeout,
    )
    py_test(
        name = name,
        data = ["//server:zkserver", "//tests/golden"],
        args = ["--server", "ours", "--binary", "$(rootpath //server:zkserver)"],
        tags = tags,
        **common
    )
    py_test(
        name = name + "_java",
        data = ["//tests/golden"],
        args = ["--server", "java"],
        tags = ["manual", "exclusive"],
        **common
    )
