/** The tree of a template. `at` is an offset into its text. */
export type Node =
  | { readonly kind: "text"; readonly at: number; readonly text: string }
  | { readonly kind: "action"; readonly at: number; readonly pipe: Pipe }
  | Control
  | { readonly kind: "template"; readonly at: number; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: "break"; readonly at: number }
  | { readonly kind: "continue"; readonly at: number };

export interface Control {
  readonly kind: "if" | "with" | "range";
  readonly at: number;
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[] | undefined;
}

export interface Pipe {
  readonly kind: "pipe";
  readonly at: number;
  readonly isAssign: boolean;
  readonly variables: readonly string[];
  readonly commands: readonly Command[];
}

export interface Command {
  readonly at: number;
  readonly args: readonly Argument[];
}

export type Argument =
  | { readonly kind: "dot"; readonly at: number }
  | { readonly kind: "nil"; readonly at: number }
  | { readonly kind: "bool"; readonly at: number; readonly value: boolean }
  | { readonly kind: "string"; readonly at: number; readonly value: string; readonly quoted: string }
  | NumberNode
  | { readonly kind: "identifier"; readonly at: number; readonly name: string }
  | { readonly kind: "field"; readonly at: number; readonly names: readonly string[] }
  /** The first name is the variable's, `$` included. */
  | { readonly kind: "variable"; readonly at: number; readonly names: readonly string[] }
  | { readonly kind: "chain"; readonly at: number; readonly base: Argument; readonly names: readonly string[] }
  | Pipe;

export interface NumberNode {
  readonly kind: "number";
  readonly at: number;
  readonly text: string;
  /** As a whole number, if it is one, and as a float. */
  readonly int: bigint | undefined;
  readonly float: number;
  readonly isRune: boolean;
}

/** A template of a set. */
export interface Tree {
  readonly name: string;
  /** The name of the text that it was defined in. */
  readonly source: string;
  readonly text: string;
  readonly body: readonly Node[];
}

/** A node as messages show it. */
export function nodeText(node: Argument | Command | Node): string {
  if (!("kind" in node))
    return node.args.map((arg) => (arg.kind === "pipe" ? `(${nodeText(arg)})` : nodeText(arg))).join(" ");
  switch (node.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(node.value);
    case "string":
      return node.quoted;
    case "number":
      return node.text;
    case "identifier":
      return node.name;
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return node.names.join(".");
    case "chain":
      return `${node.base.kind === "pipe" ? `(${nodeText(node.base)})` : nodeText(node.base)}${node.names.map((name) => `.${name}`).join("")}`;
    case "pipe": {
      const declared = node.variables.length === 0 ? "" : `${node.variables.join(", ")} ${node.isAssign ? "=" : ":="} `;
      return declared + node.commands.map(nodeText).join(" | ");
    }
    case "text":
      return node.text;
    case "action":
      return `{{${nodeText(node.pipe)}}}`;
    case "template":
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? "" : ` ${nodeText(node.pipe)}`}}}`;
    case "break":
    case "continue":
      return `{{${node.kind}}}`;
    default:
      return `{{${node.kind} ${nodeText(node.pipe)}}}`;
  }
}

/** Whether a template holds nothing but blanks. */
export function isBlank(body: readonly Node[]): boolean {
  return body.every((node) => node.kind === "text" && node.text.trim() === "");
}
