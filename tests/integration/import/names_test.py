#!/usr/bin/python3
"""Files under odd names and in odd places, imported as a user does."""
import json
import tarfile
import unicodedata
import unittest
import zipfile

from import_test import Case, ova


class Names(Case):
    def named(self, href, member):
        """An appliance whose descriptor says `href` and whose disk is called `member`."""
        made = ova.Ova(self.dir)
        text = made.ovf.replace(b'ovf:href="disk0.vmdk"', f'ovf:href="{href}"'.encode())
        made.members = [("app.ovf", text), (member, made.content("disk0.vmdk"))]
        return made

    def assert_imported(self, made, package):
        self.succeed(self.import_(package, "--replace"))
        self.assert_same_disk(self.out / "test-appliance/test-appliance-disk0.raw", made.raws[0])
        report = json.loads((self.out / "test-appliance/import.json").read_text())
        return {concern["code"] for concern in report["concerns"]}

    def folder(self, made):
        root = self.dir / "folder"
        for name, content in made.members:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    def test_non_ascii_names_are_found_in_any_form(self):
        composed = "caf\u00e9 \u65e5\u672c.vmdk"
        made = self.named(composed, composed)
        self.assertNotIn("package.unicode-form", self.assert_imported(made, made.write()))
        made = self.named(composed, unicodedata.normalize("NFD", composed))
        self.assertIn("package.unicode-form", self.assert_imported(made, made.write()))
        made = self.named(composed.upper(), composed)
        self.assertIn("package.case", self.assert_imported(made, made.write()))

    def test_non_ascii_names_of_zip_are_found(self):
        made = self.named("caf\u00e9.vmdk", "caf\u00e9.vmdk")
        path = self.dir / "app.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in made.members:
                archive.writestr(name, content)
        self.assertNotIn("package.name-encoding", self.assert_imported(made, path))
        # Without the flag that says UTF-8 it is CP437, by the standard.
        made = self.named("caf\u00e9.vmdk", "cafX.vmdk")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in made.members:
                archive.writestr(name, content)
        path.write_bytes(path.read_bytes().replace(b"cafX.vmdk", b"caf\x82.vmdk"))
        self.assertIn("package.name-encoding", self.assert_imported(made, path))

    def test_latin_names_of_old_tars_are_guessed(self):
        made = self.named("caf\u00e9.vmdk", "caf\u00e9.vmdk")
        path = self.dir / "latin.ova"
        folder = self.folder(made)
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT, encoding="latin-1") as archive:
            for name, _ in made.members:
                archive.add(folder / name, name)
        self.assertIn("package.name-encoding", self.assert_imported(made, path))

    def test_manifests_name_files_from_their_own_folder_and_in_any_form(self):
        href = "caf\u00e9 1.vmdk"
        made = self.named(href, href)
        listed = [(unicodedata.normalize("NFD", name), content) for name, content in made.members]
        made.members.append(("app.mf", ova.manifest(listed)))
        for folder in ("", "appliance-1.0/"):
            with self.subTest(folder):
                inside = [(folder + name, content) for name, content in made.members]
                codes = self.assert_imported(made, ova.tar(self.dir / "app.ova", inside))
                self.assertEqual(codes & {"package.manifest-extra", "package.not-covered"}, set())
                report = json.loads((self.out / "test-appliance/import.json").read_text())
                self.assertTrue(report["machines"][0]["disks"][0]["verified"])
                damaged = [(name, content[:-1] + b"x" if name.endswith("vmdk") else content)
                           for name, content in inside]
                bad = self.import_(ova.tar(self.dir / "bad.ova", damaged), "--name", "second")
                self.assertEqual(bad.returncode, 4, bad.stderr)

    def test_a_folder_below_the_descriptor_may_hold_disks(self):
        made = self.named("disks/main/d.vmdk", "disks/main/d.vmdk")
        made.members.insert(1, ("app.mf", ova.manifest(made.members)))
        root = self.folder(made)
        (root / "elsewhere").mkdir()
        (root / "elsewhere/other.ovf").write_text("<x/>")
        codes = self.assert_imported(made, root)
        self.assertEqual(codes & {"package.manifest-extra", "package.not-covered"}, set())
        report = json.loads((self.out / "test-appliance/import.json").read_text())
        self.assertTrue(report["machines"][0]["disks"][0]["verified"])

    def test_a_link_to_a_folder_is_not_followed(self):
        made = self.named("disks/d.vmdk", "real/d.vmdk")
        root = self.folder(made)
        (root / "disks").symlink_to(root / "real")
        self.refuse(self.import_(root), 3, "package.missing-file")
        for href in ("../d.vmdk", "/d.vmdk", "C:/d.vmdk", "real\\d.vmdk"):
            with self.subTest(href):
                (root / "app.ovf").write_bytes(self.named(href, "x").content("app.ovf"))
                self.refuse(self.import_(root), 3, "package.unsafe-name")

    def test_files_that_nothing_references_are_named_up_to_a_limit(self):
        made = ova.Ova(self.dir)
        made.members += [(f"README.{i:02}", b"text") for i in range(30)]
        shown = json.loads(self.ovaport("inspect", "--json", made.write()).stdout)
        found = [c for c in shown["concerns"] if c["code"] == "import.unreferenced-file"]
        self.assertEqual(len(found), 20)
        self.assertEqual({c["severity"] for c in found}, {"information"})
        self.assertEqual(found[0]["file"], "README.00")

    def test_two_descriptors_at_any_depth_are_refused(self):
        made = ova.Ova(self.dir)
        made.members.append(("old/app.ovf", made.ovf))
        self.refuse(self.import_(made.write()), 3, "package.two-descriptors", "old/app.ovf")


if __name__ == "__main__":
    unittest.main(verbosity=2)
