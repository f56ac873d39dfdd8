// SPDX-License-Identifier: Apache-2.0
//
// The libraries of the system are found, are of the releases we rely on, and link. If this test
// does not build, no other message of the compiler is worth reading: install
// third_party/debian-packages.txt first.

#include <glog/logging.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <snappy.h>
#include <zlib.h>

#include <boost/pfr.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>
#include <string>

namespace zk {
namespace {

static_assert(BOOST_VERSION >= 108100, "unordered_flat_map and pfr need Boost 1.81");
static_assert(__cplusplus >= 202002L, "the code is C++20");

struct Pair {
  int first;
  int second;
};

TEST(ToolchainTest, BoostHasWhatWeUse) {
  EXPECT_EQ(boost::pfr::tuple_size_v<Pair>, 2u);
  boost::unordered_flat_map<int, int> map;
  map.emplace(1, 2);
  EXPECT_EQ(map.at(1), 2);
}

TEST(ToolchainTest, ZlibComputesAdler32) {
  const unsigned char text[] = {'a', 'b', 'c'};
  EXPECT_EQ(adler32(adler32(0, nullptr, 0), text, sizeof text), 0x024d0127u);
}

TEST(ToolchainTest, SnappyGivesBackWhatItTook) {
  const std::string text(1000, 'x');
  std::string packed;
  std::string unpacked;
  snappy::Compress(text.data(), text.size(), &packed);
  ASSERT_TRUE(snappy::Uncompress(packed.data(), packed.size(), &unpacked));
  EXPECT_LT(packed.size(), text.size());
  EXPECT_EQ(unpacked, text);
}

TEST(ToolchainTest, CryptoKnowsTheDigestsOfAcls) {
  EXPECT_NE(EVP_sha1(), nullptr);
  EXPECT_NE(EVP_sha256(), nullptr);
}

// EXPECT_DEATH does not take the macro itself: glog expands it to text with a comma.
void FailCheck() { CHECK(false) << "as wished"; }

TEST(ToolchainTest, GlogChecksEndTheProcess) { EXPECT_DEATH(FailCheck(), "as wished"); }

}  // namespace
}  // namespace zk
