"""Appliances of several machines, their properties, languages and start order, as a user
meets them. OVAPORT names the program; it is set by CTest."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import yaml

try:
    import jsonschema
except ImportError:
    jsonschema = None

OVAPORT = os.environ["OVAPORT"]
FIXTURE = pathlib.Path(__file__).resolve().parents[3] / "fixtures" / "descriptors" / "vapp.ovf"
OE = "{http://schemas.dmtf.org/ovf/environment/1}"
GERMAN = """<?xml version="1.0" encoding="UTF-8"?>
<Strings xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xml:lang="de">
  <Msg ovf:msgid="domain">Domäne</Msg><Msg ovf:msgid="eula">Sie stimmen zu.</Msg>
</Strings>"""
ADDRESSES = "VM Network=10.0.0.5/24,address=10.0.0.6/24,gateway=10.0.0.1,dns=10.0.0.2 10.0.0.3"
ANSWERS = ("--prop", "domain=example.org", "--prop", "db:password=correct-horse")


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ovaport-vapp-")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.package = self.dir / "shop"
        self.package.mkdir()
        shutil.copy(FIXTURE, self.package / "shop.ovf")
        (self.package / "texts-de.xml").write_text(GERMAN, encoding="utf-8")
        (self.package / "texts-broken.xml").write_bytes("domain = größe".encode("latin-1"))
        self.out = self.dir / "out"

    def run_ovaport(self, *arguments, env=None):
        return subprocess.run([OVAPORT, *map(str, arguments)], capture_output=True, text=True,
                              timeout=120, env={**os.environ, "LANGUAGE": "", "LC_ALL": "C",
                                                **(env or {})})

    def ovaport(self, *arguments, env=None):
        result = self.run_ovaport(*arguments, env=env)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def import_(self, *arguments):
        return self.run_ovaport("import", self.package, "--out", self.out, "--guest", "none",
                                "--accept-eula", "--json", *arguments)

    def imported(self, *arguments):
        result = self.import_(*ANSWERS, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.result = self.out / report["name"]
        documents = list(yaml.safe_load_all((self.result / "manifests.yaml").read_text()))
        self.machines = {d["metadata"]["annotations"]["ovaport.io/virtual-system"]: d
                         for d in documents if d["kind"] == "VirtualMachine"}
        self.environments = {}
        secrets = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Secret"}
        for system, machine in self.machines.items():
            volumes = machine["spec"]["template"]["spec"]["volumes"]
            name = next(v["secret"]["secretName"] for v in volumes if "secret" in v)
            text = secrets[name]["stringData"]["ovf-env.xml"]
            self.environments[system] = xml.etree.ElementTree.fromstring(text)
        return report

    def refused(self, code, *arguments):
        result = self.import_(*arguments)
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertIn(f"[{code}]", result.stderr)
        return result.stderr

    @staticmethod
    def properties(element):
        section = element.find(OE + "PropertySection")
        return {p.get(OE + "key"): p.get(OE + "value") for p in section}

    def entities(self, system):
        return {e.get(OE + "id"): self.properties(e)
                for e in self.environments[system].findall(OE + "Entity")}


class Environments(Case):
    def test_members_inherit_from_all_collections_around_them(self):
        self.imported()
        self.assertEqual(set(self.machines), {"db", "web1", "web2", "spare"})
        for system in self.machines:
            self.assertEqual(self.properties(self.environments[system])["domain"], "example.org")
        self.assertEqual(self.properties(self.environments["db"])["level"], "own")
        self.assertEqual(self.properties(self.environments["web1"])["level"], "info")

    def test_each_lists_its_siblings_and_nobody_else(self):
        self.imported()
        self.assertEqual(set(self.entities("db")), {"tier", "spare"})
        self.assertEqual(set(self.entities("web1")), {"web2"})
        self.assertEqual(self.entities("web1")["web2"]["hostname"], "web")
        self.assertEqual(self.entities("db")["tier"]["domain"], "example.org")

    def test_a_property_can_be_set_for_one_machine(self):
        self.imported("--prop", "web2:hostname=second", "--prop", "hostname=all",
                      "--prop", "tier:level=debug")
        hosts = {s: self.properties(e).get("hostname") for s, e in self.environments.items()}
        self.assertEqual(hosts, {"db": "all", "web1": "all", "web2": "second", "spare": None})
        levels = {s: self.properties(e)["level"] for s, e in self.environments.items()}
        self.assertEqual(levels, {"db": "own", "web1": "debug", "web2": "debug", "spare": "info"})

    def test_unknown_system_or_property_is_refused(self):
        self.assertIn("hostname", self.refused("import.unknown-property", *ANSWERS,
                                               "--prop", "web9:hostnam=x"))
        self.refused("import.unknown-property", *ANSWERS, "--prop", "spare:password=secret-word")

    def test_all_missing_properties_are_named_and_no_value_is_shown(self):
        said = self.refused("environment.missing-properties", "--prop", "hostname=hidden-value")
        self.assertIn('"domain"', said)
        self.assertIn('"password"', said)
        self.assertNotIn("hidden-value", said)

    def test_password_stays_in_the_secret(self):
        report = self.imported()
        for file in (self.result / "import.json", self.result / "start.sh"):
            self.assertNotIn("correct-horse", file.read_text())
        self.assertNotIn("correct-horse", json.dumps(report))
        self.assertNotIn("correct-horse", json.dumps(self.machines))

    def test_values_come_back_byte_for_byte(self):
        value = 'a "quoted" <b> & \'c\'\t\U0001F600 ${x} ' + "line\nnext  " * 10
        (self.dir / "answers.json").write_text(json.dumps({"db:level": value}))
        self.imported("--prop-file", self.dir / "answers.json")
        self.assertEqual(self.properties(self.environments["db"])["level"], value)
        self.assertNotEqual(self.properties(self.environments["web1"])["level"], value)


class Addresses(Case):
    def test_each_machine_gets_its_own_and_the_collection_one(self):
        self.imported("--ip", ADDRESSES)
        values = {s: self.properties(e) for s, e in self.environments.items()}
        self.assertEqual({v["netmask"] for v in values.values()}, {"255.255.255.0"})
        self.assertEqual(len({v["vip"] for v in values.values()}), 1)
        self.assertEqual({values["db"]["ip"], values["db"]["vip"]}, {"10.0.0.5", "10.0.0.6"})

    def test_they_can_come_from_a_file(self):
        (self.dir / "ip").write_text(f"# office\n\n{ADDRESSES}\n")
        self.imported("--ip-file", self.dir / "ip")
        self.assertEqual(self.properties(self.environments["web1"])["netmask"], "255.255.255.0")

    def test_dhcp_leaves_them_empty_and_says_when_it_is_not_foreseen(self):
        report = self.imported("--ip", "VM Network=dhcp")
        self.assertEqual(self.properties(self.environments["db"])["ip"], "")
        self.assertIn("import.ip-scheme", {c["code"] for c in report["concerns"]})

    def test_a_network_that_is_not_there_is_refused(self):
        said = self.refused("import.unknown-network", *ANSWERS, "--ip", "VM Netwrk=dhcp")
        self.assertIn("VM Network", said)


class Order(Case):
    def test_machines_carry_the_order_and_wait_for_it(self):
        report = self.imported("--start")
        stages = {e["virtual_system"]: e["stage"] for e in report["start_sequence"]}
        self.assertEqual(stages, {"db": 1, "web1": 2, "web2": 3, "spare": 4})
        for system, machine in self.machines.items():
            self.assertEqual(machine["spec"]["runStrategy"], "Halted")
            annotations = machine["metadata"]["annotations"]
            self.assertEqual(annotations["ovaport.io/start-stage"], str(stages[system]))
        codes = [c["code"] for c in report["concerns"]]
        self.assertEqual(codes.count("ovf.startup-unknown"), 1)
        self.assertLessEqual({"import.start-order", "import.waits-for-guest",
                              "ovf.startup-unknown", "ovf.startup-never-stopped"}, set(codes))

    def run_script(self, *arguments, agent="True"):
        """Runs start.sh with programs that write down what they were asked."""
        tools, log = self.dir / "tools", self.dir / "log"
        tools.mkdir(exist_ok=True)
        log.write_text("")
        (tools / "virtctl").write_text(f'#!/bin/sh\necho "$3 $4" >> {log}\n')
        (tools / "kubectl").write_text(
            f'#!/bin/sh\ncase "$*" in *AgentConnected*) echo "agent $5" >> {log}; echo {agent};; '
            'esac\n')
        for tool in tools.iterdir():
            tool.chmod(0o755)
        done = subprocess.run([self.result / "start.sh", *arguments], capture_output=True,
                              text=True, timeout=60,
                              env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, 0, done.stderr)
        names = {m["metadata"]["name"]: s for s, m in self.machines.items()}
        return [f"{verb} {names[name]}" for verb, name in
                (line.split() for line in log.read_text().splitlines())]

    def test_script_starts_in_order_and_stops_in_reverse(self):
        self.imported()
        self.assertEqual(self.run_script(), ["start db", "agent db", "start web1", "start web2"])
        self.assertEqual(self.run_script("stop"), ["stop web2", "stop web1", "stop db"])

    def test_script_goes_on_when_no_agent_answers(self):
        self.imported()
        calls = self.run_script(agent="")
        self.assertEqual([c for c in calls if c.startswith("start")],
                         ["start db", "start web1", "start web2"])


class Kubernetes(Case):
    def test_names_are_labels_and_do_not_depend_on_the_rest(self):
        self.imported()
        names = {s: m["metadata"]["name"] for s, m in self.machines.items()}
        self.assertEqual(len(set(names.values())), 4)
        for name in names.values():
            self.assertRegex(name, r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
        self.assertRegex(names["web2"], r"^vm-[0-9a-f]{8}$")
        display = {s: m["metadata"]["annotations"]["ovaport.io/display-name"]
                   for s, m in self.machines.items()}
        self.assertEqual(display["web2"], "虚拟机")
        self.assertEqual(len(display["spare"]), 200)

    def test_machines_of_one_name_are_told_apart_by_their_ids(self):
        text = FIXTURE.read_text().replace("<Name>虚拟机</Name>", "<Name>SERVER</Name>")
        (self.package / "shop.ovf").write_text(text)
        self.imported()
        names = [self.machines[s]["metadata"]["name"] for s in ("db", "web1", "web2")]
        self.assertEqual(len(set(names)), 3)
        for name in names:
            self.assertRegex(name, r"^server-[0-9a-f]{8}$")

    def test_placement_becomes_anti_affinity(self):
        self.imported()
        groups = set()
        for system in ("web1", "web2"):
            template = self.machines[system]["spec"]["template"]
            groups.add(template["metadata"]["labels"]["ovaport.io/placement-group"])
            wish = template["spec"]["affinity"]["podAntiAffinity"]
            (term,) = wish["preferredDuringSchedulingIgnoredDuringExecution"]
            self.assertLessEqual(
                set(term["podAffinityTerm"]["labelSelector"]["matchLabels"].values()), groups)
        self.assertEqual(len(groups), 1)
        self.assertNotIn("affinity", self.machines["db"]["spec"]["template"]["spec"])


class Languages(Case):
    def label(self, *arguments, env=None):
        shown = json.loads(self.ovaport("inspect", "--json", self.package, *arguments, env=env))
        self.eula = shown["eulas"][0]
        self.codes = [c["code"] for c in shown["concerns"]]
        return next(p["label"] for s in shown["systems"] for p in s["properties"]
                    if p["key"] == "domain")

    def test_bundles_in_files_and_in_the_descriptor(self):
        self.assertEqual(self.label("--language", "de-AT"), "Domäne")
        self.assertEqual(self.eula, "Sie stimmen zu.")
        self.assertEqual(self.label("--language", "es"), "Dominio")
        self.assertEqual(self.eula, "You agree.")

    def test_damaged_and_absent_bundles_are_findings_only(self):
        self.assertEqual(self.label("--language", "fr, it"), "Domain")
        self.assertEqual(self.codes.count("import.string-bundle"), 2)

    def test_environment_and_lists_choose(self):
        self.assertEqual(self.label(env={"LC_ALL": "de_DE.UTF-8"}), "Domäne")
        self.assertEqual(self.label("--language", "en, de"), "Domain")
        self.assertEqual(self.label("--language", "fr;q=0.9, es;q=0.3"), "Dominio")


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
class Schema(Case):
    def validator(self, *arguments):
        schema = json.loads(self.ovaport("properties", "schema", self.package, *arguments))
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def test_one_system(self):
        validator = self.validator("--system", "db")
        good = {"domain": "example.org", "password": "secret", "level": "x"}
        self.assertTrue(validator.is_valid(good))
        for bad in ({}, {**good, "domain": ""}, {**good, "password": "abc"}, {**good, "x": "y"},
                    {**good, "level": 3}, {**good, "level": "x" * 65536}):
            self.assertFalse(validator.is_valid(bad), bad)

    def test_all_systems_and_what_fits_is_taken(self):
        validator = self.validator()
        answers = {"domain": "example.org", "password": "secret", "web1:hostname": "first"}
        self.assertTrue(validator.is_valid(answers))
        self.assertFalse(validator.is_valid({**answers, "web9:hostname": "first"}))
        (self.dir / "answers.json").write_text(json.dumps(answers))
        result = self.import_("--prop-file", self.dir / "answers.json")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_titles_follow_the_language(self):
        schema = self.validator("--language", "de").schema
        self.assertEqual(schema["properties"]["domain"]["title"], "Domäne")

    def test_unknown_choices_are_refused(self):
        for arguments in (("--system", "web9"), ("--option", "huge")):
            result = self.run_ovaport("properties", "schema", self.package, *arguments)
            self.assertEqual(result.returncode, 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
