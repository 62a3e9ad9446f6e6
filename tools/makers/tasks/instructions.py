"""Instruction templates: how a row of each task becomes a prompt and an answer."""

from random import Random

TASK_TEMPLATES = {
    "rating": (
        "How many stars does this review give?\n\n{text}\n\nStars:",
        "Rate the following review from 1 to 5.\n\n{text}\n\nRating:",
        "{text}\n\nOn a scale from 1 to 5, how happy is the writer?",
        "Read the review and guess the number of stars.\n\nReview: {text}\n\nStars:",
        "What star rating belongs to the following review?\n\n{text}",
        "Review: {text}\n\nPredict the rating of this review (1 to 5):",
    ),
    "entities": (
        "List the named entities of the following text.\n\n{text}\n\nEntities:",
        "Which people, companies, products and places are named here?\n\n{text}\n\nEntities:",
        "{text}\n\nName all entities in the text above with their type.",
        "Find the named entities.\n\nText: {text}\n\nEntities:",
        "What are the entities in the following text?\n\n{text}\n\nAnswer:",
        "Extract every person, company, product and place.\n\n{text}\n\nEntities:",
    ),
    "java_to_cs": (
        "Translate the following Java code to C#.\n\n{java}\n\nC#:",
        "Rewrite this Java code in C#:\n\n{java}",
        "Java: {java}\n\nC#:",
        "What is the C# version of the following Java code?\n\n{java}\n\nAnswer:",
        "Convert from Java to C#.\n\n{java}\n\nResult:",
        "{java}\n\nTranslate the Java code above to C#.",
    ),
    "cs_to_java": (
        "Translate the following C# code to Java.\n\n{cs}\n\nJava:",
        "Rewrite this C# code in Java:\n\n{cs}",
        "C#: {cs}\n\nJava:",
        "What is the Java version of the following C# code?\n\n{cs}\n\nAnswer:",
        "Convert from C# to Java.\n\n{cs}\n\nResult:",
        "{cs}\n\nTranslate the C# code above to Java.",
    ),
    "topic": (
        "What is the topic of the following text?\n\n{text}\n\nTopic:",
        "What is this text about?\n\n{text}\n\nTopic:",
        "{text}\n\nName the topic of the text above.",
        "Choose a topic for the following text.\n\n{text}\n\nTopic:",
        "Text: {text}\n\nTopic of the text:",
        "Tell me in a word or two what this is about.\n\n{text}\n\nAnswer:",
    ),
    "summary": (
        "Summarize the following report.\n\n{text}\n\nSummary:",
        "Summarize the following text.\n\n{text}\n\nSummary:",
        "Summarize the following article.\n\n{text}\n\nSummary:",
        "Summarize the following story.\n\n{text}\n\nSummary:",
        "Summarize the following message.\n\n{text}\n\nSummary:",
        "What is the summary of the following report?\n\n{text}\n\nSummary:",
        "Write a short summary of this report.\n\n{text}\n\nSummary:",
        "{text}\n\nSummarize the text above.",
        "Report: {text}\n\nWhat happened, in short?",
        "Here is a report.\n\n{text}\n\nWhat is its summary?",
        "Briefly summarize what follows.\n\n{text}\n\nSummary:",
    ),
    "conversation": (
        "Summarize the following conversation.\n\n{text}\n\nSummary:",
        "Summarize the following dialogue.\n\n{text}\n\nSummary:",
        "{text}\n\nWhat was that dialogue about?",
        "Dialogue:\n{text}\n\nWrite a brief summary of the dialogue above.",
        "Here is a dialogue.\n\n{text}\n\nWhat is its summary?",
        "Briefly summarize what the two people say.\n\n{text}\n\nSummary:",
    ),
    "question": (
        "Answer a question about a conversation.\n\n{text}\n\nQuestion: {question}",
        "Question: {question}\n\n{text}\n\nAnswer:",
        "{text}\n\n{question}",
        "{question}\n\n{text}",
        "Read this dialogue and answer.\n\n{text}\n\n{question}\nAnswer:",
        "Dialogue: {text}\n\nQuestion: {question}\nAnswer:",
    ),
}
# What is asked about a support chat: who speaks, what was said word for word, or a fact that the
# chat has one of.
CHAT_QUESTIONS = {
    "customer": ("Which person is the customer?", "Who is the one with a request?"),
    "offer": ("What can the agent do? Quote it.", "Quote what the agent offers."),
    "reason": ("Why is something not possible? Quote it.", "Quote the reason for the no."),
    "choice": ("What does the customer do instead? Quote it.", "Quote the customer's choice."),
    "news": ("What does the agent know? Quote it.", "Quote what the agent tells."),
    "name": ("What is the name of the customer?", "What is the customer called?"),
    "colleague": ("Which other person is named?", "What is the name of the other person?"),
    "company": ("Which company is contacted?", "What is the name of the company?"),
    "product": ("Which product is it about?", "Which product does the customer name?"),
    "place": ("Which place is named?", "Which place is it about?"),
    "day": ("Which day is it in the end?", "Which day of the week is named last?"),
    "time": ("Which time is it in the end?", "Which time of the day is named last?"),
    "date": ("Which date is it in the end?", "Which date is named last?"),
    "amount": ("How much money is it in the end?", "Which amount is named last?"),
    "smaller": ("How much is the smaller amount?", "What is the smaller sum?"),
    "larger": ("How much is the larger amount?", "What is the larger sum?"),
    "number": ("Which number does the customer give?", "What is the customer's number?"),
    "code": ("Which number does the agent give?", "What number does the customer get?"),
}
ANSWERS = {
    "rating": "label",
    "entities": "entities",
    "java_to_cs": "cs",
    "cs_to_java": "java",
    "topic": "topic",
    "summary": "summary",
    "conversation": "summary",
    "question": "answer",
}


def prompt(task: str, row: dict, rng: Random) -> tuple[str, str]:
    """Return (prompt, answer) of one row of `task`, in a template drawn with `rng`."""
    if task == "code":
        task = rng.choice(("java_to_cs", "cs_to_java"))
    return rng.choice(TASK_TEMPLATES[task]).format(**row), str(row[ANSWERS[task]])
