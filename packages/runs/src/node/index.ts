export { type Outside, type OutsideGuard, createOutside } from "./outside.ts";
export { type TriggerListener, listenForTriggers } from "./trigger-listener.ts";
