"""Calls to airlines."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

FLIGHT_CHANGE = Scenario(
    topic="flight change",
    facts={
        "why": "a sister's|a cousin's|a friend's|a neighbor's|a nephew's|an uncle's"
        " + wedding|funeral|graduation|birthday party|farewell party|court hearing",
    },
    problem=(
        "I have a ticket to {place} for {date}, but I have to go to {why} that day.",
        "Because of {why} I can't take my flight to {place} on {date}.",
        "I'm booked to {place} on {date}, and now there is {why} on the same day.",
        "On {date} I'm supposed to fly to {place}, but I don't want to miss {why}.",
        "Could I fly to {place} on another day than {date}? There is {why} then.",
    ),
    requests=(
        "has a flight to {place} on {date} that clashes with {why}",
        "wants to change a ticket to {place} for {date} to attend {why}",
        "cannot fly to {place} on {date} because of {why}",
    ),
    clarify=(
        ("Are you traveling alone?", "Yes, just me."),
        ("Would you fly later or earlier?", "[Later, please.|Whatever is cheaper.]"),
    ),
    resolutions=(
        Resolution(offer="move {you} to the {day} flight for {amount}"),
        Resolution(reason="a saver ticket can't be changed"),
        Resolution(
            reason="the other planes are full",
            offer="put {you} on the waiting list for {day}",
        ),
        Resolution(offer="issue a voucher for the ticket", choice="cancel the whole trip"),
        Resolution(
            reason="the new fare is {amount2} higher", choice="go by train a few days later"
        ),
    ),
)

LOST_SUITCASE = Scenario(
    topic="lost suitcase",
    trouble=True,
    facts={
        "product": "suitcase|carry-on|travel bag|backpack|duffel bag",
        "color": "dark|pale|shiny|faded + red|blue|green|gray|brown|pink|purple",
    },
    problem=(
        "I have just landed in {place}, and my {color} {product} is not here.",
        "My {color} {product} did not arrive in {place}.",
        "I flew to {place} today, but my {color} {product} got lost.",
        "I'm at the airport in {place} and I can't find my {color} {product}.",
        "Where is my {color} {product}? It should have come with me to {place}.",
    ),
    requests=(
        "is missing a {color} {product} after a flight to {place}",
        "has landed in {place} without a {color} {product}",
        "reports that a {color} {product} did not arrive in {place}",
    ),
    clarify=(
        ("How long did you wait at the belt?", "For an hour."),
        ("Is there a label with your address on it?", "Yes, on the handle."),
    ),
    resolutions=(
        Resolution(offer="send it over with the driver {colleague} on {day}"),
        Resolution(reason="it is still in {place2}", offer="pay {amount} for some new clothes"),
        Resolution(reason="the lost property office is closed until {due}"),
        Resolution(news="it will come on the next plane at {clock}"),
        Resolution(
            offer="forward it to {your} hotel", choice="pick it up at the airport in person"
        ),
    ),
)

CANCELLED_FLIGHT = Scenario(
    topic="canceled flight",
    trouble=True,
    facts={
        "cause": "a power cut|a fire alarm|a water leak|a gas leak|a computer failure|a bomb scare"
        " + in the tower|in the terminal|in the hangar|at the gate|in the baggage hall",
    },
    problem=(
        "My flight to {place} at {time} has been canceled because of {cause}. What happens now?",
        "You have canceled the {time} flight to {place} due to {cause}.",
        "I'm stuck here. The {time} plane to {place} is canceled because of {cause}.",
        "The screen says my {time} flight to {place} is canceled. They talk about {cause}.",
        "There was {cause}, and now the {time} flight to {place} is canceled.",
    ),
    requests=(
        "complains that the {time} flight to {place} was canceled because of {cause}",
        "asks for help after {cause} stopped the {time} flight to {place}",
        "cannot take the {time} flight to {place} due to {cause}",
    ),
    clarify=(
        ("How soon do you have to be there?", "As soon as possible."),
        ("Do you have any bags checked in?", "[No, only hand luggage.|Yes, one.]"),
    ),
    resolutions=(
        Resolution(offer="book {you} on another plane on {day} at {clock}"),
        Resolution(offer="put {you} up in a hotel in {place2} tonight"),
        Resolution(reason="no other plane leaves before {due}", offer="pay for a train ticket"),
        Resolution(reason="the whole airport is closed until {due}"),
        Resolution(
            offer="find {you} a seat with a partner airline", choice="rent a car for {amount}"
        ),
    ),
)

SEAT_REQUEST = Scenario(
    topic="seat request",
    facts={
        "seat": "a window seat|an aisle seat|a wide seat|a quiet seat"
        " + near the front|at the back|over the wing|by an exit|near a restroom|close to the door",
        "why": "bad knee|long legs|fear of flying|back pain|weak bladder",
    },
    problem=(
        "I would like {seat} on my flight to {place} on {date}.",
        "Can I still get {seat}? I'm flying to {place} on {date}.",
        "I fly to {place} on {date} and I need {seat}.",
        "About my trip to {place} on {date}: would {seat} be possible?",
        "Is there any chance of {seat} on the plane to {place} on {date}?",
    ),
    requests=(
        "wants {seat} on a flight to {place} on {date}",
        "asks for {seat} on the plane to {place} on {date}",
        "would like {seat} for a trip to {place} on {date}",
    ),
    clarify=(
        ("Is there a special reason?", "Yes, my {why}."),
        ("Have you checked in already?", "No, not yet."),
    ),
    resolutions=(
        Resolution(offer="reserve such a seat for {amount}"),
        Resolution(
            reason="all of those are taken",
            offer="have the steward {colleague} look for one on board",
        ),
        Resolution(reason="seats are only given out at check-in"),
        Resolution(news="the ticket already includes it free of charge"),
        Resolution(
            offer="upgrade {you} to first class for {amount2}", choice="take whatever is left"
        ),
    ),
)

PET_ON_BOARD = Scenario(
    topic="traveling with a pet",
    facts={
        "pet": "white|brown|black|shy|old|young|noisy + cat|terrier|poodle|dachshund|pug|corgi",
        "kilos": "four kilos|five kilos|six kilos|seven kilos|eight kilos",
        "relative": "sister|brother|cousin|neighbor|friend|colleague",
    },
    problem=(
        "I'm flying to {place} on {date} and want to take my {pet} with me.",
        "Can my {pet} travel with me to {place} on {date}?",
        "What do I have to do to bring my {pet} on the flight to {place} on {date}?",
        "I'm visiting friends in {place} on {date}, and my {pet} has to come along on the plane.",
        "Is it possible to take a {pet} on board to {place} on {date}?",
    ),
    requests=(
        "wants to take a {pet} on a flight to {place} on {date}",
        "asks whether a {pet} may come along on the plane to {place} on {date}",
        "would like to fly to {place} with a {pet} on {date}",
    ),
    clarify=(
        ("How heavy is the animal?", "About {kilos}."),
        ("Do you have a carrier?", "Yes, a soft one."),
    ),
    resolutions=(
        Resolution(offer="allow it in the cabin for {amount}"),
        Resolution(
            reason="another passenger on board has an allergy",
            offer="book a crate in the hold for {amount}",
        ),
        Resolution(reason="that route takes no animals"),
        Resolution(news="pets of that size travel free of charge"),
        Resolution(
            offer="ship it by cargo plane on {due}",
            choice="leave it at home with {my} {relative}",
        ),
    ),
)

NAME_ON_TICKET = Scenario(
    topic="name on a ticket",
    trouble=True,
    facts={"cause": "I typed too fast|your website filled it in|it was a bad phone line"},
    problem=(
        "I booked a flight to {place} for {colleague} on {date}, but the name is spelled wrong.",
        "There is a typing error on a ticket to {place} for {date}. The name must be {colleague}.",
        "My friend's ticket to {place} for {date} has the wrong name. It should be {colleague}.",
        "The name on a ticket to {place} for {date} is wrong. It should read {colleague}.",
        "The name {colleague} is misspelled on the ticket to {place} that I bought for {date}.",
    ),
    requests=(
        "reports a typing error in the name {colleague} on a ticket to {place} for {date}",
        "wants the name {colleague} spelled right on a ticket to {place} for {date}",
        "complains that the name {colleague} is misspelled on a ticket to {place} for {date}",
    ),
    clarify=(
        ("How did that happen?", "I believe {cause}."),
        ("Is it the first name or the last name?", "The last name, two letters are mixed up."),
    ),
    resolutions=(
        Resolution(offer="correct the mistake free of charge"),
        Resolution(
            reason="a copy of the passport is needed first",
            offer="keep the booking open for it until {due}",
        ),
        Resolution(reason="only the travel agency may change such details"),
        Resolution(news="a wrong letter is no problem at the gate"),
        Resolution(
            offer="issue a new ticket for {amount}", choice="explain it to the staff at check-in"
        ),
    ),
)

AIRLINE = Domain(
    name="airline",
    companies=("Airways", "Air", "Airlines"),
    desk="customer service",
    reference="booking number",
    places=("town",),
    products="suitcase|travel bag",
    scenarios=(
        FLIGHT_CHANGE,
        LOST_SUITCASE,
        CANCELLED_FLIGHT,
        SEAT_REQUEST,
        PET_ON_BOARD,
        NAME_ON_TICKET,
    ),
)
