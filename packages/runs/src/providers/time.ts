/** `vela/time`: dates and Unix times, with Go's layouts (kubevela-workflow.md 4.6). */
import type { ProviderFunction, ProviderTable } from "@lateen/workflow";
import { formatGoTime, parseGoTime } from "../go-time.ts";
import { textOf } from "../text-of.ts";

const rfc3339 = "2006-01-02T15:04:05Z07:00";
const layoutOf = (layout: unknown): string => (textOf(layout) === "" ? rfc3339 : textOf(layout));

const timestamp: ProviderFunction = async (params) => {
  const date = textOf(params.date);
  if (date === "") throw new Error("empty date to convert");
  return { timestamp: Math.floor(parseGoTime(layoutOf(params.layout), date) / 1000) };
};

const date: ProviderFunction = async (params) => ({
  date: formatGoTime(layoutOf(params.layout), Number(params.timestamp) * 1000),
});

export const timeProviders: ProviderTable = { time: { timestamp, date }, op: { timestamp, date } };
