"""A configuration as a file, which can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.search.config import SearchConfig
from evosearch.search.config_text import FILLED_IN, as_toml
from evosearch.search.config_values import load_config, make_config
from evosearch.search.presets import PRESETS


@pytest.mark.parametrize("explained", [False, True])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_configuration_reads_back(preset: str, explained: bool, tmp_path: Path) -> None:
    """As `evosearch search --config` reads it; a quote or backslash in a name is kept."""
    values = {**PRESETS[preset], "start": 'odd "name"\\x.py'}
    config = make_config(values, "test")
    path = tmp_path / "config.toml"
    path.write_text(as_toml(config, explained), encoding="utf-8")
    assert make_config(load_config(path), "file") == config


def test_each_value_is_explained_above_it() -> None:
    """In comments no wider than a terminal."""
    lines = as_toml(make_config({}, "test"), explained=True).splitlines()
    keys = [name for name in SearchConfig.model_fields if name not in FILLED_IN]
    assert [line.split(" = ")[0] for line in lines if line and line[0] != "#"] == keys
    text = "\n".join(lines).replace("\n# ", " ")
    assert all((SearchConfig.model_fields[key].description or "") in text for key in keys)
    assert max(len(line) for line in lines if line.startswith("#")) <= 100
