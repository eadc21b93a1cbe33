#include "json.h"

#include <gtest/gtest.h>

namespace ovaport::guest {
namespace {

Inspection full() {
  Inspection guest;
  guest.kind = SystemKind::linux_system;
  guest.roots = {"/dev/sda1"};
  guest.distribution = "debian";
  guest.major_version = 12;
  guest.tools.packages = {"open-vm-tools"};
  guest.cloud_init_sources = {"OVF"};
  guest.environment_users = {{"/opt/x", "vmtoolsd"}};
  guest.interfaces = {{"ens192", "/etc/network/interfaces"}};
  Kernel kernel;
  kernel.version = "6.1";
  kernel.virtio_blk = true;
  guest.kernels = {kernel};
  Concern concern;
  concern.code = "guest.mount";
  concern.message = "x";
  guest.concerns = {concern};
  return guest;
}

TEST(Json, AnInspectionSurvivesTheWayToTheSupervisor) {
  WorkResult result;
  result.inspection = full();
  const auto back = decode_result(encode(Result<WorkResult>(result)));
  ASSERT_TRUE(back && back->inspection);
  EXPECT_EQ(to_json(*back->inspection), to_json(full()));
  EXPECT_EQ(back->inspection->kernels, full().kernels);
  EXPECT_EQ(back->inspection->concerns, full().concerns);
}

TEST(Json, AnInjectionSurvivesTheWayToTheSupervisor) {
  WorkResult result;
  result.injection.emplace();
  result.injection->after = full();
  result.injection->injected = true;
  result.injection->added = {"/usr/bin/vmtoolsd – x"};
  const auto back = decode_result(encode(Result<WorkResult>(result)));
  ASSERT_TRUE(back && back->injection);
  EXPECT_TRUE(back->injection->injected);
  EXPECT_EQ(back->injection->added, result.injection->added);
}

TEST(Json, ARequestSurvivesTheWayToTheWorker) {
  WorkRequest request;
  request.action = Action::inject;
  request.disks = {{"/d", ovf::Bus::sata}};
  request.nics = {{"52:54:00:00:00:01", 192}, {"x", {}}};
  request.user = 7;
  request.access = EnvironmentAccess::root;
  const auto back = decode_request(encode(request));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->action, Action::inject);
  EXPECT_EQ(back->disks[0].bus, ovf::Bus::sata);
  EXPECT_EQ(back->nics[0].pci_slot, 192);
  EXPECT_FALSE(back->nics[1].pci_slot);
  EXPECT_EQ(back->user, 7U);
  EXPECT_EQ(back->access, EnvironmentAccess::root);
}

TEST(Json, AnErrorOfTheWorkerStaysThatError) {
  const auto back = decode_result(
      encode(Result<WorkResult>(Error(ErrorKind::io, "guest.disk-access", "no").advise("do"))));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, "guest.disk-access");
  EXPECT_EQ(back.error().kind, ErrorKind::io);
  EXPECT_EQ(back.error().advice, "do");
}

TEST(Json, RubbishIsAnErrorOnBothSides) {
  for (const char* text : {"", "{", "[]", "null", R"({"inspection":{}})", R"({"inspection":7})"})
    EXPECT_FALSE(decode_request(text)) << text;
  for (const char* text : {"", "{", R"({"inspection":{}})", R"({"error":[]})", R"({"injection":7})",
                           R"({"error":{"kind":8e30,"code":"","message":"","advice":""}})",
                           R"({"error":{"kind":99,"code":"","message":"","advice":""}})"})
    EXPECT_FALSE(decode_result(text)) << text;
}

TEST(Json, HostileBytesStillMakeJson) {
  Inspection guest;
  guest.product_name = "\xff\xfe\x01";
  EXPECT_TRUE(nlohmann::json::accept(to_json(guest)));
}

TEST(Json, TheReportHasEveryPart) {
  ConversionReport report;
  report.before = full();
  report.recommendation.disk_bus = "virtio";
  report.seconds = {{"inspect", 1.5}};
  const auto json = nlohmann::json::parse(to_json(report));
  for (const char* key : {"before", "converted", "injected", "found", "removed", "added",
                          "recommendation", "concerns", "seconds"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["recommendation"]["diskBus"], "virtio");
}

}  // namespace
}  // namespace ovaport::guest
