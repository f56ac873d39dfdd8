// SPDX-License-Identifier: Apache-2.0
//
// Syntax of the names that ACL ids of the schemes sasl and x509 hold.
//
// Place: part of acl.cc's validation. Threads: pure functions.
// Source: client-server protocol, "ACLs"; verdicts compared with those of Java 3.8.0.
#pragma once

#include <string_view>

namespace zk {

// Any text without '@' and, with one, `[name][/host]@[realm]`.
bool IsKerberosName(std::string_view name);

// An X.500 name as of RFC 2253 and its predecessors, with the attribute types Java knows; the empty
// name is one.
bool IsDistinguishedName(std::string_view name);

}  // namespace zk
