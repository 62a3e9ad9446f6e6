"""Names of people, companies, products and places, in two pools that share no name.

The test pool is kept for the test split: a model can only write those names by copying them
from the dialogue.
"""

from dataclasses import dataclass
from itertools import product

FIRST_NAMES = {
    "train": """
        Aaron Abigail Adrian Agnes Albert Alice Amelia Andrea Anita Anton Arthur Astrid Barbara
        Beatrice Benjamin Bernard Bianca Bruno Camille Carla Carlos Caroline Cecilia Charles Chloe
        Clara Colin Cynthia Daniel David Deborah Dennis Diana Dominic Doris Edith Edward Elena
        Emily Emma Erik Esther Eva Fatima Felix Fiona Florian Frances Gabriel George Gloria Gordon
        Hannah Harold Helen Henry Hugo Ingrid Irene Isaac Isabel Ivan Jacob James Jasmine Joanna
        John Jonas Julia Karen Keiko Kevin Laura Leila Leon Linda Louis Lucia Malcolm Marco Maria
        Martin Matilda Mei Michael Miriam Monica Nadia Nathan Nicole Nora Oliver Olga Omar Oscar
        Patricia Paula Peter Philip Priya Rachel Ralph Rebecca Richard Robert Rosa Samuel Sandra
        Sarah Simon Sofia Stefan Susan Teresa Thomas Tobias Valerie Victor Vincent Walter Yusuf
    """,
    "test": """
        Alastair Annika Bettina Callum Cordelia Damian Delphine Desmond Eleanor Emil Farah Fergus
        Genevieve Gideon Greta Hamish Henrietta Imogen Ismael Jerome Josephine Kamal Katarina
        Lachlan Leonora Lorenzo Magnus Marguerite Mirela Nikolai Octavia Ophelia Percy Quentin
        Rafael Rosalind Rupert Saskia Sunil Tabitha Tamara Ulrich Vanessa Wilfred Xavier Yvonne
    """,
}
SURNAMES = {
    "train": """
        Abbott Adler Allen Anderson Baker Barnes Bauer Becker Bennett Berger Blake Bryant Burke
        Campbell Carter Castillo Chandra Clark Collins Conti Costa Davies Diaz Dixon Duarte Dubois
        Edwards Ellis Evans Farrell Ferrari Fischer Fletcher Foster Fraser Garcia Gibson Grant
        Griffin Gupta Haas Hansen Harper Harris Hoffman Hughes Ibrahim Jackson Jansen Jenkins
        Johnson Kaiser Kapoor Keller Kelly Khan Klein Kowalski Larsen Lawson Lewis Lopez Mancini
        Marino Martinez Meyer Miller Mitchell Morgan Moretti Murphy Nakamura Nelson Nguyen Novak
        Okafor Olsen Ortega Palmer Parker Patel Pereira Peters Petrov Quinn Ramirez Reed Reyes
        Richter Rossi Russell Santos Sato Schmidt Sharma Silva Simmons Stewart Sutton Tanaka Taylor
        Turner Vega Wagner Walsh Watson Weber Wilson Wright Yamada Zimmer
    """,
    "test": """
        Abernathy Achterberg Bellweather Birtwistle Brandvold Cavanaugh Chowdhury Dalgaard
        Dombrowski Easterbrook Eriksen Fairweather Featherstone Gallagher Giordano Hawthorne
        Hemsworth Iwasaki Jaramillo Karlsson Kirkpatrick Lindqvist Lockhart MacLeod Mbeki Montgomery
        Nightingale Oyelaran Pemberton Pettigrew Quesada Rutherford Szymanski Thistlewood Underhill
        Valdivia Vandermeer Whitcombe Yarborough Zielinski
    """,
}
CITIES = {
    "train": """
        Amsterdam Athens Auckland Bangkok Barcelona Belfast Berlin Bern Bologna Bordeaux Boston
        Brisbane Brussels Budapest Cairo Calgary Chicago Cologne Copenhagen Dallas Delhi Denver
        Dresden Dublin Edinburgh Florence Frankfurt Geneva Glasgow Hamburg Helsinki Houston Istanbul
        Krakow Leipzig Lisbon Liverpool London Lyon Madrid Manchester Melbourne Miami Milan Montreal
        Munich Naples Oslo Ottawa Paris Perth Prague Rome Rotterdam Salzburg Seattle Seoul Seville
        Singapore Stockholm Sydney Tokyo Toronto Turin Valencia Vancouver Venice Vienna Warsaw
        Zurich
    """,
    "test": """
        Antwerp Baltimore Bergen Bilbao Bratislava Bucharest Casablanca Dubrovnik Genoa Gothenburg
        Granada Halifax Innsbruck Jakarta Kyoto Ljubljana Malaga Marseille Nairobi Osaka Palermo
        Porto Reykjavik Riga Sarajevo Tallinn Tbilisi Utrecht Vilnius Zagreb
    """,
}
TOWN_PARTS = {
    "train": (
        "Alder Amble Arn Ash Bal Barns Beck Bex Bos Bram Brook Cald Chel Clay Cold Cran Dart Dun "
        "East Ell Elm Ever Fern Flax Gains Glen Green Had Hart Hazel Hon Ing Kel Kings Lang Led "
        "Lin Maple Mar Mel Mill Mor New Nor Oak Pen Pres Quar Red Rip Rock Rush Salt Sel Silver "
        "Stan Sut Ten Thorn Up Wal West Whit Win Wood Yar",
        "bank bridge burn bury by chester den don field ford gate ham ley mere mond more mouth "
        "ness over port stead stone ton wade well wick wold",
    ),
    "test": (
        "Birken Black Crow Drake Falcon Gorse Heather Juniper Larch Raven Swan Wolver",
        "borough cliffe combe cott dale hurst stow sham thorpe worth",
    ),
}
STREET_KINDS = ("Street", "Road", "Avenue", "Lane")
BRAND_PARTS = {
    "train": (
        "Ab Al Ar As Bel Bo Bren Cal Ce Chi Cor Cy Dal Den Do Du El Em Er Fa Fen Fi Flo Gal Ge Gri "
        "Hel Ho In Ja Jun Ka Ki Kor La Lo Lum Mar Me Mu Na Nov Or Pa Pel Po Pri Ra Ri Ron Sa Se "
        "Sol Su Ta Tal Te Tor Tri Ul Val Ver Vi Wa Yo Za Zen",
        "ano bara cor dexa dra fen go ka lia lux mar mio na nix ona pha quin ra rex rium san sol "
        "tek tis tona ura vana vel vo xis",
    ),
    "test": (
        "Aqui Boru Dyna Fjor Glim Hexa Isto Kyro Lyra Myri Opti Pyxa Quil Rhea Stel Umbra Wyn Xylo",
        "bex cade dell gard kett loom mund plex sett trix zor",
    ),
}
COMPANY_PARTS = {
    "train": (
        "Amber Anchor Apple Beacon Blue Bold Bright Castle Cherry City Clear Clover Coast Coral "
        "Crown Dawn Deer Eagle Early Ever Far First Fox Free Fresh Golden Grand Gray Harbor "
        "Hill Home Honey Iron Island King Lake Lime Lion Merry Metro Moon New Noble North Nova Oak "
        "Ocean Olive Open Pearl Pilot Pine Plum Polar Prime Rapid Red Reed River Robin Rose Royal "
        "Silver Sky Snow Solid South Star Stone Summer Sun Swift Tree True Urban Violet White "
        "Wild Wind Winter",
        "bay bell bird bloom bow bridge cloud crest day flow gold hall hill leaf light line "
        "link loop mark mill nest path point pond port rail ridge ring rock root shore side spark "
        "spring star step stone stream tide tower trail tree vale view way wing wood",
    ),
    "test": (
        "Arbor Basalt Cedar Cobalt Copper Ember Glacier Indigo Jasper Lotus Marble Onyx Orchid "
        "Sapphire Tidal Willow Zephyr",
        "brook burst craft field fort gate grove land peak spire works",
    ),
}
POOLS = ("train", "test")


@dataclass(frozen=True)
class Pool:
    """The names one split may use."""

    first_names: list[str]
    surnames: list[str]
    cities: list[str]
    towns: list[str]
    brands: list[str]
    companies: list[str]


def compounds(parts: tuple[str, str]) -> list[str]:
    """All words made of a first and a last part, less those with a clumsy joint."""
    firsts, lasts = (part.split() for part in parts)
    return [a + b for a, b in product(firsts, lasts) if a[-1] != b[0] and a.lower() != b]


def load_pool(pool: str) -> Pool:
    """The names of pool "train" or "test"."""
    return Pool(
        FIRST_NAMES[pool].split(),
        SURNAMES[pool].split(),
        CITIES[pool].split(),
        compounds(TOWN_PARTS[pool]),
        compounds(BRAND_PARTS[pool]),
        compounds(COMPANY_PARTS[pool]),
    )
