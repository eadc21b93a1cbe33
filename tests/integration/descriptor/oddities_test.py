#!/usr/bin/python3
"""The oddities that descriptors in the wild have, each with its right behaviour.

OVAPORT names the program; it is set by CTest."""

import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

OVAPORT = os.environ["OVAPORT"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
DESCRIPTORS = ROOT / "fixtures/descriptors"


def at(model, path):
    """The value at "systems.0.cpus"."""
    for key in path.split("."):
        model = model[int(key)] if isinstance(model, list) else model[key]
    return model


def inspect(path, *options):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
    result = subprocess.run([OVAPORT, "inspect", "--descriptor-only", "--json", *options,
                             str(path), str(path)],
                            capture_output=True, text=True, env=environment)
    return result.returncode, json.loads(result.stdout.splitlines()[0])


class Row:
    """What is expected of a descriptor: values in the model, severities of concerns by
    code, or the code of the error; the exit code follows."""

    def __init__(self, fixture, error=None, values=None, **concerns):
        self.fixture = fixture
        self.error = error
        self.values = values or {}
        self.concerns = {code.replace("__", ".", 1).replace("_", "-"): severity
                         for code, severity in concerns.items()}


INFORMATION, WARNING, CRITICAL = "information", "warning", "critical"

ROWS = {
    "files outside the package are told": Row("hrefs_outside", ovf__remote_href=WARNING),
    "wrong sizes are hints that are not used": Row(
        "sizes_wrong", values={"files.0.size": None, "files.3.size": None}, ovf__size=WARNING),
    "elements without namespace are read": Row(
        "namespace_default_missing", values={"systems.0.cpus": 2}, ovf__no_namespace=WARNING),
    "prefixed elements are read": Row("prefixed_everywhere", values={"systems.0.name": "Sample"}),
    "attributes without prefix are read": Row(
        "attributes_without_prefix", values={"systems.0.disks.0.capacity": 8 << 30}),
    "CIM namespaces with .xsd are read": Row(
        "namespace_cim_xsd_suffix", values={"systems.0.memory": 1 << 30}),
    "the form before 1.0 is read": Row(
        "ovf_0_9_content", values={"systems.0.memory": 512 << 20, "systems.0.disks.0.bus": "scsi",
                                   "systems.0.properties.0.default": "old1"}),
    "oVirt's dialect is read": Row(
        "ovirt", values={"producer": "oVirt", "systems.0.disks.0.capacity": 10 << 30,
                         "systems.0.nics.0.mac": "00:1a:4a:16:01:51"}),
    "XenCenter's dialect is read": Row(
        "xen", values={"producer": "XenCenter", "systems.0.disks.0.disk_id": "disk1"},
        ovf__capacity=WARNING),
    "PowerVC's dialect is read": Row("powervc", values={"producer": "IBM PowerVC"}),
    "vCloud's blank disk has its size": Row(
        "vcloud", values={"systems.0.disks.0.capacity": 4 << 30}, ovf__blank_disk=WARNING),
    "VirtualBox's part fills in firmware and addresses": Row(
        "virtualbox", values={"systems.0.firmware": "efi", "systems.0.disks.0.bus": "sata",
                              "systems.0.nics.0.mac": "08:00:27:AA:BB:CC"}),
    "a required unknown section is refused by name": Row(
        "section_required_unknown", ovf__unknown_section=CRITICAL),
    "an optional unknown section is ignored": Row(
        "section_optional_unknown", ovf__section_ignored=INFORMATION),
    "the order of elements does not matter": Row(
        "elements_out_of_order", values={"systems.0.name": "Sample", "systems.0.cpus": 2}),
    "an empty item is ignored": Row("item_oddities", ovf__no_resource_type=WARNING,
                                    ovf__no_instance_id=INFORMATION),
    "an InstanceID used twice is refused": Row("instance_id_twice", ovf__duplicate_instance=CRITICAL),
    "items go by the default option": Row(
        "deployment_options", values={"systems.0.option": "large", "systems.0.cpus": 8,
                                      "systems.0.nics.1.network": "VM Network",
                                      "systems.0.properties.0.default": "16"}),
    "without a default the first option counts": Row(
        "deployment_options_without_default", values={"systems.0.option": "small",
                                                      "systems.0.cpus": 1}),
    "bounds around a normal value leave it": Row("bounds", values={"systems.0.cpus": 4}),
    "bounds without a normal value are refused": Row("bounds_without_normal", ovf__bound=CRITICAL),
    "memory without unit is read as MiB": Row(
        "memory_without_unit", values={"systems.0.memory": 1 << 30}, ovf__memory_unit=WARNING),
    "a unit written as a product is read": Row(
        "memory_spelled_unit", values={"systems.0.memory": 2 << 30}),
    "a quantity in words is refused": Row("memory_in_words", error="ovf.memory"),
    "cores that do not divide make one socket": Row(
        "cores_not_dividing", values={"systems.0.cpus": 6, "systems.0.cores_per_socket": 6},
        ovf__cores=WARNING),
    "a capacity may be a property": Row(
        "capacity_by_property", values={"systems.0.disks.0.capacity": 12 << 30}),
    "disks of every shape are found": Row(
        "disk_shapes", values={"systems.0.disks.1.file": "data.img",
                               "systems.0.disks.2.disk_id": "copy",
                               "systems.0.disks.3.file": None,
                               "systems.0.disks.3.capacity": 20 << 30,
                               "systems.0.cdroms.0.file": "tools.iso",
                               "systems.0.cdroms.1.file": None}, ovf__shared_file=INFORMATION),
    "an item that names an unknown disk is refused": Row("disk_unknown", error="ovf.unknown-disk"),
    "a disk of neither image nor size is refused": Row("disk_without_backing",
                                                       error="ovf.capacity"),
    "disks at one address keep the document's order": Row(
        "disk_addresses_equal", values={"systems.0.disks.0.disk_id": "d1",
                                        "systems.0.disks.1.disk_id": "d2",
                                        "systems.0.disks.2.bus": "unspecified"},
        ovf__no_controller=WARNING),
    "disks are ordered by controller, then address": Row(
        "disks_on_four_buses", values={f"systems.0.disks.{i}.disk_id": name for i, name in
                                       enumerate(["d4", "d3", "d2", "d5", "d1"])}),
    "VMware's boot order goes first": Row("boot_order", values={"systems.0.disks.0.disk_id": "d2"}),
    "the second edition's boot order goes first": Row(
        "ovf_2_boot_device", values={"systems.0.disks.0.disk_id": "d2"}),
    "a delta may come before its parent": Row(
        "parent_chain", values={"systems.0.disks.0.parent_disk_id": "middle"}),
    "deltas in a circle are refused": Row("parent_cycle", ovf__parent_cycle=CRITICAL),
    "Config counts before ExtraConfig for the firmware": Row(
        "firmware_contradiction", values={"systems.0.firmware": "bios",
                                          "systems.0.secure_boot": False},
        ovf__firmware=WARNING, ovf__secure_boot=WARNING),
    "EFI in ExtraConfig alone counts": Row("firmware_efi_in_extra_config",
                                           values={"systems.0.firmware": "efi"}),
    "adapters keep what is said of them": Row(
        "adapters", values={"systems.0.nics.0.model": "PCNet32 E1000",
                            "systems.0.nics.1.mac": "00:50:56:aa:bb:cc",
                            "systems.0.nics.1.connected": False}, ovf__undeclared_network=WARNING),
    "devices without counterpart are named": Row(
        "devices", values={"systems.0.tpm": True}, ovf__device_skipped=INFORMATION),
    "a device that is not optional is a warning": Row("device_required",
                                                      ovf__device_skipped=WARNING),
    "of a list of machine types the first known one counts": Row(
        "system_types", values={"systems.0.hardware_type": "vmx-13"}),
    "keys are composed of class and instance": Row(
        "property_keys", values={"systems.0.properties.0.key": "vami.ip0.Sample_Server",
                                 "systems.0.properties.1.key": "com.example.only.class",
                                 "systems.0.properties.2.key": "only instance.1",
                                 "systems.0.properties.3.key": "plain"}),
    "equal full keys are refused": Row("property_keys_equal", ovf__duplicate_property=CRITICAL),
    "every type is understood": Row(
        "property_types", values={"systems.0.properties.1.type": "string",
                                  "systems.0.properties.11.password": True,
                                  "systems.0.properties.15.default": None},
        ovf__no_property_type=INFORMATION, environment__unknown_type=WARNING),
    "qualifiers are read or ignored, a bad default is told": Row(
        "property_qualifiers", environment__default_out_of_range=WARNING,
        environment__bad_qualifier=WARNING),
    "constant properties keep their values": Row(
        "property_categories", values={"systems.0.properties.2.user_configurable": False,
                                       "systems.0.properties.2.default": "fixed",
                                       "systems.0.properties.3.default": "",
                                       "systems.0.properties.0.category": "Network"}),
    "line breaks and XML's own characters survive": Row(
        "property_values_odd",
        values={"systems.0.properties.0.default": 'one\ntwo & <three> "four" \U0001F680 '}),
    "computed values are marked by their qualifier": Row(
        "property_addresses", values={"systems.0.properties.0.rule": "an IP address",
                                      "systems.0.ip_assignment.schemes": ["ovfenv", "dhcp"]}),
    "several transports are kept": Row(
        "transports", values={"systems.0.transports": [
            "iso", "http://example.com/ovf/transport", "com.vmware.guestInfo"]}),
    "an empty transport is none": Row("transport_none", values={"systems.0.transports": []}),
    "nested collections are flattened, properties inherited": Row(
        "nested_collections", values={"systems.1.id": "web2",
                                      "systems.1.properties.0.key": "domain",
                                      "systems.2.properties.0.default": "example.org"}),
    "a collection of no machine is told": Row("collection_empty", ovf__no_virtual_system=WARNING),
    "an envelope without content is refused": Row("content_missing", error="ovf.no-content"),
    "names in other scripts are kept": Row("names_unicode", values={"systems.0.id": "虚拟机"}),
    "gaps in the start order close, unknown ids are told": Row(
        "startup_order", values={"start_sequence.0.virtual_system": "db",
                                 "start_sequence.0.waiting_for_guest": True,
                                 "start_sequence.1.stage": 2,
                                 "start_sequence.1.stop_action": "none"},
        ovf__startup_unknown=WARNING),
    "the second edition's items are read": Row(
        "ovf_2_items", values={"systems.0.disks.0.disk_id": "disk1",
                               "systems.0.nics.0.model": "E1000"}),
    "the second edition's sections are read or told": Row(
        "ovf_2_sections", ovf__scale_out=WARNING, ovf__shared_disk=WARNING,
        ovf__not_carried_over=WARNING),
    "sections go by their namespace, not by the envelope's": Row(
        "scale_out_in_ovf_1", ovf__scale_out=WARNING),
    "a namespace of no known edition is refused": Row("namespace_unknown", error="ovf.namespace"),
    "a file id used twice is refused": Row("file_id_twice", ovf__duplicate_id=CRITICAL),
    "an unknown compression is refused": Row("compression_unknown", ovf__compression=CRITICAL),
    "chunks and compression are kept": Row("files_in_chunks",
                                           values={"files.0.compression": "gzip"}),
    "a service of the old host is refused by name": Row("section_vservice",
                                                        ovf__unknown_section=CRITICAL),
    "two greatest values of one device are refused": Row("bounds_twice",
                                                         ovf__duplicate_instance=CRITICAL),
    "without a number of processors one is assumed": Row(
        "processors_none", values={"systems.0.cpus": 1}, ovf__no_cpu=WARNING),
    "a unit of practice is read": Row("memory_gigabytes", values={"systems.0.memory": 2 << 30}),
    "a quantity that overflows is refused": Row("memory_too_large", error="ovf.memory"),
    "addresses that are none put a disk last": Row(
        "disk_parent_no_controller", values={"systems.0.disks.0.bus": "scsi",
                                             "systems.0.disks.1.disk_id": "disk2",
                                             "systems.0.disks.1.bus": "unspecified"},
        ovf__no_controller=WARNING),
    "NVRAM alone says nothing of the firmware": Row(
        "firmware_nvram_only", values={"systems.0.firmware": "unspecified"},
        ovf__nvram=INFORMATION),
    "secure boot is kept, NVRAM is told": Row(
        "firmware_secure_boot", values={"systems.0.firmware": "efi",
                                        "systems.0.secure_boot": True}, ovf__nvram=INFORMATION),
    "a required device of an unknown type is refused": Row("device_unknown_required",
                                                           error="ovf.unknown-device"),
    "an optional device of an unknown type is left out": Row("device_unknown_optional",
                                                             ovf__device_skipped=WARNING),
    "one key twice in a section is refused": Row("property_key_twice",
                                                 ovf__duplicate_property=CRITICAL),
    "properties of another option do not exist": Row(
        "property_configurations", values={"systems.0.properties.0.default": "some",
                                           "systems.0.properties.1.key": "only.basic"}),
    "expressions keep their type": Row(
        "property_expressions", values={"systems.0.properties.0.type": "expression",
                                        "systems.0.properties.3.default": "${not.ours}"}),
    "without a language the element's text counts": Row(
        "strings_inline", values={"systems.0.properties.0.label": "Default label",
                                  "systems.0.properties.1.label": "The text of the element"}),
    "licences and notes are shown": Row(
        "eulas", values={"eulas": ["Be kind."], "systems.0.annotation": "Read the manual."}),
}

# What shows only when a package is imported, a disk read or a machine booted, and the test
# that shows it.
ELSEWHERE = {
    "every syntax of a manifest": "TEST(Manifest, AcceptsEverySyntaxMixedInOneFile)",
    "several digests of one file": "def test_both_digests_of_a_file_are_verified",
    "one file, two digests": "TEST(Manifest, RefusesTwoDigestsForOneFile)",
    "lines of unknown form, and the manifest's own":
        "TEST(Manifest, LeavesUnknownLinesUnverifiedAndSaysSo)",
    "members in any order": "def test_raw_disks_and_members_in_any_order_are_read",
    "a missing disk": "def test_missing_disk",
    "hrefs with escapes, two meanings": "TEST(PackageTest, AmbiguousHrefIsRefused)",
    "an option that does not exist":
        "TEST(Descriptor, OptionSelectsItsItemsAndUnknownOneNamesTheKnown)",
    "every spelling of a unit": "TEST(Unit, SpellingsFoundInPracticeAreUnderstood)",
    "values that are too long": "TEST(CheckValue, RefusesWhatTheDocumentCannotCarry)",
    "no manifest": "def test_package_without_manifest_is_imported_unverified",
    "states of a signature": "def test_states_of_a_signature_are_told_and_policy_decides",
    "a certificate without manifest": "def test_a_certificate_without_a_manifest_is_refused",
    "a capacity below the image": "def test_below_the_image_the_image_counts",
    "a shrunk disk": "def test_property_may_not_shrink_the_disk",
    "two disks on one file": "def test_two_disks_on_one_file_are_two_copies",
    "deltas are flattened": "def test_three_levels_in_any_order_of_the_package",
    "a delta of other content": "TEST(Sparse, DeltaOfOtherContentIsRefused)",
    "flat extents": "def test_monolithic_flat",
    "an extent of another name": "TEST(StreamVmdk, NameOfTheExtentMayBeAnother)",
    "a missing footer": "TEST(StreamVmdk, MissingFooterIsTruncation)",
    "header version 3": "TEST(StreamVmdk, HeaderVersionsOneToThreeAreRead)",
    "an image of another format than said": "def test_format_is_decided_by_the_bytes",
    "images that name other files": "TEST(Probe, TextDescriptorThatNamesAHostFileIsRefused)",
    "UEFI boot entries that are lost":
        "def test_boots_by_uefi_without_the_boot_entry_that_the_old_machine_remembered",
    "adapter models": "TEST(Plan, ChoosesTheAdapterThatTheDescriptorOffers)",
    "an adapter without link": "TEST(Plan, LeavesOutUnconnectedAdaptersWithAConcern)",
    "interface names": "TEST(PairNames, PrefersAKnownSlot)",
    "boot disks without VirtIO": "TEST(Plan, UsesSafeDevicesUntilDriversAreProven)",
    "booleans as vSphere writes them": "TEST(CheckValue, MakesBooleansAsVsphereWritesThem)",
    "values byte for byte": "def test_values_come_back_byte_for_byte",
    "passwords": "def test_password_stays_in_the_secret",
    "bundles that are absent": "def test_damaged_and_absent_bundles_are_findings_only",
    "languages": "TEST(Localize, ChoosesTheNearestLanguageOfAList)",
    "expressions without vCenter": "TEST(ResolveProperties, LeavesExpressionsEmptyWithAConcern)",
    "the config disk beside an appliance's own drives":
        "TEST(Manifests, AttachTheConfigDiskAsASataCdrom)",
    "cloud-init's choice of its source":
        "def test_takes_host_name_instance_and_user_data_from_the_config_cd",
    "long and equal names": "def test_machines_of_one_name_are_told_apart_by_their_ids",
    "siblings": "def test_each_lists_its_siblings_and_nobody_else",
    "a file that is changed while it is read":
        "TEST(Sparse, FileThatIsChangedBetweenDigestAndUseIsRefused)",
}


class Oddities(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ovaport-oddities-")
        self.addCleanup(temporary.cleanup)
        self.file = pathlib.Path(temporary.name) / "a.ovf"

    def test_each_has_its_behaviour(self):
        for behaviour, row in ROWS.items():
            with self.subTest(behaviour):
                code, model = inspect(DESCRIPTORS / f"{row.fixture}.ovf")
                self.assertEqual(model.get("error", {}).get("code"), row.error)
                refused = row.error or CRITICAL in row.concerns.values()
                self.assertEqual(code, 3 if refused else 0)
                for path, value in row.values.items():
                    self.assertEqual(at(model, path), value, path)
                found = {(c["code"], c["severity"]) for c in model.get("concerns", [])}
                for expected in row.concerns.items():
                    self.assertIn(expected, found)

    def test_every_fixture_has_a_row(self):
        used = {row.fixture for row in ROWS.values()} | {"ovf_1_plain", "vapp", "prefixed_1x"}
        self.assertEqual(used, {path.stem for path in DESCRIPTORS.glob("*.ovf")})

    def test_the_plain_one_has_no_finding(self):
        code, model = inspect(DESCRIPTORS / "ovf_1_plain.ovf")
        self.assertEqual((code, model["concerns"]), (0, []))

    def test_what_shows_elsewhere_is_tested_there(self):
        text = "".join(path.read_text(errors="replace")
                       for kind in ("unit", "integration", "e2e")
                       for path in (ROOT / "tests" / kind).rglob("*_test.*"))
        text = re.sub(r"TEST_[FP]\(", "TEST(", text)
        for behaviour, test in ELSEWHERE.items():
            with self.subTest(behaviour):
                self.assertIn(test, text)

    def test_strict_mode_refuses_what_is_doubtful(self):
        for fixture in ("firmware_contradiction", "namespace_default_missing",
                        "memory_without_unit", "property_qualifiers"):
            with self.subTest(fixture):
                code, model = inspect(DESCRIPTORS / f"{fixture}.ovf", "--strict")
                self.assertEqual(code, 3)
                self.assertIn(CRITICAL, {c["severity"] for c in model["concerns"]})
        code, model = inspect(DESCRIPTORS / "firmware_contradiction.ovf", "--strict")
        self.assertIn(("ovf.firmware", CRITICAL),
                      {(c["code"], c["severity"]) for c in model["concerns"]})

    def test_options_choose_properties_and_languages_choose_texts(self):
        _, model = inspect(DESCRIPTORS / "property_configurations.ovf", "--option", "extended")
        self.assertEqual([(p["key"], p["default"]) for p in model["systems"][0]["properties"]],
                         [("always", "much"), ("only.extended", "x")])
        code, model = inspect(DESCRIPTORS / "property_configurations.ovf", "--option", "huge")
        self.assertEqual(model["error"]["code"], "ovf.unknown-option")
        self.assertIn('"basic" "extended"', model["error"]["message"])
        for language, label, text in (("de", "Rechnername", "Wie er heisst"),
                                      ("en", "Host name", "Default text"),
                                      ("fr", "Default label", "Default text")):
            _, model = inspect(DESCRIPTORS / "strings_inline.ovf", "--language", language)
            host, lost = model["systems"][0]["properties"]
            self.assertEqual((host["label"], host["description"]), (label, text), language)
            self.assertEqual(lost["label"], "The text of the element")

    def judge(self, content, *options):
        self.file.write_bytes(content)
        code, model = inspect(self.file, *options)
        return code, model.get("error", {}).get("code"), \
            {concern["code"] for concern in model.get("concerns", [])}

    def test_encodings(self):
        plain = (DESCRIPTORS / "ovf_1_plain.ovf").read_text()
        body = plain.split("?>", 1)[1].replace("First network", "Größe")
        declared = '<?xml version="1.0" encoding="{}"?>'
        utf8 = body.encode()
        utf16 = "\ufeff" + declared.format("UTF-16") + body
        self.assertEqual(self.judge(b"\xef\xbb\xbf" + utf8), (0, None, set()))
        self.assertEqual(self.judge(utf16.encode("utf-16-le")), (0, None, set()))
        self.assertEqual(self.judge(declared.format("UTF-16").encode() + utf8),
                         (0, None, {"ovf.encoding"}))
        latin = (declared.format("ISO-8859-1") + body).encode("latin-1")
        self.assertEqual(self.judge(latin), (0, None, set()))
        self.assertEqual(self.judge(body.encode("latin-1"))[:2], (3, "ovf.encoding"))
        self.assertEqual(self.judge(b"")[:2], (3, "ovf.empty"))
        self.assertEqual(self.judge(utf8.replace(b"vm", b"v\0m", 1))[:2], (3, "ovf.nul"))

    def test_xml_that_attacks_its_reader(self):
        plain = (DESCRIPTORS / "ovf_1_plain.ovf").read_text()
        head, body = plain.split("?>", 1)
        entity = head + '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + body
        self.assertEqual(self.judge(entity.encode())[:2], (3, "ovf.doctype"))
        deep = plain.replace("<Info>A machine</Info>", "<a>" * 300 + "</a>" * 300)
        self.assertEqual(self.judge(deep.encode())[:2], (3, "ovf.too-deep"))
        unbound = plain.replace('<Name>', '<nowhere:Name>').replace('</Name>', '</nowhere:Name>')
        self.assertEqual(self.judge(unbound.encode()), (0, None, {"ovf.unbound-prefix"}))
        self.assertEqual(self.judge(unbound.encode(), "--strict")[0], 3)
        self.assertEqual(self.judge(plain.replace("</Envelope>", "").encode())[:2],
                         (3, "ovf.not-well-formed"))
        large = plain.replace('vmw:osType="debian11_64Guest"',
                              'vmw:osType="' + "x" * (17 << 20) + '"')
        self.assertEqual(self.judge(large.encode())[:2], (3, "ovf.too-large"))

    def package(self, members):
        """What becomes of an OVA of these members: exit code, codes of concerns."""
        path = self.file.with_suffix(".ova")
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        result = subprocess.run([OVAPORT, "inspect", "--json", path, path],
                                capture_output=True, text=True)
        model = json.loads(result.stdout.splitlines()[0])
        return result.returncode, {c["code"]: c["severity"] for c in model.get("concerns", [])} \
            or model.get("error", {}).get("code")

    def test_what_a_manifest_may_leave_out_and_add(self):
        ovf = ("a.ovf", (DESCRIPTORS / "ovf_1_plain.ovf").read_bytes())
        disk = ("disk1.vmdk", bytes(1 << 20))
        lines = {name: f"SHA256({name})= {hashlib.sha256(content).hexdigest()}\n"
                 for name, content in (ovf, disk)}

        def judged(text):
            return self.package([ovf, ("a.mf", text.encode()), disk])

        both = lines["a.ovf"] + lines["disk1.vmdk"]
        self.assertEqual(judged(both), (0, None))
        self.assertEqual(judged(lines["disk1.vmdk"]), (0, {"package.not-covered": WARNING}))
        self.assertEqual(judged(both + lines["a.ovf"].replace("a.ovf", "gone.iso"))[1],
                         {"package.manifest-extra": WARNING})
        self.assertIn("package.manifest-lists-itself",
                      judged(both + lines["a.ovf"].replace("a.ovf", "a.mf"))[1])
        self.assertEqual(self.package([("a.mf", both.encode()), ovf, disk])[0], 0)
        digest = lines["a.ovf"].split()[-1]
        self.assertEqual(judged(both.replace(digest, "ab" * 32)), (4, "import.descriptor-digest"))
        self.assertIn("package.manifest-line", judged(both.replace(digest, "00" + digest))[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
