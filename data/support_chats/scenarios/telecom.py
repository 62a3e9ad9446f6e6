"""Conversations with internet and phone providers."""

from scenarios.base import Domain, Resolution, Scenario

SLOW_INTERNET = Scenario(
    topic="slow internet",
    trouble=True,
    facts={"product": "router|# router|# modem|wifi box"},
    problem=(
        "My internet has been very slow for {few} days. I have a {product}.",
        "The connection in {place} keeps breaking off. I use your {product}.",
        "I can hardly open a page. My {product} is blinking red.",
        "Since I got the {product}, my internet has been terribly slow.",
        "My {product} loses the connection every few minutes.",
    ),
    clarify=(
        ("Have you switched it off and on again?", "Yes, {some} times."),
        ("Is it slow on all devices?", "Yes, on [my laptop and my phone|all of them]."),
    ),
    summaries=(
        "{C} complains about slow internet with a {product}. {A} {does}.",
        "{C} complains to {company} about a bad connection through a {product} and {gets}.",
        "{result}. {C} had trouble with the internet and a {product}.",
    ),
    resolutions=(
        Resolution(
            offer="send a technician on {day} at {time}",
            does="sends a technician on {day} at {time}",
            gets="will be visited by a technician on {day} at {time}",
            result="a technician is coming on {day} at {time}",
        ),
        Resolution(
            offer="restart it from here",
            does="restarts the device remotely",
            gets="has it restarted remotely",
            result="a remote restart is expected to solve the problem",
        ),
        Resolution(
            reason="there is a fault in the whole area until {due}",
            offer="take {amount} off your bill",
            does="takes {amount} off, as the area has a fault until {due}",
            gets="pays {amount} less because of a fault in the area until {due}",
            result="a fault in the area lasts until {due}, for which {amount} is taken off",
        ),
        Resolution(
            offer="sell you a new one for {amount2}",
            choice="I will cancel my contract then.",
            does="proposes a new one for {amount2}, but the customer will leave",
            gets="cancels the contract instead of buying a new one for {amount2}",
            result="the contract is canceled, as a new one would cost {amount2}",
        ),
    ),
)

PLAN_CHANGE = Scenario(
    topic="change of plan",
    facts={
        "product": "Flex plan|Max plan|Family plan|Surf plan|Mini plan|Unlimited plan",
        "why": "I work from home now|my kids stream all day|I travel a lot|I hardly make calls",
    },
    problem=(
        "I would like to switch to the {product}, because {why}.",
        "Can I change to the {product}? Now that {why}, it would suit me.",
        "I saw your {product} in an advertisement. I want to change to it.",
        "My plan does not fit any more, {why}. Is the {product} better?",
        "What do I need to do to get the {product}? You see, {why}.",
    ),
    clarify=(
        ("How many phones do you use it on?", "On {some}."),
        ("May I ask why?", "Well, {why}."),
    ),
    summaries=(
        "{C} wants to change to the {product}. {A} {does}.",
        "{C} asks {company} for a switch to the {product} and {gets}.",
        "{result}. {C} had shown interest in the {product}.",
    ),
    resolutions=(
        Resolution(
            offer="switch you next month for {amount} a month",
            does="makes the switch next month at {amount} a month",
            gets="will have it next month for {amount} a month",
            result="the new plan starts next month at {amount} a month",
        ),
        Resolution(
            reason="your contract runs until {date}",
            offer="make a note to switch you then",
            does="can't do it before {date} but makes a note",
            gets="has to wait until the contract ends on {date}",
            result="the change must wait for the end of the contract on {date}",
        ),
        Resolution(
            reason="that plan is only for new customers",
            does="says that only new customers can have it",
            gets="is told that it is for new customers only",
            result="existing customers can't have that plan",
        ),
        Resolution(
            offer="switch you for a fee of {amount2}",
            choice="I will keep my plan at that price.",
            does="asks a fee of {amount2}, so the old plan is kept",
            gets="keeps the old plan because of a fee of {amount2}",
            result="a fee of {amount2} is too high, and the old plan stays",
        ),
    ),
)

MOVING = Scenario(
    topic="moving house",
    problem=(
        "I'm moving from {place} to {place2} on {date}. What about my internet?",
        "We are going to live in {place2} from {date}. Can I take my contract along?",
        "I'm leaving {place} and need my internet in {place2} from {date}.",
        "From {date} my new home is in {place2}. Can you move my line?",
        "I want to move my connection from {place} to {place2}.",
    ),
    clarify=(
        ("Is there a phone socket in the new home?", "Yes, in the [hall|living room]."),
        ("Is it a house or an apartment?", "[A small house.|An apartment on the second floor.]"),
    ),
    summaries=(
        "{C} is moving to {place2} and needs the internet there. {A} {does}.",
        "{C} asks {company} to move the contract to {place2} and {gets}.",
        "{result}. {C} had announced a move to {place2}.",
    ),
    resolutions=(
        Resolution(
            offer="connect you there on {day} for {amount}",
            does="will connect the new home on {day} for {amount}",
            gets="will be online there on {day} for {amount}",
            result="the line works there from {day} and costs {amount}",
        ),
        Resolution(
            reason="we have no lines there",
            offer="end the contract early",
            does="has no lines there and ends the contract early",
            gets="may leave the contract early, as there are no lines",
            result="there are no lines, so the contract ends early",
        ),
        Resolution(
            reason="our technicians are busy until {due}",
            offer="lend you a mobile router",
            does="lends a mobile router, since nobody is free until {due}",
            gets="will use a mobile router until {due}",
            result="a mobile router has to do until {due}",
        ),
        Resolution(
            offer="move the line for {amount2}",
            choice="I will look for a cheaper provider.",
            does="asks {amount2}, which is too much for the customer",
            gets="looks for a cheaper provider because it costs {amount2}",
            result="the price of {amount2} leads to a search for another provider",
        ),
    ),
)

ROAMING = Scenario(
    topic="roaming charges",
    trouble=True,
    facts={"usage": "maps|video calls|music|photos|a few messages|the news"},
    problem=(
        "I was in {place}, and now I have a phone bill of {amount2}.",
        "You charged me {amount2} for a week in {place}. I only used {usage}.",
        "My bill says {amount2} for mobile data in {place}. How can that be?",
        "After my vacation in {place} I'm supposed to pay {amount2}.",
        "I got a shock: {amount2} for using my phone in {place}!",
    ),
    clarify=(
        ("Did you use mobile data there?", "A little, for {usage}."),
        ("Did you get our warning by text message?", "No, [nothing at all|I didn't see one]."),
    ),
    summaries=(
        "{C} is charged {amount2} for using a phone in {place}. {A} {does}.",
        "{C} complains about a bill of {amount2} after a stay in {place} and {gets}.",
        "{result}. {C} had to pay {amount2} for mobile data in {place}.",
    ),
    resolutions=(
        Resolution(
            offer="lower it to {amount}",
            does="reduces it to {amount}",
            gets="only has to pay {amount}",
            result="the bill is lowered to {amount}",
        ),
        Resolution(
            reason="the prices are in your contract",
            does="points to the contract and changes nothing",
            gets="has to pay in full according to the contract",
            result="under the contract the full sum is due",
        ),
        Resolution(
            reason="I can't cancel it",
            offer="let you pay in {term} parts",
            does="allows a payment in {term} parts",
            gets="may pay in {term} parts",
            result="a payment in {term} parts is possible",
        ),
        Resolution(
            reason="the bill comes from our partner",
            offer="send them your complaint and call you by {due}",
            does="passes the complaint to a partner and will call by {due}",
            gets="will hear by {due} what a partner says about it",
            result="the complaint goes to a partner, with an answer by {due}",
        ),
    ),
)

PHONE_REPAIR = Scenario(
    topic="phone repair",
    trouble=True,
    facts={
        "product": "# phone|# smartphone|smartphone",
        "defect": "a cracked screen|a weak battery|a dead speaker|a broken camera|a stuck button",
    },
    problem=(
        "My {product} has {defect}. Can you repair it?",
        "I bought a {product} from you, and now it has {defect}.",
        "There is {defect} on my {product}. It's only {few} months old.",
        "What does it cost to repair {defect} on a {product}?",
        "I have a {product} with {defect}. What can I do?",
    ),
    clarify=(
        ("Has it been dropped?", "[No, never.|Only once.]"),
        ("Do you still have the receipt?", "Yes, I do."),
    ),
    summaries=(
        "{C} wants a {product} with {defect} repaired. {A} {does}.",
        "{C}'s {product} has {defect}, so {C} calls {company} and {gets}.",
        "{result}. {C} had reported {defect} on a {product}.",
    ),
    resolutions=(
        Resolution(
            offer="repair it on {day} in our shop in {place}",
            does="will repair it on {day} in {place}",
            gets="can have it repaired in {place} on {day}",
            result="the repair is planned for {day} in {place}",
        ),
        Resolution(
            reason="the warranty does not cover that",
            offer="repair it for {amount2}",
            does="charges {amount2}, as the warranty does not cover it",
            gets="pays {amount2}, since it is not under warranty",
            result="the repair costs {amount2} because it is not under warranty",
        ),
        Resolution(
            reason="we no longer have parts for it",
            does="has no parts for it any more",
            gets="finds out that there are no more parts",
            result="a repair is impossible for lack of parts",
        ),
        Resolution(
            offer="repair it for {amount2}",
            choice="I would rather buy a new one.",
            does="would charge {amount2}, so a new one will be bought",
            gets="prefers to buy a new one over a repair for {amount2}",
            result="a new one will be bought, as a repair costs {amount2}",
        ),
    ),
)

TELECOM = Domain(
    name="internet and phone",
    companies=("Telecom", "Mobile", "Net", "Connect"),
    desk="customer service",
    reference="customer number",
    places=("city",),
    products="router|phone",
    scenarios=(SLOW_INTERNET, PLAN_CHANGE, MOVING, ROAMING, PHONE_REPAIR),
)
