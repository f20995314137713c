/** Which addresses the requests of steps may go to. */
import { BlockList, isIP } from "node:net";

/**
 * - `local`: one person's control plane. Everything but link-local addresses, where clouds serve credentials.
 * - `shared`: many people's. No private, loopback or link-local address either.
 */
export type OutsideGuard = "local" | "shared";

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, network.includes(":") ? "ipv6" : "ipv4");
  return list;
}

const linkLocal: readonly (readonly [string, number])[] = [
  ["169.254.0.0", 16],
  ["fe80::", 10],
  // The metadata address of one cloud over IPv6.
  ["fd00:ec2::254", 128],
];
const notPublic: readonly (readonly [string, number])[] = [
  ...linkLocal,
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["::1", 128],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["ff00::", 8],
];
const lists: Readonly<Record<OutsideGuard, BlockList>> = { local: blockList(linkLocal), shared: blockList(notPublic) };

/** @throws Error for an address that steps may not reach. An IPv4 address within IPv6 counts as itself. */
export function refuseAddress(address: string, guard: OutsideGuard): void {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const plain = mapped?.[1] ?? address;
  const family = isIP(plain);
  if (family === 0 || !lists[guard].check(plain, family === 6 ? "ipv6" : "ipv4")) return;
  throw new Error(
    guard === "shared"
      ? `${address} is a private or local address; steps of this control plane may reach public ones only (--step-network local lifts that)`
      : `${address} is a link-local address, where clouds serve credentials; no step may reach it`,
  );
}
