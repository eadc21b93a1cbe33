#!/usr/bin/python3
"""What `ovaport inspect` makes of every descriptor in fixtures/descriptors.

OVAPORT names the program; it is set by CTest. OVAPORT_UPDATE_GOLDEN=1 writes what comes
out now; read the difference then."""

import json
import os
import pathlib
import subprocess
import unittest

OVAPORT = os.environ["OVAPORT"]
HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"
DESCRIPTORS = sorted((HERE.parents[2] / "fixtures/descriptors").glob("*.ovf"))
UPDATE = os.environ.get("OVAPORT_UPDATE_GOLDEN")


def models():
    """By name, the JSON without what only repeats the catalogue of concerns."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
    result = subprocess.run([OVAPORT, "inspect", "--descriptor-only", "--json",
                             *map(str, DESCRIPTORS)], capture_output=True, text=True,
                            env=environment)
    found = {}
    for line in result.stdout.splitlines():
        model = json.loads(line)
        name = pathlib.Path(model.pop("file")).stem
        for concern in model.get("concerns", []):
            for key in ("advice", "kind", "clause"):
                concern.pop(key, None)
        found[name] = model
    return found


class Golden(unittest.TestCase):
    maxDiff = None

    def test_models_are_as_reviewed(self):
        self.assertGreaterEqual(len(DESCRIPTORS), 40)
        found = models()
        self.assertEqual(sorted(found), [path.stem for path in DESCRIPTORS])
        for name, model in found.items():
            text = json.dumps(model, indent=1, ensure_ascii=False) + "\n"
            golden = GOLDEN / f"{name}.json"
            if UPDATE:
                golden.write_text(text)
            with self.subTest(name):
                self.assertEqual(text, golden.read_text())

    @unittest.skipIf(UPDATE, "golden files are being written")
    def test_every_golden_file_has_its_descriptor(self):
        self.assertEqual(sorted(path.stem for path in GOLDEN.glob("*.json")),
                         [path.stem for path in DESCRIPTORS])


if __name__ == "__main__":
    unittest.main(verbosity=2)
