#!/usr/bin/python3
"""Validates Kubernetes manifests against CustomResourceDefinitions, more strictly than
an API server: fields that it would drop silently are errors here.

    validate_manifests.py --crds DIR FILE...

DIR holds the CRDs, FILE is YAML (several documents) or JSON (an object or a List).
Secrets are checked by a schema of our own. Exit code 1 when something is invalid."""

import argparse
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader

STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}

LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"

# What of ObjectMeta a manifest may set; a CRD does not describe it.
METADATA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 253,
                 "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"},
        "namespace": {"type": "string", "pattern": LABEL},
        "annotations": STRINGS,
        "labels": {
            "type": "object",
            "additionalProperties": {
                "type": "string", "maxLength": 63,
                "pattern": r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"},
        },
    },
}

SECRET = {
    "type": "object",
    "required": ["metadata"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"enum": ["v1"]},
        "kind": {"enum": ["Secret"]},
        "metadata": METADATA,
        "type": {"type": "string"},
        "immutable": {"type": "boolean"},
        "data": {"type": "object", "additionalProperties": False,
                 "patternProperties": {r"^[-._a-zA-Z0-9]{1,253}$": {"type": "string"}}},
        "stringData": {"type": "object", "additionalProperties": False,
                       "patternProperties": {r"^[-._a-zA-Z0-9]{1,253}$": {"type": "string"}}},
    },
}

INTEGERS = {"int32": 31, "int64": 63}


def strict(schema):
    """A JSON Schema of a structural OpenAPI schema: unknown fields refused, nullable and
    int-or-string spelled out, integer formats bounded."""
    if not isinstance(schema, dict):
        return schema
    result = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    for key in ("properties", "patternProperties"):
        if key in result:
            result[key] = {name: strict(child) for name, child in result[key].items()}
    for key in ("items", "additionalProperties", "not"):
        if key in result:
            result[key] = strict(result[key])
    if schema.get("x-kubernetes-int-or-string"):
        # allOf and anyOf beside it only repeat the two types.
        result.pop("anyOf", None)
        result["type"] = ["integer", "string"]
    elif result.get("type") == "object" and "additionalProperties" not in result \
            and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result["additionalProperties"] = False
    elif result.get("format") in INTEGERS and result.get("type") == "integer":
        bits = INTEGERS[result["format"]]
        result.setdefault("minimum", -(1 << bits))
        result.setdefault("maximum", (1 << bits) - 1)
    if result.pop("nullable", False) and "type" in result:
        kinds = result["type"]
        result["type"] = (kinds if isinstance(kinds, list) else [kinds]) + ["null"]
    result.pop("default", None)
    return result


def load_schemas(directory):
    """(apiVersion, kind) -> validator, from every CRD below `directory`."""
    validators = {("v1", "Secret"): jsonschema.Draft7Validator(SECRET)}
    for path in sorted(pathlib.Path(directory).glob("*.yaml")):
        for crd in yaml.load_all(path.read_text(), Loader=Loader):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(copy.deepcopy(version["schema"]["openAPIV3Schema"]))
                properties = schema.setdefault("properties", {})
                properties["apiVersion"] = properties["kind"] = {"type": "string"}
                properties["metadata"] = METADATA
                schema["required"] = sorted({*schema.get("required", []), "metadata"})
                # Nested object metadata, too, is not the CRD's to describe.
                template = properties.get("spec", {}).get("properties", {}).get("template", {})
                if "metadata" in template.get("properties", {}):
                    nested = copy.deepcopy(METADATA)
                    nested["required"] = []
                    template["properties"]["metadata"] = nested
                jsonschema.Draft7Validator.check_schema(schema)
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                validators[key] = jsonschema.Draft7Validator(schema)
    return validators


def read_objects(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if str(path).endswith(".json"):
        document = json.loads(text)
        return document["items"] if document.get("kind") == "List" else [document]
    return [document for document in yaml.load_all(text, Loader=Loader) if document is not None]


def problems(validators, thing):
    """Sentences about what is wrong with one object; none when it is valid."""
    if not isinstance(thing, dict):
        return ["not an object"]
    key = (thing.get("apiVersion"), thing.get("kind"))
    if key not in validators:
        return [f"no schema for {key[0]} {key[1]}"]
    found = []
    for error in sorted(validators[key].iter_errors(thing), key=lambda e: list(map(str, e.path))):
        # Of a Secret no value may be shown.
        message = error.message if key[1] != "Secret" else f"breaks {error.validator!r}"
        found.append("/".join(map(str, error.absolute_path)) + ": " + re.sub(r"\s+", " ", message))
    return found


def validate_files(validators, paths):
    """(number of objects, sentences with file and object)."""
    count, found = 0, []
    for path in paths:
        for thing in read_objects(path):
            count += 1
            name = f"{thing.get('kind')}/{thing.get('metadata', {}).get('name')}"
            found += [f"{path}: {name}: {sentence}" for sentence in problems(validators, thing)]
    return count, found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crds", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    count, found = validate_files(load_schemas(arguments.crds), arguments.files)
    for sentence in found:
        print(sentence, file=sys.stderr)
    print(f"{count} objects, {len(found)} problems")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
