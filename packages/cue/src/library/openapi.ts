import { lazyArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, BuiltinError } from "./builtin.ts";

/**
 * The package `encoding/openapi`: its definitions, for documents that are written in CUE. Schemas are made of values by the
 * entry `@lateen/cue/openapi`; from within a program that is refused.
 */
const functions: readonly Builtin[] = [
  {
    name: "MarshalSchema",
    params: ["top", "top"],
    result: "string",
    nonConcrete: true,
    call(args) {
      const config = lazyArgument(args, 0);
      if (!config.isConcrete) throw new BuiltinError("non-concrete argument 0", "incomplete");
      throw new BuiltinError("schemas are not made within a program: use the package @lateen/cue/openapi");
    },
  },
];

const source = `{
	#Config: {
		version!:         "3.0.0"
		info?:            #Info
		selfContained:    *false | bool
		expandReferences: *false | bool
	}
	#Info: {
		title!:          string
		version!:        string
		summary?:        string
		description?:    string
		termsOfService?: string
		contact?:        #Contact
		license?:        #License
	}
	#Contact: {
		name?:  string
		url?:   string
		email?: string
	}
	#License: {
		name!: string
		url?:  string
	}
}`;

export const openapiPackage: BuiltinPackage = { path: "encoding/openapi", functions, constants: {}, source };
