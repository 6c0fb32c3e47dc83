import { expect, test } from "vitest";
import { TaskTracker } from "./task-tracker.ts";

test("idle waits for tasks, and for those that they start", async () => {
	const tracker = new TaskTracker();
	const order: string[] = [];
	const fail = (error: unknown): never => {
		throw error;
	};
	tracker.run(async () => {
		order.push("first");
		await Promise.resolve();
		tracker.run(async () => {
			await Promise.resolve();
			order.push("second");
		}, fail);
	}, fail);
	// A task starts at once.
	expect(order).toEqual(["first"]);
	expect(tracker.pending).toBe(1);
	await tracker.idle();
	expect(order).toEqual(["first", "second"]);
	expect(tracker.pending).toBe(0);
});

test("idle also waits for a task that starts while idle ends", async () => {
	const tracker = new TaskTracker();
	let done = false;
	const ignore = (): void => undefined;
	tracker.run(() => Promise.resolve(), ignore);
	const early = tracker.idle().then(() => done);
	void tracker.idle().then(() => undefined);
	queueMicrotask(() =>
		tracker.run(async () => {
			await Promise.resolve();
			done = true;
		}, ignore),
	);
	expect(await early).toBe(true);
});

test("what a task throws goes to its handler, and the tracker goes on", async () => {
	const tracker = new TaskTracker();
	const errors: unknown[] = [];
	const record = (error: unknown): void => {
		errors.push(error);
	};
	tracker.run(() => Promise.reject(new Error("late")), record);
	tracker.run(() => {
		throw new Error("at once");
	}, record);
	await tracker.idle();
	expect(errors.map(String).sort()).toEqual(["Error: at once", "Error: late"]);
});
