import { seal } from "@visionvend/sdk/device/envelope/envelope";
import { MAXIMUM_MESSAGE_BYTES } from "@visionvend/sdk/device/link/frame";
import { encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { topics } from "@visionvend/sdk/device/topics";
import { expect, test } from "vitest";
import { coffee, overWiFi } from "../../test/bench.ts";
import { coffeeReportProblem } from "./report-problem.ts";

const inside = coffee.coffee!;

function machine(characters: number, name: string) {
	const bins = [{ name, pin: 2, portions: 10 }];
	return { ...coffee, machineId: "m".repeat(characters), coffee: { ...inside, bins } };
}

/** Throws where an envelope holds no such report. */
function sealed(machineId: string, name: string): Uint8Array {
	const topic = topics(machineId).saleReport;
	const slot = { slot: 15, outcome: "failed", reason: `bin-empty:${name}` };
	const body = {
		saleId: "s".repeat(22),
		counter: 4_294_967_295,
		boot: 999_999,
		opened: true,
		doorOpenMs: 86_400_000,
		flags: ["resumed"],
		shelves: [],
		dispensed: Array.from({ length: 10 }, () => slot),
	};
	const identity = { jti: "999999-report-999999", seq: 999_999 };
	const key = { kid: "controller-cloud.999999", key: new Uint8Array(32) };
	const envelope = seal(key, { iss: `${machineId}/controller`, aud: "cloud", ...identity, topic, body });
	return encodeLinkMessage(topic, envelope);
}

test.each(["b", "é", "€", "\u0001"])(
	"ten drinks whose bin is empty fit into a report, or the machine is refused (%j)",
	(letter) => {
		let fitting = 0;
		for (const characters of [8, 15, 40, 63]) {
			for (let letters = 1; letters <= 16; letters++) {
				const name = letter.repeat(letters);
				const overPi = machine(characters, name);
				if (coffeeReportProblem(overWiFi(overPi)) === undefined) sealed(overPi.machineId, name);
				if (coffeeReportProblem(overPi) !== undefined) continue;
				fitting += 1;
				expect(sealed(overPi.machineId, name).length).toBeLessThanOrEqual(MAXIMUM_MESSAGE_BYTES);
			}
		}
		expect(fitting).toBeGreaterThan(4);
	},
);

test("sixteen plain letters fit where the machine has a name of everyday length", () => {
	expect(coffeeReportProblem(machine(15, "b".repeat(16)))).toBeUndefined();
	expect(coffeeReportProblem(machine(15, "€".repeat(16)))).toMatch(/up to \d+ bytes/);
});
