"""Conversations with energy suppliers."""

from scenarios.base import Domain, Resolution, Scenario

HIGH_BILL = Scenario(
    topic="high energy bill",
    trouble=True,
    facts={
        "month": "last month|this winter|in spring|this quarter",
        "reading": "20417|31850|42963|18772|55209|60338",
    },
    problem=(
        "My bill is {amount2} {month}, that's twice as much as before.",
        "I should pay {amount2} for power {month}. That can't be right.",
        "Why is my bill {amount2}? I live alone in a small apartment.",
        "I'm shocked by my bill of {amount2}. I was hardly at home {month}.",
        "You want {amount2} from me for electricity. How is that possible?",
    ),
    clarify=(
        ("Have you bought any new devices?", "[No, nothing.|Only a small fridge.]"),
        ("What does your meter say?", "I wrote down {reading}."),
    ),
    summaries=(
        "{C} thinks that a power bill of {amount2} is too high. {A} {does}.",
        "{C} asks {company} about a bill of {amount2} and {gets}.",
        "{result}. {C} had been shocked by a bill of {amount2}.",
    ),
    resolutions=(
        Resolution(
            news="You are right. Your meter was read wrongly, and you only owe {amount}.",
            does="corrects it to {amount} after a wrong meter reading",
            gets="only owes {amount}, as the meter was read wrongly",
            result="the meter was read wrongly, and {amount} is due",
        ),
        Resolution(
            reason="the price went up on {date}",
            does="explains that the price went up on {date}",
            gets="learns that the price has been higher since {date}",
            result="a higher price since {date} is the reason",
        ),
        Resolution(
            reason="I can't see a mistake",
            offer="have the meter tested on {day} at {time}",
            does="sees no mistake but has the meter tested on {day} at {time}",
            gets="will have the meter tested on {day} at {time}",
            result="a test of the meter is planned for {day} at {time}",
        ),
        Resolution(
            offer="move you to a cheaper rate",
            choice="I will change to another supplier.",
            does="proposes a cheaper rate, but the customer will leave",
            gets="leaves for another supplier in spite of a cheaper rate",
            result="even a cheaper rate can't stop the customer from leaving",
        ),
    ),
)
POWER_CUT = Scenario(
    topic="power cut",
    trouble=True,
    facts={
        "worry": "my freezer|my fish tank|my computer|the medicine in my fridge|the heating",
        "relative": "sister|brother|cousin|friend|colleague",
    },
    problem=(
        "There is no electricity in {place}. I'm worried about {worry}.",
        "We have had no power in {place} for {few} hours.",
        "The lights went out in {place}. When will they be back on?",
        "I live in {place}, and everything is dark here. What is going on?",
        "My power is gone. I'm in {place}, and {worry} can't be without it.",
    ),
    clarify=(
        ("Do your neighbors have light?", "No, the whole street is dark."),
        ("Have you checked the fuses?", "Yes, they are all fine."),
    ),
    summaries=(
        "{C} is at home in {place} without any electricity. {A} {does}.",
        "{C} reports a power cut in {place} to {company} and {gets}.",
        "{result}. {C} had called about a loss of power in {place}.",
    ),
    resolutions=(
        Resolution(
            news="We know about it, and it will be repaired by {clock}.",
            does="expects a repair by {clock}",
            gets="can expect light again by {clock}",
            result="the repair should be done by {clock}",
        ),
        Resolution(
            offer="send an electrician at {time}",
            does="sends an electrician at {time}",
            gets="will be helped by an electrician at {time}",
            result="an electrician is on the way and comes at {time}",
        ),
        Resolution(
            reason="a cable was cut and it will last until {due}",
            offer="pay you {amount} for the trouble",
            does="pays {amount}, since a cut cable takes until {due}",
            gets="receives {amount} because a cut cable takes until {due}",
            result="a cable was cut, it takes until {due}, and {amount} is paid",
        ),
        Resolution(
            reason="we don't know the cause yet",
            choice="I will go to my {relative} for the night.",
            does="does not know the cause, which sends the customer to a {relative}",
            gets="will go to a {relative} for the night, as the cause is unknown",
            result="the cause is unknown, so the night will be spent with a {relative}",
        ),
    ),
)
RATE_CHANGE = Scenario(
    topic="change of rate",
    facts={"product": "Green rate|Fix rate|Night rate|Solar rate|Home rate|Family rate"},
    problem=(
        "I would like to change to the {product}.",
        "A neighbor told me about your {product}. Can I get it?",
        "Is the {product} better for me? I use a lot of power at night.",
        "I read about the {product} and want to switch.",
        "How can I move from my old contract to the {product}?",
    ),
    clarify=(
        ("How many people live with you?", "We are {some}."),
        ("Do you have an electric car?", "[Not yet.|Yes, since last year.]"),
    ),
    summaries=(
        "{C} wants to switch to the {product}. {A} {does}.",
        "{C} is interested in the {product} of {company} and {gets}.",
        "{result}. {C} had asked for a change to the {product}.",
    ),
    resolutions=(
        Resolution(
            offer="change it on {date} for {amount} a month",
            does="makes the change on {date} for {amount} a month",
            gets="will have it from {date} for {amount} a month",
            result="the new contract starts on {date} and costs {amount} a month",
        ),
        Resolution(
            reason="you need a smart meter for that",
            offer="have one installed on {day} at {time}",
            does="first has a smart meter installed on {day} at {time}",
            gets="needs a smart meter, which comes on {day} at {time}",
            result="a smart meter is needed and comes on {day} at {time}",
        ),
        Resolution(
            reason="it is not available in {place}",
            does="says that it is not available in {place}",
            gets="is told that it can't be had in {place}",
            result="this rate is not offered in {place}",
        ),
        Resolution(
            offer="change it for {amount2} more a year",
            choice="I will stay with my old contract.",
            does="names a price of {amount2} more a year, which is declined",
            gets="stays with the old contract, as it costs {amount2} more a year",
            result="the old contract stays, since it is {amount2} cheaper a year",
        ),
    ),
)

INSTALLMENTS = Scenario(
    topic="payment in installments",
    facts={
        "cause": "I lost my job|I was ill for weeks|I had to repair my car"
        "|my rent went up|I had to move",
        "relative": "sister|brother|cousin|friend|colleague",
    },
    problem=(
        "I can't pay {amount2} at once. You see, {cause}.",
        "I got your reminder for {amount2}. I don't have the money, {cause}.",
        "Is it possible to pay the {amount2} later? Sadly {cause}.",
        "About my open bill of {amount2}: {cause}, and I need more time.",
        "I still owe you {amount2}, I know. But {cause}.",
    ),
    clarify=(
        ("How much could you pay now?", "[Nothing right now.|Not more than a little.]"),
        ("When will you have the money?", "In {some} weeks, I think."),
    ),
    summaries=(
        "{C} can't pay an energy bill of {amount2} at once. {A} {does}.",
        "{C} asks {company} for more time to pay {amount2} and {gets}.",
        "{result}. {C} had trouble paying the {amount2} owed for energy.",
    ),
    resolutions=(
        Resolution(
            offer="split it into {term} monthly payments",
            does="splits it into {term} monthly payments",
            gets="may pay it in {term} monthly parts",
            result="the sum can be paid over {term} months",
        ),
        Resolution(
            reason="you have had two delays already",
            does="refuses because of two earlier delays",
            gets="is denied it because of two earlier delays",
            result="after two earlier delays, no more time is given",
        ),
        Resolution(
            reason="I need at least {amount} now",
            offer="give you until {date} for the rest",
            does="wants {amount} now and the rest by {date}",
            gets="has to pay {amount} now and the rest by {date}",
            result="{amount} is due now and the rest by {date}",
        ),
        Resolution(
            offer="wait until {date} for an extra {amount}",
            choice="I will borrow it from my {relative}.",
            does="would wait until {date} for {amount}, but a {relative} will help",
            gets="borrows from a {relative}, as waiting until {date} costs {amount}",
            result="a {relative} lends the money, as a delay until {date} costs {amount}",
        ),
    ),
)
METER_READING = Scenario(
    topic="meter reading",
    facts={
        "why": "I work all day|I'm away that week|I'm on vacation|I have a doctor's visit",
        "relative": "sister|brother|cousin|friend|neighbor",
    },
    problem=(
        "Your card says that somebody will read my meter in {place} on {date}. But {why}.",
        "I can't be at home in {place} on {date} for the meter reading, {why}.",
        "You want to read the meter in {place} on {date}. Sadly, {why}.",
        "Somebody is coming to {place} for the meter on {date}, but {why}.",
        "The meter reading in {place} is on {date}, and {why}. What can we do?",
    ),
    clarify=(
        ("Where is the meter?", "In the [cellar|hall|garage]."),
        ("Could a neighbor open the door?", "I don't think so."),
    ),
    summaries=(
        "{C} can't be home for the meter reading in {place} on {date}. {A} {does}.",
        "{C} will miss the meter reading of {date} in {place} and {gets}.",
        "{result}. {C} had not been free on {date} for the meter reading in {place}.",
    ),
    resolutions=(
        Resolution(
            offer="send someone on {day} at {time}",
            does="sends someone on {day} at {time}",
            gets="is visited on {day} at {time} instead",
            result="someone will come on {day} at {time}",
        ),
        Resolution(
            offer="accept a photo of the meter instead",
            does="is content with a photo of the meter",
            gets="only needs to send a photo of the meter",
            result="a photo of the meter is enough",
        ),
        Resolution(
            reason="the date can't be moved",
            offer="estimate your use",
            does="can't move the date and will estimate the use",
            gets="has to accept an estimate of the use",
            result="the use is estimated, as the date can't be moved",
        ),
        Resolution(
            offer="send someone in the evening for {amount}",
            choice="I will ask my {relative} to be there.",
            does="wants {amount} for an evening visit, so a {relative} will be there",
            gets="asks a {relative} to be there rather than pay {amount} for an evening",
            result="a {relative} will be there, as an evening visit costs {amount}",
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
