"""The scenarios, one module for each line of business."""

from scenarios.airline import AIRLINE
from scenarios.bank import BANK
from scenarios.clinic import CLINIC
from scenarios.energy import ENERGY
from scenarios.hotel import HOTEL
from scenarios.shop import SHOP
from scenarios.software import SOFTWARE
from scenarios.telecom import TELECOM

DOMAINS = (AIRLINE, BANK, CLINIC, ENERGY, HOTEL, SHOP, SOFTWARE, TELECOM)
