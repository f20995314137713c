import { builtinPackage, builtinPackagePaths } from "../library/index.ts";
import { nearName } from "./names.ts";

/** What to do about an error that is known by its message only: one line a kind of error. */
type Advice = string | ((match: RegExpExecArray) => string | undefined);

const advices: readonly (readonly [RegExp, Advice])[] = [
  [
    /^invalid interpolation: cannot use .* \(type list\)/,
    'join the elements first: strings.Join(x, ","), or json.Marshal(x)',
  ],
  [/^invalid interpolation: cannot use .* \(type struct\)/, "interpolate one of its fields, or json.Marshal(x)"],
  [/^invalid interpolation: cannot use .* \(type null\)/, "test it first: if x != null {…}"],
  [
    /to '\+' \(type (?:string and (?:int|float|number|bool)|(?:int|float|number|bool) and string)\)/,
    'interpolate instead: "\\(a)\\(b)"',
  ],
  [
    /to '([-+*/])' \(type/,
    (match) => (match[1] === "+" ? "both sides must be numbers, or both strings" : "both sides must be numbers"),
  ],
  [/to '([<>]=?)' \(type/, "only numbers with numbers and strings with strings have an order"],
  [/to '(==|!=)' \(type/, "compare values of one type"],
  [/to '(&&|\|\|)' \(type/, 'both sides must be conditions: compare them, as in x != ""'],
  [
    /^invalid operation ([-+!])/,
    (match) => (match[1] === "!" ? "! negates conditions: compare the value first" : "only numbers have a sign"),
  ],
  [/as type bool/, 'a condition is true or false: compare the value, as in x != "" or x != _|_'],
  [/as type string in (=~|!~)/, "only strings match patterns"],
  [
    /^cannot range over .*\(found (?:int|number|float)/,
    "for goes through lists and structs; count with for i in list.Range(0, n, 1)",
  ],
  [
    /^cannot range over .*\(found string/,
    "for goes through lists and structs; split a string first with strings.Split",
  ],
  [/^cannot range over/, "for goes through lists and structs"],
  [/division (?:by zero|undefined)/, "guard the division: if x != 0 {…}"],
  [/^cannot use .* \(type (?:int|float|number)\) as string in argument/, 'make a string of it: "\\(x)"'],
  [/^cannot use .* \(type string\) as (?:int|number|float) in argument/, "make a number of it: strconv.Atoi(x)"],
  [/^cannot use .* as list in argument/, "put the value in brackets: [x]"],
  [
    /^too many arguments in call to (.*) \(have (\d+), want (\d+)\)/,
    (match) => `${match[1]!} takes ${match[3]!}: remove the last ${Number(match[2]) - Number(match[3])}`,
  ],
  [
    /^not enough arguments in call to (.*) \(have (\d+), want (\d+)\)/,
    (match) => `${match[1]!} takes ${match[3]!}: add the other ${Number(match[3]) - Number(match[2])}`,
  ],
  [
    /^invalid operand .* \(found ([^,]+), want list or struct\)/,
    (match) => `only structs and lists have parts, this is of type ${match[1]!}: refer to it as a whole`,
  ],
  [
    /^invalid operand .* \(found ([^,]+), want list\)/,
    (match) => `only lists have numbered elements, this is of type ${match[1]!}`,
  ],
  [/^cannot call non-function (\w+)\.(\w+)/, (match) => functionAdvice(match[1]!, match[2]!)],
  [/^cannot call non-function/, "only functions of packages and predeclared ones can be called"],
  [/^invalid index -/, "elements are counted from 0; the last is x[len(x)-1]"],
  [
    /^invalid index .* \(invalid type|^integer fields not supported/,
    'fields are found by strings, elements by whole numbers; a name of a field can be written "\\(x)"',
  ],
  [
    /^index out of range \[\d+\] with length (\d+)/,
    (match) => (match[1] === "0" ? "the list is empty" : `the last element is [${Number(match[1]) - 1}]`),
  ],
  [/^invalid slice index|^cannot slice/, "a slice x[low:high] is of a list, with 0 <= low <= high <= len(x)"],
  [
    /^incompatible list lengths \((\d+) and (\d+)\)/,
    "give as many elements as are asked for, or let the list go on: [..., ...]",
  ],
  [
    /^structural cycle/,
    "the value holds itself without end: make the field optional (next?: #T), or let it end (null | #T)",
  ],
  [/^cycle with field|^cyclic reference/, "the fields wait for each other: give one of them a value of its own"],
  [
    /not allowed as field set was already referenced/,
    "the struct's fields were counted already: build this one beside it, and join both in a third",
  ],
  [
    /^incompatible .*bounds (.*) and (.*)$/,
    (match) => `nothing is both ${match[1]!} and ${match[2]!}: loosen one of them`,
  ],
  [
    /^key value of dynamic field must be concrete/,
    "the name of the field is not known yet: give the value that it is made of",
  ],
  [/^explicit error/, "_|_ stands there on purpose: the text refuses what led there"],
  [/^invalid regexp/, 'write the pattern in RE2 syntax: no look-ahead, no back references; escape \\ or use #"…"#'],
  [
    /error in call to strconv\.(Atoi|ParseInt|ParseUint|ParseFloat)/,
    'only digits can be read as a number: check the text first, as in if x =~ "^[0-9]+$" {…}',
  ],
  [/error in call to time\.(?:Parse)?Duration/, 'write a number with a unit, as in "300ms", "30s" or "1h30m"'],
  [/error in call to encoding\/json\.Unmarshal/, "the text is no JSON: check its quotes and commas"],
  [/error in call to encoding\/yaml\.Unmarshal/, "the text is no YAML: check its indentation"],
  [/error in call to encoding\/base64\.Decode/, "the text is no base64"],
  [
    /does not satisfy matchN: (\d+) matched, expected (.*)/,
    (match) => `${match[2]!} of the constraints must hold, ${match[1]!} do`,
  ],
  [/^empty list in|empty list in call to or/, "or needs at least one element"],
  [/^missing required field in for/, "give the required field before going through the struct"],
  [/^cannot convert negative number/, "a count must not be negative"],
  [
    /list-arithmetic/,
    (match) =>
      match.input.startsWith("Addition")
        ? "list.Concat([a, b]) from the package list"
        : "list.Repeat(a, n) from the package list",
  ],
  [/^evaluation was interrupted/, "the time given to it ran out: simplify the field, or allow more time"],
  [
    /^more than \d+/,
    "look for what multiplies: alternatives of alternatives, repeated texts, recursion; or allow more in `budget`",
  ],
  [
    /^nested deeper|depend on each other too deeply/,
    "nothing is meant to nest that deep: look for a value that holds itself",
  ],
  [/^import cycle/, "packages must not import each other: move what both need to a third"],
];

/** The functions of a package of the library, by the last part of its path. */
function functionAdvice(name: string, wrong: string): string | undefined {
  const path = builtinPackagePaths().find((known) => known === name || known.endsWith(`/${name}`));
  const functions = path === undefined ? undefined : builtinPackage(path)?.functions.map((func) => func.name);
  if (functions === undefined) return undefined;
  const near = nearName(wrong, functions);
  return near === undefined ? `${name} has no function ${wrong}` : `did you mean ${name}.${near}?`;
}

export function adviceFor(message: string): string | undefined {
  for (const [pattern, advice] of advices) {
    const match = pattern.exec(message);
    if (match !== null) return typeof advice === "string" ? advice : advice(match);
  }
  return undefined;
}
