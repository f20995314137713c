/** Step types that need no definition. */
export const embeddedTemplates: Readonly<Record<string, string>> = {
  suspend: `import "vela/builtin"

suspend: builtin.#Suspend & {
	$params: parameter
}
parameter: {
	duration?: string
	message?:  string
}
`,
  "builtin-apply-component": `import "vela/oam"

apply: oam.#ApplyComponent & {
	$params: parameter
}
if apply.$returns != _|_ {
	if apply.$returns.output != _|_ {
		output: apply.$returns.output
	}
	if apply.$returns.outputs != _|_ {
		outputs: apply.$returns.outputs
	}
}
parameter: {...}
`,
};

/** Types that the engine knows by itself. */
export const groupType = "step-group";
