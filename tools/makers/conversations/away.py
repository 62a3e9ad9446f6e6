"""Talks of two people who travel together, and of two people who play in a band."""

from tools.makers.conversations.script import setting

TRAVEL = setting(
    "travel",
    """
ask What are you reading?
ask Did you sleep well?
== a day trip
kind propose
slot sight = [castle|waterfall|lighthouse|old mill|cave|island|market]
do [visit|see] the {sight} in {place} [tomorrow|on {day}]
do take the [boat|train|bus] to {place} on {day}
why {first} [says|wrote] that the {sight} is [wonderful|worth it]
why the [beach|museum] is closed [on {day2}|until {date}]
B? How far is it? >> {count} kilometers. >> it is {count} kilometers away
B? What does it cost? >> {small} [each|for two]. >> it costs {small}
slot time = morning
slot time2 = evening
slot time3 = morning
B? When does it open? >> At {time}. >> the place opens at {time}
B? When would we be back? >> At {time2}. >> @W would be back at {time2}
then A? Where do we meet? >> At {cafe}, at {time3}. >> @W will meet at {cafe} at {time3}
yes @B want* to [take pictures|swim|eat fish] there
yes @B need* [new batteries|sun cream|a hat] from {shop}
no @B's feet hurt after {count2} kilometers
slot count2 = count
no @B want* to write {few} [postcards|letters] to {first2}
else @W could [rent bikes|hire a boat] in {place2} for {small2}
quiz place: Where does @A want to go?
quiz count: How many kilometers away is it?
quiz small: What does it cost?
quiz time: When does it open?
quiz time2: When would they be back?
quiz cafe: Where will they meet?
correct count small time
move time3 day
== the missed train
kind problem
do @A missed the train to {place}
do the [bus|train|ferry] to {place} [is late|was cancelled]
why @A [overslept|waited] at {cafe}
why there is [snow|a strike|a fallen tree] near {place2}
B? When is the next one? >> At {time}. >> the next one leaves at {time}
B? Who is waiting for you? >> {first}, with {few} children. >> {first} is waiting there
B? What did the ticket cost? >> {amount}. >> the ticket cost {amount}
B? Which platform is it? >> Platform {few2}. >> it leaves from platform {few2}
advise take the [bus|boat|slow train] [from {street}|at {time2}]
advise [call|write to] {first2} [in {place3}|]
offer drive @Am [to {place3}|there] [at {time3}|for {small}]
offer share a [taxi|car|table] with @Am
quiz place: Where does @A want to go?
quiz time: When does the next one leave?
quiz amount: What did the ticket cost?
quiz few2: Which platform is it?
quiz first: Who is waiting?
correct time few2
== swapping seats
kind ask
do swap seats with @Am [until {place}|for {few} hours]
do let @Am [sit|sleep] [at the window|near the door] until {place}
why @A feel* [sick|cold|tired] [in the back|here]
why @A want* to sit [near|next to] {first}
B? Which seat do you have? >> Number {count}. >> @A have* seat {count}
B? How far are you going? >> To {place2}. We arrive at {time}. >> @A be* going to {place2}
B? Who is {first2}? >> My [cousin|son|old friend]. We meet in {place3}. >> @A will meet {first2} in
 {place3}
A? Where do you get off? >> In {place4}. >> @B get* off in {place4}
yes @A must [lift|watch] @B's [bag|suitcase|bike]
yes @B want* to [see the sea|look out] near {place5}
no @B booked this seat [in {month}|for {small}]
no @B be* afraid of [the wind|the height|the noise]
so @A will [ask {helper9}|stay where @A be*|look in the next car]
else @A can have it after {time2}
quiz count: Which seat does @A have?
quiz place2: Where is @A going?
quiz place4: Where does @B get off?
quiz first2: Whom will @A meet?
quiz place3: Where will they meet?
quiz small: What did the seat cost?
correct count
== the way to the inn
kind query
do how to get to {cafe}
do where {street} is
why @A have* a room there from {day} to {day2}
why {first} [has been waiting there since {time}|is waiting with dinner]
B? Are you on foot? >> Yes, with {few} bags. >> @A be* on foot with {few} bags
B? When must you be there? >> By {time2}. >> @A must be there by {time2}
A? How long does it take? >> {tens} minutes. >> it takes {tens} minutes
A? What does the bus cost? >> {small}. >> the bus costs {small}
answer bus {count} goes there [every {tens2} minutes|from {street2}]
slot tens2 = tens
slot small = coins
answer it is behind the [church|mill|station] in {place}
answer @A should follow the [river|wall|path] to {place}
no @B only arrived on {day3}
no the map of {place2} is old
advise [ask|look for] {full}
advise take a taxi for {price}
slot price = small
quiz time2: By when must @A be there?
quiz tens: How many minutes does it take?
quiz small: What does the bus cost?
quiz count: Which bus goes there?
quiz few: How many bags does @A have?
quiz full: Whom does @B advise?
correct tens count small
== sharing a room
kind propose
do share a room in {place} [for {few} nights|until {date}]
do stay at {cafe} for {few} nights
why the [tent|camp] [is wet|has been wet since {day}]
slot time = morning
why single rooms cost {amount} [a night|]
B? What would it cost? >> {amount2} in all. >> it would cost {amount2}
slot amount2 = amount
B? Is breakfast included? >> Yes, from {time} on. >> breakfast starts at {time}
B? How far is it from here? >> {count} kilometers. >> it is {count} kilometers away
B? Who told you about it? >> {first}, in {place2}. >> {first} told @Am about it
then A? When will you be there? >> At {time2}. >> @B will arrive at {time2}
yes @B must warn @Am, because @B [snore*|sleep* late|read* all night]
yes @B want* the bed at the [window|door|wall]
no @B already paid {small} for a [bed|hut] in {place8}
else @W could [camp|sleep in the van] near {place3}
quiz amount2: What would it cost?
quiz time: When does breakfast start?
quiz count: How many kilometers away is it?
quiz first: Who told @Am about it?
quiz time2: When will @B arrive?
quiz place: Where is the room?
correct amount2 count
move time2
""",
)

BAND = setting(
    "band",
    """
ask Did you tune the guitar?
ask That sounded good!
== a rehearsal
kind propose
do [rehearse|practise] at {first}'s [on {day}|on {date}]
do have [an extra|a long|a short] rehearsal on {day}
why the concert in {place} is on {date2}
why @W still make mistakes in [the second|the last|the slow] song
slot time = evening
slot time2 = evening
B? What time? >> At {time}. >> @A think* of {time}
B? How long? >> {tens} minutes. >> the rehearsal would take {tens} minutes
B? Which songs will we play? >> The {few} new ones. >> @W will play {few} new songs
B? Where exactly? >> In the [cellar|garage|attic] in {street}. >> it will be in {street}
then A? Can you bring anything? >> Yes, the [amplifier|microphone|piano] from {first2}. >> @B will
 bring something from {first2}
yes @B have* to leave at {time2}
yes @B need* the [notes|words] from {first3} first
else @W could [use|rent] the hall in {place2} for {small}
quiz time: At what time does @A want to start?
quiz tens: How many minutes would it take?
quiz few: How many new songs will they play?
quiz street: Where will it be?
quiz date2: When is the concert?
quiz day: On which day is the rehearsal?
correct tens few
move time day
== a new singer
kind propose
do listen to {first} [on {day}|at the next rehearsal]
do try [a few|{few2}] songs with {first} on {day}
why {first} sang [at {cafe}|in {place}] and [was great|everybody clapped]
why {first2} leaves the band on {date}
B? How old is {first}? >> {age}. >> {first} is {age} years old
slot age = age
B? Where did {first} play before? >> In a [choir|trio|circus] in {place2}. >> {first} played in
 {place2}
 before
B? Can {first} come on {day2}? >> Yes, at {time}. >> {first} can come at {time}
B? How many songs does {first} know? >> {count}. >> {first} knows {count} songs
yes @B will [call|write to] {first} on {day3}
yes {first} must sing {few} songs first
no {first} [sings too loudly|is always late|lives too far away]
no @B already asked {first3} [on {day4}|]
else {first} could [come along|play] once, on {date2}
quiz first: Who might join?
quiz age: How old is {first}?
quiz place2: Where did {first} play before?
quiz time: When can {first} come?
quiz count: How many songs does {first} know?
quiz date: When does {first2} leave?
correct age count
move day
== playing at a wedding
kind ask
do play [with @Am|the [organ|violin|guitar]] at {first}'s wedding [on {date}|in {place}]
do write a song for {first} [by|before] {date}
why {first2} [broke a finger|lost the voice|is in {place2}]
why {first} loves @B's [songs|voice|style]
B? What do they pay? >> {amount}. >> the pay is {amount}
B? When would it be? >> At {time}, after the dinner. >> it would be at {time}
B? How many guests are there? >> {tens}. >> there will be {tens} guests
B? How long should it last? >> {few} songs. >> it should last {few} songs
then A? How will you get there? >> By van, with {first3}. >> @B will go there with {first3}
yes @B want* {small} for the [petrol|strings|train]
yes @B need* a [microphone|piano|chair] there
else {first4} from {place3} could do it for {small2}
quiz amount: What is the pay?
quiz time: When would it be?
quiz tens: How many guests will there be?
quiz few: How many songs should it last?
quiz first3: Who will go with @B?
quiz first: Whose wedding or song is it?
correct amount tens
move time
== a broken amplifier
kind problem
slot thing = [amplifier|bass|trumpet|snare drum|keyboard|microphone]
do @A's {thing} [is broken|makes a strange noise|fell down the stairs]
do @A left the {thing} [in {place}|at {cafe}]
why {first} [stepped on it|packed it badly|spilled tea on it]
why it was [cold|wet] in the van [on {day}|]
B? When do you need it? >> On {date}. >> @A need* it on {date}
B? What did it cost? >> {amount}. >> the {thing} cost {amount}
B? How old is it? >> {few} years. >> it is {few} years old
B? Where did you buy it? >> At {shop}. >> @A bought it at {shop}
advise [ask|call] {full}, who repairs everything
advise rent one at {shop2} for {small}
offer lend @Am [{first2}'s|@B's old one|one] until {day2}
offer [fetch|fix] it on {day3}
quiz thing: What is the problem with?
quiz date: When does @A need it?
quiz amount: What did it cost?
quiz few: How many years old is it?
quiz shop: Where did @A buy it?
quiz full: Who repairs everything?
correct amount few date
== the first concert
kind tell
do @W will play at {cafe} on {date}
do the radio in {place} plays @W's song on {day}
why {first} sent them {few} songs [in {month}|]
why [another band|the {band}] from {place2} can't come
slot band = [jazz|brass|folk|rock] [trio|group|choir]
B? How much do we get? >> {amount}. >> the band gets {amount}
B? When does it start? >> At {time}. >> it starts at {time}
B? How many songs? >> {few2}. >> {few2} songs are planned
B? Who carries the drums? >> {first2}. >> {first2} carries the drums
offer [print|hang up] {count} [posters|notes]
offer [drive the van|pick up {first3}] at {time2}
advise [learn|practise] {few3} more songs until {date2}
advise invite {first4} from {place3}
react @B be* [nervous|happy|surprised] about it
react @B have* to [buy|find] a [shirt|hat|new string] first
quiz amount: How much does the band get?
quiz time: When does it start?
quiz few2: How many songs are planned?
quiz first2: Who carries the drums?
quiz count: How many does @B want to make?
quiz date: When is the concert?
correct amount time few2
""",
)
SETTINGS = (TRAVEL, BAND)
