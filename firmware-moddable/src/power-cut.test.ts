import { expect, test } from "vitest";
import { Bench, topicOf } from "../test/bench.ts";

/** A sale of one cola, with the power gone for a second at `cutAt`. Everything the world does happens regardless. */
function saleWithCut(cutAt: number, closesWhileOff: boolean): Bench {
	const bench = new Bench();
	bench.powerUp();
	bench.run(4);
	bench.unlock("sale-1", 1);
	const acts: [second: number, act: () => void][] = [
		[cutAt, () => bench.powerCut()],
		[cutAt + 1, () => bench.powerUp("brownout")],
		// Nobody opens a door whose bolt holds.
		[2.5, () => bench.hall.setMagnet(!bench.lock.released)],
		[4, () => bench.hall.magnetNear || bench.load(0, 1_645_000)],
		[closesWhileOff ? Math.max(4.1, cutAt + 0.5) : 8, () => bench.hall.setMagnet(true)],
	];
	let now = 0;
	for (const [second, act] of acts.sort(([a], [b]) => a - b)) {
		if (second > now) bench.run(second - now);
		now = Math.max(now, second);
		act();
	}
	bench.run(20);
	return bench;
}

test.each([false, true])(
	"a power cut at any moment of a sale loses no report and gives nothing away (closed while off: %s)",
	(off) => {
		let executed = 0;
		let taken = 0;
		for (let cutAt = 0.05; cutAt < 12; cutAt += 0.131) {
			const bench = saleWithCut(cutAt, off);
			const reports = bench.bodies(topicOf.saleReport);
			const texts = new Set(reports.map((report) => JSON.stringify(report)));
			expect(bench.lock.longestOnMs).toBeLessThan(5_000);
			expect(bench.lock.energised).toBe(false);
			expect(bench.controller?.phase).toBe("locked");
			if (bench.lock.pulses === 0) {
				expect(texts.size).toBe(0);
				continue;
			}
			executed += 1;
			expect(texts.size).toBe(1);
			const [report] = reports as { saleId: string; opened: boolean; shelves: { finalMilligrams: number }[] }[];
			expect(report?.saleId).toBe("sale-1");
			const gone = bench.loads[0] === 1_645_000;
			expect(report?.opened || !gone).toBe(true);
			if (gone) taken += 1;
			if (gone) expect(report?.shelves[0]?.finalMilligrams).toBeLessThan(1_650_000);
			expect(bench.hello()).toMatchObject({ counter: 1, executed: 1 });
		}
		// The cuts that came before the pulse moved nothing; all others did, and most of those after the goods were taken.
		expect(executed).toBeGreaterThan(60);
		expect(taken).toBeGreaterThan(40);
	},
);
