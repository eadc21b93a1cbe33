#!/usr/bin/python3
"""Files as packages store them: in chunks, packed by gzip, with VMware's snapshot suffix;
and the judgement of packages by signature, policy and comparison."""
import functools
import gzip
import hashlib
import http.server
import json
import re
import subprocess
import threading
import unittest

from import_test import MIB, Case, ova


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Site:
    """A directory behind http on this machine."""

    def __init__(self, directory):
        handler = functools.partial(QuietHandler, directory=str(directory))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Stored(Case):
    def package(self, attributes, members, name="app.ova"):
        """An appliance of one disk whose File has `attributes`; `members` replace it."""
        made = ova.Ova(self.dir, sizes=((16 * MIB, 2 * MIB),))
        image = made.content("disk0.vmdk")
        text = made.ovf.decode().replace('ovf:href="disk0.vmdk"',
                                         f'ovf:href="disk0.vmdk" {attributes}')
        made.members = [("app.ovf", text.encode())] + members(image)
        made.members.insert(1, ("app.mf", ova.manifest(made.members)))
        return made, image, made.write(name)

    def chunks(self, image, size):
        return [(f"disk0.vmdk.{i:09d}", image[at:at + size])
                for i, at in enumerate(range(0, len(image), size))]

    def assert_imported(self, made, package):
        self.succeed(self.import_(package))
        self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw", made.raws[0])
        return json.loads((self.out / "test-appliance/import.json").read_text())

    def codes(self, package):
        shown = json.loads(self.ovaport("inspect", "--json", package).stdout)
        return {concern["code"] for concern in shown["concerns"]}

    def test_chunks_are_joined_and_each_is_verified(self):
        made, _, package = self.package('ovf:chunkSize="300000"',
                                        lambda image: self.chunks(image, 300000))
        report = self.assert_imported(made, package)
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])
        self.assertEqual(self.codes(package) - {"package.not-covered"}, set())

    def test_a_flipped_byte_in_a_chunk_is_named(self):
        made, image, _ = self.package('ovf:chunkSize="300000"',
                                      lambda image: self.chunks(image, 300000))
        damaged = bytearray(made.content("disk0.vmdk.000000001"))
        damaged[1000] ^= 1
        made.replace("disk0.vmdk.000000001", bytes(damaged))
        self.refuse(self.import_(made.write("bad.ova")), 4, r"disk0\.vmdk\.000000001",
                    "does not match the manifest")

    def test_a_missing_chunk_is_named(self):
        made, _, _ = self.package('ovf:chunkSize="300000"',
                                  lambda image: self.chunks(image, 300000))
        made.remove("disk0.vmdk.000000001")
        made.renew_manifest()
        self.refuse(self.import_(made.write("bad.ova")), 3, r"disk0\.vmdk\.000000001",
                    "import.chunk-missing")

    def test_a_chunk_of_another_size_is_refused(self):
        _, _, package = self.package('ovf:chunkSize="400000"',
                                     lambda image: self.chunks(image, 300000))
        self.refuse(self.import_(package), 3, "import.chunk-size")

    def test_a_chunk_size_with_one_plain_file_is_that_file(self):
        made, _, package = self.package('ovf:chunkSize="999999999"',
                                        lambda image: [("disk0.vmdk", image)])
        self.assert_imported(made, package)

    def test_a_gzip_disk_is_unpacked_and_its_packed_bytes_are_verified(self):
        made, image, package = self.package(
            'ovf:compression="gzip"', lambda image: [("disk0.vmdk", gzip.compress(image))])
        report = self.assert_imported(made, package)
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])
        self.assertNotIn("import.not-gzip", self.codes(package))

    def test_gzip_in_chunks_is_joined_first(self):
        made, _, package = self.package(
            'ovf:compression="gzip" ovf:chunkSize="200000"',
            lambda image: self.chunks(gzip.compress(image), 200000))
        self.assert_imported(made, package)

    def test_gzip_that_the_descriptor_does_not_say_is_unpacked_with_a_note(self):
        made, _, package = self.package("",
                                        lambda image: [("disk0.vmdk", gzip.compress(image))])
        self.assertIn("import.gzip-not-said", self.codes(package))
        self.assert_imported(made, package)

    def test_gzip_that_is_none_is_read_as_it_is(self):
        made, _, package = self.package('ovf:compression="gzip"',
                                        lambda image: [("disk0.vmdk", image)])
        self.assertIn("import.not-gzip", self.codes(package))
        self.assert_imported(made, package)

    def test_damaged_gzip_without_a_manifest_is_an_error(self):
        made, image, _ = self.package(
            'ovf:compression="gzip"', lambda image: [("disk0.vmdk", gzip.compress(image))])
        made.replace("disk0.vmdk", made.content("disk0.vmdk")[:-500])
        made.remove("app.mf")
        self.refuse(self.import_(made.write("bad.ova")), 4, "package.gzip", "disk0.vmdk")

    def test_a_bomb_is_stopped_at_what_the_disk_can_need(self):
        bomb = gzip.compress(bytes(200 * MIB), 9)
        _, _, package = self.package('ovf:compression="gzip"',
                                     lambda image: [("disk0.vmdk", bomb)])
        self.refuse(self.import_(package), 3, "import.unpacked-too-large")

    def test_chunks_are_found_in_a_folder_and_behind_a_percent_encoded_name(self):
        made, image, _ = self.package('ovf:chunkSize="300000"', lambda image: [])
        text = made.content("app.ovf").replace(b'ovf:href="disk0.vmdk"',
                                               b'ovf:href="my%20disk.vmdk"')
        parts = [(name.replace("disk0", "app/my disk"), part)
                 for name, part in self.chunks(image, 300000)]
        made.members = [("app/app.ovf", text)] + parts
        self.assert_imported(made, made.write("folder.ova"))

    def test_a_full_last_chunk_without_a_size_leaves_a_doubt(self):
        size = 1 << 16
        whole = bytes(2 * size)
        made, _, _ = self.package(f'ovf:chunkSize="{size}"',
                                  lambda image: self.chunks(whole, size))
        made.replace("app.ovf", re.sub(rb' ovf:size="[0-9]+"', b"", made.content("app.ovf")))
        made.renew_manifest()
        self.assertIn("import.chunk-count", self.codes(made.write("doubt.ova")))

    def test_a_file_at_a_url_is_not_fetched(self):
        made, _, _ = self.package("", lambda image: [("disk0.vmdk", image)])
        made.replace("app.ovf", made.content("app.ovf").replace(
            b'ovf:href="disk0.vmdk"', b'ovf:href="http://192.0.2.1/disk0.vmdk"'))
        made.renew_manifest()
        self.refuse(self.import_(made.write("far.ova")), 3, "import.remote-file",
                    "http://192.0.2.1/disk0.vmdk")

    def test_a_file_at_an_allowed_url_is_fetched_and_verified(self):
        made, image, _ = self.package("", lambda image: [("disk0.vmdk", image)])
        site = self.dir / "site"
        site.mkdir()
        (site / "far.vmdk").write_bytes(image)
        with Site(site) as url:
            text = made.content("app.ovf").replace(b'ovf:href="disk0.vmdk"',
                                                   f'ovf:href="{url}/far.vmdk"'.encode())
            listed = [("app.ovf", text), (f"{url}/far.vmdk", image)]
            made.members = [("app.ovf", text), ("app.mf", ova.manifest(listed))]
            package = made.write("far.ova")
            self.refuse(self.import_(package), 3, "import.remote-file", "--allow-url")
            self.refuse(self.import_(package, "--allow-url", "nonsense"), 5, "intake.url")
            self.refuse(self.import_(package, "--allow-url", url + "/other"), 3,
                        "import.remote-file")
            self.succeed(self.import_(package, "--allow-url", url + "/"))
            self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw",
                                  made.raws[0])
            report = json.loads((self.out / "test-appliance/import.json").read_text())
            self.assertTrue(report["machines"][0]["disks"][0]["verified"])
            self.assertEqual([p.name for p in self.out.iterdir()], ["test-appliance"])
            (site / "far.vmdk").write_bytes(image[:-1] + b"x")
            bad = self.import_(package, "--allow-url", url, "--name", "second")
            self.assertEqual(bad.returncode, 4, bad.stderr)
            (site / "far.vmdk").unlink()
            gone = self.import_(package, "--allow-url", url, "--name", "second")
            self.assertEqual(gone.returncode, 6, gone.stderr)
            self.assertIn("404", gone.stderr)
            self.assertEqual([p.name for p in self.out.iterdir()], ["test-appliance"])

    def test_a_package_at_a_url_is_fetched_checked_and_imported(self):
        made = ova.Ova(self.dir)
        site = self.dir / "site"
        site.mkdir()
        package = made.write("app.ova").rename(site / "my app.ova")
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        with Site(site) as url:
            address = f"{url}/my%20app.ova?token=hush"
            self.refuse(self.import_(address, "--digest", "0" * 64), 4, "import.package-digest")
            self.refuse(self.import_(address, "--digest", "xyz"), 5, "cli.digest")
            self.succeed(self.import_(address, "--digest", digest.upper()))
            self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw",
                                  made.raws[0])
            self.assertEqual([p.name for p in self.out.iterdir()], ["test-appliance"])
            text = (self.out / "test-appliance/manifests.yaml").read_text()
            self.assertIn("my app.ova", text)
            self.assertNotIn("hush", text)
            missing = self.import_(f"{url}/other.ova?token=hush", "--name", "second")
            self.assertEqual(missing.returncode, 6)
            self.assertNotIn("hush", missing.stderr)
        self.succeed(self.import_(package, "--digest", digest, "--replace"))
        self.assertEqual(self.import_(package, "--digest", "0" * 40, "--replace").returncode, 4)

    def test_padding_behind_a_gzip_disk_is_verified_too(self):
        made, _, package = self.package(
            'ovf:compression="gzip"',
            lambda image: [("disk0.vmdk", gzip.compress(image) + bytes(300000))])
        report = self.assert_imported(made, package)
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])

    def test_damaged_gzip_is_told_as_the_digest_mismatch_that_it_is(self):
        made, _, _ = self.package(
            'ovf:compression="gzip"', lambda image: [("disk0.vmdk", gzip.compress(image))])
        packed = bytearray(made.content("disk0.vmdk"))
        packed[len(packed) // 2] ^= 1
        made.replace("disk0.vmdk", bytes(packed))
        self.refuse(self.import_(made.write("bad.ova")), 4, "import.digest-mismatch",
                    r"disk0\.vmdk")

    def test_an_unknown_compression_is_refused(self):
        _, _, package = self.package('ovf:compression="bzip2"',
                                     lambda image: [("disk0.vmdk", image)])
        self.refuse(self.import_(package), 3, "bzip2", "ovf.compression")

    def test_the_suffix_of_a_snapshot_is_found(self):
        made, _, package = self.package("", lambda image: [("disk0.vmdk.000000000", image)])
        self.assertIn("import.snapshot-suffix", self.codes(package))
        self.assert_imported(made, package)


class Signed(Case):
    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], cwd=self.dir, check=True,
                              capture_output=True)
        return done.stdout

    def signed(self):
        """A package that a certificate of its own signs."""
        made = ova.Ova(self.dir)
        (self.dir / "app.mf").write_bytes(made.content("app.mf"))
        self.openssl("req", "-new", "-nodes", "-newkey", "rsa:2048", "-x509", "-days", "2",
                     "-subj", "/O=Example Vendor/CN=Signing", "-keyout", "key", "-out", "own.pem")
        signature = self.openssl("dgst", "-sha256", "-sign", "key", "app.mf").hex()
        made.members.append(("app.cert", f"SHA256(app.mf)= {signature}\n".encode() +
                             (self.dir / "own.pem").read_bytes()))
        return made

    def state(self, package, *arguments):
        done = self.ovaport("inspect", "--json", *arguments, package)
        return json.loads(done.stdout)["signature"]["state"], done.returncode

    def test_states_of_a_signature_are_told_and_policy_decides(self):
        made = self.signed()
        package = made.write()
        trusted = ("--trust-store", self.dir / "own.pem")
        self.assertEqual(self.state(package), ("untrusted", 0))
        self.assertEqual(self.state(package, *trusted), ("valid", 0))
        policy = self.dir / "policy.json"
        policy.write_text('{"require_signature": true}')
        self.refuse(self.import_(package, "--policy", policy), 3, "policy.signature")
        self.succeed(self.import_(package, "--policy", policy, *trusted))

    def test_a_changed_manifest_breaks_the_signature(self):
        made = self.signed()
        made.replace("app.mf", made.content("app.mf") + b"\n")
        package = made.write()
        self.assertEqual(self.state(package), ("broken", 3))
        self.refuse(self.import_(package), 3, "package.signature-broken")

    def test_a_certificate_without_a_manifest_is_refused(self):
        made = self.signed()
        made.remove("app.mf")
        self.refuse(self.import_(made.write()), 3, "certificate-without-manifest")

    def test_a_package_without_certificate_is_unsigned(self):
        self.assertEqual(self.state(ova.Ova(self.dir).write()), ("unsigned", 0))


class Judged(Case):
    def test_strict_mode_refuses_what_is_tolerated_otherwise(self):
        made = ova.Ova(self.dir)
        made.replace("app.ovf", made.ovf.replace(b"<Info>Disks</Info>", b""), keep_manifest=False)
        package = made.write()
        self.refuse(self.import_(package, "--strict"), 3, "ovf.no-info", "the policy refuses it")
        self.succeed(self.import_(package))

    def test_a_rule_that_does_not_exist_is_an_error(self):
        policy = self.dir / "policy.json"
        policy.write_text('{"max_cpu": 1}')
        self.refuse(self.import_(ova.Ova(self.dir).write(), "--policy", policy), 5, "max_cpus")

    def test_both_digests_of_a_file_are_verified(self):
        made = ova.Ova(self.dir)
        image = made.content("disk0.vmdk")
        for digest, code in ((hashlib.sha1(image).hexdigest(), 0), ("0" * 40, 4)):
            line = f"SHA1(disk0.vmdk)= {digest}\n".encode()
            made.renew_manifest()
            made.replace("app.mf", made.content("app.mf") + line)
            result = self.import_(made.write(), "--replace")
            self.assertEqual(result.returncode, code, result.stderr)


class Compared(Case):
    def test_two_versions_differ_in_what_was_changed(self):
        old = ova.Ova(self.dir)
        before = old.write("old.ova")
        new = ova.Ova(self.dir, sizes=((16 * MIB, 3 * MIB),), nics=2)
        text = new.ovf.replace(b">1024<", b">2048<").replace(b"changeme", b"other")
        new.replace("app.ovf", text, keep_manifest=False)
        after = new.write("new.ova")
        done = self.ovaport("diff", "--json", before, after)
        self.assertEqual(done.returncode, 1, done.stderr)
        found = {difference["subject"]: difference
                 for difference in json.loads(done.stdout)["differences"]}
        self.assertEqual(found["virtual system vm: memory"]["after"], "2 GiB")
        self.assertEqual(found["network Management"]["change"], "added")
        self.assertIn("virtual system vm: disk 1: content", found)
        secret = found["virtual system vm: property password: password default"]
        self.assertEqual((secret["before"], secret["after"]), ("", ""))
        self.assertNotIn("changeme", done.stdout)

    def test_the_same_package_has_no_difference(self):
        package = ova.Ova(self.dir).write()
        done = self.ovaport("diff", package, package)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_trouble_is_not_a_difference(self):
        done = self.ovaport("diff", self.dir / "absent", self.dir / "absent")
        self.assertGreaterEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
