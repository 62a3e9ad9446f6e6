"""Calls to banks."""

from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

LOST_CARD = Scenario(
    topic="lost bank card",
    trouble=True,
    facts={
        "product": "Gold card|Travel card|Student card|Family card|Classic card|Debit card",
        "spot": "on a bus|at a market|in a taxi|at a gym|on a beach|in a restaurant|on a ferry"
        " + near|in|on the way to + {place}",
    },
    problem=(
        "I lost my {product} {spot}. Please block it.",
        "My {product} is gone. I think I left it {spot}.",
        "Somebody has stolen my {product} {spot}!",
        "I can't find my {product}. I must have lost it {spot}.",
        "I need help, my {product} was stolen {spot}.",
    ),
    requests=(
        "has lost a {product} {spot}",
        "reports that a {product} disappeared {spot}",
        "is missing a {product} after losing it {spot}",
    ),
    clarify=(
        ("When did you last use it?", "[This morning|Yesterday|An hour ago]."),
        ("Does anybody else know the code?", "No, nobody."),
    ),
    resolutions=(
        Resolution(offer="block it and mail {you} a new one for {amount}"),
        Resolution(offer="block it now and keep a new one ready at the counter from {day}"),
        Resolution(
            reason="{amount2} was spent with it today", offer="open a fraud case, number {code}"
        ),
        Resolution(offer="block it for good", choice="search at home first"),
    ),
)

UNKNOWN_CHARGE = Scenario(
    topic="unknown payment",
    trouble=True,
    facts={
        "shop": "gas station|jewelry store|casino|shoe shop|restaurant|pharmacy|bookshop|garage",
        "relative": "brother|sister|son|daughter|cousin|uncle|aunt",
    },
    problem=(
        "There is a payment of {amount2} to a {shop} in {place} that I didn't make.",
        "Somebody paid {amount2} in {place} with my account, at a {shop}.",
        "I don't recognize {amount2} on my statement. It says a {shop} in {place}.",
        "My account shows {amount2} for a {shop} in {place}. I was never there.",
        "Who took {amount2} from my account? I have never seen that {shop} in {place}.",
    ),
    requests=(
        "did not make a payment of {amount2} to a {shop} in {place}",
        "finds an unknown payment of {amount2} to a {shop} in {place}",
        "asks about {amount2} that somebody paid at a {shop} in {place}",
    ),
    clarify=(
        ("Could it be a member of your family?", "No, I have asked everyone."),
        ("Have you given your card to anybody?", "No, it's always with me."),
    ),
    resolutions=(
        Resolution(offer="return the money to {your} account by {due}"),
        Resolution(
            reason="a police report is needed first", offer="freeze the account until {date}"
        ),
        Resolution(reason="the payment was made with the right secret code"),
        Resolution(offer="start an investigation", choice="ask {my} {relative} about it first"),
    ),
)

LOAN = Scenario(
    topic="loan request",
    facts={
        "purpose": "new|bigger|second-hand + kitchen|car|boat|roof|food truck|piano|greenhouse",
    },
    problem=(
        "I would like to borrow {amount2} for a {purpose}.",
        "I need a loan of {amount2}. It's for a {purpose}.",
        "Could your bank lend me {amount2}? It would be for a {purpose}.",
        "For a {purpose} I need {amount2}. Can I get a loan?",
        "I want to ask about a loan. I need {amount2} for a {purpose}.",
    ),
    requests=(
        "wants to borrow {amount2} for a {purpose}",
        "asks {company} for a loan of {amount2} to pay for a {purpose}",
        "needs {amount2} for a {purpose}",
    ),
    clarify=(
        ("Do you have a steady job?", "Yes, I have been at the same place for {some} years."),
        ("How fast would you pay it back?", "In {some} years, I hope."),
    ),
    resolutions=(
        Resolution(offer="lend {you} the money at {amount} a month"),
        Resolution(reason="the income on file is too low"),
        Resolution(
            reason="that is too much for a first loan", offer="lend {you} half of it from {date}"
        ),
        Resolution(offer="arrange a talk with the adviser {colleague} on {day} at {time}"),
        Resolution(
            reason="the rate has gone up to {term} percent", choice="save up for it instead"
        ),
    ),
)

ACCOUNT_FEE = Scenario(
    topic="account fee",
    facts={
        "product": "Plus account|Smart account|Basic account|Premium account|Junior account",
    },
    problem=(
        "Why do I pay {amount} a month for my {product} now?",
        "My {product} used to be free, and now you take {amount} a month.",
        "I'm not happy with the fee of {amount} for my {product}.",
        "You have raised the fee of my {product} to {amount}. I don't like that.",
        "I was charged {amount} for my {product}. Can that be changed?",
    ),
    requests=(
        "is unhappy with a fee of {amount} for a {product}",
        "complains that a {product} costs {amount}",
        "does not want to pay {amount} for a {product}",
    ),
    clarify=(
        ("Does your salary go to this account?", "[Yes, every month.|No, not any more.]"),
        ("How long have you been with us?", "For {some} years."),
    ),
    resolutions=(
        Resolution(offer="waive the fee for {term} months"),
        Resolution(reason="every customer has to pay the same fee"),
        Resolution(
            reason="this kind of account is never free",
            offer="move {you} to an online account on {date}",
        ),
        Resolution(reason="the fee can't be lowered", choice="close the account by {date}"),
    ),
)

DOUBLE_TRANSFER = Scenario(
    topic="double transfer",
    trouble=True,
    facts={
        "payee": "landlord|dentist|tax adviser|electrician|mechanic|music teacher|plumber|tailor"
    },
    problem=(
        "I sent {amount2} to my {payee}, {colleague}, twice by mistake.",
        "My transfer of {amount2} to {colleague}, my {payee}, went out two times.",
        "I clicked twice, and now {colleague}, my {payee}, got {amount2} two times.",
        "Can you stop a transfer? I paid my {payee} {colleague} {amount2} twice.",
        "There are two transfers of {amount2} to my {payee} {colleague}, but I wanted one.",
    ),
    requests=(
        "sent {amount2} to a {payee} named {colleague} twice by mistake",
        "wants to undo a double transfer of {amount2} to a {payee} named {colleague}",
        "has paid the {payee} {colleague} {amount2} two times instead of once",
    ),
    clarify=(
        ("Did you use the app?", "Yes, it froze for a moment."),
        ("When did you send it?", "[This morning.|Last night.|An hour ago.]"),
    ),
    resolutions=(
        Resolution(offer="stop the second one before {clock}"),
        Resolution(
            reason="the money has already left the bank",
            offer="ask the other bank to send it back by {due}",
        ),
        Resolution(reason="a transfer can't be called back"),
        Resolution(
            offer="call it back for a charge of {amount}",
            choice="settle it with the {payee} in person",
        ),
    ),
)

ADVISER = Scenario(
    topic="meeting with an adviser",
    facts={
        "matter": "a pension plan|buying an apartment|savings|an inheritance|a student loan|"
        "a trust fund|life insurance|gold coins|a mortgage",
    },
    problem=(
        "I would like to talk to somebody about {matter}, in the branch in {place}.",
        "Can I have an appointment in {place}? It's about {matter}.",
        "I need advice on {matter}. I live near the branch in {place}.",
        "Is there an adviser for {matter} in {place}?",
        "I'd like to come to the {place} branch to talk about {matter}.",
    ),
    requests=(
        "would like to see an adviser in {place} about {matter}",
        "wants advice on {matter} at the branch in {place}",
        "asks for an appointment in {place} to talk about {matter}",
    ),
    clarify=(
        ("Do you prefer mornings or afternoons?", "[I don't mind.|It depends on the day.]"),
        ("Have you talked to us about that before?", "No, it's the first time."),
    ),
    resolutions=(
        Resolution(offer="book {you} in with {colleague} on {day} at {time}"),
        Resolution(
            reason="that branch has closed for good",
            offer="find {you} a place in {place2} on {date}",
        ),
        Resolution(
            reason="nobody is free there this month",
            offer="arrange a video call on {day} at {time}",
        ),
        Resolution(
            offer="have somebody phone {you} at home", choice="wait for a meeting in person"
        ),
    ),
)

BANK = Domain(
    name="bank",
    companies=("Bank", "Savings Bank", "Trust"),
    desk="customer service",
    reference="customer number",
    places=("town",),
    products="Plus account|Gold card",
    scenarios=(LOST_CARD, UNKNOWN_CHARGE, LOAN, ACCOUNT_FEE, DOUBLE_TRANSFER, ADVISER),
)
