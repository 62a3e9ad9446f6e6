"""The course of a conversation: who says what in which order, and what the summary keeps."""

import random
import re
from collections import Counter

from labutils.evaluation.failures import failures
from tools.makers.conversations import engine, words
from tools.makers.conversations.engine import Conversation, Scene
from tools.makers.conversations.script import Detail, Setting, Situation

SLOT = re.compile(r"\{(\w+)\}")
DANGLING = re.compile(r"\b(it|its|them|they|ones?|then|there)\b")
OUTCOMES = {
    "ask": ("yes", "yes", "no", "else", "later"),
    "propose": ("yes", "yes", "yes", "no", "else", "later"),
    "permit": ("yes", "yes", "no", "else", "later"),
    "want": ("yes", "yes", "no", "else", "later"),
    "tell": ("offer", "advise", "react"),
    "problem": ("offer", "advise", "advise"),
    "query": ("answer", "answer", "no"),
    "complain": ("offer", "offer", "no", "no", "less", "less", "rather", "rather", "answer"),
}
OPENS_DIRECTLY = ("tell", "problem", "complain")  # their frames bring a lead of their own
JOINTS = {
    "yes": (", and ", ". "),
    "answer": (", and ", ". "),
    "offer": (", and ", ". "),
    "advise": (", and ", ". "),
    "react": (", and ", ". "),
    "no": (", but ", ". ", ", but "),
    "else": (", but ", ". "),
    "later": (", but ", ". "),
    "less": (". ",),
    "rather": (". ",),
}
LONGEST = 14  # turns of a talk about two things
# The share of summaries that tell what is wanted and what becomes of it, and nothing else. Without
# them a base never ends before it has told a detail, and where there is none begins anew.
BRIEF, BRIEF_OF_SERVICE = 0.5, 0.8
ATTEMPTS = 100  # at a conversation, before another one is tried
FURTHER = ("", "Then ", "Also, ", "After that, ", "Moreover, ", "Next, ")  # of the second thing
VERBS_OF_SAYING = ("say*", "explain*", "add*", "mention*", "tell* {other}")


class Untellable(Exception):
    """Situations of which ATTEMPTS made no conversation, as happens with some of those made up."""


class Plot:
    """Plays one scene and writes down what the summary may tell about it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.situation = scene.situation
        self.kind = scene.situation.kind
        self.rng = scene.rng
        self.details: list[tuple[str, str]] = []  # (who told it, clause)
        self.plans: list[str] = []
        self.outcome: list[str] = []  # clauses, the first one about @B
        self.why = ""
        self.moved = False
        self.parted = False  # whether the two have said goodbye
        available = [key for key in OUTCOMES[self.kind] if key in ("yes", "less") or scene.has(key)]
        self.ending = self.rng.choice(available)
        # Whether @B is there to help: such talks are long and have much that no summary tells.
        self.is_service = self.kind == "complain" or scene.calls

    # The dialogue -----------------------------------------------------------------------------

    def play(self) -> None:
        """Let the two talk."""
        scene, rng = self.scene, self.rng
        budget = rng.randint(1, 2 if scene.goes_on else 4)
        if scene.calls:
            budget = min(budget, 3)
            self.pick_up()
        elif not scene.goes_on:
            self.greet(long=budget > 2 and rng.random() < 0.4)
        self.what = scene.chosen(rng.choice(self.situation.lists["do"]))
        reasons = self.situation.lists["why"]
        reason = scene.chosen(rng.choice(reasons)) if reasons and rng.random() < 0.75 else ""
        request = scene.frame(engine.REQUESTS[self.kind], what=self.what)
        lead = "" if self.kind in OPENS_DIRECTLY else rng.choice(engine.LEADS.split("|"))
        if scene.goes_on:
            if scene.last_asker != "A" and rng.random() < 0.5:
                scene.say("B", scene.pick(engine.MORE))
            scene.say("A", scene.pick(engine.TURNS_TO))
        scene.say(
            "A",
            lead
            + (
                request[0].lower() + request[1:]
                if lead and not request.startswith(("I ", "I'"))
                else request
            ),
        )
        if reason:
            self.why = reason
            told = scene.frame(engine.REASONS, why=reason)
            if rng.random() < 0.45 and budget > 1:
                scene.say("B", scene.pick(engine.ASK_WHY[self.kind]))
                budget -= 1
            elif told.startswith("Because"):
                told = reason + "."
            scene.say("A", told)
        if scene.calls and not scene.called["A"]:
            self.ask_name()
        if self.is_service:
            self.see_to_it()
        details = rng.sample(self.situation.details, len(self.situation.details))
        while budget > 0:
            details = [detail for detail in details if not self.known(detail)]
            if not details:
                break
            double = len(details) > 1 and rng.random() < 0.4
            taken, details = details[: 1 + double], details[1 + double :]
            if double and taken[0].asker != taken[1].asker:
                taken = taken[:1]
            self.ask_about(taken)
            budget -= 1
            if budget > 0 and rng.random() < 0.35 and len(self.details) > 1:
                break
        wants_change = rng.random() < engine.CHANGE_SHARE
        if wants_change and (self.ending not in ("yes",) or rng.random() < 0.35):
            wants_change = not self.correct()
        getattr(self, f"end_{self.ending}")()
        if self.ending == "yes" and self.situation.plans and rng.random() < 0.7:
            plan = rng.choice(self.situation.plans)
            self.tell(plan, self.plans)
        if wants_change and (self.ending != "yes" or not self.move()):
            self.correct()
        if self.is_service and rng.random() < 0.6:
            scene.say("B", scene.pick(engine.MORE))
            scene.say("A", scene.pick(engine.NO_MORE))
            self.parted = True
        if (budget > 0 or self.parted) and rng.random() < 0.5 and len(scene.turns) < 9:
            self.say_goodbye()

    def known(self, detail: Detail) -> bool:
        """Tell whether the value that answers `detail` has been spoken of already."""
        slots = SLOT.findall(detail.answer)
        return bool(slots) and slots[0] in self.scene.spoken_by

    def greet(self, long: bool) -> None:
        """Say hello, perhaps with a name and some small talk."""
        scene, rng, setting = self.scene, self.rng, self.scene.setting
        second = "B" if scene.first == "A" else "A"
        for who, chance in (
            (second, 0.45),
            (scene.first, 0.25 if long or scene.first == "B" else 0),
        ):
            if rng.random() < chance:
                kind = "last" if setting.formal else "first"
                name = scene.new_value(f"{kind}{90 + (who == 'B')}")
                scene.called[who] = (
                    f"{rng.choice(('Mr.', 'Ms.'))} {name}" if setting.formal else name
                )
        name = scene.called[second]
        if scene.first == "B":
            if setting.ask and rng.random() < 0.6:
                hello = self.greeting(name) + " " + rng.choice(setting.ask)
            else:
                hello = scene.frame(engine.OPEN_B, comma=f", {name}" if name else "")
            scene.say("B", hello)
            if scene.called["B"]:
                scene.say("A", self.greeting(scene.called["B"]))
            return
        if name or rng.random() < 0.6 or long:
            scene.say("A", self.greeting(name))
        if long:
            small, back = rng.choice(engine.SMALL_TALK)
            scene.say("A", scene.pick(small))
            if scene.called["A"]:
                scene.say("B", self.greeting(scene.called["A"]))
            scene.say("B", scene.pick(back))

    def pick_up(self) -> None:
        """Begin as on the telephone: @B is somewhere, and @A often says who is calling."""
        scene = self.scene
        where = scene.frame(engine.CALLED_PLACE)
        if scene.first == "B":
            scene.say("B", scene.frame(engine.PICKS_UP, where=where))
        else:
            scene.say("A", scene.frame(engine.IS_THIS, where=where))
            scene.say("B", scene.frame(engine.THIS_IS))
        if self.rng.random() < 0.65:
            self.introduce(self.greeting("") + " " + scene.frame(engine.INTRODUCES))

    def ask_name(self) -> None:
        """Let @B ask who is calling, late in the call."""
        scene = self.scene
        scene.say("B", scene.frame(engine.ASK_NAME))
        self.introduce(scene.frame(engine.TELL_NAME))

    def introduce(self, text: str) -> None:
        """Let @A say `text` with a full name, which the summary will use."""
        scene = self.scene
        scene.say("A", text)
        scene.called["A"] = scene.values["full90"]

    def see_to_it(self) -> None:
        """Let @B say what everybody says who is asked for help, and perhaps have @A wait."""
        scene = self.scene
        if self.rng.random() < 0.6:
            scene.say("B", scene.pick(engine.SEES_TO_IT))
        if self.rng.random() < 0.3:
            scene.say("B", scene.frame(engine.ASK_NUMBER))
            scene.say("A", scene.frame(engine.TELL_NUMBER))
            scene.say("B", scene.pick(engine.NOTED))
        if self.rng.random() < 0.25:
            scene.say("B", scene.pick(engine.WAIT_PLEASE))
            scene.say("A", scene.pick(engine.WAITS))
            scene.say("B", scene.pick(engine.IS_BACK))

    def greeting(self, name: str) -> str:
        """Return a hello, to `name` where there is one."""
        frames = engine.HELLO_FORMAL if self.scene.setting.formal else engine.HELLO_YOU
        if not name:
            return self.rng.choice(("Hi!", "Hello!", "Hey!", "Hi there!", "Hello there."))
        return self.scene.frame(frames, you=name)

    def ask_about(self, details: list[Detail]) -> None:
        """Play one exchange of questions and answers."""
        scene = self.scene
        settled = [
            [scene.chosen(part) for part in (d.question, d.answer, d.clause)] for d in details
        ]
        asker = details[0].asker
        other = "B" if asker == "A" else "A"
        same = asker == scene.turns[-1][0]
        lead = (
            ""
            if same
            else self.rng.choice(("Okay. ", "I see. ", "Right. ", "Hmm. ", "", "", "", "Oh. "))
        )
        scene.say(asker, lead + settled[0][0])
        for question, _, _ in settled[1:]:
            joint = self.rng.choice(("And ", "Also, ", "And also, ", ""))
            scene.say(asker, joint + (question[0].lower() + question[1:] if joint else question))
        for _, answer, clause in settled:
            scene.say(other, answer)
            self.details.append((other, clause))

    def tell(self, detail: Detail, kept: list[str]) -> None:
        """Play one question and answer about what the two will do."""
        scene = self.scene
        asker, other = detail.asker, "B" if detail.asker == "A" else "A"
        scene.say(asker, scene.chosen(detail.question))
        scene.say(other, scene.chosen(detail.answer))
        kept.append(scene.chosen(detail.clause))

    def say_goodbye(self) -> None:
        """Add a goodbye."""
        scene, rng = self.scene, self.rng
        last = scene.turns[-1][0]
        self.parted = True
        bye, back = rng.choice(engine.BYES)
        scene.say("B" if last == "A" else "A", scene.pick(bye))
        scene.say(last, scene.pick(back))

    def end_yes(self) -> None:
        """@B agrees, perhaps with a remark."""
        scene = self.scene
        scene.say("B", scene.frame(engine.AGREE[self.kind]))
        told = scene.frame(engine.TOLD_AGREE[self.kind])
        extra = ""
        if self.situation.lists["yes"] and self.rng.random() < 0.85:
            extra = scene.option("yes")
            scene.say("B", scene.frame(engine.AND_YES, yes=extra))
        scene.say("A", scene.pick(engine.THANKS[self.kind]))
        if not extra:
            self.outcome = [f"@B {told}"]
        elif extra.startswith("@B ") and self.rng.random() < 0.6:
            self.outcome = [f"@B {told} and {extra[3:]}"]
        elif self.rng.random() < 0.5:
            verb = "add*" if "say*" in told else self.rng.choice(("say*", "add*"))
            self.outcome = [f"@B {told} and {verb} that {extra}"]
        elif self.rng.random() < 0.5:
            self.outcome = [f"@B {told}, and {extra}"]
        else:
            self.outcome = [f"@B {told}", extra]

    def end_no(self) -> None:
        """@B refuses, or does not know."""
        scene, rng = self.scene, self.rng
        no = scene.option("no")
        if self.kind == "query":
            advise = scene.option("advise")
            scene.say("B", scene.frame(engine.NO_IDEA, no=no, advise=advise))
            scene.say("A", scene.pick(engine.FOLLOW[0]))
            told = scene.frame(engine.TOLD_NO_IDEA, no=no)
            other = scene.frame(engine.TOLD_ADVISE, advise=advise)
            self.outcome = [f"@B {told}" + rng.choice((" and ", ", but ")) + other]
            return
        so = scene.option("so")
        frames = engine.REFUSE.get(self.kind, engine.REFUSE[""])
        scene.say("B", scene.frame(frames, no=no))
        told = scene.frame(engine.TOLD_REFUSE.get(self.kind, engine.TOLD_REFUSE[""]), no=no)
        if self.is_service and rng.random() < 0.5:
            scene.say("A", scene.pick(engine.REALLY_NOT))
            scene.say("B", scene.pick(engine.NO_WAY))
        if self.is_service and rng.random() < 0.5:
            scene.say("A", scene.pick(engine.LIVES_WITH_IT))
            self.outcome = [f"@B {told}"]
            return
        scene.say("A", scene.frame(engine.PITY, so=so))
        tail = rng.choice((f", so {so}", f", and {so}", "", None))
        self.outcome = [f"@B {told}", so] if tail is None else [f"@B {told}{tail}"]

    def end_else(self) -> None:
        """@B finds another way."""
        scene, rng = self.scene, self.rng
        other, no = scene.option("else"), scene.option("no")
        frame = scene.chosen(scene.pick(engine.ELSE))
        scene.say("B", frame.replace("{else}", other).replace("{no}", no))
        scene.say("A", scene.pick(engine.TAKE))
        take = scene.frame(engine.TOLD_TAKE)
        if "{no}" in frame and rng.random() < 0.75:
            told = [f"@B say* that {no}, but {other}", f"@B can't because {no}, but {other}"]
        else:
            told = [
                f"@B say* that {other}",
                f"@B suggest* another way: {other}",
                f"@B can't do that, but {other}",
                f"@B have* another idea: {other}",
            ]
        self.outcome = [rng.choice(told)]
        if rng.random() < 0.6:
            self.outcome[0] += rng.choice((", and ", "; ")) + take
        elif rng.random() < 0.4:
            self.outcome.append(take)

    def end_later(self) -> None:
        """@B has to think about it."""
        scene, rng = self.scene, self.rng
        later = scene.option("later")
        scene.say("B", scene.frame(engine.LATER, later=later))
        scene.say("A", scene.pick(engine.WAIT))
        told = "@B " + scene.frame(engine.TOLD_LATER, later=later)
        back = scene.frame(engine.TOLD_BACK)
        self.outcome = rng.choice(([f"{told}, and {back}"], [told, back], [f"{told}, so {back}"]))

    def end_offer(self) -> None:
        """@B offers something to someone with news or with a problem."""
        scene = self.scene
        offer = scene.option("offer")
        scene.say("B", scene.frame(engine.OFFER, offer=offer))
        scene.say("A", scene.pick(engine.TAKE))
        told = "@B " + scene.frame(engine.TOLD_OFFER, offer=offer)
        take = scene.frame(engine.TOLD_TAKE)
        self.outcome = self.rng.choice(([f"{told}, and {take}"], [told], [told, take]))

    def end_less(self) -> None:
        """@B can't do what should be done, but something."""
        scene = self.scene
        offer, no = scene.option("offer"), scene.option("no")
        frames = engine.REFUSE.get(self.kind, engine.REFUSE[""])
        scene.say("B", scene.frame(frames, no=no))
        scene.say("B", scene.frame(engine.OFFER_LESS, offer=offer))
        scene.say("A", scene.pick(engine.TAKE))
        told = scene.frame(engine.TOLD_OFFER_LESS, no=no, offer=offer)
        take = scene.frame(engine.TOLD_TAKE)
        self.outcome = self.rng.choice(([f"{told}, and {take}"], [told], [told, take]))

    def end_rather(self) -> None:
        """@A turns down what @B offers and does something else."""
        scene = self.scene
        offer, rather = scene.option("offer"), scene.option("rather")
        scene.say("B", scene.frame(engine.OFFER, offer=offer))
        scene.say("A", scene.frame(engine.RATHER, rather=rather))
        scene.say("B", scene.pick(engine.YOUR_CHOICE))
        self.outcome = [scene.frame(engine.TOLD_RATHER, offer=offer, rather=rather)]

    def end_advise(self) -> None:
        """@B gives advice, which @A likes or not."""
        scene, rng = self.scene, self.rng
        advise = scene.option("advise")
        scene.say("B", scene.frame(engine.ADVISE, advise=advise))
        liked = rng.random() < 0.65
        scene.say("A", scene.pick(engine.FOLLOW[not liked]))
        told = "@B " + scene.frame(engine.TOLD_ADVISE, advise=advise)
        follow = scene.frame(engine.TOLD_FOLLOW[not liked])
        joint = ", and " if liked else ", but "
        self.outcome = rng.choice(([told + joint + follow], [told + joint + follow], [told]))

    def end_react(self) -> None:
        """@B answers the news with news or feelings."""
        scene = self.scene
        react = scene.option("react")
        scene.say("B", scene.frame(engine.REACT, react=react))
        scene.say("A", scene.pick(engine.NOD))
        self.outcome = ["@B " + scene.frame(engine.TOLD_REACT, react=react)]

    def end_answer(self) -> None:
        """@B answers the question."""
        scene = self.scene
        answer = scene.option("answer")
        scene.say("B", scene.frame(engine.ANSWER, answer=answer))
        scene.say("A", scene.pick("Thank you, that helps.|Good to know, thanks.|Ah, thank you!"))
        self.outcome = ["@B " + scene.frame(engine.TOLD_ANSWER, answer=answer)]

    # Changes ----------------------------------------------------------------------------------

    def changeable(self, slots: list[str]) -> str:
        """Return one of the slots that somebody has spoken of, or nothing."""
        spoken = [slot for slot in slots if slot in self.scene.spoken_by]
        return self.rng.choice(spoken) if spoken else ""

    def correct(self) -> bool:
        """Let a speaker correct a value just told; tell whether there was one."""
        scene = self.scene
        if scene.change:
            return False
        recent = " ".join(text for _, text in scene.turns[-2:])
        fresh = [
            slot
            for slot in self.situation.correct
            if slot in scene.spoken_by
            and (scene.values[slot] in recent or not scene.values[slot].isdigit())
        ]
        slot = self.changeable(fresh)
        if slot:
            self.change(slot, scene.spoken_by[slot], engine.CORRECT, engine.CORRECT_BACK)
        return bool(slot)

    def move(self) -> bool:
        """Let a speaker move a day, a time or a place; tell whether there was one."""
        slot = self.changeable(self.situation.move)
        if not slot or self.scene.change:
            return False
        last = self.scene.turns[-1][0]
        who = self.rng.choice(("A", "B")) if len(self.scene.turns) < 8 else last
        self.change(slot, who, engine.MOVE, engine.MOVE_BACK)
        self.moved = True
        return True

    def change(self, slot: str, who: str, frames: str, answers: str) -> None:
        """Give `slot` a new value, in two turns."""
        scene = self.scene
        other = "B" if who == "A" else "A"
        old, new = scene.values[slot], scene.new_value(slot)
        reason = scene.frame(engine.MOVE_WHY)
        text = scene.frame(frames, reason=reason).replace("{old}", old).replace("{new}", new)
        scene.say(who, text)
        scene.say(other, scene.frame(answers).replace("{old}", old).replace("{new}", new))
        scene.values[slot] = new
        scene.change = (slot, old, new)

    # The summary ------------------------------------------------------------------------------

    def summary(self) -> str:
        """Return one to three sentences."""
        scene, rng = self.scene, self.rng
        request = scene.frame(engine.TOLD[self.kind], what=self.what)
        opening = f"@A {request}"
        why = self.why if "because" not in request and ": " not in request else ""
        style = rng.random()
        if why and self.kind in OPENS_DIRECTLY:
            if " that " in request and style < 0.7:
                opening += (" because " if self.kind == "problem" else " and that ") + why
        elif why and (style < 0.45 or DANGLING.search(why) and style < 0.75):
            opening += f" because {why}"
        elif why and style < 0.6:
            opening = f"{rng.choice(('Because', 'As', 'Since'))} {why}, @A {request}"
        elif why and style < 0.75:
            verb = rng.choice(("say*", "tell* @Bm", "explain*"))
            opening = f"@A {verb} that {why} and {request}"
        brief = rng.random() < (BRIEF_OF_SERVICE if self.is_service else BRIEF)
        kept = [] if brief else [detail for detail in self.details if rng.random() < 0.85][:2]
        facts = self.fact_sentence(kept)
        first, *rest = self.outcome
        joint = rng.choice(JOINTS[self.ending])
        both = opening + first
        if (
            "but " in first
            or len(both) > 170
            or both.count(" and ") + both.count("ecause") > (joint != ", and ")
        ):
            joint = ". "
        if joint == ". " and facts and rng.random() < 0.6:
            parts = [opening, facts, first]
            facts = ""
        elif joint == ". ":
            parts = [opening, first]
        else:
            parts = [opening + joint + first]
        closing = rest + ([] if brief else self.plans)
        if self.moved and scene.change and rng.random() < 0.4:
            move = scene.frame(engine.TOLD_MOVE).replace("{new}", scene.change[2])
            closing.append(move)
        extra = [facts] if facts else []
        extra += [rng.choice((", and ", "; ")).join(closing[:2])] if closing else []
        if len(extra) + len(parts) > 3 and facts:
            extra.remove(facts)
        parts += extra[: 3 - len(parts)]
        return " ".join(engine.sentence(self.upper(scene.written(part, "S"))) for part in parts)

    @staticmethod
    def upper(text: str) -> str:
        """Return `text` with a capital letter in front."""
        return text[:1].upper() + text[1:]

    def fact_sentence(self, kept: list[tuple[str, str]]) -> str:
        """Return one sentence about one or two details."""
        if not kept:
            return ""
        rng = self.rng
        clause = rng.choice((" and ", ", and ")).join(clause for _, clause in kept)
        tellers = {who for who, _ in kept}
        if len(tellers) > 1 or rng.random() < 0.5:
            return clause
        who = tellers.pop()
        other = "@Bm" if who == "A" else "@Am"
        verb = rng.choice(VERBS_OF_SAYING).replace("{other}", other)
        return f"@{who} {verb} that {clause}"

    # The questions ----------------------------------------------------------------------------

    def questions(self, dialogue: str) -> tuple[tuple[str, str], ...]:
        """Return up to five questions, the one about the changed value first."""
        scene, rng = self.scene, self.rng
        quiz = words.SHARED_QUIZ | self.situation.quiz
        spoken = [slot for slot in quiz if slot in scene.spoken_by]
        changed = scene.change[0] if scene.change else ""
        slots = rng.sample(spoken, min(len(spoken), rng.randint(3, 5)))
        if changed in spoken and changed not in slots:
            slots[-1] = changed
        pairs = []
        for slot in slots:
            question = engine.sentence(scene.written(scene.chosen(quiz[slot]), "S"))
            answer = scene.values[slot]
            if answer not in dialogue:  # It opens a sentence.
                answer = self.upper(answer)
            pairs.append((question, answer))
        return tuple(pairs)


def played(
    rng: random.Random,
    pool: str,
    setting: Setting,
    situation: Situation,
    before: Scene | None = None,
) -> Plot:
    """Play `situation` until it has a fitting length and at least two questions."""
    for _ in range(ATTEMPTS):
        plot = Plot(Scene(rng, pool, setting, situation))
        if before:
            plot.scene.go_on_from(before)
        plot.play()
        turns = len(plot.scene.turns)
        if engine.FEWEST_TURNS <= turns <= engine.MOST_TURNS:
            spoken = plot.scene.spoken_by
            quiz = words.SHARED_QUIZ | situation.quiz
            if sum(slot in spoken for slot in quiz) >= 2:
                return plot
    raise Untellable


def told(
    rng: random.Random,
    pool: str,
    setting: Setting,
    situation: Situation,
    before: Scene | None = None,
) -> tuple[Plot, str]:
    """Return a plot and its summary, without a value that was given up or a repetition."""
    for _ in range(ATTEMPTS):
        plot = played(rng, pool, setting, situation, before)
        summary = plot.summary()
        old = plot.scene.change[1] if plot.scene.change else ""
        gave_up = old and re.search(rf"(?<![\w$:]){re.escape(old)}\b", summary)
        if not (gave_up or failures(summary)["repeats"]):
            return plot, summary
    raise Untellable


def talk(
    rng: random.Random, pool: str, setting: Setting, situation: Situation
) -> tuple[Conversation, tuple[str, str] | None]:
    """Return a conversation, with the old and the new value where one changes in it."""
    plot, summary = told(rng, pool, setting, situation)
    change = plot.scene.change[1:] if plot.scene.change else None
    return written_down([plot], summary), change


def talk_of_two(
    rng: random.Random, pool: str, setting: Setting, situations: tuple[Situation, Situation]
) -> Conversation:
    """Return a conversation that comes from one thing to another."""
    for _ in range(ATTEMPTS):
        first, summary = told(rng, pool, setting, situations[0])
        if first.parted:
            continue
        second, addition = told(rng, pool, setting, situations[1], first.scene)
        lead = rng.choice(FURTHER)
        if lead and addition.startswith(("Because ", "As ", "Since ")):
            addition = addition[0].lower() + addition[1:]
        whole = f"{summary} {lead}{addition}"
        conversation = written_down([first, second], whole)
        if failures(whole)["repeats"]:
            continue
        if conversation.questions and conversation.dialogue.count("\n") < LONGEST:
            return conversation
    raise Untellable


def written_down(plots: list[Plot], summary: str) -> Conversation:
    """Return what was said in one conversation: its turns, names and questions."""
    turns: list[tuple[str, str]] = []
    for scene in (plot.scene for plot in plots):
        for who, text in scene.turns:
            label = scene.label[who]
            if turns and turns[-1][0] == label:
                text = f"{turns.pop()[1]} {text}"
            turns.append((label, text))
    dialogue = "\n".join(f"{label}: {text}" for label, text in turns)
    named = {name: kind for plot in plots for name, kind in plot.scene.entities.items()}
    entities = {name: named[name] for name in sorted(named, key=dialogue.find) if name in dialogue}
    pairs = [pair for plot in plots for pair in plot.questions(dialogue)]
    asked = Counter(question for question, _ in pairs)
    questions = tuple((question, said) for question, said in pairs if asked[question] == 1)
    topic = plots[0].situation.topic
    for name in plots[0].scene.called.values():
        summary = first_name_later(summary, name)
    return Conversation(dialogue, summary, topic, entities, questions)


def first_name_later(summary: str, name: str) -> str:
    """Return `summary` with a full name only where it comes first, and the first name after it."""
    first, _, last = name.partition(" ")
    if not last or first.endswith("."):  # "Mr. Olmstad" has no shorter form
        return summary
    start, full, rest = summary.partition(name)
    return start + full + rest.replace(name, first)
