#!/usr/bin/env python3
"""Validates the JSON files of runs' folders against reports/schema/ with PyPI's jsonschema."""
import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = pathlib.Path(__file__).parents[2] / "reports" / "schema"


def validators():
    """By the name of the file they are for."""
    schemas = {path.name.split(".")[0]: json.loads(path.read_text()) for path in SCHEMAS.iterdir()}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    registry = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values())
    return {
        f"{name}.json": Draft202012Validator(schema, registry=registry)
        for name, schema in schemas.items()}


def objects(value):
    """All objects in a JSON value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from objects(inner)


def check_bite(validator, document, path):
    """Wherever a key has another name, another type or is missing, the schema must say so."""
    for name in ("schema", "run", "totals", "schedule"):
        if name not in document:
            continue
        broken = copy.deepcopy(document)
        broken[name + "_"] = broken.pop(name)
        if validator.is_valid(broken):
            sys.exit(f"{path}: the schema takes {name}_ for {name}")
    texts = {id(each) for each in maps(document)}
    for index, each in enumerate(objects(document)):
        if id(each) in texts:
            continue
        each["unknown"] = 1
        if validator.is_valid(document):
            sys.exit(f"{path}: the schema takes an unknown key in object {index}: {list(each)}")
        del each["unknown"]


def maps(document):
    """The objects whose keys are free: only what they hold is checked."""
    for each in objects(document):
        for name in ("steps",):
            if isinstance(each.get(name), dict):
                yield each[name]


def main(folders):
    known, count = validators(), {}
    for folder in map(pathlib.Path, folders):
        for path in sorted(folder.rglob("*.json")):
            validator = known.get(path.name)
            if validator is None:
                sys.exit(f"{path}: there is no schema for it")
            document = json.loads(path.read_text())
            for error in validator.iter_errors(document):
                sys.exit(f"{path}: {error.json_path}: {error.message[:300]}")
            if path.name not in count:
                check_bite(validator, document, path)
            count[path.name] = count.get(path.name, 0) + 1
    print(", ".join(f"{number} × {name}" for name, number in sorted(count.items())))


main(sys.argv[1:])
