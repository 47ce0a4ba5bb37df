"""The tables of a file, and how they follow the declared kinds.

Every name begins with `placet_`, so that an application keeps its own tables in the same file.

- `placet_account`: an account's head. `turn` numbers the commits of all accounts, so that a process
  that waits can ask who has moved since.
- `placet_event`: the log. Account and number make one key, so that the log needs no index beside.
- `placet_KIND`: the documents of a kind, a column for every declared field. A field of texts stands
  in `members` as JSON, to be given back, and in `placet_KIND_member`, a row a member, to be found.

Every field has an index that ends in the kind's first order, and every order has one, so that a
page is a walk along an index, however many documents there are.

Each entry of an index lies on a page of its own, and a commit writes them all. So new documents of
a kind that comes one by one, over and over, are `unfiled` first, all their fields in `members`, and
are filed in columns and indexes some at a time (`placet_sqlite.filing`): they share the pages then.

Two things bring a file up to date,
both in one transaction at the first use: STEPS are numbered and run once each; tables, columns and
indexes of the kinds are made where they are missing. What is there is not made anew: a kind that
gets another first order, or a field another type, needs a step.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from placet.errors import Corrupt
from placet.storage.kinds import KINDS, Kind
from placet_sqlite.driver import Runs

__all__ = ["LAYOUT", "SEQ_BITS", "SEQ_MOST", "STEPS", "TABLES", "Table", "bring_up_to_date",
           "is_up_to_date", "missing"]  # fmt: skip

SEQ_BITS = 36
"""A row of the log is numbered `account << SEQ_BITS | seq`: room for 68 thousand million events of
each of 134 million accounts."""
SEQ_MOST = (1 << SEQ_BITS) - 1

STEPS: Sequence[Sequence[str]] = (
    (
        """CREATE TABLE placet_account (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at INTEGER NOT NULL,
            hash BLOB NOT NULL,
            turn INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX placet_account_turn ON placet_account (turn)",
        """CREATE TABLE placet_event (
            account INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,
            body BLOB NOT NULL,
            digest BLOB NOT NULL,
            hash BLOB NOT NULL,
            PRIMARY KEY (account, seq)
        ) STRICT""",
    ),
    (
        # Else SQLite looks through the views and triggers of the application: it would make those
        # that name the log follow the old table, and refuse all for one that is broken.
        "PRAGMA legacy_alter_table = ON",
        "ALTER TABLE placet_event RENAME TO placet_event_before",
        "PRAGMA legacy_alter_table = OFF",
        f"""CREATE TABLE placet_event (
            number INTEGER PRIMARY KEY,
            account INTEGER NOT NULL AS (number >> {SEQ_BITS}),
            seq INTEGER NOT NULL AS (number & {SEQ_MOST}),
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,
            body BLOB NOT NULL,
            digest BLOB NOT NULL,
            hash BLOB NOT NULL
        ) STRICT""",
        f"""INSERT INTO placet_event (number, version, at, body, digest, hash)
        SELECT account << {SEQ_BITS} | seq, version, at, body, digest, hash
        FROM placet_event_before ORDER BY account, seq""",
        "DROP TABLE placet_event_before",
        # Made anew without the documents that wait to be filed, and where nothing asks for them.
        "DROP INDEX IF EXISTS placet_approval_by_created",
        "DROP INDEX IF EXISTS placet_approval_by_deadline",
        "DROP INDEX IF EXISTS placet_grant_by_created",
        "DROP INDEX IF EXISTS placet_claim_purpose",
    ),
)
"""What brings a file from layout n to n + 1. Never change one that was released; add one."""

LAYOUT = len(STEPS)
_COLUMNS = {"text": "TEXT", "integer": "INTEGER"}


class Table:
    """A kind as this store keeps it. All names are quoted, ready to stand in a statement."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = f'"placet_{kind.name}"'
        self.members = f'"placet_{kind.name}_member"'
        self.fields = tuple(name for name, type in kind.fields.items() if type != "texts")
        self.texts = tuple(name for name, type in kind.fields.items() if type == "texts")
        self.files_later = bool(kind.orders)
        """Whether it comes one by one, over and over: what is listed in an order of time does."""
        taken = {"account", "id", "version", "body", "members", "unfiled"} & set(kind.fields)
        assert not taken, f"the columns {taken} of {kind.name} are the store's own"

    @property
    def main_order(self) -> str:
        """The order in which the index of every field goes on."""
        return self.kind.orders[0] if self.kind.orders else "id"

    def walk_order(self, field: str) -> str:
        """The order in which the documents of one value of a field stand in its index."""
        other = field in self.kind.orders and field != self.main_order
        return "id" if other else self.main_order

    def order_index(self, order: str) -> str:
        """The index of a page's order: "id", or a declared one."""
        return f'"placet_{self.kind.name}_by_{order}"'

    def field_index(self, field: str) -> str:
        """The index of a field that is not of texts."""
        if field in self.kind.orders:
            return self.order_index(field)
        return f'"placet_{self.kind.name}_{field}"'

    @property
    def unfiled_index(self) -> str:
        """The index of the documents that wait to be filed."""
        return f'"placet_{self.kind.name}_unfiled"'

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold the index of a document."""
        members = ("members",) if self.texts or self.files_later else ()
        unfiled = ("unfiled",) if self.files_later else ()
        return (*self.fields, *members, *unfiled)

    @cached_property
    def listed(self) -> str:
        """These columns, to stand behind others."""
        return "".join(f', "{column}"' for column in self.columns)

    @cached_property
    def no_fields(self) -> tuple[None, ...]:
        """What the columns of the fields hold while a document waits."""
        return (None,) * len(self.fields)

    @cached_property
    def statements(self) -> Mapping[str, str]:
        """What makes its tables and indexes, by name."""
        made = {
            self.name: f"CREATE TABLE {self.name} (account INTEGER NOT NULL, id TEXT NOT NULL, "
            "version INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
            self.order_index("id"): f"CREATE UNIQUE INDEX {self.order_index('id')} "
            f"ON {self.name} (account, id)",
        }
        for order in self.kind.orders:
            index = self.order_index(order)
            made[index] = (
                f'CREATE INDEX {index} ON {self.name} (account, "{order}", id) '
                f'WHERE "{order}" IS NOT NULL'
            )
        if self.files_later:
            made[self.unfiled_index] = (
                f"CREATE INDEX {self.unfiled_index} ON {self.name} (account) WHERE unfiled = 1"
            )
        walk = "id" if self.main_order == "id" else f'"{self.main_order}", id'
        for field in self.fields:
            index = self.field_index(field)
            if index not in made:
                # Partial: a document without the field costs nothing, and no query asks for it.
                made[index] = (
                    f'CREATE INDEX {index} ON {self.name} (account, "{field}", {walk}) '
                    f'WHERE "{field}" IS NOT NULL'
                )
        if self.texts:
            place = ""
            if self.main_order != "id":
                place = f"place {_COLUMNS[self.kind.fields[self.main_order]]} NOT NULL, "
            key = "id" if self.main_order == "id" else "place, id"
            made[self.members] = (
                f"CREATE TABLE {self.members} (account INTEGER NOT NULL, field TEXT NOT NULL, "
                f"value TEXT NOT NULL, {place}id TEXT NOT NULL, "
                f"PRIMARY KEY (account, field, value, {key})) STRICT, WITHOUT ROWID"
            )
        return made

    def columns_missing(self, present: Sequence[str]) -> Iterator[str]:
        """What adds the columns that a table, which has those `present`, still lacks."""
        for field in self.fields:
            if field not in present:
                type = _COLUMNS[self.kind.fields[field]]
                yield f'ALTER TABLE {self.name} ADD COLUMN "{field}" {type}'
        for column in self.columns[len(self.fields) :]:
            if column not in present:
                type = "TEXT" if column == "members" else "INTEGER"
                yield f"ALTER TABLE {self.name} ADD COLUMN {column} {type}"


TABLES: Mapping[str, Table] = {name: Table(kind) for name, kind in KINDS.items()}
"""The table of every kind."""

_DECLARED = msgspec.json.encode(KINDS, order="deterministic").decode()


def is_up_to_date(runs: Runs) -> bool:
    """Whether the file has this layout, for these kinds. Raises Corrupt for a later layout."""
    made = _made(runs)
    if '"placet_layout"' not in made:
        if made:
            raise Corrupt(
                f"the file has {min(made)}, which placet did not make, and every name that begins "
                "with placet_ is its own; name another file"
            )
        return False
    row = runs.execute("SELECT number, declared FROM placet_layout").fetchone()
    if row is None or row[0] > LAYOUT:
        found = "none" if row is None else row[0]
        raise Corrupt(
            f"the file has layout {found}, and this placet knows {LAYOUT}; open it with the "
            "release that wrote it, or a later one"
        )
    return (row[0], row[1]) == (LAYOUT, _DECLARED)


def bring_up_to_date(runs: Runs) -> Sequence[Table]:
    """Make what is missing, inside the transaction that is open.

    Returns the tables that got columns for more fields: what is in them is to be indexed by those.
    """
    if is_up_to_date(runs):  # another process was faster
        return ()
    if '"placet_layout"' not in _made(runs):
        runs.execute(
            "CREATE TABLE placet_layout (number INTEGER NOT NULL, declared TEXT NOT NULL) STRICT"
        )
        runs.execute("INSERT INTO placet_layout (number, declared) VALUES (0, '')")
    (number,) = runs.execute("SELECT number FROM placet_layout").fetchone()
    for step in STEPS[number:]:
        for statement in step:
            runs.execute(statement)
    made = _made(runs)
    wider: list[Table] = []
    for table in TABLES.values():
        statements = dict(table.statements)
        if table.name not in made:
            runs.execute(statements.pop(table.name))
        present = [row[1] for row in runs.execute(f"PRAGMA table_info({table.name})").fetchall()]
        if table.name in made and not {*table.fields} <= {*present}:
            wider.append(table)
        for statement in table.columns_missing(present):
            runs.execute(statement)
        for name, statement in statements.items():
            if name not in made:
                runs.execute(statement)
    runs.execute("UPDATE placet_layout SET number = ?, declared = ?", (LAYOUT, _DECLARED))
    return wider


def missing(runs: Runs) -> tuple[str, ...]:
    """The tables and indexes of the kinds that are not there, by name."""
    made = _made(runs)
    wanted = (name for table in TABLES.values() for name in table.statements)
    return tuple(sorted(name for name in wanted if name not in made))


def _made(runs: Runs) -> frozenset[str]:
    """The tables and indexes that are there, their names quoted; SQLite tells no case apart."""
    rows = runs.execute(
        "SELECT lower(name) FROM sqlite_schema WHERE lower(name) GLOB 'placet_*'"
    ).fetchall()
    return frozenset(f'"{name}"' for (name,) in rows)
