import { z } from "zod";

/** Bytes as hexadecimal, two digits a byte. */
const bytesSchema = z.string().regex(/^([0-9a-f]{2})*$/);
const errorSchema = z.strictObject({
	/** Of a `HardwareError`, as `no-acknowledge`; else the error's name. */
	kind: z.string(),
	message: z.string(),
});

export const ioClasses = ["Analog", "Digital", "I2C", "PWM", "SPI", "Serial"] as const;
export type IOClass = (typeof ioClasses)[number];

const common = {
	/** Nanoseconds since the recording began. */
	at: z.int().min(0),
	/** The instance; numbers count from 1 in the order in which instances were opened. */
	id: z.int().min(1),
	/** What it threw instead of an answer. */
	error: errorSchema.optional(),
};

/**
 * One line of a log: something that a program did to an IO instance, with what came of it, or something that the
 * instance told the program (`readable`, `writable`).
 */
export const transactionSchema = z.discriminatedUnion("do", [
	z.strictObject({
		...common,
		do: z.literal("open"),
		io: z.enum(ioClasses),
		options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
	}),
	z.strictObject({ ...common, do: z.literal("close") }),
	/** `value`: a level, a duty, a conversion. `bytes`: what came, or nothing where nothing waited. */
	z.strictObject({
		...common,
		do: z.literal("read"),
		value: z.number().optional(),
		bytes: bytesSchema.optional(),
		stop: z.boolean().optional(),
	}),
	z.strictObject({
		...common,
		do: z.literal("write"),
		value: z.number().optional(),
		bytes: bytesSchema.optional(),
		stop: z.boolean().optional(),
	}),
	z.strictObject({ ...common, do: z.literal("transfer"), out: bytesSchema, in: bytesSchema.optional() }),
	z.strictObject({ ...common, do: z.literal("readable"), count: z.int().optional() }),
	z.strictObject({ ...common, do: z.literal("writable"), count: z.int().optional() }),
]);
export type Transaction = z.infer<typeof transactionSchema>;

export function toHex(bytes: ArrayBuffer | Uint8Array): string {
	const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
	return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");
}

export function fromHex(text: string): Uint8Array {
	return Uint8Array.from(Buffer.from(text, "hex"));
}

/** Options without which nobody knows where an instance of a class was. PWM and SPI may lack them. */
const pinsOf: Readonly<Record<IOClass, readonly string[]>> = Object.freeze({
	Analog: ["pin"],
	Digital: ["pin"],
	I2C: ["data", "clock", "address"],
	PWM: [],
	SPI: [],
	Serial: ["receive", "transmit", "baud"],
});

/**
 * Reads a log. Throws a `RangeError` that names the line which is none, or which speaks of an instance that no line
 * before it has opened: then the log's beginning is missing.
 */
export function parseLog(text: string): Transaction[] {
	const opened = new Set<number>();
	return text
		.split("\n")
		.map((line, index) => ({ line: line.trim(), number: index + 1 }))
		.filter(({ line }) => line !== "")
		.map(({ line, number }) => {
			let value: unknown;
			try {
				value = JSON.parse(line);
			} catch (error) {
				throw new RangeError(`Line ${number} of the log is no JSON.`, { cause: error });
			}
			const parsed = transactionSchema.safeParse(value);
			if (parsed.success) {
				complainOf(parsed.data, opened, number);
				return parsed.data;
			}
			throw new RangeError(`Line ${number} of the log is no transaction: ${z.prettifyError(parsed.error)}`);
		});
}

function complainOf(transaction: Transaction, opened: Set<number>, number: number): void {
	if (transaction.do !== "open") {
		if (!opened.has(transaction.id))
			throw new RangeError(`Line ${number} of the log is about instance ${transaction.id}, which no line opens.`);
		return;
	}
	opened.add(transaction.id);
	const missing = pinsOf[transaction.io].find(
		(name) => typeof transaction.options[name] === "boolean" || transaction.options[name] === undefined,
	);
	// An instance that was refused may have been refused for that.
	if (missing !== undefined && transaction.error === undefined)
		throw new RangeError(`Line ${number} of the log opens ${transaction.io} without "${missing}".`);
}
