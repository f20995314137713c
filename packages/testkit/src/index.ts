export { arbitraryConfigMap, arbitraryJson, arbitraryKey, arbitraryLabels, arbitraryName } from "./generators.ts";
export { type TestCluster, type TestClusterOptions, startTestCluster } from "./test-cluster.ts";
export { type Txtar, formatTxtar, parseTxtar } from "./txtar.ts";
