// SPDX-License-Identifier: Apache-2.0
#include "server/io/posix_disk.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

namespace zk::io {
namespace {

using storage::OpenMode;

class PosixDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "posix_disk_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  std::string Path(const std::string& name) const { return dir_ + "/" + name; }
  std::unique_ptr<storage::File> MustOpen(const std::string& name, OpenMode mode) {
    auto file = disk_.Open(Path(name), mode);
    EXPECT_TRUE(file.ok()) << file.status().message();
    return file.ok() ? std::move(*file) : nullptr;
  }

  PosixDisk disk_;
  std::string dir_;
};

TEST_F(PosixDiskTest, WritesReadsTruncatesAndTellsTheSize) {
  const auto file = MustOpen("a", OpenMode::kCreate);
  ASSERT_TRUE(file->Write(0, "hello world").ok());
  ASSERT_TRUE(file->Write(6, "W").ok());
  ASSERT_TRUE(file->Sync().ok());
  std::string out = "old";
  ASSERT_TRUE(file->Read(4, 5, out).ok());
  EXPECT_EQ(out, "o Wor");
  ASSERT_TRUE(file->Read(8, 100, out).ok());
  EXPECT_EQ(out, "rld") << "shorter at the end of the file";
  ASSERT_TRUE(file->Read(100, 5, out).ok());
  EXPECT_EQ(out, "");
  ASSERT_TRUE(file->Truncate(5).ok());
  EXPECT_EQ(*file->Size(), 5u);
  ASSERT_TRUE(file->Write(10, "x").ok());
  ASSERT_TRUE(file->Read(0, 20, out).ok());
  EXPECT_EQ(out, std::string("hello\0\0\0\0\0x", 11)) << "a hole reads as zeros";
}

TEST_F(PosixDiskTest, ModesOfOpening) {
  EXPECT_EQ(disk_.Open(Path("a"), OpenMode::kRead).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_.Open(Path("a"), OpenMode::kReadWrite).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(MustOpen("a", OpenMode::kCreate)->Write(0, "abc").ok());
  EXPECT_EQ(*MustOpen("a", OpenMode::kReadWrite)->Size(), 3u);
  EXPECT_FALSE(MustOpen("a", OpenMode::kRead)->Write(0, "x").ok());
  EXPECT_EQ(*MustOpen("a", OpenMode::kCreate)->Size(), 0u) << "emptied";
}

TEST_F(PosixDiskTest, FoldersAndNames) {
  ASSERT_TRUE(disk_.MakeDirs(Path("x/y/z")).ok());
  ASSERT_TRUE(disk_.MakeDirs(Path("x/y/z")).ok()) << "again is fine";
  MustOpen("x/b", OpenMode::kCreate);
  MustOpen("x/a", OpenMode::kCreate);
  EXPECT_EQ(*disk_.List(Path("x")), (std::vector<std::string>{"a", "b", "y"}));
  EXPECT_EQ(disk_.List(Path("no")).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(disk_.Rename(Path("x/a"), Path("x/b")).ok()) << "replaces";
  ASSERT_TRUE(disk_.SyncDir(Path("x")).ok());
  EXPECT_FALSE(disk_.Exists(Path("x/a")));
  EXPECT_TRUE(disk_.Exists(Path("x/b")));
  ASSERT_TRUE(disk_.Remove(Path("x/b")).ok());
  EXPECT_EQ(disk_.Remove(Path("x/b")).code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_.Rename(Path("x/a"), Path("x/c")).code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_.SyncDir(Path("no")).code(), StatusCode::kNotFound);
}

TEST_F(PosixDiskTest, AFileInTheWayOfAFolder) {
  MustOpen("f", OpenMode::kCreate);
  const Status status = disk_.MakeDirs(Path("f/g"));
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_NE(status.message().find(Path("f")), std::string::npos) << status.message();
}

TEST_F(PosixDiskTest, RelativePaths) {
  char old[4096];
  ASSERT_NE(getcwd(old, sizeof(old)), nullptr);
  ASSERT_EQ(chdir(dir_.c_str()), 0);
  EXPECT_TRUE(disk_.MakeDirs("./data/version-2").ok());
  EXPECT_TRUE(disk_.Exists("data/version-2"));
  ASSERT_EQ(chdir(old), 0);
}

TEST_F(PosixDiskTest, AFullDiskIsNoSpace) {
  // The device that is always full; the system says ENOSPC.
  auto file = disk_.Open("/dev/full", OpenMode::kReadWrite);
  if (!file.ok()) GTEST_SKIP() << file.status().message();
  EXPECT_EQ((*file)->Write(0, "x").code(), StatusCode::kNoSpace);
}

TEST_F(PosixDiskTest, ALimitOnTheSizeIsAnError) {
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const auto file = MustOpen("big", OpenMode::kCreate);
  rlimit small = old;
  small.rlim_cur = 1000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  // The first write of the system is short: the rest must be tried, and fail.
  EXPECT_EQ(file->Write(0, std::string(2000, 'x')).code(), StatusCode::kIo);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(*file->Size(), 1000u);
}

}  // namespace
}  // namespace zk::io
