import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { systemClock } from "@visionvend/sdk/clock";
import Stripe from "stripe";
import { expect, test } from "vitest";
import webPush from "web-push";
import { createRazorpaySimulator } from "../../hardware-sim/src/razorpay/razorpay-simulator.ts";
import { SheetsSimulator } from "../../hardware-sim/src/sheets/sheets-simulator.ts";
import { createStripeSimulator } from "../../hardware-sim/src/stripe/stripe-simulator.ts";
import { createRazorpay } from "../src/payments/razorpay-client.ts";
import { piDetector } from "../src/pos/pi-detector.ts";
import { serviceAccountSchema } from "../src/sheets/service-account.ts";
import { SheetsClient } from "../src/sheets/sheets-client.ts";
import { TwoTenants } from "./two-tenants.ts";
import { VisionService } from "./vision-services.ts";
import { countingRandom, webhookSecret } from "./world.ts";

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

async function letIn(world: TwoTenants): Promise<void> {
	await world.database.write([
		{ sql: "UPDATE tenant SET active = 1" },
		{ sql: "UPDATE user SET active = 1, role = 'platform' WHERE id = ?", args: [world.alpha.userIds.platform] },
		{ sql: "UPDATE login_session SET ended_at_ms = NULL, ended_because = NULL" },
		{ sql: "UPDATE api_key SET revoked_at_ms = NULL, expires_at_ms = NULL" },
	]);
}

/** A cloud that has every service it can use, each at the wire. */
async function everythingOn() {
	const detector = await VisionService.start();
	detector.answer = { status: 200, body: JSON.stringify({ boxes: [] }) };
	const email = "shop@example.iam.gserviceaccount.com";
	const google = new SheetsSimulator({ clock: systemClock, random: countingRandom(6) });
	google.addSpreadsheet("book-1", [], [email]);
	const account = serviceAccountSchema.parse(google.serviceAccount(email, "http://google.test/token"));
	const stripe = createStripeSimulator({ clock: systemClock, random: countingRandom(7) });
	const razorpayKey = { keyId: "rzp_test_visionvend", keySecret: "secret" };
	const razorpay = createRazorpaySimulator({ clock: systemClock, random: countingRandom(8), ...razorpayKey });
	const { publicKey, privateKey } = webPush.generateVAPIDKeys();
	const world = await TwoTenants.open(
		{
			stripe: new Stripe("sk_test_visionvend", {
				httpClient: Stripe.createFetchHttpClient((input: string | URL | Request, init?: RequestInit) =>
					stripe.fetch(input, init),
				),
				maxNetworkRetries: 0,
				telemetry: false,
			}),
			razorpay: createRazorpay({ ...razorpayKey, fetch: razorpay.fetch }),
			sheets: new SheetsClient({ account, clock: systemClock, baseUrl: "http://google.test", fetch: google.fetch }),
			detector: piDetector({ fetch, url: detector.url, token: undefined, timeoutMs: 10_000 }),
		},
		{
			stripeWebhookSecret: webhookSecret,
			razorpayWebhookSecret: webhookSecret,
			notify: { sms: undefined, vapid: { publicKey, privateKey, subject: "mailto:owner@example.com" } },
		},
	);
	return {
		world,
		async close() {
			await world.close();
			detector.close();
		},
	};
}
