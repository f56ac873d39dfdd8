// SPDX-License-Identifier: Apache-2.0
// Verdicts and digests marked "Java" were taken from ZooKeeper 3.8.0.
#include "common/acl.h"

#include <gtest/gtest.h>

#include <string>

#include "common/acl_names.h"
#include "common/proto/opcode.h"

namespace zk {
namespace {

using proto::Acl;
using Wire = jute::Vector<Acl>;

const char kAliceDigest[] = "a:3OptnM09ILoVSfbZtd3mB0IViII=";  // a:b

ErrorCode Fixup(const Wire& wire, const AuthIds& ids, AclList& out,
                const AuthOptions& options = {}) {
  return FixupAcl(wire, ids, options, out);
}
ErrorCode Verdict(const char* scheme, const char* id, const AuthOptions& options = {}) {
  AclList out;
  return Fixup({{1, {scheme, id}}}, {}, out, options);
}

TEST(FixupAcl, RefusesNullAndEmpty) {
  AclList out;
  EXPECT_EQ(Fixup(Wire::Null(), {}, out), ErrorCode::kInvalidAcl);
  EXPECT_EQ(Fixup({}, {}, out), ErrorCode::kInvalidAcl);
  EXPECT_EQ(Fixup({{1, {{}, "anyone"}}}, {}, out), ErrorCode::kInvalidAcl);
  EXPECT_EQ(Fixup({{1, {"world", {}}}}, {}, out), ErrorCode::kInvalidAcl);
}

TEST(FixupAcl, DropsDuplicatesAndKeepsTheOrder) {
  AclList out;
  const Wire wire = {{31, {"world", "anyone"}},
                     {1, {"digest", "u:p"}},
                     {31, {"world", "anyone"}},
                     {2, {"digest", "u:p"}},
                     {1, {"digest", "u:p"}}};
  ASSERT_EQ(Fixup(wire, {}, out), ErrorCode::kOk);
  const AclList expected = {
      {31, {"world", "anyone"}}, {1, {"digest", "u:p"}}, {2, {"digest", "u:p"}}};
  EXPECT_EQ(out, expected);
}

TEST(FixupAcl, KeepsOddPermissionBits) {
  AclList out;
  ASSERT_EQ(Fixup({{0x7fff'ff00, {"world", "anyone"}}, {0, {"ip", "1.2.3.4"}}}, {}, out),
            ErrorCode::kOk);
  EXPECT_EQ(out[0].perms, 0x7fff'ff00);
  EXPECT_EQ(out[1].perms, 0);
}

TEST(FixupAcl, ExpandsAuthToWhoTheCallerIs) {
  const AuthIds ids = {{"ip", "127.0.0.1"}, {"digest", "a:x"}, {"super", ""}, {"digest", "b:y"}};
  AclList out;
  ASSERT_EQ(Fixup({{5, {"auth", ""}}, {1, {"world", "anyone"}}}, ids, out), ErrorCode::kOk);
  const AclList expected = {
      {5, {"digest", "a:x"}}, {5, {"digest", "b:y"}}, {1, {"world", "anyone"}}};
  EXPECT_EQ(out, expected);
  EXPECT_EQ(Fixup({{5, {"auth", ""}}}, {{"ip", "127.0.0.1"}}, out), ErrorCode::kInvalidAcl);
  EXPECT_EQ(Fixup({{5, {"auth", {}}}}, ids, out), ErrorCode::kOk);  // its id is not looked at
}

TEST(FixupAcl, AuthNeedsTheProviderOfTheIdentity) {
  const AuthIds ids = {{"sasl", "bob"}, {"x509", "CN=a"}};
  AclList out;
  EXPECT_EQ(Fixup({{5, {"auth", ""}}}, ids, out), ErrorCode::kInvalidAcl);
  AuthOptions options;
  options.sasl_provider = true;
  ASSERT_EQ(Fixup({{5, {"auth", ""}}}, ids, out, options), ErrorCode::kOk);
  EXPECT_EQ(out, (AclList{{5, {"sasl", "bob"}}}));
  options.x509_provider = true;
  ASSERT_EQ(Fixup({{5, {"auth", ""}}}, ids, out, options), ErrorCode::kOk);
  EXPECT_EQ(out.size(), 2u);
}

TEST(FixupAcl, AuthTimesIdentitiesIsBounded) {
  AuthIds ids;
  for (int i = 0; i < 1000; i++) ids.push_back({"digest", "user" + std::to_string(i) + ":x"});
  Wire wire;
  for (int i = 0; i < 1000; i++) wire.items.push_back({i, {"auth", ""}});
  AclList out;
  EXPECT_EQ(Fixup(wire, ids, out), ErrorCode::kInvalidAcl);
  EXPECT_LE(out.size(), 100'000u);
}

TEST(FixupAcl, ManyDistinctEntriesAreQuick) {
  Wire wire;
  for (int i = 0; i < 60'000; i++) wire.items.push_back({i, {"world", "anyone"}});
  AclList out;
  ASSERT_EQ(Fixup(wire, {}, out), ErrorCode::kOk);
  EXPECT_EQ(out.size(), 60'000u);
}

TEST(FixupAcl, SchemesAndTheirIds) {
  EXPECT_EQ(Verdict("world", "anyone"), ErrorCode::kOk);
  for (const char* scheme : {"world", "sasl", "x509", "super", "ensemble", "key", "", "DIGEST"}) {
    EXPECT_EQ(Verdict(scheme, "someone"), ErrorCode::kInvalidAcl) << scheme;
  }
  AuthOptions options;
  options.digest_enabled = false;
  EXPECT_EQ(Verdict("digest", "a:b"), ErrorCode::kOk);
  EXPECT_EQ(Verdict("digest", "a:b", options), ErrorCode::kInvalidAcl);
  options.sasl_provider = options.x509_provider = true;
  EXPECT_EQ(Verdict("sasl", "bob/host@REALM", options), ErrorCode::kOk);
  EXPECT_EQ(Verdict("sasl", "a@b@c", options), ErrorCode::kInvalidAcl);
  EXPECT_EQ(Verdict("x509", "CN=a,O=b", options), ErrorCode::kOk);
  EXPECT_EQ(Verdict("x509", "nobody", options), ErrorCode::kInvalidAcl);
}

TEST(FixupAcl, DigestIdsAsJavaSplitsThem) {
  for (const char* id : {"a:b", ":b", "a:b:", ":a:", "a:b::"}) {
    EXPECT_EQ(Verdict("digest", id), ErrorCode::kOk) << id;
  }
  for (const char* id : {"a:", "a", "", "a:b:c", "::", "a::b", ":"}) {
    EXPECT_EQ(Verdict("digest", id), ErrorCode::kInvalidAcl) << id;
  }
}

TEST(AddressRange, ValidityAsInJava) {
  for (const char* range :
       {"1.2.3.4", "1.2.3.4/0", "1.2.3.4/32", "1.2.3.4/+8", "01.2.3.4", "+1.2.3.4", "-0.1.2.3",
        "::1", "fe80::1/64", "::1/128", "2001:db8::/32", "1:2:3:4:5:6:7:8", "fe80::1%eth0"}) {
    EXPECT_TRUE(IsValidAddressRange(range)) << range;
  }
  for (const char* range :
       {"", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3", "1.2.3.4.5", "256.1.1.1",
        "1.2.3.4/8/8", " 1.2.3.4", "1.2.3.4 ", "1..2.3", "-1.2.3.4", "+-1.2.3.4", "1:2", "::1/129",
        "1.2.3.4/99999999999", ":", "localhost", "1.2.3.4/8x"}) {
    EXPECT_FALSE(IsValidAddressRange(range)) << range;
  }
}

TEST(AddressRange, Matches) {
  struct Case {
    const char *address, *range;
    bool in;
  };
  for (const Case& c : std::initializer_list<Case>{{"1.2.3.4", "1.2.3.4", true},
                                                   {"1.2.3.4", "1.2.3.0/24", true},
                                                   {"1.2.4.4", "1.2.3.0/24", false},
                                                   {"1.2.3.4", "0.0.0.0/0", true},
                                                   {"1.2.3.4", "1.2.3.5/31", true},
                                                   {"1.2.3.4", "1.2.3.5", false},
                                                   {"1.2.3.6", "1.2.3.5/31", false},
                                                   {"10.1.128.1", "10.1.255.255/17", true},
                                                   {"10.1.127.1", "10.1.255.255/17", false},
                                                   {"::1", "::1", true},
                                                   {"0:0:0:0:0:0:0:1", "::1", true},
                                                   {"::1", "1.2.3.4", false},
                                                   {"::1", "0.0.0.0/0", false},
                                                   {"1.2.3.4", "::/0", false},
                                                   {"fe80::5%lo", "fe80::/10", true},
                                                   {"2001:db8::1", "2001:db8::/32", true},
                                                   {"2001:db9::1", "2001:db8::/32", false},
                                                   {"", "0.0.0.0/0", false},
                                                   {"1.2.3.4", "nonsense", false}}) {
    EXPECT_EQ(AddressInRange(c.address, c.range), c.in) << c.address << " in " << c.range;
  }
}

TEST(CheckAcl, Table) {
  const AclList acl = {{kPermRead, {"world", "anyone"}},
                       {kPermWrite, {"digest", "a:x"}},
                       {kPermCreate | kPermDelete, {"ip", "10.0.0.0/8"}}};
  const AuthIds nobody, alice = {{"digest", "a:x"}}, inside = {{"ip", "10.9.8.7"}};
  const AuthOptions options;
  EXPECT_TRUE(CheckAcl(acl, nobody, kPermRead, options));
  EXPECT_FALSE(CheckAcl(acl, nobody, kPermWrite, options));
  EXPECT_TRUE(CheckAcl(acl, alice, kPermWrite, options));
  EXPECT_FALSE(CheckAcl(acl, alice, kPermCreate, options));
  EXPECT_TRUE(CheckAcl(acl, inside, kPermDelete, options));
  EXPECT_FALSE(CheckAcl(acl, {{"ip", "11.9.8.7"}}, kPermDelete, options));
  EXPECT_FALSE(CheckAcl(acl, {{"digest", "b:x"}}, kPermWrite, options));
  EXPECT_FALSE(CheckAcl(acl, {{"sasl", "a:x"}}, kPermWrite, options));
  EXPECT_TRUE(CheckAcl(acl, {{"super", ""}}, kPermAdmin, options));
  EXPECT_TRUE(CheckAcl(acl, nobody, kPermRead | kPermAdmin, options));  // one common bit is enough
  EXPECT_TRUE(CheckAcl({}, nobody, kPermAdmin, options));
}

TEST(CheckAcl, Options) {
  const AclList acl = {{kPermAll, {"digest", "a:x"}}};
  AuthOptions skip;
  skip.skip_acl = true;
  EXPECT_TRUE(CheckAcl(acl, {}, kPermWrite, skip));
  AuthOptions no_digest;
  no_digest.digest_enabled = false;
  EXPECT_FALSE(CheckAcl(acl, {{"digest", "a:x"}}, kPermWrite, no_digest));
}

TEST(CheckAcl, SaslAndX509NeedTheirProvider) {
  const AclList sasl = {{kPermAll, {"sasl", "bob"}}}, x509 = {{kPermAll, {"x509", "CN=a"}}};
  AuthOptions options;
  EXPECT_FALSE(CheckAcl(sasl, {{"sasl", "bob"}}, kPermRead, options));
  EXPECT_FALSE(CheckAcl(x509, {{"x509", "CN=a"}}, kPermRead, options));
  options.sasl_provider = options.x509_provider = true;
  EXPECT_TRUE(CheckAcl(sasl, {{"sasl", "bob"}}, kPermRead, options));
  EXPECT_TRUE(CheckAcl(sasl, {{"sasl", "super"}}, kPermRead, options));
  EXPECT_FALSE(CheckAcl(sasl, {{"sasl", "eve"}}, kPermRead, options));
  options.let_any_sasl_user_do = "bob";
  EXPECT_TRUE(CheckAcl(sasl, {{"sasl", "eve"}}, kPermRead, options));
  EXPECT_TRUE(CheckAcl(x509, {{"x509", "CN=a"}}, kPermRead, options));
  EXPECT_FALSE(CheckAcl(x509, {{"x509", "CN=root"}}, kPermRead, options));
  options.x509_super_user = "CN=root";
  EXPECT_TRUE(CheckAcl(x509, {{"x509", "CN=root"}}, kPermRead, options));
}

TEST(DigestOf, Java) {
  EXPECT_EQ(DigestOf("a:b", "SHA1"), kAliceDigest);
  EXPECT_EQ(DigestOf("a:b", "SHA-1"), kAliceDigest);
  EXPECT_EQ(DigestOf("ab", "SHA1"), "ab:2iNhTgJGmg18e9G9q1ycR0sZBNw=");
  EXPECT_EQ(DigestOf("a:b:c", "SHA1"), "a:cLzgnoJ6mP5qz3w+mwvPE2vDgu0=");
  EXPECT_EQ(DigestOf("", "SHA1"), ":2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(DigestOf("a:b", "SHA-256"), "a:Z4OjHqv2jMwGYPk1wIJigr3SJB86gKny0Q1Zrqnrtdg=");
  EXPECT_EQ(DigestOf("a:b", "SHA3-256"), "a:ejvga8z66+WtMLJrmlP4mB2ikyi0ZnEdX7dJ2QqhVbg=");
  EXPECT_EQ(DigestOf("a:b", "SHA-512/256"), "a:OZzjuYX0pZ3N7Wm6zdI/j+Of9drLfO2EMf9IylYc9kQ=");
  EXPECT_EQ(DigestOf("a:b", "MD5"), "a:2BYMmz3CDU6TGutPRSYhVQ==");
  EXPECT_EQ(DigestOf("a:b", "NO-SUCH"), "");
}

TEST(Authenticate, DigestAddsOnce) {
  AuthIds ids = {{"ip", "1.2.3.4"}};
  EXPECT_EQ(Authenticate("digest", "a:b", "1.2.3.4", {}, ids), ErrorCode::kOk);
  EXPECT_EQ(Authenticate("digest", "a:b", "1.2.3.4", {}, ids), ErrorCode::kOk);
  EXPECT_EQ(ids, (AuthIds{{"ip", "1.2.3.4"}, {"digest", kAliceDigest}}));
}

TEST(Authenticate, SuperUserByDigest) {
  AuthOptions options;
  options.super_digest = DigestOf("super:secret", "SHA1");
  AuthIds ids;
  EXPECT_EQ(Authenticate("digest", "super:wrong", "::1", options, ids), ErrorCode::kOk);
  EXPECT_FALSE(CheckAcl({{31, {"ip", "9.9.9.9"}}}, ids, kPermRead, options));
  EXPECT_EQ(Authenticate("digest", "super:secret", "::1", options, ids), ErrorCode::kOk);
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[1], (AuthId{"super", ""}));
  EXPECT_EQ(ids[2].scheme, "digest");
  EXPECT_TRUE(CheckAcl({{31, {"ip", "9.9.9.9"}}}, ids, kPermRead, options));
}

TEST(Authenticate, WithoutASuperDigestNobodyIsSuper) {
  AuthIds ids;
  AuthOptions options;
  options.digest_alg = "NO-SUCH";  // the digest is empty, as is the setting
  EXPECT_EQ(Authenticate("digest", "", "::1", options, ids), ErrorCode::kAuthFailed);
  EXPECT_TRUE(ids.empty());
}

TEST(Authenticate, IpAlwaysSucceeds) {
  AuthIds ids;
  EXPECT_EQ(Authenticate("ip", "whatever", "1.2.3.4", {}, ids), ErrorCode::kOk);
  EXPECT_EQ(ids, (AuthIds{{"ip", "1.2.3.4"}}));
}

TEST(Authenticate, RefusedSchemes) {
  AuthIds ids;
  AuthOptions options;
  options.sasl_provider = options.x509_provider = true;
  for (const char* scheme : {"world", "auth", "sasl", "x509", "ensemble", "super", "", "Digest"}) {
    EXPECT_EQ(Authenticate(scheme, "a:b", "::1", options, ids), ErrorCode::kAuthFailed) << scheme;
  }
  options.digest_enabled = false;
  EXPECT_EQ(Authenticate("digest", "a:b", "::1", options, ids), ErrorCode::kAuthFailed);
  EXPECT_TRUE(ids.empty());
}

TEST(Authenticate, EnsembleComparesNamesAndGivesNoIdentity) {
  AuthOptions options;
  options.ensemble_provider = true;
  AuthIds ids;
  EXPECT_EQ(Authenticate("ensemble", "any", "::1", options, ids), ErrorCode::kOk);
  options.ensemble_auth_name = "one, two";
  EXPECT_EQ(Authenticate("ensemble", "two", "::1", options, ids), ErrorCode::kOk);
  EXPECT_EQ(Authenticate("ensemble", "one", "::1", options, ids), ErrorCode::kOk);
  EXPECT_EQ(Authenticate("ensemble", "", "::1", options, ids), ErrorCode::kOk);
  EXPECT_EQ(Authenticate("ensemble", "three", "::1", options, ids), ErrorCode::kAuthFailed);
  EXPECT_TRUE(ids.empty());
}

TEST(Authenticate, IdentitiesOfOneConnectionAreBounded) {
  AuthIds many;
  int added = 0;
  while (Authenticate("digest", "user" + std::to_string(added), "::1", {}, many) ==
         ErrorCode::kOk) {
    ASSERT_LT(++added, 2000);
  }
  EXPECT_EQ(added, 1000);
  AuthIds large;
  const std::string user(600'000, 'u');
  EXPECT_EQ(Authenticate("digest", user + "1:p", "::1", {}, large), ErrorCode::kOk);
  EXPECT_EQ(Authenticate("digest", user + "2:p", "::1", {}, large), ErrorCode::kAuthFailed);
}

TEST(KerberosName, Java) {
  for (const char* name : {"bob", "a@b", "a/b@c", "@", "a/b", "", "/@x", "a/b/c"}) {
    EXPECT_TRUE(IsKerberosName(name)) << name;
  }
  for (const char* name : {"a@b@c", "a/b/c@d", "a@b/c"}) EXPECT_FALSE(IsKerberosName(name)) << name;
}

TEST(DistinguishedName, Java) {
  for (const char* name : {"CN=a", "CN=a,O=b", "CN=a, O=b", "", "cn=a+OU=b", "1.2.3=x",
                           "CN=\"a,b\"", "CN=a\\,b", "CN=", "O=a;C=b", "UID=a", "EMAILADDRESS=x@y",
                           "CN=a=b", " CN = a ", "OID.1.2.3=x", "CN=\\41", "CN=#040131"}) {
    EXPECT_TRUE(IsDistinguishedName(name)) << name;
  }
  for (const char* name : {"CN", "FOO=x", "CN=a,", "=a", "CN=a\"", "CN=a,,O=b", "CN=#zz",
                           "CN=#0403", "CN=a\\", "1.=x", "1=x", "CN=\"a"}) {
    EXPECT_FALSE(IsDistinguishedName(name)) << name;
  }
}

TEST(UserNameOf, Table) {
  EXPECT_EQ(UserNameOf({"digest", "a:x"}), "a");
  EXPECT_EQ(UserNameOf({"ip", "1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(UserNameOf({"sasl", "bob"}), "bob");
  EXPECT_EQ(UserNameOf({"x509", "CN=a:b"}), "CN=a:b");
  EXPECT_EQ(UserNameOf({"super", "CN=a"}), "");
}

TEST(AclList, ThereAndBack) {
  const AclList list = {{3, {"digest", "a:x"}}, {1, {"world", "anyone"}}};
  EXPECT_EQ(ToAclList(ToWire(list)), list);
  EXPECT_EQ(*OpenAcl(), (AclList{{31, {"world", "anyone"}}}));
  EXPECT_EQ(OpenAcl().get(), OpenAcl().get());
}

}  // namespace
}  // namespace zk
