"""Exported bundles behind the functions of DeepGEMM by which serving engines multiply: same names, arguments and layouts.

    import gemmtune_deep_gemm as deep_gemm
    deep_gemm.load("dsv3")                                         # a bundle; or name it in GEMMTUNE_BUNDLE
    a_scale = deep_gemm.get_mn_major_tma_aligned_tensor(a_scale)   # of [M, K/128]
    deep_gemm.fp8_gemm_nt((a, a_scale), (b, b_scale), out)         # out = a @ b.T
    deep_gemm.m_grouped_fp8_gemm_nt_contiguous((a, a_scale), (experts, experts_scale), out, m_indices)
    deep_gemm.m_grouped_fp8_gemm_nt_masked((a, a_scale), (experts, experts_scale), out, masked_m, expected_m)
    deep_gemm.taken()                                              # {"fp8_gemm_nt": {"gemmtune": 1, ...}, ...}

MN-major TMA-aligned scales are what gemmtune's kernels read, and go to them as they lie; other scales of A are copied first. What
the bundle lacks (a problem or form that was not tuned, another layout, type or recipe) goes to the installed deep_gemm, and where
there is none to torch, which dequantises: right, slow, and over groups waiting for the device, so not for CUDA graphs. All other
names are those of the installed deep_gemm. FP32 scales are taken as they are, as DeepGEMM does on Hopper: disable_ue8m0_cast
changes nothing.

A bundle's kernels run on as many SMs as they were tuned for; set_num_sms holds for the installed deep_gemm alone. The bundle that
GEMMTUNE_BUNDLE names is opened at the first product on a device. That takes seconds and cannot be in a CUDA graph: load() before.
One that does not open raises.
"""
from __future__ import annotations

import functools
import importlib
import math
import os
import sys
import warnings
from typing import Any, Callable, Optional, Sequence

import torch
from torch import Tensor

import gemmtune_bundle
import gemmtune_torch as gt

Scaled = tuple[Tensor, Tensor]  # values, and what they are multiplied by
Recipe = Optional[Sequence[int]]
Step = tuple[int, ...]  # rows and columns that share a scale

BLOCK = gt.BLOCK
RECIPE = (1, BLOCK, BLOCK)  # rows of A, rows of B, columns of both that share a scale
ALIGNMENT_BYTES = 16
ALIGNED_ROWS = 4  # of FP32, what TMA can step over
REFUSALS = {7, 8, 9}  # unknown problem, bad alignment, bad argument; what else goes wrong is an error, and raised
MOST_REFUSED = 4096
DEFAULTS: dict[str, Any] = {"compiled_dims": "nk", "disable_ue8m0_cast": False, "use_psum_layout": False, "ensure_zero_padding": True}  # or None

_taken = {name: {"gemmtune": 0, "deep_gemm": 0, "torch": 0}
          for name in ("fp8_gemm_nt", "m_grouped_fp8_gemm_nt_contiguous", "m_grouped_fp8_gemm_nt_masked")}
_refused: set[Any] = set()  # problems that the bundle does not take: asking again costs an exception
_has_bundle: dict[torch.device, bool] = {}  # by device
_settings: dict[str, Any] = {"num_sms": None, "alignment_rows": BLOCK}


def load(folder: gemmtune_bundle.Path, device: gt.Device = None, regime: str = "burst") -> gemmtune_bundle.Bundle:
    """Opens a bundle on a device (the current one if None); one bundle a device, the last one counts. `regime`: as gt.load has it."""
    bundle = gt.load(folder, device, regime)
    _refused.clear()
    _has_bundle.clear()
    return bundle


def taken() -> dict[str, dict[str, int]]:
    """How often each function was answered by whom. Replays of a CUDA graph are not calls."""
    return {name: dict(counts) for name, counts in _taken.items()}


def reset_taken() -> None:
    for counts in _taken.values():
        counts.update(dict.fromkeys(counts, 0))


@functools.cache
def _warn_once(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)


@functools.cache
def _installed() -> Any:
    """The installed deep_gemm; None where there is none, or where it is this module under that name."""
    try:
        module = importlib.import_module("deep_gemm")
    except ModuleNotFoundError:
        return None
    except Exception as error:  # it looks for compilers and loads libraries when imported: all sorts of errors
        _warn_once(f"the installed deep_gemm cannot be imported: {type(error).__name__}: {error}")
        return None
    return None if module is sys.modules[__name__] else module


def __getattr__(name: str) -> Any:
    """Names that are not here are the installed deep_gemm's."""
    python_asks = name.startswith("__") and name != "__version__"  # __path__, say, would make its parts ours
    if python_asks or _installed() is None:
        raise AttributeError(f"gemmtune_deep_gemm has no {name}" + ("" if python_asks else ", and no deep_gemm is installed"))
    try:
        return getattr(_installed(), name)
    except AttributeError:
        raise AttributeError(f"neither gemmtune_deep_gemm nor the installed deep_gemm has {name}") from None


def _tell_installed(name: str, value: int) -> None:
    function = getattr(_installed(), name, None)
    if function is not None:
        function(value)


def set_num_sms(num_sms: int) -> None:
    """For the installed deep_gemm and get_num_sms(); a bundle's kernels keep the number that they were tuned with."""
    _settings["num_sms"] = num_sms
    _tell_installed("set_num_sms", num_sms)


def get_num_sms() -> int:
    if _settings["num_sms"] is not None:
        return int(_settings["num_sms"])
    function = getattr(_installed(), "get_num_sms", None)
    return int(function() if function else torch.cuda.get_device_properties(torch.cuda.current_device()).multi_processor_count)


def set_mk_alignment_for_contiguous_layout(rows: int) -> None:
    _settings["alignment_rows"] = rows
    _tell_installed("set_mk_alignment_for_contiguous_layout", rows)


def get_mk_alignment_for_contiguous_layout() -> int:
    """Of what a group's first row is a multiple."""
    return int(_settings["alignment_rows"])


get_m_alignment_for_contiguous_layout = get_k_alignment_for_contiguous_layout = get_mk_alignment_for_contiguous_layout


def get_mn_major_tma_aligned_tensor(sf: Tensor) -> Tensor:
    """[..., M, K/128] with M contiguous and columns 16 bytes' multiples apart; the same memory where that already is so."""
    return _packed(sf)[..., :sf.shape[-2]].mT


def _packed(scale: Tensor) -> Tensor:
    """[..., M, K/128] -> [..., K/128, M rounded up to 4], contiguous: a view where the memory is that already, else a copy."""
    if scale.dim() not in (2, 3):
        raise ValueError(f"scales are [M, K/128] or [groups, M, K/128], not {list(scale.shape)}")
    as_read = scale.mT
    if as_read.is_contiguous() and scale.shape[-2] % ALIGNED_ROWS == 0 and scale.data_ptr() % ALIGNMENT_BYTES == 0:
        return as_read  # as engines lay it out; what follows costs the host three times as much
    *groups, rows, blocks = scale.shape
    padded = -(-rows // ALIGNED_ROWS) * ALIGNED_ROWS
    shape = (*groups, blocks, padded)
    # The last column's padding may lie past the end of the storage; a view cannot have it.
    stored = scale.untyped_storage().nbytes() // scale.element_size() - scale.storage_offset()
    if _is_mn_major(scale, padded) and stored >= math.prod(shape) and scale.data_ptr() % ALIGNMENT_BYTES == 0:
        return scale.as_strided(shape, (blocks * padded, padded, 1)[-len(shape):])
    packed = scale.new_empty(shape)  # the padding is read, but no result depends on it
    packed[..., :rows] = scale.mT
    return packed


def _is_mn_major(scale: Tensor, padded: int) -> bool:
    """Strides along an extent of 1 mean nothing."""
    wanted = (scale.shape[-1] * padded, 1, padded)[-scale.dim():]
    return all(extent == 1 or stride == want for extent, stride, want in zip(scale.shape, scale.stride(), wanted))


def _find_bundle(device: torch.device) -> bool:
    try:
        gt.bundle_of(device)
        return True
    except RuntimeError:
        folder = os.environ.get("GEMMTUNE_BUNDLE")
    if folder and device.type == "cuda":
        gt.load(folder, device)
        return True
    _warn_once("no bundle of gemmtune: neither load(folder) was called nor GEMMTUNE_BUNDLE set; every product goes to "
               + ("torch, which is slow" if _installed() is None else "the installed deep_gemm"))
    return False


def _steps(recipe: Recipe = None, recipe_a: Recipe = None, recipe_b: Recipe = None, **others: Any) -> tuple[Step, Step]:
    """((rows, columns) of A that share a scale, the same of B)."""
    if (recipe_a is None) != (recipe_b is None) or (recipe is not None and recipe_a is not None):
        raise ValueError("recipe is given, or recipe_a and recipe_b are, or none of them")
    if recipe_a is not None and recipe_b is not None:
        return tuple(recipe_a), tuple(recipe_b)
    rows_a, rows_b, columns = recipe or RECIPE
    return (rows_a, columns), (rows_b, columns)


def _form(tensor: Tensor) -> tuple[Any, ...]:
    """All of a tensor that a refusal may depend on."""
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.device, tensor.data_ptr() % ALIGNMENT_BYTES


def _gemmtune_takes(problem_of: Callable[[], Any], by_gemmtune: Callable[[], None]) -> bool:
    """Launches, unless the problem is refused or was before."""
    if _refused and problem_of() in _refused:
        return False
    try:
        by_gemmtune()
        return True
    except ValueError:  # gemmtune_torch's checks
        pass
    except RuntimeError as error:
        if gt.code_of(error) not in REFUSALS:
            raise
    if len(_refused) >= MOST_REFUSED:
        _refused.clear()
    _refused.add(problem_of())
    return False


def _answer(name: str, arguments: tuple[Any, ...], by_gemmtune: Callable[[], None], by_torch: Callable[[Step, Step], None],
            **options: Any) -> None:
    """Whoever can, in this order: gemmtune, the installed deep_gemm, torch. `arguments` and `options` are the caller's."""
    (a, a_scale), (b, b_scale), *others = arguments
    steps = _steps(**options)

    def problem() -> tuple[Any, ...]:
        tensors = (x for x in (a, a_scale, b, b_scale, *others, options.get("c")) if isinstance(x, torch.Tensor))
        return (name, options.get("use_psum_layout"), _settings["alignment_rows"], *map(_form, tensors))

    if a.device not in _has_bundle:
        _has_bundle[a.device] = _find_bundle(a.device)
    ours = _has_bundle[a.device] and steps == ((1, BLOCK), (BLOCK, BLOCK))
    if ours and _gemmtune_takes(problem, by_gemmtune):
        _taken[name]["gemmtune"] += 1
        return
    function = getattr(_installed(), name, None)
    if function is not None:
        # Those that were given alone: older versions do not know all.
        function(*arguments, **{key: value for key, value in options.items() if value is not DEFAULTS.get(key)})
        _taken[name]["deep_gemm"] += 1
        return
    by_torch(*steps)
    _taken[name]["torch"] += 1


def _dequantised(values: Tensor, scale: Tensor, step: Step) -> Tensor:
    """[rows, columns] in FP32 of values of which step[0] rows and step[1] columns share a scale."""
    rows, columns = values.shape
    wanted = (-(-rows // step[0]), -(-columns // step[1]))
    if not values.is_floating_point() or scale.dtype != torch.float32 or tuple(scale.shape) != wanted:
        raise ValueError(f"values {values.dtype} {tuple(values.shape)} want FP32 scales {wanted}, not {scale.dtype} "
                         f"{tuple(scale.shape)}; without deep_gemm there are no others")
    scale = scale.repeat_interleave(step[0], 0)[:rows].repeat_interleave(step[1], 1)[:, :columns]
    return values.float() * scale


def _product(a: Tensor, a_scale: Tensor, step_a: Step, b: Tensor, b_scale: Tensor, step_b: Step) -> Tensor:
    return _dequantised(a, a_scale, step_a) @ _dequantised(b, b_scale, step_b).t()


def _require_shape(name: str, tensor: Tensor, *shape: int) -> None:
    if tuple(tensor.shape) != shape:
        raise ValueError(f"{name} is {list(tensor.shape)}, not {list(shape)}")


def fp8_gemm_nt(a: Scaled, b: Scaled, d: Tensor, c: Tensor | None = None, recipe: Recipe = None, recipe_a: Recipe = None,
                recipe_b: Recipe = None, compiled_dims: str = "nk", disable_ue8m0_cast: bool = False) -> None:
    """d = a @ b.T, or c + a @ b.T; c may be d."""
    (values_a, scale_a), (values_b, scale_b) = a, b

    def by_gemmtune() -> None:
        if c is not None:
            if c.shape != d.shape or c.dtype != d.dtype:
                raise ValueError("c is not as d")
            if c.data_ptr() != d.data_ptr() or c.stride() != d.stride():
                d.copy_(c)
        gt.fp8_gemm_nt(values_a, _packed(scale_a), values_b, scale_b, d, accumulate=c is not None)

    def by_torch(step_a: Step, step_b: Step) -> None:
        _require_shape("d", d, values_a.shape[0], values_b.shape[0])
        product = _product(values_a, scale_a, step_a, values_b, scale_b, step_b)
        d.copy_(product if c is None else c.float() + product)

    _answer("fp8_gemm_nt", (a, b, d), by_gemmtune, by_torch, c=c, recipe=recipe, recipe_a=recipe_a, recipe_b=recipe_b,
            compiled_dims=compiled_dims, disable_ue8m0_cast=disable_ue8m0_cast)


def _rows_of_groups(layout: Tensor, groups: int, by_ends: bool) -> list[Tensor]:
    """The rows of each group."""
    if not by_ends:
        return [(layout == group).nonzero().squeeze(1) for group in range(groups)]
    step, first, rows = _settings["alignment_rows"], 0, []
    for end in layout.tolist():
        rows.append(torch.arange(first, max(first, end), device=layout.device))
        first = -(-end // step) * step
    return rows


def m_grouped_fp8_gemm_nt_contiguous(a: Scaled, b: Scaled, d: Tensor, grouped_layout: Tensor | None = None, recipe: Recipe = None,
                                     recipe_a: Recipe = None, recipe_b: Recipe = None, compiled_dims: str = "nk",
                                     disable_ue8m0_cast: bool = False, use_psum_layout: bool = False, ensure_zero_padding: bool = True,
                                     expected_m_for_psum_layout: int | None = None, *, m_indices: Tensor | None = None) -> None:
    """d[r] = a[r] @ b[g].T for each row r of a group g. grouped_layout (m_indices in older versions) is the group of each row, -1
    of none, or with use_psum_layout the end of each group. Rows of none are not written."""
    (values_a, scale_a), (values_b, scale_b) = a, b
    layout: Any = m_indices if grouped_layout is None else grouped_layout

    def by_gemmtune() -> None:
        gt.fp8_gemm_grouped_contiguous(values_a, _packed(scale_a), values_b, scale_b, d, layout, by_ends=use_psum_layout,
                                       alignment=_settings["alignment_rows"], expected_m=expected_m_for_psum_layout or 0)

    def by_torch(step_a: Step, step_b: Step) -> None:
        groups, n, _ = values_b.shape
        _require_shape("d", d, values_a.shape[0], n)
        _require_shape("grouped_layout", layout, groups if use_psum_layout else values_a.shape[0])
        for group, rows in enumerate(_rows_of_groups(layout, groups, use_psum_layout)):
            if len(rows) > 0:
                d[rows] = _product(values_a[rows], scale_a[rows], step_a, values_b[group], scale_b[group], step_b).to(d.dtype)

    _answer("m_grouped_fp8_gemm_nt_contiguous", (a, b, d, layout), by_gemmtune, by_torch, recipe=recipe, recipe_a=recipe_a,
            recipe_b=recipe_b, compiled_dims=compiled_dims, disable_ue8m0_cast=disable_ue8m0_cast,
            use_psum_layout=use_psum_layout, ensure_zero_padding=ensure_zero_padding,
            expected_m_for_psum_layout=expected_m_for_psum_layout)


def m_grouped_fp8_gemm_nt_masked(a: Scaled, b: Scaled, d: Tensor, masked_m: Tensor, expected_m: int, recipe: Recipe = None,
                                 recipe_a: Recipe = None, recipe_b: Recipe = None, compiled_dims: str = "nk",
                                 disable_ue8m0_cast: bool = False) -> None:
    """d[g, :count] = a[g, :count] @ b[g].T for each group g and its count masked_m[g]. The other rows are not written."""
    (values_a, scale_a), (values_b, scale_b) = a, b

    def by_gemmtune() -> None:
        gt.fp8_gemm_grouped_masked(values_a, _packed(scale_a), values_b, scale_b, d, masked_m, expected_m=int(expected_m))

    def by_torch(step_a: Step, step_b: Step) -> None:
        groups, n, _ = values_b.shape
        _require_shape("d", d, groups, values_a.shape[1], n)
        _require_shape("masked_m", masked_m, groups)
        for group, count in enumerate(masked_m.tolist()):
            if count > 0:
                some, some_scale = values_a[group, :count], scale_a[group, :count]
                d[group, :count] = _product(some, some_scale, step_a, values_b[group], scale_b[group], step_b).to(d.dtype)

    _answer("m_grouped_fp8_gemm_nt_masked", (a, b, d, masked_m, expected_m), by_gemmtune, by_torch, recipe=recipe,
            recipe_a=recipe_a, recipe_b=recipe_b, compiled_dims=compiled_dims, disable_ue8m0_cast=disable_ue8m0_cast)


fp8_m_grouped_gemm_nt_masked = m_grouped_fp8_gemm_nt_masked  # DeepGEMM's older name, which engines still call
