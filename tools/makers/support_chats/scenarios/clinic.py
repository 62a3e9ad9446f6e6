"""Calls to clinics."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

APPOINTMENT = Scenario(
    topic="doctor's appointment",
    facts={
        "symptom": "dull|sharp|burning|throbbing|constant|stabbing + pain in the + left|right"
        " + knee|shoulder|ankle|ear|hip|wrist|elbow|heel",
    },
    problem=(
        "I've had a {symptom} since last week. Could Doctor {colleague} see me?",
        "I need an appointment with Doctor {colleague}. I have a {symptom}.",
        "Can Doctor {colleague} have a look at me? I have a {symptom}.",
        "I would like to see Doctor {colleague} because of a {symptom}.",
        "Does Doctor {colleague} have time this week? It's about a {symptom}.",
    ),
    requests=(
        "would like to see Doctor {colleague} about a {symptom}",
        "asks whether Doctor {colleague} has time to check a {symptom}",
        "wants Doctor {colleague} to treat a {symptom}",
    ),
    clarify=(
        ("Do you have a fever?", "[No, I don't think so.|Yes, a little.]"),
        ("Have you been here before?", "Yes, [once|last year|many times]."),
    ),
    resolutions=(
        Resolution(offer="reserve an appointment on {day} at {time}"),
        Resolution(offer="squeeze {you} in today between two other patients"),
        Resolution(
            reason="the doctor is on leave until {date}",
            offer="have a nurse phone {you} at {time}",
        ),
        Resolution(reason="the doctor is fully booked for the next {term} weeks"),
        Resolution(
            offer="find {you} a place in {term} weeks",
            choice="go to the hospital in {place} right away",
        ),
    ),
)

PRESCRIPTION = Scenario(
    topic="prescription",
    facts={
        "product": "eye ointment|nasal spray|cough syrup|skin cream|foot powder|muscle gel"
        "|body lotion",
    },
    problem=(
        "I need a new prescription for {product}, sent to the pharmacy in {place}.",
        "Could you prescribe {product} again? My pharmacy is the one in {place}.",
        "I'm running out of {product}. I always get it at the pharmacy in {place}.",
        "Can the pharmacy in {place} get another prescription for {product}?",
        "My {product} is almost finished, and the pharmacy in {place} wants a prescription.",
    ),
    requests=(
        "needs a new prescription for {product} at the pharmacy in {place}",
        "asks for more {product} from the pharmacy in {place}",
        "wants the pharmacy in {place} to get a prescription for {product}",
    ),
    clarify=(
        ("How often do you use it?", "[Twice|Three times] a day."),
        ("Do you have any side effects?", "No, [none|nothing so far]."),
    ),
    resolutions=(
        Resolution(offer="send the prescription there by {clock}"),
        Resolution(
            reason="the product is out of stock there",
            offer="have a courier from {place2} deliver it",
        ),
        Resolution(
            reason="a new examination has to come first",
            offer="arrange a checkup with {colleague} on {day}",
        ),
        Resolution(reason="the product was taken off the market {term} months ago"),
        Resolution(
            offer="prescribe a cheaper product with the same effect",
            choice="ask {my} pharmacist about that first",
        ),
    ),
)

TEST_RESULTS = Scenario(
    topic="test results",
    facts={
        "test": "second|yearly|routine|follow-up + blood test|allergy test|heart scan|eye test"
        "|hearing test|lung scan|skin test|bone scan",
        "birthday": "May 4, 1961|June 17, 1974|March 9, 1988|October 30, 1992|July 22, 2001",
    },
    problem=(
        "I had a {test} on {date}. Are the results there?",
        "I'm waiting for the results of my {test} on {date}.",
        "You did a {test} with me on {date}, but I have heard nothing since.",
        "Could you tell me how my {test} on {date} went?",
        "I'm calling about my {test} on {date}. Do you have the results?",
    ),
    requests=(
        "would like the results of a {test} on {date}",
        "wants to know how a {test} on {date} went",
        "has heard nothing about a {test} done on {date}",
    ),
    clarify=(
        ("Which doctor did you see?", "[The young one with glasses.|The one on the first floor.]"),
        ("What is your date of birth?", "It's {birthday}."),
    ),
    resolutions=(
        Resolution(news="all values are within the healthy range"),
        Resolution(offer="mail a printed report to {your} address in {place}"),
        Resolution(
            reason="the laboratory needs more time",
            offer="phone {you} with the findings on {due}",
        ),
        Resolution(
            reason="the data were erased by mistake",
            offer="repeat the whole procedure on {day} at {time}",
        ),
        Resolution(
            offer="read out the numbers right now",
            choice="hear everything from Doctor {colleague} in person",
        ),
    ),
)

MOVE_APPOINTMENT = Scenario(
    topic="new appointment time",
    facts={
        "visit": "first|second|third|final + checkup|massage|eye exam|hearing test|vaccination"
        "|therapy session|dental cleaning",
    },
    problem=(
        "I have a {visit} with {colleague} on {date}, but I have to work then.",
        "I can't come to my {visit} with {colleague} on {date}.",
        "Could I move my {visit} with {colleague}? I'm away on {date}.",
        "My {visit} with {colleague} is on {date}. Is there another time?",
        "I should see {colleague} on {date} for a {visit}, but I have no babysitter.",
    ),
    requests=(
        "cannot come to a {visit} with {colleague} on {date}",
        "wants to move a {visit} with {colleague} that is set for {date}",
        "has to reschedule a {visit} with {colleague} planned for {date}",
    ),
    clarify=(
        ("Is there a day that suits you best?", "[Not really.|Any day next week.]"),
        ("Is it urgent?", "[No, it can wait.|A bit, yes.]"),
    ),
    resolutions=(
        Resolution(offer="move it to {day} at {time}"),
        Resolution(
            reason="the calendar is full for the next {term} weeks",
            offer="put {you} on the waiting list",
        ),
        Resolution(reason="changes must be requested {term} days in advance"),
        Resolution(
            reason="no other time is free at this clinic",
            offer="book a room at the branch in {place}",
        ),
        Resolution(
            offer="postpone the visit by {term} weeks",
            choice="keep the original date after all",
        ),
    ),
)

CLINIC_BILL = Scenario(
    topic="medical bill",
    trouble=True,
    facts={
        "service": "X-ray of|scan of|bandage for|injection into|splint for + the + left|right"
        " + wrist|ankle|knee|elbow|foot|shoulder",
    },
    problem=(
        "I got a bill of {amount2} for a {service}. My insurance should pay that.",
        "Why do I have to pay {amount2} for a {service}?",
        "You charged me {amount2} for a {service}, although I'm insured.",
        "I don't understand this bill. It says {amount2} for a {service}.",
        "I think {amount2} is far too much for a {service}. Please check my bill.",
    ),
    requests=(
        "complains about a bill of {amount2} for a {service}",
        "does not understand why a {service} costs {amount2}",
        "thinks that a charge of {amount2} for a {service} is wrong",
    ),
    clarify=(
        ("What date is on the bill?", "{date}."),
        ("Has your insurance changed?", "[No, it's the same.|Not that I know.]"),
    ),
    resolutions=(
        Resolution(offer="forward the claim to {your} insurance company"),
        Resolution(offer="take {amount} off as a sign of goodwill"),
        Resolution(
            reason="the insurance has refused to cover it",
            offer="allow monthly payments of {amount}",
        ),
        Resolution(news="the bill was meant for another patient and is canceled"),
        Resolution(
            reason="such a treatment is never covered",
            choice="let the lawyer {colleague} look at the papers",
        ),
    ),
)

CLINIC = Domain(
    name="clinic",
    companies=("Clinic", "Practice"),
    desk="reception",
    reference="patient number",
    places=("town",),
    products="ointment",
    scenarios=(APPOINTMENT, PRESCRIPTION, TEST_RESULTS, MOVE_APPOINTMENT, CLINIC_BILL),
)
