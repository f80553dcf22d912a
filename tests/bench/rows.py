"""The table of everything that is measured: with what it is compared, the first mark, and the aim beyond it."""

from tests.bench.measure import Mark, Row

TPC_B = "TPC-B"
SEND = "dial, 1, number, amount, PIN over HTTP; receipts queued"
KEYED = "a keyed digest in place of the PIN's hash"
HALF = "at half of that load, talks begin at chance moments"


def least(first: float, aim: float) -> Mark:
    """Return a mark for what should be large."""
    return Mark("at least", first, aim)


def most(first: float, aim: float) -> Mark:
    """Return a mark for what should be small."""
    return Mark("at most", first, aim)


# fmt: off
def rows() -> dict[str, Row]:
    """Return the rows, in the order in which they are printed."""
    table = [
        Row(TPC_B, note="its five statements, prepared, 8 clients"),
        Row("postings, PostgreSQL", over=TPC_B, mark=least(0.7, 1.0),
            note="post_one by 8 threads, fsync on: amount, fee, excise, two guards; those that meet share a commit"),
        Row("bare SQLite", note="the statements of a posting through pysqlite3 alone, one writer, synchronous=FULL"),
        Row("postings, SQLite", over="bare SQLite", mark=least(0.45, 0.9), note="the same with synchronous=FULL"),
        Row("bulk postings, PostgreSQL", over="postings, PostgreSQL", mark=least(3, 6),
            note="10,000 lines by post_many in parts of 500, each line an entry of its own; every 100th is refused"),
        Row("sends, PostgreSQL", over=TPC_B, mark=least(0.03, 0.08), note=f"{SEND}; the PIN at its shipped cost"),
        Row("hops, PostgreSQL", over=TPC_B, note="the hops of these sends"),
        Row("p50, PostgreSQL", unit="ms", note=f"of a hop, {HALF}"),
        Row("p99, PostgreSQL", unit="ms", note="the same"),
        Row("p99 over p50, menu", unit="x", mark=most(5, 3), note="the same: dial, 1, number"),
        Row("p99 over p50, quote", unit="x", mark=most(5, 3), note="the same: the amount, answered with the price"),
        Row("p99 over p50, PIN", unit="x", mark=most(5, 3), note="the same: the PIN"),
        Row("sends, keyed", over=TPC_B, mark=least(0.06, 0.15), note=f"the same with {KEYED}"),
        Row("PIN hops, 64 connections", over=TPC_B, mark=least(0.35, 1.0),
            note=f"the last hop alone, talks made ready before; {KEYED}"),
        Row("PIN hops, 128 connections", over=TPC_B, mark=least(0.35, 1.0), note="the same"),
        Row("PIN hops answered", note="of 500 due in a second, at even distances; the PIN at its shipped cost"),
        Row("p50 of the PIN hop", unit="ms", mark=most(8, 3), note="of these, from when they were due"),
        Row("p99 of the PIN hop", unit="ms", mark=most(40, 12), note="the same"),
        Row("p99.9 of the PIN hop", unit="ms", mark=most(120, 40), note="the same"),
        Row("PIN hops answered, keyed", note=f"the same with {KEYED}"),
        Row("p50 of the PIN hop, keyed", unit="ms", mark=most(8, 3), note="of these, from when they were due"),
        Row("p99 of the PIN hop, keyed", unit="ms", mark=most(40, 12), note="the same"),
        Row("p99.9 of the PIN hop, keyed", unit="ms", mark=most(120, 40), note="the same"),
        Row("disk a send", unit="kB", mark=most(2.0, 1.0),
            note="how much larger the database is, dead rows and all; the five hops, both receipts"),
        Row("WAL a send", unit="kB", mark=most(5.0, 2.5), note="the same, with whole pages after checkpoints"),
        Row("vCPU-hours a million sends", unit="h", mark=most(0.2, 0.1),
            note="service and PostgreSQL, without the load generator; the PIN at its shipped cost"),
        Row("vCPU-hours a million sends, keyed", unit="h", mark=most(0.2, 0.1), note=KEYED),
        Row("empty Flask route", note="answers nothing, under the same server with the same settings"),
        Row("menu hops", over="empty Flask route", mark=least(0.25, 0.5), note="dial, 7, 0, 7; sessions on PostgreSQL"),
        Row("cardisk", note="the same two menus, sessions in memory, as many processes, freshly started"),
        Row("cloey", note="the same"),
        Row("fastest framework", note="the faster of these in each round"),
        Row("menu hops beside others", over="fastest framework", mark=least(0.6, 1.0), note="menu hops again"),
        Row("64 payers, nothing shared", note="post_one by 64 threads, payees and fees accounts each their own"),
        Row("64 payers, one fees account", over="64 payers, nothing shared", mark=least(0.8, 0.95),
            note="and one tax account"),
        Row("64 payers, one wallet", over="64 payers, nothing shared", mark=least(0.8, 0.95),
            note="an account that locks"),
        Row("64 payers, own merchants", note="each pays an account that never locks"),
        Row("64 payers, one merchant", over="64 payers, own merchants", mark=least(0.8, 0.95),
            note="all pay one: takings never lock"),
        Row("postings, small books", note="post_one by 8 threads"),
        Row("postings, large books", over="postings, small books", mark=least(0.8, 0.95)),
        Row("p99 of a posting, small books", unit="ms"),
        Row("p99 of a posting, large books", unit="ms", over="p99 of a posting, small books", mark=most(1.25, 1.05)),
        *(row for read in ("statement page", "balance", "people paid often and lately") for row in (
            Row(f"{read}, small books", unit="us", note="median of one reader"),
            Row(f"{read}, large books", unit="us", over=f"{read}, small books", mark=most(1.5, 1.1)),
        )),
        Row("console, first page", unit="ms", mark=most(200, 50),
            note="of a login, and of somebody by their phone, on the large books; the slowest of six roles"),
        Row("console, by name", unit="ms", mark=most(500, 100), note="a name that many share"),
        Row("console, other pages", unit="ms", mark=most(500, 100)),
        Row("proof of funds, counted", unit="s", note="all wallets of the large books, digests and all, once"),
        Row("proof of funds, memory", unit="MiB", note="of the process that counts, at its most"),
        Row("memory of a web process, early", unit="MiB"),
        Row("memory of a web process, late", unit="MiB", over="memory of a web process, early", mark=most(1.1, 1.0)),
        Row("start of imports", unit="ms", note='python -c "import flask, sqlalchemy"'),
        Row("start of web", unit="ms", over="start of imports", mark=most(3, 1.5), note="to the first hop answered"),
        Row("start of worker", unit="ms", over="start of imports", mark=most(3, 1.5), note="to the first message sent"),
        Row("sends, SQLite", over=TPC_B, note=f"{SEND}; one process"),
        Row("hops, SQLite", over=TPC_B, note="the hops of these sends"),
        Row("p50, SQLite", unit="ms", note=f"of a hop, {HALF}"),
        Row("p99, SQLite", unit="ms", note="the same"),
        Row("right or wrong PIN, p", unit="p", mark=least(0.01, 0.05),
            note="that the times of their checks differ by chance alone; below 0.01 a stopwatch tells them apart"),
        Row("nearly right PIN, p", unit="p", mark=least(0.01, 0.05), note="the same for one that differs in a digit"),
        Row("frauds caught", unit="%", note="of those planted in a simulated month; another month in each round"),
        Row("alarms that are frauds", unit="%", note="of what was asked about, delayed or noted in that month"),
        Row("honest payments asked or delayed", unit="of 10,000", note="the same month"),
        Row("tills: minutes by which it errs", unit="min", over="tills: by the average of today",
            note="the forecast of when a shop's till runs out, each full hour, against what then happened; median"),
        Row("tills: by the average of today", unit="min", note="the same by the plain average since the shop opened"),
        Row("tills: run out and said two hours before", unit="%"),
        Row("tills: warnings that were right", unit="%", note="that day the till did run out"),
    ]
    return {row.name: row for row in table}
# fmt: on
