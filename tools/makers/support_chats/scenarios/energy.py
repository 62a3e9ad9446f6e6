"""Calls to energy suppliers."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

HIGH_BILL = Scenario(
    topic="high energy bill",
    trouble=True,
    facts={
        "home": "small|tiny|two-room|narrow|old|modest|cozy + apartment|cottage|house|bungalow"
        "|cabin",
        "reading": "20417|31850|42963|18772|55209|60338",
    },
    problem=(
        "My power bill is {amount2}, and I only have a {home} in {place}.",
        "I should pay {amount2} for power in a {home} in {place}. That can't be right.",
        "Why is my power bill {amount2}? I live alone in a {home} in {place}.",
        "I'm shocked. You want {amount2} for the power in a {home} in {place}.",
        "How can a {home} in {place} use power for {amount2}?",
    ),
    requests=(
        "complains about a power bill of {amount2} for a {home} in {place}",
        "thinks that {amount2} is too much for power in a {home} in {place}",
        "asks why the power for a {home} in {place} costs {amount2}",
    ),
    clarify=(
        ("Have you bought any new devices?", "[No, nothing.|Only a small fridge.]"),
        ("What does your meter say?", "I wrote down {reading}."),
    ),
    resolutions=(
        Resolution(news="the meter was misread and only {amount} is due"),
        Resolution(offer="refund half of the sum by {due}"),
        Resolution(reason="the price of electricity went up {term} months ago"),
        Resolution(
            reason="no mistake can be found in the bill",
            offer="have the technician {colleague} inspect the wiring on {day}",
        ),
        Resolution(
            offer="switch {you} to a cheaper plan",
            choice="sign up with another supplier",
        ),
    ),
)

POWER_CUT = Scenario(
    topic="power cut",
    trouble=True,
    facts={
        "food": "meat|medicine|butter|milk|ice cream|soup|cheese|fish + in the"
        " + big|small|old|new + fridge|freezer",
        "relative": "sister|brother|cousin|friend|colleague",
    },
    problem=(
        "There is no electricity in {place}. I'm worried about the {food}.",
        "We have had no power in {place} for hours, and the {food} is getting warm.",
        "The lights went out in {place}, and now the {food} will go bad.",
        "I live in {place}, and everything is dark here. I'm afraid for the {food}.",
        "The power is gone here in {place}. How long will the {food} last?",
    ),
    requests=(
        "has no power in {place} to cool the {food}",
        "reports a power cut in {place} that puts the {food} at risk",
        "is worried about the {food} during a power cut in {place}",
    ),
    clarify=(
        ("Do your neighbors have light?", "No, the whole street is dark."),
        ("Have you checked the fuses?", "Yes, they are all fine."),
    ),
    resolutions=(
        Resolution(news="the repair will be finished by {clock}"),
        Resolution(offer="send the electrician {colleague} at {time}"),
        Resolution(
            reason="a cable was cut during roadworks",
            offer="pay {amount} as compensation for the damage",
        ),
        Resolution(
            reason="the outage will last until {due}",
            offer="lend {you} a small generator",
        ),
        Resolution(
            reason="the cause is still unknown",
            choice="take everything to {my} {relative} in {place2}",
        ),
    ),
)

RATE_CHANGE = Scenario(
    topic="change of rate",
    facts={"product": "Green rate|Fix rate|Night rate|Solar rate|Home rate|Family rate"},
    problem=(
        "I would like to change to the {product} for my home in {place}.",
        "Can I get the {product} for my apartment in {place}?",
        "I want to switch to the {product}. It's for a house in {place}.",
        "I live in {place}, and a neighbor told me about the {product}. Can I get it?",
        "How can I move my contract in {place} to the {product}?",
    ),
    requests=(
        "wants to switch to the {product} in {place}",
        "asks for the {product} for a home in {place}",
        "would like to get the {product} in {place} instead of the current one",
    ),
    clarify=(
        ("How many people live with you?", "We are {some}."),
        ("Do you have an electric car?", "[Not yet.|Yes, since last year.]"),
    ),
    resolutions=(
        Resolution(offer="start the new contract on {date} for {amount} a month"),
        Resolution(
            reason="a smart meter is needed for that",
            offer="install such a device on {day} at {time}",
        ),
        Resolution(reason="this special deal ended {term} weeks ago"),
        Resolution(
            reason="the local grid is too weak for it",
            offer="put {you} on the waiting list",
        ),
        Resolution(
            offer="make the change for {amount2} more a year",
            choice="stay with the old rate",
        ),
    ),
)

INSTALLMENTS = Scenario(
    topic="payment in installments",
    facts={
        "expense": "costly|sudden|urgent|major|unexpected + car|roof|boiler|bathroom|kitchen"
        "|garage|window|balcony + repair",
        "relative": "sister|brother|cousin|friend|colleague",
    },
    problem=(
        "I can't pay my bill of {amount2} at once. I've just had a {expense}.",
        "I got your reminder for {amount2}. After a {expense} I don't have the money.",
        "Is it possible to pay the {amount2} later? I had to pay for a {expense}.",
        "About my open bill of {amount2}: because of a {expense}, I need more time.",
        "I still owe you {amount2}, I know, but a {expense} used up my savings.",
    ),
    requests=(
        "cannot pay a bill of {amount2} at once after a {expense}",
        "needs more time to pay {amount2} after a {expense}",
        "asks to pay {amount2} later owing to a {expense}",
    ),
    clarify=(
        ("How much could you pay now?", "[Nothing right now.|Not more than a little.]"),
        ("When will you have the money?", "In {some} weeks, I think."),
    ),
    resolutions=(
        Resolution(offer="split the sum into {term} monthly parts"),
        Resolution(offer="extend the deadline without any extra charge"),
        Resolution(reason="{term} earlier payments were late already"),
        Resolution(
            reason="at least {amount} is due now",
            offer="wait until {date} for the rest",
        ),
        Resolution(
            offer="delay the payment for a fee of {amount}",
            choice="borrow the money from {my} {relative}",
        ),
    ),
)

METER_READING = Scenario(
    topic="meter reading",
    facts={"relative": "sister|brother|cousin|friend|neighbor"},
    problem=(
        "Your card says that my meter in {place} will be read on {date}, but I'm away.",
        "I can't be at home in {place} on {date} for the meter reading.",
        "You want to read the meter in {place} on {date}. Sadly, I work all day.",
        "Somebody is coming to {place} for the meter on {date}, but I'll be on vacation.",
        "The meter reading in {place} is on {date}, and I have no time. What can we do?",
    ),
    requests=(
        "cannot be home for the meter reading in {place} on {date}",
        "will miss the meter reading in {place} on {date}",
        "has no time for the meter reading in {place} on {date}",
    ),
    clarify=(
        ("Where is the meter?", "In the [cellar|hall|garage]."),
        ("Have you had a reading this year?", "No, not yet."),
    ),
    resolutions=(
        Resolution(offer="send {colleague} to the house on {day} at {time}"),
        Resolution(offer="settle for a photo of the display"),
        Resolution(reason="the law allows no other appointment this year"),
        Resolution(
            reason="all the dates are fixed",
            offer="estimate the use of the past {term} months",
        ),
        Resolution(
            offer="come in the evening for {amount}",
            choice="leave the key with {my} {relative}",
        ),
    ),
)

ENERGY = Domain(
    name="energy",
    companies=("Energy", "Power", "Electric"),
    desk="customer service",
    reference="contract number",
    places=("town",),
    products="Green rate",
    scenarios=(HIGH_BILL, POWER_CUT, RATE_CHANGE, INSTALLMENTS, METER_READING),
)
