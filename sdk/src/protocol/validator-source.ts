import { z } from "zod";
import {
	acknowledgementBodySchema,
	commandBodySchema,
	commandStatusBodySchema,
	configurationUpdateBodySchema,
	controllerConfigurationSchema,
	dispenseBodySchema,
	doorBodySchema,
	firmwareChunkBodySchema,
	firmwareManifestBodySchema,
	firmwareRequestBodySchema,
	healthBodySchema,
	helloBodySchema,
	helloRequestBodySchema,
	receiptBodySchema,
	remoteCommandBodySchema,
	saleReportBodySchema,
	unlockBodySchema,
	weightCurveBodySchema,
} from "./messages.ts";

/** What the device receives, sends or is configured with, and the schema of each. */
export const deviceSchemas = {
	HelloRequestBody: helloRequestBodySchema,
	UnlockBody: unlockBodySchema,
	DispenseBody: dispenseBodySchema,
	AcknowledgementBody: acknowledgementBodySchema,
	RemoteCommandBody: remoteCommandBodySchema,
	CommandStatusBody: commandStatusBodySchema,
	ConfigurationUpdateBody: configurationUpdateBodySchema,
	FirmwareManifestBody: firmwareManifestBodySchema,
	FirmwareRequestBody: firmwareRequestBodySchema,
	FirmwareChunkBody: firmwareChunkBodySchema,
	ReceiptBody: receiptBodySchema,
	HelloBody: helloBodySchema,
	DoorBody: doorBodySchema,
	CommandBody: commandBodySchema,
	SaleReportBody: saleReportBodySchema,
	WeightCurveBody: weightCurveBodySchema,
	HealthBody: healthBodySchema,
	ControllerConfiguration: controllerConfigurationSchema,
} as const;

// The part of JSON Schema that messages may use. Whatever else a schema says is refused, so nothing is lost unseen.
const node = z.discriminatedUnion("type", [
	z.strictObject({
		type: z.literal("object"),
		properties: z.record(z.string(), z.unknown()),
		required: z.array(z.string()).default([]),
	}),
	z.strictObject({
		type: z.literal("array"),
		items: z.unknown(),
		minItems: z.int().default(0),
		maxItems: z.int(),
	}),
	z.strictObject({
		type: z.literal("string"),
		enum: z.array(z.string()).optional(),
		pattern: z.string().optional(),
		minLength: z.int().optional(),
		maxLength: z.int().optional(),
	}),
	z.strictObject({ type: z.literal("integer"), minimum: z.int(), maximum: z.int() }),
	z.strictObject({ type: z.literal("boolean") }),
]);

const prelude = `
function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, minimum: number, maximum: number): boolean {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum;
}

function isText(value: unknown, minimum: number, maximum: number): boolean {
	return typeof value === "string" && value.length >= minimum && value.length <= maximum;
}

function isList(value: unknown, minimum: number, maximum: number, isMember: (member: unknown) => boolean): boolean {
	if (!Array.isArray(value) || value.length < minimum || value.length > maximum) return false;
	for (let index = 0; index < value.length; index += 1) {
		if (!isMember(value[index])) return false;
	}
	return true;
}
`;

/**
 * The text of `device/validators.generated.ts`: one function a type that says whether a value is one, exactly as the
 * zod schema does, in the language that runs on the device. Even zod/mini needs 109 KB where the device has 77.
 * Throws when a schema uses something that has no counterpart here.
 */
export function validatorSource(): string {
	const functions = Object.entries(deviceSchemas).map(([name, schema]) => functionsOf(name, schema));
	const names = Object.keys(deviceSchemas).sort();
	return [
		"// Generated from the zod schemas. Do not edit: change protocol/messages.ts, build, then run\n// `node sdk/dist/protocol/generate-validators.js`.",
		`import type {\n${names.map((name) => `\t${name},\n`).join("")}} from "./messages.ts";`,
		prelude.trim(),
		...functions,
		"",
	]
		.join("\n\n")
		.replace(/\n+$/, "\n");
}

function functionsOf(name: string, schema: z.ZodType): string {
	const helpers: string[] = [];
	const body = objectBody(name, z.toJSONSchema(schema, { io: "input" }), helpers);
	return [
		...helpers,
		`/** Is it a {@link ${name}}, every member in its range? Unknown members do not matter. */\nexport function is${name}(value: unknown): value is ${name} {\n${body}}`,
	].join("\n\n");
}

/** Statements that check `value` against an object schema. Objects inside become functions of their own in `helpers`. */
function objectBody(name: string, described: unknown, helpers: string[]): string {
	const { $schema: _, ...rest } = z.looseObject({}).parse(described);
	const schema = parse(name, rest);
	if (schema.type !== "object") {
		throw new Error(`${name}: an object is needed, not ${schema.type}`);
	}
	const checks = Object.entries(schema.properties).map(([property, member]) => {
		const sound = check(`${name}${capitalised(property)}`, `value.${property}`, member, helpers);
		return schema.required.includes(property) ? sound : `(value.${property} === undefined || ${sound})`;
	});
	return `\tif (!isRecord(value)) return false;\n\treturn (\n\t\t${checks.join(" &&\n\t\t")}\n\t);\n`;
}

/** An expression that checks `value` against `described`. */
function check(name: string, value: string, described: unknown, helpers: string[]): string {
	const schema = parse(name, described);
	switch (schema.type) {
		case "boolean":
			return `typeof ${value} === "boolean"`;
		case "integer":
			return `isInteger(${value}, ${schema.minimum}, ${schema.maximum})`;
		case "string":
			return checkText(name, value, schema);
		case "array": {
			const member = check(`${name}Member`, "member", schema.items, helpers);
			const isMember = member === `is${name}Member(member)` ? `is${name}Member` : `(member) => ${member}`;
			return `isList(${value}, ${schema.minItems}, ${schema.maxItems}, ${isMember})`;
		}
		case "object":
			helpers.push(`function is${name}(value: unknown): boolean {\n${objectBody(name, described, helpers)}}`);
			return `is${name}(${value})`;
	}
}

function checkText(name: string, value: string, schema: z.infer<typeof node> & { type: "string" }): string {
	if (schema.enum !== undefined) {
		return `(${schema.enum.map((word) => `${value} === ${JSON.stringify(word)}`).join(" || ")})`;
	}
	if (schema.pattern !== undefined) {
		if (schema.minLength !== undefined || schema.maxLength !== undefined) {
			throw new Error(`${name}: say the length inside the pattern`);
		}
		return `typeof ${value} === "string" && /${schema.pattern}/.test(${value})`;
	}
	if (schema.maxLength === undefined) {
		throw new Error(`${name}: a text needs a greatest length`);
	}
	return `isText(${value}, ${schema.minLength ?? 0}, ${schema.maxLength})`;
}

function parse(name: string, described: unknown): z.infer<typeof node> {
	const parsed = node.safeParse(described);
	if (!parsed.success) {
		throw new Error(`${name} has no counterpart on the device. ${z.prettifyError(parsed.error)}`);
	}
	return parsed.data;
}

function capitalised(text: string): string {
	return text.slice(0, 1).toUpperCase() + text.slice(1);
}
