#!/usr/bin/env python3
"""keep.py CONTROL FOLDER: puts into FOLDER those few small inputs of a merge that together reach most of what is new.

CONTROL is what libFuzzer's -merge_control_file holds: the number of inputs, a second number, their paths, and for each
`FT number feature…`. What the seeds reach that are there already (FOLDER and configs/) is not new."""
import pathlib
import shutil
import sys

MOST_FILES = 30
MOST_BYTES = 48 << 10
LARGEST = 8 << 10


def read_control(path):
    lines = path.read_text().splitlines()
    count = int(lines[0])
    paths = [pathlib.Path(line) for line in lines[2:2 + count]]
    reached = {}
    for line in lines[2 + count:]:
        if line.startswith("FT "):
            number, *features = map(int, line.split()[1:])
            reached[paths[number]] = set(features)
    return reached


def chosen(reached, sizes, known):
    """One by one the input that adds most, the smaller of two that add as much."""
    left = {path: features - known for path, features in reached.items() if sizes[path] <= LARGEST}
    taken, total = [], 0
    while left and len(taken) < MOST_FILES:
        best = max(left, key=lambda path: (len(left[path]), -sizes[path], path.name))
        added = left.pop(best)
        if not added:
            break
        if total + sizes[best] > MOST_BYTES:
            continue
        taken.append(best)
        total += sizes[best]
        for features in left.values():
            features -= added
    return taken


def main():
    control, folder = map(pathlib.Path, sys.argv[1:])
    reached = read_control(control)
    learnt = {path: features for path, features in reached.items() if "corpus" in path.parts}
    known = set().union(*(features for path, features in reached.items() if path not in learnt))
    taken = chosen(learnt, {path: path.stat().st_size for path in learnt}, known)
    folder.mkdir(parents=True, exist_ok=True)
    for path in taken:
        shutil.copyfile(path, folder / path.name[:12])
    everything = known.union(*learnt.values())
    kept = known.union(*(reached[path] for path in taken))
    print(f"{folder.name}: {len(taken)} of {len(learnt)} inputs, {len(kept)} of {len(everything)} features, {len(known)} before")


if __name__ == "__main__":
    main()
