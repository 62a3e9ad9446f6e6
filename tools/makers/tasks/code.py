"""Pairs of equivalent one-line Java and C# methods."""

from random import Random

from tools.makers.names import drawn

TYPES = (
    ("int", "int"),
    ("long", "long"),
    ("double", "double"),
    ("float", "float"),
    ("char", "char"),
    ("boolean", "bool"),
    ("String", "string"),
    ("Object", "object"),
    ("List<String>", "List<string>"),
    ("List<Integer>", "List<int>"),
    ("Map<String, String>", "Dictionary<string, string>"),
    ("Map<String, Integer>", "Dictionary<string, int>"),
    ("Set<String>", "HashSet<string>"),
)
NUMBERS = tuple(pair for pair in TYPES if pair[0] in ("int", "long", "double", "float"))

ADJECTIVES = (
    "active average base cached closed current daily default final first free gross hidden initial "
    "last local lower main max min monthly net new next old open parent previous primary private "
    "public remote root second sorted spare start stored total upper user valid weekly"
).split()
NOUNS = (
    "account address amount balance block branch buffer cache cell client code color column count "
    "customer date depth device discount driver entry error event factor field file filter flag "
    "folder group handler height image index invoice item key label length level limit line link "
    "list message model name node number offset option order owner page parser path payment "
    "player point price product queue rate record region report request response result room "
    "row rule sample score sensor session shape size source state status step style table tag "
    "target task tax team ticket timer title token topic unit value version weight width window"
).split()
VERBS = (
    "add apply build check clear close compute copy count create delete fetch find format load "
    "merge move open parse print read remove render reset resolve save send sort start stop "
    "store update validate write"
).split()

# {j}/{c}: the type in Java and in C#; {f}: a field; {F}: the same, capitalized; {g}: another
# identifier; {T}: a class; {v}/{V}: a method, {n}: a number, {op}: an arithmetic operator.
METHOD_PAIRS = (
    ("public {j} get{F}() {{ return {f}; }}", "public {c} Get{F}() {{ return {f}; }}"),
    (
        "public void set{F}({j} {f}) {{ this.{f} = {f}; }}",
        "public void Set{F}({c} {f}) {{ this.{f} = {f}; }}",
    ),
    ("private final {j} {f};", "private readonly {c} {f};"),
    ("public static final {j} {f} = {n};", "public const {c} {f} = {n};"),
    (
        "public boolean is{F}() {{ return {f} {cmp} {n}; }}",
        "public bool Is{F}() {{ return {f} {cmp} {n}; }}",
    ),
    (
        "public {j} {v}({j} {f}) {{ return {f} {op} {g}; }}",
        "public {c} {V}({c} {f}) {{ return {f} {op} {g}; }}",
    ),
    (
        "public boolean has{F}() {{ return {f}.size() > {n}; }}",
        "public bool Has{F}() {{ return {f}.Count > {n}; }}",
    ),
    (
        "public int {v}(String {f}) {{ return {f}.length() {op} {n}; }}",
        "public int {V}(string {f}) {{ return {f}.Length {op} {n}; }}",
    ),
    (
        "public void {v}() {{ System.out.println({f}); }}",
        "public void {V}() {{ Console.WriteLine({f}); }}",
    ),
    (
        "public void {v}({T} {f}) {{ {g}.add({f}); }}",
        "public void {V}({T} {f}) {{ {g}.Add({f}); }}",
    ),
    (
        "for (String {f} : {g}) {{ {v}({f}); }}",
        "foreach (string {f} in {g}) {{ {V}({f}); }}",
    ),
    (
        'if ({f} == null) {{ throw new IllegalArgumentException("{f}"); }}',
        'if ({f} == null) {{ throw new ArgumentException("{f}"); }}',
    ),
    (
        'public String toString() {{ return "{T}: " + {f}; }}',
        'public override string ToString() {{ return "{T}: " + {f}; }}',
    ),
    (
        "{j} {f} = Math.max({g}, {n});",
        "{c} {f} = Math.Max({g}, {n});",
    ),
    (
        "String {f} = {g}.toLowerCase().trim();",
        "string {f} = {g}.ToLower().Trim();",
    ),
    (
        "public class {T} extends {U} {{ private {j} {f}; }}",
        "public class {T} : {U} {{ private {c} {f}; }}",
    ),
    (
        "List<{T}> {f} = new ArrayList<>(); {f}.add({g});",
        "List<{T}> {f} = new List<{T}>(); {f}.Add({g});",
    ),
    (
        "if ({f}.equals({g})) {{ return {n}; }}",
        "if ({f} == {g}) {{ return {n}; }}",
    ),
    (
        "while ({f} {cmp} {n}) {{ {f} = {f} {op} {m}; {v}({f}); }}",
        "while ({f} {cmp} {n}) {{ {f} = {f} {op} {m}; {V}({f}); }}",
    ),
)


def identifier(rng: Random, pool: str) -> str:
    """Return a camelCase identifier of two words, such as 'netAmount'."""
    return drawn(rng, pool, lambda r: r.choice(ADJECTIVES) + r.choice(NOUNS).capitalize())


def upper(name: str) -> str:
    """Return `name` with its first letter in upper case (PascalCase of a camelCase name)."""
    return name[0].upper() + name[1:]


def method_pair(rng: Random, pool: str) -> tuple[str, str]:
    """Return the same method twice: (java, cs)."""
    java, cs = rng.choice(METHOD_PAIRS)
    numeric = any(key in java for key in ("{op}", "{cmp}", "Math", "static"))
    java_type, cs_type = rng.choice(NUMBERS if numeric else TYPES)
    field = identifier(rng, pool)
    verb = rng.choice(VERBS) + upper(rng.choice(NOUNS))
    slots = {
        "j": java_type,
        "c": cs_type,
        "f": field,
        "F": upper(field),
        "g": identifier(rng, pool),
        "T": upper(rng.choice(NOUNS)) + upper(rng.choice(NOUNS)),
        "U": upper(identifier(rng, pool)),
        "v": verb,
        "V": upper(verb),
        "n": rng.randint(0, 500),
        "m": rng.randint(1, 20),
        "op": rng.choice("+-*/"),
        "cmp": rng.choice((">", "<", ">=", "<=", "==", "!=")),
    }
    return java.format(**slots), cs.format(**slots)
