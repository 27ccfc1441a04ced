"""Execute the notebooks of docs/notebooks and write their output into them: `make notebooks`.

`--check NAME` is what the test of the notebooks calls. What cells with the tag `same` print is compared.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
TIMEOUT_S = 300
FEWEST_KEPT = 2
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
ROOT = Path(__file__).parents[1]


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Return a notebook as it is after its cells were executed in a folder; raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return client.execute(env=os.environ | {"PYTHONPATH": search})


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what the cells with the tag `same` printed."""
    return [
        "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if "same" in cell.metadata.get("tags", ())
    ]


def changed(path: Path) -> list[str]:
    """Execute a notebook in an empty folder; return what cells with the tag `same` print otherwise now."""
    with tempfile.TemporaryDirectory() as folder:
        now = texts(executed(path, Path(folder)))
    kept = texts(nbformat.read(path, as_version=4))
    if len(kept) < FEWEST_KEPT:
        return [f"{path.name}: only {len(kept)} cells have the tag `same`"]
    pairs = zip(kept, now, strict=True)
    return [f"{path.name}: was\n{before}\nis\n{after}" for before, after in pairs if before != after]


def main(arguments: list[str]) -> int:
    """Execute every notebook and write it back with its output; `--check NAME...`: compare these only."""
    if arguments[:1] == ["--check"]:
        found = [difference for name in arguments[1:] for difference in changed(FOLDER / name)]
        sys.stderr.write("\n".join(found))
        return 1 if found else 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        notebook.metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        nbformat.write(notebook, path)
        sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
