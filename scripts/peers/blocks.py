"""Programs that work back to back, each alone for a second or more at a time, in turns (A B A B ...), and what their blocks say of
them: `gemmtune bench --regime blocks` in Python, for what gemmtune does not launch itself. Pure but for the device it is given."""
import math
import statistics

CHUNK_S = 0.05  # queued at a time: the device never waits for the host, and the meter is read about that often
LEAST_LAUNCHES = 2
# Student's t of 95 % by degrees of freedom; beyond, that of the last is a little too wide.
T95 = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13]


def mean_of(values):
    known = [value for value in values if value]
    return statistics.mean(known) if known else None


def launch_j(readings):
    """Joules of a launch: what the meter moved between the first of its refreshes that is seen and the last, over the launches
    between; None of fewer than two. `readings`: (joules so far or None, launches that have ended)."""
    refreshes, last = [], None
    for joules, launches in readings:
        if joules and joules != last:
            if last is not None:
                refreshes.append((joules, launches))
            last = joules
    if len(refreshes) < 2 or refreshes[-1][1] == refreshes[0][1]:
        return None
    return (refreshes[-1][0] - refreshes[0][0]) / (refreshes[-1][1] - refreshes[0][1])


def block(device, launch, seconds):
    """{us, mhz, joules} of a launch in the second half of so many seconds; in the first the board settles. `device` has mark(), a
    point in its queue; wait(mark); seconds_between(mark, mark); sm_clock_mhz() and energy_j(), None where nobody knows."""
    marks, launches, readings, clocks = [device.mark()], [0], [], []
    count = LEAST_LAUNCHES
    while True:
        for _ in range(count):
            launch()
        marks.append(device.mark())
        launches.append(launches[-1] + count)
        if len(marks) < 3:
            continue
        device.wait(marks[-2])  # the last chunk runs meanwhile
        elapsed = device.seconds_between(marks[0], marks[-2])
        chunk_s = max(device.seconds_between(marks[-3], marks[-2]), 1e-9)
        count = max(LEAST_LAUNCHES, min(2 * count, int(count_of(launches, -2) * CHUNK_S / chunk_s)))
        if elapsed >= seconds / 2:
            readings.append((device.energy_j(), launches[-2]))
            clocks.append(device.sm_clock_mhz())
        if elapsed >= seconds:
            break
    device.wait(marks[-1])
    first = next(i for i, mark in enumerate(marks) if device.seconds_between(marks[0], mark) >= seconds / 2)
    first = min(first, len(marks) - 2)
    us = device.seconds_between(marks[first], marks[-1]) / (launches[-1] - launches[first]) * 1e6
    return {"us": us, "mhz": mean_of(clocks), "joules": launch_j(readings)}


def count_of(launches, index):
    return launches[index] - launches[index - 1]


def in_turns(device, ways, seconds, pairs):
    """{way: its blocks}, after the board has settled under the first of them."""
    block(device, next(iter(ways.values())), seconds)
    blocks = {way: [] for way in ways}
    for _ in range(pairs):
        for way, launch in ways.items():
            blocks[way].append(block(device, launch, seconds))
    return blocks


def ratio(theirs, ours):
    """Their time over ours, block by block: geometric mean, its 95 % interval over the pairs, and the pairs."""
    pairs = [their["us"] / our["us"] for their, our in zip(theirs, ours, strict=True)]
    logs = [math.log(pair) for pair in pairs]
    mean, half = statistics.mean(logs), 0.0
    if len(logs) > 1:
        half = T95[min(len(logs) - 2, len(T95) - 1)] * statistics.stdev(logs) / math.sqrt(len(logs))
    return {"ratio": math.exp(mean), "low": math.exp(mean - half), "high": math.exp(mean + half), "pairs": pairs}
