import type { Context } from "../context.ts";
import type { SourceFile } from "../compile/instance.ts";
import { parseFile } from "../syntax/index.ts";
import { CommandError } from "./arguments.ts";
import { type FileTree, baseOf, folderOf, normal } from "./tree.ts";

/** The CUE files that make one value, and how the instance is called. */
export interface Instance {
  readonly name: string;
  readonly files: readonly SourceFile[];
}

/** What the inputs of a command name. */
export interface Inputs {
  readonly instances: readonly Instance[];
  /** Files of data, in the order in which they were given. */
  readonly data: readonly DataInput[];
}

/** A file of data, and how it is written. */
export interface DataInput {
  readonly name: string;
  readonly encoding: string;
}

const extensions = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["ldjson", "jsonl"],
  ["yaml", "yaml"],
  ["yml", "yaml"],
  ["toml", "toml"],
  ["txt", "text"],
]);
const qualifiers = new Set(["cue", "json", "jsonl", "yaml", "toml", "text"]);

/** The instances that the arguments of a command name: files, folders, `./...`. */
export function loadInputs(tree: FileTree, inputs: readonly string[], packageName?: string): Inputs {
  const files: SourceFile[] = [];
  const data: DataInput[] = [];
  const instances: Instance[] = [];
  let qualifier: string | undefined;
  for (const input of inputs.length === 0 ? ["."] : inputs) {
    const [, prefix, rest] = /^([a-z0-9+]+):(.*)$/s.exec(input) ?? [];
    if (prefix !== undefined && rest === "") {
      qualifier = qualifierOf(prefix);
      continue;
    }
    const isQualified = prefix !== undefined && qualifiers.has(prefix) && tree.list(prefix) === undefined;
    const name = isQualified ? rest! : input;
    const encoding = (isQualified ? prefix : qualifier) ?? encodingOfName(name);
    if (encoding === "cue") files.push(fileOf(tree, name));
    else if (encoding !== undefined) data.push({ name, encoding });
    else instances.push(...foldersOf(tree, name).map((folder) => folderInstance(tree, folder, packageName)));
  }
  if (files.length > 0) instances.unshift({ name: "", files });
  const found = instances.filter(({ files: own }) => own.length > 0);
  if (found.length === 0 && data.length === 0) throw new CommandError("no CUE files in .");
  return { instances: found, data };
}

function qualifierOf(name: string): string {
  if (!qualifiers.has(name)) throw new CommandError(`files of the kind ${name}: are not here`);
  return name;
}

function encodingOfName(name: string): string | undefined {
  const [, extension = ""] = /\.([^./]+)$/.exec(name) ?? [];
  return extension === "cue" ? "cue" : extensions.get(extension);
}

function fileOf(tree: FileTree, input: string): SourceFile {
  const text = tree.read(input);
  if (text === undefined) throw new CommandError(`open ${input}: no such file or directory`);
  return { name: shownName(input), text };
}

/** As messages name it. */
export function shownName(name: string): string {
  const path = normal(name);
  return path.startsWith("/") || path.startsWith("..") ? path : `./${path}`;
}

function foldersOf(tree: FileTree, input: string): { readonly folder: string; readonly name: string | undefined }[] {
  const [path = "", name] = input.split(":", 2);
  if (path.endsWith("...")) {
    const found: string[] = [];
    walk(tree, normal(path.slice(0, -3) || "."), found);
    return found.map((folder) => ({ folder, name }));
  }
  const folder = folderOfPackage(tree, path === "" ? "." : path);
  if (folder === undefined) throw new CommandError(`cannot find package "${input}"`);
  return [{ folder, name }];
}

/** A folder, or what stands at an import path of the module around. */
function folderOfPackage(tree: FileTree, path: string): string | undefined {
  const root = path.startsWith(".") ? undefined : moduleRoot(tree, ".");
  const module = root === undefined ? undefined : moduleName(tree, root);
  const inside =
    module !== undefined && (path === module || path.startsWith(`${module}/`))
      ? normal(`${root}/${path.slice(module.length)}`)
      : undefined;
  return [inside, normal(path)].find((folder) => folder !== undefined && tree.list(folder) !== undefined);
}

function moduleName(tree: FileTree, root: string): string | undefined {
  const text = tree.read(normal(`${root}/cue.mod/module.cue`)) ?? "";
  return /^module:\s*"([^"]*)"/m.exec(text)?.[1]?.replace(/@.*/, "");
}

/** The files of data that inputs name, those of folders included. */
export function dataInputs(tree: FileTree, inputs: readonly string[]): DataInput[] {
  const expanded = inputs.flatMap((input) => {
    const folder = normal(input.replace(/\.\.\.$/, "") || ".");
    if (input.endsWith(":") || encodingOfName(input) !== undefined || tree.list(folder) === undefined) return [input];
    return dataFilesIn(tree, folder, input.endsWith("..."));
  });
  return [...loadInputs(tree, expanded).data];
}

function dataFilesIn(tree: FileTree, folder: string, isDeep: boolean): string[] {
  return (tree.list(folder) ?? []).flatMap((name) => {
    const path = normal(`${folder}/${name}`);
    if (name.endsWith("/"))
      return isDeep && !/^[._]/.test(name) && name !== "cue.mod/" ? dataFilesIn(tree, path, true) : [];
    const encoding = encodingOfName(name);
    return encoding !== undefined && encoding !== "cue" && encoding !== "text" ? [path] : [];
  });
}

/** Every CUE file of a folder, whatever package it belongs to; with `./...` those of the folders in it. */
export function filesToFormat(tree: FileTree, input: string): string[] {
  if (input.endsWith(".cue")) return [input];
  const folder = normal(input.replace(/\.\.\.$/, "") || ".");
  const names = tree.list(folder);
  if (names === undefined) throw new CommandError(`cannot find package "${input}"`);
  const own = names
    .filter((name) => name.endsWith(".cue") && !/^[._]/.test(name))
    .map((name) => normal(`${folder}/${name}`));
  if (!input.endsWith("...")) return own;
  const inner = names.filter((name) => name.endsWith("/") && !/^[._]/.test(name) && name !== "cue.mod/");
  return [...own, ...inner.flatMap((name) => filesToFormat(tree, `${folder}/${name}...`))];
}

function walk(tree: FileTree, folder: string, found: string[]): void {
  const names = tree.list(folder) ?? [];
  if (names.some((name) => isSource(name))) found.push(folder);
  for (const name of names)
    if (name.endsWith("/") && !/^[._]/.test(name) && name !== "cue.mod/" && found.length < mostFolders)
      walk(tree, normal(`${folder}/${name}`), found);
}

const mostFolders = 10_000;

function isSource(name: string): boolean {
  return name.endsWith(".cue") && !/^[._]/.test(name) && !/_(?:test|tool)\.cue$/.test(name);
}

function folderInstance(
  tree: FileTree,
  { folder, name }: { readonly folder: string; readonly name: string | undefined },
  packageName: string | undefined,
): Instance {
  const own = sourcesOf(tree, folder);
  const wanted = name ?? packageName;
  const packages = new Map(
    own.flatMap((file) => (packageOf(file) === undefined ? [] : [[packageOf(file)!, file.name]])),
  );
  if (wanted === undefined && packages.size > 1) {
    const list = [...packages].map(([known, file]) => `"${known}" (${baseOf(file)})`).join(" and ");
    throw new CommandError(`found packages ${list} in "${folder === "." ? "." : shownName(folder)}"`);
  }
  const chosen = wanted ?? [...packages.keys()][0];
  const files = own.filter((file) => packageOf(file) === chosen);
  // A package goes on in the folders above it, up to the module's root.
  const root = moduleRoot(tree, folder);
  const above = root === undefined || chosen === undefined ? [] : foldersAbove(folder, root);
  for (const at of above) files.unshift(...sourcesOf(tree, at).filter((file) => packageOf(file) === chosen));
  return { name: folder, files };
}

function sourcesOf(tree: FileTree, folder: string): SourceFile[] {
  return (tree.list(folder) ?? []).filter(isSource).map((name) => fileOf(tree, normal(`${folder}/${name}`)));
}

function packageOf({ text }: SourceFile): string | undefined {
  const name = parseFile(text).file.packageName;
  return name === "_" ? undefined : name;
}

/** The folders between a folder and one that holds it, that one included. */
function foldersAbove(folder: string, outer: string): string[] {
  const folders: string[] = [];
  for (let at = folder; at !== outer && folders.length < deepest; ) {
    at = parentOf(at);
    folders.push(at);
  }
  return folders;
}

function moduleRoot(tree: FileTree, folder: string): string | undefined {
  let at = folder;
  for (let depth = 0; depth < deepest; depth++) {
    if (tree.read(normal(`${at}/cue.mod/module.cue`)) !== undefined) return normal(at);
    if (at === "/") return undefined;
    at = parentOf(at);
  }
  return undefined;
}

function parentOf(folder: string): string {
  if (folder === ".") return "..";
  return /^(?:\.\.\/)*\.\.$/.test(folder) ? `../${folder}` : folderOf(folder);
}

const deepest = 30;

/** Makes the packages of the module around importable, and those that stand in its folders for others. */
export function registerModule(context: Context, tree: FileTree): void {
  const root = moduleRoot(tree, ".");
  if (root === undefined) return;
  const module = moduleName(tree, root);
  if (module !== undefined) registerFolders(context, tree, { folder: root, path: module });
  for (const kind of ["gen", "pkg", "usr"])
    registerFolders(context, tree, { folder: normal(`${root}/cue.mod/${kind}`), path: "" });
}

function registerFolders(
  context: Context,
  tree: FileTree,
  { folder, path }: { readonly folder: string; readonly path: string },
): void {
  const names = tree.list(folder);
  if (names === undefined) return;
  const files = sourcesOf(tree, folder);
  if (files.length > 0 && path !== "") {
    const packages = new Set(files.map(packageOf));
    for (const name of packages)
      if (name !== undefined && packages.size > 1)
        context.registerPackage(
          `${path}:${name}`,
          files.filter((file) => packageOf(file) === name),
        );
    context.registerPackage(path, files);
  }
  for (const name of names)
    if (name.endsWith("/") && name !== "cue.mod/")
      registerFolders(context, tree, {
        folder: normal(`${folder}/${name}`),
        path: path === "" ? name.slice(0, -1) : `${path}/${name.slice(0, -1)}`,
      });
}
