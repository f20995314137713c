/** Reading an object that may lack anything: the zero value of Go where there is nothing. */
import { isJsonObject, type JsonObject, type JsonValue, ownProperty } from "@lateen/base";

export type Path = readonly (string | number)[];

export function read(object: JsonValue | undefined, ...path: Path): JsonValue | undefined {
  let current = object;
  for (const step of path) {
    if (Array.isArray(current)) current = (current as readonly JsonValue[])[Number(step)];
    else if (isJsonObject(current)) current = ownProperty(current, String(step));
    else return undefined;
  }
  return current;
}

export function text(object: JsonValue | undefined, ...path: Path): string {
  const value = read(object, ...path);
  return typeof value === "string" ? value : "";
}

export function number(object: JsonValue | undefined, ...path: Path): number {
  const value = read(object, ...path);
  return typeof value === "number" ? value : 0;
}

export function objects(object: JsonValue | undefined, ...path: Path): readonly JsonObject[] {
  const value = read(object, ...path);
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}

export function texts(object: JsonValue | undefined, ...path: Path): readonly string[] {
  const value = read(object, ...path);
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((item) => typeof item === "string") : [];
}

export function record(object: JsonValue | undefined, ...path: Path): JsonObject {
  const value = read(object, ...path);
  return isJsonObject(value) ? value : {};
}

/** A value as Go's String methods print it: quantities and int-or-strings are text or number in JSON. */
export function shown(object: JsonValue | undefined, ...path: Path): string | undefined {
  const value = read(object, ...path);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
