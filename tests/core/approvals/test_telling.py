"""Reminders and escalations are told once, whenever somebody sweeps."""

from datetime import timedelta

from approval_worlds import NOW, People, asked, say

from placet.approvals.telling import told, waited_for
from placet.model import InOrder, Reviews, Rule, Window
from placet.model.due import due_at

HOUR = timedelta(hours=1)
ESCALATED = Reviews(
    count=1, source="group:qa", escalate_after=4 * 3600, escalate_to=("group:leads",)
)
PEOPLE = People(qa="ana bo", ops="cy", leads="lea")


def test_nothing_is_due_where_a_policy_asks_for_nothing() -> None:
    assert due_at(asked("1 from group:qa")) is None


def test_a_reminder_is_due_after_each_span() -> None:
    approval = asked("1 from group:qa", remind_after=3600)
    assert due_at(approval) == NOW + HOUR
    assert told(approval, NOW + HOUR - timedelta(milliseconds=1)) == (approval, ())
    reminded, happened = told(approval, NOW + HOUR)
    assert happened == ("approval.reminded",)
    assert due_at(reminded) == NOW + 2 * HOUR


def test_whoever_sweeps_late_reminds_once() -> None:
    """T15."""
    late, happened = told(asked("1 from group:qa", remind_after=3600), NOW + 5.5 * HOUR)
    assert happened == ("approval.reminded",)
    assert due_at(late) == NOW + 6 * HOUR


def test_an_escalation_is_told_once() -> None:
    """T15, T18."""
    approval = asked(ESCALATED)
    assert due_at(approval) == NOW + 4 * HOUR
    after, happened = told(approval, NOW + 4 * HOUR)
    assert happened == ("approval.escalated",)
    assert due_at(after) is None
    assert told(after, NOW + 9 * HOUR) == (after, ())


def test_a_window_of_a_rule_is_due_when_it_opens() -> None:
    night = Window(start="22:00", end="06:00", zone="UTC")
    rule = Rule(name="night", verdict="approve", when="false", during=(night,))
    approval = asked("1 from group:qa", rules=(rule,))
    assert due_at(approval) == NOW.replace(hour=22)
    after, happened = told(approval, NOW.replace(hour=22))
    assert happened == ("approval.window_opened",)
    assert due_at(after) == NOW.replace(hour=22) + 24 * HOUR


def test_nothing_is_due_about_what_has_ended() -> None:
    over = say(asked("1 from group:qa", remind_after=3600), "ana", PEOPLE).approval
    assert due_at(over) is None


def test_those_are_waited_for_whose_stage_is_open_and_who_have_said_nothing() -> None:
    staged = InOrder(of=(Reviews(count=2, source="group:qa"), Reviews(count=1, source="group:ops")))
    assert waited_for(asked(staged), PEOPLE) == ("user:ana", "user:bo")
    once = say(asked(staged), "ana", PEOPLE).approval
    assert waited_for(once, PEOPLE) == ("user:bo",)
    twice = say(once, "bo", PEOPLE).approval
    assert waited_for(twice, PEOPLE) == ("user:cy",)


def test_once_escalated_those_as_well_to_whom_it_was() -> None:
    assert waited_for(asked(ESCALATED), PEOPLE.at(NOW + 4 * HOUR)) == (
        "user:ana", "user:bo", "user:lea",
    )  # fmt: skip
