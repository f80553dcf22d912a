"""Country packs: all that differs from country to country, each in one file that a regulator can read.

`load_pack` reads a pack and refuses unknown or missing words; whether its tables make sense is said by `check_tariffs`.
"""

from service.countries.advice import Tip, cash_cost, cheaper_nearby, most_payable
from service.countries.biller import Biller
from service.countries.check import check_tariffs, commission_of_pieces, worst_split
from service.countries.difference import Change, LimitChange, differences, limit_changes
from service.countries.pack import Pack, Tier
from service.countries.read import BadPack, every_country, load_pack, read_pack, read_tables
from service.countries.rule import Does, Rule
from service.countries.tables import Tables, with_tables, write_tables
from service.countries.tariff import IN_CHARGE, Band, Charge, NotOffered, Tariff, Tax

__all__ = [
    "IN_CHARGE", "BadPack", "Band", "Biller", "Change", "Charge", "Does", "LimitChange", "NotOffered", "Pack", "Rule",
    "Tables", "Tariff", "Tax", "Tier", "Tip", "cash_cost", "cheaper_nearby", "check_tariffs", "commission_of_pieces",
    "differences", "every_country", "limit_changes", "load_pack", "most_payable", "read_pack", "read_tables",
    "with_tables", "worst_split", "write_tables",
]  # fmt: skip
