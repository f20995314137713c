export { type FormatOptions, formatFile, formatNode } from "./format.ts";
