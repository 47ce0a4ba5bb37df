"""The same random account under other names, one to one, for laws about names."""

import random
import re
from typing import Any

import msgspec

from placet.model import (
    ApprovalPolicy,
    Assignment,
    Group,
    IncludedScope,
    Membership,
    Noun,
    Resource,
    ResourceGroup,
    ResourceSelector,
    Role,
    ServiceAccount,
    User,
)

__all__ = ["Renaming"]

_QUOTED = re.compile(r"(subject|resource)\.id (==|!=) '(\w+)'")
_SIGNS = "aZ09é ß@:.*-_$\U0001f600"


class Renaming:
    """A name for every name, unlike it in length, order and signs; types and permissions stay."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def name(self, name: str) -> str:
        """The new name of an id or of one part of a scope."""
        rng = random.Random(f"{self._seed}{name}")
        # What stands behind the made-up text keeps two names apart.
        return "".join(rng.choices(_SIGNS, k=rng.randint(0, 6))).strip() + f"~{name}"

    def scope(self, scope: str | None) -> str | None:
        """The new name of a scope; the account keeps its own."""
        return "/".join(map(self.name, scope.split("/"))) if scope else scope

    def ref(self, ref: str) -> str:
        """A principal: everyone stays everyone."""
        kind, _, id = ref.partition(":")
        return f"{kind}:{self.owned(id)}" if id else ref

    def owned(self, ref: str) -> str:
        """An id, with the scope that owns it where it names one."""
        id, at, owner = ref.partition("@/")
        return f"{self.name(id)}{at}{self.scope(owner) or ''}"

    def resource(self, ref: str) -> str:
        """A resource: its type stays."""
        type_, _, id = ref.partition(":")
        return f"{type_}:{self.name(id)}"

    def condition(self, text: str | None) -> str | None:
        """A condition: what is written of ids in it is written anew."""
        if text is None:
            return None
        return _QUOTED.sub(lambda found: f"{found[1]}.id {found[2]} '{self.name(found[3])}'", text)

    def noun(self, noun: Noun) -> Noun:
        """The same noun under its new name, naming others by theirs."""
        return msgspec.structs.replace(noun, **self._names(noun))

    def _names(self, noun: Any) -> dict[str, Any]:
        match noun:
            case User():
                return {"id": self.name(noun.id)}
            case Group() | ServiceAccount() | Resource():
                return {"id": self.name(noun.id), "scope": self.scope(noun.scope)}
            case Membership():
                return {"group": self.ref(noun.group), "member": self.ref(noun.member)}
            case Role():
                includes = tuple(map(self.owned, noun.includes))
                return {"id": self.name(noun.id), "includes": includes}
            case ResourceGroup():
                return {
                    "id": self.name(noun.id),
                    "resources": tuple(
                        ResourceSelector(
                            one.type, None if one.ids is None else tuple(map(self.name, one.ids))
                        )
                        for one in noun.resources
                    ),
                    "included_scopes": noun.included_scopes
                    and tuple(
                        IncludedScope(self.scope(part.scope) or "", part.include_child_scopes)
                        for part in noun.included_scopes
                    ),
                }
            case Assignment():
                return {
                    "id": self.name(noun.id),
                    "scope": self.scope(noun.scope),
                    "principal": self.ref(noun.principal),
                    "role": self.owned(noun.role),
                    "resource_group": noun.resource_group and self.owned(noun.resource_group),
                    "only": tuple(map(self.resource, noun.only)),
                    "condition": self.condition(noun.condition),
                    "policies": tuple(map(self.owned, noun.policies)),
                }
            case ApprovalPolicy():
                return {
                    "id": self.name(noun.id),
                    "scope": self.scope(noun.scope),
                    "when": self.condition(noun.when),
                }
        return {}
