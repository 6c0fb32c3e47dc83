import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { serveStripe } from "../../hardware-sim/src/stripe/serve.ts";

const top = fileURLToPath(new URL("../..", import.meta.url));

const untilServed = `trap 'kill "$service"' EXIT
until grep -q readyMs serve.log; do sleep 0.05; done
port=$(sed -n 's/.*"url":"[^"]*:\\([0-9]*\\)".*/\\1/p' serve.log)`;

const isHere = ["openssl", "curl"].every((program) => spawnSync(program, ["--version"]).error === undefined);
if (!isHere) process.stderr.write("The README's lines are not tried: they need openssl and curl\n");

test.skipIf(!isHere)(
	"2.30 the first lines of the README make a database, a machine and a service that saves a card",
	async () => {
		const [, lines = ""] = /```bash\n([\s\S]*?)```/.exec(readFileSync(join(top, "cloud-lite/README.md"), "utf8")) ?? [];
		expect(lines).toMatch(/init-db[\s\S]*machine add[\s\S]*serve\ncurl/);
		const place = mkdtempSync(join(tmpdir(), "visionvend-readme-"));
		symlinkSync(join(top, "docs"), join(place, "docs"));
		const stripe = await serveStripe();
		// As somebody types them, the service in a window of its own, on a port that is free here.
		const script = lines
			.replaceAll("npx ", "")
			.replace(/^visionvend-cloud serve$/m, `visionvend-cloud serve >serve.log & service=$!\n${untilServed}`)
			.replaceAll("localhost:8000", 'localhost:"$port"');
		const child = spawn("bash", ["-euc", script], {
			cwd: place,
			env: {
				...process.env,
				PATH: `${join(top, "node_modules/.bin")}:${process.env.PATH}`,
				STRIPE_API_BASE: stripe.url,
				MQTT_BROKER_URL: "mqtt://127.0.0.1:1",
				HOST: "127.0.0.1",
				PORT: "0",
			},
		});
		let output = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
		try {
			const [code] = await once(child, "close");
			expect([code, output]).toEqual([0, expect.stringMatching(/applied[\s\S]*is added[\s\S]*"status":"success"/)]);
		} finally {
			child.kill();
			await stripe.close();
			rmSync(place, { recursive: true, force: true });
		}
	},
	60_000,
);
