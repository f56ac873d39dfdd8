// SPDX-License-Identifier: Apache-2.0
//
// Logging: the one header through which glog is reached.
//
// Place: everywhere but jute and server/core/tree. Threads: glog's own.
// Rules: INFO only for a change of state; VLOG(1) per packet; never a password, a session password
// or data. The rim sets the prefix to the form people's alerts read (operations: "Log line").
#pragma once

#include <glog/logging.h>
