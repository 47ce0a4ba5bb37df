"""The words of the language, and what to say of a word that is not one of them."""

from difflib import get_close_matches

from placet.conditions.lexer import Token
from placet.conditions.syntax import Comparison

__all__ = [
    "COMPARISONS",
    "CONSTANTS",
    "FUNCTIONS",
    "KEYWORDS",
    "METHODS",
    "ROOTS",
    "listed",
    "misplaced",
    "no_such",
    "no_such_method",
]

_ENTITY = ("type", "id", "properties")
# Every root, and the keys it may have where design section 5 fixes them.
ROOTS: dict[str, tuple[str, ...]] = {
    "subject": _ENTITY,
    "resource": _ENTITY,
    "action": ("name", "properties"),
    "context": (),
    "now": (),
}
CONSTANTS = {"true": True, "false": False, "null": None}
KEYWORDS = frozenset({*CONSTANTS, "in"})
FUNCTIONS = ("has", "size", "timestamp", "duration")
METHODS = ("startsWith", "endsWith", "contains")
COMPARISONS: dict[str, Comparison] = {
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "in": "in",
}
_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_MEANT = {"and": "&&", "or": "||", "not": "!", "is": "==", "=": "==", "&": "&&", "|": "||"}


def listed(names: tuple[str, ...]) -> str:
    """Names in a sentence.

    >>> listed(("type", "id", "properties"))
    'type, id and properties'
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def no_such(what: str, name: str, known: tuple[str, ...]) -> str:
    """What to say of an unknown root name, function or method.

    >>> no_such("name", "ressource", tuple(ROOTS))
    "there is no name 'ressource', did you mean 'resource'? There are subject, resource, action, \
context and now"
    """
    if name in _MEANT:
        return f"{name!r} is no operator; write {_MEANT[name]!r}"
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]!r}? There are" if near else "; there are"
    return f"there is no {what} {name!r}{hint} {listed(known)}"


def no_such_method(name: str) -> str:
    """What to say of a method that the language does not have.

    >>> no_such_method("exists")
    "'exists' is a macro, and the language has none; use 'in', has() or size()"
    """
    if name in _MACROS:
        return f"{name!r} is a macro, and the language has none; use 'in', has() or size()"
    if name == "matches":
        return f"there are no regular expressions; use {listed(METHODS)}"
    if name in FUNCTIONS:
        return f"{name} is not a method; write {name}(...) around the value"
    return no_such("method", name, METHODS)


def misplaced(token: Token, wanted: str) -> str:
    """What to say of a token that cannot stand where it does, with `wanted` in its place.

    >>> misplaced(Token("symbol", "=", 5), "an operator")
    "'=' is no operator; write '=='"
    """
    text = token.text
    if token.kind == "end":
        return f"it ends where {wanted} should be"
    if token.kind == "string":
        return f"a string stands where {wanted} should be"
    if text in _MEANT:
        return f"{text!r} is no operator; write {_MEANT[text]!r}"
    if text in ("+", "-", "*", "/", "%"):
        return (
            f"{text!r} is arithmetic, which the language does not have; compute the value first "
            "and pass it in context"
        )
    if text == "{":
        return "a map cannot be written in a condition; pass it in context"
    return f"{text!r} stands where {wanted} should be"
