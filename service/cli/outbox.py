"""Messages that have not arrived: listing them, and sending one again."""

import click

from service.cli.group import refuse
from service.cli.opened import as_json, opened
from service.reference import LAST_ENTRY

STATES = ("queued", "sending", "sent", "delivered", "failed", "parked", "unknown")
STUCK = ("queued", "sending", "failed", "parked", "unknown")


@click.group()
def outbox() -> None:
    """List messages that are on their way or stuck, and send one again."""


@outbox.command("list")
@click.option(
    "--state", type=click.Choice(STATES), multiple=True, help="Only these; all that have not left if missing."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Messages at most.")
@as_json
def list_all(state: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List messages, oldest first; what they say is not shown."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.unit import Notice

    with opened() as app:
        zone = app.home.pack.zone
        rows = [
            {
                "id": notice.id,
                "at": moment(notice.at, zone),
                "to": notice.phone,
                "key": notice.key,
                "state": notice.state,
                "tries": notice.tries,
                "next_at": moment(notice.next_at, zone),
                "detail": notice.detail,
            }
            for notice in app.read(lambda unit: unit.rows.find(Notice, state=state or STUCK, limit=limit))
        ]
    if as_json:
        return print_json(rows)
    heads = ["id", "at", "to", "key", "state", "tries", "next_at", "detail"]
    print_columns(heads, [[row[head] for head in heads] for row in rows], right=(0, 5))


@outbox.command()
@click.argument("notice_id", metavar="ID", type=click.IntRange(1, LAST_ENTRY))
def retry(notice_id: int) -> None:
    """Send the message ID again that is parked, failed or of unknown fate."""
    from service.outbox import send_again

    with opened() as app:
        if not app.transact(lambda unit: send_again(unit, notice_id)):
            raise refuse(
                f"message {notice_id} is not parked, failed or unknown, or it has expired: nothing to send again"
            )
    click.echo(f"Message {notice_id} is queued.")
