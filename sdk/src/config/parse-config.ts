import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { fractionDigits, parseCents } from "../catalog/money.ts";
import { parseDecimal } from "../catalog/parse-decimal.ts";
import { type Product, productSchema } from "../catalog/product.ts";
import { configFileSchema, configHints } from "./config-schema.ts";
import { checkPins, type PinUse } from "./esp32s3-pins.ts";

/** The pins of a machine. Lists have one member for each shelf, the topmost first. */
export interface ConfiguredPins {
	readonly mosfet: number;
	readonly hallSensor: number;
	readonly hx711Clock: readonly number[];
	readonly hx711Data: readonly number[];
	readonly oledData: number;
	readonly oledClock: number;
	readonly neopixel: number;
	readonly buzzer: number;
	readonly tofData: number | undefined;
	readonly tofClock: number | undefined;
	readonly piSignal: number;
	readonly batteryAdc: number | undefined;
	readonly linkTransmit: number;
	readonly linkReceive: number;
}

/** `config.yaml`, checked and in the units that the rooms use. */
export interface Config {
	readonly machine: { readonly id: string; readonly currency: string; readonly holdCents: number };
	readonly wifi: { readonly ssid: string; readonly password: string } | undefined;
	readonly mqtt: {
		readonly broker: string;
		readonly port: number;
		readonly tls: boolean;
		readonly caFile: string | undefined;
		readonly clientId: string;
		/** Topics and secret of the older text protocol; only the compatibility codec uses them. */
		readonly unlockTopic: string | undefined;
		readonly statusTopic: string | undefined;
		readonly doorTopic: string | undefined;
		readonly hmacSecret: string | undefined;
	};
	readonly lte: { readonly apn: string } | undefined;
	readonly stripe: { readonly apiKey: string | undefined };
	readonly server: { readonly host: string; readonly port: number; readonly url: string };
	readonly camera: {
		readonly widthPixels: number;
		readonly heightPixels: number;
		readonly framesPerSecond: number;
		readonly storagePath: string;
	};
	readonly pins: ConfiguredPins;
	readonly products: readonly Product[];
	readonly lock: { readonly windowMs: number; readonly pulseMs: number; readonly ajarMs: number };
	readonly languages: readonly string[];
}

/** One thing that is wrong with the file, for people. */
export interface ConfigError {
	/** Where: `pins.hall_sensor`, `inventory.cola.price`. Empty when the file as a whole is meant. */
	readonly key: string;
	/** Line in the file, from 1; `undefined` when the key is not in it. */
	readonly line: number | undefined;
	/** What stands there, as text; a secret is not repeated. */
	readonly value: string;
	readonly reason: string;
	/** What to do. */
	readonly remedy: string;
	/** All of it in one line. */
	readonly message: string;
}

export type ConfigResult =
	| { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
	| { readonly ok: false; readonly errors: readonly ConfigError[] };

export interface ConfigOptions {
	/** In production a file that carries secrets is refused. */
	readonly production?: boolean;
	/** Where `STRIPE_API_KEY` and `MQTT_HMAC_SECRET` are taken from. They win over the file. */
	readonly environment?: { readonly [name: string]: string | undefined };
}

type Path = readonly (string | number)[];

/** Keys whose values are not repeated, misspelt ones included, and the sections that such values stand in. */
const secretKeys = /secret|password|key|token|^(wifi|mqtt|stripe)?$/i;
const secretsFromEnvironment = [
	{ path: ["mqtt", "hmac_secret"], variable: "MQTT_HMAC_SECRET" },
	{ path: ["stripe", "api_key"], variable: "STRIPE_API_KEY" },
] as const;
const decimalKeys: readonly string[] = ["weight", "tolerance", "price"];

/** Reads `config.yaml`. Collects every error there is, so that one look at them mends the file. */
export function parseConfig(text: string, options: ConfigOptions = {}): ConfigResult {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
	const notYaml = (line: number | undefined, reason: string): ConfigResult => {
		const remedy = "Indent with spaces, and put a space after each colon.";
		return refuse([describe([], line, undefined, `is not YAML: ${reason}`, remedy)]);
	};
	const [broken] = document.errors;
	if (broken !== undefined) {
		return notYaml(lines.linePos(broken.pos[0]).line, broken.message);
	}
	keepDigits(document);
	let raw: unknown;
	try {
		raw = document.toJS();
	} catch (error) {
		// An alias without its anchor, or aliases that would unfold without end.
		return notYaml(undefined, error instanceof Error ? error.message : String(error));
	}
	const lineOf = (path: Path): number | undefined => {
		const node = document.getIn(path, true);
		const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
		return Array.isArray(range) && typeof range[0] === "number" ? lines.linePos(range[0]).line : undefined;
	};
	const errors: ConfigError[] = [];
	const report = (path: Path, value: unknown, reason: string, remedy: string): void => {
		errors.push(describe(path, lineOf(path), value, reason, remedy));
	};
	if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
		report([], raw, "is no list of sections", "Start from docs/examples/config.yaml.");
		return refuse(errors);
	}
	const parsed = configFileSchema.safeParse(raw);
	if (!parsed.success) {
		for (const issue of parsed.error.issues) {
			reportIssue(issue, raw, report);
		}
		return refuse(errors);
	}
	const file = parsed.data;

	const { currency } = file.machine;
	const products: Product[] = [];
	const data = list(file.pins.hx711_dt);
	const clock = list(file.pins.hx711_sck);
	if (data.length !== clock.length) {
		report(
			["pins", "hx711_dt"],
			file.pins.hx711_dt,
			`has ${data.length} pins, hx711_sck has ${clock.length}`,
			"Give each HX711 a clock and a data pin.",
		);
	}
	for (const [name, item] of Object.entries(file.inventory)) {
		const path = ["inventory", name];
		const sku = item.sku ?? name;
		const massMilligrams = parseDecimal(item.weight, 3);
		const toleranceMilligrams = parseDecimal(item.tolerance, 3);
		const priceCents = parseCents(item.price, currency);
		if (massMilligrams === undefined || toleranceMilligrams === undefined) {
			const key = massMilligrams === undefined ? "weight" : "tolerance";
			report([...path, key], item[key], "has more than three decimals", `Write ${configHints[`inventory.*.${key}`]}.`);
			continue;
		}
		if (priceCents === undefined) {
			const digits = fractionDigits(currency);
			report(
				[...path, "price"],
				item.price,
				`has more decimals than ${currency} has`,
				`Write it with at most ${digits} decimals.`,
			);
			continue;
		}
		const product = productSchema.safeParse({
			sku,
			name: item.name ?? sku.slice(0, 1).toUpperCase() + sku.slice(1),
			massMilligrams,
			toleranceMilligrams,
			priceCents,
			shelf: item.shelf,
		});
		if (!product.success) {
			const field = String(product.error.issues[0]?.path[0]);
			const wrong =
				field === "massMilligrams"
					? "weight"
					: field === "toleranceMilligrams"
						? "tolerance"
						: field === "priceCents"
							? "price"
							: "sku";
			report([...path, wrong], item[wrong] ?? sku, "is out of range", `Write ${configHints[`inventory.*.${wrong}`]}.`);
			continue;
		}
		if (toleranceMilligrams * 2 >= massMilligrams) {
			report(
				[...path, "tolerance"],
				item.tolerance,
				`is half of the weight ${item.weight} or more`,
				"Weigh some units: the tolerance covers 997 of 1000 of them.",
			);
		}
		if (item.shelf >= data.length) {
			report(
				[...path, "shelf"],
				item.shelf,
				`names a shelf without a scale; there ${data.length === 1 ? "is 1" : `are ${data.length}`}`,
				`Write a number from 0 to ${data.length - 1}, or add its HX711 to pins.hx711_sck and pins.hx711_dt.`,
			);
		}
		if (products.some((other) => other.sku === sku)) {
			report([...path, "sku"], sku, "belongs to another product already", "Give each product a sku of its own.");
		}
		products.push(product.data);
	}

	if ((file.pins.tof_sda === undefined) !== (file.pins.tof_scl === undefined)) {
		const [missing, present] = file.pins.tof_sda === undefined ? ["tof_sda", "tof_scl"] : ["tof_scl", "tof_sda"];
		report(
			["pins", missing],
			undefined,
			`is missing beside ${present}`,
			"Give the ToF sensor both wires, for example those of the OLED, or neither.",
		);
	}
	for (const problem of checkPins(pinUses(file.pins, clock, data))) {
		const path = problem.key
			.split(/[.[\]]+/)
			.filter((part) => part !== "")
			.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
		report(
			path,
			problem.pin,
			problem.reason,
			problem.free.length === 0 ? "No pin is free." : `Free pins: ${problem.free.join(", ")}.`,
		);
	}

	const warnings: string[] = [];
	const environment = options.environment ?? {};
	for (const { path, variable } of secretsFromEnvironment) {
		const key = path.join(".");
		const inFile = path[0] === "mqtt" ? file.mqtt.hmac_secret : file.stripe.api_key;
		if (inFile === undefined) {
			continue;
		}
		const remedy = `Remove it from the file and set the environment variable ${variable}.`;
		if (options.production === true) {
			report(path, inFile, "is a secret, and files get copied", remedy);
		} else {
			warnings.push(`${key} is a secret, and files get copied. ${remedy}`);
		}
	}
	if (!file.mqtt.tls && options.production === true) {
		warnings.push(
			"mqtt.tls is false: messages are sealed, but anyone on the way can read them. Set it to true, and port to 8883.",
		);
	}
	if (errors.length > 0) {
		return refuse(errors);
	}
	return {
		ok: true,
		warnings,
		config: {
			machine: { id: file.machine.id, currency, holdCents: file.machine.hold_cents },
			wifi: file.wifi,
			mqtt: {
				broker: file.mqtt.broker,
				port: file.mqtt.port,
				tls: file.mqtt.tls,
				caFile: file.mqtt.ca_file,
				clientId: file.mqtt.client_id,
				unlockTopic: file.mqtt.unlock_topic,
				statusTopic: file.mqtt.status_topic,
				doorTopic: file.mqtt.door_topic,
				hmacSecret: environment.MQTT_HMAC_SECRET ?? file.mqtt.hmac_secret,
			},
			lte: file.lte,
			stripe: { apiKey: environment.STRIPE_API_KEY ?? file.stripe.api_key },
			server: {
				host: file.server.host,
				port: file.server.port,
				url: file.server.url ?? `http://localhost:${file.server.port}`,
			},
			camera: {
				widthPixels: file.camera.resolution[0],
				heightPixels: file.camera.resolution[1],
				framesPerSecond: file.camera.framerate,
				storagePath: file.camera.storage_path,
			},
			pins: {
				mosfet: file.pins.mosfet,
				hallSensor: file.pins.hall_sensor,
				hx711Clock: clock,
				hx711Data: data,
				oledData: file.pins.oled_sda,
				oledClock: file.pins.oled_scl,
				neopixel: file.pins.neopixel,
				buzzer: file.pins.buzzer,
				tofData: file.pins.tof_sda,
				tofClock: file.pins.tof_scl,
				piSignal: file.pins.pi_signal,
				batteryAdc: file.pins.battery_adc,
				linkTransmit: file.pins.link_tx,
				linkReceive: file.pins.link_rx,
			},
			products,
			lock: {
				windowMs: file.lock.timeout * 1000,
				pulseMs: file.lock.pulse_ms,
				ajarMs: file.lock.ajar_after * 1000,
			},
			languages: file.feedback.languages,
		},
	};
}

function refuse(errors: readonly ConfigError[]): ConfigResult {
	return { ok: false, errors };
}

/** Prices and weights keep the digits of the file: as numbers they would pass through binary fractions. */
function keepDigits(document: ReturnType<typeof parseDocument>): void {
	visit(document, {
		Pair(_, { key, value }) {
			const isDecimal = isScalar(key) && typeof key.value === "string" && decimalKeys.includes(key.value);
			if (isDecimal && isScalar(value) && typeof value.value === "number" && value.source !== undefined) {
				value.value = value.source;
			}
		},
	});
}

function list(pins: number | readonly number[]): readonly number[] {
	return typeof pins === "number" ? [pins] : pins;
}

function pinUses(
	pins: z.infer<typeof configFileSchema>["pins"],
	clock: readonly number[],
	data: readonly number[],
): PinUse[] {
	const uses: PinUse[] = [];
	const each = (key: string, numbers: readonly number[]): void => {
		for (const [index, pin] of numbers.entries()) {
			uses.push({ key: numbers.length === 1 ? `pins.${key}` : `pins.${key}[${index}]`, pin });
		}
	};
	uses.push({ key: "pins.mosfet", pin: pins.mosfet }, { key: "pins.hall_sensor", pin: pins.hall_sensor });
	each("hx711_sck", clock);
	each("hx711_dt", data);
	uses.push(
		{ key: "pins.oled_sda", pin: pins.oled_sda, bus: { wire: "data", part: "oled" } },
		{ key: "pins.oled_scl", pin: pins.oled_scl, bus: { wire: "clock", part: "oled" } },
		{ key: "pins.neopixel", pin: pins.neopixel },
		{ key: "pins.buzzer", pin: pins.buzzer },
	);
	if (pins.tof_sda !== undefined && pins.tof_scl !== undefined) {
		uses.push(
			{ key: "pins.tof_sda", pin: pins.tof_sda, bus: { wire: "data", part: "tof" } },
			{ key: "pins.tof_scl", pin: pins.tof_scl, bus: { wire: "clock", part: "tof" } },
		);
	}
	uses.push({ key: "pins.pi_signal", pin: pins.pi_signal });
	if (pins.battery_adc !== undefined) {
		uses.push({ key: "pins.battery_adc", pin: pins.battery_adc, analog: true });
	}
	uses.push({ key: "pins.link_tx", pin: pins.link_tx }, { key: "pins.link_rx", pin: pins.link_rx });
	return uses;
}

function reportIssue(
	issue: z.core.$ZodIssue,
	raw: unknown,
	report: (path: Path, value: unknown, reason: string, remedy: string) => void,
): void {
	const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
	if (issue.code === "unrecognized_keys") {
		for (const key of issue.keys) {
			const known = knownKeys(path);
			const near = nearest(key, known);
			report(
				[...path, key],
				valueAt(raw, [...path, key]),
				"is no key of the configuration",
				near === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean ${near}?`,
			);
		}
		return;
	}
	const value = valueAt(raw, path);
	const hint = hintFor(path);
	if (value === undefined) {
		report(path, value, "is missing", `Add ${hint}.`);
		return;
	}
	report(path, value, reasonOf(issue, value), `Write ${hint}.`);
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
	switch (issue.code) {
		case "too_small":
			return typeof value === "number" ? `is less than ${issue.minimum}` : "is too short";
		case "too_big":
			return typeof value === "number" ? `is more than ${issue.maximum}` : "is too long";
		case "invalid_type":
		case "invalid_union":
			return `is ${kindOf(value)}, which does not go here`;
		case "invalid_value":
			return `is none of ${issue.values.join(", ")}`;
		default:
			return `is not ${issue.message}`;
	}
}

function kindOf(value: unknown): string {
	if (value === null) {
		return "empty";
	}
	if (Array.isArray(value)) {
		return "a list";
	}
	switch (typeof value) {
		case "number":
			return Number.isInteger(value) ? "a number" : "a number with decimals";
		case "string":
			return "text";
		case "boolean":
			return "true or false";
		default:
			return "a section";
	}
}

function describe(path: Path, line: number | undefined, value: unknown, reason: string, remedy: string): ConfigError {
	const key = path.reduce<string>(
		(text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
		"",
	);
	const shown = secretKeys.test(key) ? "(secret)" : JSON.stringify(value);
	const clipped = value === undefined || key === "" ? "" : shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
	const where = key === "" ? "config" : key;
	const at = line === undefined ? "" : ` (line ${line})`;
	return {
		key,
		line,
		value: clipped,
		reason,
		remedy,
		message: `${where}: ${clipped === "" ? "" : `${clipped} `}${reason}${at}. ${remedy}`,
	};
}

/** `inventory.cola.price` → the hint for `inventory.*.price`. */
function hintFor(path: Path): string {
	const exact = path.join(".");
	const anyProduct = path.map((part, index) => (index === 1 && path[0] === "inventory" ? "*" : String(part))).join(".");
	const anyLast = [...path.slice(0, -1), "*"].join(".");
	return configHints[exact] ?? configHints[anyProduct] ?? configHints[anyLast] ?? "something else";
}

/** The names that may stand inside `path`. */
function knownKeys(path: Path): string[] {
	const [section, product] = path;
	if (section === undefined) {
		return Object.keys(configFileSchema.shape);
	}
	if (section === "pins") {
		return Object.keys(configFileSchema.shape.pins.def.innerType.shape);
	}
	const prefix = product === undefined ? `${section}.` : "inventory.*.";
	return Object.keys(configHints)
		.filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes("."))
		.map((key) => key.slice(prefix.length));
}

function valueAt(value: unknown, path: Path): unknown {
	return path.reduce<unknown>(
		(inner, part) =>
			typeof inner === "object" && inner !== null
				? Object.entries(inner).find(([name]) => name === String(part))?.[1]
				: undefined,
		value,
	);
}

/** The known name that a typing error may have come from: at most two letters off. */
function nearest(name: string, known: readonly string[]): string | undefined {
	const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
	ranked.sort((one, other) => one.distance - other.distance);
	return ranked[0] !== undefined && ranked[0].distance <= 2 ? ranked[0].candidate : undefined;
}

/** Levenshtein distance: insertions, deletions and replacements that turn one word into the other. */
function editDistance(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, index) => index);
	for (const [index, letter] of [...one].entries()) {
		const next = [index + 1];
		for (const [column, otherLetter] of [...other].entries()) {
			next.push(Math.min(next[column]! + 1, row[column + 1]! + 1, row[column]! + (letter === otherLetter ? 0 : 1)));
		}
		row = next;
	}
	return row[other.length]!;
}
