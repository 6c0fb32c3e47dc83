import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { PaymentIntentRecord } from "../stripe/stripe-simulator.ts";
import { decodeOled, encodeOled } from "../trace/oled-picture.ts";
import { readOled } from "../trace/oled-text.ts";
import { didYouMean } from "./did-you-mean.ts";
import { inMemory } from "./in-memory.ts";
import type { Play } from "./play.ts";
import { durationSchema, millisecondsOf } from "./units.ts";

/** What an expectation found. */
export interface Finding {
	readonly holds: boolean;
	/** What was seen, in words or as JSON. */
	readonly seen: string;
}

interface ExpectationKind<Schema extends z.ZodType = z.ZodType> {
	readonly schema: Schema;
	look(play: Play, wanted: unknown): Promise<Finding>;
}

function kind<Schema extends z.ZodType>(
	summary: string,
	schema: Schema,
	look: (play: Play, wanted: z.infer<Schema>) => Finding | Promise<Finding>,
): ExpectationKind<Schema> {
	return {
		schema: schema.meta({ description: summary }),
		look: async (play, wanted) => look(play, schema.parse(wanted)),
	};
}

const text = (value: unknown): string => JSON.stringify(value) ?? "nothing";
const equals = (seen: unknown, wanted: unknown): Finding => ({ holds: text(seen) === text(wanted), seen: text(seen) });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const itemsSchema = z.array(z.strictObject({ sku: z.string().min(1), quantity: z.int().min(1) }));

/** `2 cola, 1 chips`, in the order of the alphabet, so that two lists of the same things are equal. */
function listOf(items: readonly { readonly sku: string; readonly quantity: number }[]): string {
	const lines = items.map(({ sku, quantity }) => `${quantity} ${sku}`).sort();
	return lines.length === 0 ? "nothing" : lines.join(", ");
}

async function saleOf(play: Play) {
	const { saleId } = play;
	if (saleId === undefined) return undefined;
	const phone = await play.phone();
	return phone.sale(saleId).catch((error: unknown) => {
		// A phone without its cloud knows nothing, and asks again.
		if (error instanceof Error && /connection/i.test(error.message)) return undefined;
		throw error;
	});
}

/** A cancelled hold was a hold once, unless the bank had declined it. */
function wasAuthorized({ status, last_payment_error }: PaymentIntentRecord): boolean {
	return (
		status === "requires_capture" || status === "succeeded" || (status === "canceled" && last_payment_error === null)
	);
}

/** Whether `seen` has everything that `wanted` has. Lists must be equal in length. */
function covers(seen: unknown, wanted: unknown): boolean {
	if (Array.isArray(wanted))
		return Array.isArray(seen) && seen.length === wanted.length && wanted.every((item, i) => covers(seen[i], item));
	if (typeof wanted === "object" && wanted !== null) {
		if (typeof seen !== "object" || seen === null) return false;
		const fields = new Map<string, unknown>(Object.entries(seen));
		return Object.entries(wanted).every(([name, value]) => covers(fields.get(name), value));
	}
	return seen === wanted;
}

const commandStates = ["requested", "sent", "received", "running", "done", "failed", "expired"] as const;
type CommandState = (typeof commandStates)[number];
const fieldsSchema = z.record(z.string(), z.json());
const roomSchema = z.enum(["world", "phone", "cloud", "payments", "broker", "pi", "controller", "attacker"]);

/** Log events of the controller that say that something is wrong with it. */
const faultEvents: ReadonlySet<string> = new Set([
	"fault",
	"reset",
	"display.failed",
	"storage.failed",
	"configuration.rejected",
	"message.rejected",
]);

/** The last `limit` distinct things, for a person who wonders what was there instead. */
function lastOf(lines: readonly string[], limit = 6): string {
	return lines.length === 0 ? "none" : lines.slice(-limit).join("; ");
}

/** The body of a sealed message, as anybody on the broker can read it; the payload itself where it is not sealed. */
function bodyOf(payload: string): unknown {
	const [, claims] = payload.split(".");
	const parsed = parse(claims === undefined ? payload : Buffer.from(claims, "base64url").toString("utf8"));
	return typeof parsed === "object" && parsed !== null && "body" in parsed ? parsed.body : parsed;
}

function parse(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch (error) {
		if (error instanceof SyntaxError) return json;
		throw error;
	}
}

/** The faults that the machine shows by itself, by the name of the part. */
function faultsOf({ stage }: Play): { readonly part: string; readonly what: string }[] {
	const { board, display, resets } = stage.machine;
	return [
		...resets.map((reason) => ({ part: "controller", what: `reset: ${reason}` })),
		...display.unknownCommands.map((command) => ({ part: "oled", what: `unknown command 0x${command.toString(16)}` })),
		...[...board.nets.values()]
			.filter(({ contentions }) => contentions.length > 0)
			.map(({ name, contentions }) => ({ part: name, what: `two drivers fight, first at ${contentions[0]} ns` })),
		...stage.events
			.filter(({ room, event }) => room === "controller" && faultEvents.has(event))
			.map(({ event, atMs, room: _room, ...fields }) => ({
				part: event === "display.failed" ? "oled" : "controller",
				what: `${event} at ${atMs} ms ${text(fields)}`,
			})),
	];
}

/** Everything that can be expected, by its name in a step `{ "expect": { … } }`. */
export const expectations = {
	receipt: kind(
		"What the shopper is charged for. An empty list: nothing. The sale has ended.",
		itemsSchema,
		async (play, wanted) => {
			const sale = await saleOf(play);
			const ended = sale !== undefined && (sale.state === "captured" || sale.state === "cancelled");
			return {
				holds: ended && listOf(sale.items) === listOf(wanted),
				seen: sale === undefined ? "no sale" : `${listOf(sale.items)} (the sale is ${sale.state})`,
			};
		},
	),
	sale: kind(
		"The state of the sale: requested, authorised, unlocked, open, closed, captured, cancelled, review.",
		z.string().min(1),
		async (play, wanted) => {
			const state = (await saleOf(play))?.state ?? "no sale";
			return { holds: state === wanted, seen: state };
		},
	),
	cause: kind("Why the sale is not simply captured.", z.string(), async (play, wanted) =>
		equals((await saleOf(play))?.cause ?? "", wanted),
	),
	capturedCents: kind("What the payment network captured in all.", z.int().min(0), ({ stage }, wanted) =>
		equals(sum(stage.payments.paymentIntents().map((intent) => intent.amount_received)), wanted),
	),
	heldCents: kind("What the payment network held at some time, in all.", z.int().min(0), ({ stage }, wanted) =>
		equals(
			sum(
				stage.payments
					.paymentIntents()
					.filter(wasAuthorized)
					.map((intent) => intent.amount),
			),
			wanted,
		),
	),
	gone: kind("What was taken out of the machine, or fell out of it, in truth.", itemsSchema, ({ stage }, wanted) => {
		const counts = new Map<string, number>();
		const { fridge, rack } = stage.machine;
		for (const { sku } of [...fridge.taken(), ...(rack?.dropped ?? [])]) counts.set(sku, (counts.get(sku) ?? 0) + 1);
		const seen = listOf([...counts].map(([sku, quantity]) => ({ sku, quantity })));
		return { holds: seen === listOf(wanted), seen };
	}),
	cup: kind(
		"What has run into the cup of a coffee machine since the last dispense: the product, or none.",
		z.string().min(1),
		({ stage, options, pouredMillilitres }, wanted) => {
			const { coffee } = stage.machine;
			if (coffee === undefined) return { holds: false, seen: "no coffee machine" };
			const millilitres = coffee.group.pumpedMillilitres - pouredMillilitres;
			const recipe = coffee.recognise(millilitres)?.recipe;
			const sku = options.products.find(({ shelf }) => shelf === recipe)?.sku;
			const seen = millilitres === 0 ? "none" : (sku ?? "none of the menu");
			return { holds: seen === wanted, seen: `${seen} (${millilitres.toFixed(1)} ml)` };
		},
	),
	celsius: kind(
		"The temperature among the goods of an equipped fridge is between these, °C.",
		z.strictObject({ from: z.number(), to: z.number() }),
		({ stage }, { from, to }) => {
			const celsius = stage.machine.climate?.celsius;
			if (celsius === undefined) return { holds: false, seen: "no climate: the machine is not equipped" };
			return { holds: celsius >= from && celsius <= to, seen: `${celsius.toFixed(2)} °C` };
		},
	),
	lock: kind("The bolt.", z.enum(["open", "shut"]), ({ stage }, wanted) =>
		equals(stage.machine.lock.released ? "open" : "shut", wanted),
	),
	door: kind("The door, as the magnet sees it.", z.enum(["open", "shut"]), ({ stage }, wanted) =>
		equals(stage.machine.fridge.door.open ? "open" : "shut", wanted),
	),
	openings: kind("How often the lock has opened, as a bystander counts.", z.int().min(0), ({ stage }, wanted) =>
		equals(stage.machine.lockOpenings, wanted),
	),
	coilAtMost: kind("No pulse of the lock's coil was longer than this.", durationSchema, ({ stage }, wanted) => {
		const longest = stage.machine.lock.longestOnMs;
		return { holds: longest <= millisecondsOf(wanted), seen: `${longest}ms` };
	}),
	net: kind(
		"A wire had these levels one after the other, since the beginning; others may lie between them.",
		z.strictObject({ wire: z.string().min(1), levels: z.array(z.literal([0, 1])).min(1) }),
		lookAtWire,
	),
	oled: kind(
		"The display: texts that can be read on it, or a picture that it shows.",
		z.union([
			z.strictObject({ shows: z.array(z.string().min(1)).min(1) }),
			z.strictObject({ matches: z.string().min(1).meta({ description: "A PNG file, from the scenario's folder." }) }),
		]),
		(play, wanted) => ("shows" in wanted ? lookForText(play, wanted.shows) : lookAtPicture(play, wanted.matches)),
	),
	message: kind(
		"A message crossed the broker: its topic ends like this, and its body has at least these members.",
		z.strictObject({ topic: z.string().min(1), body: fieldsSchema.optional() }),
		({ stage }, { topic, body = {} }) => {
			const seen = stage.attacker.seen.filter(
				(message) => message.topic === topic || message.topic.endsWith(`/${topic}`),
			);
			const bodies = seen.map(({ payload }) => bodyOf(payload));
			if (seen.length === 0) {
				const topics = new Set(stage.attacker.seen.map((message) => message.topic));
				return { holds: false, seen: `none on that topic; topics: ${[...topics].join(", ") || "none"}` };
			}
			return { holds: bodies.some((candidate) => covers(candidate, body)), seen: lastOf(bodies.map(text), 3) };
		},
	),
	event: kind(
		"A room told of this, with at least these members.",
		z.strictObject({ room: roomSchema, event: z.string().min(1), fields: fieldsSchema.optional() }),
		({ stage }, { room, event, fields = {} }) => {
			const ofRoom = stage.events.filter((entry) => entry.room === room);
			const same = ofRoom.filter((entry) => entry.event === event);
			return {
				holds: same.some((entry) => covers(entry, fields)),
				seen: same.length > 0 ? lastOf(same.map(text), 3) : lastOf(ofRoom.map((entry) => entry.event)),
			};
		},
	),
	ledger: kind(
		"Balances of the cloud's ledger, in cents, by account. All of it sums to zero.",
		z.record(z.string(), z.int()),
		async ({ stage }, wanted) => {
			const balances: Record<string, number> = {};
			for (const { account, amountCents } of await stage.ledger())
				balances[account] = (balances[account] ?? 0) + amountCents;
			const holds =
				sum(Object.values(balances)) === 0 &&
				Object.entries(wanted).every(([account, cents]) => (balances[account] ?? 0) === cents);
			return { holds, seen: text(balances) };
		},
	),
	command: kind(
		"The last thing that was asked of the machine through the cloud is in this state: requested, sent, received, running, done, failed, expired.",
		z.union([
			z.enum(commandStates),
			z.strictObject({
				state: z.enum(commandStates),
				of: z.string().min(1).optional().meta({ description: "The last one of this name: reboot, configure, update." }),
				reason: z.string().optional().meta({ description: "Why it failed or expired." }),
			}),
		]),
		lookAtCommand,
	),
	health: kind(
		"What the cloud knows of the machine's health has at least these members.",
		fieldsSchema,
		async ({ stage }, wanted) => {
			const { cloud, machineId } = inMemory(stage);
			const [row] = await cloud.database.read("SELECT health FROM machine WHERE id = ?", [machineId]);
			const { health } = z.object({ health: z.string().nullable() }).parse(row);
			const seen = health === null ? undefined : parse(health);
			return { holds: covers(seen, wanted), seen: text(seen) };
		},
	),
	faults: kind(
		"The machine shows no fault of its own: no reset, no failed display, no message thrown away, no drivers that fight.",
		z.union([
			z.literal("none"),
			z.strictObject({ except: z.array(z.string().min(1)).meta({ description: "Parts whose faults do not count." }) }),
		]),
		(play, wanted) => {
			const except = wanted === "none" ? [] : wanted.except;
			const faults = faultsOf(play).filter(({ part }) => !except.includes(part));
			return { holds: faults.length === 0, seen: lastOf(faults.map(({ part, what }) => `${part}: ${what}`)) };
		},
	),
} as const satisfies Readonly<Record<string, ExpectationKind>>;

export type ExpectationName = keyof typeof expectations;

/** Whether a wire went through the levels, in their order. */
export function lookAtWire(
	play: Play,
	{ wire, levels }: { readonly wire: string; readonly levels: readonly number[] },
): Finding {
	const history = play.levelsOf(wire);
	if (history === undefined) return { holds: false, seen: `no wire of that name${didYouMean(wire, play.wires)}` };
	let next = 0;
	for (const level of history) if (level === levels[next]) next++;
	return { holds: next >= levels.length, seen: `${history.length > 12 ? "… " : ""}${history.slice(-12).join(" ")}` };
}

async function lookAtCommand(
	{ stage, commands }: Play,
	wanted:
		| CommandState
		| { readonly state: CommandState; readonly of?: string | undefined; readonly reason?: string | undefined },
): Promise<Finding> {
	const { state, of, reason } =
		typeof wanted === "string" ? { state: wanted, of: undefined, reason: undefined } : wanted;
	const asked = commands.filter(({ name }) => of === undefined || name === of).at(-1);
	const found = asked && (await inMemory(stage).cloud.commands.find(asked.id));
	if (asked === undefined || found === undefined) return { holds: false, seen: "nothing was asked" };
	return {
		holds: found.state === state && (reason === undefined || found.reason === reason),
		seen: [asked.name, found.state, found.reason, found.detail].filter((part) => part !== "").join(", "),
	};
}

function lookForText({ stage }: Play, wanted: readonly string[]): Finding {
	const lines = readOled(stage.machine.display.pixels);
	// A phrase may be broken into lines, and its words be spread over a line.
	const flat = (value: string) => value.replaceAll(/\s+/g, " ").trim();
	const screen = flat(lines.join(" "));
	const isOn = stage.machine.display.on;
	return {
		holds: isOn && wanted.every((phrase) => screen.includes(flat(phrase))),
		seen: isOn ? text(lines) : "a dark display",
	};
}

async function lookAtPicture({ stage, folder, updatePictures }: Play, name: string): Promise<Finding> {
	const file = resolve(folder, name);
	const { pixels } = stage.machine.display;
	if (updatePictures) {
		await writeFile(file, encodeOled(pixels));
		return { holds: true, seen: `written to ${file}` };
	}
	const wanted = await readFile(file).catch((error: unknown) => {
		throw new Error(`The picture ${file} cannot be read. Run once with --update-pictures to make it.`, {
			cause: error,
		});
	});
	const decoded = decodedPicture(file, wanted);
	const different = decoded.reduce((count, pixel, index) => (pixel === pixels[index] ? count : count + 1), 0);
	return {
		holds: different === 0,
		seen: `${different} of ${pixels.length} pixels differ; it reads ${text(readOled(pixels))}`,
	};
}

function decodedPicture(file: string, png: Uint8Array): Uint8Array {
	try {
		return decodeOled(png);
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new Error(`The picture ${file} cannot be compared: ${why} Run with --update-pictures to make it anew.`, {
			cause: error,
		});
	}
}

/** Any number of expectations that hold at one moment, at least one. */
export const expectedSchema = z.strictObject(
	Object.fromEntries(Object.entries(expectations).map(([name, { schema }]) => [name, schema.optional()])),
);

/** The members of {@link expectedSchema}, as the language of types sees them. */
export type Expected = {
	readonly [Name in ExpectationName]?: z.input<(typeof expectations)[Name]["schema"]>;
};

/** Looks at everything that is expected, in its order. */
export async function look(
	play: Play,
	expected: Readonly<Record<string, unknown>>,
): Promise<{ readonly name: string; readonly wanted: unknown; readonly finding: Finding }[]> {
	const findings = [];
	for (const [name, { look: lookAt }] of Object.entries<ExpectationKind>(expectations)) {
		const wanted = expected[name];
		if (wanted !== undefined) findings.push({ name, wanted, finding: await lookAt(play, wanted) });
	}
	return findings;
}
