"""Run by the Python of .kernel_tuner: read_by_kernel_tuner.py CACHE TIME_LIMIT_S OUTPUT. Searches a cache with Kernel Tuner's
simulation mode, all of it and within a limit of time, and writes what its store_output_file makes of all."""
import json
import sys
import warnings

import kernel_tuner
from constraint import FunctionConstraint
from kernel_tuner.file_utils import store_output_file

warnings.simplefilter("ignore")  # none of the parameters is a thread block's dimension
path, time_limit_s, output = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    cache = json.load(file)

everything, environment = kernel_tuner.tune_cache(path, quiet=True, strategy="brute_force")
limited, _ = kernel_tuner.tune_cache(path, quiet=True, strategy="random_sample",
                                     strategy_options={"time_limit": float(time_limit_s), "fraction": 1.0})

# tune_cache leaves failures out; a search that meets them too is one over all that the cache has.
known = {tuple(entry[name] for name in cache["tune_params_keys"]) for entry in cache["cache"].values()}
with_failures, _ = kernel_tuner.tune_kernel(
    cache["kernel_name"], "", tuple(cache["problem_size"]), [], cache["tune_params"], cache=path, simulation_mode=True,
    quiet=True, strategy="brute_force", restrictions=[FunctionConstraint(lambda *values: values in known)])
store_output_file(output, with_failures, cache["tune_params"])

json.dump({"timed": len(everything), "best": environment["best_config"], "simulated_ms": environment["simulated_time"],
           "timed_within_limit": len(limited)}, sys.stdout)
