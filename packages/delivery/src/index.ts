export {
  type AdmissionAnswer,
  type AdmissionReview,
  type ApplicationAdmitterOptions,
  admitApplication,
  createApplicationAdmitter,
} from "./admission.ts";
export { validationAnnotation } from "./application/validation.ts";
export { type DefinitionControllerOptions, createDefinitionControllers } from "./controller/definition-controllers.ts";
export { createDeliveryMetrics } from "./controller/delivery-metrics.ts";
export { type DeliveryOptions, createDeliveryControllers } from "./controller/delivery-controllers.ts";
export { type InstalledDefinitions, installDefinitions } from "./controller/install-definitions.ts";
export { type DefinitionAdmitterOptions, createDefinitionAdmitter } from "./definition-admission.ts";
export { knownOperations } from "./controller/step-providers.ts";
export { DispatchError } from "./controller/keeper.ts";
export {
  type Compression,
  type DeliveryPorts,
  type Dispatcher,
  type Placement,
  localPorts,
} from "./controller/ports.ts";
