"""What people say in every support conversation, whatever it is about.

The notation is that of `scenarios/base.py`.
"""

AGENT_OPENS = (
    "{company}, good {daytime}. How can I help you?",
    "Thank you for [calling|contacting] {company}. What can I do for you?",
    "Good {daytime}, this is the {desk} of {company}. How may I help?",
    "Hello, you are through to {company}. How can I help [you|you today]?",
    "Welcome to {company}. What can I do for you today?",
    "Good {daytime}, {company} {desk}. What can we do for you?",
)
CUSTOMER_OPENS = (
    "Hello, is this {company}?",
    "Good {daytime}, have I reached {company}?",
    "Hi, is that the {desk} of {company}?",
    "Hello, am I talking to {company}?",
    "Hi there, is this the right number for {company}?",
)
AGENT_ANSWERS = (
    "Yes, that's right. How can I help you?",
    "Yes, good {daytime}. What can I do for you?",
    "That's right, hello. What is it about?",
    "Yes, hello. How may I help?",
    "Yes, you have come to the right place. What do you need?",
)
CUSTOMER_WRITES = (
    "Hi {company}.",
    "Hello {company} team.",
    "Good {daytime}, {company}.",
    "Hi, I have a question for {company}.",
    "Hello, I hope {company} can help me.",
)
CUSTOMER_GREETS = ("Hi.", "Hello.", "Good {daytime}.", "Hello there.", "Hi there.", "Yes, hello.")
INTRODUCES = (
    "This is {name}.",
    "My name is {name}.",
    "{name} here.",
    "I'm {name}.",
    "{name} is my name.",
)
CORRECTS = (
    "Sorry, I mean {new}, not {old}.",
    "No, wait, it's {new}, not {old}.",
    "Did I say {old}? I meant {new}.",
    "{old}? No, that's wrong, it's {new}.",
)
IS_SORRY = (
    "I'm sorry to hear that.",
    "Oh, I'm sorry about that.",
    "I'm sorry for the trouble.",
    "Oh dear, let me help you with that.",
    "That sounds annoying, I'm sorry.",
    "I see, that's unpleasant.",
)
WILL_LOOK = (
    "Let me see what I can do.",
    "Let me look into that.",
    "I'll see what is possible.",
    "I will gladly take a look.",
    "Let's see.",
    "I see.",
)
ASKS_REFERENCE = (
    "Could you give me your {reference}?",
    "What is your {reference}, please?",
    "May I have your {reference}?",
    "I need your {reference} first.",
    "Can you tell me the {reference}?",
    "Do you have the {reference} at hand?",
)
GIVES_REFERENCE = (
    "It's {number}.",
    "[Sure|Of course|Certainly], {number}.",
    "Yes, the number is {number}.",
    "One second. It is {number}.",
    "Here it is: {number}.",
    "{number}.",
)
ASKS_NAME = (
    "May I have your name?",
    "Could you tell me your name, please?",
    "What is your name?",
    "Who am I speaking to?",
    "Can I have your full name?",
)
GIVES_NAME = (
    "It's {name}.",
    "My name is {name}.",
    "[Sure|Of course], {name}.",
    "{name}.",
    "I'm {name}.",
)
ASKS_BOTH = (
    "Could I have your name and {reference}?",
    "What are your name and {reference}, please?",
    "I need your name and your {reference}.",
    "Please give me your name and {reference}.",
    "May I ask for your name and {reference}?",
)
GIVES_BOTH = (
    "{name}, and the number is {number}.",
    "My name is {name}, number {number}.",
    "[Sure|Of course], {name}, {number}.",
    "It's {number}, under the name {name}.",
    "I'm {name} and the number is {number}.",
)
FINDS = (
    "Thank you.",
    "Thanks, I have found it.",
    "Thank you, I see it here.",
    "Great, I have it on my screen.",
    "Thanks for that.",
    "Thank you, here it is.",
)
FINDS_NAMED = ("Thank you, {first}.", "Thanks, {first}.", "Thank you, {first}, I have found it.")
HOLDS = (
    ("One moment, please.", "Sure."),
    ("Let me check that. It may take a minute.", "Take your time."),
    ("Could you hold on for a second?", "Yes, of course."),
    ("Give me a moment to check.", "All right."),
    ("Let me ask a colleague.", "Okay, I'll wait."),
)
HOLD_ENDS = ("Thanks for waiting.", "Right.", "There we are.", "Good, here we go.", "All right.")
OFFERS = (
    "I can {offer}.",
    "What I can do is {offer}.",
    "I could {offer}, if you like.",
    "We can {offer}. Would that help?",
    "Shall I {offer}?",
    "It would be possible to {offer}.",
    "I can {offer}. Is that all right?",
)
REFUSES = (
    "I'm afraid {reason}.",
    "Unfortunately, {reason}.",
    "Sadly, {reason}.",
    "I have to disappoint you: {reason}.",
    "The difficulty is that {reason}.",
)
OFFERS_LESS = (
    "But I can {offer}.",
    "What I can do is {offer}.",
    "However, I could {offer}.",
    "All I can do is {offer}.",
    "I can {offer}, though.",
)
ACCEPTS = (
    "Yes, please do that.",
    "That would be great.",
    "That works for me.",
    "Okay, let's do it like that.",
    "Perfect, I'm happy with that.",
    "Good, I agree.",
    "Yes, that sounds fair.",
)
ACCEPTS_LESS = (
    "Well, that is better than nothing.",
    "All right, I can live with that.",
    "Okay, I'll take that.",
    "Fine, let's do that then.",
    "It's not ideal, but yes, please.",
)
CHANGES_MIND = (
    "Yes. Oh wait, could we make it {new} instead?",
    "{old}? Hmm, {new} would be better for me.",
    "Sorry, {old} doesn't suit me. Is {new} possible?",
    "Fine. Actually, {new} suits me better.",
    "Let me check my calendar. No, it has to be {new}.",
    "On second thoughts, I'd prefer {new}.",
)
AGREES_TO_CHANGE = (
    "No problem, {new} it is.",
    "Of course, I have changed it to {new}.",
    "Yes, {new} is fine too.",
    "Sure, then we'll say {new}.",
    "{new} is possible as well. It's done.",
)
TELLS = (
    "I can tell you that {news}.",
    "According to my screen, {news}.",
    "Yes, I see that {news}.",
    "I have checked it: {news}.",
    "As far as I can see, {news}.",
)
HEARS_NEWS = (
    "That's good to know.",
    "Okay, that helps.",
    "Good, that's what I wanted to hear.",
    "Oh, that's a relief.",
    "Wonderful.",
)
DECLINES = (
    "No, thank you. I'd rather {choice}.",
    "Hmm, no. I will {choice}.",
    "That's kind, but I prefer to {choice}.",
    "I don't think so. I'd like to {choice}.",
    "Thanks, but I would rather {choice}.",
)
DECIDES = (
    "I see. Then I will {choice}.",
    "In that case, I'd rather {choice}.",
    "Then I prefer to {choice}.",
    "That's a pity. I will {choice}.",
    "Well, then I'd like to {choice}.",
)
RESPECTS = (
    "All right, as you wish.",
    "I understand. I have made a note of it.",
    "Of course, that is up to you.",
    "No problem, it's your decision.",
    "Okay, I have noted that.",
)
INSISTS = (
    "Is there really nothing you can do?",
    "Isn't there any other way?",
    "Are you sure about that?",
    "Could you look again, please?",
    "But that's really important for me.",
    "That can't be your last word.",
)
STAYS_FIRM = (
    "I'm afraid not.",
    "Not that I know of, I'm sorry.",
    "Yes, I have checked it twice.",
    "I have, and it says the same.",
    "I know, and I'm very sorry.",
)
LOOKS_AGAIN = (
    "Let me think.",
    "One moment, I'll ask a colleague.",
    "Wait, there may be another way.",
    "Let me see what else there is.",
    "I understand.",
)
GIVES_IN = (
    "That's disappointing, but I understand.",
    "Well, there is nothing to be done then.",
    "I'm not happy about it, but okay.",
    "What a pity. All right.",
    "Oh. I had hoped for a better answer.",
)
CONFIRMS = (
    "Good, it's all arranged.",
    "Great, I have put that in the system.",
    "Done.",
    "Good, you will get an email about it.",
    "Fine, I'll take care of it.",
)
ASKS_MORE = (
    "Is there anything else?",
    "Can I do anything else for you?",
    "Do you have any other questions?",
    "Is there anything else I can help with?",
)
THANKS = (
    "No, that's all. [Thank you|Thanks].",
    "No, thank you for your help.",
    "That was everything, thanks.",
    "No, you have been very helpful.",
    "Nothing else, thank you.",
)
HAS_MORE = (
    "Yes, there is one more thing.",
    "Yes, something else.",
    "Actually, yes.",
    "One more question, please.",
    "Yes, I also have another matter.",
)
THANKS_DIRECTLY = (
    "Thank you for your help.",
    "Thanks a lot.",
    "Great, thank you.",
    "Many thanks.",
    "Thank you, that was quick.",
)
COOL_THANKS = (
    "No, that's all.",
    "No. Goodbye.",
    "No, that was my only question.",
    "No, thanks anyway.",
    "Not today.",
)
CLOSES = (
    "You're welcome. [Goodbye|Bye].",
    "My pleasure. Have a nice {daypart}.",
    "Thank you for contacting {company}.",
    "Goodbye and have a good {daypart}.",
    "Glad I could help. Bye.",
)
COOL_CLOSES = (
    "Goodbye.",
    "I'm sorry again. Have a nice {daypart}.",
    "Thank you for your understanding.",
    "Thank you for contacting {company}.",
    "Goodbye and thank you for your patience.",
)
