import { readFile, stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { type ApiError, type Diagnostic, type Pos, formatDiagnostic, isApiError } from "@lateen/base";
import { readDefinition } from "@lateen/delivery/pure";
import { type KubeObject, describeObject, readManifests, valueAt } from "@lateen/objects";
import type { Terminal } from "./terminal.ts";

/** An object as a person wrote it, and where. */
export interface Manifest {
  readonly object: KubeObject;
  readonly source: string;
  /** The line of a field, for messages. */
  readonly positionOf: (path: readonly (string | number)[]) => Pos | undefined;
}

export interface LoadedFiles {
  readonly manifests: readonly Manifest[];
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/** Largest file that is read: what is bigger is no manifest of a person. */
const maxFileBytes = 8 * 1024 * 1024;

/**
 * Reads YAML and JSON manifests and CUE definition files. What is wrong comes back as diagnostics with line and column;
 * a file that cannot be read at all is one of them.
 */
export async function loadFiles(
  paths: readonly string[],
  cwd: string,
  { lists = "refused" }: { readonly lists?: "refused" | "kept" } = {},
): Promise<LoadedFiles> {
  const manifests: Manifest[] = [];
  const diagnostics: Diagnostic[] = [];
  const texts = new Map<string, string>();
  for (const path of paths) {
    const source = shownPath(path, cwd);
    const text = await readText(resolve(cwd, path), source, diagnostics);
    if (text === undefined) continue;
    texts.set(source, text);
    const before = manifests.length;
    if (path.endsWith(".cue")) readCue(text, source, manifests, diagnostics);
    else {
      const read = readManifests(text, { source });
      diagnostics.push(...read.diagnostics);
      read.objects.forEach((object, index) => {
        const manifest: Manifest = { object, source, positionOf: (at) => read.positionOf(index, at) };
        const isList = lists === "kept" && Array.isArray((object as { readonly items?: unknown }).items);
        const nameless = isList ? undefined : namelessDiagnostic(manifest);
        if (nameless === undefined) manifests.push(manifest);
        else diagnostics.push(nameless);
      });
    }
    if (
      manifests.length === before &&
      !diagnostics.some((one) => one.pos?.source === source || one.message.includes(source))
    ) {
      diagnostics.push(
        fileProblem(
          source,
          "holds no object: it is empty",
          "Write an Application (apiVersion: core.oam.dev/v1beta1, kind: Application) into it.",
        ),
      );
    }
  }
  return { manifests, diagnostics, texts };
}

function namelessDiagnostic({ object, positionOf }: Manifest): Diagnostic | undefined {
  if (typeof valueAt(object, "metadata", "name") === "string") return undefined;
  return {
    code: "file",
    message: `this ${object.kind} has no name`,
    path: ["metadata", "name"],
    pos: positionOf(["metadata", "name"]) ?? positionOf(["metadata"]) ?? positionOf([]),
    causes: [],
    help: "Write metadata.name: lower-case letters, digits and dashes.",
  };
}

function readCue(text: string, source: string, manifests: Manifest[], diagnostics: Diagnostic[]): void {
  const read = readDefinition(text, { filename: source });
  diagnostics.push(...read.diagnostics);
  if (read.definition !== undefined)
    manifests.push({ object: read.definition, source, positionOf: () => ({ source, offset: 0, line: 1, column: 1 }) });
}

function shownPath(path: string, cwd: string): string {
  const shown = relative(cwd, resolve(cwd, path));
  return shown === "" || shown.startsWith("..") ? path : shown;
}

function fileProblem(source: string, message: string, help?: string): Diagnostic {
  return { code: "file", message: `${source} ${message}`, path: [], causes: [], help };
}

async function readText(path: string, source: string, diagnostics: Diagnostic[]): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      diagnostics.push(fileProblem(source, "is a directory", "Name the files in it one by one."));
    else if (found.size > maxFileBytes) {
      diagnostics.push(
        fileProblem(
          source,
          `has ${(found.size / 1_048_576).toFixed(1)} MB; a manifest may have ${maxFileBytes / 1_048_576} MB`,
          "Split it, or deliver data as a ConfigMap, an image or a volume.",
        ),
      );
    } else return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    diagnostics.push(
      fileProblem(
        source,
        code === "ENOENT"
          ? "does not exist"
          : code === "EACCES"
            ? "may not be read (permission denied)"
            : `cannot be read: ${(error as Error).message}`,
      ),
    );
  }
  return undefined;
}

/** Prints diagnostics with the source line and a caret. */
export function printDiagnostics(
  terminal: Terminal,
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): void {
  for (const diagnostic of diagnostics)
    terminal.error(formatDiagnostic(diagnostic, { sourceText: (source) => texts.get(source) }));
}

/** `spec.components[0].properties["a b"]` → its parts. What follows a part that cannot be read is left out. */
export function parseFieldPath(text: string): (string | number)[] {
  const path: (string | number)[] = [];
  const part = /\.?([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\[([^\]]+)\]/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) break;
    if (found[1] !== undefined) path.push(found[1]);
    else if (found[2] !== undefined) path.push(Number(found[2]));
    else if (found[3] !== undefined) path.push(JSON.parse(found[3]) as string);
    else path.push(found[4]!);
  }
  return path;
}

/** What the server says against a manifest, in the place where the person wrote it. */
export function diagnosticsOf(error: unknown, manifest: Manifest): Diagnostic[] {
  if (!isApiError(error))
    return [{ code: "error", message: error instanceof Error ? error.message : String(error), path: [], causes: [] }];
  const causes = (error as ApiError).status.details?.causes ?? [];
  if (causes.length === 0) {
    return [
      {
        code: error.code,
        message: `${describeObject(manifest.object)}: ${error.status.message}`,
        path: [],
        causes: [],
        pos: manifest.positionOf(error.code === "NotFound" ? ["kind"] : []),
      },
    ];
  }
  return causes.map(({ field, message }) => {
    const path = field === undefined || field === "" ? [] : parseFieldPath(field);
    const [first, ...rest] = (message ?? "is refused").split("\n");
    return {
      code: error.code,
      message: first!,
      path,
      pos: nearestPosition(manifest, path),
      causes: [],
      help: rest.length === 0 ? undefined : rest.join("\n  "),
    };
  });
}

/** The line of the field, or of the nearest one above it that was written. */
function nearestPosition(manifest: Manifest, path: readonly (string | number)[]): Pos | undefined {
  for (let length = path.length; length >= 0; length--) {
    const pos = manifest.positionOf(path.slice(0, length));
    if (pos !== undefined) return pos;
  }
  return undefined;
}
