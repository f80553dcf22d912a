"""Country packs: all that differs from country to country, each in one file that a regulator can read.

`load_pack` reads a pack and refuses unknown or missing words; whether its tables make sense is said by `check_tariffs`.
"""

from service.countries.advice import Tip, cash_cost, cheaper_nearby, most_payable
from service.countries.biller import Biller
from service.countries.check import check_tariffs, commission_of_pieces, worst_split
from service.countries.pack import Pack, Tier
from service.countries.read import BadPack, every_country, load_pack, read_pack
from service.countries.rule import Does, Rule
from service.countries.tariff import IN_CHARGE, Band, Charge, NotOffered, Tariff, Tax

__all__ = [
    "IN_CHARGE", "BadPack", "Band", "Biller", "Charge", "Does", "NotOffered", "Pack", "Rule", "Tariff", "Tax", "Tier",
    "Tip", "cash_cost", "cheaper_nearby", "check_tariffs", "commission_of_pieces", "every_country", "load_pack",
    "most_payable", "read_pack", "worst_split",
]  # fmt: skip
