"""Who may be touched by a change: everybody whose rights may be others after it than before.

More than those whose rights are, and never fewer. Whom a change reaches only as a member of a group
whose own rights show it all is left out: what the group gains or loses, they do.
"""

from collections.abc import Iterable, Iterator

from placet.access.gain_finders import attributes_differing
from placet.access.match import Placed
from placet.access.placements import every
from placet.access.reach import attributes_read
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.model import ApprovalPolicy, JsonObject, Resource, ServiceAccount, User, parse_source
from placet.refs import parse_principal

__all__ = ["Moved", "Touched"]

Noun = User | ServiceAccount | Resource | None


class Moved:
    """The attributes of somebody or something that differ, on either side."""

    def __init__(self, was: Noun, now: Noun, root: str) -> None:
        had, has = _attributes(was), _attributes(now)
        self.names: frozenset[str] | None = attributes_differing(had, has)
        if root == "resource" and (was is None) != (now is None):
            # What is not stored has the attributes that a request says.
            self.names = None
        self._owners = (had.get("owner"), has.get("owner"))
        self._root = root

    def matters(self) -> bool:
        """Whether anything differs at all."""
        return self.names is None or bool(self.names)

    def read_by(self, condition: str | None) -> bool:
        """Whether a condition may come to something else by them."""
        if condition is None or not self.matters():
            return False
        read = attributes_read(condition, self._root)
        return read is None or bool(read if self.names is None else read & self.names)

    def owners(self) -> Iterator[str]:
        """Those who own it on one side only: principals, or users by their ids."""
        for owner in self._owners if self._owners[0] != self._owners[1] else ():
            if isinstance(owner, str):
                yield owner if _is_principal(owner) else f"user:{owner}"


class Touched:
    """What differs between two snapshots, and whom that may concern.

    `subjects` are exact references and `everyone`; `sources` are those by which a policy that
    differs lets people ask, and which cannot be told as principals. `people` and `resources` are
    those with other attributes, `homes` the resources that live elsewhere.
    """

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self._worlds = (before, after)
        self.subjects: set[str] = set()
        self.sources: set[str] = set()
        self.people: dict[str, Moved] = {}
        self.resources: dict[str, Moved] = {}
        self.homes: list[tuple[str, str | None, str | None]] = []
        self._assignments()
        self._directory()
        self._policies()
        self._catalogue()

    def _assignments(self) -> None:
        before, after = self._worlds
        for key in before.assignments.differing(after.assignments):
            for world in self._worlds:
                placed = world.assignments.get(key)
                self._held([placed] if placed else [])
        for ref in before.selectors.differing(after.selectors):
            for world in self._worlds:
                self._held(every(world.by_resource_group.get(ref)))
        other = {
            id
            for id in before.permissions.differing(after.permissions)
            if _meaning(before, id) != _meaning(after, id)
        }
        roles = set(before.role_perms.differing(after.role_perms))
        for world in self._worlds:
            roles |= {ref for ref, given in world.role_perms.items() if not other.isdisjoint(given)}
        for ref in roles:
            for world in self._worlds:
                self._held(every(world.by_role.get(ref)))
        for world in self._worlds if other else ():
            for policy in world.policies.values():
                if not other.isdisjoint(policy.applies_to):
                    self._requesters(policy)

    def _held(self, placements: Iterable[Placed]) -> None:
        for placed in placements:
            self.subjects.add(placed.principal)
            # Of a deny to a group its own rights do not tell what it takes from each member.
            if placed.terms.effect == "deny":
                self._with_members(placed.principal)

    def _directory(self) -> None:
        before, after = self._worlds
        for ref in before.groups.differing(after.groups):
            known = [world.groups.get(ref) for world in self._worlds]
            if len({group is not None and not group.disabled for group in known}) > 1:
                self._with_members(ref)
        for ref in before.parents.differing(after.parents):
            self._with_members(ref)
        for ref in (
            *before.users.differing(after.users),
            *before.service_accounts.differing(after.service_accounts),
        ):
            self.subjects.add(ref)
            was, now = (
                world.users.get(ref) or world.service_accounts.get(ref) for world in self._worlds
            )
            moved = Moved(was, now, "subject")
            if moved.matters():
                self.people[ref] = moved

    def _with_members(self, ref: str) -> None:
        found = {ref}
        for world in self._worlds:
            waiting = [ref]
            while waiting:
                for member in world.members.get(waiting.pop()) or ():
                    if member not in found:
                        found.add(member)
                        waiting.append(member)
        self.subjects |= found

    def _policies(self) -> None:
        before, after = self._worlds
        about: set[str] = set()
        for ref in before.policies.differing(after.policies):
            was, now = before.policies.get(ref), after.policies.get(ref)
            if was is not None and now is not None and _says(was) == _says(now):
                continue
            for policy in (was, now):
                if policy is not None:
                    about |= set(policy.applies_to)
                    self._requesters(policy)
        self._holders(about)

    def _requesters(self, policy: ApprovalPolicy) -> None:
        for source in policy.requesters if policy.needed == "when_denied" else ():
            kind, _ = parse_source(source)
            (self.subjects if kind in ("user", "group", "everyone") else self.sources).add(source)

    def _holders(self, permissions: set[str]) -> None:
        for placed in self._giving(permissions):
            self.subjects.add(placed.principal)

    def _giving(self, permissions: set[str]) -> Iterator[Placed]:
        for world in self._worlds if permissions else ():
            for ref, given in world.role_perms.items():
                if not permissions.isdisjoint(given):
                    yield from every(world.by_role.get(ref))

    def _catalogue(self) -> None:
        before, after = self._worlds
        for ref in before.resources.differing(after.resources):
            was, now = before.resources.get(ref), after.resources.get(ref)
            home, away = (None if one is None else one.scope for one in (was, now))
            if home != away:
                self.homes.append((ref, home, away))
            moved = Moved(was, now, "resource")
            if moved.matters():
                self.resources[ref] = moved
        types: dict[str, list[Moved]] = {}
        for ref, moved in self.resources.items():
            types.setdefault(ref.partition(":")[0], []).append(moved)
        for type, changed in types.items():
            self._readers(type, changed)

    def _readers(self, type: str, changed: list[Moved]) -> None:
        """Those whose conditions read what differs of some resources of a type."""
        about = {
            one.id
            for world in self._worlds
            for one in world.permissions.values()
            if one.resource_type == type
        }
        texts = {
            placed.terms.condition.text
            for placed in self._giving(about)
            if placed.terms.condition is not None
        }
        reading = {text for text in texts if any(moved.read_by(text) for moved in changed)}
        if reading:
            self._held(
                placed
                for placed in self._giving(about)
                if placed.terms.condition and placed.terms.condition.text in reading
            )
        for world in self._worlds:
            for policy in world.policies.values():
                if about.isdisjoint(policy.applies_to):
                    continue
                if any(moved.read_by(policy.when) for moved in changed):
                    self._requesters(policy)
                    self._holders(about & set(policy.applies_to))
                if "owner" in policy.requesters:
                    for moved in changed:
                        self.subjects.update(moved.owners())


def _attributes(noun: Noun) -> JsonObject:
    return {} if noun is None else noun.attributes


def _meaning(world: Snapshot, id: str) -> object:
    known = world.permissions.get(id)
    if known is None or not known.grants:
        return None
    return known.resource_type, known.action, frozenset(known.allowed_scope_levels)


def _says(policy: ApprovalPolicy) -> object:
    """What a policy says about who may do what; what an approval takes is another matter."""
    return (policy.applies_to, policy.when, policy.needed, policy.requesters)


def _is_principal(text: str) -> bool:
    try:
        parse_principal(text)
    except Invalid:
        return False
    return True
