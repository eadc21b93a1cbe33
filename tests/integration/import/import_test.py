"""`ovaport import` and `inspect` as a user runs them, on real OVAs, whole and broken.

OVAPORT names the program; it is set by CTest."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import ova  # noqa: E402
import yaml  # noqa: E402

OVAPORT = os.environ["OVAPORT"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
MIB = 1 << 20


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ovaport-import-")
        self.addCleanup(self.temporary.cleanup)
        self.dir = pathlib.Path(self.temporary.name)
        self.out = self.dir / "out"

    def ovaport(self, *arguments, timeout=120):
        return subprocess.run([OVAPORT, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout)

    def import_(self, package, *arguments, guest="none"):
        return self.ovaport("import", package, "--out", self.out, "--guest", guest, *arguments)

    def succeed(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def refuse(self, result, code, *patterns):
        """Fails with `code`, says every pattern, and leaves nothing behind."""
        self.assertEqual(result.returncode, code, result.stderr)
        for pattern in patterns:
            self.assertRegex(result.stderr, pattern)
        self.assertFalse(self.out.exists(), f"left behind: {list(self.out.glob('*'))}"
                         if self.out.exists() else "")

    def manifests(self, name="test-appliance"):
        text = (self.out / name / "manifests.yaml").read_text()
        return {document["kind"]: document for document in yaml.safe_load_all(text)}

    def assert_same_disk(self, file, raw):
        self.assertEqual(subprocess.run(["cmp", str(file), str(raw)]).returncode, 0)


class GoodPackages(Case):
    def test_disk_is_identical_and_result_complete(self):
        package = ova.Ova(self.dir)
        self.succeed(self.import_(package.write()))
        result = self.out / "test-appliance"
        disks = list(result.glob("*.raw"))
        self.assertEqual(len(disks), 1)
        self.assert_same_disk(disks[0], package.raws[0])
        kinds = self.manifests()
        self.assertEqual(set(kinds), {"Secret", "DataVolume", "VirtualMachine"})
        self.assertEqual(disks[0].stem, kinds["DataVolume"]["metadata"]["name"])
        self.assertEqual([p.name for p in self.out.iterdir()], ["test-appliance"])

    def test_report_names_what_was_verified(self):
        package = ova.Ova(self.dir)
        result = self.succeed(self.import_(package.write(), "--json"))
        report = json.loads(result.stdout)
        disk = report["machines"][0]["disks"][0]
        self.assertTrue(disk["verified"])
        self.assertEqual(disk["size"], 16 * MIB)
        self.assertRegex(report["content_digest"], r"^SHA256:[0-9a-f]{64}$")
        self.assertEqual(json.loads((self.out / "test-appliance" / "import.json").read_text()),
                         report)

    def test_holes_stay_holes(self):
        package = ova.Ova(self.dir, sizes=((1 << 30, 1 << 20),))
        self.succeed(self.import_(package.write()))
        disk = next((self.out / "test-appliance").glob("*.raw"))
        self.assertEqual(disk.stat().st_size, 1 << 30)
        self.assertLess(disk.stat().st_blocks * 512, 16 << 20)

    def test_two_disks_two_networks(self):
        package = ova.Ova(self.dir, sizes=((8 * MIB, MIB), (8 * MIB + 512 * 3, MIB)), nics=2)
        result = self.import_(package.write())
        self.refuse(result, 5, "Management", "--network")
        self.succeed(self.import_(package.write(), "--network", "Management=multus:apps/vlan7"))
        disks = sorted((self.out / "test-appliance").glob("*.raw"))
        self.assertEqual(len(disks), 2)
        for disk, raw in zip(disks, package.raws):
            self.assert_same_disk(disk, raw)
        networks = self.manifests()["VirtualMachine"]["spec"]["template"]["spec"]["networks"]
        self.assertEqual([n.get("multus", {}).get("networkName") for n in networks],
                         [None, "apps/vlan7"])

    def test_ovf_directory(self):
        package = ova.Ova(self.dir)
        folder = self.dir / "folder"
        folder.mkdir()
        for name, content in package.members:
            (folder / name).write_bytes(content)
        self.succeed(self.import_(folder))
        self.assert_same_disk(next((self.out / "test-appliance").glob("*.raw")), package.raws[0])

    def test_package_without_manifest_is_imported_unverified(self):
        package = ova.Ova(self.dir)
        package.remove("app.mf")
        report = json.loads(self.succeed(self.import_(package.write(), "--json")).stdout)
        self.assertFalse(report["machines"][0]["disks"][0]["verified"])

    def test_manifest_can_be_demanded(self):
        package = ova.Ova(self.dir)
        package.remove("app.mf")
        self.refuse(self.import_(package.write(), "--require-manifest"), 4, "manifest")

    def test_properties_reach_the_config_disk(self):
        secrets = self.dir / "secrets"
        secrets.write_text("password=s3cr3t & <more>\n")
        package = ova.Ova(self.dir)
        result = self.succeed(self.import_(package.write(), "--prop", "hostname=web1",
                                           "--prop-file", secrets))
        self.assertNotIn("s3cr3t", result.stdout + result.stderr)
        environment = self.manifests()["Secret"]["stringData"]["ovf-env.xml"]
        self.assertIn('oe:key="hostname" oe:value="web1"', environment)
        self.assertIn('oe:value="s3cr3t &amp; &lt;more&gt;"', environment)
        self.assertNotIn("s3cr3t", (self.out / "test-appliance" / "import.json").read_text())
        for file in ("manifests.yaml", "manifests.json"):
            mode = (self.out / "test-appliance" / file).stat().st_mode & 0o777
            self.assertEqual(mode, 0o600)

    def test_environment_lists_the_macs_of_the_machine(self):
        package = ova.Ova(self.dir)
        self.succeed(self.import_(package.write()))
        kinds = self.manifests()
        interface = kinds["VirtualMachine"]["spec"]["template"]["spec"]["domain"]["devices"][
            "interfaces"][0]
        self.assertIn(interface["macAddress"], kinds["Secret"]["stringData"]["ovf-env.xml"])

    def test_same_package_gives_the_same_manifests(self):
        package = ova.Ova(self.dir).write()
        self.succeed(self.import_(package))
        first = (self.out / "test-appliance" / "manifests.yaml").read_text()
        self.succeed(self.import_(package, "--replace"))
        self.assertEqual(first, (self.out / "test-appliance" / "manifests.yaml").read_text())


class RealSchemas(Case):
    def test_manifests_of_an_import_pass_the_real_crds(self):
        crds = ROOT.parent / "shared" / "crds"
        if not crds.is_dir():
            self.skipTest(f"the CRDs of KubeVirt and CDI are not at {crds}")
        package = ova.Ova(self.dir, sizes=((8 * MIB, MIB), (8 * MIB, MIB)), nics=2)
        self.succeed(self.import_(package.write(), "--storage-class", "fast", "--network",
                                  "Management=multus:apps/vlan7"))
        result = self.out / "test-appliance"
        for file in ("manifests.yaml", "manifests.json"):
            check = subprocess.run(
                ["/usr/bin/python3", ROOT / "tests/integration/schema/validate_manifests.py",
                 "--crds", crds, result / file], capture_output=True, text=True)
            self.assertEqual(check.returncode, 0, check.stdout + check.stderr)


class BrokenPackages(Case):
    def test_flipped_byte_in_a_disk(self):
        package = ova.Ova(self.dir)
        content = bytearray(package.content("disk0.vmdk"))
        content[-100000] ^= 1
        expected = re.search(r"SHA256\(disk0.vmdk\)= (\w+)",
                             package.content("app.mf").decode()).group(1)
        package.replace("disk0.vmdk", bytes(content))
        found = hashlib.sha256(content).hexdigest()
        self.refuse(self.import_(package.write()), 4, "disk0.vmdk", "digest", expected, found)

    def test_flipped_byte_that_no_decoder_would_notice(self):
        package = ova.Ova(self.dir)
        content = bytearray(package.content("disk0.vmdk"))
        content[-1] ^= 1  # behind everything that a decoder looks at
        found = hashlib.sha256(content).hexdigest()
        package.replace("disk0.vmdk", bytes(content))
        self.refuse(self.import_(package.write()), 4, "disk0.vmdk", "digest", found)

    def test_flipped_byte_in_the_descriptor(self):
        package = ova.Ova(self.dir)
        package.replace("app.ovf", package.ovf.replace(b"First network", b"first network"))
        expected = re.search(r"SHA256\(app.ovf\)= (\w+)",
                             package.content("app.mf").decode()).group(1)
        self.refuse(self.import_(package.write()), 4, "app.ovf", expected, "digest")

    def test_truncated_ova(self):
        package = ova.Ova(self.dir).write()
        with open(package, "r+b") as file:
            file.truncate(package.stat().st_size // 2)
        self.refuse(self.import_(package), 4, "disk0.vmdk", "truncated|ends|short")

    def test_truncated_disk(self):
        package = ova.Ova(self.dir)
        content = package.content("disk0.vmdk")
        package.replace("disk0.vmdk", content[:len(content) // 2], keep_manifest=False)
        self.refuse(self.import_(package.write()), 4, "disk0.vmdk", "truncated|ends")

    def test_lying_size_is_a_warning_when_the_digest_agrees(self):
        package = ova.Ova(self.dir)
        package.replace("app.ovf", re.sub(rb'ovf:size="\d+"', b'ovf:size="123"', package.ovf),
                        keep_manifest=False)
        result = self.succeed(self.import_(package.write()))
        self.assertRegex(result.stderr, "123")

    def test_missing_disk(self):
        package = ova.Ova(self.dir)
        package.remove("disk0.vmdk")
        package.renew_manifest()
        self.refuse(self.import_(package.write()), 3, "disk0.vmdk")

    def test_no_descriptor(self):
        package = ova.Ova(self.dir)
        package.remove("app.ovf")
        self.refuse(self.import_(package.write()), 3, r"\.ovf")

    def test_not_an_archive(self):
        (self.dir / "app.ova").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
        self.refuse(self.import_(self.dir / "app.ova"), 3, "PNG")

    def test_missing_file(self):
        self.refuse(self.import_(self.dir / "absent.ova"), 6, "absent.ova")

    def test_escaping_name(self):
        package = ova.Ova(self.dir)
        package.members.append(("../evil", b"x"))
        self.refuse(self.import_(package.write()), 3, r"\.\./evil")

    def test_disk_that_reads_a_host_file(self):
        package = ova.Ova(self.dir)
        evil = (b'# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n'
                b'createType="monolithicFlat"\nRW 8 FLAT "/etc/passwd" 0\n')
        package.replace("disk0.vmdk", evil + bytes(4096), keep_manifest=False)
        self.refuse(self.import_(package.write()), 3, "disk0.vmdk")


class Choices(Case):
    def test_bad_property_value_is_refused_without_showing_it(self):
        package = ova.Ova(self.dir).write()
        result = self.import_(package, "--prop", "port=s3cr3t")
        self.refuse(result, 5, "port")
        self.assertNotIn("s3cr3t", result.stderr)

    def test_unknown_property_names_the_nearest(self):
        package = ova.Ova(self.dir).write()
        self.refuse(self.import_(package, "--prop", "hostnam=x"), 5, '"hostname"')

    def test_licence_must_be_accepted(self):
        package = ova.Ova(self.dir, eula=True).write()
        self.refuse(self.import_(package), 5, "--accept-eula")
        self.succeed(self.import_(package, "--accept-eula"))

    def test_unknown_option(self):
        package = ova.Ova(self.dir).write()
        self.refuse(self.import_(package, "--option", "huge"), 5, "huge")

    def test_existing_result_is_kept(self):
        package = ova.Ova(self.dir).write()
        self.succeed(self.import_(package))
        marker = self.out / "test-appliance" / "marker"
        marker.write_text("mine")
        result = self.import_(package)
        self.assertEqual(result.returncode, 6, result.stderr)
        self.assertRegex(result.stderr, "--replace")
        self.assertTrue(marker.exists())
        self.succeed(self.import_(package, "--replace"))
        self.assertFalse(marker.exists())

    def test_wrong_command_line(self):
        self.assertEqual(self.ovaport("import").returncode, 2)
        self.assertEqual(self.ovaport("frobnicate").returncode, 2)


class Interruption(Case):
    def start(self, package):
        return subprocess.Popen([OVAPORT, "import", str(package), "--out", str(self.out),
                                 "--guest", "none"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait_for_partial_disk(self, process):
        """Until the decoder has begun to write, or the import is over."""
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if any(f.stat().st_blocks > 0 for f in self.out.glob(".ovaport-*/*.raw")):
                return
            time.sleep(0.001)

    def make_large(self):
        return ova.Ova(self.dir, sizes=((512 * MIB, 96 * MIB),)).write()

    def test_ctrl_c_leaves_nothing(self):
        process = self.start(self.make_large())
        self.wait_for_partial_disk(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130, process.stderr.read())
        process.stderr.close()
        self.assertFalse(self.out.exists())

    def test_kill_leaves_no_result_and_the_next_run_starts_clean(self):
        package = self.make_large()
        process = self.start(package)
        self.wait_for_partial_disk(process)
        process.kill()
        process.wait()
        process.stderr.close()
        visible = [p for p in self.out.iterdir() if not p.name.startswith(".")]
        self.assertEqual(visible, [])
        self.succeed(self.import_(package))
        self.assertEqual([p.name for p in self.out.iterdir()], ["test-appliance"])

    def test_full_disk_is_reported_and_leaves_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small tmpfs")
        package = self.make_large()
        mount = self.dir / "small"
        mount.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)], check=True)
        self.addCleanup(subprocess.run, ["umount", str(mount)])
        result = self.ovaport("import", package, "--out", mount / "out", "--guest", "none")
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertEqual(list(mount.iterdir()), [])


class Inspect(Case):
    def test_json_shows_hardware_properties_and_concerns(self):
        package = ova.Ova(self.dir, eula=True).write()
        view = json.loads(self.succeed(self.ovaport("inspect", "--json", package)).stdout)
        system = view["systems"][0]
        self.assertEqual(system["cpus"], 2)
        self.assertEqual(system["memory"], 1 << 30)
        self.assertEqual(system["disks"][0]["capacity"], 16 * MIB)
        self.assertEqual([n["network"] for n in system["nics"]], ["VM Network"])
        self.assertEqual([p["key"] for p in system["properties"]],
                         ["hostname", "password", "port"])
        self.assertNotIn("changeme", json.dumps(view))
        self.assertEqual(view["eulas"], ["Be kind."])

    def test_table_is_for_people(self):
        package = ova.Ova(self.dir).write()
        text = self.succeed(self.ovaport("inspect", package)).stdout
        for word in ("Test Appliance", "1 GiB", "VM Network", "hostname", "uint16"):
            self.assertIn(word, text)
        self.assertNotIn("changeme", text)

    def test_bare_descriptor(self):
        descriptor = self.dir / "app.ovf"
        descriptor.write_bytes(ova.Ova(self.dir).ovf)
        os.unlink(self.dir / "disk0.vmdk")
        self.succeed(self.ovaport("inspect", "--descriptor-only", descriptor))
        result = self.ovaport("inspect", descriptor)
        self.assertRegex(result.stdout + result.stderr, "disk0.vmdk")

    def test_reads_little_of_a_package_of_50_gib(self):
        package = self.dir / "large.ova"
        self.write_large(package, 5, 10 << 30)
        self.assertGreater(package.stat().st_size, 50 << 30)
        trace = self.dir / "trace"
        result = subprocess.run(["strace", "-f", "-y", "-e", "trace=read,readv,pread64,preadv,mmap",
                                 "-o", str(trace), OVAPORT, "inspect", str(package)],
                                capture_output=True)
        if result.returncode != 0 and b"ptrace" in result.stderr:
            self.skipTest("ptrace is not permitted here")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [line for line in trace.read_text().splitlines() if f"<{package}>" in line]
        self.assertFalse([line for line in lines if "mmap(" in line])
        total = sum(int(m.group(1)) for m in re.finditer(r"= (\d+)$", "\n".join(lines), re.M))
        self.assertGreater(total, 0)
        self.assertLess(total, MIB)

    @staticmethod
    def write_large(path, disks, size):
        """An OVA with disks that are holes."""
        names = [f"disk{i}.vmdk" for i in range(disks)]
        text = ova.descriptor([(name, size, size) for name in names])
        with open(path, "wb") as file:
            for name, length in [("app.ovf", len(text))] + [(name, size) for name in names]:
                member = tarfile.TarInfo(name)
                member.size = length
                file.write(member.tobuf(tarfile.GNU_FORMAT))
                if name == "app.ovf":
                    file.write(text)
                file.seek(-file.tell() % 512 if name == "app.ovf" else length, os.SEEK_CUR)
            file.write(bytes(1024))

    def test_several_packages_are_shown_in_their_order(self):
        made = ova.Ova(self.dir)
        good = made.write("good.ova")
        broken = self.dir / "broken.ova"
        broken.write_bytes(b"nothing of the kind")
        packages = [good, broken] * 40
        result = self.ovaport("inspect", "--json", *packages)
        self.assertEqual(result.returncode, 3)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([line["file"] for line in lines], [str(p) for p in packages])
        self.assertEqual(lines[0]["systems"][0]["cpus"], 2)
        self.assertEqual(lines[1]["error"]["code"], "package.not-an-ova")
        text = self.ovaport("inspect", *packages)
        self.assertEqual(text.returncode, 3)
        self.assertEqual(text.stdout.count("== "), 40)
        self.assertEqual(len(text.stderr.splitlines()), 40)
        self.assertIn("broken.ova", text.stderr)


class Completion(Case):
    def complete(self, *words):
        script = self.succeed(self.ovaport("completion", "bash")).stdout
        command = (script + "\nCOMP_WORDS=(" + " ".join(map(repr, words)) + "); "
                   f"COMP_CWORD={len(words) - 1}; compopt() {{ :; }}; _ovaport; "
                   'printf "%s\\n" "${COMPREPLY[@]}"')
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True,
                              check=True).stdout.split()

    def test_commands_and_options(self):
        self.assertIn("import", self.complete("ovaport", "im"))
        self.assertIn("--storage-class", self.complete("ovaport", "import", "--sto"))
        self.assertEqual(self.complete("ovaport", "import", "--guest", "c"), ["convert"])
        self.assertNotIn("guest-worker", self.complete("ovaport", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
