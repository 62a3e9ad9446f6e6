"""Conversations with hotels."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

LATE_ARRIVAL = Scenario(
    topic="late arrival",
    facts={
        "cause": "canceled|delayed|broken-down|missed"
        " + train|bus|ferry|coach|express train|shuttle bus|airport bus",
    },
    problem=(
        "I'll be {few} hours late tonight because of a {cause} in {place}.",
        "I have a room for tonight, but I'm {few} hours late. There was a {cause} in {place}.",
        "Because of a {cause} in {place}, I'm running {few} hours late.",
        "Can I still check in {few} hours late? It's because of a {cause} in {place}.",
        "I'm held up in {place} by a {cause}. I'll check in {few} hours late.",
    ),
    requests=(
        "wants to check in {few} hours late due to a {cause} in {place}",
        "is running {few} hours late due to a {cause} in {place}",
        "asks about checking in {few} hours late after a {cause} in {place}",
    ),
    clarify=(
        ("How many people are you?", "[Two adults.|Just me.|My wife and I.]"),
        ("Do you come by car?", "[No, by taxi.|No, I will walk from the station.]"),
    ),
    resolutions=(
        Resolution(offer="leave the key with the night porter {colleague}"),
        Resolution(offer="set the code {code} for the front door"),
        Resolution(
            reason="bookings lapse without a card on file",
            offer="hold the room for a deposit of {amount2}",
        ),
        Resolution(reason="the room has already been given to another family"),
        Resolution(
            reason="nobody is at the desk at night", choice="spend the night at a hotel in {place2}"
        ),
    ),
)

NOISY_ROOM = Scenario(
    topic="noisy room",
    trouble=True,
    facts={
        "noise": "humming|rattling|buzzing|rumbling|droning"
        " + fan|elevator|fridge|radiator|boiler|pump|generator",
        "room": "|".join(f"{floor}{door}" for floor in range(1, 10) for door in range(10, 40)),
    },
    problem=(
        "I'm in room {room}, and a {noise} keeps me awake.",
        "There is a {noise} right next to room {room}. I can't sleep.",
        "I have to complain about room {room}. A {noise} keeps waking me up.",
        "Could I have a quiet night? There is a {noise} near my room, number {room}.",
        "A {noise} is driving me crazy in room {room}. It's terrible.",
    ),
    requests=(
        "complains that a {noise} can be heard in room {room}",
        "cannot sleep in room {room} due to a {noise}",
        "is disturbed by a {noise} in room {room}",
    ),
    clarify=(
        ("How long are you staying?", "Another {some} nights."),
        ("Since when has it been so loud?", "Since [last night|we came]."),
    ),
    resolutions=(
        Resolution(offer="move {you} to a quiet suite on the top floor"),
        Resolution(offer="send a technician, {colleague}, to repair it at {time}"),
        Resolution(reason="the hotel is full tonight", offer="take {amount} off the bill"),
        Resolution(reason="all other rooms are booked until {due}"),
        Resolution(
            offer="give {you} a bigger room for {amount} more", choice="check out early on {day}"
        ),
    ),
)

SHUTTLE = Scenario(
    topic="airport shuttle",
    facts={
        "luggage": "bulky|heavy|huge|brand-new|rented"
        " + cello|surfboard|harp|kayak|bike|telescope|tuba|drum|sled|tent",
    },
    problem=(
        "I need a ride from the airport in {place} on {date}. I have a {luggage} with me.",
        "Do you have a shuttle from {place} airport? I land on {date} with a {luggage}.",
        "How do I get from {place} airport to you on {date} with a {luggage}?",
        "Could somebody pick me up at {place} airport on {date}? I'm bringing a {luggage}.",
        "I land in {place} on {date} with a {luggage}. Can I get a ride to the hotel?",
    ),
    requests=(
        "needs a ride from {place} airport on {date} with a {luggage}",
        "asks to be picked up at {place} airport on {date} with a {luggage}",
        "wants to get from {place} airport to the hotel on {date} with a {luggage}",
    ),
    clarify=(
        ("Do you have any other luggage?", "[Yes, {some} suitcases.|No, only a small bag.]"),
        ("How many people will it be?", "There are {some} of us."),
    ),
    resolutions=(
        Resolution(offer="send the driver {colleague} to the terminal at {time}"),
        Resolution(
            reason="the shuttle is not running that day", offer="order a large taxi for {amount}"
        ),
        Resolution(reason="the hotel has given up its airport service"),
        Resolution(news="a free bus stops right outside the arrivals hall"),
        Resolution(
            offer="book a private limousine for {amount}", choice="come by train and walk the rest"
        ),
    ),
)

CANCELLED_STAY = Scenario(
    topic="canceling a room",
    facts={
        "cause": "broken|sprained|injured|swollen + ankle|wrist|knee|foot|hand|elbow|toe",
        "relative": "brother|sister|son|daughter|cousin|nephew|niece|friend|neighbor|coworker",
    },
    problem=(
        "I have to cancel {few} nights from {date} because of a {cause}.",
        "I booked {few} nights from {date}, but I can't travel with a {cause}.",
        "I have a {cause}, so please cancel my {few} nights from {date}.",
        "Please cancel my room from {date}. It's for {few} nights, but I have a {cause}.",
        "Can I get out of my booking? It's {few} nights from {date}, and I have a {cause}.",
    ),
    requests=(
        "wants to cancel {few} nights from {date} due to a {cause}",
        "has to call off a stay of {few} nights from {date} due to a {cause}",
        "asks to undo a booking for {few} nights from {date} due to a {cause}",
    ),
    clarify=(
        ("Did you pay in advance?", "Yes, by credit card."),
        ("Did you book with us or on a travel site?", "On your website."),
    ),
    resolutions=(
        Resolution(offer="cancel the booking without any charge"),
        Resolution(
            reason="it is too late to cancel for free", offer="refund {amount2} of the price"
        ),
        Resolution(
            reason="the money can't be given back",
            offer="turn the booking into a voucher, number {code}",
        ),
        Resolution(reason="this cheap rate has to be paid in full"),
        Resolution(
            offer="move the stay to next spring", choice="let {my} {relative} take over the room"
        ),
    ),
)

WRONG_BILL = Scenario(
    topic="wrong hotel bill",
    trouble=True,
    facts={
        "item": "private|morning|evening|weekend|outdoor + yoga class|sauna session|boat trip|"
        "tennis lesson|spa treatment|wine tasting|golf lesson|cooking class",
    },
    problem=(
        "There is {amount} for a {item} on my bill from {place}. I never had one.",
        "You charged me {amount} for a {item} in {place}. That can't be right.",
        "My bill from {place} is wrong. It says {amount} for a {item}.",
        "Why do I have to pay {amount} for a {item} in {place}? I didn't book that.",
        "I found {amount} for a {item} on the bill of my stay in {place}. I only slept there.",
    ),
    requests=(
        "does not want to pay {amount} for a {item} in {place}",
        "disputes {amount} for a {item} on a bill from {place}",
        "complains about a charge of {amount} for a {item} in {place}",
    ),
    clarify=(
        ("When did you check out?", "On {date}, [early in the morning|before noon]."),
        ("Do you have the bill in front of you?", "Yes, right here."),
    ),
    resolutions=(
        Resolution(offer="return the money to {your} card by {due}"),
        Resolution(reason="a signed receipt for it is on file"),
        Resolution(
            reason="only the manager can change a bill",
            offer="have the manager {colleague} call back on {day}",
        ),
        Resolution(news="a corrected bill, number {code}, is on its way"),
        Resolution(
            offer="give {you} a free breakfast next time",
            choice="hand the matter over to {my} lawyer",
        ),
    ),
)

LEFT_BEHIND = Scenario(
    topic="forgotten item",
    facts={
        "product": "headphone set|charger|watch|shaver|# tablet|# camera|hair dryer|raincoat",
        "spot": "under|behind|beside|near"
        " + the + bed|wardrobe|desk|armchair|nightstand|sofa|radiator|minibar",
        "floor": "first|second|third|fourth|fifth|top",
    },
    problem=(
        "I think I left my {product} {spot} at your hotel in {place}.",
        "I forgot my {product} at your hotel in {place}. It may be {spot}.",
        "Have you found my {product} in {place}? I think I left it {spot}.",
        "My {product} must still be in my room in {place}, probably {spot}.",
        "I'm back home from {place} without my {product}. I must have left it {spot}.",
    ),
    requests=(
        "wants to get back a {product} left {spot} at the hotel in {place}",
        "is looking for a {product} left {spot} in a room in {place}",
        "asks about a {product} forgotten {spot} at the hotel in {place}",
    ),
    clarify=(
        ("Which room did you have?", "One on the {floor} floor."),
        ("When did you leave?", "Around [nine|ten|noon]."),
    ),
    resolutions=(
        Resolution(offer="mail it to {your} address for {amount}"),
        Resolution(
            reason="it has not turned up yet",
            offer="ask the housekeeper {colleague} to search again by {due}",
        ),
        Resolution(reason="nobody has handed in anything like that"),
        Resolution(news="it was found and is locked in the hotel safe"),
        Resolution(offer="send it by courier for {amount}", choice="pick it up on {day} at {time}"),
    ),
)

HOTEL = Domain(
    name="hotel",
    companies=("Hotel", "Inn", "Lodge", "Resort"),
    desk="reception",
    reference="booking number",
    places=("town",),
    products="headphone set|charger",
    scenarios=(LATE_ARRIVAL, NOISY_ROOM, SHUTTLE, CANCELLED_STAY, WRONG_BILL, LEFT_BEHIND),
)
