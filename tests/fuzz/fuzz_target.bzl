# SPDX-License-Identifier: Apache-2.0
"""A fuzz target: one function, LLVMFuzzerTestOneInput, built twice."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

def fuzz_target(name, srcs, deps = []):
    """NAME is the libFuzzer binary (`./dev fuzz NAME`), NAME_replay a unit test that runs the kept inputs once.

    The inputs lie in corpus/NAME; an input that once crashed stays there for ever. The binary is `manual` because only
    clang can link it; the replay builds with every compiler.
    """
    cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = srcs,
        deps = deps,
        alwayslink = True,
    )
    cc_binary(
        name = name,
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["fuzz", "manual"],
        deps = [":" + name + "_lib"],
    )
    cc_test(
        name = name + "_replay",
        size = "small",
        srcs = ["replay.cc"],
        args = ["tests/fuzz/corpus/" + name],
        data = native.glob(["corpus/" + name + "/**"]),
        tags = ["unit"],
        deps = [
            ":" + name + "_lib",
            "@system//:gtest",
        ],
    )
