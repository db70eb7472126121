"""The notebook that shows the Python interface works as it stands, in a kernel."""

from __future__ import annotations

import json
from pathlib import Path

import nbclient
import nbformat

NOTEBOOK = Path(__file__).parents[1] / "scripts" / "from_python.ipynb"


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    """Its search ends, with a line for each phase below the cell; its best rule trains."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=place).execute()
    outputs = [cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]
    texts = [json.dumps(output) for output in outputs]
    (search,) = [text for text in texts if "search: 8/8" in text]
    assert search.count('"name": "stderr"') == 1, "the folder alone is told there"
    assert "AdamW's yardstick: 6/6" in search
    assert "<pre" not in " ".join(texts)
    (loss,) = [text for text in texts if "loss after 200 steps" in text]
    assert float(loss.split("steps: ")[1].split("\\n")[0]) < 0.5


def test_the_notebook_is_kept_without_what_it_printed() -> None:
    """So that a change of it can be read."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)
    assert all(cell.get("execution_count") is None for cell in cells)
