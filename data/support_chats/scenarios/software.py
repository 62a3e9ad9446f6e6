"""Conversations with software support."""

from scenarios.base import Domain, Resolution, Scenario

LOGIN = Scenario(
    topic="login problem",
    trouble=True,
    problem=(
        "I can't log in to {product}. It says my password is wrong.",
        "I have forgotten my password for {product}.",
        "{product} won't let me in. I have tried {few} times.",
        "I'm locked out of {product}, and I have to finish something by tomorrow.",
        "My account for {product} is blocked. I don't know why.",
    ),
    clarify=(
        ("Which message do you see?", "Only that the login has failed."),
        ("Can you read your email?", "Yes, I can."),
    ),
    summaries=(
        "{C} can't log in to {product}. {A} {does}.",
        "{C} is locked out of {product}, calls {company} and {gets}.",
        "{result}. {C} had no access to {product}.",
    ),
    resolutions=(
        Resolution(
            offer="send you a link for a new password",
            does="sends a link for a new password",
            gets="is sent a link to choose a new password",
            result="a new password can be set with a link",
        ),
        Resolution(
            reason="somebody tried to break into your account",
            offer="unlock it after a call from our security team on {due}",
            does="unlocks the account only after a security call on {due}",
            gets="has to wait for a security call on {due}",
            result="a security call on {due} is needed after an attempted break-in",
        ),
        Resolution(
            reason="your subscription ended on {date}",
            offer="renew it for {amount}",
            does="renews the subscription, which ended on {date}, for {amount}",
            gets="pays {amount} for a subscription that ended on {date}",
            result="the subscription had ended on {date} and is renewed for {amount}",
        ),
        Resolution(
            reason="only the person who pays can reset it",
            does="says that only the paying person can reset it",
            gets="has to leave the reset to the person who pays",
            result="a reset must come from the person who pays",
        ),
    ),
)

CRASH = Scenario(
    topic="crash after an update",
    trouble=True,
    facts={"when": "I print|I save a file|I open a photo|I start it|I zoom in|I close a window"},
    problem=(
        "Since the update, {product} crashes when {when}.",
        "{product} stops working every time {when}. It began with the update.",
        "I installed the new version of {product}, and it crashes when {when}.",
        "When {when}, {product} just closes. It started after the update.",
        "What have you done to {product}? After the update it breaks down when {when}.",
    ),
    clarify=(
        ("Which version is it?", "It says {some} point one."),
        ("Do you use a new computer?", "[No, it's quite old.|Yes, it's from this year.]"),
    ),
    summaries=(
        "{C} says that {product} has been crashing since an update. {A} {does}.",
        "{C} can't use {product} properly after an update and {gets}.",
        "{result}. {C} had told {company} that {product} kept crashing.",
    ),
    resolutions=(
        Resolution(
            offer="send you the old version",
            does="sends the old version",
            gets="goes back to the old version",
            result="the old version will be used again",
        ),
        Resolution(
            reason="we have no solution yet",
            offer="email you when the next update comes on {due}",
            does="has no solution before an update on {due}",
            gets="must wait for another update on {due}",
            result="the next update on {due} should bring a solution",
        ),
        Resolution(
            offer="connect to your computer on {day} at {time}",
            does="will look at the computer on {day} at {time}",
            gets="lets the support look at the computer on {day} at {time}",
            result="the support will look at the computer on {day} at {time}",
        ),
        Resolution(
            reason="your computer is too old for it",
            choice="I want to cancel and get {amount2} back.",
            does="blames the old computer, so {amount2} is claimed back",
            gets="cancels and demands {amount2}, as the computer is too old",
            result="as the computer is too old, the customer claims {amount2} back",
        ),
    ),
)

LICENSE = Scenario(
    topic="license for a second computer",
    facts={"device": "laptop|office computer|tablet|new desktop|old laptop"},
    problem=(
        "Can I use {product} on my {device} as well?",
        "I have {product} at home and need it on my {device} too.",
        "I tried to install {product} on my {device}, and it asks for a new license.",
        "My license for {product} does not work on the {device}.",
        "I want to put {product} on a second computer, my {device}.",
    ),
    clarify=(
        ("Do you use both at the same time?", "No, never."),
        ("Is it for work or private use?", "[For work.|Just private.]"),
    ),
    summaries=(
        "{C} wants to use {product} on a second computer. {A} {does}.",
        "{C} asks {company} whether {product} may run on another computer and {gets}.",
        "{result}. {C} had wished to have {product} on more than one computer.",
    ),
    resolutions=(
        Resolution(
            offer="add a second license for {amount}",
            does="adds a second license for {amount}",
            gets="pays {amount} for a second license",
            result="another license is added at a price of {amount}",
        ),
        Resolution(
            offer="free your license for {term} devices",
            does="opens the license for {term} devices",
            gets="may use it on {term} devices",
            result="the license now works for {term} devices",
        ),
        Resolution(
            reason="your license is for one device only",
            offer="move it from one to the other",
            does="can only move the license from one to the other",
            gets="has to move the license from one to the other",
            result="the license can only be moved, not shared",
        ),
        Resolution(
            offer="sell you the team version for {amount2}",
            choice="I will use a free program instead.",
            does="suggests a team version for {amount2}, but a free program is preferred",
            gets="prefers a free program to a team version for {amount2}",
            result="a free program is preferred to a team version for {amount2}",
        ),
    ),
)

SUBSCRIPTION = Scenario(
    topic="end of a subscription",
    facts={
        "why": "it's too expensive|I hardly use it|I have found another program|it's too slow",
    },
    problem=(
        "I want to cancel my subscription to {product}, because {why}.",
        "How do I end my subscription to {product}? To be honest, {why}.",
        "Please cancel {product} for me. I think {why}.",
        "I don't want to pay for {product} any longer, since {why}.",
        "I'd like to stop {product}. The reason is simple, {why}.",
    ),
    clarify=(
        ("How long have you used it?", "For {some} years."),
        ("Is there something we could do better?", "[Not really.|The menus are confusing.]"),
    ),
    summaries=(
        "{C} wants to cancel a subscription to {product}. {A} {does}.",
        "{C} informs {company} about giving up {product} and {gets}.",
        "{result}. {C} had called to end the subscription to {product}.",
    ),
    resolutions=(
        Resolution(
            news="That's easy, I have ended it for {date}.",
            does="ends it on {date}",
            gets="can stop on {date}",
            result="the subscription will be over on {date}",
        ),
        Resolution(
            offer="give you {term} months for free if you stay",
            does="offers {term} free months, which the customer accepts",
            gets="stays on after being offered {term} free months",
            result="thanks to {term} free months, the customer stays",
        ),
        Resolution(
            offer="give you {term} months for half the price",
            choice="I still want to cancel it.",
            does="proposes half the price for {term} months, but in vain",
            gets="insists on it in spite of half the price for {term} months",
            result="even half the price for {term} months does not help",
        ),
        Resolution(
            reason="your contract runs until {date}",
            does="says that the contract lasts until {date}",
            gets="is bound by the contract until {date}",
            result="the contract can't be ended before {date}",
        ),
    ),
)

LOST_FILES = Scenario(
    topic="lost files",
    trouble=True,
    facts={
        "product": "Cloud|Drive|Backup|Office|Studio|Archive|Folders|Vault",
        "files": "photos|notes|invoices|drawings|recipes|songs|lesson plans|contacts",
    },
    problem=(
        "All my {files} have disappeared from {product}.",
        "I opened {product} today, and my {files} are gone.",
        "I think I deleted my {files} in {product}. Can you bring them back?",
        "Help, {product} has lost my {files}!",
        "My {files} in {product} are missing since {due}.",
    ),
    clarify=(
        ("Do you have a backup?", "No, I thought you did that."),
        ("Have you looked in the trash folder?", "Yes, it's empty."),
    ),
    summaries=(
        "{C} has lost {files} in {product}. {A} {does}.",
        "{C} misses {files} that were stored in {product} and {gets}.",
        "{result}. {C} had noticed that {files} were gone from {product}.",
    ),
    resolutions=(
        Resolution(
            offer="restore them from {date}",
            does="restores them as they were on {date}",
            gets="has them restored as of {date}",
            result="a copy from {date} brings the files back",
        ),
        Resolution(
            reason="we have no copy of them",
            does="can't help, as there is no copy",
            gets="is told that there is no copy",
            result="without a copy, the files are lost for good",
        ),
        Resolution(
            reason="we only have a copy of half of them",
            offer="send you those by {due}",
            does="can only save half of them by {due}",
            gets="will at least have half of them back by {due}",
            result="only half of the files can be saved by {due}",
        ),
        Resolution(
            offer="let a specialist try it for {amount2}",
            choice="I don't want to spend that, I will start again.",
            does="suggests a specialist for {amount2}, which is declined",
            gets="starts again rather than pay a specialist {amount2}",
            result="a specialist would cost {amount2}, so the work starts again",
        ),
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
