"""Pages and counts of the documents that are filed: a query of the port as a walk along an index.

A page is found in two steps, in one statement: first the *places* (order value, id and, where it is
known, row), along an index and cut where the page ends; then their documents. So a page costs what
it holds, and skipping passes over index entries only.

What leads the walk is chosen by looking, not by statistics that age: a clause whose field's index
goes on in the order that was asked for leads by itself. Where several could lead, each is counted
up to a bound, and the one that matches the fewest leads; the others filter. Where all match more
than a few, a glance comes before any longer count: the next entries along the order that was asked
for, which often fill the page. The lead's index is named (`INDEXED BY`): a plan never changes with
the data.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from placet.storage.port import Cursor, Page, Query, Range
from placet_sqlite.clauses import (
    Sql,
    all_of,
    holdable,
    in_range,
    is_behind_all,
    is_empty,
    marks,
    one_of,
)
from placet_sqlite.driver import Runs
from placet_sqlite.layout import TABLES, Table
from placet_sqlite.reading import ACCOUNT, at_most, doc_from, select_docs

__all__ = ["count_filed", "find_filed"]

_FEW = (100, 400)
_MANY = (1_600, 10_000)
"""How far possible leads are counted: one that matches no more is followed."""
_GLANCE = 2
"""How many times a page's entries are looked at before it is counted who matches many."""
_LOOKS = 20_000
"""The most look-ups of a glance: each of its entries is looked up under each value that filters."""
_WALKS = 50
"""The most values of a clause that get a walk each; more are sorted, or filter."""
_BOUND = 10_000
"""The most values that all these walks bind together: each repeats those of the filters."""

_Where = Mapping[str, tuple[str | int, ...]]


class _Lead(NamedTuple):
    """What a walk goes along: a clause, a range beside the order, or (`field` None) the order.

    A glance walks along its `first` entries only.
    """

    field: str | None
    values: tuple[str | int, ...] = ()
    within: Range | None = None
    first: int | None = None


_ORDER = _Lead(None)


def find_filed(runs: Runs, account: str, query: Query) -> Page:
    """One page of a query that the core has checked.

    Who asks for all, by id, gets those too that wait to be filed.
    """
    table = TABLES[query.kind]
    search = _Search(table, account, query)
    if search.impossible:
        return Page(())
    wanted = query.limit + 1
    turn = " DESC" if query.descending else ""
    found: list[Any] = []
    for lead in search.leads(runs, query.order):
        places = search.places(lead, query.skip, wanted)
        documents = search.documents_at_places(lead)
        found = runs.execute(
            f"{select_docs(table)}, p.place FROM ({places.text}) AS p {documents.text} "
            f"ORDER BY p.place{turn}, p.id{turn}",
            (*places.parameters, *documents.parameters),
        ).fetchall()
        if len(found) == wanted:
            break
    docs = tuple(doc_from(table, row[:-1]) for row in found[: query.limit])
    if len(found) < wanted:
        return Page(docs)
    return Page(docs, Cursor(found[query.limit - 1][-1], docs[-1].key.id))


def count_filed(runs: Runs, account: str, query: Query) -> int:
    """How many documents match a query that the core has checked; of all, if it names no field.

    It passes over every index entry that matches: some 10 milliseconds for 100,000.
    """
    table = TABLES[query.kind]
    search = _Search(table, account, query)
    if search.impossible:
        return 0
    (lead,) = search.leads(runs, None)
    counted = search.counted(lead)
    (count,) = runs.execute(counted.text, counted.parameters).fetchone()
    return int(count)


class _Search:
    """A query on its table, its numbers cut to what SQLite can hold."""

    def __init__(self, table: Table, account: str, query: Query) -> None:
        self._table = table
        self._account = account
        self._query = query
        self._where = {
            field: tuple(dict.fromkeys(value for value in values if holdable(value)))
            for field, values in query.where.items()
        }
        self._each = sum(map(len, self._where.values()))
        self._range = query.range
        self._on_order = query.range is not None and query.range.field == query.order
        self.impossible = (
            not all(self._where.values()) or is_empty(query.range) or is_behind_all(query)
        )

    # -- what leads ----------------------------------------------------------------------------

    def leads(self, runs: Runs, order: str | None) -> Iterator[_Lead]:
        """What a walk goes along: the last one finds all, and one before it perhaps enough.

        `order` None means that no order was asked for.
        """
        leads = [_Lead(field, values) for field, values in self._where.items()]
        if self._range is not None and not (self._on_order and order):
            leads.append(_Lead(self._range.field, within=self._range))
        if not leads:
            yield _ORDER
            return
        straight = [one for one in leads if order is None or self._walks(one, order)]
        if len(leads) == 1 and straight:
            yield leads[0]
            return
        least = self._least(runs, leads, _FEW)
        if least is None and order is not None and not self._query.skip:
            single = [one for one in straight if len(one.values) == 1]
            first = _GLANCE * self._query.limit
            # What several values lead straight along is no worse than the order of all.
            if (single or not straight) and first * self._each <= _LOOKS:
                yield (single[0] if single else _ORDER)._replace(first=first)
        least = least or self._least(runs, leads, _MANY)
        # All match very many: a page is soon full, wherever the walk goes along its order.
        yield least or (straight[0] if straight else _ORDER)

    def _least(self, runs: Runs, leads: Sequence[_Lead], bounds: Sequence[int]) -> _Lead | None:
        """The lead that matches the fewest, unless all match more than the bounds."""
        for bound in bounds:
            sizes = [(self._size(runs, one, bound), at) for at, one in enumerate(leads)]
            least, at = min(sizes)
            if least <= bound:
                return leads[at]
        return None

    def _walks(self, lead: _Lead, order: str) -> bool:
        """Whether the lead's index goes on in this order, for each of its values."""
        return (
            lead.field is not None
            and lead.within is None
            and order == self._table.walk_order(lead.field)
            and len(lead.values) <= _WALKS
            and len(lead.values) * self._each <= _BOUND
        )

    def _size(self, runs: Runs, lead: _Lead, bound: int) -> int:
        """How many entries the lead's index has for it, counted a little beyond `bound`."""
        entries = self._entries(lead)
        row = runs.execute(
            f"SELECT count(*) FROM (SELECT 1 {entries.text} LIMIT ?)",
            (*entries.parameters, bound + 1),
        ).fetchone()
        return int(row[0])

    def _entries(self, lead: _Lead) -> Sql:
        """The lead's part of its index: FROM and WHERE, the documents being `d` or members `m`."""
        if lead.field is None:
            index = self._table.order_index("id")
            return Sql(
                f"FROM {self._table.name} AS d INDEXED BY {index} WHERE d.account = {ACCOUNT}",
                (self._account,),
            )
        if self._is_text_of_many(lead.field):
            return Sql(
                f"FROM {self._table.members} AS m WHERE m.account = {ACCOUNT} AND m.field = ? "
                f"AND m.value IN ({marks(lead.values)})",
                (self._account, lead.field, *lead.values),
            )
        within = in_range(f'd."{lead.field}"', lead.within) if lead.within else None
        clause = within or one_of(f'd."{lead.field}"', lead.values)
        return Sql(
            f"FROM {self._table.name} AS d INDEXED BY {self._table.field_index(lead.field)} "
            f"WHERE d.account = {ACCOUNT} AND {clause.text}",
            (self._account, *clause.parameters),
        )

    # -- places --------------------------------------------------------------------------------

    def places(self, lead: _Lead, skip: int, limit: int) -> Sql:
        """The places of a page, in order: a statement of `place`, `id` and `row`."""
        order = self._query.order
        turn = " DESC" if self._query.descending else ""
        cut = f" ORDER BY place{turn}, id{turn} LIMIT ? OFFSET ?"
        skip = at_most(skip)
        if not self._walks(lead, order) or len(lead.values) == 1:
            one = self._walk(lead)
            return Sql(f"{one.text}{cut}", (*one.parameters, limit, skip))
        walks = [self._walk(_Lead(lead.field, (value,))) for value in lead.values]
        # UNION, for a document that has several of the members stands in several walks. SQLite
        # merges walks that are each in order, and ends them all where the page ends.
        union = " UNION ".join(walk.text for walk in walks)
        parameters = tuple(parameter for walk in walks for parameter in walk.parameters)
        return Sql(f"{union}{cut}", (*parameters, limit, skip))

    def documents_at_places(self, lead: _Lead) -> Sql:
        """What joins the documents `d` to the places `p` that were found along a lead."""
        if self._knows_rows(lead):
            return Sql(f"CROSS JOIN {self._table.name} AS d ON d.rowid = p.row")
        index = self._table.order_index("id")
        return Sql(
            f"CROSS JOIN {self._table.name} AS d INDEXED BY {index} "
            f"ON d.account = {ACCOUNT} AND d.id = p.id",
            (self._account,),
        )

    def _knows_rows(self, lead: _Lead) -> bool:
        """Whether a walk meets the documents; one along members does so only to filter, or for
        another order than theirs."""
        return (
            lead.field is None
            or not self._is_text_of_many(lead.field)
            or lead.first is not None
            or self._query.order != self._table.main_order
            or any(True for _ in self._filters(lead))
        )

    def _walk(self, lead: _Lead) -> Sql:
        """The matching places behind one lead, in no order of their own."""
        order = self._query.order
        if lead.field is None:
            index = self._table.order_index(order)
            # The index leaves out what waits, and serves only who says so.
            filed = "" if order == "id" else f' AND d."{order}" IS NOT NULL'
            entries = Sql(
                f"FROM {self._table.name} AS d INDEXED BY {index} "
                f"WHERE d.account = {ACCOUNT}{filed}",
                (self._account,),
            )
        else:
            entries = self._entries(lead)
        by_member = lead.field is not None and self._is_text_of_many(lead.field)
        along = by_member and order == self._table.main_order
        knows_rows = self._knows_rows(lead)
        if by_member and knows_rows:
            entries = self._with_documents(entries)
        place = self._place_of("m" if along else "d", order)
        id = "m.id" if along else "d.id"
        row = "d.rowid" if knows_rows else "NULL"
        filters = tuple(self._filters(lead))
        from_here = tuple(self._from_here(place, id))
        distinct = "DISTINCT " if by_member and len(lead.values) > 1 else ""
        head = f"SELECT {distinct}{place} AS place, {id} AS id, {row} AS row {entries.text}"
        if lead.first is None:
            more = all_of((*filters, *from_here))
            return Sql(f"{head}{more.text}", (*entries.parameters, *more.parameters))
        turn = " DESC" if self._query.descending else ""
        near, more = all_of(from_here), all_of(filters)
        return Sql(
            f"SELECT w.place AS place, w.id AS id, w.row AS row FROM ({head}{near.text} "
            f"ORDER BY place{turn}, id{turn} LIMIT ?) AS w "
            f"CROSS JOIN {self._table.name} AS d ON d.rowid = w.row{more.text}",
            (*entries.parameters, *near.parameters, lead.first, *more.parameters),
        )

    def _with_documents(self, entries: Sql) -> Sql:
        """A walk along members, with the document of each."""
        members = f"{self._table.members} AS m"
        joined = (
            f"{members} CROSS JOIN {self._table.name} AS d "
            f"INDEXED BY {self._table.order_index('id')} "
            "ON d.account = m.account AND d.id = m.id"
        )
        return Sql(entries.text.replace(members, joined, 1), entries.parameters)

    def _place_of(self, alias: str, order: str) -> str:
        if order == "id":
            return f"{alias}.id"
        return "m.place" if alias == "m" else f'd."{order}"'

    def _filters(self, lead: _Lead) -> Iterator[Sql]:
        """Every condition that the lead does not meet by itself, the cursor's left out."""
        for field, values in self._where.items():
            if field != lead.field or lead.within is not None:
                if self._is_text_of_many(field):
                    yield self._has_member(field, values)
                else:
                    yield one_of(f'd."{field}"', values)
        if self._range is not None and lead.within is None and not self._on_order:
            yield in_range(f'd."{self._range.field}"', self._range)

    def _has_member(self, field: str, values: tuple[str | int, ...]) -> Sql:
        order = self._table.main_order
        place = "" if order == "id" else f'AND o.place = d."{order}" '
        return Sql(
            f"EXISTS (SELECT 1 FROM {self._table.members} AS o WHERE o.account = d.account "
            f"AND o.field = ? AND o.value IN ({marks(values)}) {place}AND o.id = d.id)",
            (field, *values),
        )

    def _from_here(self, place: str, id: str) -> Iterator[Sql]:
        """The part of the order that the query looks at: its range, where on it, and cursor.

        Of two bounds at one end only the closer one is named: SQLite would start its walk at
        either, and a page would pass over all the pages before it.
        """
        after, descending = self._query.after, self._query.descending
        sign = "<" if descending else ">"
        if self._query.order == "id":
            if after is not None:
                yield Sql(f"{id} {sign} ?", (after.id,))
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
            if not begins_behind and holdable(value):
                yield Sql(f"({place}, {id}) {sign} (?, ?)", (value, after.id))
        if within is not None:
            yield in_range(place, within)

    # -- counting ------------------------------------------------------------------------------

    def counted(self, lead: _Lead) -> Sql:
        """How many match, as a statement of one number."""
        entries = self._entries(lead)
        by_member = lead.field is not None and self._is_text_of_many(lead.field)
        filters = list(self._filters(lead))
        if by_member and filters:
            entries = self._with_documents(entries)
        more = all_of(filters)
        what = "DISTINCT m.id" if by_member and len(lead.values) > 1 else "*"
        return Sql(
            f"SELECT count({what}) {entries.text}{more.text}",
            (*entries.parameters, *more.parameters),
        )

    def _is_text_of_many(self, field: str) -> bool:
        return field in self._table.texts
