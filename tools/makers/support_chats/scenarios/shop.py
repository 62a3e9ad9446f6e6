"""Calls to online shops."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

LATE_PARCEL = Scenario(
    topic="late parcel",
    trouble=True,
    problem=(
        "You promised me a {product} for {date}, and it still has not come.",
        "My {product} should have been here on {date}. Where is it?",
        "I'm still waiting for the {product} that was due on {date}.",
        "The parcel with my {product} has not arrived, and it was due on {date}.",
        "Could you find out where my {product} is? I expected it on {date}.",
    ),
    requests=(
        "is still waiting for a {product} that was due on {date}",
        "complains that a {product} due on {date} has not been delivered",
        "asks about a late {product} that should have come on {date}",
    ),
    clarify=(
        ("Did you get a tracking number?", "Yes, but it shows nothing."),
        ("Is your address still {place}?", "Yes, that's right."),
    ),
    resolutions=(
        Resolution(offer="send another one by express on {day}"),
        Resolution(reason="it is sold out", offer="refund the price of {amount}"),
        Resolution(reason="a parcel only counts as lost after {term} weeks"),
        Resolution(news="the driver will bring it on {due} at {clock}"),
        Resolution(offer="search the warehouse for it", choice="cancel the order altogether"),
    ),
)

BROKEN_ITEM = Scenario(
    topic="damaged item",
    trouble=True,
    facts={
        "product": "desk lamp|blender|mixer|toaster|coffee grinder|kettle|fan|clock radio"
        "|record player|# sewing machine|rice cooker",
        "damage": "cracked|bent|loose|broken|melted + switch|cover|foot|knob|plug|base",
    },
    problem=(
        "The {product} that came on {day} has a {damage}.",
        "I got my new {product} on {day}, and it has a {damage}.",
        "On {day} you delivered a {product} with a {damage} to me.",
        "My {product} came on {day}. It has a {damage}, and I can't use it like that.",
        "I'm calling about a {product}. It was delivered on {day} with a {damage}.",
    ),
    requests=(
        "reports that a {product} delivered on {day} has a {damage}",
        "complains about a {damage} on a {product} that came on {day}",
        "is unhappy with a {product} that arrived on {day} with a {damage}",
    ),
    clarify=(
        ("Was the box damaged as well?", "[No, the box was fine.|Yes, a little.]"),
        ("Can you send us a photo?", "I have just sent one."),
    ),
    resolutions=(
        Resolution(offer="ship a replacement on {date}"),
        Resolution(offer="have the mechanic {colleague} repair it by {due}"),
        Resolution(reason="the model is out of stock", offer="take {amount} off the price"),
        Resolution(reason="the damage was reported too late"),
        Resolution(offer="mail {you} a spare part", choice="send it back for a full refund"),
    ),
)

WRONG_SIZE = Scenario(
    topic="exchange of clothes",
    facts={
        "product": "jacket|raincoat|sweater|coat|hoodie|shirt|dress|cardigan|vest|T-shirt",
        "size": "too tight|too wide|much too tight|a bit loose|rather narrow"
        " + at the waist|in the shoulders|around the neck|under the arms|across the back",
        "relative": "sister|brother|cousin|neighbor|friend|roommate",
    },
    problem=(
        "I bought a {product} from you on {date}, but it's {size}.",
        "The {product} that I ordered on {date} is lovely, but it's {size}.",
        "I tried on the {product} that I ordered on {date}, and it's {size}.",
        "I'd like to return a {product} that I ordered on {date}. It's {size}.",
        "Can I swap a {product}? I bought it on {date}, and it's {size}.",
    ),
    requests=(
        "wants to exchange a {product} bought on {date} that is {size}",
        "would like to swap a {product} ordered on {date} that is {size}",
        "complains that a {product} from an order of {date} is {size}",
    ),
    clarify=(
        ("Is the label still on it?", "Yes, it is."),
        ("Have you worn it outside?", "No, only [once at home|in front of the mirror]."),
    ),
    resolutions=(
        Resolution(offer="send another size and collect the old one on {day}"),
        Resolution(offer="have the tailor {colleague} alter it for free"),
        Resolution(reason="no other size is left", offer="give {you} a voucher for {amount}"),
        Resolution(reason="sale items can't be returned"),
        Resolution(
            offer="exchange it for a fee of {amount}",
            choice="pass it on to {my} {relative} as a present",
        ),
    ),
)

WRONG_ITEM = Scenario(
    topic="wrong item",
    trouble=True,
    facts={
        "other": "green|blue|red|pink|striped|yellow|orange"
        " + garden hose|bath mat|toy train|phone case|umbrella|lunch box|beach towel",
    },
    problem=(
        "I ordered a {product} and got a {other}.",
        "There must be a mix-up. Instead of my {product} you sent a {other}.",
        "I opened the box, and there was a {other} in it. I wanted a {product}.",
        "You delivered a {other} to me, but I paid for a {product}.",
        "What should I do with a {other}? My order was a {product}.",
    ),
    requests=(
        "has received a {other} instead of a {product}",
        "ordered a {product} but got a {other}",
        "complains about getting a {other} rather than a {product}",
    ),
    clarify=(
        ("What does the label on the box say?", "It has the name of someone else."),
        ("Have you opened the packaging?", "Yes, I had no idea it was wrong."),
    ),
    resolutions=(
        Resolution(offer="have a courier swap the two on {day} at {time}"),
        Resolution(offer="refund the full price of {amount}"),
        Resolution(
            reason="the right one is out of stock until {date}",
            offer="grant a discount of {amount} for the wait",
        ),
        Resolution(news="the right one will arrive on {due}"),
        Resolution(offer="send {you} a return label", choice="keep the wrong item"),
    ),
)

VOUCHER = Scenario(
    topic="voucher problem",
    trouble=True,
    problem=(
        "I have a voucher for {amount}, but it does not work for the {product}.",
        "I'm trying to buy a {product} with my {amount} voucher, and your site says no.",
        "Your page won't take my {amount} voucher. I want to order a {product}.",
        "My voucher for {amount} was rejected when I ordered a {product}.",
        "Why can't I use my {amount} voucher on a {product}?",
    ),
    requests=(
        "cannot use a voucher for {amount} to buy a {product}",
        "complains that a voucher for {amount} does not work for a {product}",
        "reports that the site rejects a {amount} voucher for a {product}",
    ),
    clarify=(
        ("What does the message say?", "Only that the code is not valid."),
        ("Where did you get the voucher?", "It was a birthday present."),
    ),
    resolutions=(
        Resolution(offer="replace the voucher with the new code {code}"),
        Resolution(offer="take the sum off the bill by hand"),
        Resolution(reason="the voucher expired on {date}"),
        Resolution(reason="the brand is excluded", offer="extend the voucher by {term} months"),
        Resolution(
            reason="the order must reach {amount2}", choice="keep the voucher for a bigger purchase"
        ),
    ),
)

ADDRESS = Scenario(
    topic="delivery address",
    facts={
        "cause": "moved house|gave you my old address|clicked too fast",
    },
    problem=(
        "Please send my {product} to {place}, not to {place2}.",
        "I {cause}. Could my {product} go to {place} instead of {place2}?",
        "My {product} is going to {place2}, but I need it at {place}.",
        "I ordered a {product} to {place2}, and that's wrong. It should be {place}.",
        "Can you still change the address for my {product} from {place2} to {place}?",
    ),
    requests=(
        "wants a {product} delivered to {place} instead of {place2}",
        "asks {company} to send a {product} to {place} rather than {place2}",
        "needs a {product} at {place} instead of {place2}",
    ),
    clarify=(
        ("When did you order it?", "[Today.|Yesterday.|An hour ago.]"),
        ("How did that happen?", "I {cause}."),
    ),
    resolutions=(
        Resolution(offer="update the order for delivery on {day}"),
        Resolution(reason="the parcel is already on its way"),
        Resolution(reason="the label has been printed", offer="redirect the driver for {amount}"),
        Resolution(news="the order already has the new address"),
        Resolution(
            offer="hold it at the post office until {date}",
            choice="ask {colleague} next door to take it in",
        ),
    ),
)

SHOP = Domain(
    name="online shop",
    companies=("Store", "Market", "Goods", "Outlet"),
    desk="customer service",
    reference="order number",
    places=("street",),
    products="kettle|toaster|blender|desk lamp|backpack|tent|office chair|bookshelf|# camera"
    "|# headphone set|watch|# drill|yoga mat|bicycle helmet|vacuum cleaner|coffee grinder|keyboard"
    "|# sewing machine|fan|rug|pan|sleeping bag",
    scenarios=(LATE_PARCEL, BROKEN_ITEM, WRONG_SIZE, WRONG_ITEM, VOUCHER, ADDRESS),
)
