export { type PreviewGround, previewDelivery } from "./preview.ts";
export type {
  OutsideEffect,
  Preview,
  PreviewChange,
  PreviewEnd,
  PreviewOptions,
  PreviewRefusal,
  PreviewedResource,
  PreviewedStep,
  PreviewedSubject,
  StepMoment,
  StepWrite,
} from "./report.ts";
export { type Fleet, type FleetApplication, type FleetRefusal, type UnownedObject, tryFleet } from "./try-fleet.ts";
