import { type EnvelopeKey, seal } from "@visionvend/sdk/device/envelope/envelope";
import type { HealthBody, SaleReportBody } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import { expect, test } from "vitest";
import { coffee, equipped, overLTE } from "../../test/bench.ts";
import { LONGEST_DETAIL_OVER_LTE, lteProblem } from "./lte-problem.ts";

const key: EnvelopeKey = { kid: "controller-cloud.999999", key: new Uint8Array(32) };
const LONGEST_BYTES = 1_024;

function sealedBytes(machineId: string, topic: string, body: unknown): number {
	const identity = { jti: "4294967295-4294967295", seq: 0xffff_ffff };
	return seal(key, { iss: `${machineId}/controller`, aud: "cloud", ...identity, topic, body }).length;
}

const inside = coffee.coffee!;
const corner = (machineId: string, bins: number, letters: number) => ({
	...overLTE({ ...coffee, battery: equipped.battery, foodSafety: equipped.foodSafety }),
	machineId,
	coffee: {
		...inside,
		bins: Array.from({ length: bins }, (_, index) => ({ name: "b".repeat(letters), pin: index, portions: 10_000 })),
	},
});

test("a status of the longest detail fits into a message of the modem, whatever the machine is called", () => {
	const machineId = "m".repeat(63);
	const body = {
		commandId: "A".repeat(32),
		state: "received",
		reason: "bad-configuration",
		detail: "d".repeat(LONGEST_DETAIL_OVER_LTE),
	};
	expect(sealedBytes(machineId, topics(machineId).commandStatus, body)).toBeLessThanOrEqual(LONGEST_BYTES);
});

test("a machine whose health may not fit is refused, and what is let through fits", () => {
	let refused = 0;
	for (const characters of [8, 20, 63]) {
		for (let bins = 0; bins <= 4; bins++) {
			for (const letters of [4, 16]) {
				const machineId = "m".repeat(characters);
				const configuration = corner(machineId, bins, letters);
				if (lteProblem(configuration) !== undefined) {
					refused += 1;
					continue;
				}
				const health: HealthBody = {
					uptimeMs: 99_999_999_999,
					boot: 999_999,
					doorClosed: false,
					massesMilligrams: [],
					phase: "health-lock",
					resetReason: "power-on",
					memoryFreeBytes: 8_000_000,
					supplyMillivolts: 13_000,
					temperatureCentidegrees: -5_500,
					signalDbm: -113,
					bins: configuration.coffee.bins.map(({ name, portions }) => ({ name, portions, low: false })),
					faults: ["over-temperature", "restock-button", "thermometer"],
				};
				expect(sealedBytes(machineId, topics(machineId).health, health)).toBeLessThanOrEqual(LONGEST_BYTES);
			}
		}
	}
	expect(refused).toBeGreaterThan(0);
	expect(lteProblem(corner("coffee-corner-1", 2, 8))).toBeUndefined();
});

test.each(["€", "\u0001", "é", "b"])(
	"a report fits whatever %j the bins are called by, or the machine is refused",
	(letter) => {
		const longest = Array.from({ length: 16 }, (_, index) => index + 1).filter((letters) => {
			const bins = [{ name: letter.repeat(letters), pin: 2, portions: 10_000 }];
			const configuration = { ...overLTE({ ...coffee, coffee: { ...inside, bins } }), machineId: "m".repeat(20) };
			if (lteProblem(configuration) !== undefined) return false;
			const machineId = "m".repeat(63);
			const reason = `bin-empty:${letter.repeat(letters)}`;
			const report: SaleReportBody = {
				saleId: "s".repeat(64),
				counter: 4_294_967_295,
				boot: 999_999,
				opened: true,
				doorOpenMs: 86_400_000,
				flags: ["ajar", "resumed", "unstable", "scale-fault"],
				shelves: [],
				dispensed: [13, 14, 15].map((slot) => ({ slot, outcome: "failed", reason })),
			};
			expect(sealedBytes(machineId, topics(machineId).saleReport, report)).toBeLessThanOrEqual(LONGEST_BYTES);
			return true;
		});
		expect(longest.length).toBeGreaterThan(1);
		if (letter === "b") expect(longest).toHaveLength(16);
	},
);

test("over a pi and over Wi-Fi all of it fits", () => {
	const configuration = { ...corner("m".repeat(63), 4, 16), uplink: { via: "pi" as const } };
	expect(lteProblem(configuration)).toBeUndefined();
});
