import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionResult } from "./judge-session.ts";
import { KeptSessions } from "./kept-sessions.ts";
import type { SessionOrder } from "./session-workers.ts";

const result: SessionResult = {
	number: 3,
	story: "random",
	exact: true,
	exactByWeight: true,
	exactByVision: false,
	settled: true,
	overcharged: false,
	reason: undefined,
	receipt: { right: 2, wrong: 0, missed: 0 },
	events: { right: 2, wrong: 0, missed: 1 },
	items: { right: 2, of: 2 },
	seenEvents: { right: 1, wrong: 0, missed: 2 },
	seenItems: { right: 1, of: 1 },
	account: undefined,
};

test("a session that was kept is found again by the same order, model and split, and by no other", () => {
	const path = join(mkdtempSync(join(tmpdir(), "kept-")), "sessions.jsonl");
	const order: SessionOrder = { seed: 7, number: 3, story: "random", noise: "usual" };
	const circumstances = { model: "one.onnx", split: "validation" };
	new KeptSessions(path, circumstances).add(order, result);
	const later = new KeptSessions(path, circumstances);
	expect(later.of(order)).toEqual(result);
	for (const other of [{ seed: 8 }, { number: 4 }, { story: "two-at-once" as const }, { noise: "dim" as const }])
		expect(later.of({ ...order, ...other })).toBeUndefined();
	expect(new KeptSessions(path, { ...circumstances, model: "two.onnx" }).of(order)).toBeUndefined();
	expect(new KeptSessions(path, { ...circumstances, split: "evaluation" }).of(order)).toBeUndefined();
});
