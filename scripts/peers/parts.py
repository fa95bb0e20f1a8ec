"""--part I/N of the scripts here: a set of problems shared out over several runs."""
import argparse


def part_of(text):
    """Every N-th of a list from the I-th on, as a slice."""
    try:
        part, parts = map(int, text.split("/"))
        if 1 <= part <= parts:
            return slice(part - 1, None, parts)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r}: expected I/N with I from 1 to N, as 2/8")


def add_option(parser):
    parser.add_argument("--part", type=part_of, default="1/1", metavar="I/N", help="every N-th problem from the I-th on [1/1]")
