"""A run of gemmtune as pandas frames.

    import gemmtune_runs
    run = gemmtune_runs.read("results/h100-sxm/dsv3")      # a sweep's folder, its journal or its table.json
    run.rows                                               # a line for each measurement, problem.m and config.stages as columns
    run.rows.query("stage == 'final'").groupby("problem_id").time_us.min()
    run.winners                                            # the entries of the table
    run.runs                                               # who measured, on what, when

Columns are those of configs/schema/journal.schema.json and table.schema.json, members of members with a dot between; what is null
there is missing here. A row that was measured again stands as its last measurement. Needs pandas.
"""
from __future__ import annotations

import dataclasses
import gzip
import json
import pathlib
import re
import zlib
from typing import Any

try:
    import pandas
except ImportError as error:
    raise ImportError("gemmtune_runs makes pandas frames: pip install pandas") from error

JOURNALS = ("journal.jsonl", "journal.jsonl.gz", "races.jsonl.gz")
TABLE = "table.json"
CHECKSUM = re.compile(rb',"checksum":"([0-9a-f]{8})"}$')

Record = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Run:
    rows: pandas.DataFrame
    winners: pandas.DataFrame
    runs: pandas.DataFrame
    damaged: int  # lines of the journal that were left out; one that was torn at the end is not counted


def read(path: str | pathlib.Path) -> Run:
    """Raises FileNotFoundError for what is no sweep, ValueError for a file that is no journal and no table."""
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such folder or file")
    journal, table = path, path
    if path.is_dir():
        found = [path / name for name in JOURNALS if (path / name).exists()]
        journal, table = found[0] if found else path / JOURNALS[0], path / TABLE
        if not found and not table.exists():
            raise FileNotFoundError(f"{path}: neither {', '.join(JOURNALS)} nor {TABLE} is in it")
    is_table = table == path and path.suffix == ".json"
    records, damaged = ([], 0) if is_table or not journal.exists() else read_lines(journal)
    entries = entries_of(table) if table.exists() and (path.is_dir() or is_table) else []
    return Run(frame(latest(record for record in records if record.get("record") == "row")), frame(entries),
               frame(record for record in records if record.get("record") == "run"), damaged)


def read_lines(journal: pathlib.Path) -> tuple[list[Record], int]:
    """The records of a journal, and how many lines are none."""
    data = journal.read_bytes()
    if journal.suffix == ".gz":
        data = gzip.decompress(data)
    records: list[Record] = []
    damaged = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        record = record_of(line)
        if record is not None:
            records.append(record)
        elif line and number < len(lines):
            damaged += 1
    if not records and damaged:
        raise ValueError(f"{journal} is no journal of gemmtune")
    return records, damaged


def record_of(line: bytes) -> Record | None:
    """None where the line is not as it was written. Journals of early revisions have no checksums."""
    if (found := CHECKSUM.search(line)) and zlib.crc32(line[:found.start()]) != int(found[1], 16):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "record" in record else None


def latest(rows: Any) -> list[Record]:
    """One of each id, in the order of first appearance: the later; of two of one moment the greater checksum, as gemmtune does."""
    found: dict[str, Record] = {}
    for row in rows:
        known = found.get(row["id"])
        if known is None or moment_of(row) >= moment_of(known):
            found[row["id"]] = row
    return list(found.values())


def moment_of(row: Record) -> tuple[str, str]:
    return row.get("timestamp", ""), row.get("checksum", "")


def entries_of(table: pathlib.Path) -> list[Record]:
    entries = json.loads(table.read_text()).get("entries")
    if not isinstance(entries, list):
        raise ValueError(f"{table} is no table of gemmtune")
    return entries


def frame(records: Any) -> pandas.DataFrame:
    return pandas.json_normalize(list(records))
