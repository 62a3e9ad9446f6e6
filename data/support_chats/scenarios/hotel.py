"""Conversations with hotels."""

from scenarios.base import Domain, Resolution, Scenario

LATE_ARRIVAL = Scenario(
    topic="late arrival",
    facts={
        "cause": "a late train|a long meeting|a traffic jam|a delayed flight|a flat tire",
        "hour": "10 pm|10:30 pm|11 pm|11:30 pm|midnight|12:30 am|1 am",
    },
    problem=(
        "I have a room for tonight, but I won't be there before {hour} because of {cause}.",
        "I'm coming from {place}, and because of {cause} I'll only arrive at {hour}.",
        "There is {cause}, so I can't check in before {hour}. Is that a problem?",
        "I'm on my way from {place}. I'll get to you at {hour}, there is {cause}.",
        "Can I still check in at {hour}? I'm late because of {cause}.",
    ),
    clarify=(
        ("How many people are you?", "[Two adults.|Just me.|My wife and I.]"),
        ("Do you come by car?", "[Yes, I do.|No, by taxi.]"),
    ),
    summaries=(
        "{C} can't check in before {hour} because of {cause}. {A} {does}.",
        "Because of {cause}, {C} will only reach the hotel at {hour} and {gets}.",
        "{result}. {C} had told {company} about {cause} and an arrival at {hour}.",
    ),
    resolutions=(
        Resolution(
            offer="leave your key with the night porter",
            does="will leave the key with the night porter",
            gets="can collect the key from the night porter",
            result="the night porter will have the key ready",
        ),
        Resolution(
            offer="send you a code for the front door",
            does="sends a code for the front door",
            gets="receives a door code to get in",
            result="the front door can be opened with a code",
        ),
        Resolution(
            reason="we can only hold the room with a payment of {amount2} now",
            offer="send you a link for it",
            does="asks for {amount2} now to hold the room",
            gets="has to pay {amount2} at once to keep the room",
            result="the room is only held if {amount2} is paid now",
        ),
        Resolution(
            reason="nobody is here at that hour",
            choice="I will look for another hotel.",
            does="has nobody there at that hour and loses the guest",
            gets="looks for another hotel, as nobody is there at that hour",
            result="the reception is closed then, so another hotel is needed",
        ),
    ),
)

NOISY_ROOM = Scenario(
    topic="noisy room",
    trouble=True,
    facts={
        "noise": "a party|a building site|an old elevator|a bar|a humming fan|a crying baby",
        "room": "114|207|212|305|318|409|421|503|516|602",
    },
    problem=(
        "I'm in room {room}, and I can't sleep because of {noise}.",
        "It is far too loud in room {room}. There is {noise} right next to it.",
        "I have to complain about room {room}. I hear {noise} all night.",
        "Could I have a quiet room? I'm in {room}, and there is {noise}.",
        "There is {noise} near my room, number {room}. It's terrible.",
    ),
    clarify=(
        ("How long are you staying?", "Another {some} nights."),
        ("Since when has it been so loud?", "Since [last night|we came]."),
    ),
    summaries=(
        "{C} complains that room {room} is loud because of {noise}. {A} {does}.",
        "{C}, a guest in room {room}, is disturbed by {noise} and {gets}.",
        "{result}. {C} could not sleep in room {room} on account of {noise}.",
    ),
    resolutions=(
        Resolution(
            offer="move you to a room on the top floor",
            does="moves the guest to the top floor",
            gets="moves to a room on the top floor",
            result="a quieter room on the top floor is found",
        ),
        Resolution(
            reason="all rooms are taken tonight",
            offer="take {amount} off your bill",
            does="has no free room but takes {amount} off the bill",
            gets="saves {amount} on the bill, as the hotel is full",
            result="no other room is free, but the bill is reduced by {amount}",
        ),
        Resolution(
            reason="there is no other room until {due}",
            offer="bring you earplugs",
            does="brings earplugs and has no other room until {due}",
            gets="has to make do with earplugs until {due}",
            result="until {due}, earplugs are all the hotel can provide",
        ),
        Resolution(
            offer="give you a bigger room for {amount} more",
            choice="I won't pay for that, I will leave tomorrow.",
            does="wants {amount} for a bigger room, and the guest will leave",
            gets="would rather leave tomorrow than pay {amount} for a bigger room",
            result="a bigger room for {amount} is turned down in favor of leaving tomorrow",
        ),
    ),
)

SHUTTLE = Scenario(
    topic="airport shuttle",
    facts={"luggage": "two suitcases|a stroller|a surfboard|skis|a wheelchair|a cello"},
    problem=(
        "I need a ride from the airport in {place} to the hotel on {date}.",
        "Do you have a shuttle from {place} airport? I arrive on {date} with {luggage}.",
        "How do I get from the airport of {place} to you on {date}?",
        "Could somebody pick me up in {place} at the airport on {date}?",
        "I land in {place} on {date}. Is there a bus to the hotel?",
    ),
    clarify=(
        ("Do you have a lot of luggage?", "Yes, {luggage}."),
        ("How many people will it be?", "There are {some} of us."),
    ),
    summaries=(
        "{C} needs a ride from {place} airport to the hotel. {A} {does}.",
        "{C} will land in {place} on {date} and {gets}.",
        "{result}. {C} had asked {company} for a pickup at {place} airport.",
    ),
    resolutions=(
        Resolution(
            offer="send a driver at {time} for {amount}",
            does="sends a driver at {time} for {amount}",
            gets="will be picked up at {time} for {amount}",
            result="a driver comes at {time} and costs {amount}",
        ),
        Resolution(
            reason="our shuttle does not run that day",
            offer="order you a taxi for {time}",
            does="orders a taxi for {time}, as the shuttle does not run",
            gets="will take a taxi at {time} because there is no shuttle",
            result="a taxi is ordered for {time} in place of the shuttle",
        ),
        Resolution(
            reason="we don't offer a shuttle",
            does="explains that there is no shuttle",
            gets="finds out that the hotel has no shuttle",
            result="the hotel does not offer a shuttle",
        ),
        Resolution(
            offer="book a private car for {amount2}",
            choice="I will take the train, that's cheaper.",
            does="proposes a car for {amount2}, but the guest prefers the train",
            gets="takes the train, since a private car costs {amount2}",
            result="the train is chosen because a private car costs {amount2}",
        ),
    ),
)

CANCELLED_STAY = Scenario(
    topic="canceling a room",
    facts={"cause": "I'm ill|my meeting is off|my father is in the hospital|my car broke down"},
    problem=(
        "I have to cancel my room from {date}, because {cause}.",
        "Unfortunately {cause}, so I can't come on {date}. Please cancel my room.",
        "I booked {few} nights from {date}, and now {cause}. I need to cancel.",
        "I would like to cancel my stay on {date}. Sadly {cause}.",
        "Can I get my money back for {date}? I can't come, {cause}.",
    ),
    clarify=(
        ("Did you pay in advance?", "Yes, by credit card."),
        ("Did you book with us or on a travel site?", "On your website."),
    ),
    summaries=(
        "{C} wants to cancel a room for {date}. {A} {does}.",
        "{C} can't travel on {date}, calls {company} to cancel and {gets}.",
        "{result}. {C} had called to cancel the room booked for {date}.",
    ),
    resolutions=(
        Resolution(
            offer="cancel it without any charge",
            does="cancels it without any charge",
            gets="does not have to pay anything",
            result="the cancellation is free",
        ),
        Resolution(
            reason="it is too late for a free cancellation",
            offer="refund half of it, {amount2}",
            does="only pays back half, {amount2}, because it is late",
            gets="gets half back, {amount2}, because of the late notice",
            result="half of the price, {amount2}, is refunded, as it is late",
        ),
        Resolution(
            reason="your rate is not refundable",
            does="refuses a refund because of the rate",
            gets="is told that the rate is not refundable",
            result="no refund is given for that rate",
        ),
        Resolution(
            reason="I can't give you the money back",
            offer="keep the booking open for a year",
            does="refuses a refund but keeps the booking open for a year",
            gets="can use the booking within a year instead of a refund",
            result="there is no refund, but the stay can be made up within a year",
        ),
    ),
)

WRONG_BILL = Scenario(
    topic="wrong hotel bill",
    trouble=True,
    facts={"item": "the minibar|a massage|a movie|room service|the parking garage|the sauna"},
    problem=(
        "There is {amount} for {item} on my bill, and I never used it.",
        "You charged me {amount} for {item} in {place}. That can't be right.",
        "My bill from {place} is wrong. It says {amount} for {item}.",
        "Why do I have to pay {amount} for {item}? I didn't have that.",
        "I found {amount} for {item} on the bill of my stay in {place}.",
    ),
    clarify=(
        ("When did you check out?", "On {date}, [early in the morning|before noon]."),
        ("Do you have the bill in front of you?", "Yes, right here."),
    ),
    summaries=(
        "{C} does not want to pay {amount} for {item}. {A} {does}.",
        "{C} finds {amount} for {item} on a hotel bill and {gets}.",
        "{result}. {C} had complained about being charged {amount} for {item}.",
    ),
    resolutions=(
        Resolution(
            offer="return the money to your card by {due}",
            does="will return the money by {due}",
            gets="will have the money back by {due}",
            result="the sum is paid back by {due}",
        ),
        Resolution(
            reason="our list shows that it was used",
            does="insists that it was used",
            gets="has to pay, as the list shows it was used",
            result="the charge stands because the list shows the use",
        ),
        Resolution(
            reason="I can't see that from here",
            offer="ask the manager to call you on {day}",
            does="can't check it and will have the manager call on {day}",
            gets="will be called by the manager on {day}",
            result="the manager is going to call on {day}",
        ),
        Resolution(
            offer="give you a free breakfast next time",
            choice="I insist on getting my money back.",
            does="suggests a free breakfast, but the guest insists on the money",
            gets="turns down a free breakfast and insists on the money",
            result="a free breakfast is rejected, as only the money will do",
        ),
    ),
)

LEFT_BEHIND = Scenario(
    topic="forgotten item",
    facts={
        "product": "headphone set|charger|watch|shaver|# tablet|# camera|hair dryer|raincoat",
        "spot": "under the bed|in the bathroom|in the wardrobe|on the balcony",
        "floor": "first|second|third|fourth|fifth|top",
    },
    problem=(
        "I was your guest until {date}, and I think I left my {product} {spot}.",
        "I forgot my {product} in your hotel in {place}. It may be {spot}.",
        "Have you found a {product}? I stayed with you until {date}.",
        "My {product} must still be in my room in {place}, probably {spot}.",
        "I'm back home and my {product} is missing. I must have left it {spot}.",
    ),
    clarify=(
        ("Which room did you have?", "One on the {floor} floor."),
        ("When did you leave?", "Around [nine|ten|noon]."),
    ),
    summaries=(
        "{C} has left a {product} at the hotel. {A} {does}.",
        "{C} asks {company} about a forgotten {product} and {gets}.",
        "{result}. {C}, a former guest, had forgotten the {product} there.",
    ),
    resolutions=(
        Resolution(
            offer="mail it to you for {amount}",
            does="mails it for {amount}",
            gets="pays {amount} to have it mailed",
            result="the hotel will mail the find at a cost of {amount}",
        ),
        Resolution(
            reason="we have not found it",
            offer="have the room searched again on {due}",
            does="has not found anything and will search again on {due}",
            gets="must wait for another search on {due}",
            result="nothing has turned up, but a new search is planned for {due}",
        ),
        Resolution(
            reason="nobody has handed in anything like that",
            does="says that nobody has handed in anything",
            gets="learns that nobody has handed in anything",
            result="nothing like that has been handed in",
        ),
        Resolution(
            offer="mail it to you for {amount}",
            choice="I will come and get it on {day}.",
            does="offers to mail it for {amount}, but the guest will fetch it on {day}",
            gets="will fetch it on {day} instead of paying {amount} for the mail",
            result="instead of mailing for {amount}, a pickup on {day} is agreed",
        ),
    ),
)
HOTEL = Domain(
    name="hotel",
    companies=("Hotel", "Inn", "Lodge", "Resort"),
    desk="reception",
    reference="booking number",
    places=("city", "town"),
    products="headphone set|charger",
    scenarios=(LATE_ARRIVAL, NOISY_ROOM, SHUTTLE, CANCELLED_STAY, WRONG_BILL, LEFT_BEHIND),
)
