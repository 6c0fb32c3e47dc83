import { z } from "zod";

// The parts of an OpenAPI 3.1 document that types are made of.
const schemaSchema = z.looseObject({
	$ref: z.string().optional(),
	type: z.union([z.string(), z.array(z.string())]).optional(),
	const: z.json().optional(),
	enum: z.array(z.json()).optional(),
	get anyOf() {
		return z.array(schemaSchema).optional();
	},
	get oneOf() {
		return z.array(schemaSchema).optional();
	},
	get allOf() {
		return z.array(schemaSchema).optional();
	},
	get items() {
		return schemaSchema.optional();
	},
	get prefixItems() {
		return z.array(schemaSchema).optional();
	},
	get properties() {
		return z.record(z.string(), schemaSchema).optional();
	},
	required: z.array(z.string()).optional(),
	get additionalProperties() {
		return z.union([z.boolean(), schemaSchema]).optional();
	},
});
type Schema = z.infer<typeof schemaSchema>;

const contentSchema = z.record(z.string(), z.object({ schema: schemaSchema }));
const parameterSchema = z.object({
	name: z.string(),
	in: z.enum(["path", "query", "header"]),
	required: z.boolean().optional(),
	description: z.string().optional(),
	schema: schemaSchema,
});
const operationSchema = z.object({
	summary: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	parameters: z.array(parameterSchema).default([]),
	requestBody: z.object({ required: z.boolean().optional(), content: contentSchema }).optional(),
	responses: z.record(z.string(), z.object({ description: z.string(), content: contentSchema.optional() })),
});
export type Operation = z.infer<typeof operationSchema>;

/** What is read of an OpenAPI 3.1 document of ours. */
export const apiDocumentSchema = z.object({
	info: z.object({ title: z.string(), description: z.string() }),
	paths: z.record(z.string(), z.record(z.string(), operationSchema)),
	components: z.object({ schemas: z.record(z.string(), schemaSchema) }),
});

/** TypeScript types of every operation of an OpenAPI document, but for streams that never end. */
export function operationTypes(document: unknown): string {
	const { paths, components } = apiDocumentSchema.parse(document);
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).flatMap(([method, operation]) => {
			const answer = answerOf(operation);
			if (answer === undefined) return [];
			const name = JSON.stringify(`${method.toUpperCase()} ${path}`);
			return [`\t/** ${operation.summary} */\n\t${name}: { request: ${requestOf(operation)}; answer: ${answer} };`];
		}),
	);
	const named = Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`);
	return [
		"// Written by `npm run cloud-client` from cloud-lite/openapi.json.",
		"",
		"/** What each operation of the cloud takes and answers, by method and path. */",
		"export interface Operations {",
		...operations,
		"}",
		"",
		...named,
		"",
	].join("\n");
}

function requestOf({ parameters, requestBody }: Operation): string {
	const places = { path: "path", query: "query", header: "headers" } as const;
	const parts = Object.entries(places).flatMap(([place, name]) => {
		const found = parameters.filter((parameter) => parameter.in === place);
		if (found.length === 0) return [];
		const isNeeded = found.some(({ required }) => required);
		const fields = found.map(({ name: field, required, schema }) => property(field, required === true, schema));
		return [`${name}${isNeeded ? "" : "?"}: { ${fields.join("; ")} }`];
	});
	const body = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => contentType(type, schema));
	const [media = ""] = Object.keys(requestBody?.content ?? {}).filter((type) => type !== "application/json");
	if (media !== "") parts.push(`type: ${media.includes("*") ? "string" : JSON.stringify(media)}`);
	if (body.length > 0) parts.push(`body${requestBody?.required ? "" : "?"}: ${body.join(" | ")}`);
	return parts.length === 0 ? "Record<never, never>" : `{ ${parts.join("; ")} }`;
}

/** `undefined`: it answers with a stream. */
function answerOf({ responses }: Operation): string | undefined {
	const [, success] = Object.entries(responses).find(([status]) => status.startsWith("2")) ?? [];
	const content = Object.entries(success?.content ?? {});
	if (content.some(([type]) => type === "text/event-stream")) return undefined;
	return [...new Set(content.map(([type, { schema }]) => contentType(type, schema)))].join(" | ") || "undefined";
}

function contentType(type: string, schema: Schema): string {
	if (type === "application/json") return typeOf(schema);
	return type.startsWith("text/") ? "string" : "Uint8Array<ArrayBuffer>";
}

function property(name: string, isNeeded: boolean, schema: Schema): string {
	const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
	return `${key}${isNeeded ? "" : "?"}: ${typeOf(schema)}${isNeeded ? "" : " | undefined"}`;
}

/** A schema as TypeScript writes it, on one line. */
export function typeOf(schema: Schema): string {
	if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "unknown";
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
	const variants = schema.anyOf ?? schema.oneOf;
	if (variants) return [...new Set(variants.map((each) => grouped(typeOf(each))))].join(" | ");
	if (schema.allOf) return schema.allOf.map((each) => grouped(typeOf(each))).join(" & ");
	const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
	if (types.length === 0) return schema.properties ? objectOf(schema) : "unknown";
	return [...new Set(types.map((type) => single(type, schema)))].join(" | ");
}

function single(type: string, schema: Schema): string {
	switch (type) {
		case "integer":
		case "number":
			return "number";
		case "string":
		case "boolean":
		case "null":
			return type;
		case "array":
			if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
			return `${grouped(schema.items ? typeOf(schema.items) : "unknown")}[]`;
		case "object":
			return objectOf(schema);
		default:
			throw new Error(`A schema of the document has the unknown type ${type}`);
	}
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): string {
	const fields = Object.entries(properties).map(([name, schema]) => property(name, required.includes(name), schema));
	const isOpen = typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0;
	const rest = isOpen ? typeOf(additionalProperties) : "unknown";
	if (fields.length > 0) return `{ ${fields.join("; ")} }`;
	return additionalProperties === undefined || additionalProperties === false
		? "Record<string, never>"
		: `Record<string, ${rest}>`;
}

function grouped(type: string): string {
	return / [|&] /.test(type) && !/^[{[].*[}\]]$/.test(type) ? `(${type})` : type;
}
