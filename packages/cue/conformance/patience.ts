import { type Budget, budgetUntil } from "@lateen/base";

/** The budget of a case: so much processor time, which does not depend on what else the machine does. */
export function patience(ms: number): Budget {
  return budgetUntil(ms, {}, processorMs);
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
