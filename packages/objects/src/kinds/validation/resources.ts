/** Amounts of resources (ValidateResourceRequirements and what it calls, pkg/apis/core/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateDns1123Label, validateQualifiedName } from "../../names/names.ts";
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityMillis,
  quantityValue,
} from "../../values/quantity.ts";
import { objects, record, text } from "../tables/read.ts";
import type { FieldErrors } from "./field-errors.ts";

const zero = parseQuantity("0");

export function quantityOf(value: JsonValue | undefined): Quantity {
  return parseQuantity(typeof value === "string" ? value : "0");
}

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

const standardContainer = new Set(["cpu", "memory", "ephemeral-storage"]);
const standard = new Set([
  ...standardContainer,
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
]);
const integers = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

/** In the domain of Kubernetes, or without a domain. */
export function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return validateQualifiedName(`requests.${name}`).length === 0;
}

export function isOvercommittable(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

export function resourceName(errors: FieldErrors, field: string, name: string): boolean {
  const messages = validateQualifiedName(name);
  errors.messages(field, name, messages);
  if (messages.length > 0) return false;
  if (name.includes("/") || standard.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-"))
    return true;
  errors.invalid(field, name, "must be a standard resource type or fully qualified");
  return false;
}

function containerResourceName(errors: FieldErrors, field: string, name: string): void {
  resourceName(errors, field, name);
  if (!name.includes("/")) {
    if (!standardContainer.has(name) && !isHugePages(name))
      errors.invalid(field, name, "must be a standard resource for containers");
  } else if (!isNative(name) && !isExtended(name))
    errors.invalid(field, name, "doesn't follow extended resource name standard");
}

function podResourceName(errors: FieldErrors, field: string, name: string): void {
  if (!resourceName(errors, field, name)) return;
  if (name !== "cpu" && name !== "memory" && !isHugePages(name))
    errors.unsupported(field, name, ["cpu", "hugepages-", "memory"]);
}

export function quantityValueOf(errors: FieldErrors, field: string, name: string, value: JsonValue | undefined): void {
  const quantity = quantityOf(value);
  if (compareQuantities(quantity, zero) < 0) errors.invalid(field, value, "must be greater than or equal to 0");
  if ((integers.has(name) || isExtended(name)) && quantityMillis(quantity) % 1000n !== 0n)
    errors.invalid(field, value, "must be an integer");
}

function hugePages(errors: FieldErrors, field: string, name: string, value: JsonValue | undefined): void {
  const size = sizeOfPages(name);
  if (size === undefined || (size > 0n && quantityValue(quantityOf(value)) % size === 0n)) return;
  errors.invalid(
    field,
    value,
    `${typeof value === "string" ? value : "0"} is not positive integer multiple of ${name}`,
  );
}

function sizeOfPages(name: string): bigint | undefined {
  try {
    return quantityValue(parseQuantity(name.slice("hugepages-".length)));
  } catch {
    return 0n;
  }
}

export interface RequirementsOptions {
  readonly level: "container" | "pod";
  readonly claims: ReadonlySet<string>;
}

export function resourceRequirements(
  errors: FieldErrors,
  field: string,
  requirements: JsonObject,
  { level, claims }: RequirementsOptions,
): void {
  const limits = record(requirements, "limits");
  const requests = record(requirements, "requests");
  const checkName = level === "container" ? containerResourceName : podResourceName;
  const checkOne = (at: string, name: string, value: JsonValue | undefined): void => {
    checkName(errors, at, name);
    quantityValueOf(errors, at, name, value);
  };
  for (const [name, value] of Object.entries(limits)) {
    const at = `${field}.limits[${name}]`;
    checkOne(at, name, value);
    if (isHugePages(name)) hugePages(errors, at, name, value);
  }
  for (const [name, value] of Object.entries(requests)) {
    const at = `${field}.requests[${name}]`;
    checkOne(at, name, value);
    requestAgainstLimit(errors, field, { name, value, limit: limits[name], hasLimit: Object.hasOwn(limits, name) });
    if (isHugePages(name)) hugePages(errors, at, name, value);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory"))
    errors.forbidden(field, "HugePages require cpu or memory");
  resourceClaims(errors, `${field}.claims`, objects(requirements, "claims"), claims);
}

interface Request {
  readonly name: string;
  readonly value: JsonValue | undefined;
  readonly limit: JsonValue | undefined;
  readonly hasLimit: boolean;
}

function requestAgainstLimit(errors: FieldErrors, field: string, { name, value, limit, hasLimit }: Request): void {
  if (!hasLimit) {
    if (!isOvercommittable(name))
      errors.required(`${field}.limits`, "Limit must be set for non overcommitable resources");
    return;
  }
  const order = compareQuantities(quantityOf(value), quantityOf(limit));
  const shown = typeof limit === "string" ? limit : "0";
  if (order !== 0 && !isOvercommittable(name))
    errors.invalid(`${field}.requests`, value, `must be equal to ${name} limit of ${shown}`);
  else if (order > 0)
    errors.invalid(`${field}.requests`, value, `must be less than or equal to ${name} limit of ${shown}`);
}

function resourceClaims(
  errors: FieldErrors,
  field: string,
  claims: readonly JsonObject[],
  known: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    const at = `${field}[${index}]`;
    const name = text(claim, "name");
    const request = text(claim, "request");
    if (name === "") {
      errors.required(at);
      continue;
    }
    const key = request === "" ? name : `${name}/${request}`;
    if (seen.has(name) || seen.has(key)) errors.duplicate(at, seen.has(name) ? name : key);
    else {
      if (request !== "") errors.messages(`${at}.request`, request, validateDns1123Label(request));
      else if ([...seen].some((other) => other.startsWith(`${name}/`))) errors.duplicate(at, name);
      seen.add(key);
    }
    if (!known.has(name)) errors.notFound(at, name);
  }
}
