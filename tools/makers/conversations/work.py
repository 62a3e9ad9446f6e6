"""Talks of two colleagues, and of a teacher and a parent."""

from tools.makers.conversations.script import setting

WORK = setting(
    "work",
    """
ask How is the report coming along?
ask You are here early today.
== swapping shifts
kind ask
do swap shifts with @Am [on {day}|next {day}|on {date}]
do take @A's [early|late|night] shift on {day}
why @A want* to [see|meet|visit] {first} in {place}
why @A have* tickets for [a play|a match|an opera] in {place}
why @A have* an exam on {date2}
B? When does it begin? >> At {time}. >> the shift begins at {time}
B? How long is it? >> {few} hours, with a short break. >> the shift takes {few} hours
B? Who else is on duty? >> {first2}. >> {first2} is on duty too
B? Can you take one of mine? >> Yes, the one on {day2}. >> @A can work on {day2} in return
yes @A must [work|stay longer|come earlier] on {day3} instead
yes @B will [tell|write to] {helper9} about it
else @B could [come at {time2}|stay until {time2}] and do half of it
quiz time: When does the shift begin?
quiz few: How many hours is the shift?
quiz first2: Who else is on duty?
quiz day: Which day is the talk about?
quiz day2: When can @A work in return?
correct time few
move day
== a talk at the meeting
kind ask
slot time2 = working
slot topic = [winter|spring|summer|autumn] [plans|numbers|schedule|budget]
do [give|hold] the talk on the {topic} on {day}
do [read|check|correct] @A's {pages} pages on the {topic}
slot pages = count
why @A lost @A's voice [in {place}|yesterday]
why {first} wants it by {time}
why @A be* new here and a bit nervous
B? How long should it be? >> {tens} minutes. >> it should take {tens} minutes
B? Who is going to be there? >> {count} people from the office in {place2}. >> {count} people
 from {place2} will be there
B? Where is the meeting? >> In room {hundreds}. >> the meeting is in room {hundreds}
B? When is it due? >> On {date}. >> it is due on {date}
then A? When can we go through it? >> At {time2}, after lunch. >> @W will go through it at {time2}
yes @B need* the [notes|slides|drawings] by {day2}
yes {first2} must help with the [pictures|tables|figures]
else @B can do it together with {first2}
quiz tens: How many minutes should it take?
quiz count: How many people will be there?
quiz hundreds: In which room is the meeting?
quiz date: When is it due?
quiz time2: When will they go through it?
correct tens hundreds date
move time2
== lunch together
kind propose
do [have lunch|eat] at {cafe} [on {day}|today]
do [try|go to] the new place in {street} for lunch on {day}
why {first} [said|told @Am] that the [soup|bread|pasta] there is [wonderful|the best in {place}]
slot time = noon
slot time2 = noon
slot time3 = working
why the canteen is closed [until {date}|on {day2}]
B? What does it cost? >> About {price}. >> lunch costs about {price}
slot price = small
B? When do you want to go? >> At {time}. >> @A want* to go at {time}
B? How far is it? >> {few} minutes on foot. >> it is {few} minutes on foot
B? Who else is coming? >> {first2} and {first3}. >> {first2} and {first3} are coming too
then A? Where shall we meet? >> At the [lift|front door|bike racks] at {time2}. >> @W will meet
 at {time2}
yes @B have* to be back by {time3}
yes @B will [pay|book a table|ask {first4} too]
no @B brought [rice|salad|soup] from home
no @B must finish {pages} pages by {time4}
slot pages = count
else @W could [order|fetch] [pizza|noodles|sandwiches] from {cafe2}
quiz price: What does lunch cost?
quiz time: When does @A want to go?
quiz few: How many minutes is it on foot?
quiz first2: Who else is coming?
quiz time2: When will they meet?
correct price few
move time day
== a new job
kind tell
do @A be* leaving [the office|the team] [on {date}|in {month}]
do @A got the post in {place}
why @A want* to [live|work] [closer to {first}|near the sea|in the mountains]
why the new office pays {amount} more a month
B? What will you do there? >> I'll run a team of {count}. >> @A will run a team of {count}
B? When is your last day? >> On {date2}. >> @A's last day is {date2}
B? Who gets your desk? >> {first2}. >> {first2} gets @A's desk
B? Where will you live? >> In {place2}, with {first3}. >> @A will live in {place2} with {first3}
offer [organize|plan] a farewell party [on {day}|at {cafe}]
offer take over @A's [plants|files|Friday tasks]
advise [tell|write to] {first4} before {day2}
advise [take|use up] the {few} free days first
react @B will miss @A's [jokes|coffee|good advice|singing]
react @B be* [also looking for a post|looking for a house] in {place3}
quiz count: How many people are in @A's new team?
quiz date2: When is @A's last day?
quiz first2: Who gets @A's desk?
quiz place2: Where will @A live?
quiz amount: How much more does the new office pay?
correct count date2
== a lost key
kind problem
slot key = [cupboard|bike|locker|archive|cellar] key
do @A have* lost the {key}
do @A can't find the {key} [anywhere|in @A's desk]
why @A was* in [a hurry|{place}] [yesterday|on {day}]
why {first} [borrowed it|moved @A's things] [at {time}|last week]
B? What colour is it? >> It has a [red|green|blue] [ribbon|tag] with the number {hundreds}. >> it
 has
 the number {hundreds} on it
B? What would a new one cost? >> {small}, from the locksmith in {street}. >> a new one costs {small}
B? When do you need it? >> By {time2}, when {first2} comes. >> @A need* it by {time2}
advise [ask|call] {first3} in room {room}
slot room = hundreds
advise look [under the printer|behind the heater|in the coat of {first3}]
offer lend @Am the spare key until {day2}
offer [search|check] the [kitchen|meeting room|post room] [at {time3}|with @Am]
quiz hundreds: Which number is on the key?
quiz small: What would a new one cost?
quiz time2: By what time does @A need it?
quiz first2: Who is coming?
quiz first3: Whom does @B think of?
quiz key: What has @A lost?
correct hundreds small
""",
)

SCHOOL = setting(
    "school",
    """
ask Please, take a seat.
ask Come in, please.
== class trip
kind ask
do [come along|help] on the class trip to {place} on {date}
do [drive|take] {few} children to {place} on {day}
why {first} [is ill|broke a leg] and @A can't [go|look after {count} children] alone
why the bus for {count} children [is too small|was double-booked]
slot time = morning
slot time2 = evening
B? When do you leave? >> At {time}, in front of the school. >> the class leaves at {time}
B? What does the trip cost? >> {small} for each child. >> the trip costs {small} for each child
B? What will you visit? >> The [mill|castle|lighthouse|cave|museum] in {place2}. >> the class will
 visit {place2}
B? When will you be back? >> At about {time2}. >> the class will be back at about {time2}
yes @B will [bring|make] [sandwiches|juice|first aid things|fruit] for {count2}
slot count2 = count
yes @B have* to be back in {place3} by {time3}
else @B's {relative} would be glad to come along
quiz time: When does the class leave?
quiz small: What does the trip cost?
quiz time2: When will the class be back?
quiz place: Where does the trip go?
quiz place2: What place will the class visit?
correct small time
== leave for a day
kind permit
do take {first} out of school [on {date}|on {day}]
do fetch {first} [earlier|at {time}] on {day}
why {first}'s {relative2} [gets married|turns {age}] in {place}
slot relative2 = [uncle|aunt|cousin|brother|grandmother|sister]
slot age = age
slot time2 = working
slot time = working
why {first} has to see a [dentist|doctor] in {place} at {time2}
B? How long would that be? >> {few} [days|hours]. >> {first} would miss {few} lessons
B? Who will pick the child up? >> {first2}, a [neighbour|cousin]. >> {first2} will pick {first} up
B? Is there a test that week? >> Yes, in {subject}. >> there is a test in {subject}
slot subject = [maths|history|music|biology|geography]
no there is [a test|a rehearsal|a swimming lesson] in {subject} at that time
later @B have* to [ask|talk to] the head, {full}, first
yes {first} must [do|hand in] the homework [by|before] {day2}
yes {first} must read {pages} pages [at home|]
slot pages = count
so {first} will go [after school|on {day4}] instead
else {first} could leave at {time3}, after the [break|test]
quiz first: Which child is the talk about?
quiz few: How many lessons would {first} miss?
quiz first2: Who will pick {first} up?
quiz subject: In which subject is there a test?
quiz place: Where does {first} have to be?
correct few
== bad marks
kind problem
slot subject = [maths|history|music|biology|geography|French]
do {first} has got [worse|quiet|careless] in {subject}
do {first} failed the last {subject} test
why {first} [often forgets the homework|sleeps too little|sits next to {first2}]
why {first} missed {few} lessons [in {month}|since {date}]
B? How many points were there? >> {count} of 60. >> {first} got {count} points
B? When is the next test? >> On {date2}. >> the next test is on {date2}
B? What will it be about? >> Chapter {few2}. >> the next test is about chapter {few2}
advise practise with {first} for {tens} minutes every day
advise [find|ask] a tutor, such as {full}
advise [talk to|ask] {first3}, who [teaches|helps] on {day}
offer [talk to {first}|check the homework] [every evening|on {day}]
offer [buy|get] the exercise book for {small}
quiz first: Which child is the talk about?
quiz count: How many points did {first} get?
quiz date2: When is the next test?
quiz few2: Which chapter is the next test about?
quiz subject: Which subject is the talk about?
quiz tens: How many minutes should they practise?
correct date2 few2
== school play
kind ask
slot costume = [king|queen|dragon|sailor|baker|wolf|clown|robot]
do [sew|make] a {costume} costume for the play
do [paint|build] the [castle|forest|ship|wall] for the play [by|before] {date}
why {first} [moved to {place}|has no time] and @A can't sew
why the old one [got lost|burned|is too small for {first2}]
B? When is the play? >> On {date2} at {time}. >> the play is on {date2} at {time}
B? Who plays the main part? >> {first3}. >> {first3} plays the main part
B? How much may it cost? >> Up to {small}. >> it may cost up to {small}
B? Where will it be? >> At {street}. >> the play will be at {street}
yes @B need* {few} meters of [red|green|brown|grey] cloth
yes @B will bring it on {day}
else @B can borrow one from {first4} in {place2}
quiz date2: When is the play?
quiz time: At what time is the play?
quiz first3: Who plays the main part?
quiz small: How much may it cost?
quiz day: When will @B bring it?
correct small time
== where the music lesson is
kind query
do where {first}'s [music|art|swimming|chess] lesson is [now|on {day}]
do when {first}'s [music|art|swimming|chess] lesson [starts|ends] on {day}
why {first} [waited|stood] in the wrong place [last week|for {tens} minutes]
why @A want* to fetch {first} [by car|on the way to {place}]
B? Which group is it? >> Group {few}, with {full}. >> {first} is in group {few}
B? How old is {first}? >> {age}. >> {first} is {age} years old
slot age = few
answer the lesson is in room {hundreds} and ends at {time}
answer the lesson starts at {time} in {street}
answer it is on {day2} now, [from {time}|in room {hundreds}]
no the new plan comes on {date}
no {first2} changed the plan
advise [ask|call] {full2}
advise look at the board in room {room}
slot room = hundreds
quiz few: Which group is {first} in?
quiz first: Which child is the talk about?
quiz hundreds: Which room is it?
quiz time: What time does @B tell @Am?
quiz date: When does the new plan come?
quiz full2: Whom should @A ask?
correct hundreds
""",
    formal=True,
)
SETTINGS = (WORK, SCHOOL)
