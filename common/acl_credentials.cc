// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "common/acl.h"

namespace zk {
namespace {

constexpr size_t kIdsMax = 1000;
constexpr size_t kIdBytesMax = 1 << 20;

// How long the comparison takes tells nothing of where the two differ.
bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Base64(const unsigned char* bytes, size_t size) {
  std::string text(4 * ((size + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<size_t>(length));
  return text;
}

// Adds each of `more` that `ids` does not hold; false when they would be too many.
bool AddIds(std::initializer_list<AuthId> more, AuthIds& ids) {
  size_t bytes = 0;
  for (const AuthId& id : ids) bytes += id.scheme.size() + id.id.size();
  for (const AuthId& id : more) {
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
    bytes += id.scheme.size() + id.id.size();
    if (ids.size() == kIdsMax || bytes > kIdBytesMax) return false;
    ids.push_back(id);
  }
  return true;
}

ErrorCode AuthenticateDigest(std::string_view auth, const AuthOptions& options, AuthIds& ids) {
  const std::string digest = DigestOf(auth, options.digest_alg);
  if (digest.empty()) return ErrorCode::kAuthFailed;
  const bool is_super = !options.super_digest.empty() && SameSecret(digest, options.super_digest);
  const bool added = is_super ? AddIds({{"super", ""}, {"digest", digest}}, ids)
                              : AddIds({{"digest", digest}}, ids);
  return added ? ErrorCode::kOk : ErrorCode::kAuthFailed;
}

// Guards clients against the wrong ensemble; it gives no identity.
bool IsExpectedEnsemble(std::string_view name, std::string_view expected) {
  if (name.empty() || expected.empty()) return true;
  for (;;) {
    const size_t comma = expected.find(',');
    std::string_view one = expected.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == name) return true;
    if (comma == std::string_view::npos) return false;
    expected.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string DigestOf(std::string_view user_and_password, std::string_view alg) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> md(
      EVP_MD_fetch(nullptr, std::string(alg).c_str(), nullptr), &EVP_MD_free);
  if (md == nullptr) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned int size = 0;
  if (EVP_Digest(user_and_password.data(), user_and_password.size(), hash.data(), &size, md.get(),
                 nullptr) != 1) {
    return {};
  }
  std::string digest(user_and_password.substr(0, user_and_password.find(':')));
  return digest.append(1, ':').append(Base64(hash.data(), size));
}

ErrorCode Authenticate(std::string_view scheme, std::string_view auth, std::string_view address,
                       const AuthOptions& options, AuthIds& ids) {
  if (scheme == "digest" && options.digest_enabled) return AuthenticateDigest(auth, options, ids);
  if (scheme == "ip") {
    return AddIds({{"ip", std::string(address)}}, ids) ? ErrorCode::kOk : ErrorCode::kAuthFailed;
  }
  if (scheme == "ensemble" && options.ensemble_provider) {
    return IsExpectedEnsemble(auth, options.ensemble_auth_name) ? ErrorCode::kOk
                                                                : ErrorCode::kAuthFailed;
  }
  // sasl and x509 identities come from their handshakes, never from a packet.
  return ErrorCode::kAuthFailed;
}

}  // namespace zk
