/**
 * Images that this node can run: folders with an `image.json`, bundled ones and the user's. Nothing is downloaded; an image
 * is some programs of this machine with a name.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TerminalError, isJsonObject } from "@lateen/base";

/** A folder of the user's that stands for an image: `--image web=./src --run "node server.js"`. */
export interface ImageMapping {
  readonly image: string;
  readonly folder: string;
  /** Run by the shell: it is the user's own word, given on the command line. */
  readonly run: string;
}

export interface RunnableImage {
  /** The name that is shown. */
  readonly name: string;
  readonly folder: string;
  readonly origin: "bundled" | "user" | "mapped";
  /** The program and its arguments. `node` is this process's own Node. */
  readonly entrypoint: readonly string[];
  /** First words of `command` (or of `args` without one) that the entrypoint itself understands: `sleep` of busybox. */
  readonly commands: readonly string[];
  /** Port that it listens on when nobody says otherwise. */
  readonly port?: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** The image is ready when something listens on its port, where the manifest has no probe of its own. */
  readonly readyWhenListening: boolean;
  /** Whether the entrypoint is one text for the shell. */
  readonly shell: boolean;
}

export interface ImageCatalog {
  find(reference: string): RunnableImage | undefined;
  readonly images: readonly RunnableImage[];
  /** What is wrong with image folders that were left out. */
  readonly problems: readonly string[];
}

export interface ImageCatalogOptions {
  readonly bundled: readonly string[];
  readonly user?: readonly string[];
  readonly mappings?: readonly ImageMapping[];
}

/** Reads the folders once. Mappings win over the user's images, those over the bundled ones. */
export function loadImageCatalog(options: ImageCatalogOptions): ImageCatalog {
  const problems: string[] = [];
  const byName = new Map<string, RunnableImage>();
  const images: RunnableImage[] = [];
  const add = (image: RunnableImage, names: readonly string[]): void => {
    images.push(image);
    for (const name of names) if (!byName.has(name)) byName.set(name, image);
  };
  for (const mapping of options.mappings ?? []) {
    const name = imageName(mapping.image);
    add(
      {
        name,
        folder: mapping.folder,
        origin: "mapped",
        entrypoint: [mapping.run],
        commands: [],
        env: {},
        readyWhenListening: false,
        shell: true,
      },
      [name],
    );
  }
  for (const [folders, origin] of [
    [options.user ?? [], "user"],
    [options.bundled, "bundled"],
  ] as const) {
    for (const folder of folders)
      for (const found of readImages(folder, origin, problems)) add(found.image, found.names);
  }
  return { images, problems, find: (reference) => byName.get(imageName(reference)) };
}

/** The repository without registry defaults, tag and digest: `docker.io/library/nginx:1.25` → `nginx`. */
export function imageName(reference: string): string {
  const [withTag = ""] = reference.split("@");
  const slash = withTag.lastIndexOf("/");
  const colon = withTag.indexOf(":", slash + 1);
  const name = colon < 0 ? withTag : withTag.slice(0, colon);
  return name.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
}

function* readImages(
  folder: string,
  origin: "bundled" | "user",
  problems: string[],
): Generator<{ readonly image: RunnableImage; readonly names: readonly string[] }> {
  let entries: string[];
  try {
    entries = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry);
    try {
      yield parseImage(readFileSync(join(path, "image.json"), "utf8"), { folder: path, entry, origin });
    } catch (error) {
      problems.push(`image folder ${path} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function parseImage(
  text: string,
  { folder, entry, origin }: { readonly folder: string; readonly entry: string; readonly origin: "bundled" | "user" },
): { readonly image: RunnableImage; readonly names: readonly string[] } {
  const manifest: unknown = JSON.parse(text);
  if (!isJsonObject(manifest)) throw new TerminalError("image.json is no object");
  const names = textList(manifest.names ?? [entry], "names").map(imageName);
  const entrypoint = textList(manifest.entrypoint, "entrypoint");
  if (entrypoint.length === 0) throw new TerminalError("entrypoint names no program");
  const ports = Array.isArray(manifest.ports) ? (manifest.ports as readonly unknown[]) : [];
  const env = isJsonObject(manifest.env) ? manifest.env : {};
  return {
    names,
    image: {
      name: names[0] ?? entry,
      folder,
      origin,
      entrypoint,
      commands: textList(manifest.commands ?? [], "commands"),
      port: typeof ports[0] === "number" ? ports[0] : undefined,
      readyWhenListening: isJsonObject(manifest.probes) && manifest.probes.readiness === "listening",
      env: Object.fromEntries(
        Object.entries(env).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
      ),
      shell: false,
    },
  };
}

function textList(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw new TerminalError(`${field} is no list of texts`);
  return value as readonly string[];
}
