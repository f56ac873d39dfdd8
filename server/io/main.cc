// SPDX-License-Identifier: Apache-2.0
//
// zkserver: a ZooKeeper server.
//
//   zkserver [flags] [-Dkey=value ...] [zoo.cfg]
//
// Without a file it runs with an embedded default configuration (port 2181, data under ./data).
// Exit codes: 0 a clean stop (SIGTERM, SIGINT), 2 usage or configuration, 3 data directory, 1 any
// other trouble. Log lines go to stderr.
#include <gflags/gflags.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "server/core/shard/four_letter.h"
#include "server/io/command_line.h"
#include "server/io/data_folders.h"
#include "server/io/log_prefix.h"
#include "server/io/posix_disk.h"
#include "server/io/process_info.h"
#include "server/io/runtime.h"

DEFINE_int32(client_port, -1, "client port, beats the file's; 0 takes a free one");
DEFINE_string(data_dir, "", "folder of snapshots and logs, beats the file's dataDir");
DEFINE_int32(loops, 0, "event loops: 1 = one for all, 0 = by the number of cores");

namespace {

enum ExitCode { kClean = 0, kOther = 1, kBadConfig = 2, kBadDataDir = 3 };

int Fail(ExitCode code, const char* summary, const std::string& reason) {
  LOG(ERROR) << reason;
  std::fprintf(stderr, "%s\n", summary);
  return code;
}

// Handled by waiting in the main thread; every thread made later inherits the mask. Until then,
// while a long log is read, a signal ends the process as it ends any.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

void ApplyFlags(zk::io::CommandLine& line) {
  auto& overrides = line.inputs.overrides;
  if (FLAGS_client_port >= 0) {
    overrides.emplace_back("clientPort", std::to_string(FLAGS_client_port));
  }
  if (!FLAGS_data_dir.empty()) overrides.emplace_back("dataDir", FLAGS_data_dir);
}

void SayHowToTalk(int port) {
  std::printf("Serval is ready on port %d.\n", port);
  std::printf("Talk to it: zkCli.sh -server localhost:%d\n", port);
  std::printf("Look at it: echo srvr | nc localhost %d\n", port);
  std::fflush(stdout);
}

// Recovery, in folders that are nobody else's.
zk::Status OpenData(zk::io::DataFolders& folders, zk::io::Runtime& runtime) {
  if (zk::Status status = folders.Claim(); !status.ok()) return status;
  if (zk::Status status = runtime.Open(); !status.ok()) return status;
  return folders.Claim();  // those that were made just now
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  zk::io::CommandLine line = zk::io::SplitArguments(argc, argv);
  std::vector<char*> rest;
  for (std::string& argument : line.rest) rest.push_back(argument.data());
  int rest_count = static_cast<int>(rest.size());
  char** rest_data = rest.data();
  gflags::SetUsageMessage("[flags] [-Dkey=value ...] [zoo.cfg]");
  gflags::SetVersionString(std::string(zk::kServerVersion));
  gflags::ParseCommandLineFlags(&rest_count, &rest_data, true);
  zk::io::StartLogging(argv[0]);
  if (rest_count > 2) {
    return Fail(kBadConfig, "Invalid arguments, exiting abnormally",
                "Usage: zkserver [flags] [-Dkey=value ...] [zoo.cfg]");
  }
  if (rest_count == 2) line.config_file = rest_data[1];
  ApplyFlags(line);

  std::vector<std::string> warnings;
  zk::Result<zk::ServerConfig> config = zk::io::LoadConfig(line, &warnings);
  LOG(INFO) << "Server environment: zookeeper.version=" << zk::kServerVersion;
  if (!line.config_file.empty()) LOG(INFO) << "Reading configuration from: " << line.config_file;
  for (const std::string& warning : warnings) LOG(WARNING) << warning;
  if (!config.ok()) {
    return Fail(kBadConfig, "Invalid config, exiting abnormally", config.status().message());
  }
  if (FLAGS_loops > 0) config->loops = FLAGS_loops;
  if (const zk::Status status = zk::io::LoadMyId(*config); !status.ok()) {
    return Fail(kBadConfig, "Invalid config, exiting abnormally", status.message());
  }
  if (config->my_id > 0) zk::io::SetLoggedId(std::to_string(config->my_id));
  zk::io::RaiseDescriptorLimit();

  zk::io::PosixDisk disk;
  zk::io::DataFolders folders(*config);
  zk::io::Runtime runtime(std::move(*config), disk);
  if (const zk::Status status = OpenData(folders, runtime); !status.ok()) {
    if (status.code() == zk::StatusCode::kInvalid) {
      return Fail(kBadDataDir, "Unable to access datadir, exiting abnormally", status.message());
    }
    return Fail(kOther, "Unexpected exception, exiting abnormally", status.message());
  }
  const sigset_t signals = BlockSignals();
  if (const zk::Status status = runtime.Start(); !status.ok()) {
    return Fail(kOther, "Unexpected exception, exiting abnormally", status.message());
  }
  if (line.config_file.empty()) SayHowToTalk(runtime.client_port());

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  LOG(INFO) << "Signal " << signal_number << ": stopping";
  runtime.Stop();
  LOG(INFO) << "Stopped";
  return kClean;
}
