import { describeStore } from "../testing/describe-store.ts";
import { createMemoryStore } from "./memory.ts";

describeStore("the memory store", () => Promise.resolve(createMemoryStore()));
describeStore("a fork", () => Promise.resolve(createMemoryStore().fork()));
