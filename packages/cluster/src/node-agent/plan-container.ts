/** How a container will be run on this node: decided from its image, its command and the node's mode alone. */
import type { Container, Pod } from "../api/pod.ts";
import type { ImageCatalog, RunnableImage } from "./images.ts";

/**
 * `process`: images that are known run, others are simulated. `process-shell`: also commands of manifests run on this
 * machine. `strict`: what cannot run fails. `simulated`: nothing runs.
 */
export type NodeMode = "process" | "process-shell" | "strict" | "simulated";

export type ContainerPlan =
  | {
      readonly kind: "process";
      /** Program and arguments, or one text for the shell. */
      readonly command: readonly string[];
      readonly shell: boolean;
      /** Undefined: a folder of the container's own. */
      readonly folder: string | undefined;
      readonly env: Readonly<Record<string, string>>;
      /** The port that the program is told to listen on. */
      readonly port: number | undefined;
      /** Ready when something listens there, where the manifest says nothing. */
      readonly readyWhenListening: boolean;
    }
  /** Nothing runs; the pod is shown as running. `why` is told wherever the pod is shown. */
  | { readonly kind: "simulated"; readonly why: string }
  /** Stays waiting with this reason. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };

export function planContainer(
  container: Container,
  { catalog, mode }: { readonly catalog: ImageCatalog; readonly mode: NodeMode },
): ContainerPlan {
  const reference = container.image ?? "";
  if (mode === "simulated") return { kind: "simulated", why: "this node simulates every container" };
  const image = catalog.find(reference);
  const command = container.command ?? [];
  const args = container.args ?? [];
  const port = container.ports?.[0]?.containerPort ?? image?.port;
  if (image !== undefined) {
    const known = commandOfImage(image, command, args);
    if (known !== undefined)
      return {
        kind: "process",
        command: known,
        shell: image.shell,
        folder: image.folder,
        env: image.env,
        port,
        readyWhenListening: image.readyWhenListening && command.length === 0,
      };
  }
  if (mode === "process-shell" && command.length > 0) {
    const env = image?.env ?? {};
    return {
      kind: "process",
      command: [...command, ...args],
      shell: false,
      folder: image?.folder,
      env,
      port,
      readyWhenListening: false,
    };
  }
  return image === undefined ? unknownImage(reference, mode) : foreignCommand(image, command[0] ?? args[0] ?? "", mode);
}

/** What to run for an image that is known; undefined when the manifest asks for a program that is not the image's. */
function commandOfImage(
  image: RunnableImage,
  command: readonly string[],
  args: readonly string[],
): readonly string[] | undefined {
  if (image.origin === "mapped") return image.entrypoint;
  if (command.length > 0) {
    const program = command[0]!.split("/").at(-1)!;
    return image.commands.includes(program) ? [...image.entrypoint, program, ...command.slice(1), ...args] : undefined;
  }
  return [...image.entrypoint, ...args];
}

function unknownImage(reference: string, mode: NodeMode): ContainerPlan {
  if (mode === "strict") {
    return {
      kind: "refused",
      reason: "ImagePullBackOff",
      message: `Back-off pulling image "${reference}": this node downloads no images, and none of this name is bundled, mapped or in the data directory`,
    };
  }
  return { kind: "simulated", why: `image "${reference}" is not known to this node` };
}

function foreignCommand(image: RunnableImage, program: string, mode: NodeMode): ContainerPlan {
  const why = `command "${program}" is none of image ${image.name} (${image.commands.join(", ") || "it takes no command"}), and commands of manifests run only with --node=process-shell`;
  return mode === "strict"
    ? { kind: "refused", reason: "CreateContainerError", message: why }
    : { kind: "simulated", why };
}

export interface PodPlan {
  readonly init: readonly { readonly container: Container; readonly plan: ContainerPlan }[];
  readonly main: readonly { readonly container: Container; readonly plan: ContainerPlan }[];
  /** No container of the pod is a process: then none of its work is done here. */
  readonly simulated: boolean;
  /** For the annotation and the messages; empty when everything runs. */
  readonly why: string;
}

export function planPod(pod: Pod, options: { readonly catalog: ImageCatalog; readonly mode: NodeMode }): PodPlan {
  const planAll = (containers: readonly Container[] | undefined) =>
    (containers ?? []).map((container) => ({ container, plan: planContainer(container, options) }));
  const init = planAll(pod.spec?.initContainers);
  const main = planAll(pod.spec?.containers);
  const all = [...init, ...main];
  const reasons = all.flatMap(({ plan }) => (plan.kind === "simulated" ? [plan.why] : []));
  return {
    init,
    main,
    simulated: all.every(({ plan }) => plan.kind === "simulated"),
    why: [...new Set(reasons)].join("; "),
  };
}
