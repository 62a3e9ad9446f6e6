"""Talks in a sports club, and of a coach and an athlete."""

from tools.makers.conversations.script import setting

CLUB = setting(
    "club",
    """
ask How was training?
ask Did you win?
== joining the team
kind ask
slot sport = [handball|hockey|volleyball|rowing|football|water polo|rugby]
do play for the {sport} team [on {day}|on {date}]
do [stand in|play] for {first} in the {sport} match against {place}
why {first} [hurt a knee|broke a finger|has moved away]
why the team has only {few} players [left|at the moment]
B? Where is the match? >> In {place2}, at {street}. >> the match is in {place2}
B? When does it start? >> At {time}. >> the match starts at {time}
B? Who is driving? >> {first2}, in the [red|old|big] bus. >> {first2} is driving
B? Which number would I wear? >> Number {count}. >> @B would wear number {count}
then A? When can you be at the club? >> At {time2}. >> @B will be at the club at {time2}
yes @B need* [shoes|a shirt|a lift from {street2}]
yes @B can only play for {tens} minutes
else {first3} from {place3} would be a good player
quiz sport: Which sport is it?
quiz time: When does the match start?
quiz place2: Where is the match?
quiz first2: Who is driving?
quiz count: Which number would @B wear?
quiz time2: When will @B be at the club?
correct time count
move time2
== selling tickets
kind ask
do [sell|check] tickets at the [gate|door] on {day}
do [sell cakes|make coffee|grill sausages] at the [cup|tournament] on {date}
why {first} is [on holiday|getting married] in {place}
why {count} teams [come|want to play] [this year|from {place}]
B? How long? >> From {time} to {time2}. >> the work lasts from {time} to {time2}
B? What does a ticket cost? >> {small}. >> a ticket costs {small}
B? Who else helps? >> {first2} and {first3}. >> {first2} and {first3} help too
B? How many people do you expect? >> About {hundreds}. >> about {hundreds} people are expected
yes @B want* to see the [final|second half|last match]
yes @B will bring @B's {relative} too
else @B can [clean up|count the money] at {time3}
quiz small: What does a ticket cost?
quiz first2: Who else helps?
quiz hundreds: About how many people are expected?
quiz time: When does the work start?
quiz time2: Until when does the work last?
correct small hundreds
== a bike tour
kind propose
do [ride|cycle] to {place} [on {day}|on {date}]
do [run|walk] around the lake in {place} on {day}
why @W need* some [practice|fresh air] before the race on {date2}
why {first} [showed|told] @Am a [quiet|new|flat] path
B? How far is it? >> {count} kilometers. >> it is {count} kilometers
slot time = morning
slot time2 = working
B? When would we start? >> At {time}. >> @W would start at {time}
B? Who else is coming? >> {first2}. >> {first2} is coming too
B? Is it steep? >> Only after {place2}. >> it is only steep after {place2}
then A? Where shall we meet? >> At {street}. >> @W will meet at {street}
then B? Where do we eat? >> At {cafe}. >> @W will eat at {cafe}
yes @B will bring [water|a pump|a map|{few} apples]
yes @B have* to [pump up the tires|borrow a helmet] first
no @B's [chain|brake|wheel] is broken
else @W could go swimming in {place3} at {time2}
quiz count: How many kilometers is it?
quiz time: When would they start?
quiz first2: Who else is coming?
quiz street: Where will they meet?
quiz cafe: Where will they eat?
quiz place: Where does @A want to go?
correct count
move time day
== using the hall
kind permit
do use the [gym|big hall|court|pool] on {day} at {time}
do book the [gym|big hall|court] for {few} hours on {date}
why {first} wants to [train|practise] with {count} children
why @A's own hall in {place} is closed until {date2}
B? How many people are you? >> There are {count2} of us. >> there are {count2} people in @A's group
slot count2 = count
A? What does it cost? >> {small} an hour. >> it costs {small} an hour
A? Who has the key? >> {full}. >> {full} has the key
B? What do you play? >> [Badminton|Judo|Table tennis|Basketball]. We have {few2} balls. >> @A's
 group
 has {few2} balls
yes @A must [sweep|turn off the lights|lock the door] [afterwards|at {time2}]
no the [dancers|judo team|choir] [from {place2}|] [use it|need it] then
so @A will [ask in {place3}|train outside|wait until {month2}]
later @B have* to [ask|write to] {full2} first
else the small hall is free at {time3}
quiz count2: How many people are in @A's group?
quiz small: What does an hour cost?
quiz full: Who has the key?
quiz time: At what time does @A want to start?
quiz time3: When is the small hall free?
correct small count2
== the result
kind tell
slot score = {few8} to {few9}
do the team [won|lost] against {place} by {score}
do @W [won|lost] {score} in {place}
why {first} [scored|missed] [in the last minute|{few} times]
why {first2}, the goalkeeper, [was ill|played very well]
B? How many people watched? >> {hundreds}. >> {hundreds} people watched the match
B? When is the next match? >> On {date} at {time}. >> the next match is on {date} at {time}
B? Where is the next one? >> In {place2}. >> the next match is in {place2}
B? Who is the new captain? >> {first3}. >> {first3} is the new captain
offer [drive|come along] to the next match
offer [wash|mend] the {count} shirts
advise [train|practise] [passing|defence|throws] on {day}
advise let {first4} play [in goal|on the left] next time
react @B [saw|heard] it [at {cafe}|on the radio]
react @B would rather forget the match in {month}
quiz score: What was the score?
quiz hundreds: How many people watched?
quiz date: When is the next match?
quiz time: At what time is the next match?
quiz first3: Who is the new captain?
quiz place2: Where is the next match?
correct time date hundreds
""",
)

COACH = setting(
    "coach",
    """
ask You look tired today.
ask How do your legs feel?
== missing training
kind permit
do miss [training|practice] on {day}
do [come later|leave at {time}|train alone] on {day}
slot time2 = working
why @A have* [an exam|an interview|a meeting] in {place} at {time2}
why @A's {relative2} [gets married|moves house|has an operation] on {date}
slot relative2 = [brother|sister|cousin|uncle|aunt]
B? How long will you be away? >> {few} days. >> @A will be away for {few} days
B? When will you be back? >> On {date2}. >> @A will be back on {date2}
B? Who will lead the warm-up? >> {first} can. >> {first} can lead the warm-up
A? What should I do at home? >> Run {count} kilometers. >> @A should run {count} kilometers at home
yes @A must [run|swim|lift weights] for {tens} minutes on {day2}
yes @A should tell {first2} too
no the race in {place8} is on {date3}
no {count} others are [ill|away] already
so @A will [come after all|move the appointment to {day3}|try to come at {time3}]
else @A could come at {time4} and train with {first3}
later @B have* to ask {first4} first
quiz few: How many days will @A be away?
quiz date2: When will @A be back?
quiz first: Who can lead the warm-up?
quiz count: How many kilometers should @A run?
quiz day: Which day does @A speak of?
correct few date2 count
== a sore knee
kind problem
slot part = [left|right] [knee|ankle|shoulder|wrist|heel|elbow]
do @A's {part} [hurts|is swollen] [since {day}|]
do @A can hardly [run|jump|train] with @A's {part}
why @A [slipped|fell] in {street}
why @A ran {count} kilometers [in old shoes|on {day2}|in the rain]
B? When did it start? >> On {date}, at about {time}. >> it started on {date}
B? Did you see a doctor? >> Yes, Dr. {last} in {place}. >> @A saw Dr. {last} in {place}
B? How bad is it, from one to ten? >> A {few}. >> @A call* the pain a {few}
B? When is the race? >> On {date2}. >> the race is on {date2}
advise rest for {few2} [days|weeks]
advise cool it for {tens} minutes [every hour|twice a day]
advise [see|call] {full} in {place2}
offer show @Am {few3} exercises
offer [drive @Am to|call] {full} [on {day3}|]
quiz part: What hurts?
quiz date: When did it start?
quiz few: How bad is the pain?
quiz date2: When is the race?
quiz full: Who could help?
quiz tens: For how many minutes should @A cool it?
correct date few
== a race
kind propose
slot race = [city|forest|night|charity|mountain|lake] [run|race|marathon]
do enter the {race} in {place} [on {date}|]
do start [together|as a team] in the {race} on {date}
why @A want* to [beat {first}|run under {tens} minutes|see {place2}]
why @A have* trained [for {few} months|since {month}]
B? How long is it? >> {count} kilometers. >> the race is {count} kilometers long
slot time = morning
B? What is the fee? >> {small}. >> the fee is {small}
B? When is the start? >> At {time}. >> it starts at {time}
B? Where will you sleep? >> At {first2}'s in {place3}. >> @A will sleep at {first2}'s in {place3}
then B? When do we train? >> On {day} at {time2}. >> @W will train on {day} at {time2}
yes @A must eat [more|less] [bread|sugar|fruit] until then
yes @B will [write|make] a plan for {few2} weeks
no @A be* not [fit|strong|fast] enough yet
no @A have* only rested for {few3} days
so @A will [wait until {month2}|train harder]
else @A could run the {few4} kilometers in {place4} first
quiz race: Which race is it?
quiz count: How many kilometers is the race?
quiz small: What is the fee?
quiz time: When does it start?
quiz day: On which day will they train?
quiz time2: At what time will they train?
correct count small time
move time2 day
== new shoes
kind query
do which [shoes|spikes|poles|goggles] @A should [buy|take|use] for {place}
do how @A can get [faster|stronger] before {date}
why @A's old ones [are worn out|got lost in {place2}]
why {first} beat @Am by {few} seconds [on {day}|]
B? How much can you spend? >> {amount}. >> @A can spend {amount}
B? How often do you train? >> {few2} times a week. >> @A train* {few2} times a week
B? What is your best time? >> {tens} minutes. >> @A's best time is {tens} minutes
answer the [light|wide|red|stiff] ones from {shop} are good
answer {few3} short runs [a week|on {day2}] are [enough|best]
answer {first2} found good ones at {shop} for {price}
slot price = amount
no every foot is different
no @B never ran there
advise [ask|go to] {shop2}
advise [ask|run with] {first3} on {day3}
quiz amount: How much can @A spend?
quiz few2: How many times a week does @A train?
quiz tens: How many minutes is @A's best time?
quiz shop: Which shop does @B speak of?
quiz first3: Whom does @B advise?
correct amount few2 tens
== a place in the squad
kind tell
do @A [have*|got] a place in the [national|regional|first] [squad|team]
do @A [broke the record|won] in {place} on {date}
why @A [jumped|threw] {few} centimeters [farther|higher] than {first}
why @A did {tens} minutes [of yoga|of sprints] every day [since {month}|]
B? When does the camp begin? >> On {date2}. >> the camp begins on {date2}
B? Who coaches you there? >> {full}. >> {full} coaches @Am there
B? Where is the camp? >> In {place2}. >> the camp is in {place2}
B? How many athletes are there? >> {count}. >> there are {count} athletes
offer write a [training|food] plan for {few2} weeks
offer drive @Am to {place3} on {day}
advise [rest|sleep] more before {date3}
advise [thank|call] {first2} who trained @Am
react @B be* very proud
react @B always knew it, even in {month2}
quiz date2: When does the camp begin?
quiz full: Who coaches there?
quiz place2: Where is the camp?
quiz count: How many athletes are there?
quiz first: Whom did @A beat?
correct date2 count
""",
)
SETTINGS = (CLUB, COACH)
