"""Reads exports on standard input, as {"stix": [...], "misp": [...]}, with the programs of others; prints what they find wrong."""

import json
import socket
import sys

import stix2
from pymisp import MISPAttribute, MISPEvent, MISPObject
from stix2validator import ValidationOptions, validate_string


def nobody(*_):
    raise OSError("nobody is asked")


socket.socket.connect = nobody

# Ids of UUIDs of version 5, which the standard allows outside its own name space and the validator warns of.
OPTIONS = ValidationOptions(version="2.1", strict=True, disabled="103")


def check_stix(bundle):
    text = json.dumps(bundle)
    results = validate_string(text, OPTIONS)
    for result in results.object_results if hasattr(results, "object_results") else [results]:
        yield from map(str, [*(result.errors or []), *(result.warnings or [])])
    if not results.is_valid:
        yield "not valid"
    read = stix2.parse(text, allow_custom=False, version="2.1")
    ids = {thing.id for thing in read.objects}
    if len(ids) != len(read.objects):
        yield "an id stands there twice"
    for thing in read.objects:
        # What is only observed has no time of its own, and the same id wherever it comes from.
        if "created" not in thing:
            again = type(thing)(**{name: value for name, value in thing.items() if name != "id"})
            if again.id != thing.id:
                yield f"{thing.id} and not {again.id}"
        for name, value in thing.items():
            refs = [value] if name.endswith("_ref") else value if name.endswith("_refs") else []
            yield from (f"{ref} is not there" for ref in refs if ref not in ids)
        if thing.get("lang") and thing["type"] != "note":
            yield "a language"


def check_misp(event):
    whole = event["Event"]
    read = MISPEvent(strict_validation=True)
    read.load(json.dumps(event))
    if (len(read.attributes), len(read.objects)) != (len(whole["Attribute"]), len(whole["Object"])):
        yield "something was not read"
    for attribute in whole["Attribute"]:
        MISPAttribute(strict=True).from_dict(**attribute)
    uuids = [whole["uuid"]]
    for thing in whole["Object"]:
        strict = MISPObject(thing["name"], strict=True)
        strict.from_dict(**thing)
        strict.to_json(strict=True)
        for attribute in strict.attributes:
            if attribute.type != strict._definition["attributes"][attribute.object_relation]["misp-attribute"]:
                yield f"{attribute.object_relation} is a {attribute.type}"
            listed = strict._definition["attributes"][attribute.object_relation].get("values_list")
            if listed and attribute.value not in listed:
                yield f"{attribute.object_relation} is not {attribute.value}"
        if (thing["meta-category"], thing["description"]) != (
            strict._definition["meta-category"],
            strict._definition["description"],
        ):
            yield f"{thing['name']} is described otherwise"
        uuids += [thing["uuid"], *(part["uuid"] for part in thing["Attribute"] + thing["ObjectReference"])]
        for reference in thing["ObjectReference"]:
            if reference["referenced_uuid"] not in [other["uuid"] for other in whole["Object"]]:
                yield "a reference to nothing"
    uuids += [attribute["uuid"] for attribute in whole["Attribute"]]
    if len(set(uuids)) != len(uuids):
        yield "a UUID stands there twice"


given = json.load(sys.stdin)
for kind, check in [("stix", check_stix), ("misp", check_misp)]:
    for number, export in enumerate(given[kind]):
        try:
            problems = list(check(export))
        except Exception as error:
            problems = [repr(error)]
        for problem in problems:
            print(kind, number, problem)
print(len(given["stix"]), len(given["misp"]))
