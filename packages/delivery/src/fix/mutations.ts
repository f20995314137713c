/** Faults as people make them, put into good Applications one at a time: what `lateen fix` is measured by. */
import type { JsonValue } from "@lateen/base";
import { type Manifests, readManifests } from "@lateen/objects";
import { lookupFieldAt } from "../render/field-path.ts";
import { leavesOf } from "../why/leaves.ts";

type Path = readonly (string | number)[];

export interface Mutated {
  readonly text: string;
  /** The line that was changed, from 1. */
  readonly line: number;
  /** What the first suggestion has to be; undefined where nobody can know. */
  readonly meant: JsonValue | undefined;
}

export interface Mutation {
  readonly name: string;
  readonly mutate: (text: string) => Mutated | undefined;
}

interface Subject {
  readonly text: string;
  readonly read: Manifests;
  readonly application: JsonValue;
}

function subjectOf(text: string): Subject {
  const read = readManifests(text, { source: "app.yaml" });
  return { text, read, application: read.objects[0] as unknown as JsonValue };
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Writes something else in the place of a name or value. */
function replaced(
  { text, read }: Subject,
  place: {
    readonly path: Path;
    readonly of: "key" | "value";
    readonly by: string;
    readonly meant: JsonValue | undefined;
  },
): Mutated | undefined {
  const range = read.rangeOf(0, place.path, place.of);
  if (range === undefined) return undefined;
  const mutated = text.slice(0, range.start) + place.by + text.slice(range.end);
  return { text: mutated, line: lineAt(text, range.start), meant: place.meant };
}

/** Two neighbours in the middle changed places; of short words the last letter twice. */
export function misspelt(word: string): string {
  for (let at = Math.floor(word.length / 2); at > 0 && word.length > 4; at--)
    if (word[at] !== word[at - 1]) return word.slice(0, at - 1) + word[at]! + word[at - 1]! + word.slice(at + 1);
  return word + (word.at(-1) ?? "");
}

const withoutLetter = (word: string): string =>
  word.slice(0, Math.ceil(word.length / 2)) + word.slice(Math.ceil(word.length / 2) + 1);

type Wanted = (path: Path, value: JsonValue) => boolean;

const shape = (path: Path): string => path.map((part) => (typeof part === "number" ? "#" : part)).join("/");
const isShape =
  (...shapes: readonly string[]): Wanted =>
  (path) =>
    shapes.includes(shape(path));

const pathOf = ({ application }: Subject, wanted: Wanted): Path | undefined =>
  leavesOf(application).find(({ path, value }) => wanted(path, value))?.path;

/** A name misspelt where a value of it stands. */
function misspeltValue(
  name: string,
  wanted: Wanted,
  spell: (word: string) => string = misspelt,
  meant: "what was there" | "anything" = "what was there",
): Mutation {
  return {
    name,
    mutate(text) {
      const subject = subjectOf(text);
      const path = pathOf(subject, wanted);
      const value = path === undefined ? undefined : lookupFieldAt(subject.application, path);
      if (path === undefined || typeof value !== "string" || spell(value) === value) return undefined;
      return replaced(subject, {
        path,
        of: "value",
        by: spell(value),
        meant: meant === "anything" ? undefined : value,
      });
    },
  };
}

/** The name of a field misspelt: that of a leaf, or with `above` of one of the fields that hold it. */
function misspeltField(
  name: string,
  wanted: Wanted,
  { above = 0, spell = misspelt }: { readonly above?: number; readonly spell?: (word: string) => string } = {},
): Mutation {
  return {
    name,
    mutate(text) {
      const subject = subjectOf(text);
      const leaf = pathOf(subject, wanted);
      const path = leaf?.slice(0, leaf.length - above);
      const field = path?.at(-1);
      if (path === undefined || typeof field !== "string" || spell(field) === field) return undefined;
      return replaced(subject, { path, of: "key", by: spell(field), meant: field });
    },
  };
}

/** A value written as one of another kind. */
function otherKind(
  name: string,
  wanted: Wanted,
  write: (value: JsonValue) => string | undefined,
  meant: "what was there" | "anything" = "what was there",
): Mutation {
  return {
    name,
    mutate(text) {
      const subject = subjectOf(text);
      const path = pathOf(subject, wanted);
      const value = path === undefined ? undefined : lookupFieldAt(subject.application, path);
      const by = value === undefined ? undefined : write(value);
      return path === undefined || by === undefined
        ? undefined
        : replaced(subject, { path, of: "value", by, meant: meant === "anything" ? undefined : value! });
    },
  };
}

/** Lines changed as text. */
function changedLine(
  name: string,
  wanted: RegExp,
  change: (line: string, lines: readonly string[], at: number) => string | undefined,
): Mutation {
  return {
    name,
    mutate(text) {
      const lines = text.split("\n");
      const at = lines.findIndex((line) => wanted.test(line));
      const changed = at < 0 ? undefined : change(lines[at]!, lines, at);
      return changed === undefined
        ? undefined
        : { text: lines.with(at, changed).join("\n"), line: at + 1, meant: undefined };
    },
  };
}

const inProperties: Wanted = (path) => path.includes("properties");
const ofComponent: Wanted = (path) => path[1] === "components" && path[3] === "properties";
const ofTrait: Wanted = (path) => path[3] === "traits" && path[5] === "properties";
const ofPolicy: Wanted = (path) => path[1] === "policies" && path[3] === "properties";

/** A block copied behind itself: a component, policy or step twice. */
function doubled(name: string, list: "components" | "policies" | "steps"): Mutation {
  return {
    name,
    mutate(text) {
      const lines = text.split("\n");
      const head = lines.findIndex((line) => new RegExp(`^ +${list}:\\s*$`).test(line));
      const first = lines[head + 1];
      const indent = /^( *)- /.exec(first ?? "")?.[1];
      if (head < 0 || indent === undefined) return undefined;
      const rest = lines.findIndex(
        (line, at) =>
          at > head + 1 && (line.startsWith(`${indent}- `) || (line.trim() !== "" && !line.startsWith(`${indent} `))),
      );
      const block = lines.slice(head + 1, rest < 0 ? lines.length : rest).filter((line) => line !== "");
      if (!block.some((line) => /^ *(?:- )?name:/.test(line))) return undefined;
      const at = head + 1 + block.length;
      const name = block.findIndex((line) => new RegExp(`^${indent}(?:- |  )name:`).test(line));
      return name < 0
        ? undefined
        : {
            text: [...lines.slice(0, at), ...block, ...lines.slice(at)].join("\n"),
            line: at + 1 + name,
            meant: undefined,
          };
    },
  };
}

const required = ["image", "schedule", "domain", "objects", "mountPath", "name", "url", "cron"];

export const mutations: readonly Mutation[] = [
  misspeltValue("misspelt component type", isShape("spec/components/#/type")),
  misspeltValue("component type without a letter", isShape("spec/components/#/type"), withoutLetter),
  misspeltValue(
    "component type in capitals",
    isShape("spec/components/#/type"),
    (word) => word[0]!.toUpperCase() + word.slice(1),
  ),
  misspeltValue("unknown component type", isShape("spec/components/#/type"), () => "teleporter", "anything"),
  misspeltValue("misspelt trait type", isShape("spec/components/#/traits/#/type")),
  misspeltValue("trait type without a letter", isShape("spec/components/#/traits/#/type"), withoutLetter),
  misspeltValue("unknown trait", isShape("spec/components/#/traits/#/type"), () => "teleporter", "anything"),
  misspeltValue("misspelt policy type", isShape("spec/policies/#/type")),
  misspeltValue("unknown policy", isShape("spec/policies/#/type"), () => "teleporter", "anything"),
  misspeltValue("misspelt step type", isShape("spec/workflow/steps/#/type", "spec/workflow/steps/#/subSteps/#/type")),
  misspeltValue("unknown step", isShape("spec/workflow/steps/#/type"), () => "teleporter", "anything"),
  misspeltField("misspelt parameter", (path, value) => ofComponent(path, value) && path.length === 5),
  misspeltField(
    "misspelt nested parameter",
    (path, value) =>
      ofComponent(path, value) &&
      path.length > 5 &&
      typeof path.at(-1) === "string" &&
      path[4] !== "objects" &&
      path[4] !== "data" &&
      path[4] !== "metadata",
  ),
  misspeltField(
    "misspelt trait parameter",
    (path, value) => ofTrait(path, value) && path.length === 7 && typeof path[6] === "string",
  ),
  misspeltField("misspelt policy parameter", (path, value) => ofPolicy(path, value) && typeof path.at(-1) === "string"),
  misspeltField("parameter in capitals", (path, value) => ofComponent(path, value) && path.length === 5, {
    spell: (word) => word.toUpperCase(),
  }),
  misspeltField(
    "parameter in the plural",
    (path) => /^(?:image|memory|cpu|port|replicas)$/.test(String(path.at(-1))) && inProperties(path, null),
    { spell: (word) => (word.endsWith("s") ? word.slice(0, -1) : `${word}s`) },
  ),
  misspeltField("misspelt field of a component", isShape("spec/components/#/type")),
  misspeltField("properties misspelt", (path, value) => ofComponent(path, value) && path.length === 5, { above: 1 }),
  misspeltField("traits misspelt", isShape("spec/components/#/traits/#/type"), { above: 2, spell: () => "trait" }),
  misspeltField("policies misspelt", isShape("spec/policies/#/type"), { above: 2, spell: () => "policy" }),
  misspeltField("workflow misspelt", isShape("spec/workflow/steps/#/type"), { above: 3 }),
  misspeltField("components misspelt", isShape("spec/components/#/type"), { above: 2, spell: () => "component" }),
  misspeltField("dependsOn misspelt", isShape("spec/components/#/dependsOn/#"), { above: 1, spell: () => "dependOn" }),
  otherKind(
    "a number in quotes",
    (path, value) => inProperties(path, value) && typeof value === "number" && !path.includes("objects"),
    (value) => JSON.stringify(String(value as number)),
  ),
  otherKind(
    "a truth in quotes",
    (path, value) => inProperties(path, value) && typeof value === "boolean",
    (value) => JSON.stringify(JSON.stringify(value)),
  ),
  otherKind(
    "a text without quotes",
    (path, value) => inProperties(path, value) && typeof value === "string" && /^[1-9]\d*$/.test(value),
    (value) => value as string,
  ),
  otherKind(
    "words for a number",
    (path, value) => inProperties(path, value) && typeof value === "number" && !path.includes("objects"),
    () => "many",
    "anything",
  ),
  misspeltValue(
    "an alternative that there is not",
    (path) =>
      /^(?:protocol|exposeType|imagePullPolicy|restart|medium|strategy|order|affect|op|pathType|sessionAffinity)$/.test(
        String(path.at(-1)),
      ) && inProperties(path, null),
  ),
  misspeltValue(
    "an alternative in small letters",
    (path, value) =>
      /^(?:protocol|exposeType|imagePullPolicy|restart|medium|pathType)$/.test(String(path.at(-1))) &&
      typeof value === "string",
    (word) => word.toLowerCase(),
  ),
  otherKind(
    "an amount in megabytes",
    (path, value) => path.at(-1) === "memory" && typeof value === "string" && value.endsWith("Mi"),
    (value) => (value as string).replace("Mi", "mb"),
  ),
  otherKind(
    "an amount with a blank",
    (path, value) => path.at(-1) === "memory" && typeof value === "string" && value.endsWith("Mi"),
    (value) => JSON.stringify((value as string).replace("Mi", " Mi")),
  ),
  otherKind(
    "an amount in small letters",
    (path, value) => path.at(-1) === "memory" && typeof value === "string" && value.endsWith("Mi"),
    (value) => (value as string).toLowerCase(),
  ),
  otherKind(
    "an amount with a comma",
    (path, value) => path.at(-1) === "cpu" && value === "0.5",
    () => '"0,5"',
  ),
  misspeltValue(
    "misspelt selector of components",
    (path, value) =>
      typeof value === "string" && /(?:componentNames|selector)\/#$/.test(shape(path)) && path[1] === "policies",
  ),
  misspeltValue("misspelt selector of types", (path) => /(?:componentTypes|traitTypes)\/#$/.test(shape(path))),
  misspeltValue("misspelt dependency", isShape("spec/components/#/dependsOn/#")),
  misspeltValue("misspelt dependency of a step", isShape("spec/workflow/steps/#/dependsOn/#")),
  misspeltValue("misspelt input", isShape("spec/components/#/inputs/#/from", "spec/workflow/steps/#/inputs/#/from")),
  misspeltValue("misspelt policy of a step", isShape("spec/workflow/steps/#/properties/policies/#")),
  misspeltValue("misspelt component of a step", (path) => path[1] === "workflow" && path.at(-1) === "component"),
  misspeltValue(
    "misspelt component of an override",
    (path) => ofPolicy(path, null) && path[4] === "components" && path.at(-1) === "name",
  ),
  misspeltValue(
    "a time-out without a unit",
    (path) => path.at(-1) === "timeout",
    () => "10 minutes",
    "anything",
  ),
  changedLine("required parameter left out", new RegExp(`^ +(?:${required.join("|")}): `), (line) =>
    line.replace(/\S.*$/, "# left out"),
  ),
  changedLine("a parameter that nobody knows", /^ {6}properties:\s*$/, (line) => `${line}\n        frobnicate: 1`),
  changedLine("a line less indented", /^ {8}\w+: \S/, (line) => line.slice(1)),
  changedLine("a line more indented", /^ {6}\w+: \S/, (line) => ` ${line}`),
  changedLine("a tab", /^ {8}\w+: \S/, (line) => `\t${line.trimStart()}`),
  changedLine("a colon without a blank", /^ {6}type: /, (line) => line.replace(": ", ":")),
  changedLine("quotes that nobody closes", /^ {8}image: /, (line) => line.replace(/image: .*/, 'image: "nginx')),
  changedLine("a field twice", /^ {8}image: /, (line) => `${line}\n${line}`),
  changedLine("properties as a list", /^ {8}image: /, (line) => line.replace("image", "- image")),
  changedLine("a list without its dash", /^ {10}- port: /, (line) => line.replace("- ", "  ")),
  doubled("a component twice", "components"),
  doubled("a policy twice", "policies"),
  doubled("a step twice", "steps"),
  {
    name: "components that wait for each other",
    mutate(text) {
      const found = /^( +)- name: (\w+)\n(?:(?!\1- ).*\n)*?\1 {2}dependsOn: \[(\w+)\]\n/m.exec(text);
      if (found === null) return undefined;
      const [, indent, name, needed] = found;
      const mutated = text.replace(
        new RegExp(`^${indent}- name: ${needed}\n`, "m"),
        (head) => `${head}${indent}  dependsOn: [${name}]\n`,
      );
      return { text: mutated, line: lineAt(mutated, mutated.indexOf(`dependsOn: [${name}]`)), meant: undefined };
    },
  },
];
