import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { expect, test } from "vitest";
import { createCloud } from "../app.ts";

async function errorsOf(story: (refuse: (error: Error) => void, close: () => Promise<void>) => Promise<void>) {
	const folder = await mkdtemp(join(tmpdir(), "cloud-"));
	const errors: string[] = [];
	const refusals: ((error: Error) => void)[] = [];
	const cloud = await createCloud(
		{ databaseUrl: `file:${join(folder, "cloud.db")}`, jwtSecret: "a secret of more than thirty-two characters" },
		{
			clock: systemClock,
			random: systemRandom,
			broker: {
				publish: () => Promise.reject(new Error("no connection")),
				subscribe: () => new Promise<void>((_resolve, reject) => refusals.push(reject)),
				onConnectionChange: () => undefined,
				connected: false,
				close: () => Promise.resolve(),
			},
			stripe: undefined,
			log: ({ level, message }) => level === "error" && errors.push(String(message)),
		},
	);
	await story(
		(error) => {
			for (const refuse of refusals) refuse(error);
		},
		() => cloud.close(),
	);
	await new Promise(setImmediate);
	await cloud.close();
	await rm(folder, { recursive: true });
	return errors;
}

test("subscriptions that are refused are told as errors: that of the sales, and that of what machines measure", async () => {
	expect(await errorsOf(async (refuse) => refuse(new Error("not granted")))).toEqual(["not granted", "not granted"]);
});

test("a subscription that is still unanswered when the cloud stops is no error", async () => {
	const errors = await errorsOf(async (refuse, close) => {
		await close();
		refuse(new Error("the client was closed"));
	});
	expect(errors).toEqual([]);
});
