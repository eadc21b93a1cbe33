"""What is rendered, against the CRDs of KubeVirt and CDI and another YAML reader.

OVAPORT_RENDER_SAMPLES names the program that renders; CTest sets it. The CRDs lie in
OVAPORT_SHARED_DIR/crds; without them the whole test is skipped (exit code 77)."""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

import validate_manifests

CRDS = pathlib.Path(os.environ["OVAPORT_SHARED_DIR"]) / "crds"
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "unit/kubevirt/golden"


def setUpModule():
    global VALIDATORS, FRESH, TEMPORARY
    VALIDATORS = validate_manifests.load_schemas(CRDS)
    TEMPORARY = tempfile.TemporaryDirectory(prefix="ovaport-schema-")
    FRESH = pathlib.Path(TEMPORARY.name)
    subprocess.run([os.environ["OVAPORT_RENDER_SAMPLES"], FRESH], check=True)


def tearDownModule():
    TEMPORARY.cleanup()


class Schema(unittest.TestCase):
    def assert_valid(self, paths, at_least):
        count, found = validate_manifests.validate_files(VALIDATORS, paths)
        self.assertEqual(found, [])
        self.assertGreaterEqual(count, at_least)

    def test_golden_manifests_are_valid(self):
        self.assert_valid(sorted(GOLDEN.glob("*.yaml")), 15)
        self.assert_valid(sorted(GOLDEN.glob("*.json")), 15)

    def test_fresh_manifests_are_valid(self):
        self.assert_valid(sorted(FRESH.glob("sample-*")), 30)

    def test_generated_manifests_are_valid(self):
        self.assert_valid(sorted(FRESH.glob("generated.*")), 1000)

    def test_command_line_says_so_too(self):
        script = validate_manifests.__file__
        good = sorted(GOLDEN.glob("*.yaml"))[0]
        bad = FRESH / "bad.json"
        bad.write_text('{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}')
        for path, code in ((good, 0), (bad, 1)):
            result = subprocess.run([sys.executable, script, "--crds", CRDS, path],
                                    capture_output=True, text=True)
            self.assertEqual(result.returncode, code, result.stderr)


class NegativeControls(unittest.TestCase):
    """The validator itself: each change to a valid set must be refused."""

    def setUp(self):
        objects = validate_manifests.read_objects(GOLDEN / "two-disks-two-networks.json")
        self.objects = {thing["kind"]: thing for thing in objects}

    def refuse(self, kind, path, value):
        thing = copy.deepcopy(self.objects[kind])
        self.assertEqual(validate_manifests.problems(VALIDATORS, thing), [])
        place = thing
        for step in path[:-1]:
            place = place[step]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        found = validate_manifests.problems(VALIDATORS, thing)
        self.assertNotEqual(found, [], f"{kind} {path} = {value!r}")
        return found

    def test_unknown_fields(self):
        domain = ["spec", "template", "spec", "domain"]
        for path in (["bogus"], ["spec", "bogus"], ["metadata", "bogus"],
                     ["spec", "template", "metadata", "bogus"],
                     [*domain, "bogus"], [*domain, "devices", "bogus"],
                     [*domain, "devices", "disks", 0, "disk", "bogus"],
                     [*domain, "devices", "interfaces", 0, "bridge", "bogus"],
                     [*domain, "devices", "rng", "bogus"],
                     ["spec", "template", "spec", "volumes", 0, "dataVolume", "bogus"]):
            self.refuse("VirtualMachine", path, {})
        self.refuse("DataVolume", ["spec", "source", "upload", "bogus"], 1)
        self.refuse("DataVolume", ["spec", "storage", "bogus"], 1)
        self.refuse("Secret", ["bogus"], 1)
        self.refuse("Secret", ["stringData", "a b"], "x")

    def test_wrong_types(self):
        domain = ["spec", "template", "spec", "domain"]
        for path, value in (([*domain, "cpu", "sockets"], "2"),
                            ([*domain, "cpu", "sockets"], 1 << 32),
                            ([*domain, "memory", "guest"], True),
                            ([*domain, "devices", "disks"], {}),
                            ([*domain, "devices", "disks", 0, "bootOrder"], 1.5),
                            ([*domain, "devices", "disks", 0, "name"], 1),
                            ([*domain, "devices", "rng"], []),
                            (["metadata", "annotations", "x"], True),
                            (["metadata", "labels", "x"], "a b"),
                            (["metadata", "name"], "Upper")):
            self.refuse("VirtualMachine", path, value)
        self.refuse("DataVolume", ["spec", "storage", "resources", "requests", "storage"], [])
        self.refuse("Secret", ["stringData", "x"], 1)

    def test_missing_fields(self):
        self.refuse("VirtualMachine", ["spec", "template"], None)
        self.refuse("VirtualMachine", ["metadata", "name"], None)
        self.refuse("VirtualMachine", ["spec", "template", "spec", "volumes", 0, "name"], None)
        self.refuse("VirtualMachine", ["metadata"], None)

    def test_unknown_kind(self):
        self.refuse("DataVolume", ["apiVersion"], "cdi.kubevirt.io/v9")

    def test_no_value_of_a_secret_is_shown(self):
        found = self.refuse("Secret", ["stringData", "x"], {"password": "hunter2"})
        self.assertNotIn("hunter2", " ".join(found))


class Yaml(unittest.TestCase):
    """PyYAML reads YAML 1.1, the more dangerous dialect; the unit tests use yaml-cpp."""

    def same(self, stem):
        text = (FRESH / f"{stem}.yaml").read_text(encoding="utf-8")
        expected = json.loads((FRESH / f"{stem}.json").read_text(encoding="utf-8"))["items"]
        for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            read = list(yaml.load_all(text, Loader=loader))
            self.assertEqual(len(read), len(expected))
            for found, wanted in zip(read, expected):
                self.assertEqual(found, wanted)
        return len(expected)

    def test_hostile_texts_survive(self):
        self.assertGreater(self.same("texts"), 50)

    def test_samples_survive(self):
        stems = [path.stem for path in FRESH.glob("sample-*.yaml")]
        self.assertGreaterEqual(len(stems), 5)
        for stem in stems:
            self.same(stem)

    def test_generated_manifests_survive(self):
        self.assertGreater(self.same("generated"), 1000)


if __name__ == "__main__":
    if not CRDS.is_dir():
        print(f"SKIPPED: there are no CRDs in {CRDS}")
        sys.exit(77)
    unittest.main()
