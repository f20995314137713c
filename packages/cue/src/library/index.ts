import { base64Package } from "./base64.ts";
import { bitsPackage } from "./bits.ts";
import type { BuiltinPackage } from "./builtin.ts";
import { cryptoPackages } from "./crypto.ts";
import { csvPackage } from "./csv.ts";
import { hexPackage } from "./hex.ts";
import { htmlPackage } from "./html.ts";
import { jsonPackage } from "./json.ts";
import { listPackage } from "./list.ts";
import { mathPackage } from "./math.ts";
import { netPackage } from "./net.ts";
import { openapiPackage } from "./openapi.ts";
import { pathPackage } from "./path.ts";
import { regexpPackage } from "./regexp.ts";
import { strconvPackage } from "./strconv.ts";
import { stringsPackage } from "./strings.ts";
import { structPackage } from "./struct.ts";
import { tabwriterPackage } from "./tabwriter.ts";
import { textTemplatePackage } from "./text-template.ts";
import { timePackage } from "./time.ts";
import { tomlPackage } from "./toml.ts";
import { uuidPackage } from "./uuid.ts";
import { yamlPackage } from "./yaml.ts";

export {
  type Builtin,
  type BuiltinContext,
  type BuiltinPackage,
  type LazyValue,
  type Native,
  BuiltinError,
} from "./builtin.ts";
export { compileRegex } from "./regular-expression.ts";

const packages: ReadonlyMap<string, BuiltinPackage> = new Map(
  [
    base64Package,
    bitsPackage,
    csvPackage,
    ...cryptoPackages,
    hexPackage,
    htmlPackage,
    jsonPackage,
    listPackage,
    mathPackage,
    netPackage,
    openapiPackage,
    pathPackage,
    regexpPackage,
    strconvPackage,
    stringsPackage,
    structPackage,
    tabwriterPackage,
    textTemplatePackage,
    timePackage,
    tomlPackage,
    uuidPackage,
    yamlPackage,
  ].map((builtin) => [builtin.path, builtin]),
);

/** The standard library's package of an import path, or undefined where there is none. */
export function builtinPackage(path: string): BuiltinPackage | undefined {
  return packages.get(path);
}

export function builtinPackagePaths(): readonly string[] {
  return [...packages.keys()];
}
