"""The `senti` command: what the operator's staff type to run the service, look after people and read the books.

Each noun has a module of its own. Nothing heavy is loaded before a command runs, so that `--help` answers at once.
"""

from service.cli.agent import agent
from service.cli.approval import approve
from service.cli.backup import backup, move, restore
from service.cli.bank import bank
from service.cli.books import audit, books, entry, statement
from service.cli.bulk import bulk
from service.cli.canary import canary
from service.cli.case import case
from service.cli.content import content
from service.cli.floats import floats
from service.cli.funds import funds
from service.cli.group import Spoken
from service.cli.halt import halt
from service.cli.keys import keys
from service.cli.menus import menus
from service.cli.order import order
from service.cli.outbox import outbox
from service.cli.person import person
from service.cli.phone import dial, inbox, sms
from service.cli.provider import provider
from service.cli.refund import refund
from service.cli.rules import rules
from service.cli.run import console, demo, migrate, run, serve, worker
from service.cli.sanctions import sanctions
from service.cli.staff import staff
from service.cli.tariff import tariff
from service.cli.till import till

main = Spoken("senti", help="Mobile money behind a phone number. Each command says more with --help.")

# fmt: off
for command in (
    run, serve, worker, console, migrate, demo,
    dial, sms, inbox,
    person, agent, till, content, floats, refund, bulk, order, provider, bank, halt, approve, staff,
    books, entry, statement, audit, case, outbox, funds,
    menus, tariff, rules, sanctions, backup, restore, move, keys, canary,
):
    main.add_command(command)
# fmt: on
