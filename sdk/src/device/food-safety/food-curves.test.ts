import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { FoodBench, seconds } from "../../../test/food-bench.ts";

// A fridge's air over some hours, second by second: compressor, leaks, doors, defrosts, services, a dead thermometer,
// power cuts. An oracle that sees the whole curve at once says when it has to lock; the machine sees a reading each 5 s.

const curves = 1_000;
const lengthS = 2 * 3_600;
const limit = 500;
const toleranceS = 10;

type Relief = { readonly atS: number; readonly kind: "door" | "service" | "defrost"; readonly on: boolean };

interface Curve {
	/** Hundredths of a degree, one a second. */
	readonly centidegrees: readonly number[];
	/** Where a reading comes through. */
	readonly readings: readonly number[];
	readonly reliefs: readonly Relief[];
	/** Where the power was cut: what lay between is left out of the curve. */
	readonly boots: readonly number[];
	/** When a person asks to sell again. */
	readonly clears: readonly number[];
}

/** A whole number, both ends included. */
function between(random: SeededRandom, from: number, to: number): number {
	return from + Math.floor(random.next() * (to - from + 1));
}

/** Time spans of a random length, with random pauses between them. */
function spans(
	random: SeededRandom,
	pauseS: readonly [number, number],
	durationS: readonly [number, number],
): number[][] {
	const found: number[][] = [];
	let atS = between(random, 60, pauseS[1]);
	while (atS < lengthS) {
		const endS = atS + between(random, durationS[0], durationS[1]);
		found.push([atS, endS]);
		atS = endS + between(random, pauseS[0], pauseS[1]);
	}
	return found;
}

const within = (list: readonly (readonly number[])[], atS: number) =>
	list.some(([from = 0, to = 0]) => atS >= from && atS < to);

function makeCurve(random: SeededRandom): Curve {
	const ambient = between(random, 18, 38);
	const leak = 1 / between(random, 2_000, 9_000);
	const inrush = 1 / between(random, 60, 400);
	const cooling = between(random, 4, 16) / 1_000;
	const doors = spans(random, [120, 3_600], [5, between(random, 20, 900)]);
	const services = between(random, 0, 3) === 0 ? spans(random, [3_600, 7_200], [300, 2_400]) : [];
	const defrosts = spans(random, [3_600, 9_000], [300, 2_000]);
	const failures = between(random, 0, 1) === 0 ? spans(random, [1_800, 9_000], [600, 5_400]) : [];
	const silences = between(random, 0, 2) === 0 ? spans(random, [1_200, 7_200], [12, between(random, 40, 2_400)]) : [];
	const centidegrees: number[] = [];
	const readings: number[] = [];
	const boots: number[] = [];
	const shift: number[] = [];
	let air = between(random, 2, 7);
	let sensor = air;
	let isCooling = true;
	let offUntilS = -1;
	let cutAtS = between(random, 0, 1) === 0 ? between(random, 600, lengthS) : -1;
	for (let atS = 0; atS < lengthS; atS++) {
		if (atS === cutAtS) {
			offUntilS = atS + between(random, 5, 3_000);
			cutAtS = between(random, 0, 2) === 0 ? offUntilS + between(random, 200, 4_000) : -1;
			boots.push(centidegrees.length);
		}
		const isOff = atS < offUntilS;
		const isOpen = within(doors, atS);
		const isDefrost = within(defrosts, atS);
		if (air > 4) isCooling = true;
		if (air < 2) isCooling = false;
		air += (ambient - air) * (isOpen ? inrush : leak);
		if (isDefrost) air += (14 - air) / 300;
		else if (isCooling && !isOff && !within(failures, atS)) air -= cooling;
		sensor += (air - sensor) / 20;
		if (isOff) continue;
		shift[atS] = centidegrees.length;
		if (atS % 5 === 3 && !within(silences, atS)) readings.push(centidegrees.length);
		centidegrees.push(Math.round(sensor * 100));
	}
	const reliefs: Relief[] = [];
	const note = (kind: Relief["kind"], atS: number, on: boolean) => {
		const shifted = shift[atS];
		if (shifted !== undefined) reliefs.push({ atS: shifted, kind, on });
	};
	for (const [, endS = 0] of doors) if (!within(services, endS)) note("door", endS, false);
	for (const [kind, list] of [
		["service", services],
		["defrost", defrosts],
	] as const) {
		for (const [fromS = 0, toS = 0] of list) {
			// Of one that the power cut into, nobody is told; a power cut ends it.
			if (shift[fromS] === undefined || shift[toS] === undefined) continue;
			if (boots.some((bootS) => bootS > shift[fromS]! && bootS <= shift[toS]!)) continue;
			note(kind, fromS, true);
			note(kind, toS, false);
		}
	}
	reliefs.sort((a, b) => a.atS - b.atS);
	const clears = Array.from({ length: 20 }, () => between(random, 0, centidegrees.length - 1)).sort((a, b) => a - b);
	return { centidegrees, readings, reliefs, boots, clears };
}

interface Verdict {
	readonly locks: readonly { readonly dueS: number; readonly cuts: number }[];
	readonly clears: readonly number[];
	/** Something happens so close to a limit that 10 s decide: such a curve asks nothing. */
	readonly isClose: boolean;
}

/** When it has to lock, from the whole curve. */
function judge({ centidegrees, readings, reliefs, boots, clears }: Curve): Verdict {
	const end = centidegrees.length;
	const warm = centidegrees.map((value) => value > limit);
	// What was not heard for long is warm, if either end is warm or it took a minute.
	const marks = [...new Set([0, ...boots])].sort((a, b) => a - b);
	let isClose = false;
	marks.forEach((bootS, index) => {
		const untilS = marks[index + 1] ?? end;
		const heard = readings.filter((atS) => atS >= bootS && atS < untilS);
		let lastS = bootS;
		for (const atS of [...heard, untilS]) {
			const gap = atS - lastS;
			if (gap > 5) {
				if (gap > 50 && gap < 70) isClose = true;
				const isFirst = lastS === bootS && !heard.includes(bootS);
				// At both ends of a time with power the truth of the gap is not asked.
				if ((isFirst && gap > 5) || (atS === untilS && untilS < end && gap > 5)) isClose = true;
				const isWarm = gap >= 60 || warm[lastS] === true || warm[atS] === true;
				for (let s = lastS + 1; s < atS && s < end; s++) warm[s] = isWarm;
			}
			lastS = atS;
		}
	});
	const locks: { dueS: number; cuts: number }[] = [];
	const cleared: number[] = [];
	let freeFromS = 0;
	let isLocked = false;
	const runs: [number, number][] = [];
	for (let s = 0; s < end; s++) {
		if (!warm[s]) continue;
		let to = s;
		while (to < end && warm[to]) to++;
		runs.push([s, to]);
		s = to;
	}
	let clearIndex = 0;
	const clearUntil = (untilS: number) => {
		for (; clearIndex < clears.length && clears[clearIndex]! < untilS; clearIndex++) {
			const atS = clears[clearIndex]!;
			const near = warm.slice(Math.max(0, atS - 12), atS + 12);
			const fresh = readings.some((s) => s <= atS && s > atS - 6) && readings.some((s) => s > atS && s < atS + 6);
			const isBoot = boots.some((bootS) => Math.abs(bootS - atS) < 20);
			if (!fresh || isBoot || near.some((value) => value) || !isLocked) continue;
			cleared.push(atS);
			isLocked = false;
			freeFromS = atS;
		}
	};
	runs.forEach(([fromS, toS], index) => {
		if (toS - fromS < 10 && toS < end && fromS > 0) isClose = true;
		if (index > 0 && fromS - runs[index - 1]![1] < 10) isClose = true;
		clearUntil(fromS);
		const bootBefore = Math.max(0, ...boots.filter((bootS) => bootS <= fromS));
		let deadlineS = fromS + 900;
		let spent = false;
		for (const { atS, kind } of reliefs) {
			if (atS < bootBefore || atS >= toS) continue;
			if (Math.abs(atS - fromS) < 8 || Math.abs(atS - deadlineS) < 12) isClose = true;
			if (atS >= deadlineS) break;
			if (atS < fromS) deadlineS = Math.max(deadlineS, atS + 1_800);
			else if (kind !== "door" || !spent) {
				deadlineS = Math.min(Math.max(deadlineS, atS + 1_800), fromS + 3_600);
				spent = true;
			}
		}
		if (Math.abs(deadlineS - toS) < 12 || boots.some((bootS) => Math.abs(bootS - deadlineS) < 20)) isClose = true;
		if (boots.some((bootS) => Math.abs(bootS - fromS) < 12 || Math.abs(bootS - toS) < 12)) isClose = true;
		if (deadlineS < toS && !isLocked && fromS >= freeFromS) {
			locks.push({ dueS: deadlineS, cuts: boots.filter((bootS) => bootS > fromS && bootS < deadlineS).length });
			isLocked = true;
		}
	});
	clearUntil(end);
	return { locks, clears: cleared, isClose };
}

/** What the machine says to it, from its readings alone. */
function play(curve: Curve, clears: readonly number[]): { locks: number[]; cleared: number; silent: number } {
	const bench = new FoodBench();
	const readings = new Set(curve.readings);
	const boots = new Set(curve.boots);
	const clearing = new Set(clears);
	let relief = 0;
	let cleared = 0;
	for (let atS = 0; atS < curve.centidegrees.length; atS++) {
		bench.silence(seconds(atS) - bench.nowMs);
		if (boots.has(atS)) bench.powerCut();
		for (; curve.reliefs[relief]?.atS === atS; relief++) {
			const { kind, on } = curve.reliefs[relief]!;
			if (kind === "door") bench.send({ type: "door-closed", atMs: bench.nowMs });
			else bench.send({ type: kind, on, atMs: bench.nowMs });
		}
		if (readings.has(atS)) bench.send({ type: "sample", centidegrees: curve.centidegrees[atS], atMs: bench.nowMs });
		else if (atS % 5 === 0) bench.send({ type: "sample", centidegrees: undefined, atMs: bench.nowMs });
		if (clearing.has(atS) && bench.clear() === "") cleared += 1;
	}
	const locks = bench.changes.filter(({ reason }) => reason === "warm").map(({ atMs }) => atMs / 1_000);
	return { locks, cleared, silent: bench.changes.filter(({ reason }) => reason === "thermometer").length };
}

test("over 1,000 random curves it locks within 10 s of when it has to, and never otherwise", () => {
	const random = new SeededRandom(419);
	let judged = 0;
	let close = 0;
	let locks = 0;
	let cutsInAll = 0;
	let silences = 0;
	let earliest = 0;
	let latest = 0;
	for (let seed = 0; judged < curves; seed++) {
		const curve = makeCurve(random.fork(`curve ${seed}`));
		const verdict = judge(curve);
		if (verdict.isClose) {
			close += 1;
			continue;
		}
		judged += 1;
		const played = play(curve, verdict.clears);
		expect(played.locks.length, `locks of curve ${seed}`).toBe(verdict.locks.length);
		expect(played.cleared, `clears of curve ${seed}`).toBe(verdict.clears.length);
		verdict.locks.forEach(({ dueS, cuts }, index) => {
			const deviation = played.locks[index]! - dueS;
			if (cuts <= 1) earliest = Math.min(earliest, deviation);
			latest = Math.max(latest, deviation);
			// A power cut costs up to 5 s, on the safe side; the first one is within the tolerance.
			expect(deviation, `curve ${seed}, due at ${dueS} s`).toBeGreaterThanOrEqual(
				-toleranceS - 5 * Math.max(0, cuts - 1),
			);
			expect(deviation, `curve ${seed}, due at ${dueS} s`).toBeLessThanOrEqual(toleranceS);
		});
		locks += verdict.locks.length;
		cutsInAll += curve.boots.length;
		silences += played.silent;
	}
	process.stdout.write(
		`food curves: ${judged} judged (${close} too close to a limit), ${locks} locks, ${cutsInAll} power cuts, ` +
			`${silences} dead thermometers, deviation ${earliest} to ${latest} s\n`,
	);
	expect(locks).toBeGreaterThan(300);
});
