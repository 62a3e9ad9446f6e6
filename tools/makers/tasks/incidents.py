"""Incidents of the reports: what can happen, told in several wordings.

In each incident one lead, one key sentence, one ending and up to two extras make a report; a
summary keeps the lead, the key and the ending. Slots such as {person} are filled by reports.py;
the last field holds the slots of one incident only.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Incident:
    """Interchangeable wordings of every part of a report on one topic."""

    topic: str
    leads: tuple
    keys: tuple
    endings: tuple
    extras: tuple
    summaries: tuple
    slots: dict = field(default_factory=dict)


INCIDENTS = (
    Incident(
        "weather",
        ("A {storm} hit {place} on {day} night.", "On {day} a {storm} reached {place}."),
        (
            "It left {n} homes without power.",
            "According to mayor {person}, {n} homes lost their power supply.",
        ),
        (
            "Schools will stay closed until {day2}.",
            "The town decided to keep all schools closed until {day2}.",
        ),
        (
            "The wind reached {speed} kilometres an hour.",
            "Several trees fell on the road to {place2}.",
            "The last storm of this kind was {years} years ago.",
            "Crews of {company} worked through the night.",
        ),
        ("A {storm} in {place} cut the power of {n} homes, and schools stay closed until {day2}.",),
        {"storm": ("snow storm", "hail storm", "thunderstorm", "dust storm", "tropical storm")},
    ),
    Incident(
        "weather",
        (
            "The {season} was the driest in {place} for {years} years.",
            "{place} has just seen its driest {season} in {years} years.",
        ),
        (
            "The lake now holds only {percent} percent of its usual water.",
            "Only {percent} percent of the usual water is left in the lake.",
        ),
        (
            "The council asked residents to save water until {month}.",
            "Residents were asked by the council to save water until {month}.",
        ),
        (
            "Farmers near {place2} fear for their harvest.",
            "{person} has measured the rain here for decades.",
            "Temperatures rose to {degrees} degrees.",
            "A {product} in the town hall failed in the heat.",
        ),
        (
            "After the driest {season} in {years} years the lake of {place} is down to {percent} "
            "percent, and residents must save water until {month}.",
        ),
        {"season": ("spring", "summer", "autumn", "winter")},
    ),
    Incident(
        "transport",
        (
            "{company} stopped the {vehicle} line between {place} and {place2} on {day}.",
            "The {vehicle} line from {place} to {place2} was stopped by {company} on {day}.",
        ),
        (
            "The reason was {cause}.",
            "Inspector {person} found {cause}.",
            "It turned out that {cause} was to blame.",
        ),
        (
            "Passengers will get a refund of {money} dollars.",
            "The company promised each passenger {money} dollars.",
        ),
        (
            "About {n} people had to wait.",
            "Some travellers shared a taxi home.",
            "The line had been repaired {years} years ago.",
            "Nobody was hurt.",
        ),
        (
            "{company} stopped the {vehicle} line from {place} to {place2} because of {cause} and "
            "pays passengers {money} dollars.",
        ),
        {
            "vehicle": ("train", "bus", "tram", "ferry"),
            "cause": ("a broken signal", "a damaged brake", "a loose cable", "an engine fault"),
        },
    ),
    Incident(
        "transport",
        (
            "A new {thing} opens in {place} on {day}.",
            "On {day} {place} will open its new {thing}.",
        ),
        (
            "It was built by {company} for {money} million dollars.",
            "{company} needed {money} million dollars to build it.",
        ),
        (
            "Mayor {person} said that it will be free for the first {weeks} weeks.",
            "For the first {weeks} weeks it can be used for free, mayor {person} announced.",
        ),
        (
            "The work took {weeks} months.",
            "The way to {place2} becomes {percent} percent shorter.",
            "Some neighbours complained about the noise.",
        ),
        (
            "The new {thing} of {place}, built by {company} for {money} million dollars, will be "
            "free for {weeks} weeks.",
        ),
        {"thing": ("bridge", "tunnel", "ring road", "cycle path", "parking deck")},
    ),
    Incident(
        "health",
        (
            "{n} people in {place} fell ill after a {event}.",
            "After a {event} in {place}, {n} people fell ill.",
        ),
        (
            "Doctor {person} suspects {cause}.",
            "The likely reason is {cause}, doctor {person} said.",
        ),
        (
            "The clinic asks all guests to call before {day}.",
            "All guests should call the clinic before {day}.",
        ),
        (
            "Most of them went home after {hours} hours.",
            "The food came from {company}.",
            "A similar case was seen in {place2} in {month}.",
        ),
        (
            "{n} people fell ill after a {event} in {place}, and doctor {person} suspects {cause}.",
            "Doctor {person} suspects {cause} after {n} people fell ill in {place}.",
        ),
        {
            "event": ("wedding", "street party", "school trip", "company dinner"),
            "cause": ("spoiled fish", "dirty water", "raw eggs", "old cream"),
        },
    ),
    Incident(
        "health",
        (
            "{person} has invented a test for {illness}.",
            "A test for {illness} was invented by {person}.",
        ),
        (
            "It gives a result after {minutes} minutes.",
            "The result is ready in {minutes} minutes.",
        ),
        (
            "{company} will sell it for {money} dollars from {month}.",
            "From {month} on {company} will sell it for {money} dollars.",
        ),
        (
            "It was tried on {n} patients in {place}.",
            "The old test took {days} days.",
            "The idea came to her at a hospital in {place2}.",
        ),
        (
            "{person} invented a {minutes}-minute test for {illness}, which {company} will sell "
            "for {money} dollars.",
        ),
        {"illness": ("asthma", "flu", "a rare allergy", "heart disease", "malaria")},
    ),
    Incident(
        "sports",
        (
            "{person} won the {race} of {place} on {day}.",
            "The {race} of {place} was won by {person} on {day}.",
        ),
        (
            "{person2} came second, {n} seconds behind.",
            "Second place went to {person2}, who was {n} seconds slower.",
        ),
        (
            "The winner gives the prize of {money} dollars to a school.",
            "A school will receive the prize of {money} dollars.",
        ),
        (
            "It rained during the last hour.",
            "The course led through {place2}.",
            "{percent} percent of the field gave up.",
            "The event was paid for by {company}.",
        ),
        (
            "{person} beat {person2} by {n} seconds in the {race} of {place} and gives {money} "
            "dollars to a school.",
        ),
        {"race": ("marathon", "bicycle race", "ski race", "rowing race", "swimming contest")},
    ),
    Incident(
        "sports",
        (
            "The {sport} club of {place} signed {person} for {years} years.",
            "{person} will play for the {sport} club of {place} for {years} years.",
        ),
        (
            "The club paid {n} thousand dollars.",
            "The price was {n} thousand dollars.",
        ),
        (
            "Coach {person2} wants the new player to start on {day}.",
            "On {day} the new player should start, coach {person2} said.",
        ),
        (
            "Last season the team finished with {hours} points.",
            "Fans waited at the station with flags.",
            "{company} stays the main sponsor.",
            "The old club in {place2} was not amused.",
        ),
        (
            "{person} joins the {sport} club of {place} for {n} thousand dollars and should start "
            "on {day}.",
        ),
        {"sport": ("football", "handball", "hockey", "basketball", "rugby")},
    ),
    Incident(
        "business",
        (
            "{company} will close its {site} in {place}.",
            "The {site} of {company} in {place} will be closed.",
        ),
        (
            "{n} people lose their jobs.",
            "The step costs {n} people their jobs.",
        ),
        (
            "Director {person} blamed {cause}.",
            "{cause} are the reason, director {person} explained.",
        ),
        (
            "The news came on {day} afternoon.",
            "The workers asked for a meeting.",
            "It had been opened {years} years ago.",
            "A second site in {place2} stays open.",
        ),
        (
            "{company} closes its {site} in {place}, which costs {n} jobs, because of {cause}.",
            "Because of {cause} {company} closes its {site} in {place} and cuts {n} jobs.",
        ),
        {
            "site": ("factory", "warehouse", "call centre", "office", "shop"),
            "cause": ("high rents", "weak sales", "rising prices", "falling orders"),
        },
    ),
    Incident(
        "business",
        (
            "{company} is going to buy {company2}.",
            "{company2} is going to be bought by {company}.",
        ),
        (
            "The price is {n} million dollars.",
            "{person}, who leads the buyer, offered {n} million dollars.",
        ),
        (
            "The owners agreed on {day}.",
            "On {day} the owners accepted the offer.",
            "The owners refused on {day}.",
        ),
        (
            "Both firms are based in {place}.",
            "Talks took {weeks} weeks.",
            "The shares rose by {percent} percent.",
        ),
        ("{company} wants to buy {company2} for {n} million dollars.",),
    ),
    Incident(
        "science",
        (
            "A team led by {person} found {find} near {place}.",
            "Near {place} {person} and a small team found {find}.",
        ),
        (
            "It is about {n} thousand years old.",
            "Its age is about {n} thousand years.",
        ),
        (
            "The museum of {place2} will show it from {month}.",
            "From {month} it can be seen in the museum of {place2}.",
        ),
        (
            "They had been digging for {weeks} weeks.",
            "The team used a {product} for the search.",
            "{company} paid for the work.",
            "At first nobody believed the news.",
        ),
        (
            "{person} found {find}, about {n} thousand years old, near {place}, and the museum of "
            "{place2} will show it.",
        ),
        {"find": ("a stone tool", "a cave painting", "a whale bone", "a clay pot", "a huge tooth")},
    ),
    Incident(
        "science",
        (
            "Researchers paid by {company} counted the {animals} in {place}.",
            "In {place} researchers paid by {company} counted the {animals}.",
        ),
        (
            "They found {n} of them, {percent} percent more than last year.",
            "There were {n} of them, which is {percent} percent more than a year before.",
        ),
        (
            "{person} wants to repeat the count in {month}.",
            "In {month} {person} wants to count them again.",
        ),
        (
            "The area is hard to reach.",
            "Rain stopped the work for {days} days.",
            "Volunteers from {place2} helped.",
            "The best helper won a {product}.",
        ),
        (
            "Researchers counted {n} {animals} in {place}, {percent} percent more than last year, "
            "and {person} will repeat the count in {month}.",
        ),
        {"animals": ("bats", "otters", "owls", "butterflies", "frogs", "seals")},
    ),
    Incident(
        "energy",
        (
            "{company} plans a {plant} near {place}.",
            "A {plant} near {place} is planned by {company}.",
        ),
        (
            "It should supply {n} homes.",
            "It is big enough for {n} homes.",
        ),
        (
            "The council of {place2} will vote on {day}.",
            "On {day} the council of {place2} will vote on it.",
        ),
        (
            "{person} collected {minutes} signatures against the plan.",
            "The cost is {money} million dollars.",
            "Building would take {years} years.",
        ),
        (
            "{company} plans a {plant} for {n} homes near {place}, and the council of {place2} "
            "votes on {day}.",
        ),
        {"plant": ("wind park", "solar park", "battery plant", "water power plant")},
    ),
    Incident(
        "energy",
        (
            "Technician {person} visited {place} on {day} to check a {product}.",
            "On {day} technician {person} checked a {product} in {place}.",
        ),
        (
            "It had {fault}.",
            "The check showed that it had {fault}.",
        ),
        (
            "The part will be replaced by {company} within {days} days.",
            "{company} agreed to replace the part within {days} days.",
        ),
        (
            "The owner had called {weeks} weeks earlier.",
            "The meter showed {n} units.",
            "The visit took {hours} hours.",
            "The next visit led to {place2}.",
        ),
        (
            "{person} found that a {product} in {place} had {fault}, and {company} will replace "
            "the part within {days} days.",
        ),
        {
            "fault": (
                "a loose cable",
                "a worn part",
                "a blown fuse",
                "a small crack",
                "a faulty switch",
            )
        },
    ),
    Incident(
        "education",
        (
            "The school of {place} gets {n} copies of the {product}.",
            "{n} copies of the {product} go to the school of {place}.",
        ),
        (
            "They are a gift from {company}.",
            "{company} gives them as a present.",
        ),
        (
            "Teacher {person} will use them in {subject} from {day}.",
            "From {day} on teacher {person} will use them in {subject}.",
        ),
        (
            "Some parents asked about the cost.",
            "The school has {minutes} pupils.",
            "The old ones were {years} years old.",
            "Schools in {place2} made a similar request.",
        ),
        (
            "{company} gives the school of {place} {n} copies of the {product}, which {person} "
            "will use in {subject}.",
        ),
        {"subject": ("physics", "history", "music", "biology", "art lessons", "geography")},
    ),
    Incident(
        "education",
        (
            "{person} asked the university of {place} for a longer {thing}.",
            "A longer {thing} was requested by {person} at the university of {place}.",
        ),
        (
            "{n} students signed the letter.",
            "The letter was signed by {n} students.",
        ),
        (
            "Dean {person2} promised an answer by {day}.",
            "Dean {person2} agreed to try it until {month}.",
            "Dean {person2} refused the request.",
        ),
        (
            "The lecture halls were full for {weeks} weeks.",
            "The rule is {years} years old.",
            "At {place2} this has long been usual.",
        ),
        (
            "{person} and {n} students asked the university of {place} for a longer {thing}.",
            "With {n} signatures {person} asked the university of {place} for a longer {thing}.",
        ),
        {"thing": ("exam period", "summer break", "library evening", "lunch break")},
    ),
    Incident(
        "food",
        (
            "{company} calls back its {food} because of {cause}.",
            "Because of {cause} {company} calls back its {food}.",
        ),
        (
            "Only packs sold in {place} before {day} are affected.",
            "It concerns the packs sold in {place} before {day}.",
        ),
        (
            "Customers get {money} dollars back.",
            "Each customer receives {money} dollars.",
        ),
        (
            "{person} found the first case in a lunch box.",
            "About {n} packs are missing.",
            "Buyers of the cheapest pack could win a {product}.",
            "Shops in {place2} are not concerned.",
        ),
        (
            "{company} calls back {food} sold in {place} because of {cause} and pays customers "
            "{money} dollars.",
        ),
        {
            "food": ("cheese", "oat milk", "frozen pizza", "dark chocolate", "fruit yoghurt"),
            "cause": ("glass splinters", "mould", "a wrong label", "metal dust"),
        },
    ),
    Incident(
        "food",
        (
            "Cook {person} opens a {kind} restaurant in {place}.",
            "A {kind} restaurant will be opened in {place} by cook {person}.",
        ),
        (
            "It has {n} seats.",
            "There is room for {n} guests.",
        ),
        (
            "The first evening is on {day}, and a menu costs {money} dollars.",
            "A menu costs {money} dollars, and the doors open on {day}.",
        ),
        (
            "Before, the cook worked in {place2} for {years} years.",
            "The first guest will win a {product}.",
            "The wine comes from {company}.",
        ),
        (
            "{person} opens a {kind} restaurant with {n} seats in {place} on {day}, with menus for "
            "{money} dollars.",
        ),
        {"kind": ("Greek", "Thai", "vegan", "Mexican", "seafood", "Korean")},
    ),
    Incident(
        "culture",
        (
            "The museum of {place} bought a {work} by {person}.",
            "A {work} by {person} was bought by the museum of {place}.",
        ),
        (
            "It paid {n} thousand dollars.",
            "The price was {n} thousand dollars.",
        ),
        (
            "Visitors can see it from {day}.",
            "It will be on show from {day}.",
        ),
        (
            "{company} paid half of the sum.",
            "The artist was born in {place2}.",
            "For {years} years nobody knew where it was.",
            "Critic {person2} called it a masterpiece.",
        ),
        (
            "For {n} thousand dollars the museum of {place} bought a {work} by {person}, on show "
            "from {day}.",
        ),
        {"work": ("painting", "sculpture", "drawing", "photograph", "carpet")},
    ),
    Incident(
        "culture",
        (
            "The {festival} festival of {place} was moved to {month}.",
            "{place} moves its {festival} festival to {month}.",
        ),
        (
            "{person} said that {cause} made it impossible before.",
            "The reason is {cause}, {person} explained.",
        ),
        (
            "The {n} tickets sold so far stay valid.",
            "All {n} tickets sold so far can still be used.",
        ),
        (
            "{company} runs the stage.",
            "Last year it lasted {days} days.",
            "A band from {place2} has already said no.",
        ),
        (
            "Because of {cause} the {festival} festival of {place} moves to {month}, and {n} "
            "tickets stay valid.",
        ),
        {
            "festival": ("film", "jazz", "theatre", "book", "dance"),
            "cause": ("a burst pipe", "a lack of staff", "a strike", "a fire in the hall"),
        },
    ),
    Incident(
        "technology",
        (
            "{company} presented the {product} in {place} on {day}.",
            "On {day} {company} showed the new {product} in {place}.",
        ),
        (
            "It costs {money} dollars and has a warranty of {hours} months.",
            "The price is {money} dollars, with {hours} months of warranty.",
        ),
        (
            "Sales start in {month}.",
            "It will be sold from {month} on.",
        ),
        (
            "{person} had designed it in {years} years of work.",
            "The model before sold {n} thousand times.",
            "Testers praised its {part}.",
        ),
        (
            "{company} showed the {product}, which costs {money} dollars, has {hours} months of "
            "warranty and will be sold from {month}.",
        ),
        {"part": ("quality", "look", "weight", "colours", "speed")},
    ),
    Incident(
        "technology",
        (
            "A fault in the {product} was reported by {person} on {day}.",
            "{person} reported a fault in the {product} on {day}.",
        ),
        (
            "It {fault} after {minutes} minutes.",
            "After {minutes} minutes it {fault}.",
        ),
        (
            "{company} promised an update within {days} days.",
            "{company} apologized and offered a refund of {money} dollars.",
            "{company} asked owners to send it in.",
        ),
        (
            "About {n} owners are affected.",
            "A shop in {place} stopped the sale.",
            "The problem was first seen in {place2}.",
        ),
        (
            "{person} reported that the {product} {fault} after {minutes} minutes.",
            "The {product} {fault} after {minutes} minutes, {person} reported.",
        ),
        {"fault": ("gets hot", "switches off", "starts to smoke", "makes a loud noise")},
    ),
    Incident(
        "wildlife",
        (
            "A {animal} was seen near {place} on {day}.",
            "On {day} {person2} saw a {animal} near {place}.",
        ),
        (
            "It had escaped from {owner}.",
            "It came from {owner}.",
        ),
        (
            "Ranger {person} caught it after {hours} hours.",
            "After {hours} hours ranger {person} managed to catch it.",
        ),
        (
            "It had eaten {n} apples.",
            "Traffic to {place2} had to wait.",
            "It had a sensor from {company} on its leg.",
            "Nobody was hurt.",
        ),
        (
            "Ranger {person} caught a {animal} near {place} that had escaped from {owner}.",
            "A {animal} from {owner} was caught near {place} by ranger {person}.",
        ),
        {
            "animal": ("camel", "wolf", "zebra", "snake", "kangaroo", "parrot"),
            "owner": ("a zoo", "a circus", "a private garden", "a farm"),
        },
    ),
    Incident(
        "safety",
        (
            "A fire broke out in the {site} of {company} in {place}.",
            "In {place} the {site} of {company} caught fire.",
        ),
        (
            "It was caused by a {product}.",
            "A {product} had caused it.",
        ),
        (
            "{n} workers were led out by {person}.",
            "{person} led {n} workers out of the building.",
        ),
        (
            "The road to {place2} was closed for {hours} hours.",
            "The alarm rang on {day} morning.",
            "The damage is {money} thousand dollars.",
        ),
        (
            "A {product} caused a fire in the {site} of {company} in {place}, and {person} led "
            "{n} workers out.",
        ),
        {"site": ("factory", "warehouse", "kitchen", "laboratory", "office")},
    ),
)
