"""Tokens to a tree, with CEL's precedence; whatever is not in the subset is refused by name.

The limits of design section 5 hold here: the size of the text, the levels of nesting, the nodes.
A tree that this module made can therefore be walked by recursion.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from placet.conditions.lexer import Token, refuse, tokens
from placet.conditions.syntax import (
    Call,
    Choice,
    Compare,
    Constant,
    Has,
    ListOf,
    Logic,
    Node,
    Not,
    Path,
    Step,
)
from placet.conditions.values import MAX_INT, MIN_INT, TIMES
from placet.conditions.vocabulary import (
    COMPARISONS,
    CONSTANTS,
    FUNCTIONS,
    KEYWORDS,
    METHODS,
    ROOTS,
    listed,
    misplaced,
    no_such,
    no_such_method,
)

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "parse"]

MAX_BYTES = 4096
MAX_DEPTH = 32
MAX_NODES = 500


def parse(text: str) -> Node:
    """The tree of a condition; raises Invalid with the position and what would be right there.

    >>> parse("now < timestamp('2030-01-01T00:00:00Z')").depth
    3
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        refuse(text, error.start, "this is half of a surrogate pair, which is not a character")
    if size > MAX_BYTES:
        refuse(text, 0, f"it is {size} bytes long; {MAX_BYTES} is the most")
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = iter(tokens(text))
        self.token = next(self.tokens)
        self.nesting = 0
        self.nodes = 0

    # Tokens

    def refuse(self, at: int, fault: str) -> NoReturn:
        refuse(self.text, at, fault)

    def advance(self) -> Token:
        token = self.token
        self.token = next(self.tokens, token)
        return token

    def at_symbol(self, symbol: str) -> bool:
        return self.token.kind == "symbol" and self.token.text == symbol

    def accept(self, symbol: str) -> Token | None:
        return self.advance() if self.at_symbol(symbol) else None

    def expect(self, wanted: str) -> None:
        if not self.accept(wanted):
            self.refuse(self.token.at, misplaced(self.token, repr(wanted)))

    # Limits

    def count(self, at: int, *below: Node) -> tuple[int, int]:
        """Count one node; gives its `at`, and its `depth` over the nodes below it."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse(at, f"it has more than {MAX_NODES} parts; split it up")
        depth = 1 + max((node.depth for node in below), default=0)
        return at, self.limit(at, depth)

    def limit(self, at: int, levels: int) -> int:
        if levels > MAX_DEPTH:
            self.refuse(at, f"it nests more than {MAX_DEPTH} levels deep; split it up")
        return levels

    # The grammar, loosest first

    def whole(self) -> Node:
        tree = self.expression()
        if self.token.kind != "end":
            self.refuse(self.token.at, misplaced(self.token, "an operator or the end"))
        return tree

    def expression(self) -> Node:
        # Parentheses make no node, and still cost the parser a level.
        self.nesting = self.limit(self.token.at, self.nesting + 1)
        tree = self.either()
        if mark := self.accept("?"):
            yes = self.either()
            self.expect(":")
            no = self.expression()
            tree = Choice(*self.count(mark.at, tree, yes, no), tree, yes, no)
        self.nesting -= 1
        return tree

    def either(self) -> Node:
        return self.chain("||", self.both)

    def both(self) -> Node:
        return self.chain("&&", self.comparison)

    def chain(self, symbol: str, tighter: Callable[[], Node]) -> Node:
        at = self.token.at
        operands = [tighter()]
        while self.accept(symbol):
            operands.append(tighter())
        if len(operands) == 1:
            return operands[0]
        return Logic(*self.count(at, *operands), symbol == "||", tuple(operands))

    def comparison(self) -> Node:
        left = self.unary()
        while self.token.kind in ("symbol", "name") and self.token.text in COMPARISONS:
            operator = self.advance()
            right = self.unary()
            place = self.count(operator.at, left, right)
            left = Compare(*place, COMPARISONS[operator.text], left, right)
        return left

    def unary(self) -> Node:
        # A pair cancels out before anything is evaluated, as in Google's parser: `!!x` is `x`.
        unpaired: Token | None = None
        while mark := self.accept("!"):
            unpaired = None if unpaired else mark
        tree = self.member()
        return Not(*self.count(unpaired.at, tree), tree) if unpaired else tree

    def member(self) -> Node:
        tree = self.primary()
        while True:
            if self.accept("."):
                name = self.advance()
                if name.kind != "name":
                    self.refuse(name.at, misplaced(name, "a name"))
                if self.at_symbol("("):
                    tree = self.method(tree, name)
                else:
                    tree = self.select(tree, self.key(name), name.at, dotted=True)
            elif self.accept("["):
                at = self.token.at
                index = self.expression()
                self.expect("]")
                tree = self.select(tree, _step(index), at, dotted=False)
            else:
                return tree

    def primary(self) -> Node:
        token = self.token
        if self.accept("("):
            tree = self.expression()
            self.expect(")")
            return tree
        if self.accept("["):
            items = self.items("]", trailing=True)
            return ListOf(*self.count(token.at, *items), tuple(items))
        if token.kind in ("int", "double") or self.at_symbol("-"):
            return self.number()
        if token.kind == "string":
            self.advance()
            return Constant(*self.count(token.at), token.text)
        if token.kind != "name" or token.text == "in":
            self.refuse(token.at, misplaced(token, "a value"))
        self.advance()
        if self.at_symbol("("):
            return self.function(token)
        if token.text in CONSTANTS:
            return Constant(*self.count(token.at), CONSTANTS[token.text])
        if token.text not in ROOTS:
            self.refuse(token.at, no_such("name", token.text, tuple(ROOTS)))
        return Path(*self.count(token.at), token.text, (), dotted=False)

    def number(self) -> Constant:
        at = self.token.at
        sign = -1 if self.accept("-") else 1
        token = self.advance()
        if token.kind == "double":
            return Constant(*self.count(at), sign * float(token.text))
        if token.kind != "int":
            self.refuse(at, "'-' goes before a number alone; the language has no arithmetic")
        value = sign * int(token.text, 16 if token.text.startswith("0x") else 10)
        if not MIN_INT <= value <= MAX_INT:
            self.refuse(at, f"the int is out of range, which is {MIN_INT} to {MAX_INT}")
        return Constant(*self.count(at), value)

    def items(self, end: str, *, trailing: bool = False) -> list[Node]:
        found: list[Node] = []
        while not self.accept(end):
            if found:
                self.expect(",")
                if trailing and self.accept(end):
                    break
            found.append(self.expression())
        return found

    # Selections and calls

    def key(self, name: Token) -> str:
        if name.text in KEYWORDS:
            fault = f"{name.text!r} is a word of the language; write ['{name.text}'] for the key"
            self.refuse(name.at, fault)
        return name.text

    def select(self, tree: Node, step: Step, at: int, *, dotted: bool) -> Path:
        if not isinstance(tree, Path):
            self.refuse(at, f"a selection starts at a name: {listed(tuple(ROOTS))}")
        keys = ROOTS[tree.root]
        if keys and not tree.steps and isinstance(step, str) and step not in keys:
            fault = f"{tree.root} has {listed(keys)}; write {tree.root}.properties for the rest"
            self.refuse(at, fault)
        self.count(at)
        depth = tree.depth
        if isinstance(step, Node):
            depth = self.limit(at, max(depth, 1 + step.depth))
        return Path(tree.at, depth, tree.root, (*tree.steps, step), dotted)

    def method(self, receiver: Node, name: Token) -> Node:
        if name.text not in METHODS:
            self.refuse(name.at, no_such_method(name.text))
        part = self.argument(name)
        return Call(*self.count(name.at, receiver, part), name.text, (receiver, part))

    def function(self, name: Token) -> Node:
        if name.text in METHODS:
            self.refuse(name.at, f"{name.text} is a method; write text.{name.text}(part)")
        if name.text not in FUNCTIONS:
            self.refuse(name.at, no_such("function", name.text, FUNCTIONS))
        value = self.argument(name)
        if name.text == "has":
            return self.has(name, value)
        if isinstance(value, Constant) and name.text in TIMES:
            return Constant(*self.count(name.at, value), self.time(name, value))
        return Call(*self.count(name.at, value), name.text, (value,))

    def argument(self, name: Token) -> Node:
        self.expect("(")
        found = self.items(")")
        if len(found) != 1:
            self.refuse(name.at, f"{name.text}() takes one argument, not {len(found)}")
        return found[0]

    def has(self, name: Token, path: Node) -> Has:
        # CEL asks for the dot; an entry in brackets is asked for with 'in'.
        if not isinstance(path, Path) or not path.dotted:
            fault = "has() asks for a key after a dot: has(a.b); write 'b' in a for other keys"
            self.refuse(path.at, fault)
        *steps, key = path.steps
        above = Path(path.at, path.depth, path.root, tuple(steps), dotted=False)
        return Has(*self.count(name.at, path), above, str(key))

    def time(self, name: Token, text: Constant) -> datetime | timedelta:
        # A literal time is read once, and a mistake in it found when the condition is written.
        read, example = TIMES[name.text]
        value = read(text.value) if isinstance(text.value, str) else None
        if value is None:
            self.refuse(text.at, f"{name.text}() takes a text such as '{example}'")
        return value


def _step(index: Node) -> Step:
    value = index.value if isinstance(index, Constant) else None
    # A bool is an int in Python, and not one in CEL.
    return value if isinstance(value, str) or type(value) is int else index
