"""Calls to internet and phone providers."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

SLOW_INTERNET = Scenario(
    topic="slow internet",
    trouble=True,
    facts={"product": "router|# router|# modem|wifi box"},
    problem=(
        "My internet in {place} has been very slow since {date}. I have a {product}.",
        "Since {date}, my connection in {place} has kept breaking off. I use a {product}.",
        "I have hardly been able to open a page in {place} since {date}. My {product} blinks red.",
        "My {product} in {place} has lost the connection every few minutes since {date}.",
        "The {product} in my house in {place} has been terribly slow since {date}.",
    ),
    requests=(
        "complains about slow internet in {place} with a {product} since {date}",
        "has had a bad connection through a {product} in {place} since {date}",
        "reports that a {product} in {place} has hardly worked since {date}",
    ),
    clarify=(
        ("Have you switched it off and on again?", "Yes, {some} times."),
        ("Is it slow on all devices?", "Yes, on [my laptop and my phone|all of them]."),
    ),
    resolutions=(
        Resolution(offer="have the technician {colleague} check the cables on {day} at {time}"),
        Resolution(offer="restart the device by remote control"),
        Resolution(
            reason="a storm has damaged the network until {due}",
            offer="take {amount} off the next bill",
        ),
        Resolution(reason="the old copper lines there carry no more data"),
        Resolution(
            offer="sell {you} a stronger model for {amount}",
            choice="cancel the contract at once",
        ),
    ),
)

PLAN_CHANGE = Scenario(
    topic="change of plan",
    facts={
        "product": "Flex plan|Max plan|Family plan|Surf plan|Mini plan|Unlimited plan",
        "purpose": "video calls|online games|live sports|music videos|language courses"
        "|news programs + at home|abroad|on the train|at the office|in the garden|on the road",
    },
    problem=(
        "I would like to switch to the {product} on {date}. I need it for {purpose}.",
        "Can I change to the {product} on {date}? It would suit me for {purpose}.",
        "I saw the {product} in an advertisement and want it from {date}, for {purpose}.",
        "My plan is too small for {purpose}. Can I have the {product} from {date}?",
        "What do I need to do to get the {product} on {date}? It's for {purpose}.",
    ),
    requests=(
        "wants to switch to the {product} on {date} for {purpose}",
        "asks for a change to the {product} on {date} for {purpose}",
        "needs the {product} from {date} for {purpose}",
    ),
    clarify=(
        ("How many phones do you use it on?", "On {some}."),
        ("Are you happy with your present plan?", "[Yes, mostly.|Not really.]"),
    ),
    resolutions=(
        Resolution(offer="set it up at a price of {amount} a month"),
        Resolution(
            reason="the present contract runs for {term} more months",
            offer="reserve the new rate until then",
        ),
        Resolution(reason="it is meant for new customers only"),
        Resolution(
            reason="it is not available by phone",
            offer="have {colleague} sign {you} up at the shop in {place}",
        ),
        Resolution(
            offer="do that for a single fee of {amount}", choice="keep the old plan as it is"
        ),
    ),
)

MOVING = Scenario(
    topic="moving house",
    problem=(
        "I'm moving from {place} to {place2} on {date}. What about my internet?",
        "I'm leaving {place} on {date} and need my internet in {place2} then.",
        "On {date} I'm moving out of {place}, to {place2}. Can I take my contract along?",
        "From {date} I'm living in {place2} instead of {place}. Can you move my line?",
        "I want to take my connection from {place} to {place2} on {date}.",
    ),
    requests=(
        "wants to take the internet along from {place} to {place2} on {date}",
        "needs the internet line moved from {place} to {place2} on {date}",
        "asks for a transfer of the connection from {place} to {place2} on {date}",
    ),
    clarify=(
        ("Is there a phone socket in the new home?", "Yes, in the [hall|living room]."),
        ("Is it a house or an apartment?", "[A small house.|An apartment on the second floor.]"),
    ),
    resolutions=(
        Resolution(offer="connect the new home by {clock} for {amount}"),
        Resolution(
            reason="there are no cables in {place2} yet",
            offer="end the contract early without a fine",
        ),
        Resolution(
            reason="every technician is busy that week",
            offer="lend {you} a mobile router for {term} days",
        ),
        Resolution(offer="lay another cable for {amount2}", choice="look for a cheaper provider"),
        Resolution(news="the move has already been arranged by {colleague}"),
    ),
)

ROAMING = Scenario(
    topic="roaming charges",
    trouble=True,
    facts={
        "usage": "maps|video calls|music|text messages|news pages|weather reports|emails"
        " + at the hotel|on the beach|at the airport|on a ferry|in a museum|at the station",
    },
    problem=(
        "You charged me {amount2} for {usage} in {place}. How can that be?",
        "My phone bill says {amount2} for {usage} in {place}.",
        "I used my phone for {usage} in {place}, and now I have a bill of {amount2}.",
        "Am I really supposed to pay {amount2} for {usage} in {place}?",
        "I got a shock: {amount2} for {usage} in {place}!",
    ),
    requests=(
        "complains about a bill of {amount2} for {usage} in {place}",
        "does not want to pay {amount2} for {usage} in {place}",
        "has been charged {amount2} for {usage} in {place}",
    ),
    clarify=(
        ("Did you use mobile data there?", "[Only a little.|Yes, for an hour or so.]"),
        ("Did you get our warning by text message?", "No, [nothing at all|I didn't see one]."),
    ),
    resolutions=(
        Resolution(offer="reduce the bill to {amount} this once"),
        Resolution(reason="the prices abroad are part of the contract"),
        Resolution(
            reason="the charge can't be canceled",
            offer="split the sum into {term} monthly payments",
        ),
        Resolution(
            reason="the figures come from a foreign partner",
            offer="pass the complaint on and call {you} by {due}",
        ),
        Resolution(
            offer="give {you} a free travel package next time", choice="take it to a lawyer"
        ),
    ),
)

PHONE_REPAIR = Scenario(
    topic="phone repair",
    trouble=True,
    facts={
        "product": "# phone|# smartphone|smartphone",
        "defect": "cracked|loose|broken|damaged|defective|faulty"
        " + screen|camera lens|power button|charging port|speaker|back cover|volume key",
    },
    problem=(
        "I bought a {product} on {date}, and it already has a {defect}.",
        "The {product} that I bought on {date} has a {defect}. Can you repair it?",
        "There is a {defect} on my {product}. I only bought it on {date}.",
        "What would it cost to repair a {defect}? I bought my {product} on {date}.",
        "I have had my {product} since {date}, and now it has a {defect}.",
    ),
    requests=(
        "reports a {defect} on a {product} bought on {date}",
        "complains that a {product} bought on {date} has a {defect}",
        "asks about the repair of a {defect} on a {product} bought on {date}",
    ),
    clarify=(
        ("Has it been dropped?", "[No, never.|Only once.]"),
        ("Do you still have the receipt?", "Yes, I do."),
    ),
    resolutions=(
        Resolution(offer="fix it at the shop in {place} on {day}"),
        Resolution(offer="have a courier collect it on {day} at {time}"),
        Resolution(
            reason="the warranty does not cover that",
            offer="let the factory handle it for {amount}",
        ),
        Resolution(reason="no spare parts are made for it any more"),
        Resolution(offer="exchange it for an older model", choice="buy a phone of another brand"),
    ),
)

TELECOM = Domain(
    name="internet and phone",
    companies=("Telecom", "Mobile", "Net", "Connect"),
    desk="customer service",
    reference="customer number",
    places=("town",),
    products="router|phone",
    scenarios=(SLOW_INTERNET, PLAN_CHANGE, MOVING, ROAMING, PHONE_REPAIR),
)
