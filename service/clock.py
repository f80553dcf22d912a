"""What time it is, and which day that is where the person lives."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def day(at: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of a moment in a country: limits count by this day."""
    return at.astimezone(zone).date()
