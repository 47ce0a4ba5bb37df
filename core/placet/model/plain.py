"""A noun as the JSON-like values that a reader expects: every field, defaults written out.

What is stored leaves defaults out, to be small; who reads an answer should not have to know that
an approval without a status is pending.
"""

from typing import Any

import msgspec

__all__ = ["plain"]


def plain(value: object) -> Any:
    """`value` as dicts, lists and scalars, its structs with all of their fields.

    >>> from placet.model import User
    >>> plain(User(id="sam"))["disabled"]
    False
    """
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        fields = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        tagged = {} if config.tag_field is None else {config.tag_field: config.tag}
        return {**tagged, **{name: plain(getattr(value, field)) for field, name in fields}}
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(member) for member in value]
    return msgspec.to_builtins(value)
