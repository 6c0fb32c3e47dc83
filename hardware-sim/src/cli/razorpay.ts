import { interrupted } from "../demo/interruption.ts";
import { serveRazorpay } from "../razorpay/serve.ts";
import { type CommandIO, exitCodes } from "./command.ts";
import { networkArguments } from "./network-arguments.ts";

/** Good for this simulator alone. */
const key = { keyId: "rzp_test_visionvend", keySecret: "known_to_everybody" };

export const name = "razorpay";
export const summary = "a payment network that speaks Razorpay's API, with a page to pay on";
export const usage = `visionvend-sim razorpay [--port 12112] [--webhook-url URL --webhook-secret SECRET]

Runs until it is interrupted. Point the cloud at it with RAZORPAY_API_BASE. Its page lists the orders that wait; there
you are the shopper and the bank.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const served = await serveRazorpay({ ...networkArguments(args, usage, 12_112), ...key });
	io.out(`Razorpay's API is simulated at ${served.url}. Pay there with a browser. Point the cloud at it:`);
	io.out(`RAZORPAY_API_BASE=${served.url} RAZORPAY_KEY_ID=${key.keyId} RAZORPAY_KEY_SECRET=${key.keySecret}`);
	await interrupted(io.interruption);
	await served.close();
	return exitCodes.ok;
}
