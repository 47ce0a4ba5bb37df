"""From a file or a text to a Bundle, or to every mistake in its shape."""

import json
import tomllib
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import msgspec

from placet.bundle.document import Bundle
from placet.bundle.shape import shape_problems
from placet.errors import Invalid

__all__ = ["load", "loads"]

Format = Literal["toml", "json"]


def load(source: Bundle | str | PathLike[str]) -> Bundle:
    """The bundle in a `.toml` or `.json` file; one that is loaded already passes through.

    Raises Invalid: for a file that cannot be read, for a mistake in its syntax with line and
    column, or for every mistake in its shape, each with its path.
    """
    if isinstance(source, Bundle):
        return source
    path = Path(source)
    if path.suffix not in (".toml", ".json"):
        raise Invalid(f"{str(path)!r} is no bundle; its name ends in .toml or .json")
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise Invalid(f"bundle {str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"bundle {str(path)!r} is not UTF-8 at byte {error.start}") from error
    return loads(text, "toml" if path.suffix == ".toml" else "json", name=str(path))


def loads(text: str, format: Format, *, name: str = "the bundle") -> Bundle:
    """The bundle in a text; `name` is what errors call it. Raises Invalid as `load` does.

    >>> loads('bundle = "release"', "toml").bundle
    'release'
    """
    try:
        document = _parsed(text, format, name)
        return _bundle(document, name)
    except RecursionError as error:
        raise Invalid(f"{name} is nested too deeply") from error


def _bundle(document: Any, name: str) -> Bundle:
    try:
        return msgspec.convert(document, Bundle)
    except msgspec.ValidationError as error:
        problems = shape_problems(document)
        if not problems:
            raise Invalid(f"{name} is not valid: {error}") from error
        said = "; ".join(map(str, problems[:5]))
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise Invalid(f"{name} is not valid: {said}{more}", problems) from error


def _parsed(text: str, format: Format, name: str) -> Any:
    if format == "toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Invalid(f"{name} is not valid TOML: {error}") from error
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Invalid(f"{name} is not valid JSON: {_place(text) or error}") from error


def _place(text: str) -> str:
    """What the parser of the standard library says, which knows line and column."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg} (at line {error.lineno}, column {error.colno})"
    return ""
