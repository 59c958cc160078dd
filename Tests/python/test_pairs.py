"""The schema of PAIR.json takes and refuses what the parser does, on all samples."""

import json

import jsonschema

from support import ROOT, SAMPLES, check

# What a schema cannot see (the text, repeated keys), and what it must.
TEXT = {"PAIR001", "PAIR002"}
KEYS = {"PAIR003", "PAIR004", "PAIR005", "PAIR006"}


def main():
    schema = json.loads((ROOT / "schemas/pair.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    count = 0
    for path in sorted(SAMPLES.glob("*/pairs/*/PAIR.json")):
        code = path.parent.name.split("-")[0]
        if code in TEXT:
            continue
        is_bad = path.parent.parent.parent.name == "hostile" and code in KEYS
        errors = [error.message for error in validator.iter_errors(json.loads(path.read_text()))]
        check(bool(errors) == is_bad, f"{path.parent.name}: the schema says {errors or 'nothing'}")
        count += 1
    print(f"{count} descriptions: the schema agrees with the parser")


if __name__ == "__main__":
    main()
