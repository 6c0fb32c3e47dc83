import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { expect, test, vi } from "vitest";
import { SheetsSimulator } from "../../hardware-sim/src/sheets/sheets-simulator.ts";
import type { Cloud } from "../src/app.ts";
import { serviceAccountSchema } from "../src/sheets/service-account.ts";
import { SheetsClient } from "../src/sheets/sheets-client.ts";
import { ownerKeyOf } from "./owner.ts";
import { TestClock } from "./test-clock.ts";
import { TwoTenants } from "./two-tenants.ts";
import { countingRandom, World } from "./world.ts";

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
	"onboard-a-machine.sh": /to scan, once and within 15 minutes: http:[^\n]*\/claim#[\s\S]*"machineId":"lobby-1"/,
	"update-a-fleet.sh":
		/"complete":true[\s\S]*\n\{[^\n]*"status":403[^\n]*\n[^\n]*"state":"running"[\s\S]*"machineId":"alpha-fridge"[\s\S]*"state":"stopped"/,
	"rotate-keys.sh": /^200\n200\n401\n[^\n]*"key":"vvk_/,
	"refund.sh": /"capturedCents":350(?:[^\n]*\n){4}[^\n]*"refundedCents":350[^\n]*\n[^\n]*"code":"refund_too_large"/,
};

test("every example has an end that is checked", () => {
	expect(readdirSync(folder).sort()).toEqual(Object.keys(ends).sort());
});

/** Examples that need a sale. */
const soldFirst = ["refund.sh"];

test.each(Object.entries(ends).filter(([name]) => !soldFirst.includes(name)))(
	"docs/examples/cloud/%s does what it says, over HTTP",
	async (name, end) => {
		const release = signedRelease();
		const world = await TwoTenants.open({ sheets: spreadsheets() }, { otaPublicKeys: [release.makerPoint] });
		const server = await listen(world.cloud);
		try {
			for (const [ending, bytes] of Object.entries(release.files)) {
				writeFileSync(join(world.folder, `release${ending}`), bytes);
			}
			const { code, output } = await run(world.folder, name, {
				CLOUD: server.url,
				TOKEN: await world.credential("admin", world.alpha),
				APPROVER: await world.credential("platform", world.alpha),
				DEVICE_KEY: world.alpha.keys.device,
				MACHINE: world.alpha.machineId,
				RELEASE: join(world.folder, "release"),
				SLACK_WEBHOOK: "https://hooks.slack.com/services/T0/B0/secret",
				SPREADSHEET: "https://docs.google.com/spreadsheets/d/book-1/edit",
				RECEIVER: "https://erp.example/hooks",
			});
			expect([code, output]).toEqual([0, expect.stringMatching(end)]);
		} finally {
			server.close();
			await world.close();
		}
	},
);

test.each(soldFirst)("2.21 docs/examples/cloud/%s does what it says of a sale, over HTTP", async (name) => {
	const world = await World.create();
	world.machine.behaviour = { take: ["cola", "chips"] };
	await world.unlock("sale-1");
	await world.pass(5_000);
	const server = await listen(world.cloud);
	// The example waits for the provider, so time goes on.
	const pump = setInterval(() => void world.pass(1_000), 20);
	try {
		const { code, output } = await run(world.folder, name, {
			CLOUD: server.url,
			TOKEN: await ownerKeyOf(world),
			SALE: "sale-1",
		});
		expect([code, output]).toEqual([0, expect.stringMatching(ends[name] ?? /^$/)]);
	} finally {
		clearInterval(pump);
		server.close();
		await world.quiet();
		await world.close();
	}
});

async function listen({ app }: Pick<Cloud, "app">): Promise<{ readonly url: string; close(): void }> {
	const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** What `visionvend-pi pack-release` writes, and its maker's key as `OTA_PUBLIC_KEYS` has it. */
function signedRelease() {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const { x = "", y = "" } = publicKey.export({ format: "jwk" });
	const makerPoint = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
	const archive = Buffer.alloc(1_000, 7);
	const signed = {
		product: "visionvend-pi",
		hardware: "linux-arm64",
		version: "1.2.0",
		floor: 0,
		byteLength: archive.length,
		sha256: createHash("sha256").update(archive).digest("base64url"),
	};
	const text = Object.entries(signed).map(([name, value]) => `${name}=${value}\n`);
	const signature = sign("sha256", Buffer.from(`visionvend-release/1\n${text.join("")}`), {
		key: privateKey,
		dsaEncoding: "ieee-p1363",
	}).toString("base64url");
	const files = { ".json": JSON.stringify({ ...signed, signature }), ".tar.gz": archive };
	return { makerPoint: makerPoint.toString("base64url"), files };
}

/** Google, with one empty spreadsheet that is shared with the cloud. */
function spreadsheets(): SheetsClient {
	const email = "shop@example.iam.gserviceaccount.com";
	const clock = new TestClock();
	const google = new SheetsSimulator({ clock, random: countingRandom(6) });
	google.addSpreadsheet("book-1", [], [email]);
	const account = serviceAccountSchema.parse(google.serviceAccount(email, "http://google.test/token"));
	return new SheetsClient({ account, clock, baseUrl: "http://google.test", fetch: google.fetch });
}

/** Runs an example where it may write. */
async function run(place: string, name: string, environment: Readonly<Record<string, string>>) {
	if (name.endsWith(".ts")) return runHere(`${folder}${name}`, environment);
	const child = spawn("bash", [`${folder}${name}`], { cwd: place, env: { ...process.env, ...environment } });
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
