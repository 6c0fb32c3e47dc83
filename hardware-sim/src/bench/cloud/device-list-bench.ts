import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import type { RegisteredFleet } from "../../fleet/register-fleet.ts";
import { cloudScript, type ServedApi } from "../../fleet/served-cloud.ts";
import { type LoadRequest, sendAll } from "./http-load.ts";

const run = promisify(execFile);
const answerSchema = z.object({ data: z.object({ accessToken: z.string() }) });
const owner = { email: "owner@example.com", password: "a-long-password-of-the-bench" };
/** What a console asks: the first page, one in the middle, those of a status, a search. */
const queries = ["", "?page=100", "?status=offline", "?query=m-42", "?model=raspberry-pi&page=2"];

/** How long a list of devices takes, milliseconds, 99th percentile of `requests`, one after the other. */
export async function deviceListP99Ms(fleet: RegisteredFleet, server: ServedApi, requests: number): Promise<number> {
	const headers = { authorization: `Bearer ${await logIn(fleet, server)}` };
	const all = Array.from(
		{ length: requests },
		(_, index): LoadRequest => ({
			method: "GET",
			path: `/api/v1/devices${queries[index % queries.length] ?? ""}`,
			headers,
		}),
	);
	const tookMs = [...(await sendAll(server.url, all, 1))].sort((one, other) => one - other);
	return tookMs[Math.floor(0.99 * tookMs.length)] ?? 0;
}

async function logIn({ databaseUrl, jwtSecret }: RegisteredFleet, server: ServedApi): Promise<string> {
	const { email, password } = owner;
	await run(
		process.execPath,
		[cloudScript, "create-user", "--email", email, "--password", password, "--name", "Owner"],
		{ env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret } },
	);
	const answer = await fetch(`${server.url}/api/v1/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(owner),
	});
	if (!answer.ok) throw new Error(`the log-in answered ${answer.status}: ${await answer.text()}`);
	return answerSchema.parse(await answer.json()).data.accessToken;
}
