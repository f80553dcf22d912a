"""Who of the staff may do what: one table, and whatever does not stand in it is refused.

`see` is looking, `make` proposing, `approve` the second yes. Nobody approves what they made, whatever stands here.
"""

from collections.abc import Mapping

TABLE = """
                     support  agents  treasury  risk  auditor  admin
see approvals           x       x        x       x       x       x
see people              x       x        .       x       x       .
see talks               x       .        .       x       x       .
reveal people           x       x        .       x       .       .
see entries             x       x        x       x       x       .
see agents              x       x        x       x       x       .
see applications        x       x        .       x       x       .
take applications       x       x        .       .       .       .
refuse applications     x       x        .       x       .       .
see papers              .       x        .       x       .       .
make open_shop          .       x        .       x       .       .
approve open_shop       .       .        .       x       .       .
make tier               x       x        .       x       .       .
approve tier            .       .        .       x       .       .
see tills               x       x        x       x       x       .
suspend shops           .       x        .       x       .       .
make resume_shop        .       x        .       x       .       .
approve resume_shop     .       .        x       x       .       .
make close_shop         .       x        .       x       .       .
approve close_shop      .       .        x       x       .       .
make resume_content     x       x        .       x       .       .
approve resume_content  .       .        .       x       .       .
see cases               x       .        x       x       x       .
see risk                .       .        .       x       x       .
make reports            .       .        .       x       .       .
import sanctions        .       .        .       x       .       .
see boards              x       x        x       x       x       x
see log                 .       .        .       .       x       x
see staff               .       .        .       .       x       x
lock staff              .       .        .       .       .       x
block people            x       x        .       x       .       .
decline                 x       x        x       x       .       x
make issue              .       x        x       .       .       .
approve issue           .       .        x       .       .       .
make redeem             .       x        x       .       .       .
approve redeem          .       .        x       .       .       .
make clawback           .       x        .       x       .       .
approve clawback        .       .        x       .       .       .
make reverse            x       .        x       .       .       .
approve reverse         .       .        x       x       .       .
make case_reverse       x       .        .       x       .       .
approve case_reverse    .       .        x       x       .       .
make order_settle       x       .        x       .       .       .
approve order_settle    .       .        x       x       .       .
make order_return       x       .        x       .       .       .
approve order_return    .       .        x       x       .       .
make unblock            x       .        .       x       .       .
approve unblock         x       .        .       x       .       .
make reset_pin          x       .        .       x       .       .
approve reset_pin       x       .        .       x       .       .
make identify           x       .        .       x       .       .
approve identify        x       .        .       x       .       .
make retire             x       .        .       x       .       .
approve retire          .       .        .       x       .       .
make renumber           x       .        .       x       .       .
approve renumber        x       .        .       x       .       .
see halts               x       x        x       x       x       x
halt                    .       .        x       x       .       x
make resume             .       .        x       x       .       x
approve resume          .       .        x       x       .       x
close case              .       .        .       x       .       .
make release            .       .        .       x       .       .
approve release         .       .        .       x       .       .
make clear_hit          .       .        .       x       .       .
approve clear_hit       .       .        .       x       .       .
make confirm_hit        .       .        .       x       .       .
approve confirm_hit     .       .        .       x       .       .
see treasury            .       .        x       x       x       .
import bank             .       .        x       .       .       .
make bank_tie           .       .        x       .       .       .
approve bank_tie        .       .        x       x       .       .
make bank_suspense      .       .        x       .       .       .
approve bank_suspense   .       .        x       x       .       .
make day_close          .       .        x       .       .       .
approve day_close       .       .        x       x       .       .
see bulk                .       .        x       x       x       .
make bulk               .       .        x       .       .       .
approve bulk            .       .        x       .       .       .
make bulk_rest          .       .        x       .       .       .
approve bulk_rest       .       .        x       .       .       .
see refunds             .       .        x       x       x       .
make refund             .       .        x       .       .       .
approve refund          .       .        x       x       .       .
see prices              x       x        x       x       x       x
make tariff             .       .        x       .       .       .
approve tariff          .       .        x       x       .       .
make role               .       .        .       .       .       x
approve role            .       .        .       .       .       x
"""


def _read(table: str) -> tuple[tuple[str, ...], Mapping[str, frozenset[str]]]:
    head, *lines = [line for line in table.splitlines() if line]
    roles, may = tuple(head.split()), {}
    for line in lines:
        words = line.split()
        action, marks = " ".join(words[: -len(roles)]), words[-len(roles) :]
        may[action] = frozenset(role for role, mark in zip(roles, marks, strict=True) if mark == "x")
    return roles, may


ROLES, MAY = _read(TABLE)


def may(role: str, action: str) -> bool:
    """Say whether a role may do something; what the table does not name, nobody may."""
    return role in MAY.get(action, ())
