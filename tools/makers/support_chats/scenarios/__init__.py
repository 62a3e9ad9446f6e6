"""The scenarios, one module for each line of business."""

from tools.makers.support_chats.scenarios.airline import AIRLINE
from tools.makers.support_chats.scenarios.bank import BANK
from tools.makers.support_chats.scenarios.clinic import CLINIC
from tools.makers.support_chats.scenarios.energy import ENERGY
from tools.makers.support_chats.scenarios.hotel import HOTEL
from tools.makers.support_chats.scenarios.shop import SHOP
from tools.makers.support_chats.scenarios.software import SOFTWARE
from tools.makers.support_chats.scenarios.telecom import TELECOM

DOMAINS = (AIRLINE, BANK, CLINIC, ENERGY, HOTEL, SHOP, SOFTWARE, TELECOM)
