import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { expect, test } from "vitest";
import { TwoTenants } from "./two-tenants.ts";

const folder = fileURLToPath(new URL("../../docs/examples/cloud/", import.meta.url));

/** The last line that each example prints when it ends well. */
const ends: Readonly<Record<string, RegExp>> = {
	"change-a-price.sh": /cola,Cola,drinks,2\.30,usd,,355\.000,5\.000,6,48\n/,
	"counter.sh": /"stock":13,/,
	"restock.sh": /"sku":"cola".*"quantity":10,.*"lowAt":3/,
};

test("every example has an end that is checked", () => {
	expect(readdirSync(folder).sort()).toEqual(Object.keys(ends).sort());
});

test.each(Object.entries(ends))("docs/examples/cloud/%s does what it says, over HTTP", async (name, end) => {
	const world = await TwoTenants.open();
	const server = serve({ fetch: world.cloud.app.fetch, hostname: "127.0.0.1", port: 0 });
	await once(server, "listening");
	try {
		const { port } = server.address() as AddressInfo;
		const { code, output } = await run(`${folder}${name}`, {
			CLOUD: `http://127.0.0.1:${port}`,
			TOKEN: await world.credential("admin", world.alpha),
			MACHINE: world.alpha.machineId,
		});
		expect([code, output]).toEqual([0, expect.stringMatching(end)]);
	} finally {
		server.close();
		await world.close();
	}
});

async function run(script: string, environment: Readonly<Record<string, string>>) {
	const child = spawn("bash", [script], { env: { ...process.env, ...environment } });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
	const [code] = await once(child, "close");
	return { code, output };
}
