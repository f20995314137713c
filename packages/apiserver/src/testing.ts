export { describeStore } from "./testing/describe-store.ts";
