"""Conversations with banks."""

from scenarios.base import Domain, Resolution, Scenario

LOST_CARD = Scenario(
    topic="lost bank card",
    trouble=True,
    facts={
        "product": "Gold card|Travel card|Student card|Family card|Classic card|Debit card",
        "spot": "on the bus|at the market|in a taxi|at the gym|on the beach|in a restaurant",
    },
    problem=(
        "I lost my {product} {spot}. Please block it.",
        "My {product} is gone. I think I left it {spot}.",
        "Somebody has stolen my {product} {spot}!",
        "I can't find my {product}. I had it {spot} in {place}.",
        "I need help, my {product} was stolen {spot}.",
    ),
    clarify=(
        ("When did you last use it?", "[This morning|Yesterday|An hour ago] in {place}."),
        ("Does anybody else know the code?", "No, nobody."),
    ),
    summaries=(
        "{C} has lost a {product} {spot}. {A} {does}.",
        "{C} tells {company} that a {product} disappeared {spot} and {gets}.",
        "{result}. The {product} of {C} had gone missing {spot}.",
    ),
    resolutions=(
        Resolution(
            offer="block it and mail you a new one for {amount}",
            does="blocks it and mails a new one for {amount}",
            gets="has it blocked and pays {amount} for a new one",
            result="the card is blocked, and a new one is mailed for {amount}",
        ),
        Resolution(
            offer="block it now and have a new one ready for you on {day}",
            does="blocks it and has a new one ready on {day}",
            gets="can collect a new one on {day}",
            result="the card is blocked at once, and a new one is ready on {day}",
        ),
        Resolution(
            reason="{amount2} was spent with it today",
            offer="block it and open a fraud case",
            does="blocks it and opens a fraud case over {amount2}",
            gets="hears that {amount2} was spent, which leads to a fraud case",
            result="the card is blocked, and the {amount2} spent becomes a fraud case",
        ),
        Resolution(
            offer="block it for good",
            choice="I want to search at home first.",
            does="offers to block it, but the customer will search at home first",
            gets="wants to search at home before having it blocked",
            result="before the card is blocked, a search at home comes first",
        ),
    ),
)

UNKNOWN_CHARGE = Scenario(
    topic="unknown payment",
    trouble=True,
    facts={
        "shop": "a gas station|a jewelry store|a casino|a shoe shop|a restaurant|a pharmacy",
        "relative": "brother|sister|son|daughter|cousin",
    },
    problem=(
        "There is a payment of {amount2} to {shop} in {place} that I didn't make.",
        "Somebody paid {amount2} in {place} with my account, at {shop}.",
        "I don't recognize {amount2} on my statement. It says {shop} in {place}.",
        "My account shows {amount2} for {shop} in {place}. I was never there.",
        "Who took {amount2} from my account? I have never seen {shop} in {place}.",
    ),
    clarify=(
        ("On which date was that?", "On {date}."),
        ("Could it be a member of your family?", "No, I have asked everyone."),
    ),
    summaries=(
        "{C} did not make a payment of {amount2} in {place}. {A} {does}.",
        "{C} finds an unknown payment of {amount2} from {place} and {gets}.",
        "{result}. {C} had never been at {shop} in {place} where {amount2} was spent.",
    ),
    resolutions=(
        Resolution(
            offer="return the money while we look into it",
            does="returns the money during an investigation",
            gets="receives the money while the bank investigates",
            result="the money is returned, and the bank investigates",
        ),
        Resolution(
            reason="we need a report from the police first",
            offer="block the account until then",
            does="blocks the account and asks for a police report",
            gets="has to go to the police while the account is blocked",
            result="the account is blocked until a police report is made",
        ),
        Resolution(
            reason="the payment was made with your code",
            does="refuses to help because the code was used",
            gets="is refused help, as the right code was used",
            result="the bank won't pay, since the right code was entered",
        ),
        Resolution(
            offer="open a case for you",
            choice="I will ask my {relative} first, who has my card sometimes.",
            does="offers to open a case, but a {relative} will be asked first",
            gets="will ask a {relative} before a case is opened",
            result="before a case is opened, a {relative} will be asked",
        ),
    ),
)
LOAN = Scenario(
    topic="loan request",
    facts={
        "purpose": "a new kitchen|a used car|a boat|a wedding|a new roof|a food truck",
        "sum": "$4,000|$6,000|$8,000|$9,500|$12,000|$15,000|$18,000|$20,000",
    },
    problem=(
        "I would like to borrow {sum} for {purpose}.",
        "I need a loan of {sum}. It's for {purpose}.",
        "Could your bank lend me {sum}? It would be for {purpose}.",
        "For {purpose} I need {sum}. Can I get a loan?",
        "I want to ask about a loan. I need {sum} for {purpose}.",
    ),
    clarify=(
        ("Do you have a steady job?", "Yes, I have been working in {place} for {some} years."),
        ("How fast would you pay it back?", "In {some} years, I hope."),
    ),
    summaries=(
        "{C} wants to borrow {sum} for {purpose}. {A} {does}.",
        "{C} asks {company} for {sum} to pay for {purpose} and {gets}.",
        "{result}. {C} had applied for {sum} to finance {purpose}.",
    ),
    resolutions=(
        Resolution(
            offer="prepare the contract for a monthly rate of {amount2}",
            does="agrees at a monthly rate of {amount2}",
            gets="will pay it back at {amount2} a month",
            result="the loan is granted at {amount2} a month",
        ),
        Resolution(
            reason="your income is not high enough",
            does="refuses because of a low income",
            gets="is turned down because the income is too low",
            result="the bank says no, as the income is too low",
        ),
        Resolution(
            reason="that is too much for a first loan",
            offer="lend you half of it",
            does="is only willing to lend half of it",
            gets="accepts half of it as a first loan",
            result="only half of the sum is granted",
        ),
        Resolution(
            reason="I can't decide that alone",
            offer="make an appointment with our adviser on {day} at {time}",
            does="makes an appointment with an adviser on {day} at {time}",
            gets="will see an adviser on {day} at {time}",
            result="an adviser will discuss it on {day} at {time}",
        ),
    ),
)

ACCOUNT_FEE = Scenario(
    topic="account fee",
    facts={
        "product": "Plus account|Smart account|Basic account|Premium account|Junior account",
        "fee": "$3|$4|$5|$6|$7|$9|$12|$14|$15|$16",
    },
    problem=(
        "Why do I pay {fee} a month for my {product} now?",
        "My {product} used to be free, and now you take {fee} a month.",
        "I'm not happy with the fee of {fee} for my {product}.",
        "You have raised the fee of the {product} to {fee}. I don't like that.",
        "I was charged {fee} for the {product}. Can that be changed?",
    ),
    clarify=(
        ("Does your salary go to this account?", "[Yes, every month.|No, not any more.]"),
        ("How long have you been with us?", "For {some} years."),
    ),
    summaries=(
        "{C} is unhappy with a fee of {fee} for the {product}. {A} {does}.",
        "{C} complains to {company} that the {product} costs {fee} and {gets}.",
        "{result}. {C} had objected to paying {fee} for a {product}.",
    ),
    resolutions=(
        Resolution(
            offer="waive the fee for {term} months",
            does="waives the fee for {term} months",
            gets="need not pay for {term} months",
            result="for {term} months there will be no fee",
        ),
        Resolution(
            reason="the fee is the same for everyone",
            does="says that everyone has to pay it",
            gets="is told that everyone pays the same",
            result="there are no exceptions to the fee",
        ),
        Resolution(
            offer="move you to a free online account",
            does="switches the customer to a free online account",
            gets="changes to an online account without a fee",
            result="a switch to a free online account is agreed",
        ),
        Resolution(
            reason="I can't lower it",
            choice="I will close the account and go to another bank.",
            does="can't lower it, and the customer will change banks",
            gets="is leaving for another bank because it can't be lowered",
            result="since it can't be lowered, the account will be closed",
        ),
    ),
)

DOUBLE_TRANSFER = Scenario(
    topic="double transfer",
    trouble=True,
    facts={"payee": "landlord|dentist|tax adviser|electrician|mechanic|music teacher|plumber"},
    problem=(
        "I sent {amount2} to my {payee} twice by mistake.",
        "My transfer of {amount2} to my {payee} went out two times.",
        "I clicked twice, and now my {payee} got {amount2} two times.",
        "Can you stop a transfer? I paid my {payee} {amount2} twice.",
        "There are two transfers of {amount2} to my {payee}, but I only wanted one.",
    ),
    clarify=(
        ("Did you use the app?", "Yes, it froze for a moment."),
        ("When did you send it?", "[This morning.|Last night.|An hour ago.]"),
    ),
    summaries=(
        "{C} transferred {amount2} to a {payee} twice by mistake. {A} {does}.",
        "{C} wants to undo a double transfer of {amount2} to a {payee} and {gets}.",
        "{result}. {C} had sent the {payee} {amount2} once too often.",
    ),
    resolutions=(
        Resolution(
            offer="stop the second one",
            does="stops the second payment",
            gets="has the second payment stopped in time",
            result="the bank is able to stop the second payment",
        ),
        Resolution(
            reason="the money has left the bank",
            offer="ask the other bank to send it back by {due}",
            does="will ask the other bank to return it by {due}",
            gets="has to wait for the other bank until {due}",
            result="the other bank is asked to return the money by {due}",
        ),
        Resolution(
            reason="a transfer can't be called back",
            does="explains that transfers can't be called back",
            gets="is told that it can't be undone",
            result="the bank is not able to call a transfer back",
        ),
        Resolution(
            offer="call it back for {amount}",
            choice="I will ask for the money myself, that's free.",
            does="wants {amount} to call it back, which is declined",
            gets="prefers asking for the money in person to a recall for {amount}",
            result="a recall for {amount} is declined in favor of asking in person",
        ),
    ),
)

ADVISER = Scenario(
    topic="meeting with an adviser",
    facts={
        "matter": "a pension plan|buying an apartment|savings|an inheritance|a student loan",
    },
    problem=(
        "I would like to talk to somebody about {matter}, in the branch in {place}.",
        "Can I have an appointment in {place}? It's about {matter}.",
        "I need advice on {matter}. I live near the branch in {place}.",
        "Is there an adviser for {matter} in {place}?",
        "I'd like to come to the {place} branch to talk about {matter}.",
    ),
    clarify=(
        ("Do you prefer mornings or afternoons?", "[I don't mind.|It depends on the day.]"),
        ("Have you talked to us about that before?", "No, it's the first time."),
    ),
    summaries=(
        "{C} would like to see an adviser in {place} about {matter}. {A} {does}.",
        "{C} wants advice on {matter} at the branch in {place} and {gets}.",
        "{result}. {C} had asked for a talk about {matter} at the {place} branch.",
    ),
    resolutions=(
        Resolution(
            offer="book you in for {day} at {time}",
            does="gives an appointment on {day} at {time}",
            gets="is booked in for {day} at {time}",
            result="they agree on {day} at {time}",
        ),
        Resolution(
            reason="that branch has closed",
            offer="give you an appointment in {place2} on {day}",
            does="suggests {place2} on {day}, as that branch has closed",
            gets="will go to {place2} on {day} because that branch has closed",
            result="since the branch is closed, the meeting is in {place2} on {day}",
        ),
        Resolution(
            reason="there is nothing free this month",
            offer="arrange a video call on {day} at {time}",
            does="arranges a video call on {day} at {time} instead",
            gets="settles for a video call on {day} at {time}",
            result="nothing is free, so a video call follows on {day} at {time}",
        ),
        Resolution(
            offer="arrange a video call",
            choice="I prefer to wait until there is a free place.",
            does="only has a video call, and the customer prefers to wait",
            gets="would rather wait than have a video call",
            result="a video call is not wanted, even if that means waiting",
        ),
    ),
)

BANK = Domain(
    name="bank",
    companies=("Bank", "Savings Bank", "Trust"),
    desk="customer service",
    reference="customer number",
    places=("town", "city"),
    products="Plus account",
    scenarios=(LOST_CARD, UNKNOWN_CHARGE, LOAN, ACCOUNT_FEE, DOUBLE_TRANSFER, ADVISER),
)
