/**
 * The CUE packages that step templates import (`vela/kube` …): what their operations take and give. The operations
 * themselves are providers. Written from kubevela-workflow.md 3.7 and 4.
 */
import type { Context } from "@lateen/cue";
import { legacyPackage } from "./op.ts";

const builtin = `package builtin

#DoVar: {
	#do:       "var"
	#provider: "builtin"
	$params: {
		method: *"Get" | "Put"
		path:   string
		value?: _
	}
	$returns?: value: _
}
#ConditionalWait: {
	#do:       "wait"
	#provider: "builtin"
	$params: {
		continue: *false | bool
		message?: string
	}
}
#Suspend: {
	#do:       "suspend"
	#provider: "builtin"
	$params: {
		duration?: string
		message?:  string
	}
}
#Break: {
	#do:       "break"
	#provider: "builtin"
	$params: message?: string
}
#Fail: {
	#do:       "fail"
	#provider: "builtin"
	$params: message?: string
}
#Message: {
	#do:       "message"
	#provider: "builtin"
	$params: message?: string
}
#Steps: {
	...
}
`;

const kube = `package kube

#Apply: {
	#do:       "apply"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		value: {...}
		patch?: {...}
	}
	$returns?: {
		value?: {...}
		err?: string
	}
}
#Patch: {
	#do:       "patch"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		value: {...}
		patch: {...}
	}
	$returns?: {
		result?: {...}
		err?: string
	}
}
#ApplyInParallel: {
	#do:       "apply-in-parallel"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		value: [...{...}]
	}
	$returns?: value?: [...{...}]
}
#Read: {
	#do:       "read"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		value: {...}
	}
	$returns?: {
		value?: {...}
		err?: string
	}
}
#List: {
	#do:       "list"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		resource: {
			apiVersion: string
			kind:       string
		}
		filter?: {
			namespace?: *"" | string
			matchingLabels?: {...}
		}
	}
	$returns?: {
		values?: {...}
		err?: string
	}
}
#Delete: {
	#do:       "delete"
	#provider: "kube"
	$params: {
		cluster: *"" | string
		value: {
			apiVersion: string
			kind:       string
			metadata: {
				name?:     string
				namespace: *"default" | string
			}
		}
		filter?: {
			namespace?: string
			matchingLabels?: {...}
		}
	}
	$returns?: {
		value?: {...}
		err?: string
	}
}
`;

const httpParams = `{
		method: *"GET" | "POST" | "PUT" | "DELETE"
		url:    string
		request?: {
			timeout?: string
			body?:    string
			header?: [string]:  string
			trailer?: [string]: string
			ratelimiter?: {
				limit:  int
				period: string
			}
			headersFromSecret?: [...{
				header: string
				secret: string
				key:    string
			}]
			responseFormat?: "text" | "json" | "lines"
			...
		}
		tls_config?: {
			secret:     string
			namespace?: string
		}
	}`;

const httpPackage = `package http

#HTTPDo: {
	#do:       "do"
	#provider: "http"
	$params: ${httpParams}
	$returns?: {
		body: string
		header?: [string]: [...string]
		trailer?: [string]: [...string]
		statusCode: int
		// Where request.responseFormat asks for them.
		json?: _
		lines?: [...string]
	}
	...
}
#HTTPGet: #HTTPDo & {
	method: "GET"
}
#HTTPPost: #HTTPDo & {
	$params: method: "POST"
}
#HTTPPut: #HTTPDo & {
	$params: method: "PUT"
}
#HTTPDelete: #HTTPDo & {
	$params: method: "DELETE"
}
`;

const email = `package email

#SendEmail: {
	#do:       "send"
	#provider: "email"
	$params: {
		from: {
			address:  string
			alias?:   string
			password: string
			host:     string
			port:     int
		}
		to: [...string]
		content: {
			subject: string
			body:    string
		}
	}
}
`;

const util = `package util

#PatchK8sObject: {
	#do:       "patch-k8s-object"
	#provider: "util"
	$params: {
		value: {...}
		patch: {...}
	}
	$returns?: {
		result?: {...}
		err?: string
	}
}
#ConvertString: {
	#do:       "string"
	#provider: "util"
	$params: bt: bytes
	$returns?: str: string
}
#Log: {
	#do:       "log"
	#provider: "util"
	$params: {
		data?: {...} | string
		level: *3 | int
		source?: close({
			url: string
		}) | close({
			resources?: [...{
				name?:      string
				cluster?:   string
				namespace?: string
				labelSelector?: {...}
			}]
		})
	}
}
`;

const time = `package time

#DateToTimestamp: {
	#do:       "timestamp"
	#provider: "time"
	$params: {
		date:   string
		layout: *"" | string
	}
	$returns?: timestamp: int64
}
#TimestampToDate: {
	#do:       "date"
	#provider: "time"
	$params: {
		timestamp: int64
		layout:    *"" | string
	}
	$returns?: date: string
}
`;

const metrics = `package metrics

#PromCheck: {
	#do:       "promCheck"
	#provider: "metrics"
	$params: {
		query:          string
		metricEndpoint: *"http://prometheus-server.o11y-system.svc:9090" | string
		condition:      string
		failDuration:   *"2m" | string
		duration:       *"5m" | string
	}
	$returns?: {
		message?: string
		failed:   bool
		result:   bool
	}
}
`;

const config = `package config

#CreateConfig: {
	#do:       "create"
	#provider: "config"
	$params: {
		name:      string
		namespace: string
		template?: string
		config: {...}
	}
}
#DeleteConfig: {
	#do:       "delete"
	#provider: "config"
	$params: {
		name:      string
		namespace: string
	}
}
#ReadConfig: {
	#do:       "read"
	#provider: "config"
	$params: {
		name:      string
		namespace: string
	}
	$returns?: config: {...}
}
#ListConfig: {
	#do:       "list"
	#provider: "config"
	$params: {
		template:  string
		namespace: string
	}
	$returns?: configs: [...{...}]
}
`;

const multicluster = `package multicluster

#Deploy: {
	#do:       "deploy"
	#provider: "multicluster"
	$params: {
		policies: [...string]
		parallelism:              int
		ignoreTerraformComponent: bool
		inlinePolicies: *[] | [...{...}]
	}
	$returns?: {...}
}
#ListClusters: {
	#do:       "list-clusters"
	#provider: "multicluster"
	$returns?: outputs: clusters: [...string]
}
#GetPlacementsFromTopologyPolicies: {
	#do:       "get-placements-from-topology-policies"
	#provider: "multicluster"
	$params: policies: [...string]
	$returns?: placements: [...{
		namespace: string
		cluster:   string
	}]
}
`;

const oam = `package oam

#ApplyComponent: {
	#do:       "component-apply"
	#provider: "oam"
	$params: {
		cluster:     *"" | string
		env:         *"" | string
		namespace:   *"" | string
		waitHealthy: *true | bool
		value: {...}
		patch?: {...}
	}
	$returns?: {
		output?: {...}
		outputs?: {...}
	}
}
#RenderComponent: {
	#do:       "component-render"
	#provider: "oam"
	$params: {
		cluster:   *"" | string
		env:       *"" | string
		namespace: *"" | string
		value: {...}
		patch?: {...}
	}
	$returns?: {
		output?: {...}
		outputs?: {...}
	}
}
#LoadComponets: {
	#do:       "load"
	#provider: "oam"
	$params?: app?: string
	$returns?: value?: {...}
}
#LoadComponetsInOrder: {
	#do:       "load-comps-in-order"
	#provider: "oam"
	$params?: app?: string
	$returns?: value?: [...{...}]
}
#LoadPolicies: {
	#do:       "load-policies"
	#provider: "oam"
	$params?: app?: string
	$returns?: value?: {...}
}
`;

const queryApp = `{
		name:      string
		namespace: string
		filter?: {
			cluster?:          string
			clusterNamespace?: string
			components?: [...string]
			kind?:       string
			apiVersion?: string
		}
		withTree: *true | bool
	}`;

const queryOperation = (name: string, operation: string): string => `#${name}: {
	#do:       "${operation}"
	#provider: "query"
	$params: app: ${queryApp}
	$returns?: {
		list?: [...{...}]
		err?: string
	}
}
`;

const query = `package query

${queryOperation("ListResourcesInApp", "listResourcesInApp")}${queryOperation("ListAppliedResources", "listAppliedResources")}${queryOperation("GetApplicationTree", "getApplicationTree")}${queryOperation("CollectPods", "collectPods")}${queryOperation("CollectServices", "collectServices")}${queryOperation("CollectServiceEndpoints", "collectServiceEndpoints")}${queryOperation("CollectResources", "collectResources")}
#SearchEvents: {
	#do:       "searchEvents"
	#provider: "query"
	$params: {
		value: {...}
		cluster: *"" | string
	}
	$returns?: {
		list?: [...{...}]
		err?: string
	}
}
#CollectLogsInPod: {
	#do:       "collectLogsInPod"
	#provider: "query"
	$params: {
		cluster:   *"" | string
		namespace: string
		pod:       string
		options: {
			container:     string
			previous:      *false | bool
			sinceSeconds?: int
			sinceTime?:    string
			timestamps:    *false | bool
			tailLines?:    int
			limitBytes?:   int
		}
	}
	$returns?: outputs: {
		logs?: string
		info?: {...}
		err?: string
	}
}
`;

const legacyQuery = `package ql

${[
  "ListResourcesInApp",
  "ListAppliedResources",
  "CollectPods",
  "CollectServices",
  "CollectServiceEndpoints",
  "GetApplicationTree",
]
  .map(
    (name) => `#${name}: {
	#do:       "${name[0]!.toLowerCase()}${name.slice(1)}"
	#provider: "ql"
	app: ${queryApp}
	list?: [...{...}]
	err?: string
	...
}
`,
  )
  .join("")}`;

const helm = `package helm

#Render: {
	#do:       "render"
	#provider: "helm"
	$params: {...}
	$returns?: {
		resources?: [...{...}]
		...
	}
}
`;

const sources: Readonly<Record<string, string>> = {
  "vela/builtin": builtin,
  "vela/kube": kube,
  "vela/http": httpPackage,
  "vela/email": email,
  "vela/util": util,
  "vela/time": time,
  "vela/metrics": metrics,
  "vela/config": config,
  "vela/multicluster": multicluster,
  "vela/oam": oam,
  "vela/query": query,
  "vela/ql": legacyQuery,
  "vela/helm": helm,
  "vela/op": legacyPackage,
};

/** Makes `vela/*` importable in a context. */
export function registerVelaPackages(context: Context): void {
  for (const [path, source] of Object.entries(sources)) context.registerPackage(path, source);
}

export const velaPackagePaths: readonly string[] = Object.keys(sources);
