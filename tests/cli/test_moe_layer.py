"""scripts/examples/moe_layer.py without a GPU, where gemmtune_deep_gemm answers by torch. Skipped where there is no torch."""
import contextlib
import importlib.util
import io
import os
import pathlib
import sys
import unittest
import warnings
from unittest import mock

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
EXAMPLE = SOURCE / "scripts/examples/moe_layer.py"
torch = None
if importlib.util.find_spec("torch"):
    import torch

    spec = importlib.util.spec_from_file_location("moe_layer", EXAMPLE)
    moe_layer = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(moe_layer)

SMALL = ["--device", "cpu", "--tokens", "40", "--hidden", "256", "--inner", "128", "--experts", "4"]


@unittest.skipIf(torch is None, "python3 has no torch")
class MoeLayer(unittest.TestCase):
    def run_it(self, *more):
        said = io.StringIO()
        with mock.patch.object(sys, "argv", [str(EXAMPLE), *SMALL, *more]), contextlib.redirect_stdout(said), \
                warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return moe_layer.main(), said.getvalue()

    def test_is_right_within_what_quantising_costs(self):
        code, said = self.run_it()
        self.assertEqual(code, 0, said)
        error = float(said.split()[2].rstrip(";"))
        self.assertTrue(0.01 < error < moe_layer.MOST_ERROR, said)

    def test_rows_of_an_expert_begin_at_the_alignment_and_all_come_back(self):
        layer = moe_layer.Experts(torch.randn(4, 256, 256), torch.randn(4, 256, 128))
        experts = torch.tensor([3, 0, 3, 3, 0] + [2] * 130)  # none of expert 1
        rows, of_row = layer.lay_out(experts)
        self.assertEqual(len(set(rows.tolist())), len(experts))
        self.assertEqual(of_row[rows].tolist(), experts.tolist())
        self.assertEqual(int((of_row >= 0).sum()), len(experts))
        for expert in (0, 2, 3):
            self.assertEqual(int(rows[experts == expert].min()) % 128, 0)
        self.assertEqual(len(of_row), 128 + 256 + 128)

    def test_sees_an_expert_that_has_anothers_weights(self):
        def swapped(self, x, weights, of_row):
            values, scales = moe_layer.quantise_rows(x)
            out = torch.zeros(len(x), weights[0].shape[1], dtype=torch.bfloat16)
            wrong = torch.where(of_row == 0, 1, of_row).to(torch.int32)
            moe_layer.deep_gemm.m_grouped_fp8_gemm_nt_contiguous((values, scales), weights, out, wrong)
            return out
        with mock.patch.object(moe_layer.Experts, "grouped", swapped):
            self.assertEqual(self.run_it()[0], 1)


if __name__ == "__main__":
    unittest.main()
