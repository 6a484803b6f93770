"""Execute every notebook of a folder from start to end; any error in a cell fails the command."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main(folder: str) -> None:
    """Run the notebooks in the folder's own directory, as a reader would."""
    for path in sorted(Path(folder).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
        sys.stdout.write(f"{path}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells ran\n")


if __name__ == "__main__":
    main(sys.argv[1])
