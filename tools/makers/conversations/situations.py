"""All the settings."""

from tools.makers.conversations import away, complaints, friends, home, sport, town, work

SETTINGS = (
    *friends.SETTINGS,
    *work.SETTINGS,
    *home.SETTINGS,
    *town.SETTINGS,
    *sport.SETTINGS,
    *away.SETTINGS,
    *complaints.SETTINGS,
)
