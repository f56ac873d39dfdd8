// SPDX-License-Identifier: Apache-2.0
//
// Runs every kept input of a fuzz target once, in any build: a crash that was fixed stays fixed.
// The first argument is the folder of the inputs; it may be missing, then only the empty input is
// run.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace zk {
namespace {

std::string corpus_folder;

void RunOne(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

TEST(CorpusTest, EmptyInput) { RunOne(""); }

TEST(CorpusTest, EveryKeptInput) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  if (fs::is_directory(corpus_folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(corpus_folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.string());
    std::ifstream file(path, std::ios::binary);
    RunOne(std::string(std::istreambuf_iterator<char>(file), {}));
  }
}

}  // namespace
}  // namespace zk

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) zk::corpus_folder = argv[1];
  return RUN_ALL_TESTS();
}
