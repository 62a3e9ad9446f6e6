"""Conversations with clinics."""

from scenarios.base import Domain, Resolution, Scenario

APPOINTMENT = Scenario(
    topic="doctor's appointment",
    facts={
        "symptom": "a sore throat|back pain|a skin rash|an earache|a bad cough|a swollen knee"
        "|a stiff neck|stomach pain|a headache|a toothache",
    },
    problem=(
        "I've had {symptom} for {few} days. Could I see a doctor?",
        "I need an appointment. I have {symptom} and it's getting worse.",
        "Can somebody look at me? I have {symptom}.",
        "I would like to come in because of {symptom}.",
        "Is there a free appointment this week? It's about {symptom}.",
    ),
    clarify=(
        ("Do you have a fever?", "[No, I don't think so.|Yes, a little.]"),
        ("Have you been here before?", "Yes, [once|last year|many times]."),
    ),
    summaries=(
        "{C} has {symptom} and would like to see a doctor. {A} {does}.",
        "{C} calls {company} because of {symptom} and {gets}.",
        "{result}. {C} had asked to be seen on account of {symptom}.",
    ),
    resolutions=(
        Resolution(
            offer="give you an appointment on {day} at {time}",
            does="gives an appointment on {day} at {time}",
            gets="may come on {day} at {time}",
            result="the visit is set for {day} at {time}",
        ),
        Resolution(
            reason="we are full this week",
            offer="have a nurse call you on {day}",
            does="has nothing this week but lets a nurse call on {day}",
            gets="will be called by a nurse on {day}, as the week is full",
            result="the week is full, but a nurse is going to call on {day}",
        ),
        Resolution(
            reason="we don't take new cases at the moment",
            offer="give you the number of a clinic in {place}",
            does="can only recommend a clinic in {place}",
            gets="is sent to a clinic in {place}",
            result="a clinic in {place} is recommended instead",
        ),
        Resolution(
            offer="book you in for {date}",
            choice="I can't wait that long, I will go to the hospital.",
            does="offers {date}, which is too late for the patient",
            gets="goes to the hospital rather than wait until {date}",
            result="{date} is too far away, so it will be the hospital",
        ),
    ),
)

PRESCRIPTION = Scenario(
    topic="prescription",
    facts={
        "product": "ointment|spray|syrup|cream|powder|gel|lotion",
    },
    problem=(
        "I need a new prescription for my {product}.",
        "My {product} is almost finished. Could the doctor prescribe it again?",
        "Could I get more {product}? I need it every day.",
        "I'm running out of {product}. Can you write a prescription?",
        "I have been using {product} for {few} years, and I need some more.",
    ),
    clarify=(
        ("How often do you use it?", "[Twice|Three times] a day."),
        ("Do you have any side effects?", "No, [none|nothing so far]."),
    ),
    summaries=(
        "{C} needs a new prescription for {product}. {A} {does}.",
        "{C} asks {company} for more {product} and {gets}.",
        "{result}. {C} had called because the {product} is running out.",
    ),
    resolutions=(
        Resolution(
            offer="have it ready for you on {day}",
            does="will have it ready on {day}",
            gets="can pick it up on {day}",
            result="the prescription will be ready on {day}",
        ),
        Resolution(
            offer="send it to the pharmacy in {place}",
            does="sends it to the pharmacy in {place}",
            gets="can go to the pharmacy in {place} for it",
            result="the pharmacy in {place} will receive the prescription",
        ),
        Resolution(
            reason="the doctor has to examine you first",
            offer="book you in for {day} at {time}",
            does="requires an examination on {day} at {time}",
            gets="has to be examined first, on {day} at {time}",
            result="an examination on {day} at {time} must come first",
        ),
        Resolution(
            reason="that product is no longer sold",
            does="says that it is no longer sold",
            gets="hears that it is not sold any more",
            result="the product has been taken off the market",
        ),
    ),
)

TEST_RESULTS = Scenario(
    topic="test results",
    facts={
        "test": "blood test|allergy test|X-ray|eye test|hearing test|heart scan|skin test",
        "birthday": "May 4, 1961|June 17, 1974|March 9, 1988|October 30, 1992|July 22, 2001",
    },
    problem=(
        "I had a {test} on {date}. Are the results there?",
        "I'm waiting for the results of my {test}.",
        "You did a {test} with me on {date}, and I have heard nothing since.",
        "Could you tell me how my {test} went?",
        "I'm calling about my {test}. Do you have the results?",
    ),
    clarify=(
        ("Which doctor did you see?", "[The young one with glasses.|The one on the first floor.]"),
        ("What is your date of birth?", "It's {birthday}."),
    ),
    summaries=(
        "{C} would like the results of a {test}. {A} {does}.",
        "{C} wants to know how a {test} went and {gets}.",
        "{result}. {C} had asked {company} about a {test}.",
    ),
    resolutions=(
        Resolution(
            news="All is fine, and I will send you the report.",
            does="says that all is fine and will send a report",
            gets="learns that all is fine, with a report to follow",
            result="the results are good, and a report will be sent",
        ),
        Resolution(
            reason="the laboratory is not ready",
            offer="call you on {due}",
            does="will call on {due}, as the laboratory is not ready",
            gets="will be called on {due} when the laboratory is ready",
            result="the laboratory needs more time, and a call will follow on {due}",
        ),
        Resolution(
            reason="I may not discuss results on the phone",
            offer="let you see the doctor on {day} at {time}",
            does="won't discuss it by phone and sets a visit for {day} at {time}",
            gets="must see the doctor on {day} at {time} to learn more",
            result="only the doctor can discuss the results, on {day} at {time}",
        ),
        Resolution(
            reason="the sample got lost",
            offer="repeat the test on {day}",
            does="has to repeat it on {day} because the sample got lost",
            gets="has to come again on {day}, as the sample was lost",
            result="the sample is lost, so it is repeated on {day}",
        ),
    ),
)

MOVE_APPOINTMENT = Scenario(
    topic="new appointment time",
    facts={
        "visit": "a checkup|a vaccination|physiotherapy|a dental cleaning|an eye exam",
        "why": "I have to work|I have no babysitter|I'm away|I have another meeting",
    },
    problem=(
        "I have an appointment for {visit} on {date}, but {why} then.",
        "I can't come to {visit} on {date}, because {why}.",
        "Could I move my appointment for {visit}? On {date} {why}.",
        "I'm supposed to come in for {visit} on {date}. Unfortunately {why}.",
        "About {visit} on {date}: {why} that day. Is there another time?",
    ),
    clarify=(
        ("Is there a day that suits you best?", "[Not really.|Any day next week.]"),
        ("Is it urgent?", "[No, it can wait.|A bit, yes.]"),
    ),
    summaries=(
        "{C} can't come to {visit} on {date}. {A} {does}.",
        "{C} needs another time for {visit} than {date} and {gets}.",
        "{result}. {C} had been unable to keep an appointment on {date} for {visit}.",
    ),
    resolutions=(
        Resolution(
            offer="move it to {day} at {time}",
            does="moves it to {day} at {time}",
            gets="will come on {day} at {time}",
            result="the new time is {day} at {time}",
        ),
        Resolution(
            reason="we have nothing else for {term} weeks",
            offer="call you if somebody cancels",
            does="has nothing for {term} weeks but will call if somebody cancels",
            gets="hopes for a gap, as all is full for {term} weeks",
            result="all is full for {term} weeks, unless somebody cancels",
        ),
        Resolution(
            reason="we charge {amount} for a late change",
            offer="move it to {day}",
            does="charges {amount} and moves it to {day}",
            gets="pays {amount} for a change to {day}",
            result="for {amount} the visit is moved to {day}",
        ),
        Resolution(
            offer="give you a place in {term} weeks",
            choice="I will come as planned and ask for help at home.",
            does="has a place in {term} weeks, but nothing is changed",
            gets="keeps the old time rather than wait {term} weeks",
            result="the old time is kept, as the next one is {term} weeks away",
        ),
    ),
)

CLINIC_BILL = Scenario(
    topic="medical bill",
    trouble=True,
    facts={"service": "a blood test|a bandage|an X-ray|a consultation|a vaccination|an injection"},
    problem=(
        "I got a bill of {amount2} for {service}. I thought my insurance pays that.",
        "Why do I have to pay {amount2} for {service}?",
        "You sent me a bill for {service}, {amount2}. I'm insured.",
        "I don't understand this bill. It's {amount2} for {service}.",
        "There must be a mistake in my bill: {amount2} for {service}.",
    ),
    clarify=(
        ("What date is on the bill?", "{date}."),
        ("Has your insurance changed?", "[No, it's the same.|Not that I know.]"),
    ),
    summaries=(
        "{C} wonders about a bill of {amount2} for {service}. {A} {does}.",
        "{C} does not see why {service} costs {amount2} and {gets}.",
        "{result}. {C} had received a bill of {amount2} for {service}.",
    ),
    resolutions=(
        Resolution(
            offer="send it to your insurance",
            does="sends it to the insurance",
            gets="can leave the payment to the insurance",
            result="the bill goes to the insurance",
        ),
        Resolution(
            reason="your insurance refused to pay",
            offer="let you pay {amount} a month",
            does="says that the insurance refused but accepts {amount} a month",
            gets="pays {amount} a month because the insurance refused",
            result="the insurance refused, so {amount} is due every month",
        ),
        Resolution(
            news="That is our mistake. It was meant for someone else, and I will cancel it.",
            does="cancels it, as it was meant for someone else",
            gets="need not pay a bill that was meant for someone else",
            result="the bill was meant for someone else and is canceled",
        ),
        Resolution(
            reason="that service is never covered",
            choice="I will complain to my insurance.",
            does="says it is not covered, so the insurance will hear a complaint",
            gets="will complain to the insurance because it is not covered",
            result="the service is not covered, and the insurance will hear a complaint",
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
