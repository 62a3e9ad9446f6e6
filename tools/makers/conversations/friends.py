"""Talks of two friends, and of two members of a family."""

from tools.makers.conversations.script import setting

FRIENDS = setting(
    "friends",
    """
ask What are you up to these days?
ask What are you smiling about?
== birthday party
kind propose
slot gift = [a blue|a red|a second-hand|a wooden|a small] [bike bell|teapot|guitar|board game|kite]
do throw a [surprise|garden|birthday] party for {first} [on {day}|on {date}]
do celebrate {first}'s birthday at {cafe} on {day}
why {first} [turns|will be] {age} [next week|this month]
why {first} had [such a hard|a rather lonely|a very busy] {month}
slot age = age
slot guests = count
B? Where would it be? >> At {cafe} in {place}. >> the party will be at {cafe} in {place}
B? How many people [are coming|will come]? >> About {guests}. >> about {guests} people will come
B? When does it start? >> At {time}. >> it starts at {time}
B? What are we giving {first}? >> I thought of {gift}. >> @A think* of {gift} as a present
then B? What should I bring? >> Just {food}. >> @B will bring {food}
then A? Can you buy the present? >> Sure, if it costs less than {small}. >> the present must cost
 less than {small}
slot food = [a carrot|an apple|a chocolate|a cherry|a lemon] [cake|pie|tart]
yes @B will bake {food}
yes @B will bring [candles|balloons|paper lamps|paper flowers] from {shop}
yes @B can [write to|call] the guests [tonight|on {day2}]
else @W could [have a picnic|go bowling|have breakfast] in {place2} instead
else @W could wait until {date2} and have a bigger party
quiz first: Whose birthday is it?
quiz time: When does the party start?
quiz cafe: Where is the party?
quiz guests: How many people will come?
quiz food: What will @B bring?
quiz day: On which day is the party?
quiz gift: What present does @A think of?
correct time guests
move day time
== concert tickets
kind propose
do go to the {band} concert in {place} on {date}
do [see|hear] {band} play in {place} on {day}
slot band = [brass|street|folk|jazz] [band|choir|trio|quartet]
slot hall = street
why @A won two tickets [on the radio|at work|in a quiz]
why @A have* wanted to [hear|see] them [for {few} years|since {month}]
B? What does a ticket cost? >> {price} [each|per person]. >> a ticket costs {price}
B? What time does it [start|begin]? >> At {time}. >> the concert starts at {time}
B? Where exactly is it? >> At {hall}. >> the concert is at {hall}
then B? How do we get there? >> By [train|bus]. It leaves at {time2}. >> @W will leave at {time2}
then A? Where do we meet? >> In front of {cafe}. >> @W will meet in front of {cafe}
yes @B will [buy the tickets|pay for the train|book the seats]
yes @B have* to be home by [midnight|{time3}]
no @B can't stand [loud music|crowds|standing for hours]
no the tickets are too [expensive|dear] for @Bm this month
else @W could listen to {first2} at {cafe} for only {small}
slot price = small
quiz price: What does a ticket cost?
quiz time: When does the concert start?
quiz hall: Where is the concert?
quiz place: In which town is the concert?
quiz time2: When will they leave?
quiz date: What is the date of the concert?
correct price time
move date day
== borrowing a tent
kind permit
slot thing = [two-person tent|green tent|camping stove|big backpack|sleeping bag|rubber boat]
do borrow @B's {thing} [for {few} days|from {day} to {day3}|in {month}]
why @A want* to [hike|camp|cycle] [near|around] {place} with {first}
why @A's own one [got torn|was stolen|got lost] in {place2}
B? Where are you going? >> To {place}. >> @A be* going to {place}
B? When do you need it? >> I leave on {date}. >> @A leave* on {date}
B? Who is coming with you? >> My [cousin|sister|old friend] {first}. >> {first} will come along
A? Is it heavy? >> It weighs about {few2} kilos. >> the {thing} weighs about {few2} kilos
yes @A must [dry it well|clean it|bring it back] before {day2}
yes @B will bring it to @A's house at {time}
yes one [strap|pole|zip] is [broken|missing]
else @B can [lend @Am a smaller one|ask {helper9} for another one]
quiz place: Where is @A going?
quiz thing: What does @A want to borrow?
quiz first: Who goes with @A?
quiz date: When does @A leave?
quiz few2: How many kilos does it weigh?
correct date few2
== lost ring
kind problem
slot thing = [silver|gold|green|red|thin|woollen] [ring|scarf|bracelet|purse|glove]
do @A [can't find|have* lost] @A's {thing}
why @A [took it off|put it down] [at {cafe}|on the beach in {place}|in the train to {place}]
why there was a hole in @A's [bag|coat pocket|jacket]
B? When did you last have it? >> On {day}, at about {time}. >> @A last had it on {day} at {time}
B? Is it worth much? >> About {amount}, but it was my {relative2}'s. >> it is worth about {amount}
slot relative2 = [grandmother|aunt|mother|uncle|father]
B? Where were you last? >> At {shop}, with {first}. >> @A was* at {shop} with {first}
advise [ask at|call|go back to] {shop2} [tomorrow|before {time2}]
advise put up a [note|notice] [in {street}|at the station in {place2}]
advise [call|ask] {first2}, who finds everything
offer [search|look through] the [car|garden|bag] with @Am [on {day2}|tonight]
offer ask [{first2}|the people at {shop2}] about it
quiz thing: What is missing?
quiz amount: What is it worth?
quiz day: On which day did @A last have it?
quiz shop: Where was @A last?
quiz time: At what time did @A last have it?
quiz first2: Who might help?
correct day amount
== moving away
kind tell
do @A be* moving to {place} [in {month}|on {date}]
do @A found a [small|bright|cheap|big] flat in {place}
why @A got a job [in a {work}|with {first}] there
why the rent here [rose|went up] by {amount} a month
slot work = [bakery|library|school|hospital|cinema|flower shop|small museum]
B? What does the new flat cost? >> {amount2} a month. >> the new flat costs {amount2} a month
slot amount2 = amount
B? When do you [leave|go]? >> On {date}. >> @A leave* on {date}
B? How big is it? >> It has {few} rooms and a [balcony|garden]. >> the flat has {few} rooms
offer [pack boxes with @Am|drive the van|paint the walls] on {day}
offer lend @Am [{count} boxes|a van|a trolley]
advise [sell|give away] the old [sofa|piano|wardrobe] [first|before {date2}]
advise hire a van [from {first2}|for {amount3}]
slot amount3 = amount
react @B will miss @Am [a lot|every {day}]
react @B was* born [in {place}|near {place}] and [love*|know*] it well
react @B will visit @Am in {month2}
quiz place: Where is @A moving to?
quiz date: When does @A leave?
quiz amount2: What does the new flat cost a month?
quiz few: How many rooms does the flat have?
quiz day: When can @B help?
correct amount2 date
== a lift to the station
kind ask
slot stop = [the station|the bus stop|the ferry|the airport]
do drive @Am to {stop} in {place} on {day}
do give @Am a lift to {stop} [tomorrow|on {day}|on {date}]
why @A's car [broke down|won't start|is at the garage] [again|]
why [the bus|the tram] doesn't [run|stop here] [on {day2}|this week]
B? When does it leave? >> At {time}. >> @A must be there before {time}
B? Where are you travelling to? >> To {place2}, to see {first}. >> @A be* travelling to {place2}
 to see {first}
B? How much luggage do you have? >> {few} [bags|suitcases]. >> @A have* {few} bags
then A? When will you [come|be here]? >> I'll be at your door at {time2}. >> @B will come at {time2}
then B? Where shall I pick you up? >> In front of {cafe}. >> @B will pick @Am up at {cafe}
yes @A must [help with the petrol|pay {small} for petrol]
yes @B can also pick @Am up on {day3}
else @B can lend @Am @B's [bike|car|scooter]
else @B's {relative} [drives|goes] there at {time3} and has a free seat
quiz time: When does it leave?
quiz place2: Where is @A travelling to?
quiz first: Whom does @A want to see?
quiz few: How many bags does @A have?
quiz time2: When will @B come?
correct few
move time2
correct time
""",
)

FAMILY = setting(
    "family",
    """
ask What are you doing in the kitchen?
ask Why are you still up?
== Sunday lunch
kind propose
slot dish = [roast chicken|mushroom|pumpkin|fish|lentil|potato] [soup|pie|stew|curry]
do have [lunch|dinner] [at home|with {first}|at {cafe}] on {day}
do cook {dish} for {first} [on {day}|on {date}]
why {first} is coming [from|back from] {place}
slot time = noon
slot time2 = morning
slot time3 = evening
why @W haven't [sat|eaten] together [for {few} weeks|since {month}]
B? At what time? >> At {time}. >> @W would eat at {time}
B? How many of us will there be? >> {guests}, with the children. >> {guests} people will be there
slot guests = few
B? What will we eat? >> {dish}, I think. >> @A want* to make {dish}
then A? Can you buy the [vegetables|bread]? >> Yes, at {shop2} for {small}. >> @B will do the
 shopping for {small}
slot shop2 = [the market|the corner shop] in {place2}
then B? Who fetches {first}? >> I will, at {time2}. >> @A will fetch {first} at {time2}
yes @B will [set the table|peel the potatoes|make a salad|bring {dish2}]
slot dish2 = [apple|plum|nut|cheese] [cake|tart]
yes @B have* to leave at {time3}
else @W could [grill in the garden|have a picnic in {place2}] on {day2}
quiz time: At what time does @A want to eat?
quiz guests: How many people will there be?
quiz dish: What does @A want to cook?
quiz first: Who is invited?
quiz place: Where does the guest come from?
correct guests
move time day
== pocket money
kind ask
slot thing = [skateboard|drum kit|telescope|mountain bike|pair of boots|terrarium]
do give @Am {small} more pocket money a month
do lend @Am {amount} until {date9}
do pay half of a {thing}
why @A want* to [buy|save for] a {thing}
why everybody in @A's [class|team] [gets more|has one]
B? How much does it cost? >> {amount2} at {shop}. >> the {thing} costs {amount2} at {shop}
slot amount2 = amount
B? How much have you saved? >> {amount3} so far. >> @A have* saved {amount3}
slot amount3 = amount
B? When do you need the money? >> By {date}. >> @A need* the money by {date}
yes @A must [wash the car|mow the lawn|walk the dog] every {day}
yes @A must pay it back in {few} months
no @A spent {small2} on [sweets|comics|games] [last week|in {month}]
no @B bought @Am [new shoes|a coat|a lamp] for {small2} [on {day3}|this week]
else @A could earn it by [cleaning|painting] the [cellar|garage|fence] for {first}
else @A could [sell|swap] the old {thing2}
slot thing2 = [scooter|guitar|aquarium|doll's house|train set]
quiz amount2: What does the {thing} cost?
quiz amount3: How much has @A saved?
quiz date: When does @A need the money?
quiz shop: Where is the {thing} sold?
quiz day: On which day must @A work for it?
correct amount2 amount3
== looking after the dog
kind ask
slot pet = [dog|cat|rabbit|parrot|tortoise|puppy]
do look after the {pet} from {day} to {day2}
do feed the {pet} [while @A be* in {place}|on {day}]
why @A be* [going|flying] to {place} for {few} days
why @A have* an operation on {date}
B? What does it eat? >> {count} grams of [dry food|carrots|oats|seeds] a day. >> it eats {count}
 grams
 of food a day
slot count = tens
B? What is its name? >> {first}. >> the {pet} is called {first}
B? When do you come back? >> On {date2}. >> @A come* back on {date2}
slot time = evening
A? Could you start at {time}? >> Yes, after work. >> @B can start at {time}
then A? Can I bring it over? >> Yes, on {day} at {time2}. >> @A will bring the {pet} at {time2}
yes @A must leave the key [with {first2}|under the pot]
yes @B will take it to {place2} [by car|] once
else @B's {relative} loves animals and could take the {pet}
quiz pet: Which animal is it?
quiz first: What is the name of the {pet}?
quiz count: How many grams does it eat a day?
quiz date2: When does @A come back?
quiz place: Where is @A going?
correct count date2
== wedding news
kind tell
do {first} is getting married [on {date}|in {month}|in {place}]
do @A's cousin {first} and {first2} are getting married
why they met [in {place2}|at {cafe}] [{few} years ago|last year]
B? Where is the wedding? >> At {hall} in {place}. >> the wedding is at {hall} in {place}
slot hall = street
B? How many guests are invited? >> {count}. >> {count} guests are invited
B? What do they wish for? >> [Money for|Help with] a trip to {place3}. >> they wish for a trip to
 {place3}
B? When does it start? >> At {time} in the church. >> it starts at {time}
offer [bake the cake|play the organ|take the photos|do the flowers]
offer drive {first3} there [on {day}|in the van]
advise [book a room|reserve a bed] [at {cafe2}|in {place4}] for {amount}
advise [wear|buy] the [green|dark blue|grey] [suit|dress] [from {shop}|]
react @B already knew it from {first3}
react @B will [make a speech|sing {few2} songs|cry all day]
quiz first: Who is getting married?
quiz count: How many guests are invited?
quiz time: When does it start?
quiz hall: Where is the wedding?
quiz place3: Where do the couple want to travel?
correct time count
== broken window
kind problem
slot pane = [kitchen|cellar|bathroom|garage|shed] window
do @A broke the {pane}
do the {pane} is broken
why the [ball|stone|ladder] [hit it|fell against it] [at {time}|this morning]
why {first} [slammed it|kicked the ball] too hard
B? What will a new one cost? >> About {amount}. >> a new one costs about {amount}
B? Who saw it? >> {first2}, from {street}. >> {first2} saw it
B? How big is the glass? >> {tens} centimeters wide. >> the glass is {tens} centimeters wide
advise [tell {first3}|call {first3}] before [dinner|{time2}]
advise [cover it|close it] with [cardboard|a blanket|foil] [until {day}|tonight]
offer [pay|lend @Am] {amount2} [for it|]
slot amount2 = amount
offer [fix it|put in new glass] on {day}
quiz pane: What is broken?
quiz amount: What does a new one cost?
quiz first2: Who saw it?
quiz tens: How wide is the glass in centimeters?
quiz amount2: How much money does @B offer?
correct amount tens
""",
)
SETTINGS = (FRIENDS, FAMILY)
