"""Applying a bundle: compare with what is stored, and write the difference in one commit."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any, cast

import msgspec

from placet.access.changes import access_changes
from placet.bundle.document import Bundle
from placet.bundle.nouns import ORDER, SAID, Item
from placet.bundle.plan import Plan, Step, step_for
from placet.bundle.preview import Preview
from placet.bundle.report import Report
from placet.bundle.resolve import resolve
from placet.bundle.tokens import credentials_of
from placet.bundle.validate import check_account, checked
from placet.errors import InvalidState
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Credential,
    Gate,
    Group,
    Membership,
    Permission,
    Record,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.refs import parse_principal
from placet.services.assignments import Assignments
from placet.services.base import View
from placet.services.credentials import Credentials, PasswordHasher
from placet.services.directory import Groups, ServiceAccounts, Users
from placet.services.gates import Gates
from placet.services.policies import Policies
from placet.services.records import Records
from placet.services.roles import Permissions, ResourceGroups, Resources, Roles
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.nouns import key_of, kind_of, parts_of
from placet.storage.port import Query

__all__ = ["apply", "plan_of", "preview_of"]

_SERVICES: Mapping[type[Record], type[Records[Any]]] = {
    Permission: Permissions,
    User: Users,
    ServiceAccount: ServiceAccounts,
    Group: Groups,
    Resource: Resources,
    ResourceGroup: ResourceGroups,
    Role: Roles,
    ApprovalPolicy: Policies,
    Gate: Gates,
    Assignment: Assignments,
    Credential: Credentials,
}


def plan_of(
    view: View,
    bundle: Bundle,
    *,
    prune: bool = False,
    actor: ActorLike = None,
    passwords: PasswordHasher | None = None,
) -> Plan:
    """What `apply` would change; changes nothing. Raises what `apply` raises, AccessDenied too."""
    return _planned(view, bundle, prune, actor, passwords)[0]


def preview_of(
    view: View,
    bundle: Bundle,
    *,
    prune: bool = False,
    actor: ActorLike = None,
    passwords: PasswordHasher | None = None,
) -> Preview:
    """What `apply` would change, and who gains and who loses by it; changes nothing.

    As of now: what begins or ends later is told with its time. Raises what `apply` raises.
    """
    plan, work = _planned(view, bundle, prune, actor, passwords)
    told = access_changes(
        work.snapshot,
        work.world,
        work.now,
        closed=work.closed,
        trusted=view.tenant.settings.trusted_subject_properties,
    )
    return Preview(plan, told.gains, told.losses)


def _planned(
    view: View,
    bundle: Bundle,
    prune: bool,
    actor: ActorLike,
    passwords: PasswordHasher | None,
) -> tuple[Plan, Work]:
    """A plan, with the work that would write it and is not committed."""
    tenant = view.tenant
    work = tenant.work(tenant.actor(actor))
    work.authorize("account.edit", "")
    plan = _Change(view, bundle, prune, passwords).plan(work)
    work.refuse_widening()
    return plan, work


def apply(
    view: View,
    bundle: Bundle,
    *,
    prune: bool = False,
    actor: ActorLike = None,
    passwords: PasswordHasher | None = None,
) -> Plan:
    """Apply a bundle in one commit, all or nothing; returns what changed.

    What the bundle creates carries its name. What others created is updated where it differs, and
    stays theirs. `prune` also removes what carries the name and is not in the bundle any more,
    unless something of others needs it. Where nothing changes, nothing is committed. Raises Invalid
    naming every mistake with its path, and AccessDenied where the actor lacks a right for any part.
    """
    change = _Change(view, bundle, prune, passwords)

    def use_case(work: Work) -> Plan:
        # What a plan says, and what it leaves out, tells what is stored: it is for who may edit
        # the account. Each part asks for its own right as well.
        work.authorize("account.edit", "")
        plan = change.plan(work)
        if plan.steps:
            done = Counter(step.action for step in plan.steps)
            work.record(
                "bundle.applied",
                bundle=bundle.bundle,
                prune=prune,
                created=done["create"],
                updated=done["update"],
                removed=done["remove"],
            )
        return plan

    return view.tenant.run(actor, use_case)


class _Change:
    """One bundle on its way into an account. `plan` may be called again, on another work."""

    def __init__(
        self, view: View, bundle: Bundle, prune: bool, passwords: PasswordHasher | None
    ) -> None:
        # A bundle is about the whole account: the scope of a view means nothing to it.
        self._view = View(view.tenant)
        self._bundle = bundle
        self._prune = prune
        self._passwords = passwords
        self._hashes: dict[str, str] = {}
        self._services = {noun: of(self._view) for noun, of in _SERVICES.items()}
        self._groups = Groups(self._view)
        self._report = Report()
        check_account(bundle, view, self._report)
        self._items = checked(bundle, self._report)

    def plan(self, work: Work) -> Plan:
        """Write the difference through `work`; the caller records and commits, or does neither."""
        report = Report()
        report.problems.extend(self._report.problems)
        closed = self._view.tenant.closed
        items, world = resolve(work.snapshot, self._items, closed=closed, report=report)
        items[Credential] = credentials_of(
            self._bundle, world, work.account, os.environ, closed=closed, report=report
        )
        report.raise_for(self._bundle.bundle)
        steps: list[Step] = []
        for noun in ORDER:
            steps.extend(self._put(work, noun, items[noun], report))
        report.raise_for(self._bundle.bundle)
        leftovers: list[Step] = []
        for noun in reversed(ORDER):
            for found in self._leftovers(work, noun, items[noun]):
                kept = self._remove(work, found) if self._prune else ""
                if kept is None:
                    steps.append(step_for("remove", found))
                else:
                    leftovers.append(step_for("keep", found, summary=kept))
        return Plan(self._bundle.bundle, tuple(steps), tuple(leftovers))

    # -- what the bundle names -----------------------------------------------------------------

    def _put(
        self, work: Work, noun: type[Record], items: list[Item], report: Report
    ) -> Iterator[Step]:
        stored = work.get_all(noun, [parts_of(item.noun) for item in items])
        changed: list[Record] = []
        for item, before in zip(items, stored, strict=True):
            wanted: Record = item.noun
            if isinstance(wanted, Credential) and item.password is not None:
                hash = self._hash(item, before, item.password, report)
                wanted = msgspec.structs.replace(wanted, secret_hash=hash)
            fields: tuple[str, ...] = ()
            if before is None:
                after = msgspec.structs.replace(wanted, bundle=self._bundle.bundle)
            else:
                said = SAID[noun]
                fields = tuple(
                    name for name in said if getattr(before, name) != getattr(wanted, name)
                )
                if not fields:
                    continue
                after = msgspec.structs.replace(
                    before, **{name: getattr(wanted, name) for name in fields}
                )
            if noun is not Membership:
                try:
                    self._services[noun].refuse_fixed(work, after, before)
                except InvalidState as error:
                    report.fail(item.path, error.message)
                    continue
            changed.append(after)
            yield step_for("create" if before is None else "update", after, fields)
        self._save(work, noun, changed)

    def _save(self, work: Work, noun: type[Record], changed: list[Any]) -> None:
        if noun is Membership:
            for group in dict.fromkeys(membership.group for membership in changed):
                ref = parse_principal(group)
                work.authorize("groups.edit", ref.owner or "", ref.id)
            self._groups.put_memberships(work, changed)
        elif noun is Role:
            for level in _by_inclusion(changed):
                self._services[noun].save_all(work, level)
        else:
            # There may be very many assignments, and `resolve` has done for them what saving does.
            self._services[noun].save_all(work, changed, resolved=noun is Assignment)

    def _hash(self, item: Item, before: Record | None, password: str, report: Report) -> str:
        """The hash of a password: the stored one, if that is of this password."""
        passwords = self._passwords
        if passwords is None:
            report.fail(
                item.path,
                "a password cannot be hashed here; install placet[serve], or give secret_hash",
            )
            return "none"
        if (
            isinstance(before, Credential)
            and before.kind == "basic"
            and passwords.verify(before.secret_hash, password)
        ):
            return before.secret_hash
        # A conflict may call for another attempt; hashing is slow on purpose, so once is enough.
        if item.path not in self._hashes:
            self._hashes[item.path] = passwords.hash(password)
        return self._hashes[item.path]

    # -- what it does not name any more --------------------------------------------------------

    def _leftovers(self, work: Work, noun: type[Record], items: list[Item]) -> Iterator[Record]:
        tenant = self._view.tenant
        query = Query(kind_of(noun), where={"bundle": (self._bundle.bundle,)}, limit=MAX_PAGE)
        found: list[Record] = []
        page = tenant.store.find(tenant.account, query)
        named = {key_of(item.noun).id for item in items} if page.docs else set[str]()
        while True:
            found.extend(decode(noun, doc) for doc in page.docs if doc.key.id not in named)
            if page.next is None:
                break
            query = msgspec.structs.replace(query, after=page.next)
            page = tenant.store.find(tenant.account, query)
        # Read through the work, so that what is removed is what was looked at.
        owned = [
            record
            for record in work.get_all(noun, [parts_of(one) for one in found])
            if record is not None and record.bundle == self._bundle.bundle
        ]
        if noun is Role:
            for level in reversed(list(_by_inclusion(cast("list[Role]", owned)))):
                yield from level
        else:
            yield from owned

    def _remove(self, work: Work, noun: Any) -> str | None:
        """Remove a leftover; where something still needs it, the reason why it stays."""
        if isinstance(noun, Membership):
            ref = parse_principal(noun.group)
            work.authorize("groups.edit", ref.owner or "", ref.id)
            work.drop(noun)
            return None
        try:
            self._services[type(noun)].discard(work, noun)
        except InvalidState as error:
            return error.message
        return None


def _by_inclusion(roles: list[Role]) -> Iterator[list[Role]]:
    """The roles in steps: each one after those that it includes."""
    known = {role.ref: role for role in roles}
    sorter = TopologicalSorter(
        {role.ref: [ref for ref in role.includes if ref in known] for role in roles}
    )
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        yield [known[ref] for ref in ready]
        sorter.done(*ready)
