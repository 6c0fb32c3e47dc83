import { interrupted } from "../demo/interruption.ts";
import { serveStripe } from "../stripe/serve.ts";
import { type CommandIO, exitCodes } from "./command.ts";
import { networkArguments } from "./network-arguments.ts";

export const name = "stripe";
export const summary = "a payment network that speaks Stripe's API";
export const usage = `visionvend-sim stripe [--port 12111] [--webhook-url URL --webhook-secret whsec_…]

Runs until it is interrupted. Point the cloud at it with STRIPE_API_BASE.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const served = await serveStripe(networkArguments(args, usage, 12_111));
	io.out(`Stripe's API is simulated at ${served.url}. Point the cloud at it: STRIPE_API_BASE=${served.url}`);
	await interrupted(io.interruption);
	await served.close();
	return exitCodes.ok;
}
