"""Checks exported optax transformations against the reference interpreter.

The first command writes files and expected weights; the second, which needs only jax and optax,
runs them. Printed is the largest difference after 20 steps, relative to the largest weight.

    python -m scripts.check_optax write FOLDER --mutants 60
    ENVIRONMENT_WITH_JAX/bin/python scripts/check_optax.py run FOLDER
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path


def write(folder: Path, count: int) -> None:
    from evosearch import known_rule, lower, rule_names
    from evosearch.export.notation.provenance import Provenance
    from evosearch.export.optax_file import optax_source
    from tests.evosearch.export.pytorch.test_file import _START as START
    from tests.evosearch.export.pytorch.test_file import (
        SHAPES,
        STEPS,
        gradient,
        mutants,
        rate,
        stable_path,
    )

    rules = {name: known_rule(name) for name in rule_names()}
    rules |= {f"mutant_{n}": program for n, program in enumerate(mutants(count, seed=8))}
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, program in rules.items():
        path = stable_path(program, 1e-14, 1e-12)
        if path is None:
            continue
        text = optax_source(lower(program), name, Provenance("a check", "0" * 32, "0"))
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        # The path is of a closed loop; its gradients are given as they were.
        weights = [START, *path[:-1]]
        gradients = [gradient(w, t).tolist() for t, w in enumerate(weights, start=1)]
        expected[name] = {"path": path.tolist(), "gradients": gradients}
    record = {
        "start": START.tolist(),
        "shapes": [list(shape) for shape in SHAPES],
        "rates": [rate(t) for t in range(1, STEPS + 1)],
        "rules": expected,
    }
    (folder / "expected.json").write_text(json.dumps(record), encoding="utf-8")
    print(f"{len(expected)} rules written to {folder}")


def run(folder: Path) -> None:
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    jax.config.update("jax_enable_x64", True)
    record = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    shapes = [tuple(shape) for shape in record["shapes"]]
    sizes = [int(np.prod(shape)) for shape in shapes]

    def split(flat: object) -> list[jax.Array]:
        parts = np.split(np.asarray(flat, dtype=np.float64), np.cumsum(sizes)[:-1])
        return [jnp.asarray(p.reshape(s)) for p, s in zip(parts, shapes, strict=True)]

    worst = 0.0
    for name, rule in record["rules"].items():
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        rates = jnp.asarray(record["rates"])
        make = getattr(module, name)
        transformation = make(lambda count, rates=rates: rates[count], weight_decay=0.1)
        weights = split(record["start"])
        state = transformation.init(weights)
        update = jax.jit(transformation.update)
        largest = 0.0
        for gradients, path in zip(rule["gradients"], rule["path"], strict=True):
            updates, state = update(split(gradients), state, weights)
            weights = optax.apply_updates(weights, updates)
            found = np.concatenate([np.ravel(w) for w in weights])
            difference = np.max(np.abs(found - np.asarray(path))) / np.max(np.abs(path))
            largest = max(largest, float(difference))
        worst = max(worst, largest)
        if not largest <= 1e-12:
            print(f"{name}: {largest:.2g}")
    print(f"{len(record['rules'])} rules compared, at most {worst:.2g}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["write", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mutants", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.action == "write":
        write(arguments.folder, arguments.mutants)
    else:
        run(arguments.folder)


if __name__ == "__main__":
    main()
