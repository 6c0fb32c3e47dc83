import { expect, test } from "vitest";
import { playScenario } from "./play-scenario.ts";
import { scenario } from "./scenario.ts";
import { parseScenarioFile } from "./scenario-file.ts";

function complaint(step: object): string {
	try {
		parseScenarioFile(JSON.stringify({ name: "x", steps: [step] }), "x");
		return "";
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

test("a fault is checked before anything runs", () => {
	expect(complaint({ fault: "net", at: "lock_coil", stuck: 1, for: "2s" })).toBe("");
	expect(complaint({ fault: "brown-out" })).toBe("");
	expect(complaint({ fault: "brown-uot" })).toContain('There is no fault "brown-uot"; did you mean "brown-out"?');
	expect(complaint({ fault: "net", at: "lock_coil", stuk: 1 })).toContain(
		'There is no "stuk" here; did you mean "stuck"?',
	);
	expect(complaint({ fault: "net", at: "lock_coil" })).toContain(
		"Say one thing that happens: stuck, open, short, bounce, glitch.",
	);
	expect(complaint({ fault: "net", at: "lock_coil", stuck: 1, open: true })).toContain("Say one thing");
	expect(complaint({ fault: "bus", at: "link", nack: "data" })).toContain('"nack" cannot happen at link.');
	expect(complaint({ fault: "power", brownOut: "now", for: 3 })).toContain("Missing unit: 3.");
});

test("a fault lasts for its time, also when that ends in the middle of a step", async () => {
	const { failure } = await playScenario(
		scenario("x", {}, async (s) => {
			const coil = [...s.stage.machine.board.nets.values()].find(({ name }) => name === "lock_coil");
			if (!coil) throw new Error("no coil");
			await s.fault.net("lock_coil", { stuck: 1, for: "1500ms" });
			const levels: number[] = [];
			for (const time of ["1400ms", "200ms"]) {
				await s.pass(time);
				levels.push(coil.level);
			}
			expect(levels).toEqual([1, 0]);
			expect(s.stage.machine.lock.longestOnMs).toBe(1_500);
		}),
	);
	expect(failure).toBe("");
});

test("a display that does not answer is told, and does not stop the sale", async () => {
	const { failure } = await playScenario(
		scenario("x", { seed: 2 }, async (s) => {
			await s.fault.bus("oled", { nack: "address", for: "8s" });
			await s.unlock();
			await s.door.open();
			await s.shopper.take("cola");
			await s.door.close();
			await s.expect.within("8s", { receipt: [{ sku: "cola", quantity: 1 }] });
			await s.expect.noFaults({ except: ["oled"] });
			await s.expect.within("1s", { event: { room: "controller", event: "display.failed" } });
			await s.expect.noFaults();
		}),
	);
	expect(failure).toMatch(/^step 9: \{"expect":\{"faults":"none"\}\}/);
	expect(failure).toContain("oled: display.failed");
});

test("a room that a fault killed is started again when the fault is over", async () => {
	const { failure } = await playScenario(
		scenario("x", { seed: 2 }, async (s) => {
			await s.unlock();
			await s.door.open();
			await s.shopper.take("cola");
			await s.fault.host({ killed: "cloud", for: "6s" });
			await s.door.close();
			await s.pass("3s");
			await s.expect.now({ sale: "no sale" });
			await s.expect.within("30s", { sale: "captured", capturedCents: 200 });
		}),
	);
	expect(failure).toBe("");
});

test("two faults of one wire end each at its own time, and leave it whole", async () => {
	const { failure } = await playScenario(
		scenario("x", { seed: 2 }, async (s) => {
			await s.fault.network("link", { lose: 1000, for: "2s" });
			await s.fault.bus("link", { flip: 900, for: "1s" });
			await s.fault.network("link", { lose: 900, for: "3s" });
			await s.pass("4s");
			await s.unlock();
		}),
	);
	expect(failure).toBe("");
});

test("two faults of one network overlap, and each ends by itself", async () => {
	const { ok, failure } = await playScenario(
		scenario("x", { seed: 4 }, async (s) => {
			await s.fault.network("pi", { delay: "3s", for: "4s" });
			await s.fault.network("pi", { duplicate: 1, for: "1s" });
			await s.pass("1500ms");
			// The first one is still there: an unlock takes its nonce over the slow network.
			await s.tap();
			await s.pass("2s");
			await s.expect.now({ openings: 0 });
			await s.expect.within("30s", { openings: 1 });
		}),
	);
	expect(failure).toBe("");
	expect(ok).toBe(true);
});
