// SPDX-License-Identifier: Apache-2.0
//
// Znode paths as UTF-8 bytes: validity, parent, last component, sequence suffix.
//
// Place: prep, reads, the tree and the client core. Threads: pure functions.
// Invariant: a path that IsValidPath() accepts is also valid UTF-8, so equal bytes are equal paths.
// Source: client-server protocol, "Path validation" (Java class PathUtils), "Sequential names".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zk {

// True for what Java's servers accept: "/" or '/'-led non-empty components other than "." and "..",
// without control characters, surrogates, private use and U+FFF0..U+FFFF. Bytes that are no UTF-8
// are refused, because Java reads them as U+FFFD.
bool IsValidPath(std::string_view path);

// What create demands before it looks at the parent: a '/' somewhere and no NUL.
bool HasSlashAndNoNul(std::string_view path);

// Text before the last '/', or "/" when that is empty; "" when there is no '/'. A view into `path`.
// The root is its own parent. `path` need not be valid.
std::string_view ParentOf(std::string_view path);

// Text behind the last '/', all of it when there is none. A view into `path`.
std::string_view NameOf(std::string_view path);

// What a sequential create appends: the counter in ten digits, zero-padded; a negative one has its
// sign in the ten columns, as in Java.
std::string SequenceSuffix(int32_t counter);

}  // namespace zk
