"""Stores that read wrongly: queries, pages, text, the log. Each has one fault."""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import normalize

from faults import caught_by
from naive_store import NaiveStore

from placet.errors import Unavailable
from placet.storage.kinds import KINDS
from placet.storage.memory import MemoryStore
from placet.storage.port import (
    Cursor,
    Doc,
    Index,
    IndexValue,
    Key,
    Page,
    Query,
    Range,
    StoredEvent,
)

Where = Mapping[str, tuple[str | int, ...]]


@caught_by(
    "test_reading_can_resume_after_every_event", "test_random_use_gives_what_the_memory_store_gives"
)
class InclusiveFeed(MemoryStore):
    """Reading the log resumes at the last event seen, not behind it."""

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        return super().events(account, max(after - 1, 0), limit)


@caught_by("test_a_limit_cuts_the_log_anywhere")
class FeedWithoutLimit(MemoryStore):
    """The limit of a reading of the log is ignored."""

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        return super().events(account, after, 1_000_000)


@caught_by("test_a_limit_cuts_the_log_anywhere", "test_parts_of_the_log_add_up_to_the_whole")
class FeedOfWholeCommits(MemoryStore):
    """A part of the log ends with the last whole commit, or is empty."""

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        found = super().events(account, after, limit)
        more = super().events(account, after + len(found), 1)
        while found and more and found[-1].version == more[0].version:
            found = found[:-1]
        return found


@caught_by("test_ids_come_in_code_point_order", "test_every_text_has_its_place_in_the_order_of_ids")
class FoldedOrder(NaiveStore):
    """Text is ordered without regard to case."""

    def text(self, text: str) -> Any:
        return (text.casefold(), text)


@caught_by(
    "test_every_text_has_its_place_in_the_order_of_ids", "test_a_cursor_compares_by_code_point"
)
class Utf16Order(NaiveStore):
    """Text is ordered as UTF-16 is, with surrogates before U+E000."""

    def text(self, text: str) -> Any:
        return text.encode("utf-16-be")


@caught_by("test_ties_go_by_id_in_code_point_order")
class FoldedTies(NaiveStore):
    """Only the second part of an order folds case."""

    def at(self, value: IndexValue, id: str) -> tuple[Any, Any]:
        return (value, id if isinstance(value, str) else (id.casefold(), id))


@caught_by("test_a_cursor_compares_by_code_point")
class FoldedCursor(NaiveStore):
    """Pages are in code-point order, and the cursor compares as UTF-16 does."""

    def behind(self, docs: list[Doc], query: Query) -> list[Doc]:
        if query.after is None:
            return docs
        order, ids = query.order, query.after.id.encode("utf-16-be")
        after = (ids if order == "id" else query.after.value, ids)
        found = []
        for doc in docs:
            id = doc.key.id.encode("utf-16-be")
            place: Any = (id if order == "id" else doc.index[order], id)
            if place < after if query.descending else place > after:
                found.append(doc)
        return found


@caught_by("test_every_account_has_its_place_in_code_point_order")
class AccountsInOrderOfCommits(MemoryStore):
    """Accounts are listed as they came, not in code-point order."""

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        return tuple(name for name in self._accounts if name > after)[:limit]


@caught_by("test_accounts_can_be_paged")
class AccountsAgain(MemoryStore):
    """The list of accounts begins with the last one seen."""

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._accounts if name >= after))[:limit]


@caught_by("test_an_account_without_commits_is_not_listed")
class AccountsByReading(MemoryStore):
    """An account that was only read is listed."""

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        if account not in self._accounts:
            self._names.add((account,))
            self._accounts[account] = self._account(account)
        return super().get(account, keys)


@caught_by(
    "test_where_finds[one of several values]", "test_random_use_gives_what_the_memory_store_gives"
)
class FirstValueOnly(NaiveStore):
    """Of the values of a clause only the first counts."""

    def has(self, value: IndexValue | None, wanted: Sequence[str | int]) -> bool:
        return super().has(value, wanted[:1])


@caught_by("test_where_finds[no value]")
class EmptyClause(NaiveStore):
    """A clause without values matches everything."""

    def has(self, value: IndexValue | None, wanted: Sequence[str | int]) -> bool:
        return not wanted or super().has(value, wanted)


@caught_by(
    "test_where_finds[a member of texts]", "test_where_finds[several members of one document]"
)
class MembersAsAWhole(NaiveStore):
    """A field of texts matches as a whole, not by any member."""

    def has(self, value: IndexValue | None, wanted: Sequence[str | int]) -> bool:
        return value == wanted if isinstance(value, tuple) else super().has(value, wanted)


@caught_by("test_a_member_may_hold_what_separates_members")
class MembersJoined(NaiveStore):
    """Members are kept as one text with commas, and looked up in it."""

    def has(self, value: IndexValue | None, wanted: Sequence[str | int]) -> bool:
        if not isinstance(value, tuple):
            return super().has(value, wanted)
        joined = f",{','.join(value)},"
        return bool(value) and any(f",{one}," in joined for one in wanted)


@caught_by("test_where_counts[two clauses]")
class CountByOneClause(NaiveStore):
    """Counting looks at the first clause only."""

    def count(self, account: str, query: Query) -> int:
        first = dict(list(query.where.items())[:1])
        return super().count(account, Query(query.kind, first, query.range))


@caught_by("test_where_counts[several members of one document]")
class CountByMember(NaiveStore):
    """A document counts once for each member that matches."""

    def count(self, account: str, query: Query) -> int:
        super().count(account, query)
        docs = self.matching(account, query)
        members = [doc.index.get(field, ()) for doc in docs for field in query.where]
        extra = [
            {*value} & {*wanted}
            for value, wanted in zip(members, list(query.where.values()) * len(docs), strict=False)
            if isinstance(value, tuple) and len(query.where) == 1
        ]
        return len(docs) + sum(len(both) - 1 for both in extra)


@caught_by("test_count_is_about_all_matches")
class CountOfAPage(NaiveStore):
    """Counting stops at the end of the page."""

    def count(self, account: str, query: Query) -> int:
        return min(super().count(account, query), query.limit)


@caught_by("test_range_finds[low counts, high does not]", "test_filtered_pages_are_complete")
class ClosedRange(NaiveStore):
    """A range includes its upper end."""

    def inside(self, value: IndexValue | None, within: Range) -> bool:
        return super().inside(value, within) or (value is not None and value == within.high)


@caught_by("test_range_finds[low counts, high does not]")
class OpenRange(NaiveStore):
    """A range leaves out its lower end."""

    def inside(self, value: IndexValue | None, within: Range) -> bool:
        return super().inside(value, within) and value != within.low


@caught_by("test_range_finds[open on both sides]")
class RangeWithAbsent(NaiveStore):
    """A document that lacks the field is in every range that is open below."""

    def inside(self, value: IndexValue | None, within: Range) -> bool:
        return (value is None and within.low is None) or super().inside(value, within)


@caught_by("test_a_number_is_exact")
class FloatingNumbers(NaiveStore):
    """Numbers are compared as floating-point numbers."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        if isinstance(value, int) and isinstance(wanted, int):
            return float(value) == float(wanted)
        return super().same(value, wanted)


@caught_by(
    "test_values_that_are_alike_match_themselves_only[case]",
    "test_where_finds[text in another case]",
)
class FoldedValues(NaiveStore):
    """Clauses match without regard to case."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        return str(value).lower() == str(wanted).lower() and value is not None


@caught_by("test_values_that_are_alike_match_themselves_only[composition]")
class NormalizedValues(NaiveStore):
    """Clauses match texts that differ by Unicode normalization."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        if isinstance(value, str) and isinstance(wanted, str):
            return normalize("NFC", value) == normalize("NFC", wanted)
        return super().same(value, wanted)


@caught_by("test_values_that_are_alike_match_themselves_only[blanks at an end]")
class PaddedValues(NaiveStore):
    """Blanks at the end of a text do not count, as in a padded column."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        if isinstance(value, str) and isinstance(wanted, str):
            return value.rstrip(" ") == wanted.rstrip(" ")
        return super().same(value, wanted)


@caught_by("test_values_that_are_alike_match_themselves_only[a NUL]")
class TextUpToANul(NaiveStore):
    """A text ends at its first NUL."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        if isinstance(value, str) and isinstance(wanted, str):
            return value.partition("\0")[0] == wanted.partition("\0")[0]
        return super().same(value, wanted)


@caught_by("test_an_empty_text_is_a_value")
class EmptyIsAbsent(NaiveStore):
    """The empty text is taken for no value."""

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        return value != "" and super().same(value, wanted)


@caught_by("test_a_clause_may_name_many_values")
class FewParameters(NaiveStore):
    """A query with more than 999 values fails, as a driver's limit would make it."""

    def holds(self, index: Index, where: Where) -> bool:
        if sum(map(len, where.values())) > 999:
            raise Unavailable("too many parameters")
        return super().holds(index, where)


@caught_by("test_ties_go_by_id_in_the_same_direction")
class TiesUpwards(NaiveStore):
    """Ties go up by id in descending pages, too."""

    def find(self, account: str, query: Query) -> Page:
        page = super().find(account, query)
        docs = list(page.docs)
        docs.sort(key=lambda doc: doc.key.id)
        if query.order != "id":
            docs.sort(key=lambda doc: self.place(doc, query.order)[0], reverse=query.descending)
            return Page(tuple(docs), page.next)
        return page


@caught_by("test_pages_are_complete_for_every_limit")
class CursorWithoutTies(NaiveStore):
    """The cursor compares the value of the order only, and passes over ties."""

    def behind(self, docs: list[Doc], query: Query) -> list[Doc]:
        if query.after is None or query.order == "id":
            return super().behind(docs, query)
        value: Any = query.after.value
        values = [(self.place(doc, query.order)[0], doc) for doc in docs]
        return [doc for at, doc in values if (at < value if query.descending else at > value)]


@caught_by("test_pages_are_complete_for_every_limit", "test_paging_can_go_on_behind_every_document")
class CursorThatRepeats(NaiveStore):
    """A page begins with the document that the last one ended with."""

    def behind(self, docs: list[Doc], query: Query) -> list[Doc]:
        rest = super().behind(docs, query)
        return docs[len(docs) - len(rest) - 1 :] if query.after and len(rest) < len(docs) else rest


@caught_by("test_what_is_put_before_the_place_does_not_shift_the_pages")
class OffsetCursor(NaiveStore):
    """The cursor stands for how many documents came before it."""

    def __init__(self) -> None:
        super().__init__()
        self.offsets: dict[Cursor | None, int] = {None: 0}

    def find(self, account: str, query: Query) -> Page:
        if query.after not in self.offsets:
            return super().find(account, query)
        start = self.offsets[query.after]
        every = Query(query.kind, query.where, query.range, query.order, query.descending)
        docs = super().find(account, every).docs[start + query.skip :][: query.limit]
        page = super().find(account, query)
        if page.next is not None and docs:
            self.offsets[page.next] = start + query.skip + len(docs)
        return Page(docs, page.next)


@caught_by("test_the_last_page_has_no_next")
class NextAfterTheLast(NaiveStore):
    """A page that is full has a next one, even where nothing follows."""

    def next(self, query: Query, page: list[Doc], more: bool) -> Cursor | None:
        return super().next(query, page, more or len(page) == query.limit)


@caught_by("test_skip_counts_matches_only")
class SkipWithoutFilters(NaiveStore):
    """Skipping is ignored where the query has clauses."""

    def skipped(self, query: Query) -> int:
        return 0 if query.where else query.skip


@caught_by("test_skip_counts_matches_only")
class SkipBeforeFilters(NaiveStore):
    """Skipping counts documents that a clause leaves out."""

    def find(self, account: str, query: Query) -> Page:
        if not query.skip:
            return super().find(account, query)
        whole = super().find(account, Query(query.kind, order=query.order, limit=query.skip)).docs
        page = super().find(account, Query(query.kind, query.where, query.range, query.order))
        return Page(tuple(doc for doc in page.docs if doc not in whole)[: query.limit])


@caught_by("test_a_page_holds_up_to_a_thousand", "test_pages_are_complete_for_every_limit")
class PagesWithoutLimit(NaiveStore):
    """The limit of a page is ignored."""

    def size(self, query: Query) -> int:
        return 1_000_000


@caught_by("test_get_answers_in_the_order_asked")
class GetInItsOwnOrder(MemoryStore):
    """Documents come back sorted, and each once."""

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        return super().get(account, sorted(set(keys)))


@caught_by("test_what_is_not_declared_is_refused")
class AnyQuery(NaiveStore):
    """A field that no kind declares is no mistake, and matches nothing."""

    def find(self, account: str, query: Query) -> Page:
        kind = KINDS.get(query.kind)
        if kind and any(field not in kind.fields for field in query.where):
            return Page(())
        return super().find(account, query)
