"""Calls to the support of software makers."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

LOGIN = Scenario(
    topic="login problem",
    trouble=True,
    facts={
        "device": "new|old|silver|white|second-hand|borrowed|rented|spare"
        " + laptop|tablet|desktop|notebook|phone",
    },
    problem=(
        "I haven't been able to log in to {product} on my {device} since {day}.",
        "Since {day}, {product} has refused my password on my {device}.",
        "{product} won't let me in on my {device}. It began on {day}.",
        "I have been locked out of {product} on my {device} since {day}.",
        "The login to {product} has failed on my {device} since {day}. I don't know why.",
    ),
    requests=(
        "has not been able to log in to {product} on a {device} since {day}",
        "has been locked out of {product} on a {device} since {day}",
        "complains of failed logins to {product} on a {device} since {day}",
    ),
    clarify=(
        ("Which message do you see?", "Only that the login has failed."),
        ("Can you read your email?", "Yes, I can."),
    ),
    resolutions=(
        Resolution(offer="mail {you} a link to choose a new password"),
        Resolution(
            reason="a stranger tried to break into the account",
            offer="have {colleague} unlock it after a security check on {due}",
        ),
        Resolution(
            reason="the subscription ran out on {date}", offer="renew it for {amount} a month"
        ),
        Resolution(reason="only the owner of the license can ask for that"),
        Resolution(
            offer="open another account under a different name",
            choice="ask {colleague} at work for help first",
        ),
    ),
)

CRASH = Scenario(
    topic="crash after an update",
    trouble=True,
    facts={
        "product": "Studio|Writer|Office|Pages|Creator|Designer|Suite|Paper",
        "task": "print|save|share|copy|open|close|export + a map|a long letter|a birthday card"
        "|a poster|a price list|a photo book|a report|a seating plan",
    },
    problem=(
        "Since the update of {date}, {product} crashes whenever I try to {task}.",
        "{product} stops working when I want to {task}. It began with the update of {date}.",
        "After the update of {date} I can't {task} in {product} any more. It just closes.",
        "I can no longer {task} with {product}. It has crashed since the update of {date}.",
        "What have you done to {product}? Since the update of {date} it crashes when I {task}.",
    ),
    requests=(
        "complains that {product} has refused to {task} since an update of {date}",
        "reports that {product} has crashed on every attempt to {task} since an update of {date}",
        "has been unable to {task} with {product} since an update of {date}",
    ),
    clarify=(
        ("Which version is it?", "It says {some} point one."),
        ("Do you use a new computer?", "[No, it's quite old.|Yes, it's from this year.]"),
    ),
    resolutions=(
        Resolution(offer="bring back the former version with the key {code}"),
        Resolution(
            reason="there is no remedy for this fault yet",
            offer="email {you} a corrected program on {due}",
        ),
        Resolution(offer="have {colleague} look at {your} screen on {day} at {time}"),
        Resolution(reason="a computer with so little memory is no longer supported"),
        Resolution(
            reason="nobody will work on this fault before next year",
            choice="cancel the purchase and claim {amount} back",
        ),
    ),
)

LICENSE = Scenario(
    topic="license for a second computer",
    facts={
        "device": "new|old|silver|white|second-hand|borrowed|rented|spare"
        " + laptop|tablet|desktop|notebook|workstation",
    },
    problem=(
        "Can I also use {product} on the {device} at my office in {place}?",
        "I have {product} at home and need it on a {device} in {place} too.",
        "I tried to install {product} on a {device} in {place}, and it wants a new license.",
        "My license for {product} does not work on the {device} at my office in {place}.",
        "There is a {device} in my apartment in {place}. May I put {product} on it as well?",
    ),
    requests=(
        "wants to use {product} on a {device} in {place} as well",
        "asks whether {product} may also run on a {device} in {place}",
        "needs a license for {product} on a {device} in {place}",
    ),
    clarify=(
        ("Do you use both at the same time?", "No, never."),
        ("Is it for work or private use?", "[For work.|Just private.]"),
    ),
    resolutions=(
        Resolution(offer="sell {you} a second license for {amount}"),
        Resolution(offer="raise the limit to {term} devices at no cost"),
        Resolution(
            reason="the contract covers one machine only",
            offer="transfer the installation to the other machine on {date}",
        ),
        Resolution(reason="a copy with a student discount has to stay where it is"),
        Resolution(
            offer="arrange a team subscription for {amount2} a year",
            choice="look for a program that is free",
        ),
    ),
)

SUBSCRIPTION = Scenario(
    topic="end of a subscription",
    facts={
        "flaw": "confusing|ugly|outdated|clumsy|awful|slow|messy"
        " + menu|search page|start screen|phone version|help page|toolbar|login page",
    },
    problem=(
        "I want to cancel {product}. It costs {amount} a month, and it has a {flaw}.",
        "How do I end my {amount} subscription to {product}? I can't stand its {flaw}.",
        "Please cancel {product} for me. I won't pay {amount} a month for such a {flaw}.",
        "I find {amount} a month too much for {product} with its {flaw}. I'd like to stop it.",
        "I no longer want to pay {amount} a month for {product}, because of its {flaw}.",
    ),
    requests=(
        "wants to cancel a {amount} subscription to {product} because of its {flaw}",
        "no longer wishes to pay {amount} for {product} because of its {flaw}",
        "asks to stop paying {amount} for {product} due to its {flaw}",
    ),
    clarify=(
        ("How long have you used it?", "For {some} years."),
        ("Is there something we could do better?", "[Not really.|Well, lower the price.]"),
    ),
    resolutions=(
        Resolution(offer="end the contract on {date} without any charge"),
        Resolution(
            reason="it can't be canceled this year",
            offer="cut the price in half for {term} months",
        ),
        Resolution(reason="the last day to give notice was {date}"),
        Resolution(
            offer="give {you} {term} months for free",
            choice="switch to a rival program right away",
        ),
        Resolution(news="the subscription runs out by itself on {due}"),
    ),
)

LOST_FILES = Scenario(
    topic="lost files",
    trouble=True,
    facts={
        "product": "Cloud|Drive|Backup|Office|Studio|Archive|Folders|Vault",
        "files": "wedding|birthday|holiday|graduation|family|school|garden|concert|hiking"
        " + photos|videos|notes|records|drawings",
    },
    problem=(
        "All my {files} disappeared from {product} on {day}.",
        "On {day} I opened {product}, and all my {files} were gone.",
        "I think I deleted my {files} in {product} on {day}. Can you bring them back?",
        "Help, {product} has lost all my {files}! It happened on {day}.",
        "My {files} in {product} have been missing since {day}.",
    ),
    requests=(
        "has been missing {files} in {product} since {day}",
        "reports that {files} disappeared from {product} on {day}",
        "wants to get back {files} that vanished from {product} on {day}",
    ),
    clarify=(
        ("Do you have a copy at home?", "No, I thought you took care of that."),
        ("Have you looked in the trash folder?", "Yes, it's empty."),
    ),
    resolutions=(
        Resolution(offer="restore everything from a backup within {term} hours"),
        Resolution(reason="nothing was ever copied to the server"),
        Resolution(
            reason="only half of them can be saved",
            offer="mail {you} that half on a disk by {due}",
        ),
        Resolution(
            offer="have the specialist {colleague} try it for {amount2}",
            choice="get copies from friends or relatives",
        ),
        Resolution(news="they are still safe in a hidden folder called {code}"),
    ),
)

SOFTWARE = Domain(
    name="software",
    companies=("Software", "Systems", "Apps", "Labs"),
    desk="help desk",
    reference="license number",
    places=("town",),
    products="Studio|Notes|Photo|Planner|Writer|Backup|Music|Draw|Sheets|Budget|Mail|Calendar",
    scenarios=(LOGIN, CRASH, LICENSE, SUBSCRIPTION, LOST_FILES),
)
