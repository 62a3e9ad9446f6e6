"""Complaints: at a counter, to those who look after a house, and to those who run a club.

What has gone wrong is often said straight away ("You promised me ..."), as customers do.
"""

from tools.makers.conversations.script import setting

COUNTER = setting(
    "counter",
    """
ask Who is next?
ask What can I do for you?
== a coat that came back dirty
kind complain
slot thing = [blue|grey|white|wool|green|long] [coat|suit|dress|curtain|blanket|skirt]
slot mark = [brown|dark|yellow|large|greasy] [stain|spot|burn|patch]
slot where = [on the sleeve|at the collar|near the hem|on the back]
do there is still a {mark} {where} of the {thing} that @A fetched on {day}
do @B cleaned @A's {thing} on {day} and it came back with a {mark}
do @A's {thing} has a {mark} {where} since @B cleaned it
do the {thing} that @A brought in on {day} [smells of oil|has shrunk|lost {few} buttons]
why @A need* it for a wedding in {place} on {date}
why @A paid {small} for it
B? When did you bring it in? >> On {date2}. >> @A brought it in on {date2}
B? Do you have the slip? >> Yes, number {hundreds}. >> the number of the slip is {hundreds}
B? Did you wear it since? >> No, only [at home|once, at {cafe}]. >> @A hardly wore it
offer clean it again [by {day2}|for nothing|until {time}]
offer pay back {small2}
offer have {full} look at it on {day2}
no the stain was there before
no such cloth can't be washed any hotter
no @A fetched it more than {few2} days ago
rather take it to a cleaner in {place2}
rather dye it black
rather get the {small3} back
slot small3 = small
so @A will [wear something else|wash it at home|never come back]
quiz thing: What is it about?
quiz day: On which day was it?
quiz date2: When did @A bring it in?
quiz hundreds: What is the number of the slip?
quiz full: Who would look at it?
correct hundreds day
move day2
== the wrong cake
kind complain
slot cake = [lemon|nut|carrot|plum|apple|honey] [cake|tart|pie]
slot wrong = [cherry|chocolate|onion|cheese|almond] [cake|tart|pie]
do @A ordered a {cake} for {day} and got a {wrong}
do @B wrote {first} on the {cake}, but @A's [son|daughter|aunt]'s name is {first2}
do the {cake} that @A fetched on {day} [was burnt|was still frozen|had salt in it]
do @B promised a {cake} for {time}, and it isn't ready
why {count} guests are coming to {street}
why @A ordered it [in {month}|on {date}] already
B? What did you pay? >> {small}. >> @A paid {small}
B? Who took the order? >> {first3}, I believe. >> {first3} took the order
B? How many people is it for? >> For {count2}. >> it is for {count2} people
slot count2 = count
offer bake another one by {time2}
offer give @Am {few} [rolls|buns|biscuits] for nothing
offer take {small2} off the price
no the oven is cold by now
no {first4} has already gone home
no @A did not say so on the telephone
rather buy one at {cafe}
rather have the money back
rather serve fruit instead
so @A will [serve fruit|go to {cafe}|bake one]
quiz cake: What did @A order?
quiz first3: Who took the order?
quiz small: What did @A pay?
quiz count2: For how many people is it?
quiz time2: By when can another one be ready?
correct small count2 day
move time2
== a repair that did not last
kind complain
slot thing = [bike|clock|watch|violin|lamp|stove|lawn mower|sewing machine|accordion]
slot part = [spring|chain|string|handle|brake|screw|lid|wire]
do the {part} of @A's {thing} broke again [on {day}|after {few} days]
do @B repaired @A's {thing} on {date}, but it still makes a noise
do @B charged @Am {amount} for a new {part}, and the {thing} has the old one
do @A have* been waiting for the {thing} since {date}
why @A drove here from {place}
why @A need* it on {day2}
B? What did we change? >> The {part} and {few2} screws. >> the {part} and {few2} screws were changed
B? Who worked on it? >> {full}. >> {full} worked on it
B? Do you still have the bill? >> Yes, it says {amount2}. >> the bill says {amount2}
slot amount2 = amount
offer order the part from {place2}
offer repair it [by {day3}|while @A wait*|on {date2}]
offer lend @Am another one until {day3}
no the maker went out of business in {month}
no it was damaged by rain
no nobody can see to it before {date3}
rather sell it to {first}
rather take it to {shop}
rather do it at home
so @A will [buy a new one|ask at {shop}|try it alone]
quiz thing: What is it about?
quiz full: Who worked on it?
quiz amount2: What does the bill say?
quiz place: Where does @A come from?
quiz part: Which part is it about?
correct amount2 few2
move day3
== the bill at the table
kind complain
slot dish = [soup|trout|omelette|stew|risotto|pancakes|salad]
do there are {few} [teas|coffees|soups] on the bill, and @W only had {few2}
do the {dish} [was cold|was too salty|came after {tens} minutes|had a hair in it]
do @B charged {small} for a {dish} that nobody ordered
do @A booked a table at the window for {time}, and {full} is sitting there
why @A come* here [every {day}|since {month}]
why @A wanted to show {first} from {place} a good meal
B? Which table was it? >> Number {count}. >> it was table {count}
B? Who served you? >> {first2}. >> {first2} served @Am
offer bring another {dish}
offer take {small2} off the bill
offer give @Am a table in the garden at {time2}
no the kitchen closed at {time3}
no the cook has gone to {place2}
no {first3} wrote it down like that
rather pay and leave
rather eat at {cafe} from now on
rather wait for {first4}
slot time = evening
slot time2 = evening
slot time3 = evening
so @A will [pay|leave|write about it]
quiz dish: Which dish is it about?
quiz count: Which table was it?
quiz first2: Who served @Am?
quiz time2: When is the other table free?
quiz place: Where does {first} come from?
correct count
move time2
== photos that are not right
kind complain
slot what2 = [wedding|passport|family|school|birthday] [photos|pictures]
do the {what2} that @B took on {date} are [too dark|out of focus|in black and white]
do {few} of the {what2} are missing from the envelope
do @B put the name {last} under the {what2} instead of {last2}
do @B promised the {what2} for {day}, and they have not come
why {first} wants to send them to {place}
why @A paid {amount}
B? How many did you order? >> {tens}. >> @A ordered {tens} of them
B? Which size did you want? >> {few2} inches. >> they should be {few2} inches wide
offer print them again by {day2}
offer take new ones at {street} on {date2}
offer give @Am a frame worth {small}
no the film is no longer here
no {full}, who took them, works in {place2} now
no the machine has been broken since {day3}
rather go to {shop}
rather keep them as they are
rather have {amount2} back
slot amount2 = amount
so @A will [go to {shop2}|keep them|take some with the phone]
quiz what2: What is it about?
quiz tens: How many did @A order?
quiz full: Who took them?
quiz date2: When could new ones be taken?
correct tens few2
move day2
""",
    formal=True,
)

HOUSE = setting(
    "house",
    """
ask Is something wrong in the flat?
ask You wanted to see me?
== a cold flat
kind complain
slot room = [bedroom|bathroom|kitchen|nursery|study]
do the heating in the {room} has been [cold|dead|leaking] since {date}
do there is no hot water [after {time}|before {time}|since {day}]
do the window in the {room} [won't close|has a crack|lets the rain in]
do @B promised to send somebody on {day}, and nobody came
why {first} is only {few} months old
why the rent went up by {small} in {month}
B? Which floor are you on? >> The {floor} floor. >> @A live* on the {floor} floor
slot floor = [second|third|fourth|fifth|sixth]
B? How cold does it get? >> {few2} degrees at night. >> it gets as cold as {few2} degrees
B? When are you at home? >> From {time2} on. >> @A be* at home from {time2} on
slot time2 = evening
offer send {full} on {day2}
offer lend @Am {few3} electric heaters
offer take {amount} off the rent
no the part has to come from {place}
no the owner, {full2}, has to agree first
no the pipes can't be opened in winter
rather buy a heater at {shop}
rather stay with {first2} in {place2}
rather pay {amount2} less
slot amount2 = amount
so @A will [write to {full2}|move to {place3}|buy a heater]
quiz room: Which room is it about?
quiz floor: On which floor does @A live?
quiz few2: How cold does it get?
quiz full: Who would come?
quiz time2: From when on is @A at home?
correct few2 time2
move day2
== noise at night
kind complain
slot noise = [drums|a trumpet|a barking dog|loud music|a washing machine|a sewing machine]
do @A hear* {noise} [every night|until {time}|above the {room}]
do there was {noise} on the stairs on {day} at {time}
do {full} on the floor above has a party every {day}
do @A could not sleep on {date} because of {noise}
slot time = evening
slot room = [bedroom|living room|study]
why @A get* up at {time2}
slot time2 = morning
why {first} has a test in {place} on {date2}
B? Did you ring the bell? >> Yes, {few} times. >> @A rang the bell {few} times
B? Who else hears it? >> {first2}, on the ground floor. >> {first2} hears it as well
B? How long does it last? >> {tens} minutes. >> it lasts {tens} minutes
offer talk to them on {day2}
offer put up a note in {street}
offer write a letter by {date3}
no playing is allowed until {time3}
slot time3 = evening
no they are moving out on {date4}
no nobody else has said a word since {month}
rather talk to them alone
rather buy ear plugs
rather call {first3}
so @A will [sleep in the {room2}|knock on the wall|talk to {full}]
slot room2 = [kitchen|back room|study]
quiz noise: What does @A hear?
quiz few: How many times did @A ring the bell?
quiz first2: Who hears it as well?
quiz tens: How many minutes does it last?
correct tens few
move day2
== a blocked parking space
kind complain
slot car = [red|white|old|black|silver] [van|car|truck|trailer]
do a {car} from {place} stands in @A's space [every {day}|since {date}]
do @A pay* {small} a month for space {count}, and {full} parks there
do somebody scratched @A's {car} in the yard on {day}
do the gate in {street} does not open after {time}
slot time = evening
why @A had to walk {few} [streets|minutes] in the rain
why {first} can't carry the shopping so far
B? What is the number of your space? >> {count}. >> @A's space is number {count}
B? When did it start? >> In {month}. >> it started in {month}
B? Did you see who it was? >> I think it was {first2}. >> @A think* that it was {first2}
offer paint a line by {day2}
offer give @Am space {count2}
offer have it towed on {date2}
no the yard belongs to the city
no space {count3} was let to {full2}
no the camera has been off since {month2}
rather park in {street2}
rather sell the car
rather put up a sign
so @A will [park in {street3}|take the bus|put up a sign]
quiz car: What is it about?
quiz count: What is the number of @A's space?
quiz month: When did it start?
quiz first2: Whom does @A suspect?
correct count
move day2
== a deposit
kind complain
do @B kept {amount} of the deposit for the flat in {street}
do @A moved out on {date} and never got the {amount} back
do @B sent @Am a bill of {amount} for a [broken|scratched|dirty] [floor|sink|door|wall]
do the bill for {month} has {amount} for water, and @A was* in {place}
why @A painted everything with {first}
why the new flat in {place2} costs more
B? When did you hand in the keys? >> At {time}, to {first2}. >> @A gave the keys to {first2}
B? How long did you live there? >> {few} years. >> @A lived there for {few} years
B? Did you take pictures? >> Yes, {count}. >> @A took {count} pictures
offer pay {amount2} back by {date2}
offer look at it again with {full} on {day}
offer split the cost
no the floor had {few2} holes
no the contract says so on page {few3}
no {full2} signed the list
rather ask a lawyer in {place3}
rather repair it
rather wait until {date3}
so @A will [ask a lawyer|write to {full2}|pay]
quiz amount: How much money is it about?
quiz first2: Who got the keys?
quiz few: How many years did @A live there?
quiz count: How many pictures did @A take?
correct amount count few
move day
== a lift that stands still
kind complain
slot lift = [lift|elevator]
do the {lift} has been out of order since {date}
do {first} was stuck in the {lift} for {tens} minutes on {day}
do the {lift} only goes to the {floor} floor
do @B promised a new {lift} for {month}, and nothing has happened
slot floor = [second|third|fourth|fifth|sixth]
why @A carry* {few} bags up every {day2}
why {first2} broke a leg in {place}
B? How many stairs are there? >> {count}. >> there are {count} stairs
B? Who else needs it? >> {full}, who is {age}. >> {full}, who is {age}, needs it too
B? Did you press the bell? >> Yes, for {few2} minutes. >> @A pressed the bell for {few2} minutes
offer have it repaired on {day3}
offer carry the bags up at {time}
offer ask for {amount} from the owner
no the part comes from {place2}
no the man who knows it, {full2}, is on holiday until {date2}
no a new one costs {amount2}
slot amount2 = amount
rather stay with {first3} until {date3}
rather move to {place3}
rather take the stairs
so @A will [take the stairs|leave the bike in the yard|stay with {first3}]
quiz count: How many stairs are there?
quiz full: Who needs it too?
quiz few2: How many minutes did @A press the bell?
quiz age: How old is {full}?
correct count
move day3
""",
    formal=True,
)

CLUB = setting(
    "club",
    """
ask Good to see you here. Is everything all right?
ask You wanted to talk about something?
== a fee taken twice
kind complain
slot club = [swimming club|choir|chess club|rowing club|dance school|gym]
do the {club} took {small} from @Am twice in {month}
do @A left the {club} on {date}, and @B still charge* {small}
do @B promised @Am the first {few} lessons for nothing, but @A got a bill of {small}
do @A paid {amount} for {first}'s lessons, and half of them did not take place
why @A told {full} on {day}
why {first2} only pays half of that
B? What is your number? >> {hundreds}. >> @A's number is {hundreds}
B? How did you pay? >> In cash, to {first3}. >> @A paid {first3} in cash
B? Since when are you with us? >> Since {month2}. >> @A has been there since {month2}
offer pay back {small2} by {day2}
offer give @Am {few2} [lessons|evenings|hours] more
offer talk to {full2} about it
no the year ends on {date2}
no the form was not signed
no {first4} has the books and is in {place}
rather leave at once
rather join the one in {place2}
rather talk to {full3}
so @A will [join one in {place3}|write to {full3}|pay it]
quiz club: What is it about?
quiz hundreds: What is @A's number?
quiz first3: Whom did @A pay?
quiz small2: How much would @B pay back?
correct hundreds
move day2
== a lost thing
kind complain
slot thing = [grey|red|leather|small|striped] [bag|umbrella|scarf|jacket|purse|towel]
slot where = [changing room|hall|sauna|back row|cloakroom]
do @A left a {thing} in the {where} on {day}, and it is gone
do somebody took @A's {thing} from the {where}
do @B gave @A's {thing} from the {where} to {full}
do the lock of cupboard {count} [is broken|opened by itself], and @A's {thing} is missing
why there were {amount} in it
why {first} knitted it in {place}
B? When did you notice? >> At {time}. >> @A noticed it at {time}
B? Is there a name in it? >> Yes, {last}. >> it has the name {last} in it
B? Who sat next to you? >> {first2}. >> {first2} sat next to @Am
offer look in the {where2} again
slot where2 = [cellar|office|box behind the desk]
offer call {first3}, who cleans there
offer put up a note until {date}
no everything found was sent to {place2} on {day2}
no nobody watches the {where}
no {full2} has the key and comes on {day3}
rather look there again
rather go to the police in {place3}
rather ask {first4}
so @A will [buy a new one|come back on {day4}|ask {first4}]
quiz thing: What is missing?
quiz time: When did @A notice it?
quiz last: Which name is in it?
quiz first2: Who sat next to @Am?
correct time
== tickets that are not valid
kind complain
slot show = [puppet show|concert|play|opera|dance evening|reading]
do @B sold @Am {few} tickets for the {show}, and they are for {day} instead of {day2}
do the {show} of {date} was cancelled and @A only heard at the door
do @A's seats for the {show} in {place} are behind a pillar
do {full} is sitting in seat {count}, which @A paid for
why @A came from {place2} with {few2} children
why {first} has never seen one
B? What did they cost? >> {small}. >> they cost {small}
B? Where did you buy them? >> At {shop}. >> @A bought them at {shop}
B? Which row is it? >> Row {few3}. >> it is row {few3}
offer change them for {date2}
offer put {few4} chairs in front
offer give @Am {small2} back
no there are no seats left before {date3}
no tickets from {shop} can't be changed
no {first2} from the box office is ill
rather stand at the back
rather go to {cafe}
rather give them to {first3}
so @A will [go home|sell them to {first4}|wait outside]
quiz show: What are the tickets for?
quiz small: What did they cost?
quiz shop: Where did @A buy them?
quiz few3: Which row is it?
correct small few3
== a school trip
kind complain
slot ride = [bus|train|boat]
do {first} came home from the trip to {place} {few} hours late on {day}
do {first} lost the {small} for the {ride} on the trip to {place}
do @B let {first} sit alone in the {ride} to {place} on {date}
do @A did not get the letter about the trip to {place} on {date}
why {first} is only {age} years old
slot age = few
why @A waited at {street} until {time}
slot time = evening
B? Which class is it? >> The class of {full}. >> {full} teaches the class
B? Who told you? >> {first2}'s mother, on {day2}. >> @A heard it from {first2}'s mother
B? Was anybody else there? >> {count} other children. >> {count} other children were there
offer talk to {full2} about it on {day3}
offer pay the {small2}
offer call all parents by {time2}
slot time2 = evening
no the {ride} broke down near {place2}
no a storm closed the road
no {first3} has lost the list
rather talk to {full3}
rather send {first} to the school in {place3}
rather come along next time
so @A will [write to {full3}|come along next time|talk to {first}]
quiz first: Which child is it about?
quiz place: Where did the trip go?
quiz count: How many other children were there?
quiz full: Who teaches the class?
correct count
move day3
== a course that is not as it should be
kind complain
slot course = [pottery|Spanish|cooking|sewing|drawing|yoga] course
do the {course} started on {day} and not on {day2}, as @B wrote
do there are {count} people in the {course}, and @B promised {few}
do {full} was supposed to teach the {course}, and {first} came instead
do @A paid {small} for the {course}, and the room was locked on {date}
why @A took a day off for it
why @A drove {tens} kilometers from {place}
B? When did you sign up? >> On {date2}. >> @A signed up on {date2}
B? What does the letter say? >> Room {hundreds}. >> the letter says room {hundreds}
B? Is anybody else angry? >> {first2} and {few2} others. >> {first2} and {few2} others are angry too
offer give @Am a place in the next one on {date3}
offer pay {small2} back
offer add {few3} evenings
no {full2} has moved to {place2}
no the letter went out on {day3}
no the hall is closed until {date4}
rather learn it from a book
rather go to the one in {place3}
rather have all the money back
so @A will [learn it from a book|ask {first3}|stay away]
quiz course: Which course is it about?
quiz date2: When did @A sign up?
quiz hundreds: Which room does the letter name?
quiz first2: Who is angry too?
correct hundreds
""",
    formal=True,
)
SETTINGS = (COUNTER, HOUSE, CLUB)
