import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { expect, test, vi } from "vitest";
import { SheetsSimulator } from "../../hardware-sim/src/sheets/sheets-simulator.ts";
import { serviceAccountSchema } from "../src/sheets/service-account.ts";
import { SheetsClient } from "../src/sheets/sheets-client.ts";
import { TestClock } from "./test-clock.ts";
import { TwoTenants } from "./two-tenants.ts";
import { countingRandom } from "./world.ts";

const folder = fileURLToPath(new URL("../../docs/examples/cloud/", import.meta.url));

/** The last line that each example prints when it ends well. */
const ends: Readonly<Record<string, RegExp>> = {
	"api.sh":
		/"permissions":\["orders:read"\][\s\S]*"nextCursor":"[\s\S]*by the stairs[\s\S]*version_mismatch[\s\S]*"name":"Hall"/,
	"api.ts": /^chips 150\ncola 200\nLobby true\n412 version_mismatch\n$/,
	"change-a-price.sh": /cola,Cola,drinks,2\.30,usd,,355\.000,5\.000,6,48\n/,
	"restock.sh": /"sku":"cola".*"quantity":10,.*"lowAt":3/,
	"alarms.sh": /"rule":"temperature","says":"[^"]*","machineId":"alpha-fridge"[\s\S]*"data":\[\]/,
	"counter.sh": /"stock":13,/,
	"reports.sh": /"trends"[\s\S]*sold_at,sale[\s\S]*"every":"week"[\s\S]*\nDXE\*1\*1/,
	"spreadsheet.sh":
		/"serviceAccount":"shop@example.iam[\s\S]*"dryRun":true[\s\S]*"dryRun":false[\s\S]*"conflicts":\[\]/,
	"webhook.sh": /"secret":"whsec_[\s\S]*"data":\[\]/,
};

test("every example has an end that is checked", () => {
	expect(readdirSync(folder).sort()).toEqual(Object.keys(ends).sort());
});

test.each(Object.entries(ends))("docs/examples/cloud/%s does what it says, over HTTP", async (name, end) => {
	const world = await TwoTenants.open({ sheets: spreadsheets() });
	const server = serve({ fetch: world.cloud.app.fetch, hostname: "127.0.0.1", port: 0 });
	await once(server, "listening");
	try {
		const { port } = server.address() as AddressInfo;
		const { code, output } = await run(`${folder}${name}`, {
			CLOUD: `http://127.0.0.1:${port}`,
			TOKEN: await world.credential("admin", world.alpha),
			MACHINE: world.alpha.machineId,
			SLACK_WEBHOOK: "https://hooks.slack.com/services/T0/B0/secret",
			SPREADSHEET: "https://docs.google.com/spreadsheets/d/book-1/edit",
			RECEIVER: "https://erp.example/hooks",
		});
		expect([code, output]).toEqual([0, expect.stringMatching(end)]);
	} finally {
		server.close();
		await world.close();
	}
});

/** Google, with one empty spreadsheet that is shared with the cloud. */
function spreadsheets(): SheetsClient {
	const email = "shop@example.iam.gserviceaccount.com";
	const clock = new TestClock();
	const google = new SheetsSimulator({ clock, random: countingRandom(6) });
	google.addSpreadsheet("book-1", [], [email]);
	const account = serviceAccountSchema.parse(google.serviceAccount(email, "http://google.test/token"));
	return new SheetsClient({ account, clock, baseUrl: "http://google.test", fetch: google.fetch });
}

async function run(script: string, environment: Readonly<Record<string, string>>) {
	if (script.endsWith(".ts")) return runHere(script, environment);
	const child = spawn("bash", [script], { env: { ...process.env, ...environment } });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
	const [code] = await once(child, "close");
	return { code, output };
}

/** A program in TypeScript, read as every source of ours is while tests run. */
async function runHere(program: string, environment: Readonly<Record<string, string>>) {
	for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
	const print = vi.spyOn(console, "log").mockReturnValue();
	try {
		await import(program);
		return { code: 0, output: print.mock.calls.map((words) => `${words.join(" ")}\n`).join("") };
	} finally {
		print.mockRestore();
		vi.unstubAllEnvs();
	}
}
