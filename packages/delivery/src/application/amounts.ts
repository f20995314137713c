/** Amounts of processor and memory, as Kubernetes writes them and as people do. */
import { parseQuantity } from "@lateen/objects";

export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

const units: Readonly<Record<string, string>> = { ki: "Ki", mi: "Mi", gi: "Gi", ti: "Ti", pi: "Pi", "": "" };
const bytes = /^([kmgtp])i?b(?:ytes)?$/;
const processors: ReadonlySet<string> = new Set(["cpu", "cpus", "core", "cores", "vcpu", "vcpus"]);

/** The amount that was meant. Sure where only spelling differs; `MB` may be MiB, as it mostly is, or a million. */
export function amountMeant(text: string): { readonly value: string; readonly isCertain: boolean } | undefined {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
  if (match === null) return undefined;
  const number = match[1]!.replace(",", ".");
  const unit = match[2]!;
  const lower = unit.toLowerCase();
  if (isQuantity(`${number}${unit}`)) return { value: `${number}${unit}`, isCertain: true };
  if (Object.hasOwn(units, lower)) return { value: `${number}${units[lower]}`, isCertain: true };
  if (processors.has(lower)) return { value: number, isCertain: true };
  if (lower === "millicores" || lower === "millicpu") return { value: `${number}m`, isCertain: true };
  const byte = bytes.exec(lower);
  return byte === null ? undefined : { value: `${number}${byte[1]!.toUpperCase()}i`, isCertain: lower.includes("i") };
}
