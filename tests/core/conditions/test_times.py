"""How timestamps and durations are read from text."""

from datetime import UTC, datetime, timedelta

import pytest

from placet.conditions import TRUE, Error, compile


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01t00:00:00z", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T01:30:00+01:30", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2025-12-31T19:00:00-05:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00-00:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00.5Z", datetime(2026, 1, 1, microsecond=500_000, tzinfo=UTC)),
        ("2026-01-01T00:00:00.123456789Z", datetime(2026, 1, 1, 0, 0, 0, 123_456, UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_rfc_3339(text: str, moment: datetime) -> None:
    facts = {"context": {"text": text}, "now": moment}
    assert compile("timestamp(context.text) == now").evaluate(facts) is TRUE
    assert compile(f"timestamp('{text}') == now").evaluate(facts) is TRUE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",
        "2026-1-1T00:00:00Z",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "0000-12-31T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "\uff12026-01-01T00:00:00Z",
        "infinite-future",
    ],
)
def test_another_text_is_no_timestamp(text: str) -> None:
    outcome = compile("timestamp(context.text) == now").evaluate(
        {"context": {"text": text}, "now": datetime(2026, 1, 1, tzinfo=UTC)}
    )
    assert isinstance(outcome, Error)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1h", timedelta(hours=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("-1m", timedelta(minutes=-1)),
        ("+1m", timedelta(minutes=1)),
        ("100ms", timedelta(milliseconds=100)),
        ("5us", timedelta(microseconds=5)),
        ("1999ns", timedelta(microseconds=1)),
        ("-1999ns", timedelta(microseconds=-1)),
        (".5s", timedelta(milliseconds=500)),
        ("5.s", timedelta(seconds=5)),
        ("1s1h", timedelta(seconds=3601)),
        ("0", timedelta(0)),
        ("-0", timedelta(0)),
        ("87660000h", timedelta(days=3_652_500)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, length: timedelta) -> None:
    facts = {"context": {"text": text, "length": length}}
    assert compile("duration(context.text) == context.length").evaluate(facts) is TRUE
    assert compile(f"duration('{text}') == context.length").evaluate(facts) is TRUE


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "h", "1d", "1 h", " 1h", "1h ", "1h\n", "1h-1m", "--1h", ".s", "1e3s", "1H"),
        *("5µs", "\u0661s", "inf", "87660001h", "-87660001h", "0" * 64 + "1s"),
    ],
)
def test_another_text_is_no_duration(text: str) -> None:
    outcome = compile("duration(context.text) == duration('0')").evaluate(
        {"context": {"text": text}}
    )
    assert isinstance(outcome, Error)
