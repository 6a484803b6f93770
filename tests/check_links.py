"""Check a built site: every link and picture of its pages leads to a file of the site, and to an anchor that there is.

MkDocs checks the links of Markdown before the theme, the reference pages and hooks have written theirs; this looks at
what came out. Run it as ``python tests/check_links.py site``.
"""

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, each with its line, and the anchors in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.anchors = {"", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in what an element links to and what it is called."""
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append((self.getpos()[0], value))
            elif value and (name == "id" or (name == "name" and tag == "a")):
                self.anchors.add(value)


@cache
def read(file: Path) -> Page:
    """A page of the site."""
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def fault(site: Path, file: Path, link: str) -> str | None:
    """What is wrong with a link of a page; None if it leads somewhere, or out of the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    target = file if not path else (site / path.lstrip("/") if path.startswith("/") else file.parent / path).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "there is no such file"
    if site not in target.parents:
        return "it leads out of the site"
    if target.suffix == ".html" and unquote(parts.fragment) not in read(target).anchors:
        return f"{target.relative_to(site)} has no such anchor"
    return None


def main(folder: str) -> int:
    """Tell of every broken link; 1 if there is one."""
    site = Path(folder).resolve()
    files = [file for file in sorted(site.rglob("*.html")) if file.name != "404.html"]  # whose links are absolute
    found = [(file, line, link) for file in files for line, link in read(file).links]
    broken = [(*where, wrong) for where in found if (wrong := fault(site, where[0], where[2]))]
    for file, line, link, wrong in broken:
        sys.stderr.write(f"{file.relative_to(site)}, line {line}: {link}: {wrong}\n")
    sys.stdout.write(f"{len(found)} links on {len(files)} pages, {len(broken)} broken\n")
    return 1 if broken or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
