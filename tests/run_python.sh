#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a test in Debian's python3. Modules are found beside the script and from the root of the repository, and only if
# the target names them in `srcs` or `data` (-P keeps out the folder that a symbolic link leads to).
export PYTHONPATH="$PWD:$PWD/$(dirname "$1")" PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -P "$@"
