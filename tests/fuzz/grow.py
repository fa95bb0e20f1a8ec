#!/usr/bin/env python3
"""grow.py INTO SEED…: makes long and deep inputs of seeds, for mutation alone would take hours to get there.

Of each JSON seed a long one, whose largest list or object has its members again and again, and a deep one, with lists and
objects nested up to what a reader takes (64 levels) in the place of one value; of any other the same bytes many times."""
import json
import pathlib
import sys

LONG_BYTES = 60_000
DEEPEST = 60


def containers(value):
    """The value and all lists and objects in it."""
    if isinstance(value, (dict, list)):
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from containers(member)


def lengthen(value):
    """In place: the largest list as often as LONG_BYTES takes it, or, where there is none, the object with more names."""
    lists = [each for each in containers(value) if isinstance(each, list) and each]
    if lists:
        largest = max(lists, key=lambda each: len(json.dumps(each)))
        largest *= max(2, LONG_BYTES // len(json.dumps(largest)))
    elif isinstance(value, dict):
        member = next(iter(value.values()), 0)
        value.update({f"name{i}": member for i in range(LONG_BYTES // (20 + len(json.dumps(member))))})


def deepen(value):
    """In place: the last member of the deepest container becomes lists and objects in each other."""
    nest = 1
    for level in range(DEEPEST - 8):
        nest = [nest] if level % 2 else {"x": nest}
    deepest = list(containers(value))[-1:]
    for each in deepest:
        if isinstance(each, list):
            each.append(nest)
        else:
            each[next(reversed(each), "x")] = nest


def changed(text, change):
    value = json.loads(text)
    change(value)
    return json.dumps(value).encode()


def grown(data):
    """Long and deep inputs by name. A first byte that is no JSON chooses what the rest is (messages)."""
    for skipped in (0, 1):
        try:
            json.loads(data[skipped:])
        except ValueError:
            continue
        return {name: data[:skipped] + changed(data[skipped:], change) for name, change in (("long", lengthen), ("deep", deepen))}
    lines = data.splitlines(keepends=True)
    longer = {"long": data * max(2, LONG_BYTES // max(1, len(data)))}
    try:
        longer["deep"] = b"".join(changed(line, deepen) + b"\n" for line in lines)
    except ValueError:
        pass
    return longer


def main():
    into = pathlib.Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    for seed in map(pathlib.Path, sys.argv[2:]):
        data = seed.read_bytes()
        for name, bytes_of in grown(data).items() if data else ():
            (into / f"{name}-{seed.name}").write_bytes(bytes_of)


if __name__ == "__main__":
    main()
