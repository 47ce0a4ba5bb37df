"""The fenced blocks of a Markdown page, and the files that some of them are.

A block that begins with `# name.ext` is a file; one that begins with `# name.ext, continued` goes
on with it.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["Block", "blocks_in", "environment", "files_in", "write_files"]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\w+\.\w+)(, continued)?\n")


class Block(NamedTuple):
    """A fenced block: its language, its text, and the file that it names."""

    language: str
    text: str
    file: str | None


def blocks_in(page: str) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    found = []
    for language, text in _BLOCK.findall(page):
        named = _FILE.match(text)
        found.append(Block(language, text, named[1] if named else None))
    return found


def files_in(blocks: Iterable[Block]) -> Mapping[str, str]:
    """The text of each file, put together of the blocks that name it."""
    files: dict[str, str] = {}
    for block in blocks:
        named = _FILE.match(block.text)
        if named and named[2]:
            files[named[1]] += block.text[named.end() :]
        elif named:
            assert named[1] not in files, f"{named[1]} begins twice; write ', continued'"
            files[named[1]] = block.text
    return files


def write_files(blocks: Iterable[Block], folder: Path) -> None:
    """Write the files of a page into a folder."""
    for name, text in files_in(blocks).items():
        (folder / name).write_text(text)


def environment() -> dict[str, str]:
    """For the shell blocks: the commands of this interpreter, and no settings of placet."""
    scripts = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    return {**kept, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
