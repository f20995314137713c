import type { JsonObject } from "@lateen/base";
import type { ProviderContext, ProviderEntry, ProviderTable } from "./providers.ts";

/** One operation that is about to be done. */
export interface OperationCall {
  readonly provider: string;
  readonly operation: string;
  /** Empty for operations that work on the CUE value itself. */
  readonly params: JsonObject;
  readonly context: ProviderContext;
}

/** Does an operation, or something in its place. */
export type AroundOperation = (
  call: OperationCall,
  perform: () => Promise<JsonObject | undefined>,
) => Promise<JsonObject | undefined>;

/** The same operations, each done through `around`: who looks on, or answers in their place. */
export function aroundOperations(table: ProviderTable, around: AroundOperation): ProviderTable {
  return Object.fromEntries(
    Object.entries(table).map(([provider, operations]) => [
      provider,
      Object.fromEntries(
        Object.entries(operations).map(([operation, entry]) => [
          operation,
          wrapped(entry, { provider, operation, around }),
        ]),
      ),
    ]),
  );
}

function wrapped(
  entry: ProviderEntry,
  { provider, operation, around }: { provider: string; operation: string; around: AroundOperation },
): ProviderEntry {
  const call = (params: JsonObject, context: ProviderContext): OperationCall => ({
    provider,
    operation,
    params,
    context,
  });
  if (typeof entry === "function")
    return (params, context) => around(call(params, context), () => entry(params, context));
  if ("native" in entry)
    return { native: (value, context) => around(call({}, context), () => entry.native(value, context)) };
  return {
    changes: (params) => entry.changes(params),
    send: (params, context) => around(call(params, context), () => entry.send(params, context)),
  };
}
