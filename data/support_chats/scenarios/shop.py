"""Conversations with online shops."""

from scenarios.base import Domain, Resolution, Scenario

LATE_PARCEL = Scenario(
    topic="late parcel",
    trouble=True,
    problem=(
        "I ordered a {product} {few} weeks ago, and it still has not come.",
        "My {product} should have been here on {date}. Where is it?",
        "I'm still waiting for the {product} I bought on {date}.",
        "The parcel with my {product} has not arrived, and I paid on {date}.",
        "Could you find out where my {product} is? I ordered it on {date}.",
    ),
    clarify=(
        ("Did you get a tracking number?", "Yes, but it shows nothing."),
        ("Is your address still {place}?", "Yes, that's right."),
    ),
    summaries=(
        "{C} is still waiting for a {product}. {A} {does}.",
        "{C} complains that a {product} has not been delivered and {gets}.",
        "{result}. {C} had asked {company} about a late {product}.",
    ),
    resolutions=(
        Resolution(
            offer="send another one by express for {due}",
            does="sends another one by express for {due}",
            gets="will receive a second one by express on {due}",
            result="a replacement is sent by express and should arrive on {due}",
        ),
        Resolution(
            reason="it is sold out",
            offer="pay back the {amount2}",
            does="can only refund {amount2}, since it is sold out",
            gets="takes a refund of {amount2} because it is sold out",
            result="the item is sold out, and {amount2} will be paid back",
        ),
        Resolution(
            reason="we must wait until {due} before we can call it lost",
            does="asks the customer to wait until {due}",
            gets="has to be patient until {due}",
            result="nothing can be done before {due}",
        ),
        Resolution(
            offer="send it again this week",
            choice="I want to cancel the order, I found it elsewhere.",
            does="offers to send it again, but the order is canceled",
            gets="cancels the order instead of having it sent again",
            result="a second delivery is declined and the order canceled",
        ),
    ),
)

BROKEN_ITEM = Scenario(
    topic="damaged item",
    trouble=True,
    facts={
        "product": "teapot|mirror|desk lamp|vase|blender|picture frame|wall clock|mixer|toaster",
        "damage": "a crack|a deep scratch|a broken handle|a dent|a missing screw|a loose cable",
    },
    problem=(
        "The {product} I got from you has {damage}.",
        "I unpacked my new {product}, and it has {damage}.",
        "You sent me a {product} with {damage}.",
        "My {product} came today. It has {damage}, and I can't use it like that.",
        "I'm calling about a {product}. It was delivered with {damage}.",
    ),
    clarify=(
        ("Was the box damaged as well?", "[No, the box was fine.|Yes, a little.]"),
        ("Can you send us a photo?", "I have just sent one."),
    ),
    summaries=(
        "{C} received a {product} with {damage}. {A} {does}.",
        "A {product} reached {C} with {damage}. In the end {C} {gets}.",
        "{result}. The {product} that {C} bought had {damage}.",
    ),
    resolutions=(
        Resolution(
            offer="send you a new one on {due}",
            does="will send a new one on {due}",
            gets="is promised a replacement for {due}",
            result="on {due} a new one will be shipped",
        ),
        Resolution(
            reason="I have no other one in stock",
            offer="take {amount} off the price",
            does="has no other one but lowers the price by {amount}",
            gets="accepts {amount} off, since there is none left in stock",
            result="stock has run out, so the price is cut by {amount}",
        ),
        Resolution(
            reason="the damage was reported too late",
            does="refuses to help because the report came too late",
            gets="is turned down for reporting it too late",
            result="the complaint came too late to be accepted",
        ),
        Resolution(
            offer="exchange it",
            choice="I just want my {amount2} back.",
            does="suggests an exchange but has to pay back {amount2}",
            gets="demands {amount2} back instead of an exchange",
            result="the money, {amount2}, is returned because an exchange is not wanted",
        ),
    ),
)

WRONG_SIZE = Scenario(
    topic="exchange of clothes",
    facts={
        "product": "jacket|raincoat|sweater|coat|hoodie|shirt|dress|cardigan|vest|T-shirt",
        "size": "too small|too big|too tight|too wide",
        "relative": "sister|brother|cousin|neighbor|friend|roommate",
    },
    problem=(
        "I bought a {product} from you, but it's {size}.",
        "The {product} is lovely, but it's {size} for me. Can I exchange it?",
        "I tried on my new {product} and it's {size}. What can I do?",
        "I'd like to return a {product} that I ordered on {date}. It's {size}.",
        "Can I swap a {product}? I got it last week, and it's {size}.",
    ),
    clarify=(
        ("Is the label still on it?", "Yes, it is."),
        ("Have you worn it outside?", "No, only [once at home|in front of the mirror]."),
    ),
    summaries=(
        "{C} wants to exchange a {product} that is {size}. {A} {does}.",
        "{C}'s new {product} is {size}, so {C} calls {company} and {gets}.",
        "{result}. For {C} the {product} turned out {size}.",
    ),
    resolutions=(
        Resolution(
            offer="send the right size and have the old one picked up on {day}",
            does="sends the right size and arranges a pickup for {day}",
            gets="gets another size, with the old one collected on {day}",
            result="another size is on its way, and a courier comes on {day}",
        ),
        Resolution(
            reason="we don't have any other size",
            offer="give you a voucher for {amount2}",
            does="has no other size and issues a voucher for {amount2}",
            gets="takes a voucher for {amount2} because other sizes are gone",
            result="there is a voucher for {amount2} instead, since no other size is left",
        ),
        Resolution(
            reason="sale items can't be returned",
            does="does not take back sale items",
            gets="learns that sale items can't be returned",
            result="returns are not possible for sale items",
        ),
        Resolution(
            offer="exchange it for a shipping fee of {amount}",
            choice="I will give it to my {relative} then.",
            does="asks {amount} for shipping, so a {relative} will get it",
            gets="gives it to a {relative} rather than pay {amount} shipping",
            result="shipping of {amount} is too much, so a {relative} will have it",
        ),
    ),
)

WRONG_ITEM = Scenario(
    topic="wrong item",
    trouble=True,
    facts={"other": "a garden hose|a cookbook|a rice cooker|a phone case|a bath mat|a toy train"},
    problem=(
        "I ordered a {product} and got {other}.",
        "There must be a mix-up. Instead of my {product} you sent {other}.",
        "I opened the box, and there was {other} in it. I wanted a {product}.",
        "You delivered {other} to me, but I paid for a {product}.",
        "What should I do with {other}? My order was a {product}.",
    ),
    clarify=(
        ("What does the label on the box say?", "It has the name of someone else."),
        ("Have you opened the packaging?", "Yes, I had no idea it was wrong."),
    ),
    summaries=(
        "{C} ordered a {product} but received {other}. {A} {does}.",
        "{company} has mixed up a {product} and {other}, and {C} {gets}.",
        "{result}. {C} had received {other} instead of a {product}.",
    ),
    resolutions=(
        Resolution(
            offer="send the right one and collect the other on {day} at {time}",
            does="arranges a swap on {day} at {time}",
            gets="will hand it over to a courier on {day} at {time}",
            result="a courier will collect the wrong item on {day} at {time}",
        ),
        Resolution(
            news="Please keep it, it's a present. I will send the right one today.",
            does="ships the right one today and lets the customer keep the other",
            gets="may keep it and gets the right one as well",
            result="the right item is shipped today, and the wrong one need not be returned",
        ),
        Resolution(
            reason="the right one is out of stock until {due}",
            offer="ship it then and give you {amount} off",
            does="can only deliver after {due} and grants {amount} off",
            gets="must wait until {due} but saves {amount}",
            result="the right item is out of stock until {due}, with {amount} off for the wait",
        ),
        Resolution(
            offer="send the right one this week",
            choice="I will keep what I got, I like it.",
            does="offers the right one, but the customer likes the wrong one",
            gets="decides to keep it and does not want the right one",
            result="the mistake stands, because the wrong item is welcome",
        ),
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
    clarify=(
        ("What does the message say?", "Only that the code is not valid."),
        ("Where did you get the voucher?", "It was a birthday present."),
    ),
    summaries=(
        "{C} can't use a voucher for {amount} to buy a {product}. {A} {does}.",
        "{C} wants to pay for a {product} with a voucher for {amount} and {gets}.",
        "{result}. {C} had tried to get a {product} with a {amount} voucher.",
    ),
    resolutions=(
        Resolution(
            offer="send you a new code",
            does="sends a new code",
            gets="receives a new code that works",
            result="a fresh code is issued",
        ),
        Resolution(
            reason="it ran out on {date}",
            does="explains that it expired on {date}",
            gets="hears that it has been invalid since {date}",
            result="the voucher was only valid until {date}",
        ),
        Resolution(
            reason="it needs an order of at least {amount2}",
            offer="add it as soon as you order more",
            does="says that the order must reach {amount2}",
            gets="has to spend at least {amount2}",
            result="the minimum is {amount2}, so more has to be ordered",
        ),
        Resolution(
            reason="it is not valid for that brand",
            offer="extend it by {term} months for something else",
            does="extends it by {term} months for other brands, as it excludes this one",
            gets="can use it {term} months longer, but not on that brand",
            result="the brand is excluded, but the voucher lasts {term} months longer",
        ),
    ),
)

ADDRESS = Scenario(
    topic="delivery address",
    facts={"cause": "moved house|gave you my old address|am away from home|clicked too fast"},
    problem=(
        "Please send my {product} to {place2}, not to {place}. I {cause}.",
        "I {cause}. Could my {product} go to {place2} instead of {place}?",
        "My {product} is going to {place}, but I need it at {place2}.",
        "I ordered a {product} to {place}, and that's wrong. It should be {place2}.",
        "Can you still change the address for my {product} from {place} to {place2}?",
    ),
    clarify=(
        ("Has the parcel left the warehouse?", "I don't know. I ordered it [today|yesterday]."),
        ("How did that happen?", "I {cause}."),
    ),
    summaries=(
        "{C} wants a {product} delivered to {place2} instead of {place}. {A} {does}.",
        "{C} asks {company} to send a {product} to {place2}, not {place}, and {gets}.",
        "{result}. {C} had ordered a {product} to {place} but needs it at {place2}.",
    ),
    resolutions=(
        Resolution(
            offer="change it and have it delivered on {day}",
            does="changes it and plans delivery for {day}",
            gets="can expect it there on {day}",
            result="the change is made, with delivery on {day}",
        ),
        Resolution(
            reason="the parcel is already on its way",
            does="can't stop the parcel any more",
            gets="is too late, because it has been sent",
            result="a change comes too late, as the parcel is on its way",
        ),
        Resolution(
            reason="the driver has it already",
            offer="redirect it for {amount}",
            does="redirects it for {amount}, since the driver has it",
            gets="pays {amount} to have it redirected on the road",
            result="the driver will be redirected at a cost of {amount}",
        ),
        Resolution(
            offer="redirect it for {amount}",
            choice="I will ask my old neighbor to take it.",
            does="would charge {amount}, so a neighbor will take it",
            gets="saves {amount} by asking a neighbor to take it",
            result="a neighbor will take it in, as a change costs {amount}",
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
