import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Cloud, createCloud, type ProvisionedMachine } from "@visionvend/cloud-lite";
import type { Product } from "@visionvend/sdk/catalog/product";
import { systemClock } from "@visionvend/sdk/clock";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import Stripe from "stripe";
import type { StripeSimulator } from "../stripe/stripe-simulator.ts";

export interface RegisteredFleet {
	readonly folder: string;
	readonly databaseUrl: string;
	readonly jwtSecret: string;
	readonly machines: readonly ProvisionedMachine[];
	/** Of a shopper each, with a card. */
	readonly tokens: readonly string[];
}

const offline: MessageBroker = {
	publish: () => Promise.reject(new Error("no broker while machines are registered")),
	subscribe: () => Promise.resolve(),
	onConnectionChange: () => undefined,
	connected: false,
	close: () => Promise.resolve(),
};
/** What each machine sells. */
export const fleetProducts: readonly Product[] = Array.from({ length: 10 }, (_, index) => ({
	sku: `sku-${index}`,
	name: `Product ${index}`,
	massMilligrams: 100_000 + 10_000 * index,
	toleranceMilligrams: 3_000,
	priceCents: 150 + 10 * index,
	shelf: index % 4,
}));
const atOnce = 64;

export function machineIdOf(index: number): string {
	return `m-${index}`;
}

/** Registers machines and shoppers in a database file below `folder`, as an owner and phones do. */
export async function registerFleet(options: {
	readonly folder: string;
	readonly machines: number;
	readonly shoppers: number;
	readonly payments: StripeSimulator;
}): Promise<RegisteredFleet> {
	const { folder } = options;
	const databaseUrl = `file:${join(folder, "cloud.db")}`;
	const jwtSecret = randomBytes(32).toString("base64url");
	const cloud = await createCloud(
		{ databaseUrl, jwtSecret },
		{
			clock: systemClock,
			random: systemRandom,
			broker: offline,
			stripe: new Stripe("sk_test_visionvend", {
				httpClient: Stripe.createFetchHttpClient(options.payments.fetch),
				telemetry: false,
			}),
			log: () => undefined,
		},
	);
	try {
		return {
			folder,
			databaseUrl,
			jwtSecret,
			machines: await each(options.machines, (index) =>
				cloud.addMachine({
					machineId: machineIdOf(index),
					name: `Machine ${index}`,
					currency: "usd",
					holdCents: 1_000,
					products: [...fleetProducts],
				}),
			),
			tokens: await each(options.shoppers, (index) => signUp(cloud, `shopper-${index}`)),
		};
	} finally {
		await cloud.idle();
		await cloud.close();
	}
}

async function signUp(cloud: Cloud, shopperId: string): Promise<string> {
	const token = await cloud.issueShopperToken(shopperId);
	const saved = await cloud.app.request("/save-payment", {
		method: "POST",
		headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
		body: JSON.stringify({ payment_method: "pm_card_visa" }),
	});
	if (saved.status !== 200) throw new Error(`POST /save-payment answered ${saved.status}: ${await saved.text()}`);
	return token;
}

async function each<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
	const results: Result[] = [];
	for (let from = 0; from < count; from += atOnce) {
		const length = Math.min(atOnce, count - from);
		results.push(...(await Promise.all(Array.from({ length }, (_, index) => work(from + index)))));
	}
	return results;
}
