# SPDX-License-Identifier: Apache-2.0
"""py_test for Debian: the one of Bazel 4.2 starts `python`, which Debian 12 does not have."""

def py_test(name, srcs, main = None, data = [], args = [], **kwargs):
    """Runs `main` (NAME.py if not given) of srcs; the other srcs are modules it imports."""
    main = main or name + ".py"
    native.sh_test(
        name = name,
        srcs = ["//tests:run_python.sh"],
        args = ["$(rootpath %s)" % main] + args,
        data = srcs + data,
        **kwargs
    )
