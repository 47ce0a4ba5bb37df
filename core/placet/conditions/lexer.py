"""Text to tokens, as CEL's lexical rules have it, less bytes and unsigned ints."""

import re
from typing import Literal, NamedTuple, NoReturn

from placet.conditions.syntax import locate
from placet.errors import Invalid, Problem

__all__ = ["Token", "refuse", "tokens"]


class Token(NamedTuple):
    """One word of a condition: its kind, its text as written (a string's value), its offset."""

    kind: Literal["name", "int", "double", "string", "symbol", "end"]
    text: str
    at: int


_BLANK = re.compile(r"(?:[ \t\n\f\r]+|//[^\n]*)*")
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_DOUBLE = re.compile(r"[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+")
_INT = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")
_QUOTE = re.compile(r"([rR]?)('''|\"\"\"|'|\")")
_BYTES = re.compile(r"(?:[bB][rR]?|[rR][bB])['\"]")
_SYMBOL = re.compile(r"==|!=|<=|>=|&&|\|\||[<>!?:.,()\[\]]|.", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2}))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HIGHEST = 0x10FFFF


def refuse(text: str, at: int, fault: str) -> NoReturn:
    """Raise Invalid: the condition `text` has this fault at offset `at`."""
    where = str(locate(text, at))
    raise Invalid(f"the condition is not valid at {where}: {fault}", [Problem(where, fault)])


def tokens(text: str) -> list[Token]:
    """All tokens of a condition, the last of kind `end`; raises Invalid with the position.

    >>> [token.text for token in tokens("a.b == 'c'")]
    ['a', '.', 'b', '==', 'c', '']
    """
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        token, end = _next(text, at)
        found.append(token)
        at = _skip(text, end)
    found.append(Token("end", "", len(text)))
    return found


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _next(text: str, at: int) -> tuple[Token, int]:
    if _BYTES.match(text, at):
        refuse(text, at, "bytes are not in the language; write a string, without the b")
    if quote := _QUOTE.match(text, at):
        return _string(text, at, quote)
    if name := _NAME.match(text, at):
        return Token("name", name.group(), at), name.end()
    if number := _DOUBLE.match(text, at):
        return Token("double", number.group(), at), _after_number(text, number.end())
    if number := _INT.match(text, at):
        return Token("int", number.group(), at), _after_number(text, number.end())
    symbol = _SYMBOL.match(text, at)
    return Token("symbol", symbol.group() if symbol else "", at), symbol.end() if symbol else at


def _after_number(text: str, end: int) -> int:
    if text[end : end + 1] in ("u", "U"):
        refuse(text, end, "unsigned ints are not in the language; write the number without u")
    if _NAME.match(text, end):
        refuse(text, end, "a number runs into a name; put a blank or an operator between them")
    return end


def _string(text: str, at: int, quote: re.Match[str]) -> tuple[Token, int]:
    raw, mark = quote.groups()
    parts: list[str] = []
    here = quote.end()
    while not text.startswith(mark, here):
        if here >= len(text):
            refuse(text, at, f"the string is not closed; end it with {mark}")
        letter = text[here]
        if len(mark) == 1 and letter in "\r\n":
            refuse(text, here, "a string ends on its own line; write \\n, or use triple quotes")
        if letter == "\\" and not raw:
            value, here = _escape(text, here)
            parts.append(value)
            continue
        if not text.startswith("\r\n", here):  # which CEL reads as a line feed alone
            parts.append(letter)
        here += 1
    value = "".join(parts)
    return Token("string", value, at), here + len(mark)


def _escape(text: str, at: int) -> tuple[str, int]:
    escape = _ESCAPE.match(text, at)
    if escape is None:
        refuse(
            text,
            at,
            f"{text[at : at + 2]!r} begins no escape; write '\\\\' for a backslash, or one of "
            "\\n \\t \\' \\\" \\xHH \\uHHHH \\UHHHHHHHH \\OOO",
        )
    simple, *numbers, octal = escape.groups()
    if simple:
        return _SIMPLE.get(simple, simple), escape.end()
    digits = next((number for number in numbers if number), None)
    code = int(digits, 16) if digits else int(octal, 8)
    if code > _HIGHEST or 0xD800 <= code < 0xE000:
        refuse(text, at, f"{escape.group()} is not a character; the last one is \\U0010FFFF")
    return chr(code), escape.end()
