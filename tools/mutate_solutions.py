"""Break the solution of every exercise in small ways: each checker must refuse what is wrong.

    python -m tools.mutate_solutions                  # all exercises: a table, and who survived
    python -m tools.mutate_solutions 2.2 4.1 --list   # these, with every mutant and its verdict
    python -m tools.mutate_solutions --sample 5       # 5 mutants of each, drawn by --seed

A mutant is the folded solution with one change: another operator, constant, slice, argument, name
or direction, a statement or a part left out. A mutant that loops is stopped after a hundred times
the turns of the solution. One that passes is asked again beside the solution, on inputs of its own:
those of the checker, varied at random. Where the two agree on all of them, it counts as the same
function in other words ("same") and not as a mistake; where they differ, or an input is a model,
which cannot be varied, it has survived.

Exits with 1 if a checker refuses less than 90% of the mistakes.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from numbers import Real
from random import Random
from typing import Any

from labutils.common.errors import one_message
from labutils.exercises import EXERCISES
from labutils.exercises.checking import PASSED, Exercise, verdict_on
from labutils.notebooks import NOTEBOOKS

ENOUGH = 0.9
"""The share of the mistakes that a checker must refuse."""
VARIED, FEWEST = 300, 30
"""Inputs on which a mutant that passes is compared, and the fewest that the solution must take."""
ROUND = (-0.5, 0.0, 0.25, 0.5, 1.0)
"""Numbers among which many are equal, or equal to a product: bounds are met exactly."""
MORE_TURNS = 100

REFUSED, SAME, SURVIVED = "refused", "same", "SURVIVED"
EXERCISE = re.compile(r"### Exercise (\S+) · ")
SOLUTION = re.compile(r"<summary>Solution</summary>.*?```python\n(.+?)```", re.S)

OTHER_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
OTHER_NAMES = {
    "min": "max",
    "any": "all",
    "ceil": "floor",
    "values": "keys",
    "rsplit": "split",
    "rpartition": "partition",
    "mean": "sum",
    "std": "var",
    "sum": "len",
    "union": "intersection",
}
OTHER_NAMES |= {new: old for old, new in OTHER_NAMES.items() if new not in ("sum", "len")}


@dataclass(frozen=True)
class Mutant:
    """A solution with one change, and the change in words."""

    change: str
    source: str


def solutions() -> dict[str, tuple[str, str]]:
    """{number: (name of the function, source)} of every exercise in the notebooks."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and (title := EXERCISE.match(text)):
                if not (source := SOLUTION.search(text)):
                    raise ValueError(f"Exercise {title[1]} in {path.name} has no solution.")
                found[title[1]] = (_asked_for(source[1]), source[1])
    return found


def _asked_for(source: str) -> str:
    """The function that is handed in: the last one, as helpers stand before it."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)][-1]


def mutants(source: str) -> list[Mutant]:
    """All mutants of a source, without those that only say the same in other signs."""
    seen = {ast.unparse(ast.parse(source))}
    found = []
    names = _parameters(ast.parse(source))
    for place, node in enumerate(ast.walk(ast.parse(source))):
        for number, (change, _) in enumerate(_variants(node, names)):
            # Once more on a fresh tree, as a variant may hold parts of the tree itself.
            tree = ast.parse(source)
            fresh = next(n for i, n in enumerate(ast.walk(tree)) if i == place)
            _, new = _variants(fresh, names)[number]
            text = ast.unparse(ast.fix_missing_locations(_Exchange(fresh, new).visit(tree)))
            if text not in seen:
                seen.add(text)
                line = getattr(node, "lineno", 0)
                found.append(Mutant(f"line {line}: {change}", text))
    return found


class _Exchange(ast.NodeTransformer):
    """Puts a node (or, in a block, several or none) in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST | list[ast.stmt]) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        """The new node for the old one."""
        return self.new if node is self.old else self.generic_visit(node)


def _parameters(tree: ast.Module) -> list[str]:
    return sorted({node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)})


def _variants(node: ast.AST, names: Sequence[str]) -> list[tuple[str, Any]]:
    """[(change, what to put in the place of a node)]."""
    found: list[tuple[str, Any]] = []
    for kind, variants in VARIANTS.items():
        if isinstance(node, kind):
            found += [(f"{_short(node)} -> {_short(new)}", new) for new in variants(node)]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        others = [ast.Name(name, ast.Load()) for name in names if name != node.id]
        found += [(f"{node.id} -> {other.id}", other) for other in others]
    return found


def _short(node: Any) -> str:
    if isinstance(node, list):
        return "; ".join(map(_short, node)) or "(left out)"
    text = " ".join(ast.unparse(ast.fix_missing_locations(deepcopy(node))).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _copy(node: Any, **fields: Any) -> Any:
    """A node with other fields; the node itself stays."""
    return type(node)(**{name: value for name, value in ast.iter_fields(node)} | fields)


def _without(items: Sequence[Any], place: int) -> list[Any]:
    return [*items[:place], *items[place + 1 :]]


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(2 * value), ast.Constant(value / 2))
    elif isinstance(value, str):
        half = len(value) // 2
        yield from (ast.Constant(part) for part in ("", value[:half], value[half:]))


def _compare(node: ast.Compare) -> Iterator[ast.expr]:
    for place, operator in enumerate(node.ops):
        for other in OTHER_OPERATORS[type(operator)]:
            yield _copy(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])


def _binary(node: ast.BinOp) -> Iterator[ast.expr]:
    for other in OTHER_OPERATORS.get(type(node.op), ()):
        yield _copy(node, op=other())
    if isinstance(node.op, ORDERED):
        yield _copy(node, left=node.right, right=node.left)
    yield from (node.left, node.right)


def _boolean(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield _copy(node, op=OTHER_OPERATORS[type(node.op)][0]())
    for place in range(len(node.values)):
        rest = _without(node.values, place)
        yield _copy(node, values=rest) if len(rest) > 1 else rest[0]


def _unary(node: ast.UnaryOp) -> Iterator[ast.expr]:
    yield node.operand


def _slice(node: ast.Slice) -> Iterator[ast.expr]:
    yield ast.Slice(node.upper, node.lower, node.step)
    for name in ("lower", "upper", "step"):
        if bound := getattr(node, name):
            yield _copy(node, **{name: None})
            for operator in (ast.Add(), ast.Sub()):
                yield _copy(node, **{name: ast.BinOp(bound, operator, ast.Constant(1))})


def _subscript(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load):
        yield node.value


def _attribute(node: ast.Attribute) -> Iterator[ast.expr]:
    if node.attr in OTHER_NAMES:
        yield _copy(node, attr=OTHER_NAMES[node.attr])
    if node.attr == "T":
        yield node.value


def _name(node: ast.Name) -> Iterator[ast.expr]:
    if node.id in OTHER_NAMES and isinstance(node.ctx, ast.Load):
        yield _copy(node, id=OTHER_NAMES[node.id])


def _call(node: ast.Call) -> Iterator[ast.expr]:
    for place in range(len(node.args)):
        yield _copy(node, args=_without(node.args, place))
        if place:
            pair = [node.args[place], node.args[place - 1]]
            yield _copy(node, args=[*node.args[: place - 1], *pair, *node.args[place + 1 :]])
    for place in range(len(node.keywords)):
        yield _copy(node, keywords=_without(node.keywords, place))
    if len(node.args) == 1:
        yield node.args[0]
    if isinstance(node.func, ast.Attribute):
        yield node.func.value
    if _short(node.func).rpartition(".")[2] in ("sorted", "sort"):
        if "reverse" not in [keyword.arg for keyword in node.keywords]:
            reverse = ast.keyword("reverse", ast.Constant(True))
            yield _copy(node, keywords=[*node.keywords, reverse])


def _tuple(node: ast.Tuple) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        yield _copy(node, elts=[node.elts[1], node.elts[0], *node.elts[2:]])
        yield _copy(node, elts=node.elts[:-1])


def _loop(node: ast.comprehension) -> Iterator[ast.comprehension]:
    for place, test in enumerate(node.ifs):
        yield _copy(node, ifs=_without(node.ifs, place))
        negated = ast.UnaryOp(ast.Not(), test)
        yield _copy(node, ifs=[*node.ifs[:place], negated, *node.ifs[place + 1 :]])


def _choice(node: ast.IfExp) -> Iterator[ast.expr]:
    yield from (node.body, node.orelse)


def _statement(node: ast.stmt) -> Iterator[Any]:
    if isinstance(node, (ast.If, ast.While)):
        yield _copy(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, (ast.If, ast.With)):
        yield node.body
    if isinstance(node, ast.AugAssign):
        for other in OTHER_OPERATORS.get(type(node.op), ()):
            yield _copy(node, op=other())
        yield ast.Assign([node.target], node.value)
    imported = (ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Pass)
    documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not isinstance(node, imported) and not documents:
        yield ast.Pass()


VARIANTS: dict[type, Callable[[Any], Iterator[Any]]] = {
    ast.Constant: _constant,
    ast.Compare: _compare,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Slice: _slice,
    ast.Subscript: _subscript,
    ast.Attribute: _attribute,
    ast.Name: _name,
    ast.Call: _call,
    ast.Tuple: _tuple,
    ast.comprehension: _loop,
    ast.IfExp: _choice,
    ast.stmt: _statement,
}


class TooLong(BaseException):
    """A mutant runs on and on; not an Exception, which a checker would catch."""


class Turns:
    """Called at each turn of a loop and each call of a function; TooLong after so many.

    Turns, not seconds: the verdict is the same on a busy machine.
    """

    def __init__(self, limit: float = float("inf")) -> None:
        self.count, self.limit = 0, limit

    def __call__(self) -> bool:
        self.count += 1
        if self.count > self.limit:
            raise TooLong
        return True


class _Counted(ast.NodeTransformer):
    """Puts a call of `_turn` into every function, loop and comprehension."""

    def _with_turn(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(self._turn()))
        return node

    visit_FunctionDef = visit_For = visit_While = _with_turn

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        """True, as a condition more."""
        self.generic_visit(node)
        node.ifs.insert(0, self._turn())
        return node

    @staticmethod
    def _turn() -> ast.expr:
        return ast.Call(ast.Name("_turn", ast.Load()), [], [])


def function_of(source: str, name: str, turns: Turns) -> Callable:
    """The function of this name in a source, which counts its turns."""
    names: dict[str, Any] = {"_turn": turns}
    tree = ast.fix_missing_locations(_Counted().visit(ast.parse(source)))
    exec(compile(tree, "<mutant>", "exec"), names)
    return names[name]


class Trial:
    """One exercise's checker, with what it asks of the solution and how long that takes."""

    def __init__(self, exercise: Exercise, name: str, source: str) -> None:
        turns = Turns()
        self.exercise, self.name = exercise, name
        self.solution = function_of(source, name, turns)
        self.asked: list[tuple] = []

        def noting(*inputs: Any) -> Any:
            self.asked.append(_copied(inputs))
            return self.solution(*inputs)

        verdict = verdict_on(exercise, noting)
        if verdict.state != PASSED:
            raise ValueError(verdict.message)
        self.limit = MORE_TURNS * (turns.count + 100)

    def outcome(self, mutant: Mutant) -> str:
        """REFUSED, SAME or SURVIVED."""
        turns = Turns(self.limit)
        try:
            answer = function_of(mutant.source, self.name, turns)
            passed = verdict_on(self.exercise, answer).state == PASSED
        except (Exception, TooLong):
            return REFUSED
        if not passed:
            return REFUSED
        turns.limit *= VARIED
        return SAME if self.agrees(answer) else SURVIVED

    def agrees(self, answer: Callable) -> bool:
        """Whether a function gives what the solution gives, on varied inputs of the checker.

        A model cannot be varied, so nobody knows: then it does not.
        """
        if any(map(_fixed, self.asked)):
            return False
        draw, tried = Random(0), 0
        for _ in range(VARIED):
            inputs = varied(draw.choice(self.asked), draw)
            try:
                right = self.solution(*_copied(inputs))
            except Exception:  # inputs that mean nothing
                continue
            tried += 1
            try:
                found = answer(*_copied(inputs))
            except (Exception, TooLong):
                return False
            if not alike(found, right):
                return False
        return tried >= FEWEST


def _copied(inputs: Sequence[Any]) -> tuple:
    """Inputs with lists, dicts and tensors of their own; models are shared."""
    return tuple(
        each.clone() if hasattr(each, "clone") else deepcopy(each) if _holds_data(each) else each
        for each in inputs
    )


def _fixed(value: Any) -> bool:
    """Whether something in an input is the same in every variation of it."""
    if isinstance(value, dict):
        return any(map(_fixed, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_fixed, value))
    return not (isinstance(value, (int, float, str, type(None))) or hasattr(value, "flip"))


def _holds_data(value: Any) -> bool:
    return isinstance(value, (list, dict, tuple, set))


def varied(value: Any, draw: Random) -> Any:
    """A value of the same form: numbers near it, lists shuffled and shortened, digits in texts."""
    if draw.random() < 0.2 or isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return tuple(varied(each, draw) for each in value)
    if isinstance(value, int):
        return draw.choice((0, 1, 2, value - 1, value + 1, draw.randint(0, 2 * abs(value) + 2)))
    if isinstance(value, float):
        return draw.choice((*ROUND, value * draw.uniform(-0.2, 2)))
    if isinstance(value, str):
        return re.sub(r"\d+", lambda _: str(draw.randint(0, 20)), value)
    if isinstance(value, list):
        kept = draw.sample(value, draw.randint(min(2, len(value)), len(value)))
        return [varied(each, draw) for each in kept]
    if isinstance(value, dict):
        items = draw.sample(list(value.items()), len(value))
        return {key: varied(each, draw) for key, each in items}
    if hasattr(value, "flip"):  # a tensor
        return value.flip(draw.randrange(value.dim())) if value.dim() else value
    return value


def alike(one: Any, other: Any) -> bool:
    """Whether two answers say the same; numbers to within rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if hasattr(one, "tolist") and hasattr(other, "tolist"):
        return alike(one.tolist(), other.tolist())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Real) and isinstance(other, Real):
        return one == other or abs(float(one) - float(other)) <= 1e-9 * abs(float(other))
    return type(one) is type(other) and one == other


def tried(numbers: Sequence[str], sample: int | None, seed: int) -> dict[str, dict[Mutant, str]]:
    """{exercise: {mutant: its outcome}} of some exercises, by default of all."""
    found = {}
    for number, (name, source) in solutions().items():
        if not numbers or number in numbers:
            trial, chosen = Trial(EXERCISES[number], name, source), mutants(source)
            if sample is not None and sample < len(chosen):
                chosen = Random(f"{seed} {number}").sample(chosen, sample)
            found[number] = {mutant: trial.outcome(mutant) for mutant in chosen}
    return found


def share_refused(outcomes: Sequence[str]) -> float:
    """Of the mistakes among the mutants, so without those that are the same function; 0-1."""
    wrong = [outcome for outcome in outcomes if outcome != SAME]
    return wrong.count(REFUSED) / len(wrong) if wrong else 1.0


def print_table(found: dict[str, dict[Mutant, str]], everything: bool) -> None:
    """A line per exercise, then the mutants that passed, or all."""
    print(f"{'exercise':44}{'mutants':>8}{'same':>6}{'refused':>14}")
    for number, each in found.items():
        outcomes = list(each.values())
        same, wrong = outcomes.count(SAME), len(outcomes) - outcomes.count(SAME)
        share = share_refused(outcomes)
        title = f"{number} {EXERCISES[number].title}"
        refused = f"{outcomes.count(REFUSED)} of {wrong}"
        print(f"{title:44}{len(each):8}{same:6}{refused:>14} {share:5.0%}")
    print()
    for number, each in found.items():
        for mutant, outcome in each.items():
            if everything or outcome != REFUSED:
                print(f"{number} {outcome:8} {mutant.change}")


@one_message()
def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, try, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("numbers", nargs="*", metavar="exercise", help="such as 2.1; default all")
    parser.add_argument("--list", action="store_true", help="print every mutant and its verdict")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants of each")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    args = parser.parse_args(arguments)
    if unknown := set(args.numbers) - set(EXERCISES):
        parser.error(f"there is no exercise {', '.join(sorted(unknown))}")
    found = tried(args.numbers, args.sample, args.seed)
    print_table(found, args.list)
    return int(any(share_refused([*each.values()]) < ENOUGH for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
