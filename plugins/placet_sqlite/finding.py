"""Pages and counts: a query of the port as a walk along an index.

A page is found in two steps, in one statement: first the *places* (order value and id), along an
index and cut where the page ends; then their documents. So a page costs what it holds, and skipping
passes over index entries only.

What leads the walk is chosen by looking, not by statistics that age: a clause whose field's index
goes on in the order that was asked for leads by itself. Where several could lead, each is counted
up to a bound, and the one that matches the fewest leads; the others filter. The lead's index is
named (`INDEXED BY`): a plan never changes with the data.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from placet.storage.port import Cursor, Page, Query, Range
from placet_sqlite.driver import Runs
from placet_sqlite.layout import TABLES, Table
from placet_sqlite.reading import ACCOUNT, at_most, doc_from, select_docs

__all__ = ["count_docs", "find_docs"]

_BOUNDS = (100, 10_000)
"""How far possible leads are counted: one that matches no more is followed."""
_WALKS = 50
"""The most values of a clause that get a walk each; more are sorted, or filter."""
_BOUND = 10_000
"""The most values that all these walks bind together: each repeats those of the filters."""
_INT64 = range(-(2**63), 2**63)

_Where = Mapping[str, tuple[str | int, ...]]


class _Sql(NamedTuple):
    """A piece of a statement, and its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()


class _Lead(NamedTuple):
    """What a walk goes along: a clause, a range beside the order, or (`field` None) the order."""

    field: str | None
    values: tuple[str | int, ...] = ()
    within: Range | None = None


_ORDER = _Lead(None)


def find_docs(runs: Runs, account: str, query: Query) -> Page:
    """One page of a query that the core has checked."""
    table = TABLES[query.kind]
    search = _Search(table, account, query)
    if search.impossible:
        return Page(())
    wanted = query.limit + 1
    places = search.places(search.lead(runs, query.order), query.skip, wanted)
    turn = " DESC" if query.descending else ""
    found = runs.execute(
        f"{select_docs(table)}, p.place FROM ({places.text}) AS p "
        f"CROSS JOIN {table.name} AS d INDEXED BY {table.order_index('id')} "
        f"ON d.account = {ACCOUNT} AND d.id = p.id ORDER BY p.place{turn}, p.id{turn}",
        (*places.parameters, account),
    ).fetchall()
    docs = tuple(doc_from(table, row[:-1]) for row in found[: query.limit])
    if len(found) < wanted:
        return Page(docs)
    return Page(docs, Cursor(found[query.limit - 1][-1], docs[-1].key.id))


def count_docs(runs: Runs, account: str, query: Query) -> int:
    """How many documents match a query that the core has checked.

    It passes over every index entry that matches: some 10 milliseconds for 100,000.
    """
    table = TABLES[query.kind]
    # Where the page ends means nothing here.
    whole = Query(query.kind, query.where, query.range)
    search = _Search(table, account, whole)
    if search.impossible:
        return 0
    counted = search.counted(search.lead(runs, None))
    (count,) = runs.execute(counted.text, counted.parameters).fetchone()
    return int(count)


class _Search:
    """A query on its table, its numbers cut to what SQLite can hold."""

    def __init__(self, table: Table, account: str, query: Query) -> None:
        self._table = table
        self._account = account
        self._query = query
        self._where = {
            field: tuple(dict.fromkeys(value for value in values if _holdable(value)))
            for field, values in query.where.items()
        }
        self._range = query.range
        self._on_order = query.range is not None and query.range.field == query.order
        self.impossible = (
            not all(self._where.values()) or _is_empty(query.range) or _is_behind_all(query)
        )

    # -- what leads ----------------------------------------------------------------------------

    def lead(self, runs: Runs, order: str | None) -> _Lead:
        """What the walk goes along; `order` None means that no order was asked for."""
        leads = [_Lead(field, values) for field, values in self._where.items()]
        if self._range is not None and not (self._on_order and order):
            leads.append(_Lead(self._range.field, within=self._range))
        if not leads:
            return _ORDER
        straight = [one for one in leads if order is None or self._walks(one, order)]
        if len(leads) == 1 and straight:
            return leads[0]
        for bound in _BOUNDS:
            sizes = [(self._size(runs, one, bound), at) for at, one in enumerate(leads)]
            least, at = min(sizes)
            if least <= bound:
                return leads[at]
        # All match very many: a page is soon full, wherever the walk goes along its order.
        return straight[0] if straight else _ORDER

    def _walks(self, lead: _Lead, order: str) -> bool:
        """Whether the lead's index goes on in this order, for each of its values."""
        each = sum(map(len, self._where.values()))
        return (
            lead.field is not None
            and lead.within is None
            and order == self._table.walk_order(lead.field)
            and len(lead.values) <= _WALKS
            and len(lead.values) * each <= _BOUND
        )

    def _size(self, runs: Runs, lead: _Lead, bound: int) -> int:
        """How many entries the lead's index has for it, counted a little beyond `bound`."""
        entries = self._entries(lead)
        row = runs.execute(
            f"SELECT count(*) FROM (SELECT 1 {entries.text} LIMIT ?)",
            (*entries.parameters, bound + 1),
        ).fetchone()
        return int(row[0])

    def _entries(self, lead: _Lead) -> _Sql:
        """The lead's part of its index: FROM and WHERE, the documents being `d` or members `m`."""
        if lead.field is None:
            index = self._table.order_index("id")
            return _Sql(
                f"FROM {self._table.name} AS d INDEXED BY {index} WHERE d.account = {ACCOUNT}",
                (self._account,),
            )
        if self._is_text_of_many(lead.field):
            return _Sql(
                f"FROM {self._table.members} AS m WHERE m.account = {ACCOUNT} AND m.field = ? "
                f"AND m.value IN ({_marks(lead.values)})",
                (self._account, lead.field, *lead.values),
            )
        within = _in_range(f'd."{lead.field}"', lead.within) if lead.within else None
        clause = within or _one_of(f'd."{lead.field}"', lead.values)
        return _Sql(
            f"FROM {self._table.name} AS d INDEXED BY {self._table.field_index(lead.field)} "
            f"WHERE d.account = {ACCOUNT} AND {clause.text}",
            (self._account, *clause.parameters),
        )

    # -- places --------------------------------------------------------------------------------

    def places(self, lead: _Lead, skip: int, limit: int) -> _Sql:
        """The places of a page, in order: a statement of `place` and `id`."""
        order = self._query.order
        turn = " DESC" if self._query.descending else ""
        cut = f" ORDER BY place{turn}, id{turn} LIMIT ? OFFSET ?"
        skip, most = at_most(skip), at_most(skip + limit)
        if not self._walks(lead, order) or len(lead.values) == 1:
            one = self._walk(lead)
            return _Sql(f"{one.text}{cut}", (*one.parameters, limit, skip))
        walks = [self._walk(_Lead(lead.field, (value,))) for value in lead.values]
        # UNION, for a document that has several of the members stands in several walks.
        union = " UNION ".join(f"SELECT * FROM ({walk.text}{cut})" for walk in walks)
        parameters = tuple(parameter for walk in walks for parameter in (*walk.parameters, most, 0))
        return _Sql(f"SELECT place, id FROM ({union}){cut}", (*parameters, limit, skip))

    def _walk(self, lead: _Lead) -> _Sql:
        """The matching places behind one lead, in no order of their own."""
        order = self._query.order
        if lead.field is None:
            index = self._table.order_index(order)
            entries = _Sql(
                f"FROM {self._table.name} AS d INDEXED BY {index} WHERE d.account = {ACCOUNT}",
                (self._account,),
            )
        else:
            entries = self._entries(lead)
        by_member = lead.field is not None and self._is_text_of_many(lead.field)
        along = by_member and order == self._table.main_order
        filters = list(self._filters(lead))
        # A walk along members needs the documents only for what members do not know.
        if by_member and (filters or not along):
            entries = self._with_documents(entries)
        place = self._place_of("m" if along else "d", order)
        id = "m.id" if along else "d.id"
        conditions = [*filters, *self._from_here(place, id)]
        text = "".join(f" AND {one.text}" for one in conditions)
        parameters = tuple(parameter for one in conditions for parameter in one.parameters)
        distinct = "DISTINCT " if by_member and len(lead.values) > 1 else ""
        return _Sql(
            f"SELECT {distinct}{place} AS place, {id} AS id {entries.text}{text}",
            (*entries.parameters, *parameters),
        )

    def _with_documents(self, entries: _Sql) -> _Sql:
        """A walk along members, with the document of each."""
        members = f"{self._table.members} AS m"
        joined = (
            f"{members} CROSS JOIN {self._table.name} AS d "
            f"INDEXED BY {self._table.order_index('id')} "
            "ON d.account = m.account AND d.id = m.id"
        )
        return _Sql(entries.text.replace(members, joined, 1), entries.parameters)

    def _place_of(self, alias: str, order: str) -> str:
        if order == "id":
            return f"{alias}.id"
        return "m.place" if alias == "m" else f'd."{order}"'

    def _filters(self, lead: _Lead) -> Iterator[_Sql]:
        """Every condition that the lead does not meet by itself, the cursor's left out."""
        for field, values in self._where.items():
            if field != lead.field or lead.within is not None:
                if self._is_text_of_many(field):
                    yield self._has_member(field, values)
                else:
                    yield _one_of(f'd."{field}"', values)
        if self._range is not None and lead.within is None and not self._on_order:
            yield _in_range(f'd."{self._range.field}"', self._range)

    def _has_member(self, field: str, values: tuple[str | int, ...]) -> _Sql:
        order = self._table.main_order
        place = "" if order == "id" else f'AND o.place = d."{order}" '
        return _Sql(
            f"EXISTS (SELECT 1 FROM {self._table.members} AS o WHERE o.account = d.account "
            f"AND o.field = ? AND o.value IN ({_marks(values)}) {place}AND o.id = d.id)",
            (field, *values),
        )

    def _from_here(self, place: str, id: str) -> Iterator[_Sql]:
        """The part of the order that the query looks at: its range, where on it, and cursor.

        Of two bounds at one end only the closer one is named: SQLite would start its walk at
        either, and a page would pass over all the pages before it.
        """
        after, descending = self._query.after, self._query.descending
        sign = "<" if descending else ">"
        if self._query.order == "id":
            if after is not None:
                yield _Sql(f"{id} {sign} ?", (after.id,))
            return
        within = self._range if self._on_order else None
        if after is not None:
            value = after.value
            begin = None if within is None else within.high if descending else within.low
            begins_behind = (
                begin is not None
                and isinstance(value, int)
                and (begin <= value if descending else begin > value)
            )
            if within is not None and not begins_behind:
                within = Range(
                    within.field,
                    low=within.low if descending else None,
                    high=None if descending else within.high,
                )
            # A number before all that SQLite holds bounds nothing.
            if not begins_behind and _holdable(value):
                yield _Sql(f"({place}, {id}) {sign} (?, ?)", (value, after.id))
        if within is not None:
            yield _in_range(place, within)

    # -- counting ------------------------------------------------------------------------------

    def counted(self, lead: _Lead) -> _Sql:
        """How many match, as a statement of one number."""
        entries = self._entries(lead)
        by_member = lead.field is not None and self._is_text_of_many(lead.field)
        filters = list(self._filters(lead))
        if by_member and filters:
            entries = self._with_documents(entries)
        text = "".join(f" AND {one.text}" for one in filters)
        parameters = tuple(parameter for one in filters for parameter in one.parameters)
        what = "DISTINCT m.id" if by_member and len(lead.values) > 1 else "*"
        return _Sql(
            f"SELECT count({what}) {entries.text}{text}", (*entries.parameters, *parameters)
        )

    def _is_text_of_many(self, field: str) -> bool:
        return field in self._table.texts


def _one_of(column: str, values: Sequence[str | int]) -> _Sql:
    if len(values) == 1:
        return _Sql(f"{column} = ?", tuple(values))
    return _Sql(f"{column} IN ({_marks(values)})", tuple(values))


def _in_range(column: str, within: Range) -> _Sql:
    """The conditions of a range that is not empty; it always excludes who lacks the field."""
    parts, parameters = [], []
    if within.low is not None and within.low in _INT64:
        parts.append(f"{column} >= ?")
        parameters.append(within.low)
    if within.high is not None and within.high in _INT64:
        parts.append(f"{column} < ?")
        parameters.append(within.high)
    return _Sql(" AND ".join(parts) or f"{column} IS NOT NULL", tuple(parameters))


def _is_empty(within: Range | None) -> bool:
    if within is None:
        return False
    low = _INT64.start if within.low is None else within.low
    high = _INT64.stop if within.high is None else within.high
    return low >= high or low >= _INT64.stop or high <= _INT64.start


def _is_behind_all(query: Query) -> bool:
    """Whether the cursor stands at a number behind all that SQLite can hold."""
    if query.after is None or not isinstance(value := query.after.value, int):
        return False
    return value < _INT64.start if query.descending else value >= _INT64.stop


def _holdable(value: str | int) -> bool:
    """Whether SQLite could hold the value: no document has one that it could not."""
    if isinstance(value, int):
        return value in _INT64
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
