"""The rules on how the code is laid out, as functions from a repository's folder to a list of complaints."""
import pathlib
import re

# A row of the include table in src/README.md: the folder, what it owns, and which folders it may include besides itself.
INCLUDE_ROW = re.compile(r"^\| `([\w./]+?)/?` \|[^|]*\|([^|]*)\|$", re.MULTILINE)

# Third-party headers by what they begin with, and the folders (or single files) that may include them.
THIRD_PARTY = {
    "nlohmann/": ["core/json.", "core/json_fwd."],
    "CLI/": ["cli/parse."],
    "spdlog/": ["cli/log."],
    "fmt/": ["util/format."],
    "zlib.h": ["store"],
    "arrow/": ["export/parquet."],
    "parquet/": ["export/parquet."],
    "cuda.h": ["launch", "worker/gpu"],
    "cuda_runtime_api.h": ["worker/gpu", "worker/measure", "worker/gemm", "worker/ceilings", "worker/quantise"],
    "cuda_runtime.h": [],
    "cuda_profiler_api.h": ["worker/measure"],
    "nvrtc.h": ["worker/jit"],
    "cublasLt.h": ["worker/gemm"],
    "cupti": ["worker/measure"],
    "nvtx3/": ["worker"],
    "nvml.h": [],
    "gtest/": [],
    "gmock/": [],
}

SOURCE_SUFFIXES = {".h", ".cpp", ".cuh", ".cu"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

WARN_LINES, MOST_LINES = 300, 400

# Spelt in pieces, so that this file does not hold them.
FORBIDDEN = ["../" + "shared", "/.lib" + "rary", "/wo" + "rk/", "/ro" + "ot/", "TO" + "DO", "FIX" + "ME",
             "py" + "pi.org", "deb" + "ian.org"]
WRITTEN = ["CMakeLists.txt", "CMakePresets.json", "README.md", "src", "kernels", "configs", "scripts", "tests"]


def sources(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES:
                yield path


def folder_of(path):
    """The folder of the table that a path under src/ belongs to."""
    parent = pathlib.PurePosixPath(path).parent.as_posix()
    return "" if parent == "." else parent


def includes(path):
    return INCLUDE.findall(path.read_text())


def third_party_complaint(name, header):
    for start, allowed in THIRD_PARTY.items():
        if not header.startswith(start):
            continue
        if not any(name.startswith(place if place.endswith(".") else place + "/") for place in allowed):
            return f"src/{name} includes <{header}>, which is for {', '.join(allowed) or 'nobody'}"
    return None


def may_include(root):
    """What the table says: folder of src/ -> {folder it may include besides itself: its headers that it may, empty for all}.
    src/main.cpp lies in the folder ""."""
    table = {}
    for folder, others in INCLUDE_ROW.findall((root / "src/README.md").read_text()):
        table["" if folder == "main.cpp" else folder] = {
            other: headers.split(", ") if headers else []
            for other, headers in re.findall(r"([a-z_/]+)(?: \(([^)]*)\))?", others)}
    return table


def check_includes(root):
    """Edges that the table does not have, and folders of it that are not there."""
    table = may_include(root)
    complaints = [f"the include table has \"{name}\", which is no folder of src/"
                  for row, others in table.items() for name in [row, *others] if not (root / "src" / name).is_dir()]
    for path in sources(root, "src"):
        name = path.relative_to(root / "src").as_posix()
        folder = folder_of(name)
        if folder not in table:
            complaints.append(f"src/{name}: the include table has no folder \"{folder}\"")
            continue
        for kind, header in includes(path):
            other = folder_of(header)
            if kind == "<":
                complaints += filter(None, [third_party_complaint(name, header)])
            elif not (root / "src" / header).exists():
                complaints.append(f"src/{name} includes \"{header}\", which is no file under src/")
            elif other == folder:
                continue
            elif other not in table[folder]:
                complaints.append(f"src/{name} includes \"{header}\": {folder or 'main.cpp'} may not include {other}")
            elif table[folder][other] and pathlib.PurePosixPath(header).name not in table[folder][other]:
                complaints.append(f"src/{name} includes \"{header}\": of {other}, {folder} may include "
                                  f"{', '.join(table[folder][other])}")
    return complaints


def find_cycle(edges):
    """A cycle of a graph {node: set of nodes} as a list of nodes, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(edges.get(node, ())):
            if cycle := visit(following):
                return cycle
        path.pop()
        done.add(node)
        return None

    return next(filter(None, map(visit, sorted(edges))), None)


def check_cycles(root):
    """Files that include each other in a ring, and folders that do; in src/ and in kernels/."""
    complaints = []
    for tree in ("src", "kernels"):
        files, folders = {}, {}
        for path in sources(root, tree):
            name = path.relative_to(root / tree).as_posix()
            quoted = [header for kind, header in includes(path) if kind == '"']
            files[name] = set(quoted)
            others = {folder_of(header) for header in quoted} - {folder_of(name)}
            folders.setdefault(folder_of(name), set()).update(others)
        for what, edges in (("files", files), ("folders", folders)):
            if cycle := find_cycle(edges):
                complaints.append(f"{tree}/: {what} include each other: " + " -> ".join(cycle))
    return complaints


def check_device_includes(root):
    """Device code that includes a toolkit or standard header: each costs most of a second a compilation."""
    return [f"{path.relative_to(root)} includes <{header}>; device code includes only files of kernels/"
            for path in sources(root, "kernels") for kind, header in includes(path) if kind == "<"]


# What the precompiled headers (scripts/cmake/Folders.cmake) would hide when it is left out: header -> its names.
STANDARD_NAMES = {
    "algorithm": "sort stable_sort find find_if any_of all_of none_of count_if max_element min_element minmax_element max "
                 "min transform copy lower_bound upper_bound unique reverse nth_element remove_if is_sorted equal clamp "
                 "fill for_each partition rotate set_difference includes binary_search shuffle mismatch replace",
    "array": "array to_array",
    "charconv": "from_chars to_chars",
    "chrono": "chrono",
    "cmath": "sqrt log exp pow abs isfinite isnan floor ceil round lround log2 log10 hypot",
    "cstdint": "int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t",
    "filesystem": "filesystem",
    "functional": "function hash greater less ref bind_front",
    "map": "map",
    "memory": "unique_ptr shared_ptr make_unique make_shared weak_ptr",
    "optional": "optional nullopt",
    "set": "set",
    "source_location": "source_location",
    "span": "span",
    "stdexcept": "runtime_error logic_error invalid_argument out_of_range",
    "string": "string to_string stod stoi getline",
    "string_view": "string_view",
    "system_error": "error_code errc system_error generic_category",
    "utility": "move pair exchange forward swap in_range",
    "variant": "variant visit monostate get_if holds_alternative",
    "vector": "vector",
}


def precompiled_headers(root):
    text = (root / "scripts/cmake/Folders.cmake").read_text()
    return re.findall(r"<(\w+)>", " ".join(re.findall(r"target_precompile_headers\(([^)]*)\)", text)))


# What holds for any operation and reads of it what the description says.
OF_ANY_KERNEL = ["tune", "stats", "store", "report", "compare", "workers"]


def kernel_ids(root):
    """Of all kernels of the build, which are those of their operations."""
    return [kernel for path in sorted((root / "src/operation").glob("*.cpp"))
            for kernel in re.findall(r'\.kernel = "(\w+)"', path.read_text(encoding="utf-8"))]


def check_kernels_named(root):
    """Files of what holds for any kernel that name one, in code or in a comment: `dense_x`, or `kDenseX`."""
    complaints = []
    for path in sorted(path for folder in OF_ANY_KERNEL for path in (root / "src" / folder).rglob("*") if path.is_file()):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            complaints += [f"{path.relative_to(root)}:{number} names {kernel}; what is its own is in src/operation/ or src/family/"
                           for kernel in kernel_ids(root) if re.search(kernel.replace("_", "_?"), line, re.IGNORECASE)]
    return complaints


def check_standard_includes(root):
    """Files that use a name of a precompiled header, which neither they nor what they include includes."""
    header_of = {name: header for header, names in STANDARD_NAMES.items() for name in names.split()}
    complaints = [f"STANDARD_NAMES lacks <{header}>, which is precompiled"
                  for header in precompiled_headers(root) if header not in STANDARD_NAMES]

    def reached(path, seen):
        if path in seen or not path.exists():
            return set()
        seen.add(path)
        found = set()
        for kind, header in includes(path):
            found |= {header} if kind == "<" else reached(root / "src" / header, seen)
        return found

    for path in sources(root, "src"):
        code = re.sub(r'"(\\.|[^"\\\n])*"', '""', re.sub(r"//.*", "", path.read_text()))
        used = {header_of[name] for name in re.findall(r"\bstd::(\w+)", code) if name in header_of}
        complaints += [f"{path.relative_to(root)} does not include <{header}>, whose names it uses"
                       for header in sorted(used - reached(path, set()))]
    return complaints


def check_sizes(root):
    """(complaints, warnings) on files that are too long."""
    complaints, warnings = [], []
    for path in sources(root, "src", "kernels"):
        lines = path.read_text().count("\n")
        if lines > MOST_LINES:
            complaints.append(f"{path.relative_to(root)} has {lines} lines; {MOST_LINES} is the most")
        elif lines > WARN_LINES:
            warnings.append(f"{path.relative_to(root)} has {lines} lines; better below {WARN_LINES}")
    return complaints, warnings


def check_words(root):
    """Words that no file may hold: notes to ourselves, and places that exist on one machine only."""
    complaints = []
    for start in WRITTEN:
        top = root / start
        for path in sorted(top.rglob("*")) if top.is_dir() else [top] if top.exists() else []:
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                complaints += [f"{path.relative_to(root)}:{number}: \"{word}\"" for word in FORBIDDEN if word in line]
    return complaints


def check_headers(root):
    """Headers without `#pragma once`, without a comment at the top, or that their own .cpp does not include first."""
    complaints = []
    for path in sources(root, "src"):
        text = path.read_text()
        if path.suffix != ".h":
            header = path.with_suffix(".h")
            first = includes(path)[:1]
            if header.exists() and first != [('"', header.relative_to(root / "src").as_posix())]:
                complaints.append(f"{path.relative_to(root)} does not include its own header first")
            continue
        if "#pragma once" not in text:
            complaints.append(f"{path.relative_to(root)} has no #pragma once")
        if not text.startswith("//"):
            complaints.append(f"{path.relative_to(root)} does not begin with a comment that says what it is for")
    return complaints
