"""What is awaited has the names and signatures of what blocks; every difference is listed here.

A new use case of a service, or a new word of one, fails here until it can be awaited as well.
"""

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import pytest

from placet import Placet
from placet.aio import AsyncPlacet

PLAIN = {
    "Placet.account": "no question",
    "Placet.acting": "sets a context variable",
    "Placet.at": "is a light view",
    "Placet.check": "is answered in memory",
    "Placet.decide": "is answered in memory",
    "Placet.permit": "asks in `async with`",
    "Placet.token": "is of what is in memory",
    "Placet.requires": "asks in each call of what it protects",
    "ApprovalSight.seen_with": "is a light view",
}
IN_MEMORY = "what is fresher is `await catch_up(...)`, and then the question"
FEWER_WORDS = {
    "Placet.check": ({"consistency"}, IN_MEMORY),
    "Placet.decide": ({"consistency"}, IN_MEMORY),
}
WITHIN = "takes the `Work` of a use case: what bundles share with services"
LEFT_OUT = {
    "Placet.joined": "a transaction belongs to the thread that its connection is used in",
    "Placet.store": "blocks; it is there as `blocking.store`",
    "Records.save": WITHIN,
    "Records.save_all": WITHIN,
    "Records.remove": WITHIN,
    "Records.discard": WITHIN,
    "Records.refuse_fixed": WITHIN,
    "Groups.put_members": WITHIN,
    "Groups.put_memberships": WITHIN,
    "Service.view": "the parts of an engine, for code that blocks",
    "Audit.export": "is read line by line: each would be a hop",
    "Audit.as_of": "gives something to ask many questions of, in the thread that built it",
    "Questions.answers": "is read one by one while it is answered: each would be a hop",
    "Questions.inquiry": "is a question that is not answered yet",
    "Questions.held": "is a part of the index",
}
ADDED = {
    "AsyncPlacet.blocking": "the engine itself, for code in threads",
    "AsyncPlacet.catch_up": "what `consistency` is for the plain calls",
}


class Pair(NamedTuple):
    """Something that blocks, and the class that stands for it."""

    blocking: type[Any]
    awaited: type[Any]


def _members(owner: type[Any]) -> dict[str, object]:
    """The public methods and properties of a class."""
    members = {name: inspect.getattr_static(owner, name) for name in dir(owner)}
    kinds = (classmethod, property, cached_property)
    return {
        name: member
        for name, member in members.items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))
    }


def _methods(owner: type[Any]) -> dict[str, Callable[..., Any]]:
    members = _members(owner).items()
    return {
        name: getattr(owner, name)
        for name, member in members
        if not isinstance(member, property | cached_property)
    }


def _listed(owner: type[Any], name: str) -> str:
    """The name under which a member is listed: that of the class that it comes from."""
    origin = next(base for base in reversed(owner.__mro__) if name in vars(base))
    return f"{origin.__name__}.{name}"


def _service(owner: type[Any], name: str) -> type[Any]:
    """What a property of an engine is annotated with."""
    member = inspect.getattr_static(owner, name)
    getter = member.func if isinstance(member, cached_property) else member.fget
    annotation = inspect.signature(getter).return_annotation
    found: type[Any] = getattr(annotation, "__origin__", annotation)
    return found


SERVICES = {
    name: Pair(_service(Placet, name), _service(AsyncPlacet, name))
    for name, member in _members(AsyncPlacet).items()
    if isinstance(member, cached_property)
}
PAIRS = (Pair(Placet, AsyncPlacet), *SERVICES.values())
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.blocking.__name__)


def test_every_service_of_an_engine_is_there() -> None:
    kinds = (property, cached_property)
    handed_out = {name for name, member in _members(Placet).items() if isinstance(member, kinds)}
    assert handed_out - SERVICES.keys() == {"account", "store"}


@every_pair
def test_what_blocks_can_be_awaited(pair: Pair) -> None:
    missing = {
        _listed(pair.blocking, name)
        for name in _members(pair.blocking).keys() - _members(pair.awaited).keys()
    }
    assert missing - LEFT_OUT.keys() == set()


@every_pair
def test_the_words_are_the_same(pair: Pair) -> None:
    awaited = _methods(pair.awaited)
    for name, method in _methods(pair.blocking).items():
        if name not in awaited:
            continue
        fewer, _ = FEWER_WORDS.get(_listed(pair.blocking, name), (set(), ""))
        parameters = inspect.signature(method).parameters.values()
        wanted = [parameter for parameter in parameters if parameter.name not in fewer]
        assert [*inspect.signature(awaited[name]).parameters.values()] == wanted, name


@every_pair
def test_only_what_asks_no_store_is_a_plain_call(pair: Pair) -> None:
    for name, method in _methods(pair.awaited).items():
        if hasattr(pair.blocking, name):
            plain = _listed(pair.blocking, name) in PLAIN
            assert inspect.iscoroutinefunction(method) is not plain, name


@every_pair
def test_everything_that_is_awaited_says_what_it_is(pair: Pair) -> None:
    assert [name for name, method in _methods(pair.awaited).items() if not method.__doc__] == []


def test_what_has_no_origin_is_listed() -> None:
    added = {
        f"{pair.awaited.__name__}.{name}"
        for pair in PAIRS
        for name in _members(pair.awaited)
        if not hasattr(pair.blocking, name)
    }
    assert added == ADDED.keys()


def test_what_is_listed_is_so() -> None:
    blocking = {_listed(pair.blocking, name) for pair in PAIRS for name in _members(pair.blocking)}
    awaited = {
        _listed(pair.blocking, name)
        for pair in PAIRS
        for name in _members(pair.awaited)
        if hasattr(pair.blocking, name)
    }
    assert LEFT_OUT.keys() <= blocking - awaited
    assert PLAIN.keys() | FEWER_WORDS.keys() <= awaited
