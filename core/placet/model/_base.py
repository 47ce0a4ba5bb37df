"""What every noun has in common."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from placet.errors import Invalid, Problem
from placet.model.json_values import json_fault
from placet.refs import text_fault

__all__ = ["Checker", "JsonObject", "Noun", "Record", "Time"]

Time = Annotated[datetime, msgspec.Meta(tz=True)]
JsonObject = dict[str, Any]

MAX_NAME = 256
MAX_TEXT = 4096


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A frozen fact. `validate` is called wherever one is about to be stored.

    Decoding does not validate: what is in the store was valid when it was written, and a start
    reads a million of them. For their number the garbage collector passes them by: what can be
    written as JSON is part of no cycle.
    """

    def validate(self) -> None:
        """Raise Invalid, naming every mistake, if this must not be stored."""
        check = Checker()
        self.check(check)
        check.raise_for(type(self).__name__)

    def check(self, check: "Checker") -> None:
        """Report mistakes to `check`; nouns extend this."""


class Record(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A noun that somebody administers: who made it and when, and which bundle owns it.

    All of it is set by the commit that stores the noun, never by a caller. `etag` is the version
    of the document it was read from, 0 where it was not read; it is not stored.
    """

    etag: int = 0

    created_at: Time | None = None
    updated_at: Time | None = None
    created_by: str = ""
    bundle: str = ""


class Checker:
    """Collects the mistakes of one noun.

    >>> check = Checker()
    >>> check.id("id", " x")
    >>> [str(problem) for problem in check.problems]
    ['id: has a blank at an end']
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fail(self, path: str, message: str) -> None:
        """Report a mistake at `path`."""
        self.problems.append(Problem(path, message))

    def id(self, path: str, value: object, *, forbidden: str = "") -> None:
        """Report `value` unless it may be an id."""
        if fault := text_fault(value, forbidden=forbidden):
            self.fail(path, fault)

    def owned_id(self, path: str, value: str) -> None:
        """Report `value` unless it may be the id of something that a scope owns."""
        self.id(path, value)
        if isinstance(value, str) and "@/" in value:
            self.fail(path, "holds '@/', which separates an id from the scope that owns it")

    def text(self, path: str, value: str, limit: int = MAX_TEXT) -> None:
        """Report `value` if it is longer than `limit` bytes or cannot be written as UTF-8."""
        if type(value) is str and len(value) <= limit and value.isascii():
            return
        if not isinstance(value, str):
            self.fail(path, f"is a {type(value).__name__}, not text")
            return
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            self.fail(path, "holds half of a surrogate pair")
            return
        if size > limit:
            self.fail(path, f"is {size} bytes long; {limit} is the most")

    def json(self, path: str, value: object) -> None:
        """Report `value` unless JSON can say it exactly."""
        if fault := json_fault(value, path):
            self.problems.append(fault)

    def parses(self, path: str, parse: Any, *values: Any) -> None:
        """Report what `parse(*values)` raises as Invalid."""
        try:
            parse(*values)
        except Invalid as invalid:
            if invalid.problems:
                self.problems.extend(
                    Problem(f"{path}.{problem.path}" if problem.path else path, problem.message)
                    for problem in invalid.problems
                )
            else:
                self.fail(path, invalid.message)

    def raise_for(self, what: str) -> None:
        """Raise Invalid if anything was reported."""
        if self.problems:
            said = "; ".join(map(str, self.problems[:5]))
            more = len(self.problems) - 5
            raise Invalid(
                f"{what} is not valid: {said}" + (f"; and {more} more" if more > 0 else ""),
                self.problems,
            )
