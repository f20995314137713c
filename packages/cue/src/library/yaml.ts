import { lazyArgument, textOrBytesArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, type Native, BuiltinError } from "./builtin.ts";
import { checkVerdict, streamElements } from "./json.ts";
import { readYaml, readYamlDocuments } from "./yaml-read.ts";
import { yamlText } from "./yaml-text.ts";

/** The package `encoding/yaml`. */

function documentsOf(text: string): readonly Native[] {
  const documents = readYamlDocuments(text);
  return documents.length === 0 ? [null] : documents;
}

/** Every document must be a complete instance of the schema; what is missing is wrong, not just not known yet. */
function validate(args: readonly Native[]): boolean {
  const text = textOrBytesArgument(args, 0);
  const schema = lazyArgument(args, 1);
  try {
    for (const document of instancesOf(text, schema)) {
      checkVerdict(document);
      document.concrete();
    }
  } catch (error) {
    if (error instanceof BuiltinError) throw new BuiltinError(error.message);
    throw error;
  }
  return true;
}

/** Every document must not contradict the schema; what is missing may still come. */
function validatePartial(args: readonly Native[]): boolean {
  for (const document of instancesOf(textOrBytesArgument(args, 0), lazyArgument(args, 1)))
    if (document.verdict === "error") checkVerdict(document);
  return true;
}

/** Each document unified with the schema. A text without documents is null if the schema allows that, else anything. */
function instancesOf(text: string, schema: LazyValue): readonly LazyValue[] {
  const documents = readYamlDocuments(text);
  if (documents.length > 0) return documents.map((document) => schema.unify(document));
  const nothing = schema.unify(null);
  return [nothing.verdict === "ok" ? nothing : schema];
}

const text = "bytes | string";

/** In the words of the reference. */
function notYaml(text: string): string {
  return `incomplete value ${text}`;
}

const functions: readonly Builtin[] = [
  {
    name: "Marshal",
    params: ["top"],
    result: "string",
    call(args, context) {
      const marshalled = yamlText(lazyArgument(args, 0).concrete(notYaml));
      context.spend(1, marshalled.length);
      return marshalled;
    },
  },
  {
    name: "MarshalStream",
    params: ["top"],
    result: "string",
    call: (args) =>
      streamElements(lazyArgument(args, 0))
        .map((element) => yamlText(element.concrete(notYaml)))
        .join("---\n"),
  },
  { name: "Unmarshal", params: [text], result: "top", call: (args) => readYaml(textOrBytesArgument(args, 0)) },
  {
    name: "UnmarshalStream",
    params: [text],
    result: "top",
    call: (args) => documentsOf(textOrBytesArgument(args, 0)),
  },
  { name: "Validate", params: [text, "top"], result: "bool", nonConcrete: true, validator: true, call: validate },
  {
    name: "ValidatePartial",
    params: [text, "top"],
    result: "bool",
    nonConcrete: true,
    validator: true,
    call: validatePartial,
  },
];

export const yamlPackage: BuiltinPackage = { path: "encoding/yaml", functions, constants: {} };
