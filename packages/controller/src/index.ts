export type {
  Controller,
  Environment,
  Reconcile,
  ReconcileContext,
  Request,
  Result,
  RunControllersOptions,
  Source,
} from "./reconciler.ts";
