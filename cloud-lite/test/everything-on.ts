import { systemClock } from "@visionvend/sdk/clock";
import Stripe from "stripe";
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

/** A cloud that has every service it can use, each at the wire. */
export async function everythingOn() {
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

/** Opens again what some requests close: tenants, people, logins, keys. */
export async function letIn(world: TwoTenants): Promise<void> {
	await world.database.write([
		{ sql: "UPDATE tenant SET active = 1" },
		{ sql: "UPDATE user SET active = 1, role = 'platform' WHERE id = ?", args: [world.alpha.userIds.platform] },
		{ sql: "UPDATE login_session SET ended_at_ms = NULL, ended_because = NULL" },
		{ sql: "UPDATE api_key SET revoked_at_ms = NULL, expires_at_ms = NULL" },
	]);
}
