"""The Digital Data Blueprint: concepts, dated code lists, dataset contracts and indicators, and the code that loads and checks them.

>>> from blueprint import blueprint
>>> blueprint().concept("instant@1").title.en
'Instant'
"""

from blueprint.codelist import CodeEntry, CodeList
from blueprint.concept import Classification, Concept, Mode
from blueprint.contract import Column, Contract, Gate, Reading, Rule, Source
from blueprint.crosswalk import Crosswalk, Pair
from blueprint.errors import BlueprintError, UnknownDataset
from blueprint.indicator import Indicator
from blueprint.load import Blueprint, DeclarationError, blueprint
from blueprint.problems import Problem
from blueprint.text import Bilingual

__all__ = [
    "Bilingual",
    "Blueprint",
    "BlueprintError",
    "Classification",
    "CodeEntry",
    "CodeList",
    "Column",
    "Concept",
    "Contract",
    "Crosswalk",
    "DeclarationError",
    "Gate",
    "Indicator",
    "Mode",
    "Pair",
    "Problem",
    "Reading",
    "Rule",
    "Source",
    "UnknownDataset",
    "blueprint",
]
