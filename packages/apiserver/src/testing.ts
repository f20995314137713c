export { describeStore, type DescribeStoreOptions } from "./testing/describe-store.ts";
export { type Called, type CallOptions, startTestApi, type TestApi } from "./testing/start-test-api.ts";
