import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SeededRandom } from "../random.ts";
import { RestockButtonChip } from "./restock-button.ts";

const ms = 1e6;

function rig(random?: SeededRandom) {
	const clock = new SimulationClock();
	const contact = new Net("restock", clock);
	contact.pull(1);
	const chip = new RestockButtonChip({ clock, contact, ...(random ? { random } : {}) });
	const edges: number[] = [];
	contact.watch(() => edges.push(clock.now));
	return { clock, contact, chip, edges };
}

test("it closes to ground while it is pressed", () => {
	const { contact, chip, edges } = rig();
	expect(contact.level).toBe(1);
	chip.press();
	chip.press();
	expect(contact.level).toBe(0);
	chip.release();
	expect([contact.level, edges.length]).toEqual([1, 2]);
});

test("with chance it bounces for up to 10 ms, and ends where it should", () => {
	const { clock, contact, chip, edges } = rig(new SeededRandom(2));
	chip.press();
	clock.run(100 * ms);
	expect(edges.length).toBeGreaterThan(2);
	expect(Math.max(...edges)).toBeLessThanOrEqual(10 * ms);
	expect(contact.level).toBe(0);
});

test("a stuck button stays down, a cut cable and a glitch are what the net shows", () => {
	const { clock, contact, chip } = rig();
	chip.setStuck(true);
	expect(contact.level).toBe(1);
	chip.press();
	chip.release();
	expect(contact.level).toBe(0);
	chip.setConnected(false);
	expect(contact.level).toBe(1);
	chip.setConnected(true);
	chip.setStuck(false);
	expect(contact.level).toBe(1);
	chip.glitch(5 * ms);
	expect(contact.level).toBe(0);
	clock.run(5 * ms);
	expect(contact.level).toBe(1);
});
