"""What the site adds to the pages of this folder when it is built (hooks of MkDocs).

The README becomes the first page; files of the repository that pages link to, scenarios and figures, come along; and
every public name gets its entry on the reference page of its package, from its docstring.
"""

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "learning": "Learning",
    "quantum": "Quantum",
    "network": "Network",
    "chain": "Chains",
    "crypto": "Keys and signatures",
    "energy": "Energy",
    "security": "Security",
    "running": "Running and reading",
}
_CHECKED = re.compile(r"<a [^>]*>quantity</a>\(((?:<[^>]+>|[^,()<]|\([^()]*\))+?)(?:, [a-z_]+=.*?)?\)</code>", re.S)
_LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the first page, the reference pages, and what the pages link to outside this folder."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=readme))
    for package, names in _public().items():
        files.append(File.generated(config, f"reference/{package}.md", content=_page(package, names)))
    pages = [(file.src_uri, file.content_string) for file in files.documentation_pages()]
    for path in sorted({path for uri, text in pages for path in _outside(uri, text)}):
        files.append(File.generated(config, f"repository/{path}", abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links to the repository at the files that came along."""
    uri = page.file.src_uri

    def moved(link: re.Match[str]) -> str:
        target = _in_repository(uri, link[2])
        here = posixpath.dirname(uri) or "."
        return link[1] + posixpath.relpath(_in_site(target), here) + link[3] if (ROOT / target).exists() else link[0]

    return _LINK.sub(moved, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Show the sources of a docstring as a numbered list."""
    html = re.sub(r"\[(\d+)\]_", r"[\1]", html)
    return re.sub(r"\n?\.\. (\[\d+\])", r"<br>\1", html)


def on_post_page(output: str, **_: Any) -> str:
    """Show a field by its default rather than by how it is checked."""
    return _CHECKED.sub(r"\1</code>", output)


def _outside(uri: str, text: str) -> Iterator[str]:
    for link in _LINK.finditer(text):
        target = _in_repository(uri, link[2])
        if (ROOT / target).is_file() and _in_site(target).startswith("repository/"):
            yield target


def _in_repository(uri: str, link: str) -> str:
    """Where a link of a page leads, from the root of the repository; the first page stands there itself."""
    home = "" if uri == "index.md" else posixpath.join("docs", posixpath.dirname(uri))
    return posixpath.normpath(posixpath.join(home, link))


def _in_site(target: str) -> str:
    if target == "README.md":
        return "index.md"
    return target.removeprefix("docs/") if target.startswith("docs/") else f"repository/{target}"


def _public() -> dict[str, list[str]]:
    """Public names with their modules, by package, from the imports that ``qflsim/__init__.py`` shows to editors."""
    tree = ast.parse((ROOT / "qflsim" / "__init__.py").read_text(encoding="utf-8"))
    names: dict[str, list[str]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            package = node.module.partition(".")[0]
            page = package if package in PACKAGES else "running"
            names[page] += [f"qflsim.{node.module}.{alias.name}" for alias in node.names]
    return dict(names)


def _page(package: str, names: list[str]) -> str:
    entries = "\n\n".join(f"::: {name}" for name in sorted(names, key=lambda name: name.rpartition(".")[2].lower()))
    return f"# {PACKAGES[package]}\n\n{entries}\n"
