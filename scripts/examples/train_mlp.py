#!/usr/bin/env python3
"""Trains a small MLP three times from the same seeds, in FP32, in BF16 and with FP8 products (gemmtune_torch_train), to a fixed random
teacher, and writes the loss curves side by side: losses.json, losses.svg and README.md in --out. Exit 1 where FP8 ends more than
--tolerance above BF16.

    scripts/examples/train_mlp.py --write-shapes mlp.json       # the products of these sizes, for a sweep
    gemmtune sweep --shapes mlp.json --out mlp && gemmtune export mlp --format bundle -o mlp-bundle
    gemmtune quantise --export quantisers
    scripts/examples/train_mlp.py --bundle mlp-bundle --quantisers quantisers --out results/scratch/mlp

Without --bundle and --quantisers torch computes the same products from the same E4M3 operands. Weights are FP32 in all three, what
lies between layers FP32 or BF16. Needs torch."""
import argparse
import json
import pathlib
import sys
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "python"))
COLOURS = {"fp32": "#888888", "bf16": "#1f77b4", "fp8": "#d62728"}


def sizes_of(options):
    return [options.width_in, *[options.width] * (options.layers - 1), options.width_in]


def products(options):
    """The problems of a step: forward, gradient of x (not of the first layer, whose x is data) and of the weight."""
    sizes, batch = sizes_of(options), options.batch
    padded = -(-batch // 128) * 128
    found = []
    for layer, (k, n) in enumerate(zip(sizes, sizes[1:])):
        found.append({"kernel": "dense_1d2d", "m": batch, "n": n, "k": k})
        if layer > 0:
            found.append({"kernel": "dense_1d2d", "m": batch, "n": k, "k": n})
        found.append({"kernel": "dense_1d1d", "m": n, "n": k, "k": padded, "out": "fp32"})
    unique = {json.dumps(problem, sort_keys=True): problem for problem in found}
    return {"schema": "gemmtune.shapes/1", "name": "train-mlp", "problems": list(unique.values())}


def train(kind, options, device):
    """The loss of each step."""
    import torch

    import gemmtune_torch_train as gtt
    between = torch.float32 if kind == "fp32" else torch.bfloat16

    class Rounded(torch.nn.Linear):
        def forward(self, x):
            return torch.nn.functional.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))

    def mlp(linear):
        torch.manual_seed(options.seed)  # the same weights whatever the layer
        layers = []
        for k, n in zip(sizes_of(options), sizes_of(options)[1:]):
            layers += [linear(k, n), torch.nn.GELU()]
        return torch.nn.Sequential(*layers[:-1]).to(device)

    torch.manual_seed(options.seed + 1)
    teacher = torch.nn.Sequential(torch.nn.Linear(options.width_in, options.width), torch.nn.GELU(),
                                  torch.nn.Linear(options.width, options.width_in)).to(device).requires_grad_(False)
    model = mlp(gtt.Linear if kind == "fp8" else Rounded)
    step = torch.compile(model) if options.compile else model
    optimiser = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    losses = []
    for number in range(options.steps):
        generator = torch.Generator().manual_seed(options.seed * 1_000_003 + number)
        x = torch.randn(options.batch, options.width_in, generator=generator).to(device)
        wanted = teacher(x)
        optimiser.zero_grad(set_to_none=True)
        loss = (step(x.to(between)).float() - wanted).square().mean()
        # Gradients of a mean over all outputs are small; E4M3's scales stop at amax 1e-4.
        (loss * options.loss_scale).backward()
        for parameter in model.parameters():
            parameter.grad /= options.loss_scale
        optimiser.step()
        losses.append(loss.detach())
    return [float(loss) for loss in losses]


def end_of(losses):
    """The mean of the last tenth."""
    last = losses[-max(1, len(losses) // 10):]
    return sum(last) / len(last)


def picture(curves):
    width, height, left, bottom = 720, 400, 60, 40
    steps = max(len(losses) for losses in curves.values())
    top, low = max(map(max, curves.values())), min(map(min, curves.values()))
    span = (top - low) or 1

    def points(losses):
        return " ".join(f"{left + (width - left - 20) * i / max(1, steps - 1):.1f},{20 + (height - bottom - 20) * (top - loss) / span:.1f}"
                        for i, loss in enumerate(losses))
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<path d="M{left} 20V{height - bottom}H{width - 20}" fill="none" stroke="black"/>']
    for i in range(5):
        value = top - span * i / 4
        y = 20 + (height - bottom - 20) * i / 4
        lines.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{value:.3g}</text>')
    lines += [f'<text x="{left}" y="{height - 12}">step 0</text>', f'<text x="{width - 20}" y="{height - 12}" text-anchor="end">{steps - 1}</text>',
              f'<text x="{width // 2}" y="{height - 12}" text-anchor="middle">loss over steps</text>']
    for i, (kind, losses) in enumerate(curves.items()):
        dash = ' stroke-dasharray="6 4"' if kind == "fp8" else ""
        lines += [f'<polyline points="{points(losses)}" fill="none" stroke="{COLOURS[kind]}" stroke-width="2"{dash}/>',
                  f'<text x="{width - 80}" y="{40 + 18 * i}" fill="{COLOURS[kind]}">{kind}</text>']
    return "\n".join([*lines, "</svg>", ""])


def page(told):
    curves = told["losses"]
    steps = len(next(iter(curves.values())))
    shown = sorted({round(i * (steps - 1) / 10) for i in range(11)})
    lines = ["# An MLP trained in FP8", "", f"`scripts/examples/train_mlp.py`, {told['device']}, torch {told['torch']}: {told['sizes']}, batch "
             f"{told['batch']}, Adam {told['learning_rate']}, the same seeds. Products in FP8: {told['computed_by']}.", "",
             "![Loss over steps](losses.svg)", "", "| step | " + " | ".join(curves) + " | fp8 / bf16 |", "|--:|" + "--:|" * (len(curves) + 1)]
    for i in shown:
        lines.append(f"| {i} | " + " | ".join(f"{losses[i]:.5f}" for losses in curves.values()) + f" | {curves['fp8'][i] / curves['bf16'][i]:.4f} |")
    ends = {kind: end_of(losses) for kind, losses in curves.items()}
    lines.append("| last tenth | " + " | ".join(f"{end:.5f}" for end in ends.values()) + f" | {ends['fp8'] / ends['bf16']:.4f} |")
    return "\n".join([*lines, ""])


def run(options):
    import torch

    import gemmtune_torch as gt
    import gemmtune_torch_train as gtt
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if options.bundle:
        gt.load(options.bundle)
    if options.quantisers:
        gt.load_quantisers(options.quantisers)
    gtt._said.clear()
    begin, curves, seconds = time.monotonic(), {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if not options.bundle else "default")
        for kind in COLOURS:
            start = time.monotonic()
            curves[kind] = train(kind, options, device)
            seconds[kind] = round(time.monotonic() - start, 2)
    lacking = sorted(gtt._said)
    computed_by = "torch, from E4M3 operands" if not options.bundle else \
        "kernels of the bundle" + (f", but for {len(lacking)} that it lacks" if lacking else "")
    return {"device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU", "torch": torch.__version__,
            "sizes": "-".join(map(str, sizes_of(options))), "batch": options.batch, "steps": options.steps, "seed": options.seed,
            "learning_rate": options.learning_rate, "loss_scale": options.loss_scale, "compiled": options.compile,
            "computed_by": computed_by, "computed_by_torch": lacking,
            "quantised_by": "kernels" if options.quantisers and device.type == "cuda" else "torch", "seconds": seconds,
            "seconds_in_all": round(time.monotonic() - begin, 1), "end": {kind: end_of(losses) for kind, losses in curves.items()},
            "losses": curves}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle")
    parser.add_argument("--quantisers")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--write-shapes", type=pathlib.Path)
    parser.add_argument("--width-in", type=int, default=1024)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--loss-scale", type=float, default=65536)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.05)
    parser.add_argument("--device")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    if options.write_shapes:
        options.write_shapes.write_text(json.dumps(products(options), indent=2) + "\n")
        return 0
    told = run(options)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "losses.json").write_text(json.dumps(told, indent=1) + "\n")
        (options.out / "losses.svg").write_text(picture(told["losses"]))
        (options.out / "README.md").write_text(page(told))
    print(json.dumps({key: value for key, value in told.items() if key != "losses"}, indent=2))
    return 1 if told["end"]["fp8"] > (1 + options.tolerance) * told["end"]["bf16"] else 0


if __name__ == "__main__":
    sys.exit(main())
