/** What `/version` says (k8s.io/apimachinery/pkg/version). helm and kubectl take the minor version at its word. */
export interface ServerVersion {
  readonly [member: string]: string;
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

export const kubernetesVersion: ServerVersion = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: "v1.36.3+lateen",
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "2026-11-24T00:00:00Z",
  goVersion: "go1.26.0",
  compiler: "gc",
  platform: "linux/amd64",
};
