// SPDX-License-Identifier: Apache-2.0
//
// What a znode costs in bytes, and an operation on the tree in nanoseconds.
//
// Usage: tree_bench [nodes [data_bytes]]; the default is a million nodes of 100 bytes at paths of
// four levels. It prints figures and judges nothing. Build it with --config=opt.
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "common/acl.h"
#include "common/random.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/database.h"
#include "server/core/tree/snapshot_view.h"

namespace {

using zk::Zxid;

constexpr size_t kLeavesPerDirectory = 100;
constexpr size_t kDirectoriesPerLevel = 100;

double ResidentMb() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

class Stopwatch {
 public:
  double Ns() const {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Report(const char* what, double ns, size_t operations) {
  std::printf("%-32s %10.0f ns/op\n", what, ns / static_cast<double>(operations));
}

std::string Number(const char* format, size_t value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// Directories first, then leaves like /services/application-0042/region-0017/instance-0000000093.
struct Paths {
  std::vector<std::string> directories{"/services"};
  std::vector<std::string> leaves;

  explicit Paths(size_t nodes) {
    for (size_t app = 0; leaves.size() + directories.size() < nodes; ++app) {
      const std::string top = "/services" + Number("/application-%04zu", app);
      directories.push_back(top);
      for (size_t d = 0; d < kDirectoriesPerLevel && leaves.size() + directories.size() < nodes;
           ++d) {
        const std::string directory = top + Number("/region-%04zu", d);
        directories.push_back(directory);
        for (size_t l = 0; l < kLeavesPerDirectory; ++l) {
          leaves.push_back(directory + Number("/instance-%07zu", l));
        }
      }
    }
  }
};

class Bench {
 public:
  Bench(size_t nodes, size_t data_bytes) : paths_(nodes), data_(data_bytes, 'x') {}

  void Run() {
    const double before = ResidentMb();
    db_ = std::make_unique<zk::Database>();
    Creates();
    const double after = ResidentMb();
    std::printf("%-32s %10.1f MB, %.0f bytes/node\n", "resident", after - before,
                (after - before) * 1e6 / static_cast<double>(db_->tree.node_count()));
    Shuffle();
    Lookups();
    Sets("set data, random");
    Walks();
    Snapshot();
    SnapshotWithWrites();
    Deletes();
  }

 private:
  zk::CreateArgs Args(const std::string& path) {
    zk::CreateArgs args;
    args.path = path;
    args.data = data_;
    args.acl = zk::OpenAcl();
    args.zxid = Zxid(++db_->last_processed.value);
    args.time_ms = 1'700'000'000'000;
    return args;
  }
  void Creates() {
    for (const std::string& path : paths_.directories) db_->tree.Create(Args(path));
    const Stopwatch all;
    double worst = 0;
    for (const std::string& path : paths_.leaves) {
      const Stopwatch one;
      db_->tree.Create(Args(path));
      worst = std::max(worst, one.Ns());
    }
    Report("create", all.Ns(), paths_.leaves.size());
    std::printf("%-32s %10.0f us\n", "create, worst", worst / 1000);
  }
  void Shuffle() {
    zk::Random random(1);
    for (size_t i = paths_.leaves.size(); i > 1; --i) {
      std::swap(paths_.leaves[i - 1], paths_.leaves[random.Uniform(i)]);
    }
    // Contiguous again, so that the lookups measure the tree and not the reading of their keys; and
    // what that freed is given back now, not in the middle of a measurement.
    paths_.leaves = std::vector<std::string>(paths_.leaves.begin(), paths_.leaves.end());
    malloc_trim(0);
  }
  void Lookups() {
    int64_t sum = 0;
    const Stopwatch watch;
    for (const std::string& path : paths_.leaves) sum += db_->tree.Find(path)->stat().czxid;
    Report("find, random", watch.Ns(), paths_.leaves.size());
    if (sum == 0) std::printf("nothing found\n");
  }
  void Sets(const char* what) {
    const Stopwatch watch;
    for (const std::string& path : paths_.leaves) {
      db_->tree.SetData(path, data_, 1, Zxid(++db_->last_processed.value), 1'700'000'000'001);
    }
    Report(what, watch.Ns(), paths_.leaves.size());
  }
  void Walks() {
    const Stopwatch watch;
    const size_t count = db_->tree.AllChildrenNumber(*db_->tree.Find("/services"));
    Report("count descendants, per node", watch.Ns(), count);
  }
  void Drain(zk::SnapshotView& view, const char* what) {
    double worst = 0;
    size_t nodes = 0;
    std::vector<zk::SnapshotNode> out;
    const Stopwatch all;
    for (bool more = true; more;) {
      out.clear();
      const Stopwatch one;
      more = view.Next(256, out);
      worst = std::max(worst, one.Ns());
      nodes += out.size();
    }
    Report(what, all.Ns(), nodes);
    std::printf("%-32s %10.0f us\n", "  worst section", worst / 1000);
  }
  void Snapshot() {
    zk::SnapshotView view(*db_);
    Drain(view, "snapshot, per node");
  }
  void SnapshotWithWrites() {
    zk::SnapshotView view(*db_);
    Sets("set data, random, with a view");
    std::printf("%-32s %10.1f MB\n", "kept by the view",
                static_cast<double>(view.kept_bytes()) / 1e6);
    Drain(view, "snapshot of what has changed");
  }
  void Deletes() {
    const Stopwatch watch;
    for (const std::string& path : paths_.leaves) {
      db_->tree.Delete(path, Zxid(++db_->last_processed.value));
    }
    Report("delete, random", watch.Ns(), paths_.leaves.size());
  }

  Paths paths_;
  std::string data_;
  std::unique_ptr<zk::Database> db_;
};

size_t Argument(int argc, char** argv, int index, size_t otherwise) {
  size_t value = otherwise;
  if (index < argc) std::from_chars(argv[index], argv[index] + std::strlen(argv[index]), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  Bench(Argument(argc, argv, 1, 1'000'000), Argument(argc, argv, 2, 100)).Run();
  return 0;
}
