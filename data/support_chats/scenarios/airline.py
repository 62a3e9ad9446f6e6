"""Conversations with airlines."""

from scenarios.base import Domain, Resolution, Scenario

FLIGHT_CHANGE = Scenario(
    topic="flight change",
    facts={"why": "a job interview|a family wedding|an exam|a funeral|a court date|a school play"},
    problem=(
        "I have a ticket to {place} for {date}, but I can't fly then because of {why}.",
        "I need to move my flight to {place}. I have {why} on {date}.",
        "Because of {why} I can't take my flight to {place} on {date}. Can I go another day?",
        "I'm booked to {place} on {date}, and now I have {why} that day. Can you change it?",
        "Could I fly to {place} on a different day? There is {why} on {date}.",
    ),
    clarify=(
        ("Are you traveling alone?", "Yes, just me."),
        ("Would you fly later or earlier?", "[Later, please.|Whatever is cheaper.]"),
    ),
    summaries=(
        "{C} asks to move a flight to {place} because of {why}. {A} {does}.",
        "Because of {why}, {C} can't take a flight to {place} as planned and {gets}.",
        "{result}. {C} has {why} and called about changing a flight to {place}.",
    ),
    resolutions=(
        Resolution(
            offer="move you to the {day} flight for {amount}",
            does="puts the customer on the {day} flight for {amount}",
            gets="pays {amount} to travel on {day}",
            result="the trip is moved to {day} at a cost of {amount}",
        ),
        Resolution(
            reason="a saver ticket can't be changed",
            does="cannot change a saver ticket",
            gets="learns that a saver ticket can't be changed",
            result="the booking stays as it is because it is a saver ticket",
        ),
        Resolution(
            reason="the other flights are full",
            offer="put you on the waiting list for {day}",
            does="has no seats but adds the customer to the waiting list for {day}",
            gets="is put on a waiting list for {day}, since other flights are full",
            result="the other flights are full, which leaves the waiting list for {day}",
        ),
        Resolution(
            offer="change the date for {amount2}",
            choice="I would rather cancel the trip at that price.",
            does="wants {amount2} for the change, so the trip is canceled",
            gets="cancels the trip, as the change would cost {amount2}",
            result="the trip is called off because a new date costs {amount2}",
        ),
    ),
)

LOST_SUITCASE = Scenario(
    topic="lost suitcase",
    trouble=True,
    facts={
        "product": "suitcase|carry-on|travel bag|backpack|duffel bag",
        "color": "black|red|blue|green|gray",
    },
    problem=(
        "I have just landed in {place}, and my {product} is not here.",
        "My {product} did not arrive in {place}. I waited at the belt for an hour.",
        "I flew to {place} today, but my {product} got lost.",
        "I'm at the airport in {place} and I can't find my {product}. It's {color}.",
        "Where is my {product}? It should have come with me to {place}.",
    ),
    clarify=(
        ("What color is it?", "It's {color}, with a [white|yellow] ribbon."),
        ("Is there a label with your address on it?", "Yes, on the handle."),
    ),
    summaries=(
        "{C}'s {product} did not arrive in {place}. {A} {does}.",
        "{C} flew to {place} without seeing the {product} again and {gets}.",
        "{result}. {C} had landed in {place} without the {product}.",
    ),
    resolutions=(
        Resolution(
            reason="it was left behind in {place2}",
            offer="have it brought to your hotel on {due}",
            does="locates it in {place2} and will have it at the hotel on {due}",
            gets="will have it delivered from {place2} to the hotel on {due}",
            result="the bag is still in {place2} and comes to the hotel on {due}",
        ),
        Resolution(
            reason="nobody knows yet where it is",
            offer="pay you {amount} for the things you need now",
            does="does not know where it is but pays {amount} for basic needs",
            gets="receives {amount} for urgent things while the search goes on",
            result="the bag can't be traced yet, and the airline pays {amount} for the time being",
        ),
        Resolution(
            offer="send it to your hotel on {due}",
            choice="I will pick it up at the airport myself.",
            does="offers delivery on {due}, but the customer will collect it at the airport",
            gets="prefers to collect it at the airport over a delivery on {due}",
            result="instead of being sent on {due}, the bag is to be picked up at the airport",
        ),
    ),
)

CANCELLED_FLIGHT = Scenario(
    topic="canceled flight",
    trouble=True,
    facts={"cause": "a strike|fog|a storm|a technical problem|heavy snow|a staff shortage"},
    problem=(
        "My flight to {place} has been canceled because of {cause}. What happens now?",
        "I just got a message that you canceled my flight to {place} due to {cause}.",
        "I'm stuck here. There is no flight to {place} today because of {cause}.",
        "The screen says my plane to {place} is canceled. They talk about {cause}.",
        "You canceled my flight to {place}, they say it's {cause}. I must get there.",
    ),
    clarify=(
        ("How soon do you have to be there?", "As soon as possible."),
        ("Do you have any bags checked in?", "[No, only hand luggage.|Yes, one.]"),
    ),
    summaries=(
        "{C}'s flight to {place} is canceled because of {cause}. {A} {does}.",
        "{C} can't fly to {place} on account of {cause} and {gets}.",
        "{result}. {cause} had stopped the flight of {C} to {place}.",
    ),
    resolutions=(
        Resolution(
            offer="book you on the {clock} flight on {due}",
            does="gives the customer a seat on {due} at {clock}",
            gets="will leave at {clock} on {due} instead",
            result="the new flight is on {due} at {clock}",
        ),
        Resolution(
            reason="there is no other flight before {due}",
            offer="give you a train ticket",
            does="has no flight until {due} and provides a train ticket",
            gets="goes by train, since no plane leaves before {due}",
            result="as the next plane leaves on {due}, a train ticket is issued",
        ),
        Resolution(
            offer="rebook you for {due}",
            choice="I want my {amount2} back, I'll go by car.",
            does="offers {due}, but has to return {amount2} instead",
            gets="wants {amount2} back and a car ride rather than a flight on {due}",
            result="a flight on {due} is turned down in favor of a refund of {amount2}",
        ),
        Resolution(
            reason="we can't pay damages for {cause}",
            does="refuses to pay any compensation",
            gets="is told that there will be no compensation",
            result="no damages will be paid for the delay",
        ),
    ),
)

SEAT_REQUEST = Scenario(
    topic="seat request",
    facts={
        "seat": "a window seat|an aisle seat|a seat in the front row|a seat with more legroom",
        "why": "my bad knee|my long legs|my fear of flying|my back pain",
    },
    problem=(
        "I would like {seat} on my flight to {place} on {date}.",
        "Can I still get {seat}? I'm flying to {place} on {date}.",
        "I fly to {place} on {date} and I need {seat}. It's because of {why}.",
        "About my trip to {place} on {date}: would {seat} be possible?",
        "Is there any chance of {seat} on the plane to {place} on {date}?",
    ),
    clarify=(
        ("Is there a special reason?", "Yes, {why}."),
        ("Have you checked in already?", "No, not yet."),
    ),
    summaries=(
        "{C} would like {seat} on a flight to {place}. {A} {does}.",
        "{C} is flying to {place} on {date}, asks for {seat} and {gets}.",
        "{result}. {C} had asked for {seat} on the way to {place}.",
    ),
    resolutions=(
        Resolution(
            offer="give you one for {amount}",
            does="reserves it for {amount}",
            gets="pays {amount} for it",
            result="the seat is booked at a price of {amount}",
        ),
        Resolution(
            reason="all of those are taken",
            offer="ask the crew at the gate for you",
            does="has none left but will ask the crew at the gate",
            gets="depends on the crew at the gate, as none is left",
            result="all such seats are taken, but the crew at the gate will be asked",
        ),
        Resolution(
            reason="seats can only be chosen at check-in",
            does="explains that seats are only given out at check-in",
            gets="has to wait for the check-in",
            result="nothing can be reserved before check-in",
        ),
        Resolution(
            offer="reserve one for {amount2}",
            choice="I will stay in my old seat at that price.",
            does="asks {amount2} for it, which is too expensive for the customer",
            gets="keeps the old seat because a new one costs {amount2}",
            result="the old seat is kept, as the other would cost {amount2}",
        ),
    ),
)

PET_ON_BOARD = Scenario(
    topic="traveling with a pet",
    facts={
        "pet": "cat|small dog|terrier|puppy|poodle|dachshund",
        "kilos": "4|5|6|7|8|9",
        "relative": "sister|brother|cousin|neighbor|friend|colleague",
    },
    problem=(
        "I'm flying to {place} on {date} and want to take my {pet} with me.",
        "Can my {pet} travel in the cabin to {place}? It weighs {kilos} kilos.",
        "What do I have to do to bring my {pet} on the flight to {place}?",
        "I'm visiting friends in {place}, and my {pet} has to come along on the plane.",
        "Is it possible to take a {pet} on board on the way to {place}?",
    ),
    clarify=(
        ("How heavy is the animal?", "About {kilos} kilos."),
        ("Do you have a carrier?", "Yes, a soft one."),
    ),
    summaries=(
        "{C} wants to take a {pet} on a flight to {place}. {A} {does}.",
        "{C} asks whether a {pet} may fly to {place} and {gets}.",
        "{result}. {C} had asked about flying to {place} with a {pet}.",
    ),
    resolutions=(
        Resolution(
            offer="book it into the cabin for {amount}",
            does="books a place in the cabin for {amount}",
            gets="pays {amount} for a place in the cabin",
            result="the animal may travel in the cabin for {amount}",
        ),
        Resolution(
            reason="the cabin is only for animals under three kilos",
            offer="book it into the hold for {amount2}",
            does="only allows it in the hold, for {amount2}",
            gets="has to book the hold for {amount2}, as the cabin is not allowed",
            result="the animal is too heavy for the cabin and goes into the hold for {amount2}",
        ),
        Resolution(
            reason="this route takes no animals",
            does="says that the route takes no animals",
            gets="finds out that no animals are allowed on that route",
            result="animals are not accepted on this route",
        ),
        Resolution(
            offer="book it into the hold for {amount}",
            choice="I will leave it with my {relative}.",
            does="offers the hold for {amount}, but the animal will stay with a {relative}",
            gets="decides against the hold for {amount} and leaves the animal with a {relative}",
            result="instead of the hold for {amount}, the animal will stay with a {relative}",
        ),
    ),
)

NAME_ON_TICKET = Scenario(
    topic="name on a ticket",
    trouble=True,
    facts={"cause": "I typed too fast|your website filled it in|my travel agent made a mistake"},
    problem=(
        "My ticket to {place} has the wrong name. It should be {name}. I think {cause}.",
        "There is a typing error in my name on the ticket to {place}. I'm {name}.",
        "I booked a flight to {place} on {date}, and my name is spelled wrong. It's {name}.",
        "The name on my ticket to {place} is not right, it must be {name}, as in my passport.",
        "I'm {name}, but my ticket to {place} says something else. I fear {cause}.",
    ),
    clarify=(
        ("How did that happen?", "I believe {cause}."),
        ("Is it the first name or the last name?", "The last name, two letters are mixed up."),
    ),
    summaries=(
        "The name of {name} is wrong on a ticket to {place}. {A} {does}.",
        "{name} reports a spelling mistake on a ticket to {place} and {gets}.",
        "{result}. {name} had noticed a misspelled name on the ticket to {place}.",
    ),
    resolutions=(
        Resolution(
            offer="correct it free of charge",
            does="corrects it free of charge",
            gets="has it corrected at no cost",
            result="the error is fixed for free",
        ),
        Resolution(
            offer="correct it for {amount}",
            does="charges {amount} for the correction",
            gets="pays {amount} to have it put right",
            result="a correction is made at a price of {amount}",
        ),
        Resolution(
            reason="only the travel agent can change it",
            does="refers the customer to the travel agent",
            gets="must turn to the travel agent",
            result="a change has to be made by the travel agent",
        ),
        Resolution(
            reason="I need to see your passport first",
            offer="change it once you have emailed a copy",
            does="will change it as soon as a copy of the passport comes by email",
            gets="has to email a copy of the passport first",
            result="the airline waits for an emailed copy of the passport before the change",
        ),
    ),
)

AIRLINE = Domain(
    name="airline",
    companies=("Airways", "Air", "Airlines"),
    desk="customer service",
    reference="booking number",
    places=("city",),
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
