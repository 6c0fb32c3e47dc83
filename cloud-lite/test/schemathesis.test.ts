import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { expect, test } from "vitest";

/** How many made-up requests an operation gets; unset: none is sent. `npm run schemathesis` sets it. */
const examples = process.env.VISIONVEND_SCHEMATHESIS;
const program = process.env.VISIONVEND_SCHEMATHESIS_PROGRAM ?? "schemathesis";
const isHere = examples !== undefined && spawnSync(program, ["--version"]).status === 0;
if (examples !== undefined && !isHere) {
	console.warn(
		`Not run: there is no ${program} here. python3 -m venv .venv && .venv/bin/pip install schemathesis==4.32.5, then PATH=$PWD/.venv/bin:$PATH npm run schemathesis`,
	);
}

test.skipIf(!isHere)(
	"0.13 4.25 Schemathesis finds no answer that the API's description does not have",
	async () => {
		// Loaded only now: most runs of the tests have no use for all of it.
		const { everythingOn, letIn } = await import("./everything-on.ts");
		const { world, close } = await everythingOn();
		const fetch: typeof world.cloud.app.fetch = async (request, environment) => {
			// Some of what is tried ends logins and tenants; who asks next is let in again.
			await letIn(world);
			return world.cloud.app.fetch(request, environment);
		};
		const server = serve({ fetch, hostname: "127.0.0.1", port: 0 });
		await once(server, "listening");
		// Time goes on, slowly, so that the tokens last.
		const pump = setInterval(() => void world.pass(100), 500);
		try {
			const { port } = server.address() as AddressInfo;
			const url = `http://127.0.0.1:${port}`;
			const child = spawn(
				program,
				[
					"--config-file",
					fileURLToPath(new URL("schemathesis.toml", import.meta.url)),
					"run",
					`${url}/openapi.json`,
					"--max-examples",
					`${examples}`,
					...(process.env.VISIONVEND_SCHEMATHESIS_OPTIONS ?? "").split(" ").filter((option) => option !== ""),
				],
				{
					// What it remembers of a run is written where it stands.
					cwd: world.folder,
					stdio: ["ignore", "inherit", "inherit"],
					env: {
						...process.env,
						USER_TOKEN: await world.credential("platform", world.alpha),
						API_KEY: world.alpha.keys.apiKey,
						DEVICE_KEY: world.alpha.keys.device,
						SHOPPER_TOKEN: await world.credential("shopper", world.alpha),
					},
				},
			);
			const [code] = await once(child, "close");
			expect(code).toBe(0);
			expect(world.log.filter(({ event }) => event === "error")).toEqual([]);
		} finally {
			clearInterval(pump);
			server.close();
			await close();
		}
	},
	3_600_000,
);
