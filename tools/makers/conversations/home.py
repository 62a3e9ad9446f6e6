"""Talks of two neighbours, and of two people who share a flat."""

from tools.makers.conversations.script import setting

NEIGHBOURS = setting(
    "neighbours",
    """
ask Is that your new bike?
ask Nice to see you in the garden.
== borrowing a ladder
kind permit
slot tool = [ladder|drill|hedge trimmer|wheelbarrow|lawn mower|saw|pressure washer]
do borrow @B's {tool} [on {day}|for {few} hours|in {month}]
why @A want* to [cut the hedge|paint the fence|fix the shed|build a shelf for {first}]
why @A's own {tool} [is broken|is rusty|is still in {place}]
B? How long do you need it? >> Until {time}. >> @A need* it until {time}
B? Is anyone helping you? >> Yes, {first2} from number {count}. >> {first2} from number {count}
 will help
B? When do you start? >> On {date2}. >> @A will start on {date2}
A? How old is it? >> {few2} years, but it works well. >> the {tool} is {few2} years old
yes @A must [clean|oil|dry] it before {day2}
yes it is in the [shed|cellar|garage] next to the [bikes|boxes|paint]
yes the key is with {first3}
else @B can [do it for @Am|come over and help] on {day3}
quiz tool: What does @A want to borrow?
quiz time: Until what time does @A need it?
quiz first2: Who will help @Am?
quiz date2: When will @A start?
quiz few2: How many years old is it?
correct time few2
== watering plants
kind ask
do water @A's [plants|tomatoes|roses|garden] [for {few} days|from {day} to {day2}]
do empty @A's mailbox [until {date2}|for {few} days]
why @A be* [travelling|flying] to {place} [with {first}|]
why @A have* to stay [in hospital|with {first}] in {place}
B? How often? >> Every {few2} days, in the evening. >> it has to be done every {few2} days
B? Where do I find the key? >> With {first2} at number {count}. >> the key is with {first2} at
 number {count}
B? When do you come back? >> On {date2}. >> @A come* back on {date2}
B? How much water do they need? >> {few3} cans. >> {few3} cans of water are needed
yes @A must feed @B's [cat|hens|fish] in {month}
yes @B would like some [tomatoes|apples|eggs|honey] [for it|]
yes @B will start on {day3}
else {helper9} from number {number} could do it
slot number = hundreds
quiz first2: Who has the key?
quiz date2: When does @A come back?
quiz few2: Every how many days must it be done?
quiz few3: How many cans of water are needed?
quiz place: Where is @A going?
quiz day3: When will @B start?
correct date2 few2 few3
== loud music
kind ask
slot sound = [drums|trumpet|piano|violin|trombone|radio|organ|saxophone]
slot time = evening
slot time2 = morning
do play the {sound} more quietly after {time}
do stop playing the {sound} at {time}
why @A have* to [get up at {time2}|work at night]
why @A's {kin} [is ill|can't sleep|has exams] [this week|until {date}]
slot kin = [baby|daughter|son|father|mother]
B? Which room is yours? >> The one above your [kitchen|bedroom] on floor {few}. >> @A live* on floor
 {few}
B? How long has it bothered you? >> Since {day}. >> it has bothered @Am since {day}
B? Is it loud? >> Even {first} in {street} can hear it. >> even {first} in {street} can hear it
yes @B will [put a carpet down|move to the cellar|buy headphones] [on {day2}|]
yes @B only need* to practise until {date2}
no @B have* a concert in {place} on {date2}
no it's only {first2} on {day2}
else @B could practise [at {first3}'s|in {street2}] on {day3}
quiz time: After what time should it be quiet?
quiz sound: What is too loud?
quiz few: On which floor does @A live?
quiz first: Who else can hear it?
quiz date2: What date does @B tell @Am?
move time
correct few
== street party
kind propose
do have a street party [on {date}|on {day}|in {month}]
do [hold|plan] a [flea market|barbecue|garden party] in {street} on {date}
why {count} new people [moved in|live here now]
why {full} [turns {age}|has lived here for {tens} years]
B? What would it cost? >> About {amount}, with the [tables|music|tents]. >> it would cost about
 {amount}
slot time = evening
B? When would it start? >> At {time}. >> it would start at {time}
B? Who plays the music? >> {first2} and {first3}. >> {first2} and {first3} will play music
B? Who asks the town? >> {full2} does. >> {full2} asks the town
then A? Can you print the notes? >> Yes, {tens2} of them. >> @B will print {tens2} notes
slot tens2 = tens
yes @B will [bring {few} benches|grill {few} kilos of fish|make lemonade]
yes @B have* to ask {first4} about the [tables|tents]
else @W could do it in the [park|school yard] in {place}
quiz amount: What would it cost?
quiz time: When would it start?
quiz first2: Who will play music?
quiz full2: Who asks the town?
quiz tens2: How many notes will @B print?
quiz date: What is the date of the event?
correct amount
move time date
== missing cat
kind problem
slot cat = [black|grey|white|spotted|red] [cat|tomcat|kitten|rabbit]
do @A's {cat} has been missing since {day}
do @A can't find the {cat}
why {first} left the [gate|door|window] open [at {time}|last night]
why the [fireworks|storm] in {place} frightened it
B? What is its name? >> {first2}. >> the animal is called {first2}
B? Where was it last seen? >> Near {street}. >> it was last seen near {street}
B? Is there a reward? >> Yes, {amount}. >> the reward is {amount}
B? How old is it? >> {few} years. >> it is {few} years old
advise [ask|call] {first3}, who feeds all the animals [in {street2}|]
advise put up {count} notes [near {cafe}|in {place2}]
offer [search|check] the [garages|sheds|cellars] [on {day2}|with @Am at {time2}]
offer print {count} notes
quiz first2: What is the animal called?
quiz street: Where was it last seen?
quiz amount: What is the reward?
quiz cat: Which animal is missing?
quiz few: How many years old is it?
quiz count: How many notes does @B think of?
correct amount few
""",
)

HOUSEMATES = setting(
    "housemates",
    """
ask Who ate my yoghurt?
ask You are up early.
== cleaning the kitchen
kind ask
do clean the [kitchen|bathroom|oven|stairs] [today|on {day}|before {time}]
do take @A's turn at [cleaning|washing up|the rubbish] on {day}
why {first} [comes|visits @Am] from {place} at {time2}
why @A have* to hand in {pages} pages by {date}
slot pages = count
B? Who did it last? >> {first2}, on {date2}. >> {first2} did it last on {date2}
B? How long does it take? >> About {tens} minutes. >> it takes about {tens} minutes
B? What about the sponges? >> There are {few} under the sink. >> there are {few} sponges
A? When could you start? >> At {time3}, after my [nap|run|lesson]. >> @B could start at {time3}
yes @A must [cook|shop|clean the windows] on {day2}
yes @B will do it after [dinner|breakfast|the film]
else @W could [do it together|share the work] at {time4}
quiz first2: Who did it last?
quiz tens: How many minutes does it take?
quiz time3: When could @B start?
quiz date2: When was it done last?
quiz day: On which day should it be done?
correct tens
move day
== the electricity bill
kind ask
do pay @B's share of the [electricity|gas|water|internet] bill [by {date}|by {day}]
do pay {amount} for the [repair|new washing machine|heating]
why @A paid {amount2} for everybody [in {month}|]
slot amount2 = amount
why {full}, the owner, wants the money [by {date2}|soon]
B? How much is it in all? >> {amount3} for {few} months. >> the bill is {amount3} for {few} months
slot amount3 = amount
B? Has {first} paid? >> Yes, on {day2}. >> {first} paid on {day2}
B? Why is it so high? >> We heated {few2} rooms in {month2}. >> @W heated {few2} rooms in {month2}
yes @B can pay {small} [now|today] and the rest on {day3}
yes @B will bring the money at {time}
no @B have* only {small} left [this month|]
no @B was* in {place8} for {few3} weeks
else @B could [buy the food|do the cleaning] until {date3} instead
quiz amount3: How much is the bill?
quiz few: For how many months is the bill?
quiz amount: How much money does @A want?
quiz day2: When did {first} pay?
quiz small: What small amount does @B speak of?
quiz time: When will @B bring the money?
correct amount3 amount
== a guest on the sofa
kind permit
do [offer {first} the sofa|put {first} up] [for {few} nights|until {day}|until {date}]
do invite {first} to stay for {few} nights
why {first} [has an interview|starts a course|runs a race] in {place}
why {first}'s [flat is under water|train was cancelled|heating broke]
B? When does {first} come? >> On {date2} at {time}. >> {first} will come on {date2} at {time}
B? Where do you know {first} from? >> From [school|a course] in {place2}. >> @A know* {first} from
 {place2}
B? Is there any luggage? >> {few2} bags and a [cello|dog|bike]. >> {first} brings {few2} bags
yes {first} must [be quiet after {time2}|cook once|buy the bread]
yes @B can lend @Am [a mattress|two blankets|a pillow]
no @B's {relative} comes [on {day2}|from {place8}] too
slot time3 = morning
no @B have* to get up at {time3} every day
later @B have* to [ask|talk to] {helper9} first
else {first} could [sleep at {helper9}'s|have @B's room] from {day3}
quiz first: Who needs a place to sleep?
quiz date2: When does the guest come?
quiz time: At what time does the guest come?
quiz place2: Where does @A know the guest from?
quiz few2: How many bags does the guest bring?
correct time few2
== new housemate
kind propose
do [show|give] the free room to {first}
do [invite|meet] {first}, who wants the room, on {day}
why {first} [cooks well|has a van|plays the piano|is an old friend of {first2}]
why the room has been empty since {date}
B? What will the rent be? >> {amount} a month. >> the rent will be {amount} a month
B? Where does {first} work? >> At {shop} in {place}. >> {first} works at {shop} in {place}
B? When could {first} move in? >> On {date2}. >> {first} could move in on {date2}
B? How old is {first}? >> {age}. >> {first} is {age} years old
slot age = count
then A? When are you at home? >> From {time} on. >> @B will be at home from {time} on
yes @B would like to see {few} other people too
yes {first} must like [cats|dogs|loud music]
no @B promised the room to {first3} [on {day2}|]
else {first} could stay for {few2} weeks first
quiz amount: What will the rent be?
quiz shop: Where does {first} work?
quiz date2: When could {first} move in?
quiz age: How old is {first}?
quiz time: From what time on will @B be at home?
correct amount date2
move day
== film night
kind propose
slot film = film about [a lost|a brave|an old|a clever] [sailor|baker|pilot|singer|dog]
do [watch|see] the {film} [on {day}|tonight]
do have a film night with {first} [on {day}|on {date}]
why {first} [lent @Am|told @Am about] a [projector|big screen] [from {place}|]
why @W haven't had [a quiet evening|any fun] since {month}
slot time = evening
slot time2 = evening
B? How long is it? >> {tens} minutes. >> the film takes {tens} minutes
B? When do we start? >> At {time}. >> @A want* to start at {time}
B? Who else is coming? >> {first2}, with {few} friends. >> {first2} is coming with {few} friends
then B? What shall I buy? >> [Crisps|Popcorn|Olives|Grapes] for {small}. >> @B will buy snacks for
 {small}
yes @B will [make {food}|cook {food}]
slot food = [onion|potato|tomato|pumpkin|bean] [soup|pancakes|bread|dumplings]
yes @B must [leave|sleep] at {time2}
else @W could go to the cinema in {place2} for {small2}
quiz tens: How many minutes does the film take?
quiz time: When does @A want to start?
quiz first2: Who else is coming?
quiz small: How much will @B spend on snacks?
quiz food: What will @B cook?
correct tens
move time day
""",
)
SETTINGS = (NEIGHBOURS, HOUSEMATES)
