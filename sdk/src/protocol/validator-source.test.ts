import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type * as messages from "../device/messages.ts";
import {
	isAcknowledgementBody,
	isCommandBody,
	isCommandStatusBody,
	isConfigurationUpdateBody,
	isControllerConfiguration,
	isDispenseBody,
	isDoorBody,
	isFirmwareChunkBody,
	isFirmwareManifestBody,
	isFirmwareRequestBody,
	isHealthBody,
	isHelloBody,
	isHelloRequestBody,
	isReceiptBody,
	isRemoteCommandBody,
	isSaleReportBody,
	isUnlockBody,
	isWeightCurveBody,
} from "../device/validators.generated.ts";
import { deviceSchemas, validatorSource } from "./validator-source.ts";

test("the validators in the repository are the ones that the schemas give", () => {
	const file = readFileSync(new URL("../device/validators.generated.ts", import.meta.url), "utf8");
	expect(file, "build, then run: node sdk/dist/protocol/generate-validators.js").toBe(validatorSource());
});

type DeepReadonly<T> = T extends (infer Member)[]
	? readonly DeepReadonly<Member>[]
	: T extends object
		? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
		: T;
type Schemas = typeof deviceSchemas;
type Inferred = { readonly [Name in keyof Schemas]: DeepReadonly<z.infer<Schemas[Name]>> };

test("the device's types are those of the schemas", () => {
	expectTypeOf<Inferred>().toEqualTypeOf<{
		readonly HelloRequestBody: messages.HelloRequestBody;
		readonly UnlockBody: messages.UnlockBody;
		readonly AcknowledgementBody: messages.AcknowledgementBody;
		readonly CommandStatusBody: messages.CommandStatusBody;
		readonly ConfigurationUpdateBody: messages.ConfigurationUpdateBody;
		readonly DispenseBody: messages.DispenseBody;
		readonly FirmwareChunkBody: messages.FirmwareChunkBody;
		readonly FirmwareManifestBody: messages.FirmwareManifestBody;
		readonly FirmwareRequestBody: messages.FirmwareRequestBody;
		readonly RemoteCommandBody: messages.RemoteCommandBody;
		readonly ReceiptBody: messages.ReceiptBody;
		readonly HelloBody: messages.HelloBody;
		readonly DoorBody: messages.DoorBody;
		readonly CommandBody: messages.CommandBody;
		readonly SaleReportBody: messages.SaleReportBody;
		readonly WeightCurveBody: messages.WeightCurveBody;
		readonly HealthBody: messages.HealthBody;
		readonly ControllerConfiguration: messages.ControllerConfiguration;
	}>();
});

const validators: { readonly [Name in keyof Schemas]: (value: unknown) => boolean } = {
	HelloRequestBody: isHelloRequestBody,
	UnlockBody: isUnlockBody,
	AcknowledgementBody: isAcknowledgementBody,
	CommandStatusBody: isCommandStatusBody,
	ConfigurationUpdateBody: isConfigurationUpdateBody,
	DispenseBody: isDispenseBody,
	FirmwareChunkBody: isFirmwareChunkBody,
	FirmwareManifestBody: isFirmwareManifestBody,
	FirmwareRequestBody: isFirmwareRequestBody,
	RemoteCommandBody: isRemoteCommandBody,
	ReceiptBody: isReceiptBody,
	HelloBody: isHelloBody,
	DoorBody: isDoorBody,
	CommandBody: isCommandBody,
	SaleReportBody: isSaleReportBody,
	WeightCurveBody: isWeightCurveBody,
	HealthBody: isHealthBody,
	ControllerConfiguration: isControllerConfiguration,
};

const key = { kid: "cloud-controller.1", key: "A".repeat(43) };
const valid: { readonly [Name in keyof Schemas]: z.infer<Schemas[Name]> } = {
	HelloRequestBody: { request: "r-1" },
	UnlockBody: { saleId: "sale_1", counter: 1, windowMs: 10_000, language: "en" },
	ReceiptBody: {
		saleId: "sale_1",
		outcome: "captured",
		items: [{ name: "Cola", quantity: 2 }],
		totalCents: 400,
		currency: "usd",
		language: "es",
	},
	HelloBody: {
		request: "",
		boot: 4,
		nonce: "A".repeat(22),
		counter: 7,
		executed: 4_294_967_295,
		phase: "locked",
		firmware: "0.1.0",
		resetReason: "power",
		kind: "coffee",
		configuration: 3,
	},
	DoorBody: { state: "ajar", saleId: "", atMs: 12 },
	WeightCurveBody: {
		saleId: "sale_1",
		atMs: 9_000,
		points: [{ shelf: 2, atMs: 8_700, milligrams: -1_250, spreadMilligrams: 900, stable: true }],
	},
	CommandBody: { saleId: "sale_1", counter: 1, result: "refused", reason: "stale-nonce" },
	SaleReportBody: {
		saleId: "sale_1",
		counter: 1,
		boot: 4,
		opened: true,
		doorOpenMs: 5000,
		flags: ["ajar", "scale-fault"],
		shelves: [{ shelf: 0, baselineMilligrams: 5_000_000, finalMilligrams: -12, spreadMilligrams: 700 }],
		dispensed: [{ slot: 3, outcome: "failed", reason: "nothing-fell" }],
	},
	HealthBody: {
		uptimeMs: 1,
		boot: 4,
		doorClosed: true,
		massesMilligrams: [1, -2],
		phase: "locked",
		resetReason: "watchdog",
		memoryFreeBytes: 40_000,
		supplyMillivolts: 12_100,
		temperatureCentidegrees: 412,
		signalDbm: -71,
		bins: [{ name: "beans", portions: 12, low: false }],
		faults: ["scale-2"],
	},
	DispenseBody: { saleId: "sale_1", counter: 2, slots: [0, 7, 7], language: "en" },
	AcknowledgementBody: { reportId: "4-report-1", saleId: "" },
	RemoteCommandBody: { commandId: "c-1", action: "service-start", shelf: 0, milligrams: 0, minutes: 15 },
	CommandStatusBody: { commandId: "c-1", state: "failed", reason: "busy", detail: "" },
	ConfigurationUpdateBody: { commandId: "c-2", version: 2, settings: { languages: ["es"], kind: "fridge" } },
	FirmwareManifestBody: {
		commandId: "c-3",
		product: "visionvend-controller",
		hardware: "esp32-s3-n16r8",
		version: "1.4.2",
		floor: 2,
		byteLength: 900_000,
		sha256: "A".repeat(43),
		signature: "B".repeat(86),
	},
	FirmwareRequestBody: { commandId: "c-3", offset: 0, byteLength: 768 },
	FirmwareChunkBody: { commandId: "c-3", offset: 768, data: "AAAA" },
	ControllerConfiguration: {
		machineId: "fridge-1",
		version: 0,
		kind: "coffee",
		uplink: { via: "lte", apn: "iot", broker: { host: "b", port: 8883, tls: true, user: "u", password: "" } },
		firmwareKey: "C".repeat(87),
		keys: { receive: key, send: { ...key, kid: "controller-cloud.1" } },
		pins: {
			lock: 4,
			hall: 5,
			oledData: 8,
			oledClock: 9,
			neopixel: 11,
			buzzer: 12,
			linkReceive: 18,
			linkTransmit: 17,
			piSignal: 16,
			bolt: 39,
		},
		scales: [{ shelf: 0, clock: 14, data: 15, zeroCounts: 0, loadCounts: 100_000, loadMilligrams: 1_000_000 }],
		lock: { pulseMs: 5000, windowMs: 10_000, ajarMs: 60_000 },
		languages: ["en", "es"],
		linkBaud: 115_200,
		battery: { pin: 1, upperOhms: 47_000, lowerOhms: 10_000, lowMillivolts: 11_000 },
		foodSafety: { receive: 41, transmit: 40, limitCentidegrees: 500 },
		vending: { motors: [4, 5], home: 6, drop: 7 },
		coffee: {
			pins: { grinder: 4, pump: 5, flow: 6, heater: 7, thermometer: 1 },
			bins: [{ name: "beans", pin: 8, portions: 40 }],
			recipes: [{ number: 0, name: "Espresso", steps: [{ step: "grind", amount: 4_000 }], takes: [1] }],
		},
	},
};

const names = Object.keys(valid) as (keyof Schemas)[];

test.each(names)("zod and device accept a %s", (name) => {
	expect(deviceSchemas[name].safeParse(valid[name]).success).toBe(true);
	expect(validators[name](valid[name])).toBe(true);
	expect(validators[name]({ ...valid[name], addedLater: 1 })).toBe(true);
});

/** All ways to reach a member: [], ["scales"], ["scales", 0], ["scales", 0, "clock"]… */
function pathsOf(value: unknown): (string | number)[][] {
	if (typeof value !== "object" || value === null) {
		return [[]];
	}
	const inner = Object.entries(value).flatMap(([name, member]) =>
		pathsOf(member).map((path) => [Array.isArray(value) ? Number(name) : name, ...path]),
	);
	return [[], ...inner];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
	const [first, ...rest] = path;
	if (first === undefined) {
		return by;
	}
	if (Array.isArray(value)) {
		return value.map((member, index) => (index === first ? replaced(member, rest, by) : member));
	}
	return Object.fromEntries(
		Object.entries(value as object).map(([name, member]) => [
			name,
			name === first ? replaced(member, rest, by) : member,
		]),
	);
}

const edges = [
	0,
	-0,
	1,
	-1,
	0.5,
	15,
	16,
	48,
	49,
	99,
	100,
	999,
	1000,
	5000,
	5001,
	60_000,
	60_001,
	2 ** 31,
	2 ** 32 - 1,
	2 ** 32,
	2 ** 53,
];
const junk = fc.oneof(
	fc.constantFrom<unknown>(
		undefined,
		null,
		true,
		Number.NaN,
		Number.POSITIVE_INFINITY,
		"",
		"en",
		"en\n",
		"locked",
		[],
		{},
		...edges,
	),
	fc.string({ maxLength: 70, unit: "binary" }),
	fc.string({ minLength: 60, maxLength: 66 }),
	fc.integer(),
	fc.double(),
	fc.anything({ maxDepth: 2 }),
);

test.each(names)("zod and device agree on every mutation of a %s, and on junk", (name) => {
	const schema = deviceSchemas[name];
	const isValid = validators[name];
	const mutated = fc
		.tuple(fc.constantFrom(...pathsOf(valid[name])), junk)
		.map(([path, by]) => replaced(valid[name], path, by));
	let accepted = 0;
	fc.assert(
		fc.property(fc.oneof({ weight: 4, arbitrary: mutated }, junk), (value) => {
			const expected = schema.safeParse(value).success;
			accepted += expected ? 1 : 0;
			expect(isValid(value)).toBe(expected);
		}),
		{ seed: 3, numRuns: 1500 },
	);
	expect(accepted).toBeGreaterThan(0);
});
