import { expect, test } from "vitest";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import { judgeSession } from "./judge-session.ts";
import { playSession } from "./play-session.ts";
import { noiseOf } from "./session-noise.ts";
import { scoreSessions } from "./session-score.ts";
import { hardStories, tellStory } from "./session-story.ts";

const play = (story: Parameters<typeof playSession>[0], seed: number) =>
	playSession(story, noiseOf("usual"), new SeededRandom(seed), undefined);

test("a session goes through the real firmware: its report and its curve tell what is gone", async () => {
	const { gone, report, curve, events } = await play("left-on-the-floor", 3);
	expect(gone.size).toBe(0);
	expect(events.map(({ kind }) => kind)).toEqual(["taken", "returned"]);
	const [taken, returned] = events;
	const change = (shelf: number | undefined) => {
		const reading = report.shelves.find((candidate) => candidate.shelf === shelf);
		return (reading?.finalMilligrams ?? 0) - (reading?.baselineMilligrams ?? 0);
	};
	const mass = demoCatalogue.find(({ sku }) => sku === taken?.sku)?.massMilligrams ?? 0;
	expect(change(taken?.shelf) / mass).toBeCloseTo(-1, 1);
	expect(change(returned?.shelf) / mass).toBeCloseTo(1, 1);
	expect(curve.filter(({ stable }) => stable).length).toBeGreaterThanOrEqual(4);
});

test("the same seed is the same session", async () => {
	const [one, other] = [await play("random", 11), await play("random", 11)];
	expect(one.report).toEqual(other.report);
	expect(one.curve).toEqual(other.curve);
	expect(one.story).toEqual(other.story);
});

test("by weights alone a session is judged, and settled baskets that are not the truth count", async () => {
	const results = [];
	for (let number = 0; number < 6; number += 1) results.push(judgeSession(number, await play("random", number)));
	const score = scoreSessions(results);
	expect(score.exactReceipts.value).toBe(score.exactByWeight.value);
	expect(score.exactByVision.value).toBe(0);
	for (const { settled, exact, reason } of results) expect(settled ? reason : (reason ?? exact)).not.toBe(settled);
});

test("every hard story can be told of the demo's products, and ends after its last deed", () => {
	for (const name of hardStories) {
		for (let seed = 0; seed < 20; seed += 1) {
			const { deeds, closesMs } = tellStory(name, demoCatalogue, new SeededRandom(seed));
			expect(deeds.length).toBeGreaterThan(0);
			expect(closesMs).toBeGreaterThan(deeds.at(-1)?.atMs ?? 0);
		}
	}
});
