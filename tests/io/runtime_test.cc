// SPDX-License-Identifier: Apache-2.0
// A whole server in this process over loopback, on one loop and on three.
#include "server/io/runtime.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/error_code.h"
#include "common/mutex.h"
#include "server/io/disk_queue.h"
#include "server/io/posix_disk.h"
#include "tests/io/raw_client.h"

namespace zk::io {
namespace {

ServerConfig ConfigFor(const std::string& dir, int loops) {
  ServerConfig config;
  config.data_dir = config.data_log_dir = dir;
  config.client_port = 0;
  config.client_port_address = "127.0.0.1";
  config.tick_time_ms = 200;
  config.min_session_timeout_ms = 400;
  config.max_session_timeout_ms = 60'000;
  config.loops = loops;
  config.limits.preallocate_bytes = 64 << 10;
  config.four_letter_whitelist = {"*"};
  return config;
}

// The real disk, whose syncs hang while somebody wants them to.
class HangingDisk final : public storage::Disk {
 public:
  Result<std::unique_ptr<storage::File>> Open(const std::string& path,
                                              storage::OpenMode mode) override {
    auto file = posix_.Open(path, mode);
    if (!file.ok() || path.find("/log.") == std::string::npos) return file;
    return std::unique_ptr<storage::File>(std::make_unique<Log>(*this, std::move(*file)));
  }
  Result<std::vector<std::string>> List(const std::string& dir) override {
    return posix_.List(dir);
  }
  Status MakeDirs(const std::string& dir) override { return posix_.MakeDirs(dir); }
  Status Rename(const std::string& from, const std::string& to) override {
    return posix_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return posix_.Remove(path); }
  Status SyncDir(const std::string& dir) override { return posix_.SyncDir(dir); }
  bool Exists(const std::string& path) override { return posix_.Exists(path); }

  void Hang() { SetHanging(true); }
  void Release() { SetHanging(false); }
  void WaitUntilSomebodyHangs() {
    MutexLock lock(mutex_);
    while (waiting_ == 0) condition_.Wait(mutex_);
  }

 private:
  class Log final : public storage::File {
   public:
    Log(HangingDisk& disk, std::unique_ptr<storage::File> file)
        : disk_(disk), file_(std::move(file)) {}
    Status Read(uint64_t offset, size_t size, std::string& out) override {
      return file_->Read(offset, size, out);
    }
    Status Write(uint64_t offset, std::string_view bytes) override {
      return file_->Write(offset, bytes);
    }
    Status Sync() override {
      disk_.Pass();
      return file_->Sync();
    }
    Status Truncate(uint64_t size) override { return file_->Truncate(size); }
    Result<uint64_t> Size() override { return file_->Size(); }

   private:
    HangingDisk& disk_;
    std::unique_ptr<storage::File> file_;
  };

  void Pass() {
    MutexLock lock(mutex_);
    ++waiting_;
    condition_.NotifyAll();
    while (hanging_) condition_.Wait(mutex_);
    --waiting_;
  }
  void SetHanging(bool hanging) {
    MutexLock lock(mutex_);
    hanging_ = hanging;
    condition_.NotifyAll();
  }

  PosixDisk posix_;
  Mutex mutex_;
  CondVar condition_;
  bool hanging_ ZK_GUARDED_BY(mutex_) = false;
  int waiting_ ZK_GUARDED_BY(mutex_) = 0;
};

class RuntimeTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "runtime_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    config_ = ConfigFor(pattern, GetParam());
  }
  void Start() {
    runtime_ = std::make_unique<Runtime>(config_, disk_);
    const Status opened = runtime_->Open();
    ASSERT_TRUE(opened.ok()) << opened.message();
    const Status started = runtime_->Start();
    ASSERT_TRUE(started.ok()) << started.message();
    ASSERT_EQ(runtime_->loops(), static_cast<size_t>(GetParam()));
  }
  int port() const { return runtime_->client_port(); }
  std::string AskWord(std::string_view word) {
    RawClient client(port());
    client.Send(word);
    client.ShutdownSending();
    return client.ReceiveAll();
  }

  ServerConfig config_;
  HangingDisk disk_;
  std::unique_ptr<Runtime> runtime_;
};

std::string DataOf(const RawReply& reply) {
  proto::GetDataResponse response;
  return jute::Decode(reply.body, response) ? std::string(response.data.bytes()) : "(no data)";
}

TEST_P(RuntimeTest, WritesAreSeenByOthersAndSurviveARestart) {
  Start();
  {
    RawClient writer(port());
    RawClient reader(port());
    ASSERT_TRUE(writer.Connect(60'000));
    ASSERT_TRUE(reader.Connect(60'000));
    EXPECT_EQ(writer.Create("/a", "one").error, 0);
    const RawReply read = reader.Call(OpCode::kGetData, proto::GetDataRequest{"/a", false});
    EXPECT_EQ(DataOf(read), "one");
  }
  runtime_->Stop();
  Start();
  RawClient again(port());
  ASSERT_TRUE(again.Connect(60'000));
  EXPECT_EQ(DataOf(again.Call(OpCode::kGetData, proto::GetDataRequest{"/a", false})), "one");
}

TEST_P(RuntimeTest, AnEventComesBeforeTheReplyThatShowsTheChange) {
  Start();
  RawClient writer(port());
  ASSERT_TRUE(writer.Connect(60'000));
  ASSERT_EQ(writer.Create("/w", "0").error, 0);
  std::vector<std::unique_ptr<RawClient>> watchers;
  for (int i = 0; i < 6; ++i) {  // on every shard
    watchers.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(watchers.back()->Connect(60'000));
  }
  for (int round = 1; round <= 20; ++round) {
    const std::string before = std::to_string(round - 1);
    const std::string now = std::to_string(round);
    for (auto& watcher : watchers) {
      const RawReply reply = watcher->Call(OpCode::kGetData, proto::GetDataRequest{"/w", true});
      ASSERT_EQ(DataOf(reply), before);
    }
    ASSERT_EQ(writer.Call(OpCode::kSetData, proto::SetDataRequest{"/w", now, -1}).error, 0);
    for (auto& watcher : watchers) {
      watcher->Ask(OpCode::kGetData, proto::GetDataRequest{"/w", false});
      const RawReply event = watcher->Receive();
      ASSERT_EQ(event.xid, -1) << "the new data was shown before the event";
      ASSERT_EQ(DataOf(watcher->Receive()), now);
    }
  }
}

TEST_P(RuntimeTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client(port());
  ASSERT_TRUE(client.Connect(60'000));
  ASSERT_EQ(client.Create("/p", "").error, 0);
  std::vector<int32_t> asked;
  for (int i = 0; i < 300; ++i) {
    const std::string data = std::to_string(i);
    asked.push_back(client.Ask(OpCode::kSetData, proto::SetDataRequest{"/p", data, i}));
    asked.push_back(client.Ask(OpCode::kGetData, proto::GetDataRequest{"/p", false}));
  }
  int64_t last_zxid = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    const RawReply reply = client.Receive();
    ASSERT_EQ(reply.xid, asked[i]);
    ASSERT_EQ(reply.error, 0);
    ASSERT_GE(reply.zxid, last_zxid);
    last_zxid = reply.zxid;
    if (i % 2 == 1) {
      ASSERT_EQ(DataOf(reply), std::to_string(i / 2));
    }
  }
}

TEST_P(RuntimeTest, ASilentSessionExpiresAndItsEphemeralsGo) {
  Start();
  RawClient watcher(port());
  ASSERT_TRUE(watcher.Connect(60'000));
  RawClient silent(port());
  ASSERT_TRUE(silent.Connect(400));
  ASSERT_EQ(silent.Create("/e", "", 1).error, 0);
  const RawReply seen = watcher.Call(OpCode::kExists, proto::ExistsRequest{"/e", true});
  ASSERT_EQ(seen.error, 0);
  const RawReply event = watcher.Receive();  // it waits up to 10 s
  ASSERT_TRUE(event.ok);
  EXPECT_EQ(event.xid, -1);
  EXPECT_EQ(watcher.Call(OpCode::kExists, proto::ExistsRequest{"/e", false}).error,
            static_cast<int32_t>(ErrorCode::kNoNode));
}

TEST_P(RuntimeTest, ASessionMovesToANewConnection) {
  Start();
  auto first = std::make_unique<RawClient>(port());
  ASSERT_TRUE(first->Connect(60'000));
  ASSERT_EQ(first->Create("/mine", "", 1).error, 0);
  RawClient second(port());
  EXPECT_TRUE(second.Connect(60'000, first->session(), first->password()));
  EXPECT_EQ(second.session(), first->session());
  EXPECT_EQ(first->ReceiveFrame(), "") << "the old connection is closed";
  EXPECT_EQ(second.Call(OpCode::kExists, proto::ExistsRequest{"/mine", false}).error, 0);
  RawClient thief(port());
  EXPECT_FALSE(thief.Connect(60'000, first->session(), "0123456789abcdef"));
}

TEST_P(RuntimeTest, FourLetterWordsAddUpAllShards) {
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(clients.back()->Connect(60'000));
    clients.back()->Call(OpCode::kExists, proto::ExistsRequest{"/", true});
  }
  EXPECT_EQ(AskWord("ruok"), "imok");
  EXPECT_NE(AskWord("srvr").find("Connections: 6\n"), std::string::npos) << AskWord("srvr");
  EXPECT_NE(AskWord("wchs").find("5 connections watching 1 paths\n"), std::string::npos);
  EXPECT_EQ(AskWord("srst\n"), "Server stats reset.\n");
  EXPECT_NE(AskWord("mntr").find("zk_packets_received\t1\n"), std::string::npos) << AskWord("mntr");
}

TEST_P(RuntimeTest, TheLimitPerAddressHolds) {
  config_.limits.max_connections_per_address = 3;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(clients.back()->Connect(60'000));
  }
  {
    RawClient refused(port());
    EXPECT_FALSE(refused.Connect(60'000));
  }
  clients.pop_back();
  // The server hears of the close in its own time; then there is room again.
  bool let_in = false;
  for (int i = 0; i < 1000 && !let_in; ++i) {
    RawClient next(port());
    let_in = next.Connect(60'000);
  }
  EXPECT_TRUE(let_in);
}

TEST_P(RuntimeTest, SnapshotsAreTakenUnderWritesAndRecovered) {
  config_.limits.snap_count = 200;
  Start();
  {
    RawClient client(port());
    ASSERT_TRUE(client.Connect(60'000));
    ASSERT_EQ(client.Create("/s", "").error, 0);
    for (int i = 0; i < 1000; ++i) {
      const std::string data = std::to_string(i);
      ASSERT_EQ(client.Call(OpCode::kSetData, proto::SetDataRequest{"/s", data, i}).error, 0);
    }
    EXPECT_EQ(AskWord("mntr").find("zk_snap_count\t0\n"), std::string::npos);
  }
  runtime_->Stop();
  Start();
  RawClient again(port());
  ASSERT_TRUE(again.Connect(60'000));
  EXPECT_EQ(DataOf(again.Call(OpCode::kGetData, proto::GetDataRequest{"/s", false})), "999");
}

TEST_P(RuntimeTest, AMixedLoadOverManyConnections) {
  Start();
  constexpr int kThreads = 4;
  constexpr int kRequests = 300;
  std::vector<std::thread> threads;
  std::vector<int> failures(kThreads, 0);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(port());
      failures[t] += !client.Connect(60'000);
      const std::string path = "/load-" + std::to_string(t);
      failures[t] += client.Create(path, "x").error != 0;
      for (int i = 0; i < kRequests; ++i) {
        const std::string data(static_cast<size_t>(i % 50), 'd');
        const RawReply set = client.Call(OpCode::kSetData, proto::SetDataRequest{path, data, i});
        const RawReply get = client.Call(OpCode::kGetData, proto::GetDataRequest{path, false});
        failures[t] += set.error != 0 || DataOf(get) != data || get.zxid < set.zxid;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) EXPECT_EQ(failures[t], 0) << t;
}

TEST_P(RuntimeTest, ReadsGoOnWhileTheDiskHangs) {
  Start();
  RawClient writer(port());
  RawClient reader(port());
  ASSERT_TRUE(writer.Connect(60'000));
  ASSERT_TRUE(reader.Connect(60'000));
  ASSERT_EQ(writer.Create("/h", "old").error, 0);
  // First the core loop's own sync, which the log thread relieves; then, because it was slow, the
  // log thread's.
  for (int round = 0; round < 2; ++round) {
    disk_.Hang();
    writer.Ask(OpCode::kSetData, proto::SetDataRequest{"/h", "new", round});
    disk_.WaitUntilSomebodyHangs();
    for (int i = 0; i < 20; ++i) {
      const RawReply read = reader.Call(OpCode::kGetData, proto::GetDataRequest{"/h", false});
      ASSERT_TRUE(read.ok) << "the server stands still";
      ASSERT_EQ(DataOf(read), round == 0 ? "old" : "new");
    }
    RawClient other(port());
    EXPECT_TRUE(other.connected());
    EXPECT_EQ(AskWord("ruok"), "imok");
    disk_.Release();
    EXPECT_EQ(writer.Receive().error, 0);
  }
  EXPECT_EQ(writer.Call(OpCode::kSetData, proto::SetDataRequest{"/h", "end", 2}).error, 0);
}

INSTANTIATE_TEST_SUITE_P(Loops, RuntimeTest, ::testing::Values(1, 3));

TEST(DiskQueueDeathTest, ALostDiskEndsTheProcess) {
  EXPECT_EXIT(DieOfDisk(Status::Io("fdatasync log.1: Input/output error")),
              ::testing::ExitedWithCode(1), "exiting.*fdatasync log.1: Input/output error");
}

TEST(PlanLoops, FollowsTheTable) {
  EXPECT_EQ(PlanLoops(0, 1).size(), 1u);
  EXPECT_EQ(PlanLoops(0, 0).size(), 1u) << "the number of cores may be unknown";
  EXPECT_EQ(PlanLoops(0, 3).size(), 1u);
  EXPECT_EQ(PlanLoops(0, 4).size(), 4u);
  EXPECT_EQ(PlanLoops(0, 100).size(), 32u);
  EXPECT_EQ(PlanLoops(3, 1).size(), 3u);
  EXPECT_EQ(PlanLoops(3, 1), (std::vector<LoopPlan>{{true, 0}, {false, 1}, {false, 2}}));
}

TEST(Runtime, ATakenPortIsAnError) {
  std::string pattern = ::testing::TempDir() + "runtime_XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  PosixDisk disk;
  Runtime first(ConfigFor(pattern + "/1", 1), disk);
  ASSERT_TRUE(first.Open().ok());
  ASSERT_TRUE(first.Start().ok());
  ServerConfig config = ConfigFor(pattern + "/2", 1);
  config.client_port = first.client_port();
  Runtime second(config, disk);
  ASSERT_TRUE(second.Open().ok());
  const Status status = second.Start();
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_NE(status.message().find(std::to_string(config.client_port)), std::string::npos);
}

}  // namespace
}  // namespace zk::io
