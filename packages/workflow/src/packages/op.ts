/** `vela/op`: the old style, one package with parameters and results at the operation's top level (kubevela-workflow.md 3.7). */
export const legacyPackage = `package op

#DoVar: {
	#do:       "var"
	#provider: "op"
	method:    *"Get" | "Put"
	path:      string
	value?:    _
}
#ConditionalWait: {
	#do:       "wait"
	#provider: "op"
	continue:  *false | bool
	message?:  string
}
#Suspend: {
	#do:       "suspend"
	#provider: "op"
	duration?: string
	message?:  string
}
#Break: {
	#do:       "break"
	#provider: "op"
	message?:  string
}
#Fail: {
	#do:       "fail"
	#provider: "op"
	message?:  string
}
#Message: {
	#do:       "message"
	#provider: "op"
	message?:  string
}
#Steps: {
	...
}
#Apply: {
	#do:       "apply"
	#provider: "op"
	cluster:   *"" | string
	value: {...}
	patch?: {...}
	...
}
#Patch: {
	#do:       "patch"
	#provider: "op"
	cluster:   *"" | string
	value: {...}
	patch: {...}
	result?: {...}
	...
}
#ApplyInParallel: {
	#do:       "apply-in-parallel"
	#provider: "op"
	cluster:   *"" | string
	value: [...{...}]
	...
}
#Read: {
	#do:       "read"
	#provider: "op"
	cluster:   *"" | string
	value?: {...}
	err?: string
	...
}
#List: {
	#do:       "list"
	#provider: "op"
	cluster:   *"" | string
	resource: {
		apiVersion: string
		kind:       string
	}
	filter?: {
		namespace?: *"" | string
		matchingLabels?: {...}
	}
	list?: {...}
	err?: string
	...
}
#Delete: {
	#do:       "delete"
	#provider: "op"
	cluster:   *"" | string
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
	err?: string
	...
}
#HTTPDo: {
	#do:       "do"
	#provider: "op"
	method:    *"GET" | "POST" | "PUT" | "DELETE"
	url:       string
	request?: {
		timeout?: string
		body?:    string
		header?: [string]:  string
		trailer?: [string]: string
		ratelimiter?: {
			limit:  int
			period: string
		}
		...
	}
	tls_config?: {
		secret:     string
		namespace?: string
	}
	body?: string
	header?: [string]: [...string]
	trailer?: [string]: [...string]
	statusCode?: int
	...
}
#HTTPGet: #HTTPDo & {method: "GET"}
#HTTPPost: #HTTPDo & {method: "POST"}
#HTTPPut: #HTTPDo & {method: "PUT"}
#HTTPDelete: #HTTPDo & {method: "DELETE"}
#SendEmail: {
	#do:       "send"
	#provider: "op"
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
#PatchK8sObject: {
	#do:       "patch-k8s-object"
	#provider: "op"
	value: {...}
	patch: {...}
	result?: {...}
	err?: string
	...
}
#ConvertString: {
	#do:       "string"
	#provider: "op"
	bt:        bytes
	str?:      string
}
#Log: {
	#do:       "log"
	#provider: "op"
	data?:     {...} | string
	level:     *3 | int
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
#DateToTimestamp: {
	#do:        "timestamp"
	#provider:  "op"
	date:       string
	layout:     *"" | string
	timestamp?: int64
}
#TimestampToDate: {
	#do:       "date"
	#provider: "op"
	timestamp: int64
	layout:    *"" | string
	date?:     string
}
#PromCheck: {
	#do:            "promCheck"
	#provider:      "op"
	query:          string
	metricEndpoint: *"http://prometheus-server.o11y-system.svc:9090" | string
	condition:      string
	failDuration:   *"2m" | string
	duration:       *"5m" | string
	message?:       string
	failed?:        bool
	result?:        bool
}
#CreateConfig: {
	#do:       "create-config"
	#provider: "op"
	name:      string
	namespace: string
	template?: string
	config: {...}
}
#DeleteConfig: {
	#do:       "delete-config"
	#provider: "op"
	name:      string
	namespace: string
}
#ReadConfig: {
	#do:       "read-config"
	#provider: "op"
	name:      string
	namespace: string
	config?: {...}
}
#ListConfig: {
	#do:       "list-config"
	#provider: "op"
	template:  string
	namespace: string
	configs?: [...{...}]
}
#ApplyComponent: {
	#do:         "component-apply"
	#provider:   "op"
	cluster:     *"" | string
	env:         *"" | string
	namespace:   *"" | string
	waitHealthy: *true | bool
	value: {...}
	patch?: {...}
	output?: {...}
	outputs?: {...}
	...
}
#RenderComponent: {
	#do:       "component-render"
	#provider: "op"
	cluster:   *"" | string
	env:       *"" | string
	namespace: *"" | string
	value: {...}
	patch?: {...}
	output?: {...}
	outputs?: {...}
	...
}
#LoadComponets: {
	#do:       "load"
	#provider: "op"
	app?:      string
	value?: {...}
	...
}
#Load: #LoadComponets
#LoadComponetsInOrder: {
	#do:       "load-comps-in-order"
	#provider: "op"
	app?:      string
	value?: [...{...}]
	...
}
#LoadInOrder: #LoadComponetsInOrder
#LoadPolicies: {
	#do:       "load-policies"
	#provider: "op"
	value?: {...}
	...
}
#ListClusters: {
	#do:       "list-clusters"
	#provider: "op"
	outputs?: clusters: [...string]
}
#GetPlacementsFromTopologyPolicies: {
	#do:       "get-placements-from-topology-policies"
	#provider: "op"
	policies: [...string]
	placements?: [...{
		namespace: string
		cluster:   string
	}]
}
#Deploy: {
	#do:       "deploy"
	#provider: "op"
	policies: [...string]
	parallelism:              int
	ignoreTerraformComponent: bool
	inlinePolicies: *[] | [...{...}]
}
#ApplyApplication: {
	#do:       "apply-application"
	#provider: "op"
	...
}
#ApplyApplicationInParallel: {
	#do:       "apply-application-in-parallel"
	#provider: "op"
	...
}
#ApplyRemaining: {
	#do:       "apply-remaining"
	#provider: "op"
	exceptions?: [...string]
	...
}
#ApplyEnvBindApp: {
	#do:       "apply-env-bind-app"
	#provider: "op"
	env:       string
	policy:    string
	app:       string
	namespace: string
	parallel:  *false | bool
	...
}
#DeployCloudResource: {
	#do:       "deploy-cloud-resource"
	#provider: "op"
	...
}
#ShareCloudResource: {
	#do:       "share-cloud-resource"
	#provider: "op"
	...
}
NoExist: _|_
context: _
`;
