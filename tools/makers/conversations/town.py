"""Talks at a market stall or in a small shop, and at a library desk or in a study group."""

from tools.makers.conversations.script import setting

SHOP = setting(
    "shop",
    """
ask What can I do for you?
ask Are you looking for something special?
== buying a second-hand thing
kind want
slot thing = [copper|oak|glass|blue|round|tall|antique] [kettle|lamp|mirror|chair|clock|vase|chest]
do buy [that|the|this] {thing}
do [see|have] the {thing} in the window
why @A's {kin} {first} [collects them|broke the old one|gets married on {date}]
slot kin = [uncle|aunt|brother|sister|neighbour]
why @A be* furnishing a [room|house] in {place}
A? How much is it? >> It's {amount}. >> it costs {amount}
A? How old is it? >> About {tens} years. >> it is about {tens} years old
A? Where does it come from? >> From a [farm|house] in {place2}. >> it comes from {place2}
A? How tall is it? >> {count} centimeters. >> it is {count} centimeters tall
yes @B will [pack it|clean it|bring it to {street}] [on {day}|]
yes @A can have it for {price}
slot price = amount
no it is reserved for {full} until {day2}
else @B have* a [similar|smaller|nicer] one for {price}
quiz thing: What is the talk about?
quiz amount: What does it cost at first?
quiz tens: About how many years old is it?
quiz place2: Where does it come from?
quiz count: How many centimeters tall is it?
quiz price: Which price does @B offer?
quiz full: For whom is it reserved?
correct amount tens count
== fruit at the market
kind want
slot fruit = [red|sweet|ripe|green|small|cooking] [apples|pears|plums|grapes|cherries|tomatoes]
do buy {few} kilos of {fruit}
do get {few} kilos of {fruit} for a [cake|salad|jam]
why @A [cook*|bake*] for {count} people on {day}
why {first} [loves them|is coming from {place}]
A? What does a kilo cost? >> {price}. >> a kilo costs {price}
slot price = coins
A? Where are they from? >> From {place2}, near the [river|lake]. >> they come from {place2}
A? How long do they keep? >> {few2} days in a cool place. >> they keep for {few2} days
slot time = noon
A? Until when are you here? >> Until {time}. >> @B be* there until {time}
yes @A get* {few3} more for free
yes @A should eat them [before {day2}|within {few4} days]
no the last ones went to {cafe}
else the {fruit2} are [cheaper|fresher|sweeter] today
slot fruit2 = [yellow|late|wild|dark] [peaches|apricots|figs|melons|berries]
quiz fruit: What does @A want to buy?
quiz few: How many kilos does @A want?
quiz price: What does a kilo cost?
quiz place2: Where do they come from?
quiz time: Until when is @B there?
quiz few2: How many days do they keep?
correct price time
== a repair
kind ask
slot thing = [bike|watch|violin|pair of boots|coat|umbrella|accordion]
do repair @A's {thing} [by {day}|by {date}|before {day}]
do have a look at @A's {thing}
why @A want* to use it in {place} [on {date2}|]
why @A fell [on the stairs|in {street}] and it [broke|got damaged]
A? What will it cost? >> Around {amount}. >> it will cost around {amount}
A? How long will it take? >> {few} days. >> it will take {few} days
B? Where did you get it? >> At {shop}, for {price}. >> @A bought it at {shop} for {price}
slot price = amount
slot time = evening
A? When do you close? >> At {time}. >> @B close* at {time}
yes @B need* a new part from {place2}
yes @A must leave {small} today
no @B have* {count} other things to repair [first|this week]
no the part is no longer made
else {full} in {place3} could do it [by {day2}|for {price2}]
slot price2 = amount
later @B have* to [open it first|look for the part|ask {first}]
quiz thing: What does @A bring?
quiz amount: What will it cost?
quiz few: How many days will it take?
quiz shop: Where did @A buy it?
quiz time: When does @B close?
correct amount few
== a birthday cake
kind want
slot cake = [chocolate|carrot|lemon|nut|cherry|coffee|almond] cake
do order a {cake} for [{first}|{count} people]
do order a {cake} [for {day}|for {date}]
why {first} [turns|will be] {age}
why {first} passed the exam in {place}
slot age = age
slot time = working
A? What does it cost? >> {small}, with the writing. >> it costs {small}
A? When can I fetch it? >> At {time}. >> @A can fetch it at {time}
B? What shall I write on it? >> The name {first2}. >> the name {first2} should be on it
B? How big should it be? >> For {count2} people. >> it is for {count2} people
slot count2 = count
yes @B can bring it to {street} [for {small2}|]
yes @B will add {few} [candles|sugar flowers|marzipan stars]
no the oven is broken until {date2}
no @B be* closed [on {day2}|until {date2}]
else @B can make a [smaller|flat|simple] one [by {time2}|for {small3}]
quiz cake: What does @A order?
quiz small: What does the cake cost?
quiz time: When can @A fetch it?
quiz first2: Which name should be on it?
quiz count2: For how many people is it?
correct small time
== a product with a fault price
kind want
do buy the {product} [on the shelf|in the corner]
do try the {product} [before paying|here]
why {first} has one and [loves it|uses it every day]
why @A's old one [broke|stopped working] on {day}
A? What does it cost? >> {amount}. >> it costs {amount}
A? Is there anything wrong with it? >> It has a scratch of {few} centimeters. >> it has a scratch of
 {few} centimeters
A? How heavy is it? >> {count} pounds. >> it weighs {count} pounds
A? Who made it? >> A small firm in {place}. >> it was made in {place}
yes @A can bring it back until {date}
yes @B will carry it to the [car|bus stop|bike]
yes @A can have it for {price}
slot price = amount
no {full} paid for it [yesterday|on {day2}]
else @B can get a new one from {place2} by {day3}
quiz product: What does @A want?
quiz amount: What does it cost at first?
quiz few: How many centimeters is the scratch?
quiz count: How many pounds does it weigh?
quiz place: Where was it made?
quiz date: Until when can @A bring it back?
correct amount count
""",
)

LIBRARY = setting(
    "library",
    """
ask You look a bit lost.
ask Back so soon?
== finding a book
kind query
slot subject = [bees|volcanoes|old maps|bridges|sea birds|clocks|mushrooms|castles]
do where the books [about|on] {subject} are
do whether there is a book about {subject} by {full}
why @A be* writing {few} pages about them
why {first} [needs|wants] one for a talk on {date}
B? Is it for children? >> Yes, for {first2}, who is {age}. >> it is for {first2}, who is {age}
 years old
slot age = few
B? When do you need it? >> Before {day}. >> @A need* it before {day}
A? How long can I keep it? >> {few2} weeks. >> @A can keep it for {few2} weeks
answer it is on floor {floor}, shelf {tens}
slot floor = few
answer [someone|{full2}] has it until {date2}
answer it is in the reading room, shelf {tens}
no the shelves were moved [on {day2}|last week]
no @B be* new here
advise [ask|write to] {full3} in room {hundreds}
advise [try|look in] the library in {place}
quiz subject: What are the books about?
quiz tens: On which shelf is it?
quiz day: Before which day does @A need it?
quiz few2: How many weeks can @A keep it?
quiz first2: Who is the book for?
quiz full3: Whom should @A ask?
quiz place: Which library does @B advise?
correct few2 tens
== keeping a book longer
kind permit
do keep the {subject} book [until {date}|for {few} more days]
slot subject = [history|cook|poetry|garden|travel|chess]
do bring the {subject} book back on {day} instead
why @A have* only read {pages} pages [so far|]
slot pages = count
why @A left it [in {place}|at {first}'s|in the train to {place}]
B? What is the number of your card? >> {hundreds}. >> the number of @A's card is {hundreds}
B? When was it due? >> On {date2}. >> it was due on {date2}
A? Do I have to pay? >> Yes, {small}. >> @A have* to pay {small}
slot time = morning
A? When do you open? >> At {time}. >> @B open* at {time}
yes it is the last time
yes @A must [sign here|bring it to {street}]
no {full} has asked for it
no {count} people are waiting for it
so @A will [read faster|copy a few pages|bring it today]
else @A could [copy {few2} pages|read it here on {day2}]
later @B have* to ask {first2} first
quiz subject: Which kind of book is it?
quiz hundreds: What is the number of @A's card?
quiz date2: When was it due?
quiz small: How much does @A have to pay?
quiz time: When does @B open?
quiz full: Who has asked for it?
correct small time
== study group
kind propose
slot subject = [maths|chemistry|law|history|Latin|physics]
do [study|practise] {subject} together [on {day}|on {date}]
do [form|start] a {subject} group with {first}
why the exam is on {date2}
why @A got only {count} points [in {month}|last time]
B? Where would we meet? >> At {cafe}. >> @W would meet at {cafe}
B? What time suits you? >> {time}. >> {time} suits @Am
B? How many chapters are there? >> {few}, and the last one is hard. >> there are {few} chapters
B? Who else is in it? >> {first2} and {first3}. >> {first2} and {first3} are in it too
then A? What will you prepare? >> Chapter {few2}. >> @B will prepare chapter {few2}
yes @B will bring [cards|the old tests|coffee|the big book]
yes @B can only stay for {tens} minutes
else @W could [talk by phone|write to each other] at {time2}
quiz subject: What does @A want to study?
quiz cafe: Where would they meet?
quiz time: What time suits @Am?
quiz few: How many chapters are there?
quiz date2: When is the exam?
quiz few2: Which chapter will @B prepare?
correct few date2
move day time
== borrowing notes
kind permit
do copy @B's notes [from {day}|on chapter {few}|from the last {few2} lessons]
do [borrow|photograph] @B's notes [until {time}|until {day2}]
why @A [missed the talk|was* ill] [in {month}|last week]
why @A spilled [tea|soup|ink] over {count} pages in {cafe}
B? When is your exam? >> On {date}. >> @A's exam is on {date}
B? Did {first} not have them? >> No, {first} lost them in {place}. >> {first} lost the notes in
 {place}
A? How many pages are there? >> {pages}, on both sides. >> there are {pages} pages
slot pages = count
yes @A must bring them back at {time2}
yes @A must [explain|show] {few3} tasks to @Bm
yes @B will send them tonight
else @W could go through them together at {cafe2}
quiz date: When is the exam?
quiz first: Who lost the notes?
quiz place: Where were the notes lost?
quiz pages: How many pages are there?
quiz time2: When must @A bring them back?
correct pages date
== reading evening
kind tell
do {full} [reads|will read] here on {date}
do the library [opens late|shows old films|sells old books] on {date}
why {first} wrote [to|about] the town of {place} [in {month}|]
why @W [sold|gave away] {count} [tickets|chairs] [last year|]
B? When does it start? >> At {time}. >> it starts at {time}
B? What does it cost? >> {small}, and tea is free. >> it costs {small}
B? How many seats are there? >> {tens}. >> there are {tens} seats
B? In which room? >> In room {hundreds}. >> it is in room {hundreds}
offer [bring|bake] {few} [cakes|pies] for the break
offer [put up|hand out] {count2} notes in {street}
slot count2 = count
advise [ask|invite] {first2} from {place2} too
advise [print|sell] the tickets before {day}
react @B will come with {first3}
react @B [read*|know*] all the books of that author
quiz time: When does it start?
quiz small: What does it cost?
quiz tens: How many seats are there?
quiz hundreds: In which room is it?
quiz date: When is the event?
correct time small tens hundreds
""",
)
SETTINGS = (SHOP, LIBRARY)
