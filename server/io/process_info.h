// SPDX-License-Identifier: Apache-2.0
//
// What only the process and the machine know, for four-letter words and metrics.
//
// Place: the rim; FillEnv() gives EnvReport what the pure formatter shows. Threads: any; reads
// /proc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/server_config.h"
#include "server/core/shard/four_letter.h"

namespace zk::io {

// Host, operating system, user: asked once.
void FillEnvOnce(EnvReport& env);
// Descriptors, memory and directory sizes; only what `word` shows, because a directory may be
// large.
void FillEnvFor(std::string_view word, const ServerConfig& config, EnvReport& env);
// Bytes of the files in a folder, one level deep; 0 if it cannot be read.
int64_t DirectoryBytes(const std::string& dir);
// Lets the process open as many descriptors as the system allows.
void RaiseDescriptorLimit();

}  // namespace zk::io
