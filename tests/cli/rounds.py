"""What a sweep that was killed may do again. The first look at each candidate is written row by row and never repeated.
The rounds after it measure their rows together: the libraries' best answers again, our near-best again, and the race of the
finalists. A round of which the journal has all rows is never repeated; one that was cut while its rows were written is
measured again as a whole, once for each cut."""
import itertools


def is_first_look(row):
    return row["policy"].endswith("-n3")


def round_of(row):
    if row["stage"] == "final":
        return "race"
    return "ours again" if row["provider"] == "gemmtune" else "libraries again"


def attempts(rows):
    """Of each problem's rounds [(run, ids), …] as they were written."""
    found = {}
    for row in rows:
        if not is_first_look(row):
            found.setdefault((row["problem_id"], round_of(row)), []).append((row["run_id"], row["id"]))
    return {name: [(run, [i for _, i in group]) for run, group in itertools.groupby(each, key=lambda row: row[0])]
            for name, each in found.items()}


def check_repeats(test, rows, cuts_at_most, message):
    """Every repeat that the journal shows is one that may be. How many there were."""
    first = [row["id"] for row in rows if is_first_look(row)]
    test.assertEqual(len(first), len(set(first)), f"judged and timed twice in the first look, {message}")
    repeats = 0
    for name, each in attempts(rows).items():
        *cut, (_, whole) = each
        test.assertEqual(len(whole), len(set(whole)), f"{name}, {message}")
        for _, ids in cut:
            test.assertLess(len(ids), len(whole), f"{name} was complete and was measured again, {message}")
            test.assertEqual(ids, whole[:len(ids)], f"{name}, {message}")
        repeats += len(cut)
    test.assertLessEqual(repeats, cuts_at_most, message)
    return repeats
