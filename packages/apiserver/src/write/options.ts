import { fieldError, type FieldError, forbiddenField, requiredField, validateFieldManager } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { invalidOptions } from "../status/errors.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** Options that all writes share. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

/** @throws Invalid, naming `kind` (`CreateOptions`, `UpdateOptions`, `PatchOptions`). */
export function parseWriteOptions(
  request: ResourceRequest,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  { apply = false }: { readonly apply?: boolean } = {},
): WriteOptions {
  const { query } = request;
  const errors: FieldError[] = [];
  if (kind === "PatchOptions") errors.push(...patchErrors(request, apply));
  const manager = query.get("fieldManager") ?? "";
  errors.push(...validateFieldManager(manager, "fieldManager"));
  errors.push(...dryRunErrors(query.all("dryRun")));
  const validation = query.get("fieldValidation") ?? "";
  if (!["", "Ignore", "Strict", "Warn"].includes(validation)) {
    errors.push(
      fieldError(
        "FieldValueNotSupported",
        "fieldValidation",
        validation,
        'supported values: "", "Ignore", "Strict", "Warn"',
      ),
    );
  }
  if (errors.length > 0) throw invalidOptions(kind, errors);
  return {
    dryRun: query.has("dryRun"),
    fieldManager: manager === "" ? defaultManager(request) : manager,
    fieldValidation: validation === "" ? "Warn" : (validation as FieldValidation),
    force: query.flag("force"),
  };
}

function patchErrors(request: ResourceRequest, apply: boolean): FieldError[] {
  if (apply) {
    return (request.query.get("fieldManager") ?? "") === ""
      ? [requiredField("fieldManager", "is required for apply patch")]
      : [];
  }
  return request.query.has("force") ? [forbiddenField("force", "may not be specified for non-apply patch")] : [];
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === "All")) return [];
  return [fieldError("FieldValueNotSupported", "dryRun", values as string[], 'supported values: "All"')];
}

/** The user agent up to its first slash, as client-go's programs are known. */
function defaultManager(request: ResourceRequest): string {
  const agent = request.http.headers["user-agent"];
  const name = (typeof agent === "string" ? agent : "").split("/")[0]!;
  return name === "" ? "unknown" : name.slice(0, 128);
}
