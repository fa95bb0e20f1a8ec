"""The rules on what people read, as functions from a repository's folder to a list of complaints."""
import fnmatch
import itertools
import re

import structure

README_LINES = 200
REPORT = "results/h100-sxm/dsv3/report.md"  # what the README's figures are taken from
RATIOS = ("block", "tensor", "BF16", "best peer")
NO_DOCUMENTS = ("build", ".git", ".cuda", ".kernel_tuner", "tests/golden", "results/scratch")  # nor what others install or we generate
MADE_FOLDERS = ("configs/lessons/", "tests/fuzz/seeds/")  # nobody writes a kernel's name there

LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"[\w.{},*-]+(/[\w.{},*-]+)*/?")
SUFFIXES = (".md", ".h", ".cpp", ".cuh", ".cu", ".py", ".json", ".jsonl", ".gz", ".txt", ".yml", ".hpp", ".html", ".svg", ".so")
# Names of what is made, not kept: of folders of sweeps, of exports, of examples.
MADE = re.compile(r"(^|/)(journal\.jsonl|gemmtune\.hpp|gemmtune\.h|dsv3\.h)$|(^|/)(\w+_)?x(_\*)?\.\w+$|^(build|\.cuda|\.github)/")
COMMAND = re.compile(r"(?:^|[\s/])gemmtune ([a-z]+(?:-[a-z]+)*)\b(.*)")
SCRIPT = re.compile(r"(?:^|\s)(scripts/[\w/]+)(.*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def files(root):
    """Everything that the repository holds, as paths relative to it."""
    for top in sorted(root.iterdir()):
        for path in [top] if top.is_file() or top.name in NO_DOCUMENTS else sorted(top.rglob("*")):
            name = path.relative_to(root).as_posix()
            if "__pycache__" not in name and not any(name == no or name.startswith(no + "/") for no in NO_DOCUMENTS):
                yield name, path


def documents(root):
    return [(name, path.read_text(encoding="utf-8")) for name, path in files(root) if path.suffix == ".md"]


def written(root):
    """Documents that people wrote: reports are made."""
    return [(name, text) for name, text in documents(root) if not name.endswith("report.md")]


def check_length(root):
    lines = (root / "README.md").read_text(encoding="utf-8").count("\n")
    return [f"README.md has {lines} lines; {README_LINES} is the most"] if lines > README_LINES else []


def anchors(text):
    """Of a document's headings, as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(root):
    """Links to files of the repository, and to headings of its documents."""
    complaints = []
    for name, text in documents(root):
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = (root / name).parent / path if path else root / name
            if not linked.exists():
                complaints.append(f"{name} links to {target}, which is not there")
            elif anchor and anchor not in anchors(linked.read_text(encoding="utf-8")):
                complaints.append(f"{name} links to {target}: {linked.name} has no such heading")
    return complaints


def command_lines(text):
    """What a document shows of command lines: in `code`, and in blocks of a shell."""
    for language, block in FENCE.findall(text):
        lines = block.replace("\\\n", " ").splitlines()
        yield from (re.split(r"(?:^|\s)#", line.removeprefix("$ "))[0] for line in lines
                    if language == "sh" or line.startswith("$ "))
    yield from SPAN.findall(FENCE.sub("", text))


def spelled_out(pattern):
    """a.{h,cpp} -> a.h, a.cpp"""
    parts = [part.split(",") for part in re.split(r"[{}]", pattern)]
    return ["".join(choice) for choice in itertools.product(*(p if i % 2 else [",".join(p)] for i, p in enumerate(parts)))]


def named_files(text, top_folders):
    """Words in `code` and in command lines that name a file or a folder of the repository."""
    for line in command_lines(text):
        for word in filter(NAMED_FILE.fullmatch, line.split()):
            for path in spelled_out(word):
                is_ours = path.partition("/")[0] in top_folders and "/" in path
                is_path = is_ours or path.startswith("../") or path.endswith(("/", *SUFFIXES))
                if is_path and path not in SUFFIXES and not MADE.search(path):
                    yield path


def check_named_files(root):
    """Files and folders named in `code` and in command lines: from the root, or the end of a path where that is shorter."""
    known = [name for name, _ in files(root)]
    by_end = {}
    for name in known:
        parts = name.split("/")
        for i in range(len(parts)):
            by_end.setdefault("/".join(parts[i:]), name)
    top_folders = {name.partition("/")[0] for name in known if "/" in name}
    complaints = []
    for name, text in written(root):
        for named in sorted(set(named_files(text, top_folders))):
            path = named.rstrip("/")
            found = (root / path).exists() or ((root / name).parent / path).exists() or path in by_end
            if "*" in path:
                found = any(fnmatch.fnmatch(end, path) for end in by_end)
            if not found:
                complaints.append(f"{name} names {named}, which is not there")
    return complaints


def names_kernel(text, kernel):
    """As `dense_x` or `kDenseX`."""
    return re.search(rf"\b({kernel}|k{kernel.title().replace('_', '')})\b", text, re.IGNORECASE)


def check_kernels(root):
    """What kernels/README.md lists for a new kernel, `x`, is true of every kernel that there is: files of its own are there, and
    the others name it. And it is all: what names every kernel is listed."""
    section = (root / "kernels/README.md").read_text(encoding="utf-8").partition("\n## Adding a kernel\n")[2].partition("\n## ")[0]
    listed = [row["file"].strip("`") for table in tables(section) for row in table]
    complaints = [] if any(re.search(r"\bx\.", file) for file in listed) else ["kernels/README.md lists no files for a new kernel"]
    kernels = structure.kernel_ids(root)
    known = set(listed)
    for kernel, file in itertools.product(kernels, listed):
        own = re.sub(r"\bx\.", f"{kernel}.", file)
        known.add(own)
        if not (root / own).is_file():
            complaints.append(f"kernels/README.md lists {file} for a new kernel: {own} is not there")
        elif own == file and not names_kernel((root / file).read_text(encoding="utf-8"), kernel):
            complaints.append(f"kernels/README.md lists {file} for a new kernel: it does not name {kernel}")
    for name, path in files(root):
        ours = name.partition("/")[0] in structure.WRITTEN and not name.startswith(MADE_FOLDERS)
        if name in known or not ours or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        if kernels and all(names_kernel(text, kernel) for kernel in kernels):
            complaints.append(f"{name} names every kernel: kernels/README.md does not list it for a new one")
    return complaints


def check_commands(root, helps):
    """Commands of gemmtune and their options, and those of scripts/. `helps`: what each command's --help says, and under
    "" gemmtune's own."""
    complaints = []
    every_option = {option for text in helps.values() for option in OPTION.findall(text)}
    for name, text in written(root):
        for line in command_lines(text):
            if found := COMMAND.search(line):
                command, rest = found.groups()
                rest = re.split(r"[|;]", rest)[0]
                if command not in helps:
                    complaints.append(f"{name}: there is no command \"gemmtune {command}\"")
                    continue
                options = set(OPTION.findall(helps[command] + helps[""]))
                complaints += [f"{name}: gemmtune {command} has no {option}" for option in OPTION.findall(rest)
                               if option not in options]
            elif found := SCRIPT.search(line):
                script, rest = root / found.group(1), found.group(2)
                if script.is_file():
                    source = script.read_text(encoding="utf-8")
                    complaints += [f"{name}: {found.group(1)} has no {option}" for option in OPTION.findall(rest)
                                   if option not in source and option not in every_option]
            elif name == "README.md" and not line.startswith("pip "):  # whose options are its own
                complaints += [f"{name}: no command of gemmtune has {option}" for option in OPTION.findall(line)
                               if option not in every_option]
    return complaints


def tables(text):
    """Of Markdown: lists of rows, each a dictionary by column."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]] for line in block.splitlines()]
        yield [dict(zip(rows[0], row)) for row in rows[2:]]


def check_readme_figures(root):
    """The README's table of results is a part of the report's, and it names every ratio in which we are behind."""
    report = [row for table in tables((root / REPORT).read_text(encoding="utf-8")) for row in table]
    readme = (root / "README.md").read_text(encoding="utf-8")
    complaints = []
    for table in tables(readme):
        for row in table:
            keys = [key for key in ("layer", "M", "N", "K", "geometric mean") if key in row]
            if not {"layer", "geometric mean"} & set(keys):
                continue
            same = [other for other in report if all(other.get(key) == row[key] for key in keys)]
            wanted = [{column: other.get(column) for column in row} for other in same]
            if row not in wanted:
                says = " | ".join(str(cell) for cell in wanted[0].values()) if wanted else "has no such row"
                complaints.append(f"README.md: | {' | '.join(row.values())} |: {REPORT} says | {says} |")
    behind = sorted(row[ratio] for row in report for ratio in RATIOS if "layer" in row and "0." <= row.get(ratio, "-") < "1")
    named = re.search(r"\*\*Where we lose\*\*.*?\n\n", readme, re.DOTALL)
    if sorted(re.findall(r"\((\d\.\d\d)\)", named[0] if named else "")) != behind:
        complaints.append(f"README.md: where we lose should name {', '.join(f'({ratio})' for ratio in behind) or 'nothing'}")
    return complaints
