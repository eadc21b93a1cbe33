#include "ovaport/environment/ip_profile.h"

#include <gtest/gtest.h>

namespace ovaport::environment {
namespace {

IpProfile profile(std::string_view text) {
  auto parsed = parse_ip_profile(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : describe(parsed.error()));
  return parsed.ok() ? std::move(parsed).value() : IpProfile();
}

PropertyDefinition definition(std::string key, std::string_view type, std::string_view vmw,
                              std::string text = {}) {
  PropertyDefinition out;
  Concerns concerns;
  out.type = parse_property_type(key, type, "", vmw, concerns);
  EXPECT_TRUE(concerns.empty());
  out.key = out.short_key = std::move(key);
  out.default_value = Secret(std::move(text));
  return out;
}

std::string default_of(const PropertyDefinition& definition) {
  return definition.default_value ? definition.default_value->reveal() : "(none)";
}

TEST(IpProfile, ComputesMaskAndSubnet) {
  const IpProfile four = profile(
      "VM Network=10.1.2.3/20,10.1.2.4/20,gateway=10.1.0.1,dns=1.1.1.1,dns=::1,domain=a.b,"
      "search=a.b,host-prefix=h,proxy=http://p:1");
  EXPECT_EQ(four.network, "VM Network");
  EXPECT_EQ(four.addresses, (std::vector<std::string>{"10.1.2.3", "10.1.2.4"}));
  EXPECT_EQ(four.netmask, "255.255.240.0");
  EXPECT_EQ(four.subnet, "10.1.0.0");
  EXPECT_EQ(four.dns, (std::vector<std::string>{"1.1.1.1", "::1"}));
  EXPECT_EQ(four.http_proxy, "http://p:1");
  const IpProfile six = profile("N=2001:db8::5/64");
  EXPECT_EQ(six.netmask, "ffff:ffff:ffff:ffff::");
  EXPECT_EQ(six.subnet, "2001:db8::");
  EXPECT_EQ(profile("N=1.2.3.4/0").netmask, "0.0.0.0");
  EXPECT_EQ(profile("N=1.2.3.4/32").subnet, "1.2.3.4");
}

TEST(IpProfile, TakesListsNamedAddressesDhcpAndFiles) {
  const IpProfile listed = profile("N=address=10.0.0.5/24,dns=10.0.0.2 10.0.0.3,dns=10.0.0.4");
  EXPECT_EQ(listed.addresses, std::vector<std::string>{"10.0.0.5"});
  EXPECT_EQ(listed.dns, (std::vector<std::string>{"10.0.0.2", "10.0.0.3", "10.0.0.4"}));
  EXPECT_TRUE(profile("N=DHCP,domain=a.b").dhcp);
  const auto file = parse_ip_profile_file("# office\r\nA=dhcp\r\n\n B=10.0.0.5/24\n", "ip");
  ASSERT_TRUE(file.ok()) << describe(file.error());
  ASSERT_EQ(file->size(), 2U);
  EXPECT_EQ((*file)[1].network, "B");
  const auto broken = parse_ip_profile_file("A=dhcp\nB\n", "ip");
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().file, "ip");
}

TEST(ApplyProfiles, LeavesDhcpNetworksEmptyAndAsksNothing) {
  Concerns concerns;
  PropertyDefinition address = definition("ip", "string", "Ip(N)", "10.0.0.9");
  address.user_configurable = address.required = true;
  const auto filled = apply_profiles({address, definition("dns", "string", "Dns(N)")},
                                     {profile("N=dhcp,dns=10.0.0.2")}, concerns);
  EXPECT_EQ(default_of(filled[0]), "");
  EXPECT_FALSE(filled[0].required);
  EXPECT_EQ(default_of(filled[1]), "10.0.0.2");
  EXPECT_TRUE(concerns.empty());
}

TEST(ApplyProfiles, SharesAddressesOfCollectionsAndNoOthersAmongMachines) {
  Concerns concerns;
  AddressPool pool({profile("N=10.0.0.5/24,10.0.0.6/24,10.0.0.7/24")});
  PropertyDefinition common = definition("vip", "string", "Ip(N)");
  common.inherited = true;
  common.line = 7;
  const PropertyDefinition own = definition("ip", "string", "Ip(N)");
  const auto first = apply_profiles({own, common}, pool, concerns);
  const auto second = apply_profiles({own, common}, pool, concerns);
  EXPECT_EQ(default_of(first[0]), "10.0.0.5");
  EXPECT_EQ(default_of(second[0]), "10.0.0.7");
  EXPECT_EQ(default_of(first[1]), "10.0.0.6");
  EXPECT_EQ(default_of(second[1]), "10.0.0.6");
  EXPECT_TRUE(concerns.empty());
}

TEST(IpProfile, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "N", "=1.2.3.4/8", "N=", "N=1.2.3.4", "N=1.2.3.4/33", "N=::1/129", "N=1.2.3/8",
        "N=1.2.3.4/8,gateway=x", "N=1.2.3.4/8,dns=", "N=1.2.3.4/8,nosuch=1",
        "N=1.2.3.4/24,1.2.4.4/24", "N=1.2.3.4/24,1.2.3.5/25", "N=gateway=1.2.3.4",
        "N=dhcp,1.2.3.4/24", "N=1.2.3.4/24,dns=1.1.1.1 x"}) {
    const auto parsed = parse_ip_profile(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, "environment.ip-profile");
    EXPECT_EQ(parsed.error().kind, ErrorKind::choice);
  }
}

TEST(ApplyProfiles, FillsPropertiesByTheirQualifiers) {
  Concerns concerns;
  const auto filled = apply_profiles(
      {definition("ip", "string", "Ip('A')"), definition("mask", "string", "Netmask('A')"),
       definition("gw", "string", "Gateway('A')"), definition("dns", "string", "Dns('A')"),
       definition("domain", "string", "DomainName('A')"), definition("net", "string", "Net('A')"),
       definition("typed", "ip:B", ""), definition("other", "string", "Gateway('C')", "kept"),
       definition("vcenter", "string", "VimIp"), definition("plain", "string", "", "x")},
      {profile("A=10.0.0.5/24,gateway=10.0.0.1,dns=1.1.1.1,dns=9.9.9.9"), profile("B=10.0.1.5/24")},
      concerns);
  std::vector<std::string> values;
  for (const PropertyDefinition& one : filled)
    values.push_back(default_of(one));
  EXPECT_EQ(values,
            (std::vector<std::string>{"10.0.0.5", "255.255.255.0", "10.0.0.1", "1.1.1.1,9.9.9.9",
                                      "", "A", "10.0.1.5", "kept", "", "x"}));
  EXPECT_TRUE(concerns.empty());
}

TEST(ApplyProfiles, GivesEachPropertyItsOwnAddressWhileTheyLast) {
  Concerns concerns;
  const auto filled =
      apply_profiles({definition("a", "string", "Ip"), definition("b", "string", "AutoIp(N)"),
                      definition("c", "string", "Ip('N')")},
                     {profile("N=10.0.0.5/24,10.0.0.6/24")}, concerns);
  EXPECT_EQ(default_of(filled[0]), "10.0.0.5");
  EXPECT_EQ(default_of(filled[1]), "10.0.0.6");
  EXPECT_EQ(default_of(filled[2]), "");
  ASSERT_EQ(concerns.size(), 1U);
  EXPECT_EQ(concerns[0].code, "environment.no-address-left");
}

TEST(ApplyProfiles, ExpandsExpressionsOnlyAsAWhole) {
  Concerns concerns;
  const auto filled =
      apply_profiles({definition("url", "expression", "", "https://${autoIp:N}/${gateway:N}"),
                      definition("vim", "expression", "", "${netmask:N} ${vimIp:}"),
                      definition("none", "expression", "", "${dns:N}"),
                      definition("open", "expression", "", "${netmask:N"),
                      definition("text", "string", "", "${netmask:N}")},
                     {profile("N=10.0.0.5/24,gateway=10.0.0.1")}, concerns);
  EXPECT_EQ(default_of(filled[0]), "https://10.0.0.5/10.0.0.1");
  EXPECT_EQ(default_of(filled[1]), "${netmask:N} ${vimIp:}");
  EXPECT_EQ(default_of(filled[2]), "${dns:N}");
  EXPECT_EQ(default_of(filled[3]), "${netmask:N");
  EXPECT_EQ(default_of(filled[4]), "${netmask:N}");
}

TEST(ApplyProfiles, CountsLessThanWhatTheUserAssigns) {
  Concerns concerns;
  PropertyDefinition address = definition("ip", "string", "Ip('N')");
  address.user_configurable = true;
  address.required = true;
  const auto filled = apply_profiles({address}, {profile("N=10.0.0.5/24")}, concerns);
  EXPECT_FALSE(filled[0].required);
  const auto values =
      resolve_properties(filled, {{"ip", Secret("10.0.0.9")}}, ResolveOptions(), concerns);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ((*values)[0].value.reveal(), "10.0.0.9");
}

}  // namespace
}  // namespace ovaport::environment
