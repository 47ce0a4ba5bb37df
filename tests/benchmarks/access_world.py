"""The accounts that `access.py` measures with, and the right answers.

Made from a seed, account by account, and kept in a file: a peer reads it one account at a time, so
that little but the peer's own data is in memory when its memory is measured. What every peer must
answer is said in `allows`, the oracle: a linear scan that shares no code with a peer.
"""

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import msgspec
from access_answers import answered, is_below, who_is
from access_model import Account, Assigned, Group, Query, Questions

__all__ = ["World", "make"]

SEED = 42
ORGANIZATIONS, PROJECTS = 5, 8
PERMISSIONS, ROLES = 500, 200
BULK, VERIFY = 20_000, 2_000


class _Common(msgspec.Struct):
    size: int
    permissions: list[str]
    roles: dict[str, frozenset[str]]
    names: list[str]


_common = msgspec.msgpack.Decoder(_Common)
_account = msgspec.msgpack.Decoder(Account)
_questions = msgspec.msgpack.Decoder(Questions)


class World:
    """The file of a size, as a peer sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        common = _common.decode((folder / "common").read_bytes())
        self.size = common.size
        self.permissions = common.permissions
        self.roles = common.roles
        self.names = common.names

    def account(self, name: str) -> Account:
        """One account, read from the file."""
        return _account.decode((self.folder / f"account-{name}").read_bytes())

    def accounts(self) -> Iterator[Account]:
        """Every account, each read when it is its turn."""
        return map(self.account, self.names)

    def questions(self) -> Questions:
        """What is asked of this size."""
        return _questions.decode((self.folder / "questions").read_bytes())

    def keep_questions(self, questions: Questions) -> None:
        """Write down what is asked, for the processes of the peers."""
        (self.folder / "questions").write_bytes(msgspec.msgpack.encode(questions))


def make(folder: Path, size: int, *, one_account: bool, oracle_s: float) -> World:
    """Make the accounts and questions of a size in `folder`; the bulk is not answered yet.

    The oracle answers as many verify questions as it can in `oracle_s` seconds.
    """
    rng = random.Random(SEED)
    permissions = [f"res.p{number}" for number in range(PERMISSIONS)]
    roles = {
        f"r{number}": frozenset(rng.sample(permissions, rng.randint(5, 60)))
        for number in range(ROLES)
    }
    count = 1 if one_account else max(2, size // 5000)
    names = [f"a{number}" for number in range(count)]
    asked = _Askers(rng, permissions, roles)
    for number, name in enumerate(names):
        account = _make_account(rng, name, number, size // count, list(roles))
        (folder / f"account-{name}").write_bytes(msgspec.msgpack.encode(account))
        asked.users.extend((name, user) for user in account.users)
    common = _Common(size, permissions, roles, names)
    (folder / "common").write_bytes(msgspec.msgpack.encode(common))
    world = World(folder)
    bulk = asked.draw(world, BULK)
    verify = _strange(rng, asked.draw(world, VERIFY))
    answers = list(answered(world, verify, oracle_s))
    done = [query for query, answer in zip(verify, answers, strict=True) if answer is not None]
    right = [answer for answer in answers if answer is not None]
    world.keep_questions(Questions(bulk, [], done, right))
    return world


def _make_account(
    rng: random.Random, name: str, number: int, size: int, roles: list[str]
) -> Account:
    mark = f"{number}x"
    scopes = [""]
    for organization in range(ORGANIZATIONS):
        scopes.append(f"o{organization}")
        scopes.extend(f"o{organization}/p{project}" for project in range(PROJECTS))
    users = [f"user:u{mark}{index}" for index in range(max(1, size // 5))]
    groups = [f"group:g{mark}{index}@/" for index in range(max(1, size // 20))]
    parents: dict[str, list[str]] = {}
    for index, group in enumerate(groups[:-1]):
        if rng.random() < 0.35:  # upwards only: no cycle, chains of any depth
            parents[group] = [groups[rng.randrange(index + 1, len(groups))]]
    for user in users:
        inside = rng.sample(groups, min(len(groups), rng.randint(0, 3)))
        if inside:
            parents[user] = inside
    resources = [f"res:{mark}{index}" for index in range(max(20, size // 5))]
    named = {
        f"rg{mark}{index}": Group(
            False, frozenset(rng.sample(resources, rng.randint(1, 20))), rng.random() < 0.6
        )
        for index in range(max(1, size // 20))
    }
    selections = {
        "all-below": Group(True, frozenset(), True),
        "all-here": Group(True, frozenset(), False),
        **named,
    }
    names = list(named)
    projects = [scope for scope in scopes if "/" in scope]
    organizations = [scope for scope in scopes if scope and "/" not in scope]
    assignments = []
    for index in range(size):
        place, kind = rng.random(), rng.random()
        assignments.append(
            Assigned(
                f"as{index}",
                rng.choice(users if rng.random() < 0.6 else groups),
                rng.choice(roles),
                "all-below" if kind < 0.3 else "all-here" if kind < 0.4 else rng.choice(names),
                ""
                if place < 0.08
                else rng.choice(organizations)
                if place < 0.3
                else rng.choice(projects),
                rng.random() >= 0.03,
            )
        )
    return Account(name, scopes, users, groups, parents, resources, selections, assignments)


class _Askers:
    """Draws questions: who asks is Zipf over all users in a shuffled order."""

    def __init__(
        self, rng: random.Random, permissions: list[str], roles: dict[str, frozenset[str]]
    ) -> None:
        self.rng = rng
        self.permissions = permissions
        self.roles = {name: sorted(given) for name, given in roles.items()}
        self.users: list[tuple[str, str]] = []

    def draw(self, world: World, count: int) -> list[Query]:
        """So many questions, of about half of which the answer is yes."""
        rng = self.rng
        shuffled = list(self.users)
        random.Random(SEED).shuffle(shuffled)
        weights = list(accumulate(1 / rank for rank in range(1, len(shuffled) + 1)))
        asking = rng.choices(shuffled, cum_weights=weights, k=count)
        places: dict[str, list[int]] = {}
        for at, (name, _) in enumerate(asking):
            places.setdefault(name, []).append(at)
        queries: list[Query | None] = [None] * count
        for name, those in places.items():
            account = world.account(name)
            held: dict[str, list[Assigned]] = {}
            for assigned in account.assignments:
                held.setdefault(assigned.principal, []).append(assigned)
            for at in those:
                queries[at] = self._query(account, held, asking[at][1])
        return [query for query in queries if query is not None]

    def _query(self, account: Account, held: dict[str, list[Assigned]], user: str) -> Query:
        rng = self.rng
        permission = rng.choice(self.permissions)
        resource, scope = rng.choice(account.resources), rng.choice(account.scopes)
        if rng.random() < 0.52:
            mine = [one for who in sorted(who_is(account, user)) for one in held.get(who, ())]
            if mine:
                aim = rng.choice(mine)
                group = account.resource_groups[aim.group]
                permission, scope = rng.choice(self.roles[aim.role]), aim.scope
                if group.below:
                    below = [other for other in account.scopes if is_below(other, aim.scope)]
                    scope = rng.choice([aim.scope, *below])
                if not group.all:
                    resource = rng.choice(sorted(group.resources))
        return Query(account.name, user, permission, resource, scope)


def _strange(rng: random.Random, queries: list[Query]) -> list[Query]:
    """Some of them about a principal, permission or resource that nobody knows."""
    strangers = {"principal": "user:nobody", "permission": "res.unknown", "resource": "res:unknown"}
    changed = []
    for query in queries:
        if rng.random() < 0.04:
            field = rng.choice(list(strangers))
            query = query._replace(**{field: strangers[field]})
        changed.append(query)
    return changed
